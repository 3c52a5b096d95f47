//! Workers that share an interface: every packet goes to one of them, both directions of a flow and all fragments of a datagram to the same.
//! Needs root; else says that it skips.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

mod network;

use network::{receive_all, sender, with_network};
use source::{AfPacket, AfPacketConfig, Stop};
use wire::build::Frame;
use wire::{TcpFlags, ether};

type Wrap = fn(Frame, [u8; 4], [u8; 4], bool) -> Frame;

/// Kinds of traffic: each makes the frame of one inner packet from one outer end to the other. What differs by direction in reality (made-up
/// source ports, labels, tags) differs here.
fn kinds() -> Vec<(&'static str, Wrap)> {
    fn v6(a: [u8; 4]) -> [u8; 16] {
        let mut address = [0xfd; 16];
        address[12..].copy_from_slice(&a);
        address
    }
    vec![
        ("udp", |f, s, d, forth| f.udp(ports(forth).0, ports(forth).1).ipv4(s, d)),
        ("tcp", |f, s, d, forth| f.tcp(ports(forth).0, ports(forth).1, 1, 1, TcpFlags(0x10)).ipv4(s, d)),
        ("sctp", |f, s, d, forth| f.sctp(ports(forth).0, ports(forth).1, 7).ipv4(s, d)),
        ("udp6", |f, s, d, forth| f.udp(ports(forth).0, ports(forth).1).ipv6(v6(s), v6(d))),
        ("vlan", |f, s, d, forth| {
            f.udp(ports(forth).0, ports(forth).1).ipv4(s, d).vlan(if forth { 5 } else { 6 })
        }),
        ("qinq", |f, s, d, forth| {
            f.udp(ports(forth).0, ports(forth).1)
                .ipv4(s, d)
                .vlan(if forth { 5 } else { 6 })
                .tag(ether::DOT1AD, 9)
        }),
        ("three tags", |f, s, d, forth| {
            f.tcp(ports(forth).0, ports(forth).1, 1, 1, TcpFlags(0x10))
                .ipv6(v6(s), v6(d))
                .vlan(3)
                .vlan(4)
                .tag(ether::DOT1AD, 5)
        }),
        ("mpls", |f, s, d, forth| {
            f.udp(ports(forth).0, ports(forth).1).ipv4(s, d).mpls(if forth { 1000 } else { 2000 })
        }),
        ("two labels", |f, s, d, forth| {
            f.udp(ports(forth).0, ports(forth).1).ipv4(s, d).mpls(if forth { 1 } else { 2 }).mpls(77)
        }),
        ("pppoe", |f, s, d, forth| f.udp(ports(forth).0, ports(forth).1).ipv4(s, d).pppoe(3)),
        ("vxlan", |f, s, d, forth| tunnel(f, s, d, forth, &[8, 0, 0, 0, 0, 0, 42, 0], 4789)),
        ("vxlan of linux", |f, s, d, forth| tunnel(f, s, d, forth, &[8, 0, 0, 0, 0, 0, 42, 0], 8472)),
        ("geneve", |f, s, d, forth| tunnel(f, s, d, forth, &[0, 0, 0x65, 0x58, 0, 0, 42, 0], 6081)),
        ("gtp-u", |f, s, d, forth| {
            tunnel(f, s, d, forth, &[0x30, 255, 0, 60, 0, 0, 0, u8::from(forth)], 2152)
        }),
        ("vxlan in a tag", |f, s, d, forth| {
            tunnel(f, s, d, forth, &[8, 0, 0, 0, 0, 0, 42, 0], 4789).vlan(if forth { 5 } else { 6 })
        }),
        ("erspan", |f, s, d, forth| {
            let (s, d) = if forth { (s, d) } else { (d, s) };
            f.udp(5, 6).ipv4(s, d).ethernet([2; 6], [4; 6]).erspan(2, 7).ipv4([192, 0, 2, 1], [192, 0, 2, 9])
        }),
        ("gre", |f, s, d, forth| f.udp(5, 6).ipv4(s, d).gre(None).ipv4(outer(forth).0, outer(forth).1)),
        ("ip in ip", |f, s, d, forth| f.udp(5, 6).ipv4(s, d).ipv4(outer(forth).0, outer(forth).1)),
    ]
}

fn ports(forth: bool) -> (u16, u16) {
    if forth { (40_000, 443) } else { (443, 40_000) }
}

