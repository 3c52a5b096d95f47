//! What a node answers to the others of its fleet.

use super::share::Shares;
use super::signing::{Said, Signed, TIME, verify};
use super::{Fleet, call};
use crate::app::App;
use crate::auth::{Caller, User};
use crate::error::ApiError;
use crate::roles;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use packets::{Capture, FileSource, Gone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use session::SessionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a connection is upgraded to on which the node that was called asks.
pub(super) const PROTOCOL: &str = "hindsight-node";
/// Size of the file that was read of, bytes.
pub(super) const SIZE: HeaderName = HeaderName::from_static("x-hindsight-size");
/// Bytes of a request.
const MAX_BODY: usize = 4 << 20;
/// Bytes that are read at once.
pub(super) const MAX_READ: usize = 8 << 20;
/// Sessions that are scrubbed at once.
pub(super) const MAX_IDS: usize = 5_000;
/// Packet files that are held open, and for how long: one export asks for the same file many times.
const OPEN: (usize, Duration) = (64, Duration::from_secs(20));
/// How long the head of a request may take; longer than others wait between two pings.
const HEAD_TIME: Duration = Duration::from_secs(90);

/// Bytes of a packet file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Read {
    /// Number of the file among those of this node.
    pub file: u32,
    pub at: u64,
    pub len: usize,
    /// The file as it lies on the disk, instead of the capture in it.
    pub raw: bool,
}

/// Sessions whose packets are overwritten.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Scrub {
    pub ids: Vec<String>,
}

/// What came of that.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Scrubbed {
    pub sessions: u64,
    pub packets: u64,
    pub bytes: u64,
    pub losses: Vec<Lost>,
}

/// Packets that could not be overwritten.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lost {
    pub number: u32,
    pub path: Option<std::path::PathBuf>,
    pub packets: u64,
    pub reason: String,
}

type Held = Arc<Mutex<Capture>>;
/// Captures that callers read, by number of the file and whether its bytes are read as they lie (`raw`), with the time of the last read.
type Captures = HashMap<(u32, bool), (Instant, Held)>;

#[derive(Clone)]
struct Here {
    app: App,
    fleet: Arc<Fleet>,
    open: Arc<Mutex<Captures>>,
    shares: Arc<Shares>,
}

/// Every route between nodes.
pub(super) fn router(app: App, fleet: Arc<Fleet>) -> Router {
    let here = Here { app, fleet, open: Arc::default(), shares: Arc::default() };
    Router::new()
        .route("/fleet/v1/ping", post(ping))
        .route("/fleet/v1/read", post(read))
        .route("/fleet/v1/scrub", post(scrub))
        .route("/fleet/v1/dial", post(dialled))
        .layer(from_fn_with_state(here.clone(), check))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .with_state(here)
}

/// Answers on one connection until it ends.
pub(super) async fn serve<T>(io: T, router: Router) -> Result<(), hyper::Error>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 << 10)
        .max_headers(50)
        .serve_connection(io, TowerToHyperService::new(router))
        .with_upgrades()
        .await
}

/// Lets signed requests in, and tells the time with every answer.
async fn check(State(here): State<Here>, request: Request, next: Next) -> Response {
    let mut response = match signed(&here, request).await {
        Ok(request) => next.run(request).await,
        Err(response) => response,
    };
    response.headers_mut().insert(TIME, HeaderValue::from(here.fleet.now()));
    response
}

async fn signed(here: &Here, request: Request) -> Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(error) => return Err(ApiError::bad(error.to_string()).into_response()),
    };
    let fleet = here.fleet.clone();
    let (headers, content) = (parts.headers.clone(), body.clone());
    let target = parts.uri.path_and_query().map_or("/", |both| both.as_str()).to_owned();
    let method = parts.method.clone();
    let verified = tokio::task::spawn_blocking(move || {
        let said = Said { method: method.as_str(), target: &target, body: &content, to: &fleet.name };
        let find = |name: &str| fleet.find(name).map_err(|error| error.0);
        verify(&headers, said, find, (fleet.now(), fleet.started), &fleet.nonces)
    });
    match verified.await {
        Ok(Ok(signed)) => {
            parts.extensions.insert(signed);
            Ok(Request::from_parts(parts, Body::from(body)))
        }
        Ok(Err(refusal)) => {
            tracing::info!(code = refusal.code, "a request of a node is refused: {}", refusal.text);
            let body = json!({ "success": false, "code": refusal.code, "text": refusal.text });
            Err((refusal.status, Json(body)).into_response())
        }
        Err(_) => Err(ApiError::internal("an error inside; the log says more").into_response()),
    }
}

async fn ping(State(here): State<Here>) -> Json<Value> {
    Json(json!({ "node": here.fleet.name, "time": here.fleet.now(), "version": env!("CARGO_PKG_VERSION") }))
}

/// What a user is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Right {
    See,
    Remove,
}

