//! Records of a stream (RFC 8446 section 5.1).

use super::handshake::Messages;
use super::hello::Carrier;
use crate::{Context, Dir, Parser, Step};

/// Bytes of a record's header: type, version, length.
const HEADER: usize = 5;
/// Bytes in a record, at most: 2^14 and what encryption adds (RFC 5246 section 6.2.3).
const MAX_RECORD: usize = (1 << 14) + 2_048;

mod content {
    pub const CHANGE_CIPHER_SPEC: u8 = 20;
    pub const HANDSHAKE: u8 = 22;
    pub const APPLICATION_DATA: u8 = 23;
    pub const HEARTBEAT: u8 = 24;
}

/// A parser for one session.
pub(super) fn start() -> Box<dyn Parser> {
    Box::new(Records::new(Carrier::Tcp))
}

/// The records of both sides, up to where they are encrypted. Also for protocols that carry TLS records inside
/// their own messages.
pub(crate) struct Records {
    carrier: Carrier,
    sides: [Side; 2],
}

#[derive(Default)]
struct Side {
    messages: Messages,
    /// Whether ChangeCipherSpec was seen.
    changed: bool,
    /// Whether nothing more is to be learned: encrypted, or no TLS.
    over: bool,
}

impl Records {
    /// Nothing seen yet.
    pub(crate) fn new(carrier: Carrier) -> Self {
        Self { carrier, sides: Default::default() }
    }

    /// Whether nothing more is to be learned from either side.
    fn is_over(&self) -> bool {
        self.sides.iter().all(|side| side.over)
    }

    fn side(&mut self, dir: Dir) -> &mut Side {
        let [src, dst] = &mut self.sides;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    /// Marks a side as over.
    fn finish(&mut self, dir: Dir, len: usize) -> Step {
        let side = self.side(dir);
        side.over = true;
        side.messages = Messages::default();
        if self.is_over() { Step::Done } else { Step::Took(len) }
    }
}

impl Parser for Records {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let carrier = self.carrier;
        let side = self.side(dir);
        if side.over {
            return Step::Took(bytes.len());
        }
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return Step::Need(HEADER) };
        let [kind, major, _, high, low] = *header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let known = (content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT).contains(&kind);
        if !known || major != 3 || length > MAX_RECORD {
            return self.finish(dir, bytes.len());
        }
        // What is left of this side is encrypted.
        if kind == content::APPLICATION_DATA {
            return self.finish(dir, bytes.len());
        }
        let Some(body) = rest.get(..length) else { return Step::Need(HEADER + length) };
        match kind {
            // After ChangeCipherSpec, messages are encrypted; but TLS 1.3 sends it for form's sake, also between a
            // request to say hello again and the next hello (RFC 8446 appendix D.4).
            content::HANDSHAKE if side.changed && !is_whole_hello(body) => {
                return self.finish(dir, bytes.len());
            }
            content::HANDSHAKE => side.messages.feed(body, carrier, context),
            content::CHANGE_CIPHER_SPEC => side.changed = true,
            _ => {}
        }
        Step::Took(HEADER + length)
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        self.finish(dir, len)
    }
}

/// Whether a record holds one ClientHello or ServerHello and nothing else.
fn is_whole_hello(body: &[u8]) -> bool {
    match body {
        [1 | 2, a, b, c, rest @ ..] => rest.len() == u32::from_be_bytes([0, *a, *b, *c]) as usize,
        _ => false,
    }
}
