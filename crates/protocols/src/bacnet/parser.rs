//! Link control, network, application.

use super::fields::*;
use crate::bytes::Bytes;
use crate::text::decode;
use crate::{Context, Dir};

const WHO_HAS: u8 = 7;

pub(super) fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (kind, function, _length) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    if kind != 0x81 {
        return None;
    }
    context.doc.add(&FUNCTION, FUNCTIONS.get(usize::from(function))?);
    match function {
        // the address that a forwarded message came from
        4 => drop(cursor.take(6)?),
        9..=11 => {}
        _ => return None,
    }
    network(&mut cursor)?;
    application(cursor, context)
}

/// Version, control, then receiver and sender beyond routers as control says (clause 6.2); nothing where a message is
/// of the network itself.
fn network(cursor: &mut Bytes<'_>) -> Option<()> {
    let (version, control) = (cursor.u8()?, cursor.u8()?);
    if version != 1 || control & 0x80 != 0 {
        return None;
    }
    for bit in [0x20, 0x08] {
        if control & bit != 0 {
            let (_network, _address) = (cursor.u16()?, cursor.vec8()?);
        }
    }
    if control & 0x20 != 0 {
        let _hops = cursor.u8()?;
    }
    Some(())
}

/// Clause 20.1: kind and flags, then what the kind has before its service.
fn application(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let first = cursor.u8()?;
    let name = match first >> 4 {
        0 => "confirmed-request",
        1 => "unconfirmed-request",
        2 => "simple-ack",
        3 => "complex-ack",
        4 => "segment-ack",
        5 => "error",
        6 => "reject",
        7 => "abort",
        _ => return None,
    };
    context.doc.add(&APDU_TYPE, name);
    let segmented = first & 0x08 != 0;
    let before = match first >> 4 {
        0 if segmented => 4,
        0 => 2,
        1 => 0,
        3 if segmented => 3,
        2 | 3 | 5 => 1,
        _ => return None,
    };
    cursor.take(before)?;
    let service = cursor.u8()?;
    let names: &[&str] = if first >> 4 == 1 { &UNCONFIRMED } else { &CONFIRMED };
    context.doc.add(&SERVICE, names.get(usize::from(service))?);
    if first >> 4 == 1 && service == WHO_HAS {
        object_name(cursor, context)?;
    }
    Some(())
}

/// The name of an object that is looked for: behind limits, with context tag 3 (clauses 16.9, 20.2). Who has it repeats it in
/// I-Have, where Arkime leaves it out.
fn object_name(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    loop {
        let tag = cursor.u8()?;
        let length = match tag & 7 {
            5 => match cursor.u8()? {
                254 => usize::from(cursor.u16()?),
                255 => return None,
                length => usize::from(length),
            },
            6 | 7 => return None,
            length => usize::from(length),
        };
        let content = cursor.take(length)?;
        if tag & 0xf8 == 0x38 {
            // the character set comes first: 0 is UTF-8
            let (_, name) = content.split_first().filter(|(set, name)| **set == 0 && !name.is_empty())?;
            context.doc.add(&OBJECT_NAME, &decode(name));
            return Some(());
        }
    }
}

/// Clause J.2.
const FUNCTIONS: [&str; 13] = [
    "result",
    "write-bdt",
    "read-bdt",
    "read-bdt-ack",
    "forwarded-npdu",
    "register-foreign-device",
    "read-fdt",
    "read-fdt-ack",
    "delete-fdt-entry",
    "distribute-broadcast",
    "original-unicast",
    "original-broadcast",
    "secure-bvll",
];

/// Clause 21, BACnetConfirmedServiceChoice.
const CONFIRMED: [&str; 34] = [
    "acknowledge-alarm",
    "confirmed-cov-notification",
    "confirmed-event-notification",
    "get-alarm-summary",
    "get-enrollment-summary",
    "subscribe-cov",
    "atomic-read-file",
    "atomic-write-file",
    "add-list-element",
    "remove-list-element",
    "create-object",
    "delete-object",
    "read-property",
    "read-property-conditional",
    "read-property-multiple",
    "write-property",
    "write-property-multiple",
    "device-communication-control",
    "confirmed-private-transfer",
    "confirmed-text-message",
    "reinitialize-device",
    "vt-open",
    "vt-close",
    "vt-data",
    "authenticate",
    "request-key",
    "read-range",
    "life-safety-operation",
    "subscribe-cov-property",
    "get-event-information",
    "subscribe-cov-property-multiple",
    "confirmed-cov-notification-multiple",
    "confirmed-audit-notification",
    "audit-log-query",
];

/// Clause 21, BACnetUnconfirmedServiceChoice.
const UNCONFIRMED: [&str; 15] = [
    "i-am",
    "i-have",
    "unconfirmed-cov-notification",
    "unconfirmed-event-notification",
    "unconfirmed-private-transfer",
    "unconfirmed-text-message",
    "time-synchronization",
    "who-has",
    "who-is",
    "utc-time-synchronization",
    "write-group",
    "unconfirmed-cov-notification-multiple",
    "unconfirmed-audit-notification",
    "who-am-i",
    "you-are",
];

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn objects_are_looked_for_and_read() {
        let doc = Talk::new(Transport::Udp, 47_808, 47_808)
            .src(unhex("81 0b 0017 01 20 ffff 00 ff 10 07 3d 09 00 424f494c4552 2d31"))
            .dst(unhex("81 0a 001d 01 00 10 01 c4 02000001 c4 00000001 75 09 00 424f494c4552 2d31"))
            .src(unhex("81 0a 0011 01 04 00 05 01 0c 0c 00000001 19 55"))
            .dst(unhex("81 0a 000d 01 00 50 01 0c 91 01 91 1f"))
            .src(unhex("81 0a 0005 01"))
            .json();
        assert_eq!(doc["protocol"], json!(["bacnet"]));
        assert_eq!(
            doc["bacnet"],
            json!({
                "apduType": ["unconfirmed-request", "confirmed-request", "error"], "apduTypeCnt": 3,
                "function": ["original-broadcast", "original-unicast"], "functionCnt": 2,
                "objectName": ["BOILER-1"], "objectNameCnt": 1,
                "service": ["who-has", "i-have", "read-property"], "serviceCnt": 3
            })
        );
        fields::audit(super::super::fields::FIELDS);
    }
}
