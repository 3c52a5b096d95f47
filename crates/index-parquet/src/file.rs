//! A Parquet file of this store, open for reading: columns are decoded into the form that questions are answered
//! from, whole or only the pages that are needed.

use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::files::Dictionaries;
use crate::footer::{Footer, Holds, METADATA, Meaning};
use crate::hybrid::{self, Stretch};
use crate::registry::Registry;
use crate::{community, delta, error};
use bytes::Bytes;
use index::Error;
use parquet::basic::{Encoding, Repetition};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Positioned reads: threads share the file without sharing a position.
#[derive(Clone, Debug)]
struct Positioned {
    file: Arc<File>,
    len: u64,
}

/// Reads forward from a position.
struct From {
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

/// An open file.
#[derive(Debug)]
pub(crate) struct Stored {
    path: PathBuf,
    file: Arc<Positioned>,
    metadata: ParquetMetaData,
    notes: Footer,
    pub meaning: Meaning,
    pub rows: u32,
    /// Number by which its dictionaries are kept; never used again.
    number: u64,
    dictionaries: Arc<Dictionaries>,
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
        Ok(Some(Self { path: path.to_owned(), file, metadata, notes, meaning, rows, number, dictionaries }))
    }

    /// Number of pages of each column.
    pub(crate) fn pages(&self) -> usize {
        (self.rows as usize).div_ceil(crate::encode::PAGE_ROWS as usize)
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
        let filter = Sbbf::read_from_column_chunk(chunk, &*self.file).map_err(error::parquet(&self.path))?;
        let packed = self.notes.columns.get(*at).is_some_and(|n| n.holds == Holds::Community);
        Ok(filter.is_none_or(|filter| {
            values.iter().any(|value| match community::pack(value) {
                Some(hash) if packed => filter.check(&hash[..]),
                None if packed => false,
                _ => filter.check(*value),
            })
        }))
    }

    /// A column, of the pages wanted (all of them without a choice).
    pub(crate) fn column(&self, key: Key, pages: Option<&[bool]>) -> Result<Option<Column>, Error> {
        let Some(at) = self.meaning.columns.get(&key) else { return Ok(None) };
        self.read(*at, pages).map(Some).map_err(error::parquet(&self.path))
    }

    fn read(&self, at: usize, wanted: Option<&[bool]>) -> Result<Column, ParquetError> {
        let bad = |what: &str| ParquetError::General(format!("column {at}: {what}"));
        let note = self.notes.columns.get(at).ok_or_else(|| bad("no description"))?;
        let chunk = self.metadata.row_group(0).column(at);
        let locations = self.metadata.page_index().and_then(|index| index.page_locations(0, at)).cloned();
        let mut pages = SerializedPageReader::new(self.file.clone(), chunk, self.rows as usize, locations)?;
        let optional = chunk.column_descr().max_def_level() > 0;
        let mut out = Out::new(note.holds, note.list, optional, wanted.is_some());
        let kept = self.dictionaries.get(self.number, at);
        let mut start = 0u32;
        let mut number = 0usize;
        while start < self.rows {
            let rows = crate::encode::PAGE_ROWS.min(self.rows - start);
            let is_data = pages.peek_next_page()?.ok_or_else(|| bad("a page is missing"))?;
            if is_data.is_dict
                && let Some(kept) = &kept
            {
                pages.skip_next_page()?;
                out.dict = kept.clone();
                continue;
            }
            if !is_data.is_dict && wanted.is_some_and(|w| w.get(number) != Some(&true)) {
                pages.skip_next_page()?;
            } else {
                match pages.get_next_page()?.ok_or_else(|| bad("a page is missing"))? {
                    Page::DictionaryPage { buf, num_values, .. } => {
                        out.dictionary(&buf, num_values as usize).ok_or_else(|| bad("dictionary"))?;
                        if out.dict.sorted {
                            self.dictionaries.keep(self.number, at, &out.dict);
                        }
                        continue;
                    }
                    page @ Page::DataPageV2 { .. } => out.page(page, start, rows)?,
                    Page::DataPage { .. } => return Err(bad("an unexpected kind of page")),
                }
            }
            start += rows;
            number += 1;
        }
        Ok(out.finish())
    }
}

/// Numbers of different encodings that became one column.
struct Out {
    holds: Holds,
    list: bool,
    optional: bool,
    /// Whether rows must be said even where every row has a value.
    partial: bool,
    rows: Vec<u32>,
    ints: Vec<i64>,
    int_dict: Vec<i64>,
    codes: Vec<u32>,
    /// The dictionary.
    dict: Arc<Dict>,
    /// Values without a dictionary.
    plain: Dict,
    ids: Vec<[u8; 16]>,
}

impl Out {
    fn new(holds: Holds, list: bool, optional: bool, partial: bool) -> Self {
        Self {
            holds,
            list,
            optional,
            partial,
            rows: Vec::new(),
            ints: Vec::new(),
            int_dict: Vec::new(),
            codes: Vec::new(),
            dict: Arc::default(),
            plain: Dict::default(),
            ids: Vec::new(),
        }
    }

    fn dictionary(&mut self, bytes: &[u8], count: usize) -> Option<()> {
        if matches!(self.holds, Holds::Int | Holds::Time) {
            self.int_dict =
                bytes.chunks_exact(8).filter_map(|b| b.try_into().ok()).map(i64::from_le_bytes).collect();
            return (self.int_dict.len() == count).then_some(());
        }
        let mut dict = Dict { sorted: true, ..Dict::default() };
        dict.ends.reserve(count.min(bytes.len()));
        plain(bytes, count, &mut dict)?;
        self.dict = Arc::new(dict);
        Some(())
    }