/// An Ethernet frame in a UDP tunnel whose source port is made up from the inner flow and its direction.
fn tunnel(f: Frame, s: [u8; 4], d: [u8; 4], forth: bool, header: &[u8], port: u16) -> Frame {
    let mut bytes = header.to_vec();
    bytes.extend(f.udp(5, 6).ipv4(s, d).ethernet([2; 6], [4; 6]).bytes());
    Frame::payload(&bytes).udp(entropy(s, forth), port).ipv4(outer(forth).0, outer(forth).1)
}

fn outer(forth: bool) -> ([u8; 4], [u8; 4]) {
    if forth { ([192, 0, 2, 1], [192, 0, 2, 9]) } else { ([192, 0, 2, 9], [192, 0, 2, 1]) }
}

fn entropy(s: [u8; 4], forth: bool) -> u16 {
    50_000 + u16::from(s[3]) * 2 + u16::from(forth)
}

const WORKERS: usize = 4;
const FLOWS: u8 = 60;

#[test]
fn both_directions_reach_the_same_worker() {
    with_network(|| {
        for (kind, wrap) in kinds() {
            let mut sources =
                AfPacket::open_shared("in", &AfPacketConfig::default(), WORKERS, &Stop::new()).unwrap();
            let sender = sender("out");
            for flow in 0..FLOWS {
                for forth in [true, false] {
                    let (a, b) = ([10, 1, 0, flow], [10, 2, flow, 1]);
                    let (s, d) = if forth { (a, b) } else { (b, a) };
                    // the payload names the flow
                    let frame = wrap(Frame::payload(&[b'F', b'L', b'O', b'W', flow]), s, d, forth);
                    let (from, to) = if forth { ([2; 6], [4; 6]) } else { ([4; 6], [2; 6]) };
                    sender.send(&frame.ethernet(from, to).bytes());
                }
            }
            let mut sources: Vec<_> = sources.drain(..).map(Box::new).collect();
            let got = receive_all(&mut sources, usize::from(FLOWS) * 2);
            assert_eq!(got.iter().map(Vec::len).sum::<usize>(), usize::from(FLOWS) * 2, "{kind}: each once");
            for flow in 0..FLOWS {
                let mine: Vec<usize> =
                    got.iter().map(|w| w.iter().filter(|p| flow_of(p) == Some(flow)).count()).collect();
                assert!(mine.contains(&2), "{kind}: flow {flow} is split: {mine:?}");
            }
            let busy = got.iter().filter(|worker| !worker.is_empty()).count();
            match kind {
                // one pair of tunnel ends is one flow
                "vxlan" | "vxlan of linux" | "vxlan in a tag" | "geneve" | "gtp-u" | "gre" | "ip in ip"
                | "erspan" => assert_eq!(busy, 1, "{kind}"),
                _ => assert_eq!(busy, WORKERS, "{kind}: {:?}", got.iter().map(Vec::len).collect::<Vec<_>>()),
            }
        }
    });
}

fn flow_of(packet: &[u8]) -> Option<u8> {
    let at = packet.windows(4).position(|w| w == b"FLOW")?;
    packet.get(at + 4).copied()
}

#[test]
fn all_fragments_of_a_datagram_reach_the_same_worker() {
    with_network(|| {
        for version in [4, 6] {
            let mut sources =
                AfPacket::open_shared("in", &AfPacketConfig::default(), WORKERS, &Stop::new()).unwrap();
            let sender = sender("out");
            let mut sent = 0;
            for flow in 0..FLOWS {
                let address = |last: u8| match version {
                    4 => std::net::IpAddr::from([10, 0, flow, last]),
                    _ => std::net::IpAddr::from([0xfd00, 0, 0, 0, 0, 0, u16::from(flow), u16::from(last)]),
                };
                let payload: Vec<u8> =
                    [b'F', b'L', b'O', b'W', flow].iter().copied().cycle().take(1200).collect();
                let datagram = Frame::payload(&payload).udp(1000 + u16::from(flow), 2000);
                for fragment in datagram.fragments(address(1), address(2), u32::from(flow), 400) {
                    sender.send(&fragment.ethernet([2; 6], [4; 6]).bytes());
                    sent += 1;
                }
            }
            assert!(sent >= usize::from(FLOWS) * 3);
            let mut sources: Vec<_> = sources.drain(..).map(Box::new).collect();
            let got = receive_all(&mut sources, sent);
            assert_eq!(got.iter().map(Vec::len).sum::<usize>(), sent);
            for flow in 0..FLOWS {
                let workers = got.iter().filter(|w| w.iter().any(|p| flow_of(p) == Some(flow))).count();
                assert_eq!(workers, 1, "IPv{version}: datagram {flow} is split");
            }
            assert!(got.iter().all(|worker| !worker.is_empty()));
        }
    });
}
