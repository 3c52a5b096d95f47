//! Frames for tests, from the inside out: `Frame::payload(b"hi").udp(53, 4000).ipv4(a, b).vlan(7).ethernet(mac_a, mac_b).bytes()`.
//!
//! Every call wraps what is there in one more header and fills in its lengths, next-protocol numbers and checksums. The only part of
//! the crate that allocates; it serves the tests of every crate, so it is not hidden behind `cfg(test)`. Headers that are to be wrong are
//! made by changing [`Frame::bytes`] afterwards.

mod link;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use link::ByteOrder;

use crate::{Mac, TcpFlags, ether, proto};

/// What a finished inner part is, so that the next header can announce it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// Bytes without a number.
    Bytes,
    /// The payload of IP protocol `0`.
    Proto(u8),
    /// What follows an EtherType.
    Type(u16),
    /// An Ethernet frame.
    Ethernet,
}

/// A frame under construction.
#[derive(Clone, Debug)]
pub struct Frame {
    bytes: Vec<u8>,
    is: Is,
}

/// The fields of a TCP header that a test may want to choose; `..Default::default()` for the rest.
#[derive(Clone, Copy, Debug)]
pub struct TcpFields<'a> {
    /// Source and destination port.
    pub ports: (u16, u16),
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Flags.
    pub flags: TcpFlags,
    /// Window, unscaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// Options as bytes, at most 40; padded to a multiple of four with end-of-options.
    pub options: &'a [u8],
}

impl Default for TcpFields<'_> {
    fn default() -> Self {
        Self {
            ports: (40000, 80),
            seq: 0,
            ack: 0,
            flags: TcpFlags::ACK,
            window: 64240,
            urgent: 0,
            options: &[],
        }
    }
}

/// The fields of an IP header that a test may want to choose.
#[derive(Clone, Copy, Debug)]
pub struct IpFields {
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Differentiated services code point, 0 to 63.
    pub dscp: u8,
    /// Identification (IPv4; 32 bits for an IPv6 fragment).
    pub id: u32,
}

impl Default for IpFields {
    fn default() -> Self {
        Self { ttl: 64, dscp: 0, id: 0 }
    }
}

/// Lengths in headers are 16 bits; a longer part gives 0, as segmentation offload does.
fn len16(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap_or(0).to_be_bytes()
}

/// The Internet checksum (RFC 1071) over several parts that are each padded to an even length.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for part in parts {
        for pair in part.chunks(2) {
            let high = pair.first().copied().unwrap_or(0);
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u64::from(u16::from_be_bytes([high, low]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// CRC-32C (Castagnoli), the checksum of SCTP.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0x82f6_3b78 } else { c >> 1 })
    })
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    for (to, from) in bytes.iter_mut().skip(at).zip(value) {
        *to = *from;
    }
}

/// The IPv4 header for a payload of `len` bytes; `offset` in bytes, a multiple of eight.
fn ipv4_header(
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    f: IpFields,
    len: usize,
    offset: usize,
    more: bool,
) -> Vec<u8> {
    let mut head = vec![0x45, f.dscp << 2];
    head.extend(len16(20 + len));
    head.extend((f.id as u16).to_be_bytes());
    head.extend(((offset / 8) as u16 & 0x1fff | if more { 0x2000 } else { 0 }).to_be_bytes());
    head.extend([f.ttl, protocol, 0, 0]);
    head.extend(src.octets());
    head.extend(dst.octets());
    let sum = checksum(&[&head]);
    put(&mut head, 10, &sum.to_be_bytes());
    head
}

fn ipv6_header(src: Ipv6Addr, dst: Ipv6Addr, protocol: u8, f: IpFields, len: usize) -> Vec<u8> {
    let mut head = ((6u32 << 28) | (u32::from(f.dscp) << 22)).to_be_bytes().to_vec();
    head.extend(len16(len));
    head.extend([protocol, f.ttl]);
    head.extend(src.octets());
    head.extend(dst.octets());
    head
}

