//! Messages in BER.

use super::fields::*;
use crate::ber::{INTEGER, OCTET_STRING, OID, SEQUENCE, expect, header, int, oid, value};
use crate::bytes::{Bytes, hex};
use crate::text::decode;
use crate::{Context, Dir};
use session::core;

/// Variable that holds what a notification of version 2 is (RFC 3416 section 4.2.6).
const TRAP: &str = "1.3.6.1.6.3.1.1.4.1.0";
const RESPONSE: u8 = 0xa2;
const TRAP_1: u8 = 0xa4;
/// Model of security that knows users (RFC 3414).
const USERS: i64 = 3;

pub(super) fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut message = expect(&mut Bytes::new(bytes), SEQUENCE)?;
    let version = match int(expect(&mut message, INTEGER)?.rest())? {
        0 => 1,
        1 => 2,
        3 => 3,
        _ => return None,
    };
    context.doc.add(&VERSION, version);
    if version == 3 {
        return version_3(message, context);
    }
    let community = expect(&mut message, OCTET_STRING)?;
    context.doc.add(&COMMUNITY, &decode(community.rest()));
    let (tag, content) = value(&mut message)?;
    context.doc.add(&TYPE, type_name(tag)?);
    match tag {
        TRAP_1 => trap_1(content, context),
        _ => pdu(tag, content, context),
    }
}

const fn type_name(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0xa0 => "GetRequest",
        0xa1 => "GetNextRequest",
        RESPONSE => "GetResponse",
        0xa3 => "SetRequest",
        TRAP_1 => "Trap",
        0xa5 => "GetBulkRequest",
        0xa6 => "InformRequest",
        0xa7 => "SNMPv2-Trap",
        0xa8 => "Report",
        _ => return None,
    })
}

/// Request number, error, place of the error, variables. Of a bulk request the two numbers mean something else.
fn pdu(tag: u8, mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let _request = expect(&mut content, INTEGER)?;
    let status = int(expect(&mut content, INTEGER)?.rest())?;
    let _index = expect(&mut content, INTEGER)?;
    if tag == RESPONSE && status != 0 {
        let name = usize::try_from(status).ok().and_then(|at| ERRORS.get(at));
        match name {
            Some(name) => context.doc.add(&ERROR, name),
            None => context.doc.add(&ERROR, &status.to_string()),
        };
    }
    variables(content, context)
}

/// Enterprise, agent, what happened, when, variables.
fn trap_1(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    context.doc.add(&TRAP_OID, &oid(expect(&mut content, OID)?.rest())?);
    for _ in 0..4 {
        value(&mut content)?;
    }
    variables(content, context)
}

fn variables(mut content: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let mut list = expect(&mut content, SEQUENCE)?;
    while !list.is_empty() {
        let mut binding = expect(&mut list, SEQUENCE)?;
        let name = oid(expect(&mut binding, OID)?.rest())?;
        context.doc.add(&VARIABLE, &name);
        if name == TRAP
            && let Some(what) = expect(&mut binding, OID).and_then(|what| oid(what.rest()))
        {
            context.doc.add(&TRAP_OID, &what);
        }
    }
    Some(())
}

/// Number, size, flags and model, then what the model needs (RFC 3412 section 6, RFC 3414 section 2.4).
fn version_3(mut message: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let mut global = expect(&mut message, SEQUENCE)?;
    let (_id, _size) = (expect(&mut global, INTEGER)?, expect(&mut global, INTEGER)?);
    let flags = expect(&mut global, OCTET_STRING)?.u8()?;
    let model = int(expect(&mut global, INTEGER)?.rest())?;
    let level = match flags & 3 {
        0 => "noAuthNoPriv",
        1 => "authNoPriv",
        3 => "authPriv",
        _ => return None,
    };
    context.doc.add(&SECURITY_LEVEL, level);
    // a sequence within a string; lengths that do not fit are not minded, as what counts comes first
    let (OCTET_STRING, _) = header(&mut message)? else { return None };
    let (SEQUENCE, _) = header(&mut message)? else { return None };
    let mut parameters = message;
    if model != USERS {
        return None;
    }
    let engine = expect(&mut parameters, OCTET_STRING)?;
    if !engine.is_empty() {
        context.doc.add(&ENGINE_ID, &hex(engine.rest()));
    }
    let (_boots, _time) = (expect(&mut parameters, INTEGER)?, expect(&mut parameters, INTEGER)?);
    let user = expect(&mut parameters, OCTET_STRING)?;
    if !user.is_empty() {
        context.doc.add(&core::USER, &decode(user.rest()));
    }
    Some(())
}

