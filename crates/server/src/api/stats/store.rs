//! How the store of sessions is.

use super::may_see;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

#[utoipa::path(get, path = "/api/store/health", tag = "stats",
    responses((status = 200, description = "`{store,place,version,condition,problems,sessions,bytes,pending,logBytes,parts,members,…}`; \
        `{store:null}` where nothing is known of it")))]
/// The store of sessions: partitions, bytes, logs, disk; machines and shards of a cluster.
pub(crate) async fn store_health(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    may_see(&caller)?;
    let work = move |app: &App| match &app.state.administration {
        None => Ok(json!({ "store": null })),
        Some(store) => {
            let health = store.health()?;
            serde_json::to_value(health).map_err(|error| ApiError::internal(error.to_string()))
        }
    };
    app.blocking(work).await.map(Json)
}
