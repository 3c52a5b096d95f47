//! Ways to come in, and the refusals of each.

use super::harness::{Answer, Fixture, send};
use crate::auth::CSRF_COOKIE;
use crate::auth::totp::tests::shown;
use crate::{HeaderLogin, Method as Way, Newcomers, Secret};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use index::Catalog as _;
use serde_json::{Value, json};

fn bearer(token: &str, method: Method, uri: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

async fn with(fixture: &Fixture, token: &str, method: Method, uri: &str) -> Answer {
    fixture.send(bearer(token, method, uri, "{}")).await
}

#[tokio::test]
async fn tokens_do_what_their_scopes_say() {
    let fixture = Fixture::new();
    let admin = fixture.admin().await;
    let made = admin.post("/api/user/tokens", json!({"name": "r", "scopes": ["read"]})).await.ok();
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("hst_") && token.len() > 40);
    assert_eq!((&made["data"]["name"], &made["data"]["scopes"]), (&json!("r"), &json!(["read"])));
    let days =
        (made["data"]["expires"].as_i64().unwrap() - made["data"]["created"].as_i64().unwrap()) / 86_400_000;
    assert_eq!(days, 90);
    // stored is a hash
    let stored = format!("{:?}", fixture.catalog.list("tokens").unwrap());
    assert!(!stored.contains(&token[4..]));

    assert_eq!(with(&fixture, &token, Method::GET, "/api/sessions?date=-1").await.ok()["recordsTotal"], 20);
    assert_eq!(
        with(&fixture, &token, Method::POST, "/api/sessions").await.status,
        StatusCode::OK,
        "a query as a POST"
    );
    for (method, uri) in [
        (Method::GET, "/api/sessions.pcap?date=-1"),
        (Method::GET, "/api/sessions.csv?date=-1"),
        (Method::POST, "/api/sessions/addtags?date=-1&tags=x"),
        (Method::POST, "/api/user"),
        (Method::POST, "/api/upload"),
        (Method::POST, "/api/user/tokens"),
        (Method::GET, "/api/user/tokens"),
        (Method::POST, "/api/user/totp/setup"),
        (Method::POST, "/api/user/password"),
        (Method::POST, "/api/logout"),
    ] {
        let refused = with(&fixture, &token, method, uri).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{uri}: {}", refused.text());
        assert!(refused.json()["text"].as_str().unwrap().contains("token"), "{uri}");
    }
    let export = admin
        .post("/api/user/tokens", json!({"name": "e", "scopes": ["export", "admin"], "days": 1}))
        .await
        .ok();
    let export = export["token"].as_str().unwrap();
    assert_eq!(with(&fixture, export, Method::GET, "/api/sessions.csv?date=-1").await.status, StatusCode::OK);
    let tagged = with(&fixture, export, Method::POST, "/api/sessions/addtags?date=-1&tags=x").await;
    assert_eq!(tagged.status, StatusCode::OK, "no CSRF token is needed: {}", tagged.text());
    assert_eq!(
        with(&fixture, export, Method::GET, "/api/sessions?date=-1").await.status,
        StatusCode::FORBIDDEN
    );

    for (wish, why) in [
        (json!({"scopes": ["read"]}), "name"),
        (json!({"name": "x"}), "scopes"),
        (json!({"name": "x", "scopes": ["all"]}), "no scope"),
        (json!({"name": "x", "scopes": ["read"], "days": 0}), "days"),
        (json!({"name": "x", "scopes": ["read"], "days": 99_999}), "days"),
    ] {
        let refused = admin.post("/api/user/tokens", wish).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.json()["text"].as_str().unwrap().contains(why), "{}", refused.text());
    }
}

