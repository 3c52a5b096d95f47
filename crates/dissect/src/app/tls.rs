//! TLS and SSL 3 records (RFC 8446, 5246), DTLS (RFC 6347), and the handshake messages that are not encrypted.

use super::tls_names::{alert, content, extension, group, handshake, signature, suite, version};
use crate::pen::{Names, Pen};
use crate::show;
use crate::tree::Severity;

/// The longest record: 2^14 bytes and what encryption adds.
const MAX_RECORD: u16 = (1 << 14) + 2_048;

/// Whether a record starts here.
pub(super) fn looks(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=24, 3, 0..=4, high, low, ..] if u16::from_be_bytes([*high, *low]) <= MAX_RECORD && (*high, *low) != (0, 0))
}

pub(super) fn looks_dtls(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=24, 0xfe, 0xff | 0xfd | 0xfc, ..]) && bytes.len() > 13
}

pub(super) fn tls(p: &mut Pen<'_>) {
    p.layer("tls", "Transport Layer Security", |p| {
        let mut encrypted = false;
        while looks(p.rest()) {
            p.group("tls.record", "TLS Record Layer", |p| record(p, &mut encrypted))?;
        }
        p.raw_rest("tls.segment.data", "TLS segment data");
        Some(())
    });
}

fn record(p: &mut Pen<'_>, encrypted: &mut bool) -> Option<()> {
    let kind = p.code(1, "tls.record.content_type", "Content Type", content)?;
    p.hex_code(2, "tls.record.version", "Version", version)?;
    let length = usize::from(p.u16("tls.record.length", "Length")?);
    let title = content(kind).unwrap_or_default();
    p.value(title);
    if length > p.left() {
        let (left, missing) = (p.left(), length - p.left());
        p.group_note(Severity::Note, format!("goes on in the next segment: {missing} bytes"));
        // the start of a handshake is worth reading
        if !(kind == 22 && !*encrypted && left >= 44) {
            p.raw_rest("tls.segment.data", "TLS segment data");
            return Some(());
        }
    }
    p.within(length, |p| {
        match kind {
            20 => {
                p.u8("tls.change_cipher_spec", "Change Cipher Spec Message")?;
                *encrypted = true;
            }
            21 if p.left() == 2 && !*encrypted => {
                p.group("tls.alert_message", "Alert Message", |p| {
                    p.code(1, "tls.alert_message.level", "Level", |n| {
                        Some(match n {
                            1 => "Warning",
                            2 => "Fatal",
                            _ => return None,
                        })
                    })?;
                    let number = p.code(1, "tls.alert_message.desc", "Description", alert)?;
                    p.value(alert(number).unwrap_or_default());
                    if number != 0 {
                        p.group_note(Severity::Warning, "the handshake or the connection failed");
                    }
                    Some(())
                })?;
            }
            22 if !*encrypted => {
                while p.left() > 0 {
                    let known = p.peek(0).is_some_and(|kind| handshake(u64::from(kind)).is_some());
                    let fits = p.peek32(0).is_some_and(|word| {
                        (word & 0xff_ffff) as usize <= p.left() + MAX_RECORD as usize * 4
                    });
                    if !known || !fits {
                        p.raw_rest("tls.handshake", "Encrypted Handshake Message");
                        break;
                    }
                    p.group("tls.handshake", "Handshake Protocol", |p| message(p, false))?;
                }
            }
            23 => p.raw_rest("tls.app_data", "Encrypted Application Data"),
            _ => p.raw_rest("tls.encrypted", "Encrypted message"),
        }
        Some(())
    })
}

