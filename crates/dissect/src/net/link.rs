//! Link layers: Ethernet, Linux cooked captures, loopback, HDLC, LLC.

use super::{ethertype, ipv4, ipv6, names, tags, wireless};
use crate::pen::Pen;
use crate::tree::Severity;
use wire::{LinkType, ether};

/// The first header of a frame.
pub(crate) fn link(p: &mut Pen<'_>, link: LinkType) {
    match link {
        LinkType::ETHERNET => ethernet(p),
        LinkType::RAW | LinkType::RAW_BSDOS | LinkType::RAW_OPENBSD => raw_ip(p),
        LinkType::IPV4 => ipv4::ipv4(p),
        LinkType::IPV6 => ipv6::ipv6(p),
        LinkType::MPLS => tags::mpls(p),
        LinkType::NULL | LinkType::LOOP => null(p, link),
        LinkType::SLL => cooked(p),
        LinkType::SLL2 => cooked2(p),
        LinkType::PPP | LinkType::PPP_HDLC => tags::ppp(p),
        LinkType::PPP_ETHER => tags::pppoe_session(p),
        LinkType::C_HDLC => cisco_hdlc(p),
        LinkType::IEEE802_11 => wireless::ieee80211(p),
        LinkType::RADIOTAP => wireless::radiotap(p),
        LinkType::FRAME_RELAY => frame_relay(p),
        LinkType::NFLOG => nflog(p),
        LinkType::MPACKET => mpacket(p),
        _ => p.data(),
    }
}

/// IP, the version by its first nibble.
pub(super) fn raw_ip(p: &mut Pen<'_>) {
    match p.peek(0).map(|byte| byte >> 4) {
        Some(4) => ipv4::ipv4(p),
        Some(6) => ipv6::ipv6(p),
        _ => p.data(),
    }
}

/// Ethernet II or IEEE 802.3; what is left at the end is padding.
pub(super) fn ethernet(p: &mut Pen<'_>) {
    let start = p.at();
    let kind = p.layer("eth", "Ethernet", |p| {
        mac(p, ("eth.dst", "Destination"), ("eth.dst.lg", "eth.dst.ig"))?;
        mac(p, ("eth.src", "Source"), ("eth.src.lg", "eth.src.ig"))?;
        let kind = p.peek16(0)?;
        if kind >= ether::MIN {
            p.label("Ethernet II");
            p.hex_code(2, "eth.type", "Type", names::ethertype)?;
        } else {
            p.label("IEEE 802.3 Ethernet");
            p.u16("eth.len", "Length")?;
            if usize::from(kind) > p.left() && p.facts.missing == 0 {
                p.note(Severity::Error, "longer than the frame");
            }
        }
        Some(kind)
    });
    let Some(kind) = kind else { return };
    let before = if kind < ether::MIN { p.limit(usize::from(kind)) } else { p.end() };
    if kind < ether::MIN && p.peek16(0) == Some(0xffff) {
        // Novell's IPX without LLC
        p.data();
    } else {
        ethertype(p, kind);
    }
    let end = p.at();
    p.unlimit(before);
    // inner headers know where their data ends; what follows was added to fill the frame
    if end > start && end < before {
        p.add(
            "eth.padding",
            "Padding",
            (end, before - end),
            crate::show::bytes(p.all().get(end..before).unwrap_or_default()),
        );
    }
}

fn mac(
    p: &mut Pen<'_>,
    (name, label): (&'static str, &'static str),
    (lg, ig): (&'static str, &'static str),
) -> Option<()> {
    let word = p.peek32(0)?;
    let at = p.at();
    p.group(name, label, |p| {
        let bytes = p.rest().get(..6)?;
        p.value(crate::show::colons(bytes));
        let word = (at, 3, u64::from(word >> 8));
        p.bits_code(word, 0x02_0000, (lg, "LG bit"), |n| {
            Some(if n == 1 { "locally administered" } else { "globally unique" })
        });
        p.bits_code(word, 0x01_0000, (ig, "IG bit"), |n| Some(if n == 1 { "group" } else { "individual" }));
        p.skip(6)
    })
}

