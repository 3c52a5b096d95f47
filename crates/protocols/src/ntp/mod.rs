//! NTP (RFC 5905, RFC 9327): who is asked for the time, and where that clock has it from.

use crate::bytes::{Bytes, hex};
use crate::messages::Datagrams;
use crate::{Context, Detect, Dir, Protocol, signatures::look};

/// What the messages fill.
pub mod fields {
    fields::fields! { "ntp";
        /// Version of the protocol.
        VERSION: Int = "ntp.version" @ "ntp.version", "Version";
        /// Role of the sender: `client`, `server`, `broadcast` and so on.
        MODE: Term = "ntp.mode" @ "ntp.mode", "Mode";
        /// How far the sender's clock is from a reference clock: `primary`, `secondary`, `unspecified` and so on.
        STRATUM: Term = "ntp.stratum" @ "ntp.stratum", "Stratum";
        /// What the sender's clock follows: the name of a reference clock, or an address in hex.
        REF_ID: Term = "ntp.ref-id" @ "ntp.refId", "Reference ID";
    }
}

/// NTP over UDP.
pub static PROTOCOL: Protocol = Protocol {
    name: "ntp",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::ntp)],
    quiet: false,
    start: || Box::new(Datagrams(message)),
};

/// Leap, version and mode; stratum; poll; precision; root delay and dispersion; reference.
fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut bytes = Bytes::new(bytes);
    let first = bytes.u8()?;
    let version = first >> 3 & 7;
    if !(1..=4).contains(&version) {
        return None;
    }
    context.doc.add(&fields::VERSION, i64::from(version));
    context.doc.add(&fields::MODE, MODES.get(usize::from(first & 7))?);
    // control and private messages have another form (RFC 9327)
    if first & 7 >= 6 {
        return None;
    }
    let stratum = bytes.u8()?;
    let name = match stratum {
        0 => "unspecified",
        1 => "primary",
        2..=15 => "secondary",
        16 => "unsynchronized",
        _ => "reserved",
    };
    context.doc.add(&fields::STRATUM, name);
    let (_poll, _precision) = (bytes.u8()?, bytes.u8()?);
    let (_delay, _dispersion) = (bytes.u32()?, bytes.u32()?);
    let reference = bytes.take(4)?;
    // section 7.3: four letters of strata 0 and 1, else the IPv4 address of the clock or a hash of its IPv6 address
    let letters = reference.strip_suffix(b"\0\0").or(reference.strip_suffix(b"\0")).unwrap_or(reference);
    if stratum <= 1 && !letters.is_empty() && letters.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        context.doc.add(&fields::REF_ID, &String::from_utf8_lossy(letters));
    } else if reference != [0; 4] {
        context.doc.add(&fields::REF_ID, &hex(reference));
    }
    Some(())
}

const MODES: [&str; 8] = [
    "reserved",
    "symmetric-active",
    "symmetric-passive",
    "client",
    "server",
    "broadcast",
    "control",
    "private",
];

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_client_and_its_server() {
        let packet = |head: &str| {
            let mut bytes = unhex(head);
            bytes.resize(48, 0);
            bytes
        };
        let doc = Talk::new(Transport::Udp, 123, 123)
            .src(packet("e3 00 03 fa 00010000 00010000 00000000"))
            .dst(packet("24 01 03 ec 00000000 00000000 47505300"))
            .dst(packet("24 02 03 ec 00000000 00000000 c0a80001"))
            .dst([0x24])
            .json();
        assert_eq!(doc["protocol"], json!(["ntp"]));
        assert_eq!(
            doc["ntp"],
            json!({
                "mode": ["client", "server"], "modeCnt": 2, "refId": ["GPS", "c0a80001"], "refIdCnt": 2,
                "stratum": ["unspecified", "primary", "secondary"], "stratumCnt": 3, "version": [4], "versionCnt": 1
            })
        );
        fields::audit(super::fields::FIELDS);
    }
}
