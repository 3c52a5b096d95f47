//! Files and names of local networks: SMB over NetBIOS sessions, NetBIOS datagrams, TFTP (RFC 1350), RIP (RFC 2453).

use crate::pen::Pen;
use crate::show;

fn smb2_command(n: u64) -> Option<&'static str> {
    [
        "Negotiate Protocol",
        "Session Setup",
        "Session Logoff",
        "Tree Connect",
        "Tree Disconnect",
        "Create",
        "Close",
        "Flush",
        "Read",
        "Write",
        "Lock",
        "Ioctl",
        "Cancel",
        "KeepAlive",
        "Find",
        "Notify",
        "GetInfo",
        "SetInfo",
        "Break",
    ]
    .get(n as usize)
    .copied()
}

fn status(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "STATUS_SUCCESS",
        0x103 => "STATUS_PENDING",
        0x8000_0005 => "STATUS_BUFFER_OVERFLOW",
        0x8000_0006 => "STATUS_NO_MORE_FILES",
        0xc000_000d => "STATUS_INVALID_PARAMETER",
        0xc000_0016 => "STATUS_MORE_PROCESSING_REQUIRED",
        0xc000_0022 => "STATUS_ACCESS_DENIED",
        0xc000_0034 => "STATUS_OBJECT_NAME_NOT_FOUND",
        0xc000_006d => "STATUS_LOGON_FAILURE",
        0xc000_00cc => "STATUS_BAD_NETWORK_NAME",
        _ => return None,
    })
}

fn le_code(
    p: &mut Pen<'_>,
    n: usize,
    name: &'static str,
    label: &'static str,
    names: crate::pen::Names,
) -> Option<u64> {
    let bytes = p.rest().get(..n)?;
    let number = bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let text = names(number).map_or_else(|| format!("{number:#x}"), |known| format!("{known} ({number:#x})"));
    p.add(name, label, (p.at(), n), text);
    p.skip(n)?;
    Some(number)
}

pub(super) fn smb(p: &mut Pen<'_>) -> bool {
    let starts = |p: &Pen<'_>| {
        p.peek(0).is_some_and(|kind| matches!(kind, 0 | 0x81..=0x85))
            && p.peek16(0).is_some_and(|word| word & 0xfe == 0)
            && p.left() >= 4
    };
    if !starts(p) {
        return false;
    }
    while starts(p) {
        let found = p.layer("nbss", "NetBIOS Session Service", |p| {
            let kind = p.hex_code(1, "nbss.type", "Message Type", |n| {
                Some(match n {
                    0 => "Session message",
                    0x81 => "Session request",
                    0x82 => "Positive session response",
                    0x83 => "Negative session response",
                    0x85 => "Session keep-alive",
                    _ => return None,
                })
            })?;
            let length = p.uint(3, "nbss.length", "Length")? as usize;
            if kind != 0 {
                p.raw(length.min(p.left()), "nbss.data", "Data")?;
                return Some(0);
            }
            Some(length)
        });
        let Some(length) = found else { break };
        if length == 0 {
            continue;
        }
        let before = p.limit(length);
        match p.rest().get(..4) {
            Some(b"\xfeSMB") => smb2(p),
            Some(b"\xffSMB") => smb1(p),
            _ => p.data(),
        }
        p.unlimit(before);
    }
    true
}

fn smb1(p: &mut Pen<'_>) {
    p.layer("smb", "SMB (Server Message Block Protocol)", |p| {
        p.raw(4, "smb.server_component", "Server Component")?;
        p.hex(1, "smb.cmd", "SMB Command")?;
        le_code(p, 4, "smb.nt_status", "NT Status", status)?;
        p.hex(1, "smb.flags", "Flags")?;
        p.le(2, "smb.flags2", "Flags2")?;
        p.le(2, "smb.pid.high", "Process ID High")?;
        p.raw(8, "smb.signature", "Signature")?;
        p.raw(2, "smb.reserved", "Reserved")?;
        p.le(2, "smb.tid", "Tree ID")?;
        p.le(2, "smb.pid", "Process ID")?;
        p.le(2, "smb.uid", "User ID")?;
        p.le(2, "smb.mid", "Multiplex ID")?;
        p.raw_rest("smb.data", "Parameters and data");
        Some(())
    });
}

