//! How many rows of a segment have each value of a target: by the numbers of dictionaries, by runs, by levels alone where
//! they suffice, and page by page, so that no column is made of what is only counted.

use crate::bitmap::Selection;
use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::community;
use crate::decode::{Out, ints, page_rows};
use crate::file::Stored;
use crate::footer::Holds;
use crate::hybrid::{self, Stretch};
use crate::pages::{Coding, Kind, Page};
use crate::segment::Open;
use crate::{delta, error};
use fields::{Aspect, Count, Target};
use index::{Error, is_changeable};
use std::sync::Arc;

/// Takes what is counted. A row counts once for each of its different values, and is given once for each.
pub(crate) trait Sink {
    /// Integers of one row each.
    fn ints(&mut self, ints: &[i64]);
    /// An integer of several rows.
    fn int(&mut self, int: i64, count: u64);
    /// A dictionary, and how many rows have each of its values.
    fn dict(&mut self, dict: &Arc<Dict>, counts: &[u32]);
    /// A string of one row.
    fn text(&mut self, text: &[u8]);
    /// A community id of one row.
    fn community(&mut self, hash: &[u8; community::LEN]);
}

/// Lengths of lists that are counted in an array.
const SHORT: usize = 256;

/// Whether values of a target were changed since its file was written, so that they are not all there.
pub(crate) fn is_changed(open: &Open<'_>, target: Target) -> bool {
    is_changeable(Target::of(target.def)) && !open.segment.tags.is_empty()
}

/// Counts the values of a target in some rows of a segment.
pub(crate) fn count(
    open: &Open<'_>,
    target: Target,
    rows: &Selection,
    out: &mut dyn Sink,
) -> Result<(), Error> {
    if matches!(rows, Selection::None) {
        return Ok(());
    }
    let of_values = Target::of(target.def);
    let file = open.file().filter(|_| !is_changed(open, target));
    match file {
        Some(file) if target.aspect != Aspect::Count => match open.key_of(target) {
            Some(key) => file.count_values(key, rows, out),
            None => Ok(()),
        },
        Some(_) if target.def.count == Count::No => Ok(()),
        Some(file) => match (open.key_of(of_values), target.def.object) {
            (Some(Key::Field(number)), Some(_)) => shapes(open, file, number, rows, out),
            (Some(key), _) => file.count_lengths(key, rows, out),
            (None, _) => Ok(()),
        },
        None => {
            if let Some(column) = open.target(target)? {
                of_column(&column, rows, out);
            }
            Ok(())
        }
    }
}

/// Counts the values of a column that is in memory.
fn of_column(column: &Column, rows: &Selection, out: &mut dyn Sink) {
    match &column.data {
        Data::Texts(Codes::Of(codes), dict) => {
            out.dict(dict, &count_codes(column, codes, dict.len(), rows));
        }
        Data::Texts(Codes::Each, dict) => {
            let chosen = (0..column.len()).map(|at| (column.row(at), dict.get(at)));
            different(chosen.filter(|(row, _)| rows.has(*row)), |text| out.text(text));
        }
        Data::Ints(ints) => {
            let chosen = ints.iter().enumerate().map(|(at, int)| (column.row(at), *int));
            let mut some = Vec::new();
            different(chosen.filter(|(row, _)| rows.has(*row)), |int| some.push(int));
            out.ints(&some);
        }
        Data::Bytes(_) | Data::Ids(_) => {}
    }
}

/// Calls `see` with the different values of each row; the rows are ascending.
fn different<T: Ord + Copy>(values: impl Iterator<Item = (u32, T)>, mut see: impl FnMut(T)) {
    let mut of_row: Vec<T> = Vec::new();
    let mut last = None;
    let mut finish = |of_row: &mut Vec<T>| {
        if of_row.len() > 1 {
            of_row.sort_unstable();
            of_row.dedup();
        }
        of_row.drain(..).for_each(&mut see);
    };
    for (row, value) in values {
        if last != Some(row) {
            finish(&mut of_row);
            last = Some(row);
        }
        of_row.push(value);
    }
    finish(&mut of_row);
}

