//! Community id, version 1 (<https://github.com/corelight/community-id-spec>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use std::net::IpAddr;

/// The five values that an id is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Who opened the conversation.
    pub src: IpAddr,
    /// The other side.
    pub dst: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// Source port; for ICMP the type.
    pub src_port: u16,
    /// Destination port; for ICMP the code.
    pub dst_port: u16,
}

/// The id with seed 0, `1:` and 28 letters. Both directions of a conversation give the same.
pub fn community_id(flow: &Flow) -> String {
    let (ports, one_way) = match flow.protocol {
        1 => icmp(
            flow,
            &[(8, 0), (0, 8), (13, 14), (14, 13), (15, 16), (16, 15), (17, 18), (18, 17), (10, 9), (9, 10)],
        ),
        58 => icmp(
            flow,
            &[
                (128, 129),
                (129, 128),
                (133, 134),
                (134, 133),
                (135, 136),
                (136, 135),
                (130, 131),
                (131, 130),
                (144, 145),
                (145, 144),
                (139, 140),
                (140, 139),
            ],
        ),
        _ => ([flow.src_port, flow.dst_port], false),
    };
    let [first, second] = ports;
    let mut sides = [(flow.src, first), (flow.dst, second)];
    if !one_way {
        sides.sort_unstable();
    }
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    for (ip, _) in sides {
        match ip {
            IpAddr::V4(ip) => hash.update(ip.octets()),
            IpAddr::V6(ip) => hash.update(ip.octets()),
        }
    }
    hash.update([flow.protocol, 0]);
    for (_, port) in sides {
        hash.update(port.to_be_bytes());
    }
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    STANDARD.encode_string(hash.finalize(), &mut text);
    text
}

/// ICMP messages that come in pairs count as two ports of one conversation; others go one way.
fn icmp(flow: &Flow, pairs: &[(u16, u16)]) -> ([u16; 2], bool) {
    match pairs.iter().find(|(kind, _)| *kind == flow.src_port) {
        Some((kind, answer)) => ([*kind, *answer], false),
        None => ([flow.src_port, flow.dst_port], true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(src: &str, dst: &str, protocol: u8, src_port: u16, dst_port: u16) -> String {
        community_id(&Flow {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            protocol,
            src_port,
            dst_port,
        })
    }

    /// From the baseline of the specification.
    #[test]
    fn baseline() {
        assert_eq!(id("128.232.110.120", "66.35.250.204", 6, 34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(id("66.35.250.204", "128.232.110.120", 6, 80, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        assert_eq!(id("192.168.1.52", "8.8.8.8", 17, 54585, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
        assert_eq!(id("192.168.0.89", "192.168.0.1", 1, 8, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
        assert_eq!(id("192.168.0.1", "192.168.0.89", 1, 0, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
    }
}
