//! VLAN tag, IEEE 802.1Q: priority (3 bits), drop eligible (1), VLAN id (12), then the next EtherType.

use crate::{Malformed, read};

/// View of the four bytes after a VLAN EtherType.
#[derive(Clone, Copy, Debug)]
pub struct Vlan<'a> {
    head: &'a [u8; 4],
    payload: &'a [u8],
}

impl<'a> Vlan<'a> {
    /// Reads the tag that follows the EtherType `0x8100` or one of its relatives.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// VLAN id, 0 to 4095. 0 means "priority tag only".
    #[inline]
    #[must_use]
    pub fn id(&self) -> u16 {
        be16!(self.head, 0) & 0x0fff
    }

    /// Priority code point, 0 to 7.
    #[must_use]
    pub fn priority(&self) -> u8 {
        self.head[0] >> 5
    }

    /// The EtherType of what follows.
    #[inline]
    #[must_use]
    pub fn ethertype(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// The bytes after the tag.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
