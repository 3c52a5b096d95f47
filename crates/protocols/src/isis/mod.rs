//! IS-IS (ISO/IEC 10589): kinds of messages between routers.

use crate::bytes::Bytes;
use crate::messages::Datagrams;
use crate::{Context, Detect, Dir, Protocol};

/// What the messages fill.
pub mod fields {
    fields::fields! { "isis";
        /// Kinds of messages, for instance `lan-l2-hello` or `l1-lsp`.
        MSG_TYPE: Lower = "isis.msgType" @ "isis.msgType", "Msg Type".no_count();
    }
}

/// IS-IS, by the access points of ISO protocols in LLC; the parser names it.
pub static PROTOCOL: Protocol = Protocol {
    name: "isis",
    fields: fields::FIELDS,
    detect: &[Detect::Ether(ISO)],
    quiet: true,
    start: || Box::new(Datagrams(message)),
};

/// Both access points of LLC, as the sessions of LLC are numbered.
pub(crate) const ISO: u16 = 0xfefe;
const DISCRIMINATOR: u8 = 0x83;

/// Section 9.5: discriminator, length of the header, version, length of ids, type.
fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut bytes = Bytes::new(bytes);
    let discriminator = bytes.u8()?;
    let (_length, _version, _ids, kind) = (bytes.u8()?, bytes.u8()?, bytes.u8()?, bytes.u8()?);
    if discriminator != DISCRIMINATOR {
        return None;
    }
    context.doc.protocol("isis");
    let name = match kind & 0x1f {
        15 => "lan-l1-hello",
        16 => "lan-l2-hello",
        17 => "p2p-hello",
        18 => "l1-lsp",
        20 => "l2-lsp",
        24 => "l1-csnp",
        25 => "l2-csnp",
        26 => "l1-psnp",
        27 => "l2-psnp",
        _ => return None,
    };
    context.doc.add(&fields::MSG_TYPE, name);
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
            .src(unhex("83 1b 01 00 0f 01 00 00"))
            .src(unhex("83 1b 01 00 14 01 00 00"))
            .src(unhex("83 1b 01"))
            .src(unhex("82 09 01 00 04"))
            .json();
        assert_eq!(doc["isis"], json!({"msgType": ["lan-l1-hello", "l2-lsp"]}));
        assert_eq!(doc["esis"], json!({"type": ["ish"]}));
        assert_eq!(doc["protocol"], json!(["isis", "esis"]));
        fields::audit(super::fields::FIELDS);
    }
}
