//! Tunnels: GRE, VXLAN, GENEVE, GTP-U, ERSPAN, NSH, EtherIP, TZSP, and IPsec's ESP and AH.

use super::{ethertype, ipv4, ipv6, link, names, protocol};
use crate::pen::Pen;
use wire::ether;

pub(super) fn gre(p: &mut Pen<'_>) {
    let next = p.layer("gre", "Generic Routing Encapsulation", |p| {
        let word = p.word(2)?;
        let flags = word.2;
        p.bits(word, 0x8000, "gre.flags.checksum", "Checksum Bit");
        p.bits(word, 0x4000, "gre.flags.routing", "Routing Bit");
        p.bits(word, 0x2000, "gre.flags.key", "Key Bit");
        p.bits(word, 0x1000, "gre.flags.sequence_number", "Sequence Number Bit");
        p.bits(word, 0x0800, "gre.flags.strict_source_route", "Strict Source Route Bit");
        p.bits(word, 0x0700, "gre.flags.recursion_control", "Recursion control");
        p.bits(word, 0x0080, "gre.flags.ack", "Acknowledgment");
        let version = p.bits_code(word, 0x0007, ("gre.flags.version", "Version"), |n| {
            Some(match n {
                0 => "GRE",
                1 => "Enhanced GRE",
                _ => return None,
            })
        });
        let kind = p.hex_code(2, "gre.proto", "Protocol Type", names::ethertype)? as u16;
        p.value(names::ethertype(u64::from(kind)).unwrap_or_default());
        if flags & 0xc000 != 0 {
            p.hex(2, "gre.checksum", "Checksum")?;
            p.u16("gre.offset", "Offset")?;
        }
        if flags & 0x2000 != 0 {
            if version == 1 {
                p.u16("gre.key.payload_length", "Payload Length")?;
                p.u16("gre.key.call_id", "Call ID")?;
            } else {
                p.hex(4, "gre.key", "Key")?;
            }
        }
        let sequence = flags & 0x1000 != 0;
        if sequence {
            p.u32("gre.sequence_number", "Sequence Number")?;
        }
        if version == 1 && flags & 0x80 != 0 {
            p.u32("gre.ack_number", "Acknowledgment Number")?;
        }
        Some((kind, sequence))
    });
    match next {
        // type I has no header of its own
        Some((ether::ERSPAN, false)) => link::ethernet(p),
        Some((ether::WCCP, _)) => {
            // version 2 puts a redirect header of four bytes before the packet
            if p.peek(0).is_some_and(|byte| byte >> 4 != 4) {
                p.layer("wccp", "Web Cache Coordination Protocol Redirect", |p| {
                    p.raw(4, "wccp.redirect_header", "Redirect Header")
                });
            }
            ipv4::ipv4(p);
        }
        Some((kind, _)) if p.left() > 0 => ethertype(p, kind),
        _ => {}
    }
}

pub(super) fn erspan(p: &mut Pen<'_>, version: u8) {
    let found = p.layer("erspan", "Encapsulated Remote Switch Packet ANalysis", |p| {
        let word = p.word(2)?;
        p.bits(word, 0xf000, "erspan.version", "Version");
        p.bits(word, 0x0fff, "erspan.vlan", "Vlan");
        let word = p.word(2)?;
        p.bits(word, 0xe000, "erspan.cos", "COS");
        p.bits(word, 0x0400, "erspan.truncated", "Truncated");
        p.bits(word, 0x03ff, "erspan.spanid", "SpanID");
        if version == 2 {
            p.hex(4, "erspan.index", "Index")?;
            return Some(());
        }
        p.u32("erspan.timestamp", "Timestamp")?;
        p.u16("erspan.sgt", "Security Group Tag")?;
        let word = p.word(2)?;
        p.bits(word, 0x8000, "erspan.pdu", "Has Ethernet PDU");
        p.bits(word, 0x03f0, "erspan.hw", "Hw ID");
        p.bits(word, 0x0008, "erspan.direction", "Direction");
        p.bits(word, 0x0006, "erspan.granularity", "Granularity");
        if p.bits(word, 0x0001, "erspan.subheader", "Optional Sub headers") == 1 {
            p.raw(8, "erspan.platform", "Platform specific subheader")?;
        }
        Some(())
    });
    if found.is_some() {
        link::ethernet(p);
    }
}

