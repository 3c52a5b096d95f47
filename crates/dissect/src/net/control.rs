//! What talks on the link itself: LLDP, CDP, spanning tree, 802.1X, slow protocols.

use crate::pen::Pen;

pub(super) fn lldp(p: &mut Pen<'_>) {
    p.layer("lldp", "Link Layer Discovery Protocol", |p| {
        loop {
            let last = p.group("lldp.tlv", "TLV", |p| {
                let word = p.word(2)?;
                let kind = p.bits_code(word, 0xfe00, ("lldp.tlv.type", "TLV Type"), tlv);
                let length = p.bits(word, 0x01ff, "lldp.tlv.len", "TLV Length") as usize;
                p.label(tlv(kind).unwrap_or("Unknown TLV"));
                if length > p.left() {
                    return None;
                }
                p.within(length, |p| {
                    match kind {
                        1 => {
                            let sub = p.u8("lldp.chassis.subtype", "Chassis Id Subtype")?;
                            if sub == 4 && p.left() == 6 {
                                p.mac("lldp.chassis.id.mac", "Chassis Id")?;
                            } else {
                                p.text(p.left(), "lldp.chassis.id", "Chassis Id")?;
                            }
                        }
                        2 => {
                            let sub = p.u8("lldp.port.subtype", "Port Id Subtype")?;
                            if sub == 3 && p.left() == 6 {
                                p.mac("lldp.port.id.mac", "Port Id")?;
                            } else {
                                p.text(p.left(), "lldp.port.id", "Port Id")?;
                            }
                        }
                        3 => _ = p.unit(2, "lldp.time_to_live", "Seconds", "s")?,
                        4 => _ = p.text(p.left(), "lldp.port.desc", "Port Description")?,
                        5 => _ = p.text(p.left(), "lldp.tlv.system.name", "System Name")?,
                        6 => _ = p.text(p.left(), "lldp.tlv.system.desc", "System Description")?,
                        7 => {
                            p.hex(2, "lldp.tlv.system_cap", "Capabilities")?;
                            p.hex(2, "lldp.tlv.enable_system_cap", "Enabled Capabilities")?;
                        }
                        127 => {
                            p.hex(3, "lldp.orgtlv.oui", "Organization Unique Code")?;
                            p.u8("lldp.subtype", "Subtype")?;
                        }
                        _ => {}
                    }
                    p.raw_rest("lldp.unknown_subtype.content", "Content");
                    Some(kind == 0)
                })
            })?;
            if last || p.left() == 0 {
                return Some(());
            }
        }
    });
}

fn tlv(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "End of LLDPDU",
        1 => "Chassis Id",
        2 => "Port Id",
        3 => "Time To Live",
        4 => "Port Description",
        5 => "System Name",
        6 => "System Description",
        7 => "System Capabilities",
        8 => "Management Address",
        127 => "Organization Specific",
        _ => return None,
    })
}

