//! Messages in DER.

use super::{fields::*, names};
use crate::ber::{INTEGER, SEQUENCE, expect, int, value};
use crate::bytes::Bytes;
use crate::messages::{Datagrams, Framed, Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir, Parser, Step};
use fields::{Field, Term};

const GENERAL_STRING: u8 = 0x1b;
/// Bytes of the length before a message on a stream (section 7.2.2).
const PREFIX: usize = 4;

/// Datagrams are messages; on a stream a length comes before each.
pub(super) struct Kerberos {
    datagrams: Datagrams,
    stream: Framed<Stream>,
}

impl Default for Kerberos {
    fn default() -> Self {
        Self { datagrams: Datagrams(message), stream: Framed::new(Stream) }
    }
}

impl Parser for Kerberos {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        match context.is_stream() {
            true => self.stream.step(dir, bytes, context),
            false => self.datagrams.step(dir, bytes, context),
        }
    }
}

struct Stream;

impl Messages for Stream {
    const LOOKED: usize = 64 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match Bytes::new(bytes).u32() {
            Some(length @ 1..0x0100_0000) => Length::Is(PREFIX + length as usize),
            Some(_) => Length::Bad,
            None => Length::Need(PREFIX),
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        message(bytes.get(PREFIX..).unwrap_or_default(), dir, context);
        Then::Next
    }
}

fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let (tag, mut content) = value(&mut Bytes::new(bytes))?;
    let content = expect(&mut content, SEQUENCE)?;
    match tag {
        // AS-REQ, TGS-REQ: the body is member 4
        0x6a | 0x6c => members(content, &mut |number, value| match number {
            4 => request(value, context),
            _ => Some(()),
        }),
        // AS-REP, TGS-REP
        0x6b | 0x6d => members(content, &mut |number, value| match number {
            3 => text(value, &REALM, context),
            4 => name(value, &CNAME, context),
            5 => ticket(value, context),
            6 => cipher(value, context),
            _ => Some(()),
        }),
        // KRB-ERROR
        0x7e => members(content, &mut |number, mut value| match number {
            6 => {
                let code = int(expect(&mut value, INTEGER)?.rest())?;
                match names::error(code) {
                    Some(name) => context.doc.add(&ERROR, name),
                    None => context.doc.add(&ERROR, &code.to_string()),
                };
                Some(())
            }
            7 | 9 => text(value, &REALM, context),
            8 => name(value, &CNAME, context),
            10 => name(value, &SNAME, context),
            _ => Some(()),
        }),
        _ => None,
    }
}

/// Calls `see` for the members of a sequence, by their tags, until it finds one that is not sound.
fn members<'a>(mut content: Bytes<'a>, see: &mut dyn FnMut(u8, Bytes<'a>) -> Option<()>) -> Option<()> {
    while !content.is_empty() {
        let (tag, value) = value(&mut content)?;
        see(tag & 0x1f, value)?;
    }
    Some(())
}

/// KDC-REQ-BODY.
fn request(mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let content = expect(&mut value, SEQUENCE)?;
    members(content, &mut |number, mut value| match number {
        1 => name(value, &CNAME, context),
        2 => text(value, &REALM, context),
        3 => name(value, &SNAME, context),
        8 => {
            let mut list = expect(&mut value, SEQUENCE)?;
            while !list.is_empty() {
                add_cipher(int(expect(&mut list, INTEGER)?.rest())?, context);
            }
            Some(())
        }
        _ => Some(()),
    })
}

/// Whose realm and server a ticket is for.
fn ticket(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_, mut ticket) = value(&mut content)?;
    let content = expect(&mut ticket, SEQUENCE)?;
    members(content, &mut |number, value| match number {
        1 => text(value, &REALM, context),
        2 => name(value, &SNAME, context),
        _ => Some(()),
    })
}

/// The cipher of encrypted data.
fn cipher(mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let content = expect(&mut value, SEQUENCE)?;
    members(content, &mut |number, mut value| {
        if number == 0 {
            add_cipher(int(expect(&mut value, INTEGER)?.rest())?, context);
        }
        Some(())
    })
}

fn add_cipher(number: i64, context: &mut Context<'_>) {
    if let Some(name) = names::cipher(number) {
        context.doc.add(&ETYPE, name);
    }
}

