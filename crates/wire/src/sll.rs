//! Linux cooked capture, versions 1 and 2 (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2).

use crate::{Mac, Malformed, read};

/// View of a version 1 header: packet type, ARPHRD type, address length, address, protocol.
#[derive(Clone, Copy, Debug)]
pub struct Sll<'a> {
    head: &'a [u8; 16],
    payload: &'a [u8],
}

impl<'a> Sll<'a> {
    /// Reads the 16 bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us.
    #[must_use]
    pub fn packet_type(&self) -> u16 {
        be16!(self.head, 0)
    }

    /// Linux ARPHRD number of the interface.
    #[must_use]
    pub fn arphrd(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Link-layer address of the sender, where it is a MAC address.
    #[must_use]
    pub fn source(&self) -> Option<Mac> {
        let h = self.head;
        (be16!(h, 4) == 6).then_some([h[6], h[7], h[8], h[9], h[10], h[11]])
    }

    /// EtherType, or a Linux number below 0x0600: 1 is 802.3 without LLC, 4 is LLC.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        be16!(self.head, 14)
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// View of a version 2 header: protocol, interface index, ARPHRD type, packet type, address length, address.
#[derive(Clone, Copy, Debug)]
pub struct Sll2<'a> {
    head: &'a [u8; 20],
    payload: &'a [u8],
}

impl<'a> Sll2<'a> {
    /// Reads the 20 bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// EtherType, or a Linux number below 0x0600.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        be16!(self.head, 0)
    }

    /// Index of the interface on the capturing host.
    #[must_use]
    pub fn interface(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// Linux ARPHRD number of the interface.
    #[must_use]
    pub fn arphrd(&self) -> u16 {
        be16!(self.head, 8)
    }

    /// Link-layer address of the sender, where it is a MAC address.
    #[must_use]
    pub fn source(&self) -> Option<Mac> {
        let h = self.head;
        (h[11] == 6).then_some([h[12], h[13], h[14], h[15], h[16], h[17]])
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
