//! Queries that nobody waits for any more end.

use super::harness::Fixture;
use crate::app::App;
use crate::router::router;
use crate::{Config, Server, State, ensure_admin};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use fields::Schema;
use index::{Aggregate, Control, Error, ErrorKind, Hits, Outcome, Page, SessionIndex, Show, TermChange};
use query::Plan;
use session::{SessionDoc, SessionId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A store whose searches run until they are ended.
#[derive(Default)]
struct Endless {
    running: AtomicUsize,
    cancelled: AtomicUsize,
    timed_out: AtomicUsize,
}

impl SessionIndex for Endless {
    fn search(&self, _: &Plan, _: &Page, control: &Control) -> Result<Hits, Error> {
        self.running.fetch_add(1, Ordering::SeqCst);
        loop {
            if let Err(error) = control.check() {
                let counter =
                    if error.kind == ErrorKind::Cancelled { &self.cancelled } else { &self.timed_out };
                counter.fetch_add(1, Ordering::SeqCst);
                self.running.fetch_sub(1, Ordering::SeqCst);
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    fn count(&self, _: &Plan, _: &Control) -> Result<u64, Error> {
        Ok(0)
    }
    fn aggregate(&self, _: &Plan, _: &[Aggregate], _: &Control) -> Result<Vec<Outcome>, Error> {
        Ok(Vec::new())
    }
    fn get(&self, _: SessionId) -> Result<Option<SessionDoc>, Error> {
        panic!("a store that panics")
    }
    fn scan(
        &self,
        _: &Plan,
        _: &Show,
        _: &Control,
        _: &mut dyn FnMut(SessionDoc) -> bool,
    ) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Corrupt, "the index is damaged"))
    }
    fn change_terms(&self, _: &Plan, _: &TermChange, _: &Control) -> Result<u64, Error> {
        Ok(0)
    }
    fn delete(&self, _: &Plan, _: &Control) -> Result<u64, Error> {
        Ok(0)
    }
    fn expire(&self, _: i64) -> Result<u64, Error> {
        Ok(0)
    }
}

struct Setup {
    index: Arc<Endless>,
    state: State,
    auth: String,
    _dir: tempfile::TempDir,
}

fn setup() -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let catalog = catalog_sqlite::Sqlite::open(dir.path().join("c.sqlite")).unwrap();
    let admin = ensure_admin(&catalog).unwrap().unwrap();
    let text = format!("{}:{}", admin.user, admin.password);
    let auth = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
    let index = Arc::new(Endless::default());
    let state = State {
        index: index.clone(),
        catalog: Arc::new(catalog),
        schema: Arc::new(Schema::new([session::core::FIELDS]).unwrap()),
        administration: None,
        access: packets::Access::default(),
        uploads: None,
        pins: None,
        evidence: None,
        monitor: None,
    };
    Setup { index, state, auth, _dir: dir }
}

async fn until(what: &str, test: impl Fn() -> bool) {
    let started = Instant::now();
    while !test() {
        assert!(started.elapsed() < Duration::from_secs(10), "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_query() {
    let setup = setup();
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
    let server = Server::bind(config, setup.state.clone()).await.unwrap();
    let address = server.address().unwrap();
    tokio::spawn(server.run(std::future::pending()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /api/sessions?date=-1 HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n", setup.auth);
    stream.write_all(request.as_bytes()).await.unwrap();
    until("the query", || setup.index.running.load(Ordering::SeqCst) == 1).await;
    drop(stream);
    until("the end", || setup.index.cancelled.load(Ordering::SeqCst) == 1).await;
    assert_eq!(setup.index.running.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_query_is_cancelled_by_its_name_and_by_time() {
    let setup = setup();
    let config = Config { query_timeout: Duration::from_millis(300), max_queries: 1, ..Config::default() };
    let router = router(App::new(config, setup.state.clone()));
    let get = |method: &str, uri: &str| {
        let request = Request::builder().method(method).uri(uri).header("authorization", &setup.auth);
        let request = request.body(Body::empty()).unwrap();
        let router = router.clone();
        async move { super::harness::send(&router, request).await }
    };
    let answer = get("GET", "/api/sessions?date=-1").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert!(answer.json()["text"].as_str().unwrap().contains("narrow the time range"));
    let named = tokio::spawn(get("GET", "/api/sessions?date=-1&cancelId=mine"));
    until("the query", || setup.index.running.load(Ordering::SeqCst) == 1).await;
    assert_eq!(get("POST", "/api/cancel?cancelId=mine").await.ok()["text"], "cancelled");
    assert_eq!(named.await.unwrap().status.as_u16(), 499);
    // the only place for a query is free again
    let next = get("GET", "/api/unique?date=-1&exp=tags").await;
    assert_eq!(next.status, StatusCode::OK);
}

#[tokio::test]
async fn errors_of_the_store_are_told() {
    let setup = setup();
    let router = router(App::new(Config::default(), setup.state.clone()));
    let get = |uri: String| {
        let request = Request::get(uri).header("authorization", &setup.auth).body(Body::empty()).unwrap();
        let router = router.clone();
        async move { super::harness::send(&router, request).await }
    };
    let corrupt = get("/api/sessions.csv?date=-1".into()).await;
    assert_eq!(corrupt.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(corrupt.json()["text"], "the index is damaged");
    let panics = get(format!("/api/session/{}", SessionId::new(0, [1; 16]))).await;
    assert_eq!(panics.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!panics.text().contains("a store that panics"), "what went wrong inside stays in the log");
    assert_eq!(get("/api/fields".into()).await.status, StatusCode::OK, "the server lives");
}

#[tokio::test]
async fn exports_are_not_unlimited() {
    let fixture = Fixture::with(|config| config.max_exports = 1);
    let client = fixture.admin().await;
    let running = fixture.app.exports.clone().try_acquire_owned().unwrap();
    let refused = client.get("/api/sessions.csv?date=-1").await;
    assert_eq!(
        (refused.status, refused.headers["retry-after"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "5")
    );
    drop(running);
    assert_eq!(client.get("/api/sessions.csv?date=-1").await.status, StatusCode::OK);
    assert_eq!(
        client.get("/api/sessions.csv?date=-1").await.status,
        StatusCode::OK,
        "each gives its place back"
    );
}
