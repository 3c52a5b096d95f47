//! The catalogue against a real server.

use crate::cluster::Cluster;
use index::{Catalog, FileRecord};
use index_opensearch::{Clustered, Options};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

pub fn works(cluster: &Cluster) {
    let schema = Arc::new(fields::Schema::new([session::core::FIELDS]).unwrap());
    let mut options = Options::new(&cluster.address, schema, "/nonexistent".into()).unwrap();
    options.prefix = format!("catalog-{}_", std::process::id());
    let catalog = Clustered::open(&options).unwrap();
    // versions
    assert_eq!(catalog.get("users", "a/b ü").unwrap(), None);
    assert!(catalog.put("users", "a/b ü", &json!([1, "x"]), Some(0)).unwrap());
    assert!(!catalog.put("users", "a/b ü", &json!(2), Some(0)).unwrap());
    let first = catalog.get("users", "a/b ü").unwrap().unwrap();
    assert_eq!(first.value, json!([1, "x"]));
    assert!(catalog.put("users", "a/b ü", &json!({ "n": 1 }), Some(first.version)).unwrap());
    assert!(!catalog.put("users", "a/b ü", &json!(3), Some(first.version)).unwrap());
    assert!(catalog.get("users", "a/b ü").unwrap().unwrap().version > first.version);
    // the same key may hold a value of another shape: nothing looks into values
    assert!(catalog.put("users", "a/b ü", &json!({ "n": { "deep": true } }), None).unwrap());
    for n in 0..25 {
        catalog.put("history", &format!("{n:03}"), &json!(n), None).unwrap();
    }
    let keys: Vec<String> =
        catalog.latest("history", "005", "020", 3).unwrap().into_iter().map(|e| e.key).collect();
    assert_eq!(keys, ["019", "018", "017"]);
    assert_eq!(catalog.remove_before("history", "020").unwrap(), 20);
    assert_eq!(catalog.list("history").unwrap().len(), 5);
    assert_eq!(catalog.collections().unwrap(), ["history", "users"]);
    assert!(catalog.remove("users", "a/b ü").unwrap() && !catalog.remove("users", "a/b ü").unwrap());
    // numbers are given once, whoever asks
    let numbers: Vec<u32> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4)
            .map(|_| {
                let catalog = Clustered::open(&options).unwrap();
                scope.spawn(move || {
                    let file =
                        FileRecord { node: "n".into(), fingerprint: "f".into(), ..FileRecord::default() };
                    (0..5).map(|_| catalog.add_file(&file).unwrap()).collect::<Vec<_>>()
                })
            })
            .collect();
        started.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), (1..=20).collect());
    catalog.remove_file("n", 20).unwrap();
    let found = FileRecord { num: 40, node: "n".into(), name: "/x".into(), ..FileRecord::default() };
    catalog.update_file(&found).unwrap();
    assert_eq!(catalog.add_file(&FileRecord { node: "n".into(), ..FileRecord::default() }).unwrap(), 41);
    assert_eq!(catalog.file("n", 40).unwrap().as_ref(), Some(&found));
    assert_eq!(catalog.file("n", 20).unwrap(), None);
    assert_eq!(catalog.files_like("f").unwrap().len(), 19);
    assert!(catalog.files_like("").unwrap().is_empty());
    let all: Vec<u32> = catalog.files().unwrap().iter().map(|file| file.num).collect();
    assert_eq!(all, (1..20).chain([40, 41]).collect::<Vec<_>>());
    cluster.call("DELETE", &format!("/{}*", options.prefix));
}
