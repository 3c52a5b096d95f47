//! PANA (RFC 5191): who asks for access to a network, in EAP over UDP.

use crate::bytes::Bytes;
use crate::messages::Datagrams;
use crate::text::decode;
use crate::{Context, Detect, Dir, Protocol, signatures::look};

/// What the messages fill.
pub mod fields {
    fields::fields! { "pana";
        /// Kinds of messages, for instance `auth` or `termination`.
        MSG_TYPE: Term = "pana.msg-type" @ "pana.msgType", "Msg Type";
        /// Sessions, in hex.
        SESSION_ID: Term = "pana.session-id" @ "pana.sessionId", "Session ID";
        /// Identities in EAP.
        USER: Term = "pana.user" @ "pana.user", "User";
    }
}

/// PANA, by its port and a length that is the datagram's.
pub static PROTOCOL: Protocol = Protocol {
    name: "pana",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::pana)],
    quiet: false,
    start: || Box::new(Datagrams(message)),
};

const EAP_PAYLOAD: u16 = 2;
const EAP_RESPONSE: u8 = 2;
const EAP_IDENTITY: u8 = 1;

/// Section 6.2: reserved, length, flags, type, session, number, then attributes.
fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (_, _, _flags, kind) = (cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?);
    let (session, _number) = (cursor.u32()?, cursor.u32()?);
    let name = match kind {
        1 => "client-initiation",
        2 => "auth",
        3 => "termination",
        4 => "notification",
        _ => return None,
    };
    context.doc.add(&fields::MSG_TYPE, name);
    if session != 0 {
        context.doc.add(&fields::SESSION_ID, &format!("{session:08x}"));
    }
    // section 6.3: code, flags, length, reserved, the maker where flags say so, value, up to a multiple of four
    while !cursor.is_empty() {
        let (code, flags, length, _) = (cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?);
        if flags & 0x8000 != 0 {
            cursor.u32()?;
        }
        let value = cursor.take(usize::from(length))?;
        cursor.take((4 - value.len() % 4) % 4)?;
        if code == EAP_PAYLOAD && flags & 0x8000 == 0 {
            eap(value, context);
        }
    }
    Some(())
}

/// RFC 3748: code, identifier, length, type, data.
fn eap(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (code, _id, length) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    let kind = cursor.u8()?;
    let identity = cursor.take(usize::from(length).checked_sub(5)?)?;
    if code == EAP_RESPONSE && kind == EAP_IDENTITY && !identity.is_empty() {
        context.doc.add(&fields::USER, &decode(identity));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_user_comes_and_goes() {
        let doc = Talk::new(Transport::Udp, 40_000, 716)
            .src(unhex("0000 0010 0000 0001 00000000 00000001"))
            .dst(unhex("0000 0020 8000 0002 0000abcd 00000002 0002 0000 0005 0000 0101000501 000000"))
            .src(unhex("0000 0020 0000 0002 0000abcd 00000002 0002 0000 0008 0000 0201000801 616e6e"))
            .src(unhex("0000 0010 0000 0003 0000abcd"))
            .json();
        assert_eq!(doc["protocol"], json!(["pana"]));
        assert_eq!(
            doc["pana"],
            json!({
                "msgType": ["client-initiation", "auth"], "msgTypeCnt": 2, "sessionId": ["0000abcd"],
                "sessionIdCnt": 1, "user": ["ann"], "userCnt": 1
            })
        );
        fields::audit(super::fields::FIELDS);
    }
}
