//! The life of a node in its fleet: it listens, dials, and says that it is there.

use super::nodes::HEARTBEAT_S;
use super::{Fleet, FleetConfig, FleetError, Node, answer, dial};
use crate::app::{App, now_ms};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// Connections of other nodes at once; more wait.
const CONNECTIONS: usize = 512;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// Every so many heartbeats the other nodes are asked whether they are there.
const PING_EVERY: u64 = 2;

/// A node that has taken its address and registered.
pub(crate) struct Running {
    pub fleet: Arc<Fleet>,
    listener: Option<TcpListener>,
}

/// Ends the tasks of a node when it is dropped.
pub(crate) struct Tasks(Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Running {
    /// Takes the address and registers.
    pub async fn bind(
        config: FleetConfig,
        name: &str,
        catalog: Arc<dyn index::Catalog>,
    ) -> Result<Self, FleetError> {
        let fleet = Arc::new(Fleet::new(config, name, catalog)?);
        let mut listener = None;
        if let Some(address) = fleet.config.listen {
            match TcpListener::bind(address).await {
                Ok(bound) => {
                    let port = bound.local_addr().map_or(address.port(), |bound| bound.port());
                    let mut me = fleet.me.lock().unwrap_or_else(PoisonError::into_inner);
                    me.addresses = addresses(&fleet.config, &me.host, SocketAddr::new(address.ip(), port));
                    drop(me);
                    listener = Some(bound);
                }
                Err(error) => {
                    // `serve` beside `run` of the same node: the other process answers for both
                    let taken = error.kind() == io::ErrorKind::AddrInUse;
                    if taken && is_up(&fleet).await {
                        tracing::warn!("{address} is answered by another process of node {name}");
                    } else {
                        return Err(FleetError(format!(
                            "[fleet] listen = \"{address}\": {error}; take another port, or \"off\" and dial out"
                        )));
                    }
                }
            }
        }
        let beat = fleet.clone();
        let node = tokio::task::spawn_blocking(move || beat.beat())
            .await
            .map_err(|error| FleetError(error.to_string()))??;
        if !node.approved {
            tracing::warn!(
                fingerprint = node.fingerprint(),
                "node {name} waits for approval: hindsight node approve {name}"
            );
        }
        Ok(Self { fleet, listener })
    }

    /// Begins to answer, to dial and to beat, until what is returned is dropped.
    pub fn start(self, app: &App) -> Tasks {
        let mut tasks = vec![
            tokio::spawn(dial::dial(app.clone(), self.fleet.clone())),
            tokio::spawn(beat(app.clone(), self.fleet.clone())),
        ];
        if let Some(listener) = self.listener {
            tasks.push(tokio::spawn(listen(app.clone(), self.fleet, listener)));
        }
        Tasks(tasks)
    }
}

/// Where others reach this node.
fn addresses(config: &FleetConfig, host: &str, listen: SocketAddr) -> Vec<String> {
    if !config.addresses.is_empty() {
        return config.addresses.clone();
    }
    if listen.ip().is_unspecified() {
        vec![format!("{host}:{}", listen.port())]
    } else {
        vec![listen.to_string()]
    }
}

/// Whether another process of this node was heard of a moment ago; its addresses are taken over.
async fn is_up(fleet: &Arc<Fleet>) -> bool {
    let look = fleet.clone();
    let known = tokio::task::spawn_blocking(move || super::nodes::get(&*look.catalog, &look.name)).await;
    let Ok(Ok(Some(known))) = known else { return false };
    let mut me = fleet.me.lock().unwrap_or_else(PoisonError::into_inner);
    let same = known.public_key == me.public_key && known.state(now_ms()) != "silent";
    if same {
        me.addresses = known.addresses;
        me.roles.extend(known.roles);
        me.roles.sort();
        me.roles.dedup();
    }
    same
}

async fn listen(app: App, fleet: Arc<Fleet>, listener: TcpListener) {
    let acceptor = match fleet.identity.server() {
        Ok(config) => TlsAcceptor::from(config),
        Err(error) => return tracing::error!(%error, "no other node can ask this one"),
    };
    let router = answer::router(app, fleet);
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    // they end with this task
    let mut answering = JoinSet::new();
    loop {
        while answering.try_join_next().is_some() {}
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(both) => both,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection of a node");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true); // a slower answer is still an answer
        let (acceptor, router) = (acceptor.clone(), router.clone());
        answering.spawn(async move {
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => {
                    if let Err(error) = answer::serve(TokioIo::new(stream), router).await {
                        tracing::debug!(%peer, %error, "a connection of a node ended early");
                    }
                }
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS with a node came about"),
                Err(_) => {}
            }
            drop(permit);
        });
    }
}

/// Says every few seconds that this node is there, and asks the others whether they are.
async fn beat(app: App, fleet: Arc<Fleet>) {
    let mut failing = false;
    for round in 0u64.. {
        if round > 0 {
            tokio::time::sleep(Duration::from_secs(HEARTBEAT_S)).await;
            let look = fleet.clone();
            match tokio::task::spawn_blocking(move || look.beat()).await {
                Ok(Ok(_)) => failing = false,
                Ok(Err(error)) => {
                    if !failing {
                        tracing::warn!(%error, "the fleet does not hear of this node");
                    }
                    failing = true;
                }
                Err(_) => return,
            }
        }
        if fleet.config.roles.iter().any(|role| role == "viewer") {
            // a hunt may have lost the node that worked on it
            crate::hunting::wake(&app);
        }
        if !round.is_multiple_of(PING_EVERY) {
            continue;
        }
        let look = fleet.clone();
        let Ok(Ok(nodes)) = tokio::task::spawn_blocking(move || look.nodes()).await else { continue };
        let others = |node: &&Node| node.approved && !fleet.is_me(&node.name) && node.place != fleet.place;
        let pings = nodes.values().filter(others).map(|node| {
            let fleet = fleet.clone();
            let node = node.clone();
            async move {
                if !node.dials.is_empty() {
                    fleet.keep_alive(&node).await;
                } else if node.state(now_ms()) != "silent" {
                    let _ = fleet.ping(&node).await; // what came of it is kept with the connection
                }
            }
        });
        for ping in pings.map(tokio::spawn).collect::<Vec<_>>() {
            let _ = ping.await; // one that panicked has said so
        }
    }
}
