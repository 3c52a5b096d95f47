//! A Parquet file of this store, open for reading: columns are decoded into the form that questions are answered
//! from, whole or only the pages that are needed.

use crate::column::{Column, Key};
use crate::decode::Out;
use crate::files::Dictionaries;
use crate::footer::{ColumnNote, Footer, Holds, METADATA, Meaning};
use crate::pages::{Kind, Page};
use crate::pick::Picker;
use crate::registry::Registry;
use crate::varint::Reader;
use crate::{community, error};
use bytes::Bytes;
use index::Error;
use parquet::basic::Repetition;
use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;
use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Positioned reads: threads share the file without sharing a position.
#[derive(Clone, Debug)]
pub(crate) struct Positioned {
    file: Arc<File>,
    len: u64,
}

/// Reads forward from a position.
pub(crate) struct From {
    file: Arc<File>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Positioned {
    type T = std::io::BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(std::io::BufReader::with_capacity(8_192, From { file: self.file.clone(), at: start }))
    }
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        // a damaged footer must not make us ask for more memory than the file has bytes
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} are not in the file")));
        }
        let mut buffer = vec![0; length];
        self.file.read_exact_at(&mut buffer, start)?;
        Ok(buffer.into())
    }
}

impl Positioned {
    /// Calls `see` with bytes of the file, in a buffer that the thread keeps: large ones would be new memory each time.
    fn with_bytes<T>(
        &self,
        start: u64,
        length: usize,
        see: impl FnOnce(&[u8]) -> Result<T, ParquetError>,
    ) -> Result<T, ParquetError> {
        thread_local! {
            static KEPT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        // a damaged footer must not make us ask for more memory than the file has bytes
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} are not in the file")));
        }
        // taken out for its use: `see` may come here again
        let mut buffer = KEPT.with(|kept| {
            kept.try_borrow_mut().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
        });
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        let answer = match buffer.get_mut(..length) {
            Some(place) => {
                self.file.read_exact_at(place, start)?;
                see(place)
            }
            None => see(&[]),
        };
        if buffer.len() <= 8 << 20 {
            KEPT.with(|kept| kept.try_borrow_mut().map(|mut kept| *kept = buffer).unwrap_or_default());
        }
        answer
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<Positioned>,
    pub(crate) metadata: ParquetMetaData,
    pub(crate) notes: Footer,
    pub meaning: Meaning,
    pub rows: u32,
    /// Rows of a page, the same for every column.
    page_rows: u32,
    /// Number by which its dictionaries are kept; never used again.
    pub(crate) number: u64,
    pub(crate) dictionaries: Arc<Dictionaries>,
}

