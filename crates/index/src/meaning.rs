//! What sorting, showing and aggregating mean, said in the plainest way: one document after the other.

use crate::{
    Aggregate, Bucket, Error, ErrorKind, Histogram, HistogramRow, Key, Order, Outcome, Show, Sort,
    TermChange, Terms,
};
use fields::{Aspect, Def, Target, Value, Values};
use session::{Object, SessionDoc, core};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Buckets of one histogram; more are refused rather than cut.
pub const MAX_BUCKETS: usize = 1_000_000;

impl From<Value<'_>> for Key {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Int(int) => Key::Int(int),
            Value::Ip(ip) => Key::Ip(ip),
            Value::Text(text) => Key::Text(text.to_owned()),
        }
    }
}

/// The keys by which a document is sorted: the smallest or largest value of each target, as the direction asks.
pub fn sort_keys(doc: &SessionDoc, sort: &[Sort]) -> Vec<Option<Key>> {
    let default = [Sort { by: Target::of(&core::START_TIME.def), descending: false }];
    let sort = if sort.is_empty() { &default } else { sort };
    sort.iter()
        .map(|one| {
            let mut best: Option<Key> = None;
            doc.visit(one.by, &mut |value| {
                let key = Key::from(value);
                if best.as_ref().is_none_or(|best| if one.descending { key > *best } else { key < *best }) {
                    best = Some(key);
                }
                true
            });
            best
        })
        .collect()
}

/// The order of two documents by their keys; without a key comes last.
pub fn compare(a: &[Option<Key>], b: &[Option<Key>], sort: &[Sort]) -> Ordering {
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        let order = match (a, b) {
            (Some(a), Some(b)) if sort.get(at).is_some_and(|s| s.descending) => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

impl Show {
    /// The targets that are shown; `None` for everything. A count is made of its values, so it brings them along.
    pub fn targets(&self) -> Option<Vec<Target>> {
        match self {
            Show::All => None,
            Show::Only(targets) | Show::WithPositions(targets) => Some(
                targets
                    .iter()
                    .map(|t| if t.aspect == Aspect::Count { Target::of(t.def) } else { *t })
                    .collect(),
            ),
        }
    }
    /// Whether packet positions are shown.
    pub fn positions(&self) -> bool {
        !matches!(self, Show::Only(_))
    }
    /// The part of a document that is shown. An object of which nothing is shown is left out.
    pub fn project(&self, doc: &SessionDoc) -> SessionDoc {
        let Some(targets) = self.targets() else { return doc.clone() };
        let positions = if self.positions() { doc.positions.clone() } else { Default::default() };
        let (slots, objects) = part(doc.slots(), doc.objects(), &targets);
        SessionDoc::from_parts(doc.id, positions, slots, objects)
    }
}

fn part(
    slots: &[(Target, Values)],
    objects: &[Object],
    targets: &[Target],
) -> (Vec<(Target, Values)>, Vec<Object>) {
    let slots = slots.iter().filter(|(at, _)| targets.contains(at)).cloned().collect();
    let objects = objects
        .iter()
        .filter_map(|object| {
            let (slots, objects) = part(object.slots(), object.objects(), targets);
            (!slots.is_empty() || !objects.is_empty()).then(|| Object::from_parts(object.def, slots, objects))
        })
        .collect();
    (slots, objects)
}

impl TermChange {
    /// Changes the values of a document: first those to remove go, then those to add come. Returns whether the set of
    /// values is another one.
    pub fn apply(&self, doc: &mut SessionDoc) -> bool {
        let target = self.target;
        let before = doc.own(target).map(|v| v.texts().to_vec()).unwrap_or_default();
        let after = self.applied(before.iter().map(|t| t.as_str()));
        let Some(after) = after else { return false };
        let mut values = Values::empty(target.kind());
        for tag in &after {
            values.push(target.kind(), Value::Text(tag), true);
        }
        doc.set(target, values);
        true
    }

    /// The values that come of these; `None` where the set stays the same.
    pub fn applied<'a>(&self, before: impl Iterator<Item = &'a str> + Clone) -> Option<Vec<String>> {
        let mut after: Vec<String> =
            before.clone().filter(|tag| !self.remove.iter().any(|r| r == tag)).map(str::to_owned).collect();
        for tag in &self.add {
            if !after.contains(tag) {
                after.push(tag.clone());
            }
        }
        let was: HashSet<&str> = before.collect();
        let is: HashSet<&str> = after.iter().map(String::as_str).collect();
        (was != is).then_some(after)
    }
}

/// The sum of every value of an integer field (objects included); wraps on overflow.
pub fn sum_of(doc: &SessionDoc, def: &'static Def) -> i64 {
    let mut sum = 0i64;
    doc.visit(Target::of(def), &mut |value| {
        if let Value::Int(int) = value {
            sum = sum.wrapping_add(int);
        }
        true
    });
    sum
}

/// The first value of an integer field.
fn first_int(doc: &SessionDoc, def: &'static Def) -> Option<i64> {
    let mut first = None;
    doc.visit(Target::of(def), &mut |value| {
        if let Value::Int(int) = value {
            first = Some(int);
        }
        first.is_none()
    });
    first
}

fn distinct(doc: &SessionDoc, target: Target) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    doc.visit(target, &mut |value| {
        keys.insert(Key::from(value));
        true
    });
    keys
}

