//! Who asked what, when: written behind the answers, by one thread, in order.

use crate::app::{App, now_ms};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use index::Catalog;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// Collection of the catalogue.
pub(crate) const COLLECTION: &str = "history";
/// Entries that wait to be written.
const WAITING: usize = 1_000;
/// Old entries are removed after so many new ones.
const CLEAN_EVERY: u64 = 1_000;

/// Takes entries; the thread ends when the last handle is dropped.
pub(crate) struct History {
    queue: SyncSender<Json>,
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
        let (queue, entries) = sync_channel::<Json>(WAITING);
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let write = move || {
            let mut written = 0u64;
            for entry in entries {
                if written.is_multiple_of(CLEAN_EVERY) {
                    let oldest = format!("{:014}", now_ms().saturating_sub(kept).max(0));
                    if let Err(error) = catalog.remove_before(COLLECTION, &oldest) {
                        tracing::warn!(%error, "old history stays");
                    }
                }
                written += 1;
                let at = entry.get("timestamp").and_then(Json::as_i64).unwrap_or_default();
                let key = format!("{at:014}-{:06}", written % 1_000_000);
                if let Err(error) = catalog.put(COLLECTION, &key, &entry, None) {
                    tracing::warn!(%error, "a history entry is lost");
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("history".into()).spawn(write) {
            tracing::warn!(%error, "no history is written");
        }
        Self { queue }
    }
}

/// Middleware of the routes that are worth remembering.
pub(crate) async fn record(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let user = request.extensions().get::<crate::auth::Caller>().map(|c| c.user.user_id.clone());
    let query: String = request.uri().query().unwrap_or_default().chars().take(4_096).collect();
    let mut response = next.run(request).await;
    let note = response.extensions_mut().remove::<Note>().unwrap_or_default();
    let entry = json!({
        "timestamp": now_ms(),
        "userId": user,
        "method": method,
        "api": path.trim_start_matches("/api/"),
        "uri": path,
        "query": query,
        "expression": note.expression,
        "view": note.view,
        "range": note.start_ms.zip(note.stop_ms).map(|(from, to)| (to - from) / 1_000),
        "startTime": note.start_ms.map(|ms| ms / 1_000),
        "stopTime": note.stop_ms.map(|ms| ms / 1_000),
        "recordsReturned": note.returned,
        "recordsFiltered": note.filtered,
        "status": response.status().as_u16(),
        "queryTime": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    });
    match app.history.queue.try_send(entry) {
        Ok(()) => {}
        Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
            app.metrics.history_lost.fetch_add(1, Ordering::Relaxed);
        }
    }
    response
}
