//! Alert notices: which alerts which notifiers are told of.

use crate::alerting::{COLLECTION, QUIET, QUIET_LEAST};
use crate::api::alerts::LEVELS;
use crate::api::notifiers::chosen;
use crate::api::shared::{Kind, body, need};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::entries::names;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::compile_for;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};

const NOTICE: Kind = Kind {
    collection: COLLECTION,
    name: "alertnotice",
    label: "alert notice",
    maker: "creator",
    unique: false,
    searched: &["name", "description", "user"],
};
/// Values of one list.
const MAX_LIST: usize = 100;
/// Categories of hits.
const CATEGORIES: [&str; 6] = ["threat", "rule", "service", "device", "os", "midware"];
/// What the server keeps beside what a request says.
const KEPT: [&str; 11] = [
    "created",
    "lpValue",
    "lastRun",
    "count",
    "sent",
    "failed",
    "lastNotified",
    "lastError",
    "pending",
    "pendingMore",
    "error",
];

fn list_of(notice: &Map<String, Value>, name: &str, known: &[&str]) -> Result<Vec<String>, ApiError> {
    let list = notice.get(name).map_or(Some(Vec::new()), names);
    let list = list.ok_or_else(|| ApiError::forbidden(format!("{name} must be a list of texts")))?;
    if list.len() > MAX_LIST {
        return Err(ApiError::forbidden(format!("{name} has more than {MAX_LIST} values")));
    }
    if let Some(wrong) = list.iter().find(|one| !known.is_empty() && !known.contains(&one.as_str())) {
        let shown: String = wrong.chars().take(60).collect();
        return Err(ApiError::forbidden(format!("{name} are of {}, not `{shown}`", known.join(", "))));
    }
    Ok(list)
}

/// Reads the object of a request.
fn read(app: &App, caller: &Caller, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let asked = [
        "name",
        "enabled",
        "description",
        "categories",
        "types",
        "names",
        "levels",
        "expression",
        "notifier",
        "quiet",
    ];
    let mut notice = body(params, &asked);
    need(&notice, "name", "name")?;
    for (name, known) in
        [("categories", &CATEGORIES[..]), ("types", &[]), ("names", &[]), ("levels", &LEVELS[..])]
    {
        let list = list_of(&notice, name, known)?;
        notice.insert(name.to_owned(), list.into());
    }
    let expression = notice.get("expression").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    if !expression.is_empty() {
        compile_for(app, caller, &expression)?;
    }
    let quiet = match notice.get("quiet") {
        None | Some(Value::Null) => QUIET,
        Some(Value::Number(n)) => n.as_i64().unwrap_or(-1),
        Some(value) => value.as_str().and_then(|text| text.trim().parse().ok()).unwrap_or(-1),
    };
    if !(QUIET_LEAST..=30 * 86_400).contains(&quiet) {
        return Err(ApiError::forbidden(format!(
            "quiet is the seconds between two messages, from {QUIET_LEAST} to 2592000"
        )));
    }
    let notifiers = chosen(app, caller, notice.get("notifier"))?;
    if notifiers.is_empty() {
        return Err(ApiError::forbidden("Missing notifier"));
    }
    let enabled = !matches!(notice.get("enabled"), Some(Value::Bool(false)))
        && notice.get("enabled").and_then(Value::as_str) != Some("false");
    let description = notice.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, value) in [
        ("expression", Value::from(expression)),
        ("quiet", quiet.into()),
        ("notifier", notifiers.into()),
        ("enabled", enabled.into()),
        ("description", description.into()),
    ] {
        notice.insert(name.to_owned(), value);
    }
    Ok(notice)
}

fn shown(mut row: Value) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.remove("pending");
        row.remove("pendingMore");
        if row.get("fromConfig") == Some(&Value::Bool(true)) {
            row.insert("canEdit".to_owned(), false.into());
        }
    }
    row
}

fn answered(mut answer: Json<Value>) -> Json<Value> {
    let notice = answer[NOTICE.name].take();
    answer[NOTICE.name] = shown(notice);
    answer
}

/// The notice, when the user may change it.
fn editable(app: &App, caller: &Caller, id: &str) -> Result<index::Entry, ApiError> {
    let entry = NOTICE.editable(app, caller, id)?;
    if entry.value["fromConfig"] == true {
        return Err(ApiError::forbidden("this alert notice stands in the configuration; change it there"));
    }
    Ok(entry)
}

#[utoipa::path(get, path = "/api/alertnotices", tag = "evidence",
    params(("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "A list of `{id,name,enabled,description,categories,types,names,levels,expression,notifier:[id],quiet,creator,users,roles,editRoles,created,lastRun,count,sent,failed,lastNotified,lastError,error?,fromConfig?,canEdit}`; times are seconds since 1970, `quiet` seconds")))]
/// Which alerts which notifiers are told of.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut rows = NOTICE.rows(app, &caller, &params)?;
        rows.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
        Ok(Json(rows.into_iter().map(shown).collect()))
    })
    .await
}

#[utoipa::path(post, path = "/api/alertnotice", tag = "evidence", request_body(content = Value, description = "`{name,notifier:[id],categories,types,names,levels,expression,quiet,enabled,description,users,roles,editRoles}`; empty lists: all, of categories `threat` and `rule`"),
    responses((status = 200, description = "`{success,text,alertnotice,invalidUsers}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes an alert notice: it tells of alerts from now on, and sees what its maker may see.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut notice = read(app, &caller, &params)?;
        let now = now_ms() / 1_000;
        for (name, value) in [("created", now), ("lpValue", now), ("count", 0), ("sent", 0), ("failed", 0)] {
            notice.insert(name.to_owned(), value.into());
        }
        NOTICE.create(app, &caller, &params, notice).map(answered)
    })
    .await
}

#[utoipa::path(put, path = "/api/alertnotice/{id}", tag = "evidence", params(("id" = String, Path, description = "Id of the notice")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,alertnotice}`"), (status = 404, description = "There is none")))]
/// Replaces an alert notice; it goes on from where it is.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = editable(app, &caller, &id)?;
        let mut notice = read(app, &caller, &params)?;
        for name in KEPT {
            notice.extend(entry.value.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        // what came while nobody was to be told is not told of later
        if entry.value["enabled"] == false && notice["enabled"] == true {
            notice.insert("lpValue".to_owned(), (now_ms() / 1_000).into());
        }
        NOTICE.replace(app, &caller, &params, (&id, &entry), notice).map(answered)
    })
    .await
}

#[utoipa::path(delete, path = "/api/alertnotice/{id}", tag = "evidence", params(("id" = String, Path, description = "Id of the notice")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes an alert notice.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        editable(app, &caller, &id)?;
        NOTICE.remove(app, &caller, &id)
    })
    .await
}
