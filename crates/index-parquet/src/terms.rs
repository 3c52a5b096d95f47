//! Values and how often: exact, in bounded memory.
//!
//! Values are numbered as they are met and counted in arrays. When there are so many different ones that this takes
//! too much memory, the values are divided by hash and counted in several passes. Deeper levels are passes of their
//! own: the values of the next level among the documents of the buckets found so far.

use crate::bitmap::Selection;
use crate::column::{Codes, Column, Data};
use crate::eval::Node;
use crate::intern::Interner;
use crate::most::{Means, Most};
use crate::parallel;
use crate::segment::{Open, Segment};
use crate::shared::Shared;
use crate::tally::all_row_sums;
use fields::{Def, Kind, Target};
use index::meaning::order_buckets;
use index::{Aggregate, Bucket, Control, Error, ErrorKind, Key, Order, Outcome, Terms};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Memory that all threads of one pass take together, bytes.
pub(crate) const MEMORY: usize = 256 << 20;
/// Passes after which the question is refused.
const MOST_PASSES: u64 = 1_024;

/// What one thread has counted: values by the bucket that they are in.
struct Counted {
    values: Interner,
    counts: Vec<u64>,
    sums: Vec<i64>,
    /// The row that counted a value last: a document counts once for each of its values.
    seen: Vec<u64>,
}

/// Which part of the values a pass counts.
#[derive(Clone, Copy)]
struct Pass {
    number: u64,
    of: u64,
}

impl Pass {
    fn takes(&self, key: &[u8]) -> bool {
        self.of == 1 || xxh3_64(key) % self.of == self.number
    }
}

impl Counted {
    fn new() -> Self {
        Self { values: Interner::default(), counts: Vec::new(), sums: Vec::new(), seen: Vec::new() }
    }
    fn number(&mut self, key: &[u8], width: usize) -> usize {
        let number = self.values.number(key) as usize;
        if number >= self.counts.len() {
            self.counts.push(0);
            self.seen.push(u64::MAX);
            self.sums.resize(self.counts.len() * width, 0);
        }
        number
    }
    fn add(&mut self, number: usize, count: u64, sums: impl Iterator<Item = i64>, width: usize) {
        if let Some(place) = self.counts.get_mut(number) {
            *place += count;
        }
        let places = self.sums.get_mut(number * width..).unwrap_or(&mut []);
        places.iter_mut().zip(sums).for_each(|(a, b)| *a = a.wrapping_add(b));
    }
    fn memory(&self) -> usize {
        self.values.dict.memory() + self.counts.len() * (16 + 12) + self.sums.len() * 8
    }
}

/// A level above, and the numbers of the values chosen on it.
type Above = (Target, HashMap<Vec<u8>, u32, ahash::RandomState>);

/// A level that is counted: the values of `target` among the documents of each bucket of the levels above.
struct Level<'a> {
    target: Target,
    /// The levels above, each with its buckets: (bucket above, value) to bucket.
    above: &'a [Above],
    sums: &'a [&'static Def],
}

/// The key of a value of a column, after the number of the bucket above.
fn key_of(column: &Column, at: usize, above: Option<u32>, out: &mut Vec<u8>) {
    out.clear();
    out.extend(above.into_iter().flat_map(u32::to_le_bytes));
    match &column.data {
        Data::Ints(ints) => out.extend_from_slice(&ints.get(at).copied().unwrap_or(0).to_le_bytes()),
        _ => out.extend_from_slice(column.bytes(at)),
    }
}

/// Smallest value and number of values up to the largest, where an array of them is small beside the column.
pub(crate) fn small_range(ints: &[i64]) -> Option<(i64, usize)> {
    let (least, most) = (ints.iter().min()?, ints.iter().max()?);
    let size = usize::try_from(most.checked_sub(*least)?).ok()?.checked_add(1)?;
    (size <= 1 << 17 && size <= ints.len().saturating_mul(4)).then_some((*least, size))
}

