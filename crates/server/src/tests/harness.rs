//! A server in process, and a client of it.

use crate::app::App;
use crate::auth::{CSRF_COOKIE, LOGIN_COOKIE};
use crate::router::router;
use crate::{Config, Imported, Progress, State, Upload, UploadError, Uploads, ensure_admin};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use catalog_sqlite::Sqlite;
use fields::Schema;
use http_body_util::BodyExt as _;
use index::{Catalog, FileRecord, Memory, SessionSink};
use packets::Keyring;
use serde_json::{Value, json};
use session::{Object, SessionDoc, SessionId, core, perf};
use std::sync::Arc;
use tower::ServiceExt as _;

/// Start of the sample sessions, milliseconds: 2026-11-22 21:00:00 UTC.
pub const START: i64 = 1_795_381_200_000;

/// A server with 20 sessions in it.
pub struct Fixture {
    pub app: App,
    pub router: Router,
    pub catalog: Arc<Sqlite>,
    pub memory: Memory,
    pub admin_password: String,
    pub dir: tempfile::TempDir,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.json()
    }
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.headers.get_all(header::SET_COOKIE).iter().find_map(|value| {
            let (key, value) = value.to_str().ok()?.split(';').next()?.split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
    }
}

/// A logged-in client.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookie: String,
    pub csrf: String,
}

/// The sample: 20 sessions a minute apart, from 10.0.0.n to 192.168.1.(n%4), half of them HTTP.
pub fn sample(n: i64) -> SessionDoc {
    let mut doc = SessionDoc::new();
    let (first, last) = (START + n * 60_000, START + n * 60_000 + 1_500);
    doc.id = SessionId::new(last, [n as u8 + 1; 16]);
    doc.add(&core::START_TIME, first);
    doc.add(&core::STOP_TIME, last);
    doc.add(&core::LENGTH, 1_500);
    doc.add(&core::NODE, "n1");
    doc.add(&core::IP_PROTOCOL, 6);
    doc.add(&core::SRC_IP, format!("10.0.0.{n}").parse().unwrap());
    doc.add(&core::SRC_PORT, 40_000 + n);
    doc.add(&core::DST_IP, format!("192.168.1.{}", n % 4).parse().unwrap());
    doc.add(&core::DST_PORT, if n % 2 == 0 { 80 } else { 443 });
    doc.add(&core::SRC_COUNTRY, if n < 5 { "DE" } else { "CN" });
    for (field, value) in [(&core::PACKETS, 10), (&core::SRC_PACKETS, 6), (&core::DST_PACKETS, 4)] {
        doc.add(field, value);
    }
    for (field, value) in [
        (&core::BYTES, 1_000 * (n + 1)),
        (&core::SRC_BYTES, 400 * (n + 1)),
        (&core::DST_BYTES, 600 * (n + 1)),
        (&core::SRC_DATA_BYTES, 100),
        (&core::DST_DATA_BYTES, 200),
        (&core::DATA_BYTES, 300),
    ] {
        doc.add(field, value);
    }
    doc.protocol("tcp");
    doc.protocol(if n % 2 == 0 { "http" } else { "tls" });
    doc.tag(&format!("tag{}", n % 3));
    if n == 7 {
        doc.tag("=evil, \"quoted\"");
        doc.add(&perf::HTTP_TIME, 2_500_000);
        let mut one = Object::new(&perf::TRANSACTION);
        one.add(&perf::TX_REQUEST, "GET /slow");
        one.add(&perf::TX_TIME, 2_500_000);
        doc.push(one);
    }
    if n == 3 || n == 4 {
        doc.add(&core::ROOT_ID, &sample_id(3).to_string());
    }
    doc.positions.push(1, &mut 0, 24 + n as u64 * 100, None);
    doc
}

/// Id of a sample session.
pub fn sample_id(n: i64) -> SessionId {
    SessionId::new(START + n * 60_000 + 1_500, [n as u8 + 1; 16])
}

/// Imports by counting bytes; what is named `bad.pcap` fails, `slow.pcap` runs until it is cancelled.
struct CountingImporter;

