//! What happened and what was lost, by stage and reason.

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
    /// Packets that the kernel dropped because nobody took them in time.
    pub kernel_dropped: u64,
    /// Packets that could not be written to the packet store; their sessions are kept.
    pub unwritten: u64,
    /// Documents that the index did not take.
    pub unindexed: u64,
    /// Headers that could not be read.
    pub malformed: Malformations,
    /// Fragmented datagrams.
    pub fragments: Fragments,
    /// TCP and SCTP streams.
    pub streams: Streams,
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
        self.kernel_dropped += other.kernel_dropped;
        self.unwritten += other.unwritten;
        self.unindexed += other.unindexed;
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
    /// One line for people: what was done, then only the losses that there were.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} packets, {} bytes, {} sessions, {} documents",
            self.packets, self.bytes, self.sessions, self.documents
        )?;
        let losses = [
            (self.kernel_dropped, "packets dropped by the kernel"),
            (self.unwritten, "packets not written"),
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