pub(super) fn stp(p: &mut Pen<'_>) {
    p.layer("stp", "Spanning Tree Protocol", |p| {
        p.hex_code(2, "stp.protocol", "Protocol Identifier", |n| {
            (n == 0).then_some("Spanning Tree Protocol")
        })?;
        let version = p.code(1, "stp.version", "Protocol Version Identifier", |n| {
            Some(match n {
                0 => "Spanning Tree",
                2 => "Rapid Spanning Tree",
                3 => "Multiple Spanning Tree",
                _ => return None,
            })
        })?;
        let kind = p.hex_code(1, "stp.type", "BPDU Type", |n| {
            Some(match n {
                0 => "Configuration",
                2 => "Rapid/Multiple Spanning Tree",
                0x80 => "Topology Change Notification",
                _ => return None,
            })
        })?;
        if kind == 0x80 {
            return Some(());
        }
        p.flags(
            1,
            "stp.flags",
            "BPDU flags",
            &[
                (0x80, "stp.flags.tcack", "Topology Change Acknowledgment"),
                (0x40, "stp.flags.agreement", "Agreement"),
                (0x20, "stp.flags.forwarding", "Forwarding"),
                (0x10, "stp.flags.learning", "Learning"),
                (0x0c, "stp.flags.port_role", "Port Role"),
                (0x02, "stp.flags.proposal", "Proposal"),
                (0x01, "stp.flags.tc", "Topology Change"),
            ],
        )?;
        let word = p.word(2)?;
        p.bits(word, 0xf000, "stp.root.prio", "Root Bridge Priority");
        p.bits(word, 0x0fff, "stp.root.ext", "Root Bridge System ID Extension");
        p.mac("stp.root.hw", "Root Bridge System ID")?;
        p.u32("stp.root.cost", "Root Path Cost")?;
        let word = p.word(2)?;
        p.bits(word, 0xf000, "stp.bridge.prio", "Bridge Priority");
        p.bits(word, 0x0fff, "stp.bridge.ext", "Bridge System ID Extension");
        p.mac("stp.bridge.hw", "Bridge System ID")?;
        p.hex(2, "stp.port", "Port identifier")?;
        for (name, label) in [
            ("stp.msg_age", "Message Age"),
            ("stp.max_age", "Max Age"),
            ("stp.hello", "Hello Time"),
            ("stp.forward", "Forward Delay"),
        ] {
            let ticks = p.peek16(0)?;
            p.add(name, label, (p.at(), 2), format!("{} s", f64::from(ticks) / 256.0));
            p.skip(2)?;
        }
        if version >= 2 && p.left() > 0 {
            p.u8("stp.version_1_length", "Version 1 Length")?;
        }
        Some(())
    });
    p.data();
}

pub(super) fn cdp(p: &mut Pen<'_>) {
    p.layer("cdp", "Cisco Discovery Protocol", |p| {
        p.u8("cdp.version", "Version")?;
        p.unit(1, "cdp.ttl", "TTL", "seconds")?;
        p.hex(2, "cdp.checksum", "Checksum")?;
        while p.left() >= 4 {
            p.group("", "TLV", |p| {
                let kind = p.hex_code(2, "cdp.tlv.type", "Type", cdp_tlv)?;
                let length = usize::from(p.u16("cdp.tlv.len", "Length")?).checked_sub(4)?;
                p.label(cdp_tlv(kind).unwrap_or("Unknown TLV"));
                let name = match kind {
                    1 => "cdp.deviceid",
                    3 => "cdp.portid",
                    5 => "cdp.software_version",
                    6 => "cdp.platform",
                    _ => return p.raw(length, "cdp.data", "Data").map(|_| ()),
                };
                p.text(length, name, "Value").map(|_| ())
            })?;
        }
        Some(())
    });
}

fn cdp_tlv(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Device ID",
        2 => "Addresses",
        3 => "Port ID",
        4 => "Capabilities",
        5 => "Software version",
        6 => "Platform",
        9 => "VTP Management Domain",
        10 => "Native VLAN",
        11 => "Duplex",
        14 => "VoIP VLAN Reply",
        16 => "Power Consumption",
        22 => "Management Addresses",
        _ => return None,
    })
}

pub(super) fn eapol(p: &mut Pen<'_>) {
    p.layer("eapol", "802.1X Authentication", |p| {
        p.code(1, "eapol.version", "Version", |n| {
            Some(match n {
                1 => "802.1X-2001",
                2 => "802.1X-2004",
                3 => "802.1X-2010",
                _ => return None,
            })
        })?;
        let kind = p.code(1, "eapol.type", "Type", |n| {
            Some(match n {
                0 => "EAP Packet",
                1 => "Start",
                2 => "Logoff",
                3 => "Key",
                5 => "MKA",
                _ => return None,
            })
        })?;
        let length = usize::from(p.u16("eapol.len", "Length")?);
        if kind != 0 {
            return p.raw(length, "eapol.data", "Body").map(|_| ());
        }
        p.within(length, eap)
    });
}

