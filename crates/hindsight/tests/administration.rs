//! `hindsight db` and `hindsight migrate` with the real binary.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use support::{Home, captures};

/// A folder with sessions of real captures, and their number.
fn filled() -> (Home, u64) {
    let home = Home::new();
    let files: Vec<_> = captures().into_iter().take(12).collect();
    let names: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
    home.ok(&[&["import", "--node", "test"], names.as_slice()].concat());
    let count = count(&home, &[]);
    assert!(count > 20);
    (home, count)
}

fn count(home: &Home, more: &[&str]) -> u64 {
    home.ok(&[&["search", "--count"], more].concat()).trim().parse().unwrap()
}

/// Every session as JSON, sorted.
fn sessions(home: &Home) -> Vec<Value> {
    let text = home.ok(&["search", "--json", "--limit", "0"]);
    let mut all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.sort_by_key(|doc| doc["id"].to_string());
    all
}

/// Every packet that an export gives: time and bytes.
fn packets(home: &Home) -> Vec<(i64, Vec<u8>)> {
    let out = home.path("out.pcapng");
    home.ok(&["export", "", "-w", out.to_str().unwrap()]);
    let bytes = std::fs::read(out).unwrap();
    let mut all: Vec<_> =
        pcap::Slice::new(&bytes).unwrap().map(|r| r.unwrap()).map(|r| (r.time, r.bytes.to_vec())).collect();
    all.sort();
    all
}

fn data(home: &Home) -> String {
    home.path("data").display().to_string()
}

#[test]
fn a_folder_is_copied_into_another() {
    let (from, count_before) = filled();
    from.ok(&["user", "add", "alice", "--role", "superAdmin"]);
    let to = Home::new();
    let dry = to.run(&["migrate", "--from", &data(&from), "--dry-run"]);
    assert!(dry.code == 0 && dry.err.contains(&format!("would copy {count_before} sessions")), "{}", dry.err);
    assert_eq!(count(&to, &[]), 0);
    let done = to.run(&["migrate", "--from", &data(&from), "--packets", "copy"]);
    assert!(done.code == 0 && done.err.contains("counted and found again"), "{}", done.err);
    assert_eq!(sessions(&to), sessions(&from));
    assert_eq!(packets(&to), packets(&from));
    assert!(to.ok(&["user", "list"]).contains("alice"));
    assert!(!to.path("data/migrate.json").exists());
    // again: nothing is doubled, what is there stays
    let again = to.run(&["migrate", "--from", &data(&from), "--packets", "copy"]);
    assert!(again.code == 0 && again.err.contains("were there already"), "{}", again.err);
    assert_eq!(count(&to, &[]), count_before);

    // under another name only the packets of the new place are read
    let other = Home::new();
    other.ok(&[
        "migrate",
        "--from",
        &data(&from),
        "--rename-node",
        "test=elsewhere",
        "--expression",
        "protocols == dns",
    ]);
    assert_eq!(count(&other, &["node == elsewhere"]), count(&from, &["protocols == dns"]));
    let clash = Home::new();
    let capture = captures().into_iter().next_back().unwrap();
    clash.ok(&["import", "--node", "test", capture.to_str().unwrap()]);
    let refused = clash.run(&["migrate", "--from", &data(&from)]);
    assert!(refused.code == 1 && refused.err.contains("--rename-node test=NEW"), "{}", refused.err);
    let same = to.run(&["migrate", "--from", &data(&to)]);
    assert!(same.code == 2 && same.err.contains("the same place"), "{}", same.err);
}

