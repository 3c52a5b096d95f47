use super::harness::{Fixture, sample_id};
use crate::{PinError, PinWish, Pins};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use index::{Control, Memory, SessionIndex, Show};
use query::Plan;
use serde_json::{Value, json};
use std::sync::Mutex;

/// Pins by remembering which sessions; the binary's own copies packets (its tests are in hindsight).
pub(super) struct Remembered {
    pub index: Memory,
    pub pins: Mutex<Vec<Value>>,
}

impl Pins for Remembered {
    fn make(&self, plan: &Plan, wish: PinWish) -> Result<Value, PinError> {
        let mut sessions = 0;
        let count = &mut |_| {
            sessions += 1;
            true
        };
        self.index.scan(plan, &Show::Only(Vec::new()), &Control::new(), count).unwrap();
        if sessions == 0 {
            return Err(PinError::Nothing("no session with packets was found".into()));
        }
        let mut pins = self.pins.lock().unwrap();
        let name = wish.name.unwrap_or_else(|| "pin-1".into());
        if pins.iter().any(|pin| pin["name"] == name) {
            return Err(PinError::Wrong(format!("there is a pin called {name} already")));
        }
        let pin = json!({
            "name": name, "expression": wish.expression, "until": wish.until, "sessions": sessions,
        });
        pins.push(pin.clone());
        Ok(pin)
    }
    fn release(&self, name: &str) -> Result<bool, PinError> {
        let mut pins = self.pins.lock().unwrap();
        let before = pins.len();
        pins.retain(|pin| pin["name"] != name);
        Ok(pins.len() < before)
    }
    fn list(&self) -> Result<Vec<Value>, PinError> {
        Ok(self.pins.lock().unwrap().clone())
    }
}

const PIN: &str = "/api/sessions/pin";

#[tokio::test]
async fn pins_come_and_go() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let body = json!({"date": -1, "expression": "port.dst == 80", "name": "web", "until": "+30d"});
    let made = client.post(PIN, body.clone()).await.ok();
    assert_eq!((&made["success"], &made["pin"]["sessions"]), (&json!(true), &json!(10)), "{made}");
    let left = made["pin"]["until"].as_i64().unwrap() - crate::app::now_ms();
    assert!((29..=31).contains(&(left / 86_400_000)), "{made}");
    let again = client.post(PIN, body).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.text().contains("called web already"), "{}", again.text());
    let by_id = client.post(PIN, json!({"ids": sample_id(3).to_string(), "segments": "all"})).await.ok();
    assert_eq!((&by_id["pin"]["name"], &by_id["pin"]["sessions"]), (&json!("pin-1"), &json!(2)));
    let list = client.get("/api/pins").await.ok();
    assert_eq!((&list["recordsTotal"], &list["data"][0]["name"]), (&json!(2), &json!("pin-1")), "{list}");
    let gone = client.post("/api/sessions/unpin", json!({"name": "web"})).await.ok();
    assert_eq!(gone["success"], true);
    let gone = client.post("/api/sessions/unpin", json!({"name": "web"})).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/api/pins").await.ok()["recordsTotal"], 1);
    for (body, status) in [
        (json!({"date": -1}), StatusCode::FORBIDDEN),
        (json!({"date": -1, "expression": "nope == 1"}), StatusCode::FORBIDDEN),
        (json!({"date": -1, "expression": "port == 80", "until": "1000"}), StatusCode::BAD_REQUEST),
        (json!({"date": -1, "expression": "port == 80", "until": "soon"}), StatusCode::BAD_REQUEST),
        (json!({"date": -1, "expression": "port == 80", "name": "a\nb"}), StatusCode::BAD_REQUEST),
        (json!({"date": -1, "expression": "tags == none"}), StatusCode::NOT_FOUND),
    ] {
        let refused = client.post(PIN, body.clone()).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
    }
    let docs = client.get("/api/docs/openapi.json").await.ok();
    for path in [PIN, "/api/sessions/unpin", "/api/pins"] {
        assert!(docs["paths"][path].is_object(), "{path} is described");
    }
}

#[tokio::test]
async fn pins_need_the_right() {
    let fixture = Fixture::new();
    let body = json!({"date": -1, "expression": "port.dst == [80,443]", "name": "all"});
    let user = fixture.user("u", json!({"hideFiles": true})).await;
    for path in [PIN, "/api/sessions/unpin"] {
        let refused = user.post(path, body.clone()).await;
        assert_eq!(refused.json()["text"], "Need remove data privileges");
    }
    assert_eq!(user.get("/api/pins").await.status, StatusCode::FORBIDDEN);
    // a forced expression limits what is pinned
    let bob = fixture.user("bob", json!({"removeEnabled": true, "expression": "protocols == http"})).await;
    assert_eq!(bob.post(PIN, body.clone()).await.ok()["pin"]["sessions"], 10);
    // another site that makes a browser send the cookies
    let forged = Request::post(PIN)
        .header("cookie", format!("{}={}", crate::auth::LOGIN_COOKIE, bob.cookie))
        .header("content-type", "application/json");
    let forged = bob.send(forged.body(Body::from(body.to_string())).unwrap()).await;
    assert!(forged.status.is_client_error(), "{}", forged.text());
    assert_eq!(fixture.admin().await.get("/api/pins").await.ok()["recordsTotal"], 1);
}
