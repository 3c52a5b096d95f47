//! IPv4 (RFC 791) with its options.

use super::{names, protocol};
use crate::checksum;
use crate::pen::Pen;
use crate::tree::Severity;
use std::net::IpAddr;

pub(super) fn ipv4(p: &mut Pen<'_>) {
    let outer = p.end();
    let start = p.at();
    let next = p.layer("ip", "Internet Protocol Version 4", |p| {
        let word = p.word(1)?;
        p.bits(word, 0xf0, "ip.version", "Version");
        let words = word.2 & 0x0f;
        p.add("ip.hdr_len", "Header Length", (word.0, 1), format!("{} bytes ({words})", words * 4));
        let header = usize::try_from(words).ok()? * 4;
        if header < 20 {
            p.note(Severity::Error, "shorter than 20 bytes");
            return None;
        }
        dscp(p, ["ip.dsfield", "ip.dsfield.dscp", "ip.dsfield.ecn"])?;
        let total = usize::from(p.u16("ip.len", "Total Length")?);
        if total < header && total != 0 {
            p.note(Severity::Error, "shorter than the header");
        }
        if total == 0 {
            p.note(Severity::Note, "0: the network card was to fill it in");
        }
        p.hex(2, "ip.id", "Identification")?;
        let at = p.at();
        let flags = u64::from(p.peek(0)?);
        let offset = u64::from(p.peek16(0)?) & 0x1fff;
        p.group("ip.flags", "Flags", |p| {
            let word = (at, 1, flags);
            p.bits(word, 0x80, "ip.flags.rb", "Reserved bit");
            p.bits(word, 0x40, "ip.flags.df", "Don't fragment");
            p.bits(word, 0x20, "ip.flags.mf", "More fragments");
            p.value(match flags >> 5 {
                0 => "0x0".to_owned(),
                2 => "0x2, Don't fragment".to_owned(),
                1 => "0x1, More fragments".to_owned(),
                other => format!("{other:#x}"),
            });
            p.skip(1)
        })?;
        p.skip(1)?;
        p.add("ip.frag_offset", "Fragment Offset", (at, 2), (offset * 8).to_string());
        let ttl = p.u8("ip.ttl", "Time to Live")?;
        if ttl == 0 {
            p.note(Severity::Warning, "a packet with TTL 0 should not be sent");
        }
        let protocol = p.code(1, "ip.proto", "Protocol", names::protocol)? as u8;
        p.hex(2, "ip.checksum", "Header Checksum")?;
        if let Some(bytes) = p.all().get(start..start + header).filter(|_| start + header <= outer) {
            checksum::judge(p, checksum::adds_up(bytes));
        }
        let src = p.ip4("ip.src", "Source Address")?;
        let dst = p.ip4("ip.dst", "Destination Address")?;
        p.value(format!("Src: {src}, Dst: {dst}"));
        if header > 20 {
            p.group("ip.options", "Options", |p| p.within(header - 20, options))?;
        }
        let total = if total == 0 { p.end() - start } else { total };
        Some((
            IpAddr::V4(src),
            IpAddr::V4(dst),
            protocol,
            header,
            total.max(header),
            flags & 0x20 != 0 || offset > 0,
        ))
    });
    let Some((src, dst, number, header, total, fragment)) = next else { return };
    let payload = total - header;
    p.facts.missing = payload.saturating_sub(p.left());
    if p.facts.missing > 0 {
        p.note(Severity::Note, format!("{} bytes of the datagram were not captured", p.facts.missing));
    }
    p.facts.addresses = Some((src, dst));
    p.facts.fragment = fragment;
    let before = p.limit(payload);
    if fragment {
        p.note(
            Severity::Note,
            "a fragment of a datagram: what is in it is seen when the parts are put together",
        );
    }
    protocol(p, number);
    p.unlimit(before);
}

/// The byte of Differentiated Services and congestion (RFC 2474, 3168).
pub(super) fn dscp(p: &mut Pen<'_>, [name, dscp, ecn]: [&'static str; 3]) -> Option<()> {
    p.group(name, "Differentiated Services Field", |p| {
        let word = p.word(1)?;
        p.bits_code(word, 0xfc, (dscp, "Differentiated Services Codepoint"), codepoint);
        p.bits_code(word, 0x03, (ecn, "Explicit Congestion Notification"), congestion);
        p.value(format!("{:#04x}", word.2));
        Some(())
    })
}

pub(super) fn codepoint(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Default",
        8 => "Class Selector 1",
        10 => "Assured Forwarding 11",
        12 => "Assured Forwarding 12",
        14 => "Assured Forwarding 13",
        16 => "Class Selector 2",
        18 => "Assured Forwarding 21",
        20 => "Assured Forwarding 22",
        22 => "Assured Forwarding 23",
        24 => "Class Selector 3",
        26 => "Assured Forwarding 31",
        28 => "Assured Forwarding 32",
        30 => "Assured Forwarding 33",
        32 => "Class Selector 4",
        34 => "Assured Forwarding 41",
        36 => "Assured Forwarding 42",
        38 => "Assured Forwarding 43",
        40 => "Class Selector 5",
        44 => "Voice Admit",
        46 => "Expedited Forwarding",
        48 => "Class Selector 6",
        56 => "Class Selector 7",
        _ => return None,
    })
}

pub(super) fn congestion(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Not ECN-Capable Transport",
        1 => "ECN-Capable Transport codepoint '01'",
        2 => "ECN-Capable Transport codepoint '10'",
        _ => "Congestion Experienced",
    })
}

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "End of Options List (EOL)",
        1 => "No-Operation (NOP)",
        7 => "Record Route",
        68 => "Time Stamp",
        130 => "Security",
        131 => "Loose Source Route",
        133 => "Extended Security",
        134 => "Commercial Security",
        136 => "Stream ID",
        137 => "Strict Source Route",
        148 => "Router Alert",
        _ => return None,
    })
}

fn options(p: &mut Pen<'_>) -> Option<()> {
    while p.left() > 0 {
        let kind = p.peek(0)?;
        let label = option(u64::from(kind)).unwrap_or("Unknown option");
        if kind < 2 {
            p.group("", format!("IP Option - {label}"), |p| p.code(1, "ip.opt.type", "Type", option))?;
            if kind == 0 {
                p.skip_all();
            }
            continue;
        }
        p.group("", format!("IP Option - {label}"), |p| {
            p.code(1, "ip.opt.type", "Type", option)?;
            let length = usize::from(p.u8("ip.opt.len", "Length")?).checked_sub(2)?;
            p.within(length, |p| {
                match kind {
                    148 => _ = p.u16("ip.opt.ra", "Router Alert")?,
                    7 | 131 | 137 => {
                        p.u8("ip.opt.ptr", "Pointer")?;
                        while p.left() >= 4 {
                            p.ip4(if kind == 7 { "ip.rec_rt" } else { "ip.src_rt" }, "Route")?;
                        }
                    }
                    _ => {}
                }
                p.raw_rest("ip.opt.data", "Data");
                Some(())
            })
        })?;
    }
    Some(())
}
