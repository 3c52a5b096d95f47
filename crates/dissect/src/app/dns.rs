//! DNS (RFC 1035) and what has its shape: mDNS (RFC 6762), LLMNR (RFC 4795), the NetBIOS name service (RFC 1002).

use crate::pen::Pen;
use crate::show;
use protocols::dns::{class, opcode, rr_type, status};

/// Jumps of a compressed name that are followed.
const MAX_JUMPS: usize = 32;
/// Characters of a name.
const MAX_NAME: usize = 1_024;

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Dns,
    Mdns,
    Llmnr,
    Nbns,
}

/// DNS over TCP: a length before each message.
pub(super) fn over_tcp(p: &mut Pen<'_>) {
    while p.left() > 14 {
        let Some(length) = p.peek16(0).map(usize::from) else { return };
        if length < 12 || length + 2 > p.left() {
            return;
        }
        message(p, Flavour::Dns, Some(length));
    }
}

pub(super) fn dns(p: &mut Pen<'_>, flavour: Flavour) {
    message(p, flavour, None);
}

fn message(p: &mut Pen<'_>, flavour: Flavour, length: Option<usize>) {
    let (name, label) = match flavour {
        Flavour::Dns => ("dns", "Domain Name System"),
        Flavour::Mdns => ("mdns", "Multicast Domain Name System"),
        Flavour::Llmnr => ("llmnr", "Link-local Multicast Name Resolution"),
        Flavour::Nbns => ("nbns", "NetBIOS Name Service"),
    };
    p.layer(name, label, |p| match length {
        Some(length) => {
            p.u16("dns.length", "Length")?;
            p.within(length, |p| body(p, flavour))
        }
        None => body(p, flavour),
    });
}

fn body(p: &mut Pen<'_>, flavour: Flavour) -> Option<()> {
    let start = p.at();
    let nbns = flavour == Flavour::Nbns;
    p.hex(2, if nbns { "nbns.id" } else { "dns.id" }, "Transaction ID")?;
    let flags = u64::from(p.peek16(0)?);
    let response = flags & 0x8000 != 0;
    p.group(if nbns { "nbns.flags" } else { "dns.flags" }, "Flags", |p| {
        let word = p.word(2)?;
        let names: [&'static str; 4] = match nbns {
            true => [
                "nbns.flags.response",
                "nbns.flags.opcode",
                "nbns.flags.authoritative",
                "nbns.flags.truncated",
            ],
            false => {
                ["dns.flags.response", "dns.flags.opcode", "dns.flags.authoritative", "dns.flags.truncated"]
            }
        };
        p.bits(word, 0x8000, names[0], "Response");
        p.bits_code(word, 0x7800, (names[1], "Opcode"), |n| opcode(n as u8));
        p.bits(word, 0x0400, names[2], "Authoritative");
        p.bits(word, 0x0200, names[3], "Truncated");
        p.bits(
            word,
            0x0100,
            if nbns { "nbns.flags.recdesired" } else { "dns.flags.recdesired" },
            "Recursion desired",
        );
        p.bits(
            word,
            0x0080,
            if nbns { "nbns.flags.recavail" } else { "dns.flags.recavail" },
            "Recursion available",
        );
        if nbns {
            p.bits(word, 0x0010, "nbns.flags.broadcast", "Broadcast");
        } else {
            p.bits(word, 0x0040, "dns.flags.z", "Z");
            p.bits(word, 0x0020, "dns.flags.authenticated", "Answer authenticated");
            p.bits(word, 0x0010, "dns.flags.checkdisable", "Non-authenticated data");
        }
        let code = word.2 & 15;
        p.add(
            if nbns { "nbns.flags.rcode" } else { "dns.flags.rcode" },
            "Reply code",
            (word.0, 2),
            format!("{} ({code})", status(code as u8)),
        );
        p.value(format!("{:#06x}", word.2));
        Some(())
    })?;
    let names: [&'static str; 4] = match nbns {
        true => ["nbns.count.queries", "nbns.count.answers", "nbns.count.auth_rr", "nbns.count.add_rr"],
        false => ["dns.count.queries", "dns.count.answers", "dns.count.auth_rr", "dns.count.add_rr"],
    };
    let mut counts = [0u16; 4];
    let labels = ["Questions", "Answer RRs", "Authority RRs", "Additional RRs"];
    for ((count, name), label) in counts.iter_mut().zip(names).zip(labels) {
        *count = p.u16(name, label)?;
    }
    let mut title = format!("({})", if response { "response" } else { "query" });
    let [questions, answers, authorities, additional] = counts;
    if questions > 0 {
        p.group("", "Queries", |p| {
            for n in 0..questions {
                let shown = question(p, start, flavour)?;
                if n == 0 {
                    title.push(' ');
                    title.push_str(&shown);
                }
            }
            Some(())
        })?;
    }
    for (label, count) in
        [("Answers", answers), ("Authoritative nameservers", authorities), ("Additional records", additional)]
    {
        if count == 0 {
            continue;
        }
        p.group("", label, |p| {
            for _ in 0..count {
                record(p, start, flavour)?;
            }
            Some(())
        })?;
    }
    p.value(title);
    Some(())
}

