//! Facebook's Zero protocol: the hello of Google's QUIC over TCP, before TLS 1.3 took its place.

use crate::quic::chlo;
use crate::{Context, Detect, Dir, Parser, Protocol, Step};
use memchr::memmem;

/// Zero. Fills the fields of QUIC.
pub static PROTOCOL: Protocol = Protocol {
    name: "fbzero",
    fields: &[],
    detect: &[Detect::Tcp(0, b"\x31QTV")],
    quiet: false,
    start: || Box::new(Zero),
};

/// Bytes in which the client's hello lies; it is padded to about 1,300.
const HELLO: usize = 4_096;
/// Bytes before the tag of the hello.
const CHLO_WITHIN: usize = 64;

struct Zero;

impl Parser for Zero {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if dir == Dir::Dst {
            return Step::Took(bytes.len());
        }
        let head = bytes.get(..CHLO_WITHIN.min(bytes.len())).unwrap_or_default();
        let hello = memmem::find(head, b"CHLO").and_then(|at| bytes.get(at..));
        match hello {
            Some(hello) if chlo::is_complete(hello) || bytes.len() >= HELLO => {
                if chlo::read(hello, context) {
                    context.doc.protocol("quic");
                }
                Step::Done
            }
            None if bytes.len() >= CHLO_WITHIN => Step::Done,
            _ => Step::Need(bytes.len() + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn the_hello_in_any_pieces() {
        let mut bytes = b"1QTV0\x1d\0\0\0".to_vec();
        bytes.extend(b"CHLO\x02\0\0\0SNI\0\x09\0\0\0VERS\x0c\0\0\0a.examplexyz");
        for n in [1, 7, 100] {
            let doc = Talk::new(Transport::Tcp, 40_000, 443).src_in(n, &bytes).json();
            assert_eq!(doc["quic"], json!({"host": ["a.example"], "hostCnt": 1}), "{n}");
            assert_eq!(doc["protocol"], json!(["fbzero", "quic"]));
        }
    }
}
