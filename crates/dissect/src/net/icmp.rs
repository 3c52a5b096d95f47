//! ICMP (RFC 792, 4884), ICMPv6 (RFC 4443), neighbour discovery (RFC 4861) and MLD (RFC 2710, 3810).

use super::{ipv4, ipv6};
use crate::checksum;
use crate::pen::Pen;
use std::net::IpAddr;
use wire::proto;

fn kind(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Echo (ping) reply",
        3 => "Destination unreachable",
        4 => "Source quench",
        5 => "Redirect",
        8 => "Echo (ping) request",
        9 => "Router advertisement",
        10 => "Router solicitation",
        11 => "Time-to-live exceeded",
        12 => "Parameter problem",
        13 => "Timestamp request",
        14 => "Timestamp reply",
        15 => "Information request",
        16 => "Information reply",
        17 => "Address mask request",
        18 => "Address mask reply",
        42 => "Extended Echo Request",
        43 => "Extended Echo Reply",
        _ => return None,
    })
}

fn unreachable(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Network unreachable",
        1 => "Host unreachable",
        2 => "Protocol unreachable",
        3 => "Port unreachable",
        4 => "Fragmentation needed",
        5 => "Source route failed",
        6 => "Destination network unknown",
        7 => "Destination host unknown",
        9 => "Network administratively prohibited",
        10 => "Host administratively prohibited",
        11 => "Network unreachable for TOS",
        12 => "Host unreachable for TOS",
        13 => "Communication administratively filtered",
        14 => "Host precedence violation",
        15 => "Precedence cutoff in effect",
        _ => return None,
    })
}

fn redirect(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Redirect for network",
        1 => "Redirect for host",
        2 => "Redirect for TOS and network",
        3 => "Redirect for TOS and host",
        _ => return None,
    })
}

fn exceeded(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Time to live exceeded in transit",
        1 => "Fragment reassembly time exceeded",
        _ => return None,
    })
}

pub(super) fn icmp(p: &mut Pen<'_>) {
    let message = p.rest();
    let quoted = p.layer("icmp", "Internet Control Message Protocol", |p| {
        let number = p.code(1, "icmp.type", "Type", kind)?;
        let names = match number {
            3 => unreachable,
            5 => redirect,
            11 => exceeded,
            _ => |_| None,
        };
        p.code(1, "icmp.code", "Code", names)?;
        p.value(kind(number).unwrap_or("unknown"));
        p.hex(2, "icmp.checksum", "Checksum")?;
        if p.facts.missing == 0 {
            checksum::judge(p, checksum::adds_up(message));
        }
        match number {
            0 | 8 | 42 | 43 => {
                p.u16("icmp.ident", "Identifier (BE)")?;
                p.u16("icmp.seq", "Sequence Number (BE)")?;
            }
            13..=18 => {
                p.u16("icmp.ident", "Identifier (BE)")?;
                p.u16("icmp.seq", "Sequence Number (BE)")?;
                if number < 15 {
                    p.u32("icmp.originate_timestamp", "Originate Timestamp")?;
                    p.u32("icmp.receive_timestamp", "Receive Timestamp")?;
                    p.u32("icmp.transmit_timestamp", "Transmit Timestamp")?;
                } else if number > 16 {
                    p.ip4("icmp.address_mask", "Address Mask")?;
                }
            }
            3 if message.get(1) == Some(&4) => {
                p.raw(1, "icmp.unused", "Unused")?;
                p.u8("icmp.length", "Length of original datagram")?;
                p.u16("icmp.mtu", "MTU of next hop")?;
            }
            5 => _ = p.ip4("icmp.redir_gw", "Gateway Address")?,
            9 => {
                let count = p.u8("icmp.num_addrs", "Number of addresses")?;
                p.u8("icmp.addr_entry_size", "Address entry size")?;
                p.unit(2, "icmp.lifetime", "Lifetime", "seconds")?;
                for _ in 0..count {
                    p.ip4("icmp.router_address", "Router address")?;
                    p.int(4, "icmp.pref_level", "Preference level")?;
                }
            }
            12 => {
                p.u8("icmp.pointer", "Pointer")?;
                p.raw(3, "icmp.unused", "Unused")?;
            }
            3 | 4 | 11 => _ = p.raw(4, "icmp.unused", "Unused")?,
            _ => {}
        }
        Some(matches!(number, 3 | 4 | 5 | 11 | 12))
    });
    match quoted {
        Some(true) if p.left() > 0 => quote(p, ipv4::ipv4),
        Some(_) => p.data(),
        None => {}
    }
}