#[test]
fn an_interrupted_migration_goes_on_and_what_is_missing_is_noticed() {
    let (from, all) = filled();
    let to = Home::new();
    let mut firsts: Vec<i64> =
        sessions(&from).iter().map(|doc| doc["firstPacket"].as_i64().unwrap()).collect();
    firsts.sort_unstable();
    let middle = firsts[firsts.len() / 2];
    let later = firsts.iter().filter(|first| **first >= middle).count() as u64;
    let note = |path: &Path, range: &str| {
        let state = json!({
            "from": data(&from), "to": data(&to), "expression": range, "mark": {"before": middle}, "sessions": all - later,
        });
        std::fs::write(path, state.to_string()).unwrap();
    };
    let path = to.path("checkpoint");
    note(&path, "None None ");
    let arguments = ["migrate", "--from", &data(&from), "--checkpoint", path.to_str().unwrap()];
    // only what comes behind the mark is copied; nothing before it was, which is said
    let run = to.run(&arguments);
    assert!(run.code == 1 && run.err.contains("going on where it ended"), "{}", run.err);
    assert!(
        run.err.contains(&format!("{all} sessions were to be copied and {later} are there")),
        "{}",
        run.err
    );
    note(&path, "of something else");
    let other = to.run(&arguments);
    assert!(other.code == 1 && other.err.contains("another migration"), "{}", other.err);
    let anew = to.run(&[&arguments[..], &["--restart"]].concat());
    assert_eq!((anew.code, count(&to, &[])), (0, all), "{}", anew.err);
}

/// A capture as an Arkime's sensor keeps it, in blocks of zstd; gives the position of each offset.
fn pack(capture: &[u8], bits: u32) -> (Vec<u8>, BTreeMap<i64, i64>) {
    let offsets: Vec<usize> = pcap::Slice::new(capture).unwrap().map(|r| r.unwrap().at as usize).collect();
    let (mut file, mut places, mut block) = (Vec::new(), BTreeMap::new(), capture[..24].to_vec());
    for (number, at) in offsets.iter().enumerate() {
        let end = offsets.get(number + 1).copied().unwrap_or(capture.len());
        places.insert(*at as i64, ((file.len() as i64) << bits) | block.len() as i64);
        block.extend(&capture[*at..end]);
        if block.len() > 4_000 || end == capture.len() {
            file.extend(zstd::stream::encode_all(&block[..], 3).unwrap());
            block.clear();
        }
    }
    (file, places)
}

#[test]
fn documents_and_packets_of_an_arkime_are_taken_over() {
    let ours = Home::new();
    let capture = captures()
        .into_iter()
        .filter(|path| std::fs::read(path).unwrap().starts_with(&0xa1b2_c3d4_u32.to_le_bytes()))
        .max_by_key(|path| std::fs::metadata(path).unwrap().len())
        .unwrap();
    ours.ok(&["import", "--node", "sensor", capture.to_str().unwrap()]);
    let (file, places) = pack(&std::fs::read(&capture).unwrap(), 16);
    let dump = tempfile::tempdir().unwrap();
    let path = dump.path().join("sensor-231114-00000001.pcap.zst");
    std::fs::write(&path, file).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(dump.path().join("sessions.json.gz")).unwrap(),
        flate2::Compression::fast(),
    );
    let record = json!({
        "num": 1, "name": path, "node": "sensor", "first": 1_700_000_000, "filesize": 10, "locked": 0,
        "packetPosEncoding": "gap0", "compression": "zstd", "uncompressedBits": 16,
    });
    let files = json!({"_index": "arkime_files_v30", "_id": "sensor-1", "_source": record});
    let wanted = sessions(&ours);
    for (number, doc) in wanted.iter().enumerate() {
        let mut source = doc.clone();
        let (mut at, mut gap, mut out, mut out_gap) = (0, 0, 0, 0);
        let coded: Vec<i64> =
            doc["packetPos"].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect();
        let packed: Vec<i64> = coded
            .into_iter()
            .map(|value| {
                if value < 0 {
                    return value;
                }
                gap = if value == 0 { gap } else { value };
                at += gap;
                let next = places[&at] - out;
                out = places[&at];
                if next == out_gap {
                    0
                } else {
                    out_gap = next;
                    next
                }
            })
            .collect();
        source["packetPos"] = json!(packed);
        source["unheardOf"] = json!({"deep": number});
        source.as_object_mut().unwrap().remove("id");
        let id = doc["id"].as_str().unwrap();
        writeln!(gzip, "{}", json!({"_index": "arkime_sessions3-231114", "_id": id, "_source": source}))
            .unwrap();
    }
    gzip.finish().unwrap();
    std::fs::write(dump.path().join("files.ndjson"), format!("{files}\n")).unwrap();
    std::fs::write(
        dump.path().join("users.json"),
        json!({"_index": "arkime_users_v30", "_id": "u", "_source": {"userId": "u"}}).to_string(),
    )
    .unwrap();

    let theirs = Home::new();
    let done = theirs.run(&["migrate", "--from", dump.path().to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains(&format!("unheardOf.deep ({})", wanted.len())), "{}", done.err);
    assert!(done.err.contains("1 documents of arkime_users_v30 were not taken over"), "{}", done.err);
    let taken = sessions(&theirs);
    assert_eq!(taken.len(), wanted.len());
    for (mut taken, mut wanted) in taken.into_iter().zip(wanted) {
        for doc in [&mut taken, &mut wanted] {
            doc.as_object_mut().unwrap().remove("packetPos");
        }
        assert_eq!(taken, wanted);
    }
    assert_eq!(packets(&theirs), packets(&ours));
}

