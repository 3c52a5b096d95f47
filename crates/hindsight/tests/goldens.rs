//! Goldens: what `hindsight inspect` makes of the captures in the protocols' folders. Each golden holds only the fields of
//! its protocol, so that a change elsewhere does not touch it. `UPDATE_GOLDENS=1` writes them anew; read the difference.

use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Top-level keys that the fields of a protocol live under; what every session has belongs to no protocol.
fn keys_of(protocol: &protocols::Protocol) -> Vec<&'static str> {
    let mut keys: Vec<&str> = protocol
        .fields
        .iter()
        .map(|def| def.path.split_once('.').map_or(def.path, |(first, _)| first))
        .collect();
    keys.push("transaction");
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The part of a document that the golden keeps; keys sorted, so that files compare.
fn part(document: &Value, keys: &[&str]) -> Option<Value> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                // what depends on the day of the test
                let kept = entries.into_iter().filter(|(key, _)| !key.starts_with("remaining"));
                Value::Object(kept.map(|(k, v)| (k.clone(), sorted(v))).collect::<Map<_, _>>())
            }
            Value::Array(all) => Value::Array(all.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    let mut kept = Map::new();
    kept.insert("protocol".into(), document.get("protocol")?.clone());
    for key in keys {
        if let Some(value) = document.get(*key) {
            kept.insert((*key).into(), sorted(value));
        }
    }
    (kept.len() > 1).then(|| sorted(&Value::Object(kept)))
}

fn captures(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("captures")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "pcap"))
        .collect();
    found.sort();
    found
}

fn inspect(capture: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_hindsight"))
        .args(["inspect", "--complete"])
        .arg(capture)
        .env("HINDSIGHT_DIR", "/nonexistent")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", capture.display(), String::from_utf8_lossy(&output.stderr));
    let mut documents: Vec<Value> = output
        .stdout
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    documents.sort_by_key(|d| {
        (d["firstPacket"].as_i64(), d["source"]["port"].as_i64(), d["packetPos"][0].as_i64())
    });
    documents
}

#[test]
fn protocols_read_real_traffic_as_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/src");
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut differences = Vec::new();
    for protocol in protocols::ALL {
        let folder = root.join(protocol.name);
        let found = captures(&folder);
        assert!(!found.is_empty(), "{} has no captures: see CONTRIBUTING.md", protocol.name);
        let keys = keys_of(protocol);
        for capture in found {
            let kept: Vec<Value> =
                inspect(&capture).iter().filter_map(|document| part(document, &keys)).collect();
            assert!(!kept.is_empty(), "{}: no session has a field of {}", capture.display(), protocol.name);
            let text = serde_json::to_string_pretty(&kept).unwrap() + "\n";
            let golden = capture.with_extension("json");
            if update {
                std::fs::write(&golden, &text).unwrap();
            } else {
                let before = std::fs::read_to_string(&golden).unwrap_or_default();
                if before != text {
                    let line = before.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or(0);
                    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
                    differences.push(format!(
                        "{}:{}\n  was {}\n  is  {}",
                        golden.display(),
                        line + 1,
                        at(&before),
                        at(&text)
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}\nUPDATE_GOLDENS=1 writes them anew", differences.join("\n"));
}
