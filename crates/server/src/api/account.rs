//! Log-in, log-out, the current user, its settings and password.

use crate::access::Method;
use crate::api::users::own;
use crate::app::App;
use crate::auth::{self, CSRF_COOKIE, Caller, Client, LOGIN_COOKIE, Stored, User, cookie};
use crate::error::ApiError;
use crate::history;
use crate::params::Params;
use axum::Json;
use axum::extract::State;
use axum::http::{Extensions, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a user's settings.
const MAX_SETTINGS: usize = 64 << 10;

fn set_cookies(response: &mut Response, cookies: [String; 2]) -> Result<(), ApiError> {
    for cookie in cookies {
        let value = HeaderValue::from_str(&cookie).map_err(|e| ApiError::internal(e.to_string()))?;
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(())
}

/// A text of the JSON body: passwords are not taken from the URL, which ends up in logs.
fn body_text<'p>(params: &'p Params, name: &str) -> Result<&'p str, ApiError> {
    let value = params.body.as_ref().and_then(|body| body.get(name)?.as_str());
    value.ok_or_else(|| ApiError::bad(format!("the body must be JSON with the text `{name}`")))
}

#[utoipa::path(get, path = "/api/login", tag = "account",
    responses((status = 200, description = "`{form,message,oidc:{label}|null}`: what the log-in page offers; needs no log-in")))]
/// Ways to log in.
pub(crate) async fn ways(State(app): State<App>) -> Json<Value> {
    let access = &app.config.access;
    Json(json!({
        "form": access.allows(Method::Form),
        "message": access.message,
        "oidc": access.oidc.as_ref().map(|provider| json!({ "label": provider.label })),
    }))
}

#[utoipa::path(post, path = "/api/login", tag = "account",
    request_body(content = Value, description = "`{user,password,code?}`; `code` is of the second factor, or a recovery code"),
    responses((status = 200, description = "`{user:{userId,userName,roles},enroll}`, with the log-in and the CSRF cookie; with `enroll` it can do nothing before a second factor is set up"),
        (status = 401, description = "Wrong name or password; with `totp:true` a code is needed or wrong"), (status = 429, description = "Too many failures; see Retry-After")))]
/// Begins a log-in.
pub(crate) async fn login(
    State(app): State<App>,
    extensions: Extensions,
    params: Params,
) -> Result<Response, ApiError> {
    let (name, password) =
        (body_text(&params, "user")?.to_owned(), body_text(&params, "password")?.to_owned());
    let code = body_text(&params, "code").ok().map(str::to_owned).filter(|code| !code.trim().is_empty());
    let client = Client::of(&extensions);
    if !app.config.access.allows(Method::Form) {
        return Err(ApiError::forbidden("the log-in form is switched off here"));
    }
    let result = first_and_second(&app, &name, password, code, client).await;
    let status = result.as_ref().map_or_else(|(error, _)| error.status.as_u16(), |_| 200);
    history::log_in(&app, client, &name, "form", status);
    let user = match result {
        Ok(user) => user,
        Err((error, false)) => return Err(error),
        Err((error, true)) => {
            let body = json!({ "success": false, "text": error.text, "totp": true });
            return Ok((error.status, Json(body)).into_response());
        }
    };
    let (card, enroll) = (user.card(), auth::must_enroll(&app, &user));
    let (token, login) = app.blocking(move |app| auth::start(app, &user, "form", enroll)).await?;
    let mut response = Json(json!({ "user": card, "enroll": enroll })).into_response();
    let age = Some(app.config.login_lifetime);
    let cookies = [
        cookie(&app.config, client, LOGIN_COOKIE, &token, age),
        cookie(&app.config, client, CSRF_COOKIE, &login.csrf, age),
    ];
    set_cookies(&mut response, cookies)?;
    Ok(response)
}

/// Checks the password, then the code where one is needed; an error says whether it is about the code.
async fn first_and_second(
    app: &App,
    name: &str,
    password: String,
    code: Option<String>,
    client: Client,
) -> Result<std::sync::Arc<User>, (ApiError, bool)> {
    let user = auth::log_in(app, name.to_owned(), password, client.address).await.map_err(|e| (e, false))?;
    if user.has_totp() {
        let code =
            code.ok_or_else(|| (ApiError::unauthorized("the code of the second factor is needed"), true))?;
        let checked = auth::second_factor(app, &user.user_id, code, client.address).await;
        checked.map_err(|error| {
            let about_code = error.status == axum::http::StatusCode::UNAUTHORIZED;
            (error, about_code)
        })?;
    }
    Ok(user)
}

#[utoipa::path(post, path = "/api/logout", tag = "account", responses((status = 200, description = "Logged out")))]
/// Ends the log-in.
pub(crate) async fn logout(
    State(app): State<App>,
    caller: Caller,
    extensions: Extensions,
) -> Result<Response, ApiError> {
    if let Some(login) = caller.login.clone() {
        app.blocking(move |app| auth::stop(app, &login)).await?;
    }
    let mut response = Json(json!({ "success": true })).into_response();
    let (client, gone) = (Client::of(&extensions), Some(Duration::ZERO));
    let cookies = [
        cookie(&app.config, client, LOGIN_COOKIE, "", gone),
        cookie(&app.config, client, CSRF_COOKIE, "", gone),
    ];
    set_cookies(&mut response, cookies)?;
    Ok(response)
}

#[utoipa::path(get, path = "/api/user", tag = "account",
    responses((status = 200, description = "The user; `assignableRoles` are those that it may give to others"), (status = 401, description = "Not logged in")))]