impl Frame {
    /// Starts with the innermost bytes.
    #[must_use]
    pub fn payload(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is: Is::Bytes }
    }

    /// Bytes that are the payload of an IP protocol, to be wrapped in IP.
    #[must_use]
    pub fn protocol(protocol: u8, bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is: Is::Proto(protocol) }
    }

    /// Bytes that follow an EtherType, to be wrapped in Ethernet.
    #[must_use]
    pub fn ethertype(ethertype: u16, bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is: Is::Type(ethertype) }
    }

    /// An ARP packet for IPv4 over Ethernet; operation 1 asks, 2 replies.
    #[must_use]
    pub fn arp(operation: u16, sender: (Mac, Ipv4Addr), target: (Mac, Ipv4Addr)) -> Self {
        let mut bytes = vec![0, 1, 8, 0, 6, 4];
        bytes.extend(operation.to_be_bytes());
        for (mac, ip) in [sender, target] {
            bytes.extend(mac);
            bytes.extend(ip.octets());
        }
        Self { bytes, is: Is::Type(ether::ARP) }
    }

    /// The finished bytes.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn wrap(mut self, mut head: Vec<u8>, is: Is) -> Self {
        head.append(&mut self.bytes);
        Self { bytes: head, is }
    }

    /// What an EtherType field in front of this part says.
    fn announced(&self) -> u16 {
        match self.is {
            Is::Type(ethertype) => ethertype,
            Is::Ethernet => ether::TEB,
            Is::Bytes | Is::Proto(_) => 0xffff,
        }
    }

    // ---- transport --------------------------------------------------------------------------------------------------------------------

    /// UDP.
    #[must_use]
    pub fn udp(self, src: u16, dst: u16) -> Self {
        let mut head = Vec::with_capacity(8 + self.bytes.len());
        head.extend(src.to_be_bytes());
        head.extend(dst.to_be_bytes());
        head.extend(len16(8 + self.bytes.len()));
        head.extend([0, 0]);
        self.wrap(head, Is::Proto(proto::UDP))
    }

    /// TCP with the usual fields.
    #[must_use]
    pub fn tcp(self, src: u16, dst: u16, seq: u32, ack: u32, flags: TcpFlags) -> Self {
        self.tcp_with(TcpFields { ports: (src, dst), seq, ack, flags, ..TcpFields::default() })
    }

    /// TCP with all fields.
    #[must_use]
    pub fn tcp_with(self, f: TcpFields<'_>) -> Self {
        let mut options = f.options.to_vec();
        options.resize(options.len().min(40).next_multiple_of(4), 0);
        let mut head = Vec::with_capacity(20 + options.len() + self.bytes.len());
        head.extend(f.ports.0.to_be_bytes());
        head.extend(f.ports.1.to_be_bytes());
        head.extend(f.seq.to_be_bytes());
        head.extend(f.ack.to_be_bytes());
        head.extend([(((20 + options.len()) / 4) << 4) as u8, f.flags.0]);
        head.extend(f.window.to_be_bytes());
        head.extend([0, 0]);
        head.extend(f.urgent.to_be_bytes());
        head.extend(options);
        self.wrap(head, Is::Proto(proto::TCP))
    }

    /// SCTP common header; the payload are chunks, see [`sctp_data`].
    #[must_use]
    pub fn sctp(self, src: u16, dst: u16, tag: u32) -> Self {
        let mut head = Vec::new();
        head.extend(src.to_be_bytes());
        head.extend(dst.to_be_bytes());
        head.extend(tag.to_be_bytes());
        head.extend([0; 4]);
        let mut out = self.wrap(head, Is::Proto(proto::SCTP));
        let crc = crc32c(&out.bytes);
        put(&mut out.bytes, 8, &crc.to_le_bytes());
        out
    }

    /// ICMP for IPv4; the payload begins with the four type-dependent bytes.
    #[must_use]
    pub fn icmp(self, kind: u8, code: u8) -> Self {
        let mut out = self.wrap(vec![kind, code, 0, 0], Is::Proto(proto::ICMP));
        let sum = checksum(&[&out.bytes]);
        put(&mut out.bytes, 2, &sum.to_be_bytes());
        out
    }

    /// ICMP for IPv6; the checksum is set by [`Self::ipv6`].
    #[must_use]
    pub fn icmp6(self, kind: u8, code: u8) -> Self {
        self.wrap(vec![kind, code, 0, 0], Is::Proto(proto::ICMP6))
    }

    /// ESP around encrypted bytes.
    #[must_use]
    pub fn esp(self, spi: u32, seq: u32) -> Self {
        let mut head = spi.to_be_bytes().to_vec();
        head.extend(seq.to_be_bytes());
        self.wrap(head, Is::Proto(proto::ESP))
    }

    /// Authentication header with a check value of twelve bytes.
    #[must_use]
    pub fn ah(self, spi: u32, seq: u32) -> Self {
        let Is::Proto(next) = self.is else { return self };
        let mut head = vec![next, 4, 0, 0];
        head.extend(spi.to_be_bytes());
        head.extend(seq.to_be_bytes());
        head.extend([0xab; 12]);
        self.wrap(head, Is::Proto(proto::AH))
    }

    // ---- IP ---------------------------------------------------------------------------------------------------------------------------

    /// Fills in the transport checksum, which covers the addresses too.
    fn transport_checksum(&mut self, src: &[u8], dst: &[u8]) -> u8 {
        let (protocol, at) = match self.is {
            Is::Proto(p @ proto::TCP) => (p, 16),
            Is::Proto(p @ proto::UDP) => (p, 6),
            Is::Proto(p @ proto::ICMP6) => (p, 2),
            Is::Proto(p) => return p,
            Is::Type(ether::IPV4) => return proto::IPV4,
            Is::Type(ether::IPV6) => return proto::IPV6,
            Is::Type(ether::MPLS) => return proto::MPLS,
            Is::Ethernet => return proto::ETHERNET,
            Is::Type(_) | Is::Bytes => return 253,
        };
        put(&mut self.bytes, at, &[0, 0]);
        let len = (self.bytes.len() as u32).to_be_bytes();
        let sum = checksum(&[src, dst, &len, &[0, protocol], &self.bytes]);
        // In UDP 0 means "no checksum"; a checksum that is 0 is sent as all ones.
        let sum = if sum == 0 && protocol == proto::UDP { 0xffff } else { sum };
        put(&mut self.bytes, at, &sum.to_be_bytes());
        protocol
    }

    /// IPv4 with the usual fields.
    #[must_use]
    pub fn ipv4(self, src: impl Into<Ipv4Addr>, dst: impl Into<Ipv4Addr>) -> Self {
        self.ipv4_with(src, dst, IpFields::default())
    }

    /// IPv4.
    #[must_use]
    pub fn ipv4_with(mut self, src: impl Into<Ipv4Addr>, dst: impl Into<Ipv4Addr>, f: IpFields) -> Self {
        let (src, dst) = (src.into(), dst.into());
        let protocol = self.transport_checksum(&src.octets(), &dst.octets());
        let head = ipv4_header(src, dst, protocol, f, self.bytes.len(), 0, false);
        self.wrap(head, Is::Type(ether::IPV4))
    }

    /// IPv6 with the usual fields.
    #[must_use]
    pub fn ipv6(self, src: impl Into<Ipv6Addr>, dst: impl Into<Ipv6Addr>) -> Self {
        self.ipv6_with(src, dst, IpFields::default())
    }

    /// IPv6. Extension headers go in between: see [`Self::ipv6_options`].
    #[must_use]
    pub fn ipv6_with(mut self, src: impl Into<Ipv6Addr>, dst: impl Into<Ipv6Addr>, f: IpFields) -> Self {
        let (src, dst) = (src.into(), dst.into());
        let protocol = self.transport_checksum(&src.octets(), &dst.octets());
        let head = ipv6_header(src, dst, protocol, f, self.bytes.len());
        self.wrap(head, Is::Type(ether::IPV6))
    }

    /// An IPv6 extension header of eight bytes: hop-by-hop (0), routing (43) or destination options (60). The transport checksum stays 0.
    #[must_use]
    pub fn ipv6_options(self, kind: u8) -> Self {
        let Is::Proto(next) = self.is else { return self };
        self.wrap(vec![next, 0, 1, 4, 0, 0, 0, 0], Is::Proto(kind))
    }

    /// IP by the family of the addresses. Mixed families give the frame unchanged.
    #[must_use]
    pub fn ip(self, src: IpAddr, dst: IpAddr) -> Self {
        match (src, dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => self.ipv4(src, dst),
            (IpAddr::V6(src), IpAddr::V6(dst)) => self.ipv6(src, dst),
            _ => self,
        }
    }

    /// The same datagram in fragments with at most `size` bytes of payload each (rounded down to a multiple of eight, at least eight).
    /// The family is that of the addresses; mixed families give no fragment.
    #[must_use]
    pub fn fragments(mut self, src: IpAddr, dst: IpAddr, id: u32, size: usize) -> Vec<Self> {
        let f = IpFields { id, ..IpFields::default() };
        let size = (size / 8 * 8).max(8);
        let protocol = match (src, dst) {
            (IpAddr::V4(s), IpAddr::V4(d)) => self.transport_checksum(&s.octets(), &d.octets()),
            (IpAddr::V6(s), IpAddr::V6(d)) => self.transport_checksum(&s.octets(), &d.octets()),
            _ => return Vec::new(),
        };
        let total = self.bytes.len();
        let part = |(i, part): (usize, &[u8])| {
            let (offset, more) = (i * size, i * size + part.len() < total);
            let (mut head, is) = match (src, dst) {
                (IpAddr::V6(s), IpAddr::V6(d)) => {
                    let mut head = ipv6_header(s, d, proto::FRAGMENT, f, 8 + part.len());
                    head.extend([protocol, 0]);
                    head.extend((offset as u16 | u16::from(more)).to_be_bytes());
                    head.extend(id.to_be_bytes());
                    (head, ether::IPV6)
                }
                (IpAddr::V4(s), IpAddr::V4(d)) => {
                    (ipv4_header(s, d, protocol, f, part.len(), offset, more), ether::IPV4)
                }
                _ => (Vec::new(), 0xffff),
            };
            head.extend(part);
            Self { bytes: head, is: Is::Type(is) }
        };
        self.bytes.chunks(size).enumerate().map(part).collect()
    }
}

/// One SCTP DATA chunk that holds a whole message.
#[must_use]
pub fn sctp_data(tsn: u32, stream: u16, sequence: u16, protocol: u32, data: &[u8]) -> Vec<u8> {
    let mut chunk = vec![0, 3];
    chunk.extend(len16(16 + data.len()));
    chunk.extend(tsn.to_be_bytes());
    chunk.extend(stream.to_be_bytes());
    chunk.extend(sequence.to_be_bytes());
    chunk.extend(protocol.to_be_bytes());
    chunk.extend(data);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}
