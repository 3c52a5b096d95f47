//! What the primitives of the language test, as libpcap tests it.

use super::cond::{Arith, Cmp, Cond, From, Level, LevelKind, Value};
use std::net::{Ipv4Addr, Ipv6Addr};

const IP: u16 = 0x0800;
const IP6: u16 = 0x86dd;
const ARP: u16 = 0x0806;
const RARP: u16 = 0x8035;
const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;
/// The IPv6 fragment header.
const FRAGMENT: u8 = 44;

/// Which of the two addresses or ports is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    Src,
    Dst,
    #[default]
    Either,
    Both,
}

pub fn load(from: From, at: u32, size: u8) -> Value {
    Value::Load { from, at: Box::new(Value::Const(at)), size }
}
fn is(value: Value, wanted: u32) -> Cond {
    Cond::Test(value, Cmp::Eq, Value::Const(wanted))
}
fn masked(value: Value, mask: u32) -> Value {
    if mask == u32::MAX {
        value
    } else {
        Value::Op(Arith::And, Box::new(value), Box::new(Value::Const(mask)))
    }
}
pub fn both(left: Cond, right: Cond) -> Cond {
    match (left, right) {
        (Cond::And(mut parts), other) => {
            parts.push(other);
            Cond::And(parts)
        }
        (left, right) => Cond::And(vec![left, right]),
    }
}
pub fn either(left: Cond, right: Cond) -> Cond {
    match (left, right) {
        (Cond::Or(mut parts), other) => {
            parts.push(other);
            Cond::Or(parts)
        }
        (left, right) => Cond::Or(vec![left, right]),
    }
}

fn directed(direction: Direction, src: impl FnOnce() -> Cond, dst: impl FnOnce() -> Cond) -> Cond {
    match direction {
        Direction::Src => src(),
        Direction::Dst => dst(),
        Direction::Either => either(src(), dst()),
        Direction::Both => both(src(), dst()),
    }
}

/// Sender or receiver of a packet of this type, whose addresses are at two places of the network header.
fn v4_in(level: Level, ethertype: u16, places: (u32, u32), net: (u32, u32), direction: Direction) -> Cond {
    // every address lies in a network of no bits: nothing to look at, also where it was cut off
    let at = |place| match net.1 {
        0 => Cond::Const(true),
        mask => is(masked(load(From::Net(level), place, 4), mask), net.0),
    };
    both(Cond::Type(level, ethertype), directed(direction, || at(places.0), || at(places.1)))
}

/// Which packets carry addresses of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V4Of {
    Ip,
    Arp,
    Rarp,
    Any,
}

pub fn v4(level: Level, of: V4Of, address: Ipv4Addr, mask: u32, direction: Direction) -> Cond {
    let net = (u32::from(address) & mask, mask);
    let ip = || v4_in(level, IP, (12, 16), net, direction);
    let arp = |ethertype| v4_in(level, ethertype, (14, 24), net, direction);
    match of {
        V4Of::Ip => ip(),
        V4Of::Arp => arp(ARP),
        V4Of::Rarp => arp(RARP),
        V4Of::Any => either(either(ip(), arp(ARP)), arp(RARP)),
    }
}

pub fn v6(level: Level, address: Ipv6Addr, mask: u128, direction: Direction) -> Cond {
    let words = |bits: u128| [96, 64, 32, 0].map(|shift| (bits >> shift) as u32);
    let (address, mask) = (words(u128::from(address) & mask), words(mask));
    let at = |place: u32| {
        let tests = (0u32..).step_by(4).zip(address.iter().zip(mask)).filter(|(_, (_, mask))| *mask != 0);
        let tests = tests
            .map(|(word, (wanted, mask))| is(masked(load(From::Net(level), place + word, 4), mask), *wanted));
        Cond::And(tests.collect())
    };
    both(Cond::Type(level, IP6), directed(direction, || at(8), || at(24)))
}

pub fn mac(address: [u8; 6], direction: Direction) -> Cond {
    let [a, b, c, d, e, f] = address;
    let at = |place| {
        both(
            is(load(From::Link, place + 2, 4), u32::from_be_bytes([c, d, e, f])),
            is(load(From::Link, place, 2), u32::from_be_bytes([0, 0, a, b])),
        )
    };
    both(Cond::Ethernet, directed(direction, || at(6), || at(0)))
}

pub fn ip_protocol(level: Level, protocol: u8) -> Cond {
    both(Cond::Type(level, IP), is(load(From::Net(level), 9, 1), u32::from(protocol)))
}

pub fn ip6_protocol(level: Level, protocol: u8) -> Cond {
    let next = |at| is(load(From::Net(level), at, 1), u32::from(protocol));
    let fragment = both(is(load(From::Net(level), 6, 1), u32::from(FRAGMENT)), next(40));
    both(Cond::Type(level, IP6), either(next(6), fragment))
}

pub fn any_protocol(level: Level, protocol: u8) -> Cond {
    either(ip_protocol(level, protocol), ip6_protocol(level, protocol))
}

