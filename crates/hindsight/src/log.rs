//! What is logged on stderr. RUST_LOG wins, then --quiet, then the configuration.

use std::sync::OnceLock;
use tracing_subscriber::EnvFilter;

type Change = Box<dyn Fn(&str) + Send + Sync>;
static CHANGE: OnceLock<Change> = OnceLock::new();

/// Begins: what the server could not do is an error with its cause.
pub fn start(quiet: bool) {
    let fixed = EnvFilter::try_from_default_env();
    let free = fixed.is_err() && !quiet;
    let filter = fixed.unwrap_or_else(|_| if quiet { "error" } else { "warn" }.into());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        // it would say on stderr that stderr is gone, and panic in the middle of a request
        .log_internal_errors(false);
    let builder = builder.with_filter_reloading();
    let handle = builder.reload_handle();
    builder.init();
    if free {
        let _ = CHANGE.set(Box::new(move |level| {
            let _ = handle.reload(EnvFilter::new(level));
        }));
    }
}

/// Logs at this level from now on, unless something else was asked for at the start.
pub fn level(name: &str) {
    if let Some(change) = CHANGE.get() {
        change(name);
    }
}
