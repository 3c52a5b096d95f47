//! Frame Relay with multiprotocol encapsulation (RFC 2427) or Cisco's (an EtherType after the address).

use crate::{Malformed, ether, read};

/// View of a Frame Relay frame.
#[derive(Clone, Copy, Debug)]
pub struct FrameRelay<'a> {
    dlci: u32,
    ethertype: u16,
    payload: &'a [u8],
}

impl<'a> FrameRelay<'a> {
    /// Reads an address of two to four bytes, then the protocol.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut dlci = 0u32;
        let mut len = 0;
        for (i, byte) in bytes.iter().take(4).enumerate() {
            dlci = match i {
                0 => u32::from(byte >> 2),
                1 => (dlci << 4) | u32::from(byte >> 4),
                _ => (dlci << 7) | u32::from(byte >> 1),
            };
            len = i + 1;
            if byte & 1 == 1 {
                break;
            }
        }
        let (address, rest) = read::split(bytes, len.max(2))?;
        if address.last().is_none_or(|b| b & 1 == 0) {
            return Err(Malformed::BadValue);
        }
        let (ethertype, payload) = match rest {
            [0x03, 0xcc, rest @ ..] => (ether::IPV4, rest),
            [0x03, 0x8e, rest @ ..] => (ether::IPV6, rest),
            // NLPID 0x80 is SNAP, with a pad byte before it.
            [0x03, 0x00, 0x80, 0, 0, 0, high, low, rest @ ..]
            | [0x03, 0x80, 0, 0, 0, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
            [0x03, ..] => return Err(Malformed::BadValue),
            [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
            _ => return Err(Malformed::Truncated { need: 2, have: rest.len() }),
        };
        Ok(Self { dlci, ethertype, payload })
    }

    /// Data link connection identifier.
    #[must_use]
    pub fn dlci(&self) -> u32 {
        self.dlci
    }

    /// What follows, as an EtherType.
    #[must_use]
    pub fn ethertype(&self) -> u16 {
        self.ethertype
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
