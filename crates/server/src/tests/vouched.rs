//! Signed tokens and an OpenID provider: a right one, and one that lies.

use super::harness::{Answer, Fixture};
use crate::auth::jose_tests::Signer;
use crate::{Algorithm, Config, JwtLogin, KeySource, Newcomers, OidcLogin};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

fn now() -> i64 {
    crate::app::now_ms() / 1_000
}

#[tokio::test]
async fn signed_tokens_name_users() {
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys.json");
    let signer = Signer::new("k1");
    std::fs::write(&keys, signer.set().to_string()).unwrap();
    let fixture = Fixture::with(|config: &mut Config| {
        config.access.jwt = Some(JwtLogin {
            header: "Authorization".into(),
            keys: KeySource::File(keys.clone()),
            issuer: "https://id.example".into(),
            audience: "hindsight".into(),
            algorithms: vec![Algorithm::Es256],
            user: "sub".into(),
        });
        config.access.newcomers = Newcomers { create: true, ..Newcomers::default() };
    });
    let ask = async |token: &str| {
        let request = Request::get("/api/user").header("authorization", format!("Bearer {token}"));
        fixture.send(request.body(Body::empty()).unwrap()).await
    };
    let claims = |more: Value| {
        let mut all = json!({"iss": "https://id.example", "aud": "hindsight", "exp": now() + 60, "sub": "bob", "name": "Bob"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let made = ask(&signer.sign(&claims(json!({})))).await.ok();
    assert_eq!((&made["userId"], &made["userName"]), (&json!("bob"), &json!("Bob")));
    for (token, why) in [
        (signer.sign(&claims(json!({"exp": now() - 120}))), "exp"),
        (signer.sign(&claims(json!({"aud": "other"}))), "aud"),
        (signer.sign(&claims(json!({"iss": "https://evil.example"}))), "iss"),
        (signer.sign(&claims(json!({"sub": null}))), "sub"),
        (signer.sign_as(&json!({"alg": "none"}), &claims(json!({}))), "algorithm"),
        (signer.sign_as(&json!({"alg": "HS256", "kid": "k1"}), &claims(json!({}))), "algorithm"),
        (Signer::new("k1").sign(&claims(json!({}))), "signature"),
        (Signer::new("k9").sign(&claims(json!({}))), "key"),
        ("x.y.z".to_owned(), "token"),
    ] {
        let refused = ask(&token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{why}");
        assert!(refused.json()["text"].as_str().unwrap().contains(why), "{why}: {}", refused.text());
    }
    let admin = ask(&signer.sign(&claims(json!({"sub": "admin"})))).await;
    assert_eq!(admin.status, StatusCode::FORBIDDEN, "who was not made for this is not named by others");
}

/// A provider that answers what a test tells it to.
struct Provider {
    signer: Signer,
    issuer: String,
    /// What the ID token says instead of what is right.
    lies: Mutex<Value>,
    /// Challenge and nonce of the log-in that began last.
    begun: Mutex<(String, String)>,
    userinfo: Mutex<Value>,
}

/// Exchanges a code for tokens, when everything is as it began.
async fn token(
    State(own): State<Arc<Provider>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, Json<Value>) {
    use base64::Engine as _;
    use sha2::Digest as _;
    let form: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let basic = base64::engine::general_purpose::STANDARD.encode("hindsight:s%2Fcret");
    let (challenge, nonce) = own.begun.lock().unwrap().clone();
    let verifier = sha2::Sha256::digest(form["code_verifier"].as_bytes());
    let right = form["grant_type"] == "authorization_code"
        && form["code"] == "good"
        && headers["authorization"] == format!("Basic {basic}").as_str()
        && base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(verifier) == challenge;
    if !right {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
    }
    let mut claims = json!({"iss": own.issuer, "aud": "hindsight", "exp": now() + 60, "iat": now(), "sub": "1", "nonce": nonce});
    let lies = own.lies.lock().unwrap().clone();
    claims.as_object_mut().unwrap().extend(lies.as_object().unwrap().clone());
    (
        StatusCode::OK,
        Json(json!({"access_token": "a", "token_type": "Bearer", "id_token": own.signer.sign(&claims)})),
    )
}

async fn provider() -> Arc<Provider> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let provider = Arc::new(Provider {
        signer: Signer::new("k1"),
        issuer: issuer.clone(),
        lies: Mutex::new(json!({})),
        begun: Mutex::default(),
        userinfo: Mutex::new(json!({"sub": "1", "preferred_username": "carol"})),
    });
    let description = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"), "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"), "userinfo_endpoint": format!("{issuer}/me"),
    });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(move || async move { Json(description) }))
        .route("/jwks", get(|State(own): State<Arc<Provider>>| async move { Json(own.signer.set()) }))
        .route(
            "/me",
            get(|State(own): State<Arc<Provider>>| async move { Json(own.userinfo.lock().unwrap().clone()) }),
        )
        .route("/token", post(token))
        .with_state(provider.clone());
    tokio::spawn(async move {
        let service = hyper_util::service::TowerToHyperService::new(router);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let served = hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(stream), service.clone());
            tokio::spawn(served);
        }
    });
    provider
}

