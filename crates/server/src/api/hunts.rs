//! Hunts: jobs that search in packets.

use crate::api::table;
use crate::app::{App, now_ms, random_text};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::hunting::{self, HUNTS, Needle, RESULTS};
use crate::params::Params;
use crate::scope::may_see;
use axum::Json;
use axum::extract::{Path, State};
use index::{Control, TagChange};
use query::{Leaf, Plan, Test, TextTest};
use serde_json::{Map, Value, json};
use session::core;

/// Sessions of one hunt; an administrator may search ten times as many.
const LIMIT: u64 = 1_000_000;
/// Packets of each session that may be looked at.
const SIZES: &[u64] = &[50, 500, 5_000, 10_000];

fn may_hunt(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.packet_search && !caller.user.hide_pcap {
        Ok(())
    } else {
        Err(ApiError::forbidden("Need packet search permission"))
    }
}

fn shown(id: &str, value: Value) -> Value {
    crate::entries::with_id(value, id)
}

#[utoipa::path(get, path = "/api/hunts", tag = "hunts", params(
        ("history" = Option<bool>, Query, description = "true: those that are finished; false: the queue"),
        ("searchTerm" = Option<String>, Query, description = "Part of a name or of what is searched"),
        ("sortField" = Option<String>, Query), ("desc" = Option<bool>, Query), ("start" = Option<usize>, Query), ("length" = Option<usize>, Query)),
    responses((status = 200, description = "`{runningJob,data,recordsTotal,recordsFiltered}`")))]
/// Hunts of the user and those shared with the user.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        let owner = |value: &Value| value["userId"].as_str() == Some(&caller.user.user_id);
        let entries = app.state.catalog.list(HUNTS)?;
        let mut rows: Vec<Value> = Vec::new();
        let mut running = Value::Null;
        for entry in entries {
            if !owner(&entry.value) && !may_see(&entry.value, &caller) {
                continue;
            }
            let row = shown(&entry.key, entry.value);
            if row["status"] == "running" {
                running = row.clone();
            }
            rows.push(row);
        }
        let total = rows.len();
        if let Some(history) = params.get("history") {
            rows.retain(|row| (row["status"] == "finished") == (history == "true" || history == "1"));
        }
        let term = params.get("searchTerm").unwrap_or_default().to_lowercase();
        rows.retain(|row| {
            ["name", "search", "id", "userId"]
                .iter()
                .any(|p| row[*p].as_str().is_some_and(|t| t.to_lowercase().contains(&term)))
        });
        let mut page = table::page(rows, total, &params, "created", 10_000)?;
        if !running.is_null() {
            page["runningJob"] = running;
        }
        Ok(Json(page))
    };
    app.blocking(work).await
}

/// Reads the object of a request.
fn read(app: &App, caller: &Caller, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let body = params.body.clone().unwrap_or_default();
    let body = match body.get("hunt") {
        Some(Value::Object(inner)) => inner.clone(),
        _ => body,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let name = text("name").ok_or_else(|| ApiError::forbidden("Missing hunt name"))?;
    let search = text("search").ok_or_else(|| ApiError::forbidden("Missing packet search text"))?;
    let kind = text("searchType").ok_or_else(|| ApiError::forbidden("Missing packet search text type"))?;
    Needle::read(kind, search)?;
    let how = text("type").ok_or_else(|| ApiError::forbidden("Missing packet search type"))?;
    if !matches!(how, "raw" | "reassembled") {
        return Err(ApiError::forbidden("Improper packet search type. Must be \"raw\" or \"reassembled\""));
    }
    let number = |name: &str| body.get(name).and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
    let size = number("size")
        .ok_or_else(|| ApiError::forbidden("Missing max mumber of packets to examine per session"))?;
    if !SIZES.contains(&size) {
        return Err(ApiError::forbidden("the number of packets per session is 50, 500, 5000 or 10000"));
    }
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    if !flag("src") && !flag("dst") {
        return Err(ApiError::forbidden("The hunt must search source or destination packets (or both)"));
    }
    let query =
        body.get("query").and_then(Value::as_object).ok_or_else(|| ApiError::forbidden("Missing query"))?;
    let mut hunt = Map::new();
    for (key, value) in [("name", name), ("search", search), ("searchType", kind), ("type", how)] {
        hunt.insert(key.to_owned(), value.into());
    }
    for key in ["description", "notifier", "users", "roles"] {
        hunt.extend(body.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let kept = ["expression", "startTime", "stopTime", "view"].iter();
    let query: Map<String, Value> =
        kept.filter_map(|key| Some(((*key).to_owned(), query.get(*key)?.clone()))).collect();
    if !query.contains_key("startTime") || !query.contains_key("stopTime") {
        return Err(ApiError::forbidden(
            "Missing fully formed query (must include start time and stop time)",
        ));
    }
    hunt.extend([
        ("query".to_owned(), query.into()),
        ("size".to_owned(), size.into()),
        ("src".to_owned(), flag("src").into()),
        ("dst".to_owned(), flag("dst").into()),
        ("userId".to_owned(), caller.user.user_id.clone().into()),
        ("user".to_owned(), caller.user.user_id.clone().into()),
        ("status".to_owned(), "queued".into()),
        ("created".to_owned(), (now_ms() / 1_000).into()),
        ("matchedSessions".to_owned(), 0.into()),
        ("searchedSessions".to_owned(), 0.into()),
    ]);
    let plan = hunting::plan_of(app, &Value::Object(hunt.clone()))?;
    let total = app.state.index.count(&plan, &Control::new())?;
    let limit = if caller.user.is_admin() { LIMIT * 10 } else { LIMIT };
    if total == 0 {
        return Err(ApiError::forbidden("This hunt doesn't apply to any sessions"));
    }
    if total > limit {
        let text = format!(
            "This hunt applies to too many sessions. Narrow down your session search to less than {limit} first."
        );
        return Err(ApiError::forbidden(text));
    }
    hunt.insert("totalSessions".to_owned(), total.into());
    Ok(hunt)
}

#[utoipa::path(post, path = "/api/hunt", tag = "hunts", request_body(content = Value, description = "`{name,size,search,searchType:ascii|asciicase|hex|regex|hexregex,type:raw|reassembled,src,dst,query:{expression,startTime,stopTime,view},users,roles,description}`"),
    responses((status = 200, description = "`{success,hunt}`"), (status = 403, description = "Missing or wrong property, as text")))]
/// Queues a hunt.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        let hunt = Value::Object(read(app, &caller, &params)?);
        let id = random_text::<12>()?;
        app.state.catalog.put(HUNTS, &id, &hunt, Some(0))?;
        Ok(shown(&id, hunt))
    };
    let hunt = app.blocking(work).await?;
    hunting::wake(&app);
    Ok(Json(json!({ "success": true, "hunt": hunt })))
}