/// LLC, and SNAP behind it.
pub(super) fn llc(p: &mut Pen<'_>) {
    let next = p.layer("llc", "Logical-Link Control", |p| {
        let dsap = p.hex_code(1, "llc.dsap", "DSAP", |n| names::sap(n & 0xfe))?;
        let ssap = p.hex_code(1, "llc.ssap", "SSAP", |n| names::sap(n & 0xfe))?;
        let control = p.peek(0)?;
        // unnumbered frames have one byte of control, the others two
        p.hex(if control & 3 == 3 { 1 } else { 2 }, "llc.control", "Control field")?;
        if (dsap, ssap & 0xfe) == (0xaa, 0xaa) {
            let oui = p.hex(3, "llc.oui", "Organization Code")?;
            let kind = p.peek16(0)?;
            let name = if oui == 0 { "llc.type" } else { "llc.pid" };
            p.hex_code(2, name, if oui == 0 { "Type" } else { "Protocol ID" }, names::ethertype)?;
            return Some(match oui {
                0 | 0x0000f8 => Inner::Type(kind),
                0x00000c if kind == 0x2000 => Inner::Cdp,
                _ => Inner::Unknown,
            });
        }
        Some(match dsap {
            0x42 => Inner::Stp,
            0x06 => Inner::Type(ether::IPV4),
            _ => Inner::Unknown,
        })
    });
    match next {
        Some(Inner::Type(kind)) if kind >= ether::MIN => ethertype(p, kind),
        Some(Inner::Stp) => super::control::stp(p),
        Some(Inner::Cdp) => super::control::cdp(p),
        _ => p.data(),
    }
}

/// What follows LLC.
enum Inner {
    Type(u16),
    Stp,
    Cdp,
    Unknown,
}

fn null(p: &mut Pen<'_>, link: LinkType) {
    fn family(n: u64) -> Option<&'static str> {
        Some(match n {
            2 => "IP",
            10 | 23 | 24 | 28 | 30 => "IPv6",
            _ => return None,
        })
    }
    let family = p.layer("null", "Null/Loopback", |p| {
        let start = p.at();
        let bytes = *p.rest().first_chunk::<4>()?;
        let (be, le) = (u32::from_be_bytes(bytes), u32::from_le_bytes(bytes));
        // the byte order of the capturing host: a family is a small number
        let number = if link == LinkType::LOOP || be < le { be } else { le };
        p.skip(4)?;
        let text =
            family(u64::from(number)).map_or_else(|| number.to_string(), |name| format!("{name} ({number})"));
        p.add("null.family", "Family", (start, 4), text);
        Some(number)
    });
    match family {
        Some(2) => ipv4::ipv4(p),
        Some(10 | 23 | 24 | 28 | 30) => ipv6::ipv6(p),
        // OpenBSD and older BSDs also wrote EtherTypes
        Some(other) => ethertype(p, u16::try_from(other).unwrap_or(0)),
        None => {}
    }
}

fn packet_type(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Unicast to us",
        1 => "Broadcast",
        2 => "Multicast",
        3 => "Unicast to another host",
        4 => "Sent by us",
        _ => return None,
    })
}

fn cooked(p: &mut Pen<'_>) {
    let kind = p.layer("sll", "Linux cooked capture v1", |p| {
        p.code(2, "sll.pkttype", "Packet type", packet_type)?;
        let arphrd = p.code(2, "sll.hatype", "Link-layer address type", names::arphrd)?;
        let length = p.u16("sll.halen", "Link-layer address length")?;
        let used = usize::from(length.min(8));
        cooked_address(p, used)?;
        if used < 8 {
            p.raw(8 - used, "sll.unused", "Unused")?;
        }
        let kind = p.peek16(0)?;
        p.hex_code(
            2,
            if kind < ether::MIN { "sll.ltype" } else { "sll.etype" },
            "Protocol",
            names::ethertype,
        )?;
        Some((arphrd, kind))
    });
    cooked_next(p, kind);
}

fn cooked2(p: &mut Pen<'_>) {
    let kind = p.layer("sll", "Linux cooked capture v2", |p| {
        let kind = p.peek16(0)?;
        p.hex_code(
            2,
            if kind < ether::MIN { "sll.ltype" } else { "sll.etype" },
            "Protocol",
            names::ethertype,
        )?;
        p.skip(2)?;
        p.u32("sll.ifindex", "Interface index")?;
        let arphrd = p.code(2, "sll.hatype", "Link-layer address type", names::arphrd)?;
        p.code(1, "sll.pkttype", "Packet type", packet_type)?;
        let used = usize::from(p.u8("sll.halen", "Link-layer address length")?.min(8));
        cooked_address(p, used)?;
        if used < 8 {
            p.raw(8 - used, "sll.unused", "Unused")?;
        }
        Some((arphrd, kind))
    });
    cooked_next(p, kind);
}

fn cooked_address(p: &mut Pen<'_>, length: usize) -> Option<()> {
    match length {
        0 => Some(()),
        6 => p.mac("sll.src.eth", "Source").map(|_| ()),
        4 => p.ip4("sll.src.ipv4", "Source").map(|_| ()),
        other => p.raw(other, "sll.src.other", "Source").map(|_| ()),
    }
}

fn cooked_next(p: &mut Pen<'_>, kind: Option<(u64, u16)>) {
    match kind {
        None => {}
        // netlink and its like carry no network traffic
        Some((824, _)) => p.data(),
        Some((_, 4)) => llc(p),
        Some((778, kind)) if kind < ether::MIN => p.data(),
        Some((_, kind)) => ethertype(p, kind),
    }
}

