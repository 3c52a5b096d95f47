//! MODBUS over TCP (MODBUS Messaging on TCP/IP Implementation Guide 1.0b): which functions are called on which unit,
//! and what was refused.

use crate::bytes::Bytes;
use crate::messages::{Framed, Length, Messages, Then};
use crate::{Context, Detect, Dir, Protocol};

/// What the messages fill.
pub mod fields {
    fields::fields! { "modbus";
        /// Unit that messages are for.
        UNIT_ID: Int = "modbus.unitid" @ "modbus.unitid", "Modbus Unit ID".one();
        /// Protocol identifier; 0 is MODBUS.
        PROTOCOL_ID: Int = "modbus.protocolid" @ "modbus.protocolid", "Modbus Protocol ID".one();
        /// Transactions, by the numbers that clients gave them.
        TRANSACTION_ID: Int = "modbus.transactionid" @ "modbus.transactionid", "Modbus Transaction IDs";
        /// Functions that were called.
        FUNCTION: Int = "modbus.funccode" @ "modbus.funccode", "Modbus Function Code";
        /// Reasons of refusals.
        EXCEPTION: Int = "modbus.exccode" @ "modbus.exccode", "Modbus Exception Code";
    }
}

/// MODBUS, by its port and a sound header.
pub static PROTOCOL: Protocol = Protocol {
    name: "modbus",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(looks)],
    quiet: false,
    start: || Box::new(Framed::new(Modbus)),
};

const PORT: u16 = 502;
/// Transaction, protocol, length.
const HEADER: usize = 6;
/// Unit and the longest message, by specification 254 bytes; some devices send a little more.
const MAX_LENGTH: u16 = 260;

fn looks(bytes: &[u8], _: Dir, ports: [u16; 2]) -> bool {
    ports.contains(&PORT)
        && matches!(bytes, [_, _, 0, 0, high, low, _, _, ..]
            if (2..=MAX_LENGTH).contains(&u16::from_be_bytes([*high, *low])))
}

struct Modbus;

impl Messages for Modbus {
    const LOOKED: usize = HEADER + MAX_LENGTH as usize;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [_, _, _, _, high, low, ..] => match u16::from_be_bytes([*high, *low]) {
                length @ 2..=MAX_LENGTH => Length::Is(HEADER + usize::from(length)),
                _ => Length::Bad,
            },
            _ => Length::Need(HEADER),
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        read(dir, bytes, context);
        Then::Next
    }
}

fn read(dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (transaction, protocol, _length) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
    let (unit, function) = (cursor.u8()?, cursor.u8()?);
    let doc = &mut *context.doc;
    doc.add(&fields::UNIT_ID, i64::from(unit));
    doc.add(&fields::PROTOCOL_ID, i64::from(protocol));
    // who sends from the port is the server, also where the session was seen from its middle
    let sender = match (dir, &context.ends) {
        (Dir::Src, [src, _]) => src,
        (Dir::Dst, [_, dst]) => dst,
    };
    if sender.port != PORT {
        doc.add(&fields::TRANSACTION_ID, i64::from(transaction));
        doc.add(&fields::FUNCTION, i64::from(function));
    } else if function & 0x80 != 0 {
        doc.add(&fields::EXCEPTION, i64::from(cursor.u8()?));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn calls_and_a_refusal() {
        let calls = unhex("0001 0000 0006 0a 03 0005 0002  0002 0000 0006 0a 08 0001 0000");
        for n in [1, 5, 100] {
            let doc = Talk::tcp(502)
                .src_in(n, &calls)
                .dst(unhex("0001 0000 0007 0a 03 04 00090018  0002 0000 0003 0a 88 0b"))
                .json();
            assert_eq!(doc["protocol"], json!(["modbus"]), "{n}");
            assert_eq!(
                doc["modbus"],
                json!({
                    "exccode": [11], "exccodeCnt": 1, "funccode": [3, 8], "funccodeCnt": 2, "protocolid": 0,
                    "transactionid": [1, 2], "transactionidCnt": 2, "unitid": 10
                })
            );
        }
        fields::audit(super::fields::FIELDS);
    }
}
