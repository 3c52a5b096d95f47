//! Packet files that an administrator deletes.

use super::harness::{Client, Fixture};
use super::packets::with_packets;
use axum::http::{Method, StatusCode};
use index::{Catalog as _, FileRecord, Lease};
use serde_json::{Value, json};
use std::sync::Arc;

async fn delete(client: &Client, id: &str, how: &str) -> (StatusCode, Value) {
    let answer = client.json(Method::DELETE, &format!("/api/files/{id}{how}"), json!({})).await;
    (answer.status, answer.json())
}

fn real(fixture: &Fixture) -> FileRecord {
    fixture.catalog.files().unwrap().into_iter().find(|file| file.name.ends_with("real.pcap")).unwrap()
}

#[tokio::test]
async fn a_packet_file_is_deleted_and_its_packets_are_gone() {
    let fixture = Fixture::new();
    let session = with_packets(&fixture);
    let client = fixture.admin().await;
    let file = real(&fixture);
    let id = format!("n1-{}", file.num);
    let (status, answer) = delete(&client, &id, "").await;
    assert_eq!((status, &answer["sessions"], &answer["onDisk"]), (StatusCode::OK, &json!(0), &json!(false)));
    assert!(!std::path::Path::new(&file.name).exists());
    let list = client.get("/api/files?filter=real.pcap").await.ok();
    assert_eq!(list["recordsFiltered"], 0);
    let pane = client.get(&format!("/api/session/n1/{session}/packets")).await.ok();
    assert_eq!((&pane["packets"], &pane["missing"][0]["packets"]), (&json!([]), &json!(5)));
    assert_eq!(delete(&client, &id, "").await.0, StatusCode::NOT_FOUND);
    for unknown in ["n1", "n1-x", "n2-1", "-"] {
        assert_eq!(delete(&client, unknown, "").await.0, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn sessions_without_packets_go_where_that_is_wanted() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let id = format!("n1-{}", real(&fixture).num);
    let (status, answer) = delete(&client, &id, "?removeSessions=true").await;
    assert_eq!((status, &answer["sessions"]), (StatusCode::OK, &json!(1)), "{answer}");
    let left = client.get("/api/sessions?date=-1&length=0").await.ok();
    assert_eq!(left["recordsFiltered"], 20, "those of the other file stay");
}

#[tokio::test]
async fn what_is_read_written_pinned_or_elsewhere_stays() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let file = real(&fixture);
    let id = format!("n1-{}", file.num);
    let catalog: Arc<dyn index::Catalog> = fixture.catalog.clone();
    let lease = Lease::take(&catalog, [("n1".to_owned(), file.num)]).unwrap();
    let (status, answer) = delete(&client, &id, "").await;
    assert!(status == StatusCode::CONFLICT && answer["text"].as_str().unwrap().contains("reads"), "{answer}");
    drop(lease);
    assert!(!real(&fixture).deleting, "the mark is off again");
    for changed in [
        FileRecord { pin: Some("case".into()), ..file.clone() },
        FileRecord { remote: Some("s3://bucket/key".into()), ..file.clone() },
        FileRecord { line: Some("eth0-1".into()), finish_timestamp: 0, ..file.clone() },
    ] {
        fixture.catalog.update_file(&changed).unwrap();
        assert_eq!(delete(&client, &id, "").await.0, StatusCode::CONFLICT, "{changed:?}");
    }
    fixture.catalog.update_file(&file).unwrap();
    let far = FileRecord { node: "n2".into(), name: "/far.pcap".into(), ..FileRecord::default() };
    let far = fixture.catalog.add_file(&far).unwrap();
    let (status, answer) = delete(&client, &format!("n2-{far}"), "").await;
    assert!(status == StatusCode::CONFLICT && answer["text"].as_str().unwrap().contains("n2"), "{answer}");
    for rights in [json!({}), json!({"removeEnabled": true}), json!({"roles": ["arkimeAdmin"]})] {
        let name = format!("u{}", rights.to_string().len());
        let user = fixture.user(&name, rights).await;
        assert_eq!(delete(&user, &id, "").await.0, StatusCode::FORBIDDEN);
    }
    assert!(std::path::Path::new(&file.name).exists());
    // a capture that was imported where it lies is not ours to remove
    fixture.catalog.update_file(&FileRecord { locked: 1, ..file.clone() }).unwrap();
    let (status, answer) = delete(&client, &id, "").await;
    assert_eq!((status, &answer["onDisk"]), (StatusCode::OK, &json!(true)));
    assert!(std::path::Path::new(&file.name).exists());
    assert!(fixture.catalog.file("n1", file.num).unwrap().is_none());
}
