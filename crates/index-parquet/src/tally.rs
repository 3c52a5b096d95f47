//! Aggregates that need one pass: sums, ranges, documents over time.

use crate::bitmap::Selection;
use crate::column::{Column, Rows};
use crate::segment::Open;
use fields::{Def, Target};
use index::meaning::{MAX_BUCKETS, too_many_buckets};
use index::{Aggregate, Error, Histogram, HistogramRow, Outcome};
use session::core;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What one thread has added up.
pub(crate) enum Tally<'a> {
    Sums(&'a [&'static Def], u64, Vec<i64>),
    Range(&'static Def, Option<(i64, i64)>),
    Histogram(&'a Histogram, Buckets),
    /// Values are counted in passes of their own.
    Elsewhere,
}

/// Buckets of time, their sums one after the other.
#[derive(Default)]
pub(crate) struct Buckets {
    places: HashMap<i64, usize, ahash::RandomState>,
    counts: Vec<i64>,
    sums: Vec<i64>,
    /// Room for the bucket of each row of a file.
    of_rows: Vec<u32>,
    /// For spanning histograms: what begins at a bucket, less what ended before it.
    edges: BTreeMap<i64, (i64, Vec<i64>)>,
}

/// The bucket of a row that is not chosen: none has this number.
const NOT_CHOSEN: u32 = u32::MAX;

/// The sum of the values of each row.
pub(crate) enum RowSums {
    /// Every row has one value: the column as it is.
    Column(Arc<Column>),
    Summed(Vec<i64>),
    Nothing,
}

impl RowSums {
    fn new(column: Option<Arc<Column>>, rows: u32) -> Self {
        match column {
            Some(column) if column.rows == Rows::Dense => RowSums::Column(column),
            Some(column) => {
                let mut sums = vec![0i64; rows as usize];
                for (at, value) in column.ints().iter().enumerate() {
                    if let Some(sum) = sums.get_mut(column.row(at) as usize) {
                        *sum = sum.wrapping_add(*value);
                    }
                }
                RowSums::Summed(sums)
            }
            None => RowSums::Nothing,
        }
    }
    /// The sum of each row; none at all where no row has a value.
    fn all(&self) -> &[i64] {
        match self {
            RowSums::Column(column) => column.ints(),
            RowSums::Summed(sums) => sums,
            RowSums::Nothing => &[],
        }
    }
    /// The sum of a row.
    pub(crate) fn of(&self, row: u32) -> i64 {
        self.all().get(row as usize).copied().unwrap_or(0)
    }
}

/// The row sums of several fields.
pub(crate) fn all_row_sums(open: &Open<'_>, defs: &[&'static Def]) -> Result<Vec<RowSums>, Error> {
    defs.iter().map(|def| Ok(RowSums::new(open.target(Target::of(def))?, open.rows()))).collect()
}

/// The first value of each row that has one.
fn firsts(column: &Column) -> impl Iterator<Item = (u32, i64)> + '_ {
    let mut before = None;
    column.ints().iter().enumerate().filter_map(move |(at, value)| {
        let row = column.row(at);
        let first = before != Some(row);
        before = Some(row);
        first.then_some((row, *value))
    })
}

impl<'a> Tally<'a> {
    pub(crate) fn new(aggregate: &'a Aggregate) -> Self {
        match aggregate {
            Aggregate::Sums(defs) => Tally::Sums(defs, 0, vec![0; defs.len()]),
            Aggregate::Range(def) => Tally::Range(def, None),
            Aggregate::Histogram(histogram) => Tally::Histogram(histogram, Buckets::default()),
            Aggregate::Terms(_) | Aggregate::Distinct(_) => Tally::Elsewhere,
        }
    }

    /// Adds the chosen rows of a segment.
    pub(crate) fn add(&mut self, open: &Open<'_>, rows: &Selection) -> Result<(), Error> {
        match self {
            Tally::Elsewhere => {}
            Tally::Sums(defs, count, sums) => {
                *count += rows.count(open.rows());
                for (def, sum) in defs.iter().zip(sums) {
                    let Some(column) = open.target(Target::of(def))? else { continue };
                    let values = column.ints().iter().enumerate();
                    *sum = match rows {
                        Selection::All => values.fold(*sum, |sum, (_, v)| sum.wrapping_add(*v)),
                        rows => values
                            .filter(|(at, _)| rows.has(column.row(*at)))
                            .fold(*sum, |sum, (_, v)| sum.wrapping_add(*v)),
                    };
                }
            }
            Tally::Range(def, range) => {
                let known = match rows {
                    Selection::All => open.file().zip(open.key_of(Target::of(def))),
                    _ => None,
                };
                let bounds = match known.and_then(|(file, key)| file.bounds(key)) {
                    Some(bounds) => Some(bounds),
                    None => open.target(Target::of(def))?.and_then(|column| {
                        let chosen = || {
                            let values = column.ints().iter().enumerate();
                            values.filter(|(at, _)| rows.has(column.row(*at))).map(|(_, v)| *v)
                        };
                        chosen().min().zip(chosen().max())
                    }),
                };
                if let Some((low, high)) = bounds {
                    let (a, b) = range.unwrap_or((low, high));
                    *range = Some((a.min(low), b.max(high)));
                }
            }
            Tally::Histogram(histogram, buckets) => buckets.add(histogram, open, rows)?,
        }
        Ok(())
    }

