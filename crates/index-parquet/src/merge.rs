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
    /// Strings that hardly repeat: part and place.
    Each(Vec<(u32, u32)>),
    Bytes(Vec<(u32, u32)>),
    Ids(Vec<[u8; 16]>),
}

fn column(parts: &[Part<'_>], key: Key, rows: u32, ip: bool) -> Option<Column> {
    let first = parts.iter().find_map(|p| p.columns.get(&key))?;
    let mut joined = match &first.data {
        Data::Ints(_) => Joined::Ints(Vec::new()),
        Data::Texts(..) if hardly_repeat(parts, key) => Joined::Each(Vec::new()),
        Data::Texts(..) => Joined::Texts(Vec::new(), Interner::default()),
        Data::Bytes(_) => Joined::Bytes(Vec::new()),
        Data::Ids(_) => Joined::Ids(Vec::new()),
    };
    let mut new_rows =
        Vec::with_capacity(parts.iter().filter_map(|p| p.columns.get(&key)).map(|c| c.len()).sum());
    for (number, part) in parts.iter().enumerate() {
        let Some(column) = part.columns.get(&key) else { continue };
        // where each value goes
        let mapped: Vec<u32>;
        let to: &[u32] = match &column.rows {
            Rows::Dense => part.goes_to.get(..column.len()).unwrap_or(&part.goes_to),
            Rows::Sparse(rows) => {
                let new = |row: &u32| part.goes_to.get(*row as usize).copied().unwrap_or(LEFT_OUT);
                mapped = rows.iter().map(new).collect();
                &mapped
            }
        };
        let whole = to.len() == column.len() && !to.contains(&LEFT_OUT);
        let mut take = |at: usize| {
            let to = to.get(at).copied().filter(|to| *to != LEFT_OUT);
            new_rows.extend(to);
            to.is_some()
        };
        match (&mut joined, &column.data) {
            (Joined::Ints(out), Data::Ints(ints)) if whole => out.extend_from_slice(ints),
            (Joined::Ints(out), Data::Ints(ints)) => {
                out.extend(ints.iter().enumerate().filter(|(at, _)| take(*at)).map(|(_, int)| *int));
            }
            (Joined::Ids(out), Data::Ids(ids)) if whole => out.extend_from_slice(ids),
            (Joined::Ids(out), Data::Ids(ids)) => {
                out.extend(ids.iter().enumerate().filter(|(at, _)| take(*at)).map(|(_, id)| *id));
            }
            (Joined::Each(out), Data::Texts(Codes::Each, _)) if whole => {
                out.extend((0..column.len() as u32).map(|at| (number as u32, at)));
            }
            (Joined::Each(out), Data::Texts(Codes::Each, _)) => {
                out.extend((0..column.len()).filter(|at| take(*at)).map(|at| (number as u32, at as u32)));
            }
            (Joined::Texts(out, interner), Data::Texts(codes, dict)) => {
                let mut map = vec![u32::MAX; dict.len()];
                out.reserve(column.len());
                for at in 0..column.len() {
                    if !whole && !take(at) {
                        continue;
                    }
                    let place = map.get_mut(codes.get(at));
                    let new = match place {
                        Some(place) => {
                            if *place == u32::MAX {
                                *place = interner.number(dict.get(codes.get(at)));
                            }
                            *place
                        }
                        // a code beyond its dictionary is refused when a file is read
                        None => interner.number(b""),
                    };
                    out.push(new);
                }
            }
            (Joined::Bytes(out), Data::Bytes(_)) if whole => {
                out.extend((0..column.len() as u32).map(|at| (number as u32, at)));
            }
            (Joined::Bytes(out), Data::Bytes(_)) => {
                out.extend((0..column.len()).filter(|at| take(*at)).map(|at| (number as u32, at as u32)));
            }
            // two files that disagree about a column's kind: a field was redeclared; the first one holds
            _ => continue,
        }
        if whole {
            new_rows.extend_from_slice(to);
        }
    }
    if new_rows.is_empty() {
        return None;
    }
    let order = order(&new_rows, rows);
    let pick = |at: usize| order.as_ref().map_or(at, |o| o.get(at).map_or(at, |n| *n as usize));
    let count = new_rows.len();
    let gather = |places: Vec<(u32, u32)>| {
        let mut out = Dict::default();
        out.ends.reserve(count);
        for at in 0..count {
            let Some((part, value)) = places.get(pick(at)) else { continue };
            let column = parts.get(*part as usize).and_then(|p| p.columns.get(&key));
            out.push(column.map_or(&[], |c| c.bytes(*value as usize)));
        }
        out
    };
    let data = match joined {
        Joined::Ints(ints) => Data::Ints(picked(ints, order.as_deref())),
        Joined::Ids(ids) => Data::Ids(picked(ids, order.as_deref())),
        Joined::Bytes(places) => Data::Bytes(gather(places)),
        Joined::Each(places) => Data::Texts(Codes::Each, Arc::new(gather(places))),
        Joined::Texts(codes, interner) => texts(picked(codes, order.as_deref()), interner.dict, ip),
    };
    let mut sorted = picked(new_rows, order.as_deref());
    let dense = count == rows as usize && sorted.iter().zip(0..).all(|(row, at)| *row == at);
    if dense {
        sorted = Vec::new();
    }
    Some(Column { rows: if dense { Rows::Dense } else { Rows::Sparse(sorted) }, data })
}

/// Values in an order; as they are without one.
fn picked<T: Copy>(values: Vec<T>, order: Option<&[u32]>) -> Vec<T> {
    match order {
        None => values,
        Some(order) => order.iter().filter_map(|at| values.get(*at as usize).copied()).collect(),
    }
}

/// Whether strings that have no dictionary in any part hardly repeat over all of them either: a sample of one in sixteen,
/// the same for equal strings, tells.
fn hardly_repeat(parts: &[Part<'_>], key: Key) -> bool {
    let (mut seen, mut different) = (0usize, std::collections::HashSet::<u64, ahash::RandomState>::default());
    for column in parts.iter().filter_map(|part| part.columns.get(&key)) {
        let Data::Texts(Codes::Each, dict) = &column.data else { return false };
        for hash in dict.iter().map(xxhash_rust::xxh3::xxh3_64).filter(|hash| hash % 16 == 0) {
            seen += 1;
            different.insert(hash);
        }
    }
    seen > 256 && different.len() * 2 > seen
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
