//! Between link layer and IP: VLAN tags, MPLS labels, PPP and PPPoE, backbone bridging.

use super::{ethertype, ipv4, ipv6, link, names};
use crate::pen::Pen;
use wire::ether;

pub(super) fn vlan(p: &mut Pen<'_>, kind: u16) {
    let label = if kind == ether::DOT1AD { "IEEE 802.1ad" } else { "802.1Q Virtual LAN" };
    let next = p.layer(if kind == ether::DOT1AD { "ieee8021ad" } else { "vlan" }, label, |p| {
        let word = p.word(2)?;
        let ids = if kind == ether::DOT1AD {
            ["ieee8021ad.priority", "ieee8021ad.dei", "ieee8021ad.id"]
        } else {
            ["vlan.priority", "vlan.dei", "vlan.id"]
        };
        let [priority, dei, id] = ids;
        p.bits_code(word, 0xe000, (priority, "Priority"), |n| {
            Some(match n {
                0 => "Best Effort (default)",
                1 => "Background",
                2 => "Excellent Effort",
                3 => "Critical Applications",
                4 => "Video, < 100ms latency and jitter",
                5 => "Voice, < 10ms latency and jitter",
                6 => "Internetwork Control",
                7 => "Network Control",
                _ => return None,
            })
        });
        p.bits(word, 0x1000, dei, "DEI");
        let number = p.bits(word, 0x0fff, id, "ID");
        p.value(number.to_string());
        let kind = p.peek16(0)?;
        let name = if kind < ether::MIN { "vlan.len" } else { "vlan.etype" };
        p.hex_code(2, name, "Type", names::ethertype)?;
        Some(kind)
    });
    if let Some(next) = next {
        ethertype(p, next);
    }
}

pub(super) fn mpls(p: &mut Pen<'_>) {
    loop {
        let last = p.layer("mpls", "MultiProtocol Label Switching Header", |p| {
            let word = p.word(4)?;
            let label = p.bits_code(word, 0xffff_f000, ("mpls.label", "MPLS Label"), |n| {
                Some(match n {
                    0 => "IPv4 Explicit-Null",
                    1 => "Router Alert",
                    2 => "IPv6 Explicit-Null",
                    3 => "Implicit-Null",
                    7 => "Entropy Label Indicator (ELI)",
                    13 => "Generic Associated Channel Label (GAL)",
                    14 => "OAM Alert",
                    _ => return None,
                })
            });
            p.bits(word, 0x0e00, "mpls.exp", "MPLS Experimental Bits");
            let bottom = p.bits(word, 0x0100, "mpls.bottom", "MPLS Bottom Of Label Stack");
            let ttl = p.bits(word, 0x00ff, "mpls.ttl", "MPLS TTL");
            p.value(format!("Label: {label}, TTL: {ttl}"));
            Some(bottom == 1)
        });
        match last {
            None => return,
            Some(true) => break,
            Some(false) => {}
        }
    }
    // labels do not say what follows (RFC 4928: a control word starts with 0)
    match p.peek(0).map(|byte| byte >> 4) {
        Some(4) => ipv4::ipv4(p),
        Some(6) => ipv6::ipv6(p),
        Some(0) if p.left() > 18 => {
            let found = p.layer("pwethheuristic", "PW Ethernet Control Word", |p| {
                p.skip(2)?;
                p.u16("pweth.cw.sequence_number", "Sequence Number")
            });
            if found.is_some() {
                link::ethernet(p);
            }
        }
        Some(_) if p.left() >= 14 => link::ethernet(p),
        _ => p.data(),
    }
}

