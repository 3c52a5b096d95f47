//! The seeds beside the protocols (`src/<name>/seeds/*.bin`): conversations that the captures do not hold. They are
//! read, cut anywhere and changed by a sender with bad intentions.
//!
//! A seed is a list of messages: side (0 or 1), length (two bytes, big endian), bytes.

use protocols::{ALL, Conversation, Detector, Dir, Endpoint, MAX_PENDING, Options, Surroundings, Transport};
use serde_json::Value;
use session::SessionDoc;
use session::json::{PositionForm, document};
use std::path::Path;

type Turns = Vec<(Dir, Vec<u8>)>;

/// How the conversations of a protocol travel: transport and ports.
fn carrier(name: &str, seed: &str) -> (Transport, [u16; 2]) {
    match (name, seed) {
        ("dns", "tcp") => (Transport::Tcp, [40_000, 53]),
        ("dns", _) => (Transport::Udp, [40_000, 53]),
        ("quic", _) => (Transport::Udp, [40_000, 443]),
        ("dtls", _) => (Transport::Udp, [40_000, 4_433]),
        ("dhcp", _) => (Transport::Udp, [68, 67]),
        ("dhcpv6", _) => (Transport::Udp, [546, 547]),
        ("nbns", _) => (Transport::Udp, [137, 137]),
        ("icmp", _) => (Transport::Ip(1), [0, 0]),
        ("arp", _) => (Transport::Ether(0x0806), [0, 0]),
        ("isis" | "esis", _) => (Transport::Ether(0xfefe), [0, 0]),
        ("ospf", _) => (Transport::Ip(89), [0, 0]),
        ("m3ua", _) => (Transport::Sctp, [2_905, 2_905]),
        ("ntp", _) => (Transport::Udp, [123, 123]),
        ("ptp", _) => (Transport::Udp, [319, 319]),
        ("snmp", _) => (Transport::Udp, [40_000, 161]),
        ("tftp", _) => (Transport::Udp, [40_000, 69]),
        ("pana", _) => (Transport::Udp, [40_000, 716]),
        ("radius", _) => (Transport::Udp, [40_000, 1_812]),
        ("bacnet", _) => (Transport::Udp, [47_808, 47_808]),
        ("isakmp", _) => (Transport::Udp, [500, 500]),
        ("sip", "call") => (Transport::Udp, [5_060, 5_060]),
        ("stun", "binding") => (Transport::Udp, [40_000, 3_478]),
        ("krb5", "udp") => (Transport::Udp, [40_000, 88]),
        ("krb5", _) => (Transport::Tcp, [40_000, 88]),
        ("modbus", _) => (Transport::Tcp, [40_000, 502]),
        ("c1222", _) => (Transport::Tcp, [40_000, 1_153]),
        ("enip", _) => (Transport::Tcp, [40_000, 44_818]),
        ("s7comm", _) => (Transport::Tcp, [40_000, 102]),
        _ => (Transport::Tcp, [40_000, 9_999]),
    }
}

fn seeds() -> Vec<(String, Transport, [u16; 2], Turns)> {
    let mut found = Vec::new();
    for protocol in ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(protocol.name).join("seeds");
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let bytes = std::fs::read(&path).unwrap();
            let mut rest = bytes.as_slice();
            let mut turns = Turns::new();
            while let [side, high, low, tail @ ..] = rest {
                let (message, tail) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])));
                turns.push((if *side == 0 { Dir::Src } else { Dir::Dst }, message.to_vec()));
                rest = tail;
            }
            let seed = path.file_stem().unwrap().to_string_lossy().into_owned();
            let (transport, ports) = carrier(protocol.name, &seed);
            found.push((format!("{}/{seed}", protocol.name), transport, ports, turns));
        }
    }
    found
}

/// Leads a conversation; gives the document and the most bytes that were held for later.
fn lead(detector: &Detector, transport: Transport, ports: [u16; 2], turns: &Turns) -> (Value, usize) {
    let options = Options::complete();
    let ends = ports.map(|port| Endpoint { ip: "192.0.2.1".parse().unwrap(), port });
    let around = Surroundings { detector, options: &options, transport, ends };
    let (mut conversation, mut doc, mut most) = (Conversation::new(), SessionDoc::new(), 0);
    for (n, (dir, bytes)) in turns.iter().enumerate() {
        conversation.data(*dir, bytes, 1_700_000_000_000_000_000 + n as i64, &mut doc, &around);
        most = most.max(conversation.memory());
    }
    conversation.save(1_700_000_000_000_000_000, &mut doc, &around);
    (document(&doc, PositionForm::Absolute), most)
}

/// xorshift: a failing case is found again.
fn dice(state: &mut u64, n: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % n.max(1) as u64) as usize
}

#[test]
fn every_seed_is_known_by_its_protocol() {
    let detector = Detector::default();
    let seeds = seeds();
    assert!(seeds.len() >= 10, "only {} seeds", seeds.len());
    for (name, transport, ports, turns) in seeds {
        let (doc, _) = lead(&detector, transport, ports, &turns);
        let protocol = name.split('/').next().unwrap();
        let named = doc["protocol"].as_array().is_some_and(|list| list.iter().any(|one| one == protocol));
        assert!(named, "{name}: {doc}");
    }
}

#[test]
fn a_stream_cut_anywhere_gives_the_same_document() {
    let detector = Detector::default();
    for (name, transport, ports, turns) in seeds() {
        if transport != Transport::Tcp {
            continue;
        }
        // what the transaction's times are made of differs with the packets
        let plain = |turns: &Turns| {
            let (mut doc, _) = lead(&detector, transport, ports, turns);
            for key in ["perf", "transaction", "transactionCnt"] {
                doc.as_object_mut().unwrap().remove(key);
            }
            doc
        };
        let whole = plain(&turns);
        for length in [1, 2, 3, 5, 17, 100] {
            let cut = turns
                .iter()
                .flat_map(|(dir, bytes)| bytes.chunks(length).map(|piece| (*dir, piece.to_vec())));
            assert_eq!(plain(&cut.collect()), whole, "{name} in pieces of {length}");
        }
    }
}

#[test]
fn no_bytes_make_a_parser_panic_or_hold_much() {
    let detector = Detector::default();
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for (name, transport, ports, turns) in seeds() {
        for round in 0..300 {
            let mut turns = turns.clone();
            for _ in 0..=dice(&mut state, 4) {
                let at = dice(&mut state, turns.len());
                let Some((_, bytes)) = turns.get_mut(at) else { continue };
                let place = dice(&mut state, bytes.len());
                match dice(&mut state, 5) {
                    0 => bytes.truncate(place),
                    1 => drop(bytes.drain(..place)),
                    2 => bytes.extend(vec![0xff; dice(&mut state, 4_000)]),
                    3 => turns.swap(at, 0),
                    _ => {
                        if let Some(byte) = bytes.get_mut(place) {
                            *byte = [0, 0xff, 0x80, 0xc0, 1, *byte ^ 0x10][round % 6];
                        }
                    }
                }
            }
            let (_, most) = lead(&detector, transport, ports, &turns);
            assert!(most <= 16 * (2 * MAX_PENDING + 4_096), "{name}, round {round}: {most} bytes are held");
        }
    }
}