/// A value from the bytes that are its key on a level.
pub(crate) fn owned(key: &[u8], kind: Kind) -> Option<Key> {
    if kind.is_int() {
        return Some(Key::Int(i64::from_le_bytes(key.try_into().ok()?)));
    }
    let text = std::str::from_utf8(key).ok()?;
    if kind == Kind::Ip {
        return text.parse::<IpAddr>().ok().map(Key::Ip);
    }
    Some(Key::Text(text.to_owned()))
}

impl Level<'_> {
    fn count(
        &self,
        number: usize,
        open: &Open<'_>,
        rows: &Selection,
        pass: Pass,
        out: &mut Counted,
    ) -> Result<(), Error> {
        let Some(column) = open.target(self.target)? else { return Ok(()) };
        let sums = all_row_sums(open, self.sums)?;
        let width = sums.len();
        let sums_of = |row: u32| sums.iter().map(move |s| s.of(row));
        let mut key = Vec::new();
        if self.above.is_empty() {
            match &column.data {
                Data::Texts(Codes::Of(codes), dict) if dict.sorted => {
                    // every value has one code: count codes, then name those that occurred
                    let mut counts = vec![0u64; dict.len()];
                    let mut of_code = vec![0i64; dict.len() * width];
                    let mut seen = vec![u32::MAX; dict.len()];
                    for (at, code) in codes.iter().enumerate() {
                        let row = column.row(at);
                        let code = *code as usize;
                        if !rows.has(row) {
                            continue;
                        }
                        let Some(last) = seen.get_mut(code) else { continue };
                        if std::mem::replace(last, row) == row {
                            continue;
                        }
                        if let Some(count) = counts.get_mut(code) {
                            *count += 1;
                        }
                        if width > 0 {
                            let places = of_code.get_mut(code * width..).unwrap_or(&mut []);
                            places.iter_mut().zip(sums_of(row)).for_each(|(a, b)| *a = a.wrapping_add(b));
                        }
                    }
                    for (code, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                        let value = dict.get(code);
                        if pass.takes(value) {
                            let place = out.number(value, width);
                            let more = of_code.get(code * width..).unwrap_or(&[]).iter().copied().take(width);
                            out.add(place, *count, more, width);
                        }
                    }
                }
                Data::Ints(ints) if small_range(ints).is_some() => {
                    let (least, size) = small_range(ints).unwrap_or((0, 0));
                    let mut counts = vec![0u64; size];
                    let mut of_value = vec![0i64; size * width];
                    let mut seen = vec![u32::MAX; size];
                    for (at, int) in ints.iter().enumerate() {
                        let row = column.row(at);
                        let value = int.wrapping_sub(least) as usize;
                        let Some(last) = seen.get_mut(value) else { continue };
                        if !rows.has(row) || std::mem::replace(last, row) == row {
                            continue;
                        }
                        if let Some(count) = counts.get_mut(value) {
                            *count += 1;
                        }
                        if width > 0 {
                            let places = of_value.get_mut(value * width..).unwrap_or(&mut []);
                            places.iter_mut().zip(sums_of(row)).for_each(|(a, b)| *a = a.wrapping_add(b));
                        }
                    }
                    for (value, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                        let key = least.wrapping_add(value as i64).to_le_bytes();
                        if pass.takes(&key) {
                            let place = out.number(&key, width);
                            let more =
                                of_value.get(value * width..).unwrap_or(&[]).iter().copied().take(width);
                            out.add(place, *count, more, width);
                        }
                    }
                }
                _ => {
                    let mut last: Option<(i64, usize)> = None;
                    for at in 0..column.len() {
                        let row = column.row(at);
                        if !rows.has(row) {
                            continue;
                        }
                        let int = column.ints().get(at).copied();
                        let place = match (last, int) {
                            (Some((value, place)), Some(int)) if value == int => place,
                            _ => {
                                key_of(&column, at, None, &mut key);
                                if !pass.takes(&key) {
                                    continue;
                                }
                                out.number(&key, width)
                            }
                        };
                        last = int.map(|int| (int, place));
                        let stamp = (number as u64) << 32 | u64::from(row);
                        if out.seen.get_mut(place).is_some_and(|s| std::mem::replace(s, stamp) == stamp) {
                            continue;
                        }
                        out.add(place, 1, sums_of(row), width);
                    }
                }
            }
            return Ok(());
        }
        let mut above = Vec::with_capacity(self.above.len());
        for (target, buckets) in self.above {
            let Some(column) = open.target(*target)? else { return Ok(()) };
            above.push((column, buckets));
        }
        let (mut parents, mut next) = (Vec::new(), Vec::new());
        let mut last_row = None;
        for at in 0..column.len() {
            let row = column.row(at);
            if !rows.has(row) {
                continue;
            }
            if last_row != Some(row) {
                last_row = Some(row);
                parents.clear();
                parents.push(0u32);
                for (column, buckets) in &above {
                    next.clear();
                    for parent in &parents {
                        for at in column.of_row(row) {
                            key_of(column, at, Some(*parent), &mut key);
                            if let Some(bucket) = buckets.get(key.as_slice())
                                && !next.contains(bucket)
                            {
                                next.push(*bucket);
                            }
                        }
                    }
                    std::mem::swap(&mut parents, &mut next);
                }
            }
            for parent in &parents {
                key_of(&column, at, Some(*parent), &mut key);
                if !pass.takes(&key) {
                    continue;
                }
                let place = out.number(&key, width);
                let stamp = (number as u64) << 32 | u64::from(row);
                if out.seen.get_mut(place).is_some_and(|s| std::mem::replace(s, stamp) == stamp) {
                    continue;
                }
                out.add(place, 1, sums_of(row), width);
            }
        }
        Ok(())
    }
}