fn cisco_hdlc(p: &mut Pen<'_>) {
    let kind = p.layer("chdlc", "Cisco HDLC", |p| {
        p.hex_code(1, "chdlc.address", "Address", |n| {
            Some(match n {
                0x0f => "Unicast",
                0x8f => "Multicast",
                _ => return None,
            })
        })?;
        p.hex(1, "chdlc.control", "Control")?;
        p.hex_code(2, "chdlc.protocol", "Protocol", names::ethertype)
    });
    if let Some(kind) = kind {
        ethertype(p, kind as u16);
    }
}

fn frame_relay(p: &mut Pen<'_>) {
    let nlpid = p.layer("fr", "Frame Relay", |p| {
        let word = p.word(2)?;
        let dlci = (word.2 >> 10 & 0x3f) << 4 | (word.2 >> 4 & 0x0f);
        p.add("fr.dlci", "DLCI", (word.0, 2), dlci.to_string());
        p.bits(word, 0x0200, "fr.cr", "CR");
        p.bits(word, 0x0008, "fr.fecn", "FECN");
        p.bits(word, 0x0004, "fr.becn", "BECN");
        p.bits(word, 0x0002, "fr.de", "DE");
        p.bits(word, 0x0001, "fr.ea", "EA");
        if word.2 & 1 == 0 {
            p.hex(2, "fr.address", "Extended address")?;
        }
        // Cisco's encapsulation: an EtherType at once; RFC 2427: a control byte and an NLPID
        if p.peek(0)? != 0x03 {
            return p.hex_code(2, "fr.type", "Type", names::ethertype).map(|kind| (true, kind));
        }
        p.hex(1, "fr.control", "Control Field")?;
        if p.peek(0)? == 0 {
            p.skip(1)?;
        }
        let nlpid = p.hex_code(1, "fr.nlpid", "NLPID", |n| {
            Some(match n {
                0xcc => "IPv4",
                0x8e => "IPv6",
                0x80 => "SNAP",
                _ => return None,
            })
        })?;
        if nlpid == 0x80 {
            let oui = p.hex(3, "fr.snap.oui", "Organization Code")?;
            let kind = p.hex_code(2, "fr.snap.type", "Type", names::ethertype)?;
            return Some((oui == 0, kind));
        }
        Some((false, nlpid))
    });
    match nlpid {
        Some((true, kind)) => ethertype(p, kind as u16),
        Some((false, 0xcc)) => ipv4::ipv4(p),
        Some((false, 0x8e)) => ipv6::ipv6(p),
        Some(_) => p.data(),
        None => {}
    }
}

fn nflog(p: &mut Pen<'_>) {
    let family = p.layer("nflog", "Linux Netfilter NFLOG", |p| {
        let family = p.code(1, "nflog.family", "Family", |n| {
            Some(match n {
                2 => "IP",
                10 => "IPv6",
                _ => return None,
            })
        })?;
        p.u8("nflog.version", "Version")?;
        p.u16("nflog.res_id", "Resource id")?;
        while p.left() >= 4 {
            // netlink attributes are in the byte order of the host: a length is small
            let head = *p.rest().first_chunk::<4>()?;
            let little = u16::from_le_bytes([head[0], head[1]]) < u16::from_be_bytes([head[0], head[1]]);
            let number = |a, b| if little { u16::from_le_bytes([a, b]) } else { u16::from_be_bytes([a, b]) };
            let (length, kind) = (usize::from(number(head[0], head[1])), number(head[2], head[3]));
            if length < 4 {
                return None;
            }
            // the packet itself
            if kind == 9 {
                p.skip(4)?;
                return Some(family);
            }
            p.group("nflog.tlv", format!("TLV {kind}"), |p| {
                p.add("nflog.tlv_length", "Length", (p.at(), 2), length.to_string());
                p.add("nflog.tlv_type", "Type", (p.at() + 2, 2), kind.to_string());
                p.skip(4)?;
                p.raw(length - 4, "nflog.tlv_value", "Value")?;
                Some(())
            })?;
            let padding = length.next_multiple_of(4) - length;
            p.skip(padding.min(p.left()))?;
        }
        Some(0)
    });
    match family {
        Some(2) => ipv4::ipv4(p),
        Some(10) => ipv6::ipv6(p),
        Some(_) => raw_ip(p),
        None => {}
    }
}

fn mpacket(p: &mut Pen<'_>) {
    let found = p.layer("mpacket", "IEEE 802.3br mPacket", |p| {
        let length = p.rest().iter().take(8).position(|byte| *byte != 0x55)?;
        p.raw(length, "fpp.preamble", "Preamble")?;
        p.hex(1, "fpp.delim", "Delimiter")
    });
    if found.is_some() {
        ethernet(p);
    }
}
