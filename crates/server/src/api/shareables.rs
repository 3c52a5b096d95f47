//! Shareables: JSON of the viewer (configurations of the overview and the like) that users share with others.

use crate::api::shared::{Kind, body, may_edit, need};
use crate::api::table::TableQuery;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::may_see;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

const SHAREABLE: Kind = Kind {
    collection: "shareables",
    name: "shareable",
    label: "shareable",
    maker: "creator",
    unique: false,
    searched: &["name", "description", "user"],
};
/// Bytes of one.
const MAX_BYTES: usize = 256 << 10;

fn read(params: &Params, before: Option<&Value>) -> Result<Map<String, Value>, ApiError> {
    let mut object = body(params, &["name", "description", "type", "data"]);
    for name in ["name", "description", "type", "data"] {
        let known =
            before.and_then(|before| before.get(name)).filter(|_| !object.contains_key(name)).cloned();
        object.extend(known.map(|value| (name.to_owned(), value)));
    }
    need(&object, "name", "shareable name")?;
    need(&object, "type", "shareable type")?;
    if object.get("data").is_none_or(Value::is_null) {
        return Err(ApiError::forbidden("Missing shareable data"));
    }
    if json!(object).to_string().len() > MAX_BYTES {
        return Err(ApiError::forbidden(format!("a shareable has at most {MAX_BYTES} bytes")));
    }
    Ok(object)
}

fn shown(mut row: Value, caller: &Caller) -> Value {
    let owner = row["creator"].as_str() == Some(&caller.user.user_id);
    row["canDelete"] = (owner || caller.user.is_admin()).into();
    row
}

#[utoipa::path(get, path = "/api/shareables", tag = "views", params(TableQuery,
        ("type" = Option<String>, Query, description = "Only those of this type, for example `summaryConfig`"),
        ("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "`{success,data:[{id,name,description,type,data,creator,viewUsers,viewRoles,editUsers,editRoles,canEdit,canDelete}],recordsTotal,recordsFiltered}`")))]
/// What the user keeps, and what others share with the user.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut rows = SHAREABLE.rows(app, &caller, &params)?;
        if let Some(wanted) = params.get("type") {
            rows.retain(|row| row["type"] == wanted);
        }
        let rows = rows.into_iter().map(|row| shown(row, &caller)).collect();
        let mut page = SHAREABLE.page(rows, &params, 1_000)?;
        page["success"] = true.into();
        Ok(Json(page))
    })
    .await
}

#[utoipa::path(post, path = "/api/shareable", tag = "views", request_body(content = Value, description = "`{type,name,description,data,viewUsers,viewRoles,editUsers,editRoles}`"),
    responses((status = 200, description = "`{success,text,shareable,invalidUsers}`"), (status = 403, description = "Missing or wrong property")))]
/// Keeps one.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| SHAREABLE.create(app, &caller, &params, read(&params, None)?)).await
}

#[utoipa::path(get, path = "/api/shareable/{id}", tag = "views", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "`{success,shareable}`"), (status = 404, description = "There is none that the user may see")))]
/// One.
pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = app.state.catalog.get(SHAREABLE.collection, &id)?;
        let entry = entry.filter(|entry| may_see(&entry.value, &caller));
        let entry = entry.ok_or_else(|| ApiError::not_found("Shareable not found"))?;
        let row = shown(SHAREABLE.shown(entry.value, &id, &caller), &caller);
        Ok(Json(json!({ "success": true, "shareable": row })))
    })
    .await
}

#[utoipa::path(put, path = "/api/shareable/{id}", tag = "views", params(("id" = String, Path, description = "Id")), request_body(content = Value, description = "As for a new one; what is not named stays"),
    responses((status = 200, description = "`{success,text,shareable}`"), (status = 404, description = "There is none")))]
/// Changes one.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = SHAREABLE.editable(app, &caller, &id)?;
        SHAREABLE.replace(app, &caller, &params, (&id, &entry), read(&params, Some(&entry.value))?)
    })
    .await
}

#[utoipa::path(delete, path = "/api/shareable/{id}", tag = "views", params(("id" = String, Path, description = "Id")),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Only its maker and administrators")))]
/// Removes one; who may only change it may not.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = SHAREABLE.editable(app, &caller, &id)?;
        let own = entry.value["user"].as_str() == Some(&caller.user.user_id);
        let may = own || caller.user.is_admin() && may_edit(&entry.value, &caller);
        if !may {
            return Err(ApiError::forbidden("Permission denied"));
        }
        SHAREABLE.remove(app, &caller, &id)
    })
    .await
}