/// A name at a place of the message: its text and how many bytes it takes there.
fn name_at(all: &[u8], start: usize, end: usize, mut at: usize) -> Option<(String, usize)> {
    let (mut text, mut taken, mut jumps) = (String::new(), None, 0);
    let from = at;
    loop {
        let length = *all.get(at).filter(|_| at < end)?;
        match length >> 6 {
            0 if length == 0 => {
                let used = taken.unwrap_or_else(|| at + 1 - from);
                return Some((if text.is_empty() { "<Root>".to_owned() } else { text }, used));
            }
            0 => {
                let label = all
                    .get(at + 1..at + 1 + usize::from(length))
                    .filter(|_| at + usize::from(length) < end)?;
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&show::text(label));
                at += 1 + usize::from(length);
            }
            3 => {
                let low = *all.get(at + 1).filter(|_| at + 1 < end)?;
                taken.get_or_insert_with(|| at + 2 - from);
                jumps += 1;
                let target = start + (usize::from(length & 0x3f) << 8 | usize::from(low));
                // a pointer leads back
                if jumps > MAX_JUMPS || target >= at {
                    return None;
                }
                at = target;
            }
            _ => return None,
        }
        if text.len() > MAX_NAME {
            return None;
        }
    }
}

/// A NetBIOS name: half-bytes as letters (RFC 1001 section 14.1).
fn netbios(text: &str) -> Option<String> {
    let encoded = text.split('.').next()?.as_bytes();
    let (pairs, _) = encoded.as_chunks::<2>();
    if encoded.len() != 32 {
        return None;
    }
    let mut bytes = Vec::with_capacity(16);
    for [high, low] in pairs {
        let (high, low) = (high.checked_sub(b'A')?, low.checked_sub(b'A')?);
        bytes.push(high.checked_mul(16)?.checked_add(low)?);
    }
    let (kind, name) = bytes.split_last()?;
    Some(format!("{}<{kind:02x}>", show::text(name).trim_end_matches([' ', '\0'])))
}

fn read_name(
    p: &mut Pen<'_>,
    start: usize,
    flavour: Flavour,
    name: &'static str,
    label: &'static str,
) -> Option<String> {
    let at = p.at();
    let (text, used) = name_at(p.all(), start, p.end(), at)?;
    let text = if flavour == Flavour::Nbns { netbios(&text).unwrap_or(text) } else { text };
    p.skip(used)?;
    p.add(name, label, (at, used), text.clone());
    Some(text)
}

fn kind_text(flavour: Flavour, kind: u16) -> String {
    match (flavour, kind) {
        (Flavour::Nbns, 32) => "NB".to_owned(),
        (Flavour::Nbns, 33) => "NBSTAT".to_owned(),
        _ => rr_type(kind).into_owned(),
    }
}

fn type_and_class(p: &mut Pen<'_>, flavour: Flavour, query: bool) -> Option<(u16, u16)> {
    let kind = p.peek16(0)?;
    let names: [&'static str; 2] = match (flavour == Flavour::Nbns, query) {
        (true, _) => ["nbns.type", "nbns.class"],
        (false, true) => ["dns.qry.type", "dns.qry.class"],
        (false, false) => ["dns.resp.type", "dns.resp.class"],
    };
    p.add(names[0], "Type", (p.at(), 2), format!("{} ({kind})", kind_text(flavour, kind)));
    p.skip(2)?;
    let code = p.peek16(0)?;
    // OPT has a size there
    if kind != 41 {
        // mDNS: the top bit asks for a unicast answer, or flushes caches
        let plain = if flavour == Flavour::Mdns { code & 0x7fff } else { code };
        p.add(names[1], "Class", (p.at(), 2), format!("{} ({plain:#06x})", class(plain)));
        if flavour == Flavour::Mdns {
            let (name, label) = if query {
                ("dns.qry.qu", "\"QU\" question")
            } else {
                ("dns.resp.cache_flush", "Cache flush")
            };
            p.bits((p.at(), 2, u64::from(code)), 0x8000, name, label);
        }
        p.skip(2)?;
    }
    Some((kind, code))
}

fn question(p: &mut Pen<'_>, start: usize, flavour: Flavour) -> Option<String> {
    p.group("", "Query", |p| {
        let name = read_name(
            p,
            start,
            flavour,
            if flavour == Flavour::Nbns { "nbns.name" } else { "dns.qry.name" },
            "Name",
        )?;
        let (kind, _) = type_and_class(p, flavour, true)?;
        let shown = format!("{} {name}", kind_text(flavour, kind));
        p.label(name);
        p.value(kind_text(flavour, kind));
        Some(shown)
    })
}

