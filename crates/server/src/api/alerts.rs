//! Alerts: hits of rules added up by attacker, victim, type and name; what people say of them; one alert with its hits.

use crate::api::export::{cell, plain};
use crate::api::table;
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::evidence::alerts::{Alert, Groups, Key, MAX_COMMENT, Remark, Said, Status};
use crate::evidence::hits::{self, Hit, Networks, facet};
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use index::Control;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Categories whose hits are alerts where none is named.
pub(crate) const CATEGORIES: [&str; 2] = ["threat", "rule"];
/// Levels, the gravest first.
pub(crate) const LEVELS: [&str; 5] = ["extra_high", "high", "middle", "low", "extra_low"];
/// Alerts whose state is changed at once.
const MAX_IDS: usize = 10_000;
/// Hits of one alert that are listed.
const MAX_LISTED: usize = 10_000;
/// Bars of a timeline at most.
const MAX_BARS: i64 = 600;
/// Columns of a CSV.
const COLUMNS: [&str; 20] = [
    "id", "category", "type", "name", "level", "attacker", "victim", "port", "protocol", "first", "last",
    "count", "peak", "duration", "active", "status", "comment", "rules", "devices", "obj",
];

/// What is asked for.
struct Filter {
    categories: Vec<String>,
    attacker: Networks,
    victim: Networks,
    kinds: Vec<String>,
    names: Vec<String>,
    levels: Vec<String>,
    statuses: Vec<Status>,
    protocols: Vec<String>,
    devices: Vec<String>,
    active: Option<bool>,
    id: Option<String>,
}

fn one_of(list: &[String], value: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(value))
}

impl Filter {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let mut categories = params.list("category");
        if categories.is_empty() {
            categories = CATEGORIES.map(str::to_owned).to_vec();
        }
        let statuses = params.list("status").iter().map(|text| status(text)).collect::<Result<_, _>>()?;
        let active = match params.get("active") {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(_) => return Err(ApiError::bad("active is true or false")),
        };
        Ok(Self {
            categories,
            attacker: Networks::read("attacker", &params.list("attacker"))?,
            victim: Networks::read("victim", &params.list("victim"))?,
            kinds: params.texts("type"),
            names: params.texts("name"),
            levels: params.list("level"),
            statuses,
            protocols: params.list("protocol"),
            devices: params.list("devid"),
            active,
            id: params.get("id").map(str::to_owned),
        })
    }

    fn wants(&self, alert: &Alert, row: &Value, now: i64) -> bool {
        let key = &alert.key;
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let devices = row.get("devices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.attacker.has(key.attacker)
            && self.victim.has(key.victim)
            && one_of(&self.kinds, &key.kind)
            && one_of(&self.names, &key.name)
            && one_of(&self.levels, &key.level)
            && one_of(&self.protocols, text("protocol"))
            && (self.devices.is_empty() || devices.iter().any(|d| one_of(&self.devices, &d.to_string())))
            && (self.statuses.is_empty()
                || self.statuses.iter().any(|status| status.name() == text("status")))
            && self.active.is_none_or(|active| active == alert.is_active(now))
            && self.id.as_ref().is_none_or(|id| alert.is(id))
    }
}

fn status(text: &str) -> Result<Status, ApiError> {
    Status::of(text).ok_or_else(|| ApiError::bad("status is unprocessed, confirmed or processed"))
}

/// The alerts of a request; whether there were more hits than are looked at.
fn alerts(
    app: &App,
    caller: &Caller,
    params: &Params,
    categories: &[String],
    control: &Control,
) -> Result<(Vec<Alert>, bool), ApiError> {
    // `id` and `ids` name alerts here, not sessions
    let mut of_sessions = params.clone();
    of_sessions.set("id", "");
    of_sessions.set("ids", "");
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(&of_sessions)?)?;
    let mut groups = Groups::default();
    let partial = hits::each(app, &scope.plan, categories, control, &mut |hit| groups.add(&hit))?;
    Ok((groups.alerts(), partial))
}

/// Rows that the filters leave, how many there were, and whether hits were left out.
fn rows(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Vec<Value>, usize, bool), ApiError> {
    let filter = Filter::read(params)?;
    let (alerts, partial) = alerts(app, caller, params, &filter.categories, control)?;
    let (said, now, total) = (Said::read(&*app.state.catalog)?, now_ms(), alerts.len());
    let row = |alert: &Alert| {
        let row = alert.json(&said, now);
        filter.wants(alert, &row, now).then_some(row)
    };
    Ok((alerts.iter().filter_map(row).collect(), total, partial))
}

/// How grave a level is.
fn severity(row: &Value) -> usize {
    let level = row.get("level").and_then(Value::as_str).unwrap_or_default();
    LEVELS.iter().position(|known| *known == level).map_or(0, |at| LEVELS.len() - at)
}

