//! Records and fragments of datagrams (RFC 6347 section 4).

use crate::bytes::Bytes;
use crate::gather::Gather;
use crate::tls::{Carrier, handshake};
use crate::{Context, Dir, Parser, Step};

const HANDSHAKE: u8 = 22;
/// Bytes of a handshake message that is assembled.
const MAX_MESSAGE: usize = 64 * 1024;

/// A parser for one session.
pub(super) fn start() -> Box<dyn Parser> {
    Box::<Dtls>::default()
}

/// The message of each side that is being assembled: `[src, dst]`.
#[derive(Default)]
struct Dtls {
    sides: [Option<Assembly>; 2],
}

/// A message whose fragments are being collected.
struct Assembly {
    kind: u8,
    sequence: u16,
    length: usize,
    bytes: Gather,
}

/// One fragment of a handshake message.
struct Fragment<'a> {
    kind: u8,
    length: usize,
    sequence: u16,
    offset: usize,
    bytes: &'a [u8],
}

impl Parser for Dtls {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut records = Bytes::new(bytes);
        while let Some((kind, epoch, mut body)) = record(&mut records) {
            // What has another epoch than the first is encrypted.
            if kind != HANDSHAKE || epoch != 0 {
                continue;
            }
            while let Some(fragment) = Fragment::read(&mut body) {
                self.fragment(dir, &fragment, context);
            }
        }
        Step::Took(bytes.len())
    }
}

/// Type, epoch and content of the next record.
fn record<'a>(bytes: &mut Bytes<'a>) -> Option<(u8, u16, Bytes<'a>)> {
    let (kind, _version, epoch) = (bytes.u8()?, bytes.u16()?, bytes.u16()?);
    bytes.take(6)?;
    Some((kind, epoch, bytes.vec16()?))
}

impl<'a> Fragment<'a> {
    fn read(bytes: &mut Bytes<'a>) -> Option<Self> {
        let (kind, length) = (bytes.u8()?, bytes.u24()? as usize);
        let (sequence, offset) = (bytes.u16()?, bytes.u24()? as usize);
        let bytes = bytes.vec24()?.rest();
        (offset + bytes.len() <= length).then_some(Self { kind, length, sequence, offset, bytes })
    }
}

impl Dtls {
    fn fragment(&mut self, dir: Dir, fragment: &Fragment<'_>, context: &mut Context<'_>) {
        if fragment.bytes.len() == fragment.length {
            handshake::message(fragment.kind, fragment.bytes, Carrier::Dtls, context);
            return;
        }
        if fragment.length > MAX_MESSAGE {
            return;
        }
        let [src, dst] = &mut self.sides;
        let side = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        // One message at a time: the start of another drops what is not complete.
        let held = side.take().filter(|held| held.is_of(fragment));
        let mut assembly = held.unwrap_or_else(|| Assembly::new(fragment));
        assembly.bytes.add(fragment.offset, fragment.bytes, fragment.length);
        if assembly.bytes.prefix().len() == assembly.length {
            handshake::message(assembly.kind, assembly.bytes.prefix(), Carrier::Dtls, context);
        } else {
            *side = Some(assembly);
        }
    }
}

impl Assembly {
    fn new(fragment: &Fragment<'_>) -> Self {
        let Fragment { kind, sequence, length, .. } = *fragment;
        Self { kind, sequence, length, bytes: Gather::new() }
    }

    fn is_of(&self, fragment: &Fragment<'_>) -> bool {
        self.kind == fragment.kind && self.sequence == fragment.sequence && self.length == fragment.length
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    /// A ClientHello of TLS 1.2 datagrams for `a.example`, with a cookie.
    fn hello() -> Vec<u8> {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.extend([0, 2, 0xaa, 0xbb]); // no session, cookie of two bytes
        body.extend([0, 4, 0xc0, 0x2b, 0x0a, 0x0a, 1, 0]);
        body.extend([0, 18, 0, 0, 0, 14, 0, 12, 0, 0, 9]);
        body.extend(b"a.example");
        body
    }

    fn fragment(body: &[u8], range: std::ops::Range<usize>) -> Vec<u8> {
        let part = &body[range.clone()];
        let mut bytes = vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, range.start as u8];
        bytes.extend((12 + part.len() as u16).to_be_bytes());
        bytes.extend([1, 0, 0, body.len() as u8, 0, 0, 0, 0, range.start as u8, 0, 0, part.len() as u8]);
        bytes.extend(part);
        bytes
    }

    #[test]
    fn fragments_in_any_order() {
        let body = hello();
        let whole = Talk::new(Transport::Udp, 9, 4433).src(fragment(&body, 0..body.len())).json();
        assert_eq!(whole["protocol"], json!(["dtls"]));
        assert_eq!(whole["http"]["host"], json!(["a.example"]));
        assert!(whole["tls"]["ja4"][0].as_str().unwrap().starts_with("dd2d010100_"));
        for cut in 1..body.len() {
            let (a, b) = (fragment(&body, 0..cut), fragment(&body, cut..body.len()));
            assert_eq!(Talk::new(Transport::Udp, 9, 4433).src(&b).src(&a).json(), whole, "{cut}");
            assert_eq!(Talk::new(Transport::Udp, 9, 4433).src(&a).src(&a).src(&b).json(), whole, "{cut}");
        }
    }

    #[test]
    fn a_message_with_a_hole_is_not_read() {
        let body = hello();
        let doc = Talk::new(Transport::Udp, 9, 4433)
            .src(fragment(&body, 0..10))
            .src(fragment(&body, 11..body.len()));
        assert_eq!(doc.json().get("tls"), None);
    }
}
