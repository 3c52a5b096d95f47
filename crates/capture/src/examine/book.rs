//! The rules in force, and the handle that exchanges them while a capture goes on.

use crate::keep::{BadRule, Known, MAX_RULES};
use arc_swap::{ArcSwap, ArcSwapOption};
use evidence::{DeviceId, Recorder};
use query::Plan;
use rules::{Limits, Rule, Rules};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a recorder that is exchanged is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which packets are kept as evidence; each level keeps what the one before it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// None.
    #[default]
    Nothing,
    /// Packets that show a threat, and those that rules in the search language keep.
    Threats,
    /// Packets that show anything: threats, services, devices, operating systems, middleware.
    Fingerprints,
    /// Also the first packet with payload of each direction of every flow.
    Pairs,
}

impl Level {
    /// The level of a number, 0 to 3.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        [Self::Nothing, Self::Threats, Self::Fingerprints, Self::Pairs].get(usize::from(number)).copied()
    }
}

/// How grave a hit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As every threat is that a packet shows.
    ExtraHigh,
    /// The default of rules in the search language.
    #[default]
    High,
    /// Middle.
    Middle,
    /// Low.
    Low,
    /// Hardly worth looking at.
    ExtraLow,
}

impl Severity {
    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExtraHigh => "extra_high",
            Self::High => "high",
            Self::Middle => "middle",
            Self::Low => "low",
            Self::ExtraLow => "extra_low",
        }
    }
}

/// What a rule in the search language keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRuleKeep {
    /// The packet with which the session met the rule.
    Packet,
    /// That packet and all later ones of the session.
    Session,
    /// That packet and the ones after it, so many in all.
    Packets(u32),
}

/// A rule in the search language.
#[derive(Clone, Debug)]
pub struct SessionRule {
    /// Its name, in documents and alerts; unique.
    pub name: String,
    /// The type of its hits.
    pub kind: String,
    /// How grave they are.
    pub severity: Severity,
    /// Which sessions. It is known as soon as what it asks for is; see [`crate::When::Sessions`].
    pub when: Plan,
    /// Which packets.
    pub keep: SessionRuleKeep,
}

/// Category of session rules in documents.
pub(crate) const RULE: &str = "rule";

/// What is looked for.
#[derive(Clone, Debug)]
pub struct ExaminationOptions {
    /// Fingerprint rules.
    pub rules: Vec<Rule>,
    /// How much of a flow they look at.
    pub limits: Limits,
    /// Rules in the search language.
    pub session_rules: Vec<SessionRule>,
    /// Which packets are kept.
    pub level: Level,
    /// Whether fingerprint rules also look at TCP segments joined, so that what is split over several does not get away.
    pub joined: bool,
    /// A flow that was silent for so long begins anew for fingerprint rules, seconds.
    pub idle: i64,
}

impl Default for ExaminationOptions {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            limits: Limits::default(),
            session_rules: Vec::new(),
            level: Level::Nothing,
            joined: false,
            idle: 30,
        }
    }
}

/// The options, ready.
pub(crate) struct Book {
    /// Tells books apart.
    pub epoch: u64,
    pub patterns: Rules,
    pub session_rules: Vec<Asked>,
    /// Whether session rules ask for what the databases say.
    pub enriched: bool,
    pub level: Level,
    pub joined: bool,
    /// Nanoseconds.
    pub idle: i64,
    /// Hits of each fingerprint rule.
    pub counts: Vec<Arc<AtomicU64>>,
}

/// Hits by category and rule since the start, whichever book the rule stood in.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<(&'static str, String), Arc<AtomicU64>>>);

impl Tally {
    fn of(&self, category: &'static str, rule: &str) -> Arc<AtomicU64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry((category, rule.to_owned())).or_default().clone()
    }
}

/// How often a rule was hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHits {
    /// Category of the rule; `rule` for those in the search language.
    pub category: &'static str,
    /// Number of the rule in its file, or its name.
    pub rule: String,
    /// Hits.
    pub count: u64,
}

/// A session rule, ready.
pub(crate) struct Asked {
    pub name: String,
    pub kind: String,
    pub severity: Severity,
    pub when: Known,
    pub keep: SessionRuleKeep,
    pub count: Arc<AtomicU64>,
}

impl Book {
    /// Whether nothing is looked for.
    pub fn is_idle(&self) -> bool {
        self.patterns.rules().is_empty() && self.session_rules.is_empty() && self.level < Level::Pairs
    }

