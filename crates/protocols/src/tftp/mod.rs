//! TFTP (RFC 1350, RFC 2347): which files are asked for. What is transferred goes over ports of its own.

use crate::messages::Datagrams;
use crate::text::{decode, split_once};
use crate::{Context, Detect, Dir, Protocol, signatures::look};

/// What the messages fill.
pub mod fields {
    fields::fields! { "tftp";
        /// Operations: `rrq`, `wrq`, `data`, `ack`, `error` or `oack`.
        OPCODE: Term = "tftp.opcode" @ "tftp.opcode", "Opcode";
        /// Names of files that are read or written.
        FILENAME: Term = "tftp.filename" @ "tftp.filename", "Filename";
    }
}

/// TFTP, by its port and a request.
pub static PROTOCOL: Protocol = Protocol {
    name: "tftp",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::tftp)],
    quiet: false,
    start: || Box::new(Datagrams(message)),
};

fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let ([0, operation], rest) = bytes.split_first_chunk::<2>()? else { return None };
    let name = match operation {
        1 => "rrq",
        2 => "wrq",
        3 => "data",
        4 => "ack",
        5 => "error",
        6 => "oack",
        _ => return None,
    };
    context.doc.add(&fields::OPCODE, name);
    if matches!(operation, 1 | 2) {
        let (file, _mode) = split_once(rest, 0)?;
        context.doc.add(&fields::FILENAME, &decode(file));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn requests_name_their_file() {
        let doc = Talk::new(Transport::Udp, 40_000, 69)
            .src(b"\0\x02boot/image.bin\0octet\0")
            .dst(b"\0\x05\0\x02no\0")
            .src(b"\0\x09")
            .json();
        assert_eq!(doc["protocol"], json!(["tftp"]));
        assert_eq!(
            doc["tftp"],
            json!({
                "filename": ["boot/image.bin"], "filenameCnt": 1, "opcode": ["wrq", "error"], "opcodeCnt": 2
            })
        );
        fields::audit(super::fields::FIELDS);
    }
}
