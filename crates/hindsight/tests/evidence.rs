//! Evidence from end to end with the real binary: rules against imported and live packets, what is kept at which level, the evidence API over
//! HTTP, restarts, quotas, uploads under an own device. Live capture needs root and says that it skips otherwise.

mod support;

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use support::frames::{assert_same, write_capture};
use support::net::{Cable, inside};
use support::sensor::Sensor;
use support::{Home, has, packets, tool, wait_for};

/// 2023-06-18 15:46:04.968817 in Shanghai.
const SEED: u64 = 1_687_074_364_968_817;

/// Own rules: one that hits `union…select` in the head of a GET, one for a web server, one for a name in UDP.
fn rules(home: &Home) -> String {
    let folder = home.path("rules");
    std::fs::create_dir_all(&folder).unwrap();
    let threat = json!({"threat": {"rules": {"50003": {"type": "SQL", "name": "CRUD", "regex": "GET [^\\r\\n]+\\b(union.+select)\\b",
        "protocol": "tcp", "is_http": 1, "part": "head"}}}});
    let service = json!({"protocol": {"rules": {"10001": {"type": "Service", "name": "HTTP", "regex": "^HTTP/(1\\.[01]) [1-5][0-9][0-9]"}}}});
    std::fs::write(folder.join("threat.json"), threat.to_string()).unwrap();
    std::fs::write(folder.join("service.json"), service.to_string()).unwrap();
    folder.display().to_string()
}

fn segment(ports: [u16; 2], hosts: [u8; 2], seq: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, hosts[1], 2, 0, 0, 0, 0, hosts[0], 8, 0, 0x45, 0];
    frame.extend((40 + payload.len() as u16).to_be_bytes());
    frame.extend([0, 1, 0x40, 0, 64, 6, 0, 0, 10, 78, 0, hosts[0], 10, 78, 0, hosts[1]]);
    frame.extend([ports[0].to_be_bytes(), ports[1].to_be_bytes()].concat());
    frame.extend(seq.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend(payload);
    frame
}

/// A client's connection, its request with an attack in it, and the answer.
fn attack(port: u16) -> Vec<Vec<u8>> {
    let (out, back) = ([port, 80], [80, port]);
    vec![
        segment(out, [9, 2], 99, 2, b""),
        segment(out, [9, 2], 100, 24, b"GET /a?id=1+union+select+2 HTTP/1.1\r\nHost: x\r\n\r\n"),
        segment(back, [2, 9], 500, 24, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ]
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The viewer's server; nobody is asked who he is.
fn serve(home: &Home, arguments: &[&str]) -> (Running, String) {
    let arguments =
        [&["serve", "--node", "test", "--regression-tests", "--listen", "127.0.0.1:0"], arguments].concat();
    let mut server = Running(home.command(&arguments).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let url = lines.find_map(|line| line.strip_prefix("viewer: http://").map(str::to_owned));
    // what it says later is read, too: a pipe that nobody reads ends those who write
    std::thread::spawn(move || lines.for_each(|line| eprintln!("server: {line}")));
    (server, url.unwrap())
}

/// Status and body of a request that changes something: with the token for that.
fn change(address: &str, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let (_, token) = ask(address, "GET /regressionTests/makeToken", b"");
    let token = String::from_utf8(token).unwrap();
    ask_with(address, head, &format!("x-arkime-cookie: {token}\r\n"), body)
}

/// Status and body of a request.
fn ask(address: &str, head: &str, body: &[u8]) -> (u16, Vec<u8>) {
    ask_with(address, head, "", body)
}

/// The same with further headers.
fn ask_with(address: &str, head: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {}\r\n",
        body.len()
    );
    let kind = if body.starts_with(b"--XX") {
        "multipart/form-data; boundary=XX"
    } else {
        "application/x-www-form-urlencoded"
    };
    stream.write_all(format!("{head}content-type: {kind}\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = answer[end + 4..].to_vec();
    if head.contains("transfer-encoding: chunked") {
        let mut plain = Vec::new();
        while let Some(line) = body.windows(2).position(|two| two == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).unwrap().trim(), 16).unwrap();
            if size == 0 {
                break;
            }
            plain.extend_from_slice(&body[line + 2..line + 2 + size]);
            body.drain(..line + 4 + size);
        }
        body = plain;
    }
    (status, body)
}

fn get(address: &str, path: &str) -> Value {
    let (status, body) = ask(address, &format!("GET {path}"), b"");
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/liuying");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder.canonicalize().unwrap())
}

/// Packets in the evidence of a device, finished and open files together.
fn kept(home: &Home, device: u32) -> usize {
    let entries =
        std::fs::read_dir(home.path(&format!("data/evidence/{device}"))).into_iter().flatten().flatten();
    let captures = entries.map(|entry| entry.path()).filter(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".pcap") || name.ends_with(".pcap.temp")
    });
    captures.map(|path| support::frames::packets_so_far(&path)).sum()
}

