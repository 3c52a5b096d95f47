//! Asking another node: over connections that are kept, opened by either side.

use super::signing::{Said, TIME, sign};
use super::{Fleet, Node, identity};
use crate::app::now_ms;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value as Json;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a node may take to answer.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a node that dials is waited for.
const DIALLED: Duration = Duration::from_secs(5);
/// A node that could not be reached is not tried again for so long: one request reads many files.
const DOWN: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const MAX_ANSWER: usize = 16 << 20;
/// Connections to a node that are kept.
const IDLE: usize = 16;

/// A node did not give what was asked for: a sentence with its name and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Unreachable {
    pub text: String,
    /// Whether it did not answer at all.
    pub silent: bool,
}

/// What was last seen of the way to a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// When it last answered, milliseconds since 1970; 0: never.
    pub answered: i64,
    /// Its clock minus ours, milliseconds, when it answered.
    pub offset: i64,
    /// Why it could not be reached last.
    pub problem: Option<String>,
}

/// The connections to one node.
#[derive(Default)]
pub(super) struct Peer {
    idle: Mutex<Vec<SendRequest<Body>>>,
    came: Notify,
    offset: AtomicI64,
    answered: AtomicI64,
    down: Mutex<Option<(Instant, String)>>,
}

impl Peer {
    pub fn reach(&self) -> Reach {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        Reach {
            answered: self.answered.load(Ordering::Relaxed),
            offset: self.offset.load(Ordering::Relaxed),
            problem: down.as_ref().map(|(_, why)| why.clone()),
        }
    }

    /// Notes when a node answered, and what its clock says; whether it says anything. The way back counts as nothing: half a second is
    /// no matter where minutes are tolerated.
    pub fn heard(&self, headers: &HeaderMap, now: i64) -> bool {
        let theirs = headers.get(TIME).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        if let Some(theirs) = theirs {
            self.offset.store(theirs.saturating_sub(now), Ordering::Relaxed);
            self.answered.store(now_ms(), Ordering::Relaxed);
        }
        theirs.is_some()
    }

    /// Why it could not be reached a moment ago.
    fn is_down(&self) -> Option<String> {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.as_ref().filter(|(at, _)| at.elapsed() < DOWN).map(|(_, why)| why.clone())
    }

    fn take(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(connection) = idle.pop() {
            if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub fn put(&self, connection: SendRequest<Body>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.is_closed());
        if idle.len() < IDLE {
            idle.push(connection);
            self.came.notify_one();
        }
    }

    /// Connections that wait for a request.
    pub fn waiting(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|c| !c.is_closed()).count()
    }
}

type Answer = (StatusCode, HeaderMap, Bytes);

/// One question.
pub(super) struct Question<'a> {
    pub path: &'a str,
    pub user: &'a str,
    pub body: Bytes,
}

impl Fleet {
    /// Asks a node and waits; not to be called inside the runtime.
    pub fn ask(
        &self,
        node: &str,
        path: &str,
        user: &str,
        body: &Json,
    ) -> Result<(HeaderMap, Bytes), Unreachable> {
        let body = Bytes::from(body.to_string());
        let known = self.known(node)?;
        self.runtime.block_on(self.call(&known, &Question { path, user, body }))
    }

    fn known(&self, node: &str) -> Result<Node, Unreachable> {
        let fail = |text| Unreachable { text, silent: false };
        let known = self.find(node).map_err(|error| fail(error.0))?;
        known.ok_or_else(|| fail(format!("node {node} is not in the fleet (hindsight node list)")))
    }

