//! QUIC (RFC 9000, 9369): headers, and what is in a client's Initial packets, whose keys anybody on the path can derive.

use super::tls;
use crate::pen::Pen;

/// Whether a long header of a known shape starts here.
pub(super) fn looks(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<6>() else { return false };
    let version = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    head[0] & 0x80 != 0
        && (version == 0 || (head[0] & 0x40 != 0 && name(u64::from(version)).is_some()))
        && head[5] <= 20
}

fn name(version: u64) -> Option<&'static str> {
    Some(match version {
        0 => "Version Negotiation",
        1 => "1",
        0x6b33_43cf => "2",
        0xff00_0017..=0xff00_0022 => "IETF draft",
        0xface_b001..=0xface_b00f => "mvfst",
        0x5130_3234..=0x5130_3530 | 0x5430_3530 | 0x5430_3531 => "Google QUIC",
        v if v & 0x0f0f_0f0f == 0x0a0a_0a0a => "Reserved (GREASE)",
        _ => return None,
    })
}

fn varint(p: &mut Pen<'_>, field: &'static str, label: &'static str) -> Option<u64> {
    let n = 1usize << (p.peek(0)? >> 6);
    let at = p.at();
    let bytes = p.rest().get(..n)?;
    let number = crate::pen::be(bytes) & (u64::MAX >> (66 - 8 * n as u32));
    p.skip(n)?;
    p.add(field, label, (at, n), number.to_string());
    Some(number)
}

pub(super) fn quic(p: &mut Pen<'_>) {
    let datagram = p.rest();
    p.layer("quic", "QUIC IETF", |p| {
        let mut first = true;
        while p.left() > 0 {
            if p.peek(0)? & 0x80 == 0 || !looks(p.rest()) {
                p.group("quic.short", "QUIC Short Header", |p| {
                    p.hex(1, "quic.header_form", "Flags")?;
                    p.raw_rest("quic.remaining_payload", "Remaining Payload");
                    Some(())
                })?;
                break;
            }
            p.group("quic.long", "QUIC Connection information", |p| long(p))?;
            if std::mem::take(&mut first)
                && let Some(frames) = protocols::quic::client_initial(datagram)
            {
                p.elsewhere("Decrypted QUIC", frames, frames_of);
            }
        }
        Some(())
    });
}

fn long(p: &mut Pen<'_>) -> Option<()> {
    let word = p.word(1)?;
    p.bits(word, 0x80, "quic.header_form", "Header Form");
    p.bits(word, 0x40, "quic.fixed_bit", "Fixed Bit");
    let version = p.hex_code(4, "quic.version", "Version", name)?;
    let v2 = version == 0x6b33_43cf;
    let kind = word.2 >> 4 & 3;
    let kind = if v2 { (kind + 3) & 3 } else { kind };
    let title = ["Initial", "0-RTT", "Handshake", "Retry"].get(kind as usize).copied().unwrap_or_default();
    if version != 0 {
        p.add("quic.long.packet_type", "Packet Type", (word.0, 1), format!("{title} ({kind})"));
    }
    p.label(format!("QUIC {}", if version == 0 { "Version Negotiation" } else { title }));
    for (length, id, label) in [
        ("quic.dcil", "quic.dcid", "Destination Connection ID"),
        ("quic.scil", "quic.scid", "Source Connection ID"),
    ] {
        let n = p.u8(length, "Connection ID Length")?;
        if n > 0 {
            p.raw(usize::from(n), id, label)?;
        }
    }
    if version == 0 {
        while p.left() >= 4 {
            p.hex_code(4, "quic.supported_version", "Supported Version", name)?;
        }
        return Some(());
    }
    if kind == 3 {
        let token = p.left().checked_sub(16)?;
        p.raw(token, "quic.retry_token", "Retry Token")?;
        p.raw(16, "quic.retry_integrity_tag", "Retry Integrity Tag")?;
        return Some(());
    }
    if kind == 0 {
        let length = varint(p, "quic.token_length", "Token Length")?;
        if length > 0 {
            p.raw(usize::try_from(length).ok()?, "quic.token", "Token")?;
        }
    }
    let length = usize::try_from(varint(p, "quic.length", "Length")?).ok()?;
    p.raw(length, "quic.payload", "Protected payload")?;
    Some(())
}

/// The frames of an Initial packet (RFC 9000 section 19).
fn frames_of(p: &mut Pen<'_>) {
    p.group("quic.frame", "Decrypted frames", |p| {
        while p.left() > 0 {
            match p.peek(0)? {
                0 => {
                    let n = p.rest().iter().take_while(|byte| **byte == 0).count();
                    p.raw(n, "quic.padding_length", "PADDING")?;
                }
                1 => p.hex(1, "quic.frame_type", "PING").map(|_| ())?,
                2 | 3 => p.group("quic.frame", "ACK", |p| {
                    let kind = varint(p, "quic.frame_type", "Frame Type")?;
                    varint(p, "quic.ack.largest_acknowledged", "Largest Acknowledged")?;
                    varint(p, "quic.ack.ack_delay", "ACK Delay")?;
                    let ranges = varint(p, "quic.ack.ack_range_count", "ACK Range Count")?;
                    varint(p, "quic.ack.first_ack_range", "First ACK Range")?;
                    for _ in 0..ranges {
                        varint(p, "quic.ack.gap", "Gap")?;
                        varint(p, "quic.ack.ack_range", "ACK Range")?;
                    }
                    for _ in 0..if kind == 3 { 3 } else { 0 } {
                        varint(p, "quic.ack.ecn", "ECN count")?;
                    }
                    Some(())
                })?,
                6 => p.group("quic.frame", "CRYPTO", |p| {
                    varint(p, "quic.frame_type", "Frame Type")?;
                    let offset = varint(p, "quic.crypto.offset", "Offset")?;
                    let length = usize::try_from(varint(p, "quic.crypto.length", "Length")?).ok()?;
                    if length > p.left() {
                        return None;
                    }
                    p.within(length, |p| {
                        if offset == 0 {
                            p.group("tls.handshake", "Handshake Protocol", |p| tls::message(p, false))?;
                        }
                        p.raw_rest("quic.crypto.crypto_data", "Crypto Data");
                        Some(())
                    })
                })?,
                _ => {
                    p.raw_rest("quic.frame_data", "Frames");
                }
            }
        }
        Some(())
    });
}
