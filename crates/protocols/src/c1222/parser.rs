//! ACSE messages in BER.

use super::fields::*;
use crate::ber::{INTEGER, MAX_HEADER, OCTET_STRING, OID, header, int, oid, relative_oid, value};
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::{Context, Dir};
use fields::{Field, Int, Term};

/// An association request of ACSE, which every message is.
const MESSAGE: u8 = 0x60;
/// Relative object identifier, and the tag that the standard has for it in a title.
const RELATIVE_OID: u8 = 0x0d;
const RELATIVE: u8 = 0x80;
const EXTERNAL: u8 = 0x28;
const SINGLE_ASN1: u8 = 0xa0;
const OCTET_ALIGNED: u8 = 0x81;

pub(super) struct C1222;

impl Messages for C1222 {
    const LOOKED: usize = 16 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        let mut rest = Bytes::new(bytes);
        match header(&mut rest) {
            Some((MESSAGE, length)) => Length::Is((bytes.len() - rest.len()).saturating_add(length)),
            None if bytes.len() < MAX_HEADER => Length::Need(bytes.len() + 1),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        read(bytes, context);
        Then::Next
    }
}

fn read(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let (_, mut message) = value(&mut Bytes::new(bytes))?;
    while !message.is_empty() {
        let (tag, mut content) = value(&mut message)?;
        match tag {
            0xa2 => title(&mut content, &CALLED_TITLE, context),
            0xa4 => invocation(&mut content, &CALLED_INVOCATION, context),
            0xa6 => title(&mut content, &CALLING_TITLE, context),
            0xa8 => invocation(&mut content, &CALLING_INVOCATION, context),
            0xbe => epsem(content, context),
            _ => None,
        };
    }
    Some(())
}

fn title(content: &mut Bytes<'_>, field: &'static Field<Term>, context: &mut Context<'_>) -> Option<()> {
    let (tag, id) = value(content)?;
    let text = match tag {
        OID => oid(id.rest())?,
        RELATIVE_OID | RELATIVE => relative_oid(id.rest())?,
        _ => return None,
    };
    context.doc.add(field, &text);
    Some(())
}

fn invocation(content: &mut Bytes<'_>, field: &'static Field<Int>, context: &mut Context<'_>) -> Option<()> {
    let (_, number) = value(content).filter(|(tag, _)| *tag == INTEGER)?;
    // numbers are unsigned, and devices leave the leading zero out
    let unsigned =
        number.rest().iter().try_fold(0i64, |n, byte| n.checked_mul(256)?.checked_add(i64::from(*byte)));
    context.doc.add(field, int(number.rest()).filter(|n| *n >= 0).or(unsigned)?);
    Some(())
}

/// User information: an external value, in it the octets whose first byte controls the message (EPSEM).
fn epsem(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_, mut external) = value(&mut content).filter(|(tag, _)| *tag == EXTERNAL)?;
    let control = loop {
        let (tag, mut inside) = value(&mut external)?;
        match tag {
            OCTET_ALIGNED | OCTET_STRING => break inside.u8()?,
            SINGLE_ASN1 => {
                break value(&mut inside).filter(|(tag, _)| *tag == OCTET_STRING)?.1.u8()?;
            }
            _ => {}
        }
    };
    let security = ["cleartext", "cleartext-with-auth", "ciphertext-with-auth"];
    let response = ["always", "on-exception", "never"];
    context.doc.add(&SECURITY_MODE, security.get(usize::from(control >> 2 & 3))?);
    context.doc.add(&RESPONSE_CONTROL, response.get(usize::from(control & 3))?);
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, tlv, unhex};
    use serde_json::json;

    #[test]
    fn a_meter_is_called() {
        let call = tlv(
            0x60,
            &[
                &tlv(0xa2, &[&tlv(6, &[&unhex("2b060104012a")])]),
                &tlv(0xa6, &[&tlv(0x0d, &[&unhex("876701")])]),
                &tlv(0xa8, &[&tlv(2, &[&[0, 255]])]),
                &tlv(0xbe, &[&tlv(0x28, &[&tlv(0x81, &[&[0x89, 0, 0]])])]),
            ],
        );
        let answer = unhex("60 0c a4 04 02 02 00ff a8 04 02 02 0100");
        for n in [1, 10, 100] {
            let doc = Talk::tcp(1153).src_in(n, &call).dst(&answer).json();
            assert_eq!(doc["protocol"], json!(["c1222"]), "{n}");
            assert_eq!(
                doc["c1222"],
                json!({
                    "calledApInvocationId": [255], "calledApInvocationIdCnt": 1, "calledApTitle": ["1.3.6.1.4.1.42"],
                    "calledApTitleCnt": 1, "callingApInvocationId": [255, 256], "callingApInvocationIdCnt": 2,
                    "callingApTitle": ["999.1"], "callingApTitleCnt": 1, "responseControl": ["on-exception"],
                    "responseControlCnt": 1, "securityMode": ["ciphertext-with-auth"], "securityModeCnt": 1
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }
}
