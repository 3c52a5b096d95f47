//! Names of IP protocols, as the evidence API writes them.

use std::borrow::Cow;

/// Keywords of IANA's list of protocol numbers, in capitals; empty where a number has none.
#[rustfmt::skip]
const KEYWORDS: [&str; 133] = [
    "HOPOPT", "ICMP", "IGMP", "GGP", "IPV4", "ST", "TCP", "CBT", "EGP", "IGP", "BBN-RCC-MON", "NVP-II", "PUP",
    "ARGUS", "EMCON", "XNET", "CHAOS", "UDP", "MUX", "DCN-MEAS", "HMP", "PRM", "XNS-IDP", "TRUNK-1", "TRUNK-2",
    "LEAF-1", "LEAF-2", "RDP", "IRTP", "ISO-TP4", "NETBLT", "MFE-NSP", "MERIT-INP", "DCCP", "3PC", "IDPR", "XTP",
    "DDP", "IDPR-CMTP", "TP++", "IL", "IPV6", "SDRP", "IPV6-ROUTE", "IPV6-FRAG", "IDRP", "RSVP", "GRE", "DSR", "BNA",
    "ESP", "AH", "I-NLSP", "SWIPE", "NARP", "MOBILE", "TLSP", "SKIP", "IPV6-ICMP", "IPV6-NONXT", "IPV6-OPTS", "",
    "CFTP", "", "SAT-EXPAK", "KRYPTOLAN", "RVD", "IPPC", "", "SAT-MON", "VISA", "IPCV", "CPNX", "CPHB", "WSN", "PVP",
    "BR-SAT-MON", "SUN-ND", "WB-MON", "WB-EXPAK", "ISO-IP", "VMTP", "SECURE-VMTP", "VINES", "TTP", "NSFNET-IGP",
    "DGP", "TCF", "EIGRP", "OSPFIGP", "SPRITE-RPC", "LARP", "MTP", "AX.25", "IPIP", "MICP", "SCC-SP", "ETHERIP",
    "ENCAP", "", "GMTP", "IFMP", "PNNI", "PIM", "ARIS", "SCPS", "QNX", "A/N", "IPCOMP", "SNP", "COMPAQ-PEER",
    "IPX-IN-IP", "VRRP", "PGM", "", "L2TP", "DDX", "IATP", "STP", "SRP", "UTI", "SMP", "SM", "PTP", "ISIS", "FIRE",
    "CRTP", "CRUDP", "SSCOPMCE", "IPLT", "SPS", "PIPE", "SCTP",
];

/// The name of a protocol: IANA's keyword, else `PROTO_` and the number.
#[must_use]
pub fn protocol_name(number: u8) -> Cow<'static, str> {
    match KEYWORDS.get(usize::from(number)) {
        Some(keyword) if !keyword.is_empty() => Cow::Borrowed(keyword),
        _ => Cow::Owned(format!("PROTO_{number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::protocol_name;

    #[test]
    fn keywords_stand_at_their_numbers() {
        for (number, name) in [
            (0, "HOPOPT"),
            (1, "ICMP"),
            (6, "TCP"),
            (17, "UDP"),
            (41, "IPV6"),
            (47, "GRE"),
            (58, "IPV6-ICMP"),
            (89, "OSPFIGP"),
            (132, "SCTP"),
            (133, "PROTO_133"),
            (200, "PROTO_200"),
            (61, "PROTO_61"),
        ] {
            assert_eq!(protocol_name(number), name);
        }
    }
}