    /// Adds what another thread added up.
    pub(crate) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Tally::Sums(_, count, sums), Tally::Sums(_, more, other)) => {
                *count += more;
                sums.iter_mut().zip(other).for_each(|(a, b)| *a = a.wrapping_add(b));
            }
            (Tally::Range(_, range), Tally::Range(_, Some((low, high)))) => {
                let (a, b) = range.unwrap_or((low, high));
                *range = Some((a.min(low), b.max(high)));
            }
            (Tally::Histogram(histogram, buckets), Tally::Histogram(_, other)) => {
                buckets.merge(other, histogram.sums.len());
            }
            _ => {}
        }
    }

    /// The answer; `None` for what is answered elsewhere.
    pub(crate) fn outcome(self) -> Result<Option<Outcome>, Error> {
        Ok(Some(match self {
            Tally::Elsewhere => return Ok(None),
            Tally::Sums(_, count, sums) => Outcome::Sums { count, sums },
            Tally::Range(_, range) => Outcome::Range(range),
            Tally::Histogram(histogram, buckets) => Outcome::Histogram(buckets.rows(histogram)?),
        }))
    }
}

impl Buckets {
    fn place(&mut self, bucket: i64, width: usize) -> usize {
        let next = self.counts.len();
        let place = *self.places.entry(bucket).or_insert(next);
        if place == next {
            self.counts.push(0);
            self.sums.resize(self.sums.len() + width, 0);
        }
        place
    }

    fn add(&mut self, histogram: &Histogram, open: &Open<'_>, rows: &Selection) -> Result<(), Error> {
        let width = histogram.sums.len();
        if !histogram.spanning && self.stream(histogram, open, rows)? {
            if self.counts.len() > MAX_BUCKETS {
                return Err(too_many_buckets());
            }
            return Ok(());
        }
        let sums = all_row_sums(open, &histogram.sums)?;
        let bucket = |ms: i64| ms.div_euclid(histogram.interval_ms);
        if histogram.spanning {
            let (Some(first), Some(last)) = (
                open.target(Target::of(&core::START_TIME.def))?,
                open.target(Target::of(&core::STOP_TIME.def))?,
            ) else {
                return Ok(());
            };
            let lasts: HashMap<u32, i64, ahash::RandomState> = firsts(&last).collect();
            for (row, from) in firsts(&first).filter(|(row, _)| rows.has(*row)) {
                let Some(to) = lasts.get(&row).map(|to| (*to).max(from)) else { continue };
                let (from, to) = (bucket(from), bucket(to));
                if to.saturating_sub(from) >= MAX_BUCKETS as i64 {
                    return Err(too_many_buckets());
                }
                for (at, sign) in [(from, 1i64), (to.saturating_add(1), -1)] {
                    let edge = self.edges.entry(at).or_insert_with(|| (0, vec![0; width]));
                    edge.0 += sign;
                    for (sum, values) in edge.1.iter_mut().zip(&sums) {
                        let value = values.of(row);
                        *sum = sum.wrapping_add(value.wrapping_mul(sign));
                    }
                }
            }
        } else {
            let Some(by) = open.target(Target::of(histogram.by))? else { return Ok(()) };
            let mut last: Option<(i64, usize)> = None;
            for (row, ms) in firsts(&by).filter(|(row, _)| rows.has(*row)) {
                let bucket = bucket(ms);
                // rows are in time order: mostly it is the bucket of the row before
                let place = match last {
                    Some((at, place)) if at == bucket => place,
                    _ => self.place(bucket, width),
                };
                last = Some((bucket, place));
                if let Some(count) = self.counts.get_mut(place) {
                    *count += 1;
                }
                let of_place = self.sums.get_mut(place * width..).unwrap_or(&mut []);
                for (sum, values) in of_place.iter_mut().zip(&sums) {
                    *sum = sum.wrapping_add(values.of(row));
                }
            }
        }
        if self.counts.len() > MAX_BUCKETS || self.edges.len() > 2 * MAX_BUCKETS {
            return Err(too_many_buckets());
        }
        Ok(())
    }

