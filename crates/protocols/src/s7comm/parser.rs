//! TPKT, COTP, then S7comm or S7comm-plus.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::{Context, Dir};

/// RFC 1006 section 6: version, reserved, length.
const TPKT: usize = 4;
/// ISO 8073: data transfer.
const DATA: u8 = 0xf0;

pub(super) struct S7;

impl Messages for S7 {
    const LOOKED: usize = 512;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [3, 0, high, low, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
                length @ TPKT.. => Length::Is(length),
                _ => Length::Bad,
            },
            [] | [3] | [3, 0] | [3, 0, _] => Length::Need(TPKT),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        let mut cursor = Bytes::new(bytes.get(TPKT..).unwrap_or_default());
        if let Some(mut cotp) = cursor.vec8()
            && cotp.u8() == Some(DATA)
        {
            match cursor.u8() {
                Some(0x32) => classic(cursor, context),
                Some(0x72) => plus(cursor, context),
                _ => None,
            };
        }
        Then::Next
    }
}

/// Kind, reserved, reference, lengths of parameters and data, in acknowledgements the error; then the parameters, that
/// start with the function.
fn classic(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (kind, _, reference) = (cursor.u8()?, cursor.u16()?, cursor.u16()?);
    let (parameters, _data) = (cursor.u16()?, cursor.u16()?);
    if !matches!(kind, 1 | 2 | 3 | 7) {
        return None;
    }
    let doc = &mut *context.doc;
    doc.protocol("s7comm");
    doc.add(&KIND, i64::from(kind));
    doc.add(&REFERENCE, i64::from(reference));
    if matches!(kind, 2 | 3) {
        let (class, code) = (cursor.u8()?, cursor.u8()?);
        if class != 0 || code != 0 {
            doc.add(&ERROR_CLASS, i64::from(class));
            doc.add(&ERROR_CODE, i64::from(code));
        }
    }
    if parameters > 0 {
        let function = cursor.u8()?;
        doc.add(&FUNCTION, i64::from(function));
        doc.add(&FUNCTION_NAME, name(function)?);
    }
    Some(())
}

const fn name(function: u8) -> Option<&'static str> {
    Some(match function {
        0x00 => "CPU services",
        0x04 => "Read Var",
        0x05 => "Write Var",
        0x1a => "Request download",
        0x1b => "Download block",
        0x1c => "Download ended",
        0x1d => "Start upload",
        0x1e => "Upload",
        0x1f => "End upload",
        0x28 => "PLC Control",
        0x29 => "PLC Stop",
        0xf0 => "Setup communication",
        _ => return None,
    })
}

/// Version, length, from version 3 on a digest behind its length, operation.
fn plus(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (version, _length) = (cursor.u8()?, cursor.u16()?);
    context.doc.protocol("s7comm-plus");
    if version >= 3 {
        cursor.vec8()?;
    }
    let operation = cursor.u8().filter(|operation| (0x31..=0x33).contains(operation))?;
    context.doc.add(&OPCODE, i64::from(operation));
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    const CONNECT: &str = "03000016 11e00000000100c0010ac1020100c2020102";

    #[test]
    fn a_variable_is_read_and_refused() {
        let mut job = unhex(CONNECT);
        job.extend(unhex("03000013 02f080 32 01 0000 0007 0002 0000 0401"));
        for n in [1, 6, 100] {
            let doc = Talk::tcp(102)
                .src_in(n, &job)
                .dst(unhex("03000014 02f080 32 03 0000 0007 0001 0000 81 04 04"))
                .json();
            assert_eq!(doc["protocol"], json!(["s7comm"]), "{n}");
            assert_eq!(
                doc["s7comm"],
                json!({
                    "errorClass": [129], "errorClassCnt": 1, "errorCode": [4], "errorCodeCnt": 1, "func": [4],
                    "funcCnt": 1, "funcName": ["Read Var"], "funcNameCnt": 1, "pduref": [7], "pdurefCnt": 1,
                    "rosctr": [1, 3], "rosctrCnt": 2
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn the_newer_protocol() {
        let doc = Talk::tcp(102)
            .src(unhex("0300000f 02f080 72 01 0004 31 000000"))
            .dst(unhex("03000012 02f080 72 03 0004 02 aabb 32 000000"))
            .json();
        assert_eq!(doc["protocol"], json!(["s7comm-plus"]));
        assert_eq!(doc["s7comm"], json!({"opcode": [49, 50], "opcodeCnt": 2}));
    }
}
