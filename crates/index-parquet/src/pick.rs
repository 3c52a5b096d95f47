//! The values of a few rows, out of pages of which only those are decoded: what a page of sessions is made of.

use crate::column::{Codes, Column, Data, Dict, Rows};
use crate::community;
use crate::delta;
use crate::footer::Holds;
use crate::hybrid::{self, Bits};
use crate::pages::{Coding, Page};
use std::sync::Arc;

/// Values picked so far. Rows are numbered in the order in which they were asked for.
pub(crate) struct Picker {
    holds: Holds,
    list: bool,
    optional: bool,
    asked: u32,
    rows: Vec<u32>,
    pub ints: Vec<i64>,
    /// Numbers of dictionary values that are still to be looked up. A column has a dictionary for all pages or none.
    pub codes: Vec<u32>,
    /// Strings: those of the pages, or of the dictionary once they are looked up.
    pub plain: Dict,
    ids: Vec<[u8; 16]>,
}

impl Picker {
    pub(crate) fn new(holds: Holds, list: bool, optional: bool) -> Self {
        Self {
            holds,
            list,
            optional,
            asked: 0,
            rows: Vec::new(),
            ints: Vec::new(),
            codes: Vec::new(),
            plain: Dict::default(),
            ids: Vec::new(),
        }
    }
    pub(crate) fn is_int(&self) -> bool {
        matches!(self.holds, Holds::Int | Holds::Time)
    }

    /// Takes the values of the next rows, all of one page that begins at row `start`.
    pub(crate) fn page(&mut self, page: &Page<'_>, start: u32, wanted: &[u32]) -> Option<()> {
        let before = self.rows.len();
        let mut places = Vec::with_capacity(wanted.len());
        let entries = page.entries as usize;
        let (repetition, definition) = page.level_bytes();
        if wanted.last().is_some_and(|last| *last - start >= page.rows) {
            return None;
        }
        let all_there = page.nulls == 0 && page.entries == page.rows && repetition.len() <= 8;
        if !(self.list || self.optional) || all_there {
            for row in wanted {
                places.push((row - start) as usize);
                self.rows.push(self.asked);
                self.asked += 1;
            }
        } else {
            let defined = Bits::decode(definition, entries)?;
            let of_defined = defined.counts();
            let repeated = if self.list { Bits::decode(repetition, entries)? } else { Bits::clear(entries) };
            let begun = repeated.clear_counts();
            for row in wanted {
                let first = repeated.nth_clear(&begun, (row - start) as usize)?;
                let mut entry = first;
                while entry < entries && (entry == first || repeated.has(entry)) {
                    if defined.has(entry) {
                        places.push(defined.rank(&of_defined, entry));
                        self.rows.push(self.asked);
                    }
                    entry += 1;
                }
                self.asked += 1;
            }
        }
        if places.is_empty() {
            return Some(());
        }
        let count = page.values()?;
        if places.last().is_some_and(|last| *last >= count) {
            return None;
        }
        page.with_values(|bytes| self.values(bytes, page.coding, count, &places))?;
        let taken = self.ints.len() + self.codes.len() + self.plain.len() + self.ids.len();
        (taken == self.rows.len() && self.rows.len() == before + places.len()).then_some(())
    }

    fn values(&mut self, bytes: &[u8], coding: Coding, count: usize, places: &[usize]) -> Option<()> {
        match (coding, self.holds) {
            (Coding::Dictionary, _) => {
                let (bits, bytes) = bytes.split_first()?;
                hybrid::pick(bytes, *bits, places, &mut self.codes)
            }
            (Coding::Delta, Holds::Int | Holds::Time) => {
                let mut all = Vec::new();
                delta::decode(bytes, count, &mut all)?;
                for place in places {
                    self.ints.push(*all.get(*place)?);
                }
                Some(())
            }
            (Coding::Plain, Holds::Id) => {
                for place in places {
                    self.ids.push(fixed(bytes, *place)?);
                }
                Some(())
            }
            (Coding::Plain, Holds::Community) => {
                for place in places {
                    community::unpack(&fixed::<{ community::LEN }>(bytes, *place)?, &mut self.plain);
                }
                Some(())
            }
            (Coding::Plain, Holds::Text | Holds::Ip | Holds::Bytes) => {
                let (mut rest, mut next) = (bytes, 0);
                for place in places {
                    loop {
                        let (len, tail) = rest.split_first_chunk::<4>()?;
                        let (value, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
                        rest = tail;
                        next += 1;
                        if next > *place {
                            self.plain.push(value);
                            break;
                        }
                    }
                }
                Some(())
            }
            _ => None,
        }
    }

    pub(crate) fn finish(self) -> Column {
        let data = match self.holds {
            Holds::Int | Holds::Time => Data::Ints(self.ints),
            Holds::Id => Data::Ids(self.ids),
            Holds::Bytes => Data::Bytes(self.plain),
            _ => Data::Texts(Codes::Each, Arc::new(self.plain)),
        };
        Column { rows: Rows::Sparse(self.rows), data }
    }
}

fn fixed<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    let start = place.checked_mul(N)?;
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}
