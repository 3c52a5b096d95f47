//! What happened and what was lost, by stage and reason.

use crate::store::Refusal;
use serde::{Serialize, Serializer, ser::SerializeSeq};
use std::fmt;
use wire::{Layer, Malformed};

/// Counts of one run. Those of several workers add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Packets read.
    pub packets: u64,
    /// Bytes of these packets as they were on the wire.
    pub bytes: u64,
    /// Packets of which the snap length cut something off.
    pub cut: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Documents made: sessions, and segments of long ones.
    pub documents: u64,
    /// Sessions that were saved before their end because too many were open.
    pub evicted: u64,
    /// Packets that the capturing mechanism received for us, by its own count; 0 where it does not count.
    pub received: u64,
    /// Packets that the kernel dropped because nobody took them in time. Not among `packets`.
    pub kernel_dropped: u64,
    /// Packets that the network card lost before the kernel saw them. Not among `packets`.
    pub missed: u64,
    /// Packets that a filter left out in this process. Not among `packets`.
    pub filtered: u64,
    /// Times an interface or a connection was lost and opened again.
    pub reopened: u64,
    /// Times the kernel found the ring full.
    pub ring_full: u64,
    /// Second copies that the source itself left out (a loopback interface shows each packet twice). Not among `packets`.
    pub source_duplicates: u64,
    /// Packets that the source left out because their place in the ring was damaged; must stay 0. Not among `packets`.
    pub source_malformed: u64,
    /// Packets that are copies of one seen just before, as a mirror of both sides of a switch makes them.
    pub duplicates: u64,
    /// Those of them that were left out: neither in a session nor written.
    pub duplicates_dropped: u64,
    /// Packets written to the packet store, less those that were lost on the way from its buffers to the disk.
    pub written: u64,
    /// Bytes of these, as they were written (without record headers).
    pub written_bytes: u64,
    /// Packets that a rule kept out of the packet store; their sessions count them.
    pub not_kept: u64,
    /// Captured bytes that rules kept out: of these packets, and of those that were cut.
    pub not_kept_bytes: u64,
    /// Packets written of which a rule cut something off.
    pub cut_by_rule: u64,
    /// Packets that could not be written to the packet store; their sessions are kept and count them.
    pub unwritten: u64,
    /// Why.
    pub unwritten_by: Unwritten,
    /// Times a worker had to wait for the packet store longer than [`crate::STALL`].
    pub write_stalls: u64,
    /// Microseconds that these waits took in all.
    pub write_stall_us: u64,
    /// Hits of rules about evidence.
    pub hits: u64,
    /// Packets given to the evidence store.
    pub evidence: u64,
    /// Packets that are evidence and were not kept because the evidence store is slow.
    pub evidence_lost: u64,
    /// Documents that the index did not take.
    pub unindexed: u64,
    /// Why.
    pub unindexed_by: Unindexed,
    /// Headers that could not be read.
    pub malformed: Malformations,
    /// Fragmented datagrams.
    pub fragments: Fragments,
    /// TCP and SCTP streams.
    pub streams: Streams,
}

/// Packets that could not be written, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unwritten {
    /// The disk is slower than the packets come: every buffer was full.
    pub busy: u64,
    /// There is no room left, or writing is paused until there is.
    pub full: u64,
    /// Anything else that the disk or the list of files said.
    pub error: u64,
}

impl Unwritten {
    /// Counts one.
    pub fn add(&mut self, why: Refusal) {
        self.add_many(why, 1);
    }
    /// Counts several.
    pub fn add_many(&mut self, why: Refusal, count: u64) {
        match why {
            Refusal::Busy => self.busy += count,
            Refusal::Full => self.full += count,
            Refusal::Error => self.error += count,
        }
    }
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.busy + self.full + self.error
    }
}

/// Documents that the index did not take, by reason. Their packets are in the packet files: see [`crate::LiveStatus::recover`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unindexed {
    /// The index is slower than documents come: the queue before it was full.
    pub slow: u64,
    /// The capture was stopped while the index had no room or could not be reached.
    pub stopped: u64,
    /// The index refused them for good.
    pub refused: u64,
}

/// Counts of fragmented datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fragments {
    /// Fragments seen.
    pub seen: u64,
    /// Datagrams completed.
    pub complete: u64,
    /// Datagrams that contradict themselves or overlap where that is forbidden.
    pub bad: u64,
    /// Datagrams of which a part never came.
    pub timed_out: u64,
    /// Datagrams given up because too many were incomplete.
    pub evicted: u64,
}

/// Counts of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Streams {
    /// Holes that were given up.
    pub gaps: u64,
    /// Bytes in these holes.
    pub gap_bytes: u64,
    /// Times at which holes were given up early because too much waited in all.
    pub short_of_memory: u64,
}

/// Headers that could not be read, by layer and reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Malformations(Vec<(Layer, &'static str, u64)>);

