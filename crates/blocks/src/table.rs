//! The seek table at the end of a finished file, in the form of zstd's seekable format.
//!
//! Two entries a block: its head, which holds nothing for zstd, and what is stored behind it.

use crate::head::{HEAD, check};
use crate::{MAX_BLOCK, u32_at, u64_at};

/// Skippable frame.
const MAGIC: u32 = 0x184d_2a5e;
/// The last four bytes of a file with a seek table.
const SEEKABLE: u32 = 0x8f92_eab1;
/// Frames(4) descriptor(1) [`SEEKABLE`](4).
pub(crate) const FOOTER: usize = 9;
/// In an own frame before the table: magic(4) length(4) "HST1" file(8) check of file and entries(4).
const OWN: usize = 24;
const OWN_HEAD: [u8; 12] = [0x5d, 0x2a, 0x4d, 0x18, (OWN - 8) as u8, 0, 0, 0, b'H', b'S', b'T', b'1'];
/// Most blocks of a table that is believed; 32 TiB of the smallest usual blocks.
const MOST: u32 = 1 << 27;

/// A block of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where its head lies in the file.
    pub at: u64,
    /// Logical place.
    pub logical: u64,
    pub plain: u32,
    pub stored: u32,
}

/// Check of the number of the file and the entries.
fn sum(file: u64, entries: &[u8]) -> u32 {
    check(&[&file.to_le_bytes(), entries].concat())
}

/// The frames that finish a file; `start` is where its first block lies, which the table counts as a frame without content.
pub(crate) fn encode(file: u64, start: u64, blocks: impl ExactSizeIterator<Item = (u32, u32)>) -> Vec<u8> {
    let frames = 2 * blocks.len() + 2 + usize::from(start > 0);
    let mut entries = Vec::with_capacity(frames * 8);
    let mut entry = |compressed: u32, plain: u32| {
        entries.extend(compressed.to_le_bytes());
        entries.extend(plain.to_le_bytes());
    };
    if start > 0 {
        entry(start as u32, 0);
    }
    for (stored, plain) in blocks {
        entry(HEAD as u32, 0);
        entry(stored, plain);
    }
    entry(OWN as u32, 0);
    // the specification has no place for what lies between the last frame and the table
    let frames = (entries.len() / 8) as u32;
    let mut out = OWN_HEAD.to_vec();
    out.extend(file.to_le_bytes());
    out.extend(sum(file, &entries).to_le_bytes());
    out.extend(MAGIC.to_le_bytes());
    out.extend(((entries.len() + FOOTER) as u32).to_le_bytes());
    out.extend(entries);
    out.extend(frames.to_le_bytes());
    out.push(0);
    out.extend(SEEKABLE.to_le_bytes());
    out
}

/// How many bytes at the end of a file the frames of the table take, by its last [`FOOTER`] bytes.
pub(crate) fn len(footer: &[u8]) -> Option<u64> {
    let frames = u32_at(footer, 0);
    let ours = footer.len() == FOOTER && footer.get(4) == Some(&0) && u32_at(footer, 5) == SEEKABLE;
    (ours && frames <= MOST).then(|| (OWN + 8 + FOOTER) as u64 + u64::from(frames) * 8)
}

/// The blocks, and the number of the file, out of the bytes that [`len`] named; `at` is where they lie in the file.
pub(crate) fn decode(bytes: &[u8], at: u64, start: u64) -> Option<(u64, Vec<Entry>)> {
    if !bytes.starts_with(&OWN_HEAD) || u32_at(bytes, OWN) != MAGIC {
        return None;
    }
    let entries = bytes.get(OWN + 8..bytes.len().checked_sub(FOOTER)?)?;
    if sum(u64_at(bytes, 12), entries) != u32_at(bytes, 20) {
        return None;
    }
    let (frames, _) = entries.as_chunks::<8>();
    let (_, frames) = frames.split_last()?;
    let frames = frames.get(usize::from(start > 0)..)?;
    let (mut place, mut logical) = (start, 0);
    let mut blocks = Vec::with_capacity(frames.len() / 2);
    let (pairs, rest) = frames.as_chunks::<2>();
    for [head, block] in pairs {
        let (stored, plain) = (u32_at(block, 0), u32_at(block, 4));
        if u32_at(head, 0) as usize != HEAD || plain as usize > MAX_BLOCK {
            return None;
        }
        blocks.push(Entry { at: place, logical, plain, stored });
        place += HEAD as u64 + u64::from(stored);
        logical += u64::from(plain);
    }
    (rest.is_empty() && place == at).then(|| (u64_at(bytes, 12), blocks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_round_trip() {
        for start in [0, 128] {
            let blocks = [(100, 400), (7, 20), (30, 30)];
            let at = start + blocks.iter().map(|(stored, _)| HEAD as u64 + *stored as u64).sum::<u64>();
            let bytes = encode(9, start, blocks.into_iter());
            assert_eq!(len(&bytes[bytes.len() - FOOTER..]), Some(bytes.len() as u64));
            let (file, read) = decode(&bytes, at, start).unwrap();
            assert_eq!(file, 9);
            let sizes: Vec<(u32, u32)> = read.iter().map(|b| (b.stored, b.plain)).collect();
            assert_eq!(sizes, blocks);
            assert_eq!(read[2].logical, 420);
            assert_eq!(read[1].at, start + 172);
            assert!(decode(&bytes, at + 1, start).is_none(), "a table of another place is not believed");
            for n in 0..bytes.len() - FOOTER {
                let mut changed = bytes.clone();
                changed[n] ^= 1;
                let same = decode(&changed, at, start).is_some_and(|(f, b)| f == 9 && b != read);
                assert!(!same, "byte {n}");
            }
        }
    }
}
