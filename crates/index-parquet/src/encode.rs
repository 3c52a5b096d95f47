//! A table as a Parquet file.
//!
//! Pages are made here rather than by the `parquet` crate's writers because the dictionaries are there already
//! (those would hash every value again) and because they come out sorted, so that a search looks a value up instead
//! of reading them all. Headers, footer and indexes are the crate's. Every column has its pages at the same rows.

use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::community;
use crate::delta;
use crate::error;
use crate::footer::{self, ColumnNote, Footer, Holds, METADATA, PART_VALUES};
use crate::hybrid;
use crate::registry::Registry;
use crate::table::Table;
use bytes::Bytes;
use index::Error;
use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as Physical, ZstdLevel,
};
use parquet::bloom_filter::Sbbf;
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, KeyValue, OffsetIndexBuilder, SortingColumn,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, Type, TypePtr};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// Rows of a page.
const PAGE_ROWS: u32 = 4_096;
/// Different values from which a Bloom filter pays: smaller dictionaries are read as quickly as the filter.
const BLOOM_FROM: usize = 2_048;
/// Part of a page that compression must save, or the page stays as it is and decodes at memory speed. Numbers, which
/// questions read whole, must save more than strings.
const WORTH: f64 = 0.08;
const WORTH_OF_NUMBERS: f64 = 0.25;

type Made<T> = Result<T, ParquetError>;

/// Writes a table whose rows are in their final order; returns the bytes of the file, which is synced.
pub(crate) fn write(table: &Table, registry: &Registry, path: &Path) -> Result<u64, Error> {
    let (mut footer, keys) = footer::describe(table, registry);
    let file = File::create_new(path).map_err(error::io("create", path))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    encode(table, &mut footer, &keys, &mut out).map_err(error::parquet(path))?;
    let file = out.into_inner().map_err(|e| error::io("write", path)(e.into_error()))?;
    file.sync_all().map_err(error::io("sync", path))?;
    Ok(file.metadata().map_err(error::io("read", path))?.len())
}

fn encode(
    table: &Table,
    footer: &mut Footer,
    keys: &[Key],
    out: &mut (impl std::io::Write + Send),
) -> Made<()> {
    let schema = schema(table, footer, keys)?;
    let sorted_by = footer.columns.iter().position(|c| c.name == session::core::START_TIME.def.path);
    let properties =
        WriterProperties::builder()
            .set_created_by(concat!("hindsight ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_sorting_columns(sorted_by.map(|at| {
                vec![SortingColumn { column_idx: at as i32, descending: false, nulls_first: true }]
            }))
            .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let described = file.schema_descr().columns().to_vec();
    let mut zstd = zstd::bulk::Compressor::new(1)?;
    let mut group = file.next_row_group()?;
    for ((key, note), descriptor) in keys.iter().zip(&mut footer.columns).zip(described) {
        let Some(column) = table.columns.get(key) else { continue };
        let (bytes, close) = chunk(column, note, table.rows, descriptor, &mut zstd)?;
        group.append_column(&bytes, close)?;
    }
    group.close()?;
    let note = serde_json::to_string(footer).map_err(|e| ParquetError::External(Box::new(e)))?;
    file.append_key_value_metadata(KeyValue::new(METADATA.to_owned(), note));
    file.close()?;
    Ok(())
}

/// Whether some row has more than one value.
pub(crate) fn has_several(column: &Column) -> bool {
    match &column.rows {
        Rows::Dense => false,
        Rows::Sparse(rows) => rows.windows(2).any(|w| w.first() == w.last()),
    }
}