fn record(p: &mut Pen<'_>, start: usize, flavour: Flavour) -> Option<()> {
    p.group("", "Record", |p| {
        let name = read_name(
            p,
            start,
            flavour,
            if flavour == Flavour::Nbns { "nbns.name" } else { "dns.resp.name" },
            "Name",
        )?;
        let (kind, _) = type_and_class(p, flavour, false)?;
        if kind == 41 {
            p.label("OPT");
            p.u16("dns.rr.udp_payload_size", "UDP payload size")?;
            p.hex(1, "dns.resp.ext_rcode", "Higher bits in extended RCODE")?;
            p.u8("dns.resp.edns0_version", "EDNS0 version")?;
            p.flags(2, "dns.resp.z", "Z", &[(0x8000, "dns.resp.z.do", "DO bit")])?;
        } else {
            p.label(name);
            let ttl = p.peek32(0)?;
            p.add("dns.resp.ttl", "Time to live", (p.at(), 4), format!("{ttl} seconds"));
            p.skip(4)?;
        }
        let length = usize::from(p.u16("dns.resp.len", "Data length")?);
        if length > p.left() {
            return None;
        }
        let value = p.within(length, |p| data(p, start, kind, flavour))?;
        if kind != 41 {
            let kind = kind_text(flavour, kind);
            p.value(if value.is_empty() { kind } else { format!("{kind} {value}") });
        }
        Some(())
    })
}

