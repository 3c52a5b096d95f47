//! DHCP for IPv6 (RFC 8415). Fills the fields of [`crate::dhcp`].

use crate::bytes::Bytes;
use crate::dhcp::fields::{CLASS_ID, HOST, ID, TYPE};
use crate::{Context, Detect, Dir, Parser, Protocol, Step};

/// DHCP for IPv6, by its ports; the parser names it once a message is sound.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcpv6",
    fields: &[],
    detect: &[Detect::UdpPort(546), Detect::UdpPort(547)],
    quiet: true,
    start: || Box::new(Dhcpv6),
};

const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;
/// Relays that one message may have passed (RFC 8415 HOP_COUNT_LIMIT is 8).
const MAX_RELAYS: usize = 16;

mod option {
    pub const RELAY_MESSAGE: u16 = 9;
    pub const VENDOR_CLASS: u16 = 16;
    pub const CLIENT_FQDN: u16 = 39;
}

struct Dhcpv6;

impl Parser for Dhcpv6 {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut bytes = bytes;
        for _ in 0..MAX_RELAYS {
            match message(bytes, context) {
                Some(inner) if !inner.is_empty() => bytes = inner,
                _ => break,
            }
        }
        Step::Took(bytes.len().max(1))
    }
}

/// Reads one message; gives the message that a relay carries in it, or nothing.
fn message<'a>(bytes: &'a [u8], context: &mut Context<'_>) -> Option<&'a [u8]> {
    let mut bytes = Bytes::new(bytes);
    let kind = bytes.u8()?;
    let name = type_name(kind)?;
    let relay = matches!(kind, RELAY_FORWARD | RELAY_REPLY);
    // a relay's message holds hops and two addresses, any other the number of the exchange
    let fixed = bytes.take(if relay { 33 } else { 3 })?;
    context.doc.protocol("dhcpv6");
    context.doc.add(&TYPE, name);
    if let &[a, b, c] = fixed {
        context.doc.add(&ID, &format!("{:x}", u32::from_be_bytes([0, a, b, c])));
    }
    let mut inner = None;
    while let (Some(code), Some(value)) = (bytes.u16(), bytes.vec16()) {
        match code {
            option::RELAY_MESSAGE if relay => inner = Some(value.rest()),
            option::VENDOR_CLASS => vendor_class(value, context),
            option::CLIENT_FQDN => full_name(value, context),
            _ => {}
        }
    }
    inner
}

/// Enterprise number, then strings (RFC 8415 section 21.16).
fn vendor_class(mut value: Bytes<'_>, context: &mut Context<'_>) {
    if value.u32().is_none() {
        return;
    }
    while let Some(class) = value.vec16().filter(|class| !class.is_empty()) {
        context.doc.add(&CLASS_ID, &String::from_utf8_lossy(class.rest()));
    }
}

/// Flags, then a name in labels, maybe without its end (RFC 4704).
fn full_name(mut value: Bytes<'_>, context: &mut Context<'_>) {
    let mut name = String::new();
    value.u8();
    while let Some(label) = value.vec8().filter(|label| (1..64).contains(&label.len())) {
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(label.rest()));
    }
    if !name.is_empty() {
        context.doc.add(&HOST, &name);
    }
}

/// IANA's names of message types; `None` for those that nobody has assigned.
fn type_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "SOLICIT",
        2 => "ADVERTISE",
        3 => "REQUEST",
        4 => "CONFIRM",
        5 => "RENEW",
        6 => "REBIND",
        7 => "REPLY",
        8 => "RELEASE",
        9 => "DECLINE",
        10 => "RECONFIGURE",
        11 => "INFORMATION-REQUEST",
        12 => "RELAY-FORW",
        13 => "RELAY-REPL",
        14 => "LEASEQUERY",
        15 => "LEASEQUERY-REPLY",
        16 => "LEASEQUERY-DONE",
        17 => "LEASEQUERY-DATA",
        18 => "RECONFIGURE-REQUEST",
        19 => "RECONFIGURE-REPLY",
        20 => "DHCPV4-QUERY",
        21 => "DHCPV4-RESPONSE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_message_in_a_relays_message() {
        let solicit = unhex("01 100874 0027 0009 00 02 7063 04 686f6d65 0010 0008 00000001 0002 6478");
        let direct = Talk::new(Transport::Udp, 546, 547).src(&solicit).json();
        assert_eq!(direct["protocol"], json!(["dhcpv6"]));
        assert_eq!(
            direct["dhcp"],
            json!({
                "classId": ["dx"], "classIdCnt": 1, "host": ["pc.home"], "hostCnt": 1, "id": ["100874"], "idCnt": 1,
                "type": ["SOLICIT"], "typeCnt": 1
            })
        );
        let mut relayed = vec![12, 0];
        relayed.extend([0; 32]);
        relayed.extend([0, 9, 0, solicit.len() as u8]);
        relayed.extend(&solicit);
        let doc = Talk::new(Transport::Udp, 547, 547).src(&relayed).json();
        assert_eq!(doc["dhcp"]["type"], json!(["RELAY-FORW", "SOLICIT"]));
        assert_eq!(doc["dhcp"]["id"], json!(["100874"]));
    }

    #[test]
    fn what_is_none_is_not_named() {
        assert_eq!(Talk::new(Transport::Udp, 546, 547).src(b"GET / HTTP").json().get("protocol"), None);
    }
}
