//! DHCP and BOOTP (RFC 2131, 2132).

use crate::pen::Pen;
use crate::show;

fn option(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "Padding",
        1 => "Subnet Mask",
        2 => "Time Offset",
        3 => "Router",
        4 => "Time Server",
        6 => "Domain Name Server",
        7 => "Log Server",
        12 => "Host Name",
        15 => "Domain Name",
        17 => "Root Path",
        26 => "Interface MTU",
        28 => "Broadcast Address",
        31 => "Perform Router Discover",
        33 => "Static Route",
        42 => "Network Time Protocol Servers",
        43 => "Vendor-Specific Information",
        44 => "NetBIOS over TCP/IP Name Server",
        46 => "NetBIOS over TCP/IP Node Type",
        50 => "Requested IP Address",
        51 => "IP Address Lease Time",
        52 => "Option Overload",
        53 => "DHCP Message Type",
        54 => "DHCP Server Identifier",
        55 => "Parameter Request List",
        56 => "Message",
        57 => "Maximum DHCP Message Size",
        58 => "Renewal Time Value",
        59 => "Rebinding Time Value",
        60 => "Vendor class identifier",
        61 => "Client identifier",
        66 => "TFTP Server Name",
        67 => "Bootfile name",
        77 => "User Class Information",
        81 => "Client Fully Qualified Domain Name",
        82 => "Agent Information Option",
        93 => "Client System Architecture",
        114 => "DHCP Captive-Portal",
        116 => "DHCP Auto-Configuration",
        119 => "Domain Search",
        121 => "Classless Static Route",
        145 => "Forcerenew Nonce Capable",
        150 => "TFTP Server Address",
        249 => "Private/Classless Static Route (Microsoft)",
        252 => "Private/Proxy autodiscovery",
        255 => "End",
        _ => return None,
    })
}

fn message(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Discover",
        2 => "Offer",
        3 => "Request",
        4 => "Decline",
        5 => "ACK",
        6 => "NAK",
        7 => "Release",
        8 => "Inform",
        _ => return None,
    })
}

pub(super) fn dhcp(p: &mut Pen<'_>) {
    p.layer("dhcp", "Dynamic Host Configuration Protocol", |p| {
        p.code(1, "dhcp.type", "Message type", |n| {
            Some(match n {
                1 => "Boot Request",
                2 => "Boot Reply",
                _ => return None,
            })
        })?;
        let hardware = p.hex(1, "dhcp.hw.type", "Hardware type")?;
        let length = p.u8("dhcp.hw.len", "Hardware address length")?;
        p.u8("dhcp.hops", "Hops")?;
        p.hex(4, "dhcp.id", "Transaction ID")?;
        p.u16("dhcp.secs", "Seconds elapsed")?;
        p.flags(
            2,
            "dhcp.flags",
            "Bootp flags",
            &[(0x8000, "dhcp.flags.bc", "Broadcast flag"), (0x7fff, "dhcp.flags.reserved", "Reserved flags")],
        )?;
        p.ip4("dhcp.ip.client", "Client IP address")?;
        p.ip4("dhcp.ip.your", "Your (client) IP address")?;
        p.ip4("dhcp.ip.server", "Next server IP address")?;
        p.ip4("dhcp.ip.relay", "Relay agent IP address")?;
        if (hardware, length) == (1, 6) {
            p.mac("dhcp.hw.mac_addr", "Client MAC address")?;
            p.raw(10, "dhcp.hw.addr_padding", "Client hardware address padding")?;
        } else {
            p.raw(16, "dhcp.hw.addr", "Client address")?;
        }
        fixed_text(p, 64, "dhcp.server", "Server host name")?;
        fixed_text(p, 128, "dhcp.file", "Boot file name")?;
        if p.left() == 0 {
            return Some(());
        }
        p.hex_code(4, "dhcp.cookie", "Magic cookie", |n| (n == 0x6382_5363).then_some("DHCP"))?;
        while p.left() > 0 {
            let kind = p.peek(0)?;
            if kind == 0 || kind == 255 {
                p.group("dhcp.option", option(u64::from(kind)).unwrap_or("Option"), |p| {
                    p.code(1, "dhcp.option.type", "Option", option)
                })?;
                if kind == 255 {
                    p.raw_rest("dhcp.option.padding", "Padding");
                }
                continue;
            }
            p.group("dhcp.option", "Option", |p| {
                let kind = p.code(1, "dhcp.option.type", "Option", option)?;
                p.label(format!("Option: ({kind}) {}", option(kind).unwrap_or("unknown")));
                let length = usize::from(p.u8("dhcp.option.length", "Length")?);
                if length > p.left() {
                    return None;
                }
                p.within(length, |p| value(p, kind))
            })?;
        }
        Some(())
    });
}

