//! Sending to collectors.

use crate::{Encoder, Flow, Version};
use session::SessionDoc;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Flows told.
    pub flows: u64,
    /// Datagrams sent, all collectors together.
    pub datagrams: u64,
    /// Datagrams that could not be sent.
    pub lost: u64,
    /// Why the last of them could not.
    pub problem: Option<String>,
}

/// Tells collectors of sessions. UDP: what a collector does not take is lost, and nothing here waits for it.
#[derive(Debug)]
pub struct Exporter {
    sockets: Vec<(String, UdpSocket)>,
    encoder: Encoder,
    status: Status,
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Exporter {
    /// Opens a socket to each collector, `host:port`.
    ///
    /// # Errors
    /// A collector's name is unknown, or no socket can be opened; the text names it.
    pub fn new(collectors: &[String], version: Version, domain: u32) -> Result<Self, String> {
        let mut sockets = Vec::new();
        for collector in collectors {
            let bad = |error: io::Error| format!("collector {collector}: {error}; write HOST:PORT");
            let address = collector.to_socket_addrs().map_err(bad)?.next();
            let address = address.ok_or_else(|| bad(io::Error::other("no address")))?;
            let own: SocketAddr =
                if address.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
            let socket = UdpSocket::bind(own).and_then(|socket| {
                socket.connect(address)?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            });
            sockets.push((collector.clone(), socket.map_err(bad)?));
        }
        Ok(Self { sockets, encoder: Encoder::new(version, domain, now_ms()), status: Status::default() })
    }

    /// Tells of sessions.
    pub fn send(&mut self, docs: &[SessionDoc]) {
        let flows: Vec<Flow> = docs.iter().flat_map(Flow::of).collect();
        self.status.flows += flows.len() as u64;
        for datagram in self.encoder.encode(&flows, now_ms()) {
            for (name, socket) in &self.sockets {
                match socket.send(&datagram) {
                    Ok(_) => self.status.datagrams += 1,
                    Err(error) => {
                        self.status.lost += 1;
                        self.status.problem = Some(format!("collector {name}: {error}"));
                    }
                }
            }
        }
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }
}
