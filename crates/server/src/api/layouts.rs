//! What the viewer keeps for a user: column layouts and the state of its tables. With `userId` those who administer users read and
//! change what is kept for somebody else.

use crate::api::account::{change_whose, whose};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

/// Type in the route, and the property of the user.
const TYPES: &[(&str, &str)] = &[
    ("sessionstable", "columnConfigs"),
    ("sessionsinfofields", "infoFieldConfigs"),
    ("spiview", "spiviewFieldConfigs"),
];
/// Layouts of one type.
const MAX_LAYOUTS: usize = 200;
/// Bytes of one layout or state.
const MAX_BYTES: usize = 64 << 10;
/// States of one user.
const MAX_STATES: usize = 200;

fn property(kind: &str) -> Result<&'static str, ApiError> {
    let found = TYPES.iter().find(|(name, _)| *name == kind);
    found.map(|(_, property)| *property).ok_or_else(|| ApiError::forbidden("Invalid layout type"))
}

pub(crate) fn layouts<'u>(more: &'u Map<String, Value>, property: &str) -> &'u [Value] {
    more.get(property).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Name and content of a layout, as it is kept.
fn read(params: &Params, kind: &str, name: Option<&str>) -> Result<Map<String, Value>, ApiError> {
    let body = params.body.clone().unwrap_or_default();
    let name = name.or_else(|| body.get("name").and_then(Value::as_str)).unwrap_or_default();
    let kept = |c: &char| c.is_alphanumeric() || "-_: ".contains(*c);
    let name: String = name.chars().filter(kept).take(100).collect();
    if name.trim().is_empty() {
        return Err(ApiError::forbidden("Missing layout name"));
    }
    let needed: &[&str] = if kind == "sessionstable" { &["columns", "order"] } else { &["fields"] };
    let mut layout = Map::new();
    layout.insert("name".to_owned(), name.into());
    for property in needed {
        let value = body.get(*property).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| ApiError::forbidden(format!("Missing {property}")))?;
        layout.insert((*property).to_owned(), value.clone());
    }
    if json!(layout).to_string().len() > MAX_BYTES {
        return Err(ApiError::forbidden(format!("a layout has at most {MAX_BYTES} bytes")));
    }
    Ok(layout)
}

#[utoipa::path(get, path = "/api/user/layouts/{type}", tag = "users", params(("type" = String, Path, description = "`sessionstable`, `sessionsinfofields` or `spiview`")),
    responses((status = 200, description = "A list of layouts")))]
/// Layouts of the user.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(kind): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let property = property(&kind)?;
    Ok(Json(layouts(&whose(&app, &caller, &params).await?.more, property).to_vec().into()))
}

#[utoipa::path(post, path = "/api/user/layouts/{type}", tag = "users", params(("type" = String, Path, description = "Type of the layout")),
    request_body(content = Value, description = "`{name,columns,order}` or `{name,fields}`"), responses((status = 200, description = "`{success,text,layout}`")))]
/// Keeps a layout.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(kind): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let property = property(&kind)?;
    let layout = Value::Object(read(&params, &kind, None)?);
    let added = layout.clone();
    change_whose(app, caller, &params, move |user| {
        let mut all = layouts(&user.more, property).to_vec();
        if all.iter().any(|other| other["name"] == added["name"]) {
            return Err(ApiError::forbidden("There is already a layout with that name"));
        }
        if all.len() >= MAX_LAYOUTS {
            return Err(ApiError::forbidden(format!("there are {MAX_LAYOUTS} layouts already")));
        }
        all.push(added.clone());
        user.more.insert(property.to_owned(), all.into());
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "Created layout successfully", "layout": layout })))
}

#[utoipa::path(put, path = "/api/user/layouts/{type}/{name}", tag = "users", params(("type" = String, Path, description = "Type"), ("name" = String, Path, description = "Name")),
    request_body(content = Value), responses((status = 200, description = "`{success,text,layout}`")))]
/// Replaces a layout.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path((kind, name)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let property = property(&kind)?;
    let layout = Value::Object(read(&params, &kind, Some(&name))?);
    let changed = layout.clone();
    change_whose(app, caller, &params, move |user| {
        let mut all = layouts(&user.more, property).to_vec();
        let place = all.iter_mut().find(|other| other["name"] == changed["name"]);
        *place.ok_or_else(|| ApiError::forbidden("Layout not found"))? = changed.clone();
        user.more.insert(property.to_owned(), all.into());
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "Updated layout successfully", "layout": layout })))
}

#[utoipa::path(delete, path = "/api/user/layouts/{type}/{name}", tag = "users", params(("type" = String, Path, description = "Type"), ("name" = String, Path, description = "Name")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a layout.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((kind, name)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let property = property(&kind)?;
    change_whose(app, caller, &params, move |user| {
        let mut all = layouts(&user.more, property).to_vec();
        let before = all.len();
        all.retain(|other| other["name"] != name.as_str());
        if all.len() == before {
            return Err(ApiError::forbidden("Layout not found"));
        }
        user.more.insert(property.to_owned(), all.into());
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "Deleted layout successfully" })))
}

#[utoipa::path(get, path = "/api/user/state/{name}", tag = "users", params(("name" = String, Path, description = "Name of the state")),
    responses((status = 200, description = "The object, `{}` where there is none")))]
/// State of a table or page of the viewer.
pub(crate) async fn state(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let user = whose(&app, &caller, &params).await?;
    let found = user.more.get("tableStates").and_then(|states| states.get(&name));
    Ok(Json(found.cloned().unwrap_or_else(|| json!({}))))
}

#[utoipa::path(post, path = "/api/user/state/{name}", tag = "users", params(("name" = String, Path, description = "Name of the state")),
    request_body(content = Value), responses((status = 200, description = "`{success,text}`")))]
/// Keeps the state of a table or page.
pub(crate) async fn store_state(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let state = Value::Object(params.body.clone().unwrap_or_default());
    if state.to_string().len() > MAX_BYTES || name.len() > 100 {
        return Err(ApiError::forbidden(format!("a state has at most {MAX_BYTES} bytes, its name 100")));
    }
    change_whose(app, caller, &params, move |user| {
        let states = user.more.entry("tableStates").or_insert_with(|| json!({}));
        if !states.is_object() {
            *states = json!({});
        }
        if let Some(states) = states.as_object_mut() {
            if states.len() >= MAX_STATES && !states.contains_key(&name) {
                return Err(ApiError::forbidden(format!("there are {MAX_STATES} states already")));
            }
            states.insert(name.clone(), state.clone());
        }
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "updated state" })))
}
