//! Timeline and map over the sessions of a search: Arkime's `graph` and `map`.

use crate::error::ApiError;
use crate::scope::Scope;
use fields::{Def, Schema, Target};
use index::{Aggregate, Control, Histogram, Order, Outcome, SessionIndex, Terms};
use query::{Bounding, Plan};
use serde_json::{Map, Value as Json, json};
use session::core;

/// Integer fields that a timeline can sum, by document path; the first six are always there.
const SERIES: [&Def; 8] = [
    &core::SRC_PACKETS.def,
    &core::DST_PACKETS.def,
    &core::SRC_BYTES.def,
    &core::DST_BYTES.def,
    &core::SRC_DATA_BYTES.def,
    &core::DST_DATA_BYTES.def,
    &core::PACKETS.def,
    &core::BYTES.def,
];
/// Buckets of one timeline; more is refused.
const MAX_BUCKETS: i64 = 250_000;
/// Countries of a map.
const MAX_COUNTRIES: usize = 1_000;

/// Seconds per bucket and how sessions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub seconds: i64,
    pub spanning: bool,
}

impl Interval {
    /// Reads `interval`; `auto` goes by the length of the range in Arkime's steps.
    pub fn read(text: Option<&str>, spanning: bool, range: Option<(i64, i64)>) -> Result<Self, ApiError> {
        const HOUR: i64 = 3_600;
        let span = range.map(|(from, to)| (to.saturating_sub(from)) / 1_000);
        let seconds = match text.unwrap_or("auto") {
            "auto" => match span {
                None => HOUR,
                Some(span) if span <= 16 * 60 => 1,
                Some(span) if span <= 7 * 24 * HOUR => 60,
                Some(span) if span <= 416 * 24 * HOUR => HOUR,
                Some(_) => 24 * HOUR,
            },
            "second" => 1,
            "minute" => 60,
            "hour" => HOUR,
            "day" => 24 * HOUR,
            "week" => 7 * 24 * HOUR,
            other => other.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                ApiError::bad("interval is auto, second, minute, hour, day, week or a number of seconds")
            })?,
        };
        // a session that spans many buckets counts in each: keep their number small
        let seconds = match span {
            Some(span) if spanning => seconds.max(span / 2_000),
            _ => seconds,
        };
        if span.is_some_and(|span| span / seconds > MAX_BUCKETS) {
            return Err(ApiError::bad("interval is too small for this time range"));
        }
        Ok(Self { seconds: seconds.max(1), spanning })
    }
}

/// The aggregate of a timeline.
pub(crate) fn histogram(scope: &Scope, interval: Interval) -> Aggregate {
    let by = match scope.bounding {
        Bounding::First => &core::START_TIME.def,
        Bounding::Database => &core::DB_TIME.def,
        Bounding::Last | Bounding::Both | Bounding::Either => &core::STOP_TIME.def,
    };
    Aggregate::Histogram(Histogram {
        by,
        interval_ms: interval.seconds.saturating_mul(1_000),
        spanning: interval.spanning,
        sums: SERIES.to_vec(),
    })
}

/// The JSON of a timeline.
pub(crate) fn graph(scope: &Scope, interval: Interval, outcome: &Outcome) -> Json {
    let mut graph = Map::new();
    if let Some((from, to)) = scope.range {
        graph.insert("xmin".to_owned(), from.into());
        graph.insert("xmax".to_owned(), to.into());
    }
    graph.insert("interval".to_owned(), interval.seconds.into());
    let Outcome::Histogram(rows) = outcome else { return Json::Object(graph) };
    let series = |value: &dyn Fn(&index::HistogramRow) -> i64| -> Json {
        rows.iter().map(|row| json!([row.start_ms, value(row)])).collect()
    };
    let sum = |at: usize| rows.iter().map(|row| row.sums.get(at).copied().unwrap_or(0)).sum::<i64>();
    let sessions = rows.iter().map(|row| row.count).sum::<u64>();
    graph.insert("sessionsHisto".to_owned(), series(&|row| i64::try_from(row.count).unwrap_or(i64::MAX)));
    for (at, def) in SERIES.iter().enumerate().take(6) {
        let values = series(&|row| row.sums.get(at).copied().unwrap_or(0));
        graph.insert(format!("{}Histo", def.path), values);
    }
    graph.insert("sessionsTotal".to_owned(), sessions.into());
    graph.insert("network.packetsTotal".to_owned(), sum(6).into());
    graph.insert("network.bytesTotal".to_owned(), sum(7).into());
    graph.insert("totDataBytesTotal".to_owned(), (sum(4) + sum(5)).into());
    Json::Object(graph)
}