fn schema(table: &Table, footer: &Footer, keys: &[Key]) -> Made<TypePtr> {
    let mut columns = Vec::new();
    for (key, note) in keys.iter().zip(&footer.columns) {
        let dense = table.columns.get(key).is_some_and(|c| c.rows == Rows::Dense);
        let name = if note.list { "element" } else { &note.name };
        let repetition = if note.list || dense { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        let (physical, logical, len) = match note.holds {
            Holds::Int => (Physical::INT64, None, 0),
            Holds::Time => {
                (Physical::INT64, Some(LogicalType::timestamp(true, parquet::basic::TimeUnit::MILLIS)), 0)
            }
            Holds::Text | Holds::Ip => (Physical::BYTE_ARRAY, Some(LogicalType::String), 0),
            Holds::Bytes => (Physical::BYTE_ARRAY, None, 0),
            Holds::Community => (Physical::FIXED_LEN_BYTE_ARRAY, None, community::LEN as i32),
            Holds::Id => (Physical::FIXED_LEN_BYTE_ARRAY, None, 16),
        };
        let mut leaf = Type::primitive_type_builder(name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical);
        if len > 0 {
            leaf = leaf.with_length(len);
        }
        let leaf = Arc::new(leaf.build()?);
        columns.push(if note.list {
            let inner = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![leaf])
                .build()?;
            let list = Type::group_type_builder(&note.name)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_fields(vec![Arc::new(inner)])
                .build()?;
            Arc::new(list)
        } else {
            leaf
        });
    }
    Ok(Arc::new(Type::group_type_builder("session").with_fields(columns).build()?))
}

/// How the values of a chunk are written.
enum Form<'a> {
    /// Numbers of dictionary values, and bits of one.
    Codes(Cow<'a, [u32]>, u8),
    Delta,
    Plain,
    Fixed,
}

fn chunk(
    column: &Column,
    note: &mut ColumnNote,
    rows: u32,
    descriptor: ColumnDescPtr,
    zstd: &mut zstd::bulk::Compressor<'_>,
) -> Made<(Bytes, ColumnCloseResult)> {
    let physical = descriptor.physical_type();
    let mut sink = TrackedWrite::new(Vec::with_capacity(1 << 16));
    let mut pages = SerializedPageWriter::new(&mut sink);
    let mut uncompressed = 0usize;
    let (form, dictionary) = form(column, note);
    let mut dictionary_offset = None;
    if let Some((plain, count)) = dictionary {
        let compressed = match &column.data {
            Data::Texts(_, dict) if dict.len() > PART_VALUES as usize * 2 => {
                frames(&plain, dict, note, zstd)?
            }
            Data::Ints(_) if count > PART_VALUES as usize * 2 => {
                let mut out = Vec::with_capacity(plain.len() / 2);
                for part in plain.chunks(PART_VALUES as usize * 8) {
                    let compressed = zstd.compress(part)?;
                    note.frames.push(compressed.len() as u32);
                    out.extend_from_slice(&compressed);
                }
                out
            }
            _ => zstd.compress(&plain)?,
        };
        let page = Page::DictionaryPage {
            buf: compressed.into(),
            num_values: count as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let spec = pages.write_page(CompressedPage::new(page, plain.len()))?;
        uncompressed += spec.uncompressed_size;
        dictionary_offset = Some(spec.offset as i64);
    }
    let mut offsets = OffsetIndexBuilder::new();
    let mut index = ColumnIndexBuilder::new(physical);
    let mut values_total = 0i64;
    let mut nulls_total = 0i64;
    let mut first_offset = None;
    let mut vain = 0usize;
    let worth = if matches!(form, Form::Codes(..) | Form::Delta) { WORTH_OF_NUMBERS } else { WORTH };
    let mut start = 0u32;
    while start < rows {
        let end = (start + PAGE_ROWS).min(rows);
        let range = values_of(column, start, end);
        let levels = levels(column, note.list, start..end, range.clone());
        let raw = values(column, &form, range.clone())?;
        let whole = levels.bytes.len() + raw.len();
        // where a page did not get smaller the next few will not either
        let hopeful = vain.is_multiple_of(4);
        let compressed = if raw.len() > 64 && hopeful { Some(zstd.compress(&raw)?) } else { None };
        let packed = compressed.filter(|c| c.len() as f64 <= raw.len() as f64 * (1.0 - worth));
        let is_compressed = packed.is_some();
        vain = if is_compressed { 0 } else { vain + 1 };
        let mut buffer = levels.bytes;
        buffer.extend_from_slice(&packed.unwrap_or(raw));
        let page = Page::DataPageV2 {
            buf: buffer.into(),
            num_values: levels.entries,
            encoding: form.encoding(),
            num_nulls: levels.nulls,
            num_rows: end - start,
            def_levels_byte_len: levels.definition,
            rep_levels_byte_len: levels.repetition,
            is_compressed,
            statistics: None,
        };
        let spec = pages.write_page(CompressedPage::new(page, whole))?;
        uncompressed += spec.uncompressed_size;
        first_offset.get_or_insert(spec.offset as i64);
        offsets.append_row_count(i64::from(end - start));
        offsets.append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        match min_max(column.ints().get(range.clone()).unwrap_or(&[])) {
            Some((min, max)) => index.append(
                false,
                min.to_le_bytes().to_vec(),
                max.to_le_bytes().to_vec(),
                i64::from(levels.nulls),
                None,
            ),
            None => index.append(true, Vec::new(), Vec::new(), i64::from(levels.nulls), None),
        }
        values_total += i64::from(levels.entries);
        nulls_total += i64::from(levels.nulls);
        start = end;
    }
    let bytes = Bytes::from(sink.into_inner()?);
    let mut metadata = ColumnChunkMetaData::builder(descriptor)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_encodings(form.encodings())
        .set_num_values(values_total)
        .set_total_compressed_size(bytes.len() as i64)
        .set_total_uncompressed_size(uncompressed as i64)
        .set_data_page_offset(first_offset.unwrap_or(0))
        .set_dictionary_page_offset(dictionary_offset);
    if let Some(statistics) = statistics(column, note, nulls_total as u64) {
        metadata = metadata.set_statistics(statistics);
    }
    let is_int = matches!(column.data, Data::Ints(_));
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: u64::from(rows),
        metadata: metadata.build()?,
        bloom_filter: bloom(column, note)?,
        column_index: if is_int { Some(index.build()?) } else { None },
        offset_index: Some(offsets.build()),
    };
    Ok((bytes, close))
}

