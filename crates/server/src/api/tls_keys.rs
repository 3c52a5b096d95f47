//! Keys of TLS: uploaded key logs, and those that lie in a session's own capture. Uploaded keys stay in memory: they are on no disk and gone
//! when the server ends.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::stored::Located;
use axum::Json;
use axum::extract::State;
use content::tls::KeyLog;
use packets::{Conversation, Files};
use serde_json::{Value, json};
use session::{SessionDoc, core};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Connections of all users whose secrets are kept.
const MAX_CONNECTIONS: usize = 200_000;
/// Files of one session that are looked through for secrets.
const MAX_FILES: usize = 8;

/// The uploaded secrets, by user.
#[derive(Default)]
pub(crate) struct Keys(Mutex<HashMap<String, KeyLog>>);

/// Whether somebody may look into TLS: administrators, and who has the role `tlsDecrypt`.
pub(crate) fn may(caller: &Caller) -> bool {
    caller.user.is_admin() || caller.user.has_role("tlsDecrypt")
}

/// Refuses who may not.
pub(crate) fn check_right(caller: &Caller) -> Result<(), ApiError> {
    if may(caller) {
        return Ok(());
    }
    Err(ApiError::forbidden("to decrypt TLS takes the role tlsDecrypt"))
}

/// Decrypts a conversation in place with what is known; says what came of it.
pub(crate) fn decrypt(
    app: &App,
    caller: &Caller,
    doc: &SessionDoc,
    conversation: &mut Conversation,
) -> Value {
    let mut keys = {
        let all = app.tls_keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&caller.user.user_id).cloned().unwrap_or_default()
    };
    let located = Located::new(app);
    let node = doc.text(&core::NODE).unwrap_or_default();
    for number in doc.positions.files().into_iter().take(MAX_FILES) {
        if let Ok(path) = located.locate(node, number)
            && let Ok(file) = std::fs::File::open(path)
        {
            keys.read_pcapng(std::io::BufReader::new(file));
        }
    }
    match content::tls::decrypt(&conversation.turns, &keys) {
        None => json!({ "decrypted": false, "problem": "no key that is known fits this session" }),
        Some(found) => {
            conversation.turns = found.turns;
            json!({ "decrypted": true, "records": found.records, "suite": found.suite, "problem": found.problem })
        }
    }
}

#[utoipa::path(get, path = "/api/tlskeys", tag = "packets",
    responses((status = 200, description = "`{may,connections}`: whether you may decrypt, and of how many connections you uploaded keys")))]
/// What is known of uploaded TLS keys.
pub(crate) async fn show(State(app): State<App>, caller: Caller) -> Json<Value> {
    let all = app.tls_keys.0.lock().unwrap_or_else(PoisonError::into_inner);
    let connections = all.get(&caller.user.user_id).map_or(0, KeyLog::len);
    Json(json!({ "may": may(&caller), "connections": connections }))
}

#[utoipa::path(post, path = "/api/tlskeys", tag = "packets",
    request_body(content = String, description = "`{\"keys\":\"lines of SSLKEYLOGFILE\"}`", content_type = "application/json"),
    responses((status = 200, description = "`{success,taken,connections}`"), (status = 400, description = "No key in it"), (status = 403, description = "Not allowed")))]
/// Takes a key log for you, in memory only.
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    check_right(&caller)?;
    let mut fresh = KeyLog::new();
    let taken = fresh.read(params.need("keys")?);
    if taken == 0 {
        return Err(ApiError::bad(
            "there is no key in it; lines look like CLIENT_RANDOM <hex> <hex> or CLIENT_TRAFFIC_SECRET_0 <hex> <hex>",
        ));
    }
    let mut all = app.tls_keys.0.lock().unwrap_or_else(PoisonError::into_inner);
    let held: usize = all.values().map(KeyLog::len).sum();
    if held + fresh.len() > MAX_CONNECTIONS {
        return Err(ApiError::bad(format!(
            "keys of at most {MAX_CONNECTIONS} connections are kept; remove some first"
        )));
    }
    let mine = all.entry(caller.user.user_id.clone()).or_default();
    mine.merge(&fresh);
    Ok(Json(json!({ "success": true, "taken": taken, "connections": mine.len() })))
}

#[utoipa::path(delete, path = "/api/tlskeys", tag = "packets", responses((status = 200, description = "`{success}`")))]
/// Forgets the keys that you uploaded.
pub(crate) async fn remove(State(app): State<App>, caller: Caller) -> Json<Value> {
    app.tls_keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&caller.user.user_id);
    Json(json!({ "success": true }))
}
