//! Addresses, networks, parts of addresses, and ports with them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address literal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// First and last address, of one family; `None` where only a port was given.
    pub range: Option<(IpAddr, IpAddr)>,
    /// The port, where one was given.
    pub port: Option<u16>,
}

/// Every IPv4 address.
pub(crate) const ALL_V4: (IpAddr, IpAddr) =
    (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::BROADCAST));
/// Every IPv6 address.
pub(crate) const ALL_V6: (IpAddr, IpAddr) =
    (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(!0, !0, !0, !0, !0, !0, !0, !0)));

/// Reads `10.1.2.3`, `10.1`, `10.0.0.0/8`, `10.0.0.1:80`, `:80`, `1::2`, `1:2:3`, `1::/16`, `1::2.80`, `[1::2]:80`,
/// `ipv4`, `ipv6`, `10.0.0.1-10.0.0.9`. The error says what is wrong with it.
pub(crate) fn address(text: &str) -> Result<Address, String> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "ipv4" => return Ok(Address { range: Some(ALL_V4), port: None }),
        "ipv6" => return Ok(Address { range: Some(ALL_V6), port: None }),
        _ => {}
    }
    let bad = || format!("{} not a valid ip", crate::parser::shortened(text));
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (from.trim().parse::<IpAddr>(), to.trim().parse::<IpAddr>());
        return match (from, to) {
            (Ok(from), Ok(to)) if from.is_ipv4() == to.is_ipv4() && from <= to => {
                Ok(Address { range: Some((from, to)), port: None })
            }
            (Ok(_), Ok(_)) => Err(format!("{text} runs backwards or mixes IPv4 and IPv6")),
            _ => Err(bad()),
        };
    }
    if let Some((inner, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        let (range, port) = (v6(inner).ok_or_else(bad)?, rest.strip_prefix(':').unwrap_or(rest));
        return Ok(Address { range: Some(range), port: port_of(port)? });
    }
    let v4_like = !text.is_empty() && text.matches(':').count() <= 1 && {
        let head = text.split(':').next().unwrap_or("");
        head.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'/')
    };
    // digits alone before the colon may be the first group of an IPv6 address: 2001:db8
    if v4_like && !(v4(text.split(':').next().unwrap_or("")).is_none() && v6(text).is_some()) {
        let (net, port) = text.split_once(':').unwrap_or((text, ""));
        // `.80` is a port too, as after an IPv6 address
        let (net, port) = match net.strip_prefix('.') {
            Some(digits) if port.is_empty() && !digits.is_empty() => ("", digits),
            _ => (net, port),
        };
        let range = if net.is_empty() { None } else { Some(v4(net).ok_or_else(bad)?) };
        let port = port_of(port)?;
        return if range.is_none() && port.is_none() { Err(bad()) } else { Ok(Address { range, port }) };
    }
    let (net, port) = split_v6_port(text);
    match v6(net) {
        Some(range) => Ok(Address { range: Some(range), port: port_of(port)? }),
        None => match text.split_once(':') {
            // the part before one colon reads as IPv4: the port is what is wrong
            Some((net, port)) if v4(net).is_some() && !port.contains(':') => {
                Err(port_of(port).err().unwrap_or_else(bad))
            }
            _ => Err(bad()),
        },
    }
}

fn port_of(text: &str) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse::<u16>().map(Some).map_err(|_| format!("{} not a valid port", crate::parser::shortened(text)))
}

/// Address and port of `1::2.80`. The dots of an embedded IPv4 address are not a port: those are three.
fn split_v6_port(text: &str) -> (&str, &str) {
    let tail = text.rsplit(':').next().unwrap_or(text);
    match (tail.matches('.').count(), text.rsplit_once('.')) {
        (1 | 4, Some((net, port))) => (net, port),
        _ => (text, ""),
    }
}

fn prefix_of(text: &str, most: u8) -> Option<(&str, Option<u8>)> {
    match text.split_once('/') {
        None => Some((text, None)),
        Some((net, bits)) => {
            let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
            let bits: u8 = bits.parse().ok().filter(|bits| digits && *bits <= most)?;
            Some((net, Some(bits)))
        }
    }
}

/// One to four numbers; what is missing makes a network of the rest.
fn v4(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (net, bits) = prefix_of(text, 32)?;
    let mut octets = [0u8; 4];
    let mut given = 0u8;
    for part in net.strip_suffix('.').unwrap_or(net).split('.') {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        *octets.get_mut(usize::from(given))? = part.parse().ok().filter(|_| digits)?;
        given += 1;
    }
    let bits = bits.unwrap_or(given * 8);
    let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
    let first = u32::from_be_bytes(octets) & mask;
    Some((Ipv4Addr::from(first).into(), Ipv4Addr::from(first | !mask).into()))
}

/// A whole address, or its first groups, which make a network.
fn v6(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (net, bits) = prefix_of(text, 128)?;
    let (address, natural) = match net.parse::<Ipv6Addr>() {
        Ok(address) => (address, 128),
        Err(_) => {
            let mut groups = [0u16; 8];
            let mut given = 0u8;
            for part in net.strip_suffix(':').unwrap_or(net).split(':') {
                let hex = !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
                let group = u16::from_str_radix(part, 16).ok().filter(|_| hex)?;
                *groups.get_mut(usize::from(given))? = group;
                given += 1;
            }
            if !net.contains(':') {
                return None;
            }
            (Ipv6Addr::from(groups), given * 16)
        }
    };
    let bits = bits.unwrap_or(natural);
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    let first = u128::from(address) & mask;
    Some((Ipv6Addr::from(first).into(), Ipv6Addr::from(first | !mask).into()))
}

