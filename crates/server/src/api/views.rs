//! Views (named expressions) and shortcuts (named lists of values).

use crate::app::{App, random_text};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::{Names, may_see};
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

/// What tells views and shortcuts apart.
#[derive(Clone, Copy)]
struct Kind {
    collection: &'static str,
    name: &'static str,
    /// Properties that must be there and not empty.
    needed: &'static [&'static str],
}

const VIEW: Kind = Kind { collection: "views", name: "view", needed: &["name", "expression"] };
const SHORTCUT: Kind = Kind { collection: "shortcuts", name: "shortcut", needed: &["name", "type", "value"] };

/// Properties that a client may set.
const KEPT: &[&str] = &[
    "name",
    "expression",
    "users",
    "roles",
    "editRoles",
    "sessionsColConfig",
    "description",
    "type",
    "value",
];
/// Entries of one collection.
const MAX_ENTRIES: usize = 10_000;

/// An entry with its key in it.
pub(crate) fn with_id(mut value: Value, id: &str) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert("id".to_owned(), id.into());
    }
    value
}

async fn list(app: App, caller: Caller, kind: Kind) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let names = Names::new(app, &caller);
        let mut data = Vec::new();
        for entry in names.visible(kind.collection) {
            data.push(with_id(entry.value, &entry.key));
        }
        let total = data.len();
        names.checked(Json(json!({ "data": data, "recordsTotal": total, "recordsFiltered": total })))
    })
    .await
}

/// Reads the object of a request and checks what it must have.
fn read(app: &App, caller: &Caller, kind: Kind, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let mut object = Map::new();
    for name in KEPT {
        match params.body.as_ref().and_then(|body| body.get(*name)) {
            Some(value) => {
                object.insert((*name).to_owned(), value.clone());
            }
            None => {
                if let Some(text) = params.get(name) {
                    object.insert((*name).to_owned(), text.into());
                }
            }
        }
    }
    for name in kind.needed {
        let text = object.get(*name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if text.is_empty() {
            return Err(ApiError::forbidden(format!("Missing {} {name}", kind.name)));
        }
    }
    let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.len() > 200 || name.chars().any(char::is_control) {
        return Err(ApiError::forbidden("a name has at most 200 bytes and no control characters"));
    }
    if kind.collection == SHORTCUT.collection {
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return Err(ApiError::forbidden("the name of a shortcut has letters, digits, - and _ only"));
        }
        if !matches!(object.get("type").and_then(Value::as_str), Some("ip" | "string" | "number")) {
            return Err(ApiError::forbidden("the type of a shortcut is ip, string or number"));
        }
    }
    if let Some(expression) = object.get("expression").and_then(Value::as_str) {
        crate::scope::compile_for(app, caller, expression)?;
    }
    Ok(object)
}

fn check_name(app: &App, kind: Kind, name: Option<&Value>, own: Option<&str>) -> Result<(), ApiError> {
    let entries = app.state.catalog.list(kind.collection)?;
    if entries.iter().any(|e| e.value.get("name") == name && own != Some(e.key.as_str())) {
        return Err(ApiError::forbidden(format!("a {} with this name exists", kind.name)));
    }
    if own.is_none() && entries.len() >= MAX_ENTRIES {
        return Err(ApiError::forbidden(format!("there are {MAX_ENTRIES} {}s already", kind.name)));
    }
    Ok(())
}

async fn create(app: App, caller: Caller, params: Params, kind: Kind) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut object = read(app, &caller, kind, &params)?;
        check_name(app, kind, object.get("name"), None)?;
        object.insert("user".to_owned(), caller.user.user_id.clone().into());
        let id = random_text::<12>()?;
        let object = Value::Object(object);
        app.state.catalog.put(kind.collection, &id, &object, Some(0))?;
        let object = with_id(object, &id);
        Ok(Json(json!({ "success": true, "text": format!("Created {} successfully", kind.name), kind.name: object })))
    })
    .await
}

