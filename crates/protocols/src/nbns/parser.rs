//! Messages: those of DNS, with names in an encoding of their own.

use super::fields::*;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step};
use std::net::{IpAddr, Ipv4Addr};

/// Bytes of a NetBIOS name, the last one being its kind.
const NAME_LENGTH: usize = 16;
const NB: u16 = 0x20;
const NBSTAT: u16 = 0x21;
/// Records and questions of one message that are read.
const MAX_ENTRIES: u16 = 64;

pub(super) struct Nbns;

impl Parser for Nbns {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        message(bytes, context);
        Step::Took(bytes.len())
    }
}

fn message(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (_id, flags) = (cursor.u16()?, cursor.u16()?);
    // query, registration, release, WACK, refresh (two numbers are in use), multi-homed registration
    if !matches!(flags >> 11 & 15, 0 | 5..=9 | 15) {
        return None;
    }
    let questions = cursor.u16()?.min(MAX_ENTRIES);
    let records = [cursor.u16()?, cursor.u16()?, cursor.u16()?].into_iter().fold(0, u16::saturating_add);
    let mut named = false;
    for _ in 0..questions {
        let name = name(bytes, &mut cursor)?;
        let (kind, _class) = (cursor.u16()?, cursor.u16()?);
        if !std::mem::replace(&mut named, true) {
            context.doc.protocol("nbns");
        }
        context.doc.add(&QUERY_TYPE, &type_name(kind));
        if !name.is_empty() {
            context.doc.add(&QUERY_HOST, &name);
            context.doc.add(&NAME, &name);
        }
    }
    for _ in 0..records.min(MAX_ENTRIES) {
        let name = name(bytes, &mut cursor)?;
        let (kind, _class, _ttl) = (cursor.u16()?, cursor.u16()?, cursor.u32()?);
        let data = cursor.vec16()?;
        if !std::mem::replace(&mut named, true) {
            context.doc.protocol("nbns");
        }
        if !name.is_empty() {
            context.doc.add(&NAME, &name);
        }
        match kind {
            NB => addresses(&name, data, context),
            NBSTAT => names(data, context),
            _ => {}
        }
    }
    Some(())
}

/// Flags and address, repeated.
fn addresses(name: &str, mut data: Bytes<'_>, context: &mut Context<'_>) {
    while let (Some(_flags), Some(ip)) = (data.u16(), data.u32()) {
        context.doc.add(&IP, IpAddr::V4(Ipv4Addr::from(ip)));
        if !name.is_empty() {
            context.doc.add(&HOST, name);
        }
    }
}

/// The names of a machine: number, then name and flags of each (RFC 1002 section 4.2.18).
fn names(mut data: Bytes<'_>, context: &mut Context<'_>) {
    let count = data.u8().unwrap_or(0);
    for _ in 0..count {
        let (Some(name), Some(_flags)) = (data.take(NAME_LENGTH), data.u16()) else { return };
        let name = readable(name);
        if !name.is_empty() {
            context.doc.add(&NAME, &name);
            context.doc.add(&HOST, &name);
        }
    }
}

/// The next name of a message, or the one that a pointer there leads to. A pointer may lead to a name, not to
/// another pointer.
fn name(message: &[u8], cursor: &mut Bytes<'_>) -> Option<String> {
    if let [high @ 0xc0..=0xff, low, ..] = *cursor.rest() {
        cursor.take(2)?;
        let mut start = Bytes::new(message.get(usize::from(high & 0x3f) << 8 | usize::from(low)..)?);
        return labels(&mut start);
    }
    labels(cursor)
}

/// The first label holds the name, two letters a byte; the others are the scope, which nobody uses.
fn labels(cursor: &mut Bytes<'_>) -> Option<String> {
    let first = cursor.vec8().filter(|label| label.len() == 2 * NAME_LENGTH)?;
    loop {
        let scope = cursor.vec8()?;
        if scope.is_empty() {
            break;
        }
        if scope.len() > 63 {
            return None;
        }
    }
    let mut name = Vec::with_capacity(NAME_LENGTH);
    for pair in first.rest().chunks_exact(2) {
        let [high @ b'A'..=b'P', low @ b'A'..=b'P'] = pair else { return None };
        name.push((high - b'A') << 4 | (low - b'A'));
    }
    Some(readable(&name))
}

/// A name without its kind, its padding and the control characters of `\x01\x02__MSBROWSE__\x02`.
fn readable(name: &[u8]) -> String {
    let name = name.get(..NAME_LENGTH - 1).unwrap_or(name);
    let text = String::from_utf8_lossy(name);
    text.chars().filter(|c| !c.is_control()).collect::<String>().trim_end().to_owned()
}

fn type_name(kind: u16) -> std::borrow::Cow<'static, str> {
    match kind {
        1 => "A".into(),
        2 => "NS".into(),
        10 => "NULL".into(),
        NB => "NB".into(),
        NBSTAT => "NBSTAT".into(),
        _ => kind.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    fn encoded(name: &str, kind: u8) -> Vec<u8> {
        let mut bytes = vec![32];
        for byte in format!("{name:<15}").bytes().chain([kind]) {
            bytes.extend([b'A' + (byte >> 4), b'A' + (byte & 15)]);
        }
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_registration() {
        let mut bytes = unhex("0004 2900 0001 0000 0000 0001");
        bytes.extend(encoded("OFFICE PC", 0));
        bytes.extend(unhex("0020 0001 c00c 0020 0001 000493e0 0006 0000 c0a80009"));
        let doc = Talk::new(Transport::Udp, 137, 137).src(&bytes).src(&bytes[..20]).json();
        assert_eq!(doc["protocol"], json!(["nbns"]));
        assert_eq!(
            doc["nbns"],
            json!({
                "host": ["OFFICE PC"], "hostCnt": 1, "ip": ["192.168.0.9"], "ipCnt": 1, "name": ["OFFICE PC"],
                "nameCnt": 1, "queryHost": ["OFFICE PC"], "queryHostCnt": 1, "queryType": ["NB"], "queryTypeCnt": 1
            })
        );
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn the_names_of_a_machine() {
        let mut bytes = unhex("0004 8400 0000 0001 0000 0000");
        bytes.extend(encoded("*", 0));
        bytes.extend(unhex("0021 0001 00000000 0013 01"));
        bytes.extend(b"SERVER         \x20\x04\x00");
        let doc = Talk::new(Transport::Udp, 137, 137).src(&bytes).json();
        assert_eq!(doc["nbns"]["host"], json!(["SERVER"]));
    }

    #[test]
    fn what_is_none_is_not_named() {
        assert_eq!(
            Talk::new(Transport::Udp, 137, 137).src(b"GET / HTTP/1.1\r\n").json().get("protocol"),
            None
        );
    }
}