/// The address before, within the family.
pub(crate) fn before(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).checked_sub(1).map(|n| Ipv4Addr::from(n).into()),
        IpAddr::V6(ip) => u128::from(ip).checked_sub(1).map(|n| Ipv6Addr::from(n).into()),
    }
}

/// The address after, within the family.
pub(crate) fn after(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).checked_add(1).map(|n| Ipv4Addr::from(n).into()),
        IpAddr::V6(ip) => u128::from(ip).checked_add(1).map(|n| Ipv6Addr::from(n).into()),
    }
}

/// First and last address of the family of an address.
pub(crate) fn family(ip: IpAddr) -> (IpAddr, IpAddr) {
    if ip.is_ipv4() { ALL_V4 } else { ALL_V6 }
}

/// The last IPv6 address before the IPv4-mapped ones, and the first after them.
const AROUND_MAPPED: (Ipv6Addr, Ipv6Addr) =
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xfffe, 0xffff, 0xffff), Ipv6Addr::new(0, 0, 0, 0, 1, 0, 0, 0));

/// What of the other family is smaller than an address.
pub(crate) fn below(ip: IpAddr) -> Option<(IpAddr, IpAddr)> {
    match ip {
        IpAddr::V4(_) => Some((ALL_V6.0, AROUND_MAPPED.0.into())),
        IpAddr::V6(ip) => (ip >= AROUND_MAPPED.1).then_some(ALL_V4),
    }
}

/// What of the other family is larger than an address.
pub(crate) fn above(ip: IpAddr) -> Option<(IpAddr, IpAddr)> {
    match ip {
        IpAddr::V4(_) => Some((AROUND_MAPPED.1.into(), ALL_V6.1)),
        IpAddr::V6(ip) => (ip <= AROUND_MAPPED.0).then_some(ALL_V4),
    }
}

/// A range as people write it: one address, a network, or both ends.
pub(crate) fn written(from: IpAddr, to: IpAddr) -> String {
    if from == to {
        return from.to_string();
    }
    let (low, high, width) = match (from, to) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(u32::from(a)), u128::from(u32::from(b)), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a), u128::from(b), 128),
        _ => return format!("{from}-{to}"),
    };
    let differ = low ^ high;
    if differ & differ.wrapping_add(1) == 0 && low & differ == 0 {
        format!("{from}/{}", width - differ.count_ones())
    } else {
        format!("{from}-{to}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        match address(text) {
            Ok(Address { range, port }) => {
                let range = range.map_or(String::new(), |(from, to)| written(from, to));
                let port = port.map_or(String::new(), |port| format!(" port {port}"));
                range + &port
            }
            Err(why) => why,
        }
    }

    #[test]
    fn forms() {
        for (text, wanted) in [
            ("10.1.2.3", "10.1.2.3"),
            ("10", "10.0.0.0/8"),
            ("10.", "10.0.0.0/8"),
            ("10.1", "10.1.0.0/16"),
            ("10.1.2.", "10.1.2.0/24"),
            ("1.2.3/25", "1.2.3.0/25"),
            ("10.0.0.0/8:80", "10.0.0.0/8 port 80"),
            ("10.0.0.1:80", "10.0.0.1 port 80"),
            ("10.0.0.1:", "10.0.0.1"),
            ("10:80", "10.0.0.0/8 port 80"),
            (":80", " port 80"),
            (".80", " port 80"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("ipv4", "0.0.0.0/0"),
            ("IPv6", "::/0"),
            ("1:2:3", "1:2:3::/48"),
            ("fe80:", "fe80::/16"),
            ("2001:db8", "2001:db8::/32"),
            ("1::2", "1::2"),
            ("1::2.80", "1::2 port 80"),
            ("1::2.", "1::2"),
            ("1::2/8.80", "::/8 port 80"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::ffff:1.2.3.4.80", "::ffff:1.2.3.4 port 80"),
            ("[1::2]:80", "1::2 port 80"),
            ("10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"),
        ] {
            assert_eq!(show(text), wanted, "{text}");
        }
    }

    #[test]
    fn errors() {
        for (text, wanted) in [
            ("1a", "1a not a valid ip"),
            ("10.0.0.1:80x", "80x not a valid port"),
            ("10.0.0.1:99999", "99999 not a valid port"),
            (":80x", "80x not a valid port"),
            ("256.1.1.1", "256.1.1.1 not a valid ip"),
            ("1.2.3.4.5", "1.2.3.4.5 not a valid ip"),
            ("10.0.0.0/33", "10.0.0.0/33 not a valid ip"),
            ("1::/129", "1::/129 not a valid ip"),
            ("", " not a valid ip"),
            (":", ": not a valid ip"),
            ("1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:9 not a valid ip"),
        ] {
            assert_eq!(show(text), wanted, "{text}");
        }
    }
}
