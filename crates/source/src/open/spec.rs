//! What to open and how: the part of the configuration that is about sources.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::Filter;

/// The way packets come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// The fastest that works and does no harm; the notes say which and why.
    #[default]
    Auto,
    /// A ring shared with the kernel, on any interface of Linux.
    AfPacket,
    /// An XDP program and its sockets: takes the packets away from the machine's own network stack, so for mirror ports.
    AfXdp,
    /// libpcap, or a library that looks like it, loaded at run time.
    Libpcap,
    /// A connection to `host:port`, where somebody sends a pcap or pcapng stream.
    PcapOverIpConnect,
    /// `address:port` on which senders of pcap or pcapng streams are waited for.
    PcapOverIpListen,
    /// `address:port` on which wireless access points and routers send TZSP (UDP, usually port 37008).
    TzspListen,
    /// An address of this machine to which a switch sends its mirror by ERSPAN (GRE).
    ErspanListen,
}

impl Mechanism {
    /// Whether packets come over a connection or a socket, so that the interface's name is an address.
    #[must_use]
    pub fn is_network(self) -> bool {
        matches!(
            self,
            Self::PcapOverIpConnect | Self::PcapOverIpListen | Self::TzspListen | Self::ErspanListen
        )
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::AfPacket => "af-packet",
            Self::AfXdp => "af-xdp",
            Self::Libpcap => "libpcap",
            Self::PcapOverIpConnect => "pcap-over-ip-connect",
            Self::PcapOverIpListen => "pcap-over-ip-listen",
            Self::TzspListen => "tzsp-listen",
            Self::ErspanListen => "erspan-listen",
        })
    }
}

/// Where AF_XDP runs its program and where the packets go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum XdpMode {
    /// In the driver without a copy, in the driver with one, then in the kernel's generic path: the first that works.
    #[default]
    Auto,
    /// In the driver, which writes into our memory.
    ZeroCopy,
    /// In the driver, with one copy.
    Driver,
    /// After the driver, on any interface.
    Generic,
}

/// One thing to capture on. Every value but the interface has a good default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spec {
    /// Name of the interface; for network mechanisms `address:port`; for libpcap any name that the library knows (`zc:eth1`).
    pub interface: String,
    /// How.
    pub mechanism: Mechanism,
    /// Sources, and so threads, for this interface. Default: from cores and link speed.
    pub workers: Option<usize>,
    /// Whether the interface is asked for packets to other hosts too.
    pub promiscuous: bool,
    /// Longest captured length of a packet, bytes.
    pub snap_len: u32,
    /// Which packets; not read from the configuration but compiled by who reads it.
    #[serde(skip)]
    pub filter: Option<Filter>,
    /// Memory for packets that wait, bytes, all workers of this interface together. Default: from memory, link speed and workers.
    pub ring_bytes: Option<u64>,
    /// Bytes of one block of a ring (AF_PACKET).
    pub block_bytes: Option<u32>,
    /// Milliseconds after which the kernel hands over a block that is not full (AF_PACKET).
    pub block_timeout_ms: Option<u32>,
    /// Timestamps of the network card, where it has them and its clock agrees with the system's.
    pub hardware_timestamps: bool,
    /// Whether an interface that is removed is waited for and opened again, and a connection that ends is made anew. Else it is an error.
    pub reopen: bool,
    /// The library to load instead of the system's libpcap.
    pub libpcap: Option<PathBuf>,
    /// Where AF_XDP runs.
    pub xdp_mode: XdpMode,
    /// Most senders at once (pcap-over-IP listener); each may hold 16 MiB.
    pub senders: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            interface: String::new(),
            mechanism: Mechanism::Auto,
            workers: None,
            promiscuous: true,
            snap_len: 262_144,
            filter: None,
            ring_bytes: None,
            block_bytes: None,
            block_timeout_ms: None,
            hardware_timestamps: true,
            reopen: true,
            libpcap: None,
            xdp_mode: XdpMode::Auto,
            senders: 16,
        }
    }
}

impl Spec {
    /// Everything at its default for one interface.
    #[must_use]
    pub fn new(interface: impl Into<String>) -> Self {
        Self { interface: interface.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_from_configuration() {
        let spec: Spec = serde_json::from_str(
            r#"{"interface": "eth1", "mechanism": "af-xdp", "workers": 3, "ring_bytes": 1048576, "xdp_mode": "zero-copy"}"#,
        )
        .unwrap();
        assert_eq!((&*spec.interface, spec.mechanism, spec.workers), ("eth1", Mechanism::AfXdp, Some(3)));
        assert_eq!((spec.ring_bytes, spec.xdp_mode), (Some(1 << 20), XdpMode::ZeroCopy));
        assert!(spec.promiscuous && spec.reopen);
        assert!(serde_json::from_str::<Spec>(r#"{"interfaces": "eth1"}"#).is_err());
        let name: Mechanism = serde_json::from_str("\"pcap-over-ip-listen\"").unwrap();
        assert_eq!(name.to_string(), "pcap-over-ip-listen");
    }
}
