//! Users and roles: made, changed, listed, removed by those who administer users.

use crate::api::table::{self, TableQuery};
use crate::app::{App, now_ms};
use crate::auth::{self, Caller, USERS, User};
use crate::entries::{names as list_of, names_of, text};
use crate::error::ApiError;
use crate::params::Params;
use crate::roles::{self, OWN, ROLES};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Users of one installation.
const MAX_USERS: usize = 100_000;
/// Columns of the CSV.
const COLUMNS: &[&str] = &[
    "userId",
    "userName",
    "enabled",
    "webEnabled",
    "headerAuthEnabled",
    "emailSearch",
    "removeEnabled",
    "packetSearch",
    "hideStats",
    "hideFiles",
    "hidePcap",
    "disablePcapDownload",
    "expression",
    "timeLimit",
    "roles",
    "created",
];

fn no_permission() -> ApiError {
    ApiError::forbidden("You do not have permission to access this resource")
}

fn may_administer(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.has_role("usersAdmin") { Ok(()) } else { Err(no_permission()) }
}

fn is_super(roles: &[String]) -> bool {
    roles.iter().any(|role| role == "superAdmin")
}

/// The object of a request; forms are read too.
fn body(params: &Params) -> Map<String, Value> {
    params.body.clone().unwrap_or_default()
}

/// Takes the properties that are given; what is not given stays.
fn apply(app: &App, caller: &Caller, user: &mut User, body: &Map<String, Value>) -> Result<(), ApiError> {
    for (name, place) in [
        ("enabled", &mut user.enabled),
        ("webEnabled", &mut user.web_enabled),
        ("emailSearch", &mut user.email_search),
        ("removeEnabled", &mut user.remove_enabled),
        ("packetSearch", &mut user.packet_search),
        ("hideStats", &mut user.hide_stats),
        ("hideFiles", &mut user.hide_files),
        ("hidePcap", &mut user.hide_pcap),
        ("disablePcapDownload", &mut user.disable_pcap_download),
        ("headerAuthEnabled", &mut user.header_auth_enabled),
        ("totpRequired", &mut user.totp_required),
    ] {
        match body.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Bool(value)) => *place = *value,
            Some(_) => return Err(ApiError::forbidden(format!("{name} must be true or false"))),
        }
    }
    if let Some(name) = text(body, "userName") {
        user.user_name = name.to_owned();
    }
    match body.get("expression") {
        None => {}
        Some(Value::Null) => user.expression.clear(),
        Some(Value::String(expression)) => {
            // an expression that cannot be read would lock the user out
            crate::scope::compile_for(app, caller, expression)?;
            user.expression = expression.clone();
        }
        Some(_) => return Err(ApiError::forbidden("Expression must be a string when present")),
    }
    match body.get("timeLimit") {
        None => {}
        Some(Value::Null) => user.time_limit = 0,
        Some(value) => {
            let hours = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            user.time_limit = hours
                .filter(|h| *h >= 0)
                .ok_or_else(|| ApiError::forbidden("timeLimit is a number of hours"))?;
        }
    }
    for (name, is_roles) in [("roles", true), ("roleAssigners", false)] {
        let Some(value) = body.get(name) else { continue };
        let list = list_of(value)
            .ok_or_else(|| ApiError::forbidden(format!("{name} field must be an array of strings")))?;
        if !is_roles {
            user.more.insert(name.to_owned(), json!(list));
            continue;
        }
        if is_super(&list) != is_super(&user.roles) && !is_super(&caller.user.roles) {
            return Err(ApiError::forbidden("Can not enable superAdmin unless you are superAdmin"));
        }
        if user.user_id.starts_with(OWN) && is_super(&list) {
            return Err(ApiError::forbidden("User defined roles can't have superAdmin"));
        }
        for role in &list {
            let own = role.starts_with(OWN) && *role != user.user_id;
            let known = roles::is_system(role) || (own && auth::load(&*app.state.catalog, role)?.is_some());
            if !known {
                return Err(ApiError::forbidden(format!("Unknown role {role}")));
            }
        }
        user.roles = list;
    }
    Ok(())
}