/// RFC 3416 section 3.
const ERRORS: [&str; 19] = [
    "noError",
    "tooBig",
    "noSuchName",
    "badValue",
    "readOnly",
    "genErr",
    "noAccess",
    "wrongType",
    "wrongLength",
    "wrongEncoding",
    "wrongValue",
    "noCreation",
    "inconsistentValue",
    "resourceUnavailable",
    "commitFailed",
    "undoFailed",
    "authorizationError",
    "notWritable",
    "inconsistentName",
];

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, tlv, unhex};
    use serde_json::json;

    #[test]
    fn a_question_and_an_error() {
        let request = unhex(
            "3026 020101 0406 7075626c6963 a019 020107 020100 020100 300e 300c 0608 2b06010201010500 0500",
        );
        let response = unhex(
            "3026 020101 0406 7075626c6963 a219 020107 020102 020101 300e 300c 0608 2b06010201010500 0500",
        );
        let doc =
            Talk::new(Transport::Udp, 40_000, 161).src(&request).dst(&response).src(&request[..20]).json();
        assert_eq!(doc["protocol"], json!(["snmp"]));
        assert_eq!(
            doc["snmp"],
            json!({
                "community": ["public"], "communityCnt": 1, "error": ["noSuchName"], "errorCnt": 1,
                "type": ["GetRequest", "GetResponse"], "typeCnt": 2, "variable": ["1.3.6.1.2.1.1.5.0"],
                "variableCnt": 1, "version": [2], "versionCnt": 1
            })
        );
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn notifications_say_what_happened() {
        let message = |version: u8, pdu: &[u8]| tlv(0x30, &[&[2, 1, version], &tlv(4, &[b"public"]), pdu]);
        let trap = unhex("0606 2b0601040109 4004 c0a80001 020106 020101 430111 3000");
        let first = message(0, &tlv(0xa4, &[&trap]));
        let binding =
            [tlv(6, &[&unhex("2b060106030101040100")]), tlv(6, &[&unhex("2b06010603010105 03")])].concat();
        let list = tlv(0x30, &[&tlv(0x30, &[&binding])]);
        let second = message(1, &tlv(0xa7, &[&unhex("020101 020100 020100"), &list]));
        let doc = Talk::new(Transport::Udp, 40_000, 162).src(&first).src(&second).json();
        assert_eq!(doc["snmp"]["trapOid"], json!(["1.3.6.1.4.1.9", "1.3.6.1.6.3.1.1.5.3"]));
        assert_eq!(doc["snmp"]["type"], json!(["Trap", "SNMPv2-Trap"]));
    }

    #[test]
    fn version_3_names_its_user() {
        let header = tlv(0x30, &[&unhex("020101 020205dc 0401 07 020103")]);
        let user = tlv(0x30, &[&unhex("0405 8000000001 020101 020102 0403 616e6e 0400 0400")]);
        let message = tlv(0x30, &[&[2, 1, 3], &header, &tlv(4, &[&user]), &tlv(4, &[&[7; 9]])]);
        let doc = Talk::new(Transport::Udp, 40_000, 161).src(&message).json();
        assert_eq!(doc["snmp"]["secLevel"], json!(["authPriv"]));
        assert_eq!(doc["snmp"]["engineId"], json!(["8000000001"]));
        assert_eq!(doc["user"], json!(["ann"]));
    }
}