/// PPP, with or without HDLC's address and control bytes.
pub(super) fn ppp(p: &mut Pen<'_>) {
    let kind = p.layer("ppp", "Point-to-Point Protocol", |p| {
        if p.peek16(0)? == 0xff03 {
            p.hex(1, "ppp.address", "Address")?;
            p.hex(1, "ppp.control", "Control")?;
        }
        // the number of protocol may be compressed to its odd byte
        let n = if p.peek(0)? & 1 == 1 { 1 } else { 2 };
        p.hex_code(n, "ppp.protocol", "Protocol", protocol)
    });
    match kind {
        Some(0x21) => ipv4::ipv4(p),
        Some(0x57) => ipv6::ipv6(p),
        Some(0x281 | 0x283) => mpls(p),
        Some(kind @ (0xc021 | 0x8021 | 0x8057 | 0x80fd | 0xc023 | 0xc223)) => control(p, kind),
        Some(_) => p.data(),
        None => {}
    }
}

fn protocol(n: u64) -> Option<&'static str> {
    Some(match n {
        0x21 => "Internet Protocol version 4",
        0x57 => "Internet Protocol version 6",
        0xfd => "Compressed datagram",
        0x281 => "MPLS Unicast",
        0x283 => "MPLS Multicast",
        0x8021 => "Internet Protocol Control Protocol",
        0x8057 => "IPv6 Control Protocol",
        0x80fd => "Compression Control Protocol",
        0xc021 => "Link Control Protocol",
        0xc023 => "Password Authentication Protocol",
        0xc223 => "Challenge Handshake Authentication Protocol",
        _ => return None,
    })
}

/// LCP and the control protocols of its shape (RFC 1661 section 5).
fn control(p: &mut Pen<'_>, kind: u64) {
    let (name, label) = match kind {
        0xc021 => ("lcp", "PPP Link Control Protocol"),
        0x8021 => ("ipcp", "PPP IP Control Protocol"),
        0x8057 => ("ipv6cp", "PPP IPv6 Control Protocol"),
        0xc023 => ("pap", "PPP Password Authentication Protocol"),
        0xc223 => ("chap", "PPP Challenge Handshake Authentication Protocol"),
        _ => ("ccp", "PPP Compression Control Protocol"),
    };
    p.layer(name, label, |p| {
        p.code(1, "ppp.code", "Code", |n| {
            Some(match n {
                1 => "Configuration Request",
                2 => "Configuration Ack",
                3 => "Configuration Nak",
                4 => "Configuration Reject",
                5 => "Termination Request",
                6 => "Termination Ack",
                7 => "Code Reject",
                8 => "Protocol Reject",
                9 => "Echo Request",
                10 => "Echo Reply",
                11 => "Discard Request",
                _ => return None,
            })
        })?;
        p.u8("ppp.identifier", "Identifier")?;
        let length = p.u16("ppp.length", "Length")?;
        let before = p.limit(usize::from(length).checked_sub(4)?);
        while p.left() >= 2 && matches!(kind, 0xc021 | 0x8021 | 0x8057 | 0x80fd) {
            p.group("", "Option", |p| {
                let kind = p.u8("lcp.opt.type", "Type")?;
                let length = p.u8("lcp.opt.length", "Length")?;
                p.label(format!("Option {kind}"));
                p.raw(usize::from(length).checked_sub(2)?, "lcp.opt.data", "Value")?;
                Some(())
            })?;
        }
        p.raw_rest("ppp.data", "Data");
        p.unlimit(before);
        Some(())
    });
}

fn pppoe_head(p: &mut Pen<'_>) -> Option<u16> {
    let word = p.word(1)?;
    p.bits(word, 0xf0, "pppoe.version", "Version");
    p.bits(word, 0x0f, "pppoe.type", "Type");
    p.hex_code(1, "pppoe.code", "Code", |n| {
        Some(match n {
            0x00 => "Session Data",
            0x09 => "Active Discovery Initiation (PADI)",
            0x07 => "Active Discovery Offer (PADO)",
            0x19 => "Active Discovery Request (PADR)",
            0x65 => "Active Discovery Session-confirmation (PADS)",
            0xa7 => "Active Discovery Terminate (PADT)",
            _ => return None,
        })
    })?;
    p.hex(2, "pppoe.session_id", "Session ID")?;
    p.u16("pppoe.payload_length", "Payload Length")
}

