//! Live capture with the real binary on a veth pair between two network namespaces, with a real client and server; what was
//! captured is compared with what tcpdump saw at the same interface. Needs root; says that it skips otherwise.

mod support;

use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{Home, has, tool};

/// Two namespaces with a cable between them; gone when dropped.
struct Cable {
    client: String,
    server: String,
}

fn ip(arguments: &[&str]) -> bool {
    Command::new("ip").args(arguments).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

impl Cable {
    fn new() -> Option<Self> {
        let id = std::process::id();
        let cable = Self { client: format!("hsc{id}"), server: format!("hss{id}") };
        let made = ip(&["netns", "add", &cable.client])
            && ip(&["netns", "add", &cable.server])
            && ip(&[
                "link",
                "add",
                "c0",
                "netns",
                &cable.client,
                "type",
                "veth",
                "peer",
                "name",
                "s0",
                "netns",
                &cable.server,
            ]);
        if !made {
            eprintln!("skipped: live capture needs root and network namespaces");
            return None;
        }
        for (namespace, device, address) in
            [(&cable.client, "c0", "10.78.0.1/24"), (&cable.server, "s0", "10.78.0.2/24")]
        {
            assert!(ip(&["-n", namespace, "addr", "add", address, "dev", device]));
            assert!(ip(&["-n", namespace, "link", "set", device, "up"]));
            assert!(ip(&["-n", namespace, "link", "set", "lo", "up"]));
        }
        Some(cable)
    }

    fn command(namespace: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace, program]);
        command
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.client]);
        ip(&["netns", "del", &self.server]);
    }
}

fn interrupt(child: &mut Child) -> i32 {
    // the child is `ip netns exec`, which has become the program itself
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not stop");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !test() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn captures_what_tcpdump_captures() {
    if !["ip", "tcpdump", "python3", "curl"].iter().all(|program| has(program)) {
        return;
    }
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    std::fs::write(home.path("page.html"), "x".repeat(20_000)).unwrap();

    let mut server = Cable::command(&cable.server, "python3")
        .args(["-m", "http.server", "8000", "--bind", "10.78.0.2"])
        .current_dir(home.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let reference = home.path("tcpdump.pcap");
    let mut tcpdump = Cable::command(&cable.server, "tcpdump")
        .args([
            "-q",
            "-i",
            "s0",
            "-U",
            "--immediate-mode",
            "-w",
            reference.to_str().unwrap(),
            "tcp port 8000",
        ])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let log = home.path("log");
    let mut hindsight = Cable::command(&cable.server, env!("CARGO_BIN_EXE_hindsight"))
        .args(["run", "--interface", "s0", "--no-serve", "--node", "live"])
        .env("HINDSIGHT_DIR", home.path("data"))
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    wait_for("capture to begin", || said().contains("s0"));
    wait_for("tcpdump", || reference.exists());
    let fetch = || {
        Cable::command(&cable.client, "curl")
            .args(["-s", "-o", "/dev/null", "http://10.78.0.2:8000/page.html"])
            .status()
            .unwrap()
            .success()
    };
    wait_for("the server", fetch);
    for _ in 0..20 {
        assert!(fetch());
    }
    // sessions that ended are found while capture goes on
    wait_for("sessions of a running capture", || {
        home.ok(&["search", "port == 8000", "--count"]).trim() != "0"
    });
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(interrupt(&mut hindsight), 0, "{}", said());
    interrupt(&mut tcpdump);
    let _ = server.kill();
    let _ = server.wait();

    let lines = |text: String| text.lines().count();
    let expected = lines(tool("tcpdump", &["-nr", reference.to_str().unwrap()]));
    let found: u64 = home
        .ok(&["search", "port == 8000", "--json", "--limit", "0"])
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["network"]["packets"].as_u64().unwrap())
        .sum();
    assert_eq!(found as usize, expected, "{}", said());
    let sessions: u64 =
        home.ok(&["search", "port == 8000 && http.uri == */page.html", "--count"]).trim().parse().unwrap();
    assert!(sessions >= 21, "{sessions} sessions with the page");

    let out = home.path("out.pcap");
    let done = home.run(&["export", "port == 8000", "-w", out.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(lines(tool("tcpdump", &["-nr", out.to_str().unwrap()])), expected);
    assert!(said().contains("0 dropped") || !said().contains("dropped"), "{}", said());
}
