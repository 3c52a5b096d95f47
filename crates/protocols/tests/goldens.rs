//! Captures of real clients and servers beside the parsers: each has its documents beside it (`NAME.json`), in which
//! only what its own protocol fills is kept, so that a golden changes with its parser and with nothing else.
//!
//! `BLESS=http,ssh cargo test -p hindsight-protocols --test goldens` writes those of the named folders anew.

mod replay;

use protocols::{ALL, Detector, Options};
use replay::{Stage, own_captures, talks};
use serde_json::{Map, Value, json};

/// What the folder's protocol fills, of the documents of one capture.
fn documents(path: &std::path::Path, folder: &str) -> Value {
    let (detector, options) = (Detector::default(), Options::complete());
    let groups: Vec<&str> = ALL
        .iter()
        .filter(|protocol| protocol.name == folder)
        .flat_map(|protocol| protocol.fields)
        .filter_map(|def| def.path.split('.').next())
        .chain(["protocol", "tags", "user", "transaction", "cert"])
        .collect();
    let mut out = Vec::new();
    for talk in talks(path) {
        let mut stage = Stage::new(&detector, &options, &talk);
        for turn in &talk.turns {
            stage.say(turn.dir, &turn.bytes, turn.time);
        }
        let Value::Object(mut doc) = stage.close() else { unreachable!("a document is an object") };
        doc.retain(|key, _| groups.contains(&key.as_str()));
        if !doc.is_empty() {
            let ports = json!(talk.ends.map(|end| end.port));
            out.push(Value::Object(Map::from_iter([
                ("ports".into(), ports),
                ("document".into(), doc.into()),
            ])));
        }
    }
    Value::Array(out)
}

#[test]
fn captures_give_their_documents() {
    let bless = std::env::var("BLESS").unwrap_or_default();
    let mut compared = 0;
    for path in own_captures() {
        let folder = path.parent().and_then(|p| p.parent()).and_then(|p| p.file_name()).unwrap();
        let folder = folder.to_string_lossy();
        let golden = path.with_extension("json");
        let got = documents(&path, &folder);
        if bless.split(',').any(|name| name == folder) {
            std::fs::write(&golden, serde_json::to_string_pretty(&got).unwrap() + "\n").unwrap();
        }
        let Ok(want) = std::fs::read_to_string(&golden) else {
            eprintln!("skipped: {} has no golden", path.display());
            continue;
        };
        let want: Value = serde_json::from_str(&want).unwrap();
        assert_eq!(got, want, "{}", path.display());
        compared += 1;
    }
    assert!(compared > 5, "only {compared} goldens");
}

/// The times of HTTP exchanges are those that tshark finds.
#[test]
fn http_times_are_tsharks() {
    let mut compared = 0;
    for path in
        own_captures().iter().filter(|path| path.parent().is_some_and(|p| p.ends_with("http/captures")))
    {
        let run = std::process::Command::new("tshark")
            .arg("-r")
            .arg(path)
            .args(["-Y", "http.time", "-T", "fields", "-e", "http.response.code", "-e", "http.time"])
            .output();
        let Ok(run) = run else {
            eprintln!("skipped: tshark is not installed");
            return;
        };
        let mut ours: Vec<(String, i64)> = Vec::new();
        for doc in documents(path, "http").as_array().unwrap() {
            for one in doc["document"]["transaction"].as_array().into_iter().flatten() {
                ours.push((one["status"].as_str().unwrap().to_owned(), one["lastByte"].as_i64().unwrap()));
            }
        }
        for line in String::from_utf8_lossy(&run.stdout).lines() {
            let Some((code, time)) = line.split_once('\t') else { continue };
            // of pipelined responses in one packet tshark times only some
            let (Some(code), Ok(time)) = (code.split(',').next(), time.parse::<f64>()) else { continue };
            let micros = (time * 1e6).round() as i64;
            assert!(
                ours.iter().any(|(status, ours)| status == code && (ours - micros).abs() <= 1),
                "{}: tshark has {code} after {micros} µs, we have {ours:?}",
                path.display()
            );
            compared += 1;
        }
    }
    assert!(compared > 0, "tshark timed nothing");
}