#[utoipa::path(post, path = "/api/user", tag = "users", request_body(content = Value, description = "`{userId,userName,password,enabled,roles,…}`; a userId `role:x` makes a role, which has no password"),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Missing, wrong or not allowed")))]
/// Makes a user or a role.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    let work = move |app: &App| {
        let body = body(&params);
        let missing = || ApiError::forbidden("Missing/Empty required fields");
        let id = text(&body, "userId").ok_or_else(missing)?.to_owned();
        text(&body, "userName").ok_or_else(missing)?;
        let is_role = id.starts_with("role:");
        let name = id.strip_prefix("role:").unwrap_or(&id);
        if name.is_empty()
            || id.len() > 200
            || !name.chars().all(|c| c.is_alphanumeric() || "@-_.".contains(c))
        {
            return Err(ApiError::forbidden("User ID must be word characters"));
        }
        if id.starts_with("_moloch_shared") || id.starts_with("_arkime_shared") {
            return Err(ApiError::forbidden("User ID cannot be the same as the shared user id"));
        }
        let catalog = &*app.state.catalog;
        if catalog.list(USERS)?.len() >= MAX_USERS {
            return Err(ApiError::forbidden(format!("there are {MAX_USERS} users already")));
        }
        // as Arkime: what is not granted by name is not granted
        let mut user = User {
            user_id: id.clone(),
            created: now_ms(),
            enabled: false,
            web_enabled: false,
            email_search: false,
            packet_search: false,
            roles: Vec::new(),
            ..User::default()
        };
        apply(app, &caller, &mut user, &body)?;
        if !is_role {
            let password = body.get("password").and_then(Value::as_str).ok_or_else(missing)?;
            if !app.config.regression_tests {
                auth::check_password(password).map_err(|e| ApiError::forbidden(e.to_string()))?;
            }
            user.take(auth::Stored::of(&app.config.access, &id, password)?);
        }
        if !catalog.put(USERS, &id, &user.to_json()?, Some(0))? {
            return Err(ApiError::forbidden("User already exists"));
        }
        let text = if is_role { "Role created successfully" } else { "User created successfully" };
        Ok(Json(json!({ "success": true, "text": text })))
    };
    app.blocking(work).await
}

#[utoipa::path(post, path = "/api/user/{id}", tag = "users", params(("id" = String, Path, description = "User id")), request_body(content = Value),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Unknown user, wrong or not allowed")))]
/// Changes a user; what is not named stays.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    let work = move |app: &App| {
        let body = body(&params);
        if body.contains_key("userName") && text(&body, "userName").is_none() {
            return Err(ApiError::forbidden("User name can not be empty"));
        }
        let catalog = &*app.state.catalog;
        let before = auth::load(catalog, &id)?.ok_or_else(|| ApiError::forbidden("User not found"))?;
        if is_super(&before.roles) && !is_super(&caller.user.roles) {
            return Err(no_permission());
        }
        auth::change(catalog, &id, &mut |user: &mut User| apply(app, &caller, user, &body))?;
        Ok(Json(json!({ "success": true, "text": format!("User {id} updated successfully") })))
    };
    app.blocking(work).await
}

#[utoipa::path(delete, path = "/api/user/{id}", tag = "users", params(("id" = String, Path, description = "User id")),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Not yourself")))]
/// Removes a user and ends its log-ins.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    if id == caller.user.user_id {
        return Err(ApiError::forbidden("Can not delete yourself"));
    }
    let work = move |app: &App| {
        let catalog = &*app.state.catalog;
        let user = auth::load(catalog, &id)?.ok_or_else(|| ApiError::forbidden("User not found"))?;
        if is_super(&user.roles) && !is_super(&caller.user.roles) {
            return Err(no_permission());
        }
        catalog.remove(USERS, &id)?;
        auth::forget(app, &id)?;
        Ok(Json(json!({ "success": true, "text": "User deleted successfully" })))
    };
    app.blocking(work).await
}

