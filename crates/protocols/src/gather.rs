//! Bytes that arrive in pieces, each with its place: fragments of datagram TLS, CRYPTO frames of QUIC.

/// Pieces that may lie apart from each other at a time.
const MAX_APART: usize = 64;

/// Bytes from 0 on, with holes until all pieces are there.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    bytes: Vec<u8>,
    /// What is there: `from..until`, sorted, apart from each other.
    there: Vec<(usize, usize)>,
}

impl Gather {
    /// Nothing there yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Puts a piece in its place; where pieces overlap the first one stays. False when it lies beyond `limit` or
    /// too many pieces lie apart: it is not kept.
    pub(crate) fn add(&mut self, at: usize, piece: &[u8], limit: usize) -> bool {
        let Some(until) = at.checked_add(piece.len()).filter(|until| *until <= limit) else { return false };
        let touches = |&(from, to): &(usize, usize)| from <= until && at <= to;
        if !self.there.iter().any(touches) && self.there.len() >= MAX_APART {
            return false;
        }
        if self.bytes.len() < until {
            self.bytes.resize(until, 0);
        }
        // Fill what is free of at..until, from hole to hole.
        let mut free = at;
        for &(from, to) in self.there.iter().filter(|r| touches(r)).chain([&(until, until)]) {
            let hole = free..from.min(until);
            if !hole.is_empty() {
                copy(&mut self.bytes, piece, at, hole);
            }
            free = free.max(to);
        }
        let (mut start, mut end) = (at, until);
        self.there.retain(|range| {
            let joined = touches(range);
            if joined {
                start = start.min(range.0);
                end = end.max(range.1);
            }
            !joined
        });
        let place = self.there.partition_point(|range| range.0 < start);
        self.there.insert(place, (start, end));
        true
    }

    /// The bytes before the first hole.
    pub(crate) fn prefix(&self) -> &[u8] {
        let until = self.there.first().filter(|range| range.0 == 0).map_or(0, |range| range.1);
        self.bytes.get(..until).unwrap_or_default()
    }
}

/// Copies what of a piece that starts at `at` belongs into a hole.
fn copy(bytes: &mut [u8], piece: &[u8], at: usize, hole: std::ops::Range<usize>) {
    let what = piece.get(hole.start.saturating_sub(at)..hole.end.saturating_sub(at));
    if let (Some(to), Some(what)) = (bytes.get_mut(hole), what) {
        to.copy_from_slice(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_and_the_first_one_stays() {
        let mut gather = Gather::new();
        assert!(gather.add(4, b"efg", 100));
        assert_eq!(gather.prefix(), b"");
        assert!(gather.add(0, b"ab", 100));
        assert_eq!(gather.prefix(), b"ab");
        assert!(gather.add(1, b"XcdXXXhi", 100));
        assert_eq!(gather.prefix(), b"abcdefghi");
        assert!(!gather.add(99, b"zz", 100));
        assert!(!gather.add(usize::MAX, b"zz", 100));
    }

    #[test]
    fn holds_few_pieces_apart() {
        let mut gather = Gather::new();
        let kept = (0..1_000).filter(|n| gather.add(n * 2, b"x", 10_000)).count();
        assert_eq!(kept, MAX_APART);
    }
}
