//! Network Service Header, RFC 8300.

use crate::{Malformed, read};

/// View of a Network Service Header.
#[derive(Clone, Copy, Debug)]
pub struct Nsh<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Nsh<'a> {
    /// Next protocol: IPv4.
    pub const IPV4: u8 = 1;
    /// Next protocol: IPv6.
    pub const IPV6: u8 = 2;
    /// Next protocol: Ethernet.
    pub const ETHERNET: u8 = 3;
    /// Next protocol: MPLS.
    pub const MPLS: u8 = 5;

    /// Reads base header, service path and skips the context headers (length in words of four bytes).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, _) = read::head::<8>(bytes)?;
        if head[0] >> 6 != 0 {
            return Err(Malformed::BadVersion(head[0] >> 6));
        }
        let len = usize::from(head[1] & 0x3f) * 4;
        if len < 8 {
            return Err(Malformed::BadLength);
        }
        Ok(Self { head, payload: read::split(bytes, len)?.1 })
    }

    /// Next protocol.
    #[must_use]
    pub fn next(&self) -> u8 {
        self.head[3]
    }

    /// Service path identifier.
    #[must_use]
    pub fn path(&self) -> u32 {
        be32!(self.head, 4) >> 8
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
