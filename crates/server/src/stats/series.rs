//! Reading the series: samples of a time range, put together in buckets.

use super::recorder::time_key;
use super::{RESOLUTIONS, Resolution, Sample};
use index::{Catalog, Error};
use std::collections::BTreeMap;

/// Samples that one request reads; two years of one node are 105,000.
const MAX_SAMPLES: usize = 250_000;

/// The series that answers a question about times from `from` on in steps of `step_ms`: the coarsest that is fine enough, or
/// the finest that reaches back so far.
#[must_use]
pub fn resolution_for(from: i64, step_ms: i64, now: i64) -> &'static Resolution {
    let reaching = || RESOLUTIONS.iter().filter(|r| from >= now - r.kept_ms);
    let fine = reaching().rev().find(|r| r.step_ms <= step_ms.max(1));
    let [.., coarsest] = &RESOLUTIONS;
    fine.or_else(|| reaching().next()).unwrap_or(coarsest)
}

/// The samples of a series whose step begins at `from` or later and before `to`, oldest first.
pub fn read(
    catalog: &dyn Catalog,
    resolution: &Resolution,
    from: i64,
    to: i64,
    node: Option<&str>,
) -> Result<Vec<Sample>, Error> {
    let from = from.div_euclid(resolution.step_ms) * resolution.step_ms;
    // `;` follows `:`, so that the last second is whole
    let entries = catalog.latest(
        resolution.collection,
        &time_key(from),
        &format!("{};", time_key(to - 1)),
        MAX_SAMPLES,
    )?;
    let samples = entries.into_iter().rev().filter_map(|entry| {
        let of_node = entry.key.split_once(':').is_some_and(|(_, name)| node.is_none_or(|n| n == name));
        if of_node { serde_json::from_value(entry.value).ok() } else { None }
    });
    Ok(samples.collect())
}

/// All samples of a stretch of time, by node.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Milliseconds since 1970.
    pub start: i64,
    /// One for each node that was heard of.
    pub nodes: BTreeMap<String, Sample>,
}

impl Bucket {
    /// A count of all nodes.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.nodes.values().map(|s| s.count(name)).sum()
    }
    /// A count of all nodes per second; `None` where nothing was heard.
    #[must_use]
    pub fn rate(&self, name: &str) -> Option<f64> {
        let rates = self.nodes.values().map(|s| super::sample::per_second(s.count(name), s.span));
        (!self.nodes.is_empty()).then(|| rates.sum())
    }
    /// A gauge of all nodes together; `None` where nothing was heard.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Option<u64> {
        let mut values = self.nodes.values().filter_map(|s| s.gauges.get(name)).peekable();
        values.peek()?;
        Some(values.sum())
    }
}

/// Puts samples together in buckets of `step_ms`; buckets without samples are left out.
#[must_use]
pub fn buckets(samples: &[Sample], step_ms: i64) -> Vec<Bucket> {
    let mut found: BTreeMap<i64, Bucket> = BTreeMap::new();
    for sample in samples {
        let start = sample.time.div_euclid(step_ms.max(1)) * step_ms.max(1);
        let bucket = found.entry(start).or_insert_with(|| Bucket { start, ..Bucket::default() });
        match bucket.nodes.get_mut(&sample.node) {
            Some(known) => known.merge(sample),
            None => drop(bucket.nodes.insert(sample.node.clone(), Sample { time: start, ..sample.clone() })),
        }
    }
    found.into_values().collect()
}
