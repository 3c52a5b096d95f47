//! Names that filters use for numbers.

/// Numbers of IP protocols by the names that pcap-filter(7) knows.
pub fn ip_protocol(name: &str) -> Option<u8> {
    Some(match name {
        "icmp" => 1,
        "igmp" => 2,
        "igrp" => 9,
        "tcp" => 6,
        "udp" => 17,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmp6" | "icmpv6" | "ipv6-icmp" => 58,
        "eigrp" => 88,
        "ospf" => 89,
        "pim" => 103,
        "vrrp" | "carp" => 112,
        "l2tp" => 115,
        "sctp" => 132,
        "udplite" => 136,
        _ => return None,
    })
}

/// EtherTypes by name.
pub fn ethertype(name: &str) -> Option<u16> {
    Some(match name {
        "ip" => 0x0800,
        "arp" => 0x0806,
        "rarp" => 0x8035,
        "ip6" => 0x86dd,
        "lat" => 0x6004,
        "moprc" => 0x6002,
        "mopdl" => 0x6001,
        "decnet" => 0x6003,
        "sca" => 0x6007,
        "loopback" => 0x9000,
        _ => return None,
    })
}

/// Service access points of 802.2 by name: `stp` is one octet, `iso` both.
pub fn llc(name: &str) -> Option<(u8, Option<u8>)> {
    Some(match name {
        "stp" => (0x42, None),
        "iso" => (0xfe, Some(0xfe)),
        "netbeui" => (0xf0, Some(0xf0)),
        _ => return None,
    })
}

/// Ports by the names of services that people type most.
pub fn port(name: &str) -> Option<u16> {
    const PORTS: &[(&str, u16)] = &[
        ("ftp-data", 20),
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("time", 37),
        ("whois", 43),
        ("tacacs", 49),
        ("domain", 53),
        ("bootps", 67),
        ("bootpc", 68),
        ("tftp", 69),
        ("gopher", 70),
        ("finger", 79),
        ("http", 80),
        ("www", 80),
        ("kerberos", 88),
        ("pop3", 110),
        ("sunrpc", 111),
        ("nntp", 119),
        ("ntp", 123),
        ("netbios-ns", 137),
        ("netbios-dgm", 138),
        ("netbios-ssn", 139),
        ("imap2", 143),
        ("imap", 143),
        ("snmp", 161),
        ("snmp-trap", 162),
        ("bgp", 179),
        ("irc", 194),
        ("ldap", 389),
        ("https", 443),
        ("microsoft-ds", 445),
        ("isakmp", 500),
        ("syslog", 514),
        ("submission", 587),
        ("ipp", 631),
        ("ldaps", 636),
        ("domain-s", 853),
        ("rsync", 873),
        ("imaps", 993),
        ("pop3s", 995),
        ("socks", 1080),
        ("openvpn", 1194),
        ("ms-sql-s", 1433),
        ("oracle", 1521),
        ("radius", 1812),
        ("radius-acct", 1813),
        ("nfs", 2049),
        ("mysql", 3306),
        ("ms-wbt-server", 3389),
        ("rdp", 3389),
        ("sip", 5060),
        ("sips", 5061),
        ("amqp", 5672),
        ("postgresql", 5432),
        ("redis", 6379),
        ("http-alt", 8080),
    ];
    PORTS.iter().find(|(known, _)| *known == name).map(|(_, port)| *port)
}

/// Offsets and values that stand in byte expressions.
pub fn constant(name: &str) -> Option<u32> {
    const CONSTANTS: &[(&str, u32)] = &[
        ("icmptype", 0),
        ("icmpcode", 1),
        ("icmp-echoreply", 0),
        ("icmp-unreach", 3),
        ("icmp-sourcequench", 4),
        ("icmp-redirect", 5),
        ("icmp-echo", 8),
        ("icmp-routeradvert", 9),
        ("icmp-routersolicit", 10),
        ("icmp-timxceed", 11),
        ("icmp-paramprob", 12),
        ("icmp-tstamp", 13),
        ("icmp-tstampreply", 14),
        ("icmp-ireq", 15),
        ("icmp-ireqreply", 16),
        ("icmp-maskreq", 17),
        ("icmp-maskreply", 18),
        ("icmp6type", 0),
        ("icmp6code", 1),
        ("icmp6-destinationunreach", 1),
        ("icmp6-packettoobig", 2),
        ("icmp6-timeexceeded", 3),
        ("icmp6-parameterproblem", 4),
        ("icmp6-echo", 128),
        ("icmp6-echoreply", 129),
        ("icmp6-multicastlistenerquery", 130),
        ("icmp6-multicastlistenerreportv1", 131),
        ("icmp6-multicastlistenerdone", 132),
        ("icmp6-routersolicit", 133),
        ("icmp6-routeradvert", 134),
        ("icmp6-neighborsolicit", 135),
        ("icmp6-neighboradvert", 136),
        ("icmp6-redirect", 137),
        ("icmp6-multicastlistenerreportv2", 143),
        ("tcpflags", 13),
        ("tcp-fin", 0x01),
        ("tcp-syn", 0x02),
        ("tcp-rst", 0x04),
        ("tcp-push", 0x08),
        ("tcp-ack", 0x10),
        ("tcp-urg", 0x20),
        ("tcp-ece", 0x40),
        ("tcp-cwr", 0x80),
    ];
    CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// A number as filters write it: decimal, `0x` hexadecimal, `0` octal.
pub fn number(word: &str) -> Option<u32> {
    if let Some(hex) = word.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok();
    }
    if word.len() > 1 && word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()) {
        return u32::from_str_radix(word, 8).ok();
    }
    if word.bytes().all(|b| b.is_ascii_digit()) { word.parse().ok() } else { None }
}
