use super::harness::Fixture;
use axum::http::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn users_are_made_changed_and_removed() {
    let fixture = Fixture::new();
    let admin = fixture.admin().await;
    let make = |id: &str| json!({"userId": id, "userName": "U", "password": "password-2", "roles": ["arkimeUser"], "enabled": true, "webEnabled": true});
    assert_eq!(admin.post("/api/user", make("u1")).await.ok()["text"], "User created successfully");
    let twice = admin.post("/api/user", make("u1")).await;
    assert_eq!(
        (twice.status, twice.json()["text"].clone()),
        (StatusCode::FORBIDDEN, json!("User already exists"))
    );
    for body in [
        json!({"userId": "x"}),
        json!({"userId": "x", "userName": "x"}),
        json!({"userName": "x", "password": "password-2"}),
    ] {
        assert_eq!(admin.post("/api/user", body).await.json()["text"], "Missing/Empty required fields");
    }
    assert_eq!(admin.post("/api/user", make("a/b")).await.status, StatusCode::FORBIDDEN);
    let u1 = fixture.client("u1", "password-2").await;
    assert_eq!(u1.get("/api/user").await.ok()["packetSearch"], false);
    assert!(u1.get("/api/user").await.ok().get("passStore").is_none());
    // who does not administer users may not
    for (method, path) in [
        (Method::POST, "/api/user"),
        (Method::POST, "/api/user/u1"),
        (Method::DELETE, "/api/user/u1"),
        (Method::POST, "/api/users"),
        (Method::POST, "/api/users.csv"),
    ] {
        let refused = u1.json(method, path, make("u9")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    admin
        .post("/api/user/u1", json!({"packetSearch": true, "timeLimit": 5, "expression": "port == 80"}))
        .await
        .ok();
    let shown = u1.get("/api/user").await.ok();
    assert_eq!(
        (&shown["packetSearch"], &shown["timeLimit"], &shown["userName"]),
        (&json!(true), &json!(5), &json!("U"))
    );
    let wrong = admin.post("/api/user/u1", json!({"expression": "nope == 1"})).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN, "it would lock the user out");
    let list = admin.post("/api/users", json!({"filter": "u1"})).await.ok();
    assert_eq!(
        (&list["recordsTotal"], &list["recordsFiltered"], &list["data"][0]["userId"]),
        (&json!(2), &json!(1), &json!("u1"))
    );
    assert!(list["data"][0].get("passStore").is_none());
    let csv = admin.post("/api/users.csv", json!({})).await.text();
    assert!(csv.starts_with("userId, userName, enabled") && csv.lines().count() == 3, "{csv}");
    assert_eq!(admin.json(Method::DELETE, "/api/user/admin", json!({})).await.status, StatusCode::FORBIDDEN);
    admin.json(Method::DELETE, "/api/user/u1", json!({})).await.ok();
    assert_eq!(u1.get("/api/user").await.status, StatusCode::UNAUTHORIZED, "its log-ins have ended");
}

#[tokio::test]
async fn nobody_makes_himself_super_admin() {
    let fixture = Fixture::new();
    let manager = fixture.user("manager", json!({"roles": ["usersAdmin"]})).await;
    let wish = json!({"userId": "x", "userName": "x", "password": "password-2", "roles": ["superAdmin"]});
    assert_eq!(manager.post("/api/user", wish).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        manager.post("/api/user/manager", json!({"roles": ["superAdmin", "usersAdmin"]})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        manager.post("/api/user/admin", json!({"enabled": false})).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        manager.json(Method::DELETE, "/api/user/admin", json!({})).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn roles_are_assigned_by_their_assigners() {
    let fixture = Fixture::new();
    let admin = fixture.admin().await;
    let lead = fixture.user("lead", json!({})).await;
    let other = fixture.user("other", json!({})).await;
    let role = json!({"userId": "role:team", "userName": "Team", "enabled": true, "roles": [], "roleAssigners": ["lead"]});
    assert_eq!(admin.post("/api/user", role).await.ok()["text"], "Role created successfully");
    let roles = admin.get("/api/user/roles").await.ok();
    assert!(
        roles["roles"]
            .as_array()
            .unwrap()
            .contains(&json!({"text": "team", "value": "role:team", "userDefined": true}))
    );
    let give = json!({"roleId": "role:team", "newRoleState": true});
    assert_eq!(other.post("/api/user/other/assignment", give.clone()).await.status, StatusCode::FORBIDDEN);
    lead.post("/api/user/other/assignment", give).await.ok();
    assert_eq!(other.get("/api/user").await.ok()["roles"], json!(["arkimeUser", "role:team"]));
    let unknown =
        lead.post("/api/user/other/assignment", json!({"roleId": "superAdmin", "newRoleState": true})).await;
    assert_eq!(unknown.status, StatusCode::FORBIDDEN);
    // whoever assigns a role sees who has it, and of others no more than that they are there
    assert_eq!(lead.get("/api/user").await.ok()["assignableRoles"], json!(["role:team"]));
    assert_eq!(other.get("/api/user").await.ok()["assignableRoles"], json!([]));
    let members = lead.post("/api/users", json!({"roleId": "role:team", "filter": "other"})).await.ok();
    assert_eq!(members["data"], json!([{"userId": "other", "userName": "other", "hasRole": true}]));
    assert_eq!(members["recordsTotal"], 3);
    for body in [json!({}), json!({"roleId": "arkimeUser"}), json!({"roleId": "role:none"})] {
        assert_eq!(lead.post("/api/users", body).await.status, StatusCode::FORBIDDEN);
    }
    let not_his = other.post("/api/users", json!({"roleId": "role:team"})).await;
    assert_eq!(not_his.status, StatusCode::FORBIDDEN);
    // a role cannot log in
    assert_eq!(fixture.login_as("role:team", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn layouts_and_states() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let path = "/api/user/layouts/sessionstable";
    let layout = json!({"name": "mine", "columns": ["firstPacket"], "order": [["firstPacket", "asc"]]});
    assert_eq!(client.post(path, layout.clone()).await.ok()["layout"], layout);
    assert_eq!(client.post(path, layout.clone()).await.status, StatusCode::FORBIDDEN);
    let changed = json!({"columns": ["node"], "order": []});
    client.json(Method::PUT, "/api/user/layouts/sessionstable/mine", changed).await.ok();
    assert_eq!(client.get(path).await.ok(), json!([{"name": "mine", "columns": ["node"], "order": []}]));
    assert_eq!(client.get("/api/user/layouts/spiview").await.ok(), json!([]));
    assert_eq!(client.get("/api/user/layouts/nope").await.status, StatusCode::FORBIDDEN);
    let gone = client.json(Method::DELETE, "/api/user/layouts/sessionstable/mine", json!({})).await;
    assert_eq!(gone.status, StatusCode::OK);
    assert_eq!(client.get(path).await.ok(), json!([]));
    assert_eq!(client.get("/api/user/state/sessionsNew").await.ok(), json!({}));
    client.post("/api/user/state/sessionsNew", json!({"order": [1]})).await.ok();
    assert_eq!(client.get("/api/user/state/sessionsNew").await.ok(), json!({"order": [1]}));
    // those of another user, for who administers users
    let bob = fixture.user("bob", json!({})).await;
    client.post("/api/user/layouts/spiview?userId=bob", json!({"name": "his", "fields": "a"})).await.ok();
    assert_eq!(bob.get("/api/user/layouts/spiview").await.ok()[0]["name"], "his");
    assert_eq!(client.get("/api/user/layouts/spiview?userId=bob").await.ok()[0]["name"], "his");
    assert_eq!(client.get("/api/user/layouts/spiview").await.ok(), json!([]));
    let others = bob.get("/api/user/layouts/spiview?userId=admin").await;
    assert_eq!(others.status, StatusCode::FORBIDDEN);
    let others = bob.json(Method::DELETE, "/api/user/layouts/spiview/x?userId=admin", json!({})).await;
    assert_eq!(others.status, StatusCode::FORBIDDEN);
}
