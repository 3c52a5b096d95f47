use super::harness::Fixture;
use crate::Link;
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn what_clients_ask_about_the_system() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    for path in ["/api/eshealth", "/eshealth.json"] {
        let health = client.get(path).await.ok();
        assert_eq!((&health["status"], &health["number_of_nodes"]), (&json!("green"), &json!(1)));
        assert!(health["molochDbVersion"].as_u64().unwrap() >= 80);
    }
    for path in [
        "/api/parliament",
        "/parliament.json",
        "/api/esstats",
        "/esstats.json",
        "/api/esindices",
        "/api/estasks",
        "/api/esrecovery",
    ] {
        let table = client.get(path).await.ok();
        assert_eq!(
            table["data"].as_array().map(|rows| json!(rows.len())),
            Some(table["recordsTotal"].clone()),
            "{path}"
        );
    }
    assert_eq!(client.get("/api/esindices").await.ok()["data"][0]["docs.count"], 20);
    assert_eq!(client.get("/api/clusters").await.ok(), json!({"active": [], "inactive": []}));
    assert_eq!(client.get("/api/remoteclusters").await.ok(), json!({}));
    let sent = client.post("/api/sessions/send", json!({"date": -1, "remoteCluster": "other"})).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert!(sent.json()["text"].as_str().unwrap().starts_with("Unknown cluster other"));
    assert_eq!(client.post("/receiveSession", json!({})).await.status, StatusCode::FORBIDDEN);
    let hidden = fixture.user("bob", json!({"hideStats": true})).await;
    for path in ["/api/esstats", "/api/parliament", "/api/esshards"] {
        assert_eq!(hidden.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn names_of_addresses() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    assert_eq!(client.get("/api/reversedns").await.text(), "Missing ip parameter");
    let wrong = client.get("/api/reversedns?ip=evil.example").await;
    assert_eq!((wrong.status, wrong.text()), (StatusCode::FORBIDDEN, "ip is no address".to_owned()));
    let local = client.get("/api/reversedns?ip=127.0.0.1").await;
    assert!(local.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert!(!local.text().is_empty());
}

#[tokio::test]
async fn what_a_viewer_begins_with() {
    let link = |name: &str, users: &[&str]| Link {
        name: name.into(),
        url: "https://inventory.example/?q=%TEXT%".into(),
        category: vec!["ip".into()],
        users: users.iter().map(|user| (*user).to_owned()).collect(),
        ..Link::default()
    };
    let links = vec![link("Inventory", &[]), link("Secret", &["admin"])];
    let fixture = Fixture::with(|config| {
        config.links = links;
        config.user_defaults.insert("sortDirection".into(), "asc".into());
        config.cyberchef = Some("https://chef.example/".into());
    });
    let (admin, bob) = (fixture.admin().await, fixture.user("bob", json!({})).await);
    assert_eq!(admin.get("/api/valueactions").await.ok()["Secret2"]["category"], json!(["ip"]));
    assert_eq!(bob.get("/api/valueactions").await.ok().as_object().unwrap().len(), 1);
    assert_eq!(admin.get("/api/fieldactions").await.ok(), json!({}));
    let info = admin.get("/api/appinfo").await.ok();
    assert_eq!(info["fieldsMap"]["ip.src"]["dbField"], "source.ip");
    assert_eq!(info["fieldsArr"].as_array().unwrap().len(), info["fieldsMap"].as_object().unwrap().len());
    assert_eq!((&info["esHealth"]["status"], &info["views"]), (&json!("green"), &json!([])));
    assert_eq!(info["userSettingDefaults"]["sortDirection"], "asc");
    assert_eq!(info["cyberchef"], "https://chef.example/");
    assert!(admin.get("/api/appinfo?fields=false").await.ok().get("fieldsArr").is_none());
    let me = bob.get("/api/user").await.ok();
    assert_eq!((&me["settings"]["sortDirection"], &me["canUpload"]), (&json!("asc"), &json!(true)));
    let layout = json!({"name": "mine", "columns": ["node"], "order": []});
    bob.post("/api/user/layouts/sessionstable", layout.clone()).await.ok();
    bob.post("/api/user/state/sessionsNew", json!({"order": [1]})).await.ok();
    assert_eq!(
        bob.get("/api/user/config/sessions").await.ok(),
        json!({"tableState": {"order": [1]}, "colWidths": {}, "colConfigs": [layout], "infoConfigs": []})
    );
    assert_eq!(bob.get("/api/user/config/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.get("/api/user.css").await.text(), "");
    let theme = "custom1:#123456,red;} body{display:none,#fff";
    bob.post("/api/user/settings", json!({"theme": theme})).await.ok();
    let css = bob.get("/api/user.css").await;
    assert_eq!(css.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(
        css.text(),
        ":root {\n  --color-background: #123456;\n  --color-foreground-accent: #fff;\n}\n"
    );
}
