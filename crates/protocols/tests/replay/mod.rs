//! The conversations in a capture, and how to lead them again. Captures of one machine arrive in order and whole,
//! so that a segment either continues its side or was seen before.
#![allow(dead_code)] // each test uses a part

use protocols::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use session::SessionDoc;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

/// What one side sent in one packet.
#[derive(Clone, Debug)]
pub struct Turn {
    pub dir: Dir,
    pub bytes: Vec<u8>,
    pub time: i64,
}

/// One conversation of a capture.
#[derive(Clone, Debug)]
pub struct Talk {
    pub transport: Transport,
    pub ends: [Endpoint; 2],
    pub turns: Vec<Turn>,
}

/// Captures beside the parsers, sorted.
pub fn own_captures() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap().flatten() {
        let Ok(captures) = std::fs::read_dir(folder.path().join("captures")) else { continue };
        found.extend(
            captures.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "pcap")),
        );
    }
    found.sort();
    assert!(!found.is_empty(), "no captures beside the parsers");
    found
}

/// Captures of the reference corpus; none where it is not at hand.
pub fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/arkime");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return Vec::new();
    };
    let mut found: Vec<_> =
        files.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "pcap")).collect();
    found.sort();
    found
}

/// The conversations of a capture, in order of their first packet.
pub fn talks(path: &Path) -> Vec<Talk> {
    type Key = (String, [(IpAddr, u16); 2]);
    let bytes = std::fs::read(path).unwrap();
    let Ok(mut records) = pcap::Slice::new(&bytes) else { return Vec::new() };
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut talks: Vec<Talk> = Vec::new();
    let mut next: HashMap<(usize, bool), u32> = HashMap::new();
    while let Some(Ok(record)) = records.next() {
        let packet = wire::decode(wire::LinkType(record.link), record.bytes);
        let none = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let (src, dst) = match packet.net {
            wire::Net::Ip(ip) => (ip.src, ip.dst),
            _ => (none, none),
        };
        let (sport, dport) = packet.transport.ports().unwrap_or_default();
        let transport = match (&packet.transport, packet.net) {
            (wire::Transport::Tcp(_), _) => Transport::Tcp,
            (wire::Transport::Udp(_), _) => Transport::Udp,
            (wire::Transport::Sctp(_), _) => continue,
            (_, wire::Net::Ip(ip)) => Transport::Ip(ip.protocol),
            (_, wire::Net::Ether { ethertype }) => Transport::Ether(ethertype),
            (_, wire::Net::Llc { dsap, ssap, snap: None }) => {
                Transport::Ether(u16::from(dsap) << 8 | u16::from(ssap))
            }
            _ => continue,
        };
        let mut pair = [(src, sport), (dst, dport)];
        pair.sort();
        let at = *known.entry((format!("{transport:?}"), pair)).or_insert_with(|| {
            let end = |ip, port| Endpoint { ip, port };
            talks.push(Talk { transport, ends: [end(src, sport), end(dst, dport)], turns: Vec::new() });
            talks.len() - 1
        });
        let talk = &mut talks[at];
        let from_src = (talk.ends[0].ip, talk.ends[0].port) == (src, sport);
        if let wire::Transport::Tcp(tcp) = &packet.transport {
            let start = tcp.seq().wrapping_add(u32::from(tcp.flags().syn()));
            let expected = *next.entry((at, from_src)).or_insert(start);
            let old = expected.wrapping_sub(start) as i32;
            if old > 0 || packet.payload.is_empty() {
                continue;
            }
            next.insert((at, from_src), start.wrapping_add(packet.payload.len() as u32));
        }
        if !packet.payload.is_empty() {
            let dir = if from_src { Dir::Src } else { Dir::Dst };
            talk.turns.push(Turn { dir, bytes: packet.payload.to_vec(), time: record.time });
        }
    }
    talks
}

/// A conversation under way.
pub struct Stage<'a> {
    pub doc: SessionDoc,
    pub conversation: Conversation,
    around: Surroundings<'a>,
    time: i64,
}

impl<'a> Stage<'a> {
    pub fn new(detector: &'a Detector, options: &'a Options, talk: &Talk) -> Self {
        let around = Surroundings { detector, options, transport: talk.transport, ends: talk.ends };
        Self { doc: SessionDoc::new(), conversation: Conversation::new(), around, time: 0 }
    }

    pub fn say(&mut self, dir: Dir, bytes: &[u8], time: i64) {
        self.time = time;
        self.conversation.data(dir, bytes, time, &mut self.doc, &self.around);
    }

    pub fn lose(&mut self, dir: Dir, len: usize) {
        self.conversation.gap(dir, len, self.time, &mut self.doc, &self.around);
    }

    /// Ends both sides; the document as JSON.
    pub fn close(mut self) -> serde_json::Value {
        if self.around.transport == Transport::Tcp {
            for dir in [Dir::Src, Dir::Dst] {
                self.conversation.end(dir, self.time, &mut self.doc, &self.around);
            }
        }
        self.conversation.save(self.time, &mut self.doc, &self.around);
        session::json::document(&self.doc, session::json::PositionForm::Absolute)
    }
}
