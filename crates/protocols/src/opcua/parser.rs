//! Messages: three letters, chunk type, length (little endian, all of it).

use super::fields::*;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step, cert};

const HEADER: usize = 8;
/// Bytes of the longest message that is looked into; the rest is skipped.
const MAX_LOOKED: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct OpcUa {
    /// Bytes of a message to skip: `[src, dst]`.
    skip: [usize; 2],
}

impl Parser for OpcUa {
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
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return Step::Need(HEADER) };
        let [a, b, c, _, length @ ..] = *header;
        let length = u32::from_le_bytes(length) as usize;
        let Some(body) = length.checked_sub(HEADER) else { return Step::Done };
        let looked = match &[a, b, c] {
            b"HEL" | b"OPN" => length <= MAX_LOOKED,
            b"ACK" | b"ERR" | b"RHE" | b"MSG" | b"CLO" => false,
            _ => return Step::Done,
        };
        if !looked {
            let taken = length.min(bytes.len());
            *skip = length - taken;
            return Step::Took(taken);
        }
        let Some(body) = rest.get(..body) else { return Step::Need(length) };
        match a {
            b'H' => hello(body, context),
            _ => open_channel(body, context),
        };
        Step::Took(length)
    }
}

/// A string or a byte string: length (-1 for none), bytes.
fn string<'a>(bytes: &mut Bytes<'a>) -> Option<&'a [u8]> {
    match bytes.u32()?.swap_bytes() {
        u32::MAX => Some(&[]),
        length => bytes.take(length as usize),
    }
}

/// Version and four limits, then the address.
fn hello(body: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut body = Bytes::new(body);
    body.take(20)?;
    let url = string(&mut body).filter(|url| !url.is_empty())?;
    context.doc.add(&ENDPOINT_URL, &String::from_utf8_lossy(url));
    Some(())
}

/// Channel, policy, certificate of the sender, fingerprint of the receiver's; then what may be encrypted.
fn open_channel(body: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut body = Bytes::new(body);
    body.take(4)?;
    let policy = string(&mut body)?;
    if !policy.is_empty() {
        context.doc.add(&SECURITY_POLICY_URI, &String::from_utf8_lossy(policy));
    }
    let certificate = string(&mut body)?;
    if !certificate.is_empty() {
        cert::certificate(certificate, context);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    fn message(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = kind.to_vec();
        bytes.extend((8 + body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    #[test]
    fn hello_and_channel_in_any_pieces() {
        let mut stream = message(b"HELF", &[&[0; 20][..], &text("opc.tcp://a:4840/")].concat());
        stream.extend(message(b"MSGF", &[7; 5_000]));
        let channel = [&[1, 0, 0, 0][..], &text("urn:None"), &[0xff; 8]].concat();
        stream.extend(message(b"OPNF", &channel));
        for n in [1, 7, 10_000] {
            let doc = Talk::new(Transport::Tcp, 40_000, 4_840).src_in(n, &stream).json();
            assert_eq!(doc["protocol"], json!(["opcua"]));
            assert_eq!(
                doc["opcua"],
                json!({
                    "endpointUrl": ["opc.tcp://a:4840/"], "endpointUrlCnt": 1,
                    "securityPolicyUri": ["urn:None"], "securityPolicyUriCnt": 1
                }),
                "{n}"
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }
}
