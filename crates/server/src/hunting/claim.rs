//! Which node works on a hunt. Who does says so in the hunt every few seconds; whoever sees by its own clock that nothing more is said
//! goes on with it. No two clocks are compared.

use super::update;
use crate::app::{App, now_ms};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two signs of life.
const PULSE: Duration = Duration::from_secs(5);
/// A hunt whose node has said nothing for so long is gone on with by another.
const SILENT: Duration = Duration::from_secs(30);

/// What was last seen of the hunts that other nodes work on, and when that was new: by id.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<HashMap<String, (i64, Instant)>>);

impl Claims {
    /// Whether a hunt may be worked on here. `silent` is how long a node has to have said nothing.
    fn is_free(&self, id: &str, hunt: &Value, me: &str, silent: Duration) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let runner = hunt["runner"].as_str().unwrap_or_default();
        if hunt["status"] != "running" || runner.is_empty() || runner == me {
            claims.remove(id);
            return true;
        }
        let said = hunt["runnerSeen"].as_i64().unwrap_or(0);
        let (before, since) = claims.entry(id.to_owned()).or_insert_with(|| (said, Instant::now()));
        if *before != said {
            (*before, *since) = (said, Instant::now());
        }
        since.elapsed() >= silent
    }

    /// Forgets hunts that are not among these.
    fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|id, _| is_there(id));
    }
}

/// Whether no other node of the fleet works on a hunt.
pub(super) fn is_free(app: &App, id: &str, hunt: &Value) -> bool {
    app.claims.is_free(id, hunt, &app.config.node, SILENT)
}

/// Forgets what was seen of hunts that are over.
pub(super) fn forget_others(app: &App, is_there: impl Fn(&str) -> bool) {
    app.claims.retain(is_there);
}

/// Whether this node works on a hunt that goes on.
pub(super) fn is_ours(app: &App, hunt: &Value) -> bool {
    hunt["status"] == "running" && hunt["runner"] == app.config.node.as_str()
}

/// Marks a hunt as worked on here, now.
pub(super) fn claim(app: &App, hunt: &mut Value) {
    hunt["runner"] = app.config.node.as_str().into();
    hunt["runnerSeen"] = now_ms().into();
}

/// Says that this node works on a hunt, until it is dropped: a node that does not answer can hold a search up for a minute.
pub(super) struct Pulse {
    end: Option<Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Pulse {
    pub fn start(app: &App, id: &str) -> Self {
        let (end, ended) = channel();
        let (app, id) = (app.clone(), id.to_owned());
        let beat = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(PULSE) {
                let told = update(&app, &id, |hunt| {
                    if is_ours(&app, hunt) {
                        claim(&app, hunt);
                    }
                });
                if let Err(error) = told {
                    tracing::debug!(hunt = id, %error, "no sign of life of a hunt could be written");
                }
            }
        };
        // without it another node would begin anew, which is a waste and no fault
        let thread = std::thread::Builder::new().name("hunt-pulse".into()).spawn(beat);
        Self { end: Some(end), thread: thread.ok() }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // one that panicked has said so
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hunt_is_free_when_its_node_falls_silent() {
        let claims = Claims::default();
        let hunt = |seen: i64| json!({ "status": "running", "runner": "v1", "runnerSeen": seen });
        let (long, none) = (Duration::from_secs(600), Duration::ZERO);
        assert!(claims.is_free("h", &hunt(1), "v1", long), "its own");
        // whatever the other clock says
        assert!(!claims.is_free("h", &hunt(1), "v2", long));
        std::thread::sleep(Duration::from_millis(20));
        let short = Duration::from_millis(10);
        assert!(claims.is_free("h", &hunt(1), "v2", short), "nothing was said");
        assert!(!claims.is_free("h", &hunt(2), "v2", short), "a sign of life");
        assert!(claims.is_free("h", &hunt(2), "v2", none));
        let paused = json!({ "status": "paused", "runner": "v1", "runnerSeen": 2 });
        assert!(claims.is_free("h", &paused, "v2", long));
        assert!(claims.0.lock().unwrap().is_empty());
        claims.is_free("h", &hunt(1), "v2", long);
        claims.retain(|id| id != "h");
        assert!(claims.0.lock().unwrap().is_empty());
    }
}
