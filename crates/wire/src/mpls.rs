//! One MPLS label stack entry, RFC 3032: label (20 bits), traffic class (3), bottom of stack (1), TTL (8).

use crate::{Malformed, read};

/// View of one label stack entry and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct MplsLabel<'a> {
    head: &'a [u8; 4],
    payload: &'a [u8],
}

impl<'a> MplsLabel<'a> {
    /// Reads one entry.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// The 20-bit label.
    #[must_use]
    pub fn label(&self) -> u32 {
        be32!(self.head, 0) >> 12
    }

    /// Whether this is the last label.
    #[must_use]
    pub fn is_bottom(&self) -> bool {
        self.head[2] & 1 == 1
    }

    /// Time to live.
    #[must_use]
    pub fn ttl(&self) -> u8 {
        self.head[3]
    }

    /// The next entry, or the payload after the bottom of the stack.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
