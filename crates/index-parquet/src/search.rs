//! Finding and sorting: the best rows of each segment, then the best of all, then the documents of the page alone.

use crate::bitmap::Selection;
use crate::column::{Codes, Column, Data, Key};
use crate::eval::Node;
use crate::parallel;
use crate::segment::{Open, Segment};
use crate::shared::{Shared, lock};
use fields::{Kind, Target};
use index::{Control, Error, ErrorKind, Hits, Key as Value, Page, Sort, is_changeable, meaning};
use query::Plan;
use session::{SessionDoc, SessionId, core};
use std::cmp::Ordering;
use std::sync::Mutex;

/// Hits that can be paged through; more are for [`index::SessionIndex::scan`].
const MOST: usize = 2_000_000;

/// Documents of one segment that one thread makes at once.
const ROWS_AT_ONCE: usize = 256;

/// A row that may be on the page.
struct Candidate {
    keys: Vec<Option<Value>>,
    id: SessionId,
    segment: usize,
    row: u32,
}

/// The best rows so far.
struct Best {
    sort: Vec<Sort>,
    wanted: usize,
    rows: Vec<Candidate>,
    sorted: bool,
}

impl Best {
    fn compare(&self, a: &Candidate, b: &Candidate) -> Ordering {
        meaning::compare(&a.keys, &b.keys, &self.sort).then(a.id.cmp(&b.id))
    }
    fn shrink(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|a, b| self.compare(a, b));
        rows.truncate(self.wanted);
        self.rows = rows;
        self.sorted = true;
    }
    fn add(&mut self, more: Vec<Candidate>) {
        self.rows.extend(more);
        self.sorted = false;
        if self.rows.len() >= self.wanted.saturating_mul(2).max(1_024) {
            self.shrink();
        }
    }
    /// The first key of the worst row of a full page.
    fn worst(&mut self) -> Option<Option<i64>> {
        if self.rows.len() < self.wanted {
            return None;
        }
        if !self.sorted || self.rows.len() > self.wanted {
            self.shrink();
        }
        match self.rows.last()?.keys.first()? {
            Some(Value::Int(int)) => Some(Some(*int)),
            None => Some(None),
            _ => None,
        }
    }
}

/// Whether no value within the bounds comes before the worst row.
fn cannot_beat(bounds: Option<(i64, i64)>, worst: Option<i64>, descending: bool) -> bool {
    match (bounds, worst) {
        (Some((low, high)), Some(worst)) => {
            if descending {
                high < worst
            } else {
                low > worst
            }
        }
        _ => false,
    }
}

/// The page and, where asked for, the number of all hits.
pub(crate) fn search(shared: &Shared, plan: &Plan, page: &Page, control: &Control) -> Result<Hits, Error> {
    let node = Node::new(plan)?;
    let wanted = page.from.saturating_add(page.size);
    if wanted > MOST && page.size > 0 {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("only the first {MOST} sessions can be paged through; narrow the query or export them"),
        ));
    }
    let wanted = if page.size == 0 { 0 } else { wanted };
    let sort = if page.sort.is_empty() {
        vec![Sort { by: Target::of(&core::START_TIME.def), descending: false }]
    } else {
        page.sort.clone()
    };
    let Some(first) = sort.first().copied() else { return Ok(Hits::default()) };
    let mut segments = shared.snapshot(false)?.segments;
    order(&mut segments, first);
    let best = Mutex::new(Best { sort, wanted, rows: Vec::new(), sorted: true });
    let totals = parallel::each(
        shared,
        &segments,
        control,
        || 0u64,
        |number, open, total| {
            let bounds = open.bounds(first.by);
            let needed = wanted > 0
                && match lock(&best).worst() {
                    Some(worst) => !cannot_beat(bounds, worst, first.descending),
                    None => true,
                };
            if !needed && !page.total {
                return Ok(true);
            }
            let rows = node.rows(open, control)?;
            *total += rows.count(open.rows());
            if needed && !matches!(rows, Selection::None) {
                control.check()?;
                let (sort, worst) = {
                    let mut best = lock(&best);
                    (best.sort.clone(), best.worst())
                };
                let found = candidates(open, number, &rows, &sort, wanted, worst)?;
                lock(&best).add(found);
            }
            Ok(true)
        },
    )?;
    let mut best = best.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    best.shrink();
    let shown: Vec<&Candidate> = best.rows.iter().skip(page.from).take(page.size).collect();
    Ok(Hits {
        total: page.total.then(|| totals.iter().sum()),
        docs: documents(shared, &segments, &shown, page, control)?,
    })
}

