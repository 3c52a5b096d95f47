//! What the rules say about a packet.

use super::known::Known;
use super::{BadRule, Keep, KeepRule, MAX_RULES, When};
use crate::Options;
use crate::document::known_so_far;
use crate::live_session::LiveSession;
use enrich::Enricher;
use fields::Target;
use packets::bpf::Filter;
use session::{SessionDoc, core};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wire::{Decoded, LinkType, Net, Transport};

/// Packets of a session after which what no parser has found counts as absent.
pub(crate) const PATIENCE: u64 = 32;
/// Bytes behind the IP header that are a transport's where it is none that has ports: type, code and numbers of ICMP, index and number of ESP.
const SMALL_HEADER: usize = 8;

/// A set of rules, compiled.
#[derive(Default)]
pub(crate) struct RuleSet {
    /// Tells sets apart: 0 for the empty one that nobody made.
    pub(crate) epoch: u64,
    rules: Vec<Rule>,
    /// Bits of the rules about sessions.
    sessions: u64,
    /// Whether they ask for what the databases say.
    enriched: bool,
}

struct Rule {
    name: Arc<str>,
    when: Test,
    keep: Keep,
}

enum Test {
    Packets(Filter),
    Sessions(Known),
}

/// What is written of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// All of it.
    All,
    /// So many bytes, by the rule of this number.
    Head(usize, usize),
    /// Nothing, by the rule of this number.
    Nothing(usize),
}

/// A packet as filters see it.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) link: LinkType,
    pub(crate) bytes: &'a [u8],
    pub(crate) len: u32,
}

impl RuleSet {
    /// Compiles rules.
    pub(super) fn new(rules: Vec<KeepRule>) -> Result<Self, BadRule> {
        static EPOCH: AtomicU64 = AtomicU64::new(1);
        if rules.len() > MAX_RULES {
            return Err(BadRule::TooMany(rules.len()));
        }
        let mut set = Self { epoch: EPOCH.fetch_add(1, Ordering::Relaxed), ..Self::default() };
        for KeepRule { name, when, keep } in rules {
            if set.names().any(|other| other == name) {
                return Err(BadRule::SameName(name));
            }
            let when = match when {
                When::Packets(filter) => Test::Packets(filter),
                When::Sessions(plan) => {
                    set.sessions |= 1 << set.rules.len();
                    let known = Known::new(&plan, &mut set.enriched);
                    Test::Sessions(known.map_err(|what| BadRule::Pattern { name: name.clone(), what })?)
                }
            };
            set.rules.push(Rule { name: name.into(), when, keep });
        }
        Ok(set)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| &*rule.name)
    }
    /// The name of a rule.
    pub(crate) fn name(&self, rule: usize) -> Option<&Arc<str>> {
        self.rules.get(rule).map(|rule| &rule.name)
    }
    /// Whether there is no rule.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What is written of a packet of a session, counted as its next.
    pub(crate) fn take(&self, kept: &mut super::Kept, raw: Raw<'_>, decoded: &Decoded<'_>) -> Take {
        kept.packets += 1;
        let take = self.first(kept.matched, raw).map_or(Take::All, |(at, keep)| match keep {
            Keep::FirstPackets(count) if kept.packets > count => Take::Nothing(at),
            Keep::FirstBytes(count) if kept.kept_bytes >= count => Take::Nothing(at),
            Keep::All | Keep::FirstPackets(_) | Keep::FirstBytes(_) => Take::All,
            Keep::Headers => head(at, raw, decoded),
            Keep::Nothing => Take::Nothing(at),
        });
        kept.kept_bytes += match take {
            Take::All => raw.bytes.len() as u64,
            Take::Head(len, _) => len as u64,
            Take::Nothing(_) => 0,
        };
        take
    }

    /// What is written of a fragment: its session is not known yet, so that only filters decide, and those that count packets let it pass.
    pub(crate) fn take_fragment(&self, raw: Raw<'_>, decoded: &Decoded<'_>) -> Take {
        match self.first(0, raw) {
            Some((at, Keep::Headers)) => head(at, raw, decoded),
            Some((at, Keep::Nothing)) => Take::Nothing(at),
            _ => Take::All,
        }
    }

    /// The first rule that a packet meets; `matched` are those that its session meets.
    fn first(&self, matched: u64, raw: Raw<'_>) -> Option<(usize, Keep)> {
        let met = |at: usize, rule: &Rule| match &rule.when {
            Test::Packets(filter) => filter.matches(raw.link, raw.bytes, raw.len),
            Test::Sessions(_) => matched >> at & 1 == 1,
        };
        self.rules.iter().enumerate().find(|(at, rule)| met(*at, rule)).map(|(at, rule)| (at, rule.keep))
    }

    /// The rules about sessions that are still open for one, as bits: later ones than one that it meets do not matter.
    fn open(&self, kept: &super::Kept) -> u64 {
        let before_first = kept.matched.wrapping_sub(1) & !kept.matched;
        self.sessions & !kept.matched & !kept.excluded & before_first
    }

    /// Whether it is time to judge a session again.
    #[inline]
    pub(crate) fn is_due(&self, session: &LiveSession) -> bool {
        session.kept.as_ref().is_some_and(|kept| {
            kept.epoch == self.epoch
                && self.open(kept) != 0
                && (kept.packets >= kept.next || kept.protocols != protocols(&session.doc))
        })
    }

    /// Judges by a document that was saved, for the segments that follow.
    pub(crate) fn judge_saved(&self, kept: &mut super::Kept, doc: &SessionDoc) {
        let open = self.open(kept);
        for (at, rule) in self.rules.iter().enumerate().filter(|(at, _)| open >> at & 1 == 1) {
            if let Test::Sessions(known) = &rule.when
                && known.matches(doc)
            {
                kept.matched |= 1 << at;
            }
        }
    }
}

