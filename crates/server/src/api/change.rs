//! Changing sessions: tags, deletion.

use crate::api::export::selection;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use axum::Json;
use axum::extract::State;
use index::{Control, TagChange};
use serde_json::{Value, json};

/// Tags of one request.
const MAX_TAGS: usize = 100;

/// Tags without the characters that no tag has, as Arkime leaves them out.
pub(crate) fn clean_tags(tags: &[String]) -> Result<Vec<String>, ApiError> {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_:".contains(*c);
    let clean = tags.iter().map(|tag| tag.chars().filter(kept).collect());
    let tags: Vec<String> = clean.filter(|tag: &String| !tag.is_empty()).collect();
    if tags.len() > MAX_TAGS {
        return Err(ApiError::forbidden(format!("at most {MAX_TAGS} tags at once")));
    }
    Ok(tags)
}

/// Reads `tags`.
fn tags(params: &Params) -> Result<Vec<String>, ApiError> {
    let tags = clean_tags(&params.list("tags"))?;
    if tags.is_empty() { Err(ApiError::forbidden("No tags specified")) } else { Ok(tags) }
}

async fn change_tags(
    app: App,
    caller: Caller,
    params: Params,
    change: TagChange,
    done: &'static str,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App, control: &Control| {
        let scope = selection(app, &caller, &params, control)?;
        Ok(app.state.index.change_tags(&scope.plan, &change, control)?)
    };
    let changed = app.query(None, work).await?;
    Ok(Json(json!({ "success": true, "text": done, "sessions": changed })))
}

#[utoipa::path(post, path = "/api/sessions/addtags", tag = "sessions", params(crate::scope::ScopeQuery,
        ("tags" = String, Query, description = "Tags, separated by commas: letters, digits, `-`, `_`, `:`"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions}`"), (status = 403, description = "No tags, or an expression that cannot be read")))]
/// Adds tags to the sessions of a search or a list of ids.
pub(crate) async fn add_tags(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let change = TagChange { add: tags(&params)?, remove: Vec::new() };
    change_tags(app, caller, params, change, "Tags added successfully").await
}

fn may_remove(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.remove_enabled { Ok(()) } else { Err(ApiError::forbidden("Need remove data privileges")) }
}

#[utoipa::path(post, path = "/api/sessions/removetags", tag = "sessions", params(crate::scope::ScopeQuery,
        ("tags" = String, Query, description = "Tags, separated by commas"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions}`"), (status = 403, description = "No tags, or no right to remove data")))]
/// Removes tags from the sessions of a search or a list of ids.
pub(crate) async fn remove_tags(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_remove(&caller)?;
    let change = TagChange { add: Vec::new(), remove: tags(&params)? };
    change_tags(app, caller, params, change, "Tags removed successfully").await
}

#[utoipa::path(post, path = "/api/delete", tag = "sessions", params(crate::scope::ScopeQuery,
        ("removeSpi" = Option<bool>, Query, description = "Deletes the documents"),
        ("removePcap" = Option<bool>, Query, description = "Overwrites the packets; not possible yet"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions}`"), (status = 403, description = "Nothing named, or no right to remove data")))]
/// Deletes sessions. What is deleted must be named by ids or an expression.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_remove(&caller)?;
    if params.get("ids").or(params.get("id")).or(params.get("expression")).is_none() {
        return Err(ApiError::forbidden(
            "Error: Missing expression. An expression is required so you don't delete everything.",
        ));
    }
    if params.is_set("removePcap") {
        let text =
            "packets cannot be overwritten: delete the sessions (removeSpi), retention removes the files";
        return Err(ApiError::new(axum::http::StatusCode::NOT_IMPLEMENTED, text));
    }
    if !params.is_set("removeSpi") {
        return Err(ApiError::forbidden("nothing to delete: set removeSpi"));
    }
    let work = move |app: &App, control: &Control| {
        let scope = selection(app, &caller, &params, control)?;
        Ok(app.state.index.delete(&scope.plan, control)?)
    };
    let deleted = app.query(None, work).await?;
    Ok(Json(
        json!({ "success": true, "text": format!("Deletion of {deleted} sessions successful"), "sessions": deleted }),
    ))
}