    /// Adds a file page by page, one column after the other; false where a column does not allow it: some row has no value
    /// or several.
    fn stream(&mut self, histogram: &Histogram, open: &Open<'_>, rows: &Selection) -> Result<bool, Error> {
        let Some(file) = open.file() else { return Ok(false) };
        let key = |def| open.key_of(Target::of(def)).filter(|key| file.is_dense(*key) && !open.has(*key));
        let Some(by) = key(histogram.by) else { return Ok(false) };
        let Some(sums) = histogram.sums.iter().map(|def| key(def)).collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        let width = sums.len();
        // the bucket of each row that is chosen
        let mut places = std::mem::take(&mut self.of_rows);
        places.clear();
        let (mut from, mut to, mut place) = (0i64, 0i64, 0usize);
        let done = file.each_ints(by, &mut |start, page| {
            for (row, ms) in (start..).zip(page) {
                if !rows.has(row) {
                    places.push(NOT_CHOSEN);
                    continue;
                }
                // rows are in time order: mostly it is the bucket of the row before
                if *ms < from || *ms >= to {
                    let at = ms.div_euclid(histogram.interval_ms);
                    from = at.saturating_mul(histogram.interval_ms);
                    to = from.saturating_add(histogram.interval_ms);
                    place = self.place(at, width);
                }
                places.push(place as u32);
            }
        })?;
        if !done {
            return Ok(false);
        }
        for place in &places {
            if let Some(count) = self.counts.get_mut(*place as usize) {
                *count += 1;
            }
        }
        let mut of_column = vec![0i64; self.counts.len()];
        for (number, key) in sums.into_iter().enumerate() {
            of_column.fill(0);
            file.each_ints(key, &mut |start, page| {
                let of_page = places.get(start as usize..).unwrap_or(&[]);
                for (place, value) in of_page.iter().zip(page) {
                    if let Some(sum) = of_column.get_mut(*place as usize) {
                        *sum = sum.wrapping_add(*value);
                    }
                }
            })?;
            let places = self.sums.iter_mut().skip(number).step_by(width.max(1));
            places.zip(&of_column).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
        }
        self.of_rows = places;
        Ok(true)
    }

    fn merge(&mut self, other: Self, width: usize) {
        for (bucket, from) in other.places {
            let place = self.place(bucket, width);
            if let (Some(count), Some(more)) = (self.counts.get_mut(place), other.counts.get(from)) {
                *count += more;
            }
            let more = other.sums.get(from * width..).unwrap_or(&[]).iter().take(width);
            let sums = self.sums.get_mut(place * width..).unwrap_or(&mut []);
            sums.iter_mut().zip(more).for_each(|(a, b)| *a = a.wrapping_add(*b));
        }
        for (bucket, (count, sums)) in other.edges {
            let edge = self.edges.entry(bucket).or_insert_with(|| (0, vec![0; width]));
            edge.0 += count;
            edge.1.iter_mut().zip(sums).for_each(|(a, b)| *a = a.wrapping_add(b));
        }
    }

    fn rows(self, histogram: &Histogram) -> Result<Vec<HistogramRow>, Error> {
        let width = histogram.sums.len();
        let start = |bucket: i64| bucket.wrapping_mul(histogram.interval_ms);
        let mut rows: Vec<HistogramRow> = self
            .places
            .iter()
            .map(|(bucket, place)| HistogramRow {
                start_ms: start(*bucket),
                count: self.counts.get(*place).map_or(0, |c| *c as u64),
                sums: self.sums.get(place * width..place * width + width).unwrap_or(&[]).to_vec(),
            })
            .collect();
        let (mut count, mut sums) = (0i64, vec![0i64; width]);
        let mut edges = self.edges.into_iter().peekable();
        while let Some((from, (change, more))) = edges.next() {
            count += change;
            sums.iter_mut().zip(more).for_each(|(a, b)| *a = a.wrapping_add(b));
            let Some((to, _)) = edges.peek() else { break };
            if count > 0 {
                if rows.len() as i64 + (to - from) > MAX_BUCKETS as i64 {
                    return Err(too_many_buckets());
                }
                rows.extend((from..*to).map(|bucket| HistogramRow {
                    start_ms: start(bucket),
                    count: count as u64,
                    sums: sums.clone(),
                }));
            }
        }
        if rows.len() > MAX_BUCKETS {
            return Err(too_many_buckets());
        }
        rows.sort_by_key(|row| row.start_ms);
        Ok(rows)
    }
}