/// What a question is asked of.
pub(crate) struct Asked<'a> {
    pub shared: &'a Shared,
    pub segments: &'a [Segment],
    pub control: &'a Control,
    node: &'a Node,
    /// The rows of each segment that are meant, found out once for all passes: a bit a row at most.
    rows: Vec<OnceLock<Selection>>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        shared: &'a Shared,
        segments: &'a [Segment],
        node: &'a Node,
        control: &'a Control,
    ) -> Self {
        let rows = segments.iter().map(|_| OnceLock::new()).collect();
        Self { shared, segments, control, node, rows }
    }

    /// The rows of a segment that are meant.
    pub(crate) fn rows(&self, number: usize, open: &Open<'_>) -> Result<&Selection, Error> {
        // there is a place for each segment
        let Some(place) = self.rows.get(number) else { return Ok(&Selection::None) };
        if let Some(known) = place.get() {
            return Ok(known);
        }
        let found = self.node.rows(open, self.control)?;
        Ok(place.get_or_init(|| found))
    }

    /// Counts a level; `see` gets each pass's values with count and sums.
    fn level(
        &self,
        level: &Level<'_>,
        mut see: impl FnMut(&[u8], u64, &[i64]) -> Result<(), Error>,
        mut after_pass: impl FnMut(),
    ) -> Result<(), Error> {
        let width = level.sums.len();
        let share = MEMORY / self.shared.options.threads.max(1);
        let mut pass = Pass { number: 0, of: 1 };
        while pass.number < pass.of {
            let full = AtomicBool::new(false);
            let counted = parallel::each(
                self.shared,
                self.segments,
                self.control,
                Counted::new,
                |number, open, out| {
                    let rows = self.rows(number, open)?;
                    if !matches!(rows, Selection::None) {
                        level.count(number, open, rows, pass, out)?;
                    }
                    // only the first pass finds out how many passes it takes
                    if pass.number == 0 && out.memory() > share {
                        full.store(true, Ordering::Relaxed);
                    }
                    Ok(!full.load(Ordering::Relaxed))
                },
            )?;
            if full.load(Ordering::Relaxed) {
                pass.of *= 2;
                if pass.of > MOST_PASSES {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        "there are too many different values; narrow the query or its time range",
                    ));
                }
                continue;
            }
            let mut counted = counted.into_iter();
            let Some(mut all) = counted.next() else { return Ok(()) };
            for other in counted {
                for (at, (value, count)) in other.values.dict.iter().zip(&other.counts).enumerate() {
                    let place = all.number(value, width);
                    let more = other.sums.get(at * width..).unwrap_or(&[]).iter().copied().take(width);
                    all.add(place, *count, more, width);
                }
            }
            for (at, (value, count)) in all.values.dict.iter().zip(&all.counts).enumerate() {
                see(value, *count, all.sums.get(at * width..at * width + width).unwrap_or(&[]))?;
            }
            after_pass();
            pass.number += 1;
        }
        Ok(())
    }

    /// How many different values there are.
    pub(crate) fn distinct(&self, target: Target) -> Result<Outcome, Error> {
        let level = Level { target, above: &[], sums: &[] };
        let mut count = 0;
        self.level(
            &level,
            |_, _, _| {
                count += 1;
                Ok(())
            },
            || (),
        )?;
        Ok(Outcome::Distinct(count))
    }

    /// The lists of values that were asked for, one after the other; `None` in the places of other aggregates. Several fields
    /// are counted side by side, each by one thread; what takes much memory afterwards, by all.
    pub(crate) fn all_terms(&self, asked: &[Aggregate]) -> Result<Vec<Option<Outcome>>, Error> {
        let threads = self.shared.options.threads.max(1);
        let lists = asked.iter().filter(|one| matches!(one, Aggregate::Terms(_))).count();
        let mut known: Vec<Option<Most>> = asked.iter().map(|_| None).collect();
        if lists > 1 {
            // otherwise the first fields would all find out the same
            parallel::each(
                self.shared,
                self.segments,
                self.control,
                || (),
                |number, open, ()| {
                    self.rows(number, open)?;
                    Ok(true)
                },
            )?;
            let means = Means { threads: 1, memory: MEMORY / threads, all: false };
            let made = parallel::numbers(threads, self.control, asked.len(), Vec::new, |number, made| {
                if let Some(Aggregate::Terms(terms)) = asked.get(number)
                    && let Some(target) = terms.levels.first()
                {
                    made.push((number, crate::most::most(self, *target, terms, means)?));
                }
                Ok(true)
            })?;
            for (number, most) in made.into_iter().flatten() {
                if let Some(place) = known.get_mut(number) {
                    *place = Some(most);
                }
            }
        }
        let outcome = |(one, known): (&Aggregate, Option<Most>)| match one {
            Aggregate::Terms(terms) => self.terms(terms, known).map(Some),
            _ => Ok(None),
        };
        asked.iter().zip(known).map(outcome).collect()
    }

    /// The values and how often.
    fn terms(&self, terms: &Terms, mut known: Option<Most>) -> Result<Outcome, Error> {
        let mut above: Vec<Above> = Vec::new();
        // the buckets of each level, each with its key in the level and the number of the bucket above
        let mut levels: Vec<Vec<(u32, Bucket)>> = Vec::new();
        let mut total = 0u64;
        for (depth, target) in terms.levels.iter().enumerate() {
            let level = Level { target: *target, above: &above, sums: &terms.sums };
            let best = std::cell::RefCell::new(Best::default());
            let most = match known.take() {
                _ if depth > 0 => Most::Usual,
                Some(known @ (Most::Found(..) | Most::Usual)) => known,
                _ => {
                    let means = Means { threads: self.shared.options.threads, memory: MEMORY, all: true };
                    crate::most::most(self, *target, terms, means)?
                }
            };
            if let Most::Found(most, counted) = most {
                total = counted;
                for (value, count) in most {
                    best.borrow_mut().offer(0, &value, count, &[], target.kind(), terms);
                }
            } else {
                self.level(
                    &level,
                    |key, count, sums| {
                        let (parent, value) = if depth == 0 {
                            total += count;
                            (0, key)
                        } else {
                            match key.split_first_chunk::<4>() {
                                Some((parent, value)) => (u32::from_le_bytes(*parent), value),
                                None => return Ok(()),
                            }
                        };
                        best.borrow_mut().offer(parent, value, count, sums, target.kind(), terms);
                        Ok(())
                    },
                    || best.borrow_mut().shrink(terms),
                )?;
            }
            let mut buckets: Vec<(u32, Vec<u8>, Bucket)> = best.into_inner().finish(terms);
            buckets.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| order_buckets(&a.2, &b.2, terms.order)));
            let mut places = HashMap::default();
            for (number, (parent, value, _)) in (0u32..).zip(&buckets) {
                let mut key = parent.to_le_bytes().to_vec();
                key.extend_from_slice(value);
                places.insert(key, number);
            }
            above.push((*target, places));
            levels.push(buckets.into_iter().map(|(parent, _, bucket)| (parent, bucket)).collect());
        }
        // inner buckets go to the buckets above them, deepest level first
        let mut inner: Vec<(u32, Bucket)> = Vec::new();
        for mut level in levels.into_iter().rev() {
            for (parent, bucket) in inner {
                if let Some((_, above)) = level.get_mut(parent as usize) {
                    above.inner.push(bucket);
                }
            }
            inner = level;
        }
        let buckets: Vec<Bucket> = inner.into_iter().map(|(_, bucket)| bucket).collect();
        let other = total - buckets.iter().map(|b| b.count).sum::<u64>();
        Ok(Outcome::Terms { buckets, other })
    }
}

