//! Nothing is lost: the cluster goes away, loses a machine, has no room, and the process that writes is killed. In the end as many sessions are found as were
//! made, each once.

mod cluster;

use cluster::Cluster;
use index::generate::{self, Documents};
use index::{Control, SessionIndex, SessionSink as _};
use index_opensearch::{Options, Store};
use query::Plan;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn options(cluster: &Cluster, name: &str, spool: &Path) -> Options {
    let groups = [session::core::FIELDS, session::perf::FIELDS, generate::FIELDS];
    let schema = Arc::new(fields::Schema::new(groups).unwrap());
    let mut options = Options::new(&cluster.address, schema, spool.to_owned()).unwrap();
    options.prefix = format!("outage-{name}-{}_", std::process::id());
    options.connect_timeout = Duration::from_secs(2);
    options.timeout = Duration::from_secs(20);
    options.patience = Duration::from_secs(1);
    options
}

/// Waits until nothing waits any more.
fn drain(store: &Store) {
    let until = Instant::now() + Duration::from_secs(180);
    loop {
        store.maintain().unwrap();
        let status = store.spool();
        if status.documents == 0 {
            return;
        }
        assert!(Instant::now() < until, "{status:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// How many there are, once searches see everything.
fn count(cluster: &Cluster, store: &Store) -> u64 {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        cluster.call("POST", "/outage-*/_refresh");
        match store.count(&Plan::All, &Control::new()) {
            Ok(count) => return count,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// One after the other on one server: starting it takes longer than most of them.
#[test]
fn a_cluster_of_one_node() {
    let Some(cluster) = Cluster::start_with("opensearch", 1, "# own") else { return };
    what_never_fits_is_kept_apart_and_told(&cluster);
    a_full_disk_and_a_full_spool_are_told_and_nothing_is_lost(&cluster);
    the_only_node_is_killed_and_the_writer_too(&cluster);
}

fn the_only_node_is_killed_and_the_writer_too(cluster: &Cluster) {
    let dir = tempfile::tempdir().unwrap();
    let options = options(cluster, "kill", dir.path());
    let store = Store::open(options.clone()).unwrap();
    let mut documents = Documents::new(1);
    let mut writer = store.writer("one").unwrap();
    let mut made = 0;
    let mut append = |writer: &mut index_opensearch::Writer, batches: usize| {
        for _ in 0..batches {
            let some: Vec<_> = documents.by_ref().take(250).collect();
            made += some.len() as u64;
            writer.append(some).unwrap();
            writer.commit().unwrap();
        }
        made
    };
    append(&mut writer, 8);
    cluster.kill(1);
    // the index goes on taking sessions as if nothing were
    append(&mut writer, 8);
    let status = store.spool();
    assert!(status.documents > 0 && status.problem.is_some(), "{status:?}");
    // the process ends while they wait
    drop(writer);
    drop(store);
    cluster.revive(1);
    let store = Store::open(options).unwrap();
    let mut writer = store.writer("two").unwrap();
    let made = append(&mut writer, 4);
    drain(&store);
    assert!(writer.settle(Duration::from_secs(60)));
    assert_eq!(count(cluster, &store), made);
    assert_eq!((store.spool().rejected, store.spool().damaged), (0, 0));
    drop(writer);
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.len() <= 1, "{left:?}");
}

fn a_full_disk_and_a_full_spool_are_told_and_nothing_is_lost(cluster: &Cluster) {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(cluster, "full", dir.path());
    options.spool_limit = 3 << 20;
    let store = Store::open(options).unwrap();
    let mut documents = Documents::new(2);
    let mut writer = store.writer("one").unwrap();
    writer.append(documents.by_ref().take(500).collect()).unwrap();
    assert!(writer.settle(Duration::from_secs(60)));
    // what the cluster does to every index when a disk is full to the flood stage
    cluster.send("PUT", "/outage-*/_settings", r#"{"index.blocks.read_only_allow_delete":true}"#);
    let mut made = 500;
    let refused = loop {
        assert!(made < 50_000, "{:?}", store.spool());
        match writer.append(documents.by_ref().take(500).collect()) {
            Ok(()) => made += 500,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind, index::ErrorKind::Overloaded);
    assert!(refused.to_string().contains("spool_limit"), "{refused}");
    let until = Instant::now() + Duration::from_secs(60);
    while store.spool().problem.is_none() {
        assert!(Instant::now() < until, "{:?}", store.spool());
        std::thread::sleep(Duration::from_millis(50));
    }
    cluster.send("PUT", "/outage-*/_settings", r#"{"index.blocks.read_only_allow_delete":null}"#);
    drain(&store);
    assert!(writer.settle(Duration::from_secs(60)));
    assert_eq!(count(cluster, &store), made);
    assert_eq!(store.spool().problem, None);
}

#[test]
fn one_of_three_nodes_is_killed() {
    let Some(cluster) = Cluster::start_with("opensearch", 3, "# own three") else { return };
    let dir = tempfile::tempdir().unwrap();
    let cluster = &cluster;
    let mut options = options(cluster, "three", dir.path());
    options.replicas = 1;
    let store = Store::open(options).unwrap();
    let mut documents = Documents::new(3);
    let mut writer = store.writer("one").unwrap();
    let mut made = 0;
    for batch in 0..24 {
        // the one that is spoken to first, once the others have copies of what it has
        if batch == 8 {
            assert!(writer.settle(Duration::from_secs(120)), "{:?}", store.spool());
            let green =
                cluster.call("GET", "/_cluster/health/outage-three*?wait_for_status=green&timeout=25s");
            assert!(green.contains("\"timed_out\":false"), "{green}");
            cluster.kill(1);
        }
        let some: Vec<_> = documents.by_ref().take(250).collect();
        made += some.len() as u64;
        writer.append(some).unwrap();
        writer.commit().unwrap();
    }
    drain(&store);
    assert!(writer.settle(Duration::from_secs(120)), "{:?}", store.spool());
    assert_eq!(count(cluster, &store), made);
}

fn what_never_fits_is_kept_apart_and_told(cluster: &Cluster) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(options(cluster, "types", dir.path())).unwrap();
    let docs: Vec<_> = Documents::new(4).take(3).collect();
    // an index of that day that something else made: its `node` is a number
    let day = docs[0].id.to_string()[..6].to_owned();
    let index = format!("/outage-types-{}_sessions3-{day}", std::process::id());
    cluster.send("PUT", &index, r#"{"mappings":{"properties":{"node":{"type":"long"}}}}"#);
    let mut writer = store.writer("one").unwrap();
    writer.append(docs).unwrap();
    assert!(writer.settle(Duration::from_secs(60)));
    assert_eq!(store.spool().rejected, 3);
    let kept = std::fs::read_to_string(dir.path().join("rejected.ndjson")).unwrap();
    assert_eq!(kept.lines().count(), 3);
    assert!(kept.contains("node"), "{kept}");
    cluster.call("DELETE", &index);
}