/// How many rows of a selection have each dictionary value; a row counts once for each of its values.
fn count_codes(column: &Column, codes: &[u32], size: usize, rows: &Selection) -> Vec<u32> {
    let mut counts = vec![0u32; size];
    let mut seen = if column.rows == Rows::Dense { Vec::new() } else { vec![u32::MAX; size] };
    for (at, code) in codes.iter().enumerate() {
        let row = column.row(at);
        let first = seen.get_mut(*code as usize).is_none_or(|last| std::mem::replace(last, row) != row);
        if rows.has(row)
            && first
            && let Some(count) = counts.get_mut(*code as usize)
        {
            *count += 1;
        }
    }
    counts
}

/// Counts how many values a field of objects has in each: the shapes say it.
fn shapes(
    open: &Open<'_>,
    file: &Stored,
    number: u32,
    rows: &Selection,
    out: &mut dyn Sink,
) -> Result<(), Error> {
    let names = open.names();
    if !names.targets.iter().flatten().any(|(_, of_file)| *of_file == number) {
        return Ok(());
    }
    let mut counts = Shapes { number, names, out };
    file.count_values(Key::Shape, rows, &mut counts)
}

struct Shapes<'a> {
    number: u32,
    names: &'a crate::shape::Names,
    out: &'a mut dyn Sink,
}

impl Shapes<'_> {
    fn shape(&mut self, shape: &[u8], rows: u64) {
        let mut lengths = self.names.counts(shape, self.number).unwrap_or_default();
        lengths.sort_unstable();
        lengths.dedup();
        lengths.into_iter().for_each(|length| self.out.int(length, rows));
    }
}

impl Sink for Shapes<'_> {
    fn ints(&mut self, _: &[i64]) {}
    fn int(&mut self, _: i64, _: u64) {}
    fn dict(&mut self, dict: &Arc<Dict>, counts: &[u32]) {
        dict.counted(counts).for_each(|(shape, count)| self.shape(shape, count));
    }
    fn text(&mut self, text: &[u8]) {
        self.shape(text, 1);
    }
    fn community(&mut self, _: &[u8; community::LEN]) {}
}

impl Stored {
    /// Counts the values of some rows of a column.
    fn count_values(&self, key: Key, rows: &Selection, out: &mut dyn Sink) -> Result<(), Error> {
        let Some(at) = self.meaning.columns.get(&key).copied() else { return Ok(()) };
        let mut count = || {
            let (note, optional) = self.note(at)?;
            let kept = self.dictionaries.get(self.number, at);
            let skip = kept.is_some();
            let mut counter = Counter {
                holds: note.holds,
                list: note.list,
                rows,
                counts: vec![0; kept.as_ref().map_or(0, |dict| dict.len())],
                dict: kept,
                ints: Vec::new(),
                codes: Vec::new(),
                values: Vec::new(),
                of_rows: Vec::new(),
                seen: Vec::new(),
            };
            self.pages(at, skip, &mut |page, row| match page.kind {
                Kind::Dictionary => {
                    if matches!(note.holds, Holds::Int | Holds::Time) {
                        counter.ints = page.with_values(|bytes| Some(ints(bytes)))?;
                        counter.counts = vec![0; counter.ints.len()];
                    } else {
                        let mut made = Out::new(note.holds, note.list, optional);
                        page.with_values(|bytes| made.dictionary(bytes, page.entries as usize))?;
                        self.dictionaries.keep(self.number, at, &made.dict);
                        counter.counts = vec![0; made.dict.len()];
                        counter.dict = Some(made.dict);
                    }
                    Some(())
                }
                _ => counter.page(page, row, out),
            })?;
            counter.finish(out);
            Ok(())
        };
        count().map_err(error::parquet(&self.path))
    }

