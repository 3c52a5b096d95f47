//! Tags of switches between an Ethernet header and its payload: Cisco metadata (security group) and VN-Tag.

use crate::{Malformed, read};

/// View of Cisco metadata after the EtherType 0x8909: version, length in words, option, security group tag, next EtherType.
#[derive(Clone, Copy, Debug)]
pub struct Cmd<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Cmd<'a> {
    /// Reads the eight bytes of version 1 with one option.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head::<8>(bytes)?;
        match (head[0], head[1]) {
            (1, 1) => Ok(Self { head, payload }),
            (1, _) => Err(Malformed::BadLength),
            (version, _) => Err(Malformed::BadVersion(version)),
        }
    }

    /// Security group tag.
    #[must_use]
    pub fn sgt(&self) -> u16 {
        be16!(self.head, 4)
    }

    /// EtherType of what follows.
    #[must_use]
    pub fn ethertype(&self) -> u16 {
        be16!(self.head, 6)
    }

    /// The bytes after the tag.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// View of a VN-Tag after the EtherType 0x8926: direction and virtual interfaces, next EtherType.
#[derive(Clone, Copy, Debug)]
pub struct Vntag<'a> {
    head: &'a [u8; 6],
    payload: &'a [u8],
}

impl<'a> Vntag<'a> {
    /// Reads the six bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// EtherType of what follows.
    #[must_use]
    pub fn ethertype(&self) -> u16 {
        be16!(self.head, 4)
    }

    /// The bytes after the tag.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
