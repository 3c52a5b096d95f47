//! Statistics over time: rates, gauges, workers and losses.

use super::{may_see, nodes};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::graph::Interval;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use crate::stats::{self, Bucket, LOSSES, Sample, buckets, read, resolution_for};
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::IntoParams;

/// Buckets of one answer.
const MAX_BUCKETS: i64 = 20_000;
/// Buckets of a chart when nobody says how long one is.
const CHART_BUCKETS: i64 = 300;
/// Counts that a chart shows per second.
const RATES: [&str; 12] = [
    "packets",
    "bytes",
    "sessions",
    "documents",
    "written",
    "written_bytes",
    "not_kept",
    "duplicates_dropped",
    "write_stalls",
    "hits",
    "evidence_written",
    "evidence_bytes",
];
/// Gauges that a chart shows.
const GAUGES: [&str; 10] = [
    "open_sessions",
    "memory",
    "process_memory",
    "machine_memory",
    "disk_free",
    "disk_size",
    "queue_documents",
    "queue_bytes",
    "queue_limit",
    "evidence_open",
];

/// What series take besides a time range.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes parameters that are read by name")]
pub(crate) struct SeriesQuery {
    /// Node; all of them together.
    #[param(rename = "nodeName")]
    pub node_name: Option<String>,
    /// Only this interface.
    pub interface: Option<String>,
    /// Seconds of a step, at least that of the series; about 300 steps.
    pub interval: Option<String>,
}

/// Time range, step and node of a request for a series.
struct Span {
    from: i64,
    to: i64,
    step_ms: i64,
    node: Option<String>,
    interface: Option<String>,
}

impl Span {
    /// `date`, `startTime` and `stopTime` as for sessions, or `start` and `stop` in seconds; `interval` in seconds or in words.
    fn read(app: &App, caller: &Caller, params: &Params, default_step: &str) -> Result<Self, ApiError> {
        let now = now_ms();
        let seconds = |name: &str| params.parse::<f64>(name, "seconds since 1970");
        let ms = |seconds: f64| (seconds * 1_000.0).clamp(0.0, 4e15) as i64;
        let (from, to) = match (seconds("start")?, seconds("stop")?) {
            (Some(start), stop) => (ms(start), stop.map_or(now, ms)),
            (None, Some(_)) => return Err(ApiError::bad("stop needs start")),
            (None, None) => {
                let query =
                    ScopeQuery { expression: None, view: None, ids: None, ..ScopeQuery::read(params)? };
                Scope::resolve(app, caller, &query)?.range.unwrap_or((0, now))
            }
        };
        if from > to {
            return Err(ApiError::bad("the start is after the stop"));
        }
        let text = |name: &str| params.get(name).map(str::to_owned);
        let (node, interface) = (text("nodeName").or_else(|| text("node")), text("interface"));
        let mut span = Self { from, to, step_ms: 0, node, interface };
        let wanted = match params.get("interval").unwrap_or(default_step) {
            "chart" => 0,
            words => Interval::read(Some(words), false, None)?.seconds.saturating_mul(1_000),
        };
        span.settle(app, wanted, now)?;
        Ok(span)
    }

    /// Makes the step one that the series has; all time begins with the first sample.
    fn settle(&mut self, app: &App, wanted: i64, now: i64) -> Result<(), ApiError> {
        let kept = stats::RESOLUTIONS.iter().map(|r| r.kept_ms).max().unwrap_or(0);
        self.from = self.from.max(now.saturating_sub(kept)).min(self.to);
        if wanted == 0 && self.to - self.from > 30 * 86_400_000 {
            self.from = first(app, self.from, self.to)?;
        }
        let wanted = if wanted > 0 { wanted } else { (self.to - self.from) / CHART_BUCKETS };
        let least = (self.to - self.from) / MAX_BUCKETS;
        let series = resolution_for(self.from, wanted.max(least), now);
        // whole steps of the series, so that no sample is in two buckets
        let steps = (wanted.max(least).max(1) as u64).div_ceil(series.step_ms.unsigned_abs()).max(1);
        self.step_ms = series.step_ms.saturating_mul(i64::try_from(steps).unwrap_or(1));
        Ok(())
    }

    /// The beginning of each step.
    fn times(&self) -> Vec<i64> {
        let begin = self.from.div_euclid(self.step_ms) * self.step_ms;
        let places = ((self.to - begin) / self.step_ms + 1).clamp(1, MAX_BUCKETS + 2);
        (0..places).map(|n| begin + n * self.step_ms).collect()
    }

    fn samples(&self, app: &App) -> Result<Vec<Sample>, ApiError> {
        let series = resolution_for(self.from, self.step_ms, now_ms());
        Ok(read(&*app.state.catalog, series, self.from, self.to, self.node.as_deref())?)
    }
}

