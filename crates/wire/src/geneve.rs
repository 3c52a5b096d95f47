//! GENEVE, RFC 8926.

use crate::{Malformed, read};

/// View of a GENEVE header.
#[derive(Clone, Copy, Debug)]
pub struct Geneve<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Geneve<'a> {
    /// The UDP port.
    pub const PORT: u16 = 6081;

    /// Reads header and options (length in words of four bytes).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<8>(bytes)?;
        if head[0] >> 6 != 0 {
            return Err(Malformed::BadVersion(head[0] >> 6));
        }
        Ok(Self { head, payload: read::split(rest, usize::from(head[0] & 0x3f) * 4)?.1 })
    }

    /// EtherType of the payload; 0x6558 is an Ethernet frame.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Network identifier, 24 bits.
    #[must_use]
    pub fn vni(&self) -> u32 {
        be32!(self.head, 4) >> 8
    }

    /// The bytes after the options.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
