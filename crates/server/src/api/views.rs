//! Views: named expressions.

use crate::api::shared::{Kind, body, need};
use crate::api::table::TableQuery;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::compile_for;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value};

pub(crate) const VIEW: Kind = Kind {
    collection: "views",
    name: "view",
    label: "view",
    maker: "user",
    unique: true,
    searched: &["name", "expression", "user"],
};
/// Properties that a client may set.
const KEPT: &[&str] = &["name", "expression", "sessionsColConfig", "description"];

fn read(app: &App, caller: &Caller, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let view = body(params, KEPT);
    need(&view, "name", "view name")?;
    let expression = need(&view, "expression", "view expression")?;
    compile_for(app, caller, expression)?;
    Ok(view)
}

#[utoipa::path(get, path = "/api/views", tag = "views", params(TableQuery,
        ("searchTerm" = Option<String>, Query, description = "Part of a name, an expression or a user"),
        ("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "`{data:[{id,name,expression,user,users,roles,editRoles,sessionsColConfig,canEdit}],recordsTotal,recordsFiltered}`")))]
/// Views that the user made or that are shared with the user.
pub(crate) async fn views(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| Ok(Json(VIEW.page(VIEW.rows(app, &caller, &params)?, &params, 10_000)?))).await
}

#[utoipa::path(post, path = "/api/view", tag = "views", request_body(content = Value, description = "`{name,expression,users,roles,editRoles,sessionsColConfig}`"),
    responses((status = 200, description = "`{success,text,view,invalidUsers}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes a view.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| VIEW.create(app, &caller, &params, read(app, &caller, &params)?)).await
}

#[utoipa::path(put, path = "/api/view/{id}", tag = "views", params(("id" = String, Path, description = "Id of the view")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,view}`"), (status = 404, description = "There is none")))]
/// Replaces a view.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = VIEW.editable(app, &caller, &id)?;
        VIEW.replace(app, &caller, &params, (&id, &entry), read(app, &caller, &params)?)
    })
    .await
}

#[utoipa::path(delete, path = "/api/view/{id}", tag = "views", params(("id" = String, Path, description = "Id of the view")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a view.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| VIEW.remove(app, &caller, &id)).await
}
