use super::harness::{Fixture, START, sample_id};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

const ALL: &str = "date=-1";

fn ids(answer: &Value) -> Vec<String> {
    answer["data"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

fn id(n: i64) -> String {
    format!("3@{}", sample_id(n))
}

#[tokio::test]
async fn lists_pages_and_sorts() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let all = client.get("/api/sessions?date=-1&length=5").await.ok();
    assert_eq!((&all["recordsTotal"], &all["recordsFiltered"]), (&json!(20), &json!(20)));
    assert_eq!(ids(&all), (0..5).map(id).collect::<Vec<_>>(), "first packet first");
    assert_eq!(all["graph"], json!({}), "no timeline unless asked for");
    let first = &all["data"][0];
    assert_eq!(first["source"]["ip"], "10.0.0.0");
    assert_eq!(first["firstPacket"], START);
    assert!(first.get("packetPos").is_none());

    let next = client.get("/api/sessions?date=-1&length=5&start=18&order=network.bytes:desc").await.ok();
    assert_eq!(ids(&next), [id(1), id(0)]);
    let two = client.get("/api/sessions?date=-1&order=destination.port:desc,bytes:asc&length=1").await.ok();
    assert_eq!(ids(&two), [id(1)]);
    let odd = client.get("/api/sessions?date=-1&order=nonsense:desc").await.ok();
    assert!(odd["error"].as_str().unwrap().contains("nonsense"));
    let long = client.get("/api/sessions?date=-1&length=9999999").await.ok();
    assert!(long["error"].as_str().unwrap().contains("length is at most"));
}

#[tokio::test]
async fn finds_by_expression_and_time() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let count = async |query: &str| {
        client.get(&format!("/api/sessions?length=0&{query}")).await.ok()["recordsFiltered"].as_i64().unwrap()
    };
    assert_eq!(count("date=-1&expression=protocols+%3D%3D+http").await, 10);
    assert_eq!(count("date=-1&expression=ip.src+%3D%3D+10.0.0.7:40007").await, 1);
    assert_eq!(count("date=-1&expression=perf.http.time+%3E+2s").await, 1);
    assert_eq!(count("date=-1&expression=file+%3D%3D+*a.pcap").await, 20);
    let (from, to) = (START as f64 / 1_000.0, START as f64 / 1_000.0 + 121.5);
    assert_eq!(count(&format!("startTime={from}&stopTime={to}")).await, 3);
    assert_eq!(count(&format!("startTime={from}&stopTime={}", to - 0.5)).await, 2, "milliseconds count");
    assert_eq!(count(&format!("startTime={from}&stopTime={}&bounding=first", to - 0.5)).await, 3);
    assert_eq!(count("startTime=2026/11/22+21:00:00&stopTime=2026/11/22+21:00:59").await, 1);
    // the samples lie at a fixed time: the last hour is another one
    assert_eq!(count("").await, 0);
    assert_eq!(count(&format!("ids={},{}", id(3), sample_id(4))).await, 2);
}

#[tokio::test]
async fn a_wrong_expression_is_an_empty_answer_with_the_place() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    // two UTF-16 units before the field: the span counts as a browser does
    let answer = client
        .get("/api/sessions?date=-1&expression=tags%3D%3D%22%F0%9F%98%80%22+%26%26+port.src%3D%3Dabc")
        .await
        .ok();
    assert_eq!((&answer["recordsFiltered"], &answer["data"]), (&json!(0), &json!([])));
    assert!(answer["error"].as_str().unwrap().contains("port.src takes a number"), "{answer}");
    assert_eq!(answer["errorSpan"], json!({"start": 24, "end": 27}), "{answer}");
    for (query, part) in [
        ("startTime=1", "go together"),
        ("startTime=5&stopTime=1", "after"),
        ("startTime=yesterday&stopTime=now", "startTime"),
        ("date=abc", "number of hours"),
        ("date=NaN", "number of hours"),
        ("date=-5", "number of hours"),
        ("bounding=middle", "bounding"),
        ("date=-1&view=none", "Can't find view"),
        ("date=-1&ids=zzz", "not a session id"),
        ("date=-1&facets=1&interval=fortnight", "interval"),
        ("date=-1&start=-4", "start must be"),
    ] {
        let answer = client.get(&format!("/api/sessions?{query}")).await.ok();
        assert!(answer["error"].as_str().is_some_and(|e| e.contains(part)), "{query}: {answer}");
    }
}