fn rows(app: &App, params: &Params) -> Result<(Vec<Value>, usize), ApiError> {
    let entries = app.state.catalog.list(USERS)?;
    let total = entries.len();
    let filter = params.get("filter").unwrap_or_default().to_lowercase();
    let without = filter.strip_prefix('!');
    let role = params.get("roleId").map(str::to_owned);
    let mut rows = Vec::new();
    for entry in entries {
        let Ok(user) = serde_json::from_value::<User>(entry.value) else { continue };
        let fits = match without {
            Some(role) => !user.roles.iter().any(|own| own.to_lowercase() == role),
            None => {
                let texts = [&user.user_id, &user.user_name].into_iter().chain(&user.roles);
                texts.map(|text| text.to_lowercase()).any(|text| text.contains(&filter))
            }
        };
        if fits && role.as_ref().is_none_or(|role| user.roles.contains(role)) {
            let mut shown = user.public();
            if let Some(shown) = shown.as_object_mut() {
                shown.remove("settings");
                let assigners = names_of(&json!(shown), "roleAssigners");
                shown.insert("roleAssigners".to_owned(), assigners.into());
                shown.insert("id".to_owned(), user.user_id.into());
            }
            rows.push(shown);
        }
    }
    Ok((rows, total))
}

/// The user-defined roles that the caller may give to others and take from them: all for those who administer users.
pub(crate) fn assignable(app: &App, caller: &Caller) -> Result<Vec<String>, ApiError> {
    let all = caller.user.has_role("usersAdmin");
    let entries = app.state.catalog.list(USERS)?.into_iter();
    let roles = entries.filter(|entry| entry.key.starts_with(OWN));
    let mine = |entry: &index::Entry| names_of(&entry.value, "roleAssigners").contains(&caller.user.user_id);
    Ok(roles.filter(|entry| all || mine(entry)).map(|entry| entry.key).collect())
}

/// Ids and names of the users that may be given a role, and whether they have it; who assigns a role sees no more.
fn members(app: &App, params: &Params, role: &str) -> Result<(Vec<Value>, usize), ApiError> {
    let filter = params.get("filter").unwrap_or_default().to_lowercase();
    let mut shown = Vec::new();
    let mut total = 0;
    for entry in app.state.catalog.list(USERS)? {
        let Ok(user) = serde_json::from_value::<User>(entry.value) else { continue };
        if user.user_id.starts_with(OWN) {
            continue;
        }
        total += 1;
        if [&user.user_id, &user.user_name].iter().any(|text| text.to_lowercase().contains(&filter)) {
            let has = user.roles.iter().any(|own| own == role);
            shown.push(json!({ "userId": user.user_id, "userName": user.user_name, "hasRole": has }));
        }
    }
    Ok((shown, total))
}

#[utoipa::path(post, path = "/api/users", tag = "users", params(TableQuery,
        ("filter" = Option<String>, Query, description = "Part of an id or name; `!role` for those without the role"),
        ("roleId" = Option<String>, Query, description = "Only who has this role")),
    responses((status = 200, description = "`{success,data,recordsTotal,recordsFiltered}`; for an assigner of the role `data:[{userId,userName,hasRole}]`")))]
/// Users and roles. Who may only give a role to others names it in `roleId` and gets the ids and names of all users, each with
/// whether it has the role.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App| {
        let role = params.get("roleId").unwrap_or_default().to_owned();
        let assigns = !caller.user.has_role("usersAdmin") && assignable(app, &caller)?.contains(&role);
        let (rows, total) = if assigns {
            members(app, &params, &role)?
        } else {
            may_administer(&caller)?;
            rows(app, &params)?
        };
        let mut page = table::page(rows, total, &params, "userId", 500)?;
        page["success"] = true.into();
        Ok(Json(page))
    };
    app.blocking(work).await
}

#[utoipa::path(post, path = "/api/users.csv", tag = "users", responses((status = 200, description = "One line a user", content_type = "text/csv")))]
/// Users and roles as CSV.
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    may_administer(&caller)?;
    let (rows, _) = app.blocking(move |app| rows(app, &params)).await?;
    let mut out = COLUMNS.join(", ") + "\r\n";
    for row in rows {
        let cells = COLUMNS.iter().map(|column| {
            let value = crate::api::export::plain(row.get(*column).unwrap_or(&Value::Null));
            crate::api::export::cell(&value)
        });
        out.push_str(&cells.collect::<Vec<_>>().join(", "));
        out.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"users.csv\""),
    ];
    Ok((headers, out).into_response())
}

