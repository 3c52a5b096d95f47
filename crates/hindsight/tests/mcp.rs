//! `/mcp` of the real server, asked by the protocol's own client.

mod support;

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use support::Home;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Python that has the client: the one that `deploy/test-tools` makes, or the system's.
fn python() -> Option<PathBuf> {
    let made =
        std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/hindsight-test-tools/bin/python"));
    made.into_iter().chain([PathBuf::from("python3")]).find(|python| {
        let mut ask = Command::new(python);
        ask.args(["-c", "import httpx2; from mcp import Client"]).stderr(Stdio::null()).stdout(Stdio::null());
        ask.status().is_ok_and(|status| status.success())
    })
}

#[test]
fn an_assistants_own_client_asks() {
    let Some(python) = python() else {
        eprintln!("skipped: the Python package mcp is not installed (deploy/test-tools installs it)");
        return;
    };
    let home = Home::new();
    home.import_all();
    std::fs::write(home.path("data/hindsight.toml"), "[viewer]\nmcp = true\nmcp_days = 60000\n").unwrap();
    home.ok(&["user", "add", "root", "--role", "superAdmin"]);
    home.ok(&["user", "add", "alice", "--role", "arkimeUser", "--role", "mcpUser"]);
    let token = home.ok(&["user", "token", "add", "alice", "--name", "assistant", "--scope", "read"]);
    let mut serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Running(serve.stderr(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("viewer: ").map(str::to_owned));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp_client.py");
    let asked = Command::new(python)
        .arg(script)
        .args([format!("{}/mcp", url.unwrap()).as_str(), token.trim()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}\n{}", String::from_utf8_lossy(&asked.stderr));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["server"], "hindsight");
    assert!(said["tools"].as_array().unwrap().contains(&json!("arkime_session_detail")), "{said}");
    let sessions: Value = serde_json::from_str(said["sessions"]["text"].as_str().unwrap()).unwrap();
    let counted: u64 = home.ok(&["search", "protocols == http", "--count"]).trim().parse().unwrap();
    assert!(counted > 0 && sessions["recordsFiltered"] == counted, "{said}");
    assert_eq!(said["sessions"]["wrong"], false);
    assert_eq!(said["mistake"]["wrong"], true);
    assert!(said["mistake"]["text"].as_str().unwrap().contains("Unknown field nope"), "{said}");
    assert!(said["unknown"].as_str().unwrap().contains("there is no tool arkime_nothing"), "{said}");
}
