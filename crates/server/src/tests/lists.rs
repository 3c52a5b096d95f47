use super::harness::Fixture;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn fields_are_listed_both_ways() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let list = client.get("/api/fields?array=true").await.ok();
    let map = client.get("/api/fields").await.ok();
    assert_eq!(list.as_array().unwrap().len(), map.as_object().unwrap().len());
    let src = &map["ip.src"];
    assert_eq!(
        (&src["dbField"], &src["type"], &src["portField"]),
        (&json!("source.ip"), &json!("ip"), &json!("source.port"))
    );
    assert_eq!(map["bytes"]["unit"], "bytes");
    assert_eq!(map["perf.http.time"]["unit"], "us");
    assert_eq!(map["starttime"]["type"], "seconds");
    assert!(map["ip"]["regex"].as_str().unwrap().contains("ip\\.src"));
    assert_eq!(map["file"]["type"], "fileand");
    for field in list.as_array().unwrap() {
        for name in ["exp", "dbField", "friendlyName", "group", "type", "help"] {
            assert!(field[name].as_str().is_some_and(|t| !t.is_empty()), "{name} of {field}");
        }
    }
    client.get("/api/valueactions").await.ok();
    client.get("/api/fieldactions").await.ok();
}

#[tokio::test]
async fn files_are_listed() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let files = client.get("/api/files?sortField=num&desc=true&filter=A.PCAP").await.ok();
    assert_eq!((&files["recordsTotal"], &files["recordsFiltered"]), (&json!(1), &json!(1)));
    let file = &files["data"][0];
    assert_eq!(
        (&file["num"], &file["filesize"], &file["packets"], &file["id"]),
        (&json!(1), &json!(4_000), &json!(200), &json!("n1-1"))
    );
    assert_eq!(client.get("/api/files?filter=zzz").await.ok()["recordsFiltered"], 0);
    let hidden = fixture.user("bob", json!({"hideFiles": true, "hideStats": true})).await;
    assert_eq!(hidden.get("/api/files").await.status, StatusCode::FORBIDDEN);
    assert_eq!(hidden.get("/api/stats").await.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get("/stats.json").await.ok()["recordsTotal"], 0);
}

#[tokio::test]
async fn views_live() {
    let fixture = Fixture::new();
    let (admin, bob) = (fixture.admin().await, fixture.user("bob", json!({})).await);
    let mine = json!({"name": "web", "expression": "protocols == http"});
    let made = bob.post("/api/view", mine.clone()).await.ok();
    let id = made["view"]["id"].as_str().unwrap().to_owned();
    assert_eq!(bob.post("/api/view", mine).await.status, StatusCode::FORBIDDEN, "the name is taken");
    assert_eq!(bob.post("/api/view", json!({"name": "x"})).await.json()["text"], "Missing view expression");
    assert_eq!(
        bob.post("/api/view", json!({"name": "x", "expression": "x =="})).await.status,
        StatusCode::FORBIDDEN
    );
    for how in ["view=web", &format!("view={id}"), "expression=view%3D%3Dweb"] {
        let found = bob.get(&format!("/api/sessions?date=-1&length=0&{how}")).await.ok();
        assert_eq!(found["recordsFiltered"], 10, "{how}: {found}");
    }
    let eve = fixture.user("eve", json!({"roles": ["role:soc"]})).await;
    assert_eq!(eve.get("/api/views").await.ok()["recordsTotal"], 0);
    assert_eq!(eve.get("/api/sessions?date=-1&view=web").await.ok()["error"], "Can't find view");
    let change = json!({"name": "web", "expression": "protocols == tls", "roles": ["role:soc"]});
    let path = format!("/api/view/{id}");
    assert_eq!(eve.json(Method::PUT, &path, change.clone()).await.status, StatusCode::NOT_FOUND);
    bob.json(Method::PUT, &path, change.clone()).await.ok();
    assert_eq!(eve.get("/api/views").await.ok()["data"][0]["expression"], "protocols == tls");
    assert_eq!(eve.json(Method::DELETE, &path, json!({})).await.status, StatusCode::FORBIDDEN);
    admin.json(Method::DELETE, &path, json!({})).await.ok();
    assert_eq!(bob.get("/api/views").await.ok()["recordsTotal"], 0);
}