/// The entry, when the user may change it: its maker, an administrator, or a role named in `editRoles`.
fn editable(app: &App, caller: &Caller, kind: Kind, id: &str) -> Result<index::Entry, ApiError> {
    let unknown = || ApiError::not_found(format!("there is no {} {id}", kind.name));
    let entry = app.state.catalog.get(kind.collection, id)?.ok_or_else(unknown)?;
    let value = &entry.value;
    let own = value.get("user").and_then(Value::as_str) == Some(&caller.user.user_id);
    let roles = value.get("editRoles").and_then(Value::as_array);
    let by_role = roles.is_some_and(|roles| {
        roles.iter().filter_map(Value::as_str).any(|role| caller.user.roles.iter().any(|own| own == role))
    });
    if own || by_role || caller.user.is_admin() {
        Ok(entry)
    } else if may_see(value, caller) {
        Err(ApiError::forbidden("Permission denied"))
    } else {
        Err(unknown())
    }
}

async fn change(
    app: App,
    caller: Caller,
    (id, params): (String, Params),
    kind: Kind,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = editable(app, &caller, kind, &id)?;
        let mut object = read(app, &caller, kind, &params)?;
        check_name(app, kind, object.get("name"), Some(&id))?;
        let maker = entry.value.get("user").cloned().unwrap_or(Value::Null);
        object.insert("user".to_owned(), maker);
        let object = Value::Object(object);
        if !app.state.catalog.put(kind.collection, &id, &object, Some(entry.version))? {
            return Err(ApiError::busy("somebody else changed it at the same time; load it again"));
        }
        let object = with_id(object, &id);
        Ok(Json(json!({ "success": true, "text": format!("Updated {} successfully", kind.name), kind.name: object })))
    })
    .await
}

async fn remove(app: App, caller: Caller, id: String, kind: Kind) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        editable(app, &caller, kind, &id)?;
        app.state.catalog.remove(kind.collection, &id)?;
        Ok(Json(json!({ "success": true, "text": format!("Deleted {} successfully", kind.name) })))
    })
    .await
}

#[utoipa::path(get, path = "/api/views", tag = "views", responses((status = 200, description = "`{data,recordsTotal,recordsFiltered}`")))]
/// Views that the user made or that are shared with the user.
pub(crate) async fn views(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    list(app, caller, VIEW).await
}

#[utoipa::path(post, path = "/api/view", tag = "views", request_body(content = Value, description = "`{name,expression,users,roles,editRoles,sessionsColConfig}`"),
    responses((status = 200, description = "`{success,text,view}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes a view.
pub(crate) async fn create_view(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    create(app, caller, params, VIEW).await
}

#[utoipa::path(put, path = "/api/view/{id}", tag = "views", params(("id" = String, Path, description = "Id of the view")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,view}`")))]
/// Replaces a view.
pub(crate) async fn change_view(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    change(app, caller, (id, params), VIEW).await
}

#[utoipa::path(delete, path = "/api/view/{id}", tag = "views", params(("id" = String, Path, description = "Id of the view")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a view.
pub(crate) async fn remove_view(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    remove(app, caller, id, VIEW).await
}

#[utoipa::path(get, path = "/api/shortcuts", tag = "views", responses((status = 200, description = "`{data,recordsTotal,recordsFiltered}`")))]
/// Shortcuts that the user made or that are shared with the user; `$name` in an expression.
pub(crate) async fn shortcuts(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    list(app, caller, SHORTCUT).await
}

#[utoipa::path(post, path = "/api/shortcut", tag = "views", request_body(content = Value, description = "`{name,type:ip|string|number,value,users,roles,editRoles,description}`; values are separated by commas or line breaks"),
    responses((status = 200, description = "`{success,text,shortcut}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes a shortcut.
pub(crate) async fn create_shortcut(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    create(app, caller, params, SHORTCUT).await
}

#[utoipa::path(put, path = "/api/shortcut/{id}", tag = "views", params(("id" = String, Path, description = "Id of the shortcut")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,shortcut}`")))]
/// Replaces a shortcut.
pub(crate) async fn change_shortcut(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    change(app, caller, (id, params), SHORTCUT).await
}

#[utoipa::path(delete, path = "/api/shortcut/{id}", tag = "views", params(("id" = String, Path, description = "Id of the shortcut")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a shortcut.
pub(crate) async fn remove_shortcut(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    remove(app, caller, id, SHORTCUT).await
}
