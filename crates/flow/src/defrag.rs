//! IP datagrams from their fragments: RFC 791 section 3.2, RFC 8200 section 4.5.
//!
//! Of overlapping IPv4 fragments the bytes that arrived first count; an IPv6 datagram with overlapping fragments is dropped whole (RFC 5722).
//! What cannot be completed is given back with the reason, never lost in silence.

use ahash::RandomState;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// Bytes of the largest IP payload.
const MAX_DATAGRAM: usize = 65_535;
/// Fragments of one datagram; an MTU of 576 needs 120.
const MAX_PARTS: usize = 1_024;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Incomplete datagrams.
    pub datagrams: usize,
    /// Bytes of them all.
    pub bytes: usize,
    /// How long one may take, in the caller's unit of time.
    pub timeout: i64,
}

/// One fragment. `M` is what the caller keeps of the frame that it came in.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Protocol number of the datagram's payload.
    pub protocol: u8,
    /// Identification.
    pub id: u32,
    /// VLAN, virtual network: what keeps equal addresses apart.
    pub scope: u64,
    /// Place of its bytes in the datagram's payload.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What became of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<M> {
    /// More are needed.
    Waiting,
    /// The datagram is complete: its payload, and the frames it came in, in the order of arrival.
    Complete {
        /// The payload behind the IP header.
        bytes: Vec<u8>,
        /// The frames.
        frames: Vec<M>,
    },
    /// The datagram can never be completed or must not be: the frames so far.
    Bad {
        /// The frames.
        frames: Vec<M>,
    },
}

/// What happened, as counts of datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Completed.
    pub complete: u64,
    /// Overlapping IPv6 fragments, lengths that contradict each other, more fragments than an honest sender needs.
    pub bad: u64,
    /// Given up after the time-out.
    pub timed_out: u64,
    /// Given up because too much waited.
    pub evicted: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    id: u32,
    protocol: u8,
    scope: u64,
}

struct Datagram<M> {
    serial: u64,
    started: i64,
    bytes: Vec<u8>,
    /// Ranges that are filled, sorted, apart.
    filled: Vec<(u32, u32)>,
    /// Length of the whole, once the last fragment is there.
    len: Option<u32>,
    frames: Vec<M>,
}

/// Incomplete datagrams.
pub struct Defragmenter<M> {
    waiting: HashMap<Key, Datagram<M>, RandomState>,
    /// In the order in which they began; an entry whose serial is not the datagram's is a leftover.
    order: VecDeque<(Key, u64)>,
    bytes: usize,
    serial: u64,
    limits: Limits,
    counts: Counts,
}