impl Malformations {
    /// Counts one.
    pub fn add(&mut self, layer: Layer, why: Malformed) {
        self.add_many(layer, why.label(), 1);
    }
    fn add_many(&mut self, layer: Layer, why: &'static str, count: u64) {
        match self.0.iter_mut().find(|(l, w, _)| *l == layer && *w == why) {
            Some((_, _, n)) => *n += count,
            None => self.0.push((layer, why, count)),
        }
    }
    /// Each layer and reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Layer, &'static str, u64)> + '_ {
        self.0.iter().copied()
    }
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, _, n)| n).sum()
    }
}

impl Serialize for Malformations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct One {
            layer: &'static str,
            reason: &'static str,
            count: u64,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (layer, reason, count) in self.iter() {
            list.serialize_element(&One { layer: layer.name(), reason, count })?;
        }
        list.end()
    }
}

impl Counters {
    /// Adds the counts of another worker.
    pub fn merge(&mut self, other: &Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.cut += other.cut;
        self.sessions += other.sessions;
        self.documents += other.documents;
        self.evicted += other.evicted;
        self.received += other.received;
        self.kernel_dropped += other.kernel_dropped;
        self.missed += other.missed;
        self.filtered += other.filtered;
        self.reopened += other.reopened;
        self.ring_full += other.ring_full;
        self.source_duplicates += other.source_duplicates;
        self.source_malformed += other.source_malformed;
        self.duplicates += other.duplicates;
        self.duplicates_dropped += other.duplicates_dropped;
        self.written += other.written;
        self.written_bytes += other.written_bytes;
        self.not_kept += other.not_kept;
        self.not_kept_bytes += other.not_kept_bytes;
        self.cut_by_rule += other.cut_by_rule;
        self.unwritten += other.unwritten;
        let (a, b) = (&mut self.unwritten_by, &other.unwritten_by);
        a.busy += b.busy;
        a.full += b.full;
        a.error += b.error;
        self.write_stalls += other.write_stalls;
        self.write_stall_us += other.write_stall_us;
        self.hits += other.hits;
        self.evidence += other.evidence;
        self.evidence_lost += other.evidence_lost;
        self.unindexed += other.unindexed;
        let (a, b) = (&mut self.unindexed_by, &other.unindexed_by);
        a.slow += b.slow;
        a.stopped += b.stopped;
        a.refused += b.refused;
        for (layer, why, count) in other.malformed.iter() {
            self.malformed.add_many(layer, why, count);
        }
        let (a, b) = (&mut self.fragments, &other.fragments);
        a.seen += b.seen;
        a.complete += b.complete;
        a.bad += b.bad;
        a.timed_out += b.timed_out;
        a.evicted += b.evicted;
        let (a, b) = (&mut self.streams, &other.streams);
        a.gaps += b.gaps;
        a.gap_bytes += b.gap_bytes;
        a.short_of_memory += b.short_of_memory;
    }
}

impl fmt::Display for Counters {
    /// One line for people: what was done, then only the hits and losses that there were.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} packets, {} bytes, {} sessions, {} documents",
            self.packets, self.bytes, self.sessions, self.documents
        )?;
        let losses = [
            (self.kernel_dropped, "packets dropped by the kernel"),
            (self.missed, "packets lost by the network card"),
            (self.source_malformed, "packets damaged in the ring"),
            (self.reopened, "times an interface was opened again"),
            (self.duplicates, "duplicate packets"),
            (self.duplicates_dropped, "of them left out"),
            (self.not_kept, "packets not kept by rule"),
            (self.cut_by_rule, "packets cut by rule"),
            (self.unwritten_by.busy, "packets not written because the disk is slow"),
            (self.unwritten_by.full, "packets not written because the disk is full"),
            (self.unwritten_by.error, "packets not written because of errors"),
            (self.unwritten.saturating_sub(self.unwritten_by.total()), "packets not written"),
            (self.write_stalls, "waits for the disk"),
            (self.hits, "hits of rules"),
            (self.evidence, "packets kept as evidence"),
            (self.evidence_lost, "packets of evidence lost because the disk is slow"),
            (self.unindexed, "documents not indexed"),
            (self.cut, "packets cut by the snap length"),
            (self.malformed.total(), "packets with a header that cannot be read"),
            (self.fragments.timed_out, "fragmented datagrams incomplete"),
            (self.fragments.bad, "fragmented datagrams bad"),
            (self.fragments.evicted, "fragmented datagrams given up for memory"),
            (self.streams.gaps, "holes in streams"),
            (self.streams.gap_bytes, "bytes in these holes"),
            (self.streams.short_of_memory, "holes given up for memory"),
            (self.evicted, "sessions saved early for memory"),
        ];
        for (count, what) in losses.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_say_only_what_happened() {
        let mut one = Counters { packets: 2, sessions: 1, ..Counters::default() };
        one.malformed.add(Layer::Tcp, Malformed::BadLength);
        let mut sum = one.clone();
        sum.merge(&one);
        assert_eq!((sum.packets, sum.malformed.total()), (4, 2));
        assert_eq!(
            sum.to_string(),
            "4 packets, 0 bytes, 2 sessions, 0 documents, 2 packets with a header that cannot be read"
        );
        let json = serde_json::to_value(&sum).unwrap();
        assert_eq!(json["malformed"][0]["reason"], "bad-length");
    }
}
