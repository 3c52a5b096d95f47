//! IGMP (RFC 1112, 2236, 9776), OSPF (RFC 2328, 5340), PIM (RFC 7761), VRRP (RFC 9568), EIGRP (RFC 7868).

use crate::checksum;
use crate::pen::Pen;

pub(super) fn igmp(p: &mut Pen<'_>) {
    let message = p.rest();
    p.layer("igmp", "Internet Group Management Protocol", |p| {
        let kind = p.hex_code(1, "igmp.type", "Type", |n| {
            Some(match n {
                0x11 => "Membership Query",
                0x12 => "Membership Report v1",
                0x13 => "DVMRP",
                0x16 => "Membership Report v2",
                0x17 => "Leave Group",
                0x22 => "Membership Report v3",
                _ => return None,
            })
        })?;
        if kind == 0x22 {
            p.raw(1, "igmp.reserved", "Reserved")?;
        } else {
            p.unit(1, "igmp.max_resp", "Max Resp Time", "tenths of a second")?;
        }
        p.hex(2, "igmp.checksum", "Checksum")?;
        if p.facts.missing == 0 {
            checksum::judge(p, checksum::adds_up(message));
        }
        if kind == 0x22 {
            p.raw(2, "igmp.reserved", "Reserved")?;
            let count = p.u16("igmp.num_grp_recs", "Num Group Records")?;
            for _ in 0..count {
                p.group("", "Group Record", |p| {
                    p.code(1, "igmp.record_type", "Record Type", |n| {
                        Some(match n {
                            1 => "Mode Is Include",
                            2 => "Mode Is Exclude",
                            3 => "Change To Include Mode",
                            4 => "Change To Exclude Mode",
                            5 => "Allow New Sources",
                            6 => "Block Old Sources",
                            _ => return None,
                        })
                    })?;
                    let words = p.u8("igmp.aux_data_len", "Aux Data Len")?;
                    let sources = p.u16("igmp.num_src", "Num Src")?;
                    p.ip4("igmp.maddr", "Multicast Address")?;
                    for _ in 0..sources {
                        p.ip4("igmp.saddr", "Source Address")?;
                    }
                    p.skip(usize::from(words) * 4)
                })?;
            }
            return Some(());
        }
        p.ip4("igmp.maddr", "Multicast Address")?;
        if kind == 0x11 && p.left() >= 4 {
            p.hex(1, "igmp.s", "S flag and QRV")?;
            p.u8("igmp.qqic", "QQIC")?;
            let sources = p.u16("igmp.num_src", "Num Src")?;
            for _ in 0..sources {
                p.ip4("igmp.saddr", "Source Address")?;
            }
        }
        Some(())
    });
}

fn lsa_type(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Router-LSA",
        2 => "Network-LSA",
        3 => "Summary-LSA (IP network)",
        4 => "Summary-LSA (ASBR)",
        5 => "AS-External-LSA (ASBR)",
        7 => "NSSA AS-External-LSA",
        9 => "Opaque LSA, Link-local scope",
        10 => "Opaque LSA, Area-local scope",
        11 => "Opaque LSA, Autonomous System scope",
        _ => return None,
    })
}

pub(super) fn ospf(p: &mut Pen<'_>) {
    p.layer("ospf", "Open Shortest Path First", |p| {
        let version = p.u8("ospf.version", "Version")?;
        let kind = p.code(1, "ospf.msg", "Message Type", |n| {
            Some(match n {
                1 => "Hello Packet",
                2 => "DB Description",
                3 => "LS Request",
                4 => "LS Update",
                5 => "LS Acknowledge",
                _ => return None,
            })
        })?;
        let length = p.u16("ospf.packet_length", "Packet Length")?;
        p.ip4("ospf.srcrouter", "Source OSPF Router")?;
        p.ip4("ospf.area_id", "Area ID")?;
        p.hex(2, "ospf.checksum", "Checksum")?;
        if version != 2 {
            p.u8("ospf.instance_id", "Instance ID")?;
            p.raw(1, "ospf.reserved", "Reserved")?;
            let body = usize::from(length).checked_sub(16)?;
            return p.within(body, |p| {
                p.raw_rest("ospf.data", "Body");
                Some(())
            });
        }
        p.code(2, "ospf.auth.type", "Auth Type", |n| {
            Some(match n {
                0 => "Null",
                1 => "Simple password",
                2 => "Cryptographic",
                _ => return None,
            })
        })?;
        p.raw(8, "ospf.auth.none", "Auth Data")?;
        p.within(usize::from(length).checked_sub(24)?, |p| ospf_body(p, kind))
    });
}

