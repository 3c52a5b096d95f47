//! About the server itself: health, metrics, version, history, jobs, cancelling.

use crate::api::table::{self, TableQuery};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::history;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use crate::stats::prometheus;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// History entries that one request looks through.
const MAX_HISTORY: usize = 20_000;

#[utoipa::path(get, path = "/health", tag = "server", responses((status = 200, description = "Alive"), (status = 503, description = "The catalogue cannot be read")))]
/// Whether the server works; needs no log-in.
pub(crate) async fn health(State(app): State<App>) -> Result<Response, ApiError> {
    app.blocking(|app| Ok(app.state.catalog.get("users", "")?)).await?;
    Ok(().into_response())
}

#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Prometheus text", content_type = "text/plain")))]
/// Counters in Prometheus' format.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let mut text = app.metrics.prometheus();
    if let Some(monitor) = &app.state.monitor {
        text.push_str(&monitor.prometheus());
    }
    // without the catalogue the server's own counters are worth the more
    match app.blocking(|app| Ok((crate::api::stats::nodes(app)?, crate::api::stats::files(app)?))).await {
        Ok((nodes, files)) => {
            text.push_str(&prometheus::files(&files));
            text.push_str(&prometheus::text(&nodes, crate::app::now_ms()));
        }
        Err(error) => tracing::warn!("/metrics without the capturing nodes: {}", error.text),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

#[utoipa::path(get, path = "/api/appinfo", tag = "server", params(("fields" = Option<bool>, Query, description = "false: without `fieldsArr` and `fieldsMap`, which are long")),
    responses((status = 200, description = "`{version,node,user,canUpload,cyberchef,views,roles,userSettingDefaults,esHealth,clusters,remoteclusters,fieldhistory,fieldsArr,fieldsMap}`")))]
/// What a viewer needs at its start.
pub(crate) async fn app_info(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App| {
        let views = crate::api::views::VIEW.rows(app, &caller, &params)?;
        let mut answer = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "node": app.config.node,
            "user": caller.user.card(),
            "canUpload": app.state.uploads.is_some(),
            "cyberchef": app.config.cyberchef,
            "views": views,
            "roles": caller.user.roles,
            "userSettingDefaults": crate::api::account::with_defaults(app, &json!({})),
            "esHealth": crate::api::system::health(app)?,
            "clusters": { "active": [], "inactive": [] },
            "remoteclusters": {},
            "fieldhistory": caller.user.more.get("tableStates").and_then(|s| s.get("fieldHistory")).cloned().unwrap_or_else(|| json!({})),
        });
        if params.get("fields") != Some("false") {
            let all = crate::api::fields::all(&app.state.schema);
            let name =
                |field: &serde_json::Map<String, Value>| field["exp"].as_str().unwrap_or_default().to_owned();
            answer["fieldsMap"] =
                Value::Object(all.iter().map(|field| (name(field), Value::Object(field.clone()))).collect());
            answer["fieldsArr"] = all.into_iter().map(Value::Object).collect();
        }
        Ok(Json(answer))
    };
    app.blocking(work).await
}

#[utoipa::path(get, path = "/api/appversion", tag = "server", responses((status = 200, description = "`{app,version,clusterName}`; `app` is `viewer`, as Arkime's")))]
/// Name and version.
pub(crate) async fn app_version() -> Json<Value> {
    Json(json!({ "app": "viewer", "version": env!("CARGO_PKG_VERSION"), "clusterName": "hindsight" }))
}

#[utoipa::path(get, path = "/api/histories", tag = "history", params(ScopeQuery, TableQuery,
        ("searchTerm" = Option<String>, Query, description = "Part of an expression, an API name or a user"),
        ("userId" = Option<String>, Query, description = "Part of a user id; likewise `api`, `method`, `expression` and `view`"),
        ("exists" = Option<String>, Query, description = "Columns, separated by commas, that are not empty: `expression`, `view`"),
        ("audit" = Option<bool>, Query, description = "Instead of queries everything else: log-ins, changes, what was looked at")),
    responses((status = 200, description = "`{data,recordsTotal,recordsFiltered}`; administrators see everybody's")))]