impl Form<'_> {
    fn encoding(&self) -> Encoding {
        match self {
            Form::Codes(..) => Encoding::RLE_DICTIONARY,
            Form::Delta => Encoding::DELTA_BINARY_PACKED,
            Form::Plain | Form::Fixed => Encoding::PLAIN,
        }
    }
    fn encodings(&self) -> Vec<Encoding> {
        match self {
            Form::Codes(..) => vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY],
            other => vec![Encoding::RLE, other.encoding()],
        }
    }
}

fn bits_for(count: usize) -> u8 {
    (usize::BITS - count.saturating_sub(1).leading_zeros()).max(1) as u8
}

fn plain(dict: &Dict) -> Vec<u8> {
    let mut out = Vec::with_capacity(dict.bytes.len() + dict.len() * 4);
    for value in dict.iter() {
        out.extend_from_slice(&(value.len() as u32).to_le_bytes());
        out.extend_from_slice(value);
    }
    out
}

/// A dictionary page in parts of some values each, so that one value can be read without the others.
fn frames(
    plain: &[u8],
    dict: &Dict,
    note: &mut ColumnNote,
    zstd: &mut zstd::bulk::Compressor<'_>,
) -> Made<Vec<u8>> {
    let mut out = Vec::with_capacity(plain.len() / 2);
    let mut rest = plain;
    for ends in dict.ends.chunks(PART_VALUES as usize) {
        // what is left after a part: its values and their lengths
        let end = ends.last().map_or(0, |end| *end as usize);
        let before = dict.bytes.len().saturating_sub(end);
        let after = before + (dict.ends.len() - note.frames.len() * PART_VALUES as usize - ends.len()) * 4;
        let (part, tail) = rest.split_at(rest.len() - after.min(rest.len()));
        let compressed = zstd.compress(part)?;
        note.frames.push(compressed.len() as u32);
        out.extend_from_slice(&compressed);
        rest = tail;
    }
    Ok(out)
}

