//! Thousands of expressions over the corpus of Arkime's tests: the counts that the HTTP API answers are those that the
//! documents imply, by a second evaluation that shares nothing with ours (`counts/counts.py`).

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
fn counts_are_those_that_the_documents_imply() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let shared = root.join("shared");
    let (corpus, fields) = (shared.join("corpus/arkime"), shared.join("reference/arkime-fields.tsv"));
    if !corpus.exists() || !fields.exists() {
        eprintln!("skipped: the corpus ({}) is not here", corpus.display());
        return;
    }
    if !support::has("python3") {
        return;
    }
    let home = Home::new();
    let geo = shared.join("corpus/geo");
    let mut import = vec!["import", "--complete", "--node", "test", "--geo", geo.to_str().unwrap()];
    let captures: Vec<String> = std::fs::read_dir(&corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    import.extend(captures.iter().map(String::as_str));
    home.ok(&import);
    let mut serve =
        home.command(&["serve", "--node", "test", "--regression-tests", "--listen", "127.0.0.1:0"]);
    let mut server = Running(serve.stderr(Stdio::piped()).spawn().unwrap());
    let lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    let url = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("viewer: ").map(str::to_owned));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counts/counts.py");
    let asked = Command::new("python3")
        .args([script.as_os_str(), url.unwrap().as_ref(), corpus.as_os_str(), fields.as_os_str()])
        .args(["--count", "3000"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{said}\n{}", String::from_utf8_lossy(&asked.stderr));
    println!("{said}");
}
