//! ARP and RARP for IPv4 over Ethernet, RFC 826.

use std::net::Ipv4Addr;

use crate::{Mac, Malformed, read};

/// View of an ARP packet for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug)]
pub struct Arp<'a> {
    head: &'a [u8; 28],
}

impl<'a> Arp<'a> {
    /// Reads 28 bytes. Other hardware or protocol sizes are [`Malformed::BadValue`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, _) = read::head::<28>(bytes)?;
        if be16!(head, 2) != 0x0800 || head[4] != 6 || head[5] != 4 {
            return Err(Malformed::BadValue);
        }
        Ok(Self { head })
    }

    /// 1 request, 2 reply, 3 and 4 the same for RARP.
    #[must_use]
    pub fn opcode(&self) -> u16 {
        be16!(self.head, 6)
    }

    /// Hardware address of the sender.
    #[must_use]
    pub fn sender_mac(&self) -> Mac {
        let h = self.head;
        [h[8], h[9], h[10], h[11], h[12], h[13]]
    }

    /// IPv4 address of the sender.
    #[must_use]
    pub fn sender_ip(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(be32!(self.head, 14))
    }

    /// Hardware address that is asked for or told.
    #[must_use]
    pub fn target_mac(&self) -> Mac {
        let h = self.head;
        [h[18], h[19], h[20], h[21], h[22], h[23]]
    }

    /// IPv4 address that is asked for or told.
    #[must_use]
    pub fn target_ip(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(be32!(self.head, 24))
    }
}