/// The start of the packet that an error is about: it is cut by its sender, and that is no fault.
fn quote(p: &mut Pen<'_>, ip: fn(&mut Pen<'_>)) {
    let facts = p.facts;
    ip(p);
    p.facts = facts;
    p.skip_all();
}

fn kind6(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Destination Unreachable",
        2 => "Packet Too Big",
        3 => "Time Exceeded",
        4 => "Parameter Problem",
        128 => "Echo (ping) request",
        129 => "Echo (ping) reply",
        130 => "Multicast Listener Query",
        131 => "Multicast Listener Report",
        132 => "Multicast Listener Done",
        133 => "Router Solicitation",
        134 => "Router Advertisement",
        135 => "Neighbor Solicitation",
        136 => "Neighbor Advertisement",
        137 => "Redirect",
        143 => "Multicast Listener Report Message v2",
        _ => return None,
    })
}

fn unreachable6(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "no route to destination",
        1 => "Administratively prohibited",
        2 => "Beyond scope of source address",
        3 => "Address unreachable",
        4 => "Port unreachable",
        5 => "Source address failed ingress/egress policy",
        6 => "Reject route to destination",
        _ => return None,
    })
}

pub(super) fn icmpv6(p: &mut Pen<'_>) {
    let message = p.rest();
    let quoted = p.layer("icmpv6", "Internet Control Message Protocol v6", |p| {
        let number = p.code(1, "icmpv6.type", "Type", kind6)?;
        p.code(1, "icmpv6.code", "Code", if number == 1 { unreachable6 } else { |_| None })?;
        p.value(kind6(number).unwrap_or("unknown"));
        p.hex(2, "icmpv6.checksum", "Checksum")?;
        checksum::judge_transport(p, proto::ICMP6, message);
        match number {
            1 | 3 => _ = p.raw(4, "icmpv6.reserved", "Reserved")?,
            2 => _ = p.u32("icmpv6.mtu", "MTU")?,
            4 => _ = p.u32("icmpv6.pointer", "Pointer")?,
            128 | 129 => {
                p.hex(2, "icmpv6.echo.identifier", "Identifier")?;
                p.u16("icmpv6.echo.sequence_number", "Sequence")?;
            }
            130..=132 => {
                p.unit(2, "icmpv6.mld.maximum_response_delay", "Maximum Response Delay", "ms")?;
                p.raw(2, "icmpv6.reserved", "Reserved")?;
                p.ip6("icmpv6.mld.multicast_address", "Multicast Address")?;
                if p.left() >= 4 {
                    p.hex(1, "icmpv6.mld.flag", "Flags")?;
                    p.u8("icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)")?;
                    let count = p.u16("icmpv6.mld.nb_sources", "Number of Sources")?;
                    for _ in 0..count {
                        p.ip6("icmpv6.mld.source_address", "Source Address")?;
                    }
                }
            }
            133 => {
                p.raw(4, "icmpv6.reserved", "Reserved")?;
                options(p)?;
            }
            134 => {
                p.u8("icmpv6.nd.ra.cur_hop_limit", "Cur hop limit")?;
                p.flags(
                    1,
                    "icmpv6.nd.ra.flag",
                    "Flags",
                    &[
                        (0x80, "icmpv6.nd.ra.flag.m", "Managed address configuration"),
                        (0x40, "icmpv6.nd.ra.flag.o", "Other configuration"),
                        (0x20, "icmpv6.nd.ra.flag.h", "Home Agent"),
                        (0x18, "icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)"),
                        (0x04, "icmpv6.nd.ra.flag.p", "ND Proxy"),
                    ],
                )?;
                p.unit(2, "icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", "s")?;
                p.unit(4, "icmpv6.nd.ra.reachable_time", "Reachable time (ms)", "ms")?;
                p.unit(4, "icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", "ms")?;
                options(p)?;
            }
            135 => {
                p.raw(4, "icmpv6.reserved", "Reserved")?;
                p.ip6("icmpv6.nd.ns.target_address", "Target Address")?;
                options(p)?;
            }
            136 => {
                p.flags(
                    4,
                    "icmpv6.nd.na.flag",
                    "Flags",
                    &[
                        (0x8000_0000, "icmpv6.nd.na.flag.r", "Router"),
                        (0x4000_0000, "icmpv6.nd.na.flag.s", "Solicited"),
                        (0x2000_0000, "icmpv6.nd.na.flag.o", "Override"),
                    ],
                )?;
                p.ip6("icmpv6.nd.na.target_address", "Target Address")?;
                options(p)?;
            }
            137 => {
                p.raw(4, "icmpv6.reserved", "Reserved")?;
                p.ip6("icmpv6.rd.na.target_address", "Target Address")?;
                p.ip6("icmpv6.rd.na.destination_address", "Destination Address")?;
                options(p)?;
            }
            143 => {
                p.raw(2, "icmpv6.reserved", "Reserved")?;
                let count = p.u16("icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records")?;
                for _ in 0..count {
                    p.group("icmpv6.mldr.mar", "Multicast Address Record", |p| {
                        p.code(1, "icmpv6.mldr.mar.record_type", "Record Type", |n| {
                            Some(match n {
                                1 => "Include",
                                2 => "Exclude",
                                3 => "Changed to include",
                                4 => "Changed to exclude",
                                5 => "Allow new sources",
                                6 => "Block old sources",
                                _ => return None,
                            })
                        })?;
                        let words = p.u8("icmpv6.mldr.mar.aux_data_len", "Aux Data Len")?;
                        let sources = p.u16("icmpv6.mldr.mar.nb_sources", "Number of Sources")?;
                        p.ip6("icmpv6.mldr.mar.multicast_address", "Multicast Address")?;
                        for _ in 0..sources {
                            p.ip6("icmpv6.mldr.mar.source_address", "Source Address")?;
                        }
                        p.skip(usize::from(words) * 4)
                    })?;
                }
            }
            _ => {}
        }
        Some(number < 5)
    });
    match quoted {
        Some(true)
            if p.left() > 0 && p.facts.addresses.is_some_and(|(src, _)| matches!(src, IpAddr::V6(_))) =>
        {
            quote(p, ipv6::ipv6);
        }
        Some(_) => p.data(),
        None => {}
    }
}

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Source link-layer address",
        2 => "Target link-layer address",
        3 => "Prefix information",
        4 => "Redirected header",
        5 => "MTU",
        14 => "Nonce",
        24 => "Route Information",
        25 => "Recursive DNS Server",
        31 => "DNS Search List Option",
        37 => "DHCP Captive-Portal",
        38 => "PREF64",
        _ => return None,
    })
}