/// Sorts rows of alerts and assets: addresses as such, levels by how grave they are; the latest first where nothing else is asked for.
pub(crate) fn sort(rows: &mut [Value], params: &Params) {
    let by = table::sort_field(params, "last");
    let ip = |row: &Value| {
        let text = row.get(by).and_then(Value::as_str).unwrap_or_default();
        text.parse::<std::net::IpAddr>().ok()
    };
    match by {
        "level" => rows.sort_by_cached_key(severity),
        "attacker" | "victim" | "ip" => rows.sort_by_cached_key(ip),
        _ => {
            let mut plain = Params::default();
            plain.set("sortField", by);
            table::sort(rows, &plain, "last");
        }
    }
    let unasked = params.get("desc").is_none() && params.get("sortField").is_none();
    if params.is_set("desc") || unasked {
        rows.reverse();
    }
}

#[utoipa::path(get, path = "/api/alerts", tag = "evidence", params(ScopeQuery,
        ("category" = Option<String>, Query, description = "Categories, separated by commas; `threat,rule`"),
        ("attacker" = Option<String>, Query, description = "Addresses and networks, separated by commas"),
        ("victim" = Option<String>, Query, description = "Addresses and networks, separated by commas"),
        ("type" = Option<String>, Query, description = "Types, separated by commas; a comma in one is written `\\,`"),
        ("name" = Option<String>, Query, description = "Names, separated by commas; a comma in one is written `\\,`"),
        ("level" = Option<String>, Query, description = "`extra_high`, `high`, `middle`, `low`, `extra_low`, separated by commas"),
        ("status" = Option<String>, Query, description = "`unprocessed`, `confirmed`, `processed`, separated by commas"),
        ("active" = Option<bool>, Query, description = "Whether the last hit is less than 70 minutes old"),
        ("protocol" = Option<String>, Query, description = "`TCP`, `UDP`, `ICMP`, separated by commas"),
        ("devid" = Option<String>, Query, description = "Devices, separated by commas"),
        ("id" = Option<String>, Query, description = "One alert"),
        ("start" = Option<usize>, Query, description = "Rows to skip"),
        ("length" = Option<usize>, Query, description = "Rows to return; 100"),
        ("sortField" = Option<String>, Query, description = "Column; `last`"),
        ("desc" = Option<bool>, Query, description = "Largest first")),
    responses((status = 200, description = "`{data,recordsTotal,recordsFiltered,partial,facets}`")))]
/// Alerts.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let cancel = ScopeQuery::read(&params)?.cancel_key(&caller);
    let answer = app.query(cancel, move |app, control| {
        let (rows, total, partial) = rows(app, &caller, &params, control)?;
        let values = |name: &str| {
            facet(rows.iter().filter_map(|row| row.get(name)?.as_str()).collect::<Vec<_>>().into_iter())
        };
        let facets = json!({
            "attackers": values("attacker"), "victims": values("victim"), "types": values("type"),
            "names": values("name"), "levels": values("level"), "statuses": values("status"),
        });
        let mut rows = rows;
        sort(&mut rows, &params);
        let mut answer = table::cut(rows, total, &params, 100)?;
        answer["partial"] = partial.into();
        answer["facets"] = facets;
        Ok(answer)
    });
    answer.await.map(Json)
}

/// Rows as CSV.
pub(crate) fn csv_of(rows: &[Value], columns: &[&str]) -> String {
    let mut text = format!("{}\r\n", columns.join(","));
    for row in rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| row.get(name).map_or(String::new(), |value| cell(&plain(value))))
            .collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A CSV for downloading.
pub(crate) fn csv_answer(name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, text).into_response()
}

/// Rows as a JSON file.
pub(crate) fn json_answer(name: &str, rows: &[Value]) -> Response {
    let headers = [(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    (headers, Json(rows)).into_response()
}

#[utoipa::path(get, path = "/api/alerts.csv", tag = "evidence", params(ScopeQuery),
    responses((status = 200, description = "All alerts that the parameters of `/api/alerts` leave; times are microseconds since 1970", content_type = "text/csv")))]
/// Alerts as CSV.
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let text = app.query(None, move |app, control| {
        let (mut rows, ..) = rows(app, &caller, &params, control)?;
        sort(&mut rows, &params);
        Ok(csv_of(&rows, &COLUMNS))
    });
    Ok(csv_answer("alerts.csv", text.await?))
}

#[utoipa::path(get, path = "/api/alerts.json", tag = "evidence", params(ScopeQuery),
    responses((status = 200, description = "All alerts that the parameters of `/api/alerts` leave, as a list", content_type = "application/json")))]
/// Alerts as a JSON file.
pub(crate) async fn file(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let rows = app.query(None, move |app, control| {
        let (mut rows, ..) = rows(app, &caller, &params, control)?;
        sort(&mut rows, &params);
        Ok(rows)
    });
    Ok(json_answer("alerts.json", &rows.await?))
}

