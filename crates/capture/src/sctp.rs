//! The user data of SCTP: chunks in order of arrival, each once, fragments of a message joined (RFC 9260 section 6.9).

use flow::Seq;
use wire::SctpChunk;

/// Bytes of one message that are joined.
const MAX_MESSAGE: usize = 256 * 1024;
const END: u8 = 1;
const BEGIN: u8 = 2;

/// One direction of an association.
#[derive(Debug, Default)]
pub(crate) struct SctpSide {
    /// Highest transmission sequence number, and which of the 64 before it came.
    top: Option<Seq>,
    came: u64,
    /// A message that has begun: number of the chunk expected next, bytes so far.
    begun: Option<(Seq, Vec<u8>)>,
}

/// What a DATA chunk gives.
pub(crate) enum Given<'a> {
    /// Nothing: sent again, or part of a message.
    Nothing,
    /// A whole message in one chunk.
    Message(&'a [u8]),
    /// A message that several chunks made up.
    Joined(Vec<u8>),
    /// A message of which a part is missing, or that is too large: the bytes that are lost to the parsers.
    Lost(usize),
}

impl SctpSide {
    /// Takes a DATA chunk.
    pub(crate) fn data<'a>(&mut self, chunk: &SctpChunk<'a>) -> Given<'a> {
        let Some((tsn, _, _, _, bytes)) = chunk.data() else { return Given::Nothing };
        if !self.is_new(Seq(tsn)) {
            return Given::Nothing;
        }
        if chunk.flags & (BEGIN | END) == BEGIN | END {
            return Given::Message(bytes);
        }
        let next = Seq(tsn).plus(1);
        if chunk.flags & BEGIN != 0 {
            let lost = self.begun.replace((next, bytes.to_vec()));
            return lost.map_or(Given::Nothing, |(_, bytes)| Given::Lost(bytes.len()));
        }
        match self.begun.take() {
            Some((expected, mut message))
                if expected == Seq(tsn) && message.len() + bytes.len() <= MAX_MESSAGE =>
            {
                message.extend_from_slice(bytes);
                if chunk.flags & END != 0 {
                    return Given::Joined(message);
                }
                self.begun = Some((next, message));
                Given::Nothing
            }
            begun => Given::Lost(bytes.len() + begun.map_or(0, |(_, message)| message.len())),
        }
    }

    fn is_new(&mut self, tsn: Seq) -> bool {
        let Some(top) = self.top else {
            (self.top, self.came) = (Some(tsn), 1);
            return true;
        };
        match tsn.since(top) {
            ahead @ 1.. => {
                self.came = self.came.checked_shl(ahead as u32).unwrap_or(0) | 1;
                self.top = Some(tsn);
                true
            }
            behind @ -63..=0 => {
                let bit = 1u64 << behind.unsigned_abs();
                let new = self.came & bit == 0;
                self.came |= bit;
                new
            }
            _ => false,
        }
    }
}
