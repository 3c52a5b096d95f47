//! PPP over Ethernet, RFC 2516: version and type (0x11), code, session id, length.

use crate::{Malformed, read};

/// View of a PPPoE header and its payload, bounded by the length field.
#[derive(Clone, Copy, Debug)]
pub struct Pppoe<'a> {
    head: &'a [u8; 6],
    payload: &'a [u8],
}

impl<'a> Pppoe<'a> {
    /// Reads the header; version and type must both be 1.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<6>(bytes)?;
        if head[0] != 0x11 {
            return Err(Malformed::BadVersion(head[0] >> 4));
        }
        Ok(Self { head, payload: read::clip(rest, usize::from(be16!(head, 4))) })
    }

    /// Code: 0 is session data, the others are discovery.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.head[1]
    }

    /// Session id, 0 while discovering.
    #[must_use]
    pub fn session_id(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// A PPP frame (session) or tags (discovery).
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
