//! Running the real binary in a folder of its own.
#![allow(dead_code, reason = "not every test file needs everything")]

pub mod disk;
pub mod frames;
pub mod net;
pub mod sensor;

pub use frames::packets;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder for one test.
pub struct Home(tempfile::TempDir);

/// How a run ended.
pub struct Run {
    /// Exit status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    /// A path beside the data.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    /// The binary with this folder as its data.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hindsight"));
        command
            .args(arguments)
            .env("HINDSIGHT_DIR", self.0.path().join("data"))
            .env("TZ", "UTC")
            .env_remove("HINDSIGHT_NODE");
        command
    }
    /// Runs to the end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, b"")
    }
    /// Runs to the end with this on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
    /// Standard output of a run that must succeed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "hindsight {arguments:?}: {}", run.err);
        run.out
    }
    /// The same as bytes.
    pub fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
    /// Imports every capture of the project.
    pub fn import_all(&self) -> Run {
        let files = captures();
        let names: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
        let run = self.run(&[&["import", "--node", "test"], names.as_slice()].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run
    }
}

/// The captures of the protocols, sorted.
pub fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/src").canonicalize().unwrap();
    let mut found = Vec::new();
    for protocol in std::fs::read_dir(root).unwrap() {
        if let Ok(files) = std::fs::read_dir(protocol.unwrap().path().join("captures")) {
            found.extend(
                files.map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "pcap")),
            );
        }
    }
    found.sort();
    assert!(found.len() > 10);
    found
}

/// Whether an independent tool is installed; says that the comparison is skipped when it is not.
pub fn has(program: &str) -> bool {
    let there = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()));
    if !there {
        eprintln!(
            "skipped: comparison with {program}, which is not installed (deploy/test-tools installs it)"
        );
    }
    there
}

/// Standard output of an independent tool.
pub fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Waits until something is so; 30 seconds are plenty for anything here.
pub fn wait_for(what: &str, mut test: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !test() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Asks a process to end as Ctrl-C does (`ip netns exec` has become the program itself); its exit status.
pub fn interrupt(child: &mut Child) -> i32 {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}
