//! IPv6 (RFC 8200) with its extension headers.

use super::ipv4::{codepoint, congestion};
use super::{names, protocol};
use crate::pen::Pen;
use crate::tree::Severity;
use std::net::IpAddr;
use wire::proto;

/// Extension headers of one packet.
const MAX_EXTENSIONS: usize = 16;

pub(super) fn ipv6(p: &mut Pen<'_>) {
    let next = p.layer("ipv6", "Internet Protocol Version 6", |p| {
        let word = p.word(4)?;
        p.bits((word.0, 1, word.2 >> 24), 0xf0, "ipv6.version", "Version");
        p.group("ipv6.tclass", "Traffic Class", |p| {
            p.bits_code(
                word,
                0x0fc0_0000,
                ("ipv6.tclass.dscp", "Differentiated Services Codepoint"),
                codepoint,
            );
            p.bits_code(
                word,
                0x0030_0000,
                ("ipv6.tclass.ecn", "Explicit Congestion Notification"),
                congestion,
            );
            p.value(format!("{:#04x}", word.2 >> 20 & 0xff));
            Some(())
        })?;
        p.add("ipv6.flow", "Flow Label", (word.0 + 1, 3), format!("{:#07x}", word.2 & 0xf_ffff));
        let length = usize::from(p.u16("ipv6.plen", "Payload Length")?);
        let next = p.code(1, "ipv6.nxt", "Next Header", names::protocol)? as u8;
        p.u8("ipv6.hlim", "Hop Limit")?;
        let src = p.ip6("ipv6.src", "Source Address")?;
        let dst = p.ip6("ipv6.dst", "Destination Address")?;
        p.value(format!("Src: {src}, Dst: {dst}"));
        Some((IpAddr::V6(src), IpAddr::V6(dst), next, length))
    });
    let Some((src, dst, mut number, length)) = next else { return };
    // 0: a jumbogram, or the network card was to fill it in
    let length = if length == 0 && number != proto::NO_NEXT { p.left() } else { length };
    p.facts.missing = length.saturating_sub(p.left());
    if p.facts.missing > 0 {
        p.note(Severity::Note, format!("{} bytes of the datagram were not captured", p.facts.missing));
    }
    p.facts.addresses = Some((src, dst));
    p.facts.fragment = false;
    let before = p.limit(length);
    for _ in 0..MAX_EXTENSIONS {
        let following = match number {
            proto::HOP_BY_HOP => options(p, "ipv6.hopopts", "IPv6 Hop-by-Hop Option"),
            proto::DEST_OPTS => options(p, "ipv6.dstopts", "Destination Options for IPv6"),
            proto::ROUTING => routing(p),
            proto::FRAGMENT => fragment(p),
            proto::MOBILITY => mobility(p),
            _ => break,
        };
        match following {
            Some(following) => number = following,
            None => return p.unlimit(before),
        }
    }
    protocol(p, number);
    p.unlimit(before);
}

fn options(p: &mut Pen<'_>, name: &'static str, label: &'static str) -> Option<u8> {
    let hop = name == "ipv6.hopopts";
    p.layer(name, label, |p| {
        let next = p.code(
            1,
            if hop { "ipv6.hopopts.nxt" } else { "ipv6.dstopts.nxt" },
            "Next Header",
            names::protocol,
        )?;
        let words = p.u8(if hop { "ipv6.hopopts.len" } else { "ipv6.dstopts.len" }, "Length")?;
        let length = usize::from(words) * 8 + 6;
        if length > p.left() {
            return None;
        }
        p.within(length, |p| {
            while p.left() > 0 {
                if p.peek(0)? == 0 {
                    p.code(1, "ipv6.opt.type", "Pad1", option)?;
                    continue;
                }
                p.group("ipv6.opt", "Option", |p| {
                    let kind = p.hex_code(1, "ipv6.opt.type", "Type", option)?;
                    let length = usize::from(p.u8("ipv6.opt.length", "Length")?);
                    p.label(option(kind).unwrap_or("Unknown option"));
                    match (kind, length) {
                        (5, 2) => p
                            .code(2, "ipv6.opt.router_alert", "Router Alert", |n| {
                                Some(match n {
                                    0 => "MLD",
                                    1 => "RSVP",
                                    2 => "Active Networks",
                                    _ => return None,
                                })
                            })
                            .map(|_| ()),
                        (0xc2, 4) => p.u32("ipv6.opt.jumbo", "Payload Length").map(|_| ()),
                        (1, 0) => Some(()),
                        (1, _) => p.raw(length, "ipv6.opt.padn", "PadN").map(|_| ()),
                        _ => p.raw(length, "ipv6.opt.unknown_data", "Data").map(|_| ()),
                    }
                })?;
            }
            Some(())
        })?;
        Some(next as u8)
    })
}

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Pad1",
        1 => "PadN",
        4 => "Tunnel Encapsulation Limit",
        5 => "Router Alert",
        7 => "CALIPSO",
        0x26 => "Quick-Start",
        0x63 => "RPL Option",
        0x6d => "MPL Option",
        0xc2 => "Jumbo Payload",
        0xc9 => "Home Address",
        _ => return None,
    })
}