#[tokio::test]
async fn timeline_and_map() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let (from, to) = (START / 1_000, START / 1_000 + 3_600);
    let answer = client
        .get(&format!("/api/sessions?startTime={from}&stopTime={to}&facets=1&map=true&length=0"))
        .await
        .ok();
    let graph = &answer["graph"];
    assert_eq!(
        (&graph["interval"], &graph["xmin"], &graph["xmax"]),
        (&json!(60), &json!(START), &json!(START + 3_600_000))
    );
    assert_eq!(graph["sessionsHisto"].as_array().unwrap().len(), 20);
    assert_eq!(graph["sessionsHisto"][0], json!([START, 1]));
    assert_eq!(graph["source.bytesHisto"][1], json!([START + 60_000, 800]));
    assert_eq!(graph["sessionsTotal"], 20);
    assert_eq!(graph["network.packetsTotal"], 200);
    assert_eq!(graph["network.bytesTotal"], 210_000);
    assert_eq!(graph["totDataBytesTotal"], 6_000);
    assert_eq!(answer["map"]["src"], json!({"CN": 15, "DE": 5}));
    let all = client.get(&format!("/api/sessions?{ALL}&facets=1&length=0")).await.ok();
    assert_eq!(all["graph"]["interval"], 3_600);
    assert!(all["graph"].get("xmin").is_none());
}

#[tokio::test]
async fn fields_are_chosen_flat_or_nested() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let only = format!("ids={}", id(7));
    let nested = client.get(&format!("/api/sessions?{only}&fields=tags,perf,transaction")).await.ok();
    let session = &nested["data"][0];
    assert_eq!(session["perf"]["http"]["time"], 2_500_000);
    assert_eq!(session["transaction"][0]["request"], "GET /slow");
    assert!(session.get("network").is_none());
    let flat = client.get(&format!("/api/sessions?{only}&fields=tagsCnt,transaction&flatten=1")).await.ok();
    let session = &flat["data"][0];
    assert_eq!((&session["tagsCnt"], &session["source.ip"]), (&json!(2), &json!("10.0.0.7")));
    assert_eq!(session["transaction.request"], json!(["GET /slow"]));
}

#[tokio::test]
async fn post_and_old_names_answer_the_same() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let query = "date=-1&expression=tags%3D%3Dtag1&length=3";
    let get = client.get(&format!("/api/sessions?{query}")).await.ok();
    assert_eq!(get["recordsFiltered"], 7);
    assert_eq!(client.get(&format!("/sessions.json?{query}")).await.ok(), get);
    let body = json!({"date": -1, "expression": "tags==tag1", "length": 3});
    assert_eq!(client.post("/api/sessions", body).await.ok(), get);
    let form = client
        .request(Method::POST, "/api/sessions")
        .header("content-type", "application/x-www-form-urlencoded");
    let form = client.send(form.body(query.to_owned().into()).unwrap()).await.ok();
    assert_eq!(form, get);
}

#[tokio::test]
async fn one_session_whole() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let whole = client.get(&format!("/api/session/{}", id(7))).await.ok();
    assert_eq!(whole["id"], id(7));
    assert_eq!(whole["packetPos"], json!([-1, 724]));
    assert_eq!(whole["transaction"][0]["lastByte"], 2_500_000);
    assert_eq!(client.get(&format!("/api/session/{}", sample_id(7))).await.ok(), whole);
    let page = client.get(&format!("/api/session/n1/{}/detail", id(7))).await.text();
    let port = whole["source"]["port"].to_string();
    assert!(
        page.contains("<dt title=\"source.port\">")
            && page.contains(&format!("<span class=\"field\">{port}</span>")),
        "{page}"
    );
    let unknown = client.get(&format!("/api/session/{}", sample_id(99))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.json()["success"], false);
    assert_eq!(client.get("/api/session/garbage").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_forced_expression_and_a_time_limit_bind() {
    let fixture = Fixture::new();
    let client = fixture.user("bob", json!({"expression": "protocols == http", "timeLimit": 2})).await;
    let over = client.get("/api/sessions?date=-1").await.ok();
    assert_eq!(over["error"], "User time limit (2 hours) exceeded");
    let (from, to) = (START / 1_000, START / 1_000 + 3_600);
    let range = format!("startTime={from}&stopTime={to}");
    let answer = client.get(&format!("/api/sessions?{range}")).await.ok();
    assert_eq!((&answer["recordsFiltered"], &answer["recordsTotal"]), (&json!(10), &json!(10)));
    assert_eq!(client.get(&format!("/api/session/{}", id(2))).await.status, StatusCode::OK);
    assert_eq!(client.get(&format!("/api/session/{}", id(3))).await.status, StatusCode::NOT_FOUND);
    let named = client.get(&format!("/api/sessions?ids={},{}", id(2), id(3))).await.ok();
    assert_eq!(ids(&named), [id(2)]);
    let unique = client.get(&format!("/api/unique?{range}&exp=protocols")).await;
    assert_eq!(unique.text(), "http\ntcp\n");
    let broken = fixture.user("carl", json!({"expression": "nonsense =="})).await;
    let answer = broken.get("/api/sessions?date=-1").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "shows nothing rather than everything");
}

