//! The most frequent values of a field whose files have dictionaries, without a table of all values.
//!
//! Each file's values are counted by their numbers. A value that is among the most frequent of all has in at least one
//! file its share of the least count that suffices; so only values with so much in a file are added up over all files.
//! The answer is exact. Values that are nearly equally frequent leave too many candidates: then the usual way is taken.

use crate::bitmap::Selection;
use crate::column::{Codes, Column, Data, Dict};
use crate::parallel;
use crate::terms::{Asked, MEMORY};
use fields::{Kind, Target};
use index::{Error, Order, Terms};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Candidates from which the usual way is better.
const MOST_CANDIDATES: usize = 20_000;

/// Values and how many documents have each.
type Counts = Vec<(Vec<u8>, u64)>;

/// What one file counts.
struct List {
    counts: Vec<u32>,
    dict: Arc<Dict>,
}

impl List {
    /// The same in the order of the values: what is in memory is in the order in which it came.
    fn sorted(&self, ip: bool) -> Self {
        let mut order: Vec<usize> = (0..self.dict.len()).collect();
        if ip {
            order.sort_by_cached_key(|at| self.dict.ip(*at));
        } else {
            order.sort_unstable_by_key(|at| self.dict.get(*at));
        }
        let mut dict = Dict { sorted: true, ..Dict::default() };
        order.iter().for_each(|at| dict.push(self.dict.get(*at)));
        let counts = order.iter().map(|at| self.counts.get(*at).copied().unwrap_or(0)).collect();
        Self { counts, dict: Arc::new(dict) }
    }
}

/// How many rows of a selection have each dictionary value; a row counts once for each of its values.
pub(crate) fn count_codes(column: &Column, codes: &[u32], size: usize, rows: &Selection) -> Vec<u32> {
    let mut counts = vec![0u32; size];
    let mut add = |code: u32| {
        if let Some(count) = counts.get_mut(code as usize) {
            *count += 1;
        }
    };
    match (&column.rows, rows) {
        (_, Selection::None) => {}
        (crate::column::Rows::Dense, Selection::All) => codes.iter().for_each(|code| add(*code)),
        (crate::column::Rows::Dense, rows) => {
            for (row, code) in (0u32..).zip(codes) {
                if rows.has(row) {
                    add(*code);
                }
            }
        }
        (crate::column::Rows::Sparse(of), rows) => {
            let mut seen = vec![u32::MAX; size];
            for (row, code) in of.iter().zip(codes) {
                if rows.has(*row)
                    && let Some(last) = seen.get_mut(*code as usize)
                    && std::mem::replace(last, *row) != *row
                {
                    add(*code);
                }
            }
        }
    }
    counts
}

/// The most frequent values and the sum of all counts; `None` where the usual way must be taken.
pub(crate) fn most(asked: &Asked<'_>, target: Target, terms: &Terms) -> Result<Option<(Counts, u64)>, Error> {
    let ways = terms.order == Order::Most && terms.sums.is_empty() && (1..=1_000).contains(&terms.size);
    if !ways || target.kind().is_int() {
        return Ok(None);
    }
    let (other, memory) = (AtomicBool::new(false), AtomicUsize::new(0));
    let lists =
        parallel::each(asked.shared, asked.segments, asked.control, Vec::new, |number, open, lists| {
            let rows = asked.rows(number, open)?;
            if matches!(rows, Selection::None) {
                return Ok(true);
            }
            let Some(column) = open.target(target)? else { return Ok(true) };
            let Data::Texts(codes, dict) = &column.data else { return Ok(true) };
            let list = match codes {
                Codes::Of(codes) => {
                    let counts = count_codes(&column, codes, dict.len(), &rows);
                    let list = List { counts, dict: dict.clone() };
                    if dict.sorted { list } else { list.sorted(target.kind() == Kind::Ip) }
                }
                Codes::Each => {
                    other.store(true, Ordering::Relaxed);
                    return Ok(false);
                }
            };
            let size = list.counts.len() * 4 + list.dict.memory();
            if memory.fetch_add(size, Ordering::Relaxed) + size > MEMORY {
                other.store(true, Ordering::Relaxed);
                return Ok(false);
            }
            lists.push(list);
            Ok(true)
        })?;
    if other.into_inner() {
        return Ok(None);
    }
    let lists: Vec<List> = lists.into_iter().flatten().collect();
    let total = lists.iter().flat_map(|list| &list.counts).map(|count| u64::from(*count)).sum();
    let mut sums = Sums { lists: &lists, ip: target.kind() == Kind::Ip, known: HashMap::default() };
    // what is frequent in some file gives a count that suffices
    for list in &lists {
        let mut by_count: Vec<(u32, usize)> =
            list.counts.iter().copied().zip(0..).filter(|(count, _)| *count > 0).collect();
        if by_count.len() > terms.size {
            by_count.select_nth_unstable_by(terms.size - 1, |a, b| b.cmp(a));
            by_count.truncate(terms.size);
        }
        by_count.iter().for_each(|(_, code)| sums.add(list.dict.get(*code)));
        if sums.known.len() > MOST_CANDIDATES {
            return Ok(None);
        }
    }
    asked.control.check()?;
    let mut found: Vec<u64> = sums.known.values().copied().collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let enough = found.get(terms.size - 1).copied().unwrap_or(1);
    let share = enough.div_ceil(lists.len().max(1) as u64).max(1);
    for list in &lists {
        for (code, _) in list.counts.iter().enumerate().filter(|(_, count)| u64::from(**count) >= share) {
            sums.add(list.dict.get(code));
            if sums.known.len() > MOST_CANDIDATES {
                return Ok(None);
            }
        }
    }
    Ok(Some((sums.known.into_iter().collect(), total)))
}

/// Counts of values over all files.
struct Sums<'a> {
    lists: &'a [List],
    ip: bool,
    known: HashMap<Vec<u8>, u64, ahash::RandomState>,
}

impl Sums<'_> {
    fn add(&mut self, value: &[u8]) {
        if self.known.contains_key(value) {
            return;
        }
        let ip = if self.ip {
            std::str::from_utf8(value).ok().and_then(|text| text.parse::<IpAddr>().ok())
        } else {
            None
        };
        let of_list = |list: &List| {
            let place = match ip {
                Some(ip) => list.dict.ip_range(ip, ip).next(),
                None => list.dict.find_text(value),
            };
            place.and_then(|place| list.counts.get(place)).map_or(0, |count| u64::from(*count))
        };
        let sum = self.lists.iter().map(of_list).sum();
        self.known.insert(value.to_vec(), sum);
    }
}