/// Who asked what, when.
pub(crate) async fn histories(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let query = ScopeQuery { expression: None, view: None, ids: None, ..ScopeQuery::read(&params)? };
    let work = move |app: &App| {
        let range = Scope::resolve(app, &caller, &query)?.range;
        let key = |ms: i64| format!("{:014}", ms.max(0));
        let (from, to) = range.map_or((String::new(), "~".to_owned()), |(from, to)| (key(from), key(to + 1)));
        let collection = if params.is_set("audit") { history::AUDIT } else { history::COLLECTION };
        let entries = app.state.catalog.latest(collection, &from, &to, MAX_HISTORY)?;
        let own = |value: &Value| value.get("userId").and_then(Value::as_str) == Some(&caller.user.user_id);
        let seen: Vec<_> = entries.into_iter().filter(|e| caller.user.is_admin() || own(&e.value)).collect();
        let total = seen.len();
        let term = params.get("searchTerm").unwrap_or_default().to_lowercase();
        let fits = |value: &Value| {
            let parts = ["expression", "api", "userId", "query"];
            parts.iter().any(|p| {
                value.get(*p).and_then(Value::as_str).is_some_and(|t| t.to_lowercase().contains(&term))
            })
        };
        // oldest first, so that rows of one millisecond keep their order
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase()
        };
        let columns = ["userId", "api", "method", "expression", "view"];
        let columns: Vec<(&str, String)> =
            columns.into_iter().filter_map(|name| Some((name, params.get(name)?.to_lowercase()))).collect();
        let there = params.list("exists");
        let meant = |value: &Value| {
            columns.iter().all(|(name, wanted)| text(value, name).contains(wanted))
                && there.iter().all(|name| !text(value, name).is_empty())
        };
        let rows = seen.into_iter().rev().filter(|e| (term.is_empty() || fits(&e.value)) && meant(&e.value));
        let rows = rows.map(|entry| crate::entries::with_id(entry.value, &entry.key));
        table::page(rows.collect(), total, &params, "timestamp", 1_000)
    };
    app.blocking(work).await.map(Json)
}

#[utoipa::path(delete, path = "/api/history/{id}", tag = "history", params(("id" = String, Path, description = "Id of an entry")),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Only administrators that may remove")))]
/// Removes a history entry.
pub(crate) async fn remove_history(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if !caller.user.is_admin() || !caller.user.remove_enabled {
        return Err(ApiError::forbidden("only an administrator who may remove data can do this"));
    }
    let gone = app.blocking(move |app| Ok(app.state.catalog.remove(history::COLLECTION, &id)?)).await?;
    if gone {
        Ok(Json(json!({ "success": true, "text": "Deleted history item successfully" })))
    } else {
        Err(ApiError::not_found("there is no such history entry"))
    }
}

#[utoipa::path(get, path = "/api/jobs", tag = "jobs", responses((status = 200, description = "A list, newest first; administrators see everybody's")))]
/// Work that goes on, or has ended not long ago.
pub(crate) async fn jobs(State(app): State<App>, caller: Caller) -> Json<Value> {
    let mine = |job: &crate::jobs::Job| caller.user.is_admin() || job.user == caller.user.user_id;
    Json(app.jobs.list().iter().filter(|job| mine(job)).map(|job| job.to_json()).collect())
}

fn own_job(app: &App, caller: &Caller, id: &str) -> Result<std::sync::Arc<crate::jobs::Job>, ApiError> {
    let job = app.jobs.get(id).filter(|job| caller.user.is_admin() || job.user == caller.user.user_id);
    job.ok_or_else(|| ApiError::not_found(format!("there is no job {id}")))
}

#[utoipa::path(get, path = "/api/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "Id of a job")),
    responses((status = 200, description = "`{id,state,bytes,total,packets,sessions,text,result}`")))]
/// How far a job is.
pub(crate) async fn job(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(own_job(&app, &caller, &id)?.to_json()))
}

#[utoipa::path(post, path = "/api/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path, description = "Id of a job")),
    responses((status = 200, description = "`{success}`; what is done by then stays")))]
/// Ends a job.
pub(crate) async fn cancel_job(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    own_job(&app, &caller, &id)?.progress.cancel();
    Ok(Json(json!({ "success": true })))
}

#[utoipa::path(post, path = "/api/cancel", tag = "sessions", params(("cancelId" = String, Query, description = "The `cancelId` of the query")),
    responses((status = 200, description = "`{success,text}`")))]
/// Ends a running query of the same user.
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let found = app.cancel(&caller.user.user_id, params.need("cancelId")?);
    let text = if found { "cancelled" } else { "no such query is running" };
    Ok(Json(json!({ "success": true, "text": text })))
}
