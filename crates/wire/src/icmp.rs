//! ICMP (RFC 792) and ICMPv6 (RFC 4443): the same eight bytes.

use crate::{Malformed, read};

/// View of an ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    head: &'a [u8; 4],
    payload: &'a [u8],
}

impl<'a> Icmp<'a> {
    /// Reads type, code and checksum.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// Message type.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.head[0]
    }

    /// Code within the type.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.head[1]
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Everything after the checksum: the four type-dependent bytes and the body.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
