//! What clients of Arkime ask about the system around it: its store, its tasks, other clusters, names of addresses. There is one
//! store and one cluster here; the answers say so in Arkime's shapes.

use crate::api::table::{self, TableQuery};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::stats::arkime;
use axum::Json;
use axum::extract::State;
use axum::http::{Extensions, StatusCode, header};
use axum::response::{IntoResponse, Response};
use index::Control;
use query::Plan;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// How long the name of an address may take.
const LOOKUP: Duration = Duration::from_secs(10);
/// The version of Arkime's database whose shape documents and answers have.
const DATABASE: u32 = 83;

/// The health of the store, as Elasticsearch would tell it.
pub(crate) fn health(app: &App) -> Result<Value, ApiError> {
    // an index that cannot be asked is an error, not a colour
    app.state.index.count(&Plan::Nothing, &Control::new())?;
    Ok(json!({
        "cluster_name": "hindsight", "status": "green", "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
        "active_primary_shards": 1, "active_shards": 1, "relocating_shards": 0, "initializing_shards": 0,
        "unassigned_shards": 0, "number_of_pending_tasks": 0, "active_shards_percent_as_number": 100,
        "version": env!("CARGO_PKG_VERSION"), "_timeout": false, "molochDbVersion": DATABASE, "arkimeDbVersion": DATABASE,
    }))
}

#[utoipa::path(get, path = "/api/eshealth", tag = "server", responses((status = 200, description = "`{status,cluster_name,number_of_nodes,version,molochDbVersion,…}`"), (status = 503, description = "The index cannot be read")))]
/// Whether the store works; needs no log-in where the server is set to tell monitoring without.
pub(crate) async fn store_health(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    app.blocking(health).await.map(Json)
}

fn may_see(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.hide_stats { Err(ApiError::forbidden("you may not see the statistics")) } else { Ok(()) }
}

/// One row for every capturing node.
fn nodes(app: &App) -> Result<Vec<Value>, ApiError> {
    let files = crate::api::stats::files(app)?;
    let now = now_ms();
    let row = |node: &crate::stats::Sample| {
        let files = files.get(&node.node).copied().unwrap_or_default();
        arkime::row(node, files.bytes, files.oldest, now)
    };
    Ok(crate::api::stats::nodes(app)?.iter().map(row).collect())
}

#[utoipa::path(get, path = "/api/parliament", tag = "stats", responses((status = 200, description = "`{data,recordsTotal,recordsFiltered,esNodes}`, one row a node")))]
/// The capturing nodes, as Arkime's dashboard of several clusters asks for them.
pub(crate) async fn parliament(
    State(app): State<App>,
    extensions: Extensions,
) -> Result<Json<Value>, ApiError> {
    // without a caller the server is set to tell monitoring without log-in
    extensions.get::<Caller>().map_or(Ok(()), may_see)?;
    app.blocking(|app| {
        let rows = nodes(app)?;
        let count = rows.len();
        Ok(Json(json!({ "data": rows, "recordsTotal": count, "recordsFiltered": count, "esNodes": 1 })))
    })
    .await
}

#[utoipa::path(get, path = "/api/esstats", tag = "stats", params(TableQuery), responses((status = 200, description = "`{health,data:[{name,docs,storeSize,…}],recordsTotal,recordsFiltered}`: one row, the store of this server")))]
/// The nodes of the store: there is one.
pub(crate) async fn store_stats(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let work = move |app: &App, control: &Control| {
        let docs = app.state.index.count(&Plan::All, control)?;
        let row = json!({
            "name": app.config.node, "nodeName": app.config.node, "ip": app.config.listen.ip().to_string(),
            "docs": docs, "roles": ["master", "data"], "isMaster": true, "version": env!("CARGO_PKG_VERSION"),
        });
        let mut page = table::page(vec![row], 1, &params, "nodeName", 500)?;
        page["health"] = health(app)?;
        Ok(Json(page))
    };
    app.query(None, work).await
}

#[utoipa::path(get, path = "/api/esindices", tag = "stats", params(TableQuery), responses((status = 200, description = "`{data:[{index,docs.count,health,status}],recordsTotal,recordsFiltered}`")))]
/// The indices of the store: there is one.
pub(crate) async fn store_indices(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let work = move |app: &App, control: &Control| {
        let docs = app.state.index.count(&Plan::All, control)?;
        let row = json!({
            "index": "sessions3", "health": "green", "status": "open", "docs.count": docs, "pri": 1, "rep": 0,
            "shardsPerNode": 1,
        });
        Ok(Json(table::page(vec![row], 1, &params, "index", 500)?))
    };
    app.query(None, work).await
}