#[test]
fn backups_are_whole_or_refused() {
    let (home, all) = filled();
    home.ok(&["user", "add", "alice", "--role", "superAdmin"]);
    let backup = home.path("monday");
    let place = backup.to_str().unwrap();
    home.ok(&["db", "backup", place, "--packets"]);
    let twice = home.run(&["db", "backup", place]);
    assert!(twice.code == 1 && twice.err.contains("there already"), "{}", twice.err);
    let new = Home::new();
    let done = new.run(&["db", "restore", place]);
    assert!(done.code == 0 && done.err.contains(&format!("{all} sessions put back")), "{}", done.err);
    assert_eq!(sessions(&new), sessions(&home));
    assert_eq!(packets(&new), packets(&home));
    assert!(new.ok(&["user", "list"]).contains("alice"));
    // over something that is there: only after asking, and what was there is kept
    let asked = new.run(&["db", "restore", place]);
    assert!(
        asked.code == 2 && asked.err.contains("--yes") && asked.err.contains("moved to"),
        "{}",
        asked.err
    );
    std::fs::rename(new.path("data/packets"), new.path("data/old-packets")).unwrap();
    new.ok(&["db", "restore", place, "--yes"]);
    assert_eq!(count(&new, &[]), all);
    assert!(
        std::fs::read_dir(new.path("data"))
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with("before-restore-") })
    );
    // one byte
    let mut victim = None;
    let mut folders = vec![backup.join("index/partitions")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "parquet") {
                victim = Some(path);
            }
        }
    }
    let victim = victim.unwrap();
    let mut bytes = Vec::new();
    std::fs::File::open(&victim).unwrap().read_to_end(&mut bytes).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&victim).unwrap();
    std::fs::write(&victim, bytes).unwrap();
    let damaged = Home::new().run(&["db", "restore", place, "--check"]);
    assert!(damaged.code == 1 && damaged.err.contains("damaged in 1 files"), "{}", damaged.err);
}

#[test]
fn old_partitions_go_when_somebody_agrees() {
    let (home, all) = filled();
    let info: Value = serde_json::from_str(&home.ok(&["db", "info", "--json"])).unwrap();
    assert_eq!(
        (info["index"]["sessions"].as_u64(), info["index"]["condition"].as_str()),
        (Some(all), Some("good"))
    );
    let asked = home.run(&["db", "expire", "1s"]);
    assert!(
        asked.code == 2 && asked.err.contains("will be deleted") && asked.err.contains("--yes"),
        "{}",
        asked.err
    );
    assert_eq!(count(&home, &[]), all);
    let none = home.ok(&["db", "expire", "36500d"]);
    assert!(none.contains("nothing goes"), "{none}");
    home.ok(&["db", "optimize"]);
    assert_eq!(count(&home, &[]), all);
    assert!(home.ok(&["db", "upgrade"]).contains("this version"));
    assert!(home.ok(&["db", "info"]).contains("partitions"));
    home.ok(&["db", "expire", "1s", "--yes"]);
    assert_eq!(count(&home, &[]), 0);
}