#[utoipa::path(post, path = "/api/users/min", tag = "users", responses((status = 200, description = "`{success,data:[{userId,userName}]}`")))]
/// Ids and names of users, for sharing.
pub(crate) async fn names(
    State(app): State<App>,
    _: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let (rows, _) = app.blocking(move |app| rows(app, &params)).await?;
    let short = |row: &Value| json!({ "userId": row["userId"], "userName": row["userName"] });
    let people = rows.iter().filter(|row| !row["userId"].as_str().is_some_and(|id| id.starts_with("role:")));
    Ok(Json(json!({ "success": true, "data": people.map(short).collect::<Vec<_>>() })))
}

#[utoipa::path(get, path = "/api/user/roles", tag = "users", responses((status = 200, description = "`{success,roles:[{text,value,userDefined}]}`")))]
/// Roles that there are.
pub(crate) async fn roles(State(app): State<App>, _: Caller) -> Result<Json<Value>, ApiError> {
    let own = app.blocking(|app| Ok(app.state.catalog.list(USERS)?)).await?;
    let mut roles: Vec<Value> =
        ROLES.iter().map(|(role, _)| json!({ "text": role, "value": role, "userDefined": false })).collect();
    for entry in own {
        if let Some(name) = entry.key.strip_prefix("role:") {
            roles.push(json!({ "text": name, "value": entry.key, "userDefined": true }));
        }
    }
    Ok(Json(json!({ "success": true, "roles": roles })))
}

#[utoipa::path(post, path = "/api/user/{id}/assignment", tag = "users", params(("id" = String, Path, description = "User id")),
    request_body(content = Value, description = "`{roleId,newRoleState}`"), responses((status = 200, description = "`{success,text}`"), (status = 403, description = "Not an assigner of the role")))]
/// Gives a user-defined role to a user or takes it away; for administrators and the assigners of the role.
pub(crate) async fn assign(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App| {
        let body = body(&params);
        let role = text(&body, "roleId").ok_or_else(|| ApiError::forbidden("Missing roleId"))?.to_owned();
        let state = body.get("newRoleState").and_then(Value::as_bool);
        let wanted = state.ok_or_else(|| ApiError::forbidden("newRoleState must be a boolean"))?;
        let catalog = &*app.state.catalog;
        let unknown = || ApiError::forbidden("Cannot find role");
        let card = if role.starts_with("role:") {
            auth::load(catalog, &role)?.ok_or_else(unknown)?
        } else {
            return Err(unknown());
        };
        let assigners = card.more.get("roleAssigners").and_then(list_of).unwrap_or_default();
        if !assigners.contains(&caller.user.user_id) {
            may_administer(&caller)?;
        }
        auth::change(catalog, &id, &mut |user: &mut User| {
            user.roles.retain(|own| *own != role);
            if wanted {
                user.roles.push(role.clone());
            }
            Ok(())
        })?;
        Ok(Json(json!({ "success": true, "text": format!("User {id} updated successfully") })))
    };
    app.blocking(work).await
}

#[utoipa::path(put, path = "/api/user/{id}/acknowledge", tag = "users", params(("id" = String, Path, description = "User id")),
    request_body(content = Value, description = "`{msgNum}`"), responses((status = 200, description = "`{success,text}`")))]
/// Remembers which welcome message the user has seen.
pub(crate) async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    if id != caller.user.user_id {
        return Err(ApiError::forbidden("Can not change other users msg"));
    }
    let number: i64 =
        params.parse("msgNum", "a number")?.ok_or_else(|| ApiError::forbidden("Message number required"))?;
    own(app, caller, move |user| {
        user.more.insert("welcomeMsgNum".to_owned(), number.into());
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": format!("User, {id}, dismissed message {number}") })))
}

/// Changes what belongs to the caller.
pub(crate) async fn own(
    app: App,
    caller: Caller,
    mut change: impl FnMut(&mut User) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let work = move |app: &App| {
        let catalog = &*app.state.catalog;
        if app.config.regression_tests {
            // a user that was only named in a request becomes one that is kept
            catalog.put(USERS, &caller.user.user_id, &caller.user.to_json()?, Some(0))?;
        }
        auth::change(catalog, &caller.user.user_id, &mut change).map(|_| ())
    };
    app.blocking(work).await
}