fn smb2(p: &mut Pen<'_>) {
    p.layer("smb2", "SMB2 (Server Message Block Protocol version 2)", |p| {
        p.group("smb2.header", "SMB2 Header", |p| {
            p.raw(4, "smb2.protocol_id", "ProtocolId")?;
            p.le(2, "smb2.header_len", "Header Length")?;
            p.le(2, "smb2.credit.charge", "Credit Charge")?;
            le_code(p, 4, "smb2.nt_status", "NT Status", status)?;
            let command = le_code(p, 2, "smb2.cmd", "Command", smb2_command)?;
            p.value(smb2_command(command).unwrap_or_default());
            p.le(2, "smb2.credits.requested", "Credits")?;
            le_code(p, 4, "smb2.flags", "Flags", |_| None)?;
            p.le(4, "smb2.chain_offset", "Chain Offset")?;
            p.le(8, "smb2.msg_id", "Message ID")?;
            p.le(4, "smb2.pid", "Process Id")?;
            le_code(p, 4, "smb2.tid", "Tree Id", |_| None)?;
            le_code(p, 8, "smb2.sesid", "Session Id", |_| None)?;
            p.raw(16, "smb2.signature", "Signature").map(|_| ())
        })?;
        p.raw_rest("smb2.data", "Request or response");
        Some(())
    });
}

pub(super) fn netbios_datagram(p: &mut Pen<'_>) {
    p.layer("nbdgm", "NetBIOS Datagram Service", |p| {
        p.hex(1, "nbdgm.type", "Message Type")?;
        p.hex(1, "nbdgm.flags", "Flags")?;
        p.hex(2, "nbdgm.dgram_id", "Datagram ID")?;
        p.ip4("nbdgm.src.ip", "Source IP")?;
        p.u16("nbdgm.src.port", "Source Port")?;
        p.u16("nbdgm.dgram_len", "Datagram length")?;
        p.u16("nbdgm.pkt_offset", "Packet offset")?;
        p.raw_rest("nbdgm.data", "Names and data");
        Some(())
    });
}

pub(super) fn tftp(p: &mut Pen<'_>) -> bool {
    if !p.peek16(0).is_some_and(|code| (1..=6).contains(&code)) {
        return false;
    }
    p.layer("tftp", "Trivial File Transfer Protocol", |p| {
        let code = p.code(2, "tftp.opcode", "Opcode", |n| {
            Some(match n {
                1 => "Read Request",
                2 => "Write Request",
                3 => "Data Packet",
                4 => "Acknowledgement",
                5 => "Error Code",
                6 => "Option Acknowledgement",
                _ => return None,
            })
        })?;
        match code {
            1 | 2 => {
                let name = p.zero_text(
                    if code == 1 { "tftp.source_file" } else { "tftp.destination_file" },
                    "File",
                )?;
                p.value(show::text(name));
                p.zero_text("tftp.type", "Type")?;
            }
            3 | 4 => _ = p.u16("tftp.block", "Block")?,
            5 => {
                p.u16("tftp.error.code", "Error code")?;
                p.zero_text("tftp.error.message", "Error message")?;
            }
            _ => {}
        }
        while matches!(code, 1 | 2 | 6) && p.left() > 1 {
            p.zero_text("tftp.option.name", "Option name")?;
            p.zero_text("tftp.option.value", "Option value")?;
        }
        p.raw_rest("tftp.data", "Data");
        Some(())
    });
    true
}

pub(super) fn rip(p: &mut Pen<'_>) {
    p.layer("rip", "Routing Information Protocol", |p| {
        p.code(1, "rip.command", "Command", |n| {
            Some(match n {
                1 => "Request",
                2 => "Response",
                _ => return None,
            })
        })?;
        p.u8("rip.version", "Version")?;
        p.skip(2)?;
        while p.left() >= 20 {
            p.group("", "Route", |p| {
                p.u16("rip.family", "Address Family")?;
                p.u16("rip.route_tag", "Route Tag")?;
                let address = p.ip4("rip.ip", "IP Address")?;
                let mask = p.ip4("rip.netmask", "Netmask")?;
                p.ip4("rip.next_hop", "Next Hop")?;
                let metric = p.u32("rip.metric", "Metric")?;
                p.value(format!("{address} {mask}, metric {metric}"));
                Some(())
            })?;
        }
        Some(())
    });
}