/// Chooses the form, and makes the dictionary page: its bytes and how many values it has.
fn form<'a>(column: &'a Column, note: &ColumnNote) -> (Form<'a>, Option<(Vec<u8>, usize)>) {
    match &column.data {
        _ if note.holds == Holds::Community => (Form::Fixed, None),
        Data::Ids(_) => (Form::Fixed, None),
        Data::Texts(Codes::Of(codes), dict) => {
            (Form::Codes(codes.into(), bits_for(dict.len())), Some((plain(dict), dict.len())))
        }
        Data::Texts(Codes::Each, _) | Data::Bytes(_) => (Form::Plain, None),
        Data::Ints(ints) => match int_dictionary(ints) {
            Some((values, codes)) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (Form::Codes(codes.into(), bits_for(values.len())), Some((bytes, values.len())))
            }
            None => (Form::Delta, None),
        },
    }
}

/// The same where the integers lie in a small range: counted in an array.
fn small_int_dictionary(ints: &[i64], most: usize) -> Option<Option<(Vec<i64>, Vec<u32>)>> {
    let (least, largest) = min_max(ints)?;
    let range = usize::try_from(largest.checked_sub(least)?).ok()?.checked_add(1)?;
    if range > (1 << 17).min(ints.len() * 2 + 1_024) {
        return None;
    }
    let mut rank = vec![0u32; range];
    for int in ints {
        if let Some(place) = rank.get_mut(int.wrapping_sub(least) as usize) {
            *place = 1;
        }
    }
    let mut values = Vec::new();
    for (at, place) in rank.iter_mut().enumerate() {
        if *place == 1 {
            *place = values.len() as u32;
            values.push(least + at as i64);
        }
    }
    if values.len() > most {
        return Some(None);
    }
    let code = |int: &i64| rank.get(int.wrapping_sub(least) as usize).copied().unwrap_or(0);
    Some(Some((values, ints.iter().map(code).collect())))
}

/// A sorted dictionary of integers, unless they are too different for one to pay.
fn int_dictionary(ints: &[i64]) -> Option<(Vec<i64>, Vec<u32>)> {
    let most = ints.len() / 8 + 16;
    if let Some(answer) = small_int_dictionary(ints, most) {
        return answer;
    }
    let mut numbers: HashMap<i64, u32, ahash::RandomState> = HashMap::default();
    let mut codes = Vec::with_capacity(ints.len());
    let mut last = None;
    for int in ints {
        if let Some((value, number)) = last
            && value == *int
        {
            codes.push(number);
            continue;
        }
        let next = numbers.len() as u32;
        let number = *numbers.entry(*int).or_insert(next);
        if numbers.len() > most {
            return None;
        }
        last = Some((*int, number));
        codes.push(number);
    }
    let mut sorted: Vec<(i64, u32)> = numbers.into_iter().collect();
    sorted.sort_unstable();
    let mut rank = vec![0; sorted.len()];
    for (new, (_, old)) in sorted.iter().enumerate() {
        if let Some(place) = rank.get_mut(*old as usize) {
            *place = new as u32;
        }
    }
    codes.iter_mut().for_each(|c| *c = rank.get(*c as usize).copied().unwrap_or(0));
    Some((sorted.into_iter().map(|(value, _)| value).collect(), codes))
}

/// The values whose rows lie in a range of rows.
fn values_of(column: &Column, start: u32, end: u32) -> Range<usize> {
    match &column.rows {
        Rows::Dense => start as usize..end as usize,
        Rows::Sparse(rows) => rows.partition_point(|r| *r < start)..rows.partition_point(|r| *r < end),
    }
}

struct Levels {
    /// Repetition levels, then definition levels.
    bytes: Vec<u8>,
    repetition: u32,
    definition: u32,
    entries: u32,
    nulls: u32,
}

