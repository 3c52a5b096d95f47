//! VXLAN, RFC 7348, and its generic protocol extension.

use crate::{Malformed, read};

/// View of a VXLAN header.
#[derive(Clone, Copy, Debug)]
pub struct Vxlan<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Vxlan<'a> {
    /// The UDP port of RFC 7348.
    pub const PORT: u16 = 4789;
    /// The UDP port that Linux used before.
    pub const LINUX_PORT: u16 = 8472;
    /// The UDP port of the generic protocol extension.
    pub const GPE_PORT: u16 = 4790;

    /// Reads the header; the flag that says "the network identifier is valid" must be set.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head::<8>(bytes)?;
        if head[0] & 0x08 == 0 {
            return Err(Malformed::BadValue);
        }
        Ok(Self { head, payload })
    }

    /// Network identifier, 24 bits.
    #[must_use]
    pub fn vni(&self) -> u32 {
        be32!(self.head, 4) >> 8
    }

    /// For the generic protocol extension: 1 IPv4, 2 IPv6, 3 Ethernet, 4 NSH. `None` where the flag says that there is none.
    #[must_use]
    pub fn next_protocol(&self) -> Option<u8> {
        (self.head[0] & 0x04 != 0).then_some(self.head[3])
    }

    /// The frame inside.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
