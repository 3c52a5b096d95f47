//! Views, shortcuts, notifiers, periodic queries, shareables and roles, as clients of Arkime's API use them.

use super::harness::{Client, Fixture};
use axum::http::{Method, StatusCode};
use index::{Catalog, SessionSink};
use serde_json::{Value, json};
use session::core;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

async fn refused(client: &Client, path: &str, body: Value) -> String {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["success"], false);
    answer["text"].as_str().unwrap().to_owned()
}

/// A web hook; gives back the bodies that it got.
pub fn hook() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut seen, mut buffer) = (Vec::new(), [0; 4_096]);
            let body = loop {
                let n = stream.read(&mut buffer).unwrap();
                seen.extend_from_slice(&buffer[..n]);
                let text = String::from_utf8_lossy(&seen).into_owned();
                if let Some((_, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str::<Value>(body)
                {
                    break body;
                }
                assert!(n > 0, "{text}");
            };
            stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
            if send.send(body).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}

pub async fn webhook(client: &Client, url: &str, more: Value) -> String {
    let mut body =
        json!({"name": "hook", "type": "webhook", "fields": [{"name": "webhookUrl", "value": url}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.post("/api/notifier", body).await.ok()["notifier"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn notifiers_are_made_tried_and_shared() {
    let fixture = Fixture::new();
    let (admin, bob) = (fixture.admin().await, fixture.user("bob", json!({})).await);
    let slack = |fields: Value| json!({"name": "n", "type": "slack", "fields": fields});
    let fields = json!([{"name": "slackWebhookUrl", "value": "https://a/b"}]);
    for (body, text) in [
        (json!({"type": "slack", "fields": fields}), "Missing a unique notifier name"),
        (json!({"name": "n", "fields": fields}), "Missing notifier type"),
        (json!({"name": "n", "type": "slack"}), "Missing notifier fields"),
        (slack(json!("x")), "Notifier fields must be an array"),
        (json!({"name": "n", "type": "pigeon", "fields": []}), "Unknown notifier type"),
        (slack(json!([])), "Missing a value for slackWebhookUrl"),
    ] {
        assert_eq!(refused(&admin, "/api/notifier", body).await, text);
    }
    let types = admin.get("/api/notifiertypes").await.ok();
    assert_eq!(types["slack"]["fields"][0]["name"], "slackWebhookUrl");
    assert!(types.get("email").is_some() && types.get("syslog").is_some() && types.get("msteams").is_some());
    let (url, bodies) = hook();
    let id = webhook(&admin, &url, json!({"users": "bob, nobody"})).await;
    let listed = admin.get("/api/notifiers").await.ok();
    assert_eq!((&listed[0]["users"], &listed[0]["fields"][0]["value"]), (&json!("bob"), &json!(url)));
    // who is no administrator may choose it, and sees no secret
    assert_eq!(bob.get("/api/notifiers").await.ok(), json!([{"id": id, "name": "hook", "type": "webhook"}]));
    for (method, path) in [
        (Method::POST, "/api/notifier".to_owned()),
        (Method::DELETE, format!("/api/notifier/{id}")),
        (Method::POST, format!("/api/notifier/{id}/test")),
    ] {
        assert_eq!(bob.json(method, &path, slack(fields.clone())).await.status, StatusCode::FORBIDDEN);
    }
    let tried = admin.post(&format!("/api/notifier/{id}/test"), json!({})).await.ok();
    assert_eq!(tried["text"], "Successfully issued alert using the hook notifier.");
    assert!(bodies.recv().unwrap()["title"].as_str().unwrap().contains("Test"));
    let nowhere = json!({"name": "hook", "type": "webhook", "fields": [{"name": "webhookUrl", "value": "http://127.0.0.1:9/"}]});
    let changed = admin.json(Method::PUT, &format!("/api/notifier/{id}"), nowhere).await.ok();
    assert_eq!(
        (&changed["text"], &changed["notifier"]["users"]),
        (&json!("Updated notifier successfully"), &json!("bob"))
    );
    let failed = admin.post(&format!("/api/notifier/{id}/test"), json!({})).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        admin.json(Method::DELETE, &format!("/api/notifier/{id}"), json!({})).await.ok()["text"],
        "Deleted notifier successfully"
    );
    assert_eq!(
        admin.json(Method::DELETE, &format!("/api/notifier/{id}"), json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}

/// The sample sessions have no time of their own at which they were written.
fn written(fixture: &Fixture) {
    let docs = (0..20).map(|n| {
        let mut doc = super::harness::sample(n);
        doc.add(&core::DB_TIME, super::harness::START + n * 1_000);
        doc
    });
    fixture.memory.clone().append(docs.collect()).unwrap();
}

#[tokio::test]
async fn periodic_queries_tag_count_and_tell() {
    let fixture = Fixture::new();
    written(&fixture);
    let (admin, bob) =
        (fixture.admin().await, fixture.user("bob", json!({"expression": "ip.src == 10.0.0.0/29"})).await);
    let cron = |without: &str| {
        let mut body = json!({"name": "web", "query": "protocols == http", "action": "tag", "tags": "cron-a,cron-b", "since": -1});
        body.as_object_mut().unwrap().remove(without);
        body
    };
    for (without, text) in [
        ("name", "Missing query name"),
        ("query", "Missing query expression"),
        ("action", "Missing query action"),
        ("tags", "Missing query tag(s)"),
    ] {
        assert_eq!(refused(&admin, "/api/cron", cron(without)).await, text);
    }
    let mut forward = cron("");
    forward["action"] = "forward:other".into();
    assert!(refused(&admin, "/api/cron", forward).await.contains("no remote clusters"));
    let mut wrong = cron("");
    wrong["query"] = "nope == 1".into();
    refused(&admin, "/api/cron", wrong).await;
    let mut unknown = cron("");
    unknown["notifier"] = "nope".into();
    assert_eq!(refused(&admin, "/api/cron", unknown).await, "Unknown notifier nope");
    let (url, bodies) = hook();
    let notifier = webhook(&admin, &url, json!({"users": "bob"})).await;
    let mut body = cron("");
    body["notifier"] = json!([notifier]);
    let made = bob.post("/api/cron", body).await.ok();
    assert_eq!(made["text"], "Created periodic query successfully");
    let key = made["query"]["key"].as_str().unwrap().to_owned();
    assert_eq!((&made["query"]["lpValue"], &made["query"]["creator"]), (&json!(0), &json!("bob")));
    crate::periodic::process(&fixture.app);
    let tagged = |tag: &str| format!("/api/sessions?date=-1&length=0&expression=tags%3D%3D{tag}");
    let listed = bob.get("/api/crons").await.ok();
    // 10.0.0.0, .2, .4 and .6: what bob may see
    assert_eq!((&listed[0]["count"], &listed[0]["lastCount"]), (&json!(4), &json!(4)), "{listed}");
    for tag in ["cron-a", "cron-b"] {
        assert_eq!(admin.get(&tagged(tag)).await.ok()["recordsFiltered"], 4);
    }
    let told = tokio::task::spawn_blocking(move || bodies.recv().unwrap()).await.unwrap();
    assert_eq!((&told["count"], &told["name"]), (&json!(4), &json!("web")));
    // once more, and nothing is counted twice
    let mut again = fixture.catalog.get("crons", &key).unwrap().unwrap().value;
    again["lpValue"] = 0.into();
    fixture.catalog.put("crons", &key, &again, None).unwrap();
    crate::periodic::process(&fixture.app);
    assert_eq!(bob.get("/api/crons").await.ok()[0]["count"], 4);
    // others do not see it, administrators with `all`
    assert_eq!(admin.get("/api/crons").await.ok(), json!([]));
    assert_eq!(admin.get("/api/crons?all=true").await.ok()[0]["key"], key.as_str());
    let mut off = cron("");
    off["enabled"] = false.into();
    let changed = bob.post(&format!("/api/cron/{key}"), off).await.ok();
    assert_eq!((&changed["query"]["lastToggledBy"], &changed["query"]["count"]), (&json!("bob"), &json!(4)));
    assert_eq!(changed["text"], "Updated periodic query successfully");
    fixture
        .catalog
        .put(
            "crons",
            &key,
            &{
                let mut v = again;
                v["enabled"] = false.into();
                v["lpValue"] = 0.into();
                v["tags"] = "late".into();
                v
            },
            None,
        )
        .unwrap();
    crate::periodic::process(&fixture.app);
    assert_eq!(admin.get(&tagged("late")).await.ok()["recordsFiltered"], 0, "it is switched off");
    assert_eq!(
        bob.json(Method::DELETE, &format!("/api/cron/{key}"), json!({})).await.ok()["text"],
        "Deleted periodic query successfully"
    );
    assert_eq!(bob.get("/api/crons").await.ok(), json!([]));
}

#[tokio::test]
async fn a_query_of_a_maker_who_is_gone_says_so() {
    let fixture = Fixture::new();
    let bob = fixture.user("bob", json!({})).await;
    let body =
        json!({"name": "x", "query": "protocols == http", "action": "tag", "tags": "t", "since": "-1"});
    let key = bob.post("/api/cron", body).await.ok()["query"]["key"].as_str().unwrap().to_owned();
    fixture.catalog.remove("users", "bob").unwrap();
    crate::periodic::process(&fixture.app);
    let kept = fixture.catalog.get("crons", &key).unwrap().unwrap().value;
    assert!(kept["error"].as_str().unwrap().contains("bob"), "{kept}");
    assert_eq!(kept["count"], 0);
}

#[tokio::test]
async fn shareables_are_seen_by_those_named() {
    let fixture = Fixture::new();
    let ann = fixture.user("ann", json!({})).await;
    let bob = fixture.user("bob", json!({})).await;
    let eve = fixture.user("eve", json!({"roles": ["arkimeUser", "role:soc"]})).await;
    let body = json!({"type": "summaryConfig", "name": "mine", "data": {"fields": ["ip"]}, "viewUsers": ["bob", "zoe"], "editRoles": ["role:soc"]});
    for (without, text) in [
        ("name", "Missing shareable name"),
        ("type", "Missing shareable type"),
        ("data", "Missing shareable data"),
    ] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(without);
        assert_eq!(refused(&ann, "/api/shareable", body).await, text);
    }
    let made = ann.post("/api/shareable", body).await.ok();
    assert_eq!((&made["invalidUsers"], &made["shareable"]["viewUsers"]), (&json!(["zoe"]), &json!(["bob"])));
    let path = format!("/api/shareable/{}", made["shareable"]["id"].as_str().unwrap());
    for (client, edit) in [(&ann, true), (&bob, false), (&eve, true)] {
        let listed = client.get("/api/shareables?type=summaryConfig").await.ok();
        assert_eq!((&listed["recordsTotal"], &listed["data"][0]["canEdit"]), (&json!(1), &json!(edit)));
        assert_eq!(client.get(&path).await.ok()["shareable"]["data"], json!({"fields": ["ip"]}));
        let changed = client.json(Method::PUT, &path, json!({"name": "ours"})).await;
        assert_eq!(changed.status == StatusCode::OK, edit);
    }
    assert_eq!(ann.get("/api/shareables?type=other").await.ok()["recordsTotal"], 0);
    let zed = fixture.user("zed", json!({})).await;
    assert_eq!(zed.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(eve.json(Method::DELETE, &path, json!({})).await.status, StatusCode::FORBIDDEN);
    ann.json(Method::DELETE, &path, json!({})).await.ok();
    assert_eq!(ann.get("/api/shareables").await.ok()["data"], json!([]));
}

#[tokio::test]
async fn shortcuts_are_listed_in_every_form() {
    let fixture = Fixture::new();
    let (ann, bob) = (fixture.user("ann", json!({})).await, fixture.user("bob", json!({})).await);
    let hosts = json!({"name": "ho sts!", "type": "ip", "value": "10.0.0.1, 10.0.0.2", "description": "web", "users": "bob"});
    let made = ann.post("/api/shortcut", hosts.clone()).await.ok();
    assert_eq!(
        (&made["shortcut"]["name"], &made["shortcut"]["value"]),
        (&json!("hosts"), &json!("10.0.0.1\n10.0.0.2"))
    );
    let id = made["shortcut"]["id"].as_str().unwrap();
    assert_eq!(
        refused(&bob, "/api/shortcut", hosts).await,
        "A shortcut with the name, hosts, already exists."
    );
    for (body, text) in [
        (json!({"type": "ip", "value": "1.1.1.1"}), "Missing shortcut name"),
        (json!({"name": "x", "value": "1.1.1.1"}), "Missing shortcut type"),
        (json!({"name": "x", "type": "ip"}), "Missing shortcut value"),
        (json!({"name": "x", "type": "colour", "value": "1"}), "Shortcut type must be ip, string, or number"),
        (json!({"name": "x", "type": "ip", "value": "1.1.1.1\nhello"}), "`hello` is no value of the type ip"),
        (json!({"name": "x", "type": "number", "value": "12,a"}), "`a` is no value of the type number"),
    ] {
        assert_eq!(refused(&ann, "/api/shortcut", body).await, text);
    }
    assert_eq!(bob.get("/api/shortcuts?map=true").await.ok()[id]["name"], "hosts");
    let fields = bob.get("/api/shortcuts?fieldFormat=true&fieldType=ip").await.ok();
    assert_eq!(
        (&fields[0]["exp"], &fields[0]["help"]),
        (&json!("$hosts"), &json!("web: 10.0.0.1, 10.0.0.2"))
    );
    assert_eq!(bob.get("/api/shortcuts?fieldType=integer").await.ok()["recordsTotal"], 0);
    assert_eq!(bob.get("/api/shortcuts?searchTerm=zzz").await.ok()["recordsFiltered"], 0);
    assert_eq!(
        bob.get("/api/sessions?date=-1&length=0&expression=ip.src%3D%3D%24hosts").await.ok()["recordsFiltered"],
        2
    );
    let zed = fixture.user("zed", json!({})).await;
    let hidden = zed.get("/api/sessions?date=-1&length=0&expression=ip.src%3D%3D%24hosts").await.ok();
    assert!(hidden["error"].as_str().unwrap().contains("not found"), "{hidden}");
    assert_eq!(zed.get("/api/syncshortcuts").await.ok()["success"], true);
}

#[tokio::test]
async fn an_object_is_given_to_somebody_else() {
    let fixture = Fixture::new();
    let (ann, bob) = (fixture.user("ann", json!({})).await, fixture.user("bob", json!({})).await);
    let view = json!({"name": "v", "expression": "port == 80"});
    let path = format!(
        "/api/view/{}",
        ann.post("/api/view", view.clone()).await.ok()["view"]["id"].as_str().unwrap()
    );
    let to = |user: &str| json!({"name": "v", "expression": "port == 80", "user": user});
    assert_eq!(ann.json(Method::PUT, &path, to("nobody")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ann.json(Method::PUT, &path, to("bob")).await.ok()["view"]["user"], "bob");
    assert_eq!(ann.get("/api/views").await.ok()["recordsTotal"], 0);
    assert_eq!(bob.get("/api/views?searchTerm=80").await.ok()["data"][0]["canEdit"], true);
}

#[tokio::test]
async fn roles_give_rights_and_limits() {
    let fixture = Fixture::new();
    let admin = fixture.admin().await;
    let role = |id: &str, more: Value| {
        let mut body = json!({"userId": id, "userName": id, "enabled": true, "roles": []});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let inner =
        role("role:inner", json!({"packetSearch": true, "expression": "protocols == http", "timeLimit": 72}));
    admin.post("/api/user", inner).await.ok();
    let outer = role(
        "role:outer",
        json!({"removeEnabled": true, "expression": "ip.src == 10.0.0.0/29", "roles": ["role:inner"]}),
    );
    admin.post("/api/user", outer).await.ok();
    assert_eq!(
        admin.post("/api/user", role("role:super", json!({"roles": ["superAdmin"]}))).await.json()["text"],
        "User defined roles can't have superAdmin"
    );
    let bob =
        fixture.user("bob", json!({"packetSearch": false, "roles": ["arkimeUser", "role:outer"]})).await;
    let me = bob.get("/api/user").await.ok();
    assert_eq!(
        (&me["packetSearch"], &me["removeEnabled"], &me["timeLimit"]),
        (&json!(true), &json!(true), &json!(72))
    );
    assert_eq!(me["roles"], json!(["arkimeUser", "role:outer", "role:inner"]));
    assert_eq!(me["expression"], "(ip.src == 10.0.0.0/29) && (protocols == http)");
    let all = bob.get("/api/sessions?date=-1").await.ok();
    assert_eq!(all["error"], "User time limit (72 hours) exceeded");
    let range = format!(
        "startTime={}&stopTime={}",
        super::harness::START / 1_000,
        super::harness::START / 1_000 + 7_200
    );
    assert_eq!(bob.get(&format!("/api/sessions?{range}&length=0")).await.ok()["recordsFiltered"], 4);
    // what is stored is not what the roles give
    assert_eq!(fixture.catalog.get("users", "bob").unwrap().unwrap().value["packetSearch"], false);
    admin.post("/api/user/role:outer", json!({"enabled": false})).await.ok();
    let me = bob.get("/api/user").await.ok();
    assert_eq!((&me["packetSearch"], &me["roles"]), (&json!(false), &json!(["arkimeUser"])));
    let manager = fixture.user("manager", json!({"roles": ["superAdmin"]})).await;
    let roles = manager.get("/api/user").await.ok()["roles"].clone();
    assert!(roles.as_array().unwrap().contains(&json!("arkimeUser")), "what a role includes: {roles}");
}