/// The hunt, when the caller may change it.
fn own(app: &App, caller: &Caller, id: &str) -> Result<Value, ApiError> {
    let entry = app.state.catalog.get(HUNTS, id)?.ok_or_else(|| ApiError::not_found("Hunt not found"))?;
    if entry.value["userId"].as_str() == Some(&caller.user.user_id) || caller.user.is_admin() {
        Ok(entry.value)
    } else {
        Err(ApiError::forbidden("You cannot change another user's hunt unless you have admin privileges"))
    }
}

async fn set_status(
    app: App,
    caller: Caller,
    id: String,
    status: &'static str,
    done: &str,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        own(app, &caller, &id)?;
        hunting::update(app, &id, |hunt| hunt["status"] = status.into())?;
        Ok(())
    };
    app.blocking(work).await?;
    hunting::wake(&app);
    Ok(Json(json!({ "success": true, "text": done })))
}

#[utoipa::path(put, path = "/api/hunt/{id}/pause", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Stops a hunt; it can go on later from where it is.
pub(crate) async fn pause(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    set_status(app, caller, id, "paused", "Paused hunt successfully").await
}

#[utoipa::path(put, path = "/api/hunt/{id}/play", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Lets a paused hunt go on.
pub(crate) async fn play(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    set_status(app, caller, id, "queued", "Queued hunt successfully").await
}

#[utoipa::path(put, path = "/api/hunt/{id}/cancel", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Ends a hunt; what it found stays.
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    set_status(app, caller, id, "finished", "Canceled hunt successfully").await
}

#[utoipa::path(delete, path = "/api/hunt/{id}", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Removes a hunt and where it found what; the tags of the sessions stay.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        own(app, &caller, &id)?;
        let catalog = &*app.state.catalog;
        catalog.remove(HUNTS, &id)?;
        for entry in catalog.latest(RESULTS, &format!("{id}."), &format!("{id}/"), usize::MAX)? {
            catalog.remove(RESULTS, &entry.key)?;
        }
        Ok(Json(json!({ "success": true, "text": "Deleted hunt successfully" })))
    };
    app.blocking(work).await
}

#[utoipa::path(get, path = "/api/hunt/{id}/results", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")),
    responses((status = 200, description = "`{data:[{session,matches:[{side,packet,offset,length,context}]}]}`, at most 10,000 sessions")))]
/// Where a hunt found what.
pub(crate) async fn results(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        let catalog = &*app.state.catalog;
        let hunt = catalog.get(HUNTS, &id)?.ok_or_else(|| ApiError::not_found("Hunt not found"))?.value;
        if !may_see(&hunt, &caller) {
            return Err(ApiError::not_found("Hunt not found"));
        }
        let entries = catalog.latest(RESULTS, &format!("{id}."), &format!("{id}/"), 10_000)?;
        let rows = entries.into_iter().rev().map(|entry| {
            let session = entry.key.split_once('.').map_or("", |(_, session)| session);
            json!({ "session": format!("3@{session}"), "matches": entry.value })
        });
        Ok(Json(json!({ "data": rows.collect::<Vec<_>>() })))
    };
    app.blocking(work).await
}

#[utoipa::path(put, path = "/api/hunt/{id}/removefromsessions", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Takes the mark of a hunt off the sessions that it found.
pub(crate) async fn unmark(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App, control: &Control| {
        own(app, &caller, &id)?;
        let tag = hunting::tag(&id);
        let test = Test::Texts(vec![TextTest::Is(tag.clone())]);
        let plan = Plan::Leaf(Leaf { target: ::fields::Target::of(&core::TAGS.def), test });
        app.state.index.change_tags(&plan, &TagChange { add: Vec::new(), remove: vec![tag] }, control)?;
        Ok(Json(json!({ "success": true, "text": "Hunt name and ID removed from sessions successfully" })))
    };
    app.query(None, work).await
}
