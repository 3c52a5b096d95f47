//! Frames of the link layer, and the function in those that start a message.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::{Context, Dir};

/// Start, length, control, receiver, sender, check.
const HEADER: usize = 10;
/// User data come in blocks of so many bytes with a check of two behind each.
const BLOCK: usize = 16;
/// Bytes that the length counts beside user data.
const COUNTED: usize = 5;
/// Transport header: first segment.
const FIRST: u8 = 0x40;

pub(super) struct Dnp3;

impl Messages for Dnp3 {
    const LOOKED: usize = HEADER + BLOCK;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [0x05, 0x64, length, ..] => match usize::from(*length).checked_sub(COUNTED) {
                Some(data) => Length::Is(HEADER + data + 2 * data.div_ceil(BLOCK)),
                None => Length::Bad,
            },
            [] | [0x05] | [0x05, 0x64] => Length::Need(3),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        frame(bytes, context);
        Then::Next
    }
}

fn frame(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (_start, length, control) = (cursor.u16()?, cursor.u8()?, cursor.u8()?);
    let (to, from, _check) = (cursor.u16_le()?, cursor.u16_le()?, cursor.u16()?);
    context.doc.add(&DST, i64::from(to));
    context.doc.add(&SRC, i64::from(from));
    // primary station, user data confirmed or not: transport header, application control, function
    let user_data = control & 0x40 != 0 && matches!(control & 0x0f, 3 | 4);
    if !user_data || usize::from(length) < COUNTED + 3 || cursor.u8()? & FIRST == 0 {
        return None;
    }
    let (_control, function) = (cursor.u8()?, cursor.u8()?);
    context.doc.add(&FUNCTION, i64::from(function));
    if let Some(name) = name(function) {
        context.doc.add(&FUNCTION_NAME, name);
    }
    Some(())
}

/// IEEE 1815, table 4-2.
const fn name(function: u8) -> Option<&'static str> {
    Some(match function {
        0 => "Confirm",
        1 => "Read",
        2 => "Write",
        3 => "Select",
        4 => "Operate",
        5 => "DirectOperate",
        6 => "DirectOperateNoAck",
        7 => "ImmediateFreeze",
        8 => "ImmediateFreezeNoAck",
        9 => "FreezeClear",
        10 => "FreezeClearNoAck",
        11 => "FreezeAtTime",
        12 => "FreezeAtTimeNoAck",
        13 => "ColdRestart",
        14 => "WarmRestart",
        15 => "InitializeData",
        16 => "InitializeApplication",
        17 => "StartApplication",
        18 => "StopApplication",
        19 => "SaveConfiguration",
        20 => "EnableUnsolicited",
        21 => "DisableUnsolicited",
        22 => "AssignClass",
        23 => "DelayMeasurement",
        24 => "RecordCurrentTime",
        25 => "OpenFile",
        26 => "CloseFile",
        27 => "DeleteFile",
        28 => "GetFileInfo",
        29 => "AuthenticateFile",
        30 => "AbortFile",
        31 => "ActivateConfiguration",
        32 => "AuthenticateRequest",
        33 => "AuthenticateRequestNoAck",
        129 => "Response",
        130 => "UnsolicitedResponse",
        131 => "AuthenticateResponse",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_link_is_reset_and_read() {
        let bytes = unhex("0564 05 c0 0400 0300 0000  0564 0b c4 0400 0300 0000 c0 c1 01 3c0206 0000");
        let answer = unhex("0564 0a 44 0300 0400 0000 c0 c1 81 0000 0000");
        for n in [1, 4, 100] {
            let doc = Talk::tcp(20_000).src_in(n, &bytes).dst(&answer).json();
            assert_eq!(doc["protocol"], json!(["dnp3"]), "{n}");
            assert_eq!(
                doc["dnp3"],
                json!({
                    "dst": [4, 3], "dstCnt": 2, "func": [1, 129], "funcCnt": 2, "funcName": ["Read", "Response"],
                    "funcNameCnt": 2, "src": [3, 4], "srcCnt": 2
                })
            );
        }
        let doc = Talk::new(Transport::Udp, 20_000, 20_000).src(&bytes).json();
        assert_eq!(doc["dnp3"]["funcName"], json!(["Read"]));
        fields::audit(super::super::fields::FIELDS);
    }
}
