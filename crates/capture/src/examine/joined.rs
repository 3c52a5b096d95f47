//! What one side of a TCP session says until the other answers, put together.

use crate::keep::Raw;
use evidence::Offer;
use flow::Side;
use rules::JOINED;
use std::ops::Range;
use wire::LinkType;

/// Packets of one side that are remembered, and their bytes.
const MAX_PACKETS: usize = 64;
const MAX_BYTES: usize = 4 * JOINED;

/// A packet that part of the text came in, as it may have to be kept.
#[derive(Debug)]
struct Piece {
    /// Sequence number of its first byte, and bytes of its payload.
    seq: u32,
    len: u32,
    time: i64,
    link: LinkType,
    /// None once it was kept.
    frame: Option<Vec<u8>>,
    original: u32,
}

impl Piece {
    fn bytes(&self) -> usize {
        self.frame.as_ref().map_or(0, Vec::len)
    }
}

/// The text of each side since the other one last spoke.
#[derive(Debug)]
pub(crate) struct Joined {
    /// Bytes of the longest piece that is looked at as a packet.
    longest: usize,
    text: [Vec<u8>; 2],
    /// Pieces that it is made of.
    pieces: [u32; 2],
    /// Packets that these came in.
    packets: [Vec<Piece>; 2],
    /// Whether there is something new that more than one piece makes, by side.
    fresh: [bool; 2],
}

impl Joined {
    /// Nothing yet; `longest`: bytes of the longest piece that is looked at as a packet.
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            text: Default::default(),
            pieces: [0; 2],
            packets: Default::default(),
            fresh: [false; 2],
        }
    }

    /// Takes the next bytes of a side, in order.
    pub fn take(&mut self, from: Side, bytes: &[u8]) {
        let other = from.other();
        other.of_mut(&mut self.text).clear();
        *other.of_mut(&mut self.pieces) = 0;
        other.of_mut(&mut self.packets).clear();
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

    /// Remembers a packet with payload: should what it says with others be recognised, all of them are kept.
    pub fn remember(&mut self, from: Side, seq: u32, payload: usize, time: i64, raw: &Raw<'_>) {
        let packets = from.of_mut(&mut self.packets);
        let bytes: usize = packets.iter().map(Piece::bytes).sum();
        if packets.len() >= MAX_PACKETS || bytes.saturating_add(raw.bytes.len()) > MAX_BYTES {
            return;
        }
        packets.push(Piece {
            seq,
            len: u32::try_from(payload).unwrap_or(u32::MAX),
            time,
            link: raw.link,
            frame: Some(raw.bytes.to_vec()),
            original: raw.len.max(u32::try_from(raw.bytes.len()).unwrap_or(u32::MAX)),
        });
    }

    /// Calls `see` with the earlier packets of a side that a part of the text came in, once each. `current`: sequence number of the packet
    /// that is looked at and is kept anyway.
    pub fn spanned(
        &mut self,
        from: Side,
        span: &Range<usize>,
        current: u32,
        see: &mut dyn FnMut(&Offer<'_>),
    ) {
        let text = from.of(&self.text).len();
        let packets = from.of_mut(&mut self.packets);
        let Some(any) = packets.first().map(|piece| piece.seq) else { return };
        // the first of them, also where numbers begin again from 0
        let relative = |seq: u32| seq.wrapping_sub(any).cast_signed();
        let first = packets.iter().map(|piece| relative(piece.seq)).min().unwrap_or(0);
        let place = |piece: &Piece| {
            let at = usize::try_from(relative(piece.seq).saturating_sub(first)).unwrap_or(0);
            at..at.saturating_add(piece.len as usize)
        };
        // where the packets do not add up to the text, any of them may be part of it
        let all = packets.iter().map(|piece| place(piece).end).max().unwrap_or(0) < text;
        for piece in packets {
            let place = place(piece);
            let wanted = all || (place.start < span.end && span.start < place.end);
            if wanted
                && piece.seq != current
                && let Some(frame) = piece.frame.take()
            {
                see(&Offer { time: piece.time, link: piece.link, bytes: &frame, len: piece.original });
            }
        }
    }

    /// The latest packet, whose first byte has this sequence number, was kept for itself.
    pub fn kept(&mut self, from: Side, seq: u32) {
        if let Some(piece) = from.of_mut(&mut self.packets).last_mut().filter(|piece| piece.seq == seq) {
            piece.frame = None;
        }
    }

    /// Bytes that it holds.
    pub fn memory(&self) -> usize {
        let packets = self.packets.iter().flatten().map(|piece| piece.bytes() + size_of::<Piece>());
        size_of::<Self>() + self.text.iter().map(Vec::capacity).sum::<usize>() + packets.sum::<usize>()
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

    #[test]
    fn packets_that_a_part_of_the_text_came_in_are_known() {
        let mut joined = Joined::new(1_499);
        // out of order, and with numbers that begin again
        for (seq, text) in
            [(u32::MAX - 4, b"GET /".as_slice()), (5, b"union"), (0, b"a?id="), (10, b"+select")]
        {
            let raw = Raw { link: LinkType(1), bytes: text, len: 99 };
            joined.remember(Side::Src, seq, text.len(), i64::from(seq), &raw);
        }
        joined.take(Side::Src, b"GET /a?id=union+select");
        let mut seen = Vec::new();
        joined.spanned(Side::Src, &(10..22), 10, &mut |offer| seen.push((offer.bytes.to_vec(), offer.len)));
        assert_eq!(seen, [(b"union".to_vec(), 99)], "and the current one, which is kept anyway");
        seen.clear();
        joined.spanned(Side::Src, &(0..22), 10, &mut |offer| seen.push((offer.bytes.to_vec(), offer.len)));
        assert_eq!(seen.len(), 2, "what was kept is not kept twice");
        joined.kept(Side::Src, 10);
        seen.clear();
        joined.spanned(Side::Src, &(0..22), 99, &mut |offer| seen.push((offer.bytes.to_vec(), offer.len)));
        assert!(seen.is_empty(), "{seen:?}");
        joined.take(Side::Dst, b"200");
        joined.spanned(Side::Src, &(0..22), 10, &mut |_| panic!("another request"));
        let raw = Raw { link: LinkType(1), bytes: &[0; 1_000], len: 1_000 };
        (0..1_000).for_each(|seq| joined.remember(Side::Src, seq * 1_000, 1_000, 0, &raw));
        assert!(joined.memory() <= 8 * JOINED, "{}", joined.memory());
    }
}
