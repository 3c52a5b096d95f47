//! Many nodes as one system: whoever serves the viewer gets the packets of any node from that node.
//!
//! Nodes find each other in the catalogue ([`nodes`]). Each has an Ed25519 key pair and a certificate made of it ([`Identity`]), pinned
//! by what the catalogue says. Requests between them go over TLS and are signed one by one (`signing`): for the node that is asked, for
//! five minutes, once, with the user that it is for, whose rights the asked node looks up again. A node that nobody can reach from
//! outside dials out, and is asked over the connection that it opened (`dial`). `docs/fleet.md` tells operators.

mod answer;
mod call;
mod dial;
mod identity;
pub mod nodes;
mod remote;
mod serve;
mod share;
mod signing;
#[cfg(test)]
mod tests;

pub(crate) use call::Unreachable;
pub use identity::{Identity, fingerprint};
pub use nodes::Node;
pub(crate) use serve::Running;

use crate::app::now_ms;
use call::Peer;
use index::Catalog;
use signing::Nonces;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long what the catalogue says of the nodes is believed.
const BELIEVED: Duration = Duration::from_secs(3);

/// The nodes of the catalogue by name, as last read.
type Known = Arc<HashMap<String, Node>>;

/// Why a fleet cannot be: a sentence with place and remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FleetError(pub String);

impl From<index::Error> for FleetError {
    fn from(error: index::Error) -> Self {
        Self(error.to_string())
    }
}

/// What makes a process part of a fleet.
#[derive(Clone, Debug)]
pub struct FleetConfig {
    /// File of this node's key; made at the first start.
    pub key: PathBuf,
    /// The data folder: nodes that share it read each other's files themselves.
    pub folder: PathBuf,
    /// Where other nodes ask this one; `None`: it cannot be asked from outside.
    pub listen: Option<SocketAddr>,
    /// Where others reach that, `host:port`; empty: the host name with the port of `listen`.
    pub addresses: Vec<String>,
    /// Viewers that this node dials, by name; `*`: every one.
    pub dial: Vec<String>,
    /// `capture`, `viewer`.
    pub roles: Vec<String>,
}

/// This node in its fleet.
pub(crate) struct Fleet {
    pub config: FleetConfig,
    identity: Identity,
    /// What this node says of itself.
    me: Mutex<Node>,
    name: String,
    place: String,
    started: i64,
    catalog: Arc<dyn Catalog>,
    nonces: Nonces,
    peers: Mutex<HashMap<String, Arc<Peer>>>,
    known: Mutex<Option<(Instant, Known)>>,
    runtime: Handle,
    /// How wrong the clock of this node is, milliseconds.
    #[cfg(test)]
    off: std::sync::atomic::AtomicI64,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet")
            .field("name", &self.name)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// Where the packets of a node are.
pub(crate) enum Where {
    /// In this folder, or wherever its files can be opened.
    Here,
    /// On a node of the fleet, which has to be asked.
    There,
    /// On a node that was not let in.
    Pending,
    /// On a node that no fleet knows.
    Unknown,
}

impl Fleet {
    /// Prepares; must be called inside a runtime.
    pub fn new(config: FleetConfig, name: &str, catalog: Arc<dyn Catalog>) -> Result<Self, FleetError> {
        nodes::check_name(name)?;
        let identity = Identity::of(&config.key)?;
        let me = Node {
            roles: config.roles.clone(),
            dials: config.dial.clone(),
            ..nodes::describe(&identity, name, &config.folder)
        };
        Ok(Self {
            config,
            identity,
            name: name.to_owned(),
            place: me.place.clone(),
            started: me.started,
            me: Mutex::new(me),
            catalog,
            nonces: Nonces::default(),
            peers: Mutex::default(),
            known: Mutex::default(),
            runtime: Handle::current(),
            #[cfg(test)]
            off: std::sync::atomic::AtomicI64::new(0),
        })
    }

    /// Every node as the catalogue has it, or had it a moment ago. May block.
    fn nodes(&self) -> Result<Arc<HashMap<String, Node>>, FleetError> {
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, nodes)) = known.as_ref().filter(|(at, _)| at.elapsed() < BELIEVED) {
                return Ok(nodes.clone());
            }
        }
        let nodes = nodes::list(&*self.catalog)?.into_iter().map(|node| (node.name.clone(), node)).collect();
        let nodes: Arc<HashMap<String, Node>> = Arc::new(nodes);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), nodes.clone()));
        Ok(nodes)
    }

    /// What is believed of the nodes is looked up again.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// One node; one that is not known may have registered a moment ago. May block.
    fn find(&self, node: &str) -> Result<Option<Node>, FleetError> {
        if let Some(known) = self.nodes()?.get(node) {
            return Ok(Some(known.clone()));
        }
        self.forget();
        Ok(self.nodes()?.get(node).cloned())
    }

    /// Where the packets of a node are. May block.
    pub fn place_of(&self, node: &str) -> Result<Where, FleetError> {
        if node == self.name {
            return Ok(Where::Here);
        }
        Ok(match self.find(node)?.as_ref() {
            None => Where::Unknown,
            Some(known) if known.place == self.place => Where::Here,
            Some(known) if known.approved => Where::There,
            Some(_) => Where::Pending,
        })
    }

    /// Tells the catalogue that this node is there.
    fn beat(&self) -> Result<Node, FleetError> {
        let me = self.me.lock().unwrap_or_else(PoisonError::into_inner).clone();
        nodes::register(&*self.catalog, &me)
    }

    /// The present by the clock of this node.
    fn now(&self) -> i64 {
        #[cfg(test)]
        return now_ms().saturating_add(self.off.load(std::sync::atomic::Ordering::Relaxed));
        #[cfg(not(test))]
        now_ms()
    }

    /// The present by the clock of another node, which is off by so much.
    fn their_now(&self, offset: i64) -> i64 {
        self.now().saturating_add(offset)
    }

    fn peer(&self, node: &str) -> Arc<Peer> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.entry(node.to_owned()).or_default().clone()
    }

    /// What was last seen of the connection to a node.
    pub fn reach(&self, node: &str) -> call::Reach {
        self.peer(node).reach()
    }

    /// Whether it is this node.
    pub fn is_me(&self, node: &str) -> bool {
        node == self.name
    }
}
