//! Rules as they are given.

use super::RuleSet;
use arc_swap::ArcSwap;
use packets::bpf::Filter;
use query::Plan;
use std::fmt;
use std::sync::Arc;

/// Rules that a set may have.
pub const MAX_RULES: usize = 64;

/// One rule: whose packets are limited, and how. The first rule that matches decides about a packet; packets that no rule matches are kept.
#[derive(Clone, Debug)]
pub struct KeepRule {
    /// What the documents and the counters call it; unique in its set.
    pub name: String,
    /// What it is about.
    pub when: When,
    /// What is kept of that.
    pub keep: Keep,
}

/// What a rule is about.
#[derive(Clone, Debug)]
pub enum When {
    /// Packets that pass a filter, from the first packet of a session on. Decided for every packet by itself.
    Packets(Filter),
    /// Sessions that meet an expression: all their packets from the moment on at which what the expression asks is known. What is a matter of
    /// the packets themselves (addresses, ports, VLANs, tunnels) is known at once, what parsers find when they find it; that a session lacks
    /// something that parsers could still find (`protocols != tls`) counts after its 32nd packet. What is only known at the end (flags, places
    /// in the perf group) is looked at when a long session is saved in segments. In doubt packets are kept.
    Sessions(Plan),
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything: an exception from later rules.
    All,
    /// The first packets of the session, both directions together.
    FirstPackets(u64),
    /// Packets until this many captured bytes of the session have been kept; the packet that reaches the limit is kept whole.
    FirstBytes(u64),
    /// Every packet up to the end of its TCP, UDP or SCTP header (others up to the end of their IP header and eight more bytes); packets
    /// without IP are kept whole. The record keeps the original length.
    Headers,
    /// No packet.
    Nothing,
}

/// A set of rules is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// More than [`MAX_RULES`].
    #[error("{0} keep rules; at most {MAX_RULES} are possible")]
    TooMany(usize),
    /// Two rules have one name.
    #[error("two keep rules are called {0}")]
    SameName(String),
    /// A pattern cannot be compiled.
    #[error("keep rule {name}: {what}")]
    Pattern {
        /// Which rule.
        name: String,
        /// What is wrong.
        what: String,
    },
}

/// A set of rules that capture works by, and the handle to exchange it while it does: clones are one and the same set.
#[derive(Clone, Default)]
pub struct KeepRules(Arc<ArcSwap<RuleSet>>);

impl fmt::Debug for KeepRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.load().names()).finish()
    }
}

impl KeepRules {
    /// No rule: everything is kept, at no cost.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
    /// A set of rules.
    ///
    /// # Errors
    /// Too many rules, or two with one name, or a pattern that cannot be compiled.
    pub fn new(rules: Vec<KeepRule>) -> Result<Self, BadRule> {
        let set = Self::default();
        set.replace(rules)?;
        Ok(set)
    }
    /// Exchanges the rules. Lines that work by them take the new ones up with the next batch of packets that they are given; sessions that go on are judged anew.
    ///
    /// # Errors
    /// As [`KeepRules::new`]; the rules in force stay then.
    pub fn replace(&self, rules: Vec<KeepRule>) -> Result<(), BadRule> {
        self.0.store(Arc::new(RuleSet::new(rules)?));
        Ok(())
    }
    /// The rules in force.
    pub(crate) fn now(&self) -> arc_swap::Guard<Arc<RuleSet>> {
        self.0.load()
    }
}
