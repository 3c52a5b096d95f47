//! The whole system on a cluster: the real binary and a real OpenSearch. Says that it skips where no server can be had.

#[path = "../../index-opensearch/tests/cluster/mod.rs"]
mod cluster;
mod support;

use cluster::Cluster;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{Home, captures, interrupt};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder whose sessions are in the cluster.
struct Clustered<'a> {
    home: Home,
    cluster: &'a Cluster,
}

impl<'a> Clustered<'a> {
    fn new(cluster: &'a Cluster, prefix: &str) -> Self {
        let home = Home::new();
        std::fs::create_dir_all(home.path("data")).unwrap();
        let text =
            format!("[index]\nstore = \"{}\"\nprefix = \"{prefix}\"\ntimeout = \"20s\"\n", cluster.address);
        std::fs::write(home.path("data/hindsight.toml"), text).unwrap();
        Self { home, cluster }
    }
}

fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !test() {
        assert!(begun.elapsed() < Duration::from_secs(120), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn count(home: &Home, more: &[&str]) -> u64 {
    home.ok(&[&["search", "--count"], more].concat()).trim().parse().unwrap()
}

/// Every session as JSON, sorted.
fn sessions(home: &Home) -> Vec<Value> {
    let text = home.ok(&["search", "--json", "--limit", "0"]);
    let mut all: Vec<Value> = text.lines().map(json_of).collect();
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

fn import(home: &Home, from: usize, to: usize) -> support::Run {
    let files = captures();
    let names: Vec<&str> = files.iter().take(to).skip(from).map(|f| f.to_str().unwrap()).collect();
    home.run(&[&["import", "--node", "test"], names.as_slice()].concat())
}

fn path(home: &Home) -> String {
    home.path("data").display().to_string()
}

/// One server for everything: it takes longer to start than most of this.
#[test]
fn the_whole_system_on_a_cluster() {
    let Some(cluster) = Cluster::start_with("opensearch", 1, "# own") else { return };
    let embedded = Home::new();
    let run = import(&embedded, 0, 12);
    assert_eq!(run.code, 0, "{}", run.err);
    same_as_embedded(&cluster, &embedded);
    there_and_back(&cluster, &embedded);
    from_an_arkime(&cluster, &embedded);
    capture_goes_on(&cluster);
    import_while_it_is_away(&cluster);
}

fn same_as_embedded(cluster: &Cluster, embedded: &Home) {
    let ours = Clustered::new(cluster, "same_");
    let home = &ours.home;
    assert!(home.ok(&["db", "init"]).contains("0 sessions"));
    let run = import(home, 0, 12);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("wait on this disk"), "{}", run.err);
    let plain = |home: &Home| -> Vec<Value> {
        let mut all = sessions(home);
        all.iter_mut().for_each(|doc| {
            doc.as_object_mut().unwrap().remove("@timestamp");
        });
        all
    };
    assert_eq!(plain(home), plain(embedded));
    assert_eq!(packets(home), packets(embedded));
    for expression in ["protocols == dns", "bytes > 500", "ip.dst == 10.0.0.0/8", "tags == nothing"] {
        assert_eq!(count(home, &[expression]), count(embedded, &[expression]), "{expression}");
    }

    // looking after it
    let all = count(home, &[]);
    let info = json_of(&home.ok(&["db", "info", "--json"]));
    assert_eq!((&info["index"]["store"], &info["index"]["sessions"]), (&json!("opensearch"), &json!(all)));
    assert!(info["index"]["members"][0]["diskSize"].as_u64() > Some(0), "{info}");
    assert!(info["index"]["parts"][0]["name"].as_str().unwrap().starts_with("same_sessions3-"), "{info}");
    home.ok(&["db", "upgrade"]);
    home.ok(&["db", "optimize"]);
    assert_eq!(count(home, &[]), all);

    // the viewer
    home.ok(&["user", "add", "alice", "--role", "superAdmin"]);
    let token = home.ok(&["user", "token", "add", "alice", "--name", "test", "--scope", "read"]);
    let mut serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Running(serve.stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let url = lines.find_map(|line| line.strip_prefix("viewer: ").map(str::to_owned)).expect("an address");
    std::thread::spawn(move || lines.for_each(drop));
    let ask = |path: &str| {
        let header = format!("authorization: Bearer {}", token.trim());
        let out =
            Command::new("curl").args(["-s", "-m", "30", "-H", &header, &format!("{url}{path}")]).output();
        json_of(&String::from_utf8_lossy(&out.unwrap().stdout))
    };
    let found = ask("/api/sessions?date=-1&length=5");
    assert_eq!(
        (&found["recordsFiltered"], found["data"].as_array().unwrap().len()),
        (&json!(all), 5),
        "{found}"
    );
    let health = ask("/api/store/health");
    assert_eq!((&health["store"], &health["sessions"]), (&json!("opensearch"), &json!(all)), "{health}");
    assert_ne!(health["condition"], "bad", "{health}");
    for key in ["parts", "members"] {
        assert!(!health[key].as_array().unwrap().is_empty(), "{key}: {health}");
    }
    drop(server);

    // a copy, and back into another prefix
    let backup = home.path("backup");
    home.ok(&["db", "backup", backup.to_str().unwrap()]);
    let back = Clustered::new(cluster, "back_");
    let done = back.home.run(&["db", "restore", backup.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(sessions(&back.home), sessions(home));
    assert!(back.home.ok(&["user", "list"]).contains("alice"));
    let twice = back.home.run(&["db", "restore", backup.to_str().unwrap(), "--yes"]);
    assert!(twice.code == 1 && twice.err.contains("prefix"), "{}", twice.err);

    // what goes is said first
    let asked = home.run(&["db", "expire", "1s"]);
    assert!(asked.code == 2 && asked.err.contains("will be deleted"), "{}", asked.err);
    assert_eq!(count(home, &[]), all);
    home.ok(&["db", "expire", "1s", "--yes"]);
    assert_eq!(count(home, &[]), 0);
}

fn there_and_back(cluster: &Cluster, embedded: &Home) {
    let to = ["migrate", "--from", &path(embedded), "--to", &cluster.address, "--prefix", "copy_"];
    let run = embedded.run(&to);
    assert_eq!(run.code, 0, "{}", run.err);
    let back = Home::new();
    let run = back.run(&["migrate", "--from", &cluster.address, "--prefix", "copy_"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(sessions(&back), sessions(embedded));
    assert_eq!(packets(&back), packets(embedded));
}

/// Documents in an Arkime's indices, as its sensors write them.
fn from_an_arkime(cluster: &Cluster, embedded: &Home) {
    let wanted = sessions(embedded);
    let files = json_of(&embedded.ok(&["db", "info", "--json"]))["packetFiles"].as_u64().unwrap();
    let mut names = std::collections::BTreeMap::new();
    let mut bulk = String::new();
    for doc in &wanted {
        let mut source = doc.clone();
        source.as_object_mut().unwrap().remove("id");
        // positions as they are; the file says so by saying nothing
        for value in doc["packetPos"].as_array().into_iter().flatten().filter_map(Value::as_i64) {
            if value < 0 {
                names.insert(-value, ());
            }
        }
        let mut at = 0;
        let mut gap = 0;
        let absolute: Vec<i64> = doc["packetPos"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_i64)
            .map(|value| {
                if value < 0 {
                    (at, gap) = (0, 0);
                    return value;
                }
                gap = if value == 0 { gap } else { value };
                at += gap;
                at
            })
            .collect();
        source["packetPos"] = json!(absolute);
        let id = doc["id"].as_str().unwrap();
        bulk += &format!(
            "{}\n{source}\n",
            json!({ "index": { "_index": "arkime_sessions3-231114", "_id": id } })
        );
    }
    // its files: those of this folder, by number
    let listed = embedded.path("data/catalog.db");
    let known = catalog_sqlite::Sqlite::open(listed).unwrap();
    let records = index::Catalog::files(&known).unwrap();
    assert_eq!(records.len() as u64, files);
    for file in records.iter().filter(|file| names.contains_key(&i64::from(file.num))) {
        let record = json!({ "num": file.num, "node": "test", "name": file.name, "first": file.first, "filesize": file.file_size, "locked": 1 });
        let place = json!({ "index": { "_index": "arkime_files_v30", "_id": format!("test-{}", file.num) } });
        bulk += &format!("{place}\n{record}\n");
    }
    bulk += &format!(
        "{}\n{}\n",
        json!({ "index": { "_index": "arkime_sequence_v30", "_id": "fn-test" } }),
        json!({})
    );
    let shape = r#"{"index_patterns":["arkime_*"],"template":{"mappings":{"dynamic_templates":[{"texts":{"match_mapping_type":"string","mapping":{"type":"keyword"}}}],"properties":{"firstPacket":{"type":"date"},"lastPacket":{"type":"date"}}}}}"#;
    cluster.send("PUT", "/_index_template/arkime", shape);
    let file = embedded.path("bulk");
    std::fs::write(&file, bulk).unwrap();
    let sent = cluster.send("POST", "/_bulk?refresh=true", &format!("@{}", file.display()));
    assert!(sent.contains("\"errors\":false"), "{}", &sent[..sent.len().min(2_000)]);

    let ours = Home::new();
    let run = ours.run(&["migrate", "--from", &cluster.address, "--prefix", "arkime_"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("of arkime_sequence_v30 were not taken over"), "{}", run.err);
    assert_eq!(sessions(&ours), wanted);
    assert_eq!(packets(&ours), packets(embedded));
}

/// A capture on loopback of what is sent to one port; `None` without the right to capture.
fn capture(home: &Home, port: u16, name: &str) -> Option<(Running, std::path::PathBuf)> {
    let log = home.path(name);
    let filter = format!("udp dst port {port}");
    let mut command = home.command(&[
        "run",
        "-i",
        "lo",
        "--source",
        "af-packet",
        "--no-serve",
        "--node",
        "live",
        "--filter",
        &filter,
    ]);
    let mut child = Running(command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap());
    let mut ended = None;
    wait_for("the capture", || {
        ended = child.0.try_wait().unwrap();
        ended.is_some() || std::fs::read_to_string(&log).unwrap_or_default().contains("capturing on")
    });
    if ended.is_some() {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(said.contains("setcap") || said.contains("CAP_NET"), "{said}");
        eprintln!("skipped: a live capture needs root");
        return None;
    }
    Some((child, log))
}

/// Flows of one datagram each, from ports of their own.
fn flows(port: u16, many: u16) {
    let sockets: Vec<UdpSocket> = (0..many).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for socket in &sockets {
        socket.send_to(b"hello", ("127.0.0.1", port)).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn capture_goes_on(cluster: &Cluster) {
    let ours = Clustered::new(cluster, "live_");
    let home = &ours.home;
    // sessions that end at once: they are made before the process is killed
    let config = home.path("data/hindsight.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}[sessions]\nudp = \"1s\"\n")).unwrap();
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = target.local_addr().unwrap().port();
    let Some((mut first, log)) = capture(home, port, "first") else { return };
    flows(port, 40);
    let node = || {
        let run = home.run(&["top", "--once", "--json"]);
        if run.code == 0 { json_of(&run.out)["nodes"][0].clone() } else { Value::Null }
    };
    wait_for("the sessions", || node()["counts"]["documents"].as_u64() >= Some(40));
    assert!(node()["gauges"]["spool_limit"].as_u64() > Some(0), "{}", node());
    ours.cluster.kill(1);
    flows(port, 40);
    wait_for("the sessions while the cluster is away", || node()["counts"]["documents"].as_u64() >= Some(80));
    wait_for("the queue before the spool", || node()["gauges"]["queue_documents"] == 0);
    wait_for("changes that wait", || node()["gauges"]["spool_changes"].as_u64() > Some(0));
    assert!(home.ok(&["top", "--once"]).contains("changes of the catalogue"));
    // as a loss of power
    first.0.kill().unwrap();
    first.0.wait().unwrap();
    let said = std::fs::read_to_string(log).unwrap();
    // it begins again without the cluster, with file numbers of its own
    let (mut second, log) = capture(home, port, "second").unwrap();
    flows(port, 40);
    wait_for("the sessions of the second", || node()["counts"]["documents"].as_u64() >= Some(40));
    let code = interrupt(&mut second.0);
    assert_eq!(code, 0, "{said}\n{}", std::fs::read_to_string(&log).unwrap());
    let alone = home.run(&["search", "--count"]);
    assert!(alone.code == 1 && alone.err.contains("reached"), "{}", alone.err);
    ours.cluster.revive(1);
    // what waits is sent, and what was open is made again of the packets
    let (mut third, log) = capture(home, port, "third").unwrap();
    let expression = format!("port.dst == {port}");
    wait_for("every session", || {
        let run = home.run(&["search", "--count", &expression]);
        run.code == 0 && run.out.trim() == "120"
    });
    // and none is made twice, however recovery and the spool meet
    wait_for("recovery", || std::fs::read_to_string(&log).unwrap().contains("sessions from"));
    assert_eq!(interrupt(&mut third.0), 0, "{}", std::fs::read_to_string(&log).unwrap());
    assert_eq!(count(home, &[&expression]), 120, "{}", std::fs::read_to_string(&log).unwrap());
}

fn import_while_it_is_away(cluster: &Cluster) {
    let ours = Clustered::new(cluster, "away_");
    let home = &ours.home;
    let run = import(home, 0, 4);
    assert_eq!(run.code, 0, "{}", run.err);
    let before = count(home, &[]);
    cluster.kill(1);
    let run = import(home, 4, 8);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("wait on this disk for the cluster"), "{}", run.err);
    cluster.revive(1);
    let expected = Home::new();
    assert_eq!(import(&expected, 0, 8).code, 0);
    let all = count(&expected, &[]);
    assert!(all > before);
    // the next command sends it
    wait_for("what waited", || {
        let run = home.run(&["search", "--count"]);
        run.code == 0 && run.out.trim() == all.to_string()
    });
    assert_eq!(packets(home), packets(&expected));
}
