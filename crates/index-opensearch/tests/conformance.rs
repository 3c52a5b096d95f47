//! The suite of every store, and what only a cluster can get wrong, against real servers that the tests start.

mod catalog;
mod cluster;

use cluster::Cluster;
use index::conformance::{Factory, Subject, run, sample};
use index_opensearch::{Options, Store};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Real {
    cluster: Cluster,
    schema: Arc<fields::Schema>,
    dir: tempfile::TempDir,
    made: AtomicU32,
    /// Prefix of the store that is open.
    open: Mutex<String>,
    cases: u32,
}

impl Real {
    fn subject(&self, prefix: &str) -> Subject {
        let mut options =
            Options::new(&self.cluster.address, self.schema.clone(), self.dir.path().join(prefix)).unwrap();
        options.prefix = prefix.to_owned();
        options.patience = Duration::from_secs(120);
        let store = Store::open(options).unwrap();
        Subject { sink: Box::new(store.writer("suite").unwrap()), index: store }
    }
}

impl Factory for Real {
    fn schema(&self) -> &fields::Schema {
        &self.schema
    }
    fn fresh(&self) -> Subject {
        let mut open = self.open.lock().unwrap();
        if !open.is_empty() {
            self.cluster.call("DELETE", &format!("/{open}*"));
            self.cluster.call("DELETE", &format!("/_index_template/{open}*"));
        }
        *open = format!("suite-{}-{}_", std::process::id(), self.made.fetch_add(1, Ordering::Relaxed));
        self.subject(&open)
    }
    fn reopen(&self, subject: Subject) -> Option<Subject> {
        drop(subject);
        let prefix = self.open.lock().unwrap().clone();
        Some(self.subject(&prefix))
    }
    fn settle(&self, subject: &mut Subject, how: u8) {
        if how.is_multiple_of(8) {
            subject.sink.commit().unwrap();
            self.cluster.call("POST", "/suite-*/_forcemerge?max_num_segments=1");
        }
    }
    fn cases(&self) -> u32 {
        self.cases
    }
}

fn passes(engine: &'static str) {
    let Some(cluster) = Cluster::start(engine, 1) else { return };
    // one server for both: it takes longer to start than most tests
    catalog::works(&cluster);
    let cases = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(8);
    run(&Real {
        cluster,
        schema: Arc::new(sample::schema()),
        dir: tempfile::tempdir().unwrap(),
        made: AtomicU32::new(0),
        open: Mutex::default(),
        cases,
    });
}

#[test]
fn opensearch_passes() {
    passes("opensearch");
}

#[test]
fn elasticsearch_passes() {
    passes("elasticsearch");
}
