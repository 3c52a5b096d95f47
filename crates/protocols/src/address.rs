//! IP addresses as people and mail servers write them.

use std::net::{IpAddr, Ipv4Addr};

/// An address in text: IPv4 (leading zeros are decimal, as the writers of headers mean them), IPv6 with or without
/// brackets and the `IPv6:` prefix of RFC 5321 section 4.1.3; `None` for anything else.
pub fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let text = match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("ipv6:") => text.get(5..)?,
        _ => text,
    };
    if text.contains(':') {
        return text.parse().ok().map(IpAddr::V6).or_else(|| {
            // 10.0.0.1:8080: an address with a port
            let (address, port) = text.rsplit_once(':')?;
            port.parse::<u16>().ok()?;
            v4(address).map(IpAddr::V4)
        });
    }
    v4(text).map(IpAddr::V4)
}

fn v4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_headers_hold() {
        for (text, want) in [
            ("10.000.00.03", Some("10.0.0.3")),
            (" [10.1.2.3] ", Some("10.1.2.3")),
            ("10.1.2.3:8080", Some("10.1.2.3")),
            ("[IPv6:2001:db8::1]", Some("2001:db8::1")),
            ("::1", Some("::1")),
            ("unknown", None),
            ("10.1.2", None),
            ("10.1.2.300", None),
            ("10.1.2.3.4", None),
            ("", None),
        ] {
            assert_eq!(parse(text), want.map(|ip| ip.parse().unwrap()), "{text}");
        }
    }
}
