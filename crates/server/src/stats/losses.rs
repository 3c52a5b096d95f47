//! What was lost, by stage and reason. The table is all that a new kind of loss needs.

use super::Counts;
use serde::Serialize;

/// A kind of loss.
#[derive(Debug)]
pub struct LostKind {
    /// Its counter, as [`super::flatten`] names it.
    pub counter: &'static str,
    /// Where it happened: `kernel`, `source`, `disk`, `memory`, `index`. In the order of a packet's life.
    pub stage: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// In words, as a sentence could go on: `12 packets …`.
    pub text: &'static str,
}

const fn kind(
    counter: &'static str,
    stage: &'static str,
    reason: &'static str,
    unit: &'static str,
    text: &'static str,
) -> LostKind {
    LostKind { counter, stage, reason, unit, text }
}

/// Every kind. Rules and duplicates are no losses: what they leave out was meant to be.
pub const LOSSES: [LostKind; 14] = [
    kind("kernel_dropped", "kernel", "ring", "packets", "dropped by the kernel because the ring was full"),
    kind("source_malformed", "source", "damaged", "packets", "damaged in the ring"),
    kind("unwritten_by.busy", "disk", "slow", "packets", "not written because the disk is slow"),
    kind("unwritten_by.full", "disk", "full", "packets", "not written because the disk is full"),
    kind("unwritten_by.error", "disk", "error", "packets", "not written because of errors"),
    kind("unwritten_by.other", "disk", "other", "packets", "not written"),
    kind("evidence_lost", "disk", "evidence", "packets", "of evidence lost because the disk is slow"),
    kind("evidence_errors", "disk", "evidence-error", "packets", "of evidence not written because of errors"),
    kind("fragments.evicted", "memory", "fragments", "datagrams", "given up incomplete for memory"),
    kind("streams.short_of_memory", "memory", "streams", "holes", "in streams given up for memory"),
    kind("unindexed_by.slow", "index", "slow", "documents", "not indexed because the index is slow"),
    kind("unindexed_by.stopped", "index", "stopped", "documents", "not indexed when the capture was stopped"),
    kind("unindexed_by.refused", "index", "refused", "documents", "refused by the index"),
    kind("unindexed_by.other", "index", "other", "documents", "not indexed"),
];

/// One kind of loss with its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Where.
    pub stage: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// How many.
    pub count: u64,
}

/// The losses among counts; only those that there were.
#[must_use]
pub fn losses(counts: &Counts) -> Vec<Lost> {
    let lost = LOSSES.iter().filter_map(|kind| {
        let count = counts.get(kind.counter).copied().filter(|n| *n > 0)?;
        Some(Lost { stage: kind.stage, reason: kind.reason, unit: kind.unit, count })
    });
    lost.collect()
}