#[test]
fn the_seed_is_imported_and_answered_byte_for_byte() {
    let Some(corpus) = corpus() else { return };
    let home = Home::new();
    home.configure("[evidence]\ntimezone = \"Asia/Shanghai\"\n");
    let (seed, rules) = (corpus.join("pcap/p_seed.pcap"), corpus.join("rules"));
    let (seed, rules) = (seed.to_str().unwrap(), rules.to_str().unwrap());
    home.ok(&["import", seed, "--rules", rules, "--evidence-level", "1", "--devid", "3"]);
    let file = home.path("data/evidence/3/202306181545.pcap");
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(&bytes[..16], b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0");
    assert_eq!(packets(&file), packets(Path::new(seed)));
    if has("tcpdump") {
        assert_eq!(tool("tcpdump", &["-nr", file.to_str().unwrap()]).lines().count(), 1);
    }
    if has("capinfos") {
        assert!(tool("capinfos", &["-T", "-r", "-M", "-c", file.to_str().unwrap()]).trim().ends_with("\t1"));
    }
    let vectors: Value =
        serde_json::from_slice(&std::fs::read(corpus.join("evidence_vectors.json")).unwrap()).unwrap();
    let want = format!("[\n{}\n]\n", vectors[0]["original_output"]);
    let (_server, address) = serve(&home, &[]);
    let query = format!("time={SEED}&devid=3");
    for path in ["/evidence", "/d/evidence"] {
        for query in [query.as_str(), "time_sec=1687074364&time_usec=968817&devid=3"] {
            let got = ask(&address, &format!("GET {path}?{query}"), b"");
            assert_eq!((got.0, String::from_utf8(got.1).unwrap()), (200, want.clone()), "{path}?{query}");
            let posted = ask(&address, &format!("POST {path}"), query.as_bytes());
            assert_eq!(
                (posted.0, String::from_utf8(posted.1).unwrap()),
                (200, want.clone()),
                "{path} {query}"
            );
        }
    }
    let (_, capture) = ask(&address, &format!("GET /evidence?{query}&download=true"), b"");
    let object: Value = serde_json::from_str::<Value>(&want).unwrap()[0].take();
    let hex = [object["pkthdr"].as_str().unwrap(), object["packet"].as_str().unwrap()].concat();
    let unhex: Vec<u8> = hex
        .as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect();
    assert_eq!(capture, [&bytes[..24], &unhex].concat(), "header and record as JSON says them");
    for (query, status) in [
        ("", 400),
        ("time=x", 400),
        ("time=18446744073709551615", 400),
        ("time=1&devid=../../etc", 400),
        ("time=1", 200),
    ] {
        assert_eq!(ask(&address, &format!("GET /evidence?{query}"), b"").0, status, "{query}");
    }
    // from the hit to its alert, and from there to the packet
    let alerts = get(&address, "/api/alerts?date=-1");
    let alert = &alerts["data"][0];
    assert_eq!(alert["obj"], "10.10.1.87:>10.10.10.21:21 TCP sql crud");
    assert_eq!(
        (&alert["level"], &alert["count"], &alert["last"]),
        (&json!("extra_high"), &json!(1), &json!(SEED))
    );
    let detail = get(&address, &format!("/api/alert/{}?date=-1", alert["id"].as_str().unwrap()));
    let hit = &detail["hits"][0];
    assert_eq!((&hit["start"], &hit["end"], &hit["packet"]), (&json!(120), &json!(168), &json!(true)));
    let shown = get(
        &address,
        &format!("/api/evidence/packets?time={}&devid={}&ip=10.10.1.87", hit["time"], hit["devid"]),
    );
    let params = &shown["packets"][0]["http"]["params"];
    assert_eq!(
        (&params[0][0], &params[0][1], &params[1][0]),
        (&json!("action"), &json!("grouppermission"), &json!("gids[99]"))
    );
}

#[test]
fn levels_keep_what_their_table_says() {
    let Some(corpus) = corpus() else { return };
    let rules = corpus.join("rules");
    for (name, want) in [("q_apache", [0, 0, 1, 1]), ("p_getresp", [0, 1, 2, 2])] {
        for (level, want) in want.into_iter().enumerate() {
            let home = Home::new();
            let capture = corpus.join(format!("pcap/{name}.pcap"));
            let level = level.to_string();
            home.ok(&[
                "import",
                capture.to_str().unwrap(),
                "--rules",
                rules.to_str().unwrap(),
                "--evidence-level",
                &level,
            ]);
            let got = kept(&home, 0);
            // the highest level keeps at least what the one below keeps
            if level == "3" {
                assert!(got >= want, "{name} at {level}: {got}")
            } else {
                assert_eq!(got, want, "{name} at {level}")
            }
        }
    }
}

#[test]
fn the_originals_sample_has_one_packet_of_evidence() {
    let Some(corpus) = corpus() else { return };
    let sample = std::fs::read_dir(corpus.join("samples")).unwrap().flatten().map(|entry| entry.path());
    let Some(sample) = sample.into_iter().find(|path| path.to_string_lossy().contains("mining_common"))
    else {
        eprintln!("skipped: the sample mining_common is absent");
        return;
    };
    let home = Home::new();
    let rules = corpus.join("rules");
    home.ok(&[
        "import",
        sample.to_str().unwrap(),
        "--rules",
        rules.to_str().unwrap(),
        "--evidence-level",
        "1",
        "--devid",
        "3",
    ]);
    assert_eq!(kept(&home, 3), 1);
    let (_server, address) = serve(&home, &[]);
    let found = get(&address, "/evidence?time=1638236575877284&devid=3");
    assert_eq!(
        (&found[0]["caplen"], &found[0]["dip"], &found[0]["dport"]),
        (&json!(124), &json!("172.65.253.106"), &json!(25))
    );
}

#[test]
fn old_evidence_goes_by_size_and_age_and_what_would_go_is_named() {
    let home = Home::new();
    let rules = rules(&home);
    let capture = home.path("a.pcap");
    write_capture(&capture, &attack(40_000));
    home.ok(&[
        "import",
        capture.to_str().unwrap(),
        "--rules",
        &rules,
        "--evidence-level",
        "2",
        "--devid",
        "7",
    ]);
    assert_eq!(kept(&home, 7), 2);
    home.configure("[evidence]\nmax_size = \"10B\"\n");
    let would = home.ok(&["expire", "--dry-run"]);
    assert!(would.contains("evidence/7/"), "{would}");
    assert_eq!(kept(&home, 7), 2);
    let gone = home.run(&["expire"]);
    assert!(gone.err.contains("1 files of evidence"), "{}", gone.err);
    assert_eq!(kept(&home, 7), 0);
}

#[test]
fn an_upload_has_alerts_and_evidence_under_its_own_device() {
    let home = Home::new();
    let capture = home.path("a.pcap");
    write_capture(&capture, &attack(40_001));
    // no rules are configured: those that come with the program look at it
    let (_server, address) = serve(&home, &[]);
    let mut form = b"--XX\r\nContent-Disposition: form-data; name=\"devid\"\r\n\r\n77\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pcap\"\r\n\r\n".to_vec();
    form.extend(std::fs::read(&capture).unwrap());
    form.extend(b"\r\n--XX--\r\n");
    let (status, answer) = change(&address, "POST /api/upload?wait=60", &form);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &answer["success"]), (200, &json!(true)), "{answer}");
    let alerts = get(&address, "/api/alerts?date=-1&devid=77");
    assert!(alerts["recordsFiltered"].as_u64().unwrap() >= 1, "{alerts}");
    assert_eq!(get(&address, "/api/alerts?date=-1&devid=3")["recordsFiltered"], 0);
    assert!(kept(&home, 77) >= 1 && kept(&home, 3) == 0);
    let form = b"--XX\r\nContent-Disposition: form-data; name=\"devid\"\r\n\r\n-7\r\n--XX--\r\n";
    assert_eq!(change(&address, "POST /api/upload", form).0, 400);
    // this process does not capture
    let described = get(&address, "/api/evidence/rules");
    assert_eq!((&described["captures"], &described["level"]), (&json!(false), &json!(0)));
}