#[derive(Default)]
struct Node {
    count: u64,
    sums: Vec<i64>,
    inner: BTreeMap<Key, Node>,
}

fn add_all(sums: &mut Vec<i64>, more: &[i64]) {
    sums.resize(more.len(), 0);
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
}

/// An aggregate while documents are added to it.
pub struct Tally<'a>(State<'a>);

enum State<'a> {
    Sums(&'a [&'static Def], u64, Vec<i64>),
    Range(&'static Def, Option<(i64, i64)>),
    Histogram(&'a Histogram, BTreeMap<i64, (u64, Vec<i64>)>),
    Terms(&'a Terms, BTreeMap<Key, Node>),
    Distinct(Target, BTreeSet<Key>),
}

/// Refuses an aggregate that cannot be answered.
pub fn check(aggregate: &Aggregate) -> Result<(), Error> {
    let wrong = |what: &str| Err(Error::new(ErrorKind::Unsupported, what.to_owned()));
    match aggregate {
        Aggregate::Histogram(h) if h.interval_ms < 1 => wrong("the interval of a histogram is at least 1 ms"),
        Aggregate::Terms(t) if t.levels.is_empty() => wrong("a list of values needs at least one field"),
        Aggregate::Terms(Terms { order: Order::Sum(n), sums, .. }) if *n >= sums.len() => {
            wrong("the list is ordered by a sum that it does not have")
        }
        _ => Ok(()),
    }
}

/// The error for a histogram of too many buckets.
pub fn too_many_buckets() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the histogram would have more than {MAX_BUCKETS} buckets; choose a wider interval or a narrower time range"
        ),
    )
}

impl<'a> Tally<'a> {
    /// Nothing added yet.
    pub fn new(aggregate: &'a Aggregate) -> Result<Self, Error> {
        check(aggregate)?;
        Ok(Self(match aggregate {
            Aggregate::Sums(defs) => State::Sums(defs, 0, vec![0; defs.len()]),
            Aggregate::Range(def) => State::Range(def, None),
            Aggregate::Histogram(histogram) => State::Histogram(histogram, BTreeMap::new()),
            Aggregate::Terms(terms) => State::Terms(terms, BTreeMap::new()),
            Aggregate::Distinct(target) => State::Distinct(*target, BTreeSet::new()),
        }))
    }