    /// Counts how many values some rows of a column have; the values are not looked at.
    fn count_lengths(&self, key: Key, rows: &Selection, out: &mut dyn Sink) -> Result<(), Error> {
        let Some(at) = self.meaning.columns.get(&key).copied() else { return Ok(()) };
        if self.is_dense(key) {
            out.int(1, rows.count(self.rows));
            return Ok(());
        }
        let mut count = || {
            let (note, _) = self.note(at)?;
            let mut lengths = [0u64; SHORT];
            let mut of_rows = Vec::new();
            self.pages(at, true, &mut |page, start| {
                if page.kind != Kind::Data {
                    return None;
                }
                if matches!(rows, Selection::All) && (!note.list || page.entries == page.rows) {
                    *lengths.get_mut(1)? += page.values()? as u64;
                    return Some(());
                }
                of_rows.clear();
                page_rows(&mut of_rows, note.list, page, start)?;
                for of_row in of_rows.chunk_by(|a, b| a == b) {
                    if of_row.first().is_some_and(|row| rows.has(*row)) {
                        match lengths.get_mut(of_row.len()) {
                            Some(count) => *count += 1,
                            None => out.int(of_row.len() as i64, 1),
                        }
                    }
                }
                Some(())
            })?;
            for (length, count) in (0i64..).zip(lengths).filter(|(_, count)| *count > 0) {
                out.int(length, count);
            }
            Ok(())
        };
        count().map_err(error::parquet(&self.path))
    }

    /// Whether a column has a dictionary.
    pub(crate) fn has_dictionary(&self, key: Key) -> bool {
        let at = self.meaning.columns.get(&key);
        at.is_some_and(|at| self.metadata.row_group(0).column(*at).dictionary_page_offset().is_some())
    }

    /// Values of a column, those that are not there (null) included.
    pub(crate) fn entries(&self, key: Key) -> u64 {
        let at = self.meaning.columns.get(&key);
        let count = at.map_or(0, |at| self.metadata.row_group(0).column(*at).num_values());
        u64::try_from(count).unwrap_or(0)
    }
}

/// Counts the pages of a column.
struct Counter<'a> {
    holds: Holds,
    list: bool,
    rows: &'a Selection,
    /// By the numbers of the dictionary.
    counts: Vec<u32>,
    dict: Option<Arc<Dict>>,
    ints: Vec<i64>,
    /// Room for the values of a page, and their rows.
    codes: Vec<u32>,
    values: Vec<i64>,
    of_rows: Vec<u32>,
    /// The row that counted a dictionary value last.
    seen: Vec<u32>,
}