/// EAP (RFC 3748), also inside RADIUS.
pub(crate) fn eap(p: &mut Pen<'_>) -> Option<()> {
    p.group("eap", "Extensible Authentication Protocol", |p| {
        let code = p.code(1, "eap.code", "Code", |n| {
            Some(match n {
                1 => "Request",
                2 => "Response",
                3 => "Success",
                4 => "Failure",
                _ => return None,
            })
        })?;
        p.u8("eap.id", "Id")?;
        p.u16("eap.len", "Length")?;
        if matches!(code, 1 | 2) {
            let kind = p.code(1, "eap.type", "Type", |n| {
                Some(match n {
                    1 => "Identity",
                    2 => "Notification",
                    3 => "Legacy Nak (Response Only)",
                    4 => "MD5-Challenge EAP (EAP-MD5-CHALLENGE)",
                    13 => "TLS EAP (EAP-TLS)",
                    21 => "Tunneled TLS EAP (EAP-TTLS)",
                    25 => "Protected EAP (EAP-PEAP)",
                    26 => "MS-EAP-Authentication",
                    43 => "Flexible Authentication via Secure Tunneling EAP (EAP-FAST)",
                    _ => return None,
                })
            })?;
            if kind == 1 {
                p.text(p.left(), "eap.identity", "Identity")?;
            }
        }
        p.raw_rest("eap.data", "Data");
        Some(())
    })
}

pub(super) fn slow(p: &mut Pen<'_>) {
    p.layer("slow", "Slow Protocols", |p| {
        let kind = p.hex_code(1, "slow.subtype", "Slow Protocols subtype", |n| {
            Some(match n {
                1 => "LACP",
                2 => "Marker Protocol",
                3 => "OAM",
                _ => return None,
            })
        })?;
        if kind != 1 {
            p.raw_rest("slow.data", "Data");
            return Some(());
        }
        p.hex(1, "lacp.version", "LACP Version")?;
        while p.left() >= 2 {
            p.group("", "TLV", |p| {
                let kind = p.hex_code(1, "lacp.tlv_type", "TLV Type", lacp_tlv)?;
                let length = p.u8("lacp.tlv_length", "TLV Length")?;
                p.label(lacp_tlv(kind).unwrap_or("TLV"));
                p.within(usize::from(length).saturating_sub(2), |p| {
                    if matches!(kind, 1 | 2) {
                        let actor = kind == 1;
                        p.u16(
                            if actor { "lacp.actor.sys_priority" } else { "lacp.partner.sys_priority" },
                            "System Priority",
                        )?;
                        p.mac(if actor { "lacp.actor.sysid" } else { "lacp.partner.sysid" }, "System ID")?;
                        p.u16(if actor { "lacp.actor.key" } else { "lacp.partner.key" }, "Key")?;
                        p.u16(
                            if actor { "lacp.actor.port_priority" } else { "lacp.partner.port_priority" },
                            "Port Priority",
                        )?;
                        p.u16(if actor { "lacp.actor.port" } else { "lacp.partner.port" }, "Port")?;
                        p.hex(1, if actor { "lacp.actor.state" } else { "lacp.partner.state" }, "State")?;
                    }
                    p.raw_rest("lacp.reserved", "Reserved");
                    Some(())
                })?;
                Some(kind)
            })?;
            if p.peek(0) == Some(0) {
                break;
            }
        }
        p.raw_rest("lacp.pad", "Pad");
        Some(())
    });
}

fn lacp_tlv(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Terminator",
        1 => "Actor Information",
        2 => "Partner Information",
        3 => "Collector Information",
        _ => return None,
    })
}

pub(super) fn loopback_test(p: &mut Pen<'_>) {
    p.layer("loop", "Configuration Test Protocol (loopback)", |p| {
        p.le(2, "loop.skipcount", "skipCount")?;
        p.le(2, "loop.function", "Function")?;
        p.raw_rest("loop.data", "Data");
        Some(())
    });
}