fn text(mut value: Bytes<'_>, field: &'static Field<Term>, context: &mut Context<'_>) -> Option<()> {
    let text = expect(&mut value, GENERAL_STRING)?;
    context.doc.add(field, &decode(text.rest()));
    Some(())
}

/// The parts of a principal's name, with slashes.
fn name(mut content: Bytes<'_>, field: &'static Field<Term>, context: &mut Context<'_>) -> Option<()> {
    let content = expect(&mut content, SEQUENCE)?;
    members(content, &mut |number, mut value| {
        if number == 1 {
            let mut parts = expect(&mut value, SEQUENCE)?;
            let mut whole = String::new();
            while !parts.is_empty() {
                if !whole.is_empty() {
                    whole.push('/');
                }
                whole.push_str(&decode(expect(&mut parts, GENERAL_STRING)?.rest()));
            }
            if !whole.is_empty() {
                context.doc.add(field, &whole);
            }
        }
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, tlv};
    use serde_json::json;

    fn principal(parts: &[&str]) -> Vec<u8> {
        let parts: Vec<u8> = parts.iter().flat_map(|part| tlv(0x1b, &[part.as_bytes()])).collect();
        tlv(0x30, &[&tlv(0xa0, &[&[2, 1, 1]]), &tlv(0xa1, &[&tlv(0x30, &[&parts])])])
    }
    fn request() -> Vec<u8> {
        let body = tlv(
            0x30,
            &[
                &tlv(0xa1, &[&principal(&["ann"])]),
                &tlv(0xa2, &[&tlv(0x1b, &[b"EXAMPLE"])]),
                &tlv(0xa3, &[&principal(&["krbtgt", "EXAMPLE"])]),
                &tlv(0xa8, &[&tlv(0x30, &[&[2, 1, 18, 2, 1, 23, 2, 2, 0xff, 0x7b]])]),
            ],
        );
        tlv(
            0x6a,
            &[&tlv(0x30, &[&tlv(0xa1, &[&[2, 1, 5]]), &tlv(0xa2, &[&[2, 1, 10]]), &tlv(0xa4, &[&body])])],
        )
    }

    #[test]
    fn a_ticket_is_asked_for_and_refused() {
        let error =
            tlv(0x7e, &[&tlv(0x30, &[&tlv(0xa6, &[&[2, 1, 25]]), &tlv(0xa9, &[&tlv(0x1b, &[b"EXAMPLE"])])])]);
        let want = json!({
            "cname": ["ann"], "cnameCnt": 1, "error": ["KDC_ERR_PREAUTH_REQUIRED"], "errorCnt": 1,
            "etype": ["aes256-cts-hmac-sha1-96", "rc4-hmac"], "etypeCnt": 2, "realm": ["EXAMPLE"], "realmCnt": 1,
            "sname": ["krbtgt/EXAMPLE"], "snameCnt": 1
        });
        let doc = Talk::new(Transport::Udp, 40_000, 88).src(request()).dst(&error).json();
        assert_eq!(doc["protocol"], json!(["krb5"]));
        assert_eq!(doc["krb5"], want);
        let framed = |message: Vec<u8>| [&(message.len() as u32).to_be_bytes()[..], &message].concat();
        for n in [1, 9, 300] {
            let doc = Talk::tcp(88).src_in(n, &framed(request())).dst(framed(error.clone())).json();
            assert_eq!(doc["krb5"], want, "{n}");
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn an_answer_names_the_ticket() {
        let ticket = tlv(
            0x61,
            &[&tlv(0x30, &[&tlv(0xa1, &[&tlv(0x1b, &[b"R"])]), &tlv(0xa2, &[&principal(&["host", "a"])])])],
        );
        let content = [
            tlv(0xa3, &[&tlv(0x1b, &[b"R"])]),
            tlv(0xa4, &[&principal(&["ann"])]),
            tlv(0xa5, &[&ticket]),
            tlv(0xa6, &[&tlv(0x30, &[&tlv(0xa0, &[&[2, 1, 17]])])]),
        ];
        let answer = tlv(0x6d, &[&tlv(0x30, &[&content.concat()])]);
        let doc = Talk::new(Transport::Udp, 40_000, 88).dst(&answer).json();
        assert_eq!(doc["krb5"]["sname"], json!(["host/a"]));
        assert_eq!(doc["krb5"]["etype"], json!(["aes128-cts-hmac-sha1-96"]));
    }
}
