//! Pins: packets of chosen sessions that retention leaves alone.

use crate::api::export::selection;
use crate::api::table::{self, TableQuery};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::pinning::{PinError, PinWish, Pins};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use index::Control;
use serde_json::{Value, json};

/// Characters of a name.
const NAME: usize = 200;

impl From<PinError> for ApiError {
    fn from(error: PinError) -> Self {
        let text = error.to_string();
        match error {
            PinError::Wrong(_) => Self::bad(text),
            PinError::Nothing(_) => Self::not_found(text),
            PinError::Failed(_) => Self::internal(text),
        }
    }
}

/// A pin fills the disk, and the end of one lets packets go: both is for those who may remove data.
fn may_pin(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.remove_enabled { Ok(()) } else { Err(ApiError::forbidden("Need remove data privileges")) }
}

fn pins(app: &App) -> Result<&dyn Pins, ApiError> {
    let none = || ApiError::new(StatusCode::NOT_IMPLEMENTED, "this server keeps no packets");
    app.state.pins.as_deref().ok_or_else(none)
}

#[utoipa::path(post, path = "/api/sessions/pin", tag = "sessions", params(crate::scope::ScopeQuery,
        ("name" = Option<String>, Query, description = "Name of the pin, without `/`; without one it is given one"),
        ("until" = Option<String>, Query, description = "When the pin ends: `+30d`, `2027/01/31`, RFC 3339, seconds since 1970; without it never"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,pin:{name,expression,made,until,sessions,packets,bytes,missing,elsewhere}}`, when all packets are copied"),
        (status = 400, description = "The name is taken or none, or `until` is over"), (status = 403, description = "Nothing named, or no right to remove data"),
        (status = 404, description = "No session with packets was found"), (status = 503, description = "Too many exports and pins at once")))]
/// Keeps the packets of sessions from retention. What is kept must be named by ids or an expression.
pub(crate) async fn pin(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_pin(&caller)?;
    pins(&app)?;
    let Some(shown) = params.get("expression").or(params.get("ids")).or(params.get("id")) else {
        return Err(ApiError::forbidden(
            "Error: Missing expression. Name the sessions by ids or an expression.",
        ));
    };
    let expression: String = shown.chars().take(10_000).collect();
    let name = params.get("name").map(str::to_owned);
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME || name.chars().any(char::is_control)) {
        return Err(ApiError::bad(format!(
            "name has at most {NAME} characters, none of them a control character"
        )));
    }
    let until = params.get("until").map(|text| query::parse_time(text, now_ms(), &app.config.zone));
    let until = until.transpose().map_err(|error| ApiError::bad(format!("until: {error}")))?;
    if until.is_some_and(|until| until <= now_ms()) {
        return Err(ApiError::bad("until: is in the past"));
    }
    // reads as an export does, and for as long
    let Ok(turn) = app.exports.clone().try_acquire_owned() else {
        return Err(ApiError::busy("too many exports are running; try again when one has ended"));
    };
    let work = move |app: &App| {
        let _turn = turn;
        let scope = selection(app, &caller, &params, &Control::new())?;
        Ok(pins(app)?.make(&scope.plan, PinWish { name, expression, until })?)
    };
    // goes on to its end also when the client goes away
    let pin = app.blocking(work).await?;
    Ok(Json(json!({ "success": true, "text": "Pinned successfully", "pin": pin })))
}

#[utoipa::path(post, path = "/api/sessions/unpin", tag = "sessions",
    params(("name" = String, Query, description = "Name of the pin")),
    responses((status = 200, description = "`{success,text}`"), (status = 403, description = "No right to remove data"),
        (status = 404, description = "There is no such pin")))]
/// Ends a pin: its packets go as all others.
pub(crate) async fn unpin(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_pin(&caller)?;
    let name = params.need("name")?.to_owned();
    let released = app.blocking(move |app| {
        if pins(app)?.release(&name)? {
            return Ok(());
        }
        let shown: String = name.chars().take(NAME).collect();
        Err(ApiError::not_found(format!("no pin is called {shown}")))
    });
    released.await?;
    Ok(Json(json!({ "success": true, "text": "Unpinned successfully" })))
}

#[utoipa::path(get, path = "/api/pins", tag = "files",
    params(TableQuery),
    responses((status = 200, description = "`{data:[{name,expression,made,until,sessions,packets,bytes,missing,elsewhere}],recordsTotal,recordsFiltered}`; times are milliseconds since 1970, `until` is null for good"),
        (status = 403, description = "No right to see the packet files")))]
/// The pins.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    if caller.user.hide_files {
        return Err(ApiError::forbidden("you may not see the packet files"));
    }
    let answer = app.blocking(move |app| {
        let rows = pins(app)?.list()?;
        let total = rows.len();
        table::page(rows, total, &params, "name", 100)
    });
    answer.await.map(Json)
}
