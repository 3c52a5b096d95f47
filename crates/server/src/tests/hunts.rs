use super::harness::{Client, Fixture, START};
use super::packets::with_packets;
use axum::http::{Method, StatusCode};
use index::{Catalog, SessionIndex as _, SessionSink as _};
use serde_json::{Value, json};

fn hunt(search: &str, kind: &str, how: &str, expression: &str) -> Value {
    json!({
        "name": "h", "size": 500, "search": search, "searchType": kind, "type": how, "src": true, "dst": true,
        "query": {"expression": expression, "startTime": START / 1_000 - 60, "stopTime": START / 1_000 + 7_200},
    })
}

/// Waits until a hunt is done.
async fn finished(client: &Client, id: &str) -> Value {
    for _ in 0..600 {
        let list = client.get("/api/hunts").await.ok();
        let found = list["data"].as_array().unwrap().iter().find(|h| h["id"] == id).cloned().unwrap();
        if found["status"] == "finished" {
            return found;
        }
        assert_ne!(found["status"], "paused", "{found}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the hunt did not end")
}

async fn run(client: &Client, body: Value) -> Value {
    let id = client.post("/api/hunt", body).await.ok()["hunt"]["id"].as_str().unwrap().to_owned();
    finished(client, &id).await
}

#[tokio::test]
async fn what_is_in_the_packets_is_found() {
    let fixture = Fixture::new();
    let session = with_packets(&fixture);
    let client = fixture.admin().await;
    for (search, kind, how, matched) in [
        ("SECRET", "ascii", "raw", 1),
        ("SECRET", "asciicase", "raw", 0),
        ("474554202f736563", "hex", "reassembled", 1),
        (r"200 OK\r\n\r\nhel+o", "regex", "reassembled", 1),
        ("0d0a0d0a68656c6c6f", "hexregex", "raw", 1),
        ("nowhere", "ascii", "reassembled", 0),
    ] {
        let done = run(&client, hunt(search, kind, how, "ip.src == 10.0.0.50")).await;
        assert_eq!((&done["totalSessions"], &done["searchedSessions"]), (&json!(1), &json!(1)), "{done}");
        assert_eq!(done["matchedSessions"], matched, "{search} {kind} {how}");
        let id = done["id"].as_str().unwrap();
        let results = client.get(&format!("/api/hunt/{id}/results")).await.ok();
        assert_eq!(results["data"].as_array().unwrap().len(), matched);
        let marked = client
            .get(&format!("/api/sessions?date=-1&length=1&expression=huntId%3D%3D%22{id}%22"))
            .await
            .ok();
        assert_eq!(marked["recordsFiltered"], matched);
        if matched == 1 {
            assert_eq!(
                (&marked["data"][0]["id"], &results["data"][0]["session"]),
                (&json!(session), &json!(session))
            );
        }
    }
    // only one side
    let mut one_side = hunt("secret", "ascii", "raw", "ip.src == 10.0.0.50");
    one_side["src"] = false.into();
    assert_eq!(run(&client, one_side).await["matchedSessions"], 0);
}

#[tokio::test]
async fn matches_tell_their_place_and_marks_come_off() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let done = run(&client, hunt("secret", "ascii", "raw", "ip.src == 10.0.0.50")).await;
    let id = done["id"].as_str().unwrap();
    let matches = client.get(&format!("/api/hunt/{id}/results")).await.ok()["data"][0]["matches"].clone();
    // the request and its retransmission
    assert_eq!(matches.as_array().unwrap().len(), 2);
    assert_eq!(
        (&matches[0]["packet"], &matches[0]["offset"], &matches[0]["side"]),
        (&json!(3), &json!(5), &json!("src"))
    );
    assert!(matches[0]["context"].as_str().unwrap().contains("GET /secret HTTP"));
    client.json(Method::PUT, &format!("/api/hunt/{id}/removefromsessions"), json!({})).await.ok();
    let left =
        client.get(&format!("/api/sessions?date=-1&length=0&expression=huntId%3D%3D%22{id}%22")).await.ok();
    assert_eq!(left["recordsFiltered"], 0);
    client.json(Method::DELETE, &format!("/api/hunt/{id}"), json!({})).await.ok();
    assert!(fixture.catalog.list("huntresults").unwrap().is_empty());
    assert_eq!(client.get("/api/hunts").await.ok()["recordsTotal"], 0);
}