    /// Asks a node; anything but success is an error that names it.
    pub(super) async fn call(
        &self,
        known: &Node,
        question: &Question<'_>,
    ) -> Result<(HeaderMap, Bytes), Unreachable> {
        let node = &known.name;
        let peer = self.peer(node);
        if let Some(text) = peer.is_down() {
            return Err(Unreachable { text, silent: true });
        }
        match self.converse(&peer, known, question).await {
            Ok((status, headers, body)) => {
                *peer.down.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if status.is_success() {
                    return Ok((headers, body));
                }
                let said: Json = serde_json::from_slice(&body).unwrap_or_default();
                let said = said["text"]
                    .as_str()
                    .map_or_else(|| status.to_string(), |text| text.chars().take(500).collect());
                Err(Unreachable { text: format!("node {node} refused: {said}"), silent: false })
            }
            Err(why) => {
                let text = format!(
                    "node {node} cannot be reached: {why}; is Hindsight running there? (hindsight node list)"
                );
                *peer.down.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), text.clone()));
                Err(Unreachable { text, silent: true })
            }
        }
    }

    /// Asks, again with another connection when an old one turns out to be closed, and again with its clock when ours is off.
    async fn converse(&self, peer: &Peer, known: &Node, question: &Question<'_>) -> Result<Answer, String> {
        let mut measured = false;
        loop {
            let (connection, kept) = match peer.take() {
                Some(connection) => (connection, true),
                None => (self.connect(peer, known).await?, false),
            };
            let sent = tokio::time::timeout(ANSWER, self.send(connection, peer, known, question)).await;
            let (connection, answer) = match sent {
                Err(_) => return Err(format!("no answer within {} s", ANSWER.as_secs())),
                Ok(Err(_)) if kept => continue,
                Ok(Err(why)) => return Err(why),
                Ok(Ok(both)) => both,
            };
            let heard = peer.heard(&answer.1, self.now());
            peer.put(connection);
            let said: Option<Json> = (answer.0 == StatusCode::UNAUTHORIZED)
                .then(|| serde_json::from_slice(&answer.2).ok())
                .flatten();
            let skewed = said.is_some_and(|said| said["code"] == "skew");
            if skewed && !measured && heard {
                measured = true;
                continue;
            }
            return Ok(answer);
        }
    }

    async fn send(
        &self,
        mut connection: SendRequest<Body>,
        peer: &Peer,
        known: &Node,
        question: &Question<'_>,
    ) -> Result<(SendRequest<Body>, Answer), String> {
        connection.ready().await.map_err(|error| error.to_string())?;
        let said = Said { method: "POST", target: question.path, body: &question.body, to: &known.name };
        // the clock of the other one is used only where ours is off by more than a request takes
        let offset = peer.offset.load(Ordering::Relaxed);
        let now = self.their_now(if Node::is_off(offset) { offset } else { 0 });
        let signed = sign(&self.identity, &self.name, said, question.user, now)?;
        let mut request = Request::builder().method(Method::POST).uri(question.path);
        if let Some(headers) = request.headers_mut() {
            headers.extend(signed);
            headers.insert(header::HOST, header::HeaderValue::from_static(identity::TLS_NAME));
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        }
        let request = request.body(Body::from(question.body.clone())).map_err(|error| error.to_string())?;
        let answer = connection.send_request(request).await.map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| error.to_string())?;
        Ok((connection, (parts.status, parts.headers, body.to_bytes())))
    }

    /// A new connection: to the first address that answers, or the next that the node opens itself.
    async fn connect(&self, peer: &Peer, known: &Node) -> Result<SendRequest<Body>, String> {
        let mut problems = Vec::new();
        for address in &known.addresses {
            match open(address, &known.certificate).await {
                Ok(stream) => return drive(TokioIo::new(stream)).await,
                Err(why) => problems.push(format!("{address}: {why}")),
            }
        }
        if !known.dials.is_empty() {
            let until = tokio::time::Instant::now() + DIALLED;
            loop {
                let came = peer.came.notified();
                if let Some(connection) = peer.take() {
                    return Ok(connection);
                }
                if tokio::time::timeout_at(until, came).await.is_err() {
                    break;
                }
            }
            problems.push("it dials out, and no connection of it is open here".to_owned());
        }
        if problems.is_empty() {
            return Err("it neither listens ([fleet] listen) nor dials out ([fleet] dial)".to_owned());
        }
        Err(problems.join("; "))
    }

    /// Asks a node whether it is there.
    pub(super) async fn ping(&self, node: &Node) -> Result<(), Unreachable> {
        let question = Question { path: "/fleet/v1/ping", user: "", body: Bytes::from_static(b"{}") };
        self.call(node, &question).await.map(|_| ())
    }

    /// The same where the last answer is a while ago; not to be called inside the runtime.
    pub fn check(&self, node: &str) -> Result<(), Unreachable> {
        const FRESH_MS: i64 = 5_000;
        let reach = self.reach(node);
        if reach.problem.is_none() && now_ms().saturating_sub(reach.answered) < FRESH_MS {
            return Ok(());
        }
        let known = self.known(node)?;
        self.runtime.block_on(self.ping(&known))
    }
}

/// A TLS connection to an address, where the node with this certificate has to be.
pub(super) async fn open(
    address: &str,
    certificate: &str,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let config = identity::client(certificate)?;
    let name = ServerName::try_from(identity::TLS_NAME).map_err(|error| error.to_string())?;
    let connect = async {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true); // a slower answer is still an answer
        TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
            format!("{error} (another node than the one that the catalogue knows may listen there)")
        })
    };
    match tokio::time::timeout(CONNECT, connect).await {
        Ok(result) => result,
        Err(_) => Err(format!("no connection within {} s", CONNECT.as_secs())),
    }
}

/// A connection on which this side asks.
pub(super) async fn drive<T>(io: T) -> Result<SendRequest<Body>, String>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) =
        hyper::client::conn::http1::handshake(io).await.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a connection to a node ended");
        }
    });
    Ok(sender)
}

impl Fleet {
    /// Keeps a connection that a node has opened, so that it is asked over it.
    pub(super) fn keep(self: &Arc<Self>, node: &str, connection: SendRequest<Body>) {
        let peer = self.peer(node);
        *peer.down.lock().unwrap_or_else(PoisonError::into_inner) = None;
        peer.put(connection);
    }

    /// Uses every waiting connection to a node once, so that no NAT on the way forgets them and dead ones are found.
    pub(super) async fn keep_alive(&self, node: &Node) {
        for _ in 0..self.peer(&node.name).waiting() {
            if self.ping(node).await.is_err() {
                break;
            }
        }
    }
}
