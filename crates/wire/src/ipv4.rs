//! IPv4, RFC 791.

use std::net::Ipv4Addr;

use crate::{Malformed, read};

/// View of an IPv4 header, its options, and its payload bounded by the total length (Ethernet padding is not payload).
#[derive(Clone, Copy, Debug)]
pub struct Ipv4<'a> {
    head: &'a [u8; 20],
    options: &'a [u8],
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Ipv4<'a> {
    /// Reads the header. A total length of 0 is what segmentation offload leaves: then everything captured belongs to the datagram.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<20>(bytes)?;
        if head[0] >> 4 != 4 {
            return Err(Malformed::BadVersion(head[0] >> 4));
        }
        let header = usize::from(head[0] & 0x0f) * 4;
        let total = match usize::from(be16!(head, 2)) {
            0 => bytes.len(),
            n => n,
        };
        if header < 20 || total < header {
            return Err(Malformed::BadLength);
        }
        let (options, rest) = rest
            .split_at_checked(header - 20)
            .ok_or(Malformed::Truncated { need: header, have: bytes.len() })?;
        let claimed = total - header;
        let payload = read::clip(rest, claimed);
        Ok(Self { head, options, payload, missing: claimed - payload.len() })
    }

    /// Source address.
    #[inline]
    #[must_use]
    pub fn src(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(be32!(self.head, 12))
    }

    /// Destination address.
    #[inline]
    #[must_use]
    pub fn dst(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(be32!(self.head, 16))
    }

    /// Protocol number of the payload.
    #[inline]
    #[must_use]
    pub fn protocol(&self) -> u8 {
        self.head[9]
    }

    /// Time to live.
    #[inline]
    #[must_use]
    pub fn ttl(&self) -> u8 {
        self.head[8]
    }

    /// Differentiated services code point, 0 to 63.
    #[inline]
    #[must_use]
    pub fn dscp(&self) -> u8 {
        self.head[1] >> 2
    }

    /// Identification, shared by the fragments of a datagram.
    #[must_use]
    pub fn id(&self) -> u16 {
        be16!(self.head, 4)
    }

    /// Total length as sent, header included.
    #[must_use]
    pub fn total_len(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Whether the sender forbade fragmentation.
    #[must_use]
    pub fn dont_fragment(&self) -> bool {
        self.head[6] & 0x40 != 0
    }

    /// Whether more fragments follow.
    #[inline]
    #[must_use]
    pub fn more_fragments(&self) -> bool {
        self.head[6] & 0x20 != 0
    }

    /// Place of this fragment's payload in the datagram, in bytes.
    #[inline]
    #[must_use]
    pub fn fragment_offset(&self) -> u32 {
        u32::from(be16!(self.head, 6) & 0x1fff) * 8
    }

    /// Whether this is one of several fragments.
    #[inline]
    #[must_use]
    pub fn is_fragment(&self) -> bool {
        be16!(self.head, 6) & 0x3fff != 0
    }

    /// Header checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        be16!(self.head, 10)
    }

    /// Header length in bytes, options included.
    #[must_use]
    pub fn header_len(&self) -> usize {
        20 + self.options.len()
    }

    /// The options, unparsed.
    #[must_use]
    pub fn options(&self) -> &'a [u8] {
        self.options
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
