//! SSH (RFC 4253): the banner and, before encryption, the packets of the key exchange.

use super::http::line_length;
use crate::pen::Pen;
use crate::show;

pub(super) fn looks(bytes: &[u8], port: u16) -> bool {
    bytes.starts_with(b"SSH-") || (port == 22 && !bytes.is_empty())
}

fn code(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Disconnect",
        2 => "Ignore",
        4 => "Debug",
        5 => "Service Request",
        6 => "Service Accept",
        20 => "Key Exchange Init",
        21 => "New Keys",
        30 => "Elliptic Curve Diffie-Hellman Key Exchange Init",
        31 => "Elliptic Curve Diffie-Hellman Key Exchange Reply",
        32 => "Diffie-Hellman Group Exchange Init",
        33 => "Diffie-Hellman Group Exchange Reply",
        34 => "Diffie-Hellman Group Exchange Request",
        _ => return None,
    })
}

pub(super) fn ssh(p: &mut Pen<'_>) {
    p.layer("ssh", "SSH Protocol", |p| {
        if p.rest().starts_with(b"SSH-") {
            let length = line_length(p.rest());
            let text = p.rest().get(..length)?.trim_ascii_end();
            p.add("ssh.protocol", "Protocol", (p.at(), text.len()), show::text(text));
            p.skip(length)?;
        }
        while p.left() > 0 {
            let length = p.peek32(0).unwrap_or(u32::MAX);
            let padding = p.peek(4).unwrap_or(0);
            let kind = p.peek(5).unwrap_or(0);
            // behind the new keys everything is encrypted, and looks like no packet
            let plain = (8..=35_000).contains(&length)
                && padding >= 4
                && u32::from(padding) + 1 < length
                && code(u64::from(kind)).is_some();
            if !plain || length as usize + 4 > p.left() {
                p.raw_rest("ssh.encrypted_packet", "Encrypted or continued packet");
                break;
            }
            p.group("ssh.packet", "Packet", |p| {
                let length = p.u32("ssh.packet_length", "Packet Length")? as usize;
                let padding = usize::from(p.u8("ssh.padding_length", "Padding Length")?);
                p.within(length - 1, |p| {
                    let kind = p.code(1, "ssh.message_code", "Message Code", code)?;
                    p.value(code(kind).unwrap_or_default());
                    let body = p.left().checked_sub(padding)?;
                    p.within(body, |p| {
                        if kind == 20 {
                            kexinit(p)?;
                        }
                        p.raw_rest("ssh.payload", "Payload");
                        Some(())
                    })?;
                    p.raw_rest("ssh.padding_string", "Padding String");
                    Some(())
                })
            })?;
        }
        Some(())
    });
}

fn kexinit(p: &mut Pen<'_>) -> Option<()> {
    p.raw(16, "ssh.cookie", "Cookie")?;
    for (length, name, label) in [
        ("ssh.kex_algorithms_length", "ssh.kex_algorithms", "kex_algorithms"),
        (
            "ssh.server_host_key_algorithms_length",
            "ssh.server_host_key_algorithms",
            "server_host_key_algorithms",
        ),
        (
            "ssh.encryption_algorithms_client_to_server_length",
            "ssh.encryption_algorithms_client_to_server",
            "encryption_algorithms_client_to_server",
        ),
        (
            "ssh.encryption_algorithms_server_to_client_length",
            "ssh.encryption_algorithms_server_to_client",
            "encryption_algorithms_server_to_client",
        ),
        (
            "ssh.mac_algorithms_client_to_server_length",
            "ssh.mac_algorithms_client_to_server",
            "mac_algorithms_client_to_server",
        ),
        (
            "ssh.mac_algorithms_server_to_client_length",
            "ssh.mac_algorithms_server_to_client",
            "mac_algorithms_server_to_client",
        ),
        (
            "ssh.compression_algorithms_client_to_server_length",
            "ssh.compression_algorithms_client_to_server",
            "compression_algorithms_client_to_server",
        ),
        (
            "ssh.compression_algorithms_server_to_client_length",
            "ssh.compression_algorithms_server_to_client",
            "compression_algorithms_server_to_client",
        ),
        (
            "ssh.languages_client_to_server_length",
            "ssh.languages_client_to_server",
            "languages_client_to_server",
        ),
        (
            "ssh.languages_server_to_client_length",
            "ssh.languages_server_to_client",
            "languages_server_to_client",
        ),
    ] {
        let n = p.u32(length, "Length")?;
        if n > 0 {
            p.text(usize::try_from(n).ok()?, name, label)?;
        }
    }
    p.u8("ssh.first_kex_packet_follows", "First KEX Packet Follows")?;
    p.hex(4, "ssh.kex.reserved", "Reserved")?;
    Some(())
}
