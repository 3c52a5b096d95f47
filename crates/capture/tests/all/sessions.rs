//! What frames become.

use crate::{SECOND, documents};
use capture::Options;
use session::core::*;
use session::{SessionDoc, perf};
use std::net::Ipv4Addr;
use wire::TcpFlags;
use wire::build::Frame;

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn udp(from: Ipv4Addr, to: Ipv4Addr, ports: (u16, u16), data: &[u8]) -> Vec<u8> {
    Frame::payload(data).udp(ports.0, ports.1).ipv4(from, to).ethernet(MAC_A, MAC_B).bytes()
}

/// A TCP segment of the client (port 40000) or the server (port 9999).
fn tcp(client: bool, seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let (from, to, ports) = if client { (A, B, (40_000, 9_999)) } else { (B, A, (9_999, 40_000)) };
    Frame::payload(data)
        .tcp(ports.0, ports.1, seq, ack, TcpFlags(flags))
        .ipv4(from, to)
        .ethernet(MAC_A, MAC_B)
        .bytes()
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PSH: u8 = 8;
const ACK: u8 = 16;

fn handshake(at: i64) -> Vec<(i64, Vec<u8>)> {
    vec![
        (at, tcp(true, 100, 0, SYN, b"")),
        (at + 30_000_000, tcp(false, 500, 101, SYN | ACK, b"")),
        (at + 40_000_000, tcp(true, 101, 501, ACK, b"")),
    ]
}

fn protocols(doc: &SessionDoc) -> Vec<&str> {
    doc.values(&PROTOCOLS).map(|v| v.texts().iter().map(|t| t.as_str()).collect()).unwrap_or_default()
}

#[test]
fn a_tcp_session_says_what_was_said_and_how_fast() {
    let mut frames = handshake(0);
    let at = 100_000_000;
    frames.push((at, tcp(true, 101, 501, PSH | ACK, b"hello there")));
    // the answer's halves come in the wrong order, and one twice
    frames.push((at + 1, tcp(false, 505, 112, PSH | ACK, b"wide world")));
    frames.push((at + 2, tcp(false, 501, 112, PSH | ACK, b"the ")));
    frames.push((at + 3, tcp(false, 505, 112, PSH | ACK, b"wide world")));
    frames.push((at + 4, tcp(true, 112, 515, FIN | ACK, b"")));
    frames.push((at + 5, tcp(false, 515, 113, FIN | ACK, b"")));
    frames.push((at + 6, tcp(true, 113, 516, ACK, b"")));
    let (docs, counters) = documents(Options::default(), &frames);
    let [doc] = docs.as_slice() else { panic!("{} documents", docs.len()) };
    assert_eq!((doc.ip(&SRC_IP), doc.int(&SRC_PORT)), (Some(A.into()), Some(40_000)));
    assert_eq!((doc.int(&SRC_PACKETS), doc.int(&DST_PACKETS)), (Some(5), Some(5)));
    assert_eq!((doc.int(&SRC_DATA_BYTES), doc.int(&DST_DATA_BYTES)), (Some(11), Some(14)));
    assert_eq!(doc.text(&SRC_PAYLOAD8), Some("68656c6c6f207468"));
    assert_eq!(doc.text(&DST_PAYLOAD8), Some("7468652077696465"));
    assert_eq!((doc.int(&TCP_SYN), doc.int(&TCP_SYN_ACK), doc.int(&TCP_FIN)), (Some(1), Some(1), Some(2)));
    assert_eq!((doc.int(&TCP_SEQ_SRC), doc.int(&TCP_SEQ_DST)), (Some(100), Some(500)));
    assert_eq!((doc.int(&TCP_SYN_VALIDATED), doc.int(&TCP_SYN_ACK_VALIDATED)), (Some(1), Some(1)));
    assert_eq!(doc.int(&INIT_RTT), Some(20));
    assert_eq!(doc.int(&perf::TCP_HANDSHAKE), Some(40_000));
    assert_eq!(doc.int(&perf::TCP_HANDSHAKE_DST), Some(30_000), "the server's share");
    assert_eq!(doc.int(&perf::TCP_HANDSHAKE_SRC), Some(10_000), "the client's share");
    assert_eq!(doc.int(&perf::TCP_OUT_OF_ORDER_DST), Some(1));
    assert_eq!(doc.int(&perf::TCP_RETRANSMISSIONS_DST), Some(1));
    assert_eq!(protocols(doc), ["tcp"]);
    assert_eq!((counters.packets, counters.sessions, counters.documents), (10, 1, 1));
}

#[test]
fn who_answers_a_syn_is_the_destination_even_when_seen_first() {
    let frames = [(0, tcp(false, 500, 101, SYN | ACK, b"")), (1, tcp(true, 101, 501, ACK, b""))];
    let (docs, _) = documents(Options::default(), &frames);
    assert_eq!(docs.len(), 1);
    assert_eq!((docs[0].ip(&SRC_IP), docs[0].int(&DST_PORT)), (Some(A.into()), Some(9_999)));
}

#[test]
fn ports_used_again_after_the_end_are_another_session() {
    let mut frames = handshake(0);
    frames.push((SECOND, tcp(true, 101, 501, RST, b"")));
    frames.push((2 * SECOND, tcp(true, 9_000, 0, SYN, b"")));
    let (docs, _) = documents(Options::default(), &frames);
    assert_eq!(docs.len(), 2);
    assert_eq!(docs[1].int(&TCP_SEQ_SRC), Some(9_000));
    assert_ne!(docs[0].id, docs[1].id);
}

#[test]
fn idle_sessions_end_and_others_do_not() {
    let mut frames = Vec::new();
    for second in [0, 30, 200, 201] {
        frames.push((second * SECOND, udp(A, B, (1_000, 2_000), b"x")));
        frames.push((second * SECOND + 1, udp(A, B, (1_001, 2_000), b"x")));
    }
    let (docs, _) = documents(Options::default(), &frames);
    // the first packet after the pause still belongs to the old session: nothing had moved the clock
    let packets: Vec<_> = docs.iter().map(|doc| doc.int(&PACKETS)).collect();
    assert_eq!(packets, [Some(4), Some(2), Some(2)]);
}

#[test]
fn long_sessions_are_saved_in_segments_that_hang_together() {
    let options = Options { max_packets: 4, ..Options::default() };
    let frames: Vec<_> = (0..10).map(|n| (n * SECOND, udp(A, B, (1_000, 2_000), b"01234567"))).collect();
    let (docs, _) = documents(options, &frames);
    let numbers: Vec<_> = docs.iter().map(|doc| (doc.int(&SEGMENTS), doc.int(&PACKETS))).collect();
    assert_eq!(numbers, [(Some(1), Some(4)), (Some(2), Some(4)), (Some(3), Some(2))]);
    let root = docs[0].id.to_string();
    assert!(docs.iter().all(|doc| doc.text(&ROOT_ID) == Some(&root)));
    assert_eq!(docs.iter().map(|doc| doc.positions.packets()).sum::<usize>(), 10);
    assert_eq!(docs.iter().map(|doc| doc.int(&DATA_BYTES).unwrap()).sum::<i64>(), 80);
}

#[test]
fn more_sessions_than_allowed_are_saved_early_not_lost() {
    let mut options = Options::default();
    options.limits.sessions = 10;
    let frames: Vec<_> = (0..50).map(|n| (n, udp(A, B, (n as u16 + 1, 2_000), b"x"))).collect();
    let (docs, counters) = documents(options, &frames);
    assert_eq!((docs.len(), counters.evicted), (50, 40));
}

#[test]
fn a_fragmented_datagram_is_one_with_all_its_packets() {
    let data = [7u8; 3_000];
    let frames: Vec<_> = Frame::payload(&data)
        .udp(5_000, 6_000)
        .fragments(A.into(), B.into(), 7, 1_400)
        .into_iter()
        .map(|frame| frame.ethernet(MAC_A, MAC_B).bytes())
        .enumerate()
        .map(|(n, bytes)| (n as i64, bytes))
        .collect();
    assert!(frames.len() > 2);
    let (docs, counters) = documents(Options::default(), &frames);
    assert_eq!(docs.len(), 1);
    assert_eq!(docs[0].int(&SRC_DATA_BYTES), Some(3_000));
    assert_eq!(docs[0].int(&PACKETS), Some(frames.len() as i64));
    assert_eq!(docs[0].positions.packets(), frames.len());
    assert_eq!((counters.packets, counters.fragments.complete), (frames.len() as u64, 1));

    // without its last part: still found by its addresses, and counted
    let (docs, counters) = documents(Options::default(), &frames[..frames.len() - 1]);
    assert_eq!(docs.len(), 1);
    assert_eq!((docs[0].ip(&SRC_IP), docs[0].int(&PACKETS)), (Some(A.into()), Some(frames.len() as i64 - 1)));
    assert_eq!(protocols(&docs[0]), ["fragments"]);
    assert_eq!(counters.fragments.timed_out, 1);
}

#[test]
fn vlans_are_told_apart_only_when_asked() {
    let tagged = |vlan| Frame::payload(b"x").udp(1, 2).ipv4(A, B).vlan(vlan).ethernet(MAC_A, MAC_B).bytes();
    let frames = [(0, tagged(5)), (1, tagged(6)), (2, tagged(7))];
    assert_eq!(documents(Options::default(), &frames).0.len(), 1);
    let apart = Options { vlan_in_key: true, ..Options::default() };
    assert_eq!(documents(apart.clone(), &frames).0.len(), 3);
    let two = Options { same_vlans: vec![(6, 5)], ..apart };
    let (docs, _) = documents(two, &frames);
    assert_eq!(docs.len(), 2);
    assert_eq!(docs[0].values(&VLAN).map(|v| v.ints().to_vec()), Some(vec![5, 6]));
}

#[test]
fn damaged_frames_make_sessions_and_counts() {
    let mut cut = tcp(true, 1, 0, SYN, b"");
    cut.truncate(14 + 20 + 7);
    let (docs, counters) = documents(Options::default(), &[(0, cut), (1, vec![1, 2, 3])]);
    assert_eq!(counters.malformed.total(), 2);
    assert_eq!(docs.len(), 2);
    assert_eq!((protocols(&docs[0]), docs[0].ip(&SRC_IP)), (vec!["corrupt-ip"], Some(A.into())));
    assert_eq!(protocols(&docs[1]), ["corrupt-ether"]);
}

#[test]
fn arp_is_one_session_for_question_and_answer() {
    let ask = Frame::arp(1, (MAC_A, A), ([0; 6], B)).ethernet(MAC_A, [255; 6]).bytes();
    let answer = Frame::arp(2, (MAC_B, B), (MAC_A, A)).ethernet(MAC_B, MAC_A).bytes();
    let back = Frame::arp(1, (MAC_B, B), ([0; 6], A)).ethernet(MAC_B, MAC_A).bytes();
    let (docs, _) = documents(Options::default(), &[(0, ask), (1, answer), (2, back)]);
    let packets: Vec<_> = docs.iter().map(|doc| doc.int(&PACKETS)).collect();
    assert_eq!(packets, [Some(2), Some(1)]);
    assert!(docs.iter().all(|doc| protocols(doc) == ["arp"]));
}

#[test]
fn a_hole_in_a_stream_is_counted_and_what_follows_still_read() {
    let mut frames = handshake(0);
    frames.push((SECOND, tcp(true, 101, 501, PSH | ACK, b"first")));
    frames.push((SECOND + 1, tcp(true, 206, 501, PSH | ACK, b"after the hole")));
    let (docs, counters) = documents(Options::default(), &frames);
    assert_eq!(docs[0].int(&SRC_DATA_BYTES), Some(5 + 14));
    assert_eq!((counters.streams.gaps, counters.streams.gap_bytes), (1, 100));
    assert_eq!(docs[0].int(&perf::TCP_LOST_SRC), Some(1));
}

#[test]
fn a_snap_length_costs_bytes_not_sessions() {
    let whole = udp(A, B, (1_000, 2_000), &[1; 400]);
    let mut docs = Vec::new();
    let mut inspection =
        capture::Inspection::new(Options::default(), std::sync::Arc::new(enrich::Enricher::none()));
    let len = whole.len() as u32;
    inspection.packet(0, &whole[..60], len, wire::LinkType::ETHERNET, &mut |doc| docs.push(doc));
    let counters = inspection.finish(&mut |doc| docs.push(doc));
    assert_eq!((docs[0].int(&BYTES), docs[0].int(&DATA_BYTES)), (Some(i64::from(len)), Some(400)));
    assert_eq!(counters.cut, 1);
}

#[test]
fn the_same_packets_make_the_same_ids() {
    let frames: Vec<_> = (0..20).map(|n| (n, udp(A, B, (n as u16 % 7 + 1, 2_000), b"x"))).collect();
    let ids = || documents(Options::default(), &frames).0.iter().map(|doc| doc.id).collect::<Vec<_>>();
    assert_eq!(ids(), ids());
    let other = Options { node: "other".into(), ..Options::default() };
    assert!(documents(other, &frames).0.iter().all(|doc| !ids().contains(&doc.id)));
}

#[test]
fn a_connection_seen_from_its_middle_is_read_unless_documents_are_to_be_arkimes() {
    let frames = vec![
        (0, tcp(true, 101, 501, PSH | ACK, b"SSH-2.0-OpenSSH_9.6\r\n")),
        (1_000_000, tcp(false, 501, 122, PSH | ACK, b"SSH-2.0-OpenSSH_9.7\r\n")),
    ];
    let (docs, _) = documents(Options::default(), &frames);
    assert_eq!(docs[0].int(&SRC_DATA_BYTES), Some(21));
    assert!(protocols(&docs[0]).contains(&"ssh"), "{:?}", protocols(&docs[0]));

    let like_arkime = Options { like_arkime: true, ..Options::default() };
    let (docs, _) = documents(like_arkime.clone(), &frames);
    assert_eq!((docs[0].int(&SRC_DATA_BYTES), docs[0].int(&DST_DATA_BYTES)), (Some(0), Some(0)));
    assert_eq!(protocols(&docs[0]), ["tcp"]);
    // a SYN-ACK is enough
    let mut frames = frames;
    frames.insert(0, (-1, tcp(false, 500, 101, SYN | ACK, b"")));
    let (docs, _) = documents(like_arkime, &frames);
    assert!(protocols(&docs[0]).contains(&"ssh"), "{:?}", protocols(&docs[0]));
}
