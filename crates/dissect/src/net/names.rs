//! Names of numbers that several layers share (IANA, IEEE).

/// EtherTypes.
pub(super) fn ethertype(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x0842 => "Wake-on-LAN",
        0x22eb => "ERSPAN Type III",
        0x22f3 => "TRILL",
        0x6558 => "Transparent Ethernet bridging",
        0x8035 => "RARP",
        0x809b => "AppleTalk",
        0x8100 => "802.1Q Virtual LAN",
        0x8137 => "IPX",
        0x86dd => "IPv6",
        0x8808 => "MAC Control",
        0x8809 => "Slow Protocols",
        0x880b => "PPP",
        0x8847 => "MPLS label switched packet",
        0x8848 => "MPLS with upstream-assigned label",
        0x8863 => "PPPoE Discovery",
        0x8864 => "PPPoE Session",
        0x888e => "802.1X Authentication",
        0x8892 => "PROFINET",
        0x88a4 => "EtherCAT",
        0x88a8 => "802.1ad Provider Bridge (Q-in-Q)",
        0x88b8 => "IEC 61850/GOOSE",
        0x88be => "ERSPAN",
        0x88cc => "802.1 Link Layer Discovery Protocol (LLDP)",
        0x88e5 => "802.1AE (MACsec)",
        0x88e7 => "802.1ah Provider Backbone Bridge",
        0x88f7 => "PTPv2 over Ethernet (IEEE1588)",
        0x8902 => "802.1ag Connectivity Fault Management",
        0x8906 => "FCoE",
        0x8909 => "Cisco MetaData",
        0x8926 => "VN-Tag",
        0x894f => "NSH",
        0x9000 => "Loopback (Configuration Test Protocol)",
        0x9100 => "QinQ",
        _ => return None,
    })
}

/// IP protocols.
pub(super) fn protocol(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "IPv6 Hop-by-Hop Option",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPIP",
        6 => "TCP",
        8 => "EGP",
        9 => "IGRP",
        17 => "UDP",
        27 => "RDP",
        33 => "DCCP",
        41 => "IPv6",
        43 => "Routing Header for IPv6",
        44 => "Fragment Header for IPv6",
        46 => "RSVP",
        47 => "Generic Routing Encapsulation",
        50 => "Encap Security Payload",
        51 => "Authentication Header",
        58 => "ICMPv6",
        59 => "No Next Header for IPv6",
        60 => "Destination Options for IPv6",
        88 => "EIGRP",
        89 => "OSPF IGP",
        97 => "Ethernet within IP Encapsulation",
        103 => "PIM",
        108 => "IPComp",
        112 => "VRRP",
        115 => "L2TP",
        124 => "ISIS over IPv4",
        132 => "SCTP",
        135 => "Mobile IPv6",
        136 => "UDP Lite",
        137 => "MPLS in IP",
        139 => "HIP",
        _ => return None,
    })
}

/// ARPHRD numbers of Linux.
pub(super) fn arphrd(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Ethernet",
        6 => "IEEE 802",
        8 => "ARCNET",
        15 => "Frame Relay DLCI",
        24 => "IEEE 1394",
        32 => "InfiniBand",
        512 => "PPP",
        513 => "Cisco HDLC",
        768 => "IPv4 tunnel",
        769 => "IPv6 tunnel",
        772 => "Loopback",
        776 => "SIT",
        778 => "GRE over IP",
        801 => "IEEE 802.11",
        803 => "IEEE 802.11 with radiotap",
        823 => "GRE over IPv6",
        824 => "Netlink",
        65534 => "None",
        _ => return None,
    })
}

/// LLC service access points.
pub(super) fn sap(number: u64) -> Option<&'static str> {
    Some(match number {
        0x00 => "NULL LSAP",
        0x02 | 0x03 => "LLC Sub-Layer Management",
        0x06 => "TCP/IP",
        0x42 => "Spanning Tree BPDU",
        0x7e => "ISO 8208",
        0xaa => "SNAP",
        0xe0 => "NetWare",
        0xf0 => "NetBIOS",
        0xfe => "ISO Network Layer",
        0xff => "Global LSAP",
        _ => return None,
    })
}
