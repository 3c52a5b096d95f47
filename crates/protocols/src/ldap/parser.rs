//! Messages in BER; all but binds and extended operations are skipped.

use super::fields::*;
use crate::ber::{ENUMERATED, INTEGER, MAX_HEADER, OCTET_STRING, SEQUENCE, header, value};
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step};

const BIND_REQUEST: u8 = 0x60;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
/// Name of the operation that starts TLS (RFC 4511 section 4.14).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// Bytes of the longest message that is looked into.
const MAX_LOOKED: usize = 16 * 1024;

#[derive(Default)]
pub(super) struct Ldap {
    /// Bytes of a message to skip: `[src, dst]`.
    skip: [usize; 2],
    /// Whether the client asked for TLS.
    start_tls: bool,
}

impl Parser for Ldap {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let [src, dst] = &mut self.skip;
        let skip = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        if *skip > 0 {
            let taken = bytes.len().min(*skip);
            *skip -= taken;
            return Step::Took(taken);
        }
        let mut rest = Bytes::new(bytes);
        let Some((tag, length)) = header(&mut rest) else {
            return if bytes.len() < MAX_HEADER { Step::Need(bytes.len() + 1) } else { Step::Done };
        };
        if tag != SEQUENCE {
            return Step::Done;
        }
        let whole = (bytes.len() - rest.len()).saturating_add(length);
        if let Some(message) = rest.part(length) {
            let secured = self.message(message, context) == Some(true);
            return if secured { Step::Redetect(whole) } else { Step::Took(whole) };
        }
        if length <= MAX_LOOKED {
            return Step::Need(whole);
        }
        *skip = whole - bytes.len();
        Step::Took(bytes.len())
    }
}

impl Ldap {
    /// Looks into a message; true where the server agrees that TLS starts behind it.
    fn message(&mut self, mut message: Bytes<'_>, context: &mut Context<'_>) -> Option<bool> {
        value(&mut message).filter(|(tag, _)| *tag == INTEGER)?;
        let (operation, mut content) = value(&mut message)?;
        match operation {
            BIND_REQUEST => bind(&mut content, context)?,
            EXTENDED_REQUEST => {
                let (_, name) = value(&mut content)?;
                self.start_tls = name.rest() == START_TLS;
            }
            EXTENDED_RESPONSE => {
                let (tag, result) = value(&mut content)?;
                return Some(self.start_tls && tag == ENUMERATED && result.rest() == [0]);
            }
            _ => {}
        }
        Some(false)
    }
}

/// Version, name, authentication (RFC 4511 section 4.2).
fn bind(content: &mut Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    value(content).filter(|(tag, _)| *tag == INTEGER)?;
    let (_, name) = value(content).filter(|(tag, _)| *tag == OCTET_STRING)?;
    let (choice, secret) = value(content)?;
    let name = String::from_utf8_lossy(name.rest());
    context.doc.add(&BIND_NAME, if name.is_empty() { "<ROOT>" } else { &name });
    let how = match choice & 0x1f {
        0 if secret.is_empty() => "none",
        0 => "simple",
        3 => "sasl",
        _ => "unknown",
    };
    context.doc.add(&AUTH_TYPE, how);
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    const BIND: &[u8] = b"\x30\x1d\x02\x01\x01\x60\x18\x02\x01\x03\x04\x0ccn=admin,o=x\x80\x05hunt2";

    #[test]
    fn binds() {
        let anonymous = unhex("300c 020101 6007 020103 0400 8000");
        for n in [1, 3, 100] {
            let mut both = anonymous.clone();
            both.extend(BIND);
            let doc = Talk::new(Transport::Tcp, 40_000, 389).src_in(n, &both).json();
            assert_eq!(doc["protocol"], json!(["ldap"]), "{n}");
            assert_eq!(
                doc["ldap"],
                json!({
                    "authtype": ["none", "simple"], "authtypeCnt": 2,
                    "bindname": ["<ROOT>", "cn=admin,o=x"], "bindnameCnt": 2
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn goes_on_as_tls() {
        let mut request = unhex("301d 020101 7718 8016");
        request.extend(super::START_TLS);
        let doc = Talk::new(Transport::Tcp, 40_000, 389)
            .src(&request)
            .dst(unhex("300c 020101 7807 0a0100 0400 0400"))
            .src(unhex("16 0301 002d 01 000029 0303 0000000000000000000000000000000000000000000000000000000000000000 00 0002 1301 01 00"))
            .json();
        assert_eq!(doc["protocol"], json!(["ldap", "tls"]));
    }

    #[test]
    fn long_messages_are_skipped_not_held() {
        let mut stream = unhex("3084 00100000 020105 64");
        stream.resize(6 + 0x10_0000, 7);
        stream.extend(BIND);
        let doc = Talk::new(Transport::Tcp, 40_000, 389).src_in(10_000, &stream).json();
        assert_eq!(doc["ldap"]["bindname"], json!(["cn=admin,o=x"]));
    }
}
