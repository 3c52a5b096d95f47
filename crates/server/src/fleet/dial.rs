//! Connections that a node opens because nobody can open one to it (NAT, a firewall): to viewers, which ask over them.

use super::call::{drive, open};
use super::signing::{Said, sign};
use super::{Fleet, Node, answer, identity};
use crate::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Connections to each viewer: so many questions are answered at once.
const CONNECTIONS: usize = 4;
/// Between two looks at which viewers there are.
const LOOK: Duration = Duration::from_secs(5);
/// The first wait after a connection has ended, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));
/// A connection that lived so long was a good one: the next wait is the first again.
const GOOD: Duration = Duration::from_secs(30);

/// Ends what it holds when it is dropped.
struct Dialling(Vec<JoinHandle<()>>);

impl Drop for Dialling {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Dials the viewers that the configuration names, as long as they are in the catalogue.
pub(super) async fn dial(app: App, fleet: Arc<Fleet>) {
    if fleet.config.dial.is_empty() {
        return;
    }
    let router = answer::router(app, fleet.clone());
    let mut dialling: HashMap<String, Dialling> = HashMap::new();
    loop {
        let look = fleet.clone();
        let nodes = tokio::task::spawn_blocking(move || look.nodes()).await;
        match nodes {
            Ok(Ok(nodes)) => {
                let wanted = |node: &Node| {
                    let named = fleet.config.dial.iter().any(|name| name == "*" || *name == node.name);
                    let viewer = node.roles.iter().any(|role| role == "viewer");
                    named && viewer && node.approved && !node.addresses.is_empty() && !fleet.is_me(&node.name)
                };
                dialling.retain(|name, _| nodes.get(name).is_some_and(wanted));
                for node in nodes.values().filter(|node| wanted(node)) {
                    if !dialling.contains_key(&node.name) {
                        // of several connections that fail alike, one says so
                        let start = |number| {
                            let (fleet, viewer) = (fleet.clone(), node.name.clone());
                            tokio::spawn(keep_dialling(fleet, viewer, router.clone(), number == 0))
                        };
                        dialling.insert(node.name.clone(), Dialling((0..CONNECTIONS).map(start).collect()));
                    }
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "viewers are not dialled"),
            Err(_) => return,
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Keeps one connection to a viewer open, with longer and longer waits while that fails.
async fn keep_dialling(fleet: Arc<Fleet>, viewer: String, router: Router, tells: bool) {
    let (mut wait, mut told) = (WAITS.0, false);
    loop {
        let began = Instant::now();
        let ended = once(&fleet, &viewer, &router).await;
        if began.elapsed() > GOOD {
            (wait, told) = (WAITS.0, false);
        }
        if let Err(why) = ended
            && tells
            && !told
        {
            tracing::warn!(viewer, "cannot be dialled: {why}; it is tried again");
            told = true;
        }
        // not all nodes at the same moment
        let mut random = [0; 1];
        let _ = getrandom::fill(&mut random);
        tokio::time::sleep(wait.mul_f64(0.5 + f64::from(random[0]) / 255.0)).await;
        wait = (wait * 2).min(WAITS.1);
    }
}

/// Opens one connection and answers on it until it ends.
async fn once(fleet: &Arc<Fleet>, viewer: &str, router: &Router) -> Result<(), String> {
    let look = fleet.clone();
    let nodes = tokio::task::spawn_blocking(move || look.nodes()).await.map_err(|error| error.to_string())?;
    let nodes = nodes.map_err(|error| error.0)?;
    let known = nodes.get(viewer).ok_or("it has left the fleet")?;
    let mut problems = Vec::new();
    for address in &known.addresses {
        match open(address, &known.certificate).await {
            Ok(stream) => return serve(fleet, viewer, router, TokioIo::new(stream)).await,
            Err(why) => problems.push(format!("{address}: {why}")),
        }
    }
    Err(problems.join("; "))
}

async fn serve<T>(fleet: &Arc<Fleet>, viewer: &str, router: &Router, io: T) -> Result<(), String>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let text = |error: hyper::Error| error.to_string();
    let mut connection = drive(io).await?;
    let target = "/fleet/v1/dial";
    let offset = fleet.reach(viewer).offset;
    for again in [true, false] {
        let said = Said { method: "POST", target, body: b"", to: viewer };
        let clock = if again && !Node::is_off(offset) { 0 } else { fleet.reach(viewer).offset };
        let signed = sign(&fleet.identity, &fleet.name, said, "", fleet.their_now(clock))?;
        let mut request = Request::post(target)
            .header(header::HOST, identity::TLS_NAME)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, answer::PROTOCOL)
            .body(Body::empty())
            .map_err(|error| error.to_string())?;
        request.headers_mut().extend(signed);
        connection.ready().await.map_err(text)?;
        let response = connection.send_request(request).await.map_err(text)?;
        fleet.peer(viewer).heard(response.headers(), fleet.now());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let upgraded = hyper::upgrade::on(response).await.map_err(text)?;
            return answer::serve(upgraded, router.clone()).await.map_err(text);
        }
        let status = response.status();
        let body =
            http_body_util::BodyExt::collect(http_body_util::Limited::new(response.into_body(), 64 << 10));
        let body = body.await.map_err(|error| error.to_string())?.to_bytes();
        let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        if !(again && said["code"] == "skew") {
            return Err(said["text"].as_str().map_or_else(|| status.to_string(), str::to_owned));
        }
    }
    Err("its clock cannot be made out".to_owned())
}
