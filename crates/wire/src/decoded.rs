//! What the decoder says of one frame: one flat value, however many tunnels the frame went through.

use std::net::{IpAddr, Ipv4Addr};

use crate::{Esp, Icmp, Layer, Layers, Mac, Malformed, Sctp, Tcp, Udp};

/// VLAN tags kept of one frame; further ones are counted by [`Stack::lost`].
pub const MAX_VLANS: usize = 4;
/// MPLS labels kept of one frame.
pub const MAX_LABELS: usize = 4;
/// Enclosing Ethernet headers and enclosing IP headers kept of one frame.
pub const MAX_OUTER: usize = 4;

/// A list of at most `N` small values, in place. What does not fit is counted, not kept.
#[derive(Clone, Copy, Debug)]
pub struct Stack<T, const N: usize> {
    items: [T; N],
    len: u8,
    lost: u8,
}

impl<T: Copy, const N: usize> Stack<T, N> {
    /// An empty list; `filler` fills the unused places.
    #[inline]
    const fn new(filler: T) -> Self {
        Self { items: [filler; N], len: 0, lost: 0 }
    }

    /// Adds a value at the end.
    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        match self.items.get_mut(usize::from(self.len)) {
            Some(place) => {
                *place = item;
                self.len += 1;
            }
            None => self.lost = self.lost.saturating_add(1),
        }
    }

    /// The values, outermost first.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.items.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Values that did not fit.
    #[must_use]
    pub fn lost(&self) -> usize {
        usize::from(self.lost)
    }
}

impl<T: Copy, const N: usize> std::ops::Deref for Stack<T, N> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: Copy + PartialEq, const N: usize> PartialEq for Stack<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice() && self.lost == other.lost
    }
}

/// Source and destination MAC address of one Ethernet header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MacPair {
    /// Sender.
    pub src: Mac,
    /// Receiver.
    pub dst: Mac,
}

/// The innermost Ethernet (or 802.11) header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ether {
    /// Its addresses.
    pub macs: MacPair,
    /// What follows it after VLAN tags and the like: an EtherType, or the 802.3 length where it is below 0x0600.
    pub ethertype: u16,
}

/// One VLAN tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct VlanTag {
    /// The EtherType that announced the tag: `ether::DOT1Q`, `ether::DOT1AD` …
    pub tpid: u16,
    /// VLAN id, 0 to 4095.
    pub id: u16,
}

/// Addresses of an IP header that encloses the innermost packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpPair {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Protocol number of what it carries: 47 for GRE, 17 for VXLAN …
    pub protocol: u8,
}

impl IpPair {
    const NONE: Self =
        Self { src: IpAddr::V4(Ipv4Addr::UNSPECIFIED), dst: IpAddr::V4(Ipv4Addr::UNSPECIFIED), protocol: 0 };
}

/// One part of a fragmented IP datagram. Its bytes are [`Decoded::payload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// Identification that the parts share: 16 bits for IPv4, 32 for IPv6.
    pub id: u32,
    /// Place in the datagram's payload, bytes.
    pub offset: u32,
    /// Whether further parts follow.
    pub more: bool,
}

/// The innermost IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ip {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Protocol number of the payload, after the extension headers of IPv6. An authentication header counts as a protocol here (51);
    /// [`Decoded::transport`] looks through it.
    pub protocol: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Differentiated services code point, 0 to 63.
    pub dscp: u8,
    /// Set when this is a part of a datagram; then nothing behind the IP header was decoded.
    pub fragment: Option<Fragment>,
    /// Bytes of payload as sent, after the extension headers.
    pub len: u32,
}

impl Ip {
    /// Whether this is IPv6.
    #[inline]
    #[must_use]
    pub fn is_v6(&self) -> bool {
        self.src.is_ipv6()
    }
}

/// The innermost network header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Net {
    /// None was reached: see [`Decoded::stop`]. Without a stop the frame carries no network packet (802.11 management, encrypted data).
    #[default]
    None,
    /// IPv4 or IPv6.
    Ip(Ip),
    /// Another EtherType: ARP, LLDP, PPPoE discovery, or one this crate does not read. [`Decoded::payload`] is what follows.
    Ether {
        /// The EtherType.
        ethertype: u16,
    },
    /// Logical link control without an EtherType inside: spanning tree, IS-IS, CDP.
    Llc {
        /// Destination service access point: 0x42 spanning tree, 0xfe ISO, 0xaa SNAP.
        dsap: u8,
        /// Source service access point.
        ssap: u8,
        /// Organisation and protocol where the access point is SNAP.
        snap: Option<(u32, u16)>,
    },
}

