//! Pages as they lie in a column chunk: their headers, and their bytes decompressed.
//!
//! The `parquet` crate's page reader makes new contexts of the compressor for each column that it reads, which takes
//! longer than reading a page, and decompresses pages of which no value is wanted. Headers are Thrift's compact protocol.

use crate::varint::Reader;
use std::cell::RefCell;

/// Largest page that is believed.
const MOST: usize = 1 << 30;
/// Deepest nesting of a header's structures.
const MAX_DEPTH: usize = 8;

/// What kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Dictionary,
    /// A data page of the second version, the only one that is written here.
    Data,
    Other,
}

/// How the values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Delta,
    Dictionary,
    Other,
}

/// A page: what its header says, and its bytes as they are stored.
#[derive(Clone, Debug)]
pub(crate) struct Page<'a> {
    pub kind: Kind,
    pub coding: Coding,
    /// Values, those that are not there (null) included.
    pub entries: u32,
    pub nulls: u32,
    pub rows: u32,
    /// Bytes of the repetition levels and of the definition levels, in this order before the values.
    pub levels: (usize, usize),
    /// Bytes of the whole page without compression.
    size: usize,
    is_compressed: bool,
    body: &'a [u8],
}

#[derive(Default)]
struct Fields {
    kind: i64,
    size: i64,
    stored: i64,
    entries: i64,
    nulls: i64,
    rows: i64,
    coding: i64,
    definition: i64,
    repetition: i64,
    is_stored_plain: bool,
}

/// Reads the fields of a structure; `see` reads the values that it wants and says whether it did.
fn structure<'a>(
    reader: &mut Reader<'a>,
    depth: usize,
    see: &mut dyn FnMut(i64, u8, &mut Reader<'a>) -> Option<bool>,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut id = 0i64;
    loop {
        let head = reader.byte()?;
        if head == 0 {
            return Some(());
        }
        let kind = head & 15;
        id = match head >> 4 {
            0 => reader.signed()?,
            step => id.checked_add(i64::from(step))?,
        };
        if !see(id, kind, reader)? {
            skip(reader, kind, depth)?;
        }
    }
}

fn skip(reader: &mut Reader<'_>, kind: u8, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match kind {
        // truth values are their own type
        1 | 2 => {}
        3 => drop(reader.byte()?),
        4..=6 => drop(reader.int()?),
        7 => drop(reader.take(8)?),
        8 => drop(reader.bytes()?),
        9 | 10 => {
            let head = reader.byte()?;
            let count = if head >> 4 == 15 { reader.int()? } else { u64::from(head >> 4) };
            for _ in 0..count {
                match head & 15 {
                    1 | 2 => drop(reader.byte()?),
                    kind => skip(reader, kind, depth + 1)?,
                }
            }
        }
        12 => structure(reader, depth + 1, &mut |_, _, _| Some(false))?,
        _ => return None,
    }
    Some(())
}