/// Puts the segments first that can hold the first hits.
fn order(segments: &mut [Segment], first: Sort) {
    let of = |segment: &Segment| {
        let times = if first.by == Target::of(&core::STOP_TIME.def) {
            segment.times.last
        } else {
            segment.times.first
        };
        if first.descending {
            std::cmp::Reverse(times.1)
        } else {
            std::cmp::Reverse(times.0.saturating_neg())
        }
    };
    segments.sort_by_key(of);
}

/// A rank of each row of a segment by the first key, smaller first; rows without a value have none.
fn ranks(column: Option<&Column>, rows: &Selection, count: u32, sort: Sort) -> Vec<(u32, Option<u64>)> {
    let up = |int: i64| (int as u64) ^ (1 << 63);
    let Some(column) = column else { return rows.rows(count).map(|row| (row, None)).collect() };
    let of_value: Box<dyn Fn(usize) -> u64> = match &column.data {
        Data::Ints(ints) => Box::new(move |at| ints.get(at).map_or(0, |v| up(*v))),
        Data::Texts(Codes::Of(codes), dict) if dict.sorted => {
            Box::new(move |at| codes.get(at).map_or(0, |c| u64::from(*c)))
        }
        Data::Texts(codes, dict) => {
            let mut order: Vec<u32> = (0..dict.len() as u32).collect();
            if sort.by.kind() == Kind::Ip {
                order.sort_by_key(|at| dict.ip(*at as usize));
            } else {
                order.sort_by(|a, b| dict.get(*a as usize).cmp(dict.get(*b as usize)));
            }
            let mut rank = vec![0u64; dict.len()];
            let mut before: Option<u32> = None;
            let mut next = 0;
            for at in order {
                // equal values, of which a dictionary that is not one may have several, have the same rank
                if before.is_some_and(|b| dict.get(b as usize) != dict.get(at as usize)) {
                    next += 1;
                }
                before = Some(at);
                if let Some(place) = rank.get_mut(at as usize) {
                    *place = next;
                }
            }
            Box::new(move |at| rank.get(codes.get(at)).copied().unwrap_or(0))
        }
        _ => Box::new(|_| 0),
    };
    let better = |a: u64| if sort.descending { !a } else { a };
    let mut out = Vec::new();
    let mut at = 0;
    let total = column.len();
    for row in rows.rows(count) {
        // both are ascending
        while at < total && column.row(at) < row {
            at += 1;
        }
        let mut best = None;
        while at < total && column.row(at) == row {
            let rank = better(of_value(at));
            best = Some(best.map_or(rank, |b: u64| b.min(rank)));
            at += 1;
        }
        out.push((row, best));
    }
    out
}

fn candidates(
    open: &Open<'_>,
    number: usize,
    rows: &Selection,
    sort: &[Sort],
    wanted: usize,
    worst: Option<Option<i64>>,
) -> Result<Vec<Candidate>, Error> {
    let Some(first) = sort.first().copied() else { return Ok(Vec::new()) };
    if let Some(few) = few_candidates(open, number, rows, sort)? {
        return Ok(few);
    }
    let column = open.target(first.by)?;
    let mut ranked = ranks(column.as_deref(), rows, open.rows(), first);
    if let Some(Some(worst)) = worst
        && first.by.kind().is_int()
    {
        let rank = (worst as u64) ^ (1 << 63);
        let worst = if first.descending { !rank } else { rank };
        ranked.retain(|(_, rank)| rank.is_some_and(|rank| rank <= worst));
    }
    let key = |(_, rank): &(u32, Option<u64>)| (rank.is_none(), rank.unwrap_or(0));
    if ranked.len() > wanted && wanted > 0 {
        let (_, last, _) = ranked.select_nth_unstable_by_key(wanted - 1, key);
        let last = key(last);
        // rows equal to the last are decided by the other keys and the id
        ranked.retain(|one| key(one) <= last);
    }
    let mut chosen: Vec<u32> = ranked.into_iter().map(|(row, _)| row).collect();
    chosen.sort_unstable();
    let ids = open.ids_of(&chosen)?;
    let mut columns = Vec::with_capacity(sort.len());
    for one in sort {
        columns.push((open.target(one.by)?, one));
    }
    Ok(chosen
        .into_iter()
        .zip(ids)
        .map(|(row, id)| Candidate {
            keys: columns.iter().map(|(column, one)| sort_key(column.as_deref(), row, one)).collect(),
            id,
            segment: number,
            row,
        })
        .collect())
}

/// Rows of a file up to which their keys are picked rather than whole columns decoded.
const FEW: u64 = 128;

