//! The second factor of the caller: set up, confirmed, switched off.

use crate::app::App;
use crate::auth::{self, Caller, Client, User, totp};
use crate::error::ApiError;
use crate::params::Params;
use axum::Json;
use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use serde_json::{Value, json};

/// The code of the body: it is not taken from the URL, which ends up in logs.
fn code(params: &Params) -> Result<String, ApiError> {
    let code = params.body.as_ref().and_then(|body| body.get("code"));
    match code {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(format!("{:0>6}", number.to_string())),
        _ => Err(ApiError::bad("the body must be JSON with the text `code`")),
    }
}

#[utoipa::path(get, path = "/api/user/totp/status", tag = "account",
    responses((status = 200, description = "`{success,enabled,required,since,recoveryLeft}`")))]
/// Whether the caller has a second factor.
pub(crate) async fn status(State(app): State<App>, caller: Caller) -> Json<Value> {
    let user = &caller.user;
    let own = user.totp.as_ref().filter(|totp| totp.confirmed);
    let asked = &app.config.access.totp_required;
    let required = user.totp_required || asked.iter().any(|role| role == "*" || user.has_role(role));
    Json(json!({
        "success": true,
        "enabled": own.is_some(),
        "required": required,
        "since": own.map(|totp| totp.since),
        "recoveryLeft": own.map_or(0, totp::Totp::recovery_left),
    }))
}

#[utoipa::path(post, path = "/api/user/totp/setup", tag = "account",
    responses((status = 200, description = "`{success,secret,uri,qr:{size,path}}`: `uri` is `otpauth://…`, `qr.path` the path of an SVG of `size` by `size`"),
        (status = 403, description = "There is a second factor already")))]
/// Begins to set up a second factor: a secret for an authenticator app. It counts once `confirm` was given a code.
pub(crate) async fn setup(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let id = caller.user.user_id.clone();
    let mut answer = app.blocking(move |app| totp::set_up(app, &id)).await?;
    answer["success"] = true.into();
    Ok(Json(answer))
}

#[utoipa::path(post, path = "/api/user/totp/confirm", tag = "account",
    request_body(content = Value, description = "`{code}`"),
    responses((status = 200, description = "`{success,text,recoveryCodes}`: each is good once instead of a code; shown this once"), (status = 403, description = "The code is wrong")))]
/// Ends setting up: from now on log-in asks for a code. Other log-ins of the user end.
pub(crate) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    extensions: Extensions,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let code = code(&params)?;
    let (id, peer) = (caller.user.user_id.clone(), Client::of(&extensions).address);
    let counted = format!("{id} (code)");
    app.throttle.attempt(&counted, peer).map_err(|wait| auth::locked_out(&app, wait))?;
    let codes = app
        .blocking(move |app| {
            let codes = totp::confirm(app, &id, &code)?;
            auth::stop_others(app, &id, caller.login.as_deref())?;
            if let Some(login) = caller.login.as_deref().filter(|login| login.must_enroll) {
                auth::enrolled(app, login)?;
            }
            Ok(codes)
        })
        .await?;
    app.throttle.succeeded(&counted, peer);
    Ok(Json(json!({
        "success": true,
        "text": "The second factor is on; keep the recovery codes: they are shown this once",
        "recoveryCodes": codes,
    })))
}

#[utoipa::path(post, path = "/api/user/totp/disable", tag = "account",
    request_body(content = Value, description = "`{code}`, or `{userId}` for those who administer users"),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "The code is wrong, or a second factor is required")))]
/// Switches the second factor off: the caller's with a code or recovery code, or somebody's who has lost both.
pub(crate) async fn disable(
    State(app): State<App>,
    caller: Caller,
    extensions: Extensions,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let other = params.get("userId").filter(|id| *id != caller.user.user_id).map(str::to_owned);
    let id = match other {
        Some(id) => {
            if !caller.user.has_role("usersAdmin") {
                return Err(ApiError::forbidden(
                    "only who administers users switches the second factor of others off",
                ));
            }
            let wanted = id.clone();
            let found = app.blocking(move |app| auth::effective(&*app.state.catalog, &wanted)).await?;
            let found = found.ok_or_else(|| ApiError::forbidden("User not found"))?;
            if found.has_role("superAdmin") && !caller.user.has_role("superAdmin") {
                return Err(ApiError::forbidden("You do not have permission to access this resource"));
            }
            id
        }
        None => {
            let id = caller.user.user_id.clone();
            let checked =
                auth::second_factor(&app, &id, code(&params)?, Client::of(&extensions).address).await;
            checked.map_err(|e| match e.status {
                StatusCode::UNAUTHORIZED => ApiError::forbidden(e.text),
                _ => e,
            })?;
            id
        }
    };
    app.blocking(move |app| {
        auth::change(&*app.state.catalog, &id, &mut |user: &mut User| {
            user.totp = None;
            Ok(())
        })
        .map(|_| ())
    })
    .await?;
    Ok(Json(json!({ "success": true, "text": "The second factor is off" })))
}
