//! The example of the documentation runs against the real server.

mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::Home;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_api_example_runs() {
    if !support::has("python3") {
        return;
    }
    let home = Home::new();
    home.import_all();
    let password = home.ok(&["user", "password", "reader"]);
    let mut serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut server = Running(serve.stderr(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("viewer: ").map(str::to_owned));
    let folder = tempfile::tempdir().unwrap();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api-example.py").canonicalize().unwrap();
    let asked = Command::new("python3")
        .arg(script)
        .args([url.unwrap().as_str(), "reader", password.trim()])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}\n{}", String::from_utf8_lossy(&asked.stderr));
    let found: u64 = said.split(' ').next().unwrap().parse().unwrap();
    let counted: u64 = home.ok(&["search", "protocols == http", "--count"]).trim().parse().unwrap();
    assert!(found > 0 && found == counted, "{said}");
    assert!(folder.path().join("sessions.pcapng").metadata().unwrap().len() > 100);
}