impl<M> Defragmenter<M> {
    /// Nothing waiting.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            waiting: HashMap::with_hasher(RandomState::new()),
            order: VecDeque::new(),
            bytes: 0,
            serial: 0,
            limits,
            counts: Counts::default(),
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }
    /// Incomplete datagrams.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a fragment that arrived at `now`.
    pub fn part(&mut self, part: &Part<'_>, now: i64, frame: M) -> Outcome<M> {
        let key =
            Key { src: part.src, dst: part.dst, id: part.id, protocol: part.protocol, scope: part.scope };
        let serial = self.serial;
        let (order, started) = (&mut self.order, &mut self.serial);
        let datagram = self.waiting.entry(key).or_insert_with(|| {
            *started += 1;
            order.push_back((key, serial));
            Datagram {
                serial,
                started: now,
                bytes: Vec::new(),
                filled: Vec::new(),
                len: None,
                frames: Vec::new(),
            }
        });
        let before = datagram.bytes.capacity();
        datagram.frames.push(frame);
        let good = datagram.frames.len() <= MAX_PARTS && datagram.add(part);
        self.bytes = (self.bytes + datagram.bytes.capacity()).saturating_sub(before);
        if good && !datagram.is_complete() {
            return Outcome::Waiting;
        }
        let Some(done) = self.take(&key) else { return Outcome::Waiting };
        if good {
            self.counts.complete += 1;
            Outcome::Complete { bytes: done.bytes, frames: done.frames }
        } else {
            self.counts.bad += 1;
            Outcome::Bad { frames: done.frames }
        }
    }

    /// Takes out one datagram that took too long by `now`, or is one too many: its frames. Call until it gives none.
    pub fn give_up(&mut self, now: i64) -> Option<Vec<M>> {
        loop {
            let (key, serial) = *self.order.front()?;
            let Some(datagram) = self.waiting.get(&key).filter(|d| d.serial == serial) else {
                self.order.pop_front();
                continue;
            };
            let late = datagram.started.saturating_add(self.limits.timeout) < now;
            let much = self.waiting.len() > self.limits.datagrams || self.bytes > self.limits.bytes;
            if !late && !much {
                return None;
            }
            if late {
                self.counts.timed_out += 1;
            } else {
                self.counts.evicted += 1;
            }
            self.order.pop_front();
            return self.take(&key).map(|datagram| datagram.frames);
        }
    }

    /// Takes out everything that is incomplete, one datagram at a time.
    pub fn close(&mut self) -> Option<Vec<M>> {
        self.give_up(i64::MAX)
    }

    fn take(&mut self, key: &Key) -> Option<Datagram<M>> {
        let datagram = self.waiting.remove(key)?;
        self.bytes = self.bytes.saturating_sub(datagram.bytes.capacity());
        // leftovers at the head go at once; others when they get there, and there are never more of them than fragments seen
        while self
            .order
            .front()
            .is_some_and(|(key, serial)| self.waiting.get(key).is_none_or(|d| d.serial != *serial))
        {
            self.order.pop_front();
        }
        if self.order.len() > 64 + 2 * self.waiting.len() {
            let waiting = &self.waiting;
            self.order.retain(|(key, serial)| waiting.get(key).is_some_and(|d| d.serial == *serial));
        }
        Some(datagram)
    }
}

impl<M> Datagram<M> {
    /// Puts the bytes in their place; false where the datagram is bad.
    fn add(&mut self, part: &Part<'_>) -> bool {
        let start = part.offset as usize;
        let end = start + part.bytes.len();
        if end > MAX_DATAGRAM || (part.more && part.bytes.is_empty()) {
            return false;
        }
        let (start, end) = (start as u32, end as u32);
        if !part.more {
            if self.len.is_some_and(|len| len != end) {
                return false;
            }
            self.len = Some(end);
        }
        if self.len.is_some_and(|len| end > len || self.filled.last().is_some_and(|(_, last)| *last > len)) {
            return false;
        }
        if self.filled.contains(&(start, end)) {
            return true; // an exact copy
        }
        let overlaps = self.filled.iter().any(|(from, to)| *from < end && start < *to);
        if overlaps && part.src.is_ipv6() {
            let copy =
                self.bytes.get(start as usize..end as usize) == Some(part.bytes) && self.covers(start, end);
            return copy;
        }
        if self.bytes.len() < end as usize {
            self.bytes.resize(end as usize, 0);
        }
        let mut from = start;
        for (held_from, held_to) in self.filled.iter().copied().chain([(u32::MAX, u32::MAX)]) {
            let to = held_from.min(end);
            if from < to
                && let (Some(place), Some(bytes)) = (
                    self.bytes.get_mut(from as usize..to as usize),
                    part.bytes.get((from - start) as usize..(to - start) as usize),
                )
            {
                place.copy_from_slice(bytes);
            }
            from = from.max(held_to.min(end));
            if from >= end {
                break;
            }
        }
        self.fill(start, end);
        true
    }

    fn covers(&self, start: u32, end: u32) -> bool {
        self.filled.iter().any(|(from, to)| *from <= start && end <= *to)
    }

    /// Notes a range as filled, joined with what it touches.
    fn fill(&mut self, mut start: u32, mut end: u32) {
        self.filled.retain(|(from, to)| {
            let touches = *from <= end && start <= *to;
            if touches {
                start = start.min(*from);
                end = end.max(*to);
            }
            !touches
        });
        let at = self.filled.partition_point(|(from, _)| *from < start);
        self.filled.insert(at, (start, end));
    }