#[test]
fn rules_that_cannot_be_used_are_named_by_the_check() {
    let home = Home::new();
    let folder = rules(&home);
    std::fs::write(
        Path::new(&folder).join("os.json"),
        "{\"os\": {\"rules\": {\"1\": {\"type\": \"T\", \"name\": \"N\", \"regex\": \"a(\"}}}}",
    )
    .unwrap();
    let checked = home.run(&["rules", "check", &folder]);
    assert_ne!(checked.code, 0);
    assert!(
        checked.out.contains("rule 1") && checked.out.contains("2 rules, 1 cannot be used"),
        "{}",
        checked.out
    );
    let nowhere = home.run(&["rules", "check", "/nowhere"]);
    assert!(nowhere.err.contains("/nowhere") && nowhere.code != 0, "{}", nowhere.err);
}

#[test]
fn live_evidence_is_switched_on_by_a_signal_and_outlives_restarts() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let rules = rules(&home);
    let arguments = ["--interface", "s0"];
    home.configure("");
    let sensor = Sensor::start(&home, &cable.server, &arguments);
    cable.send("c0", &attack(41_000), 1_000.0);
    wait_for("packets", || home.packet_files().iter().any(|file| support::frames::packets_so_far(file) > 2));
    assert_eq!(kept(&home, 3), 0);
    home.configure(&format!("[evidence]\nrules = {rules:?}\nlevel = 2\n"));
    sensor.signal("HUP");
    wait_for("the rules", || sensor.said().contains("read again"));
    cable.send("c0", &attack(41_001), 1_000.0);
    wait_for("evidence in an open slot", || kept(&home, 3) == 2);
    // off again: what is there stays, and nothing comes to it
    home.configure("[evidence]\nlevel = 0\n");
    sensor.signal("HUP");
    wait_for("the second reading", || sensor.said().matches("read again").count() == 2);
    cable.send("c0", &attack(41_002), 1_000.0);
    sensor.end();
    assert_eq!(kept(&home, 3), 2);
    assert_eq!(home.sessions("evidence.category == threat").len(), 1);
    // killed, and started again in the same slot (or the next one): nothing is lost
    home.configure(&format!("[evidence]\nrules = {rules:?}\nlevel = 1\n"));
    let sensor = Sensor::start(&home, &cable.server, &arguments);
    cable.send("c0", &attack(41_003), 1_000.0);
    wait_for("the third packet", || kept(&home, 3) == 3);
    sensor.kill();
    let sensor = Sensor::start(&home, &cable.server, &arguments);
    cable.send("c0", &attack(41_004), 1_000.0);
    wait_for("the fourth packet", || kept(&home, 3) == 4);
    sensor.end();
    assert_eq!(kept(&home, 3), 4);
    let names: Vec<String> = std::fs::read_dir(home.path("data/evidence/3"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.len() == "202306181545.pcap".len() && name.ends_with(".pcap")),
        "{names:?}"
    );
}

