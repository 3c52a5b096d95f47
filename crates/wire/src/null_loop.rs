//! BSD loopback: a 32-bit address family in the byte order of whoever captured it (NULL) or in network order (LOOP).

use crate::{Malformed, ether, read};

/// View of the loopback header.
#[derive(Clone, Copy, Debug)]
pub struct NullLoop<'a> {
    family: u32,
    payload: &'a [u8],
}

impl<'a> NullLoop<'a> {
    /// Reads the header in whichever byte order gives a small number: families are below 65536.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head::<4>(bytes)?;
        let big = u32::from_be_bytes(*head);
        let family = if big > 0xffff { u32::from_le_bytes(*head) } else { big };
        Ok(Self { family, payload })
    }

    /// The address family.
    #[must_use]
    pub fn family(&self) -> u32 {
        self.family
    }

    /// The family as an EtherType. IPv6 has a different number on NetBSD (24), FreeBSD (28), Darwin (30) and Linux (10).
    #[must_use]
    pub fn ethertype(&self) -> Option<u16> {
        match self.family {
            2 => Some(ether::IPV4),
            10 | 24 | 28 | 30 => Some(ether::IPV6),
            _ => None,
        }
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
