//! What a TCP segment means for the health of its connection, in Wireshark's terms.
//!
//! The rules are those of Wireshark's `tcp.analysis.*` (the user's guide, section "TCP Analysis", gives them in prose), so that a count here
//! and a display filter there agree. They judge what the capture saw: a segment that the capture point missed is "lost" although the receiver
//! may have it.

use crate::{Seq, Side};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// Within this of the last duplicate acknowledgement a retransmission is a fast one, nanoseconds.
const FAST: i64 = 20_000_000;
/// Out of order rather than retransmitted within this of the segment that it is late for, while no round trip time is known, nanoseconds.
const REORDER: i64 = 3_000_000;

/// What of a segment the analysis looks at.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Arrival, nanoseconds.
    pub time: i64,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Bytes of payload as sent.
    pub len: u32,
    /// Byte 13 of the header.
    pub flags: u8,
    /// Window field, unscaled.
    pub window: u16,
}

/// What one segment is. Several may be true.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Finding(u16);

impl Finding {
    /// Sent again after a time-out, as far as can be told.
    pub const RETRANSMISSION: Self = Self(1);
    /// Sent again because of duplicate acknowledgements.
    pub const FAST_RETRANSMISSION: Self = Self(2);
    /// Sent again although acknowledged already.
    pub const SPURIOUS_RETRANSMISSION: Self = Self(4);
    /// Came after a segment that was sent later.
    pub const OUT_OF_ORDER: Self = Self(8);
    /// The segment before it was not seen.
    pub const LOST_BEFORE: Self = Self(16);
    /// Repeats the acknowledgement before it.
    pub const DUPLICATE_ACK: Self = Self(32);
    /// The sender can take no more data.
    pub const ZERO_WINDOW: Self = Self(64);
    /// Asks whether the other side is there.
    pub const KEEP_ALIVE: Self = Self(128);
    /// Answers that.
    pub const KEEP_ALIVE_ACK: Self = Self(256);
    /// Acknowledges what was not seen.
    pub const ACKED_UNSEEN: Self = Self(512);
    /// Asks whether the window is open again.
    pub const WINDOW_PROBE: Self = Self(1_024);
    /// Answers that.
    pub const WINDOW_PROBE_ACK: Self = Self(2_048);

    /// Whether any of these is true.
    #[inline]
    #[must_use]
    pub const fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
    /// Whether it is a retransmission of any sort.
    #[must_use]
    pub const fn retransmitted(self) -> bool {
        self.any(Self(1 | 2 | 4))
    }
    #[inline]
    fn set(&mut self, what: Self) {
        self.0 |= what.0;
    }
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const NAMES: [&str; 12] = [
            "retransmission",
            "fast-retransmission",
            "spurious-retransmission",
            "out-of-order",
            "lost-before",
            "duplicate-ack",
            "zero-window",
            "keep-alive",
            "keep-alive-ack",
            "acked-unseen",
            "window-probe",
            "window-probe-ack",
        ];
        let set = NAMES.iter().enumerate().filter(|(n, _)| self.0 & 1 << n != 0).map(|(_, name)| name);
        f.debug_set().entries(set).finish()
    }
}

/// Counts of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Segments sent again, of any sort.
    pub retransmissions: u32,
    /// Segments that came late.
    pub out_of_order: u32,
    /// Times at which the segment before was not seen.
    pub lost: u32,
    /// Duplicate acknowledgements that this side sent.
    pub duplicate_acks: u32,
    /// Segments with which this side closed its window.
    pub zero_windows: u32,
}

/// How long the handshake took, nanoseconds, as seen from where the capture was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// SYN to SYN-ACK: the way to the server and back, and the server.
    pub server: Option<i64>,
    /// SYN-ACK to the ACK that answers it: the way to the client and back, and the client.
    pub client: Option<i64>,
}

/// One direction.
#[derive(Debug, Default)]
struct Flow {
    /// Numbers are kept relative to the first one seen, as 0 has the meaning "none yet" below.
    base: Option<u32>,
    /// Highest number sent so far, plus one.
    next: u32,
    next_time: i64,
    /// Highest number without a hole before it, plus one.
    to_be_acked: u32,
    last_ack: u32,
    last_ack_time: i64,
    window: u16,
    duplicate_acks: u32,
    last: Finding,
    counts: Measures,
    selective: [(u32, u32); 4],
    selective_len: u8,
}