fn ospf_body(p: &mut Pen<'_>, kind: u64) -> Option<()> {
    match kind {
        1 => {
            p.ip4("ospf.hello.network_mask", "Network Mask")?;
            p.u16("ospf.hello.hello_interval", "Hello Interval [sec]")?;
            p.hex(1, "ospf.v2.options", "Options")?;
            p.u8("ospf.hello.router_priority", "Router Priority")?;
            p.u32("ospf.hello.router_dead_interval", "Router Dead Interval [sec]")?;
            p.ip4("ospf.hello.designated_router", "Designated Router")?;
            p.ip4("ospf.hello.backup_designated_router", "Backup Designated Router")?;
            while p.left() >= 4 {
                p.ip4("ospf.hello.active_neighbor", "Active Neighbor")?;
            }
        }
        2 => {
            p.u16("ospf.db.interface_mtu", "Interface MTU")?;
            p.hex(1, "ospf.v2.options", "Options")?;
            p.flags(
                1,
                "ospf.dbd",
                "DB Description",
                &[
                    (0x08, "ospf.dbd.r", "(R) OOBResync"),
                    (0x04, "ospf.dbd.i", "(I) Init"),
                    (0x02, "ospf.dbd.m", "(M) More"),
                    (0x01, "ospf.dbd.ms", "(MS) Master"),
                ],
            )?;
            p.u32("ospf.db.dd_sequence", "DD Sequence")?;
            while p.left() >= 20 {
                lsa(p)?;
            }
        }
        3 => {
            while p.left() >= 12 {
                p.code(4, "ospf.link_state_id.type", "LS Type", lsa_type)?;
                p.ip4("ospf.lsa.id", "Link State ID")?;
                p.ip4("ospf.advrouter", "Advertising Router")?;
            }
        }
        4 => {
            let count = p.u32("ospf.ls.number_of_lsas", "Number of LSAs")?;
            for _ in 0..count {
                let length = usize::from(p.peek16(18)?).checked_sub(20)?;
                lsa(p)?;
                p.raw(length, "ospf.lsa.data", "LSA body")?;
            }
        }
        5 => {
            while p.left() >= 20 {
                lsa(p)?;
            }
        }
        _ => p.raw_rest("ospf.data", "Body"),
    }
    Some(())
}

fn lsa(p: &mut Pen<'_>) -> Option<()> {
    p.group("", "LSA Header", |p| {
        p.unit(2, "ospf.lsa.age", "LS Age", "seconds")?;
        p.hex(1, "ospf.v2.options", "Options")?;
        let kind = p.code(1, "ospf.lsa", "LS Type", lsa_type)?;
        p.label(lsa_type(kind).unwrap_or("LSA"));
        p.ip4("ospf.lsa.id", "Link State ID")?;
        p.ip4("ospf.advrouter", "Advertising Router")?;
        p.hex(4, "ospf.lsa.seqnum", "Sequence Number")?;
        p.hex(2, "ospf.lsa.chksum", "Checksum")?;
        p.u16("ospf.lsa.length", "Length")?;
        Some(())
    })
}

