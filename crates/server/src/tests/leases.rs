//! Packet files that are encrypted, that go, and that are being read.

use super::harness::{Client, Fixture, START, sample};
use super::packets::with_packets;
use axum::body::Body;
use axum::http::{Method, StatusCode};
use catalog_sqlite::Sqlite;
use http_body_util::BodyExt as _;
use index::{Catalog, FileRecord, Lease, SessionSink};
use packets::{FileFacts, Key, Keyring, Register, Writer, WriterOptions};
use pcap::{PcapWriter, Precision};
use serde_json::json;
use session::{Positions, core};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::ServiceExt as _;
use wire::LinkType;

/// Lists the files of a writer in the catalogue.
struct Listed(Arc<Sqlite>);

impl Register for Listed {
    fn number(&mut self, _: LinkType, _: i64) -> io::Result<u32> {
        let file = FileRecord { node: "n1".into(), ..FileRecord::default() };
        self.0.add_file(&file).map_err(io::Error::other)
    }
    fn update(&mut self, facts: &FileFacts) -> io::Result<()> {
        let file = FileRecord {
            num: facts.number,
            node: "n1".into(),
            name: facts.path.display().to_string(),
            encryption: facts.key.map(|key| key.to_string()),
            link_type: Some(1),
            ..FileRecord::default()
        };
        self.0.update_file(&file).map_err(io::Error::other)
    }
    fn discard(&mut self, number: u32) -> io::Result<()> {
        self.0.remove_file("n1", number).map_err(io::Error::other)
    }
}

/// One session whose packets, so many bytes, lie there; returns its id.
fn add_session(fixture: &Fixture, positions: Positions, bytes: usize) -> String {
    let mut doc = sample(60);
    doc.add(&core::START_TIME, START);
    doc.add(&core::BYTES, bytes as i64);
    doc.positions = positions;
    let id = format!("3@{}", doc.id);
    fixture.memory.clone().append(vec![doc]).unwrap();
    id
}

/// An Ethernet frame.
const SECRET: &[u8] = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x88\xb5the secret in the frame";

/// A session of 50 packets in an encrypted file.
fn encrypted(fixture: &Fixture, key: &Key) -> String {
    let options = WriterOptions {
        encryption: Some(Arc::new(key.clone())),
        ..WriterOptions::new(fixture.dir.path().to_owned(), "n1")
    };
    let mut writer = Writer::new(options, Listed(fixture.catalog.clone()));
    let (mut positions, mut last) = (Positions::default(), 0);
    for n in 0..50 {
        let time = START * 1_000_000 + n;
        let at = writer.write(time, LinkType(1), SECRET, SECRET.len() as u32).unwrap();
        positions.push(at.file, &mut last, at.offset, None);
    }
    writer.finish().unwrap();
    add_session(fixture, positions, 50 * SECRET.len())
}

fn count(body: &[u8], what: &[u8]) -> usize {
    body.windows(what.len()).filter(|window| *window == what).count()
}

#[tokio::test]
async fn encrypted_files_are_read_with_their_key() {
    let key = Key::new([7; 32], "test.key");
    let mut ring = Keyring::default();
    ring.add(Arc::new(key.clone()));
    let fixture = Fixture::keyed(ring, |_| {});
    let id = encrypted(&fixture, &key);
    let file = fixture.catalog.files().unwrap().into_iter().find(|file| file.encryption.is_some()).unwrap();
    assert_eq!(count(&std::fs::read(&file.name).unwrap(), b"secret"), 0, "encrypted on the disk");
    let client = fixture.admin().await;
    let check = client.get(&format!("/api/export/check?ids={id}")).await.ok();
    assert_eq!((&check["packets"], &check["missing"]), (&json!(50), &json!([])));
    let export = client.get(&format!("/api/sessions.pcap?ids={id}")).await;
    assert_eq!(export.status, StatusCode::OK, "{}", export.text());
    assert_eq!(count(&export.body, SECRET), 50);
    assert_eq!(check["bytes"], export.body.len());
    let pane = client.get(&format!("/api/session/n1/{id}/packets?format=text")).await;
    assert_eq!(count(&pane.body, b"the secret in the frame"), 50, "{}", pane.text());
    let hunt = json!({
        "name": "h", "size": 50, "search": "secret in", "searchType": "ascii", "type": "raw", "src": true,
        "dst": true, "query": {"startTime": START / 1_000 - 60, "stopTime": START / 1_000 + 7_200,
        "expression": format!("id == {id}")},
    });
    let made = client.post("/api/hunt", hunt).await.ok();
    let hunt = done(&client, made["hunt"]["id"].as_str().unwrap()).await;
    assert_eq!(hunt["matchedSessions"], 1, "{hunt}");
}

