//! What the handlers share, and how they call the store: on blocking threads, with an end.

use crate::auth::oidc::Oidc;
use crate::auth::{BasicCache, KeySet, Replays, Throttle};
use crate::config::Config;
use crate::error::ApiError;
use crate::history::History;
use crate::jobs::{Jobs, Uploads};
use crate::metrics::Metrics;
use crate::notices::Notices;
use fields::Schema;
use index::{Catalog, Control, SessionIndex};
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// What the server stands on. The binary decides which store it is.
#[derive(Clone)]
pub struct State {
    /// The sessions.
    pub index: Arc<dyn SessionIndex>,
    /// Files, users, views, history.
    pub catalog: Arc<dyn Catalog>,
    /// What it takes to read packet files: keys, object storage.
    pub access: packets::Access,
    /// Every field.
    pub schema: Arc<Schema>,
    /// Imports what is uploaded; without it uploads are refused.
    pub uploads: Option<Arc<dyn Uploads>>,
    /// Keeps packets from retention; without it pins are refused.
    pub pins: Option<Arc<dyn crate::pinning::Pins>>,
    /// Packets that prove something; without it the packet store alone is asked.
    pub evidence: Option<crate::evidence::Evidence>,
    /// How the store of sessions is; without it nobody is told.
    pub administration: Option<Arc<dyn index::Administration>>,
    /// Tells about the rest of the process: capture and store.
    pub monitor: Option<Arc<dyn Monitor>>,
}

/// Figures of the rest of the process, for `/metrics` and `/api/stats`.
pub trait Monitor: Send + Sync {
    /// Lines in Prometheus' text format, each metric with its `# HELP` and `# TYPE`.
    fn prometheus(&self) -> String {
        String::new()
    }
    /// The figures of the capture in this process as they are now, where it captures.
    fn sample(&self) -> Option<crate::stats::Sample> {
        None
    }
}

/// Shared by every request; cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub config: Config,
    pub state: State,
    pub throttle: Throttle,
    pub basic: BasicCache,
    /// Requests by digest that were there already.
    pub replays: Replays,
    pub oidc: Oidc,
    /// Keys of signed tokens, where those are taken.
    pub jwt_keys: Option<KeySet>,
    pub jobs: Jobs,
    pub metrics: Arc<Metrics>,
    pub tls_keys: crate::api::tls_keys::Keys,
    pub history: History,
    pub notices: Notices,
    /// The other nodes, where this one is part of a fleet.
    pub fleet: Option<Arc<crate::fleet::Fleet>>,
    /// Password hashes computed at once: each takes 19 MiB.
    pub hashing: Arc<Semaphore>,
    pub exports: Arc<Semaphore>,
    /// Names of addresses looked up at once: each may take a thread for long.
    pub lookups: Arc<Semaphore>,
    /// Whether hunts are being worked off.
    pub hunting: AtomicBool,
    /// What is known of the hunts of other nodes.
    pub claims: crate::hunting::Claims,
    /// Ends the server; only the mode for regression tests can ask for it.
    pub stop: tokio::sync::Notify,
    pub regression: crate::auth::Regression,
    queries: Arc<Semaphore>,
    running: Mutex<HashMap<(String, String), Control>>,
}

impl Deref for App {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// See [`Inner::lookups`].
const LOOKUPS: usize = 16;
/// How long a query waits for its turn.
const TURN: Duration = Duration::from_secs(30);

impl App {
    pub fn new(config: Config, state: State) -> Self {
        Self::with_fleet(config, state, None)
    }

    pub fn with_fleet(config: Config, state: State, fleet: Option<Arc<crate::fleet::Fleet>>) -> Self {
        let history = History::start(state.catalog.clone(), config.history_kept);
        let metrics = Arc::new(Metrics::default());
        let notices = Notices::start(state.catalog.clone(), metrics.clone());
        Self(Arc::new(Inner {
            throttle: Throttle::default(),
            basic: BasicCache::new(),
            replays: Replays::default(),
            oidc: Oidc::default(),
            jwt_keys: config.access.jwt.as_ref().map(|jwt| KeySet::new(jwt.keys.clone())),
            jobs: Jobs::default(),
            metrics,
            tls_keys: crate::api::tls_keys::Keys::default(),
            history,
            notices,
            fleet,
            hashing: Arc::new(Semaphore::new(2)),
            exports: Arc::new(Semaphore::new(config.max_exports.max(1))),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            queries: Arc::new(Semaphore::new(config.max_queries.max(1))),
            running: Mutex::default(),
            hunting: AtomicBool::new(false),
            claims: crate::hunting::Claims::default(),
            stop: tokio::sync::Notify::new(),
            regression: crate::auth::Regression::new(),
            config,
            state,
        }))
    }

    /// Runs something short that may block: a call of the catalogue, a password hash.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = self.clone();
        join(tokio::task::spawn_blocking(move || work(&app)).await)
    }

    /// Runs a query of the store: waits for its turn, ends it after the time-out, and when the client goes away (this
    /// future is dropped then), and when the same user cancels it by its id.
    pub async fn query<T: Send + 'static>(
        &self,
        cancel: Option<(String, String)>,
        work: impl FnOnce(&App, &Control) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let control = Control::until(Instant::now() + self.config.query_timeout);
        let _guard = self.watch(cancel, &control);
        let turn = tokio::time::timeout(TURN, self.queries.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(ApiError::busy("too many queries are running; try again in a few seconds"));
        };
        control.check()?;
        let (app, started) = (self.clone(), Instant::now());
        let result = tokio::task::spawn_blocking(move || {
            let result = work(&app, &control);
            drop(turn); // held by the thread, not by the request: a cancelled query still runs for a moment
            result
        })
        .await;
        self.metrics.query(started.elapsed());
        join(result)
    }

    /// Cancels the control when the guard is dropped or when [`App::cancel`] is called with the same key.
    pub fn watch(&self, key: Option<(String, String)>, control: &Control) -> CancelOnDrop {
        if let Some(key) = &key {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.insert(key.clone(), control.clone());
        }
        CancelOnDrop { app: self.clone(), key, control: control.clone() }
    }

    /// Users and names of the queries that are running and can be cancelled.
    pub fn running(&self) -> Vec<(String, String)> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = running.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// Ends the queries that a user started with this id; returns whether there was one.
    pub fn cancel(&self, user: &str, id: &str) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let found = running.get(&(user.to_owned(), id.to_owned()));
        found.map(Control::cancel).is_some()
    }
}

fn join<T>(result: Result<Result<T, ApiError>, tokio::task::JoinError>) -> Result<T, ApiError> {
    result.unwrap_or_else(|error| {
        tracing::error!(%error, "a request failed inside");
        Err(ApiError::internal("an error inside the server; its log says more"))
    })
}

/// See [`App::watch`].
pub(crate) struct CancelOnDrop {
    app: App,
    key: Option<(String, String)>,
    control: Control,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.control.cancel();
        if let Some(key) = &self.key {
            self.app.running.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        }
    }
}

/// The present, milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Random bytes from the system, as base64url.
pub(crate) fn random_text<const BYTES: usize>() -> Result<String, ApiError> {
    use base64::Engine as _;
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|e| ApiError::internal(format!("the system gives no random numbers: {e}")))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
