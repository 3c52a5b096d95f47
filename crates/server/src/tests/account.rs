use super::harness::Fixture;
use crate::auth::{CSRF_COOKIE, LOGIN_COOKIE};
use crate::{Config, ensure_admin};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use index::Catalog as _;
use serde_json::json;
use std::time::Duration;

fn basic(user: &str, password: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {text}")
}

#[tokio::test]
async fn the_first_admin_is_made_once() {
    let fixture = Fixture::new();
    assert!(fixture.admin_password.len() >= 20);
    assert_eq!(ensure_admin(&*fixture.catalog).unwrap(), None);
}

#[tokio::test]
async fn logs_in_and_out() {
    let fixture = Fixture::new();
    let answer = fixture.login_as("admin", &fixture.admin_password).await;
    assert_eq!(answer.status, StatusCode::OK);
    let set: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    let login = set.iter().find(|c| c.starts_with(LOGIN_COOKIE)).unwrap();
    assert!(
        login.contains("HttpOnly") && login.contains("SameSite=Strict") && !login.contains("Secure"),
        "{login}"
    );
    let csrf = set.iter().find(|c| c.starts_with(CSRF_COOKIE)).unwrap();
    assert!(!csrf.contains("HttpOnly") && csrf.contains("SameSite=Strict"), "{csrf}");
    assert_eq!(answer.json()["user"]["userId"], "admin");

    let client = fixture.admin().await;
    let me = client.get("/api/user").await.ok();
    assert_eq!(
        (&me["userId"], &me["roles"][0], &me["canUpload"]),
        (&json!("admin"), &json!("superAdmin"), &json!(true))
    );
    assert!(me.get("passStore").is_none(), "the hash stays inside");
    let info = client.get("/api/appinfo").await.ok();
    assert_eq!((&info["node"], &info["user"]["userId"]), (&json!("n1"), &json!("admin")));

    assert_eq!(client.post("/api/logout", json!({})).await.status, StatusCode::OK);
    assert_eq!(
        client.get("/api/user").await.status,
        StatusCode::UNAUTHORIZED,
        "the token is dead, not just the cookie"
    );
}

