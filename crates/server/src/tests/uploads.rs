use super::harness::{Answer, Client, Fixture};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

fn form(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut text = String::new();
    for (name, file, content) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        text.push_str(&format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        ));
    }
    text + "--XX--\r\n"
}

async fn upload(client: &Client, uri: &str, parts: &[(&str, Option<&str>, &str)]) -> Answer {
    let request =
        client.request(Method::POST, uri).header("content-type", "multipart/form-data; boundary=XX");
    client.send(request.body(Body::from(form(parts))).unwrap()).await
}

fn left(fixture: &Fixture) -> usize {
    std::fs::read_dir(fixture.dir.path().join("uploads")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_capture_is_imported_and_its_sessions_named() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let parts = [("tags", None, "one, two"), ("file", Some("../evil/trace one.pcap"), "twelve bytes")];
    let answer = upload(&client, "/api/upload?wait=60", &parts).await.ok();
    assert_eq!(
        (&answer["success"], &answer["packets"], &answer["sessions"]),
        (&json!(true), &json!(12), &json!(1))
    );
    assert_eq!(answer["text"], "admin trace_one.pcap [\"one\", \"two\"]");
    let own = [("devid", None, "77"), ("file", Some("b.pcap"), "twelve bytes")];
    let other = upload(&client, "/api/upload?wait=60", &own).await.ok();
    assert_eq!(other["text"], "admin b.pcap [] devid 77");
    for wrong in ["-1", "x", "4294967296"] {
        let parts = [("devid", None, wrong), ("file", Some("c.pcap"), "twelve bytes")];
        assert_eq!(upload(&client, "/api/upload", &parts).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let expression = answer["expression"].as_str().unwrap();
    assert!(expression.contains("/uploads/") && expression.contains("trace_one.pcap"), "{expression}");
    assert_eq!(left(&fixture), 2);
    let jobs = client.get("/api/jobs").await.ok();
    assert_eq!((&jobs[0]["state"], &jobs[0]["result"]["packets"]), (&json!("done"), &json!(12)));
}

#[tokio::test]
async fn a_long_import_is_a_job_that_can_be_cancelled() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let answer =
        upload(&client, "/api/upload?wait=0", &[("file", Some("slow.pcap"), "0123456789")]).await.ok();
    let path = format!("/api/jobs/{}", answer["job"].as_str().unwrap());
    let mut job = client.get(&path).await.ok();
    assert_eq!(job["state"], "running");
    let bob = fixture.user("bob", json!({})).await;
    assert_eq!(bob.get(&path).await.status, StatusCode::NOT_FOUND, "jobs of others are not shown");
    client.post(&format!("{path}/cancel"), json!({})).await.ok();
    for _ in 0..200 {
        job = client.get(&path).await.ok();
        if job["state"] != "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        (&job["state"], &job["result"]["success"], &job["bytes"], &job["total"]),
        (&json!("cancelled"), &json!(true), &json!(5), &json!(10)),
        "{job}"
    );
}

#[tokio::test]
async fn what_cannot_be_imported_leaves_nothing() {
    let fixture = Fixture::with(|config| config.upload_limit = 1_000);
    let client = fixture.admin().await;
    let bad: Value = upload(&client, "/api/upload?wait=60", &[("file", Some("bad.pcap"), "xx")]).await.ok();
    assert_eq!((&bad["success"], bad["text"].as_str().unwrap().contains("byte 0")), (&json!(false), true));
    let long = "x".repeat(2_000);
    let long = upload(&client, "/api/upload", &[("file", Some("long.pcap"), &long)]).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    let empty = upload(&client, "/api/upload", &[("file", Some("e.pcap"), "")]).await;
    assert_eq!(empty.status, StatusCode::FORBIDDEN);
    let none = upload(&client, "/api/upload", &[("tags", None, "a")]).await;
    assert_eq!((none.status, none.json()["text"].as_str().unwrap()), (StatusCode::FORBIDDEN, "Missing file"));
    let cut = form(&[("file", Some("cut.pcap"), "xxxx")]).replace("--XX--\r\n", "");
    let request = client
        .request(Method::POST, "/api/upload")
        .header("content-type", "multipart/form-data; boundary=XX");
    let cut = client.send(request.body(Body::from(cut)).unwrap()).await;
    assert!(cut.status.is_client_error(), "{}", cut.text());
    assert_eq!(left(&fixture), 0);
}