/// The user of a request with its rights as they are now, whatever the node that asks believes.
fn caller(app: &App, signed: &Signed, right: Right) -> Result<Caller, ApiError> {
    let name = &signed.user;
    let user: User = match roles::effective(&*app.state.catalog, name)? {
        Some(user) if user.enabled => user,
        Some(_) => return Err(ApiError::forbidden(format!("user {name} is not enabled"))),
        None => return Err(ApiError::forbidden(format!("there is no user {name}"))),
    };
    if right == Right::See && user.hide_pcap {
        return Err(ApiError::forbidden(format!("{name} may not see packets")));
    }
    if right == Right::Remove && !user.remove_enabled {
        return Err(ApiError::forbidden(format!("{name} may not remove data")));
    }
    Ok(Caller { user: Arc::new(user), login: None })
}

fn gone(gone: &Gone) -> ApiError {
    ApiError::new(StatusCode::GONE, gone.to_string())
}

impl Here {
    /// A packet file of this node, opened, or still open from the last time.
    fn held(&self, number: u32, raw: bool) -> Result<Held, ApiError> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|_, (at, _)| at.elapsed() < OPEN.1);
            if let Some((_, held)) = open.get(&(number, raw)) {
                return Ok(held.clone());
            }
        }
        let file = self.app.state.catalog.file(&self.fleet.name, number)?;
        let file = file.filter(|file| !file.deleting).ok_or_else(|| gone(&Gone::Expired))?;
        let source = if raw {
            FileSource::file(&file.name)
        } else {
            crate::stored::source_of(&self.app.state.access, &file).map_err(|e| gone(&e))?
        };
        let capture =
            if raw { Capture::raw(&source) } else { Capture::open(&source, &self.app.state.access.keys) };
        let held = Arc::new(Mutex::new(capture.map_err(|e| gone(&e))?));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() < OPEN.0 {
            open.insert((number, raw), (Instant::now(), held.clone()));
        }
        Ok(held)
    }
}

/// Bytes of a packet file, for a user who may see packets.
async fn read(
    State(here): State<Here>,
    Extension(signed): Extension<Signed>,
    Json(wanted): Json<Read>,
) -> Result<Response, ApiError> {
    if wanted.len > MAX_READ {
        return Err(ApiError::bad(format!("at most {MAX_READ} bytes at once")));
    }
    let app = here.app.clone();
    let work = move |app: &App| {
        let caller = caller(app, &signed, Right::See)?;
        let held = here.held(wanted.file, wanted.raw)?;
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let size = held.size().map_err(|e| gone(&e))?;
        let rest = usize::try_from(size.saturating_sub(wanted.at)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; wanted.len.min(rest)];
        let read = held.read_at(&mut bytes, wanted.at).map_err(|error| {
            ApiError::new(StatusCode::GONE, format!("cannot read the packet file: {error}"))
        })?;
        bytes.truncate(read);
        if let Some(share) = here.shares.of(app, &caller, (wanted.file, wanted.raw), &mut held)? {
            share.mask(&mut bytes, wanted.at);
        }
        let what = format!("packets of file {}", wanted.file);
        crate::history::between_nodes(app, &signed.node, &signed.user, "read", &what);
        Ok((size, bytes))
    };
    let (size, bytes) = app.blocking(work).await?;
    let headers = [
        (SIZE, HeaderValue::from(size)),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
    ];
    Ok((headers, bytes).into_response())
}

/// Overwrites the packets of sessions that lie on this node, for a user who may remove data and find these sessions.
async fn scrub(
    State(here): State<Here>,
    Extension(signed): Extension<Signed>,
    Json(wanted): Json<Scrub>,
) -> Result<Json<Scrubbed>, ApiError> {
    if wanted.ids.len() > MAX_IDS {
        return Err(ApiError::bad(format!("at most {MAX_IDS} sessions at once")));
    }
    let app = here.app.clone();
    let work = move |app: &App| {
        let caller = caller(app, &signed, Right::Remove)?;
        let ids = wanted.ids.iter().map(|id| id.parse::<SessionId>());
        let ids = ids.collect::<Result<Vec<_>, _>>().map_err(|error| ApiError::bad(error.to_string()))?;
        let done = crate::api::change::scrub_here(app, &caller, ids)?;
        let what = format!("{} packets of {} sessions overwritten", done.packets, done.sessions);
        crate::history::between_nodes(app, &signed.node, &signed.user, "scrub", &what);
        let losses = done.losses.into_iter().map(|loss| Lost {
            number: loss.number,
            path: loss.path,
            packets: loss.packets,
            reason: loss.reason.to_string(),
        });
        let losses = losses.collect();
        Ok(Json(Scrubbed { sessions: done.sessions, packets: done.packets, bytes: done.bytes, losses }))
    };
    app.blocking(work).await
}

/// A node that nobody can reach has called: from now on it is asked over this connection.
async fn dialled(
    State(here): State<Here>,
    Extension(signed): Extension<Signed>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let wanted = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    if wanted != Some(PROTOCOL) {
        return Err(ApiError::bad(format!("a dialled connection is upgraded to {PROTOCOL}")));
    }
    let upgrade = hyper::upgrade::on(&mut request);
    let fleet = here.fleet.clone();
    tokio::spawn(async move {
        let connection = match upgrade.await {
            Ok(upgraded) => call::drive(upgraded).await,
            Err(error) => Err(error.to_string()),
        };
        match connection {
            Ok(connection) => fleet.keep(&signed.node, connection),
            Err(error) => {
                tracing::debug!(node = signed.node, error, "a dialled connection did not come about")
            }
        }
    });
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, PROTOCOL)];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response())
}
