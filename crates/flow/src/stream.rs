//! One direction of a TCP connection: segments in any order go in, bytes in order come out.
//!
//! Where two segments overlap, the bytes that arrived first count, as in most receivers. A segment that comes in order is handed on from the
//! packet itself; only what comes early is copied. A hole is given up ([`Event::Gap`]) when the other side has acknowledged it and further
//! segments came since, when too much waits behind it, or when the stream is closed.

use crate::Seq;
use std::collections::VecDeque;

/// How far before or after the expected byte a segment may lie, bytes: the largest window (RFC 7323). Others are strays.
const MAX_DISTANCE: i32 = 1 << 30;
/// Segments and acknowledgements that must follow an acknowledged hole before it is given up: the capture may have seen the
/// acknowledgement before the segment.
const PATIENCE: u8 = 3;

/// What may wait behind a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Segments.
    pub segments: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segments: 256, bytes: 1 << 20 }
    }
}

/// What comes out of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The next bytes.
    Data {
        /// The bytes.
        bytes: &'a [u8],
        /// When they became readable, in the caller's unit: the arrival of the segment that filled the hole before them, or their own where
        /// the hole was given up.
        time: i64,
    },
    /// Bytes that were sent and will never be seen.
    Gap {
        /// How many.
        len: u32,
        /// When that became clear.
        time: i64,
    },
    /// The sender has finished (FIN), and everything before was given out.
    End {
        /// When.
        time: i64,
    },
}

/// Bytes that came early.
#[derive(Debug)]
struct Held {
    seq: Seq,
    bytes: Box<[u8]>,
    time: i64,
}

impl Held {
    fn end(&self) -> Seq {
        self.seq.plus(self.bytes.len() as u32)
    }
}

/// State of one direction. 80 bytes and what waits.
#[derive(Debug, Default)]
pub struct TcpStream {
    /// The next byte to give out; none before the first segment.
    next: Option<Seq>,
    /// Sorted by place, never overlapping, never touching what was given out.
    queue: VecDeque<Held>,
    held: usize,
    /// Place of the FIN.
    fin: Option<Seq>,
    ended: bool,
    /// Furthest acknowledgement of the other side.
    acked: Option<Seq>,
    patience: u8,
}

