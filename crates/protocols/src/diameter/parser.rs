//! Messages and their attributes.

use super::fields::*;
use super::names;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};
use fields::{Field, Term};

/// Version, length, flags, command, application, two identifiers.
pub(super) const HEADER: usize = 20;

pub(super) struct Diameter;

impl Messages for Diameter {
    const LOOKED: usize = 64 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [1, a, b, c, ..] => match u32::from_be_bytes([0, *a, *b, *c]) as usize {
                length @ HEADER.. => Length::Is(length),
                _ => Length::Bad,
            },
            [] | [1] | [1, _] | [1, _, _] => Length::Need(4),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        read(bytes, context);
        Then::Next
    }
}

fn read(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (_length, flags, command) = (cursor.u32()?, cursor.u8()?, cursor.u24()?);
    let (application, _hop, _end) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let kind = if flags & 0x80 != 0 { "Request" } else { "Answer" };
    let text = match names::command(command) {
        Some(name) => format!("{name}-{kind} ({command})"),
        None => format!("Unknown-{kind} ({command})"),
    };
    context.doc.add(&COMMAND, &text);
    let name = names::application(application).unwrap_or("Unknown");
    context.doc.add(&APPLICATION, &format!("{name} ({application})"));
    while !cursor.is_empty() {
        let (code, flags, length) = (cursor.u32()?, cursor.u8()?, cursor.u24()?);
        let mut header = 8;
        if flags & 0x80 != 0 {
            cursor.u32()?;
            header = 12;
        }
        let value = cursor.part((length as usize).checked_sub(header)?)?;
        // attributes start at multiples of four; of the last one the filling may be missing
        cursor.take(((4 - value.len() % 4) % 4).min(cursor.len()));
        if flags & 0x80 == 0 {
            attribute(code, value, context);
        }
    }
    Some(())
}

/// Attributes of the base protocol (RFC 6733 section 4.5).
fn attribute(code: u32, mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let field: &'static Field<Term> = match code {
        1 => &USER,
        263 => &SESSION_ID,
        264 => &ORIGIN_HOST,
        283 => &DEST_REALM,
        293 => &DEST_HOST,
        296 => &ORIGIN_REALM,
        268 => {
            context.doc.add(&RESULT, i64::from(value.u32()?));
            return Some(());
        }
        _ => return None,
    };
    if !value.is_empty() {
        context.doc.add(field, &decode(value.rest()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    fn message(head: &str, attributes: &[(u32, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (code, value) in attributes {
            body.extend(code.to_be_bytes());
            body.push(0x40);
            body.extend(&(8 + value.len() as u32).to_be_bytes()[1..]);
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let mut bytes = unhex(head);
        bytes.extend([0; 8]);
        bytes.extend(&body);
        let length = (bytes.len() as u32).to_be_bytes();
        bytes[1..4].copy_from_slice(&length[1..]);
        bytes
    }

    #[test]
    fn a_request_and_its_answer() {
        let request = message(
            "01000000 80 00013e 01000023",
            &[
                (263, b"s;1"),
                (264, b"mme.example"),
                (296, b"example"),
                (283, b"home"),
                (293, b"hss.home"),
                (1, b"00101"),
            ],
        );
        let answer =
            message("01000000 00 00013e 01000023", &[(268, &[0, 0, 0x13, 0x8d]), (264, b"hss.home")]);
        for talk in [Talk::tcp(3868), Talk::new(Transport::Sctp, 3868, 3868)] {
            let doc = talk.src(&request).dst(&answer).json();
            assert_eq!(doc["protocol"], json!(["diameter"]));
            assert_eq!(
                doc["diameter"],
                json!({
                    "app": ["3GPP-S6a (16777251)"], "appCnt": 1,
                    "cmd": ["Authentication-Information-Request (318)", "Authentication-Information-Answer (318)"],
                    "cmdCnt": 2, "destHost": ["hss.home"], "destHostCnt": 1, "destRealm": ["home"], "destRealmCnt": 1,
                    "originHost": ["mme.example", "hss.home"], "originHostCnt": 2, "originRealm": ["example"],
                    "originRealmCnt": 1, "resultCode": [5005], "resultCodeCnt": 1, "sessionId": ["s;1"],
                    "sessionIdCnt": 1, "user": ["00101"], "userCnt": 1
                })
            );
        }
        assert_eq!(Talk::tcp(3868).src_in(5, &request).json()["diameter"]["user"], json!(["00101"]));
        fields::audit(super::super::fields::FIELDS);
    }
}
