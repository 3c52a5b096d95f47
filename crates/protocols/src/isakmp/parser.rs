//! Messages and their payloads, as far as they are not encrypted.

use super::{fields::*, names};
use crate::bytes::{Bytes, hex};
use crate::{Context, Dir};
use fields::{Field, Term};

/// Payloads of one message, proposals of one payload and transforms of one proposal that are read.
const MAX_PARTS: usize = 64;
const SA: u8 = 1;
const VENDOR: u8 = 13;
const SA_2: u8 = 33;
const VENDOR_2: u8 = 43;
/// Flag of version 1: what follows the header is encrypted.
const ENCRYPTED: u8 = 1;
/// Protocol of a proposal: ISAKMP or IKE itself, not AH or ESP.
const IKE: u8 = 1;

/// Both indexes, first payload, version, exchange, flags, number, length (RFC 7296 section 3.1). On port 4500 four
/// zeros come before.
pub(super) fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let nat = context.ends.iter().any(|end| end.port == 4500);
    let bytes = match bytes {
        [0, 0, 0, 0, rest @ ..] if nat => rest,
        // ESP in UDP
        _ if nat => return None,
        _ => bytes,
    };
    let mut cursor = Bytes::new(bytes);
    let (initiator, responder) = (cursor.take(8)?, cursor.take(8)?);
    let (mut next, version) = (cursor.u8()?, cursor.u8()?);
    let (exchange, flags) = (cursor.u8()?, cursor.u8()?);
    let (_number, length) = (cursor.u32()?, cursor.u32()?);
    if !matches!(version >> 4, 1 | 2) || length as usize > bytes.len() {
        return None;
    }
    let doc = &mut *context.doc;
    for (field, spi) in [(&INITIATOR_SPI, initiator), (&RESPONDER_SPI, responder)] {
        if spi != [0; 8] {
            doc.add(field, &hex(spi));
        }
    }
    doc.add(&VERSION, &format!("{}.{}", version >> 4, version & 15));
    match names::exchange(exchange) {
        Some(name) => doc.add(&EXCHANGE, name),
        None => doc.add(&EXCHANGE, &exchange.to_string()),
    };
    if version >> 4 == 1 && flags & ENCRYPTED != 0 {
        return None;
    }
    for _ in 0..MAX_PARTS {
        let (kind, after, content) = (next, cursor.u8()?, part(&mut cursor)?);
        match kind {
            0 => break,
            SA => proposals_1(content, context),
            SA_2 => proposals_2(content, context),
            VENDOR | VENDOR_2 => vendor(content.rest(), context),
            _ => None,
        };
        next = after;
    }
    Some(())
}

/// The rest of a payload's header, and its content: reserved, length of all.
fn part<'a>(cursor: &mut Bytes<'a>) -> Option<Bytes<'a>> {
    let (_reserved, length) = (cursor.u8()?, cursor.u16()?);
    cursor.part(usize::from(length).checked_sub(4)?)
}

fn vendor(id: &[u8], context: &mut Context<'_>) -> Option<()> {
    match names::vendor(id) {
        Some(name) => context.doc.add(&VENDOR_ID, name),
        None => context.doc.add(&VENDOR_ID, &hex(id)),
    };
    Some(())
}

fn add(field: &'static Field<Term>, name: Option<&str>, number: u16, context: &mut Context<'_>) {
    match name {
        Some(name) => context.doc.add(field, name),
        None => context.doc.add(field, &number.to_string()),
    };
}

/// Version 1 (RFC 2408 sections 3.4 to 3.6): domain, situation, proposals of transforms of attributes.
fn proposals_1(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_domain, _situation) = (content.u32()?, content.u32()?);
    for _ in 0..MAX_PARTS {
        let more = content.u8()?;
        let mut proposal = part(&mut content)?;
        let (_number, protocol, spi, _count) =
            (proposal.u8()?, proposal.u8()?, proposal.u8()?, proposal.u8()?);
        proposal.take(usize::from(spi))?;
        while protocol == IKE && !proposal.is_empty() {
            let _more = proposal.u8()?;
            let mut transform = part(&mut proposal)?;
            let (_number, _id, _reserved) = (transform.u8()?, transform.u8()?, transform.u16()?);
            attributes(transform, context);
        }
        if more == 0 {
            break;
        }
    }
    Some(())
}