impl Uploads for CountingImporter {
    fn import(&self, upload: Upload, progress: &Progress) -> Result<Imported, UploadError> {
        let size = std::fs::metadata(&upload.path).map_err(|e| UploadError(e.to_string()))?.len();
        progress.read(size / 2, size);
        if upload.name == "bad.pcap" {
            return Err(UploadError("bad.pcap is not a capture: byte 0 is neither pcap nor pcapng".into()));
        }
        while upload.name == "slow.pcap" && !progress.is_cancelled() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        progress.found(size, 1);
        let devid = upload.devid.map(|n| format!(" devid {n}")).unwrap_or_default();
        Ok(Imported {
            sessions: 1,
            packets: size,
            first_ms: Some(START),
            last_ms: Some(START),
            expression: format!("file == \"{}\"", upload.path.display()),
            text: Some(format!("{} {} {:?}{}", upload.user, upload.name, upload.tags, devid)),
        })
    }
}

impl Fixture {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::keyed(Keyring::default(), change)
    }

    /// One that has keys of encrypted packet files.
    pub fn keyed(keys: Keyring, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Sqlite::open(dir.path().join("catalog.sqlite")).unwrap());
        let mut memory = Memory::new();
        memory.append((0..20).map(sample).collect()).unwrap();
        let file = FileRecord {
            node: "n1".into(),
            name: dir.path().join("a.pcap").display().to_string(),
            first: START / 1_000,
            packets: 200,
            file_size: 4_000,
            ..FileRecord::default()
        };
        assert_eq!(catalog.add_file(&file).unwrap(), 1);
        let admin = ensure_admin(&*catalog).unwrap().unwrap();
        let schema = Arc::new(Schema::new([core::FIELDS, perf::FIELDS, session::evidence::FIELDS]).unwrap());
        let mut config =
            Config { upload_dir: dir.path().join("uploads"), node: "n1".into(), ..Config::default() };
        change(&mut config);
        let state = State {
            index: Arc::new(memory.clone()),
            catalog: catalog.clone(),
            administration: None,
            access: packets::Access { keys: Arc::new(keys), ..packets::Access::default() },
            schema,
            uploads: Some(Arc::new(CountingImporter)),
            pins: Some(Arc::new(super::pins::Remembered { index: memory.clone(), pins: Default::default() })),
            evidence: None,
            monitor: None,
        };
        let app = App::new(config, state);
        let router = router(app.clone());
        Self { app, router, catalog, memory, admin_password: admin.password, dir }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub async fn login_as(&self, user: &str, password: &str) -> Answer {
        let body = json!({ "user": user, "password": password }).to_string();
        let request = Request::post("/api/login").header("content-type", "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn client(&self, user: &str, password: &str) -> Client {
        let answer = self.login_as(user, password).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        Client {
            router: self.router.clone(),
            cookie: answer.cookie(LOGIN_COOKIE).unwrap(),
            csrf: answer.cookie(CSRF_COOKIE).unwrap(),
        }
    }

    /// The administrator at another viewer of the same catalogue.
    pub async fn admin_of(&self, router: Router) -> Client {
        let body = json!({ "user": "admin", "password": self.admin_password }).to_string();
        let request = Request::post("/api/login").header("content-type", "application/json");
        let answer = send(&router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let (cookie, csrf) = (answer.cookie(LOGIN_COOKIE).unwrap(), answer.cookie(CSRF_COOKIE).unwrap());
        Client { router, cookie, csrf }
    }

    pub async fn admin(&self) -> Client {
        self.client("admin", &self.admin_password).await
    }

    /// A user with some properties changed.
    pub async fn user(&self, name: &str, properties: Value) -> Client {
        crate::set_password(&*self.catalog, name, Some("password-1")).unwrap();
        let mut stored = self.catalog.get("users", name).unwrap().unwrap().value;
        stored.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        self.catalog.put("users", name, &stored, None).unwrap();
        self.client(name, "password-1").await
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    Answer { status: parts.status, headers: parts.headers, body }
}

impl Client {
    pub fn request(&self, method: Method, uri: &str) -> axum::http::request::Builder {
        let cookies = format!("{LOGIN_COOKIE}={}; {CSRF_COOKIE}={}", self.cookie, self.csrf);
        let request = Request::builder().method(&method).uri(uri).header("cookie", cookies);
        if method == Method::GET { request } else { request.header("x-hindsight-cookie", &self.csrf) }
    }
    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }
    pub async fn get(&self, uri: &str) -> Answer {
        self.send(self.request(Method::GET, uri).body(Body::empty()).unwrap()).await
    }
    pub async fn json(&self, method: Method, uri: &str, body: Value) -> Answer {
        let request = self.request(method, uri).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }
    pub async fn post(&self, uri: &str, body: Value) -> Answer {
        self.json(Method::POST, uri, body).await
    }
}
