//! UDP, RFC 768.

use crate::{Malformed, read};

/// View of a UDP header and its payload, bounded by the length field.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    head: &'a [u8; 8],
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Udp<'a> {
    /// Reads the header. A length of 0 is a jumbogram or segmentation offload: then all that is there belongs to it.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<8>(bytes)?;
        let claimed = match usize::from(be16!(head, 4)) {
            0 => rest.len(),
            n => n.checked_sub(8).ok_or(Malformed::BadLength)?,
        };
        // A snap length may cut the payload; that is not an error of the sender.
        let payload = read::clip(rest, claimed);
        Ok(Self { head, payload, missing: claimed - payload.len() })
    }

    /// Source port.
    #[inline]
    #[must_use]
    pub fn src_port(&self) -> u16 {
        be16!(self.head, 0)
    }

    /// Destination port.
    #[inline]
    #[must_use]
    pub fn dst_port(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Length as sent, header included.
    #[must_use]
    pub fn len(&self) -> u16 {
        be16!(self.head, 4)
    }

    /// Whether there is no payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// Checksum as sent; 0 means that the sender computed none.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        be16!(self.head, 6)
    }

    /// The payload as far as it was captured.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Bytes of payload that were sent but not captured.
    #[inline]
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing
    }
}
