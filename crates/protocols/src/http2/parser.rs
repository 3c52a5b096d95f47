//! Frames, the header blocks that one or several of them make up, and the bodies of streams.

use super::hpack::Table;
use crate::body::Body;
use crate::bytes::Bytes;
use crate::http::message::{add_host, add_path, request_header, response_header};
use crate::http::{BODY_MAGIC, MD5, METHOD, SHA256, STATUS};
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};
use session::{Transaction, TransactionKind};

/// Length, type, flags, stream.
const HEADER: usize = 9;
/// What a client sends first (section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Frames of header blocks together.
const MAX_BLOCK: usize = 64 * 1024;
/// Streams that are remembered; the oldest are forgotten.
const MAX_STREAMS: usize = 128;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// What one side sends.
#[derive(Default)]
struct Side {
    table: Table,
    /// A block that goes on in the next frame: its stream, whether it ends the stream, bytes so far.
    begun: Option<(u32, bool, Vec<u8>)>,
    /// Its table is of no use any more.
    lost: bool,
}

/// One request and its response.
#[derive(Default)]
struct Stream {
    number: u32,
    request: String,
    request_end: i64,
    status: Option<u16>,
    response_start: i64,
    /// What passes: `[src, dst]`.
    bodies: [Option<Body>; 2],
}

#[derive(Default)]
pub(super) struct Http2 {
    sides: [Side; 2],
    streams: Vec<Stream>,
}

impl Messages for Http2 {
    const LOOKED: usize = MAX_BLOCK + HEADER;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        // no frame is as long as this would say
        if bytes.first() == PREFACE.first() {
            return match bytes.get(..PREFACE.len()) {
                Some(start) if start == PREFACE => Length::Is(PREFACE.len()),
                None if PREFACE.starts_with(bytes) => Length::Need(PREFACE.len()),
                _ => Length::Bad,
            };
        }
        match Bytes::new(bytes).u24() {
            Some(length) => Length::Is(HEADER + length as usize),
            None => Length::Need(HEADER),
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        if bytes != PREFACE {
            self.frame(dir, bytes, context);
        }
        Then::Next
    }
}

impl Http2 {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [src, dst] = &mut self.sides;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn stream(&mut self, number: u32) -> Option<&mut Stream> {
        let at = match self.streams.iter().position(|stream| stream.number == number) {
            Some(at) => at,
            None => {
                if self.streams.len() >= MAX_STREAMS {
                    self.streams.remove(0);
                }
                self.streams.push(Stream { number, ..Stream::default() });
                self.streams.len() - 1
            }
        };
        self.streams.get_mut(at)
    }

    fn frame(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
        let mut cursor = Bytes::new(bytes);
        let (length, kind, flags) = (cursor.u24()? as usize, cursor.u8()?, cursor.u8()?);
        let number = cursor.u32()? & 0x7fff_ffff;
        // of a frame that is longer than any, only the start is here
        let whole = cursor.len() == length;
        let padding = match kind {
            DATA | HEADERS | PUSH_PROMISE if flags & PADDED != 0 => usize::from(cursor.u8()?),
            _ => 0,
        };
        let ends = flags & END_STREAM != 0;
        match kind {
            DATA => {
                let data = cursor.take(cursor.len().checked_sub(padding)?)?;
                self.data(dir, number, data, whole, context);
                if ends {
                    self.end(dir, number, context);
                }
                return Some(());
            }
            HEADERS if flags & PRIORITY != 0 => drop(cursor.take(5)?),
            HEADERS => {}
            // the stream that is promised
            PUSH_PROMISE => drop(cursor.u32()?),
            CONTINUATION => {
                let side = self.side(dir);
                let (begun, ends, mut block) = side.begun.take()?;
                if begun != number || block.len() + cursor.len() > MAX_BLOCK || !whole {
                    side.lost = true;
                    return None;
                }
                block.extend_from_slice(cursor.rest());
                if flags & END_HEADERS == 0 {
                    side.begun = Some((begun, ends, block));
                    return Some(());
                }
                self.block(dir, number, &block, context);
                if ends {
                    self.end(dir, number, context);
                }
                return Some(());
            }
            _ => return None,
        }
        let fragment = cursor.take(cursor.len().checked_sub(padding)?)?;
        let side = self.side(dir);
        if !whole {
            side.lost = true;
            return None;
        }
        if flags & END_HEADERS == 0 {
            side.begun = Some((number, ends && kind == HEADERS, fragment.to_vec()));
            return Some(());
        }
        self.block(dir, number, fragment, context);
        if ends && kind == HEADERS {
            self.end(dir, number, context);
        }
        Some(())
    }

