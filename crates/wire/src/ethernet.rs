//! Ethernet II and IEEE 802.3.
//!
//! ```text
//!  0      6      12       14
//! +------+------+--------+---------
//! | dst  | src  |  type  | payload     type < 0x0600: 802.3 length, LLC follows
//! +------+------+--------+---------
//! ```

use crate::{Malformed, read};

/// A 48-bit MAC address in transmission order.
pub type Mac = [u8; 6];

/// View of an Ethernet header and what follows it (padding and FCS included).
#[derive(Clone, Copy, Debug)]
pub struct Ethernet<'a> {
    head: &'a [u8; 14],
    payload: &'a [u8],
}

impl<'a> Ethernet<'a> {
    /// Reads the 14 bytes.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// Destination address.
    #[inline]
    #[must_use]
    pub fn dst(&self) -> Mac {
        let h = self.head;
        [h[0], h[1], h[2], h[3], h[4], h[5]]
    }

    /// Source address.
    #[inline]
    #[must_use]
    pub fn src(&self) -> Mac {
        let h = self.head;
        [h[6], h[7], h[8], h[9], h[10], h[11]]
    }

    /// EtherType, or the 802.3 length where it is below `0x0600`.
    #[inline]
    #[must_use]
    pub fn ethertype(&self) -> u16 {
        be16!(self.head, 12)
    }

    /// The bytes after the header.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