fn fixed_text(p: &mut Pen<'_>, n: usize, name: &'static str, label: &'static str) -> Option<()> {
    let bytes = p.rest().get(..n)?;
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let shown = if text.is_empty() { "not given".to_owned() } else { show::text(text) };
    p.add(name, label, (p.at(), n), shown);
    p.skip(n)
}

fn value(p: &mut Pen<'_>, kind: u64) -> Option<()> {
    match kind {
        53 => {
            let number = p.code(1, "dhcp.option.dhcp", "DHCP", message)?;
            p.value(message(number).unwrap_or_default());
        }
        1 => _ = p.ip4("dhcp.option.subnet_mask", "Subnet Mask")?,
        28 => _ = p.ip4("dhcp.option.broadcast_address", "Broadcast Address")?,
        50 => {
            let address = p.ip4("dhcp.option.requested_ip_address", "Requested IP Address")?;
            p.value(address.to_string());
        }
        54 => {
            let address = p.ip4("dhcp.option.dhcp_server_id", "DHCP Server Identifier")?;
            p.value(address.to_string());
        }
        3 | 4 | 6 | 42 | 44 | 150 => {
            let name = match kind {
                3 => "dhcp.option.router",
                4 => "dhcp.option.time_server",
                6 => "dhcp.option.domain_name_server",
                42 => "dhcp.option.ntp_server",
                44 => "dhcp.option.netbios_over_tcpip_name_server",
                _ => "dhcp.option.tftp_server_address",
            };
            while p.left() >= 4 {
                p.ip4(name, "Address")?;
            }
        }
        12 | 15 | 17 | 56 | 60 | 66 | 67 | 114 | 252 => {
            let name = match kind {
                12 => "dhcp.option.hostname",
                15 => "dhcp.option.domain_name",
                17 => "dhcp.option.root_path",
                56 => "dhcp.option.message",
                60 => "dhcp.option.vendor_class_id",
                66 => "dhcp.option.tftp_server_name",
                67 => "dhcp.option.bootfile_name",
                _ => "dhcp.option.value",
            };
            let text = p.text(p.left(), name, option(kind).unwrap_or("Value"))?;
            p.value(show::text(text));
        }
        51 => _ = p.unit(4, "dhcp.option.ip_address_lease_time", "IP Address Lease Time", "s")?,
        58 => _ = p.unit(4, "dhcp.option.renewal_time_value", "Renewal Time Value", "s")?,
        59 => _ = p.unit(4, "dhcp.option.rebinding_time_value", "Rebinding Time Value", "s")?,
        57 => _ = p.u16("dhcp.option.dhcp_max_message_size", "Maximum DHCP Message Size")?,
        26 => _ = p.u16("dhcp.option.interface_mtu", "Interface MTU")?,
        55 => {
            while p.left() > 0 {
                p.code(1, "dhcp.option.request_list_item", "Parameter Request List Item", option)?;
            }
        }
        61 if p.left() == 7 => {
            p.hex(1, "dhcp.hw.type", "Hardware type")?;
            p.mac("dhcp.hw.mac_addr", "Client MAC address")?;
        }
        81 if p.left() >= 3 => {
            p.hex(1, "dhcp.fqdn.flags", "Flags")?;
            p.u8("dhcp.fqdn.rcode1", "A-RR result")?;
            p.u8("dhcp.fqdn.rcode2", "PTR-RR result")?;
            p.text(p.left(), "dhcp.fqdn.name", "Client name")?;
        }
        82 => {
            while p.left() >= 2 {
                p.group("dhcp.option.agent_information_option", "Agent Information", |p| {
                    p.u8("dhcp.option.agent_information_option.suboption", "Suboption")?;
                    let length = p.u8("dhcp.option.length", "Length")?;
                    p.raw(usize::from(length), "dhcp.option.agent_information_option.value", "Value")
                })?;
            }
        }
        _ => {}
    }
    p.raw_rest("dhcp.option.value", "Value");
    Some(())
}
