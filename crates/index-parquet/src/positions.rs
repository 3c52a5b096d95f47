//! Packet positions as few bytes: each packet is its distance from the one before, a variable-length integer. A zero
//! byte announces what is not a distance forward: 0 1 N starts a run of file N, 0 2 D is a distance of zero or back.

use crate::varint::{self, Reader};
use session::Positions;

/// The offsets and file markers.
pub(crate) fn encode(flat: &[i64], out: &mut Vec<u8>) {
    let mut before = 0i64;
    for &value in flat {
        if value < 0 {
            out.extend([0, 1]);
            varint::put(out, value.wrapping_neg() as u64);
            before = 0;
            continue;
        }
        let gap = value - before;
        if gap > 0 {
            varint::put(out, gap as u64);
        } else {
            out.extend([0, 2]);
            varint::put_signed(out, gap);
        }
        before = value;
    }
}

/// Record lengths.
pub(crate) fn encode_lengths(lengths: &[u32], out: &mut Vec<u8>) {
    lengths.iter().for_each(|len| varint::put(out, u64::from(*len)));
}

/// What [`encode`] and [`encode_lengths`] wrote; `None` where the bytes are damaged.
pub(crate) fn decode(flat: &[u8], lengths: &[u8]) -> Option<Positions> {
    let mut positions = Positions::default();
    let mut reader = Reader(flat);
    let mut before = 0i64;
    while !reader.is_empty() {
        match reader.int()? {
            0 => match reader.byte()? {
                1 => {
                    positions.flat.push((reader.int()? as i64).wrapping_neg());
                    before = 0;
                    continue;
                }
                2 => before = before.checked_add(reader.signed()?)?,
                _ => return None,
            },
            gap => before = before.checked_add(i64::try_from(gap).ok()?)?,
        }
        positions.flat.push(before);
    }
    let mut reader = Reader(lengths);
    while !reader.is_empty() {
        positions.lengths.push(reader.u32()?);
    }
    Some(positions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(flat in prop::collection::vec(any::<i64>(), 0..20), lengths in prop::collection::vec(any::<u32>(), 0..20)) {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            encode(&flat, &mut a);
            encode_lengths(&lengths, &mut b);
            prop_assert_eq!(decode(&a, &b), Some(Positions { flat, lengths }));
        }
        #[test]
        fn damage_does_not_panic(a in prop::collection::vec(any::<u8>(), 0..40), b in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&a, &b);
        }
    }

    #[test]
    fn near_packets_take_two_bytes() {
        let mut out = Vec::new();
        encode(&[-7, 24, 1_524, 9_000], &mut out);
        assert_eq!(out.len(), 3 + 1 + 2 + 2);
    }
}