pub(super) fn pppoe_session(p: &mut Pen<'_>) {
    if let Some(length) = p.layer("pppoes", "PPP-over-Ethernet Session", pppoe_head) {
        let before = p.limit(usize::from(length));
        ppp(p);
        p.unlimit(before);
    }
}

pub(super) fn pppoe_discovery(p: &mut Pen<'_>) {
    p.layer("pppoed", "PPP-over-Ethernet Discovery", |p| {
        let length = pppoe_head(p)?;
        p.within(usize::from(length), |p| {
            while p.left() >= 4 {
                p.group("pppoed.tag", "Tag", |p| {
                    let kind = p.hex_code(2, "pppoed.tag", "Tag", tag)?;
                    let length = p.u16("pppoed.tag_length", "Length")?;
                    p.label(tag(kind).unwrap_or("Tag"));
                    let text = matches!(kind, 0x0101 | 0x0102 | 0x0201..=0x0203);
                    match text {
                        true => p.text(usize::from(length), "pppoed.tags.value", "Value")?,
                        false => p.raw(usize::from(length), "pppoed.tags.value", "Value")?,
                    };
                    Some(())
                })?;
            }
            Some(())
        })
    });
}

fn tag(n: u64) -> Option<&'static str> {
    Some(match n {
        0x0000 => "End-Of-List",
        0x0101 => "Service-Name",
        0x0102 => "AC-Name",
        0x0103 => "Host-Uniq",
        0x0104 => "AC-Cookie",
        0x0105 => "Vendor-Specific",
        0x0110 => "Relay-Session-Id",
        0x0120 => "PPP-Max-Payload",
        0x0201 => "Service-Name-Error",
        0x0202 => "AC-System-Error",
        0x0203 => "Generic-Error",
        _ => return None,
    })
}

pub(super) fn pbb(p: &mut Pen<'_>) {
    let found = p.layer("ieee8021ah", "IEEE 802.1ah", |p| {
        let word = p.word(4)?;
        p.bits(word, 0xe000_0000, "ieee8021ah.priority", "Priority");
        p.bits(word, 0x1000_0000, "ieee8021ah.drop", "DROP");
        p.bits(word, 0x0800_0000, "ieee8021ah.nca", "NCA");
        p.bits(word, 0x00ff_ffff, "ieee8021ah.isid", "I-SID");
        Some(())
    });
    if found.is_some() {
        link::ethernet(p);
    }
}

pub(super) fn vntag(p: &mut Pen<'_>) {
    let kind = p.layer("vntag", "VN-Tag", |p| {
        let word = p.word(4)?;
        p.bits(word, 0x8000_0000, "vntag.dir", "Direction");
        p.bits(word, 0x4000_0000, "vntag.ptr", "Pointer");
        p.bits(word, 0x3fff_0000, "vntag.dst", "Destination");
        p.bits(word, 0x0000_8000, "vntag.looped", "Looped");
        p.bits(word, 0x0000_3000, "vntag.version", "Version");
        p.bits(word, 0x0000_0fff, "vntag.src", "Source");
        p.hex_code(2, "vntag.etype", "Type", names::ethertype)
    });
    if let Some(kind) = kind {
        ethertype(p, kind as u16);
    }
}

pub(super) fn cisco_metadata(p: &mut Pen<'_>) {
    let kind = p.layer("cmd", "Cisco MetaData", |p| {
        p.u8("cmd.version", "Version")?;
        p.u8("cmd.length", "Length")?;
        let word = p.word(2)?;
        p.bits(word, 0xe000, "cmd.options_length", "Option Length");
        p.bits(word, 0x1fff, "cmd.options_type", "Option Type");
        p.u16("cmd.sgt", "SGT")?;
        p.hex_code(2, "cmd.type", "Type", names::ethertype)
    });
    if let Some(kind) = kind {
        ethertype(p, kind as u16);
    }
}