    fn page(&mut self, page: Page, start: u32, rows: u32) -> Result<(), ParquetError> {
        let bad = |what: &str| ParquetError::General(format!("page at row {start}: {what}"));
        let Page::DataPageV2 {
            buf,
            num_values,
            encoding,
            num_nulls,
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } = page
        else {
            return Err(bad("an unexpected kind of page"));
        };
        let levels = (rep_levels_byte_len as usize, def_levels_byte_len as usize);
        let body =
            levels.0.checked_add(levels.1).filter(|at| *at <= buf.len()).ok_or_else(|| bad("levels"))?;
        let count = num_values.checked_sub(num_nulls).ok_or_else(|| bad("count of values"))? as usize;
        let before = self.rows.len();
        if self.list || self.optional {
            if num_nulls == 0 && num_values == rows && levels.0 <= 8 {
                self.rows.extend(start..start + rows);
            } else if count > 0 {
                let (head, _) = buf.split_at(body);
                let (repetition, definition) = head.split_at(levels.0);
                self.levels(repetition, definition, num_values as usize, start)
                    .ok_or_else(|| bad("levels"))?;
            }
            if self.rows.len() - before != count {
                return Err(bad("levels and values disagree"));
            }
            if self.rows.last().is_some_and(|row| *row >= start + rows) {
                return Err(bad("more rows than the page has"));
            }
        } else if self.partial {
            self.rows.extend(start..start + rows);
        }
        if !(self.list || self.optional) && count != rows as usize {
            return Err(bad("count of rows"));
        }
        if count > 0 {
            let (_, bytes) = buf.split_at(body);
            self.values(bytes, encoding, count).ok_or_else(|| bad("values"))?;
        }
        Ok(())
    }

    fn levels(&mut self, repetition: &[u8], definition: &[u8], entries: usize, start: u32) -> Option<()> {
        if !self.list {
            let (rows, mut row) = (&mut self.rows, start);
            return hybrid::stretches(definition, 1, entries, &mut |stretch| match stretch {
                Stretch::Run(defined, count) => {
                    if defined == 1 {
                        rows.extend(row..row + count as u32);
                    }
                    row += count as u32;
                }
                Stretch::Packed(levels) => {
                    rows.extend(levels.iter().zip(row..).filter(|(d, _)| **d == 1).map(|(_, row)| row));
                    row += levels.len() as u32;
                }
            });
        }
        let (mut repeated, mut defined) = (Vec::new(), Vec::new());
        hybrid::decode(repetition, 1, entries, &mut repeated)?;
        hybrid::decode(definition, 1, entries, &mut defined)?;
        let mut next = start;
        for (repeated, defined) in repeated.into_iter().zip(defined) {
            next += u32::from(repeated == 0);
            if defined == 1 {
                self.rows.push(next.saturating_sub(1).max(start));
            }
        }
        Some(())
    }

    fn values(&mut self, bytes: &[u8], encoding: Encoding, count: usize) -> Option<()> {
        match (encoding, self.holds) {
            (Encoding::RLE_DICTIONARY, holds) => {
                let (bits, bytes) = bytes.split_first()?;
                let before = self.codes.len();
                hybrid::decode(bytes, *bits, count, &mut self.codes)?;
                let codes = self.codes.get(before..)?;
                let ints = matches!(holds, Holds::Int | Holds::Time);
                let size = if ints { self.int_dict.len() } else { self.dict.len() };
                // one look at the largest keeps every later look-up within the dictionary
                if codes.iter().max().is_some_and(|code| *code as usize >= size) {
                    return None;
                }
                if ints {
                    let dict = &self.int_dict;
                    self.ints.extend(codes.iter().map(|code| dict.get(*code as usize).copied().unwrap_or(0)));
                    self.codes.clear();
                }
            }
            (Encoding::DELTA_BINARY_PACKED, Holds::Int | Holds::Time) => {
                delta::decode(bytes, count, &mut self.ints)?;
            }
            (Encoding::PLAIN, Holds::Id) => {
                let more = bytes.get(..count.checked_mul(16)?)?;
                self.ids.extend(more.chunks_exact(16).filter_map(|id| <[u8; 16]>::try_from(id).ok()));
            }
            (Encoding::PLAIN, Holds::Community) => {
                let more = bytes.get(..count.checked_mul(community::LEN)?)?;
                more.chunks_exact(community::LEN).for_each(|hash| community::unpack(hash, &mut self.plain));
            }
            (Encoding::PLAIN, Holds::Text | Holds::Ip | Holds::Bytes) => {
                plain(bytes, count, &mut self.plain)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(self) -> Column {
        let rows =
            if self.list || self.optional || self.partial { Rows::Sparse(self.rows) } else { Rows::Dense };
        let data = match self.holds {
            Holds::Int | Holds::Time => Data::Ints(self.ints),
            Holds::Id => Data::Ids(self.ids),
            _ if self.dict.sorted => Data::Texts(Codes::Of(self.codes), self.dict),
            Holds::Bytes => Data::Bytes(self.plain),
            _ => Data::Texts(Codes::Each, Arc::new(self.plain)),
        };
        Column { rows, data }
    }
}

/// Length-prefixed strings.
fn plain(bytes: &[u8], count: usize, out: &mut Dict) -> Option<()> {
    out.bytes.reserve(bytes.len().saturating_sub(count.saturating_mul(4)));
    let mut rest = bytes;
    for _ in 0..count {
        let (len, tail) = rest.split_first_chunk::<4>()?;
        let (value, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        out.push(value);
        rest = tail;
    }
    Some(())
}
