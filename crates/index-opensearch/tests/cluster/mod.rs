//! A real cluster for a test: started by `deploy/search-cluster`, stopped at the end.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One cluster at a time: the machine has room for one, and ports are looked for without taking them.
static ONE: Mutex<()> = Mutex::new(());

/// Nodes on ports of their own, or (with `SEARCH_CLUSTER`, `SEARCH_CLUSTER_ES`) one that runs already.
pub struct Cluster {
    /// Addresses of the nodes, with commas.
    pub address: String,
    engine: &'static str,
    port: u16,
    data: Option<tempfile::TempDir>,
    secured: bool,
    _one: Option<MutexGuard<'static, ()>>,
}

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/search-cluster")
}

/// Ports for the nodes and, 100 above, for what they say to each other.
fn free_port(nodes: u16) -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = 20_000 + (std::process::id() % 100) as u16 * 200;
    (0..50)
        .map(|n| first + n * 10)
        .find(|port| (0..nodes).all(|k| free(port + k) && free(port + 100 + k)))
        .expect("free ports")
}

impl Cluster {
    /// `None` (and a word why) where no server can be had.
    pub fn start(engine: &'static str, nodes: u16) -> Option<Self> {
        Self::start_with(engine, nodes, "")
    }

    /// The same with settings of the nodes.
    pub fn start_with(engine: &'static str, nodes: u16, settings: &str) -> Option<Self> {
        let variable = if engine == "opensearch" { "SEARCH_CLUSTER" } else { "SEARCH_CLUSTER_ES" };
        if let (Ok(address), 1, "") = (std::env::var(variable), nodes, settings) {
            return Some(Self { address, engine, port: 0, data: None, secured: false, _one: None });
        }
        Self::own(engine, nodes, settings, false)
    }

    /// One node of OpenSearch with HTTPS and log-in; see [`Cluster::certificates`].
    pub fn start_secured() -> Option<Self> {
        Self::own("opensearch", 1, "", true)
    }

    fn own(engine: &'static str, nodes: u16, settings: &str, secured: bool) -> Option<Self> {
        let installed = Command::new(script())
            .arg("install")
            .env("ENGINE", engine)
            .env("SECURE", if secured { "1" } else { "" })
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        if !installed.status.success() {
            let why = String::from_utf8_lossy(&installed.stderr).trim().to_owned();
            eprintln!("skipped: no {engine} can be had: {why}");
            return None;
        }
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let data = tempfile::Builder::new().prefix("search-cluster-").tempdir_in("/var/tmp").unwrap();
        // nodes do not run as root
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(data.path(), open).unwrap();
        let port = free_port(nodes);
        let scheme = if secured { "https" } else { "http" };
        let address =
            (0..nodes).map(|k| format!("{scheme}://127.0.0.1:{}", port + k)).collect::<Vec<_>>().join(",");
        let cluster = Self { address, engine, port, data: Some(data), secured, _one: Some(one) };
        let started = cluster.script(&["start", &nodes.to_string()], settings);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some(cluster)
    }

    fn script(&self, arguments: &[&str], settings: &str) -> std::process::Output {
        let data = self.data.as_ref().expect("an own cluster");
        let mut command = Command::new(script());
        command.args(arguments).env("ENGINE", self.engine).env("DATA_DIR", data.path());
        command.env("PORT", self.port.to_string()).env("SETTINGS", settings).env("HEAP", "384m");
        command.env("SECURE", if self.secured { "1" } else { "" });
        command.output().unwrap()
    }

    /// Where the certificates of a secured one are; `deploy/search-cluster` lists them.
    pub fn certificates(&self) -> PathBuf {
        self.data.as_ref().expect("an own cluster").path().join("certificates")
    }

    /// Kills a node (from 1) as `kill -9` does.
    pub fn kill(&self, node: u16) {
        assert!(self.script(&["node", &node.to_string(), "kill"], "").status.success());
    }
    /// Starts it again.
    pub fn revive(&self, node: u16) {
        let started = self.script(&["node", &node.to_string(), "start"], "");
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    }

    /// A request to the first node that answers; the body of the answer.
    pub fn call(&self, method: &str, path: &str) -> String {
        self.send(method, path, "")
    }
    /// The same with JSON.
    pub fn send(&self, method: &str, path: &str, body: &str) -> String {
        for host in self.address.split(',') {
            let mut command = Command::new("curl");
            command.args(["-s", "-m", "30", "-X", method, "-H", "content-type: application/json"]);
            if !body.is_empty() {
                command.args(["--data-binary", body]);
            }
            let answer = command.arg(format!("{host}{path}")).output().expect("curl");
            if answer.status.success() {
                return String::from_utf8_lossy(&answer.stdout).into_owned();
            }
        }
        String::new()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data.is_some() {
            self.script(&["wipe"], "");
        }
    }
}
