//! BGP (RFC 4271): kinds of messages between routers.

use crate::messages::{Framed, Length, Messages, Then};
use crate::{Context, Detect, Dir, Protocol};

/// What the messages fill.
pub mod fields {
    fields::fields! { "bgp";
        /// Kinds of messages: OPEN, UPDATE, NOTIFICATION, KEEPALIVE or ROUTE-REFRESH.
        TYPE: Upper = "bgp.type" @ "bgp.type", "Type".no_count();
    }
}

/// BGP, by the marker that every message starts with.
pub static PROTOCOL: Protocol = Protocol {
    name: "bgp",
    fields: fields::FIELDS,
    detect: &[Detect::Tcp(0, &MARKER)],
    quiet: false,
    start: || Box::new(Framed::new(Bgp)),
};

const MARKER: [u8; 16] = [0xff; 16];
/// Marker, length, type (section 4.1).
const HEADER: usize = 19;

struct Bgp;

impl Messages for Bgp {
    const LOOKED: usize = HEADER;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        let Some((marker, rest)) = bytes.split_first_chunk::<16>() else { return Length::Need(HEADER) };
        let Some(length) = rest.first_chunk() else { return Length::Need(HEADER) };
        match usize::from(u16::from_be_bytes(*length)) {
            length @ HEADER.. if *marker == MARKER => Length::Is(length),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        let name = match bytes.last() {
            Some(1) => "OPEN",
            Some(2) => "UPDATE",
            Some(3) => "NOTIFICATION",
            Some(4) => "KEEPALIVE",
            Some(5) => "ROUTE-REFRESH",
            _ => return Then::Next,
        };
        context.doc.add(&fields::TYPE, name);
        Then::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn kinds_of_messages() {
        let marker = "ff".repeat(16);
        let update = unhex(&format!("{marker} 001d 02 {}", "00".repeat(10)));
        let keepalive = unhex(&format!("{marker} 0013 04"));
        for n in [1, 7, 100] {
            let doc = Talk::tcp(179).src_in(n, &[update.clone(), keepalive.clone()].concat()).json();
            assert_eq!(doc["protocol"], json!(["bgp"]));
            assert_eq!(doc["bgp"], json!({"type": ["UPDATE", "KEEPALIVE"]}), "{n}");
        }
        fields::audit(super::fields::FIELDS);
    }
}