fn parameters(url: &str) -> HashMap<String, String> {
    let (_, query) = url.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn location(answer: &Answer) -> &str {
    answer.headers["location"].to_str().unwrap()
}

async fn visit(fixture: &Fixture, uri: &str, cookie: &str) -> Answer {
    fixture.send(Request::get(uri).header("cookie", cookie).body(Body::empty()).unwrap()).await
}

/// Begins a log-in: the parameters that the provider gets, and the cookie of the browser.
async fn begin(fixture: &Fixture, provider: &Provider) -> (HashMap<String, String>, String) {
    let answer = visit(fixture, "/api/oidc/login?next=%2Ffiles%3Fdate%3D-1", "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let sent = parameters(location(&answer));
    *provider.begun.lock().unwrap() = (sent["code_challenge"].clone(), sent["nonce"].clone());
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let cookie = format!("hindsight-oidc={}", answer.cookie("hindsight-oidc").unwrap());
    (sent, cookie)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openid_provider_is_believed_only_when_all_is_right() {
    let provider = provider().await;
    let fixture = Fixture::with(|config: &mut Config| {
        config.access.url = Some("http://127.0.0.1:8005".into());
        config.access.oidc = Some(OidcLogin {
            issuer: provider.issuer.clone(),
            client_id: "hindsight".into(),
            client_secret: Some("s/cret".into()),
            scopes: vec!["profile".into()],
            algorithms: vec![Algorithm::Es256],
            user: "preferred_username".into(),
            label: "Test".into(),
        });
        config.access.newcomers = Newcomers { create: true, ..Newcomers::default() };
    });
    let (sent, cookie) = begin(&fixture, &provider).await;
    assert_eq!((sent["response_type"].as_str(), sent["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!(sent["redirect_uri"], "http://127.0.0.1:8005/api/oidc/callback");
    assert_eq!(sent["scope"], "openid profile");
    let back = format!("/api/oidc/callback?code=good&state={}", sent["state"]);
    let answer = visit(&fixture, &back, &cookie).await;
    assert_eq!((answer.status, location(&answer)), (StatusCode::SEE_OTHER, "/files?date=-1"));
    let login = answer.cookie("hindsight-login").unwrap();
    let me = visit(&fixture, "/api/user", &format!("hindsight-login={login}")).await.ok();
    assert_eq!(me["userId"], "carol");
    let again = visit(&fixture, &back, &cookie).await;
    assert_eq!(location(&again), "/login?failed=refused", "replayed");
    assert!(again.cookie("hindsight-login").is_none());

    // each time one thing is wrong
    let fails = async |why: &str, query: &str, own_cookie: bool, wanted: &str| {
        let (sent, cookie) = begin(&fixture, &provider).await;
        let cookie = if own_cookie { cookie } else { "hindsight-oidc=other".to_owned() };
        let uri = format!("/api/oidc/callback?{}", query.replace("STATE", &sent["state"]));
        let answer = visit(&fixture, &uri, &cookie).await;
        assert_eq!(location(&answer), format!("/login?failed={wanted}"), "{why}");
        assert!(answer.cookie("hindsight-login").is_none(), "{why}");
    };
    fails("another browser", "code=good&state=STATE", false, "refused").await;
    fails("state of nobody", "code=good&state=x", true, "refused").await;
    fails("a wrong code", "code=bad&state=STATE", true, "provider").await;
    fails(
        "an answer of another provider",
        "code=good&state=STATE&iss=https%3A%2F%2Fevil.example",
        true,
        "refused",
    )
    .await;
    fails("the provider refuses", "error=access_denied&state=STATE", true, "refused").await;
    for (why, lies) in [
        ("a nonce from before", json!({"nonce": "replayed"})),
        ("for another client", json!({"aud": "other"})),
        ("several clients", json!({"aud": ["hindsight", "other"]})),
        ("another issuer", json!({"iss": "https://evil.example"})),
        ("expired", json!({"exp": now() - 300})),
    ] {
        *provider.lies.lock().unwrap() = lies;
        fails(why, "code=good&state=STATE", true, "token").await;
    }
    *provider.lies.lock().unwrap() = json!({});
    *provider.userinfo.lock().unwrap() = json!({"sub": "2", "preferred_username": "admin"});
    fails("userinfo of another", "code=good&state=STATE", true, "refused").await;
    *provider.userinfo.lock().unwrap() = json!({"sub": "1", "preferred_username": "admin"});
    fails("a user that others may not name", "code=good&state=STATE", true, "refused").await;
}
