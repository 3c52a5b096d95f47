//! Hunts: jobs that search in packets.

use crate::api::notifiers::chosen;
use crate::api::shared;
use crate::api::table::{self, TableQuery};
use crate::app::{App, now_ms, random_text};
use crate::auth::Caller;
use crate::entries::names_of;
use crate::error::ApiError;
use crate::hunting::{self, HUNTS, Needle, RESULTS};
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery, may_see};
use axum::Json;
use axum::extract::{Path, State};
use index::Control;
use serde_json::{Map, Value, json};

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

/// A hunt as it is answered: while it runs, with the seconds that it will still take at the speed it has.
fn shown(id: &str, value: Value) -> Value {
    let mut hunt = crate::entries::with_id(value, id);
    let number = |name: &str| hunt[name].as_u64().unwrap_or(0);
    let left = number("totalBytes").saturating_sub(number("searchedBytes"));
    let ms = number("searchMs");
    if hunt["status"] == "running" && number("searchedBytes") > 0 {
        let seconds = (left as f64 / number("searchedBytes") as f64 * ms as f64 / 1_000.0).ceil();
        hunt["secondsLeft"] = (seconds as u64).into();
    }
    hunt
}

#[utoipa::path(get, path = "/api/hunts", tag = "hunts", params(TableQuery,
        ("history" = Option<bool>, Query, description = "true: those that are finished; false: the queue"),
        ("searchTerm" = Option<String>, Query, description = "Part of a name or of what is searched")),
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
        let term = params.get("searchTerm").unwrap_or_default();
        table::filter(&mut rows, term, &["name", "search", "id", "userId"]);
        let mut page = table::page(rows, total, &params, "created", 10_000)?;
        if !running.is_null() {
            page["runningJob"] = running;
        }
        Ok(Json(page))
    };
    app.blocking(work).await
}

/// Reads the object of a request.
fn read(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<Map<String, Value>, ApiError> {
    let body = params.body.clone().unwrap_or_default();
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
    let query = read_query(app, caller, &body)?;
    let mut hunt = Map::new();
    for (key, value) in [("name", name), ("search", search), ("searchType", kind), ("type", how)] {
        hunt.insert(key.to_owned(), value.into());
    }
    hunt.extend(body.get("description").map(|value| ("description".to_owned(), value.clone())));
    hunt.insert("notifier".to_owned(), chosen(app, caller, body.get("notifier"))?.into());
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
    let estimate = hunting::estimate(app, &plan, usize::try_from(size).unwrap_or(usize::MAX), control)?;
    let (total, limit) = (estimate.sessions, limit(caller));
    if total == 0 {
        return Err(ApiError::forbidden("This hunt doesn't apply to any sessions"));
    }
    if total > limit {
        let text = format!(
            "This hunt applies to too many sessions. Narrow down your session search to less than {limit} first."
        );
        return Err(ApiError::forbidden(text));
    }
    for (name, value) in [
        ("totalSessions", total),
        ("totalPackets", estimate.packets),
        ("totalBytes", estimate.bytes),
        ("totalFiles", estimate.files),
    ] {
        hunt.insert(name.to_owned(), value.into());
    }
    hunt.insert("estimateExact".to_owned(), estimate.exact.into());
    Ok(hunt)
}

/// Sessions that a hunt of somebody may search.
fn limit(caller: &Caller) -> u64 {
    if caller.user.is_admin() { LIMIT * 10 } else { LIMIT }
}

/// The sessions of a hunt: expression, view, bounding and a time, which is fixed now even where it was told as so many hours.
fn read_query(app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let query =
        body.get("query").and_then(Value::as_object).ok_or_else(|| ApiError::forbidden("Missing query"))?;
    let kept = ["expression", "startTime", "stopTime", "view", "bounding"].iter();
    let mut query: Map<String, Value> =
        kept.filter_map(|key| Some(((*key).to_owned(), query.get(*key)?.clone()))).collect();
    let hours = body.get("query").and_then(|query| query.get("date"));
    let hours = hours.and_then(|hours| hours.as_f64().or_else(|| hours.as_str()?.parse().ok()));
    if query.contains_key("startTime") && query.contains_key("stopTime") {
        return Ok(query);
    }
    let hours = hours.ok_or_else(|| {
        ApiError::forbidden("Missing fully formed query (must include start time and stop time)")
    })?;
    let asked = ScopeQuery { date: Some(hours), ..ScopeQuery::default() };
    match Scope::resolve(app, caller, &asked)?.range {
        Some((from, to)) => {
            let seconds = |ms: i64| Value::from(ms as f64 / 1_000.0);
            query.insert("startTime".to_owned(), seconds(from));
            query.insert("stopTime".to_owned(), seconds(to));
        }
        None => _ = query.insert("date".to_owned(), (-1).into()),
    }
    Ok(query)
}

#[utoipa::path(post, path = "/api/hunt/estimate", tag = "hunts", request_body(content = Value, description = "`{query,size}` as of a hunt"),
    responses((status = 200, description = "`{success,sessions,packets,bytes,files,exact,bytesPerSecond?,seconds?,limit}`: what it will read; packets, bytes and files are at most so many where `exact` is false; `limit` is the most sessions that you may search")))]