/// All hits of a file where they are few.
fn few_candidates(
    open: &Open<'_>,
    number: usize,
    rows: &Selection,
    sort: &[Sort],
) -> Result<Option<Vec<Candidate>>, Error> {
    let Some(file) = open.file() else { return Ok(None) };
    let picks = |one: &Sort| one.by.aspect != fields::Aspect::Count && !is_changeable(one.by);
    if rows.count(open.rows()) > FEW || !sort.iter().all(picks) {
        return Ok(None);
    }
    let chosen: Vec<u32> = rows.rows(open.rows()).collect();
    let ids = open.ids_of(&chosen)?;
    let mut columns = Vec::with_capacity(sort.len());
    for one in sort {
        let column = open.key_of(one.by).map_or(Ok(None), |key| file.pick(key, &chosen))?;
        columns.push((column, one));
    }
    let candidate = |(at, (row, id)): (u32, (u32, SessionId))| Candidate {
        keys: columns.iter().map(|(column, one)| sort_key(column.as_ref(), at, one)).collect(),
        id,
        segment: number,
        row,
    };
    Ok(Some((0u32..).zip(chosen.into_iter().zip(ids)).map(candidate).collect()))
}

fn sort_key(column: Option<&Column>, row: u32, sort: &Sort) -> Option<Value> {
    let column = column?;
    let ip = sort.by.kind() == Kind::Ip;
    let values = column.of_row(row).filter_map(|at| value(column, at, ip));
    if sort.descending { values.max() } else { values.min() }
}

/// A value of a column, owned.
pub(crate) fn value(column: &Column, at: usize, ip: bool) -> Option<Value> {
    match &column.data {
        Data::Ints(ints) => ints.get(at).map(|v| Value::Int(*v)),
        Data::Texts(codes, dict) if ip => dict.ip(codes.get(at)).map(Value::Ip),
        Data::Texts(codes, dict) => Some(Value::Text(dict.text(codes.get(at)).to_owned())),
        _ => None,
    }
}

fn documents(
    shared: &Shared,
    segments: &[Segment],
    shown: &[&Candidate],
    page: &Page,
    control: &Control,
) -> Result<Vec<SessionDoc>, Error> {
    let mut by_segment: Vec<(usize, u32, usize)> =
        shown.iter().enumerate().map(|(at, c)| (c.segment, c.row, at)).collect();
    by_segment.sort_unstable();
    // a group is of one segment; a large one is shared out too
    let groups: Vec<&[(usize, u32, usize)]> =
        by_segment.chunk_by(|a, b| a.0 == b.0).flat_map(|group| group.chunks(ROWS_AT_ONCE)).collect();
    let here: Vec<Segment> =
        groups.iter().filter_map(|group| segments.get(group.first()?.0).cloned()).collect();
    let parts = parallel::each(shared, &here, control, Vec::new, |number, open, made| {
        let Some(group) = groups.get(number) else { return Ok(true) };
        let rows: Vec<u32> = group.iter().map(|(_, row, _)| *row).collect();
        for (doc, (.., at)) in open.docs(&rows, &page.show)?.into_iter().zip(*group) {
            made.push((*at, doc));
        }
        Ok(true)
    })?;
    let mut docs: Vec<(usize, SessionDoc)> = parts.into_iter().flatten().collect();
    docs.sort_unstable_by_key(|(at, _)| *at);
    Ok(docs.into_iter().map(|(_, doc)| doc).collect())
}

/// The number of hits.
pub(crate) fn count(shared: &Shared, plan: &Plan, control: &Control) -> Result<u64, Error> {
    let node = Node::new(plan)?;
    let segments = shared.snapshot(false)?.segments;
    let counts = parallel::each(
        shared,
        &segments,
        control,
        || 0u64,
        |_, open, count| {
            *count += node.rows(open, control)?.count(open.rows());
            Ok(true)
        },
    )?;
    Ok(counts.iter().sum())
}

impl Open<'_> {
    /// The ids of some rows (ascending); reads only the pages that they are in.
    pub(crate) fn ids_of(&self, rows: &[u32]) -> Result<Vec<SessionId>, Error> {
        // of a file, the rows that are picked are numbered from 0
        let (ids, days, of_file) = match self.file() {
            Some(file) => (file.pick(Key::Id, rows)?, file.pick(Key::Day, rows)?, true),
            None => {
                let own = |key| self.column(key).map(|c| c.map(|c| (*c).clone()));
                (own(Key::Id)?, own(Key::Day)?, false)
            }
        };
        let damaged = || crate::error::corrupt(std::path::Path::new(&*self.segment.name), "a row has no id");
        let (ids, days) = (ids.ok_or_else(damaged)?, days.ok_or_else(damaged)?);
        (0u32..)
            .zip(rows)
            .map(|(number, row)| {
                let row = if of_file { number } else { *row };
                let unique = ids.ids().get(ids.of_row(row).start).copied();
                let day = days.ints().get(days.of_row(row).start).copied();
                match (unique, day.and_then(|d| u32::try_from(d).ok())) {
                    (Some(unique), Some(day)) => Ok(SessionId { day, unique }),
                    _ => Err(damaged()),
                }
            })
            .collect()
    }
}
