//! Counters of the server, in Prometheus' text format.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the query-time histogram, milliseconds.
const BOUNDS: [u64; 9] = [5, 20, 50, 100, 250, 500, 2_000, 10_000, 60_000];

/// What the server counts about itself.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: [AtomicU64; 6],
    queries: AtomicU64,
    query_micros: AtomicU64,
    query_buckets: [AtomicU64; BOUNDS.len()],
    pub logins_failed: AtomicU64,
    pub exported_bytes: AtomicU64,
    pub exports_broken: AtomicU64,
    pub uploads: AtomicU64,
    pub connections: AtomicU64,
    pub history_lost: AtomicU64,
    pub notices_sent: AtomicU64,
    pub notices_failed: AtomicU64,
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, status: u16) {
        if let Some(counter) = self.requests.get(usize::from(status / 100)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A query of the store ended.
    pub fn query(&self, took: Duration) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.query_micros.fetch_add(micros, Ordering::Relaxed);
        for (bound, bucket) in BOUNDS.iter().zip(&self.query_buckets) {
            if micros <= bound * 1_000 {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// The text of `/metrics`.
    pub fn prometheus(&self) -> String {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut out = String::new();
        out.push_str("# HELP hindsight_http_requests_total Requests answered, by class of status.\n");
        out.push_str("# TYPE hindsight_http_requests_total counter\n");
        for (class, counter) in self.requests.iter().enumerate().skip(1) {
            let _ = writeln!(out, "hindsight_http_requests_total{{status=\"{class}xx\"}} {}", read(counter));
        }
        out.push_str("# HELP hindsight_query_seconds Time of queries of the session index.\n");
        out.push_str("# TYPE hindsight_query_seconds histogram\n");
        for (bound, bucket) in BOUNDS.iter().zip(&self.query_buckets) {
            let seconds = *bound as f64 / 1_000.0;
            let _ = writeln!(out, "hindsight_query_seconds_bucket{{le=\"{seconds}\"}} {}", read(bucket));
        }
        let count = read(&self.queries);
        let _ = writeln!(out, "hindsight_query_seconds_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "hindsight_query_seconds_sum {}", read(&self.query_micros) as f64 / 1e6);
        let _ = writeln!(out, "hindsight_query_seconds_count {count}");
        for (name, kind, help, counter) in [
            ("logins_failed_total", "counter", "Log-ins refused.", &self.logins_failed),
            ("exported_bytes_total", "counter", "Bytes of exports sent.", &self.exported_bytes),
            ("exports_broken_total", "counter", "Exports that ended early.", &self.exports_broken),
            ("uploads_total", "counter", "Captures uploaded.", &self.uploads),
            ("connections", "gauge", "Open connections.", &self.connections),
            (
                "history_lost_total",
                "counter",
                "History entries that could not be written.",
                &self.history_lost,
            ),
            (
                "notifications_sent_total",
                "counter",
                "Notifications that a notifier took.",
                &self.notices_sent,
            ),
            (
                "notifications_failed_total",
                "counter",
                "Notifications that could not be sent.",
                &self.notices_failed,
            ),
        ] {
            let value = read(counter);
            let _ = writeln!(
                out,
                "# HELP hindsight_{name} {help}\n# TYPE hindsight_{name} {kind}\nhindsight_{name} {value}"
            );
        }
        out
    }
}
