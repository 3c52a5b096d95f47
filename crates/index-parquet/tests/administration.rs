//! Health, optimizing and copies while a writer is at work.

use index::generate::{self, Documents};
use index::{Administration as _, Condition, Control, SessionIndex as _, SessionSink as _};
use index_parquet::{Options, Store};
use query::Plan;
use session::core;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn open(dir: &Path) -> Arc<Store> {
    let schema = fields::Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap();
    Store::open(dir, Options { flush_rows: 3_000, ..Options::new(Arc::new(schema)) }).unwrap()
}

fn count(store: &Store) -> u64 {
    store.count(&Plan::All, &Control::new()).unwrap()
}

#[test]
fn a_copy_made_while_a_writer_works_holds_what_was_committed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("index"));
    let mut writer = store.writer("w").unwrap();
    let docs: Vec<_> = Documents::new(1).take(8_000).collect();
    let first = docs[0].id;
    writer.append(docs).unwrap();
    writer.commit().unwrap();
    store.delete(&Plan::Ids(vec![first]), &Control::new()).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut more = Documents::new(2);
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) && written < 60_000 {
                writer.append(more.by_ref().take(500).collect()).unwrap();
                writer.commit().unwrap();
                written += 500;
            }
        });
        for round in 0..5 {
            let before = count(&store);
            let to = dir.path().join(format!("copy-{round}"));
            let copied = store.copy_to(&to).unwrap();
            assert!(copied.files > 3 && copied.bytes > 0);
            assert!(store.copy_to(&to).is_err(), "a folder that is there is not written to");
            let copy = open(&to);
            let held = count(&copy);
            assert!(held >= before && held <= count(&store), "{before} {held}");
            assert!(copy.get(first).unwrap().is_none(), "what was deleted stays deleted");
            assert_eq!(copy.health().unwrap().sessions, held);
            // and it can be written to
            let mut again = copy.writer("w").unwrap();
            again.append(Documents::new(90 + round).take(10).collect()).unwrap();
            again.commit().unwrap();
            assert_eq!(count(&copy), held + 10);
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(
        !std::fs::read_dir(dir.path().join("index"))
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with(".copy") })
    );
}

#[test]
fn health_says_what_is_there_and_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut writer = store.writer("w").unwrap();
    for seed in 0..4 {
        writer.append(Documents::new(seed).take(2_000).collect()).unwrap();
        writer.flush().unwrap();
    }
    let health = store.health().unwrap();
    assert_eq!(
        (health.condition, health.sessions, health.writers.as_slice()),
        (Condition::Good, 8_000, &["w".to_owned()][..])
    );
    assert!(health.parts.iter().map(|part| part.sessions).sum::<u64>() == 8_000 && health.disk_size > 0);
    let last = health.parts.iter().map(|part| part.last).max().unwrap();
    assert!(store.expirable(0).unwrap().is_empty());
    assert_eq!(store.expirable(last + 1).unwrap(), health.parts);
    let done = store.optimize(&mut |_| ()).unwrap();
    assert_eq!(done.pieces_before, done.pieces_after, "a writer of this process merges by itself");
    drop(writer);
    let done = store.optimize(&mut |_| ()).unwrap();
    assert!(done.pieces_after < done.pieces_before, "{done:?}");
    assert_eq!(count(&store), 8_000);
    assert!(store.upgrade().unwrap().iter().any(|said| said.contains("this version")));
    let mut files = Vec::new();
    for slice in std::fs::read_dir(dir.path().join("partitions")).unwrap() {
        for file in std::fs::read_dir(slice.unwrap().path().join("w")).unwrap() {
            files.push(file.unwrap().path());
        }
    }
    let file = files.iter().find(|path| path.extension().is_some_and(|e| e == "parquet")).unwrap();
    std::fs::remove_file(file).unwrap();
    let health = open(dir.path()).health();
    let sick = health.map(|health| (health.condition, health.problems));
    assert!(
        sick.as_ref().is_ok_and(|(condition, _)| *condition == Condition::Bad) || sick.is_err(),
        "{sick:?}"
    );
}
