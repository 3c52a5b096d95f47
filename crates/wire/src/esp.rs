//! IPsec encapsulating security payload, RFC 4303: index and sequence number; the rest is encrypted.

use crate::{Malformed, read};

/// View of an ESP header.
#[derive(Clone, Copy, Debug)]
pub struct Esp<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
}

impl<'a> Esp<'a> {
    /// Reads the eight bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// Security parameters index.
    #[must_use]
    pub fn spi(&self) -> u32 {
        be32!(self.head, 0)
    }

    /// Sequence number.
    #[must_use]
    pub fn seq(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// The encrypted bytes.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
