//! Who asked what, when: written behind the answers, by one thread, in order.

use crate::app::{App, now_ms};
use crate::auth::{Caller, Client, Via};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use index::Catalog;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Collection of the catalogue: queries.
pub(crate) const COLLECTION: &str = "history";
/// Collection of the catalogue: every other request of a user, and log-ins.
pub(crate) const AUDIT: &str = "audit";
/// A page that asks the same again and again is written down so often only.
const SAME: Duration = Duration::from_secs(60);
/// Requests that are remembered for that.
const MAX_SAME: usize = 5_000;
/// Entries that wait to be written.
const WAITING: usize = 1_000;
/// Old entries are removed after so many new ones.
const CLEAN_EVERY: u64 = 1_000;

/// Takes entries; the thread ends when the last handle is dropped.
pub(crate) struct History {
    queue: SyncSender<(&'static str, Json)>,
    /// Who looked at what a moment ago.
    looked: Mutex<HashMap<(String, String), Instant>>,
}

/// What a handler tells about its request; put into the extensions of the response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note {
    pub expression: String,
    pub view: String,
    pub start_ms: Option<i64>,
    pub stop_ms: Option<i64>,
    pub returned: Option<u64>,
    pub filtered: Option<u64>,
}

impl History {
    pub fn start(catalog: Arc<dyn Catalog>, kept: Duration) -> Self {
        let (queue, entries) = sync_channel::<(&'static str, Json)>(WAITING);
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let write = move || {
            let mut written = 0u64;
            for (collection, entry) in entries {
                if written.is_multiple_of(CLEAN_EVERY) {
                    let oldest = format!("{:014}", now_ms().saturating_sub(kept).max(0));
                    for collection in [COLLECTION, AUDIT] {
                        if let Err(error) = catalog.remove_before(collection, &oldest) {
                            tracing::warn!(%error, "old history stays");
                        }
                    }
                }
                written += 1;
                let at = entry.get("timestamp").and_then(Json::as_i64).unwrap_or_default();
                let key = format!("{at:014}-{:06}", written % 1_000_000);
                if let Err(error) = catalog.put(collection, &key, &entry, None) {
                    tracing::warn!(%error, "a history entry is lost");
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("history".into()).spawn(write) {
            tracing::warn!(%error, "no history is written");
        }
        Self { queue, looked: Mutex::default() }
    }

    /// Whether somebody looks at something for the first time in a while.
    fn is_news(&self, user: &str, path: &str) -> bool {
        let (now, key) = (Instant::now(), (user.to_owned(), path.to_owned()));
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.get(&key).is_some_and(|at| now.duration_since(*at) < SAME) {
            return false;
        }
        if looked.len() >= MAX_SAME {
            looked.retain(|_, at| now.duration_since(*at) < SAME);
        }
        if looked.len() >= MAX_SAME {
            looked.clear();
        }
        looked.insert(key, now);
        true
    }
}

fn send(app: &App, collection: &'static str, entry: Json) {
    match app.history.queue.try_send((collection, entry)) {
        Ok(()) => {}
        Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
            app.metrics.history_lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes down what was done beside the API: from the command line, with the catalogue alone.
pub(crate) fn audit_entry(catalog: &dyn Catalog, user: &str, what: &str, name: &str, detail: &str) {
    let entry = json!({
        "timestamp": now_ms(), "userId": user, "method": "POST", "api": what, "uri": name, "query": detail, "auth": "command line",
        "address": "", "status": 200,
    });
    let mut random = [0; 3];
    let _ = getrandom::fill(&mut random);
    let number = random.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) % 1_000_000;
    if let Err(error) = catalog.put(AUDIT, &format!("{:014}-{number:06}", now_ms()), &entry, None) {
        tracing::warn!(%error, "a history entry is lost");
    }
}

/// Writes down what another node of the fleet had done here for a user; the same only now and then.
pub(crate) fn between_nodes(app: &App, node: &str, user: &str, what: &str, detail: &str) {
    if what == "read" && !app.history.is_news(user, &format!("{node} {detail}")) {
        return;
    }
    let entry = json!({
        "timestamp": now_ms(), "userId": user, "method": "POST", "api": format!("fleet {what}"), "uri": detail, "query": "",
        "auth": format!("node {node}"), "address": "", "node": app.config.node, "status": 200,
    });
    send(app, AUDIT, entry);
}

/// Writes an attempt to log in down; `user` is what was claimed.
pub(crate) fn log_in(app: &App, client: Client, user: &str, method: &str, status: u16) {
    let user: String = user.chars().take(200).collect();
    let entry = json!({
        "timestamp": now_ms(),
        "userId": user,
        "method": "POST",
        "api": "login",
        "uri": "/api/login",
        "query": "",
        "auth": method,
        "address": client.address.to_string(),
        "status": status,
    });
    send(app, AUDIT, entry);
}

/// Middleware of the other routes: every request, with repeated looks at the same within a minute as one.
pub(crate) async fn audit(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let looks = request.method().is_safe();
    let response = next.run(request).await;
    let user = asked.user.clone().unwrap_or_default();
    if !looks || response.status().is_client_error() || app.history.is_news(&user, &asked.uri) {
        send(&app, AUDIT, asked.entry(&Note::default(), response.status().as_u16()));
    }
    response
}

/// What is known of a request before it is answered.
struct Asked {
    started: Instant,
    method: String,
    /// The route.
    path: String,
    /// The path itself.
    uri: String,
    query: String,
    user: Option<String>,
    auth: Option<String>,
    address: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (uri, extensions) = (request.uri(), request.extensions());
        Self {
            started: Instant::now(),
            method: request.method().to_string(),
            path: extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned(),
            uri: uri.path().chars().take(1_024).collect(),
            query: uri.query().unwrap_or_default().chars().take(4_096).collect(),
            user: extensions.get::<Caller>().map(|caller| caller.user.user_id.clone()),
            auth: extensions.get::<Via>().map(Via::text),
            address: Client::of(extensions).address.to_string(),
        }
    }

    fn entry(self, note: &Note, status: u16) -> Json {
        json!({
            "timestamp": now_ms(),
            "userId": self.user,
            "method": self.method,
            "api": self.path.trim_start_matches("/api/"),
            "uri": self.uri,
            "query": self.query,
            "auth": self.auth,
            "address": self.address,
            "expression": note.expression,
            "view": note.view,
            "range": note.start_ms.zip(note.stop_ms).map(|(from, to)| (to - from) / 1_000),
            "startTime": note.start_ms.map(|ms| ms / 1_000),
            "stopTime": note.stop_ms.map(|ms| ms / 1_000),
            "recordsReturned": note.returned,
            "recordsFiltered": note.filtered,
            "status": status,
            "queryTime": u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// Middleware of the routes that are worth remembering.
pub(crate) async fn record(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    let note = response.extensions_mut().remove::<Note>().unwrap_or_default();
    send(&app, COLLECTION, asked.entry(&note, response.status().as_u16()));
    response
}
