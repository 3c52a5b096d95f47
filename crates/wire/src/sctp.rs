//! SCTP, RFC 9260.

use crate::{Malformed, read};

/// View of an SCTP common header and the chunks after it.
#[derive(Clone, Copy, Debug)]
pub struct Sctp<'a> {
    head: &'a [u8; 12],
    payload: &'a [u8],
}

impl<'a> Sctp<'a> {
    /// Reads the twelve bytes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, payload) = read::head(bytes)?;
        Ok(Self { head, payload })
    }

    /// Source port.
    #[must_use]
    pub fn src_port(&self) -> u16 {
        be16!(self.head, 0)
    }

    /// Destination port.
    #[must_use]
    pub fn dst_port(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Verification tag.
    #[must_use]
    pub fn tag(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// The chunks as bytes.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The chunks one by one; ends at the first whose length is wrong.
    #[must_use]
    pub fn chunks(&self) -> SctpChunks<'a> {
        SctpChunks { rest: self.payload }
    }
}

/// One chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctpChunk<'a> {
    /// Chunk type: 0 DATA, 1 INIT, 2 INIT ACK, 3 SACK, 6 ABORT, 7 SHUTDOWN, 64 I-DATA …
    pub kind: u8,
    /// Flags; for DATA: 1 end, 2 beginning, 4 unordered.
    pub flags: u8,
    /// The value after the four bytes of chunk header, as far as it was captured.
    pub value: &'a [u8],
}

impl<'a> SctpChunk<'a> {
    /// DATA chunk.
    pub const DATA: u8 = 0;
    /// INIT chunk.
    pub const INIT: u8 = 1;
    /// INIT ACK chunk.
    pub const INIT_ACK: u8 = 2;
    /// ABORT chunk.
    pub const ABORT: u8 = 6;
    /// SHUTDOWN chunk.
    pub const SHUTDOWN: u8 = 7;
    /// SHUTDOWN COMPLETE chunk.
    pub const SHUTDOWN_COMPLETE: u8 = 14;

    /// For a DATA chunk: transmission sequence number, stream, sequence within the stream, payload protocol, user data.
    #[must_use]
    pub fn data(&self) -> Option<(u32, u16, u16, u32, &'a [u8])> {
        if self.kind != Self::DATA {
            return None;
        }
        let (h, data) = read::head::<12>(self.value).ok()?;
        Some((be32!(h, 0), be16!(h, 4), be16!(h, 6), be32!(h, 8), data))
    }
}

/// Iterator over the chunks of a packet.
#[derive(Clone, Copy, Debug)]
pub struct SctpChunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for SctpChunks<'a> {
    type Item = SctpChunk<'a>;

    fn next(&mut self) -> Option<SctpChunk<'a>> {
        let (head, body) = read::head::<4>(self.rest).ok()?;
        let len = usize::from(be16!(head, 2)).checked_sub(4)?;
        // Chunks are padded to four bytes; the padding is not counted in the length.
        self.rest = body.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some(SctpChunk { kind: head[0], flags: head[1], value: read::clip(body, len) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_padded_to_four_bytes() {
        let mut bytes = vec![0x80, 0x44, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0];
        bytes.extend([0, 3, 0, 18, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 4, b'h', b'i', 0, 0]);
        bytes.extend([14, 0, 0, 4]);
        let sctp = Sctp::parse(&bytes).unwrap();
        let chunks: Vec<_> = sctp.chunks().collect();
        assert_eq!(chunks.len(), 2);
        assert_eq!(chunks[0].data(), Some((1, 2, 3, 4, &b"hi"[..])));
        assert_eq!(chunks[1].kind, SctpChunk::SHUTDOWN_COMPLETE);
    }
}
