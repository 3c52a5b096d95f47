//! IPv6, RFC 8200.

use std::net::Ipv6Addr;

use crate::{Malformed, read};

/// View of the fixed IPv6 header and its payload (extension headers included), bounded by the payload length.
#[derive(Clone, Copy, Debug)]
pub struct Ipv6<'a> {
    head: &'a [u8; 40],
    payload: &'a [u8],
    missing: usize,
}

impl<'a> Ipv6<'a> {
    /// Reads the header. A payload length of 0 is a jumbogram (RFC 2675) or segmentation offload: then everything captured belongs to it.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<40>(bytes)?;
        if head[0] >> 4 != 6 {
            return Err(Malformed::BadVersion(head[0] >> 4));
        }
        let claimed = match usize::from(be16!(head, 4)) {
            0 => rest.len(),
            n => n,
        };
        let payload = read::clip(rest, claimed);
        Ok(Self { head, payload, missing: claimed - payload.len() })
    }

    /// Source address.
    #[inline]
    #[must_use]
    pub fn src(&self) -> Ipv6Addr {
        let h = self.head;
        Ipv6Addr::from([
            h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15], h[16], h[17], h[18], h[19], h[20], h[21],
            h[22], h[23],
        ])
    }

    /// Destination address.
    #[inline]
    #[must_use]
    pub fn dst(&self) -> Ipv6Addr {
        let h = self.head;
        Ipv6Addr::from([
            h[24], h[25], h[26], h[27], h[28], h[29], h[30], h[31], h[32], h[33], h[34], h[35], h[36], h[37],
            h[38], h[39],
        ])
    }

    /// Number of the header that follows: an extension header or the transport protocol.
    #[inline]
    #[must_use]
    pub fn next_header(&self) -> u8 {
        self.head[6]
    }

    /// Hop limit.
    #[inline]
    #[must_use]
    pub fn hop_limit(&self) -> u8 {
        self.head[7]
    }

    /// Differentiated services code point, 0 to 63.
    #[inline]
    #[must_use]
    pub fn dscp(&self) -> u8 {
        (be16!(self.head, 0) >> 6) as u8 & 0x3f
    }

    /// Flow label, 20 bits.
    #[must_use]
    pub fn flow_label(&self) -> u32 {
        be32!(self.head, 0) & 0x000f_ffff
    }

    /// The payload as far as it was captured, extension headers included.
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

/// The IPv6 extension headers.
pub mod ext {
    use crate::{Malformed, read};

    /// View of a hop-by-hop, routing, destination options, mobility, HIP or shim6 header: next header, length in units of 8 after the first 8.
    #[derive(Clone, Copy, Debug)]
    pub struct Options<'a> {
        head: &'a [u8; 8],
        payload: &'a [u8],
    }

    impl<'a> Options<'a> {
        /// Reads the header.
        pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
            let (head, _) = read::head::<8>(bytes)?;
            Ok(Self { head, payload: read::split(bytes, (usize::from(head[1]) + 1) * 8)?.1 })
        }

        /// Number of the header that follows.
        #[must_use]
        pub fn next_header(&self) -> u8 {
            self.head[0]
        }

        /// The bytes after the header.
        #[must_use]
        pub fn payload(&self) -> &'a [u8] {
            self.payload
        }
    }

    /// View of a fragment header.
    #[derive(Clone, Copy, Debug)]
    pub struct Fragment<'a> {
        head: &'a [u8; 8],
        payload: &'a [u8],
    }

    impl<'a> Fragment<'a> {
        /// Reads the eight bytes.
        pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
            let (head, payload) = read::head(bytes)?;
            Ok(Self { head, payload })
        }

        /// Number of the header at the start of the datagram's fragmentable part.
        #[must_use]
        pub fn next_header(&self) -> u8 {
            self.head[0]
        }

        /// Place of this fragment in the fragmentable part, in bytes.
        #[must_use]
        pub fn offset(&self) -> u32 {
            u32::from(be16!(self.head, 2) & 0xfff8)
        }

        /// Whether more fragments follow.
        #[must_use]
        pub fn more(&self) -> bool {
            self.head[3] & 1 == 1
        }

        /// Identification, shared by the fragments of a datagram.
        #[must_use]
        pub fn id(&self) -> u32 {
            be32!(self.head, 4)
        }

        /// The bytes after the header.
        #[must_use]
        pub fn payload(&self) -> &'a [u8] {
            self.payload
        }
    }
}
