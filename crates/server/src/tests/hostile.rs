use super::harness::{Fixture, send};
use crate::{Config, ServeError, Server, State};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use fields::Schema;
use index::Memory;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_answer_carries_the_safe_headers() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    for path in ["/", "/sessions", "/api/user", "/api/nothing", "/api/docs"] {
        let answer = client.get(path).await;
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'; script-src 'self'"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
    }
    assert_eq!(client.get("/api/user").await.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn unknown_paths() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let unknown = client.get("/api/nothing").await;
    assert_eq!((unknown.status, unknown.json()["success"].as_bool()), (StatusCode::NOT_FOUND, Some(false)));
    assert_eq!(client.get("/assets/none.js").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.post("/somewhere", json!({})).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let page = client.get("/sessions?expression=x").await;
    assert!(page.text().contains("<html"), "the viewer, or how to build it: {}", page.text());
    assert_eq!(
        client.get("/../../etc/passwd").await.headers["content-type"].to_str().unwrap().get(..9),
        Some("text/html")
    );
}

#[tokio::test]
async fn bodies_are_bounded_and_checked() {
    let fixture = Fixture::with(|config| config.body_limit = 10_000);
    let client = fixture.admin().await;
    let post = async |kind: &str, body: String| {
        let request = client.request(Method::POST, "/api/sessions").header("content-type", kind);
        client.send(request.body(Body::from(body)).unwrap()).await.status
    };
    assert_eq!(post("application/json", "x".repeat(20_000)).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(post("application/json", "{".into()).await, StatusCode::BAD_REQUEST);
    assert_eq!(
        post("application/json", "[".repeat(9_000)).await,
        StatusCode::BAD_REQUEST,
        "no deep recursion"
    );
    assert_eq!(post("text/xml", "<x/>".into()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(post("application/json", "\u{0}".into()).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn odd_requests_are_answered() {
    let fixture = Fixture::new();
    let client = fixture.admin().await;
    let deep = "(".repeat(5_000);
    for query in [
        "expression=%ff%fe%00",
        "fields=,,,,%00",
        "order=:::,a:b:c",
        "start=99999999999999999999",
        "length=-1",
        "ids=,,,",
        "date=1e308",
        "date=inf",
        "startTime=9223372036854775807&stopTime=9223372036854775807",
        "startTime=-9e18&stopTime=9e18&facets=1",
        "fields=__proto__,constructor&flatten=1",
        "interval=0&facets=1",
        "interval=-1&facets=1",
        "interval=9223372036854775807&facets=1",
        "startTime=0&stopTime=4102444800&facets=1&spanning=true",
        &format!("expression={deep}"),
    ] {
        for path in [
            "/api/sessions",
            "/api/unique",
            "/api/spiview",
            "/api/complete",
            "/api/validate",
            "/api/sessions.csv",
            "/api/buildquery",
        ] {
            let answer = client.get(&format!("{path}?{query}&exp=tags&spi=tags&text=a")).await;
            assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}?{query}: {}", answer.text());
        }
    }
    let cookies = Request::get("/api/user").header("cookie", b"hindsight-login=\xff\xfe".as_slice());
    assert_eq!(
        send(&fixture.router, cookies.body(Body::empty()).unwrap()).await.status,
        StatusCode::UNAUTHORIZED
    );
}

fn state(dir: &std::path::Path) -> State {
    State {
        index: Arc::new(Memory::new()),
        catalog: Arc::new(catalog_sqlite::Sqlite::open(dir.join("c.sqlite")).unwrap()),
        schema: Arc::new(Schema::new([session::core::FIELDS]).unwrap()),
        administration: None,
        access: packets::Access::default(),
        uploads: None,
        pins: None,
        evidence: None,
        monitor: None,
    }
}

fn config(listen: &str) -> Config {
    Config { listen: listen.parse().unwrap(), ..Config::default() }
}

#[tokio::test]
async fn other_machines_are_refused_unless_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let refused = Server::bind(config("0.0.0.0:0"), state(dir.path())).await;
    let Err(error @ ServeError::Remote(_)) = refused else { panic!("listens to everybody") };
    assert!(error.to_string().contains("--allow-remote"));
    let open = Config { allow_remote: true, ..config("0.0.0.0:0") };
    assert_eq!(open.warnings().len(), 1);
    let server = Server::bind(open, state(dir.path())).await.unwrap();
    let taken = server.address().unwrap().port();
    let again = Server::bind(config(&format!("127.0.0.1:{taken}")), state(dir.path())).await;
    let Err(error) = again else { panic!("two servers on one port") };
    assert!(error.to_string().contains("another process has it"), "{error}");
}

#[tokio::test]
async fn serves_over_the_network_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::bind(config("127.0.0.1:0"), state(dir.path())).await.unwrap();
    let address = server.address().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    let talk = async |what: &str, request: String| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await; // a server that refuses does not read on
        // until the head of the answer is there: a connection that is reset afterwards is fine
        let (mut answer, mut part) = (Vec::new(), [0; 4_096]);
        let read = async {
            while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part).await {
                    Ok(0) | Err(_) => break,
                    Ok(len) => answer.extend_from_slice(&part[..len]),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read)
            .await
            .unwrap_or_else(|_| panic!("{what}: no answer"));
        String::from_utf8_lossy(&answer).into_owned()
    };
    let health = talk("health", "GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into()).await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let big = format!("GET /health HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "y".repeat(1 << 20));
    let refused = talk("big", big).await;
    // what was not read resets the connection, which may overtake the answer
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
    let many = format!("GET /health HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert!(talk("many", many).await.starts_with("HTTP/1.1 431"));
    assert!(talk("rubbish", "rubbish\r\n\r\n".into()).await.starts_with("HTTP/1.1 400"));
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(12), running).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