#[tokio::test]
async fn explains_and_completes_and_validates() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let plan = client.get("/api/buildquery?date=-1&expression=bytes%3E10KB").await.ok();
    assert!(plan["query"].as_str().unwrap().contains("bytes"), "{plan}");
    let wrong = client.get("/api/buildquery?date=-1&expression=bytes%3E").await.ok();
    assert_eq!((&wrong["recordsTotal"], wrong["error"].is_string()), (&json!(0), true));

    let fields = client.get("/api/complete?date=-1&text=protoc").await.ok();
    assert_eq!((&fields["from"], &fields["to"]), (&json!(0), &json!(6)));
    let labels = |answer: &Value| -> Vec<String> {
        answer["items"].as_array().unwrap().iter().map(|i| i["label"].as_str().unwrap().to_owned()).collect()
    };
    assert!(labels(&fields).contains(&"protocols".to_owned()), "{fields}");
    assert!(fields["items"].as_array().unwrap().iter().all(|i| i["kind"] == "field"));
    let operators = client.get("/api/complete?date=-1&text=protocols+").await.ok();
    assert!(labels(&operators).contains(&"==".to_owned()), "{operators}");
    let values = client
        .get("/api/complete?date=-1&text=%E4%BD%A0%3D%3D1+%7C%7C+protocols+%3D%3D+ht&cursor=23")
        .await
        .ok();
    assert_eq!(labels(&values).first().map(String::as_str), Some("http"), "{values}");
    assert_eq!((&values["from"], &values["to"]), (&json!(21), &json!(23)));
    let tags = client.get("/api/complete?date=-1&text=tags+%3D%3D+%3Dev").await.ok();
    assert!(tags["items"].is_array());
    let addresses = client.get("/api/complete?date=-1&text=ip+%3D%3D+192.168.1.3").await.ok();
    assert_eq!(labels(&addresses).first().map(String::as_str), Some("192.168.1.3"), "{addresses}");

    assert_eq!(client.get("/api/validate?expression=tags%3D%3Da").await.ok(), json!({"ok": true}));
    let wrong = client.get("/api/validate?expression=tag%3D%3Da").await.ok();
    assert_eq!((&wrong["ok"], &wrong["span"]["start"]), (&json!(false), &json!(0)), "{wrong}");
}

#[tokio::test]
async fn cancelling_answers_whatever_runs() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let answer = client.post("/api/cancel?cancelId=abc", json!({})).await.ok();
    assert_eq!(answer["success"], true);
    assert_eq!(client.post("/api/cancel", json!({})).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_was_asked_is_remembered() {
    let fixture = Fixture::new();
    let (admin, bob) = (fixture.admin().await, fixture.user("bob", json!({})).await);
    admin.get("/api/sessions?date=-1&expression=tags%3D%3Dtag1").await.ok();
    bob.get("/api/unique?date=-1&exp=tags").await;
    let mut seen = Value::Null;
    for _ in 0..100 {
        seen = admin.get("/api/histories?date=1").await.ok();
        if seen["recordsTotal"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(seen["recordsTotal"], 2, "{seen}");
    let first = &seen["data"][0];
    assert_eq!(
        (&first["userId"], &first["api"], &first["expression"]),
        (&json!("admin"), &json!("sessions"), &json!("tags==tag1"))
    );
    assert_eq!(first["recordsFiltered"], 7);
    let own = bob.get("/api/histories?date=1&searchTerm=unique").await.ok();
    assert_eq!((&own["recordsTotal"], &own["data"][0]["userId"]), (&json!(1), &json!("bob")));
    let id = first["id"].as_str().unwrap();
    assert_eq!(
        bob.json(Method::DELETE, &format!("/api/history/{id}"), json!({})).await.status,
        StatusCode::FORBIDDEN
    );
    admin.json(Method::DELETE, &format!("/api/history/{id}"), json!({})).await.ok();
    assert_eq!(
        admin.json(Method::DELETE, &format!("/api/history/{id}"), json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}
