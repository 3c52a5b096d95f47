//! Looking things up in a file without decoding whole columns: single values of dictionaries, and the rows that hold them.

use crate::bitmap::Bitmap;
use crate::column::{Dict, FromAscii, Key};
use crate::decode::{Out, ints, page_rows};
use crate::file::{Stored, bad};
use crate::footer::{ColumnNote, Holds};
use crate::pages::{Coding, Kind, Page};
use crate::varint::Reader;
use crate::{community, error, hybrid};
use index::Error;
use memchr::memmem::Finder;
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;
use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

/// Numbers of dictionary values.
pub(crate) type Codes = Vec<u32>;

impl Stored {
    /// The rows of a column of community ids that hold one of some; `None` where it does not hold them as hashes.
    pub(crate) fn community_rows(
        &self,
        key: Key,
        hashes: &[[u8; community::LEN]],
    ) -> Result<Option<Bitmap>, Error> {
        let Some(at) = self.meaning.columns.get(&key) else { return Ok(None) };
        let found = |at: usize| -> Result<Option<Bitmap>, ParquetError> {
            let (note, optional) = self.note(at)?;
            if note.holds != Holds::Community {
                return Ok(None);
            }
            let mut found = Bitmap::none(self.rows);
            let mut out = Out::new(note.holds, note.list, optional);
            self.pages(at, false, &mut |page, row| {
                out.rows.clear();
                let sparse = out.page_rows(page, row)?;
                page.with_values(|bytes| {
                    for (at, value) in bytes.chunks_exact(community::LEN).enumerate() {
                        if hashes.iter().any(|hash| hash == value) {
                            let of_value = if sparse { *out.rows.get(at)? } else { row + at as u32 };
                            found.set(of_value);
                        }
                    }
                    Some(())
                })
            })?;
            Ok(Some(found))
        };
        found(*at).map_err(error::parquet(&self.path))
    }

    /// Where the dictionary page of a column lies.
    fn dictionary_place(&self, at: usize) -> Result<(u64, usize), ParquetError> {
        let chunk = self.metadata.row_group(0).column(at);
        let start = chunk.dictionary_page_offset().and_then(|offset| u64::try_from(offset).ok());
        let end = u64::try_from(chunk.data_page_offset()).ok();
        let place = start
            .zip(end)
            .and_then(|(start, end)| Some((start, usize::try_from(end.checked_sub(start)?).ok()?)));
        place.ok_or_else(|| bad(at, "no dictionary"))
    }

    pub(crate) fn int_dictionary(&self, at: usize) -> Result<Vec<i64>, ParquetError> {
        let (start, size) = self.dictionary_place(at)?;
        let bytes = self.file.get_bytes(start, size)?;
        let page = Page::read(&mut Reader(&bytes)).ok_or_else(|| bad(at, "its dictionary"))?;
        page.with_values(|bytes| Some(ints(bytes))).ok_or_else(|| bad(at, "its dictionary"))
    }

    fn whole_dictionary(&self, at: usize) -> Result<Arc<Dict>, ParquetError> {
        if let Some(kept) = self.dictionaries.get(self.number, at) {
            return Ok(kept);
        }
        let (note, optional) = self.note(at)?;
        let (start, size) = self.dictionary_place(at)?;
        let bytes = self.file.get_bytes(start, size)?;
        let page = Page::read(&mut Reader(&bytes)).ok_or_else(|| bad(at, "its dictionary"))?;
        let mut out = Out::new(note.holds, note.list, optional);
        page.with_values(|bytes| out.dictionary(bytes, page.entries as usize))
            .ok_or_else(|| bad(at, "its dictionary"))?;
        self.dictionaries.keep(self.number, at, &out.dict);
        Ok(out.dict)
    }