#[utoipa::path(get, path = "/api/alert/{id}", tag = "evidence", params(ScopeQuery,
        ("id" = String, Path, description = "Id of an alert"),
        ("limit" = Option<usize>, Query, description = "Hits to list; 1,000, at most 10,000: the latest")),
    responses((status = 200, description = "`{alert,timeline:{interval,buckets:[[start,hits]]},hits,total}`"), (status = 404, description = "No such alert in this time")))]
/// One alert with its hits.
pub(crate) async fn detail(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let limit = params.parse("limit", "a number of hits")?.unwrap_or(1_000usize).min(MAX_LISTED);
    let answer = app.query(None, move |app, control| {
        let categories: Vec<String> =
            ["threat", "rule", "service", "device", "os", "midware"].map(str::to_owned).to_vec();
        let scope = Scope::resolve(app, &caller, &ScopeQuery::read(&params)?)?;
        let (mut groups, mut mine) = (Groups::default(), Vec::new());
        let hash = id.split('-').next().unwrap_or_default().to_owned();
        hits::each(app, &scope.plan, &categories, control, &mut |hit| {
            if Key::of(&hit).hash() == hash {
                groups.add(&hit);
                mine.push(hit);
            }
        })?;
        let alert = groups.alerts().into_iter().find(|alert| alert.is(&id));
        let alert = alert.ok_or_else(|| ApiError::not_found("there is no such alert in this time"))?;
        mine.retain(|hit| (alert.first..=alert.last).contains(&hit.time));
        mine.sort_by_key(|hit| std::cmp::Reverse(hit.time));
        let said = Said::read(&*app.state.catalog)?;
        let shown: Vec<Value> = mine.iter().take(limit).map(hit_json).collect();
        Ok(json!({
            "alert": alert.json(&said, now_ms()), "timeline": timeline(&alert, &mine), "hits": shown,
            "total": mine.len(),
        }))
    });
    answer.await.map(Json)
}

/// Hits by five minutes, or as many of them as keep the bars countable.
fn timeline(alert: &Alert, hits: &[Hit]) -> Value {
    let seconds = |time: i64| time.div_euclid(1_000_000);
    let slots = (seconds(alert.last) - seconds(alert.first)) / 300 + 1;
    let interval = 300 * (slots / MAX_BARS + 1);
    let mut bars: BTreeMap<i64, u64> = BTreeMap::new();
    for hit in hits {
        *bars.entry(seconds(hit.time).div_euclid(interval) * interval).or_default() += 1;
    }
    let buckets: Vec<(i64, u64)> = bars.into_iter().collect();
    json!({ "interval": interval, "buckets": buckets })
}

fn hit_json(hit: &Hit) -> Value {
    json!({
        "time": hit.time, "devid": hit.device, "session": hit.session.to_string(), "node": hit.node,
        "rule": hit.rule, "version": hit.version, "side": if hit.from_source { "src" } else { "dst" },
        "src": hit.src.to_string(), "srcPort": hit.src_port, "dst": hit.dst.to_string(), "dstPort": hit.dst_port,
        "protocol": ::evidence::protocol_name(hit.protocol), "packets": hit.packets, "bytes": hit.bytes,
        "start": hit.span.map(|(start, _)| start), "end": hit.span.map(|(_, end)| end), "packet": hit.packet,
    })
}

#[utoipa::path(post, path = "/api/alerts/status", tag = "evidence",
    responses((status = 200, description = "`{success,text,changed}`; takes `{ids:[…],status,comment}`, and the time range of the list")))]
/// Says how far one is with alerts.
pub(crate) async fn set_status(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let ids = params.list("ids");
    if ids.is_empty() || ids.len() > MAX_IDS {
        return Err(ApiError::bad(format!("ids names 1 to {MAX_IDS} alerts")));
    }
    let status = status(params.need("status")?)?;
    let comment = params
        .get("comment")
        .map(|text| text.get(..text.floor_char_boundary(MAX_COMMENT)).unwrap_or_default().to_owned());
    let answer = app.query(None, move |app, control| {
        let mut params = params;
        if params.get("date").is_none() && params.get("startTime").is_none() {
            params.set("date", "-1");
        }
        let categories: Vec<String> = ["threat", "rule", "service", "device", "os", "midware"].map(str::to_owned).to_vec();
        let (alerts, _) = alerts(app, &caller, &params, &categories, control)?;
        let (said, now) = (Said::read(&*app.state.catalog)?, now_ms());
        let mut changed = 0;
        for alert in alerts.iter().filter(|alert| ids.iter().any(|id| alert.is(id))) {
            let before = alert.json(&said, now);
            let kept = || before.get("comment").and_then(Value::as_str).unwrap_or_default().to_owned();
            let comment = comment.clone().unwrap_or_else(kept);
            let remark = Remark { status, comment, user: caller.user.user_id.clone(), at: now };
            alert.say(&*app.state.catalog, &remark)?;
            changed += 1;
        }
        if changed == 0 {
            return Err(ApiError::not_found("there is no such alert"));
        }
        Ok(json!({ "success": true, "text": format!("{changed} alerts are {}", status.name()), "changed": changed }))
    });
    answer.await.map(Json)
}
