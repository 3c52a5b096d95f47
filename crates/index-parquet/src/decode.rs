//! Whole columns out of their pages, in the form that questions are answered from.

use crate::column::{Codes, Column, Data, Dict, Rows};
use crate::footer::Holds;
use crate::hybrid::{self, Bits};
use crate::pages::{Coding, Page};
use crate::{community, delta};
use std::sync::Arc;

pub(crate) fn ints(bytes: &[u8]) -> Vec<i64> {
    bytes.chunks_exact(8).filter_map(|b| b.try_into().ok()).map(i64::from_le_bytes).collect()
}

/// Numbers of different encodings that became one column.
pub(crate) struct Out {
    holds: Holds,
    list: bool,
    optional: bool,
    pub rows: Vec<u32>,
    pub ints: Vec<i64>,
    int_dict: Vec<i64>,
    pub codes: Vec<u32>,
    /// The dictionary.
    pub dict: Arc<Dict>,
    /// Values without a dictionary.
    plain: Dict,
    ids: Vec<[u8; 16]>,
}

impl Out {
    pub(crate) fn new(holds: Holds, list: bool, optional: bool) -> Self {
        Self {
            holds,
            list,
            optional,
            rows: Vec::new(),
            ints: Vec::new(),
            int_dict: Vec::new(),
            codes: Vec::new(),
            dict: Arc::default(),
            plain: Dict::default(),
            ids: Vec::new(),
        }
    }

    pub(crate) fn dictionary(&mut self, bytes: &[u8], count: usize) -> Option<()> {
        if matches!(self.holds, Holds::Int | Holds::Time) {
            self.int_dict = ints(bytes);
            return (self.int_dict.len() == count).then_some(());
        }
        let mut dict = Dict { sorted: true, ..Dict::default() };
        dict.ends.reserve(count.min(bytes.len()));
        plain(bytes, count, &mut dict)?;
        self.dict = Arc::new(dict);
        Some(())
    }

    pub(crate) fn page(&mut self, page: &Page<'_>, start: u32) -> Option<()> {
        self.page_rows(page, start)?;
        let count = page.values()?;
        if count == 0 {
            return Some(());
        }
        page.with_values(|bytes| self.values(bytes, page.coding, count))
    }

    /// The rows of the values of a page; false where every row has one and they need not be said.
    pub(crate) fn page_rows(&mut self, page: &Page<'_>, start: u32) -> Option<bool> {
        let (count, rows) = (page.values()?, page.rows);
        if !(self.list || self.optional) {
            return (count == rows as usize).then_some(false);
        }
        page_rows(&mut self.rows, self.list, page, start)?;
        Some(true)
    }

    pub(crate) fn values(&mut self, bytes: &[u8], coding: Coding, count: usize) -> Option<()> {
        match (coding, self.holds) {
            (Coding::Dictionary, holds) => {
                let (bits, bytes) = bytes.split_first()?;
                let before = self.codes.len();
                hybrid::decode(bytes, *bits, count, &mut self.codes)?;
                let codes = self.codes.get(before..)?;
                let ints = matches!(holds, Holds::Int | Holds::Time);
                let size = if ints { self.int_dict.len() } else { self.dict.len() };
                // one look at the largest keeps every later look-up within the dictionary
                if codes.iter().fold(0, |most, code| most.max(*code)) as usize >= size {
                    return None;
                }
                if ints {
                    let dict = &self.int_dict;
                    self.ints.extend(codes.iter().map(|code| dict.get(*code as usize).copied().unwrap_or(0)));
                    self.codes.clear();
                }
            }
            (Coding::Delta, Holds::Int | Holds::Time) => {
                delta::decode(bytes, count, &mut self.ints)?;
            }
            (Coding::Plain, Holds::Id) => {
                let more = bytes.get(..count.checked_mul(16)?)?;
                self.ids.extend(more.chunks_exact(16).filter_map(|id| <[u8; 16]>::try_from(id).ok()));
            }
            (Coding::Plain, Holds::Community) => {
                let more = bytes.get(..count.checked_mul(community::LEN)?)?;
                more.chunks_exact(community::LEN).for_each(|hash| community::unpack(hash, &mut self.plain));
            }
            (Coding::Plain, Holds::Text | Holds::Ip | Holds::Bytes) => {
                plain(bytes, count, &mut self.plain)?;
            }
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn finish(self) -> Column {
        let rows = if self.list || self.optional { Rows::Sparse(self.rows) } else { Rows::Dense };
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

/// Appends the row of each value of a page of a column in which rows may have none or several.
pub(crate) fn page_rows(out: &mut Vec<u32>, list: bool, page: &Page<'_>, start: u32) -> Option<()> {
    let (count, rows, before) = (page.values()?, page.rows, out.len());
    let (repetition, definition) = page.level_bytes();
    if page.nulls == 0 && page.entries == rows && repetition.len() <= 8 {
        out.extend(start..start + rows);
    } else if count > 0 {
        let defined = Bits::decode(definition, page.entries as usize)?;
        if list {
            let repeated = Bits::decode(repetition, page.entries as usize)?;
            // a value that is not repeated begins a row
            defined.set_by_clear(&repeated, &mut |begun| out.push(start + begun.saturating_sub(1)));
        } else {
            defined.set(&mut |at| out.push(start + at as u32));
        }
    }
    (out.len() - before == count && out.last().is_none_or(|row| *row < start + rows)).then_some(())
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