    /// Some values of a dictionary of integers, in the order of the codes.
    pub(crate) fn int_values(
        &self,
        at: usize,
        note: &ColumnNote,
        codes: &[u32],
    ) -> Result<Vec<i64>, ParquetError> {
        let beyond = || bad(at, "a number beyond its dictionary");
        let part_values = self.notes.part_values.max(1);
        let mut order: Vec<usize> = (0..codes.len()).collect();
        order.sort_unstable_by_key(|place| codes.get(*place));
        let part = |place: &usize| codes.get(*place).map_or(0, |code| code / part_values);
        let parts = order.chunk_by(|a, b| part(a) == part(b)).count();
        if self.notes.part_values == 0 || parts * 2 > note.frames.len() {
            let ints = self.int_dictionary(at)?;
            return codes.iter().map(|code| ints.get(*code as usize).copied().ok_or_else(beyond)).collect();
        }
        let mut out = vec![0i64; codes.len()];
        for group in order.chunk_by(|a, b| part(a) == part(b)) {
            let number = group.first().map_or(0, part);
            self.with_part(at, note, number as usize, &mut |bytes| {
                for place in group {
                    let start =
                        (codes.get(*place)?.checked_sub(number * part_values)? as usize).checked_mul(8)?;
                    let int = i64::from_le_bytes(*bytes.get(start..)?.first_chunk::<8>()?);
                    *out.get_mut(*place)? = int;
                }
                Some(())
            })?;
        }
        Ok(out)
    }