impl Stored {
    /// Opens a file; `None` where it is gone.
    pub(crate) fn open(
        path: &Path,
        registry: &Registry,
        dictionaries: &Arc<Dictionaries>,
    ) -> Result<Option<Self>, Error> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(error::io("open", path)(e)),
        };
        let len = file.metadata().map_err(error::io("read", path))?.len();
        let file = Arc::new(Positioned { file: Arc::new(file), len });
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&*file)
            .map_err(error::parquet(path))?;
        let note = metadata
            .file_metadata()
            .key_value_metadata()
            .and_then(|all| all.iter().find(|kv| kv.key == METADATA))
            .and_then(|kv| kv.value.as_deref())
            .ok_or_else(|| error::corrupt(path, "it is not one of this index"))?;
        let notes: Footer =
            serde_json::from_str(note).map_err(|e| error::corrupt(path, &format!("its description: {e}")))?;
        if !notes.is_known() || metadata.num_row_groups() != 1 {
            return Err(error::corrupt(path, "it was written by another version of this program"));
        }
        let group = metadata.row_group(0);
        if group.num_columns() != notes.columns.len() {
            return Err(error::corrupt(path, "its description does not fit its columns"));
        }
        let rows = u32::try_from(group.num_rows()).map_err(|_| error::corrupt(path, "too many rows"))?;
        let meaning = notes.resolve(registry);
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let dictionaries = dictionaries.clone();
        let second =
            metadata.page_index().and_then(|index| index.page_locations(0, 0)).and_then(|l| l.get(1));
        let page_rows =
            second.and_then(|page| u32::try_from(page.first_row_index).ok()).unwrap_or(rows).max(1);
        Ok(Some(Self {
            path: path.to_owned(),
            file,
            metadata,
            notes,
            meaning,
            rows,
            page_rows,
            number,
            dictionaries,
        }))
    }

    /// Smallest and largest value of an integer column.
    pub(crate) fn bounds(&self, key: Key) -> Option<(i64, i64)> {
        let at = *self.meaning.columns.get(&key)?;
        match self.metadata.row_group(0).column(at).statistics()? {
            Statistics::Int64(s) => Some((*s.min_opt()?, *s.max_opt()?)),
            _ => None,
        }
    }

    /// Whether every row has exactly one value.
    pub(crate) fn is_dense(&self, key: Key) -> bool {
        self.meaning.columns.get(&key).is_some_and(|at| {
            let column = self.metadata.row_group(0).column(*at).column_descr();
            column.max_def_level() == 0
                && column.self_type().get_basic_info().repetition() == Repetition::REQUIRED
        })
    }

    /// False when none of the values can be in a column. Community ids are given as text, as everywhere.
    pub(crate) fn may_hold(&self, key: Key, values: &[&[u8]]) -> Result<bool, Error> {
        let Some(at) = self.meaning.columns.get(&key) else { return Ok(false) };
        let chunk = self.metadata.row_group(0).column(*at);
        let packed = self.notes.columns.get(*at).is_some_and(|n| n.holds == Holds::Community);
        let Some((start, blocks)) = filter_blocks(chunk) else {
            return Ok(true);
        };
        let check = |value: &[u8]| -> Result<bool, ParquetError> {
            let hash = twox_hash(value);
            let block = ((hash >> 32) * blocks) >> 32;
            // only the block that the value would be in
            let bytes = self.file.get_bytes(start + block * 32, 32)?;
            Ok(Sbbf::new(&bytes).check(value))
        };
        for value in values {
            let there = match community::pack(value) {
                Some(hash) if packed => check(&hash),
                None if packed => Ok(false),
                _ => check(value),
            };
            if there.map_err(error::parquet(&self.path))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A whole column.
    pub(crate) fn column(&self, key: Key) -> Result<Option<Column>, Error> {
        let Some(at) = self.meaning.columns.get(&key) else { return Ok(None) };
        self.read(*at).map(Some).map_err(error::parquet(&self.path))
    }

    pub(crate) fn note(&self, at: usize) -> Result<(&ColumnNote, bool), ParquetError> {
        let note = self.notes.columns.get(at).ok_or_else(|| bad(at, "no description"))?;
        let optional = self.metadata.row_group(0).column(at).column_descr().max_def_level() > 0;
        Ok((note, optional))
    }

    /// Calls `see` with each page of a column and its first row. The dictionary is left out where it is kept already.
    pub(crate) fn pages(
        &self,
        at: usize,
        skip_dictionary: bool,
        see: &mut dyn FnMut(&Page<'_>, u32) -> Option<()>,
    ) -> Result<(), ParquetError> {
        let chunk = self.metadata.row_group(0).column(at);
        let (mut start, mut len) = chunk.byte_range();
        if skip_dictionary && let Ok(data) = u64::try_from(chunk.data_page_offset()) {
            len = len.saturating_sub(data.saturating_sub(start));
            start = data;
        }
        let len = usize::try_from(len).map_err(|_| bad(at, "its length"))?;
        self.file.with_bytes(start, len, |bytes| self.pages_of(at, bytes, see))
    }

    fn pages_of(
        &self,
        at: usize,
        bytes: &[u8],
        see: &mut dyn FnMut(&Page<'_>, u32) -> Option<()>,
    ) -> Result<(), ParquetError> {
        let mut reader = Reader(bytes);
        let mut row = 0;
        while row < self.rows {
            let page = Page::read(&mut reader).ok_or_else(|| bad(at, "a page is missing"))?;
            let fits = match page.kind {
                Kind::Dictionary => row == 0,
                Kind::Data => page.rows > 0 && page.rows <= self.rows - row,
                Kind::Other => false,
            };
            if !fits {
                return Err(bad(at, "an unexpected page"));
            }
            see(&page, row).ok_or_else(|| bad(at, "the values of a page"))?;
            if page.kind == Kind::Data {
                row += page.rows;
            }
        }
        Ok(())
    }

    /// Calls `see` with the integers of each page of a column in which every row has one, and the first row. False where the
    /// column is not such a one.
    pub(crate) fn each_ints(&self, key: Key, see: &mut dyn FnMut(u32, &[i64])) -> Result<bool, Error> {
        let Some(at) = self.meaning.columns.get(&key).copied().filter(|_| self.is_dense(key)) else {
            return Ok(false);
        };
        let mut done = || -> Result<bool, ParquetError> {
            let (note, optional) = self.note(at)?;
            if !matches!(note.holds, Holds::Int | Holds::Time) {
                return Ok(false);
            }
            let mut out = Out::new(note.holds, note.list, optional);
            self.pages(at, false, &mut |page, row| match page.kind {
                Kind::Dictionary => page.with_values(|bytes| out.dictionary(bytes, page.entries as usize)),
                _ => {
                    out.ints.clear();
                    out.page(page, row)?;
                    see(row, &out.ints);
                    Some(())
                }
            })?;
            Ok(true)
        };
        done().map_err(error::parquet(&self.path))
    }

    fn read(&self, at: usize) -> Result<Column, ParquetError> {
        let (note, optional) = self.note(at)?;
        let mut out = Out::new(note.holds, note.list, optional);
        let kept = self.dictionaries.get(self.number, at);
        let is_kept = kept.is_some();
        if let Some(kept) = kept {
            out.dict = kept;
        }
        self.pages(at, is_kept, &mut |page, row| match page.kind {
            Kind::Dictionary => {
                page.with_values(|bytes| out.dictionary(bytes, page.entries as usize))?;
                if out.dict.sorted {
                    self.dictionaries.keep(self.number, at, &out.dict);
                }
                Some(())
            }
            _ => out.page(page, row),
        })?;
        Ok(out.finish())
    }

    /// The values of some rows (ascending), which are numbered from 0 in the column that comes back. Reads only the
    /// pages that they are in, and of those only what has values.
    pub(crate) fn pick(&self, key: Key, rows: &[u32]) -> Result<Option<Column>, Error> {
        let Some(at) = self.meaning.columns.get(&key) else { return Ok(None) };
        self.picked(*at, rows).map(Some).map_err(error::parquet(&self.path))
    }

    fn picked(&self, at: usize, rows: &[u32]) -> Result<Column, ParquetError> {
        let (note, optional) = self.note(at)?;
        let locations = self.metadata.page_index().and_then(|index| index.page_locations(0, at));
        let locations = locations.ok_or_else(|| bad(at, "no index of its pages"))?;
        let mut picker = Picker::new(note.holds, note.list, optional);
        for group in rows.chunk_by(|a, b| a / self.page_rows == b / self.page_rows) {
            let Some(first) = group.first() else { continue };
            let number = (first / self.page_rows) as usize;
            let page = locations.get(number).ok_or_else(|| bad(at, "a page is missing"))?;
            let (Ok(offset), Ok(size)) =
                (u64::try_from(page.offset), usize::try_from(page.compressed_page_size))
            else {
                return Err(bad(at, "the place of a page"));
            };
            let bytes = self.file.get_bytes(offset, size)?;
            let page = Page::read(&mut Reader(&bytes)).filter(|page| page.kind == Kind::Data);
            let page = page.ok_or_else(|| bad(at, "an unexpected page"))?;
            picker
                .page(&page, number as u32 * self.page_rows, group)
                .ok_or_else(|| bad(at, "values of a page"))?;
        }
        if !picker.codes.is_empty() {
            if picker.is_int() {
                picker.ints = self.int_values(at, note, &picker.codes)?;
            } else {
                picker.plain = self.strings(at, note, &picker.codes)?;
            }
        }
        Ok(picker.finish())
    }
}

pub(crate) fn bad(at: usize, what: &str) -> ParquetError {
    ParquetError::General(format!("column {at}: {what}"))
}

/// Where the blocks of a column's Bloom filter begin, and how many there are. They are a power of two, behind a header of
/// a few bytes. `None` where there is no filter.
fn filter_blocks(chunk: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let start = u64::try_from(chunk.bloom_filter_offset()?).ok()?;
    let whole = u64::try_from(chunk.bloom_filter_length()?).ok()?;
    let bytes = 1u64 << whole.checked_ilog2()?;
    let head = whole - bytes;
    (bytes >= 32 && head < 64).then_some((start.checked_add(head)?, bytes / 32))
}

/// The hash of Parquet's Bloom filters.
fn twox_hash(value: &[u8]) -> u64 {
    xxhash_rust::xxh64::xxh64(value, 0)
}
