//! A writer that is killed loses nothing that it acknowledged.

use index::generate::Documents;
use index::{Control, SessionIndex, SessionSink};
use index_parquet::{Options, Store};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

fn options() -> Options {
    let schema =
        fields::Schema::new([session::core::FIELDS, session::perf::FIELDS, index::generate::FIELDS]).unwrap();
    Options { flush_rows: 700, ..Options::new(Arc::new(schema)) }
}

/// Runs as the child: appends until it is killed, saying after each append how many documents are safe.
#[test]
fn writes_until_killed() {
    let Ok(dir) = std::env::var("HINDSIGHT_KILL_TEST") else {
        return; // it is the other test's child
    };
    let store = Store::open(dir, options()).unwrap();
    let mut writer = store.writer("victim").unwrap();
    let mut documents = Documents::new(3);
    for batch in 1.. {
        writer.append(documents.by_ref().take(50).collect()).unwrap();
        println!("safe {}", batch * 50);
        if std::env::var_os("HINDSIGHT_KILL_TEST_ONCE").is_some() {
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
    }
}

#[test]
fn what_another_writer_replaced_stays_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_killed", "--nocapture"])
        .env("HINDSIGHT_KILL_TEST", dir.path())
        .env("HINDSIGHT_KILL_TEST_ONCE", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.by_ref().find(|line| line.as_ref().is_ok_and(|line| line.contains("safe 50"))).unwrap().unwrap();
    let ids: Vec<_> = Documents::new(3).take(50).map(|doc| doc.id).collect();
    let mut newer: Vec<_> = Documents::new(4).take(2).collect();
    (newer[0].id, newer[1].id) = (ids[7], ids[31]);
    let store = Store::open(dir.path(), options()).unwrap();
    let mut other = store.writer("other").unwrap();
    other.append(newer.clone()).unwrap();
    other.flush().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    drop((other, store));
    // whoever writes next makes files of the log that the child left
    let store = Store::open(dir.path(), options()).unwrap();
    let writer = store.writer("third").unwrap();
    assert_eq!(store.count(&query::Plan::All, &Control::new()).unwrap(), 50);
    for doc in newer {
        assert!(store.get(doc.id).unwrap() == Some(doc));
    }
    drop(writer);
}

#[test]
fn nothing_acknowledged_is_lost() {
    for appends in [1, 9, 41, 100] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_killed", "--nocapture"])
            .env("HINDSIGHT_KILL_TEST", dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut safe = 0usize;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut read = |safe: &mut usize| {
            let line = lines.next()?.ok()?;
            if let Some(count) = line.split("safe ").nth(1).and_then(|c| c.trim().parse().ok()) {
                *safe = count;
            }
            Some(())
        };
        while safe < appends * 50 {
            read(&mut safe).expect("the child wrote on");
        }
        child.kill().unwrap();
        while read(&mut safe).is_some() {}
        child.wait().unwrap();
        // a reader sees it as it is, and so does a store whose writer recovered it
        for recover in [false, true] {
            let store = Store::open(dir.path(), options()).unwrap();
            let writer = recover.then(|| store.writer("victim").unwrap());
            let count = store.count(&query::Plan::All, &Control::new()).unwrap() as usize;
            assert!(count >= safe, "{count} of {safe} are there, recovered: {recover}");
            for doc in Documents::new(3).take(safe).step_by(37) {
                assert!(store.get(doc.id).unwrap() == Some(doc));
            }
            assert!(count.is_multiple_of(50) && count <= safe + 100, "{count}: no append counts in part");
            drop(writer);
        }
    }
}