    /// Some values of a dictionary, in the order of the codes.
    pub(crate) fn strings(&self, at: usize, note: &ColumnNote, codes: &[u32]) -> Result<Dict, ParquetError> {
        let mut out = Dict::default();
        let kept = self.dictionaries.get(self.number, at);
        let part_values = self.notes.part_values.max(1);
        let mut order: Vec<usize> = (0..codes.len()).collect();
        order.sort_unstable_by_key(|place| codes.get(*place));
        let part = |place: &usize| codes.get(*place).map_or(0, |code| code / part_values);
        let parts = order.chunk_by(|a, b| part(a) == part(b)).count();
        if kept.is_some() || self.notes.part_values == 0 || parts * 2 > note.frames.len() {
            let dict = match kept {
                Some(kept) => kept,
                None => self.whole_dictionary(at)?,
            };
            if codes.iter().any(|code| *code as usize >= dict.len()) {
                return Err(bad(at, "a number beyond its dictionary"));
            }
            codes.iter().for_each(|code| out.push(dict.get(*code as usize)));
            return Ok(out);
        }
        let mut found: Vec<std::ops::Range<usize>> = vec![0..0; codes.len()];
        let mut text = Vec::new();
        for group in order.chunk_by(|a, b| part(a) == part(b)) {
            let number = group.first().map_or(0, part) as usize;
            self.with_part(at, note, number, &mut |bytes| {
                let (mut rest, mut next) = (bytes, number as u32 * part_values);
                let mut last: std::ops::Range<usize> = 0..0;
                let mut known = None;
                for place in group {
                    let code = *codes.get(*place)?;
                    if known != Some(code) {
                        loop {
                            let (len, tail) = rest.split_first_chunk::<4>()?;
                            let (value, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                            rest = tail;
                            next += 1;
                            if next > code {
                                last = text.len()..text.len() + value.len();
                                text.extend_from_slice(value);
                                break;
                            }
                        }
                        known = Some(code);
                    }
                    *found.get_mut(*place)? = last.clone();
                }
                Some(())
            })?;
        }
        found.into_iter().for_each(|range| out.push(text.get(range).unwrap_or(&[])));
        Ok(out)
    }

    /// The column of a key, where it has a dictionary.
    fn with_dictionary(&self, key: Key) -> Option<usize> {
        let at = *self.meaning.columns.get(&key)?;
        self.metadata.row_group(0).column(at).dictionary_page_offset().map(|_| at)
    }
    /// Whether a dictionary is in parts and not kept in memory: then one value is found without reading it.
    fn in_parts(&self, at: usize) -> bool {
        let in_parts = self.notes.part_values > 0
            && self.notes.columns.get(at).is_some_and(|note| !note.frames.is_empty());
        in_parts && self.dictionaries.get(self.number, at).is_none()
    }

    /// The rows that hold one of some values; `None` where the column has no dictionary.
    pub(crate) fn rows_of_values(&self, key: Key, values: &[&[u8]]) -> Result<Option<Bitmap>, Error> {
        let Some(at) = self.with_dictionary(key) else { return Ok(None) };
        let found = || -> Result<Bitmap, ParquetError> {
            let mut codes = Codes::new();
            if self.in_parts(at) {
                for value in values {
                    codes.extend(self.find_code(at, value)?);
                }
            } else {
                let (note, _) = self.note(at)?;
                let dict = self.whole_dictionary(at)?;
                for value in values {
                    let place = match IpAddr::from_ascii(value) {
                        Some(ip) if note.holds == Holds::Ip => dict.ip_range(ip, ip).next(),
                        _ => dict.find_text(value),
                    };
                    codes.extend(place.map(|place| place as u32));
                }
            }
            codes.sort_unstable();
            codes.dedup();
            self.rows_of_codes(at, &codes)
        };
        found().map(Some).map_err(error::parquet(&self.path))
    }

    /// The rows whose integers lie in one of some ranges; `None` where the column has no dictionary.
    pub(crate) fn rows_of_ints(&self, key: Key, ranges: &[(i64, i64)]) -> Result<Option<Bitmap>, Error> {
        let Some(at) = self.with_dictionary(key) else { return Ok(None) };
        let found = || -> Result<Bitmap, ParquetError> {
            let ints = self.int_dictionary(at)?;
            let met = |int: &i64| ranges.iter().any(|(from, to)| from <= int && int <= to);
            let codes: Codes =
                (0u32..).zip(&ints).filter(|(_, int)| met(int)).map(|(code, _)| code).collect();
            self.rows_of_codes(at, &codes)
        };
        found().map(Some).map_err(error::parquet(&self.path))
    }

    /// The rows whose strings meet a test, which holds only for strings with one of some texts in them where some are
    /// given; `None` where the column has no dictionary.
    pub(crate) fn rows_with_text(
        &self,
        key: Key,
        needles: &[Finder<'_>],
        test: &dyn Fn(&str) -> bool,
    ) -> Result<Option<Bitmap>, Error> {
        let Some(at) = self.with_dictionary(key) else { return Ok(None) };
        let found = || -> Result<Bitmap, ParquetError> {
            if needles.is_empty() || !self.in_parts(at) {
                let dict = self.whole_dictionary(at)?;
                let codes = (0..dict.len()).filter(|at| test(dict.text(*at))).map(|at| at as u32);
                return self.rows_of_codes(at, &codes.collect::<Codes>());
            }
            let (start, size) = self.dictionary_place(at)?;
            let bytes = self.file.get_bytes(start, size)?;
            let page = Page::read(&mut Reader(&bytes)).ok_or_else(|| bad(at, "its dictionary"))?;
            let codes = page.with_values(|bytes| {
                // A text may be found across two values, with the length of the second in it: the test says no. One within a
                // value is always found.
                let mut places: Vec<usize> =
                    needles.iter().flat_map(|needle| needle.find_iter(bytes)).collect();
                places.sort_unstable();
                let mut codes = Codes::new();
                let mut places = places.into_iter().peekable();
                let (mut offset, mut code) = (0usize, 0u32);
                while let Some(place) = places.peek().copied() {
                    let len = bytes.get(offset..)?.first_chunk::<4>()?;
                    let end = (offset + 4).checked_add(u32::from_le_bytes(*len) as usize)?;
                    if place < end {
                        while places.next_if(|place| *place < end).is_some() {}
                        let value = bytes.get(offset + 4..end)?;
                        if std::str::from_utf8(value).is_ok_and(test) {
                            codes.push(code);
                        }
                    }
                    offset = end;
                    code += 1;
                }
                Some(codes)
            });
            self.rows_of_codes(at, &codes.ok_or_else(|| bad(at, "its dictionary"))?)
        };
        found().map(Some).map_err(error::parquet(&self.path))
    }

    /// The number of a value in a dictionary in parts.
    fn find_code(&self, at: usize, value: &[u8]) -> Result<Option<u32>, ParquetError> {
        let (note, _) = self.note(at)?;
        let part_values = self.notes.part_values;
        let wanted = IpAddr::from_ascii(value);
        // addresses are in the order of their numbers
        let compare = |other: &[u8]| match (note.holds, IpAddr::from_ascii(other)) {
            (Holds::Ip, Some(other)) => Some(other).cmp(&wanted),
            _ => other.cmp(value),
        };
        let (mut low, mut high) = (0usize, note.frames.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let answer = self.with_part(at, note, middle, &mut |bytes| {
                let (mut rest, mut code) = (bytes, middle as u32 * part_values);
                let mut first = true;
                while let Some((len, tail)) = rest.split_first_chunk::<4>() {
                    let (other, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                    match compare(other) {
                        Ordering::Equal => return Some(Ok(code)),
                        Ordering::Greater if first => return Some(Err(Some(Ordering::Less))),
                        Ordering::Greater => return Some(Err(None)),
                        Ordering::Less => {}
                    }
                    first = false;
                    code += 1;
                    rest = tail;
                }
                Some(Err(Some(Ordering::Greater)))
            })?;
            match answer {
                Ok(code) => return Ok(Some(code)),
                Err(None) => return Ok(None),
                Err(Some(Ordering::Less)) => high = middle,
                Err(_) => low = middle + 1,
            }
        }
        Ok(None)
    }

    /// Calls `see` with the values of a part of a dictionary.
    fn with_part<T>(
        &self,
        at: usize,
        note: &ColumnNote,
        number: usize,
        see: &mut dyn FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, ParquetError> {
        let (start, size) = self.dictionary_place(at)?;
        let sum = |frames: &[u32]| frames.iter().map(|len| u64::from(*len)).sum::<u64>();
        // the header of the page comes first
        let head = (size as u64)
            .checked_sub(sum(&note.frames))
            .ok_or_else(|| bad(at, "the parts of its dictionary"))?;
        let (Some(before), Some(len)) = (note.frames.get(..number), note.frames.get(number)) else {
            return Err(bad(at, "a number beyond its dictionary"));
        };
        let stored = self.file.get_bytes(start + head + sum(before), *len as usize)?;
        let size = zstd::zstd_safe::get_frame_content_size(&stored).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok());
        size.and_then(|size| crate::pages::decompressed(&stored, size, see))
            .ok_or_else(|| bad(at, "a part of its dictionary"))
    }

    /// The rows that hold one of some dictionary values (ascending).
    fn rows_of_codes(&self, at: usize, wanted: &[u32]) -> Result<Bitmap, ParquetError> {
        let mut found = Bitmap::none(self.rows);
        let (Some(least), Some(most)) = (wanted.first().copied(), wanted.last().copied()) else {
            return Ok(found);
        };
        let (note, optional) = self.note(at)?;
        let mut out = Out::new(note.holds, note.list, optional);
        let mut met = vec![false; (most - least) as usize + 1];
        for code in wanted {
            if let Some(place) = met.get_mut((*code - least) as usize) {
                *place = true;
            }
        }
        self.pages(at, true, &mut |page, row| {
            let count = page.values()?;
            if page.kind != Kind::Data || page.coding != Coding::Dictionary {
                return None;
            }
            if count == 0 {
                return Some(());
            }
            page.with_values(|bytes| {
                let (bits, bytes) = bytes.split_first()?;
                out.codes.clear();
                hybrid::decode(bytes, *bits, count, &mut out.codes)
            })?;
            // the hits among 64 values; one comparison each where the numbers wanted are next to each other
            let span = most - least;
            let together = wanted.len() == span as usize + 1;
            let hits = |codes: &[u32]| {
                let all = codes.iter().enumerate();
                if together {
                    all.fold(0u64, |word, (bit, code)| {
                        word | u64::from(code.wrapping_sub(least) <= span) << bit
                    })
                } else {
                    all.fold(0u64, |word, (bit, code)| {
                        let meets = met.get(code.wrapping_sub(least) as usize) == Some(&true);
                        word | u64::from(meets) << bit
                    })
                }
            };
            if !note.list && page.nulls == 0 {
                for (start, codes) in (row..).step_by(64).zip(out.codes.chunks(64)) {
                    found.add_word(start, hits(codes));
                }
            } else if note.list && page.nulls == 0 {
                // every row has a value: one that is not repeated begins the next row
                let repeated = hybrid::Bits::decode(page.level_bytes().0, count)?;
                let mut next = row;
                for (word, codes) in repeated.words().zip(out.codes.chunks(64)) {
                    let begins = !word & (u64::MAX >> (64 - codes.len()));
                    let mut hits = hits(codes);
                    while hits != 0 {
                        let upto = u64::MAX >> (63 - hits.trailing_zeros());
                        found.set((next + (begins & upto).count_ones()).wrapping_sub(1));
                        hits &= hits - 1;
                    }
                    next += begins.count_ones();
                }
            } else {
                // which rows the values are of is asked only where there are hits
                let mut asked = false;
                for (number, codes) in out.codes.chunks(64).enumerate() {
                    let mut hits = hits(codes);
                    if hits != 0 && !std::mem::replace(&mut asked, true) {
                        out.rows.clear();
                        page_rows(&mut out.rows, note.list, page, row)?;
                    }
                    while hits != 0 {
                        found.set(*out.rows.get(number * 64 + hits.trailing_zeros() as usize)?);
                        hits &= hits - 1;
                    }
                }
            }
            Some(())
        })?;
        Ok(found)
    }
}