fn levels(column: &Column, list: bool, page: Range<u32>, range: Range<usize>) -> Levels {
    let count = page.len();
    let none = Levels { bytes: Vec::new(), repetition: 0, definition: 0, entries: count as u32, nulls: 0 };
    let rows = match &column.rows {
        Rows::Dense if !list => return none,
        Rows::Dense => None,
        Rows::Sparse(rows) => Some(rows.get(range.clone()).unwrap_or(&[])),
    };
    let (mut definition, mut repetition) = (hybrid::BitWriter::default(), hybrid::BitWriter::default());
    let (mut entries, mut nulls) = (0usize, 0usize);
    match rows {
        None => {
            (0..count).for_each(|at| definition.set(at));
            entries = count;
        }
        Some(rows) => {
            let mut next = page.start;
            for row in rows {
                // a row below `next` is a further value of the row before
                if *row < next {
                    repetition.set(entries);
                } else {
                    let gap = (*row - next) as usize;
                    entries += gap;
                    nulls += gap;
                }
                definition.set(entries);
                entries += 1;
                next = *row + 1;
            }
            let gap = (page.end - next) as usize;
            entries += gap;
            nulls += gap;
        }
    }
    let definition = definition.finish(entries);
    let repetition = if list { repetition.finish(entries) } else { Vec::new() };
    let mut bytes = repetition.clone();
    bytes.extend_from_slice(&definition);
    Levels {
        bytes,
        repetition: repetition.len() as u32,
        definition: definition.len() as u32,
        entries: entries as u32,
        nulls: nulls as u32,
    }
}

fn values(column: &Column, form: &Form<'_>, range: Range<usize>) -> Made<Vec<u8>> {
    match (form, &column.data) {
        (Form::Codes(codes, bits), _) => {
            let mut encoder = hybrid::Encoder::new(*bits, vec![*bits]);
            encoder.values(codes.get(range).unwrap_or(&[]));
            Ok(encoder.finish())
        }
        (Form::Delta, Data::Ints(ints)) => Ok(delta::encode(ints.get(range).unwrap_or(&[]))),
        (Form::Fixed, Data::Ids(ids)) => Ok(ids.get(range).unwrap_or(&[]).concat()),
        (Form::Fixed, _) => Ok(range.filter_map(|at| community::pack(column.bytes(at))).flatten().collect()),
        _ => {
            let mut out = Vec::new();
            for at in range {
                let value = column.bytes(at);
                out.extend_from_slice(&(value.len() as u32).to_le_bytes());
                out.extend_from_slice(value);
            }
            Ok(out)
        }
    }
}

fn min_max(ints: &[i64]) -> Option<(i64, i64)> {
    Some((*ints.iter().min()?, *ints.iter().max()?))
}

/// Longest string that is given as a minimum or maximum.
const MAX_BOUND: usize = 64;

fn statistics(column: &Column, note: &ColumnNote, nulls: u64) -> Option<Statistics> {
    match &column.data {
        Data::Ints(ints) => {
            let (min, max) = min_max(ints)?;
            Some(Statistics::int64(Some(min), Some(max), None, Some(nulls), false))
        }
        Data::Texts(_, dict) if note.holds != Holds::Community => {
            let (min, max) = if dict.sorted && note.holds == Holds::Text && dict.len() > 0 {
                (dict.get(0), dict.get(dict.len() - 1))
            } else {
                (dict.iter().min()?, dict.iter().max()?)
            };
            let short = min.len() <= MAX_BOUND && max.len() <= MAX_BOUND;
            let bound = |value: &[u8]| short.then(|| ByteArray::from(value.to_vec()));
            Some(Statistics::byte_array(bound(min), bound(max), None, Some(nulls), false))
        }
        _ => None,
    }
}

fn bloom(column: &Column, note: &ColumnNote) -> Made<Option<Sbbf>> {
    // 10 bits for each give one false alarm in a hundred, 7 one in thirty; sizes are powers of two, so take the nearest
    let filter = |count: usize| Made::Ok(Sbbf::new_with_num_of_bytes((count * 7).div_ceil(8)));
    Ok(match &column.data {
        Data::Ids(ids) => {
            let mut made = filter(ids.len())?;
            ids.iter().for_each(|id| made.insert(&id[..]));
            Some(made)
        }
        Data::Texts(_, dict) if dict.len() >= BLOOM_FROM => {
            let mut made = filter(dict.len())?;
            for value in dict.iter() {
                match (note.holds, community::pack(value)) {
                    (Holds::Community, Some(hash)) => made.insert(&hash[..]),
                    _ => made.insert(value),
                }
            }
            Some(made)
        }
        _ => None,
    })
}
