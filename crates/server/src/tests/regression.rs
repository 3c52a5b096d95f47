use super::harness::{Fixture, send};
use crate::{Config, ServeError, Server};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

fn fixture() -> Fixture {
    Fixture::with(|config| config.regression_tests = true)
}

async fn ask(
    fixture: &Fixture,
    method: &str,
    uri: &str,
    token: Option<&str>,
    body: &str,
) -> super::harness::Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "127.0.0.1:8123")
        .header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("x-arkime-cookie", token);
    }
    send(&fixture.router, request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_request_names_its_user() {
    let fixture = fixture();
    let user = ask(&fixture, "GET", "/api/user", None, "").await.ok();
    assert_eq!((&user["userId"], &user["roles"][0]), (&json!("anonymous"), &json!("superAdmin")));
    let user = ask(&fixture, "GET", "/api/user?arkimeRegressionUser=bob", None, "").await.ok();
    assert_eq!(user["userId"], "bob");
    let role = ask(&fixture, "GET", "/api/user?arkimeRegressionUser=role:x", None, "").await;
    assert_eq!(role.status, StatusCode::UNAUTHORIZED);
    let elsewhere = Request::get("/api/user").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(fixture.send(elsewhere).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_is_not_stored_may_do_everything() {
    let fixture = fixture();
    let token = ask(&fixture, "GET", "/regressionTests/makeToken", None, "").await.text();
    ask(&fixture, "GET", "/api/notifiertypes", None, "").await.ok();
    let user =
        r#"{"userId":"t1","userName":"T","password":"abcdefgh","enabled":true,"roles":["arkimeUser"]}"#;
    ask(&fixture, "POST", "/api/user", Some(&token), user).await.ok();
    let users = ask(&fixture, "POST", "/api/users", None, "{}").await.ok();
    assert!(users["data"].as_array().unwrap().iter().any(|user| user["userId"] == "t1"), "{users}");
}

#[tokio::test]
async fn changes_need_the_token_of_their_user() {
    let fixture = fixture();
    let view = r#"{"name":"v","expression":"port == 80"}"#;
    let missing = ask(&fixture, "POST", "/api/view", None, view).await;
    assert_eq!(
        (missing.status, missing.json()["text"].clone()),
        (StatusCode::INTERNAL_SERVER_ERROR, json!("Missing token"))
    );
    let stale = ask(&fixture, "POST", "/api/view", Some("1.2"), view).await;
    assert!(stale.json()["text"].as_str().unwrap().starts_with("Timeout - "));
    let token =
        ask(&fixture, "GET", "/regressionTests/makeToken?arkimeRegressionUser=bob", None, "").await.text();
    let other = ask(&fixture, "POST", "/api/view", Some(&token), view).await;
    assert_eq!(other.status, StatusCode::INTERNAL_SERVER_ERROR, "the token of another user");
    ask(&fixture, "POST", "/api/view?arkimeRegressionUser=bob", Some(&token), view).await.ok();
    // queries need none; tags only when a browser may have sent them
    ask(&fixture, "POST", "/api/sessions", None, r#"{"date":-1}"#).await.ok();
    for path in ["/evidence?time=1", "/d/evidence?time=1", "/api/evidence?time=1"] {
        ask(&fixture, "POST", path, None, "{}").await.ok();
    }
    ask(&fixture, "POST", "/api/sessions/addtags", None, r#"{"date":-1,"tags":"a"}"#).await.ok();
    let browser = Request::post("/api/sessions/addtags")
        .header("cookie", "a=b")
        .header("content-type", "application/json");
    let browser = fixture.send(browser.body(Body::from(r#"{"date":-1,"tags":"a"}"#)).unwrap()).await;
    assert_eq!(browser.json()["text"], "Missing token");
    ask(&fixture, "GET", "/regressionTests/deleteAllViews", None, "").await.ok();
    assert_eq!(ask(&fixture, "GET", "/api/views", None, "").await.ok()["recordsTotal"], 0);
    // what a user keeps makes it one that is stored
    ask(
        &fixture,
        "POST",
        "/api/user/settings?arkimeRegressionUser=bob",
        Some(&token),
        r#"{"timezone":"UTC"}"#,
    )
    .await
    .ok();
    let kept = ask(&fixture, "GET", "/regressionTests/getUser/bob", None, "").await.ok();
    assert_eq!(kept["settings"], json!({"timezone": "UTC"}));
}

#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let fixture = Fixture::new();
    for path in
        ["/regressionTests/makeToken", "/regressionTests/shutdown", "/api/user?arkimeRegressionUser=admin"]
    {
        let answer = ask(&fixture, "GET", path, None, "").await;
        assert!(
            answer.status != StatusCode::OK || answer.text().contains("<html"),
            "{path}: {}",
            answer.status
        );
    }
    let open = Config {
        regression_tests: true,
        listen: "0.0.0.0:0".parse().unwrap(),
        allow_remote: true,
        ..Config::default()
    };
    let refused = Server::bind(open, fixture.app.state.clone()).await;
    assert!(matches!(refused, Err(ServeError::RegressionTests(_))));
}
