//! Datagrams of one session, until the client's hello is known.

use super::initial::{Initial, Keys, Next, next, scheme_of, varint};
use super::{chlo, long_header_version};
use crate::bytes::Bytes;
use crate::gather::Gather;
use crate::tls::{Carrier, handshake};
use crate::{Context, Dir, Parser, Step};
use memchr::memmem;

/// Bytes of the client's first flight.
const MAX_HELLO: usize = 64 * 1024;
/// Datagrams that are looked at before the hello is given up.
const MAX_DATAGRAMS: u32 = 32;
/// Packets in one datagram.
const MAX_PACKETS: usize = 16;
/// Bytes of a datagram in which a hello of Google's QUIC begins: public header, message hash, frame header.
const CHLO_WITHIN: usize = 96;

/// A parser for one session.
pub(super) fn start() -> Box<dyn Parser> {
    Box::<Quic>::default()
}

#[derive(Default)]
struct Quic {
    keys: Option<Keys>,
    hello: Gather,
    datagrams: u32,
}

impl Parser for Quic {
    fn step(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        self.datagrams += 1;
        let known = match long_header_version(bytes).and_then(scheme_of) {
            Some(_) => self.initials(bytes, context),
            None => clear_chlo(bytes, context),
        };
        if known || self.datagrams >= MAX_DATAGRAMS { Step::Done } else { Step::Took(bytes.len()) }
    }
}

/// Looks for a hello in the clear (Google's QUIC up to Q046); whether there is one.
fn clear_chlo(bytes: &[u8], context: &mut Context<'_>) -> bool {
    let head = bytes.get(..CHLO_WITHIN.min(bytes.len())).unwrap_or_default();
    let at = memmem::find(head, b"CHLO");
    at.and_then(|at| bytes.get(at..)).is_some_and(|hello| chlo::read(hello, context))
}

impl Quic {
    /// Opens the Initial packets of a datagram; whether the hello is complete.
    fn initials(&mut self, datagram: &[u8], context: &mut Context<'_>) -> bool {
        let mut rest = datagram;
        for _ in 0..MAX_PACKETS {
            let end = match next(rest) {
                None => return false,
                Some(Next::Other(end)) => end,
                Some(Next::Initial(initial, end)) => {
                    if self.open(&initial).is_some_and(|frames| self.frames(&frames, context)) {
                        return true;
                    }
                    end
                }
            };
            rest = rest.get(end..).unwrap_or_default();
        }
        false
    }

    /// The frames of a client's packet. Keys are those of the first connection id; after a Retry, of the next.
    fn open(&mut self, initial: &Initial<'_>) -> Option<Vec<u8>> {
        if let Some(frames) = self.keys.as_ref().and_then(|keys| keys.open(initial)) {
            return Some(frames);
        }
        let keys = Keys::of_client(initial.scheme, initial.destination)?;
        let frames = keys.open(initial)?;
        self.keys = Some(keys);
        self.hello = Gather::new();
        Some(frames)
    }

    /// Collects CRYPTO frames (RFC 9000 section 19); whether the hello is complete.
    fn frames(&mut self, frames: &[u8], context: &mut Context<'_>) -> bool {
        let mut frames = Bytes::new(frames);
        while self.frame(&mut frames).is_some() {}
        self.complete(context)
    }

    fn frame(&mut self, frames: &mut Bytes<'_>) -> Option<()> {
        const PADDING: u64 = 0;
        const PING: u64 = 1;
        const ACK: u64 = 2;
        const ACK_ECN: u64 = 3;
        const CRYPTO: u64 = 6;
        match varint(frames)? {
            PADDING | PING => {}
            kind @ (ACK | ACK_ECN) => {
                let (_largest, _delay) = (varint(frames)?, varint(frames)?);
                let ranges = varint(frames)?;
                let numbers = 1 + ranges.checked_mul(2)? + if kind == ACK_ECN { 3 } else { 0 };
                for _ in 0..numbers {
                    varint(frames)?;
                }
            }
            CRYPTO => {
                let at = usize::try_from(varint(frames)?).ok()?;
                let length = usize::try_from(varint(frames)?).ok()?;
                self.hello.add(at, frames.take(length)?, MAX_HELLO);
            }
            _ => return None,
        }
        Some(())
    }

    fn complete(&self, context: &mut Context<'_>) -> bool {
        let prefix = self.hello.prefix();
        if prefix.starts_with(b"CHLO") {
            return chlo::read(prefix, context);
        }
        let mut message = Bytes::new(prefix);
        let (Some(kind), Some(body)) = (message.u8(), message.vec24()) else { return false };
        handshake::message(kind, body.rest(), Carrier::Quic, context);
        true
    }
}
