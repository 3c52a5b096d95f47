//! Rows of several tables put into one order: what flushing and merging do.

use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::intern::Interner;
use crate::table::Table;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// Row of a part that is left out.
pub(crate) const LEFT_OUT: u32 = u32::MAX;

/// A part and where each of its rows goes.
pub(crate) struct Part<'a> {
    pub columns: &'a HashMap<Key, Arc<Column>>,
    /// The new row of each row, or [`LEFT_OUT`].
    pub goes_to: Vec<u32>,
}

/// One table of the rows of all parts. Dictionaries are sorted and hold only what is used; strings that hardly
/// repeat get none. `is_ip` says which columns hold addresses.
pub(crate) fn merge(parts: &[Part<'_>], rows: u32, is_ip: &dyn Fn(Key) -> bool) -> Table {
    let keys: BTreeSet<Key> = parts.iter().flat_map(|p| p.columns.keys().copied()).collect();
    let columns = keys
        .into_iter()
        .filter_map(|key| column(parts, key, rows, is_ip(key)).map(|column| (key, Arc::new(column))))
        .collect();
    Table { rows, columns }
}

enum Joined {
    Ints(Vec<i64>),
    Texts(Vec<u32>, Interner),
    Bytes(Vec<(u32, u32)>),
    Ids(Vec<[u8; 16]>),
}

fn column(parts: &[Part<'_>], key: Key, rows: u32, ip: bool) -> Option<Column> {
    let first = parts.iter().find_map(|p| p.columns.get(&key))?;
    let mut joined = match &first.data {
        Data::Ints(_) => Joined::Ints(Vec::new()),
        Data::Texts(..) => Joined::Texts(Vec::new(), Interner::default()),
        Data::Bytes(_) => Joined::Bytes(Vec::new()),
        Data::Ids(_) => Joined::Ids(Vec::new()),
    };
    let mut new_rows =
        Vec::with_capacity(parts.iter().filter_map(|p| p.columns.get(&key)).map(|c| c.len()).sum());
    for (number, part) in parts.iter().enumerate() {
        let Some(column) = part.columns.get(&key) else { continue };
        let goes_to = |at: usize| part.goes_to.get(column.row(at) as usize).copied().unwrap_or(LEFT_OUT);
        let kept = (0..column.len()).map(|at| (at, goes_to(at))).filter(|(_, to)| *to != LEFT_OUT);
        match (&mut joined, &column.data) {
            (Joined::Ints(out), Data::Ints(ints)) => {
                for ((_, to), int) in kept_with(kept, ints) {
                    new_rows.push(to);
                    out.push(int);
                }
            }
            (Joined::Ids(out), Data::Ids(ids)) => {
                for ((_, to), id) in kept_with(kept, ids) {
                    new_rows.push(to);
                    out.push(id);
                }
            }
            (Joined::Texts(out, interner), Data::Texts(codes, dict)) => {
                let mut map = vec![u32::MAX; dict.len()];
                for (at, to) in kept {
                    let Some(place) = map.get_mut(codes.get(at)) else { continue };
                    if *place == u32::MAX {
                        *place = interner.number(dict.get(codes.get(at)));
                    }
                    new_rows.push(to);
                    out.push(*place);
                }
            }
            (Joined::Bytes(out), Data::Bytes(_)) => {
                for (at, to) in kept {
                    new_rows.push(to);
                    out.push((number as u32, at as u32));
                }
            }
            // two files that disagree about a column's kind: a field was redeclared; the first one holds
            _ => {}
        }
    }
    if new_rows.is_empty() {
        return None;
    }
    let order = order(&new_rows, rows);
    let pick = |at: usize| order.as_ref().map_or(at, |o| o.get(at).map_or(at, |n| *n as usize));
    let count = new_rows.len();
    let data = match joined {
        Joined::Ints(ints) => Data::Ints((0..count).filter_map(|at| ints.get(pick(at)).copied()).collect()),
        Joined::Ids(ids) => Data::Ids((0..count).filter_map(|at| ids.get(pick(at)).copied()).collect()),
        Joined::Bytes(places) => {
            let mut out = Dict::default();
            for at in 0..count {
                let Some((part, value)) = places.get(pick(at)) else { continue };
                let column = parts.get(*part as usize).and_then(|p| p.columns.get(&key));
                out.push(column.map_or(&[], |c| c.bytes(*value as usize)));
            }
            Data::Bytes(out)
        }
        Joined::Texts(codes, interner) => {
            let codes: Vec<u32> = (0..count).filter_map(|at| codes.get(pick(at)).copied()).collect();
            texts(codes, interner.dict, ip)
        }
    };
    let mut sorted: Vec<u32> = (0..count).filter_map(|at| new_rows.get(pick(at)).copied()).collect();
    let dense = count == rows as usize && sorted.iter().zip(0..).all(|(row, at)| *row == at);
    if dense {
        sorted = Vec::new();
    }
    Some(Column { rows: if dense { Rows::Dense } else { Rows::Sparse(sorted) }, data })
}

fn kept_with<T: Copy>(
    kept: impl Iterator<Item = (usize, u32)>,
    values: &[T],
) -> impl Iterator<Item = ((usize, u32), T)> {
    kept.filter_map(|(at, to)| values.get(at).map(|v| ((at, to), *v)))
}

/// The order of the values by row, values of one row as they came; `None` where they are in order already.
fn order(rows_of: &[u32], rows: u32) -> Option<Vec<u32>> {
    if rows_of.is_sorted() {
        return None;
    }
    if rows_of.len() * 8 < rows as usize {
        let mut order: Vec<u32> = (0..rows_of.len() as u32).collect();
        order.sort_by_key(|at| rows_of.get(*at as usize));
        return Some(order);
    }
    let mut next = vec![0u32; rows as usize + 1];
    for row in rows_of {
        if let Some(n) = next.get_mut(*row as usize + 1) {
            *n += 1;
        }
    }
    let mut sum = 0;
    for n in &mut next {
        sum += *n;
        *n = sum;
    }
    let mut order = vec![0u32; rows_of.len()];
    for (at, row) in rows_of.iter().enumerate() {
        if let Some(n) = next.get_mut(*row as usize) {
            if let Some(place) = order.get_mut(*n as usize) {
                *place = at as u32;
            }
            *n += 1;
        }
    }
    Some(order)
}

/// Sorts the dictionary, or does without one where most values are different.
fn texts(mut codes: Vec<u32>, dict: Dict, ip: bool) -> Data {
    if dict.len() > 1_024 && dict.len() * 2 > codes.len() {
        let mut each = Dict::default();
        each.bytes.reserve(dict.bytes.len());
        codes.iter().for_each(|code| each.push(dict.get(*code as usize)));
        return Data::Texts(Codes::Each, Arc::new(each));
    }
    let mut by_value: Vec<u32> = (0..dict.len() as u32).collect();
    if ip {
        let parsed: Vec<Option<IpAddr>> = (0..dict.len()).map(|at| dict.ip(at)).collect();
        by_value.sort_unstable_by_key(|at| parsed.get(*at as usize).copied().flatten());
    } else {
        by_value.sort_unstable_by(|a, b| dict.get(*a as usize).cmp(dict.get(*b as usize)));
    }
    let mut rank = vec![0u32; dict.len()];
    let mut sorted = Dict { sorted: true, ..Dict::default() };
    sorted.bytes.reserve(dict.bytes.len());
    for (new, old) in by_value.iter().enumerate() {
        sorted.push(dict.get(*old as usize));
        if let Some(place) = rank.get_mut(*old as usize) {
            *place = new as u32;
        }
    }
    for code in &mut codes {
        *code = rank.get(*code as usize).copied().unwrap_or(0);
    }
    Data::Texts(Codes::Of(codes), Arc::new(sorted))
}
