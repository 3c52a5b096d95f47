//! `hindsight run` in a namespace, and what it says of itself.

use super::frames::packets_so_far;
use super::net::inside;
use super::{Home, interrupt, packets, wait_for};
use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

/// A running capture; ended when dropped.
pub struct Sensor {
    child: Child,
    log: PathBuf,
}

/// What a capture says when it ends, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Packets that it took from the kernel.
    pub packets: u64,
    /// Packets that the kernel dropped because the ring was full.
    pub dropped: u64,
    /// Packets that could not be written.
    pub unwritten: u64,
    /// Documents that the index did not take.
    pub unindexed: u64,
}

impl Sensor {
    /// Starts capturing in a namespace; `arguments` follow `hindsight run`.
    pub fn start(home: &Home, namespace: &str, arguments: &[&str]) -> Self {
        Self::start_with(home, namespace, arguments, &[])
    }

    /// The same with variables of the environment.
    pub fn start_with(home: &Home, namespace: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = home.path("log");
        let mut command = inside(namespace, "env");
        for (name, value) in variables {
            command.arg(format!("{name}={value}"));
        }
        let child = command
            .arg(env!("CARGO_BIN_EXE_hindsight"))
            .args(["run", "--no-serve", "--node", "live"])
            .args(arguments)
            .env("HINDSIGHT_DIR", home.path("data"))
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut sensor = Self { child, log };
        wait_for("capture to begin", || {
            let ended = sensor.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", sensor.said());
            sensor.said().contains("capturing on")
        });
        sensor
    }

    /// What it said so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends it a signal: `STOP`, `CONT`, `KILL` …
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it at once, as a loss of power does.
    pub fn kill(mut self) {
        self.signal("KILL");
        self.child.wait().unwrap();
    }

    /// Asks it to end; it must end well. What was in the ring is taken first, so a moment is given.
    pub fn end(mut self) -> Told {
        std::thread::sleep(Duration::from_millis(500));
        assert!(self.runs(), "it ended by itself: {}", self.said());
        let code = interrupt(&mut self.child);
        let said = self.said();
        assert_eq!(code, 0, "{said}");
        Told::read(&said)
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    /// The last line: `12 packets, 900 bytes, 3 sessions, 3 documents, 4 packets dropped by the kernel, …`.
    fn read(said: &str) -> Self {
        let line = said.lines().rev().find(|line| line.contains(" packets, ") && line.contains(" documents"));
        let line = line.unwrap_or_else(|| panic!("it does not say what it captured: {said}"));
        let sum = |what: &str| -> u64 {
            let parts = line.split(", ").filter_map(|part| part.trim().split_once(' '));
            parts.filter(|(_, name)| name.starts_with(what)).map(|(n, _)| n.parse::<u64>().unwrap()).sum()
        };
        Self {
            packets: line.trim().split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{line}")),
            dropped: sum("packets dropped by the kernel"),
            unwritten: sum("packets not written"),
            unindexed: sum("documents not indexed"),
        }
    }
}

impl Home {
    /// Writes the configuration file.
    pub fn configure(&self, text: &str) {
        std::fs::create_dir_all(self.path("data")).unwrap();
        std::fs::write(self.path("data/hindsight.toml"), text).unwrap();
    }

    /// Waits until the packet files hold so many packets; files that are being written may end anywhere.
    pub fn wait_for_kept(&self, count: usize) {
        let so_far = || self.packet_files().iter().map(|file| packets_so_far(file)).sum::<usize>();
        wait_for("packets in the files", || so_far() >= count);
    }

    /// The packet files, oldest first.
    pub fn packet_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("data/packets")).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> =
            entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "pcap")).collect();
        files.sort();
        files
    }

    /// Bytes of every packet of every packet file.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.packet_files().iter().flat_map(|file| packets(file)).collect()
    }

    /// Packets of all sessions that are found.
    pub fn indexed(&self) -> u64 {
        self.sessions("").iter().map(|doc| doc["network"]["packets"].as_u64().unwrap()).sum()
    }

    /// Documents of the sessions that are found.
    pub fn sessions(&self, expression: &str) -> Vec<serde_json::Value> {
        let found = self.ok(&["search", expression, "--json", "--limit", "0"]);
        found.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// An independent reader reads every packet file to its end and counts what we count.
    pub fn files_are_whole(&self) {
        for file in self.packet_files() {
            let ours = packets(&file).len();
            if super::has("capinfos") {
                let name = file.to_str().unwrap();
                let said = super::tool("capinfos", &["-T", "-r", "-M", "-c", name]);
                let theirs: usize = said.trim().rsplit('\t').next().unwrap().parse().unwrap();
                assert_eq!(ours, theirs, "{name}");
            }
        }
    }
}