/// The state of one connection. About 200 bytes.
#[derive(Debug, Default)]
pub struct TcpAnalysis {
    flows: [Flow; 2],
    syn_time: Option<i64>,
    first_round_trip: Option<i64>,
    syn_ack: Option<(i64, u32)>,
    handshake: Handshake,
}

fn after(a: u32, b: u32) -> bool {
    Seq(a).after(Seq(b))
}

impl TcpAnalysis {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts of one direction since the beginning or the last [`TcpAnalysis::take`].
    #[must_use]
    pub fn counts(&self, side: Side) -> Measures {
        side.of(&self.flows).counts
    }
    /// Counts of one direction, which start again at zero.
    pub fn take(&mut self, side: Side) -> Measures {
        std::mem::take(&mut side.of_mut(&mut self.flows).counts)
    }
    /// Times of the handshake.
    #[must_use]
    pub fn handshake(&self) -> Handshake {
        self.handshake
    }

    /// Judges a segment that `from` sent. `selective` gives its SACK option, the pairs of edges as they are on the wire.
    pub fn segment(&mut self, from: Side, segment: &Segment, selective: &[u8]) -> Finding {
        let flags = segment.flags;
        self.renew(from, segment);
        self.time_handshake(from, segment);
        let base = *side_base(from.of_mut(&mut self.flows), segment.seq, flags);
        let (seq, len) = (segment.seq.wrapping_sub(base), segment.len);
        let ack = if flags & ACK != 0 {
            let other = from.other().of_mut(&mut self.flows);
            // an unseen side starts just before what is acknowledged
            segment.ack.wrapping_sub(*other.base.get_or_insert(segment.ack.wrapping_sub(1)))
        } else {
            0
        };
        let first_round_trip = self.first_round_trip;
        let [src, dst] = &mut self.flows;
        let (fwd, rev) = match from {
            Side::Src => (src, dst),
            Side::Dst => (dst, src),
        };
        let mut found = Finding::default();
        fwd.note_selective(selective, rev.base);

        let quiet = flags & (SYN | FIN | RST) == 0;
        let probe = len == 1 && seq == fwd.next && rev.window == 0 && rev.last_ack_time != 0;
        if probe {
            found.set(Finding::WINDOW_PROBE);
        } else {
            found = fwd.acknowledgement(rev, seq, ack, len, segment.window, flags, quiet);
        }
        if ack != fwd.last_ack {
            fwd.duplicate_acks = 0;
        }
        if rev.to_be_acked != 0 && flags & ACK != 0 && after(ack, rev.to_be_acked) {
            found.set(Finding::ACKED_UNSEEN);
            rev.to_be_acked = rev.next;
        }
        if (len > 0 || flags & (SYN | FIN) != 0) && !found.any(Finding::KEEP_ALIVE) {
            let flag = u32::from(flags & (SYN | FIN) != 0);
            found.set(fwd.retransmission(rev, seq, len, flag, segment.time, first_round_trip));
        }

        let next = seq.wrapping_add(len).wrapping_add(u32::from(flags & (SYN | FIN) != 0));
        if (after(next, fwd.next) || fwd.next == 0) && !probe {
            fwd.next = next;
            fwd.next_time = segment.time;
        }
        if (seq == fwd.to_be_acked || fwd.to_be_acked == 0) && !probe {
            fwd.to_be_acked = fwd.next;
        }
        fwd.window = segment.window;
        fwd.last_ack = ack;
        fwd.last_ack_time = segment.time;
        fwd.last = found;
        fwd.count(found);
        found
    }

    /// A SYN with another number on known ports is a new connection: what is known of the old one misleads.
    fn renew(&mut self, from: Side, segment: &Segment) {
        if segment.flags & (SYN | ACK) != SYN {
            return;
        }
        if from.of(&self.flows).base.is_some_and(|base| base != segment.seq) {
            let [src, dst] = &self.flows;
            let (src, dst) = (src.counts, dst.counts);
            let handshake = self.handshake;
            *self = Self { handshake, ..Self::default() };
            let [new_src, new_dst] = &mut self.flows;
            (new_src.counts, new_dst.counts) = (src, dst);
        }
    }