#[tokio::test]
async fn tokens_end() {
    let fixture = Fixture::new();
    let (admin, eve) = (fixture.admin().await, fixture.user("eve", json!({})).await);
    let mut tokens = Vec::new();
    for name in ["a", "b", "c"] {
        let made = eve.post("/api/user/tokens", json!({"name": name, "scopes": ["read"]})).await.ok();
        tokens.push((
            made["token"].as_str().unwrap().to_owned(),
            made["data"]["id"].as_str().unwrap().to_owned(),
        ));
    }
    let works = async |n: usize| with(&fixture, &tokens[n].0, Method::GET, "/api/user").await.status;
    assert_eq!(works(0).await, StatusCode::OK);
    let listed = eve.get("/api/user/tokens").await.ok();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    assert!(listed["data"][0]["lastUsed"].is_i64() && listed["data"][0]["lastAddress"] == "127.0.0.1");
    assert!(!listed.to_string().contains(&tokens[0].0));
    // others do not see or end them, administrators do
    let mallory = fixture.user("mallory", json!({})).await;
    assert_eq!(mallory.get("/api/user/tokens?userId=eve").await.status, StatusCode::FORBIDDEN);
    let path = |n: usize| format!("/api/user/tokens/{}", tokens[n].1);
    assert_eq!(mallory.json(Method::DELETE, &path(0), json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/api/user/tokens?userId=*").await.ok()["data"].as_array().unwrap().len(), 3);
    eve.json(Method::DELETE, &path(0), json!({})).await.ok();
    assert_eq!(works(0).await, StatusCode::UNAUTHORIZED);
    admin.json(Method::DELETE, &path(1), json!({})).await.ok();
    assert_eq!(works(1).await, StatusCode::UNAUTHORIZED);
    // expired
    let entry = fixture.catalog.list("tokens").unwrap().remove(0);
    let mut value = entry.value;
    value["expires"] = json!(1);
    fixture.catalog.put("tokens", &entry.key, &value, None).unwrap();
    assert_eq!(works(2).await, StatusCode::UNAUTHORIZED);
    value["expires"] = json!(i64::MAX);
    fixture.catalog.put("tokens", &entry.key, &value, None).unwrap();
    assert_eq!(works(2).await, StatusCode::OK);
    // the user is gone, and a new one of the same name is another user
    admin.json(Method::DELETE, "/api/user/eve", json!({})).await.ok();
    assert_eq!(works(2).await, StatusCode::UNAUTHORIZED);
    fixture.catalog.put("tokens", &entry.key, &value, None).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    fixture.user("eve", json!({})).await;
    assert_eq!(works(2).await, StatusCode::UNAUTHORIZED);
    for wrong in ["hst_", "hst_x", "x"] {
        assert_eq!(with(&fixture, wrong, Method::GET, "/api/user").await.status, StatusCode::UNAUTHORIZED);
    }
}

async fn log_in(fixture: &Fixture, user: &str, code: Option<&str>) -> Answer {
    let body = json!({ "user": user, "password": "password-1", "code": code }).to_string();
    let request =
        Request::post("/api/login").header("content-type", "application/json").body(Body::from(body));
    fixture.send(request.unwrap()).await
}

#[tokio::test]
async fn a_second_factor_is_asked_for() {
    let fixture = Fixture::new();
    let eve = fixture.user("eve", json!({})).await;
    assert_eq!(eve.get("/api/user/totp/status").await.ok()["enabled"], false);
    assert_eq!(
        eve.post("/api/user/totp/confirm", json!({"code": "123456"})).await.status,
        StatusCode::FORBIDDEN
    );
    let setup = eve.post("/api/user/totp/setup", json!({})).await.ok();
    let secret = setup["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 32);
    let uri = setup["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Hindsight:eve?secret=") && uri.contains(secret), "{uri}");
    assert!(
        setup["qr"]["size"].as_i64().unwrap() > 20
            && setup["qr"]["path"].as_str().unwrap().starts_with("M0 0h1v1")
    );
    assert_eq!(log_in(&fixture, "eve", None).await.status, StatusCode::OK, "not confirmed yet");
    assert_eq!(
        eve.post("/api/user/totp/confirm", json!({"code": "000000"})).await.status,
        StatusCode::FORBIDDEN
    );
    let other = fixture.client("eve", "password-1").await;
    let first = shown(secret, 0);
    let confirmed = eve.post("/api/user/totp/confirm", json!({"code": first})).await.ok();
    let recovery = confirmed["recoveryCodes"].as_array().unwrap().clone();
    assert_eq!(recovery.len(), 10);
    assert_eq!(
        other.get("/api/user").await.status,
        StatusCode::UNAUTHORIZED,
        "log-ins without it have ended"
    );
    let me = eve.get("/api/user").await.ok();
    assert!(me["totpEnabled"] == true && me.get("totp").is_none() && !me.to_string().contains(secret));
    assert!(!format!("{:?}", fixture.catalog.list("users").unwrap()).contains(secret), "sealed");
    assert_eq!(
        eve.post("/api/user/totp/setup", json!({})).await.status,
        StatusCode::FORBIDDEN,
        "there is one"
    );

    let asked = log_in(&fixture, "eve", None).await;
    assert_eq!((asked.status, &asked.json()["totp"]), (StatusCode::UNAUTHORIZED, &json!(true)));
    assert!(asked.headers.get("set-cookie").is_none());
    let wrong = fixture.login_as("eve", "password-2").await;
    assert!(wrong.json().get("totp").is_none(), "who does not know the password learns nothing");
    let used = log_in(&fixture, "eve", Some(&first)).await;
    assert_eq!(used.status, StatusCode::UNAUTHORIZED, "the code was used to confirm");
    let next = shown(secret, 1);
    assert_eq!(log_in(&fixture, "eve", Some(&next)).await.status, StatusCode::OK);
    assert_eq!(log_in(&fixture, "eve", Some(&next)).await.status, StatusCode::UNAUTHORIZED, "replayed");
    let code = recovery[3].as_str().unwrap().to_lowercase();
    assert_eq!(log_in(&fixture, "eve", Some(&code)).await.status, StatusCode::OK);
    assert_eq!(log_in(&fixture, "eve", Some(&code)).await.status, StatusCode::UNAUTHORIZED, "once");
    // no way round
    let basic = {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode("eve:password-1");
        Request::get("/api/user")
            .header("authorization", format!("Basic {text}"))
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(fixture.send(basic).await.status, StatusCode::FORBIDDEN);

    assert_eq!(
        eve.post("/api/user/totp/disable", json!({"code": "000000"})).await.status,
        StatusCode::FORBIDDEN
    );
    let mallory = fixture.user("mallory", json!({})).await;
    assert_eq!(
        mallory.post("/api/user/totp/disable", json!({"userId": "eve"})).await.status,
        StatusCode::FORBIDDEN
    );
    fixture.admin().await.post("/api/user/totp/disable", json!({"userId": "eve"})).await.ok();
    assert_eq!(log_in(&fixture, "eve", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn codes_are_not_guessed_freely() {
    let fixture = Fixture::new();
    let eve = fixture.user("eve", json!({})).await;
    let setup = eve.post("/api/user/totp/setup", json!({})).await.ok();
    let secret = setup["secret"].as_str().unwrap();
    eve.post("/api/user/totp/confirm", json!({"code": shown(secret, 0)})).await.ok();
    let mut last = StatusCode::OK;
    for _ in 0..7 {
        last = log_in(&fixture, "eve", Some("000000")).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "a right password does not clear wrong codes");
    assert_eq!(log_in(&fixture, "eve", Some(&shown(secret, 1))).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn who_needs_a_second_factor_sets_it_up_first() {
    let fixture = Fixture::with(|config| config.access.totp_required = vec!["superAdmin".into()]);
    fixture.user("eve", json!({})).await;
    assert_eq!(log_in(&fixture, "eve", None).await.ok()["enroll"], false, "another role");
    let answer = fixture.login_as("admin", &fixture.admin_password).await;
    assert_eq!(answer.json()["enroll"], true);
    let admin = fixture.admin().await;
    for path in ["/api/sessions?date=-1", "/api/fields", "/api/user/tokens", "/api/user/settings"] {
        assert_eq!(admin.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(admin.get("/api/user").await.status, StatusCode::OK);
    let made =
        admin.post("/api/user", json!({"userId": "x", "userName": "x", "password": "password-2"})).await;
    assert_eq!(made.status, StatusCode::FORBIDDEN);
    let setup = admin.post("/api/user/totp/setup", json!({})).await.ok();
    let code = shown(setup["secret"].as_str().unwrap(), 0);
    admin.post("/api/user/totp/confirm", json!({ "code": code })).await.ok();
    assert_eq!(admin.get("/api/sessions?date=-1").await.status, StatusCode::OK);
}

/// What a client of RFC 7616 makes of a challenge; with a library of hashes of its own it would look the same.
fn digest(challenge: &str, user: &str, password: &str, uri: &str, count: u32) -> String {
    use md5::Md5;
    use sha2::{Digest as _, Sha256};
    let part = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=")).unwrap();
        rest.trim_start_matches('"').split(['"', ',']).next().unwrap().to_owned()
    };
    let (algorithm, nonce) = (part("algorithm"), part("nonce"));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hash = |text: String| match algorithm.as_str() {
        "MD5" => hex(&Md5::digest(text.as_bytes())),
        _ => hex(&Sha256::digest(text.as_bytes())),
    };
    let own = hash(format!("{user}:Hindsight:{password}"));
    let request = hash(format!("GET:{uri}"));
    let response = hash(format!("{own}:{nonce}:{count:08x}:abc:auth:{request}"));
    format!(
        "Digest username=\"{user}\", realm=\"Hindsight\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm={algorithm}, qop=auth, \
         nc={count:08x}, cnonce=\"abc\", response=\"{response}\""
    )
}

#[tokio::test]
async fn digest_works_and_refuses() {
    let fixture = Fixture::with(|config| config.access.methods.push(Way::Digest));
    let get = async |uri: &str, authorization: Option<&str>| {
        let mut request = Request::get(uri);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        fixture.send(request.body(Body::empty()).unwrap()).await
    };
    let challenges = |answer: &Answer| -> Vec<String> {
        answer.headers.get_all("www-authenticate").iter().map(|v| v.to_str().unwrap().to_owned()).collect()
    };
    let offered = challenges(&get("/api/user", None).await);
    assert!(offered[0].starts_with("Digest") && offered[0].contains("SHA-256"), "{offered:?}");
    assert!(offered[1].contains("algorithm=MD5") && offered[2].starts_with("Basic"), "{offered:?}");
    let (sha, md5) = (offered[0].clone(), offered[1].clone());
    let password = fixture.admin_password.clone();
    // the password was made before: digest learns it at the next log-in
    let before = get("/api/user", Some(&digest(&sha, "admin", &password, "/api/user", 1))).await;
    assert_eq!(before.status, StatusCode::UNAUTHORIZED);
    fixture.admin().await;
    let stored = format!("{:?}", fixture.catalog.get("users", "admin").unwrap().unwrap().value);
    assert!(stored.contains("digestStore"));

    let right = digest(&sha, "admin", &password, "/api/user", 1);
    assert_eq!(get("/api/user", Some(&right)).await.ok()["userId"], "admin");
    assert_eq!(get("/api/user", Some(&right)).await.status, StatusCode::UNAUTHORIZED, "replayed");
    let query = "/api/sessions?date=-1&expression=port%3D%3D80";
    assert_eq!(get(query, Some(&digest(&md5, "admin", &password, query, 2))).await.status, StatusCode::OK);
    assert_eq!(
        get(query, Some(&digest(&sha, "admin", &password, "/api/user", 3))).await.status,
        StatusCode::UNAUTHORIZED,
        "of another request"
    );
    assert_eq!(
        get("/api/user", Some(&digest(&sha, "admin", "wrong", "/api/user", 4))).await.status,
        StatusCode::UNAUTHORIZED
    );
    let foreign = sha.replace("nonce=\"", "nonce=\"x");
    let stale = get("/api/user", Some(&digest(&foreign, "admin", &password, "/api/user", 1))).await;
    assert!(stale.status == StatusCode::UNAUTHORIZED && challenges(&stale)[0].contains("stale=true"));
    for malformed in
        ["Digest x", "Digest username=\"admin\"", "Digest username=\"admin\", qop=auth, algorithm=SHA-512"]
    {
        assert_eq!(get("/api/user", Some(malformed)).await.status, StatusCode::UNAUTHORIZED, "{malformed}");
    }
    let mut last = StatusCode::OK;
    for n in 10..20 {
        last = get("/api/user", Some(&digest(&sha, "admin", "wrong", "/api/user", n))).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn digest_is_off_by_default() {
    let fixture = Fixture::new();
    fixture.admin().await;
    assert!(
        !fixture.catalog.get("users", "admin").unwrap().unwrap().value.to_string().contains("digestStore")
    );
    let answer = fixture
        .send(
            Request::get("/api/user")
                .header("authorization", "Digest username=\"admin\"")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
}

/// A request as the accept loop passes it on.
async fn from(fixture: &Fixture, peer: &str, pairs: &[(&str, &str)]) -> Answer {
    let mut request = Request::get("/api/user");
    for (name, value) in pairs {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(crate::auth::Peer { address: peer.parse().unwrap(), tls: false });
    send(&fixture.router, request).await
}

#[tokio::test]
async fn a_trusted_proxy_names_users() {
    let fixture = Fixture::with(|config| {
        config.access.trusted_proxies = vec!["10.0.0.5/32".parse().unwrap()];
        config.access.header = Some(HeaderLogin {
            user: "x-remote-user".into(),
            name: None,
            groups: Some("x-groups".into()),
            required: Some(("x-groups".into(), vec!["net".into(), "soc".into()])),
        });
        config.access.newcomers = Newcomers {
            create: true,
            mapping: vec![("soc".into(), "arkimeAdmin".into())],
            time_limit: 24,
            ..Newcomers::default()
        };
    });
    let alice = [("x-remote-user", "alice"), ("x-groups", "net, soc")];
    let made = from(&fixture, "10.0.0.5", &alice).await.ok();
    assert_eq!(
        (&made["userId"], &made["timeLimit"], &made["headerAuthEnabled"]),
        (&json!("alice"), &json!(24), &json!(true))
    );
    assert!(made["roles"].as_array().unwrap().contains(&json!("arkimeAdmin")));
    let less = from(&fixture, "10.0.0.5", &[("x-remote-user", "alice"), ("x-groups", "net")]).await.ok();
    assert_eq!(less["roles"], json!(["arkimeUser"]), "out of the group, out of the role");
    for (peer, pairs, status, why) in [
        ("10.0.0.6", alice.as_slice(), StatusCode::UNAUTHORIZED, "not this proxy"),
        ("127.0.0.1", alice.as_slice(), StatusCode::UNAUTHORIZED, "not this proxy"),
        (
            "10.0.0.5",
            &[("x-remote-user", "alice"), ("x-groups", "other")],
            StatusCode::FORBIDDEN,
            "not in a group that is asked for",
        ),
        ("10.0.0.5", &[("x-remote-user", "alice")], StatusCode::FORBIDDEN, "no group"),
        (
            "10.0.0.5",
            &[("x-remote-user", "admin"), ("x-groups", "net")],
            StatusCode::FORBIDDEN,
            "may not be logged in by others",
        ),
        ("10.0.0.5", &[("x-remote-user", "role:x"), ("x-groups", "net")], StatusCode::FORBIDDEN, "a role"),
        (
            "10.0.0.5",
            &[("x-remote-user", "alice"), ("x-remote-user", "admin"), ("x-groups", "net")],
            StatusCode::UNAUTHORIZED,
            "two names",
        ),
        ("10.0.0.5", &[("x-groups", "net")], StatusCode::UNAUTHORIZED, "no name"),
    ] {
        let answer = from(&fixture, peer, pairs).await;
        assert_eq!(answer.status, status, "{why}: {}", answer.text());
    }
    fixture.admin().await.post("/api/user/alice", json!({"enabled": false})).await.ok();
    assert_eq!(from(&fixture, "10.0.0.5", &alice).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn cookies_are_for_encrypted_connections_where_there_are_some() {
    let fixture = Fixture::with(|config| {
        config.access.trusted_proxies = vec!["10.0.0.5/32".parse().unwrap()];
        config.hsts = true;
    });
    let body = json!({ "user": "admin", "password": fixture.admin_password }).to_string();
    let log_in = async |peer: &str, tls: bool, proto: Option<&str>| {
        let mut request = Request::post("/api/login").header("content-type", "application/json");
        if let Some(proto) = proto {
            request = request.header("x-forwarded-proto", proto).header("x-forwarded-for", "192.0.2.9");
        }
        let mut request = request.body(Body::from(body.clone())).unwrap();
        request.extensions_mut().insert(crate::auth::Peer { address: peer.parse().unwrap(), tls });
        let answer = send(&fixture.router, request).await;
        assert_eq!(answer.status, StatusCode::OK);
        let secure =
            answer.headers.get_all("set-cookie").iter().all(|v| {
                v.to_str().unwrap().ends_with("; Secure") || v.to_str().unwrap().contains("; Secure;")
            });
        (secure, answer.headers.contains_key("strict-transport-security"))
    };
    assert_eq!(log_in("192.0.2.1", false, None).await, (false, false));
    assert_eq!(log_in("192.0.2.1", true, None).await, (true, true));
    assert_eq!(log_in("10.0.0.5", false, Some("https")).await, (true, true));
    assert_eq!(log_in("192.0.2.1", false, Some("https")).await, (false, false), "no proxy of ours");
    // the audit knows the client, not the proxy
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let seen = fixture.admin().await.get("/api/histories?audit=true&date=-1").await.ok();
    let rows = seen["data"].as_array().unwrap();
    let by =
        |address: &str| rows.iter().filter(|row| row["api"] == "login" && row["address"] == address).count();
    assert_eq!((by("192.0.2.9"), by("192.0.2.1"), by("10.0.0.5")), (1, 3, 0), "{rows:?}");
}

#[tokio::test]
async fn everything_is_written_down() {
    let fixture = Fixture::new();
    fixture.login_as("admin", "wrong").await;
    let admin = fixture.admin().await;
    admin.get("/api/sessions?date=-1").await.ok();
    for _ in 0..3 {
        assert_eq!(admin.get("/api/fields").await.status, StatusCode::OK);
    }
    admin.post("/api/user/settings", json!({})).await.ok();
    let made = admin.post("/api/user/tokens", json!({"name": "nightly", "scopes": ["read"]})).await.ok();
    with(&fixture, made["token"].as_str().unwrap(), Method::GET, "/api/views").await.ok();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let rows = admin.get("/api/histories?audit=true&date=-1").await.ok()["data"].clone();
    let rows: Vec<&Value> = rows.as_array().unwrap().iter().collect();
    let count =
        |api: &str, status: u16| rows.iter().filter(|r| r["api"] == api && r["status"] == status).count();
    assert_eq!((count("login", 401), count("login", 200)), (1, 1), "{rows:?}");
    assert_eq!(
        (count("fields", 200), count("user/settings", 200), count("user/tokens", 200)),
        (1, 1, 1),
        "{rows:?}"
    );
    let by_token = rows.iter().find(|r| r["api"] == "views").unwrap();
    assert_eq!((&by_token["auth"], &by_token["userId"]), (&json!("token nightly"), &json!("admin")));
    let queries = admin.get("/api/histories?date=-1").await.ok();
    assert!(queries["data"].as_array().unwrap().iter().all(|r| r["api"] != "login"));
    assert!(
        queries["data"].as_array().unwrap().iter().any(|r| r["api"] == "sessions" && r["auth"] == "form")
    );
}

#[tokio::test]
async fn the_log_in_page_knows_the_ways() {
    let fixture = Fixture::with(|config| {
        config.access.methods = vec![Way::Basic];
        config.access.message = "Authorised use only".into();
        config.access.secret = Secret::new([1; 32]);
    });
    let ways = fixture.send(Request::get("/api/login").body(Body::empty()).unwrap()).await.ok();
    assert_eq!(ways, json!({"form": false, "message": "Authorised use only", "oidc": null}));
    let refused = fixture.login_as("admin", &fixture.admin_password).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.cookie(CSRF_COOKIE).is_none());
    let none = fixture.send(Request::get("/api/oidc/login").body(Body::empty()).unwrap()).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