#[tokio::test]
async fn what_it_will_read_is_told_before_and_while_it_runs() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let all = json!({"query": {"expression": "ip.src == 10.0.0.50", "date": -1}, "size": 500});
    let before = client.post("/api/hunt/estimate", all.clone()).await.ok();
    assert_eq!(
        (&before["sessions"], &before["packets"], &before["files"]),
        (&json!(1), &json!(5), &json!(1))
    );
    assert_eq!((&before["exact"], &before["limit"]), (&json!(true), &json!(10_000_000)));
    assert!(before.get("seconds").is_none(), "no hunt has shown how fast it is");
    let bytes = before["bytes"].as_u64().unwrap();
    let none = client.post("/api/hunt/estimate", json!({"query": {}})).await;
    assert_eq!(none.status, StatusCode::FORBIDDEN);

    let mut body = hunt("secret", "ascii", "raw", "");
    body["query"] = all["query"].clone();
    let done = run(&client, body).await;
    assert_eq!(done["matchedSessions"], 1);
    assert_eq!((&done["totalBytes"], &done["totalFiles"]), (&json!(bytes), &json!(1)));
    assert_eq!((&done["searchedBytes"], &done["searchedPackets"]), (&json!(bytes), &json!(5)));
    assert_eq!((&done["missingPackets"], &done["estimateExact"]), (&json!(0), &json!(true)));
    assert!(done["bytesPerSecond"].as_u64().unwrap() > 0);
    // of each session no more than so many packets: the 20 others have one each, in a file that is gone
    let two = json!({"query": {"date": -1}, "size": 2});
    let before = client.post("/api/hunt/estimate", two).await.ok();
    assert_eq!(
        (&before["sessions"], &before["packets"], &before["files"]),
        (&json!(21), &json!(22), &json!(2))
    );
}

#[tokio::test]
async fn the_time_of_a_hunt_is_bounded_as_that_of_a_search() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    // the session runs from 1.000 to 1.004 seconds
    let sessions = |bounding: &str, from: f64, to: f64| {
        let start = START as f64 / 1_000.0;
        let query = json!({"expression": "ip.src == 10.0.0.50", "bounding": bounding,
            "startTime": start + from, "stopTime": start + to});
        let (client, body) = (client.clone(), json!({ "query": query, "size": 50 }));
        async move { client.post("/api/hunt/estimate", body).await.ok()["sessions"].as_u64().unwrap() }
    };
    assert_eq!(sessions("last", 0.5, 1.002).await, 0);
    assert_eq!(sessions("first", 0.5, 1.002).await, 1);
    assert_eq!(sessions("both", 0.5, 1.002).await, 0);
    assert_eq!(sessions("both", 0.5, 1.5).await, 1);
    assert_eq!(sessions("either", 1.002, 1.003).await, 1);
    let mut wrong = hunt("secret", "ascii", "raw", "");
    wrong["query"]["bounding"] = "sideways".into();
    assert_eq!(client.post("/api/hunt", wrong).await.status, StatusCode::BAD_REQUEST);
    // hours are those before the hunt was made, and stay
    let mut recent = hunt("secret", "ascii", "raw", "");
    recent["query"] = json!({"date": 1});
    let refused = client.post("/api/hunt", recent).await;
    assert_eq!(refused.json()["text"], "This hunt doesn't apply to any sessions");
}

#[tokio::test]
async fn a_packet_that_two_sessions_share_is_searched_for_both() {
    let fixture = Fixture::new();
    let first = with_packets(&fixture);
    let mut twin = fixture.memory.get(first.trim_start_matches("3@").parse().unwrap()).unwrap().unwrap();
    twin.id = super::harness::sample_id(60);
    fixture.memory.clone().append(vec![twin]).unwrap();
    let client = fixture.admin().await;
    for how in ["raw", "reassembled"] {
        let done = run(&client, hunt("secret", "ascii", how, "ip.src == 10.0.0.50")).await;
        assert_eq!((&done["totalSessions"], &done["matchedSessions"]), (&json!(2), &json!(2)), "{how}");
    }
}

#[tokio::test]
async fn sessions_without_packets_are_told() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let done = run(&client, hunt("secret", "ascii", "raw", "")).await;
    assert_eq!((&done["searchedSessions"], &done["matchedSessions"]), (&json!(21), &json!(1)));
    assert_eq!(done["failedSessionIds"].as_array().unwrap().len(), 20, "their file is gone");
    assert_eq!(done["missingPackets"], 20);
}

#[tokio::test]
async fn a_hunt_goes_on_after_a_restart() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let done = run(&client, hunt("secret", "ascii", "raw", "")).await;
    let id = done["id"].as_str().unwrap();
    // as a process leaves it that was killed after 15 sessions
    let mut left = fixture.catalog.get("hunts", id).unwrap().unwrap().value;
    left["status"] = "running".into();
    left["searchedSessions"] = 15.into();
    left["lastPacketTime"] = (START + 14 * 60_000).into();
    left["lastSessionId"] = super::harness::sample_id(14).to_string().into();
    fixture.catalog.put("hunts", id, &left, None).unwrap();
    crate::hunting::process(&fixture.app);
    let again = finished(&client, id).await;
    assert_eq!(again["searchedSessions"], 20, "the five after the fifteenth, and none twice");
}