/// A handshake message (RFC 8446 section 4).
pub(super) fn message(p: &mut Pen<'_>, datagram: bool) -> Option<()> {
    let kind = p.code(1, "tls.handshake.type", "Handshake Type", handshake)?;
    p.label(format!("Handshake Protocol: {}", handshake(kind).unwrap_or("unknown")));
    let length = p.uint(3, "tls.handshake.length", "Length")? as usize;
    if datagram {
        p.u16("dtls.handshake.message_seq", "Message Sequence")?;
        let offset = p.uint(3, "dtls.handshake.fragment_offset", "Fragment Offset")?;
        let part = p.uint(3, "dtls.handshake.fragment_length", "Fragment Length")? as usize;
        if offset > 0 || part < length {
            p.raw(part.min(p.left()), "dtls.fragment", "Fragment")?;
            return Some(());
        }
    }
    let whole = length <= p.left();
    if !whole {
        p.group_note(Severity::Note, "goes on in the next record or segment");
    }
    let read = p.within(length, |p| {
        match kind {
            1 => client_hello(p, datagram)?,
            2 => server_hello(p)?,
            3 => {
                p.hex_code(2, "tls.handshake.version", "Version", version)?;
                let length = p.u8("dtls.handshake.cookie_length", "Cookie Length")?;
                p.raw(usize::from(length), "dtls.handshake.cookie", "Cookie")?;
            }
            11 => certificates(p)?,
            4 if p.left() >= 6 => {
                p.unit(
                    4,
                    "tls.handshake.session_ticket_lifetime_hint",
                    "Session Ticket Lifetime Hint",
                    "seconds",
                )?;
                p.raw_rest("tls.handshake.session_ticket", "Session Ticket");
            }
            12 if p.peek(0) == Some(3) => {
                p.code(1, "tls.handshake.server_curve_type", "Curve Type", |n| {
                    (n == 3).then_some("named_curve")
                })?;
                p.hex_code(2, "tls.handshake.server_named_curve", "Named Curve", group)?;
                let length = p.u8("tls.handshake.server_point_len", "Pubkey Length")?;
                p.raw(usize::from(length), "tls.handshake.server_point", "Pubkey")?;
                p.raw_rest("tls.handshake.sig", "Signature");
            }
            _ => p.raw_rest("tls.handshake.data", "Data"),
        }
        Some(())
    });
    // what goes on elsewhere ends too early here, which is no fault
    if whole { read } else { Some(()) }
}

fn hello_head(p: &mut Pen<'_>) -> Option<()> {
    p.hex_code(2, "tls.handshake.version", "Version", version)?;
    p.raw(32, "tls.handshake.random", "Random")?;
    let length = p.u8("tls.handshake.session_id_length", "Session ID Length")?;
    if length > 0 {
        p.raw(usize::from(length), "tls.handshake.session_id", "Session ID")?;
    }
    Some(())
}

fn client_hello(p: &mut Pen<'_>, datagram: bool) -> Option<()> {
    hello_head(p)?;
    if datagram {
        let length = p.u8("dtls.handshake.cookie_length", "Cookie Length")?;
        p.raw(usize::from(length), "dtls.handshake.cookie", "Cookie")?;
    }
    let length = usize::from(p.u16("tls.handshake.cipher_suites_length", "Cipher Suites Length")?);
    p.group("tls.handshake.ciphersuites", "Cipher Suites", |p| {
        p.value(format!("{} suites", length / 2));
        p.within(length, |p| list(p, 2, "tls.handshake.ciphersuite", "Cipher Suite", suite))
    })?;
    let length = usize::from(p.u8("tls.handshake.comp_methods_length", "Compression Methods Length")?);
    p.group("tls.handshake.comp_methods", "Compression Methods", |p| {
        p.within(length, |p| {
            list(p, 1, "tls.handshake.comp_method", "Compression Method", |n| (n == 0).then_some("null"))
        })
    })?;
    extensions(p, true)
}

fn server_hello(p: &mut Pen<'_>) -> Option<()> {
    hello_head(p)?;
    p.hex_code(2, "tls.handshake.ciphersuite", "Cipher Suite", suite)?;
    p.code(1, "tls.handshake.comp_method", "Compression Method", |n| (n == 0).then_some("null"))?;
    extensions(p, false)
}

fn list(p: &mut Pen<'_>, n: usize, name: &'static str, label: &'static str, names: Names) -> Option<()> {
    while p.left() > 0 {
        p.hex_code(n, name, label, names)?;
    }
    Some(())
}

fn extensions(p: &mut Pen<'_>, client: bool) -> Option<()> {
    if p.left() == 0 {
        return Some(());
    }
    let length = usize::from(p.u16("tls.handshake.extensions_length", "Extensions Length")?);
    p.within(length, |p| {
        while p.left() > 0 {
            p.group("", "Extension", |p| {
                let kind = p.code(2, "tls.handshake.extension.type", "Type", extension)?;
                p.label(format!("Extension: {}", extension(kind).unwrap_or("unknown")));
                let length = usize::from(p.u16("tls.handshake.extension.len", "Length")?);
                if length > p.left() {
                    return None;
                }
                p.within(length, |p| extension_body(p, kind, client))
            })?;
        }
        Some(())
    })
}

