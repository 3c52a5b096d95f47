//! ARP (RFC 826): who answers for which address.
//!
//! Addresses are taken from replies only: a request only asks, a reply binds an address to a card.

use crate::bytes::{Bytes, colons};
use crate::{Context, Detect, Dir, Parser, Protocol, Step};
use std::net::{IpAddr, Ipv4Addr};

/// What the messages fill.
pub mod fields {
    fields::fields! { "arp";
        /// Address that answered.
        IP: Ip = "arp.ip" @ "arp.ip", "ARP Sender IP";
        /// Maker of the card that answered.
        OUI: Term = "arp.oui" @ "arp.oui", "ARP Sender OUI";
        /// Card that answered.
        MAC: Lower = "arp.mac" @ "arp.mac", "ARP Sender MAC".with_oui(&OUI.def);
        /// Operations: 1 asks, 2 answers.
        OPCODE: Int = "arp.opcode" @ "arp.opcode", "ARP Opcode";
    }
}

/// ARP.
pub static PROTOCOL: Protocol = Protocol {
    name: "arp",
    fields: fields::FIELDS,
    detect: &[Detect::Ether(0x0806)],
    quiet: false,
    start: || Box::new(Arp),
};

const ETHERNET: u16 = 1;
const IPV4: u16 = 0x0800;
const REPLY: u16 = 2;

struct Arp;

impl Parser for Arp {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        message(bytes, context);
        Step::Took(bytes.len())
    }
}

fn message(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut bytes = Bytes::new(bytes);
    let (hardware, protocol) = (bytes.u16()?, bytes.u16()?);
    let (hardware_length, protocol_length) = (bytes.u8()?, bytes.u8()?);
    let operation = bytes.u16()?;
    context.doc.add(&fields::OPCODE, i64::from(operation));
    if operation != REPLY {
        return None;
    }
    let mac = bytes.take(usize::from(hardware_length))?;
    let ip = bytes.take(usize::from(protocol_length))?;
    if hardware == ETHERNET && mac.len() == 6 {
        context.doc.add(&fields::MAC, &colons(mac));
    }
    if protocol == IPV4
        && let Ok(ip) = <[u8; 4]>::try_from(ip)
    {
        context.doc.add(&fields::IP, IpAddr::V4(Ipv4Addr::from(ip)));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_question_and_its_answer() {
        let request = unhex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002");
        let reply = unhex("0001 0800 06 04 0002 020000000002 0a000002 020000000001 0a000001");
        let doc =
            Talk::new(Transport::Ether(0x0806), 0, 0).src(&request).dst(&reply).dst(&reply[..9]).json();
        assert_eq!(doc["protocol"], json!(["arp"]));
        assert_eq!(
            doc["arp"],
            json!({
                "ip": ["10.0.0.2"], "ipCnt": 1, "mac": ["02:00:00:00:00:02"], "macCnt": 1,
                "opcode": [1, 2], "opcodeCnt": 2
            })
        );
        fields::audit(super::fields::FIELDS);
    }
}
