//! GTP version 1, user plane: 3GPP TS 29.281.

use crate::{Malformed, read};

/// View of a GTP-U header.
#[derive(Clone, Copy, Debug)]
pub struct Gtpu<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Gtpu<'a> {
    /// The UDP port.
    pub const PORT: u16 = 2152;
    /// Message type of user data.
    pub const G_PDU: u8 = 255;

    /// Reads the header, its optional four bytes and its extension headers.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<8>(bytes)?;
        // Version 1 and protocol type GTP (not GTP').
        if head[0] & 0xf0 != 0x30 {
            return Err(Malformed::BadVersion(head[0] >> 5));
        }
        let mut rest = read::clip(rest, usize::from(be16!(head, 2)));
        if head[0] & 7 != 0 {
            let (optional, after) = read::head::<4>(rest)?;
            rest = after;
            let mut next = if head[0] & 4 != 0 { optional[3] } else { 0 };
            while next != 0 {
                let words = usize::from(*rest.first().ok_or(Malformed::Truncated { need: 4, have: 0 })?);
                if words == 0 {
                    return Err(Malformed::BadLength);
                }
                let (extension, after) = read::split(rest, words * 4)?;
                next = extension.last().copied().unwrap_or(0);
                rest = after;
            }
        }
        Ok(Self { head, payload: rest })
    }

    /// Message type; [`Self::G_PDU`] carries user data.
    #[must_use]
    pub fn kind(&self) -> u8 {
        self.head[1]
    }

    /// Tunnel endpoint identifier.
    #[must_use]
    pub fn teid(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// The user's packet.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