pub(super) fn vxlan(p: &mut Pen<'_>, gpe: bool) {
    let next = p.layer("vxlan", "Virtual eXtensible Local Area Network", |p| {
        let next = if gpe {
            p.hex(1, "vxlan.flags", "Flags")?;
            p.raw(2, "vxlan.reserved_16", "Reserved")?;
            p.code(1, "vxlan.next_proto", "Next Protocol", |n| {
                Some(match n {
                    1 => "IPv4",
                    2 => "IPv6",
                    3 => "Ethernet",
                    4 => "Network Service Header",
                    5 => "MPLS",
                    _ => return None,
                })
            })?
        } else {
            p.flags(
                2,
                "vxlan.flags",
                "Flags",
                &[
                    (0x8000, "vxlan.flag_g", "GBP Extension"),
                    (0x0800, "vxlan.flag_i", "VXLAN Network ID (VNI)"),
                    (0x0040, "vxlan.flag_d", "Don't Learn"),
                    (0x0008, "vxlan.flag_a", "Policy Applied"),
                ],
            )?;
            p.u16("vxlan.gbp", "Group Policy ID")?;
            3
        };
        let vni = p.uint(3, "vxlan.vni", "VXLAN Network Identifier (VNI)")?;
        p.value(format!("VNI: {vni}"));
        p.raw(1, "vxlan.reserved_8", "Reserved")?;
        Some(next)
    });
    match next {
        Some(1) => ipv4::ipv4(p),
        Some(2) => ipv6::ipv6(p),
        Some(3) => link::ethernet(p),
        Some(4) => nsh(p),
        Some(5) => super::tags::mpls(p),
        Some(_) => p.data(),
        None => {}
    }
}

pub(super) fn geneve(p: &mut Pen<'_>) {
    let kind = p.layer("geneve", "Generic Network Virtualization Encapsulation", |p| {
        let word = p.word(1)?;
        p.bits(word, 0xc0, "geneve.version", "Version");
        let length = (word.2 & 0x3f) as usize * 4;
        p.add("geneve.option_length", "Length", (word.0, 1), format!("{length} bytes"));
        p.flags(
            1,
            "geneve.flags",
            "Flags",
            &[
                (0x80, "geneve.flags.oam", "Operations, Administration and Management Frame"),
                (0x40, "geneve.flags.critical", "Critical Options Present"),
                (0x3f, "geneve.flags.reserved", "Reserved"),
            ],
        )?;
        let kind = p.hex_code(2, "geneve.proto_type", "Protocol Type", names::ethertype)?;
        let vni = p.uint(3, "geneve.vni", "Virtual Network Identifier (VNI)")?;
        p.value(format!("VNI: {vni}"));
        p.skip(1)?;
        if length > 0 {
            p.group("geneve.options", "Options", |p| {
                p.within(length, |p| {
                    while p.left() >= 4 {
                        p.group("geneve.option", "Option", |p| {
                            p.hex(2, "geneve.option.class", "Class")?;
                            p.hex(1, "geneve.option.type", "Type")?;
                            let words = p.peek(0)? & 0x1f;
                            p.add(
                                "geneve.option.length",
                                "Length",
                                (p.at(), 1),
                                (4 + usize::from(words) * 4).to_string(),
                            );
                            p.skip(1)?;
                            p.raw(usize::from(words) * 4, "geneve.option.data", "Option Data")
                        })?;
                    }
                    Some(())
                })
            })?;
        }
        Some(kind)
    });
    if let Some(kind) = kind {
        ethertype(p, kind as u16);
    }
}

pub(super) fn gtpu(p: &mut Pen<'_>) {
    let kind = p.layer("gtp", "GPRS Tunneling Protocol", |p| {
        let flags = p.flags(
            1,
            "gtp.flags",
            "Flags",
            &[
                (0xe0, "gtp.flags.version", "Version"),
                (0x10, "gtp.flags.payload", "Protocol type"),
                (0x08, "gtp.flags.reserved", "Reserved"),
                (0x04, "gtp.flags.e", "Is Next Extension Header present?"),
                (0x02, "gtp.flags.s", "Is Sequence Number present?"),
                (0x01, "gtp.flags.pn", "Is N-PDU number present?"),
            ],
        )?;
        let kind = p.hex_code(1, "gtp.message", "Message Type", |n| {
            Some(match n {
                1 => "Echo request",
                2 => "Echo response",
                26 => "Error indication",
                31 => "Supported extension header notification",
                254 => "End marker",
                255 => "T-PDU",
                _ => return None,
            })
        })?;
        p.u16("gtp.length", "Length")?;
        let teid = p.hex(4, "gtp.teid", "TEID")?;
        p.value(format!("TEID: {teid:#010x}"));
        if flags & 0x07 != 0 {
            p.hex(2, "gtp.seq_number", "Sequence number")?;
            p.hex(1, "gtp.npdu_number", "N-PDU Number")?;
            let mut next = p.hex(1, "gtp.ext_hdr.next", "Next extension header type")?;
            let mut count = 0;
            while flags & 0x04 != 0 && next != 0 && count < 16 {
                count += 1;
                next = p.group("gtp.ext_hdr", "Extension header", |p| {
                    let words = p.u8("gtp.ext_hdr.length", "Extension Header Length")?;
                    p.raw((usize::from(words) * 4).checked_sub(2)?, "gtp.ext_hdr.data", "Content")?;
                    p.hex(1, "gtp.ext_hdr.next", "Next extension header type")
                })?;
            }
        }
        Some(kind)
    });
    match kind {
        Some(255) => link::raw_ip(p),
        Some(_) => p.data(),
        None => {}
    }
}

