//! ES-IS (ISO 9542): how end systems and routers of OSI find each other.

use crate::bytes::Bytes;
use crate::isis::ISO;
use crate::messages::Datagrams;
use crate::{Context, Detect, Dir, Protocol};

/// What the messages fill.
pub mod fields {
    fields::fields! { "esis";
        /// Kinds of messages: `esh` and `ish` say hello, `rd` redirects.
        TYPE: Lower = "esis.type" @ "esis.type", "Type".no_count();
    }
}

/// ES-IS, by the access points of ISO protocols in LLC; the parser names it.
pub static PROTOCOL: Protocol = Protocol {
    name: "esis",
    fields: fields::FIELDS,
    detect: &[Detect::Ether(ISO)],
    quiet: true,
    start: || Box::new(Datagrams(message)),
};

const DISCRIMINATOR: u8 = 0x82;

/// Section 7.2: discriminator, length of the header, version, reserved, type.
fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut bytes = Bytes::new(bytes);
    let discriminator = bytes.u8()?;
    let (_length, _version, _reserved, kind) = (bytes.u8()?, bytes.u8()?, bytes.u8()?, bytes.u8()?);
    if discriminator != DISCRIMINATOR {
        return None;
    }
    context.doc.protocol("esis");
    let name = match kind & 0x1f {
        2 => "esh",
        4 => "ish",
        6 => "rd",
        _ => return None,
    };
    context.doc.add(&fields::TYPE, name);
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn kinds_of_messages() {
        let doc = Talk::new(Transport::Ether(0xfefe), 0, 0)
            .src(unhex("82 09 01 00 02"))
            .src(unhex("82 09 01 00 06 00"))
            .src(unhex("82"))
            .json();
        assert_eq!(doc["esis"], json!({"type": ["esh", "rd"]}));
        fields::audit(super::fields::FIELDS);
    }
}
