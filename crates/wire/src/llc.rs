//! Logical link control (IEEE 802.2) and the Subnetwork Access Protocol.

use crate::{Malformed, read};

/// View of an LLC header: destination and source service access point and the control field (1 or 2 bytes).
#[derive(Clone, Copy, Debug)]
pub struct Llc<'a> {
    head: &'a [u8; 3],
    payload: &'a [u8],
}

impl<'a> Llc<'a> {
    /// Service access point of SNAP.
    pub const SNAP: u8 = 0xaa;
    /// Service access point of the spanning tree protocol.
    pub const STP: u8 = 0x42;
    /// Service access point of ISO network layer protocols (IS-IS, ES-IS, CLNP).
    pub const ISO: u8 = 0xfe;
    /// Service access point of raw IPX (`ff ff`).
    pub const IPX: u8 = 0xff;

    /// Reads the header. Information and supervisory frames have a control field of two bytes, unnumbered ones of one.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<3>(bytes)?;
        let payload = if head[2] & 3 == 3 { rest } else { read::split(rest, 1)?.1 };
        Ok(Self { head, payload })
    }

    /// Destination service access point.
    #[must_use]
    pub fn dsap(&self) -> u8 {
        self.head[0]
    }

    /// Source service access point.
    #[must_use]
    pub fn ssap(&self) -> u8 {
        self.head[1]
    }

    /// First byte of the control field; 3 is unnumbered information.
    #[must_use]
    pub fn control(&self) -> u8 {
        self.head[2]
    }

    /// The bytes after the control field.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The SNAP header, if this is `aa aa 03`.
    #[must_use]
    pub fn snap(&self) -> Option<Snap<'a>> {
        if self.head != &[Self::SNAP, Self::SNAP, 3] {
            return None;
        }
        Snap::parse(self.payload).ok()
    }
}

/// View of a SNAP header: organisation code and protocol.
#[derive(Clone, Copy, Debug)]
pub struct Snap<'a> {
    head: &'a [u8; 5],
    payload: &'a [u8],
}

impl<'a> Snap<'a> {
    /// Reads the five bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// Organisation code; 0 and 0x0000f8 mean that the protocol is an EtherType.
    #[must_use]
    pub fn oui(&self) -> u32 {
        be32!(self.head, 0) >> 8
    }

    /// Protocol of the organisation.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        be16!(self.head, 3)
    }

    /// The protocol as an EtherType, where the organisation code says that it is one.
    #[must_use]
    pub fn ethertype(&self) -> Option<u16> {
        matches!(self.oui(), 0 | 0xf8).then(|| self.protocol())
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