fn routing(p: &mut Pen<'_>) -> Option<u8> {
    p.layer("ipv6.routing", "Routing Header for IPv6", |p| {
        let next = p.code(1, "ipv6.routing.nxt", "Next Header", names::protocol)?;
        let words = p.u8("ipv6.routing.len", "Length")?;
        let kind = p.code(1, "ipv6.routing.type", "Type", |n| {
            Some(match n {
                0 => "Source Route",
                2 => "Mobile IP",
                3 => "RPL Source Route",
                4 => "Segment Routing",
                _ => return None,
            })
        })?;
        p.u8("ipv6.routing.segleft", "Segments Left")?;
        let length = usize::from(words) * 8 + 4;
        if length > p.left() {
            return None;
        }
        p.within(length, |p| {
            match kind {
                0 | 2 => {
                    p.skip(4)?;
                    while p.left() >= 16 {
                        p.ip6("ipv6.routing.src.addr", "Address")?;
                    }
                }
                4 => {
                    let last = p.u8("ipv6.routing.srh.last_entry", "Last Entry")?;
                    p.hex(1, "ipv6.routing.srh.flags", "Flags")?;
                    p.hex(2, "ipv6.routing.srh.tag", "Tag")?;
                    for _ in 0..=last {
                        p.ip6("ipv6.routing.srh.addr", "Address")?;
                    }
                }
                _ => {}
            }
            p.raw_rest("ipv6.routing.unknown.data", "Data");
            Some(())
        })?;
        Some(next as u8)
    })
}

fn fragment(p: &mut Pen<'_>) -> Option<u8> {
    let (next, fragment) = p.layer("ipv6.fraghdr", "Fragment Header for IPv6", |p| {
        let next = p.code(1, "ipv6.fraghdr.nxt", "Next Header", names::protocol)?;
        p.hex(1, "ipv6.fraghdr.reserved_octet", "Reserved octet")?;
        let word = p.word(2)?;
        let offset = p.bits(word, 0xfff8, "ipv6.fraghdr.offset", "Offset");
        p.bits(word, 0x0006, "ipv6.fraghdr.reserved_bits", "Reserved bits");
        let more = p.bits(word, 0x0001, "ipv6.fraghdr.more", "More Fragments");
        p.hex(4, "ipv6.fraghdr.ident", "Identification")?;
        // an atomic fragment (RFC 6946) is a whole datagram
        Some((next as u8, offset != 0 || more != 0))
    })?;
    p.facts.fragment = fragment;
    Some(next)
}

fn mobility(p: &mut Pen<'_>) -> Option<u8> {
    p.layer("mip6", "Mobile IPv6", |p| {
        let next = p.code(1, "mip6.nxt", "Payload protocol", names::protocol)?;
        let words = p.u8("mip6.hlen", "Header length")?;
        p.u8("mip6.mhtype", "Mobility Header Type")?;
        p.hex(1, "mip6.reserved", "Reserved")?;
        p.hex(2, "mip6.csum", "Checksum")?;
        p.raw(usize::from(words) * 8 + 2, "mip6.data", "Message Data")?;
        Some(next as u8)
    })
}
