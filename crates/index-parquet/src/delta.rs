//! Parquet's DELTA_BINARY_PACKED: differences, bit-packed in blocks of 128 as four mini-blocks of 32.

use crate::hybrid;
use crate::varint::{self, Reader};

const BLOCK: usize = 128;
const MINIS: usize = 4;
const MINI: usize = BLOCK / MINIS;

/// The bytes of a page.
pub(crate) fn encode(values: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(values.len() * 3 + 16);
    varint::put(&mut out, BLOCK as u64);
    varint::put(&mut out, MINIS as u64);
    varint::put(&mut out, values.len() as u64);
    varint::put_signed(&mut out, values.first().copied().unwrap_or(0));
    let mut deltas = Vec::with_capacity(BLOCK);
    for block in
        values.get(1..).unwrap_or(&[]).chunks(BLOCK).scan(values.first().copied(), |before, block| {
            let first = before.unwrap_or(0);
            *before = block.last().copied();
            Some((first, block))
        })
    {
        let (mut before, block) = block;
        deltas.clear();
        for value in block {
            deltas.push(value.wrapping_sub(before));
            before = *value;
        }
        let least = deltas.iter().min().copied().unwrap_or(0);
        varint::put_signed(&mut out, least);
        let widths: Vec<u32> = (0..MINIS)
            .map(|mini| {
                let of_mini = deltas.iter().skip(mini * MINI).take(MINI);
                let most = of_mini.map(|d| d.wrapping_sub(least) as u64).max().unwrap_or(0);
                u64::BITS - most.leading_zeros()
            })
            .collect();
        out.extend(widths.iter().map(|w| *w as u8));
        for (mini, width) in deltas.chunks(MINI).zip(&widths) {
            let (mut pending, mut have) = (0u128, 0u32);
            for at in 0..MINI {
                let delta = mini.get(at).map_or(0, |d| d.wrapping_sub(least) as u64);
                pending |= u128::from(delta) << have;
                have += width;
                while have >= 8 {
                    out.push(pending as u8);
                    pending >>= 8;
                    have -= 8;
                }
            }
        }
    }
    out
}

/// Reads `count` values; `None` where the bytes are not those of so many.
pub(crate) fn decode(bytes: &[u8], count: usize, out: &mut Vec<i64>) -> Option<()> {
    let mut reader = Reader(bytes);
    let shape = (reader.len()?, reader.len()?, reader.len()?);
    if shape != (BLOCK, MINIS, count) {
        return None;
    }
    let mut value = reader.signed()?;
    if count == 0 {
        return Some(());
    }
    out.reserve(count);
    out.push(value);
    let mut left = count - 1;
    let mut narrow: Vec<u32> = Vec::with_capacity(MINI);
    while left > 0 {
        let least = reader.signed()?;
        let widths: [u8; MINIS] = reader.array()?;
        for width in widths {
            if left == 0 {
                break;
            }
            let take = left.min(MINI);
            left -= take;
            let packed = reader.take(usize::from(width) * MINI / 8)?;
            match width {
                0..=32 => {
                    narrow.clear();
                    hybrid::unpack(packed, width, MINI / 8, &mut narrow);
                    for delta in narrow.get(..take)? {
                        value = value.wrapping_add(least).wrapping_add(i64::from(*delta));
                        out.push(value);
                    }
                }
                33..=64 => {
                    let mut padded = [0u8; 64 * MINI / 8 + 16];
                    padded.iter_mut().zip(packed).for_each(|(to, from)| *to = *from);
                    let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
                    for at in 0..take {
                        let bit = at * usize::from(width);
                        let word = padded.get(bit / 8..)?.first_chunk::<16>()?;
                        let delta = (u128::from_le_bytes(*word) >> (bit % 8)) as u64 & mask;
                        value = value.wrapping_add(least).wrapping_add(delta as i64);
                        out.push(value);
                    }
                }
                _ => return None,
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(values in prop::collection::vec(prop_oneof![any::<i64>(), -300i64..300], 0..400)) {
            let mut out = Vec::new();
            prop_assert_eq!(decode(&encode(&values), values.len(), &mut out), Some(()));
            prop_assert_eq!(out, values);
        }
        #[test]
        fn damage_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0usize..300) {
            let mut damaged = encode(&vec![5; count]);
            damaged.truncate(8);
            damaged.extend(bytes);
            let mut out = Vec::new();
            let _ = decode(&damaged, count, &mut out);
            prop_assert!(out.len() <= count);
        }
    }
}
