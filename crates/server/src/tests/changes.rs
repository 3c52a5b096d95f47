use super::harness::{Fixture, sample_id};
use super::packets::with_packets;
use axum::http::{Method, StatusCode};
use index::Catalog;
use serde_json::{Value, json};

async fn count(client: &super::harness::Client, expression: &str) -> Value {
    let expression: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
    let answer = client.get(&format!("/api/sessions?date=-1&length=0&expression={expression}")).await.ok();
    assert!(answer.get("error").is_none(), "{answer}");
    answer["recordsFiltered"].clone()
}

#[tokio::test]
async fn tags_come_and_go() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let add = "/api/sessions/addtags";
    let done = client
        .post(add, json!({"date": -1, "tags": "a-b:c,x y!", "expression": "port.dst == 80"}))
        .await
        .ok();
    assert_eq!((&done["success"], &done["sessions"]), (&json!(true), &json!(10)));
    assert_eq!(count(&client, "tags == ]a-b:c,xy[").await, 10, "characters that no tag has are left out");
    let id = sample_id(3).to_string();
    client.post(add, json!({"ids": format!("3@{id}"), "tags": "one"})).await.ok();
    assert_eq!(count(&client, "tags == one").await, 1);
    // 3 and 4 are segments of one session
    client.post(add, json!({"ids": id, "tags": "both", "segments": "all"})).await.ok();
    assert_eq!(count(&client, "tags == both").await, 2);
    for body in [json!({"date": -1}), json!({"date": -1, "tags": "!?"})] {
        let refused = client.post(add, body).await;
        assert_eq!(
            (refused.status, refused.json()["text"].clone()),
            (StatusCode::FORBIDDEN, json!("No tags specified"))
        );
    }
    let wrong = client.post(add, json!({"date": -1, "tags": "a", "expression": "nope == 1"})).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);

    let remove = "/api/sessions/removetags";
    client.post(remove, json!({"date": -1, "tags": "both,one"})).await.ok();
    assert_eq!(count(&client, "tags == [both,one]").await, 0);
    let user = fixture.user("u", json!({})).await;
    let refused = user.post(remove, json!({"date": -1, "tags": "xy"})).await;
    assert_eq!(refused.json()["text"], "Need remove data privileges");
    assert_eq!(count(&client, "tags == xy").await, 10);
}

#[tokio::test]
async fn a_forced_expression_limits_what_is_tagged() {
    let fixture = Fixture::new();
    let user = fixture.user("u", json!({"expression": "port.dst == 443"})).await;
    let done = user.post("/api/sessions/addtags", json!({"date": -1, "tags": "mine"})).await.ok();
    assert_eq!(done["sessions"], 10);
}

#[tokio::test]
async fn deletion_needs_a_right_and_a_name() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let everything = client.post("/api/delete", json!({"date": -1, "removeSpi": true})).await;
    assert_eq!(everything.status, StatusCode::FORBIDDEN);
    let nothing = client.post("/api/delete", json!({"date": -1, "expression": "port == 80"})).await;
    assert_eq!(nothing.status, StatusCode::FORBIDDEN);
    let scrub =
        client.post("/api/delete", json!({"date": -1, "expression": "port == 80", "removePcap": true})).await;
    assert_eq!(scrub.status, StatusCode::CONFLICT, "their file is gone");
    let user = fixture.user("u", json!({})).await;
    let refused =
        user.post("/api/delete", json!({"date": -1, "expression": "port == 80", "removeSpi": true})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(count(&client, "").await, 20);
    let done = client
        .json(Method::POST, "/delete", json!({"date": -1, "expression": "port == 80", "removeSpi": true}))
        .await
        .ok();
    assert_eq!(done["sessions"], 10);
    assert_eq!((count(&client, "").await, count(&client, "port == 80").await), (json!(10), json!(0)));
}

#[tokio::test]
async fn packets_are_overwritten_where_they_lie() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let path = fixture.dir.path().join("real.pcap");
    let before = std::fs::read(&path).unwrap();
    let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
    assert!(has(&before, b"GET /secret"));
    let user = fixture.user("u", json!({})).await;
    assert_eq!(
        user.post("/api/delete", json!({"ids": id, "removePcap": true})).await.status,
        StatusCode::FORBIDDEN
    );
    let done = client.post("/api/delete", json!({"ids": id, "removePcap": true})).await.ok();
    assert_eq!(
        (&done["packets"], &done["sessions"], &done["missing"]),
        (&json!(5), &json!(1), &json!([])),
        "{done}"
    );
    assert_eq!(done["text"], "Scrubbing PCAP of 1 sessions successful");
    let after = std::fs::read(&path).unwrap();
    assert_eq!(after.len(), before.len(), "every other position stays right");
    assert!(!has(&after, b"secret") && !has(&after, b"hello"));
    assert_eq!(after[..40], before[..40], "headers stay");
    assert_eq!(count(&client, "scrubbed.by == admin").await, 1);
    let packets = client.get(&format!("/api/session/n1/{id}/packets?format=json&view=packets")).await.ok();
    assert_eq!((&packets["total"], &packets["missing"]), (&json!(5), &json!([])));
    // the file of the other sessions is gone: nothing is done, and the reason is told
    let gone = client
        .post("/api/delete", json!({"ids": sample_id(3).to_string(), "removePcap": true, "removeSpi": true}))
        .await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert!(gone.json()["text"].as_str().unwrap().contains("a.pcap"), "{}", gone.text());
    assert_eq!(count(&client, &format!("id == {}", sample_id(3))).await, 1);
}

#[tokio::test]
async fn files_that_are_still_written_are_left_alone() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let mut file = fixture.catalog.file("n1", 2).unwrap().unwrap();
    file.line = Some("eth0-1".into());
    fixture.catalog.update_file(&file).unwrap();
    let client = fixture.admin().await;
    let refused = client.post("/api/delete", json!({"ids": id, "removePcap": true})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.json()["text"].as_str().unwrap().contains("still being written"));
    file.finish_timestamp = 1;
    fixture.catalog.update_file(&file).unwrap();
    client.post("/api/delete", json!({"ids": id, "removePcap": true, "removeSpi": true})).await.ok();
    assert_eq!(count(&client, "ip.src == 10.0.0.50").await, 0);
}
