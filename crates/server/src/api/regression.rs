//! `/regressionTests/…`: what test suites need to begin afresh. Routed only in the mode for regression tests.

use crate::app::App;
use crate::auth::{Caller, USERS, load};
use crate::error::ApiError;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

/// Collections that can be emptied, by the name in the route.
const EMPTIED: &[(&str, &str)] = &[
    ("deleteAllUsers", USERS),
    ("deleteAllNotifiers", "notifiers"),
    ("deleteAllViews", "views"),
    ("deleteAllShortcuts", "shortcuts"),
    ("deleteAllShareables", "shareables"),
];

/// A token for changes; plain text.
pub(crate) async fn make_token(State(app): State<App>, caller: Caller) -> Result<String, ApiError> {
    app.regression.token(&caller.user.user_id)
}

/// One stored user, whole but for the password.
pub(crate) async fn user(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let user = app.blocking(move |app| load(&*app.state.catalog, &id)).await?;
    Ok(Json(user.map_or(json!({}), |user| user.public())))
}

/// Everything else: ends the server, empties a collection, runs what is due.
pub(crate) async fn act(State(app): State<App>, Path(what): Path<String>) -> Result<Json<Value>, ApiError> {
    match what.as_str() {
        "shutdown" => app.stop.notify_one(),
        // searches always see what was committed
        "flushCache" => {}
        "processHuntJobs" => {
            app.blocking(|app| {
                crate::hunting::process(app);
                Ok(())
            })
            .await?;
        }
        "processCronQueries" => {
            app.blocking(|app| {
                crate::periodic::process(app);
                Ok(())
            })
            .await?;
        }
        other => {
            let Some((_, collection)) = EMPTIED.iter().find(|(name, _)| *name == other) else {
                return Err(ApiError::not_found(format!("there is no regression test action {other}")));
            };
            app.blocking(move |app| {
                let catalog = &*app.state.catalog;
                for entry in catalog.list(collection)? {
                    catalog.remove(collection, &entry.key)?;
                }
                Ok(())
            })
            .await?;
        }
    }
    Ok(Json(json!({ "success": true })))
}
