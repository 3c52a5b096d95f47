//! From a live session to its document.

use crate::Options;
use crate::identity::{ISO, Kind};
use crate::live_session::LiveSession;
use session::{SessionDoc, SessionId, core};
use std::time::{SystemTime, UNIX_EPOCH};
use wire::{ether, proto};
use xxhash_rust::xxh3::Xxh3;

/// The document of a session, or of one segment of it. The parsers have written already; what goes on to the next segment stays in the
/// session when `goes_on`.
pub(crate) fn document(session: &mut LiveSession, options: &Options, goes_on: bool) -> SessionDoc {
    let id = identity(session, &options.node);
    let mut doc = std::mem::take(&mut session.doc);
    name_protocol(session, &mut doc);
    doc.reserve(if session.tcp.is_some() { ROOM + TCP_ROOM } else { ROOM });
    session.facts.write(&mut doc);
    for tag in &options.tags {
        doc.tag(tag);
    }
    let next = if goes_on { doc.next_segment() } else { SessionDoc::new() };
    if let Some(tcp) = &mut session.tcp {
        tcp.write(&mut doc, options.like_arkime);
    }
    write_core(session, &mut doc, options);
    if let Some(kept) = &mut session.kept {
        kept.write(&mut doc);
    }
    if goes_on || session.root.is_some() {
        let root = session.root.unwrap_or(id);
        doc.add(&core::ROOT_ID, &root.to_string());
    }
    doc.id = id;
    if goes_on {
        session.next_segment(id, next);
    }
    doc
}

/// Writes what is known of a session that goes on, beside what the parsers wrote: what rules may ask for.
pub(crate) fn known_so_far(session: &LiveSession, doc: &mut SessionDoc, options: &Options) {
    name_protocol(session, doc);
    session.facts.write(doc);
    for tag in &options.tags {
        doc.tag(tag);
    }
    write_core(session, doc, options);
}

/// Fields that a document gets here and from enrichment.
const ROOM: usize = 36;
/// Fields that a TCP session has beside them.
const TCP_ROOM: usize = 24;

fn write_core(session: &LiveSession, doc: &mut SessionDoc, options: &Options) {
    let (first, last) = (session.first.div_euclid(1_000_000), session.last.div_euclid(1_000_000));
    doc.add_new(&core::START_TIME, first);
    doc.add_new(&core::STOP_TIME, last);
    doc.add_new(&core::LENGTH, last - first);
    doc.add_new(&core::DB_TIME, now_ms());
    doc.add_new(&core::NODE, &options.node);
    doc.add_new(&core::SEGMENTS, i64::from(session.segment));
    doc.add_new(&core::IP_PROTOCOL, i64::from(session.ends.protocol));
    if session.ethertype != 0 {
        doc.add_new(&core::ETHERTYPE, i64::from(session.ethertype));
    }
    if session.ends.has_ips {
        let ([src, dst], [src_port, dst_port]) = (session.ends.ips, session.ends.ports);
        doc.add_new(&core::SRC_IP, src);
        doc.add_new(&core::DST_IP, dst);
        doc.add_new(&core::SRC_PORT, i64::from(src_port));
        doc.add_new(&core::DST_PORT, i64::from(dst_port));
    }
    let [src, dst] = session.packets.map(i64::from);
    doc.add_new(&core::SRC_PACKETS, src);
    doc.add_new(&core::DST_PACKETS, dst);
    doc.add_new(&core::PACKETS, src + dst);
    let [src, dst] = session.bytes.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    doc.add_new(&core::SRC_BYTES, src);
    doc.add_new(&core::DST_BYTES, dst);
    doc.add_new(&core::BYTES, src.saturating_add(dst));
    let [src, dst] = session.data_bytes.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    doc.add_new(&core::SRC_DATA_BYTES, src);
    doc.add_new(&core::DST_DATA_BYTES, dst);
    doc.add_new(&core::DATA_BYTES, src.saturating_add(dst));
    let [src, dst] = &session.first_bytes;
    src.hex(|text| {
        doc.add_new(&core::SRC_PAYLOAD8, text);
    });
    dst.hex(|text| {
        doc.add_new(&core::DST_PAYLOAD8, text);
    });
}

/// Names the protocol below the parsers, as far as they have not.
fn name_protocol(session: &LiveSession, doc: &mut SessionDoc) {
    let parsed = doc.has(&core::PROTOCOLS);
    let name = match session.kind {
        Kind::Tcp => "tcp",
        Kind::Udp | Kind::Dhcp => "udp",
        Kind::Sctp => "sctp",
        Kind::Icmp(_) => "icmp",
        Kind::Esp(_) => "esp",
        Kind::Ip(proto::IGMP) => "igmp",
        Kind::Ip(proto::OSPF) => "ospf",
        Kind::Ip(proto::PIM) => "pim",
        Kind::Ether(ether::ARP) => "arp",
        Kind::Ether(ether::LLDP) => "lldp",
        Kind::Ip(_) | Kind::Ether(_) if parsed => return,
        Kind::Ip(_) => "unknown-ip",
        Kind::Ether(ISO) => "isis",
        Kind::Fragments => "fragments",
        Kind::CorruptIp => "corrupt-ip",
        Kind::CorruptEther => "corrupt-ether",
        // an EtherType below the smallest is a length: LLC that nobody reads
        Kind::Ether(_) if session.ethertype < ether::MIN => "corrupt-ether",
        Kind::Ether(_) => "unknown-ether",
    };
    doc.protocol(name);
}

/// The same packets of the same file on the same node make the same id.
fn identity(session: &LiveSession, node: &str) -> SessionId {
    let mut hash = Xxh3::new();
    hash.update(node.as_bytes());
    hash.update(&[0]);
    match (session.origin, session.root) {
        (None, Some(root)) => {
            // the last segment of a session that ended with the segment before: it has what parsers found last, and no packet
            hash.update(root.to_string().as_bytes());
            hash.update(&session.segment.to_le_bytes());
        }
        (origin, _) => {
            let (file, offset) = origin.unwrap_or_default();
            hash.update(&file.to_le_bytes());
            hash.update(&offset.to_le_bytes());
        }
    }
    SessionId::new(session.last.div_euclid(1_000_000), hash.digest128().to_le_bytes())
}

/// Now, milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