/// RFC 2409, appendix A: kind with a bit for values of two bytes, value or length.
fn attributes(mut transform: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    while !transform.is_empty() {
        let (kind, value) = (transform.u16()?, transform.u16()?);
        if kind & 0x8000 == 0 {
            transform.take(usize::from(value))?;
            continue;
        }
        match kind & 0x7fff {
            1 => add(&ENCRYPTION, names::encryption_1(value), value, context),
            2 => add(&HASH, names::hash_1(value), value, context),
            3 => add(&AUTHENTICATION, names::authentication_1(value), value, context),
            4 => add(&GROUP, names::group(value), value, context),
            _ => {}
        }
    }
    Some(())
}

/// Version 2 (RFC 7296 section 3.3): proposals of transforms, each of one kind.
fn proposals_2(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    while !content.is_empty() {
        let _more = content.u8()?;
        let mut proposal = part(&mut content)?;
        let (_number, protocol, spi, _count) =
            (proposal.u8()?, proposal.u8()?, proposal.u8()?, proposal.u8()?);
        proposal.take(usize::from(spi))?;
        while protocol == IKE && !proposal.is_empty() {
            let _more = proposal.u8()?;
            let mut transform = part(&mut proposal)?;
            let (kind, _, id) = (transform.u8()?, transform.u8()?, transform.u16()?);
            match kind {
                1 => add(&ENCRYPTION, names::encryption_2(id), id, context),
                2 => add(&HASH, names::prf_2(id), id, context),
                4 => add(&GROUP, names::group(id), id, context),
                _ => {}
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn version_1_proposes() {
        let message = unhex(
            "0102030405060708 0000000000000000 01 10 02 00 00000000 0000006c \
             0d 00 003c 00000001 00000001 00 00 0030 01 01 00 01 00 00 0028 01 01 0000 \
             80010007 800e0100 80030001 80020004 8004000e 800b0001 000c0004 00015180 \
             00 00 0014 afcad71368a1f1c96b8696fc77570100",
        );
        let doc = Talk::new(Transport::Udp, 500, 500).src(&message).src(&message[..40]).json();
        assert_eq!(doc["protocol"], json!(["isakmp"]));
        assert_eq!(
            doc["isakmp"],
            json!({
                "authMethod": ["psk"], "authMethodCnt": 1, "dhGroup": ["modp2048"], "dhGroupCnt": 1,
                "encryption": ["aes-cbc"], "encryptionCnt": 1, "exchangeType": ["identity-protection"],
                "exchangeTypeCnt": 1, "hash": ["sha2-256"], "hashCnt": 1, "initiatorSpi": ["0102030405060708"],
                "initiatorSpiCnt": 1, "vendorId": ["dpd"], "vendorIdCnt": 1, "version": ["1.0"], "versionCnt": 1
            })
        );
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn version_2_proposes_behind_a_translator() {
        let message = unhex(
            "00000000 0102030405060708 1112131415161718 21 20 22 08 00000000 00000044 \
             00 00 0028 00 00 0024 01 01 00 03 03 00 000c 01 00 0014 800e0100 03 00 0008 02 00 0005 00 00 0008 04 00 001f",
        );
        let doc = Talk::new(Transport::Udp, 4500, 4500).src(&message).json();
        assert_eq!(doc["isakmp"]["exchangeType"], json!(["ike-sa-init"]));
        assert_eq!(doc["isakmp"]["encryption"], json!(["aes-gcm-16"]));
        assert_eq!(doc["isakmp"]["hash"], json!(["sha2-256"]));
        assert_eq!(doc["isakmp"]["dhGroup"], json!(["curve25519"]));
        assert_eq!(doc["isakmp"]["responderSpi"], json!(["1112131415161718"]));
    }
}