fn extension_body(p: &mut Pen<'_>, kind: u64, client: bool) -> Option<()> {
    if p.left() == 0 {
        return Some(());
    }
    match kind {
        0 if client => {
            p.u16("tls.handshake.extensions_server_name_list_len", "Server Name list length")?;
            p.code(1, "tls.handshake.extensions_server_name_type", "Server Name Type", |n| {
                (n == 0).then_some("host_name")
            })?;
            let length = p.u16("tls.handshake.extensions_server_name_len", "Server Name length")?;
            let name = p.text(usize::from(length), "tls.handshake.extensions_server_name", "Server Name")?;
            p.value(show::text(name));
        }
        10 => {
            p.u16("tls.handshake.extensions_supported_groups_length", "Supported Groups List Length")?;
            list(p, 2, "tls.handshake.extensions_supported_group", "Supported Group", group)?;
        }
        11 => {
            p.u8("tls.handshake.extensions_ec_point_formats_length", "EC point formats Length")?;
            list(p, 1, "tls.handshake.extensions_ec_point_format", "EC point format", |n| {
                (n == 0).then_some("uncompressed")
            })?;
        }
        13 | 50 => {
            p.u16("tls.handshake.sig_hash_alg_len", "Signature Hash Algorithms Length")?;
            list(p, 2, "tls.handshake.sig_hash_alg", "Signature Algorithm", signature)?;
        }
        16 => {
            p.u16("tls.handshake.extensions_alpn_len", "ALPN Extension Length")?;
            let mut names = Vec::new();
            while p.left() > 0 {
                let length = p.u8("tls.handshake.extensions_alpn_str_len", "ALPN string length")?;
                names.push(show::text(p.text(
                    usize::from(length),
                    "tls.handshake.extensions_alpn_str",
                    "ALPN Next Protocol",
                )?));
            }
            p.value(names.join(", "));
        }
        43 if client => {
            p.u8("tls.handshake.extensions.supported_versions_len", "Supported Versions length")?;
            list(p, 2, "tls.handshake.extensions.supported_version", "Supported Version", version)?;
        }
        43 => {
            let number =
                p.hex_code(2, "tls.handshake.extensions.supported_version", "Supported Version", version)?;
            p.value(version(number).unwrap_or_default());
        }
        45 => {
            p.u8("tls.extension.psk_ke_modes_length", "PSK Key Exchange Modes Length")?;
            list(p, 1, "tls.extension.psk_ke_mode", "PSK Key Exchange Mode", |n| {
                Some(match n {
                    0 => "PSK-only key establishment (psk_ke)",
                    1 => "PSK with (EC)DHE key establishment (psk_dhe_ke)",
                    _ => return None,
                })
            })?;
        }
        51 => {
            if client {
                p.u16("tls.handshake.extensions_key_share_client_length", "Client Key Share Length")?;
            }
            while p.left() > 0 {
                p.group("", "Key Share Entry", |p| {
                    let number = p.hex_code(2, "tls.handshake.extensions_key_share_group", "Group", group)?;
                    p.value(group(number).unwrap_or_default());
                    // a retry names only the group
                    if p.left() == 0 {
                        return Some(());
                    }
                    let length = p.u16(
                        "tls.handshake.extensions_key_share_key_exchange_length",
                        "Key Exchange Length",
                    )?;
                    p.raw(
                        usize::from(length),
                        "tls.handshake.extensions_key_share_key_exchange",
                        "Key Exchange",
                    )
                    .map(|_| ())
                })?;
            }
        }
        _ => p.raw_rest("tls.handshake.extension.data", "Data"),
    }
    p.raw_rest("tls.handshake.extension.data", "Data");
    Some(())
}

fn certificates(p: &mut Pen<'_>) -> Option<()> {
    // TLS 1.3 puts a context before the list, and extensions behind each certificate; in the clear it is only seen up to 1.2
    p.uint(3, "tls.handshake.certificates_length", "Certificates Length")?;
    p.group("tls.handshake.certificates", "Certificates", |p| {
        let mut count = 0;
        while p.left() > 3 {
            count += 1;
            let length = p.uint(3, "tls.handshake.certificate_length", "Certificate Length")? as usize;
            p.raw(length, "tls.handshake.certificate", format!("Certificate {count}"))?;
        }
        p.value(format!("{count} certificates"));
        Some(())
    })
}

pub(super) fn dtls(p: &mut Pen<'_>) {
    p.layer("dtls", "Datagram Transport Layer Security", |p| {
        while looks_dtls(p.rest()) {
            p.group("dtls.record", "DTLS Record Layer", |p| {
                let kind = p.code(1, "dtls.record.content_type", "Content Type", content)?;
                p.value(content(kind).unwrap_or_default());
                p.hex_code(2, "dtls.record.version", "Version", version)?;
                let epoch = p.u16("dtls.record.epoch", "Epoch")?;
                p.uint(6, "dtls.record.sequence_number", "Sequence Number")?;
                let length = usize::from(p.u16("dtls.record.length", "Length")?);
                if length > p.left() {
                    return None;
                }
                p.within(length, |p| {
                    match kind {
                        22 if epoch == 0 => {
                            while p.left() > 0 {
                                p.group("dtls.handshake", "Handshake Protocol", |p| message(p, true))?;
                            }
                        }
                        _ => p.raw_rest("dtls.data", "Data"),
                    }
                    Some(())
                })
            })?;
        }
        Some(())
    });
}