    fn time_handshake(&mut self, from: Side, segment: &Segment) {
        match segment.flags & (SYN | ACK | RST) {
            SYN => {
                self.syn_time = Some(segment.time);
            }
            flags if flags == SYN | ACK => {
                if self.handshake.server.is_none()
                    && let Some(syn) = self.syn_time
                {
                    self.handshake.server = Some((segment.time - syn).max(0));
                }
                if self.handshake.client.is_none() {
                    self.syn_ack = Some((segment.time, segment.seq.wrapping_add(1)));
                }
            }
            ACK => {
                if self.first_round_trip.is_none()
                    && let Some(syn) = self.syn_time
                {
                    self.first_round_trip = Some(segment.time - syn);
                }
                if from == Side::Src
                    && self.handshake.client.is_none()
                    && let Some((time, expected)) = self.syn_ack
                    && !Seq(segment.ack).before(Seq(expected))
                {
                    self.handshake.client = Some((segment.time - time).max(0));
                }
            }
            _ => {}
        }
    }
}

/// Where the numbers of a direction start: at the SYN, else just before the first number seen.
fn side_base(flow: &mut Flow, seq: u32, flags: u8) -> &mut u32 {
    flow.base.get_or_insert(if flags & SYN != 0 { seq } else { seq.wrapping_sub(1) })
}

impl Flow {
    #[allow(clippy::too_many_arguments, reason = "the fields of one segment")]
    fn acknowledgement(
        &mut self,
        rev: &mut Flow,
        seq: u32,
        ack: u32,
        len: u32,
        window: u16,
        flags: u8,
        quiet: bool,
    ) -> Finding {
        let mut found = Finding::default();
        if window == 0 && quiet {
            found.set(Finding::ZERO_WINDOW);
        }
        if self.next != 0 && after(seq, self.next) && flags & RST == 0 {
            found.set(Finding::LOST_BEFORE);
        }
        if len <= 1 && seq == self.next.wrapping_sub(1) && quiet {
            found.set(Finding::KEEP_ALIVE);
        }
        if len != 0 || !quiet || seq != self.next || window != self.window {
            return found;
        }
        let same = ack == self.last_ack;
        if window != 0 && same && rev.last.any(Finding::KEEP_ALIVE) {
            found.set(Finding::KEEP_ALIVE_ACK);
        } else if window == 0
            && (same || ack == self.last_ack.wrapping_add(1))
            && rev.last.any(Finding::WINDOW_PROBE)
        {
            found.set(Finding::WINDOW_PROBE_ACK);
            // the receiver took the byte of the probe after all
            if !same {
                (rev.next, rev.to_be_acked) = (ack, ack);
            }
        } else if window != 0 && same {
            self.duplicate_acks += 1;
            found.set(Finding::DUPLICATE_ACK);
        }
        found
    }

    /// What sort of repetition a segment with data, SYN or FIN is, if any.
    /// `flag` is 1 where SYN or FIN takes a number of its own.
    fn retransmission(
        &self,
        rev: &Flow,
        seq: u32,
        len: u32,
        flag: u32,
        time: i64,
        round_trip: Option<i64>,
    ) -> Finding {
        let mut back = self.next != 0 && after(self.next, seq);
        // more than the byte of a window probe, at the place of that byte: that is new data
        if len > 1 && self.next.wrapping_sub(1) == seq {
            back = false;
        }
        let end = seq.wrapping_add(len);
        if len > 0 && rev.last_ack != 0 && !after(end, rev.last_ack) {
            return Finding::SPURIOUS_RETRANSMISSION;
        }
        if !back {
            return Finding::default();
        }
        let since_ack = time - rev.last_ack_time;
        if rev.duplicate_acks >= 2 && since_ack < FAST {
            let ranges = rev.selective.get(..usize::from(rev.selective_len)).unwrap_or_default();
            let sacked = ranges.iter().any(|(left, right)| seq >= *left && seq < *right);
            if rev.last_ack == seq || (!ranges.is_empty() && !sacked) {
                return Finding::FAST_RETRANSMISSION;
            }
        }
        if time - self.next_time < round_trip.filter(|t| *t != 0).unwrap_or(REORDER)
            && self.next != end.wrapping_add(flag)
        {
            return Finding::OUT_OF_ORDER;
        }
        Finding::RETRANSMISSION
    }

    /// Keeps the SACK ranges of the last segment, relative to the numbers of the other side.
    fn note_selective(&mut self, edges: &[u8], base: Option<u32>) {
        self.selective_len = 0;
        let base = base.unwrap_or(0);
        let (pairs, _) = edges.as_chunks::<8>();
        for (place, [a, b, c, d, e, f, g, h]) in self.selective.iter_mut().zip(pairs) {
            let left = u32::from_be_bytes([*a, *b, *c, *d]).wrapping_sub(base);
            let right = u32::from_be_bytes([*e, *f, *g, *h]).wrapping_sub(base);
            *place = (left, right);
            self.selective_len += 1;
        }
    }

