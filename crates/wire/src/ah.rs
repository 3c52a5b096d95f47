//! IPsec authentication header, RFC 4302.

use crate::{Malformed, read};

/// View of an authentication header; what it protects follows in the clear.
#[derive(Clone, Copy, Debug)]
pub struct Ah<'a> {
    head: &'a [u8; 12],
    payload: &'a [u8],
}

impl<'a> Ah<'a> {
    /// Reads the header; its length field counts words of four bytes, less two.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, _) = read::head::<12>(bytes)?;
        let len = (usize::from(head[1]) + 2) * 4;
        if len < 12 {
            return Err(Malformed::BadLength);
        }
        Ok(Self { head, payload: read::split(bytes, len)?.1 })
    }

    /// Protocol of what follows.
    #[must_use]
    pub fn next_header(&self) -> u8 {
        self.head[0]
    }

    /// Security parameters index.
    #[must_use]
    pub fn spi(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// Sequence number.
    #[must_use]
    pub fn seq(&self) -> u32 {
        be32!(self.head, 8)
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
