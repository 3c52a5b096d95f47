//! Positions as Arkime's documents hold them.

use session::Positions;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

/// Most bytes of an index file that one session may claim in one file.
const MAX_INDEX: u64 = 64 << 20;

/// How the positions in one file are written: `packetPosEncoding` of its `files` document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Offsets.
    Absolute,
    /// Distances, 0 for one as the last.
    Gap0,
    /// Place and length in this index file, which holds distances.
    LocalIndex(PathBuf),
}

/// Positions cannot be made out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// The index file cannot be read.
    #[error("the index file {0} cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// They are not what their coding says.
    #[error("the positions in file {0} are damaged: {1}")]
    Damaged(u32, &'static str),
}

/// Absolute positions from those of a document. Each file has a coding of its own, which `coding` tells by its number.
///
/// # Errors
/// They are damaged, or lie in an index file that cannot be read.
pub fn positions(coded: &[i64], coding: &mut dyn FnMut(u32) -> Coding) -> Result<Positions, PositionError> {
    let mut flat = Vec::with_capacity(coded.len());
    let mut rest = coded;
    // as files without a catalogue have them: offsets without a file
    let start = rest.iter().position(|value| *value < 0).unwrap_or(rest.len());
    flat.extend(rest.get(..start).unwrap_or_default());
    rest = rest.get(start..).unwrap_or_default();
    while let Some((marker, after)) = rest.split_first() {
        let number = u32::try_from(marker.unsigned_abs())
            .map_err(|_| PositionError::Damaged(u32::MAX, "there is no file of that number"))?;
        let end = after.iter().position(|value| *value < 0).unwrap_or(after.len());
        let (run, next) = after.split_at_checked(end).unwrap_or((after, &[]));
        rest = next;
        flat.push(*marker);
        match coding(number) {
            Coding::Absolute => flat.extend(run),
            Coding::Gap0 => undo_gaps(number, run.iter().copied(), &mut flat)?,
            Coding::LocalIndex(path) => {
                for place in run.chunks(2) {
                    let bytes = index_bytes(number, place, &path)?;
                    let gaps = varints(&bytes).ok_or(PositionError::Damaged(
                        number,
                        "the numbers in the index file do not end where the document says",
                    ))?;
                    undo_gaps(number, gaps.into_iter(), &mut flat)?;
                }
            }
        }
    }
    Ok(Positions { flat, lengths: Vec::new() })
}

fn undo_gaps(number: u32, gaps: impl Iterator<Item = i64>, flat: &mut Vec<i64>) -> Result<(), PositionError> {
    let (mut position, mut last) = (0_i64, 0);
    for gap in gaps {
        if gap != 0 {
            last = gap;
        }
        position = position
            .checked_add(last)
            .ok_or(PositionError::Damaged(number, "the distances add up to more than a file can have"))?;
        flat.push(position);
    }
    Ok(())
}

fn index_bytes(number: u32, place: &[i64], path: &PathBuf) -> Result<Vec<u8>, PositionError> {
    let damaged = |what| PositionError::Damaged(number, what);
    let [at, len] = place else { return Err(damaged("place and length in the index file are expected")) };
    let at = u64::try_from(*at).map_err(|_| damaged("the place in the index file is negative"))?;
    let len = u64::try_from(*len).ok().filter(|len| *len <= MAX_INDEX);
    let len = len.ok_or_else(|| damaged("the length in the index file is impossible"))?;
    let unreadable = |error: std::io::Error| PositionError::Unreadable(path.clone(), error.to_string());
    let file = File::open(path).map_err(unreadable)?;
    if at.saturating_add(len) > file.metadata().map_err(unreadable)?.len() {
        return Err(damaged("the index file ends before them"));
    }
    let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at).map_err(unreadable)?;
    Ok(bytes)
}

/// Numbers of seven bits a byte, the lowest first; the high bit marks the last byte of each. `None` where one is cut off or too large.
#[must_use]
pub fn varints(bytes: &[u8]) -> Option<Vec<i64>> {
    let (mut numbers, mut number, mut shift) = (Vec::new(), 0_u64, 0);
    for byte in bytes {
        let part = u64::from(byte & 0x7f);
        if shift > 56 || part << shift >> shift != part {
            return None;
        }
        number |= part << shift;
        shift += 7;
        if byte & 0x80 != 0 {
            numbers.push(i64::try_from(number).ok()?);
            (number, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}