pub(crate) fn protocols(doc: &SessionDoc) -> usize {
    doc.values(&core::PROTOCOLS).map_or(0, |values| values.len())
}

/// A packet up to the end of its transport header.
fn head(rule: usize, raw: Raw<'_>, decoded: &Decoded<'_>) -> Take {
    let end = match (&decoded.net, &decoded.transport) {
        _ if decoded.stop.is_some() => return Take::All,
        (Net::Ip(_), Transport::Tcp(_) | Transport::Udp(_) | Transport::Sctp(_)) => decoded.payload_at,
        (Net::Ip(_), _) => decoded.payload_at + SMALL_HEADER,
        _ => return Take::All,
    };
    if end < raw.bytes.len() { Take::Head(end, rule) } else { Take::All }
}

/// Asks the open rules about a session as far as it is known.
pub(crate) fn judge(
    set: &RuleSet,
    session: &mut LiveSession,
    options: &Options,
    interface: Option<&str>,
    enricher: &Enricher,
    scratch: &mut SessionDoc,
) {
    let Some(mut kept) = session.kept.take() else { return };
    let open = set.open(&kept);
    if open == 0 {
        session.kept = Some(kept);
        return;
    }
    kept.protocols = protocols(&session.doc);
    let patient = kept.packets < PATIENCE;
    let enricher = set.enriched.then_some(enricher);
    with_known(session, options, interface, enricher, scratch, |doc| {
        for (at, rule) in set.rules.iter().enumerate().filter(|(at, _)| open >> at & 1 == 1) {
            let Test::Sessions(known) = &rule.when else { continue };
            match known.answer(doc, patient) {
                Some(true) => kept.matched |= 1 << at,
                Some(false) if patient => kept.excluded |= 1 << at,
                Some(false) | None => {}
            }
        }
    });
    kept.next = after(kept.packets);
    session.kept = Some(kept);
}

/// Shows `look` the document of a session as far as it is known, with what the databases say where there is an `enricher`.
pub(crate) fn with_known(
    session: &mut LiveSession,
    options: &Options,
    interface: Option<&str>,
    enricher: Option<&Enricher>,
    scratch: &mut SessionDoc,
    look: impl FnOnce(&SessionDoc),
) {
    let mut doc = std::mem::take(&mut session.doc);
    let before = doc.values(&core::PROTOCOLS).cloned();
    let write = |doc: &mut SessionDoc| {
        known_so_far(session, doc, options);
        if let Some(interface) = interface {
            doc.add(&core::INTERFACE, interface);
        }
        if let Some(enricher) = enricher {
            enricher.apply(doc);
        }
    };
    doc.with_more(scratch, write, look);
    // in its place and order, as the parsers left it
    match before {
        Some(values) => doc.set(Target::of(&core::PROTOCOLS.def), values),
        None => doc.remove(Target::of(&core::PROTOCOLS.def)),
    }
    session.doc = doc;
}

/// Packets after which a session of `packets` packets is judged again: 1, 2, 3, 4, 6, 8, 12, 16, 24 …
pub(crate) fn after(packets: u64) -> u64 {
    let power = packets.checked_next_power_of_two().unwrap_or(u64::MAX);
    match packets {
        0..4 => packets + 1,
        _ if power == packets => packets + packets / 2,
        _ if power - power / 4 > packets => power - power / 4,
        _ => power,
    }
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn sessions_are_judged_ever_less_often() {
        let mut at = 0;
        let steps: Vec<u64> = std::iter::from_fn(|| {
            at = after(at);
            Some(at)
        })
        .take(11)
        .collect();
        assert_eq!(steps, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]);
        assert_eq!((after(13), after(9)), (16, 12));
    }
}
