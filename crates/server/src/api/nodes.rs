//! The nodes of a fleet: who they are, how they are, and whether they belong to it.

use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::fleet::{FleetError, Node, nodes};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

impl From<FleetError> for ApiError {
    fn from(error: FleetError) -> Self {
        ApiError::bad(error.0)
    }
}

fn check_right(caller: &Caller) -> Result<(), ApiError> {
    if ["superAdmin", "arkimeAdmin", "dbAdmin"].into_iter().any(|role| caller.user.has_role(role)) {
        return Ok(());
    }
    Err(ApiError::forbidden("to change the fleet takes the role arkimeAdmin or dbAdmin"))
}

fn shown(app: &App, node: &Node, now: i64) -> Value {
    let mut shown = json!({
        "name": node.name, "host": node.host, "version": node.version, "roles": node.roles, "addresses": node.addresses,
        "dials": node.dials, "fingerprint": node.fingerprint(), "started": node.started, "lastSeen": node.last_seen,
        "registered": node.registered, "approved": node.approved, "approvedBy": node.approved_by,
        "state": node.state(now), "self": false, "offset": null, "problem": null,
    });
    let Some(fleet) = &app.fleet else { return shown };
    shown["self"] = fleet.is_me(&node.name).into();
    let reach = fleet.reach(&node.name);
    if reach.answered > 0 {
        shown["offset"] = reach.offset.into();
        if Node::is_off(reach.offset) && shown["state"] == "alive" {
            shown["state"] = "skewed".into();
        }
    }
    if let Some(problem) = reach.problem {
        shown["problem"] = problem.into();
        if shown["state"] == "alive" {
            shown["state"] = "unreachable".into();
        }
    }
    shown
}

#[utoipa::path(get, path = "/api/nodes", tag = "stats",
    responses((status = 200, description = "`{fleet,nodes:[{name,state,host,version,roles,addresses,dials,fingerprint,started,lastSeen,registered,approved,approvedBy,self,offset,problem}]}`; state is pending, alive, silent, skewed or unreachable; times are milliseconds, `offset` is its clock minus ours")))]
/// The nodes of the fleet, seen from this one.
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    if caller.user.hide_stats {
        return Err(ApiError::forbidden("you may not see the statistics"));
    }
    let work = |app: &App| {
        let now = now_ms();
        let nodes = nodes::list(&*app.state.catalog)?;
        let nodes: Vec<Value> = nodes.iter().map(|node| shown(app, node, now)).collect();
        Ok(Json(json!({ "fleet": app.fleet.is_some(), "nodes": nodes })))
    };
    app.blocking(work).await
}

#[utoipa::path(post, path = "/api/nodes/{name}/approve", tag = "stats",
    params(("name" = String, Path, description = "Name of the node")),
    responses((status = 200, description = "`{success,text,node}`"), (status = 400, description = "No such node"), (status = 403, description = "Not allowed")))]
/// Lets a node into the fleet.
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    check_right(&caller)?;
    let work = move |app: &App| {
        let node = nodes::approve(&*app.state.catalog, &name, &caller.user.user_id)?;
        if let Some(fleet) = &app.fleet {
            fleet.forget();
        }
        let text = format!("{name} is in the fleet");
        Ok(Json(json!({ "success": true, "text": text, "node": shown(app, &node, now_ms()) })))
    };
    app.blocking(work).await
}

#[utoipa::path(delete, path = "/api/nodes/{name}", tag = "stats",
    params(("name" = String, Path, description = "Name of the node")),
    responses((status = 200, description = "`{success,text}`"), (status = 400, description = "No such node"), (status = 403, description = "Not allowed")))]
/// Throws a node out of the fleet.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    check_right(&caller)?;
    let work = move |app: &App| {
        nodes::remove(&*app.state.catalog, &name, &caller.user.user_id)?;
        if let Some(fleet) = &app.fleet {
            fleet.forget();
        }
        Ok(Json(json!({ "success": true, "text": format!("{name} is out of the fleet") })))
    };
    app.blocking(work).await
}