async fn done(client: &Client, id: &str) -> serde_json::Value {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let list = client.get("/api/hunts").await.ok();
        let hunt = list["data"].as_array().unwrap().iter().find(|hunt| hunt["id"] == id).cloned().unwrap();
        if hunt["status"] == "finished" {
            return hunt;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the hunt did not end")
}

#[tokio::test]
async fn without_the_key_the_answer_says_so() {
    let fixture = Fixture::new();
    let key = Key::new([7; 32], "test.key");
    let id = encrypted(&fixture, &key);
    let client = fixture.admin().await;
    let refused = client.get(&format!("/api/sessions.pcap?ids={id}")).await;
    assert_eq!(refused.status, StatusCode::GONE, "{}", refused.text());
    assert!(refused.text().contains(&key.id().to_string()), "names the key: {}", refused.text());
}

#[tokio::test]
async fn a_file_that_is_being_deleted_has_expired() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    assert_eq!(client.get(&format!("/api/sessions.pcap?ids={id}")).await.status, StatusCode::OK);
    let files = fixture.catalog.files().unwrap();
    let file = files.into_iter().find(|file| file.name.ends_with("real.pcap")).unwrap();
    fixture.catalog.update_file(&FileRecord { deleting: true, ..file }).unwrap();
    let gone = client.get(&format!("/api/sessions.pcap?ids={id}")).await;
    assert_eq!(gone.status, StatusCode::GONE, "{}", gone.text());
    assert!(gone.text().contains("5 packets missing") && gone.text().contains("expired"), "{}", gone.text());
    let check = client.get(&format!("/api/export/check?ids={id}")).await.ok();
    assert_eq!(check["missing"][0]["reason"], "the packet file has expired");
    let pane = client.get(&format!("/api/session/n1/{id}/packets")).await.ok();
    assert_eq!((&pane["packets"], &pane["missing"][0]["packets"]), (&json!([]), &json!(5)));
}

#[tokio::test]
async fn what_an_export_reads_is_leased_until_its_end() {
    let fixture = Fixture::new();
    let path = fixture.dir.path().join("large.pcap");
    let file = FileRecord { node: "n1".into(), name: path.display().to_string(), ..FileRecord::default() };
    let number = fixture.catalog.add_file(&file).unwrap();
    let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap();
    let (mut positions, mut last) = (Positions::default(), 0);
    let frame = [SECRET, &[0; 1_400]].concat();
    // 11 MB: far more than lies between the thread that reads and a client that does not
    for n in 0..8_000 {
        let at = writer.write(START * 1_000_000 + n, &frame, frame.len() as u32).unwrap();
        positions.push(number, &mut last, at, None);
    }
    std::fs::write(&path, writer.into_inner()).unwrap();
    let id = add_session(&fixture, positions, 8_000 * frame.len());
    let client = fixture.admin().await;
    let leased = || Lease::all(&*fixture.catalog).unwrap();
    let request = |uri: &str| client.request(Method::GET, uri).body(Body::empty()).unwrap();
    let ended = async |what: &str| {
        let started = Instant::now();
        while !leased().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(30), "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(leased().is_empty());
    let uri = format!("/api/sessions.pcap?ids={id}");
    let response = fixture.router.clone().oneshot(request(&uri)).await.unwrap();
    assert_eq!(leased(), [("n1".to_owned(), number)].into(), "the file of this session and no other");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(count(&body, SECRET), 8_000);
    ended("the lease outlives its export").await;
    // a client that goes away
    let response = fixture.router.clone().oneshot(request(&uri)).await.unwrap();
    assert_eq!(leased().len(), 1);
    drop(response);
    ended("the lease outlives its client").await;
}
