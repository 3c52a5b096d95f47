//! ERSPAN types II (8 bytes) and III (12 bytes, 8 more for a platform header); type I has no header at all.

use crate::{Malformed, read};

/// View of an ERSPAN header and the mirrored Ethernet frame.
#[derive(Clone, Copy, Debug)]
pub struct Erspan<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Erspan<'a> {
    /// Reads a type II (version 1) or type III (version 2) header.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<8>(bytes)?;
        let payload = match head[0] >> 4 {
            1 => rest,
            2 => {
                let (more, rest) = read::head::<4>(rest)?;
                if more[3] & 1 == 1 { read::split(rest, 8)?.1 } else { rest }
            }
            version => return Err(Malformed::BadVersion(version)),
        };
        Ok(Self { head, payload })
    }

    /// VLAN the mirrored frame was on.
    #[must_use]
    pub fn vlan(&self) -> u16 {
        be16!(self.head, 0) & 0x0fff
    }

    /// Session of the mirror, 10 bits.
    #[must_use]
    pub fn session_id(&self) -> u16 {
        be16!(self.head, 2) & 0x03ff
    }

    /// The mirrored frame.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