#[tokio::test]
async fn shortcuts_stand_for_their_values() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let hosts = json!({"name": "hosts", "type": "ip", "value": "10.0.0.1, 10.0.0.2\n10.0.0.16/30"});
    let made = client.post("/api/shortcut", hosts).await.ok();
    let found = client.get("/api/sessions?date=-1&length=0&expression=ip.src%3D%3D%24hosts").await.ok();
    assert_eq!(found["recordsFiltered"], 6, "{found}");
    assert_eq!(
        client.post("/api/shortcut", json!({"name": "c", "type": "colour", "value": "1"})).await.status,
        StatusCode::FORBIDDEN
    );
    let id = made["shortcut"]["id"].as_str().unwrap();
    let change = json!({"name": "hosts", "type": "ip", "value": "10.0.0.1"});
    client.json(Method::PUT, &format!("/api/shortcut/{id}"), change).await.ok();
    assert_eq!(client.get("/api/shortcuts").await.ok()["data"][0]["value"], "10.0.0.1");
    client.json(Method::DELETE, &format!("/api/shortcut/{id}"), json!({})).await.ok();
}

#[tokio::test]
async fn the_api_describes_itself() {
    let fixture = Fixture::new();
    let get = |path: &str| fixture.send(Request::get(path).body(Body::empty()).unwrap());
    let document: Value = get("/api/docs/openapi.json").await.ok();
    assert_eq!(document["openapi"].as_str().unwrap().get(..2), Some("3."));
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/api/sessions",
        "/api/session/{id}",
        "/api/sessions.csv",
        "/api/unique",
        "/api/upload",
        "/api/login",
        "/api/complete",
        "/metrics",
        "/api/view/{id}",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    let listed = &document["paths"]["/api/sessions"]["get"]["parameters"];
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"startTime") && names.contains(&"order"), "{names:?}");
    for (path, kind) in [
        ("/api/docs", "text/html"),
        ("/api/docs/docs.js", "text/javascript"),
        ("/api/docs/docs.css", "text/css"),
    ] {
        let answer = get(path).await;
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        assert!(!answer.text().contains("//cdn"), "no network");
    }
}

/// Routes are made by `routes!`, which describes them, and by `.also(`, which copies the description of what they are another name of.
/// Looks at the source, for a router does not tell its routes.
#[tokio::test]
async fn every_route_is_described() {
    let source = include_str!("../router.rs");
    let fixture = Fixture::new();
    let request = Request::get("/api/docs/openapi.json").body(Body::empty()).unwrap();
    let document: Value = fixture.send(request).await.ok();
    let mut others = 0;
    for part in source.split(".also(").skip(1) {
        let mut words = part.splitn(3, ',');
        let methods = words.next().unwrap().trim();
        let path = words.next().unwrap().trim().trim_matches('"');
        let methods: &[&str] = match methods {
            "GET" => &["get"],
            "POST" => &["post"],
            "PUT" => &["put"],
            "BOTH" => &["get", "post"],
            other => panic!("{other} {path}"),
        };
        for method in methods {
            let operation = &document["paths"][path][method];
            assert!(
                operation["responses"].is_object(),
                "{method} {path} is not described: is the name behind it right?"
            );
        }
        others += 1;
    }
    assert!(others > 30);
    for part in source.split(".route(").skip(1) {
        let path = part.trim_start();
        let known = path.starts_with("path, routes)") || path.starts_with("\"/regressionTests/");
        assert!(known, "add it by routes! or .also(, so that it is described: .route({:.60}", path);
    }
    // and what is described is there
    let client = fixture.admin().await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            // what ends the log-in or waits for a body of its own is left out
            if matches!(path.as_str(), "/api/logout" | "/api/upload" | "/api/user/password") {
                continue;
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let uri = path.replace(['{', '}'], "").replace("/api/user/id", "/api/user/nobody");
            let answer = client.json(method.clone(), &uri, json!({})).await;
            let html = answer.text().contains("<!doctype html") || answer.text().contains("<html");
            assert!(
                !html && answer.status != StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}: {}",
                answer.status
            );
        }
    }
}

#[tokio::test]
async fn metrics_and_health() {
    let fixture = Fixture::with(|config| config.open_metrics = true);
    let get = |path: &str| fixture.send(Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(get("/health").await.status, StatusCode::OK);
    for path in ["/api/eshealth", "/eshealth.json", "/api/parliament", "/parliament.json"] {
        let answer = get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let took = answer.headers["x-arkime-response-time"].to_str().unwrap();
        assert!(took.parse::<u64>().is_ok(), "milliseconds: {took}");
    }
    let posted = fixture.send(Request::post("/health").body(Body::empty()).unwrap()).await;
    assert_eq!((posted.status, posted.body.len()), (StatusCode::OK, 0));
    let client = fixture.admin().await;
    client.get("/api/sessions?date=-1").await.ok();
    let text = get("/metrics").await.text();
    assert!(text.contains("hindsight_query_seconds_count 1\n"), "{text}");
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("hindsight_") && value.parse::<f64>().is_ok(), "{line}");
    }
}
