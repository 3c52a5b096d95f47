//! EtherType numbers (IEEE 802 numbers, IANA). Below [`MIN`] the field is an 802.3 length.

/// The smallest EtherType; smaller values are 802.3 lengths.
pub const MIN: u16 = 0x0600;
/// IPv4.
pub const IPV4: u16 = 0x0800;
/// Address Resolution Protocol.
pub const ARP: u16 = 0x0806;
/// Customer VLAN tag, IEEE 802.1Q.
pub const DOT1Q: u16 = 0x8100;
/// Reverse ARP.
pub const RARP: u16 = 0x8035;
/// Service VLAN tag, IEEE 802.1ad (QinQ).
pub const DOT1AD: u16 = 0x88a8;
/// Service VLAN tag before 802.1ad.
pub const QINQ_9100: u16 = 0x9100;
/// Service VLAN tag before 802.1ad.
pub const QINQ_9200: u16 = 0x9200;
/// Service VLAN tag before 802.1ad.
pub const QINQ_9300: u16 = 0x9300;
/// IPv6.
pub const IPV6: u16 = 0x86dd;
/// PPP inside GRE version 1 (PPTP).
pub const PPP: u16 = 0x880b;
/// MPLS unicast.
pub const MPLS: u16 = 0x8847;
/// MPLS multicast (upstream-assigned labels).
pub const MPLS_MULTICAST: u16 = 0x8848;
/// PPPoE discovery.
pub const PPPOE_DISCOVERY: u16 = 0x8863;
/// PPPoE session.
pub const PPPOE_SESSION: u16 = 0x8864;
/// LLC carried under an EtherType (used for large IS-IS frames).
pub const LLC: u16 = 0x8870;
/// Link Layer Discovery Protocol.
pub const LLDP: u16 = 0x88cc;
/// ERSPAN types I and II inside GRE.
pub const ERSPAN: u16 = 0x88be;
/// ERSPAN type III inside GRE.
pub const ERSPAN_III: u16 = 0x22eb;
/// Provider backbone bridge, IEEE 802.1ah I-tag.
pub const PBB: u16 = 0x88e7;
/// Cisco metadata (security group tag).
pub const CISCO_METADATA: u16 = 0x8909;
/// VN-Tag, IEEE 802.1BR predecessor.
pub const VNTAG: u16 = 0x8926;
/// Network Service Header, RFC 8300.
pub const NSH: u16 = 0x894f;
/// Transparent Ethernet bridging: an Ethernet frame inside GRE or GENEVE.
pub const TEB: u16 = 0x6558;
/// WCCP redirect inside GRE.
pub const WCCP: u16 = 0x883e;