impl<'a> Page<'a> {
    /// The page that the bytes begin with; the reader stands behind it afterwards.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut fields = Fields { kind: -1, coding: -1, ..Fields::default() };
        structure(reader, 0, &mut |id, kind, reader| {
            match (id, kind) {
                (1, 5) => fields.kind = reader.signed()?,
                (2, 5) => fields.size = reader.signed()?,
                (3, 5) => fields.stored = reader.signed()?,
                (7, 12) => structure(reader, 1, &mut |id, kind, reader| {
                    match (id, kind) {
                        (1, 5) => fields.entries = reader.signed()?,
                        (2, 5) => fields.coding = reader.signed()?,
                        _ => return Some(false),
                    }
                    Some(true)
                })?,
                (8, 12) => structure(reader, 1, &mut |id, kind, reader| {
                    match (id, kind) {
                        (1, 5) => fields.entries = reader.signed()?,
                        (2, 5) => fields.nulls = reader.signed()?,
                        (3, 5) => fields.rows = reader.signed()?,
                        (4, 5) => fields.coding = reader.signed()?,
                        (5, 5) => fields.definition = reader.signed()?,
                        (6, 5) => fields.repetition = reader.signed()?,
                        (7, 2) => fields.is_stored_plain = true,
                        _ => return Some(false),
                    }
                    Some(true)
                })?,
                _ => return Some(false),
            }
            Some(true)
        })?;
        let length = |value: i64| usize::try_from(value).ok().filter(|length| *length <= MOST);
        let number = |value: i64| u32::try_from(value).ok();
        let body = reader.take(length(fields.stored)?)?;
        let levels = (length(fields.repetition)?, length(fields.definition)?);
        if levels.0.checked_add(levels.1)? > body.len() {
            return None;
        }
        let kind = match fields.kind {
            2 => Kind::Dictionary,
            3 => Kind::Data,
            _ => Kind::Other,
        };
        let coding = match fields.coding {
            0 => Coding::Plain,
            5 => Coding::Delta,
            8 => Coding::Dictionary,
            _ => Coding::Other,
        };
        Some(Self {
            kind,
            coding,
            entries: number(fields.entries)?,
            nulls: number(fields.nulls)?,
            rows: number(fields.rows)?,
            levels,
            size: length(fields.size)?,
            is_compressed: !fields.is_stored_plain,
            body,
        })
    }

    /// Values that are there.
    pub(crate) fn values(&self) -> Option<usize> {
        Some(self.entries.checked_sub(self.nulls)? as usize)
    }
    /// Repetition levels and definition levels; both are never compressed.
    pub(crate) fn level_bytes(&self) -> (&'a [u8], &'a [u8]) {
        let (repetition, rest) = self.body.split_at_checked(self.levels.0).unwrap_or((self.body, &[]));
        (repetition, rest.get(..self.levels.1).unwrap_or(&[]))
    }
    /// Calls `see` with the bytes of the values, decompressed.
    pub(crate) fn with_values<T>(&self, see: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let levels = self.levels.0 + self.levels.1;
        let stored = self.body.get(levels..)?;
        if !self.is_compressed || stored.is_empty() {
            return see(stored);
        }
        decompressed(stored, self.size.checked_sub(levels)?, see)
    }
}

/// Calls `see` with bytes decompressed to a known size. The decompressor and the buffer are the thread's.
pub(crate) fn decompressed<T>(stored: &[u8], size: usize, see: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    thread_local! {
        static TOOLS: RefCell<Option<(zstd::bulk::Decompressor<'static>, Vec<u8>)>> = const { RefCell::new(None) };
    }
    if size > MOST {
        return None;
    }
    // taken out for its use: `see` may come here again
    let tools = TOOLS.with(|tools| tools.try_borrow_mut().ok().and_then(|mut tools| tools.take()));
    let (mut zstd, mut buffer) = match tools {
        Some(tools) => tools,
        None => (zstd::bulk::Decompressor::new().ok()?, Vec::new()),
    };
    buffer.clear();
    // a damaged header must not make us ask for what no page of these bytes can be
    buffer.reserve(size.min(stored.len().saturating_mul(1 << 16)));
    let done = zstd.decompress_to_buffer(stored, &mut buffer).is_ok_and(|len| len == size);
    let answer = if done { see(&buffer) } else { None };
    buffer.shrink_to(4 << 20);
    TOOLS.with(|tools| {
        if let Ok(mut tools) = tools.try_borrow_mut() {
            *tools = Some((zstd, buffer));
        }
    });
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn damage_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Page::read(&mut Reader(&bytes));
            let _ = decompressed(&bytes, 100, |b| Some(b.len()));
        }
    }

    #[test]
    fn several_frames_are_one_page() {
        let (a, b) = (vec![7u8; 5_000], b"something else".repeat(40));
        let mut stored = zstd::bulk::compress(&a, 1).unwrap();
        stored.extend(zstd::bulk::compress(&b, 1).unwrap());
        let whole = [a, b].concat();
        assert_eq!(decompressed(&stored, whole.len(), |bytes| Some(bytes == whole)), Some(true));
        assert_eq!(decompressed(&stored, whole.len() - 1, |_| Some(())), None);
    }
}
