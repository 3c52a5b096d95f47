use super::*;
use index::{Catalog, FileRecord};
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Command;

fn temp() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.sqlite");
    (dir, path)
}

fn named(node: &str, name: &str) -> FileRecord {
    FileRecord { node: node.into(), name: name.into(), ..FileRecord::default() }
}

#[test]
fn a_file_comes_back_as_it_went_in() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    let file = FileRecord {
        node: "edge".into(),
        name: "/data/a.pcap".into(),
        fingerprint: "f1".into(),
        packets: u64::MAX >> 1,
        link_type: Some(1),
        damage: Some("record at byte 24 is longer than the file".into()),
        ..FileRecord::default()
    };
    let num = catalog.add_file(&file).unwrap();
    assert_eq!(num, 1);
    let mut wanted = FileRecord { num, ..file };
    assert_eq!(catalog.file("edge", 1).unwrap(), Some(wanted.clone()));
    assert_eq!(catalog.files_like("f1").unwrap(), [wanted.clone()]);
    assert_eq!(catalog.files_like("").unwrap(), []);
    wanted.finish_timestamp = 5;
    wanted.fingerprint = "f2".into();
    catalog.update_file(&wanted).unwrap();
    drop(catalog);
    let again = Sqlite::open(&path).unwrap();
    assert_eq!(again.files().unwrap(), [wanted]);
    assert_eq!(again.files_like("f1").unwrap(), []);
    assert_eq!(again.file("other", 1).unwrap(), None);
}

#[test]
fn a_number_is_not_given_again_after_its_file_is_gone() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    assert_eq!(catalog.add_file(&named("n", "a")).unwrap(), 1);
    catalog.remove_file("n", 1).unwrap();
    drop(catalog);
    let catalog = Sqlite::open(&path).unwrap();
    assert_eq!(catalog.add_file(&named("n", "b")).unwrap(), 2);
    assert_eq!(catalog.add_file(&named("m", "b")).unwrap(), 1, "each node counts for itself");
}

#[test]
fn the_number_of_a_file_that_was_found_is_taken() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    catalog.update_file(&FileRecord { num: 7, ..named("n", "found") }).unwrap();
    assert_eq!(catalog.add_file(&named("n", "a")).unwrap(), 8);
    catalog.update_file(&FileRecord { num: 3, ..named("n", "older") }).unwrap();
    assert_eq!(catalog.add_file(&named("n", "b")).unwrap(), 9);
}

#[test]
fn files_that_are_read_are_leased() {
    let (_dir, path) = temp();
    let catalog: std::sync::Arc<dyn Catalog> = std::sync::Arc::new(Sqlite::open(&path).unwrap());
    let other = Sqlite::open(&path).unwrap();
    let lease = index::Lease::take(&catalog, [("n".to_owned(), 1), ("n".to_owned(), 2)]).unwrap();
    let all = index::Lease::all(&other).unwrap();
    assert!(all.contains(&("n".to_owned(), 2)) && all.len() == 2);
    drop(lease);
    assert!(index::Lease::all(&other).unwrap().is_empty());
    // one whose process was killed
    other.put("leases", "old", &json!({"time": 5, "files": [["n", 1]]}), None).unwrap();
    assert!(index::Lease::all(&*catalog).unwrap().is_empty());
    assert!(catalog.list("leases").unwrap().is_empty());
}

#[test]
fn entries_have_versions_that_only_rise() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    assert!(catalog.put("views", "a", &json!({"x": 1}), Some(0)).unwrap());
    assert!(!catalog.put("views", "a", &json!({"x": 2}), Some(0)).unwrap(), "there is one already");
    let first = catalog.get("views", "a").unwrap().unwrap();
    assert_eq!(first.value, json!({"x": 1}));
    assert!(catalog.put("views", "a", &json!({"x": 3}), Some(first.version)).unwrap());
    assert!(!catalog.put("views", "a", &json!({"x": 4}), Some(first.version)).unwrap(), "it changed since");
    assert!(catalog.remove("views", "a").unwrap());
    assert!(!catalog.remove("views", "a").unwrap());
    assert!(catalog.put("views", "a", &json!(null), None).unwrap());
    assert!(catalog.get("views", "a").unwrap().unwrap().version > first.version + 1);
    assert!(catalog.list("users").unwrap().is_empty());
}

#[test]
fn a_long_collection_is_read_and_cut_by_key() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    for n in 0..20 {
        catalog.put("history", &format!("{n:03}"), &json!(n), None).unwrap();
    }
    let keys = |entries: Vec<index::Entry>| entries.into_iter().map(|e| e.key).collect::<Vec<_>>();
    assert_eq!(keys(catalog.latest("history", "005", "010", 3).unwrap()), ["009", "008", "007"]);
    assert_eq!(catalog.remove_before("history", "018").unwrap(), 18);
    assert_eq!(keys(catalog.list("history").unwrap()), ["018", "019"]);
}

#[test]
fn threads_never_get_one_number_twice() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    let numbers: Vec<u32> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|t| {
                // two share a connection, two have their own, as two processes have
                let own = (t % 2 == 0).then(|| Sqlite::open(&path).unwrap());
                let catalog = &catalog;
                scope.spawn(move || {
                    let at = own.as_ref().unwrap_or(catalog);
                    (0..25).map(|_| at.add_file(&named("n", "f")).unwrap()).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), (1..=100).collect());
}

/// Not a test of its own: what the child processes of the next test run.
#[test]
fn child_takes_numbers() {
    let Ok(path) = std::env::var("CATALOG_SQLITE_TEST_CHILD") else { return };
    let catalog = Sqlite::open(path).unwrap();
    for _ in 0..40 {
        catalog.add_file(&named("n", "child")).unwrap();
    }
}

#[test]
fn processes_never_get_one_number_twice() {
    let (_dir, path) = temp();
    // the file does not exist yet: the processes also race to make the tables
    let mut children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "tests::child_takes_numbers", "-q"])
                .env("CATALOG_SQLITE_TEST_CHILD", &path)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let numbers: Vec<u32> = Sqlite::open(&path).unwrap().files().unwrap().iter().map(|f| f.num).collect();
    assert_eq!(numbers, (1..=120).collect::<Vec<_>>());
}

#[test]
fn errors_say_what_helps() {
    let (dir, path) = temp();
    let absent = Sqlite::open(dir.path().join("no/such/folder/c.sqlite")).unwrap_err();
    assert_eq!(absent.kind, ErrorKind::Unavailable);
    assert!(absent.to_string().contains("check that its folder exists"), "{absent}");

    let garbage = dir.path().join("garbage");
    std::fs::write(&garbage, [b'x'; 4096]).unwrap();
    let error = Sqlite::open(&garbage).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");

    drop(Sqlite::open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let error = Sqlite::open(&path).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.to_string().contains("newer Hindsight"), "{error}");
}

#[test]
fn damaged_json_names_its_entry() {
    let (_dir, path) = temp();
    let catalog = Sqlite::open(&path).unwrap();
    catalog.put("views", "mine", &json!(1), None).unwrap();
    catalog.lock().execute("UPDATE entries SET value = '{'", []).unwrap();
    let error = catalog.get("views", "mine").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt);
    assert!(error.to_string().contains("views/mine"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, path) = temp();
    drop(Sqlite::open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