/// Time of the first sample of the coarsest series in a range.
fn first(app: &App, from: i64, to: i64) -> Result<i64, ApiError> {
    let [.., coarsest] = &stats::RESOLUTIONS;
    let samples = read(&*app.state.catalog, coarsest, from, to, None)?;
    Ok(samples.first().map_or(from, |sample| sample.time.max(from)))
}

/// Answers what is made of the samples of a span, with the span.
async fn over_time(
    app: App,
    caller: Caller,
    params: Params,
    make: impl FnOnce(&App, &Span, Vec<Sample>) -> Result<Value, ApiError> + Send + 'static,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    app.blocking(move |app| {
        let span = Span::read(app, &caller, &params, "chart")?;
        let samples = span.samples(app)?;
        let mut answer = json!({ "start": span.from, "stop": span.to, "interval": span.step_ms / 1_000 });
        if let (Some(answer), Value::Object(made)) = (answer.as_object_mut(), make(app, &span, samples)?) {
            answer.extend(made);
        }
        Ok(Json(answer))
    })
    .await
}

/// Only what belongs to an interface, as if it were the node.
fn of_interface(sample: &Sample, interface: &str) -> Sample {
    let mut only =
        Sample { lines: Vec::new(), counts: BTreeMap::new(), gauges: BTreeMap::new(), ..sample.clone() };
    for line in sample.lines.iter().filter(|line| line.interface == interface) {
        let as_node = Sample { counts: line.counts.clone(), ..Sample::default() };
        for (name, n) in &as_node.counts {
            *only.counts.entry(name.clone()).or_default() += n;
        }
        for (name, n) in &line.gauges {
            *only.gauges.entry(name.clone()).or_default() += n;
        }
        only.lines.push(line.clone());
    }
    only
}

#[utoipa::path(get, path = "/api/stats/series", tag = "stats", params(ScopeQuery, SeriesQuery),
    responses((status = 200, description = "`{start,stop,interval,nodes,interfaces,times,rates,gauges,losses}`; null where nothing was heard")))]
/// What charts show: rates, gauges and losses over time.
pub(crate) async fn series(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    over_time(app, caller, params, |app, span, mut samples| {
        let mut nodes: BTreeSet<String> = nodes(app)?.into_iter().map(|n| n.node).collect();
        nodes.extend(samples.iter().map(|s| s.node.clone()));
        let interfaces: BTreeSet<String> =
            samples.iter().flat_map(|s| &s.lines).map(|line| line.interface.clone()).collect();
        if let Some(interface) = &span.interface {
            samples = samples.iter().map(|sample| of_interface(sample, interface)).collect();
        }
        let found: BTreeMap<i64, Bucket> =
            buckets(&samples, span.step_ms).into_iter().map(|b| (b.start, b)).collect();
        let times = span.times();
        let all = |value: &dyn Fn(&Bucket) -> Option<f64>| -> Vec<Option<f64>> {
            times.iter().map(|at| found.get(at).and_then(value)).collect()
        };
        let mut rates: Map<String, Value> =
            RATES.iter().map(|name| ((*name).to_owned(), all(&|b| b.rate(name)).into())).collect();
        // hundredths of a core
        rates.insert("cpu".to_owned(), all(&|b| b.rate("cpu_ms").map(|ms| ms / 10.0)).into());
        let gauges: Map<String, Value> = GAUGES
            .iter()
            .map(|name| ((*name).to_owned(), all(&|b| b.gauge(name).map(|n| n as f64)).into()))
            .collect();
        let losses: Vec<Value> = LOSSES
            .iter()
            .filter_map(|kind| {
                let total: u64 = found.values().map(|b| b.count(kind.counter)).sum();
                let values = || all(&|b| Some(b.count(kind.counter) as f64));
                (total > 0).then(|| {
                    json!({ "stage": kind.stage, "reason": kind.reason, "unit": kind.unit, "total": total, "values": values() })
                })
            })
            .collect();
        Ok(json!({
            "nodes": nodes, "interfaces": interfaces, "times": times, "rates": rates, "gauges": gauges, "losses": losses,
        }))
    })
    .await
}

#[utoipa::path(get, path = "/api/stats/lines", tag = "stats", params(ScopeQuery, SeriesQuery),
    responses((status = 200, description = "`{start,stop,interval,times,lines:[{node,interface,worker,state,now,totals,losses,series}]}`")))]
