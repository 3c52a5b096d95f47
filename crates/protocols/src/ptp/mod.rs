//! Precision Time Protocol (IEEE 1588-2008, 13.3): which clocks speak, over Ethernet or UDP.

use crate::bytes::{Bytes, hex};
use crate::messages::Datagrams;
use crate::{Context, Detect, Dir, Protocol};

/// What the messages fill.
pub mod fields {
    fields::fields! { "ptp";
        /// Identities of the clocks that sent messages, in hex.
        CLOCK_ID: Term = "ptp.clockId" @ "ptp.clockId", "Clock ID";
        /// Kinds of messages, for instance `sync` or `announce`.
        MSG_TYPE: Term = "ptp.msgType" @ "ptp.msgType", "Message Type";
    }
}

/// PTP, by its EtherType and ports; the parser names it once a message is sound.
pub static PROTOCOL: Protocol = Protocol {
    name: "ptp",
    fields: fields::FIELDS,
    detect: &[Detect::Ether(0x88f7), Detect::UdpPort(319), Detect::UdpPort(320)],
    quiet: true,
    start: || Box::new(Datagrams(message)),
};

/// Type, version, length, domain, flags, correction, then the port that sent it: clock and number.
fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (kind, version) = (cursor.u8()?, cursor.u8()?);
    let length = usize::from(cursor.u16()?);
    if !matches!(version & 0x0f, 1 | 2) || length > bytes.len() || length < 34 {
        return None;
    }
    let name = match kind & 0x0f {
        0x0 => "sync",
        0x1 => "delay-req",
        0x2 => "pdelay-req",
        0x3 => "pdelay-resp",
        0x8 => "follow-up",
        0x9 => "delay-resp",
        0xa => "pdelay-resp-follow-up",
        0xb => "announce",
        0xc => "signaling",
        0xd => "management",
        _ => return None,
    };
    cursor.take(16)?;
    let clock = cursor.take(8)?;
    context.doc.protocol("ptp");
    context.doc.add(&fields::MSG_TYPE, name);
    context.doc.add(&fields::CLOCK_ID, &hex(clock));
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn clocks_and_what_they_say() {
        let sync = unhex(
            "00 02 002c 00 00 0200 0000000000000000 00000000 0080 63ff fe0009ba 0001 9e48 00 00 0000 45b11151 2d8c8de8 ",
        );
        let doc = Talk::new(Transport::Udp, 319, 319).src(&sync).src(&sync[..30]).json();
        assert_eq!(doc["protocol"], json!(["ptp"]));
        assert_eq!(
            doc["ptp"],
            json!({"clockId": ["008063fffe0009ba"], "clockIdCnt": 1, "msgType": ["sync"], "msgTypeCnt": 1})
        );
        fields::audit(super::fields::FIELDS);
    }
}
