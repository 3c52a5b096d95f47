//! What a capture shows of itself, and what `hindsight doctor` finds: the real binary, in network namespaces of its own. Needs root for those;
//! says that it skips otherwise.

mod support;

use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{Home, has};

/// A namespace, gone when dropped.
struct Namespace(String);

fn ip(arguments: &[&str]) -> bool {
    Command::new("ip").args(arguments).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

impl Namespace {
    fn new(name: &str) -> Option<Self> {
        let made = Self(format!("hso{name}{}", std::process::id()));
        if !has("ip") {
            return None;
        }
        if !ip(&["netns", "add", &made.0]) {
            eprintln!("skipped: this needs root and network namespaces");
            return None;
        }
        assert!(ip(&["-n", &made.0, "link", "set", "lo", "up"]));
        Some(made)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.0]);
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !test() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn top_without_a_capture_says_what_to_do() {
    let home = Home::new();
    let run = home.run(&["top", "--once"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("hindsight run"), "{}", run.err);
    home.ok(&["import", "--quiet", support::captures()[0].to_str().unwrap()]);
    assert!(home.ok(&["top", "--once"]).contains("No node has captured"), "imports are no capture");
    assert_eq!(json(&home.ok(&["top", "--once", "--json"]))["nodes"], Value::Array(Vec::new()));
}

#[test]
fn a_capture_is_seen_by_another_process_while_it_lives_and_afterwards() {
    if !["ip", "ping"].iter().all(|program| has(program)) {
        return;
    }
    let Some(namespace) = Namespace::new("seen") else { return };
    let home = Home::new();
    let log = home.path("log");
    let mut capture = namespace
        .command(env!("CARGO_BIN_EXE_hindsight"))
        .args(["run", "--interface", "lo", "--no-serve", "--node", "seen-1"])
        .env("HINDSIGHT_DIR", home.path("data"))
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    wait_for("the capture", || {
        assert!(capture.try_wait().unwrap().is_none(), "it ended: {}", said());
        home.path("data/catalog.db").exists() && said().contains("lo")
    });
    assert!(
        namespace
            .command("ping")
            .args(["-q", "-i", "0.05", "-c", "20", "127.0.0.1"])
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let look = || json(&home.ok(&["top", "--json"]))["nodes"][0].clone();
    // 20 requests and 20 answers
    wait_for("the statistics", || look()["counts"]["packets"].as_u64() >= Some(40));
    let node = look();
    assert_eq!((&node["node"], &node["silent"]), (&"seen-1".into(), &false.into()));
    assert_eq!(node["lines"][0]["interface"], "lo");
    let by_worker: u64 =
        node["lines"].as_array().unwrap().iter().map(|l| l["counts"]["packets"].as_u64().unwrap_or(0)).sum();
    assert_eq!(Some(by_worker), node["counts"]["packets"].as_u64(), "workers add up");
    for gauge in ["process_memory", "machine_memory", "disk_free", "disk_size"] {
        assert!(node["gauges"][gauge].as_u64() > Some(0), "{gauge}: {node}");
    }
    let page = home.ok(&["top", "--once"]);
    assert!(
        page.contains("seen-1") && page.contains("capturing for") && page.contains("interface"),
        "{page}"
    );
    assert!(!page.contains('\u{1b}'), "no colours in a pipe");

    // on a terminal it draws until q
    if has("script") {
        let mut screen = Command::new("script")
            .args([
                "-qec",
                &format!("stty cols 100 rows 30; {} top --interval 0.3", env!("CARGO_BIN_EXE_hindsight")),
                "/dev/null",
            ])
            .env("HINDSIGHT_DIR", home.path("data"))
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut keys = screen.stdin.take().unwrap();
        std::thread::sleep(Duration::from_millis(1_500));
        keys.write_all(b"q").unwrap();
        wait_for("top to end after q", || screen.try_wait().unwrap().is_some());
        let output = screen.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("seen-1") && text.contains("q quits"), "{text}");
        assert!(text.contains("\u{1b}[?1049h") && text.contains("\u{1b}[?1049l"), "the screen is put back");
    }

    assert!(Command::new("kill").args(["-INT", &capture.id().to_string()]).status().unwrap().success());
    wait_for("the capture to end", || capture.try_wait().unwrap().is_some());
    let after = look();
    assert!(after["counts"]["packets"].as_u64() >= node["counts"]["packets"].as_u64());
}

#[test]
fn doctor_finds_merging_on_a_veth_and_mends_it_where_ethtool_is_there() {
    let Some(namespace) = Namespace::new("doc") else { return };
    let home = Home::new();
    assert!(ip(&["-n", &namespace.0, "link", "add", "hso0", "type", "veth", "peer", "name", "hso1"]));
    let doctor = |arguments: &[&str]| {
        let output = namespace
            .command(env!("CARGO_BIN_EXE_hindsight"))
            .args([&["doctor", "--interface", "hso0", "--json"], arguments].concat())
            .env("HINDSIGHT_DIR", home.path("data"))
            .output()
            .unwrap();
        (output.status.code(), json(&String::from_utf8_lossy(&output.stdout)))
    };
    let of = |found: &Value, part: &str| {
        found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["found"].as_str().unwrap().contains(part))
            .cloned()
    };
    let (code, found) = doctor(&[]);
    let down = of(&found, "it is down").expect("the interface is down");
    assert_eq!(
        (code, &down["level"], &down["fix"][0]["command"]),
        (Some(1), &"bad".into(), &"ip link set dev hso0 up".into())
    );
    assert!(of(&found, "Linux ").is_some() && of(&found, "writes ").is_some());
    assert!(
        ip(&["-n", &namespace.0, "link", "set", "hso0", "up"])
            && ip(&["-n", &namespace.0, "link", "set", "hso1", "up"])
    );
    assert!(of(&doctor(&[]).1, "it is down").is_none());
    if has("ethtool") {
        let set = |state: &str| {
            namespace.command("ethtool").args(["-K", "hso0", "gro", state]).status().unwrap().success()
        };
        assert!(set("on"));
        let merged = of(&doctor(&[]).1, "received packets are merged (GRO on)").expect("GRO is on");
        assert_eq!(merged["fix"][0]["command"], "ethtool -K hso0 gro off");
        let (_, _) = doctor(&["--fix", "--yes"]);
        assert!(of(&doctor(&[]).1, "received packets are those of the wire").is_some(), "mended");
    }
}

#[test]
fn doctor_speaks_to_people_and_prints_the_unit() {
    let home = Home::new();
    let run = home.run(&["doctor", "--interface", "no-such-if"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.out.contains("bad   there is no such interface") && run.out.contains("ok    Linux"),
        "{}",
        run.out
    );
    assert!(home.ok(&["doctor", "--unit"]).contains("Type=notify"));
    let refused = home.run_with(&["doctor", "--interface", "no-such-if", "--fix"], b"");
    assert!(refused.code == 2 || refused.err.contains("nothing that --fix could run"), "{}", refused.err);
    assert_eq!(home.run(&["doctor", "--yes"]).code, 2, "--yes belongs to --fix");
    if has("systemd-analyze") {
        let unit = home.path("hindsight.service");
        let text =
            home.ok(&["doctor", "--unit"]).replace("/usr/bin/hindsight", env!("CARGO_BIN_EXE_hindsight"));
        std::fs::write(&unit, text).unwrap();
        let verified = Command::new("systemd-analyze").arg("verify").arg(&unit).output().unwrap();
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(!said.contains("hindsight.service:"), "{said}");
    }
}