/// The innermost transport header.
#[derive(Clone, Copy, Debug, Default)]
pub enum Transport<'a> {
    /// None: no IP, a fragment, or malformed.
    #[default]
    None,
    /// TCP. [`Decoded::payload`] is the segment's data.
    Tcp(Tcp<'a>),
    /// UDP. [`Decoded::payload`] is the datagram's data.
    Udp(Udp<'a>),
    /// SCTP. [`Decoded::payload`] are the chunks.
    Sctp(Sctp<'a>),
    /// ICMP for IPv4. [`Decoded::payload`] is the whole message, type and code included.
    Icmp(Icmp<'a>),
    /// ICMP for IPv6. [`Decoded::payload`] is the whole message.
    Icmp6(Icmp<'a>),
    /// IPsec encapsulating security payload. [`Decoded::payload`] is the whole message.
    Esp(Esp<'a>),
    /// Any other protocol of IP, by number. [`Decoded::payload`] is all that follows the IP header.
    Other(u8),
}

impl Transport<'_> {
    /// Source and destination port of the protocols that have ports.
    #[inline]
    #[must_use]
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp(t) => Some((t.src_port(), t.dst_port())),
            Self::Udp(u) => Some((u.src_port(), u.dst_port())),
            Self::Sctp(s) => Some((s.src_port(), s.dst_port())),
            Self::None | Self::Icmp(_) | Self::Icmp6(_) | Self::Esp(_) | Self::Other(_) => None,
        }
    }
}

/// Where and why decoding ended before the innermost header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The header that could not be read.
    pub layer: Layer,
    /// Where it starts, bytes from the start of the frame.
    pub offset: usize,
    /// What is wrong.
    pub why: Malformed,
}

/// One decoded frame. Whatever was understood before a [`Stop`] is filled in.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// Every kind of header that the frame went through; `layers.and(Layers::TUNNELS)` are the tunnels a session names.
    pub layers: Layers,
    /// What follows the outermost link header and its VLAN tags: an EtherType or an 802.3 length. 0 where the link has none and the
    /// packet inside is no IP.
    pub ethertype: u16,
    /// The innermost Ethernet header, if there is one.
    pub ether: Option<Ether>,
    /// MAC addresses of the Ethernet headers around the innermost one, outermost first.
    pub outer_macs: Stack<MacPair, MAX_OUTER>,
    /// Link-layer address of the sender in a Linux cooked capture, which knows no receiver.
    pub cooked_src: Option<Mac>,
    /// VLAN tags of all Ethernet headers, outermost first.
    pub vlans: Stack<VlanTag, MAX_VLANS>,
    /// MPLS labels, outermost first.
    pub labels: Stack<u32, MAX_LABELS>,
    /// PPPoE session id.
    pub pppoe: Option<u16>,
    /// Network identifier of the innermost VXLAN or GENEVE header.
    pub vni: Option<u32>,
    /// Tunnel endpoint identifier of the innermost GTP-U header.
    pub teid: Option<u32>,
    /// Mirror session of ERSPAN types II and III.
    pub erspan: Option<u16>,
    /// IP headers around the innermost network packet, outermost first.
    pub outer_ips: Stack<IpPair, MAX_OUTER>,
    /// The innermost network header.
    pub net: Net,
    /// The innermost transport header.
    pub transport: Transport<'a>,
    /// The bytes behind the innermost header as captured, without padding; what exactly is said at [`Transport`], [`Net`], [`Fragment`].
    pub payload: &'a [u8],
    /// Place of `payload` in the frame, bytes from its start. After [`crate::decode_ip`]: in the reassembled datagram.
    pub payload_at: usize,
    /// Bytes of `payload` that were sent but, because of the snap length, not captured.
    pub missing: usize,
    /// Set when a header could not be read.
    pub stop: Option<Stop>,
}

impl<'a> Decoded<'a> {
    /// Nothing understood yet.
    #[inline]
    pub(crate) fn new(frame: &'a [u8]) -> Self {
        Self {
            layers: Layers::NONE,
            ethertype: 0,
            ether: None,
            outer_macs: Stack::new(MacPair { src: [0; 6], dst: [0; 6] }),
            cooked_src: None,
            vlans: Stack::new(VlanTag { tpid: 0, id: 0 }),
            labels: Stack::new(0),
            pppoe: None,
            vni: None,
            teid: None,
            erspan: None,
            outer_ips: Stack::new(IpPair::NONE),
            net: Net::None,
            transport: Transport::None,
            payload: frame,
            payload_at: 0,
            missing: 0,
            stop: None,
        }
    }

    /// The same frame's link layers and tunnels with other bytes behind the IP header.
    pub(crate) fn with_payload<'b>(&self, payload: &'b [u8]) -> Decoded<'b> {
        Decoded { transport: Transport::None, payload, payload_at: 0, missing: 0, stop: None, ..*self }
    }

    /// The innermost IP header.
    #[inline]
    #[must_use]
    pub fn ip(&self) -> Option<&Ip> {
        match &self.net {
            Net::Ip(ip) => Some(ip),
            Net::None | Net::Ether { .. } | Net::Llc { .. } => None,
        }
    }

    /// The fragment information, if the innermost packet is a part of a datagram.
    #[inline]
    #[must_use]
    pub fn fragment(&self) -> Option<Fragment> {
        self.ip().and_then(|ip| ip.fragment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_counts_what_does_not_fit() {
        let mut stack: Stack<u32, 2> = Stack::new(0);
        assert!(stack.is_empty());
        for i in 1..=3 {
            stack.push(i);
        }
        assert_eq!(stack.as_slice(), [1, 2]);
        assert_eq!(stack.lost(), 1);
    }
}