#[tokio::test]
async fn everything_needs_a_user() {
    let fixture = Fixture::new();
    for path in [
        "/api/user",
        "/api/sessions",
        "/sessions.json",
        "/api/fields",
        "/api/files",
        "/api/unique?exp=tags",
        "/api/sessions.csv",
        "/api/sessions.pcap",
        "/api/jobs",
        "/metrics",
        "/api/eshealth",
        "/api/parliament",
        "/cyberchef/n1/session/3@261122-AQEBAQEBAQEBAQEBAQEBAQ",
        "/api/histories",
        "/api/appinfo",
        "/api/session/3@261122-AQEBAQEBAQEBAQEBAQEBAQ",
    ] {
        let answer = fixture.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(answer.headers.contains_key("www-authenticate"), "{path}: a script is told how");
        assert_eq!(answer.json()["success"], false);
    }
    let browser = Request::get("/api/user").header("sec-fetch-mode", "cors").body(Body::empty()).unwrap();
    let answer = fixture.send(browser).await;
    assert!(!answer.headers.contains_key("www-authenticate"), "no password box of the browser");
    for path in ["/health", "/api/appversion", "/api/docs", "/api/docs/openapi.json"] {
        let answer = fixture.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn changes_need_the_token() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let cookie = format!("{LOGIN_COOKIE}={}", client.cookie);
    let post = |token: Option<&str>| {
        let mut request = Request::post("/api/user/settings").header("cookie", &cookie);
        if let Some(token) = token {
            request = request.header("x-hindsight-cookie", token);
        }
        request.header("content-type", "application/json").body(Body::from("{}")).unwrap()
    };
    let missing = fixture.send(post(None)).await;
    assert_eq!(
        (missing.status, missing.json()["text"].as_str().unwrap()),
        (StatusCode::FORBIDDEN, "Missing token")
    );
    assert_eq!(fixture.send(post(Some("wrong"))).await.status, StatusCode::FORBIDDEN);
    let right = fixture.send(post(Some(&client.csrf))).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.text());
    assert!(right.cookie(CSRF_COOKIE).is_some(), "the readable cookie was lost and comes again");
    // a query changes nothing; but a page of another site does not make a browser ask
    let ask = |site: &str| {
        let request = Request::post("/d/evidence?time=1").header("cookie", &cookie);
        fixture.send(request.header("sec-fetch-site", site).body(Body::empty()).unwrap())
    };
    assert_eq!(ask("none").await.status, StatusCode::OK);
    assert_eq!(ask("cross-site").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn scripts_use_basic() {
    let fixture = Fixture::new();
    let get =
        |auth: &str| Request::get("/api/user").header("authorization", auth).body(Body::empty()).unwrap();
    let right = basic("admin", &fixture.admin_password);
    assert_eq!(fixture.send(get(&right)).await.status, StatusCode::OK);
    let started = std::time::Instant::now();
    for _ in 0..50 {
        assert_eq!(fixture.send(get(&right)).await.status, StatusCode::OK);
    }
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "a known password is not hashed again: {:?}",
        started.elapsed()
    );
    assert_eq!(fixture.send(get(&basic("admin", "no"))).await.status, StatusCode::UNAUTHORIZED);
    let change = |site: &str| {
        Request::post("/api/user/settings")
            .header("authorization", &right)
            .header("sec-fetch-site", site)
            .header("content-type", "application/json")
            .body(Body::from("{}"))
            .unwrap()
    };
    assert_eq!(fixture.send(change("cross-site")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.send(change("same-origin")).await.status, StatusCode::OK);
    // a new password ends the remembered one at once
    crate::set_password(&*fixture.catalog, "admin", Some("another one")).unwrap();
    assert_eq!(fixture.send(get(&right)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let fixture = Fixture::new();
    for _ in 0..5 {
        assert_eq!(fixture.login_as("admin", "guess").await.status, StatusCode::UNAUTHORIZED);
    }
    let answer = fixture.login_as("admin", &fixture.admin_password).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(fixture.login_as("nobody", "x").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_password_is_changed_and_other_logins_end() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.admin().await, fixture.admin().await);
    let change = |current: &str, new: &str| json!({ "currentPassword": current, "newPassword": new });
    let short = one.post("/api/user/password", change(&fixture.admin_password, "short")).await;
    assert_eq!(short.status, StatusCode::FORBIDDEN);
    assert!(short.json()["text"].as_str().unwrap().contains("8 characters"));
    let wrong = one.post("/api/user/password", change("wrong", "long enough")).await;
    assert_eq!(
        (wrong.status, wrong.json()["text"].as_str().unwrap()),
        (StatusCode::FORBIDDEN, "the current password is wrong")
    );
    one.post("/api/user/password", change(&fixture.admin_password, "long enough")).await.ok();
    assert_eq!(one.get("/api/user").await.status, StatusCode::OK);
    assert_eq!(two.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.login_as("admin", "long enough").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_administrator_sets_the_password_of_another_user() {
    let fixture = Fixture::new();
    let admin = fixture.admin().await;
    let bob = fixture.user("bob", json!({})).await;
    let new = json!({ "newPassword": "given to bob" });
    let set = |user: &str| format!("/api/user/password?userId={user}");
    admin.post(&set("bob"), new.clone()).await.ok();
    assert_eq!(bob.get("/api/user").await.status, StatusCode::UNAUTHORIZED, "its log-ins have ended");
    assert_eq!(admin.get("/api/user").await.status, StatusCode::OK, "the administrator's have not");
    assert_eq!(fixture.login_as("bob", "password-1").await.status, StatusCode::UNAUTHORIZED);
    let bob = fixture.client("bob", "given to bob").await;
    assert_eq!(bob.post(&set("admin"), new.clone()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.login_as("admin", &fixture.admin_password).await.status, StatusCode::OK);
    // an administrator of users is no super administrator
    let manager = fixture.user("manager", json!({"roles": ["usersAdmin"]})).await;
    assert_eq!(manager.post(&set("admin"), new.clone()).await.status, StatusCode::FORBIDDEN);
    manager.post(&set("bob"), new.clone()).await.ok();
    let short = json!({ "newPassword": "short" });
    assert_eq!(admin.post(&set("bob"), short).await.status, StatusCode::FORBIDDEN);
    let nobody = admin.post(&set("nobody"), new.clone()).await;
    assert_eq!(
        (nobody.status, nobody.json()["text"].clone()),
        (StatusCode::FORBIDDEN, json!("Unknown user"))
    );
    // the own one always needs the current one
    let own = admin.post(&set("admin"), new).await;
    assert_eq!(own.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_first_user_is_an_administrator() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = catalog_sqlite::Sqlite::open(dir.path().join("c")).unwrap();
    let refused = crate::manage::add_user(&catalog, "eve", "Eve", &["arkimeUser".to_owned()]).unwrap_err();
    assert!(refused.to_string().contains("--role superAdmin"), "{refused}");
    crate::set_password(&catalog, "root", None).unwrap();
    let roles = |id: &str| catalog.get("users", id).unwrap().unwrap().value["roles"].clone();
    assert_eq!(roles("root"), json!(["superAdmin"]));
    crate::set_password(&catalog, "eve", None).unwrap();
    assert_eq!(roles("eve"), json!(["arkimeUser"]), "later ones are not");
    assert_eq!(ensure_admin(&catalog).unwrap(), None, "there is one already");
}

#[tokio::test]
async fn settings_are_kept() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let fresh = client.get("/api/user/settings").await.ok();
    assert_eq!((&fresh["sortColumn"], &fresh["timezone"]), (&json!("firstPacket"), &json!("local")));
    let settings = json!({ "timezone": "Asia/Shanghai", "columns": ["source.ip"] });
    client.post("/api/user/settings", settings.clone()).await.ok();
    let kept = client.get("/api/user/settings").await.ok();
    assert_eq!((&kept["timezone"], &kept["columns"]), (&settings["timezone"], &settings["columns"]));
    // others' settings are for those who administer users
    let bob = fixture.user("bob", json!({})).await;
    assert_eq!(bob.get("/api/user/settings?userId=admin").await.status, StatusCode::FORBIDDEN);
    let taken = bob.post("/api/user/settings?userId=admin", json!({ "timezone": "UTC" })).await;
    assert_eq!(taken.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get("/api/user/settings").await.ok()["timezone"], "Asia/Shanghai");
    // nor may who administers users, but is no superAdmin, change one who is
    let keeper = fixture.user("keeper", json!({ "roles": ["usersAdmin", "arkimeUser"] })).await;
    assert_eq!(keeper.get("/api/user/settings?userId=admin").await.status, StatusCode::FORBIDDEN);
    assert_eq!(keeper.post("/api/user/settings?userId=admin", json!({})).await.status, StatusCode::FORBIDDEN);
    assert!(keeper.get("/api/user/settings?userId=bob").await.ok().is_object());
    assert_eq!(client.get("/api/user/settings?userId=nobody").await.status, StatusCode::FORBIDDEN);
    client
        .post("/api/user/settings?userId=bob", json!({ "timezone": "UTC", "sortColumn": "firstPacket" }))
        .await
        .ok();
    assert_eq!(bob.get("/api/user/settings").await.ok()["timezone"], "UTC");
    let stored = fixture.catalog.get("users", "bob").unwrap().unwrap().value;
    assert_eq!(stored["settings"], json!({ "timezone": "UTC" }), "what everybody has is not kept");
    let big = json!({ "x": "y".repeat(70_000) });
    assert_eq!(client.json(Method::PUT, "/api/user/settings", big).await.status, StatusCode::BAD_REQUEST);
    let list = client.send(
        client
            .request(Method::POST, "/api/user/settings")
            .header("content-type", "application/json")
            .body(Body::from("[1]"))
            .unwrap(),
    );
    assert_eq!(list.await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_log_in_ends_by_itself() {
    let fixture = Fixture::with(|config: &mut Config| config.login_idle = Duration::from_millis(30));
    let client = fixture.admin().await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(client.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let fixture = Fixture::new();
    let client = fixture.user("eve", json!({})).await;
    client.get("/api/user").await.ok();
    let mut stored = fixture.catalog.get("users", "eve").unwrap().unwrap().value;

    stored["enabled"] = json!(false);
    fixture.catalog.put("users", "eve", &stored, None).unwrap();
    assert_eq!(client.get("/api/user").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(fixture.login_as("eve", "password-1").await.status, StatusCode::UNAUTHORIZED);
}