/// How much a hunt would read.
pub(crate) async fn estimate(
    State(app): State<App>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    if let Some(Value::Object(inner)) = params.body.as_mut().and_then(|body| body.remove("hunt")) {
        params.body = Some(inner);
    }
    let cancel = params.get("cancelId").map(|id| (caller.user.user_id.clone(), id.to_owned()));
    let work = move |app: &App, control: &Control| {
        let body = params.body.clone().unwrap_or_default();
        let query = read_query(app, &caller, &body)?;
        let size = body.get("size").and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()));
        let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
        let plan = hunting::plan_of(app, &json!({ "userId": caller.user.user_id, "query": query }))?;
        let mut answer = hunting::estimate(app, &plan, size, control)?.json();
        answer["success"] = true.into();
        answer["limit"] = limit(&caller).into();
        Ok(Json(answer))
    };
    app.query(cancel, work).await
}

#[utoipa::path(post, path = "/api/hunt", tag = "hunts", request_body(content = Value, description = "`{name,size,search,searchType:ascii|asciicase|hex|regex|hexregex,type:raw|reassembled,src,dst,query:{expression,startTime,stopTime,date,bounding,view},users,roles,notifier,description}`"),
    responses((status = 200, description = "`{success,hunt,invalidUsers}`"), (status = 403, description = "Missing or wrong property, as text")))]
/// Queues a hunt.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    if let Some(Value::Object(inner)) = params.body.as_mut().and_then(|body| body.remove("hunt")) {
        params.body = Some(inner);
    }
    let work = move |app: &App, control: &Control| {
        let mut hunt = read(app, &caller, &params, control)?;
        let invalid = shared::share(app, &params, &mut hunt)?;
        let (id, hunt) = (random_text::<12>()?, Value::Object(hunt));
        app.state.catalog.put(HUNTS, &id, &hunt, Some(0))?;
        Ok(json!({ "success": true, "hunt": shown(&id, hunt), "invalidUsers": invalid }))
    };
    let answer = app.query(None, work).await?;
    hunting::wake(&app);
    Ok(Json(answer))
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

#[utoipa::path(put, path = "/api/hunt/{id}/{action}", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt"),
        ("action" = String, Path, description = "`pause`; `play`: go on from where it is; `cancel`: end, what was found stays; `removefromsessions`: take its marks off the sessions")),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Not the user's hunt"), (status = 404, description = "No such hunt or action")))]
/// Pauses, continues or ends a hunt, or takes its marks off.
pub(crate) async fn act(
    State(app): State<App>,
    caller: Caller,
    Path((id, action)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let (status, done) = match action.as_str() {
        "pause" => (Some("paused"), "Paused hunt successfully"),
        "play" => (Some("queued"), "Queued hunt successfully"),
        "cancel" => (Some("finished"), "Canceled hunt successfully"),
        "removefromsessions" => (None, "Hunt name and ID removed from sessions successfully"),
        _ => {
            return Err(ApiError::not_found(
                "a hunt can be asked to pause, play, cancel or removefromsessions",
            ));
        }
    };
    let work = move |app: &App, control: &Control| {
        let hunt = own(app, &caller, &id)?;
        match status {
            Some(status) => {
                hunting::update(app, &id, |hunt| hunt["status"] = status.into())?;
            }
            None => {
                // the id last: by it the sessions are found
                for change in hunting::marks(&id, &hunt, false).iter().rev() {
                    app.state.index.change_terms(&hunting::found(&id), change, control)?;
                }
                hunting::update(app, &id, |hunt| hunt["removed"] = true.into())?;
            }
        }
        Ok(())
    };
    app.query(None, work).await?;
    hunting::wake(&app);
    Ok(Json(json!({ "success": true, "text": done })))
}

#[utoipa::path(put, path = "/api/hunt/{id}", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")),
    request_body(content = Value, description = "`{name,description,notifier,users,roles}`; what is not named stays"),
    responses((status = 200, description = "`{success,text,hunt,invalidUsers}`"), (status = 403, description = "Not the user's hunt")))]