#[tokio::test]
async fn paused_hunts_wait_and_others_may_not_touch_them() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let done = run(&client, hunt("secret", "ascii", "raw", "")).await;
    let id = done["id"].as_str().unwrap().to_owned();
    client.json(Method::PUT, &format!("/api/hunt/{id}/pause"), json!({})).await.ok();
    crate::hunting::process(&fixture.app);
    let list = client.get("/api/hunts?history=false").await.ok();
    assert_eq!(list["data"][0]["status"], "paused");
    let other = fixture.user("other", json!({})).await;
    assert_eq!(
        other.json(Method::PUT, &format!("/api/hunt/{id}/play"), json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(other.get("/api/hunts").await.ok()["recordsTotal"], 0);
    assert_eq!(other.get(&format!("/api/hunt/{id}/results")).await.status, StatusCode::NOT_FOUND);
    client.json(Method::PUT, &format!("/api/hunt/{id}/play"), json!({})).await.ok();
    finished(&client, &id).await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    for (without, text) in [
        ("name", "Missing hunt name"),
        ("search", "Missing packet search text"),
        ("searchType", "Missing packet search text type"),
        ("type", "Missing packet search type"),
        ("query", "Missing query"),
    ] {
        let mut body = hunt("a", "ascii", "raw", "");
        body.as_object_mut().unwrap().remove(without);
        let refused = client.post("/api/hunt", body).await;
        assert_eq!((refused.status, refused.json()["text"].clone()), (StatusCode::FORBIDDEN, json!(text)));
    }
    let nothing = client.post("/api/hunt", hunt("a", "ascii", "raw", "port == 1")).await;
    assert_eq!(nothing.json()["text"], "This hunt doesn't apply to any sessions");
    let user = fixture.user("u", json!({"packetSearch": false})).await;
    assert_eq!(
        user.post("/api/hunt", hunt("a", "ascii", "raw", "")).await.json()["text"],
        "Need packet search permission"
    );
    assert_eq!(user.get("/api/hunts").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn hunts_are_shared_renamed_and_told() {
    let fixture = Fixture::new();
    with_packets(&fixture);
    let client = fixture.admin().await;
    let (bob, eve) = (fixture.user("bob", json!({})).await, fixture.user("eve", json!({})).await);
    let mut body = hunt("secret", "ascii", "raw", "ip.src == 10.0.0.50");
    body["users"] = "nobody".into();
    let made = client.post("/api/hunt", json!({ "hunt": body })).await.ok();
    assert_eq!(made["invalidUsers"], json!(["nobody"]));
    let id = made["hunt"]["id"].as_str().unwrap().to_owned();
    finished(&client, &id).await;
    let users = format!("/api/hunt/{id}/users");
    let text = |answer: Value| answer["text"].as_str().unwrap().to_owned();
    assert_eq!(
        text(client.post(&users, json!({})).await.json()),
        "You must provide users in a comma separated string"
    );
    assert!(text(client.post(&users, json!({"users": "zoe"})).await.json()).contains("zoe"));
    assert_eq!(bob.post(&users, json!({"users": "bob"})).await.status, StatusCode::FORBIDDEN);
    let shared = client.post(&users, json!({"users": "bob,zoe"})).await.ok();
    assert_eq!((&shared["users"], &shared["invalidUsers"]), (&json!(["bob"]), &json!(["zoe"])));
    assert_eq!(bob.get("/api/hunts").await.ok()["recordsTotal"], 1);
    assert_eq!(eve.get("/api/hunts").await.ok()["recordsTotal"], 0);
    let count = |name: &str| format!("/api/sessions?date=-1&length=0&expression=huntName%3D%3D{name}");
    assert_eq!(client.get(&count("h")).await.ok()["recordsFiltered"], 1);
    let path = format!("/api/hunt/{id}");
    assert_eq!(bob.json(Method::PUT, &path, json!({"name": "x"})).await.status, StatusCode::FORBIDDEN);
    let renamed = client.json(Method::PUT, &path, json!({"name": "better", "description": "d"})).await.ok();
    assert_eq!((&renamed["hunt"]["name"], &renamed["hunt"]["users"]), (&json!("better"), &json!(["bob"])));
    assert_eq!(client.get(&count("h")).await.ok()["recordsFiltered"], 0);
    assert_eq!(client.get(&count("better")).await.ok()["recordsFiltered"], 1);
    let user = |name: &str| format!("/api/hunt/{id}/user/{name}");
    assert_eq!(client.json(Method::DELETE, &user("eve"), json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.json(Method::DELETE, &user("bob"), json!({})).await.ok()["users"], json!([]));
    assert_eq!(bob.get("/api/hunts").await.ok()["recordsTotal"], 0);
    assert_eq!(
        client.json(Method::PUT, &format!("{path}/explode"), json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        client.json(Method::PUT, "/api/hunt/nope/pause", json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}