/// The current user.
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let mut shown = caller.user.public();
    shown["canUpload"] = app.state.uploads.is_some().into();
    shown["canTransferOwner"] = true.into();
    shown["settings"] = with_defaults(&app, &caller.user.settings);
    shown["hideTags"] = shown["settings"]["hideTags"].clone();
    let roles = app.blocking(move |app| crate::api::users::assignable(app, &caller)).await?;
    shown["assignableRoles"] = roles.into();
    Ok(Json(shown))
}

/// Settings with what every user has who has not set it.
pub(crate) fn with_defaults(app: &App, settings: &Value) -> Value {
    let mut all = crate::api::page::default_settings();
    if let Some(all) = all.as_object_mut() {
        all.extend(app.config.user_defaults.clone());
        all.extend(settings.as_object().cloned().unwrap_or_default());
    }
    all
}

/// Whom a request is about: the caller, or for those who administer users the user that `userId` names (`None`: the caller).
fn subject(caller: &Caller, params: &Params) -> Result<Option<String>, ApiError> {
    match params.get("userId").filter(|id| *id != caller.user.user_id) {
        None => Ok(None),
        Some(id) if caller.user.has_role("usersAdmin") => Ok(Some(id.to_owned())),
        Some(_) => Err(ApiError::forbidden("Need admin privileges")),
    }
}

/// Another user, when the caller may change it.
fn other(app: &App, caller: &Caller, id: &str) -> Result<User, ApiError> {
    let user = auth::load(&*app.state.catalog, id)?.ok_or_else(|| ApiError::forbidden("Unknown user"))?;
    if user.has_role("superAdmin") && !caller.user.has_role("superAdmin") {
        return Err(ApiError::forbidden("Need admin privileges"));
    }
    Ok(user)
}

/// The user that a request is about.
pub(crate) async fn whose(app: &App, caller: &Caller, params: &Params) -> Result<Arc<User>, ApiError> {
    let Some(id) = subject(caller, params)? else { return Ok(caller.user.clone()) };
    let caller = caller.clone();
    app.blocking(move |app| other(app, &caller, &id).map(Arc::new)).await
}

/// Changes the user that a request is about.
pub(crate) async fn change_whose(
    app: App,
    caller: Caller,
    params: &Params,
    mut change: impl FnMut(&mut User) -> Result<(), ApiError> + Send + 'static,
) -> Result<(), ApiError> {
    let Some(id) = subject(&caller, params)? else { return own(app, caller, change).await };
    let work = move |app: &App| {
        other(app, &caller, &id)?;
        auth::change(&*app.state.catalog, &id, &mut change).map(|_| ())
    };
    app.blocking(work).await
}

#[utoipa::path(get, path = "/api/user/settings", tag = "account", params(("userId" = Option<String>, Query, description = "Another user; for those who administer users")),
    responses((status = 200, description = "A JSON object; what was never set has its default")))]
/// The user's settings.
pub(crate) async fn settings(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(with_defaults(&app, &whose(&app, &caller, &params).await?.settings)))
}

#[utoipa::path(post, path = "/api/user/settings", tag = "account",
    request_body(content = Value, description = "Any JSON object of up to 64 KiB"),
    responses((status = 200, description = "`{success,text}`")))]
/// Stores the user's settings as they are. `timezone` is also used to read times without a zone.
pub(crate) async fn store_settings(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let settings =
        params.body.clone().ok_or_else(|| ApiError::bad("the settings are a JSON object in the body"))?;
    // what is as everybody has it is not kept: it follows when the operator changes it
    let defaults = with_defaults(&app, &json!({}));
    let settings = settings.into_iter().filter(|(name, value)| defaults.get(name) != Some(value)).collect();
    let settings = Value::Object(settings);
    if settings.to_string().len() > MAX_SETTINGS {
        return Err(ApiError::bad(format!("settings have at most {MAX_SETTINGS} bytes")));
    }
    change_whose(app, caller, &params, move |user| {
        user.settings = settings.clone();
        Ok(())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "Settings saved" })))
}

#[utoipa::path(post, path = "/api/user/password", tag = "account",
    params(("userId" = Option<String>, Query, description = "Another user, whose current password is not needed; for those who administer users")),
    request_body(content = Value, description = "`{currentPassword,newPassword}`"),
    responses((status = 200, description = "`{success,text}`; other log-ins of the user end"), (status = 403, description = "The current password is wrong, or the new one too short")))]
/// Changes the user's password, or sets that of another user.
pub(crate) async fn password(
    State(app): State<App>,
    caller: Caller,
    extensions: Extensions,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let new = body_text(&params, "newPassword")?.to_owned();
    auth::check_password(&new).map_err(|e| ApiError::forbidden(e.to_string()))?;
    let another = subject(&caller, &params)?;
    if another.is_none() {
        let current = body_text(&params, "currentPassword")?.to_owned();
        let id = caller.user.user_id.clone();
        let checked = auth::log_in(&app, id, current, Client::of(&extensions).address).await;
        checked.map_err(|e| match e.status {
            axum::http::StatusCode::UNAUTHORIZED => ApiError::forbidden("the current password is wrong"),
            _ => e,
        })?;
    }
    app.blocking(move |app| {
        let (id, kept) = match another {
            None => (caller.user.user_id.clone(), caller.login.as_deref()),
            Some(id) if id.starts_with(crate::roles::OWN) => {
                return Err(ApiError::forbidden("a role has no password"));
            }
            Some(id) => (other(app, &caller, &id)?.user_id, None),
        };
        let stored = Stored::of(&app.config.access, &id, &new)?;
        auth::change(&*app.state.catalog, &id, &mut |user: &mut User| {
            user.take(stored.clone());
            Ok(())
        })?;
        auth::stop_others(app, &id, kept)
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "Changed password successfully" })))
}
