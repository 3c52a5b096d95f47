//! Keys of TLS: uploaded key logs, a key log file of the configuration, and those that lie in a session's own capture. Uploaded keys stay in
//! memory: they are on no disk and gone when the server ends.

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
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Connections of all users whose secrets are kept.
const MAX_CONNECTIONS: usize = 200_000;
/// Files of one session that are looked through for secrets.
const MAX_FILES: usize = 8;

/// Bytes that are read of the key log file of the configuration, its last ones.
const MAX_FILE: u64 = 64 << 20;

/// The uploaded secrets, by user, and those of the configured file.
#[derive(Default)]
pub(crate) struct Keys {
    uploaded: Mutex<HashMap<String, KeyLog>>,
    file: Mutex<Option<Known>>,
}

/// A key log file as it was read last.
struct Known {
    changed: Option<SystemTime>,
    size: u64,
    keys: Arc<KeyLog>,
}

impl Keys {
    fn uploaded(&self) -> MutexGuard<'_, HashMap<String, KeyLog>> {
        self.uploaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of the configured file, read again when it has changed: programs append to it. `None` where none is configured; the
    /// error is for the user.
    fn of_file(&self, path: Option<&Path>) -> Result<Option<Arc<KeyLog>>, String> {
        let Some(path) = path else { return Ok(None) };
        let failed = |error: std::io::Error| {
            format!("the key log {} ([viewer] tls_keys) cannot be read: {error}", path.display())
        };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let (changed, size) = (meta.modified().ok(), meta.len());
        let mut known = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|k| k.changed == changed && k.size == size) {
            return Ok(Some(known.keys.clone()));
        }
        file.seek(SeekFrom::Start(size.saturating_sub(MAX_FILE))).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
        let mut keys = KeyLog::new();
        keys.read(&String::from_utf8_lossy(&bytes));
        let keys = Arc::new(keys);
        *known = Some(Known { changed, size, keys: keys.clone() });
        Ok(Some(keys))
    }
}

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
    let mut keys = app.tls_keys.uploaded().get(&caller.user.user_id).cloned().unwrap_or_default();
    let mut problem = None;
    match app.tls_keys.of_file(app.config.tls_keys.as_deref()) {
        Ok(Some(known)) => keys.merge(&known),
        Ok(None) => {}
        Err(error) => problem = Some(error),
    }
    let located = Located::new(app, &caller.user.user_id);
    let node = doc.text(&core::NODE).unwrap_or_default();
    for number in doc.positions.files().into_iter().take(MAX_FILES) {
        if let Ok(path) = located.locate(node, number)
            && let Ok(file) = std::fs::File::open(path)
        {
            keys.read_pcapng(std::io::BufReader::new(file));
        }
    }
    match content::tls::decrypt(&conversation.turns, &keys) {
        None => {
            let problem = problem.unwrap_or_else(|| "no key that is known fits this session".to_owned());
            json!({ "decrypted": false, "problem": problem })
        }
        Some(found) => {
            conversation.turns = found.turns;
            json!({ "decrypted": true, "records": found.records, "suite": found.suite, "problem": found.problem })
        }
    }
}

#[utoipa::path(get, path = "/api/tlskeys", tag = "packets",
    responses((status = 200, description = "`{may,connections,file?:{connections,problem}}`: whether you may decrypt, of how many connections you uploaded keys, and for those who may, of how many the key log of the configuration has some")))]
/// What is known of TLS keys.
pub(crate) async fn show(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App| {
        let may = may(&caller);
        let connections = app.tls_keys.uploaded().get(&caller.user.user_id).map_or(0, KeyLog::len);
        let mut answer = json!({ "may": may, "connections": connections });
        if may && app.config.tls_keys.is_some() {
            let (connections, problem) = match app.tls_keys.of_file(app.config.tls_keys.as_deref()) {
                Ok(keys) => (keys.map_or(0, |keys| keys.len()), None),
                Err(problem) => (0, Some(problem)),
            };
            answer["file"] = json!({ "connections": connections, "problem": problem });
        }
        Ok(Json(answer))
    };
    app.blocking(work).await
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
    let mut all = app.tls_keys.uploaded();
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
    app.tls_keys.uploaded().remove(&caller.user.user_id);
    Json(json!({ "success": true }))
}
