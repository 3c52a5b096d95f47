//! Linux netfilter log: a header of four bytes, then attributes in host byte order; attribute 9 is the packet.

use crate::{Malformed, read};

/// View of an NFLOG record.
#[derive(Clone, Copy, Debug)]
pub struct Nflog<'a> {
    family: u8,
    payload: &'a [u8],
}

impl<'a> Nflog<'a> {
    /// Finds the payload attribute. The byte order is guessed from the first length: attributes are shorter than 64 KiB.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, mut rest) = read::head::<4>(bytes)?;
        if head[1] != 0 {
            return Err(Malformed::BadVersion(head[1]));
        }
        loop {
            let (tlv, _) = read::head::<4>(rest)?;
            let (le, be) = (u16::from_le_bytes([tlv[0], tlv[1]]), be16!(tlv, 0));
            let kind_le = u16::from_le_bytes([tlv[2], tlv[3]]) & 0x7fff;
            let (len, kind) = if kind_le < 256 { (le, kind_le) } else { (be, be16!(tlv, 2) & 0x7fff) };
            let len = usize::from(len);
            if len < 4 {
                return Err(Malformed::BadLength);
            }
            if kind == 9 {
                return Ok(Self {
                    family: head[0],
                    payload: read::clip(rest, len).get(4..).unwrap_or_default(),
                });
            }
            rest = read::split(rest, len.next_multiple_of(4))?.1;
        }
    }

    /// Address family: 2 is IPv4, 10 is IPv6.
    #[must_use]
    pub fn family(&self) -> u8 {
        self.family
    }

    /// The logged packet.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