/// Each worker of each interface: now, and over time.
pub(crate) async fn lines(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    over_time(app, caller, params, |app, span, samples| {
        let now = now_ms();
        type Key = (String, String, u32);
        let mut by_line: BTreeMap<Key, Vec<Sample>> = BTreeMap::new();
        let wanted = |interface: &str| span.interface.as_deref().is_none_or(|i| i == interface);
        for sample in &samples {
            for line in sample.lines.iter().filter(|line| wanted(&line.interface)) {
                let key = (sample.node.clone(), line.interface.clone(), line.worker);
                by_line.entry(key).or_default().push(Sample {
                    counts: line.counts.clone(),
                    gauges: line.gauges.clone(),
                    lines: Vec::new(),
                    ..sample.clone()
                });
            }
        }
        let latest = nodes(app)?;
        for node in latest.iter().filter(|n| span.node.as_ref().is_none_or(|name| *name == n.node)) {
            for line in node.lines.iter().filter(|line| wanted(&line.interface)) {
                by_line.entry((node.node.clone(), line.interface.clone(), line.worker)).or_default();
            }
        }
        let times = span.times();
        let rows = by_line.iter().map(|((node, interface, worker), samples)| {
            let found: BTreeMap<i64, Bucket> =
                buckets(samples, span.step_ms).into_iter().map(|b| (b.start, b)).collect();
            let all = |name: &str| -> Vec<Option<f64>> {
                times.iter().map(|at| found.get(at).and_then(|b| b.rate(name))).collect()
            };
            let mut totals = Sample::default();
            samples.iter().for_each(|sample| totals.merge(sample));
            let lost = |b: &Bucket| LOSSES.iter().map(|kind| b.count(kind.counter)).sum::<u64>();
            let lost: Vec<Option<u64>> = times.iter().map(|at| found.get(at).map(lost)).collect();
            let node_now = latest.iter().find(|n| n.node == *node);
            let line_now = node_now.and_then(|n| {
                n.lines.iter().find(|line| line.interface == *interface && line.worker == *worker)
            });
            let rate = |name: &str| {
                let count = line_now.and_then(|line| line.recent.get(name)).copied().unwrap_or(0);
                let ms = node_now.map_or(0, |n| n.recent_ms);
                if ms == 0 { 0.0 } else { count as f64 * 1_000.0 / ms as f64 }
            };
            let silent = node_now.is_none_or(|n| now.abs_diff(n.time) > stats::SILENT_MS as u64);
            json!({
                "node": node, "interface": interface, "worker": worker,
                "state": match line_now { Some(line) if !silent => line.state.as_str(), _ => "silent" },
                "now": line_now.filter(|_| !silent).map(|line| json!({
                    "packetsPerSec": rate("packets"), "bytesPerSec": rate("bytes"), "gauges": line.gauges,
                    "counts": line.counts, "losses": stats::losses(&line.counts),
                })),
                "totals": totals.counts, "losses": stats::losses(&totals.counts),
                "series": { "packets": all("packets"), "bytes": all("bytes"), "lost": lost },
            })
        });
        let rows: Vec<Value> = rows.collect();
        Ok(json!({ "times": times, "lines": rows }))
    })
    .await
}

#[utoipa::path(get, path = "/api/stats/losses", tag = "stats", params(ScopeQuery, SeriesQuery),
    responses((status = 200, description = "`{start,stop,interval,total,data:[{time,losses:[{node,interface,stage,reason,unit,count}]}]}`, only buckets with losses")))]
/// What was lost when, for the marks in the timeline.
pub(crate) async fn losses(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    over_time(app, caller, params, |_, span, samples| {
        let mut total = 0_u64;
        let mut data = Vec::new();
        for bucket in buckets(&samples, span.step_ms) {
            let mut found = Vec::new();
            for (node, sample) in &bucket.nodes {
                let mut rest = sample.counts.clone();
                let mut by_interface: BTreeMap<&str, stats::Counts> = BTreeMap::new();
                for line in &sample.lines {
                    let sum = by_interface.entry(&line.interface).or_default();
                    for kind in &LOSSES {
                        let n = line.counts.get(kind.counter).copied().unwrap_or(0);
                        *sum.entry(kind.counter.to_owned()).or_default() += n;
                        if let Some(left) = rest.get_mut(kind.counter) {
                            *left = left.saturating_sub(n);
                        }
                    }
                }
                by_interface.insert("", rest);
                for (interface, counts) in by_interface {
                    for lost in stats::losses(&counts) {
                        total = total.saturating_add(lost.count);
                        found.push(json!({
                            "node": node, "interface": interface, "stage": lost.stage, "reason": lost.reason,
                            "unit": lost.unit, "count": lost.count,
                        }));
                    }
                }
            }
            if !found.is_empty() {
                data.push(json!({ "time": bucket.start, "losses": found }));
            }
        }
        Ok(json!({ "total": total, "data": data }))
    })
    .await
}