#[test]
fn nobody_has_to_read_what_it_says() {
    let home = Home::new();
    let mut server = Running(
        home.command(&["serve", "--node", "test", "--regression-tests", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let address = {
        let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines().map_while(Result::ok);
        lines.find_map(|line| line.strip_prefix("viewer: http://").map(str::to_owned)).unwrap()
    };
    // now the pipe has no reader; this is logged, and answered all the same
    let (status, text) = ask(&address, "POST /api/view", b"name=a");
    assert_eq!((status, String::from_utf8_lossy(&text).contains("Missing token")), (500, true));
    assert_eq!(get(&address, "/api/user")["userId"], "anonymous");
    assert_eq!(support::interrupt(&mut server.0), 0);
    let Some(cable) = Cable::new() else { return };
    let program = ["run", "--no-serve", "--no-packets", "--interface", "s0"];
    let mut command = inside(&cable.server, env!("CARGO_BIN_EXE_hindsight"));
    let child =
        command.args(program).env("HINDSIGHT_DIR", home.path("live")).stderr(Stdio::piped()).spawn().unwrap();
    let mut sensor = Running(child);
    let mut lines = BufReader::new(sensor.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("capturing on")));
    drop(lines);
    // it would say that it read its configuration again, and afterwards end as it was asked to
    let id = sensor.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(support::interrupt(&mut sensor.0), 0);
}

#[test]
fn captures_are_replayed_onto_an_interface_at_a_pace() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let capture = home.path("a.pcap");
    let frames: Vec<Vec<u8>> = (0..20).flat_map(|n| attack(43_000 + n)).collect();
    write_capture(&capture, &frames);
    let replay = |arguments: &[&str]| {
        inside(&cable.client, env!("CARGO_BIN_EXE_hindsight"))
            .args(["replay", capture.to_str().unwrap()])
            .args(arguments)
            .env("HINDSIGHT_DIR", home.path("other"))
            .output()
            .unwrap()
    };
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let begun = std::time::Instant::now();
    let slow = replay(&["-i", "c0", "--pace", "100pps"]);
    // the last of sixty is due after 590 ms
    assert!(slow.status.success() && begun.elapsed().as_millis() >= 580, "{:?}", begun.elapsed());
    assert!(String::from_utf8_lossy(&slow.stderr).contains("60 packets"), "{slow:?}");
    let twice = replay(&["-i", "c0", "--pace", "top", "--repeat", "2"]);
    assert!(twice.status.success(), "{twice:?}");
    home.wait_for_kept(180);
    assert_eq!(sensor.end().packets, 180);
    assert_same(&[&frames[..], &frames[..], &frames[..]].concat(), &home.kept());
    let nowhere = replay(&["-i", "nope"]);
    let said = String::from_utf8_lossy(&nowhere.stderr).into_owned();
    assert!(!nowhere.status.success() && said.contains("nope") && said.contains("c0"), "{said}");
}

#[test]
fn a_real_nfcapd_reads_the_flows() {
    if !["nfcapd", "nfdump"].iter().all(|program| has(program)) {
        return;
    }
    for version in ["v9", "ipfix"] {
        let home = Home::new();
        let rules = rules(&home);
        let capture = home.path("a.pcap");
        write_capture(&capture, &attack(42_000));
        let folder = home.path("flows");
        std::fs::create_dir(&folder).unwrap();
        // a port that is free now
        let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let child = std::process::Command::new("nfcapd")
            .args(["-b", "127.0.0.1", "-p", &port, "-w"])
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut collector = Running(child);
        let listens = format!(":{:04X} ", port.parse::<u16>().unwrap());
        wait_for("nfcapd", || std::fs::read_to_string("/proc/net/udp").unwrap().contains(&listens));
        home.configure(&format!("[netflow]\nversion = \"{version}\"\n"));
        let collector_at = format!("127.0.0.1:{port}");
        home.ok(&["import", capture.to_str().unwrap(), "--rules", &rules, "--collector", &collector_at]);
        // it takes what is in its socket, then finishes its file
        std::thread::sleep(std::time::Duration::from_secs(2));
        support::interrupt(&mut collector.0);
        let said =
            tool("nfdump", &["-q", "-R", folder.to_str().unwrap(), "-o", "fmt:%pr %sa %sp %da %dp %pkt"]);
        let rows: Vec<Vec<&str>> = said
            .lines()
            .map(|line| line.split_whitespace().collect())
            .filter(|row: &Vec<&str>| !row.is_empty())
            .collect();
        let row = |src: &str, sp: &str, dst: &str, dp: &str, packets: &str| {
            rows.iter().any(|row| row[..] == ["TCP", src, sp, dst, dp, packets])
        };
        assert!(row("10.78.0.9", "42000", "10.78.0.2", "80", "2"), "{version}: {said}");
        assert!(row("10.78.0.2", "80", "10.78.0.9", "42000", "1"), "{version}: {said}");
    }
}