pub(super) fn nsh(p: &mut Pen<'_>) {
    let next = p.layer("nsh", "Network Service Header", |p| {
        let word = p.word(2)?;
        p.bits(word, 0xc000, "nsh.version", "Version");
        p.bits(word, 0x2000, "nsh.oam", "O Bit");
        p.bits(word, 0x0fc0, "nsh.ttl", "Time to live");
        let words = word.2 & 0x3f;
        p.add("nsh.length", "Length", (word.0 + 1, 1), format!("{} bytes", words * 4));
        p.u8("nsh.mdtype", "MD Type")?;
        let next = p.code(1, "nsh.nextproto", "Next Protocol", |n| {
            Some(match n {
                1 => "IPv4",
                2 => "IPv6",
                3 => "Ethernet",
                4 => "NSH",
                5 => "MPLS",
                _ => return None,
            })
        })?;
        p.uint(3, "nsh.spi", "SPI")?;
        p.u8("nsh.si", "SI")?;
        p.raw((words as usize * 4).checked_sub(8)?, "nsh.metadata", "Context Header")?;
        Some(next)
    });
    match next {
        Some(1) => ipv4::ipv4(p),
        Some(2) => ipv6::ipv6(p),
        Some(3) => link::ethernet(p),
        Some(4) => nsh(p),
        Some(5) => super::tags::mpls(p),
        Some(_) => p.data(),
        None => {}
    }
}

pub(super) fn etherip(p: &mut Pen<'_>) {
    let found = p.layer("etherip", "Ethernet over IP", |p| {
        let word = p.word(2)?;
        p.bits(word, 0xf000, "etherip.ver", "Version");
        p.bits(word, 0x0fff, "etherip.reserved", "Reserved");
        Some(())
    });
    if found.is_some() {
        link::ethernet(p);
    }
}

pub(super) fn tzsp(p: &mut Pen<'_>) {
    let inner = p.layer("tzsp", "Tazmen Sniffer Protocol", |p| {
        p.u8("tzsp.version", "Version")?;
        p.u8("tzsp.type", "Type")?;
        let encapsulation = p.u16("tzsp.encap", "Encapsulation")?;
        loop {
            let tag = p.peek(0)?;
            if tag <= 1 {
                p.code(1, "tzsp.tag", "Option Tag", |n| Some(if n == 1 { "End" } else { "Padding" }))?;
                if tag == 1 {
                    return Some(encapsulation);
                }
                continue;
            }
            p.group("tzsp.option", "Option", |p| {
                p.u8("tzsp.tag", "Option Tag")?;
                let length = p.u8("tzsp.option_length", "Option Length")?;
                p.raw(usize::from(length), "tzsp.unknown", "Value")
            })?;
        }
    });
    match inner {
        Some(1) => link::ethernet(p),
        Some(18) => super::wireless::ieee80211(p),
        Some(_) => p.data(),
        None => {}
    }
}

pub(super) fn esp(p: &mut Pen<'_>) {
    p.layer("esp", "Encapsulating Security Payload", |p| {
        let spi = p.hex(4, "esp.spi", "ESP SPI")?;
        p.u32("esp.sequence", "ESP Sequence")?;
        p.value(format!("SPI: {spi:#010x}"));
        p.raw_rest("esp.encrypted_data", "Encrypted data");
        Some(())
    });
}

pub(super) fn ah(p: &mut Pen<'_>) {
    let next = p.layer("ah", "Authentication Header", |p| {
        let next = p.code(1, "ah.next_header", "Next header", names::protocol)?;
        let words = p.u8("ah.length", "Length")?;
        p.raw(2, "ah.reserved", "Reserved")?;
        p.hex(4, "ah.spi", "AH SPI")?;
        p.u32("ah.sequence", "AH Sequence")?;
        p.raw((usize::from(words) * 4 + 8).checked_sub(12)?, "ah.icv", "AH ICV")?;
        Some(next)
    });
    if let Some(next) = next {
        protocol(p, next as u8);
    }
}

/// Port 4500: a keep-alive, IKE behind four zero bytes, or ESP.
pub(super) fn ipsec_nat(p: &mut Pen<'_>) -> bool {
    match (p.peek(0), p.left(), p.peek32(0)) {
        (Some(0xff), 1, _) => {
            _ = p.layer("udpencap", "UDP Encapsulation of IPsec Packets", |p| {
                p.hex(1, "udpencap.nat_keepalive", "NAT-keepalive packet")
            })
        }
        (_, _, Some(0)) => {
            p.layer("udpencap", "UDP Encapsulation of IPsec Packets", |p| {
                p.raw(4, "udpencap.non_esp_marker", "Non-ESP Marker")
            });
            crate::app::ike(p);
        }
        (_, 9.., Some(_)) => esp(p),
        _ => return false,
    }
    true
}
