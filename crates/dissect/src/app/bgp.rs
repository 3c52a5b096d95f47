//! BGP-4 (RFC 4271): messages that start in this segment.

use crate::pen::Pen;

fn kind(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "OPEN Message",
        2 => "UPDATE Message",
        3 => "NOTIFICATION Message",
        4 => "KEEPALIVE Message",
        5 => "ROUTE-REFRESH Message",
        _ => return None,
    })
}

pub(super) fn bgp(p: &mut Pen<'_>) -> bool {
    let starts = |p: &Pen<'_>| {
        p.rest().get(..16).is_some_and(|marker| marker.iter().all(|byte| *byte == 0xff)) && p.left() >= 19
    };
    if !starts(p) {
        return false;
    }
    while starts(p) {
        let read = p.layer("bgp", "Border Gateway Protocol", |p| {
            p.raw(16, "bgp.marker", "Marker")?;
            let length = usize::from(p.u16("bgp.length", "Length")?).checked_sub(19)?;
            let number = p.code(1, "bgp.type", "Type", kind)?;
            p.value(kind(number).unwrap_or_default());
            if length > p.left() {
                p.group_note(crate::tree::Severity::Note, "goes on in the next segment");
            }
            let whole = length <= p.left();
            let read = p.within(length, |p| {
                match number {
                    1 => {
                        p.u8("bgp.open.version", "Version")?;
                        p.u16("bgp.open.myas", "My AS")?;
                        p.unit(2, "bgp.open.holdtime", "Hold Time", "s")?;
                        p.ip4("bgp.open.identifier", "BGP Identifier")?;
                        p.u8("bgp.open.opt.len", "Optional Parameters Length")?;
                        p.raw_rest("bgp.open.opt", "Optional Parameters");
                    }
                    2 => {
                        let length =
                            p.u16("bgp.update.withdrawn_routes.length", "Withdrawn Routes Length")?;
                        p.within(usize::from(length), |p| prefixes(p, "bgp.withdrawn_prefix"))?;
                        let length =
                            p.u16("bgp.update.path_attributes.length", "Total Path Attribute Length")?;
                        p.group("bgp.update.path_attributes", "Path attributes", |p| {
                            p.within(usize::from(length), attributes)
                        })?;
                        prefixes(p, "bgp.nlri_prefix")?;
                    }
                    3 => {
                        p.u8("bgp.notify.major_error", "Major error Code")?;
                        p.u8("bgp.notify.minor_error", "Minor error Code")?;
                        p.raw_rest("bgp.notify.data", "Data");
                    }
                    _ => p.raw_rest("bgp.data", "Data"),
                }
                Some(())
            });
            if whole { read } else { Some(()) }
        });
        if read.is_none() {
            break;
        }
    }
    true
}

fn prefixes(p: &mut Pen<'_>, name: &'static str) -> Option<()> {
    while p.left() > 0 {
        let bits = p.peek(0)?;
        let n = usize::from(bits.div_ceil(8));
        let bytes = p.rest().get(1..1 + n).filter(|_| n <= 4)?;
        let mut address = [0u8; 4];
        for (to, from) in address.iter_mut().zip(bytes) {
            *to = *from;
        }
        p.add(name, "Prefix", (p.at(), 1 + n), format!("{}/{bits}", std::net::Ipv4Addr::from(address)));
        p.skip(1 + n)?;
    }
    Some(())
}

fn attribute(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "ORIGIN",
        2 => "AS_PATH",
        3 => "NEXT_HOP",
        4 => "MULTI_EXIT_DISC",
        5 => "LOCAL_PREF",
        6 => "ATOMIC_AGGREGATE",
        7 => "AGGREGATOR",
        8 => "COMMUNITIES",
        14 => "MP_REACH_NLRI",
        15 => "MP_UNREACH_NLRI",
        16 => "EXTENDED_COMMUNITIES",
        32 => "LARGE_COMMUNITY",
        _ => return None,
    })
}

fn attributes(p: &mut Pen<'_>) -> Option<()> {
    while p.left() > 0 {
        p.group("bgp.update.path_attribute", "Path Attribute", |p| {
            let flags = p.hex(1, "bgp.update.path_attribute.flags", "Flags")?;
            let kind = p.code(1, "bgp.update.path_attribute.type_code", "Type Code", attribute)?;
            p.label(attribute(kind).unwrap_or("Path Attribute"));
            let length =
                p.uint(if flags & 0x10 != 0 { 2 } else { 1 }, "bgp.update.path_attribute.length", "Length")?
                    as usize;
            if (kind, length) == (3, 4) {
                return p.ip4("bgp.update.path_attribute.next_hop", "Next hop").map(|_| ());
            }
            p.raw(length, "bgp.update.path_attribute.value", "Value").map(|_| ())
        })?;
    }
    Some(())
}
