//! IP protocol numbers (IANA) that the decoder or its users name.

/// IPv6 hop-by-hop options.
pub const HOP_BY_HOP: u8 = 0;
/// ICMP for IPv4.
pub const ICMP: u8 = 1;
/// IGMP.
pub const IGMP: u8 = 2;
/// IPv4 inside IP (RFC 2003).
pub const IPV4: u8 = 4;
/// TCP.
pub const TCP: u8 = 6;
/// UDP.
pub const UDP: u8 = 17;
/// IPv6 inside IP (RFC 4213, 6in4).
pub const IPV6: u8 = 41;
/// IPv6 routing header.
pub const ROUTING: u8 = 43;
/// IPv6 fragment header.
pub const FRAGMENT: u8 = 44;
/// RSVP.
pub const RSVP: u8 = 46;
/// GRE.
pub const GRE: u8 = 47;
/// IPsec encapsulating security payload.
pub const ESP: u8 = 50;
/// IPsec authentication header.
pub const AH: u8 = 51;
/// ICMP for IPv6.
pub const ICMP6: u8 = 58;
/// IPv6: nothing follows.
pub const NO_NEXT: u8 = 59;
/// IPv6 destination options.
pub const DEST_OPTS: u8 = 60;
/// EIGRP.
pub const EIGRP: u8 = 88;
/// OSPF.
pub const OSPF: u8 = 89;
/// EtherIP (RFC 3378).
pub const ETHERIP: u8 = 97;
/// PIM.
pub const PIM: u8 = 103;
/// VRRP.
pub const VRRP: u8 = 112;
/// SCTP.
pub const SCTP: u8 = 132;
/// IPv6 mobility header.
pub const MOBILITY: u8 = 135;
/// MPLS inside IP (RFC 4023).
pub const MPLS: u8 = 137;
/// Host Identity Protocol.
pub const HIP: u8 = 139;
/// Shim6.
pub const SHIM6: u8 = 140;
/// Ethernet inside SRv6 (RFC 8986).
pub const ETHERNET: u8 = 143;