    fn count(&mut self, found: Finding) {
        let counts = &mut self.counts;
        counts.retransmissions += u32::from(found.retransmitted());
        counts.out_of_order += u32::from(found.any(Finding::OUT_OF_ORDER));
        counts.lost += u32::from(found.any(Finding::LOST_BEFORE));
        counts.duplicate_acks += u32::from(found.any(Finding::DUPLICATE_ACK));
        counts.zero_windows += u32::from(found.any(Finding::ZERO_WINDOW));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn seg(time: i64, seq: u32, ack: u32, len: u32, flags: u8) -> Segment {
        Segment { time, seq, ack, len, flags, window: 500 }
    }

    fn connected() -> TcpAnalysis {
        let mut tcp = TcpAnalysis::new();
        tcp.segment(Side::Src, &seg(0, 999, 0, 0, SYN), &[]);
        tcp.segment(Side::Dst, &seg(30 * MS, 4_999, 1_000, 0, SYN | ACK), &[]);
        tcp.segment(Side::Src, &seg(40 * MS, 1_000, 5_000, 0, ACK), &[]);
        tcp
    }

    #[test]
    fn the_handshake_is_split_where_the_capture_stands() {
        assert_eq!(connected().handshake(), Handshake { server: Some(30 * MS), client: Some(10 * MS) });
    }

    #[test]
    fn retransmissions_by_sort() {
        let mut tcp = connected();
        let mut send = |time, seq, len| tcp.segment(Side::Dst, &seg(time * MS, seq, 1_000, len, ACK), &[]);
        assert_eq!(send(50, 5_000, 100), Finding::default());
        assert_eq!(send(51, 5_200, 100), Finding::LOST_BEFORE);
        assert_eq!(send(52, 5_100, 100), Finding::OUT_OF_ORDER);
        assert_eq!(send(300, 5_100, 100), Finding::RETRANSMISSION);
        tcp.segment(Side::Src, &seg(301 * MS, 1_000, 5_300, 0, ACK), &[]);
        let spurious = tcp.segment(Side::Dst, &seg(302 * MS, 5_000, 1_000, 100, ACK), &[]);
        assert_eq!(spurious, Finding::SPURIOUS_RETRANSMISSION);
        let counts = tcp.take(Side::Dst);
        assert_eq!((counts.retransmissions, counts.out_of_order, counts.lost), (2, 1, 1));
        assert_eq!(tcp.counts(Side::Dst), Measures::default());
    }

    #[test]
    fn duplicate_acknowledgements_and_the_answer_to_them() {
        let mut tcp = connected();
        for n in 0..5u32 {
            if n != 1 {
                tcp.segment(Side::Dst, &seg(50 * MS, 5_000 + n * 100, 1_000, 100, ACK), &[]);
            }
        }
        let ack = |tcp: &mut TcpAnalysis| tcp.segment(Side::Src, &seg(90 * MS, 1_000, 5_100, 0, ACK), &[]);
        assert_eq!(ack(&mut tcp), Finding::default());
        assert_eq!(ack(&mut tcp), Finding::DUPLICATE_ACK);
        assert_eq!(ack(&mut tcp), Finding::DUPLICATE_ACK);
        let again = tcp.segment(Side::Dst, &seg(95 * MS, 5_100, 1_000, 100, ACK), &[]);
        assert_eq!(again, Finding::FAST_RETRANSMISSION);
    }

    #[test]
    fn a_keep_alive_is_no_retransmission() {
        let mut tcp = connected();
        tcp.segment(Side::Src, &seg(50 * MS, 1_000, 5_000, 10, ACK), &[]);
        assert_eq!(tcp.segment(Side::Src, &seg(90_000 * MS, 1_009, 5_000, 1, ACK), &[]), Finding::KEEP_ALIVE);
        let answer = tcp.segment(Side::Dst, &seg(90_001 * MS, 5_000, 1_010, 0, ACK), &[]);
        assert!(!answer.any(Finding::DUPLICATE_ACK));
    }

    #[test]
    fn a_reused_port_starts_afresh() {
        let mut tcp = connected();
        tcp.segment(Side::Src, &seg(50 * MS, 1_000, 5_000, 10, ACK), &[]);
        assert_eq!(tcp.segment(Side::Src, &seg(60_000 * MS, 7, 0, 0, SYN), &[]), Finding::default());
        assert_eq!(tcp.segment(Side::Src, &seg(60_001 * MS, 8, 1, 10, ACK), &[]), Finding::default());
    }
}
