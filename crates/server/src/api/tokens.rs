//! API tokens: listed, made, revoked. Log-ins only: a token makes no tokens.

use crate::app::App;
use crate::auth::token::{self, MAX_TOKEN_DAYS, TOKEN_DAYS, TokenWish};
use crate::auth::{Caller, Scope};
use crate::error::ApiError;
use crate::params::Params;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// Whose tokens a request is about: the caller's, or for those who administer users anybody's (`userId`, `*` for all).
fn whose(caller: &Caller, params: &Params) -> Result<Option<String>, ApiError> {
    match params.get("userId") {
        None => Ok(Some(caller.user.user_id.clone())),
        Some(id) if id == caller.user.user_id => Ok(Some(id.to_owned())),
        Some(_) if !caller.user.has_role("usersAdmin") => {
            Err(ApiError::forbidden("only who administers users sees tokens of others"))
        }
        Some("*") => Ok(None),
        Some(id) => Ok(Some(id.to_owned())),
    }
}

#[utoipa::path(get, path = "/api/user/tokens", tag = "account",
    params(("userId" = Option<String>, Query, description = "For those who administer users: whose tokens; `*` for all")),
    responses((status = 200, description = "`{success,data:[{id,userId,name,scopes,created,expires,lastUsed,lastAddress,expired}],scopes,days,maxDays}`")))]
/// API tokens, without the tokens themselves: nobody can read those.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let user = whose(&caller, &params)?;
    let work = move |app: &App| token::list(&*app.state.catalog, user.as_deref());
    let tokens = app.blocking(work).await?;
    let data: Vec<Value> = tokens.iter().map(|(_, token)| token.shown()).collect();
    Ok(Json(json!({
        "success": true,
        "data": data,
        "scopes": Scope::NAMES,
        "days": TOKEN_DAYS,
        "maxDays": MAX_TOKEN_DAYS,
    })))
}

#[utoipa::path(post, path = "/api/user/tokens", tag = "account",
    request_body(content = Value, description = "`{name,scopes:[read,export,upload,admin],days}`; `days` is 90 when left out"),
    responses((status = 200, description = "`{success,text,token,data}`; `token` is shown this once"), (status = 400, description = "A name, scope or number of days that cannot be")))]
/// Makes an API token of the caller.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let scopes = params.list("scopes");
    let scopes = scopes.iter().map(|scope| scope.parse::<Scope>());
    let wish = TokenWish {
        name: params.get("name").unwrap_or_default().to_owned(),
        scopes: scopes.collect::<Result<_, _>>().map_err(ApiError::bad)?,
        days: params.parse("days", &format!("a number from 1 to {MAX_TOKEN_DAYS}"))?.unwrap_or(TOKEN_DAYS),
    };
    let work = move |app: &App| token::create(&*app.state.catalog, &caller.user.user_id, &wish);
    let (text, stored) = app.blocking(work).await?;
    Ok(Json(json!({
        "success": true,
        "text": "Keep the token: it is shown this once",
        "token": text,
        "data": stored.shown(),
    })))
}

#[utoipa::path(delete, path = "/api/user/tokens/{id}", tag = "account", params(("id" = String, Path, description = "Id of a token")),
    responses((status = 200, description = "`{success,text}`; the token is refused from now on"), (status = 404, description = "No such token of the caller")))]
/// Revokes an API token; those who administer users revoke anybody's.
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App| {
        let any = caller.user.has_role("usersAdmin");
        let user = (!any).then_some(caller.user.user_id.as_str());
        token::remove(&*app.state.catalog, user, &id)
    };
    if app.blocking(work).await? {
        Ok(Json(json!({ "success": true, "text": "Token revoked" })))
    } else {
        Err(ApiError::not_found("there is no such token"))
    }
}