    /// A whole header block.
    fn block(&mut self, dir: Dir, number: u32, block: &[u8], context: &mut Context<'_>) {
        let (first, now) = (context.first_time, context.time);
        let (doc, options) = (&mut *context.doc, context.options);
        let (mut method, mut authority, mut path, mut status) = (None, String::new(), String::new(), None);
        let side = self.side(dir);
        if side.lost {
            return;
        }
        let sound = side.table.block(block, &mut |name, value| {
            let (name, value) = (decode(name), decode(value));
            match name.as_ref() {
                ":method" => {
                    doc.add(&METHOD, &value);
                    method = Some(value.into_owned());
                }
                ":authority" => {
                    add_host(doc, &value);
                    authority = value.into_owned();
                }
                ":path" => {
                    add_path(doc, options, &value);
                    path = value.into_owned();
                }
                ":status" => {
                    status = value.parse::<u16>().ok();
                    if let Some(status) = status {
                        doc.add(&STATUS, i64::from(status));
                    }
                }
                name if name.starts_with(':') => {}
                name if dir == Dir::Src => request_header(doc, options, name, &value),
                name => response_header(doc, options, name, &value),
            }
        });
        side.lost = sound.is_none();
        // what is promised is no request of this stream
        if dir == Dir::Src || status.is_some() {
            let Some(stream) = self.stream(number) else { return };
            if let Some(method) = method {
                stream.request = format!("{method} {authority}{path}");
            }
            if dir == Dir::Src {
                stream.request_end = now;
            }
            // interim responses come before the one that counts
            if let Some(status) = status.filter(|status| *status >= 200) {
                stream.status = Some(status);
                stream.response_start = first;
            }
        }
    }

    fn data(&mut self, dir: Dir, number: u32, data: &[u8], whole: bool, context: &mut Context<'_>) {
        let sha256 = context.options.sha256;
        let now = context.time;
        let Some(stream) = self.stream(number) else { return };
        if dir == Dir::Src {
            stream.request_end = now;
        }
        let [src, dst] = &mut stream.bodies;
        let body = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        let body = body.get_or_insert_with(|| Body::new(sha256));
        body.add(data);
        if !whole {
            body.lose(1);
        }
        if let Some(kind) = body.kind(false) {
            context.doc.add(&BODY_MAGIC, kind);
        }
    }

    /// One side ended a stream.
    fn end(&mut self, dir: Dir, number: u32, context: &mut Context<'_>) {
        let Some(at) = self.streams.iter().position(|stream| stream.number == number) else { return };
        let Some(stream) = self.streams.get_mut(at) else { return };
        let [src, dst] = &mut stream.bodies;
        let body = match dir {
            Dir::Src => src.take(),
            Dir::Dst => dst.take(),
        };
        let mut length = 0;
        if let Some(mut body) = body {
            length = body.len();
            if let Some(kind) = body.kind(true) {
                context.doc.add(&BODY_MAGIC, kind);
            }
            if let Some(digests) = body.finish() {
                context.doc.add(&MD5, &digests.md5);
                if let Some(sha256) = &digests.sha256 {
                    context.doc.add(&SHA256, sha256);
                }
            }
        }
        if dir == Dir::Src {
            return;
        }
        let stream = self.streams.remove(at);
        if let (Some(status), false) = (stream.status, stream.request.is_empty()) {
            context.doc.transaction(&Transaction {
                kind: TransactionKind::Http,
                request_end: stream.request_end,
                response_start: stream.response_start,
                response_end: context.time,
                request: &stream.request,
                status: &status.to_string(),
                failed: status >= 400,
                error: None,
                rows: None,
                bytes: i64::try_from(length).ok(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    use super::PREFACE;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    #[test]
    fn a_request_and_its_response() {
        // RFC 7541 C.4.1, its block in two frames, with padding and priority
        let block = unhex("828684418cf1e3c2e5f23a6ba0ab90f4ff");
        let first = [&[2, 0, 0, 0, 0, 16][..], &block[..5], &[0, 0]].concat();
        let request =
            [PREFACE, &frame(4, 0, 0, &[]), &frame(1, 0x29, 1, &first), &frame(9, 4, 1, &block[5..])]
                .concat();
        let response = [
            frame(4, 0, 0, &[]),
            frame(1, 4, 1, &unhex("88 5c 01 35")),
            frame(0, 0, 1, b"hel"),
            frame(0, 1, 1, b"lo"),
        ]
        .concat();
        for n in [1, 30, 1_000] {
            let doc = Talk::tcp(80).src_in(n, &request).dst(&response).json();
            let http = &doc["http"];
            assert!(doc["protocol"].as_array().is_some_and(|names| names.contains(&json!("http2"))), "{n}");
            assert_eq!(http["host"], json!(["www.example.com"]));
            // which of the two parsers reads the preface first depends on how much of it is there
            let methods = http["method"].as_array().unwrap();
            assert!(methods.contains(&json!("GET")) && methods.len() == 2, "{methods:?}");
            assert_eq!((&http["path"], &http["statuscode"]), (&json!(["/"]), &json!([200])));
            assert_eq!(http["md5"], json!(["5d41402abc4b2a76b9719d911017c592"]));
            assert_eq!(doc["transaction"][0]["request"], "GET www.example.com/");
        }
    }

    #[test]
    fn a_server_may_speak_first() {
        let settings = frame(4, 0, 0, &[]);
        let doc = Talk::tcp(80).dst(&settings).src([PREFACE, &frame(1, 5, 1, &[0x82, 0x84])].concat()).json();
        assert_eq!(doc["http"]["path"], json!(["/"]));
    }

    #[test]
    fn a_block_that_is_none_spoils_only_its_side() {
        let request = [PREFACE, &frame(1, 5, 1, &[0x80]), &frame(1, 5, 3, &[0x82])].concat();
        let doc = Talk::tcp(80).src(&request).dst(frame(1, 5, 1, &[0x88])).json();
        assert_eq!(doc["http"]["method"], json!(["PRI"]));
        assert_eq!(doc["http"]["statuscode"], json!([200]));
    }
}
