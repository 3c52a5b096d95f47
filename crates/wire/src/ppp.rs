//! PPP, RFC 1661/1662: optional address and control bytes `ff 03`, then a protocol number of one or two bytes.

use crate::Malformed;

/// View of a PPP frame.
#[derive(Clone, Copy, Debug)]
pub struct Ppp<'a> {
    protocol: u16,
    payload: &'a [u8],
}

impl<'a> Ppp<'a> {
    /// IPv4.
    pub const IPV4: u16 = 0x0021;
    /// IPv6.
    pub const IPV6: u16 = 0x0057;
    /// MPLS unicast.
    pub const MPLS: u16 = 0x0281;

    /// Reads the protocol number, skipping `ff 03`. A first byte that is odd is a compressed (one-byte) protocol number.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let body = bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes);
        match body {
            // Half of `ff 03`: no protocol number begins with all ones.
            [0xff] => Err(Malformed::Truncated { need: 2, have: 1 }),
            [low, payload @ ..] if low & 1 == 1 => Ok(Self { protocol: u16::from(*low), payload }),
            [high, low, payload @ ..] => Ok(Self { protocol: u16::from_be_bytes([*high, *low]), payload }),
            _ => Err(Malformed::Truncated { need: 2, have: body.len() }),
        }
    }

    /// PPP protocol number.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        self.protocol
    }

    /// The bytes after the protocol number.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
