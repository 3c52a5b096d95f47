//! What can be asked about many documents at once.

use fields::{Def, Target};

/// One aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// How many, and the sums of integer fields.
    Sums(Vec<&'static Def>),
    /// Smallest and largest value of an integer field.
    Range(&'static Def),
    /// Documents over time.
    Histogram(Histogram),
    /// Values and how often.
    Terms(Terms),
    /// How many different values a target has (exact).
    Distinct(Target),
}

/// Documents over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// A time field, usually the last or the first packet.
    pub by: &'static Def,
    /// Width of a bucket, milliseconds, at least 1. Buckets start at multiples of it since 1970.
    pub interval_ms: i64,
    /// Counts a document in every bucket from first to last packet instead of only in its own.
    pub spanning: bool,
    /// Integer fields summed for each bucket.
    pub sums: Vec<&'static Def>,
}

/// Values and how often. With several levels: the values of the second target among the documents of each value of
/// the first, and so on. A document counts once for each of its different values.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// One target a level.
    pub levels: Vec<Target>,
    /// Buckets wanted on each level.
    pub size: usize,
    /// Which come first.
    pub order: Order,
    /// Integer fields summed for each bucket.
    pub sums: Vec<&'static Def>,
}

/// Which buckets come first. Ties are broken by value, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The most frequent.
    Most,
    /// The least frequent.
    Least,
    /// By value, ascending.
    Value,
    /// The largest sum number `n` of [`Terms::sums`].
    Sum(usize),
}

/// A value, owned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// An integer of any kind.
    Int(i64),
    /// An address.
    Ip(std::net::IpAddr),
    /// A string.
    Text(String),
}

/// One value and what was counted for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The value.
    pub key: Key,
    /// Documents.
    pub count: u64,
    /// In the order of [`Terms::sums`].
    pub sums: Vec<i64>,
    /// Buckets of the next level.
    pub inner: Vec<Bucket>,
}

/// One bucket of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramRow {
    /// Start of the bucket, milliseconds since 1970.
    pub start_ms: i64,
    /// Documents.
    pub count: u64,
    /// In the order of [`Histogram::sums`].
    pub sums: Vec<i64>,
}

/// The answer to one aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Of [`Aggregate::Sums`].
    Sums {
        /// Documents.
        count: u64,
        /// In the order asked.
        sums: Vec<i64>,
    },
    /// Of [`Aggregate::Range`]; `None` where no document has the field.
    Range(Option<(i64, i64)>),
    /// Of [`Aggregate::Histogram`]: the buckets that are not empty, by time.
    Histogram(Vec<HistogramRow>),
    /// Of [`Aggregate::Terms`].
    Terms {
        /// The first [`Terms::size`] buckets.
        buckets: Vec<Bucket>,
        /// Documents counted in buckets that are not listed (once for each value).
        other: u64,
    },
    /// Of [`Aggregate::Distinct`].
    Distinct(u64),
}