/// Options of neighbour discovery (RFC 4861 section 4.6).
fn options(p: &mut Pen<'_>) -> Option<()> {
    while p.left() >= 2 {
        p.group("icmpv6.opt", "ICMPv6 Option", |p| {
            let kind = p.code(1, "icmpv6.opt.type", "Type", option)?;
            p.label(format!("ICMPv6 Option ({})", option(kind).unwrap_or("unknown")));
            let words = p.u8("icmpv6.opt.length", "Length")?;
            let length = usize::from(words).checked_mul(8)?.checked_sub(2)?;
            if length > p.left() {
                return None;
            }
            p.within(length, |p| {
                match kind {
                    1 | 2 if length == 6 => {
                        let name =
                            if kind == 1 { "icmpv6.opt.src_linkaddr" } else { "icmpv6.opt.target_linkaddr" };
                        p.mac(name, "Link-layer address")?;
                    }
                    3 => {
                        p.u8("icmpv6.opt.prefix.length", "Prefix Length")?;
                        p.flags(
                            1,
                            "icmpv6.opt.prefix.flag",
                            "Flag",
                            &[
                                (0x80, "icmpv6.opt.prefix.flag.l", "On-link flag (L)"),
                                (
                                    0x40,
                                    "icmpv6.opt.prefix.flag.a",
                                    "Autonomous address-configuration flag (A)",
                                ),
                                (0x20, "icmpv6.opt.prefix.flag.r", "Router address flag (R)"),
                            ],
                        )?;
                        p.u32("icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime")?;
                        p.u32("icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime")?;
                        p.raw(4, "icmpv6.opt.reserved", "Reserved")?;
                        p.ip6("icmpv6.opt.prefix", "Prefix")?;
                    }
                    5 => {
                        p.raw(2, "icmpv6.opt.reserved", "Reserved")?;
                        p.u32("icmpv6.opt.mtu", "MTU")?;
                    }
                    25 => {
                        p.raw(2, "icmpv6.opt.reserved", "Reserved")?;
                        p.u32("icmpv6.opt.rdnss.lifetime", "Lifetime")?;
                        while p.left() >= 16 {
                            p.ip6("icmpv6.opt.rdnss", "Recursive DNS Servers")?;
                        }
                    }
                    _ => {}
                }
                p.raw_rest("icmpv6.opt.data", "Data");
                Some(())
            })
        })?;
    }
    Some(())
}
