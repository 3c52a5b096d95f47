//! Frames of both sides.

use super::fields::*;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step, text};

/// Bytes of a text frame that are kept.
const MAX_SAMPLE: usize = 256;
/// Text frames that are kept of one session.
const MAX_SAMPLES: usize = 4;

/// One connection.
#[derive(Default)]
pub struct WebSocket {
    samples: usize,
    /// Bytes of the present frame that are not looked at, by side.
    skip: [u64; 2],
}

/// The header of a frame.
struct Header {
    opcode: u8,
    /// RSV1: an extension changed the payload, usually by compressing it (RFC 7692).
    extended: bool,
    mask: Option<[u8; 4]>,
    payload: u64,
    /// Length of the header itself.
    len: usize,
}

fn header(bytes: &[u8]) -> Option<Header> {
    let mut read = Bytes::new(bytes);
    let (first, second) = (read.u8()?, read.u8()?);
    let payload = match second & 0x7f {
        126 => u64::from(read.u16()?),
        127 => u64::from(read.u32()?) << 32 | u64::from(read.u32()?),
        small => u64::from(small),
    };
    let mask = match second & 0x80 {
        0 => None,
        _ => Some(read.take(4)?.try_into().ok()?),
    };
    Some(Header {
        opcode: first & 0x0f,
        extended: first & 0x40 != 0,
        mask,
        payload,
        len: bytes.len() - read.len(),
    })
}

impl Parser for WebSocket {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let skip = self.skip(dir);
        if *skip > 0 {
            let took = bytes.len().min(usize::try_from(*skip).unwrap_or(usize::MAX));
            *skip -= took as u64;
            return Step::Took(took);
        }
        let Some(header) = header(bytes) else { return Step::Need(bytes.len() + 1) };
        let Some(kind) = name(header.opcode) else { return Step::Done };
        let kept = match header.opcode {
            1 | 8 => usize::try_from(header.payload).unwrap_or(usize::MAX).min(MAX_SAMPLE),
            _ => 0,
        };
        let Some(start) = bytes.get(header.len..header.len + kept) else {
            return Step::Need(header.len + kept);
        };
        *self.skip(dir) = header.payload - kept as u64;
        let doc = &mut *context.doc;
        let add = |total: Option<i64>, more: u64| {
            total.unwrap_or(0).saturating_add(i64::try_from(more).unwrap_or(i64::MAX))
        };
        doc.add(&OPCODE, kind);
        doc.add(&FRAMES, add(doc.int(&FRAMES), 1));
        doc.add(&PAYLOAD_BYTES, add(doc.int(&PAYLOAD_BYTES), header.payload));
        if header.mask.is_some() {
            doc.add(&MASKED, add(doc.int(&MASKED), 1));
        }
        let plain: Vec<u8> = match header.mask {
            Some(mask) => start.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
            None => start.to_vec(),
        };
        match header.opcode {
            1 if !header.extended && self.samples < MAX_SAMPLES && !plain.is_empty() => {
                self.samples += 1;
                let valid = plain.utf8_chunks().next().map_or("", |chunk| chunk.valid());
                doc.add(&TEXT_SAMPLE, valid);
            }
            8 => {
                let mut read = Bytes::new(&plain);
                if let Some(code) = read.u16() {
                    doc.add(&CLOSE_CODE, i64::from(code));
                }
                if !read.is_empty() {
                    doc.add(&CLOSE_REASON, &text::decode(read.rest()));
                }
            }
            _ => {}
        }
        Step::Took(header.len + kept)
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        match self.skip(dir) {
            skip if *skip >= len as u64 => {
                *skip -= len as u64;
                Step::Took(0)
            }
            _ => Step::Done,
        }
    }
}

impl WebSocket {
    fn skip(&mut self, dir: Dir) -> &mut u64 {
        let [src, dst] = &mut self.skip;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }
}

/// Opcodes of RFC 6455 section 5.2; the others are reserved.
fn name(opcode: u8) -> Option<&'static str> {
    Some(match opcode {
        0 => "Continuation",
        1 => "Text",
        2 => "Binary",
        8 => "Close",
        9 => "Ping",
        10 => "Pong",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn frames_after_an_upgrade() {
        let mut masked = vec![0x81, 0x85, 1, 2, 3, 4];
        masked.extend(b"hello".iter().zip([1, 2, 3, 4, 1]).map(|(b, k)| b ^ k));
        let doc = Talk::tcp(80)
            .src("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            .dst(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x02hi")
            .src(masked)
            .dst([&b"\x82\x7e\x03\xe8"[..], &[0; 1_000], b"\x88\x05\x03\xe8bye"].concat())
            .json();
        assert_eq!(
            doc["websocket"],
            json!({
                "closeCode": [1000], "closeCodeCnt": 1, "closeReason": ["bye"], "closeReasonCnt": 1, "frameCnt": 4,
                "maskedFromClient": 1, "opcode": ["Text", "Binary", "Close"], "opcodeCnt": 3, "payloadBytes": 1012,
                "textSample": ["hi", "hello"], "textSampleCnt": 2,
            })
        );
    }
}
