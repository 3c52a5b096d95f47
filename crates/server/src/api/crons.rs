//! Periodic queries ("crons"): searches that run every now and then, tag what they find and tell about it.

use crate::api::change::clean_tags;
use crate::api::notifiers::chosen;
use crate::api::shared::{Kind, body, need};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::compile_for;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};

pub(crate) const CRON: Kind = Kind {
    collection: crate::periodic::CRONS,
    name: "query",
    label: "periodic query",
    maker: "creator",
    unique: false,
    searched: &["name", "query", "tags", "user"],
};

fn shown(mut row: Value) -> Value {
    row["key"] = row["id"].clone();
    row
}

/// Reads the object of a request.
fn read(app: &App, caller: &Caller, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let mut cron = body(params, &["name", "query", "action", "tags", "notifier", "description", "enabled"]);
    need(&cron, "name", "query name")?;
    let query = need(&cron, "query", "query expression")?;
    compile_for(app, caller, query)?;
    let action = need(&cron, "action", "query action")?.to_owned();
    match action.as_str() {
        "tag" => {}
        "notify" => {
            cron.entry("tags").or_insert_with(|| "".into());
        }
        other => {
            let shown: String = other.chars().take(60).collect();
            let text = match other.strip_prefix("forward:") {
                Some(_) => format!(
                    "{shown}: sessions cannot be forwarded, for there are no remote clusters; the action is tag or notify"
                ),
                None => format!("the action is tag or notify, not `{shown}`"),
            };
            return Err(ApiError::forbidden(text));
        }
    }
    let tags = crate::entries::names_of(&Value::Object(cron.clone()), "tags");
    if action == "tag" && tags.is_empty() {
        return Err(ApiError::forbidden("Missing query tag(s)"));
    }
    let tags = clean_tags(&tags)?;
    if action == "tag" && tags.is_empty() {
        return Err(ApiError::forbidden("a tag has letters, digits, -, _ and : only"));
    }
    let enabled = match cron.get("enabled") {
        None | Some(Value::Null) => true,
        Some(value) => value == &Value::Bool(true) || value.as_str().is_some_and(|text| text == "true"),
    };
    let notifiers = chosen(app, caller, cron.get("notifier"))?;
    if action == "notify" && notifiers.is_empty() {
        return Err(ApiError::forbidden("Missing notifier"));
    }
    cron.insert("tags".to_owned(), tags.join(",").into());
    cron.insert("notifier".to_owned(), notifiers.into());
    cron.insert("enabled".to_owned(), enabled.into());
    Ok(cron)
}

fn keyed(mut answer: Json<Value>) -> Json<Value> {
    let query = answer[CRON.name].take();
    answer[CRON.name] = shown(query);
    answer
}

#[utoipa::path(get, path = "/api/crons", tag = "crons",
    params(("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "A list of `{key,name,query,action,tags,notifier,enabled,description,creator,users,roles,editRoles,created,lpValue,lastRun,count,lastCount,lastToggled,lastToggledBy,lastNotified,lastNotifiedCount,error?,canEdit}`; times are seconds since 1970")))]
/// Periodic queries that the user made or that are shared with the user.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut rows = CRON.rows(app, &caller, &params)?;
        rows.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
        Ok(Json(rows.into_iter().map(shown).collect()))
    })
    .await
}

#[utoipa::path(post, path = "/api/cron", tag = "crons", request_body(content = Value, description = "`{name,query,action:tag|notify,tags,notifier:[id],since,enabled,description,users,roles,editRoles}`; `since`: hours back from which sessions are looked at, -1 for all, 0 (the default) for new ones only"),
    responses((status = 200, description = "`{success,text,query,invalidUsers}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes a periodic query. It sees what its maker may see, and runs about every 30 seconds.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let since: f64 = params.parse("since", "a number of hours")?.unwrap_or(0.0);
    app.blocking(move |app| {
        let mut cron = read(app, &caller, &params)?;
        let now = now_ms() / 1_000;
        let from = if since < 0.0 { 0 } else { now.saturating_sub((since * 3_600.0) as i64).max(0) };
        for (name, value) in [("created", now), ("lpValue", from), ("lastRun", from), ("count", 0)] {
            cron.insert(name.to_owned(), value.into());
        }
        CRON.create(app, &caller, &params, cron).map(keyed)
    })
    .await
}

#[utoipa::path(post, path = "/api/cron/{key}", tag = "crons", params(("key" = String, Path, description = "Key of the query")), request_body(content = Value, description = "As for a new one, without `since`"),
    responses((status = 200, description = "`{success,text,query}`"), (status = 404, description = "There is none")))]
/// Replaces a periodic query; it goes on from where it is.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(key): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = CRON.editable(app, &caller, &key)?;
        let mut cron = read(app, &caller, &params)?;
        let kept =
            ["created", "lpValue", "lastRun", "count", "lastCount", "lastNotified", "lastNotifiedCount"];
        for name in kept.into_iter().chain(["lastToggled", "lastToggledBy"]) {
            cron.extend(entry.value.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        if cron.get("enabled") != entry.value.get("enabled") {
            cron.insert("lastToggled".to_owned(), (now_ms() / 1_000).into());
            cron.insert("lastToggledBy".to_owned(), caller.user.user_id.as_str().into());
        }
        CRON.replace(app, &caller, &params, (&key, &entry), cron).map(keyed)
    })
    .await
}

#[utoipa::path(delete, path = "/api/cron/{key}", tag = "crons", params(("key" = String, Path, description = "Key of the query")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a periodic query; the tags that it made stay.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| CRON.remove(app, &caller, &key)).await
}