    /// Adds a document.
    pub fn add(&mut self, doc: &SessionDoc) -> Result<(), Error> {
        let sums_of = |defs: &[&'static Def]| defs.iter().map(|d| sum_of(doc, d)).collect::<Vec<_>>();
        match &mut self.0 {
            State::Sums(defs, count, sums) => {
                *count += 1;
                add_all(sums, &sums_of(defs));
            }
            State::Range(def, range) => {
                doc.visit(Target::of(def), &mut |value| {
                    if let Value::Int(int) = value {
                        let (low, high) = range.unwrap_or((int, int));
                        *range = Some((low.min(int), high.max(int)));
                    }
                    true
                });
            }
            State::Histogram(histogram, rows) => {
                let Some((first, last)) = span(doc, histogram) else { return Ok(()) };
                let sums = sums_of(&histogram.sums);
                if last.saturating_sub(first) >= MAX_BUCKETS as i64 {
                    return Err(too_many_buckets());
                }
                for at in first..=last {
                    let row = rows.entry(at.wrapping_mul(histogram.interval_ms)).or_default();
                    row.0 += 1;
                    add_all(&mut row.1, &sums);
                }
                if rows.len() > MAX_BUCKETS {
                    return Err(too_many_buckets());
                }
            }
            State::Terms(terms, nodes) => {
                let keys: Vec<_> = terms.levels.iter().map(|level| distinct(doc, *level)).collect();
                grow(nodes, &keys, &sums_of(&terms.sums));
            }
            State::Distinct(target, keys) => keys.append(&mut distinct(doc, *target)),
        }
        Ok(())
    }

    /// The answer.
    pub fn outcome(self) -> Result<Outcome, Error> {
        Ok(match self.0 {
            State::Sums(_, count, sums) => Outcome::Sums { count, sums },
            State::Range(_, range) => Outcome::Range(range),
            State::Histogram(_, rows) => Outcome::Histogram(
                rows.into_iter()
                    .map(|(start_ms, (count, sums))| HistogramRow { start_ms, count, sums })
                    .collect(),
            ),
            State::Terms(terms, nodes) => {
                let all: u64 = nodes.values().map(|n| n.count).sum();
                let buckets = first_buckets(nodes, terms);
                let other = all - buckets.iter().map(|b| b.count).sum::<u64>();
                Outcome::Terms { buckets, other }
            }
            State::Distinct(_, keys) => Outcome::Distinct(keys.len() as u64),
        })
    }
}

/// First and last bucket number of a document, where it has the times.
fn span(doc: &SessionDoc, histogram: &Histogram) -> Option<(i64, i64)> {
    let bucket = |ms: i64| ms.div_euclid(histogram.interval_ms);
    if histogram.spanning {
        let first = first_int(doc, &core::START_TIME.def)?;
        let last = first_int(doc, &core::STOP_TIME.def)?.max(first);
        Some((bucket(first), bucket(last)))
    } else {
        first_int(doc, histogram.by).map(|ms| (bucket(ms), bucket(ms)))
    }
}

fn grow(nodes: &mut BTreeMap<Key, Node>, levels: &[BTreeSet<Key>], sums: &[i64]) {
    let Some((keys, deeper)) = levels.split_first() else { return };
    for key in keys {
        let node = nodes.entry(key.clone()).or_default();
        node.count += 1;
        add_all(&mut node.sums, sums);
        grow(&mut node.inner, deeper, sums);
    }
}

/// The order of two buckets.
pub fn order_buckets(a: &Bucket, b: &Bucket, order: Order) -> Ordering {
    let first = match order {
        Order::Most => b.count.cmp(&a.count),
        Order::Least => a.count.cmp(&b.count),
        Order::Value => Ordering::Equal,
        Order::Sum(n) => b.sums.get(n).cmp(&a.sums.get(n)),
    };
    first.then_with(|| a.key.cmp(&b.key))
}

fn first_buckets(nodes: BTreeMap<Key, Node>, terms: &Terms) -> Vec<Bucket> {
    let mut buckets: Vec<(Bucket, BTreeMap<Key, Node>)> = nodes
        .into_iter()
        .map(|(key, node)| {
            (Bucket { key, count: node.count, sums: node.sums, inner: Vec::new() }, node.inner)
        })
        .collect();
    buckets.sort_by(|a, b| order_buckets(&a.0, &b.0, terms.order));
    buckets.truncate(terms.size);
    buckets
        .into_iter()
        .map(|(mut bucket, inner)| {
            bucket.inner = first_buckets(inner, terms);
            bucket
        })
        .collect()
}
