//! The common header, parameters, and MTP's message in them.

use super::fields::*;
use super::sccp;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step};

/// Classes: transfer of M3UA, messages of MTP 2's user of M2UA.
const TRANSFER: u8 = 1;
const MAUP: u8 = 6;
/// Parameters: protocol data of M3UA, of M2UA, and of M2UA in its first form, which some senders put into M3UA too.
const PROTOCOL_DATA: u16 = 0x0210;
const M2UA_DATA: u16 = 0x0300;
const M2UA_DATA_OLD: u16 = 0x0002;
/// The form of Japan's TTC: a byte of priority comes first.
const M2UA_DATA_TTC: u16 = 0x0301;
/// Ports of both, for messages that do not tell.
const M2UA_PORT: u16 = 2904;
const M3UA_PORT: u16 = 2905;

#[derive(Default)]
pub(super) struct Signalling {
    above: sccp::Sccp,
}

impl Parser for Signalling {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        self.message(bytes, context);
        Step::Took(bytes.len())
    }

    fn gap(&mut self, _: Dir, _: usize, _: &mut Context<'_>) -> Step {
        Step::Took(0)
    }
}

impl Signalling {
    fn message(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
        let mut cursor = Bytes::new(bytes);
        let (1, _, class, _kind) = (cursor.u8()?, cursor.u8()?, cursor.u8()?, cursor.u8()?) else {
            return None;
        };
        let uses = |port| context.ends.iter().any(|end| end.port == port);
        match class {
            TRANSFER => context.doc.protocol("m3ua"),
            MAUP => context.doc.protocol("m2ua"),
            _ if uses(M3UA_PORT) => context.doc.protocol("m3ua"),
            _ if uses(M2UA_PORT) => context.doc.protocol("m2ua"),
            _ => {}
        }
        let _length = cursor.u32()?;
        while !cursor.is_empty() {
            let (tag, length) = (cursor.u16()?, cursor.u16()?);
            let value = cursor.part(usize::from(length).checked_sub(4)?)?;
            cursor.take(((4 - value.len() % 4) % 4).min(cursor.len()));
            match tag {
                PROTOCOL_DATA => self.m3ua_data(value, context),
                M2UA_DATA_TTC if class == MAUP => {
                    let mut value = value;
                    value.u8().and_then(|_priority| self.mtp_3(value, context))
                }
                M2UA_DATA | M2UA_DATA_OLD if matches!(class, TRANSFER | MAUP) => self.mtp_3(value, context),
                _ => None,
            };
        }
        Some(())
    }

    /// Two points, service, network, priority, selection (RFC 4666 section 3.3.1).
    fn m3ua_data(&mut self, mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let (_from, _to) = (value.u32()?, value.u32()?);
        let service = value.u8()?;
        value.take(3)?;
        self.service(service, value, context)
    }

    /// Service and network in one byte, then the label (ITU-T Q.704).
    fn mtp_3(&mut self, mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let (service, _label) = (value.u8()? & 0x0f, value.u32()?);
        self.service(service, value, context)
    }

    fn service(&mut self, service: u8, value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        context.doc.add(&SERVICE, i64::from(service));
        match service {
            3 => {
                context.doc.protocol("sccp");
                self.above.message(value, context)
            }
            4 => {
                context.doc.protocol("tup");
                Some(())
            }
            5 => {
                context.doc.protocol("isup");
                Some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, tlv, unhex};
    use serde_json::json;

    /// SCCP unitdata from point 6 to point 5, with a TCAP begin of CAP's first operation.
    fn unitdata() -> Vec<u8> {
        let context_name = tlv(0x60, &[&tlv(0xa1, &[&tlv(6, &[&unhex("04000001003201")])])]);
        let dialogue =
            tlv(0x6b, &[&tlv(0x28, &[&tlv(6, &[&unhex("00118605010101")]), &tlv(0xa0, &[&context_name])])]);
        let arguments = tlv(
            0x30,
            &[
                &unhex("800107"),
                &tlv(0x82, &[&unhex("83 10 21436507")]),
                &tlv(0x83, &[&unhex("04 13 1032 54")]),
                &unhex("9f3204 62021021"),
            ],
        );
        let invoke = tlv(0xa1, &[&unhex("020101 020100"), &arguments]);
        let begin = tlv(0x62, &[&unhex("4804 00000001"), &dialogue, &tlv(0x6c, &[&invoke])]);
        let mut bytes = unhex("09 00 03 07 0b 04 43 0500 92 04 43 0600 92");
        bytes.push(begin.len() as u8);
        bytes.extend(begin);
        bytes
    }

    fn data(service: u8, above: &[u8]) -> Vec<u8> {
        let mut bytes = unhex("01 00 01 01 00000000 0210 0000 00000006 00000005");
        bytes.extend([service, 2, 0, 0]);
        bytes.extend(above);
        let length = bytes.len() as u32;
        bytes[10..12].copy_from_slice(&(length as u16 - 8).to_be_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let length = bytes.len() as u32;
        bytes[4..8].copy_from_slice(&length.to_be_bytes());
        bytes
    }

    #[test]
    fn a_call_is_reported_to_its_control() {
        let doc = Talk::new(Transport::Sctp, 2905, 2905)
            .src(data(3, &unitdata()))
            .src(data(5, &unhex("0100 01 00 48 00 0a 00")))
            .src(&data(3, &unitdata())[..60])
            .json();
        assert_eq!(doc["protocol"], json!(["m3ua", "sccp", "camel", "isup"]));
        assert_eq!(doc["m3ua"], json!({"si": [3, 5], "siCnt": 2}));
        assert_eq!(doc["sccp"], json!({"dst": [5], "dstCnt": 1, "src": [6], "srcCnt": 1}));
        assert_eq!(doc["tcap"], json!({"opcode": [0], "opcodeCnt": 1}));
        assert_eq!(
            doc["camel"],
            json!({
                "called": ["1234567"], "calledCnt": 1, "calling": ["012345"], "callingCnt": 1,
                "imsi": ["26200112"], "imsiCnt": 1, "op": ["initialDP"], "opCnt": 1
            })
        );
        for group in [super::super::fields::FIELDS].into_iter().chain(super::super::CARRIED) {
            fields::audit(group);
        }
    }

    #[test]
    fn the_link_layers_form() {
        let mut msu = unhex("83 14006400");
        msu.extend(unitdata());
        let mut bytes = unhex("01 00 06 01 00000000 0300 0000");
        bytes.extend(&msu);
        bytes[10..12].copy_from_slice(&(msu.len() as u16 + 4).to_be_bytes());
        let length = bytes.len() as u32;
        bytes[4..8].copy_from_slice(&length.to_be_bytes());
        let doc = Talk::new(Transport::Sctp, 2904, 2904).src(&bytes).json();
        assert_eq!(doc["protocol"], json!(["m2ua", "sccp", "camel"]));
        assert_eq!(doc["camel"]["op"], json!(["initialDP"]));
    }
}