/// Ports in a range, of one protocol or of every protocol that has ports.
pub fn ports(level: Level, protocol: Option<u8>, from: u16, to: u16, direction: Direction) -> Cond {
    let (from, to) = (u32::from(from.min(to)), u32::from(from.max(to)));
    let within = |value: Value| {
        if from == to {
            return is(value, from);
        }
        let low = Cond::Test(value.clone(), Cmp::Ge, Value::Const(from));
        both(low, Cond::Test(value, Cmp::Le, Value::Const(to)))
    };
    let v4 = |protocol: u8| {
        let at = |place| within(load(From::Transport(level), place, 2));
        let head = Cond::And(vec![
            Cond::Type(level, IP),
            is(load(From::Net(level), 9, 1), u32::from(protocol)),
            whole(level),
        ]);
        both(head, directed(direction, || at(0), || at(2)))
    };
    let v6 = |protocol: u8| {
        let at = |place: u32| within(load(From::Net(level), 40 + place, 2));
        let head = both(Cond::Type(level, IP6), is(load(From::Net(level), 6, 1), u32::from(protocol)));
        both(head, directed(direction, || at(0), || at(2)))
    };
    let protocols: &[u8] = match &protocol {
        Some(one) => std::slice::from_ref(one),
        None => &[TCP, UDP, SCTP],
    };
    // first all of IPv6, then all of IPv4: the order decides which cut packets are refused
    Cond::Or(protocols.iter().map(|p| v6(*p)).chain(protocols.iter().map(|p| v4(*p))).collect())
}

/// The first part of an IPv4 datagram, or a whole one: where the transport header is.
fn whole(level: Level) -> Cond {
    is(masked(load(From::Net(level), 6, 2), 0x1fff), 0)
}

/// What `proto[…]` counts from, and what a packet must be for it.
pub fn indexed(level: Level, protocol: &str) -> Option<(From, u32, Option<Cond>)> {
    Some(match protocol {
        "link" | "ether" => (From::Link, 0, None),
        "icmp6" | "icmpv6" => {
            let guard = both(Cond::Type(level, IP6), is(load(From::Net(level), 6, 1), 58));
            (From::Net(level), 40, Some(guard))
        }
        name => match (super::names::ethertype(name), super::names::ip_protocol(name)) {
            (Some(ethertype), _) => (From::Net(level), 0, Some(Cond::Type(level, ethertype))),
            (None, Some(protocol)) => {
                let guard = both(ip_protocol(level, protocol), whole(level));
                (From::Transport(level), 0, Some(guard))
            }
            (None, None) => return None,
        },
    })
}

/// An 802.3 frame with these service access points.
pub fn llc(level: Level, dsap: u8, ssap: Option<u8>) -> Cond {
    let mut parts = vec![
        Cond::Ethernet,
        Cond::Test(load(From::Type(level), 0, 2), Cmp::Le, Value::Const(1_500)),
        is(load(From::Net(level), 0, 1), u32::from(dsap)),
    ];
    parts.extend(ssap.map(|ssap| is(load(From::Net(level), 1, 1), u32::from(ssap))));
    Cond::And(parts)
}

pub fn broadcast() -> Cond {
    mac([0xff; 6], Direction::Dst)
}

pub fn multicast(level: Level, of: Option<&str>) -> Option<Cond> {
    Some(match of {
        None | Some("ether" | "link") => {
            let group = masked(load(From::Link, 0, 1), 1);
            both(Cond::Ethernet, Cond::Test(group, Cmp::Ne, Value::Const(0)))
        }
        Some("ip") => {
            let high = Cond::Test(load(From::Net(level), 16, 1), Cmp::Ge, Value::Const(224));
            both(Cond::Type(level, IP), high)
        }
        Some("ip6") => both(Cond::Type(level, IP6), is(load(From::Net(level), 24, 1), 255)),
        Some(_) => return None,
    })
}

/// A VLAN tag, and the level behind it.
pub fn vlan(level: Level, id: Option<u32>) -> (Cond, Level) {
    let tagged = Cond::Or([0x8100, 0x88a8, 0x9100].map(|tpid| Cond::Type(level, tpid)).to_vec());
    let cond = match id {
        None => tagged,
        Some(id) => both(tagged, is(masked(load(From::Net(level), 0, 2), 0x0fff), id)),
    };
    let behind = Level { type_shift: level.type_shift + 4, net_shift: level.net_shift + 4, ..level };
    (cond, behind)
}

/// An MPLS label, and the level behind it.
pub fn mpls(level: Level, label: Option<u32>) -> (Cond, Level) {
    let here = match level.kind {
        // not the last label before this one
        LevelKind::Mpls => is(masked(before(level, 2), 1), 0),
        LevelKind::Type | LevelKind::Ppp => Cond::Type(level, 0x8847),
    };
    let cond = match label {
        None => here,
        Some(label) => both(here, is(masked(load(From::Net(level), 0, 4), 0xffff_f000), label << 12)),
    };
    let behind = Level { net_shift: level.net_shift + 4, kind: LevelKind::Mpls, ..level };
    (cond, behind)
}

/// One byte that far before the network header of a level that lies behind another.
pub fn before(level: Level, back: usize) -> Value {
    // a label is four bytes, so the level before this one starts four bytes earlier
    let earlier = Level { net_shift: level.net_shift.saturating_sub(4), ..level };
    load(From::Net(earlier), u32::try_from(4usize.saturating_sub(back)).unwrap_or(0), 1)
}

/// A PPPoE session, and the level behind it.
pub fn pppoe(level: Level, session: Option<u32>) -> (Cond, Level) {
    let here = Cond::Type(level, 0x8864);
    let cond = match session {
        None => here,
        Some(session) => both(here, is(load(From::Net(level), 2, 2), session)),
    };
    (cond, Level { net_shift: level.net_shift + 8, kind: LevelKind::Ppp, ..level })
}