/// Changes what a hunt is called, who sees it and who is told. What it searches stays.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App, control: &Control| {
        let before = own(app, &caller, &id)?;
        let mut given = shared::body(&params, &["name", "description"]);
        if given.contains_key("name") {
            shared::need(&given, "name", "hunt name")?;
        }
        if let Some(notifier) = shared::body(&params, &["notifier"]).get("notifier") {
            given.insert("notifier".to_owned(), chosen(app, &caller, Some(notifier))?.into());
        }
        let invalid = shared::share(app, &params, &mut given)?;
        let changed = hunting::update(app, &id, |hunt| {
            if let Some(hunt) = hunt.as_object_mut() {
                hunt.extend(given.clone());
            }
        })?;
        let changed = changed.ok_or_else(|| ApiError::not_found("Hunt not found"))?;
        if changed["name"] != before["name"] {
            // sessions that are marked carry the name
            let [_, off] = hunting::marks(&id, &before, false);
            let [_, on] = hunting::marks(&id, &changed, true);
            for change in [off, on] {
                app.state.index.change_terms(&hunting::found(&id), &change, control)?;
            }
        }
        let mut answer =
            json!({ "success": true, "text": "Updated hunt successfully", "hunt": shown(&id, changed) });
        if !invalid.is_empty() {
            answer["invalidUsers"] = invalid.into();
        }
        Ok(Json(answer))
    };
    app.query(None, work).await
}

#[utoipa::path(post, path = "/api/hunt/{id}/users", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")),
    request_body(content = Value, description = "`{users:\"a,b\"}`"),
    responses((status = 200, description = "`{success,users,invalidUsers}`"), (status = 403, description = "Not the user's hunt, or no users")))]
/// Shares a hunt with more users.
pub(crate) async fn add_users(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        own(app, &caller, &id)?;
        let mut given = Map::new();
        let invalid = shared::share(app, &params, &mut given)?;
        let added = names_of(&Value::Object(given), "users");
        if added.is_empty() {
            let text = match invalid.is_empty() {
                true => "You must provide users in a comma separated string".to_owned(),
                false => format!("Unable to validate user IDs provided: {}", invalid.join(", ")),
            };
            return Err(ApiError::forbidden(text));
        }
        let users = set_users(app, &id, |users| {
            for user in &added {
                if !users.contains(user) {
                    users.push(user.clone());
                }
            }
        })?;
        Ok(Json(json!({ "success": true, "users": users, "invalidUsers": invalid })))
    };
    app.blocking(work).await
}

#[utoipa::path(delete, path = "/api/hunt/{id}/user/{user}", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt"), ("user" = String, Path, description = "User id")),
    responses((status = 200, description = "`{success,users}`"), (status = 404, description = "It is not shared with this user")))]
/// Shares a hunt with a user no longer.
pub(crate) async fn remove_user(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    may_hunt(&caller)?;
    let work = move |app: &App| {
        let hunt = own(app, &caller, &id)?;
        if !names_of(&hunt, "users").contains(&user) {
            return Err(ApiError::not_found("User does not have access to this hunt"));
        }
        let users = set_users(app, &id, |users| users.retain(|other| *other != user))?;
        Ok(Json(json!({ "success": true, "users": users })))
    };
    app.blocking(work).await
}

fn set_users(app: &App, id: &str, change: impl Fn(&mut Vec<String>)) -> Result<Vec<String>, ApiError> {
    let changed = hunting::update(app, id, |hunt| {
        let mut users = names_of(hunt, "users");
        change(&mut users);
        hunt["users"] = users.into();
    })?;
    Ok(changed.map(|hunt| names_of(&hunt, "users")).unwrap_or_default())
}

#[utoipa::path(delete, path = "/api/hunt/{id}", tag = "hunts", params(("id" = String, Path, description = "Id of a hunt")), responses((status = 200, description = "`{success,text}`")))]
/// Removes a hunt and where it found what; the marks of the sessions stay.
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
