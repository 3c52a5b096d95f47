//! Messages to the outside: periodic queries and hunts that found something tell the notifiers that users chose.
//! One thread sends them, in order, so that nobody waits for a mail server.

use crate::app::now_ms;
use crate::entries::{self, names_of};
use crate::metrics::Metrics;
use index::Catalog;
use notify::{Message, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Collection of the notifiers.
pub(crate) const NOTIFIERS: &str = "notifiers";
/// Messages that wait to be sent; further ones are counted as lost.
const WAITING: usize = 1_000;

struct Notice {
    notifiers: Vec<String>,
    message: Message,
    /// Collection and key of what is told of, where it counts how that went.
    origin: Option<(&'static str, String)>,
}

/// Takes messages; the thread ends when the last handle is dropped.
pub(crate) struct Notices {
    queue: SyncSender<Notice>,
    metrics: Arc<Metrics>,
}

/// The settings of a notifier.
pub(crate) fn settings(notifier: &Value) -> Settings {
    let fields = notifier.get("fields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let pair = |field: &Value| {
        let value = match field.get("value")? {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => other.to_string(),
        };
        Some((field.get("name")?.as_str()?.to_owned(), value))
    };
    fields.iter().filter_map(pair).collect()
}

/// Sends a message by one notifier, now.
pub(crate) fn deliver(notifier: &Value, message: &Message) -> Result<(), notify::Error> {
    notify::send(notifier["type"].as_str().unwrap_or_default(), &settings(notifier), message)
}

impl Notices {
    pub fn start(catalog: Arc<dyn Catalog>, metrics: Arc<Metrics>) -> Self {
        let (queue, notices) = sync_channel::<Notice>(WAITING);
        let counted = metrics.clone();
        let work = move || {
            for Notice { notifiers, message, origin } in notices {
                let results: Vec<Result<(), String>> =
                    notifiers.iter().map(|id| send_one(&*catalog, id, &message, &counted)).collect();
                if let Some((collection, key)) = origin {
                    count(&*catalog, collection, &key, &results);
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("notices".into()).spawn(work) {
            tracing::warn!(%error, "no notifications are sent");
        }
        Self { queue, metrics }
    }

    /// Sends a message by the notifiers of a property `notifier` (an id, several ids, or none), later.
    pub fn send(&self, object: &Value, message: Message) {
        self.send_of(object, message, None);
    }

    /// The same; an entry of the catalogue (collection and key) counts in `sent`, `failed` and `lastError` how it went.
    pub fn send_of(&self, object: &Value, message: Message, origin: Option<(&'static str, String)>) {
        let notifiers = names_of(object, "notifier");
        if notifiers.is_empty() {
            return;
        }
        let count = notifiers.len() as u64;
        if self.queue.try_send(Notice { notifiers, message, origin }).is_err() {
            self.metrics.notices_failed.fetch_add(count, Ordering::Relaxed);
            tracing::warn!("too many notifications wait to be sent; one is lost");
        }
    }
}

/// Counts how messages went, where they came from.
fn count(catalog: &dyn Catalog, collection: &str, key: &str, results: &[Result<(), String>]) {
    let failed = results.iter().filter(|result| result.is_err()).count() as u64;
    let last = results.iter().find_map(|result| result.as_ref().err());
    let _ = entries::update(catalog, collection, key, |entry| {
        for (name, more) in [("sent", results.len() as u64 - failed), ("failed", failed)] {
            entry[name] = entry[name].as_u64().unwrap_or(0).saturating_add(more).into();
        }
        entry["lastError"] = last.map_or(Value::Null, |error| error.as_str().into());
    });
}

fn send_one(catalog: &dyn Catalog, id: &str, message: &Message, metrics: &Metrics) -> Result<(), String> {
    let result = match catalog.get(NOTIFIERS, id) {
        Ok(Some(entry)) => deliver(&entry.value, message).map_err(|error| error.to_string()),
        Ok(None) => Err("there is no such notifier any more".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let counter = if result.is_ok() { &metrics.notices_sent } else { &metrics.notices_failed };
    counter.fetch_add(1, Ordering::Relaxed);
    if let Err(error) = &result {
        tracing::warn!(notifier = id, %error, "a notification was not sent");
    }
    // the page of notifiers shows whether they work
    let _ = entries::update(catalog, NOTIFIERS, id, |notifier| {
        notifier["lastUsed"] = (now_ms() / 1_000).into();
        notifier["lastError"] = result.as_ref().err().map_or(Value::Null, |error| json!(error));
    });
    result
}
