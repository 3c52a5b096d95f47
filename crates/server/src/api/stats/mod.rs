//! Statistics of the capturing nodes: as they are now, and one figure over time.

mod series;
mod store;

pub(crate) use series::*;
pub(crate) use store::*;

use crate::api::table::{self, TableQuery};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::stats::prometheus::Files;
use crate::stats::{self, Bucket, Sample, arkime, buckets, read, resolution_for};
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A node that has not been heard of for so long (milliseconds) is left out by `hide=old`.
const OLD_MS: i64 = 300_000;

fn may_see(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.hide_stats { Err(ApiError::forbidden("you may not see the statistics")) } else { Ok(()) }
}

/// Every node as it is now: what the catalogue has, and what this process itself captures, which is newer.
pub(crate) fn nodes(app: &App) -> Result<Vec<Sample>, ApiError> {
    let mut nodes = stats::now(&*app.state.catalog)?;
    if let Some(own) = app.state.monitor.as_ref().and_then(|monitor| monitor.sample()) {
        match nodes.iter_mut().find(|n| n.node == own.node) {
            Some(known) if known.time > own.time => {}
            Some(known) => {
                // what was counted just before is told by the recorder
                let (recent, recent_ms) = (std::mem::take(&mut known.recent), known.recent_ms);
                *known = Sample { recent, recent_ms, ..own };
            }
            None => nodes.push(own),
        }
    }
    Ok(nodes)
}

/// Packet files of each node.
pub(crate) fn files(app: &App) -> Result<BTreeMap<String, Files>, ApiError> {
    let mut files: BTreeMap<String, Files> = BTreeMap::new();
    for file in app.state.catalog.files()? {
        let known = files.entry(file.node).or_default();
        known.count += 1;
        known.bytes = known.bytes.saturating_add(file.file_size);
        let first = Some(file.first_timestamp).filter(|ms| *ms > 0);
        known.oldest = known.oldest.into_iter().chain(first).min();
    }
    Ok(files)
}

#[utoipa::path(get, path = "/api/stats", tag = "stats", params(TableQuery,
        ("filter" = Option<String>, Query, description = "Part of a node name"),
        ("hide" = Option<String>, Query, description = "`none`, `old` (not heard of for 5 minutes), `nosession`, `both`")),
    responses((status = 200, description = "`{data,recordsTotal,recordsFiltered}`, one row a node")))]
/// The capturing nodes as they are now.
pub(crate) async fn stats(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let hide = params.get("hide").unwrap_or("none").to_owned();
    if !["none", "old", "nosession", "both"].contains(&hide.as_str()) {
        return Err(ApiError::bad("hide is none, old, nosession or both"));
    }
    let work = move |app: &App| {
        let now = now_ms();
        let nodes = nodes(app)?;
        let files = files(app)?;
        let total = nodes.len();
        let filter = params.get("filter").unwrap_or_default().to_lowercase();
        let shown = nodes.iter().filter(|n| n.node.to_lowercase().contains(&filter)).filter(|n| {
            let (old, idle) =
                (now - n.time > OLD_MS, n.gauge("open_sessions") == 0 && n.rate("sessions") == 0.0);
            match hide.as_str() {
                "old" => !old,
                "nosession" => !idle,
                "both" => !old && !idle,
                _ => true,
            }
        });
        let rows = shown.map(|n| {
            let files = files.get(&n.node).copied().unwrap_or_default();
            arkime::row(n, files.bytes, files.oldest, now)
        });
        table::page(rows.collect(), total, &params, "nodeName", 500)
    };
    app.blocking(work).await.map(Json)
}

#[utoipa::path(get, path = "/api/dstats", tag = "stats", params(
        ("nodeName" = Option<String>, Query, description = "Node; all of them together"),
        ("name" = String, Query, description = "A figure of `/api/stats`, for example `deltaPacketsPerSec`, or several separated by commas"),
        ("start" = Option<f64>, Query, description = "Seconds since 1970; an hour ago"),
        ("stop" = Option<f64>, Query, description = "Seconds since 1970; now"),
        ("step" = Option<f64>, Query, description = "Seconds between two values; that of the series"),
        ("interval" = Option<u32>, Query, description = "Seconds of a sample: 5, 60 or 600; 60. The series has 10 for 5"),
        ("size" = Option<usize>, Query, description = "Values at most; 1440")),
    responses((status = 200, description = "For one name an array of numbers, for several an object of arrays; 0 where the node was not heard of")))]
/// A figure over time.
pub(crate) async fn dstats(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let names = params.list("name");
    if names.is_empty() {
        return Err(ApiError::bad("Missing name parameter"));
    }
    let now = now_ms();
    let seconds = |name: &str| params.parse::<f64>(name, "a number of seconds");
    let ms = |seconds: f64| (seconds * 1_000.0).clamp(0.0, 4e15) as i64;
    let interval = seconds("interval")?.unwrap_or(60.0);
    let series_ms = match interval {
        n if n < 60.0 => 10_000,
        n if n < 600.0 => 60_000,
        _ => 600_000,
    };
    let from = seconds("start")?.map_or(now - 3_600_000, ms);
    let to = seconds("stop")?.map_or(now, ms);
    let step = seconds("step")?.map_or(series_ms, ms).max(1_000);
    let size = params.parse::<usize>("size", "a number of values")?.unwrap_or(1_440).clamp(1, 100_000);
    if from > to {
        return Err(ApiError::bad("start is after stop"));
    }
    let from = from.max(to.saturating_sub(step.saturating_mul(i64::try_from(size).unwrap_or(1_440))));
    let node = params.get("nodeName").map(str::to_owned);
    let work = move |app: &App| {
        let series = resolution_for(from, series_ms.min(step), now);
        let samples = read(&*app.state.catalog, series, from, to, node.as_deref())?;
        let places = usize::try_from((to - from) / step).unwrap_or(0).clamp(1, size);
        // a sample may be longer than a step: its rate holds for all of it
        let found: BTreeMap<i64, Bucket> =
            buckets(&samples, series.step_ms.max(step)).into_iter().map(|b| (b.start, b)).collect();
        let empty = Bucket::default();
        let mut answer = Map::new();
        for name in &names {
            let unknown =
                || ApiError::bad(format!("there is no figure {name:.60}; /api/stats shows which there are"));
            let mut values = Vec::with_capacity(places);
            for place in 0..places {
                let at = from + step * i64::try_from(place).unwrap_or(0);
                let bucket = found.range(..=at).next_back().map(|(_, b)| b);
                let bucket = bucket.filter(|b| at - b.start < series.step_ms.max(step)).unwrap_or(&empty);
                let value = arkime::value(bucket, name).map_err(|()| unknown())?;
                values.push(value.unwrap_or(0.0));
            }
            answer.insert(name.clone(), values.into());
        }
        Ok(match names.as_slice() {
            [one] => answer.remove(one).unwrap_or_default(),
            _ => Value::Object(answer),
        })
    };
    app.blocking(work).await.map(Json)
}