impl Counter<'_> {
    fn page(&mut self, page: &Page<'_>, start: u32, out: &mut dyn Sink) -> Option<()> {
        let count = page.values()?;
        if page.kind != Kind::Data {
            return None;
        }
        if count == 0 || !self.rows.any(start, page.rows) {
            return Some(());
        }
        let several = self.list && page.entries != page.rows;
        let whole = !several && matches!(self.rows, Selection::All);
        // every row has one value: the rows need not be said, and 64 of them are one word of the selection
        let chosen = match self.rows {
            Selection::Some(chosen) if !several && page.nulls == 0 && page.entries == page.rows => {
                chosen.words(start, page.rows)
            }
            _ => None,
        };
        if let (Some(words), Coding::Dictionary) = (chosen, page.coding) {
            return page.with_values(|bytes| self.chosen(bytes, count, words));
        }
        if !whole {
            self.of_rows.clear();
            page_rows(&mut self.of_rows, self.list, page, start)?;
        }
        page.with_values(|bytes| match (page.coding, self.holds) {
            (Coding::Dictionary, _) => self.numbers(bytes, count, whole, several),
            (Coding::Delta, Holds::Int | Holds::Time) => {
                self.values.clear();
                delta::decode(bytes, count, &mut self.values)?;
                if whole {
                    out.ints(&self.values);
                    return Some(());
                }
                let mut chosen = Vec::with_capacity(self.values.len());
                self.each(self.values.iter().copied(), several, |int| chosen.push(int));
                out.ints(&chosen);
                Some(())
            }
            (Coding::Plain, Holds::Community) => {
                let (hashes, _) = bytes.get(..count.checked_mul(community::LEN)?)?.as_chunks();
                if whole {
                    hashes.iter().for_each(|hash| out.community(hash));
                } else {
                    self.each(hashes.iter(), several, |hash| out.community(hash));
                }
                Some(())
            }
            (Coding::Plain, Holds::Text | Holds::Ip | Holds::Bytes) => {
                let mut rest = bytes;
                let mut texts = Vec::with_capacity(count);
                for _ in 0..count {
                    let (len, tail) = rest.split_first_chunk::<4>()?;
                    let (text, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                    texts.push(text);
                    rest = tail;
                }
                if whole {
                    texts.into_iter().for_each(|text| out.text(text));
                } else {
                    self.each(texts.into_iter(), several, |text| out.text(text));
                }
                Some(())
            }
            _ => None,
        })
    }

    /// Calls `see` with the values of the rows that are meant.
    fn each<T: Ord + Copy>(&self, values: impl Iterator<Item = T>, several: bool, mut see: impl FnMut(T)) {
        let chosen = self.of_rows.iter().copied().zip(values).filter(|(row, _)| self.rows.has(*row));
        if several {
            different(chosen, see);
        } else {
            chosen.for_each(|(_, value)| see(value));
        }
    }

    /// Counts numbers of the dictionary. One that it does not have is damage.
    fn numbers(&mut self, bytes: &[u8], count: usize, whole: bool, several: bool) -> Option<()> {
        let (bits, bytes) = bytes.split_first()?;
        let counts = &mut self.counts;
        let mut beyond = false;
        if whole {
            hybrid::stretches(bytes, *bits, count, &mut |stretch| match stretch {
                Stretch::Run(code, times) => match counts.get_mut(code as usize) {
                    Some(count) => *count += times as u32,
                    None => beyond = true,
                },
                Stretch::Packed(codes) => {
                    for code in codes {
                        match counts.get_mut(*code as usize) {
                            Some(count) => *count += 1,
                            None => beyond = true,
                        }
                    }
                }
            })?;
            return (!beyond).then_some(());
        }
        self.codes.clear();
        hybrid::decode(bytes, *bits, count, &mut self.codes)?;
        if several {
            self.seen.resize(counts.len(), u32::MAX);
        }
        for (row, code) in self.of_rows.iter().zip(&self.codes) {
            let count = counts.get_mut(*code as usize)?;
            if !self.rows.has(*row) {
                continue;
            }
            if several
                && let Some(last) = self.seen.get_mut(*code as usize)
                && std::mem::replace(last, *row) == *row
            {
                continue;
            }
            *count += 1;
        }
        Some(())
    }

    /// Counts numbers of the dictionary, a value a row, of the rows whose bits are set.
    fn chosen(&mut self, bytes: &[u8], count: usize, words: &[u64]) -> Option<()> {
        let (bits, bytes) = bytes.split_first()?;
        self.codes.clear();
        hybrid::decode(bytes, *bits, count, &mut self.codes)?;
        for (codes, word) in self.codes.chunks(64).zip(words) {
            let mut left = *word;
            while left != 0 {
                if let Some(code) = codes.get(left.trailing_zeros() as usize) {
                    *self.counts.get_mut(*code as usize)? += 1;
                }
                left &= left - 1;
            }
        }
        Some(())
    }

    fn finish(self, out: &mut dyn Sink) {
        match self.dict {
            Some(dict) => out.dict(&dict, &self.counts),
            None => {
                for (int, count) in self.ints.iter().zip(&self.counts).filter(|(_, count)| **count > 0) {
                    out.int(*int, u64::from(*count));
                }
            }
        }
    }
}