fn data(p: &mut Pen<'_>, start: usize, kind: u16, flavour: Flavour) -> Option<String> {
    let name = |p: &mut Pen<'_>, field, label| read_name(p, start, Flavour::Dns, field, label);
    Some(match kind {
        1 if p.left() == 4 => p.ip4("dns.a", "Address")?.to_string(),
        28 if p.left() == 16 => p.ip6("dns.aaaa", "AAAA Address")?.to_string(),
        2 => name(p, "dns.ns", "Name Server")?,
        5 => name(p, "dns.cname", "CNAME")?,
        12 => name(p, "dns.ptr.domain_name", "Domain Name")?,
        39 => name(p, "dns.dname", "DNAME")?,
        15 => {
            let preference = p.u16("dns.mx.preference", "Preference")?;
            format!("{preference} {}", name(p, "dns.mx.mail_exchange", "Mail Exchange")?)
        }
        6 => {
            let first = name(p, "dns.soa.mname", "Primary name server")?;
            name(p, "dns.soa.rname", "Responsible authority's mailbox")?;
            p.u32("dns.soa.serial_number", "Serial Number")?;
            p.unit(4, "dns.soa.refresh_interval", "Refresh Interval", "seconds")?;
            p.unit(4, "dns.soa.retry_interval", "Retry Interval", "seconds")?;
            p.unit(4, "dns.soa.expire_limit", "Expire limit", "seconds")?;
            p.unit(4, "dns.soa.minimum_ttl", "Minimum TTL", "seconds")?;
            first
        }
        16 => {
            let mut texts = Vec::new();
            while p.left() > 0 {
                let length = p.u8("dns.txt.length", "TXT Length")?;
                texts.push(show::text(p.text(usize::from(length), "dns.txt", "TXT")?));
            }
            texts.join(" ")
        }
        33 if flavour == Flavour::Nbns => nbstat(p)?,
        33 => {
            let priority = p.u16("dns.srv.priority", "Priority")?;
            let weight = p.u16("dns.srv.weight", "Weight")?;
            let port = p.u16("dns.srv.port", "Port")?;
            format!("{priority} {weight} {port} {}", name(p, "dns.srv.target", "Target")?)
        }
        32 if flavour == Flavour::Nbns => {
            let mut addresses = Vec::new();
            while p.left() >= 6 {
                p.hex(2, "nbns.nb_flags", "Name flags")?;
                addresses.push(p.ip4("nbns.addr", "Addr")?.to_string());
            }
            addresses.join(", ")
        }
        41 => {
            while p.left() >= 4 {
                p.group("dns.opt", "Option", |p| {
                    let code = p.code(2, "dns.opt.code", "Option Code", option)?;
                    let length = p.u16("dns.opt.len", "Option Length")?;
                    p.label(option(code).unwrap_or("Option"));
                    p.raw(usize::from(length), "dns.opt.data", "Option Data")
                })?;
            }
            String::new()
        }
        43 => {
            p.hex(2, "dns.ds.key_id", "Key id")?;
            p.u8("dns.ds.algorithm", "Algorithm")?;
            p.u8("dns.ds.digest_type", "Digest Type")?;
            p.raw_rest("dns.ds.digest", "Digest");
            String::new()
        }
        46 => {
            let covered = p.peek16(0)?;
            p.add("dns.rrsig.type_covered", "Type Covered", (p.at(), 2), rr_type(covered).into_owned());
            p.skip(2)?;
            p.u8("dns.rrsig.algorithm", "Algorithm")?;
            p.u8("dns.rrsig.labels", "Labels")?;
            p.unit(4, "dns.rrsig.original_ttl", "Original TTL", "seconds")?;
            for (field, label) in [
                ("dns.rrsig.signature_expiration", "Signature Expiration"),
                ("dns.rrsig.signature_inception", "Signature Inception"),
            ] {
                let time = p.peek32(0)?;
                p.add(field, label, (p.at(), 4), show::utc(i64::from(time)));
                p.skip(4)?;
            }
            p.u16("dns.rrsig.key_tag", "Key Tag")?;
            let signer = name(p, "dns.rrsig.signers_name", "Signer's name")?;
            p.raw_rest("dns.rrsig.signature", "Signature");
            signer
        }
        48 => {
            p.flags(
                2,
                "dns.dnskey.flags",
                "Flags",
                &[
                    (0x0100, "dns.dnskey.flags.zone_key", "Zone Key"),
                    (0x0080, "dns.dnskey.flags.key_revoked", "Key Revoked"),
                    (0x0001, "dns.dnskey.flags.secure_entry_point", "Key Signing Key"),
                ],
            )?;
            p.u8("dns.dnskey.protocol", "Protocol")?;
            p.u8("dns.dnskey.algorithm", "Algorithm")?;
            p.raw_rest("dns.dnskey.public_key", "Public Key");
            String::new()
        }
        64 | 65 => {
            let priority = p.u16("dns.svcb.svcpriority", "SvcPriority")?;
            let target = name(p, "dns.svcb.targetname", "TargetName")?;
            while p.left() >= 4 {
                p.group("dns.svcb.svcparam", "SvcParam", |p| {
                    let key = p.code(2, "dns.svcb.svcparam.key", "SvcParamKey", svc_key)?;
                    let length =
                        usize::from(p.u16("dns.svcb.svcparam.value.length", "SvcParamValue length")?);
                    p.label(format!("SvcParam: {}", svc_key(key).unwrap_or("key")));
                    p.within(length, |p| {
                        match key {
                            1 => {
                                while p.left() > 0 {
                                    let length = p.u8("dns.svcb.svcparam.alpn.length", "ALPN length")?;
                                    p.text(usize::from(length), "dns.svcb.svcparam.alpn", "ALPN")?;
                                }
                            }
                            3 => _ = p.u16("dns.svcb.svcparam.port", "Port")?,
                            4 => {
                                while p.left() >= 4 {
                                    p.ip4("dns.svcb.svcparam.ipv4hint.ip", "IP")?;
                                }
                            }
                            6 => {
                                while p.left() >= 16 {
                                    p.ip6("dns.svcb.svcparam.ipv6hint.ip", "IP")?;
                                }
                            }
                            _ => {}
                        }
                        p.raw_rest("dns.svcb.svcparam.value", "SvcParamValue");
                        Some(())
                    })
                })?;
            }
            format!("{priority} {target}")
        }
        257 => {
            p.hex(1, "dns.caa.flags", "CAA Flags")?;
            let length = p.u8("dns.caa.tag_length", "Tag length")?;
            let tag = show::text(p.text(usize::from(length), "dns.caa.tag", "Tag")?);
            format!("{tag} {}", show::text(p.text(p.left(), "dns.caa.value", "Value")?))
        }
        _ => {
            p.raw_rest("dns.data", "Data");
            String::new()
        }
    })
}

fn nbstat(p: &mut Pen<'_>) -> Option<String> {
    let count = p.u8("nbns.number_of_names", "Number of names")?;
    for _ in 0..count {
        p.text(15, "nbns.netbios_name", "Name")?;
        p.hex(1, "nbns.netbios_name_type", "Type")?;
        p.hex(2, "nbns.name_flags", "Name flags")?;
    }
    if p.left() >= 6 {
        p.mac("nbns.unit_id", "Unit ID")?;
    }
    p.raw_rest("nbns.data", "Statistics");
    Some(format!("{count} names"))
}

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        3 => "NSID",
        5 => "DAU",
        8 => "CSUBNET - Client subnet",
        9 => "EDNS EXPIRE",
        10 => "COOKIE",
        11 => "edns-tcp-keepalive",
        12 => "PADDING",
        15 => "Extended DNS Error",
        _ => return None,
    })
}

fn svc_key(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "mandatory",
        1 => "alpn",
        2 => "no-default-alpn",
        3 => "port",
        4 => "ipv4hint",
        5 => "ech",
        6 => "ipv6hint",
        7 => "dohpath",
        _ => return None,
    })
}