    fn new(options: ExaminationOptions, tally: &Tally) -> Result<Self, BadRule> {
        static EPOCH: AtomicU64 = AtomicU64::new(1);
        if options.session_rules.len() > MAX_RULES {
            return Err(BadRule::TooMany(options.session_rules.len()));
        }
        let mut enriched = false;
        let mut session_rules: Vec<Asked> = Vec::new();
        for rule in options.session_rules {
            let SessionRule { name, kind, severity, when, keep } = rule;
            if session_rules.iter().any(|other| other.name == name) {
                return Err(BadRule::SameName(name));
            }
            let when = Known::new(&when, &mut enriched)
                .map_err(|what| BadRule::Pattern { name: name.clone(), what })?;
            let count = tally.of(RULE, &name);
            session_rules.push(Asked { name, kind, severity, when, keep, count });
        }
        let patterns = Rules::new(options.rules, options.limits).map_err(|error| BadRule::Pattern {
            name: "fingerprint rules".into(),
            what: error.to_string(),
        })?;
        let counts = patterns.rules().iter().map(|rule| tally.of(rule.category.name(), &rule.id)).collect();
        Ok(Self {
            counts,
            epoch: EPOCH.fetch_add(1, Ordering::Relaxed),
            patterns,
            session_rules,
            enriched,
            level: options.level,
            joined: options.joined,
            idle: options.idle.saturating_mul(1_000_000_000),
        })
    }
}

/// What packets are examined for, and where those that show it go. Clones are one and the same.
#[derive(Clone)]
pub struct Examination {
    book: Arc<ArcSwap<Book>>,
    tally: Arc<Tally>,
    recorder: Arc<ArcSwapOption<Recorder>>,
    device: DeviceId,
}

impl fmt::Debug for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book.load();
        f.debug_struct("Examination")
            .field("device", &self.device)
            .field("level", &book.level)
            .field("rules", &book.patterns.rules().len())
            .finish_non_exhaustive()
    }
}

impl Examination {
    /// Examines packets of a device; without a recorder hits are in the documents and no packet is kept.
    ///
    /// # Errors
    /// Rules that cannot be used together.
    pub fn new(
        options: ExaminationOptions,
        device: DeviceId,
        recorder: Option<Recorder>,
    ) -> Result<Self, BadRule> {
        let tally = Arc::<Tally>::default();
        let book = Arc::new(ArcSwap::from_pointee(Book::new(options, &tally)?));
        let recorder = Arc::new(ArcSwapOption::from_pointee(recorder));
        Ok(Self { book, tally, recorder, device })
    }

    /// Exchanges the rules. Workers take them up with their next batch of packets.
    ///
    /// # Errors
    /// As [`Examination::new`]; the rules in force stay then.
    pub fn replace(&self, options: ExaminationOptions) -> Result<(), BadRule> {
        self.book.store(Arc::new(Book::new(options, &self.tally)?));
        Ok(())
    }

    /// Where packets are kept.
    #[must_use]
    pub fn recorder(&self) -> Option<Arc<Recorder>> {
        self.recorder.load_full()
    }

    /// Packets go elsewhere from now on, or nowhere. Finishes the files of the one before and says how it went; waits for that.
    pub fn set_recorder(&self, recorder: Option<Recorder>) -> Option<evidence::RecorderStatus> {
        let mut before = self.recorder.swap(recorder.map(Arc::new))?;
        // a worker that is just offering a packet must not be the one to finish the files
        for _ in 0..PATIENCE.as_millis() {
            match Arc::try_unwrap(before) {
                Ok(recorder) => return Some(recorder.finish()),
                Err(shared) => before = shared,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(before.status())
    }

    /// Finishes the files and says how it went.
    pub fn finish(self) -> Option<evidence::RecorderStatus> {
        self.set_recorder(None)
    }

    /// How often each rule was hit since the start; those that were.
    #[must_use]
    pub fn hits(&self) -> Vec<RuleHits> {
        let counts = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = counts.iter().map(|((category, rule), count)| RuleHits {
            category,
            rule: rule.clone(),
            count: count.load(Ordering::Relaxed),
        });
        hits.filter(|hits| hits.count > 0).collect()
    }

    /// The device that packets come from.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    pub(crate) fn book(&self) -> arc_swap::Guard<Arc<Book>> {
        self.book.load()
    }
}