/// The aggregates of a map: source, destination, and where the schema has it the client behind a proxy.
pub(crate) fn map_aggregates(schema: &Schema) -> Vec<(&'static str, Aggregate)> {
    let places = [
        ("src", Some(Target::of(&core::SRC_COUNTRY.def))),
        ("dst", Some(Target::of(&core::DST_COUNTRY.def))),
        ("xffGeo", schema.by_path("http.xffGEO").map(|entry| entry.target)),
    ];
    let terms =
        |target| Terms { levels: vec![target], size: MAX_COUNTRIES, order: Order::Most, sums: Vec::new() };
    places.into_iter().filter_map(|(name, target)| Some((name, Aggregate::Terms(terms(target?))))).collect()
}

/// The JSON of a map.
pub(crate) fn map<'a>(
    names: impl Iterator<Item = &'static str>,
    outcomes: impl Iterator<Item = &'a Outcome>,
) -> Json {
    let mut map = Map::new();
    for (name, outcome) in names.zip(outcomes) {
        let mut countries = Map::new();
        if let Outcome::Terms { buckets, .. } = outcome {
            for bucket in buckets {
                countries.insert(crate::api::key_text(&bucket.key), bucket.count.into());
            }
        }
        map.insert(name.to_owned(), Json::Object(countries));
    }
    Json::Object(map)
}

/// Timeline and, where wanted, map of a plan, in one pass; further aggregates ride along and come back.
pub(crate) struct Facets {
    pub graph: Json,
    pub map: Json,
    pub more: Vec<Outcome>,
}

impl Facets {
    pub fn ask(
        index: &dyn SessionIndex,
        schema: &Schema,
        (scope, plan): (&Scope, &Plan),
        interval: Option<Interval>,
        with_map: bool,
        more: Vec<Aggregate>,
        control: &Control,
    ) -> Result<Self, ApiError> {
        let maps = if with_map { map_aggregates(schema) } else { Vec::new() };
        let mut asked: Vec<Aggregate> = interval.map(|i| histogram(scope, i)).into_iter().collect();
        asked.extend(maps.iter().map(|(_, aggregate)| aggregate.clone()));
        asked.extend(more);
        if asked.is_empty() {
            return Ok(Self { graph: json!({}), map: json!({}), more: Vec::new() });
        }
        let mut outcomes = index.aggregate(plan, &asked, control)?.into_iter();
        let graph = match interval {
            Some(interval) => outcomes.next().map_or(json!({}), |outcome| graph(scope, interval, &outcome)),
            None => json!({}),
        };
        let countries: Vec<Outcome> = outcomes.by_ref().take(maps.len()).collect();
        let map = map(maps.iter().map(|(name, _)| *name), countries.iter());
        Ok(Self { graph, map, more: outcomes.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_intervals_follow_the_range() {
        let auto = |seconds: i64| Interval::read(None, false, Some((0, seconds * 1_000))).unwrap().seconds;
        assert_eq!((auto(900), auto(7_200), auto(86_400 * 30), auto(86_400 * 500)), (1, 60, 3_600, 86_400));
        assert_eq!(Interval::read(None, false, None).unwrap().seconds, 3_600);
        assert!(Interval::read(Some("fortnight"), false, None).is_err());
        assert!(Interval::read(Some("second"), false, Some((0, i64::MAX))).is_err());
        assert_eq!(Interval::read(Some("second"), true, Some((0, 86_400_000))).unwrap().seconds, 43);
    }
}
