//! What the pipeline does and how much it may hold.

use serde::Deserialize;

/// How a capture is made into sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Name of this machine in the documents.
    pub node: String,
    /// Tags that every session gets.
    pub tags: Vec<String>,
    /// What the parsers write.
    pub parsers: protocols::Options,
    /// Whether equal addresses in different VLANs are different machines.
    pub vlan_in_key: bool,
    /// VLANs that are one network (the two sides of a router or a tap): the first of each pair counts as the second. 0 is no VLAN.
    pub same_vlans: Vec<(u16, u16)>,
    /// Whether equal addresses in different virtual networks are different machines.
    pub vni_in_key: bool,
    /// Whether documents say how long each packet record is.
    pub packet_lengths: bool,
    /// Whether documents repeat peculiarities of Arkime's, for comparing with its documents: `tcpseq.dst` is 0 where the SYN came before the
    /// SYN-ACK, padding after an ICMP message counts as its data, all IGMP, PIM, LLDP and IS-IS is one session each instead of one for
    /// each pair of hosts, and the data of a TCP connection of which neither SYN nor SYN-ACK was seen is neither read nor counted.
    pub like_arkime: bool,
    /// Live: whether packets come from a recording although it may be of today, so that sessions are idle by the packets' own time.
    pub recorded: bool,
    /// When sessions end.
    pub timeouts: TimeOuts,
    /// A TCP session that lasts longer is saved while it goes on, seconds.
    pub save_after: i64,
    /// Whether that holds for the other protocols too: live, where a document should not wait for the end of a tunnel.
    pub save_all: bool,
    /// A session with more packets is saved while it goes on.
    pub max_packets: u32,
    /// How much may be held.
    pub limits: Limits,
    /// Keys of captures that are encrypted, for importing them.
    pub keys: source::Keyring,
}

/// Seconds without a packet after which a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeOuts {
    /// TCP.
    pub tcp: i64,
    /// TCP after FIN of both sides or RST; counted from there, whatever comes.
    pub tcp_closing: i64,
    /// UDP.
    pub udp: i64,
    /// ICMP.
    pub icmp: i64,
    /// SCTP.
    pub sctp: i64,
    /// ESP and AH.
    pub esp: i64,
    /// Everything else.
    pub other: i64,
    /// A fragmented datagram, from its first fragment.
    pub fragments: i64,
}

/// What one worker may hold. What goes beyond is saved early or given up, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Live sessions; beyond, the one that was idle longest is saved.
    pub sessions: usize,
    /// TCP segments that wait behind a hole, each direction of a session.
    pub segments: usize,
    /// TCP bytes that wait behind a hole, each direction of a session.
    pub segment_bytes: usize,
    /// TCP bytes that wait behind holes, all sessions; beyond, holes are given up at once.
    pub reassembly_bytes: usize,
    /// Incomplete fragmented datagrams.
    pub datagrams: usize,
    /// Bytes of incomplete fragmented datagrams.
    pub datagram_bytes: usize,
    /// Bytes of one document's values; beyond, the session is saved while it goes on.
    pub document_bytes: usize,
    /// Live: bytes of documents that wait for the index, all workers together; beyond, they are counted and not indexed, because packets
    /// do not wait.
    pub queue_bytes: usize,
}

impl Default for TimeOuts {
    fn default() -> Self {
        Self { tcp: 480, tcp_closing: 5, udp: 60, icmp: 10, sctp: 60, esp: 600, other: 60, fragments: 480 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 1_500_000,
            segments: 256,
            segment_bytes: 1 << 20,
            reassembly_bytes: 256 << 20,
            datagrams: 10_000,
            datagram_bytes: 64 << 20,
            document_bytes: 1 << 20,
            queue_bytes: 256 << 20,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            node: "localhost".to_owned(),
            tags: Vec::new(),
            parsers: protocols::Options::default(),
            vlan_in_key: false,
            same_vlans: Vec::new(),
            vni_in_key: false,
            packet_lengths: false,
            like_arkime: false,
            recorded: false,
            timeouts: TimeOuts::default(),
            save_after: 720,
            save_all: false,
            max_packets: 10_000,
            limits: Limits::default(),
            keys: source::Keyring::default(),
        }
    }
}

impl Options {
    /// Everything that makes documents complete, as the reference documents were made: also with the VLANs that their configuration takes
    /// for one network.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.parsers = protocols::Options::complete();
        self.vlan_in_key = true;
        self.same_vlans = [50, 100, 300, 400, 500].map(|vlan| (vlan, 0)).to_vec();
        self.packet_lengths = true;
        self.like_arkime = true;
        self.timeouts.icmp = 60;
        self
    }
}