impl TcpStream {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The place of the next byte, once known.
    #[must_use]
    pub fn next(&self) -> Option<Seq> {
        self.next
    }
    /// Bytes that wait behind a hole.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
    }
    /// Whether the end was given out.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Says where the stream starts (the byte after the SYN, or what the other side expects next); ignored once it is known.
    pub fn start(&mut self, seq: Seq) {
        self.next.get_or_insert(seq);
    }

    /// Forgets everything: the ports are used again for a new connection.
    pub fn restart(&mut self, seq: Seq) {
        *self = Self { next: Some(seq), ..Self::default() };
    }

    /// Takes a segment: place of its first byte, its bytes, how many more the snap length cut off, whether it carries FIN, when it arrived.
    /// Returns whether any of its bytes were new.
    #[allow(clippy::too_many_arguments, reason = "what a segment is")]
    pub fn segment(
        &mut self,
        seq: Seq,
        bytes: &[u8],
        cut: u32,
        fin: bool,
        time: i64,
        limits: Limits,
        emit: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let next = *self.next.get_or_insert(seq);
        let distance = seq.since(next);
        if !(-MAX_DISTANCE..MAX_DISTANCE).contains(&distance) || bytes.len() > MAX_DISTANCE as usize {
            return false;
        }
        let end = seq.plus(bytes.len() as u32);
        if fin && self.fin.is_none() && distance >= -(bytes.len() as i32) {
            self.fin = Some(end.plus(cut));
        }
        let mut new = false;
        if !bytes.is_empty() && !self.ended {
            new = if distance <= 0 {
                self.in_order(seq, bytes, time, emit)
            } else {
                self.early(seq, bytes, time)
            };
        }
        if cut > 0 && cut < MAX_DISTANCE as u32 && self.next == Some(end) && !self.ended {
            // what was cut off will never be seen; what waits behind it wins where it overlaps
            let room = self.queue.front().map_or(cut, |held| held.seq.since(end).max(0) as u32);
            let len = cut.min(room);
            if len > 0 {
                self.next = Some(end.plus(len));
                emit(Event::Gap { len, time });
            }
            self.drain(time, emit);
        }
        if !self.queue.is_empty() {
            self.give_up_acknowledged(time, emit);
            while self.queue.len() > limits.segments || self.held > limits.bytes {
                self.give_up(time, emit);
            }
        }
        self.check_end(time, emit);
        new
    }

    /// The other side expects `ack` next.
    pub fn acknowledged(&mut self, ack: Seq, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        if self.acked.is_none_or(|acked| ack.after(acked)) {
            self.acked = Some(ack);
        }
        if !self.queue.is_empty() {
            self.give_up_acknowledged(time, emit);
            self.check_end(time, emit);
        }
    }

    /// Nothing more will come: gives out what waits, holes as gaps.
    pub fn close(&mut self, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        while !self.queue.is_empty() {
            self.give_up(time, emit);
        }
        self.check_end(time, emit);
    }

    /// Gives out what of a segment is not known yet, and then what waited for it.
    fn in_order(&mut self, seq: Seq, bytes: &[u8], time: i64, emit: &mut dyn FnMut(Event<'_>)) -> bool {
        let mut new = false;
        let (mut seq, mut bytes) = (seq, bytes);
        while let Some(next) = self.next {
            let known = usize::try_from(next.since(seq)).unwrap_or(0);
            let Some(rest) = bytes.get(known..).filter(|rest| !rest.is_empty()) else { break };
            // what waits arrived earlier, so that it wins over the same bytes of this segment
            let room = self.queue.front().map_or(usize::MAX, |held| held.seq.since(next).max(0) as usize);
            let (now, later) = rest.split_at(rest.len().min(room));
            if !now.is_empty() {
                new = true;
                self.next = Some(next.plus(now.len() as u32));
                emit(Event::Data { bytes: now, time });
            }
            self.drain(time, emit);
            seq = next.plus(now.len() as u32);
            bytes = later;
        }
        self.drain(time, emit);
        new
    }

    /// Gives out what waits and has no hole before it any more.
    fn drain(&mut self, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        while let Some(head) = self.queue.front()
            && self.next == Some(head.seq)
            && let Some(head) = self.queue.pop_front()
        {
            self.patience = 0;
            self.held -= head.bytes.len();
            self.next = Some(head.end());
            emit(Event::Data { bytes: &head.bytes, time });
        }
    }

    /// Keeps those bytes of a segment that nothing kept covers.
    fn early(&mut self, seq: Seq, bytes: &[u8], time: i64) -> bool {
        let end = seq.plus(bytes.len() as u32);
        let mut from = seq;
        let mut new = false;
        // most early segments lie behind everything kept
        let mut at = match self.queue.back() {
            Some(last) if !last.end().after(seq) => self.queue.len(),
            _ => self.queue.partition_point(|held| !held.end().after(seq)),
        };
        while from.before(end) {
            let (to, next) = match self.queue.get(at) {
                Some(held) if held.seq.before(end) => (held.seq, held.end()),
                _ => (end, end),
            };
            if from.before(to) {
                let start = from.since(seq) as usize;
                let piece = bytes.get(start..start + to.since(from) as usize).unwrap_or_default();
                self.held += piece.len();
                self.queue.insert(at, Held { seq: from, bytes: piece.into(), time });
                new = true;
                at += 1;
            }
            from = next;
            at += 1;
        }
        new
    }

    /// Gives up the first hole where the other side has it and the capture evidently has not.
    fn give_up_acknowledged(&mut self, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        let Some(head) = self.queue.front() else { return };
        if self.acked.is_some_and(|acked| !acked.before(head.seq)) {
            self.patience += 1;
            if self.patience > PATIENCE {
                self.give_up(time, emit);
            }
        }
    }

    /// Declares the first hole lost and gives out what waited behind it.
    fn give_up(&mut self, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        self.patience = 0;
        let (Some(next), Some(head)) = (self.next, self.queue.front()) else { return };
        emit(Event::Gap { len: head.seq.since(next).max(0) as u32, time: head.time });
        self.next = Some(head.seq);
        while let Some(head) = self.queue.front()
            && self.next == Some(head.seq)
            && let Some(head) = self.queue.pop_front()
        {
            self.held -= head.bytes.len();
            self.next = Some(head.end());
            emit(Event::Data { bytes: &head.bytes, time: head.time });
        }
        let _ = time;
    }

    fn check_end(&mut self, time: i64, emit: &mut dyn FnMut(Event<'_>)) {
        if !self.ended
            && let (Some(next), Some(fin)) = (self.next, self.fin)
            && !next.before(fin)
        {
            self.ended = true;
            self.queue.clear();
            self.held = 0;
            emit(Event::End { time });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: Limits = Limits { segments: 10_000, bytes: 1 << 24 };

    #[derive(Default)]
    struct Got {
        bytes: Vec<u8>,
        gaps: Vec<u32>,
        ends: usize,
    }
    impl Got {
        fn see(&mut self, event: Event<'_>) {
            match event {
                Event::Data { bytes, .. } => self.bytes.extend_from_slice(bytes),
                Event::Gap { len, .. } => self.gaps.push(len),
                Event::End { .. } => self.ends += 1,
            }
        }
    }

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|n| (n * 31 % 251) as u8).collect()
    }

    #[test]
    fn a_hole_is_given_up_when_acknowledged_and_more_came() {
        let (mut stream, mut got) = (TcpStream::new(), Got::default());
        stream.start(Seq(100));
        stream.segment(Seq(110), b"later", 0, false, 1, WIDE, &mut |e| got.see(e));
        stream.acknowledged(Seq(115), 2, &mut |e| got.see(e));
        assert!(got.bytes.is_empty(), "the acknowledgement may have overtaken the segment");
        for n in 0..3 {
            stream.acknowledged(Seq(115), 3 + n, &mut |e| got.see(e));
        }
        assert_eq!((got.bytes.as_slice(), got.gaps.as_slice()), (&b"later"[..], &[10][..]));
    }

    #[test]
    fn a_full_queue_gives_up_its_first_hole() {
        let (mut stream, mut got) = (TcpStream::new(), Got::default());
        stream.start(Seq(0));
        let few = Limits { segments: 2, bytes: 1 << 20 };
        for n in 1..4u32 {
            stream.segment(Seq(n * 10), b"x", 0, false, 0, few, &mut |e| got.see(e));
        }
        assert_eq!((got.bytes.len(), got.gaps.as_slice(), stream.held()), (1, &[10][..], 2));
    }

    #[test]
    fn a_keep_alive_and_a_stray_change_nothing() {
        let (mut stream, mut got) = (TcpStream::new(), Got::default());
        stream.segment(Seq(7), b"abc", 0, false, 0, WIDE, &mut |e| got.see(e));
        assert!(!stream.segment(Seq(9), b"\0", 0, false, 0, WIDE, &mut |e| got.see(e)));
        assert!(
            !stream.segment(Seq(7u32.wrapping_sub(1 << 31)), b"zzz", 0, false, 0, WIDE, &mut |e| got.see(e))
        );
        stream.segment(Seq(10), b"d", 0, true, 0, WIDE, &mut |e| got.see(e));
        assert_eq!((got.bytes.as_slice(), got.ends), (&b"abcd"[..], 1));
        assert!(!stream.segment(Seq(11), b"after the end", 0, true, 0, WIDE, &mut |e| got.see(e)));
        assert_eq!(got.ends, 1);
    }

    #[test]
    fn what_the_snap_length_cut_off_is_a_gap_at_once() {
        let (mut stream, mut got) = (TcpStream::new(), Got::default());
        stream.segment(Seq(0), b"abc", 97, false, 0, WIDE, &mut |e| got.see(e));
        stream.segment(Seq(100), b"def", 97, true, 0, WIDE, &mut |e| got.see(e));
        assert_eq!((got.bytes.as_slice(), got.gaps.as_slice(), got.ends), (&b"abcdef"[..], &[97, 97][..], 1));
    }

    proptest! {
        /// Any order, duplication and overlap of segments gives the same bytes, wherever the numbers wrap.
        #[test]
        fn order_does_not_matter(
            len in 1usize..400,
            base in prop_oneof![Just(0u32), Just(u32::MAX - 100), any::<u32>()],
            cuts in prop::collection::vec((any::<prop::sample::Index>(), 1usize..60), 0..60),
            shuffle in any::<u64>(),
        ) {
            let whole = text(len);
            let mut pieces: Vec<(usize, usize)> = (0..len).step_by(17).map(|at| (at, (at + 17).min(len))).collect();
            pieces.extend(cuts.iter().map(|(at, size)| { let at = at.index(len); (at, (at + size).min(len)) }));
            let mut random = shuffle;
            for n in (1..pieces.len()).rev() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                pieces.swap(n, (random >> 33) as usize % (n + 1));
            }
            let (mut stream, mut got) = (TcpStream::new(), Got::default());
            stream.start(Seq(base));
            for (from, to) in pieces {
                stream.segment(Seq(base).plus(from as u32), &whole[from..to], 0, to == len, 0, WIDE, &mut |e| got.see(e));
            }
            prop_assert_eq!(&got.bytes, &whole);
            prop_assert_eq!((got.gaps.len(), got.ends, stream.held()), (0, 1, 0));
        }

        /// Bytes that differ between copies: whichever came first is given out, and never more than was sent.
        #[test]
        fn nothing_grows_beyond_its_limit(
            segments in prop::collection::vec((any::<u32>(), 0usize..200, any::<bool>(), any::<u32>()), 0..200),
            near in any::<bool>(),
        ) {
            let limits = Limits { segments: 8, bytes: 1_000 };
            let mut stream = TcpStream::new();
            let data = text(200);
            for (seq, len, fin, ack) in segments {
                let seq = if near { seq % 3_000 } else { seq };
                stream.segment(Seq(seq), &data[..len], 0, fin, 0, limits, &mut |_| {});
                prop_assert!(stream.held() <= limits.bytes && stream.queue.len() <= limits.segments);
                prop_assert_eq!(stream.held(), stream.queue.iter().map(|h| h.bytes.len()).sum::<usize>());
                for pair in stream.queue.make_contiguous().windows(2) {
                    prop_assert!(!pair[0].end().after(pair[1].seq));
                }
                stream.acknowledged(Seq(if near { ack % 3_000 } else { ack }), 0, &mut |_| {});
            }
            stream.close(0, &mut |_| {});
            prop_assert_eq!(stream.held(), 0);
        }
    }

    #[test]
    fn the_bytes_that_came_first_win() {
        let (mut stream, mut got) = (TcpStream::new(), Got::default());
        stream.start(Seq(0));
        stream.segment(Seq(2), b"CD", 0, false, 0, WIDE, &mut |e| got.see(e));
        stream.segment(Seq(0), b"abcdef", 0, false, 0, WIDE, &mut |e| got.see(e));
        stream.segment(Seq(4), b"XXgh", 0, false, 0, WIDE, &mut |e| got.see(e));
        assert_eq!(got.bytes, b"abCDefgh");
    }
}
