//! Link-layer header types of captures (the LINKTYPE numbers of tcpdump.org).

use std::fmt;

/// What the first bytes of a frame are, as a capture file or an interface declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(
    /// The LINKTYPE number.
    pub u16,
);

macro_rules! links {
    ($($(#[$doc:meta])* $name:ident = $num:literal, $text:literal;)*) => {
        impl LinkType {
            $($(#[$doc])* pub const $name: Self = Self($num);)*

            /// The short name tcpdump uses, or `None` where this crate does not read the link type.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($text),)*
                    _ => None,
                }
            }

            /// Every link type that [`crate::decode`] reads.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

links! {
    /// BSD loopback: address family in the byte order of the capturing host.
    NULL = 0, "NULL";
    /// Ethernet.
    ETHERNET = 1, "EN10MB";
    /// PPP, with or without the HDLC address and control bytes.
    PPP = 9, "PPP";
    /// Raw IP as BSD/OS numbers it.
    RAW_BSDOS = 12, "RAW12";
    /// Raw IP as OpenBSD numbers it.
    RAW_OPENBSD = 14, "RAW14";
    /// PPP in HDLC-like framing.
    PPP_HDLC = 50, "PPP_SERIAL";
    /// PPPoE session frames without the Ethernet header.
    PPP_ETHER = 51, "PPP_ETHER";
    /// Raw IP, version by the first nibble.
    RAW = 101, "RAW";
    /// Cisco HDLC.
    C_HDLC = 104, "C_HDLC";
    /// 802.11 without radio information.
    IEEE802_11 = 105, "IEEE802_11";
    /// Frame Relay (RFC 2427).
    FRAME_RELAY = 107, "FRELAY";
    /// OpenBSD loopback: address family in network byte order.
    LOOP = 108, "LOOP";
    /// Linux cooked capture version 1.
    SLL = 113, "LINUX_SLL";
    /// 802.11 after a radiotap header.
    RADIOTAP = 127, "IEEE802_11_RADIO";
    /// MPLS labels first.
    MPLS = 219, "MPLS";
    /// Raw IPv4.
    IPV4 = 228, "IPV4";
    /// Raw IPv6.
    IPV6 = 229, "IPV6";
    /// Linux netfilter log.
    NFLOG = 239, "NFLOG";
    /// Ethernet with preamble and start delimiter (802.3br mPackets).
    MPACKET = 274, "ETHERNET_MPACKET";
    /// Linux cooked capture version 2.
    SLL2 = 276, "LINUX_SLL2";
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "LINKTYPE {}", self.0),
        }
    }
}
