//! Nodes in one process with folders, keys and sockets of their own, over one catalogue and index.

use super::nodes::{self, Node};
use super::{FleetConfig, Running};
use crate::app::{App, State};
use crate::config::Config;
use crate::router::router;
use crate::tests::harness::{Answer, Client, Fixture, START, sample};
use axum::http::StatusCode;
use index::{Catalog, FileRecord, SessionSink};
use pcap::{PcapWriter, Precision};
use serde_json::json;
use session::{Positions, SessionDoc, core};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A node that answers as long as it lives.
struct Member {
    app: App,
    _tasks: super::serve::Tasks,
    dir: tempfile::TempDir,
    /// The session whose packets it has.
    id: String,
}

/// An Ethernet frame with a UDP datagram that says something.
fn frame(node: u8, says: &str) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend((28 + says.len() as u16).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 9, 9, node, 192, 168, 1, 1]);
    frame.extend([0xc0, 0, 0, 53]);
    frame.extend((8 + says.len() as u16).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(says.bytes());
    frame
}

/// Starts a node, with one session whose packets lie in its own folder.
async fn member(fixture: &Fixture, number: u8, change: impl FnOnce(&mut FleetConfig)) -> Member {
    let name = format!("s{number}");
    let dir = tempfile::tempdir().unwrap();
    let mut fleet = FleetConfig {
        key: dir.path().join("node.key"),
        folder: dir.path().to_owned(),
        listen: Some("127.0.0.1:0".parse().unwrap()),
        addresses: Vec::new(),
        dial: Vec::new(),
        roles: vec!["capture".into(), "viewer".into()],
    };
    change(&mut fleet);
    let path = dir.path().join("packets.pcap");
    let file = FileRecord { node: name.clone(), name: path.display().to_string(), ..FileRecord::default() };
    let file = fixture.catalog.add_file(&file).unwrap();
    let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap();
    let (mut positions, mut last) = (Positions::default(), 0);
    for n in 0..3i64 {
        let packet = frame(number, &format!("{name} says {n}"));
        let time = (START + 1_000 + i64::from(number)) * 1_000_000 + n * 10_000_000;
        let at = writer.write(time, &packet, packet.len() as u32).unwrap();
        positions.push(file, &mut last, at, None);
    }
    std::fs::write(&path, writer.into_inner()).unwrap();
    let mut doc: SessionDoc = sample(100 + i64::from(number));
    doc.add(&core::NODE, name.as_str());
    doc.add(&core::START_TIME, START + 1_000 + i64::from(number));
    doc.add(&core::SRC_IP, format!("10.9.9.{number}").parse().unwrap());
    doc.positions = positions;
    let id = doc.id.to_string();
    fixture.memory.clone().append(vec![doc]).unwrap();

    let config = Config { node: name.clone(), upload_dir: dir.path().join("uploads"), ..Config::default() };
    let state: State = fixture.app.state.clone();
    let running = Running::bind(fleet, &name, state.catalog.clone()).await.unwrap();
    let app = App::with_fleet(config, state, Some(running.fleet.clone()));
    let _tasks = running.start(&app);
    Member { app, _tasks, dir, id }
}

impl Member {
    /// A client of the viewer of this node.
    async fn admin(&self, fixture: &Fixture) -> Client {
        fixture.admin_of(router(self.app.clone())).await
    }

    fn known(&self) -> Node {
        nodes::get(&*self.app.state.catalog, &self.app.config.node).unwrap().unwrap()
    }
}

fn says(answer: &Answer, text: &str) -> bool {
    answer.body.windows(text.len()).any(|window| window == text.as_bytes())
}