/// The best buckets of each bucket above, while values come in.
#[derive(Default)]
struct Best {
    by_parent: HashMap<u32, List, ahash::RandomState>,
}

#[derive(Default)]
struct List {
    buckets: Vec<(Vec<u8>, Bucket)>,
    /// What the last of a full list is ordered by: what is worse need not be looked at.
    last: Option<i64>,
}

/// What a bucket is ordered by, larger first; nothing where the value itself decides.
fn weight(order: Order, count: u64, sums: &[i64]) -> Option<i64> {
    match order {
        Order::Most => Some(count as i64),
        Order::Least => Some(-(count as i64)),
        Order::Sum(number) => sums.get(number).copied(),
        Order::Value => None,
    }
}

impl Best {
    fn offer(&mut self, parent: u32, value: &[u8], count: u64, sums: &[i64], kind: Kind, terms: &Terms) {
        let list = self.by_parent.entry(parent).or_default();
        if let (Some(last), Some(weight)) = (list.last, weight(terms.order, count, sums))
            && weight < last
        {
            return;
        }
        let Some(key) = owned(value, kind) else { return };
        list.buckets.push((value.to_vec(), Bucket { key, count, sums: sums.to_vec(), inner: Vec::new() }));
        if list.buckets.len() >= terms.size.saturating_mul(2).max(1_024) {
            keep_best(list, terms);
        }
    }
    fn shrink(&mut self, terms: &Terms) {
        self.by_parent.values_mut().for_each(|list| keep_best(list, terms));
    }
    fn finish(mut self, terms: &Terms) -> Vec<(u32, Vec<u8>, Bucket)> {
        self.shrink(terms);
        self.by_parent
            .into_iter()
            .flat_map(|(parent, list)| {
                list.buckets.into_iter().map(move |(value, bucket)| (parent, value, bucket))
            })
            .collect()
    }
}

fn keep_best(list: &mut List, terms: &Terms) {
    if list.buckets.len() > terms.size {
        match terms.size.checked_sub(1) {
            Some(last) => {
                let (_, (_, last), _) =
                    list.buckets.select_nth_unstable_by(last, |a, b| order_buckets(&a.1, &b.1, terms.order));
                list.last = weight(terms.order, last.count, &last.sums);
            }
            None => list.last = Some(i64::MAX),
        }
        list.buckets.truncate(terms.size);
    }
}
