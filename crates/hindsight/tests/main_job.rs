//! The main job with the real binary and real captures: a capture goes in, sessions are found, their packets come out. What comes out
//! is compared with independent tools.

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use support::{Home, captures, has, tool};

#[test]
fn what_goes_in_is_found_and_comes_out() {
    let home = Home::new();
    let files = captures();
    let names: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
    let imported = home.run(&[&["import", "--node", "test"], names.as_slice()].concat());
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert_eq!(imported.out, "", "results only on stdout; import has none");

    let all: u64 = home.ok(&["search", "--count"]).trim().parse().unwrap();
    assert!(all > 20);
    let json = home.ok(&["search", "--json", "--limit", "0"]);
    assert_eq!(json.lines().count() as u64, all);

    // every packet lies in exactly one session
    let packets: u64 = json
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["network"]["packets"].as_u64().unwrap())
        .sum();
    if has("capinfos") {
        let counted: u64 = files.iter().map(|f| packets_of(f)).sum();
        assert_eq!(packets, counted);
    }

    let out = home.path("out.pcapng");
    let done = home.run(&["export", "", "-w", out.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    if has("capinfos") {
        assert_eq!(packets_of(&out), packets);
    }
    if has("tshark") {
        // the same frames, byte for byte, in order of time
        let mut before: BTreeMap<String, u32> = BTreeMap::new();
        for file in &files {
            for line in frames(file).lines() {
                *before.entry(line.to_owned()).or_default() += 1;
            }
        }
        let exported = frames(&out);
        let times: Vec<f64> =
            exported.lines().map(|l| l.split('\t').next().unwrap().parse().unwrap()).collect();
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "packets are in order of time");
        for line in exported.lines() {
            *before.entry(line.to_owned()).or_default() -= 1;
        }
        assert!(before.values().all(|left| *left == 0));
    }
}

