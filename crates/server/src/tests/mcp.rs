//! `/mcp` as an assistant meets it.

use super::harness::{Answer, Fixture};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

async fn ask(fixture: &Fixture, token: &str, message: Value) -> Answer {
    let request = Request::post("/mcp")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    fixture.send(request.body(Body::from(message.to_string())).unwrap()).await
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

async fn token(fixture: &Fixture, roles: Value, scopes: Value) -> String {
    let client = fixture.user("alice", json!({ "roles": roles, "expression": "country.src == DE" })).await;
    let made = client.post("/api/user/tokens", json!({"name": "mcp", "scopes": scopes})).await.ok();
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_assistant_asks() {
    let fixture = Fixture::with(|config| {
        config.access.mcp = true;
        config.access.mcp_days = 36_500;
    });
    let token = token(&fixture, json!(["arkimeUser", "mcpUser"]), json!(["read"])).await;
    let hello =
        ask(&fixture, &token, request("initialize", json!({"protocolVersion": "2025-06-18"}))).await.ok();
    assert_eq!((&hello["id"], &hello["result"]["protocolVersion"]), (&json!(7), &json!("2025-06-18")));
    assert_eq!(hello["result"]["serverInfo"]["name"], "hindsight");
    let noted = ask(&fixture, &token, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    assert_eq!((noted.status, noted.body.len()), (StatusCode::ACCEPTED, 0));
    let tools = ask(&fixture, &token, request("tools/list", json!({}))).await.ok()["result"]["tools"].clone();
    assert_eq!(tools.as_array().unwrap().len(), 15);
    let call = async |name: &str, arguments: Value| {
        let answer =
            ask(&fixture, &token, request("tools/call", json!({"name": name, "arguments": arguments})))
                .await
                .ok();
        let result = answer["result"].clone();
        (result["isError"].as_bool().unwrap(), result["content"][0]["text"].as_str().unwrap().to_owned())
    };
    let range = json!({"startTime": "1795000000", "stopTime": "1796000000"});
    let with = |more: Value| {
        let mut all = range.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let (wrong, text) = call("arkime_sessions", with(json!({"length": 3, "fields": "source.ip"}))).await;
    assert!(!wrong, "{text}");
    let sessions: Value = serde_json::from_str(&text).unwrap();
    // five of twenty are from DE: the forced expression of the user holds here too
    assert_eq!((&sessions["recordsFiltered"], sessions["data"].as_array().unwrap().len()), (&json!(5), 3));
    let id = sessions["data"][0]["id"].as_str().unwrap();
    for (tool, arguments) in [
        ("arkime_session_detail", json!({"id": id})),
        ("arkime_unique", with(json!({"exp": "ip.dst"}))),
        ("arkime_multiunique", with(json!({"exp": "ip.src,ip.dst"}))),
        ("arkime_spigraph", with(json!({"exp": "ip.dst"}))),
        ("arkime_spiview", with(json!({"spi": "destination.ip:5"}))),
        ("arkime_connections", with(json!({}))),
        ("arkime_buildquery", with(json!({"expression": "port == 80"}))),
        ("arkime_histories", with(json!({}))),
        ("arkime_fields", json!({})),
        ("arkime_views", json!({})),
        ("arkime_shortcuts", json!({})),
        ("arkime_hunts", json!({})),
        ("arkime_stats", json!({})),
        ("arkime_files", json!({})),
    ] {
        let (wrong, text) = call(tool, arguments).await;
        assert!(!wrong && !text.is_empty(), "{tool}: {text}");
    }
    // what is wrong is said to the assistant
    let (wrong, text) = call("arkime_sessions", with(json!({"expression": "nope == 1"}))).await;
    assert!(wrong || text.contains("nope"), "{text}");
    assert!(call("arkime_sessions", json!({"date": -1})).await.0, "all time is more than any number of days");
    assert!(call("arkime_sessions", json!({"ids": "x"})).await.1.contains("no argument"));
    assert!(call("arkime_session_detail", json!({"id": "../users"})).await.0);
    let unknown = ask(&fixture, &token, request("tools/call", json!({"name": "rm"}))).await.ok();
    assert_eq!(unknown["error"]["code"], -32_602);
    assert_eq!(
        ask(&fixture, &token, request("resources/list", json!({}))).await.ok()["error"]["code"],
        -32_601
    );
    assert_eq!(ask(&fixture, &token, json!([])).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn it_is_bounded_and_off_by_default() {
    let fixture = Fixture::with(|config| config.access.mcp = true);
    let none = Request::post("/mcp").body(Body::from("{}")).unwrap();
    assert_eq!(fixture.send(none).await.status, StatusCode::UNAUTHORIZED);
    let token = token(&fixture, json!(["arkimeUser"]), json!(["read"])).await;
    let refused = ask(&fixture, &token, request("ping", json!({}))).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text().contains("mcpUser"));
    let admin = fixture.admin().await;
    let cookie = admin.post("/mcp", request("ping", json!({}))).await;
    assert!(cookie.status == StatusCode::FORBIDDEN && cookie.text().contains("API tokens only"));
    let wide = admin.post("/api/user/tokens", json!({"name": "a", "scopes": ["read"]})).await.ok();
    let wide = wide["token"].as_str().unwrap();
    let long = request("tools/call", json!({"name": "arkime_sessions", "arguments": {"date": 169}}));
    let answer = ask(&fixture, wide, long).await.ok();
    assert!(
        answer["result"]["isError"] == true
            && answer["result"]["content"][0]["text"].as_str().unwrap().contains("at most 7 days")
    );
    let export = admin.post("/api/user/tokens", json!({"name": "b", "scopes": ["export"]})).await.ok();
    assert_eq!(
        ask(&fixture, export["token"].as_str().unwrap(), request("ping", json!({}))).await.status,
        StatusCode::FORBIDDEN
    );

    let off = Fixture::new();
    let client = off.admin().await;
    assert_eq!(client.post("/mcp", json!({})).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
