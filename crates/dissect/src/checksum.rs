//! The Internet checksum (RFC 1071), CRC-32C of SCTP (RFC 9260), and what is said about them.

use crate::pen::Pen;
use crate::tree::Severity;
use std::net::IpAddr;

/// Ones' complement sum of 16-bit words, not yet folded.
fn sum(bytes: &[u8]) -> u64 {
    let (words, last) = bytes.as_chunks::<2>();
    let whole: u64 = words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum();
    whole + last.first().map_or(0, |byte| u64::from(*byte) << 8)
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Whether bytes that hold their own checksum add up.
pub(crate) fn adds_up(bytes: &[u8]) -> bool {
    fold(sum(bytes)) == 0xffff
}

/// The pseudo header of TCP, UDP and ICMPv6, added up.
fn pseudo((src, dst): (IpAddr, IpAddr), protocol: u8, length: usize) -> u64 {
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => sum(&ip.octets()),
        IpAddr::V6(ip) => sum(&ip.octets()),
    };
    let length = length as u64;
    address(src) + address(dst) + u64::from(protocol) + (length & 0xffff) + (length >> 16)
}

/// Says whether the checksum that was just read fits `bytes`, a whole transport header and payload. Nothing is said where
/// bytes are missing.
pub(crate) fn judge_transport(p: &mut Pen<'_>, protocol: u8, bytes: &[u8]) {
    let Some(addresses) = p.facts.addresses.filter(|_| !p.facts.fragment && p.facts.missing == 0) else {
        return p.remark("unverified");
    };
    judge(p, fold(pseudo(addresses, protocol, bytes.len()) + sum(bytes)) == 0xffff);
}

/// Says whether the checksum that was just read is right.
pub(crate) fn judge(p: &mut Pen<'_>, right: bool) {
    if right {
        p.remark("correct");
    } else {
        p.remark("incorrect");
        p.note(
            Severity::Warning,
            "wrong checksum; a sender that leaves it to its network card is captured like this",
        );
    }
}

/// CRC-32C, bit by bit: SCTP packets are few and short.
pub(crate) fn crc32c(parts: &[&[u8]]) -> u32 {
    let mut crc = !0u32;
    for byte in parts.iter().flat_map(|part| part.iter()) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        // RFC 1071 section 3
        assert_eq!(fold(sum(&[0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7])), 0xddf2);
        let header =
            [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 192, 168, 0, 1, 192, 168, 0, 199];
        assert!(adds_up(&header));
        // RFC 3720 appendix B.4: 32 bytes of zeroes
        assert_eq!(crc32c(&[&[0; 32]]), 0x8a91_36aa);
    }
}
