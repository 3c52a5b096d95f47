//! DHCPv6 (RFC 9915).

use crate::pen::Pen;

fn message(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Solicit",
        2 => "Advertise",
        3 => "Request",
        4 => "Confirm",
        5 => "Renew",
        6 => "Rebind",
        7 => "Reply",
        8 => "Release",
        9 => "Decline",
        10 => "Reconfigure",
        11 => "Information-request",
        12 => "Relay-forw",
        13 => "Relay-reply",
        _ => return None,
    })
}

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Client Identifier",
        2 => "Server Identifier",
        3 => "Identity Association for Non-temporary Address",
        4 => "Identity Association for Temporary Address",
        5 => "IA Address",
        6 => "Option Request",
        7 => "Preference",
        8 => "Elapsed time",
        9 => "Relay Message",
        13 => "Status code",
        14 => "Rapid Commit",
        16 => "Vendor Class",
        17 => "Vendor-specific Information",
        18 => "Interface-Id",
        23 => "DNS recursive name server",
        24 => "Domain Search List",
        25 => "Identity Association for Prefix Delegation",
        26 => "IA Prefix",
        32 => "Lifetime",
        37 => "Remote Identifier",
        39 => "Client Fully Qualified Domain Name",
        _ => return None,
    })
}

pub(super) fn dhcpv6(p: &mut Pen<'_>) {
    p.layer("dhcpv6", "DHCPv6", head);
}

fn head(p: &mut Pen<'_>) -> Option<()> {
    let kind = p.code(1, "dhcpv6.msgtype", "Message type", message)?;
    p.value(message(kind).unwrap_or_default());
    if matches!(kind, 12 | 13) {
        p.u8("dhcpv6.hopcount", "Hop count")?;
        p.ip6("dhcpv6.linkaddr", "Link address")?;
        p.ip6("dhcpv6.peeraddr", "Peer address")?;
    } else {
        p.hex(3, "dhcpv6.xid", "Transaction ID")?;
    }
    options(p)
}

fn options(p: &mut Pen<'_>) -> Option<()> {
    while p.left() > 0 {
        p.group("", "Option", |p| {
            let kind = p.code(2, "dhcpv6.option.type", "Option", option)?;
            p.label(option(kind).unwrap_or("Option"));
            let length = usize::from(p.u16("dhcpv6.option.length", "Length")?);
            if length > p.left() {
                return None;
            }
            p.within(length, |p| {
                match kind {
                    1 | 2 => {
                        p.code(2, "dhcpv6.duid.type", "DUID Type", |n| {
                            Some(match n {
                                1 => "link-layer address plus time",
                                2 => "assigned by vendor",
                                3 => "link-layer address",
                                4 => "Universally Unique IDentifier (UUID)",
                                _ => return None,
                            })
                        })?;
                        p.raw_rest("dhcpv6.duid.bytes", "DUID");
                    }
                    3 | 25 => {
                        p.hex(4, "dhcpv6.iaid", "IAID")?;
                        p.u32("dhcpv6.iaid.t1", "T1")?;
                        p.u32("dhcpv6.iaid.t2", "T2")?;
                        options(p)?;
                    }
                    5 => {
                        p.ip6("dhcpv6.iaaddr.ip", "IPv6 address")?;
                        p.u32("dhcpv6.iaaddr.pref_lifetime", "Preferred lifetime")?;
                        p.u32("dhcpv6.iaaddr.valid_lifetime", "Valid lifetime")?;
                        options(p)?;
                    }
                    26 => {
                        p.u32("dhcpv6.iaprefix.pref_lifetime", "Preferred lifetime")?;
                        p.u32("dhcpv6.iaprefix.valid_lifetime", "Valid lifetime")?;
                        p.u8("dhcpv6.iaprefix.pref_len", "Prefix length")?;
                        p.ip6("dhcpv6.iaprefix.pref_addr", "Prefix address")?;
                        options(p)?;
                    }
                    6 => {
                        while p.left() >= 2 {
                            p.code(2, "dhcpv6.requested_option_code", "Requested Option code", option)?;
                        }
                    }
                    8 => _ = p.unit(2, "dhcpv6.elapsed_time", "Elapsed time", "centiseconds")?,
                    9 => p.group("dhcpv6.relay", "Relayed message", head)?,
                    13 => {
                        p.u16("dhcpv6.status_code", "Status Code")?;
                        p.text(p.left(), "dhcpv6.status_message", "Status Message")?;
                    }
                    23 => {
                        while p.left() >= 16 {
                            p.ip6("dhcpv6.dns_server", "DNS server address")?;
                        }
                    }
                    _ => {}
                }
                p.raw_rest("dhcpv6.option.value", "Value");
                Some(())
            })
        })?;
    }
    Some(())
}
