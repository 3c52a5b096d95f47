//! TLS records inside the messages of another protocol.

use super::hello::Carrier;
use super::parser::Records;
use crate::{Context, Dir, Parser, Step};

/// Bytes of one side that may wait for the rest of a record.
const MAX_WAITING: usize = 64 * 1024;

/// The TLS of both sides of a session, cut from another protocol's messages.
pub(crate) struct Carried {
    records: Records,
    waiting: [Vec<u8>; 2],
}

impl Carried {
    /// Nothing seen yet.
    pub(crate) fn new(carrier: Carrier) -> Self {
        Self { records: Records::new(carrier), waiting: Default::default() }
    }

    /// Takes what one side sent, in order; false where nothing more is to be learned.
    pub(crate) fn feed(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> bool {
        let [src, dst] = &mut self.waiting;
        let waiting = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        waiting.extend_from_slice(bytes);
        let mut rest = waiting.as_slice();
        while !rest.is_empty() {
            match self.records.step(dir, rest, context) {
                Step::Took(n) if n > 0 => rest = rest.get(n..).unwrap_or_default(),
                Step::Need(_) if rest.len() < MAX_WAITING => break,
                _ => return false,
            }
        }
        let left = rest.len();
        waiting.drain(..waiting.len() - left);
        true
    }
}
