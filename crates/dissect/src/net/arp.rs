//! ARP and its relatives (RFC 826, 903).

use super::names;
use crate::pen::Pen;

pub(super) fn arp(p: &mut Pen<'_>) {
    p.layer("arp", "Address Resolution Protocol", |p| {
        p.code(2, "arp.hw.type", "Hardware type", names::arphrd)?;
        let protocol = p.hex_code(2, "arp.proto.type", "Protocol type", names::ethertype)?;
        let hardware = p.u8("arp.hw.size", "Hardware size")?;
        let length = p.u8("arp.proto.size", "Protocol size")?;
        let opcode = p.code(2, "arp.opcode", "Opcode", |n| {
            Some(match n {
                1 => "request",
                2 => "reply",
                3 => "reverse request",
                4 => "reverse reply",
                8 => "inverse request",
                9 => "inverse reply",
                _ => return None,
            })
        })?;
        p.value(match opcode {
            1 => "request",
            2 => "reply",
            _ => "",
        });
        let ends: [[&'static str; 4]; 2] = [
            ["arp.src.hw_mac", "Sender MAC address", "arp.src.proto_ipv4", "Sender IP address"],
            ["arp.dst.hw_mac", "Target MAC address", "arp.dst.proto_ipv4", "Target IP address"],
        ];
        let mut addresses = Vec::new();
        for [mac_name, mac_label, ip_name, ip_label] in ends {
            if hardware == 6 {
                p.mac(mac_name, mac_label)?;
            } else {
                p.raw(
                    usize::from(hardware),
                    if mac_name == "arp.src.hw_mac" { "arp.src.hw" } else { "arp.dst.hw" },
                    mac_label,
                )?;
            }
            if (length, protocol) == (4, 0x0800) {
                addresses.push(p.ip4(ip_name, ip_label)?);
            } else {
                p.raw(
                    usize::from(length),
                    if ip_name == "arp.src.proto_ipv4" { "arp.src.proto" } else { "arp.dst.proto" },
                    ip_label,
                )?;
            }
        }
        if let [sender, target] = addresses.as_slice() {
            match opcode {
                _ if sender == target => p.value(format!("ARP Announcement for {sender}")),
                1 => p.value(format!("Who has {target}? Tell {sender}")),
                2 => p.value(format!("{sender} is answered")),
                _ => {}
            }
        }
        Some(())
    });
}
