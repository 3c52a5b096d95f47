//! ICMP (RFC 792) and ICMPv6 (RFC 4443): types and codes of the messages of a session.

use crate::{Context, Detect, Dir, Parser, Protocol, Step};

/// What the messages fill.
pub mod fields {
    fields::fields! { "general";
        /// Types of ICMP and ICMPv6 messages.
        TYPE: Int = "icmp.type" @ "icmp.type", "ICMP Type".no_count();
        /// Codes of ICMP and ICMPv6 messages.
        CODE: Int = "icmp.code" @ "icmp.code", "ICMP Code".no_count();
    }
}

/// ICMP over IPv4 and IPv6.
pub static PROTOCOL: Protocol = Protocol {
    name: "icmp",
    fields: fields::FIELDS,
    detect: &[Detect::Ip(1), Detect::Ip(58)],
    quiet: false,
    start: || Box::new(Icmp),
};

struct Icmp;

impl Parser for Icmp {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if let [kind, code, ..] = bytes {
            context.doc.add(&fields::TYPE, i64::from(*kind));
            context.doc.add(&fields::CODE, i64::from(*code));
        }
        Step::Took(bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn types_and_codes_once_each() {
        let doc =
            Talk::new(Transport::Ip(1), 0, 0).src([8, 0, 0, 0]).dst([0, 0]).dst([3, 13, 1]).src([8]);
        let doc = doc.json();
        assert_eq!(doc["protocol"], json!(["icmp"]));
        assert_eq!(doc["icmp"], json!({"code": [0, 13], "type": [8, 0, 3]}));
        fields::audit(super::fields::FIELDS);
    }
}