    fn is_complete(&self) -> bool {
        self.len.is_some_and(|len| self.covers(0, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { datagrams: 4, bytes: 1 << 20, timeout: 30 };

    fn part(v6: bool, id: u32, offset: u32, more: bool, bytes: &[u8]) -> Part<'_> {
        let (src, dst) = if v6 { ("fd00::1", "fd00::2") } else { ("10.0.0.1", "10.0.0.2") };
        Part {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            protocol: 17,
            id,
            scope: 0,
            offset,
            more,
            bytes,
        }
    }

    #[test]
    fn overlaps() {
        let mut frags = Defragmenter::new(LIMITS);
        assert_eq!(frags.part(&part(false, 1, 0, true, b"aaaa"), 0, 1), Outcome::Waiting);
        assert_eq!(
            frags.part(&part(false, 1, 2, false, b"bbbb"), 0, 2),
            Outcome::Complete { bytes: b"aaaabb".to_vec(), frames: vec![1, 2] }
        );
        assert_eq!(frags.part(&part(true, 2, 0, true, b"aaaa"), 0, 3), Outcome::Waiting);
        assert_eq!(frags.part(&part(true, 2, 2, false, b"bbbb"), 0, 4), Outcome::Bad { frames: vec![3, 4] });
        assert_eq!(frags.counts(), Counts { complete: 1, bad: 1, ..Counts::default() });
        assert_eq!((frags.waiting(), frags.bytes), (0, 0));
    }

    #[test]
    fn late_and_surplus_datagrams_are_given_back() {
        let mut frags = Defragmenter::new(LIMITS);
        for id in 0..6 {
            frags.part(&part(false, id, 8, false, b"x"), i64::from(id), id);
        }
        assert_eq!(frags.give_up(6), Some(vec![0]));
        assert_eq!(frags.give_up(6), Some(vec![1]));
        assert_eq!(frags.give_up(6), None);
        assert_eq!(frags.give_up(33), Some(vec![2]));
        assert_eq!(frags.give_up(33), None);
        assert_eq!(frags.close(), Some(vec![3]));
        assert_eq!((frags.counts().evicted, frags.counts().timed_out), (2, 2));
    }

    proptest! {
        #[test]
        fn any_order_gives_the_datagram(len in 1usize..3_000, order in any::<u64>(), copies in 0usize..5) {
            let whole: Vec<u8> = (0..len).map(|n| (n * 7 % 256) as u8).collect();
            let mut parts: Vec<usize> = (0..len.div_ceil(88)).collect();
            parts.extend((0..copies).map(|n| n % len.div_ceil(88)));
            let mut random = order;
            for n in (1..parts.len()).rev() {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                parts.swap(n, (random >> 33) as usize % (n + 1));
            }
            let mut frags = Defragmenter::new(LIMITS);
            let mut done = None;
            for at in parts {
                let (from, to) = (at * 88, (at * 88 + 88).min(len));
                if let Outcome::Complete { bytes, .. } =
                    frags.part(&part(false, 7, from as u32, to < len, &whole[from..to]), 0, at)
                {
                    done.get_or_insert(bytes);
                }
            }
            prop_assert_eq!(done, Some(whole));
        }

        #[test]
        fn nothing_grows_beyond_its_limit(
            steps in prop::collection::vec((0u32..20, 0u32..9_000, any::<bool>(), 0usize..600, any::<bool>()), 0..300)
        ) {
            let limits = Limits { datagrams: 4, bytes: 20_000, timeout: 1_000 };
            let mut frags = Defragmenter::new(limits);
            let data = [7; 600];
            let mut frames = 0;
            let total = steps.len();
            for (now, (id, offset, more, len, v6)) in steps.into_iter().enumerate() {
                match frags.part(&part(v6, id, offset * 8, more, &data[..len]), now as i64, ()) {
                    Outcome::Waiting => {}
                    Outcome::Complete { frames: f, .. } | Outcome::Bad { frames: f } => frames += f.len(),
                }
                while let Some(given) = frags.give_up(now as i64) {
                    frames += given.len();
                }
                prop_assert!(frags.waiting.len() <= limits.datagrams && frags.bytes <= limits.bytes);
                prop_assert_eq!(frags.bytes, frags.waiting.values().map(|d| d.bytes.capacity()).sum::<usize>());
                prop_assert!(frags.order.len() <= 64 + 2 * frags.waiting.len() + 1);
            }
            while let Some(given) = frags.close() {
                frames += given.len();
            }
            prop_assert_eq!(frames, total, "every frame comes back");
        }
    }
}