const EXPORT: &str = "/api/sessions.pcapng?date=-1&expression=ip.src%20%3D%3D%2010.9.9.0%2F24";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn any_viewer_serves_the_packets_of_every_node() {
    let fixture = Fixture::new();
    let one = member(&fixture, 1, |_| {}).await;
    let two = member(&fixture, 2, |_| {}).await;
    let client = one.admin(&fixture).await;
    // the second node waits
    let nodes = client.get("/api/nodes").await.ok();
    assert_eq!(
        (&nodes["nodes"][0]["state"], &nodes["nodes"][1]["state"]),
        (&json!("alive"), &json!("pending"))
    );
    let early = client.get(&format!("/api/session/s2/{}/packets", two.id)).await.ok();
    let said = early["missing"][0]["reason"].as_str().unwrap();
    assert!(said.contains("node s2 waits for approval"), "{said}");
    client.post("/api/nodes/s2/approve", json!({})).await.ok();

    let packets = client.get(&format!("/api/session/s2/{}/packets?format=text", two.id)).await.text();
    assert!(packets.contains("s2 says 0") && packets.contains("s2 says 2"), "{packets}");
    let tree = client.get(&format!("/api/session/s2/{}/packet/2/tree", two.id)).await.ok();
    assert_eq!(tree["missing"], json!([]));
    let both = client.get(EXPORT).await;
    assert_eq!((both.status, both.headers.get("x-hindsight-missing-nodes")), (StatusCode::OK, None));
    assert!(says(&both, "s1 says 2") && says(&both, "s2 says 2"));
    // the other way round
    two.app.fleet.as_ref().unwrap().forget();
    let other = two.admin(&fixture).await;
    assert!(says(&other.get(EXPORT).await, "s1 says 1"));

    // a hunt reads both
    let hunt = json!({ "name": "h", "size": 50, "searchType": "ascii", "search": "SAYS 1", "type": "raw", "src": true, "dst": true,
        "query": { "startTime": START / 1_000 - 10, "stopTime": START / 1_000 + 100_000, "expression": "ip.src == 10.9.9.0/24" } });
    let hunt = client.post("/api/hunt", hunt).await.ok();
    let id = hunt["hunt"]["id"].as_str().unwrap().to_owned();
    let until = Instant::now() + Duration::from_secs(30);
    let found = loop {
        let found = fixture.catalog.get("hunts", &id).unwrap().unwrap().value;
        if found["status"] == "finished" || Instant::now() > until {
            break found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((&found["status"], &found["matchedSessions"]), (&json!("finished"), &json!(2)), "{found}");

    // packets are overwritten where they lie
    let scrub = json!({ "date": -1, "expression": "ip.src == 10.9.9.2", "removePcap": true });
    let done = client.post("/api/delete", scrub).await.ok();
    assert_eq!((&done["packets"], &done["missing"]), (&json!(3), &json!([])), "{done}");
    let left = std::fs::read(two.dir.path().join("packets.pcap")).unwrap();
    assert!(!left.windows(7).any(|window| window == b"s2 says"));
    assert!(left.len() > 24 + 3 * 16);
    let audit = fixture.catalog.list("audit").unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let mut said: Vec<String> = Vec::new();
    while !(said.contains(&"fleet read".to_owned()) && said.contains(&"fleet scrub".to_owned())) {
        assert!(Instant::now() < until, "{said:?} {}", audit.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
        let entries = fixture.catalog.list("audit").unwrap();
        said = entries.iter().filter_map(|e| e.value["api"].as_str().map(str::to_owned)).collect();
    }

    // a node that is away is named, the rest comes
    drop(two);
    let until = Instant::now() + Duration::from_secs(60);
    let rest = loop {
        let rest = client.get(EXPORT).await;
        if rest.headers.contains_key("x-hindsight-missing-nodes") || Instant::now() > until {
            break rest;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(rest.headers["x-hindsight-missing-nodes"], "s2");
    assert!(says(&rest, "s1 says 2"));
    let check = client.get(&EXPORT.replace("sessions.pcapng", "export/check")).await.ok();
    let said = check["missing"][0]["reason"].as_str().unwrap();
    assert!(said.contains("node s2 cannot be reached"), "{said}");
    let nodes = client.get("/api/nodes").await.ok();
    let state = nodes["nodes"][1]["state"].as_str().unwrap();
    assert!(["unreachable", "silent"].contains(&state), "{nodes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_owner_looks_at_rights_again() {
    let fixture = Fixture::new();
    let one = member(&fixture, 1, |_| {}).await;
    let two = member(&fixture, 2, |_| {}).await;
    nodes::approve(&*fixture.catalog, "s2", "test").unwrap();
    let fleet = one.app.fleet.clone().unwrap();
    fleet.forget();
    for (name, change) in [
        ("blind", json!({ "hidePcap": true })),
        ("gone", json!({ "enabled": false })),
        ("reader", json!({})),
        ("half", json!({ "expression": "ip.src == 10.9.9.2" })),
        ("limited", json!({ "removeEnabled": true, "expression": "ip.src == 10.9.9.1" })),
    ] {
        crate::set_password(&*fixture.catalog, name, Some("password-1")).unwrap();
        let mut user = fixture.catalog.get("users", name).unwrap().unwrap().value;
        user.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        fixture.catalog.put("users", name, &user, None).unwrap();
    }
    let file = fixture.catalog.files().unwrap().into_iter().find(|file| file.node == "s2").unwrap().num;
    let id = two.id.clone();
    let ask = move |user: &str, path: &str| {
        let (fleet, user, path) = (fleet.clone(), user.to_owned(), path.to_owned());
        let body = if path.ends_with("read") {
            json!({ "file": file, "at": 0, "len": 1_000, "raw": false })
        } else {
            json!({ "ids": [id] })
        };
        tokio::task::spawn_blocking(move || fleet.ask("s2", &path, &user, &body))
    };
    for (user, said) in
        [("blind", "may not see packets"), ("gone", "not enabled"), ("nobody", "there is no user")]
    {
        let error = ask(user, "/fleet/v1/read").await.unwrap().unwrap_err();
        assert!(error.text.starts_with("node s2 refused: ") && error.text.contains(said), "{error}");
    }
    assert!(ask("reader", "/fleet/v1/read").await.unwrap().unwrap().1.len() > 100);
    let error = ask("reader", "/fleet/v1/scrub").await.unwrap().unwrap_err();
    assert!(error.text.contains("may not remove data"), "{error}");
    // a forced expression hides the packets of other sessions in the same file, and shows those that the user finds
    let (_, hidden) = ask("limited", "/fleet/v1/read").await.unwrap().unwrap();
    let (_, whole) = ask("reader", "/fleet/v1/read").await.unwrap().unwrap();
    let speaks = |bytes: &[u8]| bytes.windows(7).any(|window| window == b"s2 says");
    assert!(speaks(&whole) && !speaks(&hidden) && hidden.len() == whole.len());
    assert_eq!(hidden[..24], whole[..24], "the head of the file");
    assert_eq!(
        ask("half", "/fleet/v1/read").await.unwrap().unwrap().1,
        whole,
        "all of it are sessions that he finds"
    );
    // and the session from whoever asks
    let (_, done) = ask("limited", "/fleet/v1/scrub").await.unwrap().unwrap();
    let done: serde_json::Value = serde_json::from_slice(&done).unwrap();
    assert_eq!(done["packets"], 0, "{done}");
    // thrown out, it is not heard any more
    nodes::remove(&*fixture.catalog, "s1", "test").unwrap();
    two.app.fleet.as_ref().unwrap().forget();
    let error = ask("reader", "/fleet/v1/read").await.unwrap().unwrap_err();
    // it may have come back already, as one that waits
    let said = ["does not know a node s1", "node s1 waits for approval"];
    assert!(said.iter().any(|said| error.text.contains(said)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_behind_nat_dials_out_and_clocks_may_be_wrong() {
    let fixture = Fixture::new();
    let one = member(&fixture, 1, |_| {}).await;
    // its clock is an hour ahead
    one.app.fleet.as_ref().unwrap().off.store(3_600_000, Ordering::Relaxed);
    let token = nodes::make_token(&*fixture.catalog, 10, "test").unwrap();
    let two = member(&fixture, 2, |fleet| {
        fleet.listen = None;
        fleet.dial = vec!["*".to_owned()];
    })
    .await;
    nodes::join(&*fixture.catalog, &two.known(), &token).unwrap();
    one.app.fleet.as_ref().unwrap().forget();
    assert!(two.known().addresses.is_empty() && two.known().approved);
    let client = one.admin(&fixture).await;
    let until = Instant::now() + Duration::from_secs(60);
    let both = loop {
        let both = client.get(EXPORT).await;
        if says(&both, "s2 says 2") || Instant::now() > until {
            break both;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(says(&both, "s1 says 2") && says(&both, "s2 says 2"), "{:?}", both.headers);
    let nodes = client.get("/api/nodes").await.ok();
    let offset = nodes["nodes"][1]["offset"].as_i64().unwrap();
    assert!((-3_660_000..-3_540_000).contains(&offset), "{nodes}");
    assert_eq!(nodes["nodes"][1]["state"], "skewed");
}