pub(super) fn pim(p: &mut Pen<'_>) {
    p.layer("pim", "Protocol Independent Multicast", |p| {
        let word = p.word(1)?;
        p.bits(word, 0xf0, "pim.version", "Version");
        let kind = p.bits_code(word, 0x0f, ("pim.type", "Type"), |n| {
            Some(match n {
                0 => "Hello",
                1 => "Register",
                2 => "Register-stop",
                3 => "Join/Prune",
                4 => "Bootstrap",
                5 => "Assert",
                8 => "Candidate-RP-Advertisement",
                _ => return None,
            })
        });
        p.hex(1, "pim.reserved_bit", "Reserved byte(s)")?;
        p.hex(2, "pim.cksum", "Checksum")?;
        if kind == 0 {
            while p.left() >= 4 {
                p.group("", "PIM Option", |p| {
                    p.code(2, "pim.optiontype", "Type", |n| {
                        Some(match n {
                            1 => "Hold Time",
                            2 => "LAN Prune Delay",
                            19 => "DR Priority",
                            20 => "Generation ID",
                            24 => "Address List",
                            _ => return None,
                        })
                    })?;
                    let length = p.u16("pim.optionlength", "Length")?;
                    p.raw(usize::from(length), "pim.optionvalue", "Value")
                })?;
            }
        }
        p.raw_rest("pim.data", "Body");
        Some(())
    });
}

pub(super) fn vrrp(p: &mut Pen<'_>) {
    p.layer("vrrp", "Virtual Router Redundancy Protocol", |p| {
        let word = p.word(1)?;
        let version = p.bits(word, 0xf0, "vrrp.version", "VRRP protocol version");
        p.bits_code(word, 0x0f, ("vrrp.type", "VRRP packet type"), |n| (n == 1).then_some("Advertisement"));
        p.u8("vrrp.virt_rtr_id", "Virtual Rtr ID")?;
        p.u8("vrrp.prio", "Priority")?;
        let count = p.u8("vrrp.addr_count", "Addr Count")?;
        if version == 3 {
            p.unit(2, "vrrp.short_adver_int", "Adver Int", "centiseconds")?;
        } else {
            p.u8("vrrp.auth_type", "Auth Type")?;
            p.unit(1, "vrrp.adver_int", "Adver Int", "seconds")?;
        }
        p.hex(2, "vrrp.checksum", "Checksum")?;
        let v6 = p.facts.addresses.is_some_and(|(src, _)| src.is_ipv6());
        for _ in 0..count {
            match v6 {
                true => _ = p.ip6("vrrp.ipv6_addr", "IP Address")?,
                false => _ = p.ip4("vrrp.ip_addr", "IP Address")?,
            }
        }
        p.raw_rest("vrrp.auth_string", "Authentication");
        Some(())
    });
}

pub(super) fn eigrp(p: &mut Pen<'_>) {
    p.layer("eigrp", "Enhanced Interior Gateway Routing Protocol", |p| {
        p.u8("eigrp.version", "Version")?;
        p.code(1, "eigrp.opcode", "Opcode", |n| {
            Some(match n {
                1 => "Update",
                3 => "Query",
                4 => "Reply",
                5 => "Hello",
                _ => return None,
            })
        })?;
        p.hex(2, "eigrp.checksum", "Checksum")?;
        p.hex(4, "eigrp.flags", "Flags")?;
        p.u32("eigrp.seq", "Sequence")?;
        p.u32("eigrp.ack", "Acknowledge")?;
        p.u16("eigrp.vrid", "Virtual Router ID")?;
        p.u16("eigrp.as", "Autonomous System")?;
        while p.left() >= 4 {
            p.group("", "TLV", |p| {
                p.hex(2, "eigrp.tlv_type", "Type")?;
                let length = p.u16("eigrp.tlv.len", "Length")?;
                p.raw(usize::from(length).checked_sub(4)?, "eigrp.tlv.value", "Value")
            })?;
        }
        Some(())
    });
}