#[utoipa::path(get, path = "/api/estasks", tag = "stats", params(TableQuery), responses((status = 200, description = "`{data:[{taskId,user,action,cancellable}],recordsTotal,recordsFiltered}`: queries that run and can be cancelled; administrators see everybody's")))]
/// Queries that are running.
pub(crate) async fn tasks(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let mine = |user: &str| caller.user.is_admin() || *user == caller.user.user_id;
    let rows: Vec<Value> = app
        .running()
        .into_iter()
        .filter(|(user, _)| mine(user))
        .map(|(user, id)| json!({ "taskId": id, "user": user, "action": "search", "cancellable": true }))
        .collect();
    let total = rows.len();
    Ok(Json(table::page(rows, total, &params, "taskId", 500)?))
}

#[utoipa::path(get, path = "/api/esshards", tag = "stats", responses((status = 200, description = "`{nodes,indices,nodeExcludes,ipExcludes}`, all empty")))]
/// Shards of Elasticsearch: the store has none.
pub(crate) async fn shards(caller: Caller) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    Ok(Json(json!({ "nodes": {}, "indices": [], "nodeExcludes": [], "ipExcludes": [] })))
}

#[utoipa::path(get, path = "/api/esrecovery", tag = "stats", responses((status = 200, description = "`{data:[],recordsTotal:0,recordsFiltered:0}`")))]
/// Shards that Elasticsearch restores: the store has none.
pub(crate) async fn recovery(caller: Caller) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    Ok(Json(json!({ "data": [], "recordsTotal": 0, "recordsFiltered": 0 })))
}

#[utoipa::path(get, path = "/api/clusters", tag = "server", responses((status = 200, description = "`{active:[],inactive:[]}`")))]
/// Clusters that a query can be sent to: there is only this one.
pub(crate) async fn clusters(_: Caller) -> Json<Value> {
    Json(json!({ "active": [], "inactive": [] }))
}

#[utoipa::path(get, path = "/api/remoteclusters", tag = "server", responses((status = 200, description = "`{}`")))]
/// Clusters that sessions can be sent to: there are none.
pub(crate) async fn remote_clusters(_: Caller) -> Json<Value> {
    Json(json!({}))
}

#[utoipa::path(get, path = "/api/locales", tag = "server", responses((status = 200, description = "`{}`: the texts are in the viewer")))]
/// Texts of the viewer by language: they are a part of the viewer, not of the API.
pub(crate) async fn locales() -> Json<Value> {
    Json(json!({}))
}

#[utoipa::path(get, path = "/api/reversedns", tag = "server", params(("ip" = String, Query, description = "Address")),
    responses((status = 200, description = "The name, or `reverse error` where there is none", content_type = "text/plain"), (status = 403, description = "No address, as text")))]
/// The name of an address, as the server's own resolver knows it.
pub(crate) async fn reverse_dns(
    State(app): State<App>,
    _: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let plain = |status: StatusCode, text: String| {
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
    };
    let Some(ip) = params.get("ip") else {
        return Ok(plain(StatusCode::FORBIDDEN, "Missing ip parameter".to_owned()));
    };
    let Ok(ip) = ip.trim().parse::<IpAddr>() else {
        return Ok(plain(StatusCode::FORBIDDEN, "ip is no address".to_owned()));
    };
    let Ok(turn) = app.lookups.clone().try_acquire_owned() else {
        return Err(ApiError::busy("too many names are being looked up"));
    };
    // the system's resolver cannot be interrupted: the thread keeps its turn until it comes back
    let lookup = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        dns_lookup::lookup_addr(&ip).ok().filter(|name| *name != ip.to_string())
    });
    let name = tokio::time::timeout(LOOKUP, lookup).await.ok().and_then(Result::ok).flatten();
    Ok(plain(StatusCode::OK, name.unwrap_or_else(|| "reverse error".to_owned())))
}

#[utoipa::path(post, path = "/api/sessions/send", tag = "sessions", responses((status = 403, description = "There is no cluster to send to")))]
/// Sends sessions to another cluster: not possible here, and the answer says what is.
pub(crate) async fn send(_: Caller, params: Params) -> Result<Json<Value>, ApiError> {
    let named = params.get("remoteCluster").or(params.get("cluster")).unwrap_or_default();
    let shown: String = named.chars().take(60).collect();
    Err(ApiError::forbidden(format!(
        "Unknown cluster {shown}: there are no remote clusters; export the packets (/api/sessions.pcapng) and import them there"
    )))
}

#[utoipa::path(post, path = "/api/sessions/receive", tag = "sessions", responses((status = 403, description = "Sessions are not taken from other clusters")))]
/// Takes sessions of another cluster: not possible here.
pub(crate) async fn receive(_: Caller) -> Result<Json<Value>, ApiError> {
    Err(ApiError::forbidden("sessions are not taken from other clusters; upload their packets (/api/upload)"))
}
