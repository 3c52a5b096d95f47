//! Packets of a connection (C706 section 12.6).

use super::fields::*;
use super::interfaces;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::{Context, Dir};

/// Version, kind, flags, representation, lengths, call.
pub(super) const HEADER: usize = 16;
const REQUEST: u8 = 0;
const BIND: u8 = 11;
const ALTER_CONTEXT: u8 = 14;

/// Whether numbers have the lowest byte first.
fn little(bytes: &[u8]) -> bool {
    bytes.get(4).is_some_and(|form| form & 0x10 != 0)
}

/// Length of the packet, as it says.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let field = *bytes.get(8..)?.first_chunk()?;
    Some(usize::from(if little(bytes) { u16::from_le_bytes(field) } else { u16::from_be_bytes(field) }))
}

pub(super) struct Rpc;

impl Messages for Rpc {
    const LOOKED: usize = 8 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        if bytes.first().is_some_and(|version| *version != 5) {
            return Length::Bad;
        }
        match length(bytes) {
            None => Length::Need(HEADER),
            Some(length @ HEADER..) => Length::Is(length),
            // no length that can be: nothing is known of what follows
            Some(_) => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        packet(bytes, context);
        Then::Next
    }
}

fn packet(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let kind = *bytes.get(2)?;
    context.doc.add(&MSG_TYPE, TYPES.get(usize::from(kind))?);
    let mut cursor = Bytes::new(bytes.get(HEADER..)?);
    let little = little(bytes);
    let number = |cursor: &mut Bytes<'_>| if little { cursor.u16_le() } else { cursor.u16() };
    match kind {
        // size of what is to come, presentation context, operation
        REQUEST => {
            cursor.take(4)?;
            let (_context, operation) = (number(&mut cursor)?, number(&mut cursor)?);
            context.doc.add(&OPNUM, i64::from(operation));
        }
        // sizes and group, then contexts: number, syntaxes, interface, the syntaxes
        BIND | ALTER_CONTEXT => {
            cursor.take(8)?;
            let contexts = cursor.u8()?;
            cursor.take(3)?;
            for _ in 0..contexts {
                let _id = number(&mut cursor)?;
                let syntaxes = cursor.u8()?;
                let _reserved = cursor.u8()?;
                let uuid = uuid(cursor.take(16)?, little)?;
                let (version, _minor) = (number(&mut cursor)?, number(&mut cursor)?);
                context.doc.add(&UUID, &uuid);
                context.doc.add(&VERSION, &version.to_string());
                if let Some(name) = interfaces::name(&uuid) {
                    context.doc.add(&INTERFACE, name);
                    context.doc.protocol(name);
                }
                cursor.take(20 * usize::from(syntaxes))?;
            }
        }
        _ => {}
    }
    Some(())
}

/// A UUID in text: three numbers in the packet's order of bytes, eight bytes as they are.
fn uuid(bytes: &[u8], little: bool) -> Option<String> {
    let mut cursor = Bytes::new(bytes);
    let (a, b, c) = match little {
        true => (cursor.u32_le()?, cursor.u16_le()?, cursor.u16_le()?),
        false => (cursor.u32()?, cursor.u16()?, cursor.u16()?),
    };
    let (d, e) = (cursor.take(2)?, cursor.take(6)?);
    Some(format!("{a:08x}-{b:04x}-{c:04x}-{}-{}", crate::bytes::hex(d), crate::bytes::hex(e)))
}

const TYPES: [&str; 21] = [
    "request",
    "ping",
    "response",
    "fault",
    "working",
    "nocall",
    "reject",
    "ack",
    "cl-cancel",
    "fack",
    "cancel-ack",
    "bind",
    "bind-ack",
    "bind-nak",
    "alter-context",
    "alter-context-resp",
    "auth3",
    "shutdown",
    "co-cancel",
    "orphaned",
    "rts",
];

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn an_interface_is_bound_and_called() {
        let bind = unhex(
            "05 00 0b 03 10000000 4800 0000 01000000 b810 b810 00000000 01 000000 0000 01 00 \
             c84f324b7016d30112785a47bf6ee188 03000000 045d888aeb1cc9119fe808002b104860 02000000",
        );
        let request = unhex("05 00 00 03 10000000 1c00 0000 02000000 00000000 0000 0f00 00000000");
        for n in [1, 15, 200] {
            let doc = Talk::tcp(49_152)
                .src_in(n, &[bind.clone(), request.clone()].concat())
                .dst(unhex("05 00 03 23 10000000 1000 0000 02000000"))
                .json();
            assert_eq!(doc["protocol"], json!(["dcerpc", "srvsvc"]), "{n}");
            assert_eq!(
                doc["dcerpc"],
                json!({
                    "interface": ["srvsvc"], "interfaceCnt": 1, "msgType": ["bind", "request", "fault"], "msgTypeCnt": 3,
                    "opnum": [15], "opnumCnt": 1, "uuid": ["4b324fc8-1670-01d3-1278-5a47bf6ee188"], "uuidCnt": 1,
                    "version": ["3"], "versionCnt": 1
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn the_other_order_of_bytes() {
        let bind = unhex(
            "05 00 0b 03 00000000 0048 0000 00000001 10b8 10b8 00000000 01 000000 0000 01 00 \
             12345678 1234 abcd ef00 01234567cffb 0001 0000 8a885d041ceb11c99fe808002b104860 00000002",
        );
        let doc = Talk::tcp(49_152).src(&bind).json();
        assert_eq!(doc["dcerpc"]["interface"], json!(["netlogon"]));
        assert_eq!(doc["dcerpc"]["version"], json!(["1"]));
    }
}
