//! What of a session is not in a packet file, and why.

use super::RuleSet;
use crate::store::Refusal;
use session::{SessionDoc, core};
use smallvec::SmallVec;
use std::sync::Arc;

/// Different reasons that one document names.
const MAX_WHY: usize = 16;

/// Why a packet is not in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The rule of this name.
    Rule(Arc<str>),
    /// It could not be written.
    Lost(Refusal),
}

/// How a session stands with the rules, and what is missing of it. Only sessions that rules look at, or of which something was lost, have one.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The rules that the following is about.
    pub(super) epoch: u64,
    /// Rules that the session meets, as bits.
    pub(super) matched: u64,
    /// Rules that it will never meet, as bits.
    pub(super) excluded: u64,
    /// Packets of the session, all segments, and captured bytes of them that were kept.
    pub(super) packets: u64,
    pub(super) kept_bytes: u64,
    /// It is judged again when it has so many packets, or other protocols than these.
    pub(super) next: u64,
    pub(super) protocols: usize,
    /// What is missing of this segment.
    missing_packets: u64,
    missing_bytes: u64,
    why: SmallVec<[Why; 1]>,
}

impl Kept {
    /// That of a session of which so many packets came before.
    pub(crate) fn after(packets: u32) -> Box<Self> {
        Box::new(Self { packets: u64::from(packets), ..Self::default() })
    }

    /// Forgets what other rules said. Returns whether there were other rules.
    pub(crate) fn begin(&mut self, set: &RuleSet) -> bool {
        if self.epoch == set.epoch {
            return false;
        }
        (self.epoch, self.matched, self.excluded, self.next) = (set.epoch, 0, 0, 0);
        true
    }

    /// Notes that packets, or (none) bytes of one, are in no file.
    pub(crate) fn missing(&mut self, packets: u64, bytes: u64, why: Why) {
        self.missing_packets += packets;
        self.missing_bytes += bytes;
        if self.why.len() < MAX_WHY && !self.why.contains(&why) {
            self.why.push(why);
        }
    }

    /// Writes what is missing of this segment, and begins the next.
    pub(crate) fn write(&mut self, doc: &mut SessionDoc) {
        if self.why.is_empty() {
            return;
        }
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        doc.add_new(&core::NOT_KEPT_PACKETS, number(std::mem::take(&mut self.missing_packets)));
        doc.add_new(&core::NOT_KEPT_BYTES, number(std::mem::take(&mut self.missing_bytes)));
        for why in std::mem::take(&mut self.why) {
            match why {
                Why::Rule(name) => doc.add(&core::NOT_KEPT_WHY, &name),
                Why::Lost(refusal) => doc.add(&core::NOT_KEPT_WHY, refusal.label()),
            };
        }
    }
}
