//! What one side of a TCP session says until the other answers, put together.

use flow::Side;
use rules::JOINED;

/// The text of each side since the other one last spoke.
#[derive(Debug)]
pub(crate) struct Joined {
    /// Bytes of the longest piece that is looked at as a packet.
    longest: usize,
    text: [Vec<u8>; 2],
    /// Pieces that it is made of.
    pieces: [u32; 2],
    /// Whether there is something new that more than one piece makes, by side.
    fresh: [bool; 2],
}

impl Joined {
    /// Nothing yet; `longest`: bytes of the longest piece that is looked at as a packet.
    pub fn new(longest: usize) -> Self {
        Self { longest, text: Default::default(), pieces: [0; 2], fresh: [false; 2] }
    }

    /// Takes the next bytes of a side, in order.
    pub fn take(&mut self, from: Side, bytes: &[u8]) {
        let other = from.other();
        other.of_mut(&mut self.text).clear();
        *other.of_mut(&mut self.pieces) = 0;
        let text = from.of_mut(&mut self.text);
        let room = JOINED.saturating_sub(text.len());
        if room == 0 || bytes.is_empty() {
            return;
        }
        text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        let pieces = from.of_mut(&mut self.pieces);
        *pieces += 1;
        // one piece alone was looked at as a packet, unless it is too long for one
        *from.of_mut(&mut self.fresh) = *pieces > 1 || bytes.len() > self.longest;
    }

    /// What a side said, where something was added since the last call.
    pub fn fresh(&mut self, from: Side) -> Option<&[u8]> {
        std::mem::take(from.of_mut(&mut self.fresh)).then(|| from.of(&self.text).as_slice())
    }

    /// Bytes that it holds.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.text.iter().map(Vec::capacity).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_side_are_one_text_until_the_other_speaks() {
        let mut joined = Joined::new(1_499);
        joined.take(Side::Src, b"GET /a?id=1+un");
        assert_eq!(joined.fresh(Side::Src), None, "one packet was looked at already");
        joined.take(Side::Src, b"ion+select");
        assert_eq!(joined.fresh(Side::Src), Some(b"GET /a?id=1+union+select".as_slice()));
        assert_eq!(joined.fresh(Side::Src), None);
        joined.take(Side::Dst, &[b'x'; 2_000]);
        assert_eq!(joined.fresh(Side::Dst).map(<[u8]>::len), Some(2_000));
        joined.take(Side::Src, b"next");
        assert_eq!(joined.fresh(Side::Src), None);
        for _ in 0..100 {
            joined.take(Side::Src, &[b'y'; 1_000]);
        }
        assert!(joined.memory() <= 4 * JOINED, "{}", joined.memory());
    }
}
