use super::harness::{Fixture, sample_id};
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn csv_is_safe_and_ordered() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let answer = client.get("/api/sessions.csv?date=-1&fields=source.ip,network.bytes,tags").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"sessions.csv\"");
    let text = answer.text();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "Src IP,Bytes,Tags");
    assert_eq!(lines[1], "10.0.0.0,1000,tag0");
    assert_eq!(lines[8], "10.0.0.7,8000,\"tag1, =evil, \"\"quoted\"\"\"");
    assert_eq!(lines.len(), 22, "header, 20 sessions, the end of the last line");
    let sorted = client.get("/sessions.csv?date=-1&fields=bytes,id&order=bytes:desc&length=2").await.text();
    assert_eq!(sorted, format!("Bytes,Id\r\n20000,3@{}\r\n19000,3@{}\r\n", sample_id(19), sample_id(18)));
    let plain = client.get("/api/sessions.csv?date=-1&length=1").await.text();
    assert!(plain.starts_with("Protocols,Start Time,Stop Time,Src IP"), "{plain}");
    let wrong = client.get("/api/sessions.csv?date=-1&fields=nonsense").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("nonsense"));
    let wrong = client.get("/api/sessions.csv?date=-1&expression=%26%26").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN, "an error is no file");
}

#[tokio::test]
async fn json_is_a_list() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let all: Value = client.get("/api/sessions.json?date=-1").await.ok();
    assert_eq!(all.as_array().unwrap().len(), 20);
    assert_eq!(all[7]["transaction"][0]["request"], "GET /slow");
    assert_eq!(all[7]["packetPos"], json!([-1, 724]), "whole documents");
    let none = client.get("/api/sessions.json?date=-1&expression=tags%3D%3Dnone").await.ok();
    assert_eq!(none, json!([]));
    let ids =
        json!({"ids": [sample_id(1).to_string(), sample_id(2).to_string()], "fields": "bytes", "flatten": 1});
    let some = client.post("/api/sessions.json", ids).await.ok();
    assert_eq!(some.as_array().unwrap().len(), 2);
    assert_eq!(some[0]["network.bytes"], 2_000);
}

#[tokio::test]
async fn segments_of_long_sessions_are_linked() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let count = async |query: &str| {
        client.get(&format!("/api/sessions.json?{query}")).await.ok().as_array().unwrap().len()
    };
    let four = format!("ids={}", sample_id(4));
    assert_eq!(count(&four).await, 1);
    assert_eq!(count(&format!("{four}&segments=all")).await, 2);
    assert_eq!(count("date=-1&expression=port.src%3D%3D40004&segments=time").await, 2);
    let wrong = client.get(&format!("/api/sessions.json?{four}&segments=some")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    // a forced expression hides the other segment
    let bob = fixture.user("bob", json!({"expression": "protocols == http"})).await;
    let own = bob.get(&format!("/api/sessions.json?{four}&segments=all")).await.ok();
    assert_eq!(own.as_array().unwrap().len(), 1);
}