#[test]
fn export_holds_exactly_the_sessions_asked_for() {
    let home = Home::new();
    home.import_all();
    let out = home.path("dns.pcap");
    let asked = "protocols == dns && port == 53 && ip.protocol == udp";
    let done = home.run(&["export", asked, "-w", out.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    if has("tshark") {
        let count = |filter: &str, file: &Path| {
            let text = tool("tshark", &["-r", file.to_str().unwrap(), "-Y", filter]);
            text.lines().count()
        };
        assert_eq!(count("udp.port == 53", &out), count("frame", &out));
        let there: usize = captures().iter().map(|f| count("udp.port == 53 && dns", f)).sum();
        assert_eq!(count("dns", &out), there);
    }
    // a filter of packets
    let out = home.path("synacks.pcap");
    let filter = "tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)";
    let done = home.run(&["export", "protocols == tcp", "--bpf", filter, "-w", out.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    if has("tcpdump") {
        let there: usize = captures()
            .iter()
            .map(|f| tool("tcpdump", &["-nr", f.to_str().unwrap(), filter]).lines().count())
            .sum();
        assert_eq!(tool("tcpdump", &["-nr", out.to_str().unwrap()]).lines().count(), there);
    }
    // what the check promises
    let check = home.run(&["export", asked, "--check"]);
    assert_eq!(check.code, 0, "{}", check.err);
    let sessions = home.ok(&["search", asked, "--count"]);
    assert!(check.out.contains(&format!("{} sessions", sessions.trim())), "{}", check.out);
}

#[test]
fn stdout_can_be_piped_to_wireshark() {
    let home = Home::new();
    home.import_all();
    let bytes = home.bytes(&["export", "protocols == http", "-w", "-"]);
    assert_eq!(&bytes[..4], &[0xd4, 0xc3, 0xb2, 0xa1], "a classic pcap with microseconds");
}

#[test]
fn the_same_capture_is_not_imported_twice() {
    let home = Home::new();
    home.import_all();
    let before = home.ok(&["search", "--count"]);
    let again = home.import_all();
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("imported before"), "{}", again.err);
    assert_eq!(home.ok(&["search", "--count"]), before);
    // insisting does not double anything: ids are the same
    let file = captures()[0].to_str().unwrap().to_owned();
    assert_eq!(home.run(&["import", "--node", "test", "--again", &file]).code, 0);
    assert_eq!(home.ok(&["search", "--count"]), before);
}

#[test]
fn stdin_folders_and_compressed_files() {
    let http = captures().into_iter().find(|f| f.ends_with("http/captures/nginx-curl.pcap")).unwrap();
    let bytes = std::fs::read(&http).unwrap();
    let reference = {
        let home = Home::new();
        home.ok(&["import", http.to_str().unwrap()]);
        home.ok(&["search", "--count"])
    };
    let piped = Home::new();
    assert_eq!(piped.run_with(&["import", "-"], &bytes).code, 0);
    assert_eq!(piped.ok(&["search", "--count"]), reference);
    let out = piped.path("back.pcap");
    assert_eq!(
        piped.run(&["export", "", "-w", out.to_str().unwrap()]).code,
        0,
        "packets of stdin were copied"
    );
    if has("capinfos") {
        assert_eq!(packets_of(&out), packets_of(&http));
    }

    for (program, extension) in [("gzip", "gz"), ("zstd", "zst")] {
        if !has(program) {
            continue;
        }
        let home = Home::new();
        let folder = home.path("in/deep/er");
        std::fs::create_dir_all(&folder).unwrap();
        let plain = folder.join("a.pcap");
        std::fs::write(&plain, &bytes).unwrap();
        tool(program, &["-q", plain.to_str().unwrap()]);
        let _ = std::fs::remove_file(&plain);
        assert!(folder.join(format!("a.pcap.{extension}")).exists());
        std::fs::write(folder.join("notes.txt"), "not a capture").unwrap();
        let done = home.run(&["import", home.path("in").to_str().unwrap()]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(home.ok(&["search", "--count"]), reference, "{program}");
    }
}

#[test]
fn damage_is_named_and_the_rest_is_kept() {
    let home = Home::new();
    let good = captures().into_iter().find(|f| f.ends_with("dns/captures/dnsmasq-dig.pcap")).unwrap();
    let http = captures().into_iter().find(|f| f.ends_with("http/captures/nginx-curl.pcap")).unwrap();
    let bytes = std::fs::read(http).unwrap();
    let cut = home.path("cut.pcap");
    std::fs::write(&cut, &bytes[..bytes.len() - 100]).unwrap();
    let rubbish = home.path("rubbish.pcap");
    std::fs::write(&rubbish, "this is no capture at all, however long it may be").unwrap();
    let missing = home.path("missing.pcap");
    let done = home.run(&[
        "import",
        good.to_str().unwrap(),
        cut.to_str().unwrap(),
        rubbish.to_str().unwrap(),
        missing.to_str().unwrap(),
    ]);
    assert_eq!(done.code, 1, "{}", done.err);
    for name in ["cut.pcap", "rubbish.pcap", "missing.pcap"] {
        assert!(done.err.contains(name), "{name} is not named in: {}", done.err);
    }
    assert!(done.err.contains("byte"), "the place of the damage is named: {}", done.err);
    assert_ne!(home.ok(&["search", "protocols == dns", "--count"]).trim(), "0", "the good file is there");
    assert_ne!(
        home.ok(&["search", "protocols == http", "--count"]).trim(),
        "0",
        "so is what came before the damage"
    );
}

#[test]
fn exit_status_and_streams() {
    let home = Home::new();
    let wrong = home.run(&["search", "port.src == abc"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("column 13") && wrong.err.contains("^^^"), "{}", wrong.err);
    assert_eq!(home.run(&["search", "--no-such-option"]).code, 2);
    assert_eq!(home.run(&["search", "--start", "whenever"]).code, 2);
    assert_eq!(home.run(&["export", "--bpf", "prot 80", "-w", "-"]).code, 2);
    assert_eq!(home.run(&["inspect", "/does/not/exist.pcap"]).code, 1);
    assert_eq!(home.ok(&["search", "--count"]), "0\n", "an empty store has no sessions and is no error");
    let csv = home.ok(&["search", "--csv", "--fields", "ip.src,packets"]);
    assert_eq!(csv, "ip.src,packets\r\n");
}

#[test]
fn columns_sort_and_range() {
    let home = Home::new();
    home.import_all();
    let bytes: Vec<u64> = home
        .ok(&["search", "--fields", "bytes", "--sort", "-bytes", "--limit", "10"])
        .lines()
        .map(|l| l.parse().unwrap())
        .collect();
    assert_eq!(bytes.len(), 10);
    assert!(bytes.is_sorted_by(|a, b| a >= b), "{bytes:?}");
    let second: Vec<u64> = home
        .ok(&["search", "--fields", "bytes", "--sort", "-bytes", "--limit", "5", "--from", "5"])
        .lines()
        .map(|l| l.parse().unwrap())
        .collect();
    assert_eq!(second, bytes[5..]);

    let all = home.ok(&["search", "--count"]);
    assert_eq!(home.ok(&["search", "--count", "--start", "0"]), all);
    assert_eq!(home.ok(&["search", "--count", "--stop", "1"]), "0\n");
    let documents = home.ok(&["search", "--json", "--limit", "1", "--sort", "firstPacket"]);
    let first: Value = serde_json::from_str(documents.trim()).unwrap();
    let last_ms = first["lastPacket"].as_i64().unwrap();
    let stop = jiff::Timestamp::from_millisecond(last_ms).unwrap().to_string();
    assert_ne!(home.ok(&["search", "--count", "--stop", &stop]), "0\n");
}

#[test]
fn a_long_session_keeps_its_name() {
    // ids are stable: the same capture gives the same ids in another store
    let (one, two) = (Home::new(), Home::new());
    let ids = |home: &Home| {
        home.import_all();
        let mut ids: Vec<String> = home
            .ok(&["search", "--json", "--limit", "0"])
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let (a, b) = (ids(&one), ids(&two));
    assert_eq!(a, b);
    assert!(a.windows(2).all(|pair| pair[0] != pair[1]), "ids are unique");
    let found = one.ok(&["search", &format!("id == {}", a[0]), "--count"]);
    assert_eq!(found, "1\n");
}

fn packets_of(file: &Path) -> u64 {
    let text = tool("capinfos", &["-Mrc", "-T", file.to_str().unwrap()]);
    text.trim().rsplit('\t').next().unwrap().parse().unwrap()
}

/// One line a frame: time, length, checksum of all bytes.
fn frames(file: &Path) -> String {
    let arguments =
        ["-r", file.to_str().unwrap(), "-n", "-o", "frame.generate_md5_hash:TRUE", "-T", "fields"];
    tool(
        "tshark",
        &[&arguments[..], &["-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.md5_hash"]].concat(),
    )
}
