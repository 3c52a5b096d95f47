//! The conversation: which message comes next on each side, where its body ends, which response answers which
//! request.

use super::head::{self, Start};
use super::message::{self, Framing};
use super::{BODY_MAGIC, MD5, REQUEST_BODY, SHA256};
use crate::body::Body;
use crate::{Context, Dir, Parser, Step, text};
use session::{Transaction, TransactionKind};
use std::collections::VecDeque;

/// Requests that wait for their response; of more pipelined ones the oldest are forgotten.
const MAX_WAITING: usize = 128;
/// Bytes that a client may send after a CONNECT before the proxy's answer is waited for no longer.
const MAX_EARLY: usize = 16 * 1024;

/// Reads both sides of one connection.
#[derive(Default)]
pub struct Http {
    sides: [Side; 2],
    waiting: VecDeque<Waiting>,
    /// Number of requests seen, to find the one in flight again in `waiting`.
    requests: u64,
    /// A whole head was read, on either side: it is HTTP for sure.
    sure: bool,
}

/// A request without its response.
struct Waiting {
    number: u64,
    text: String,
    head: bool,
    connect: bool,
    /// Arrival of its last byte so far.
    end: i64,
}

#[derive(Default)]
struct Side {
    state: State,
    message: Option<Message>,
    /// Bytes of an incomplete head that were looked at.
    seen: usize,
}

/// Where one side is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a message.
    #[default]
    Head,
    /// In a body of known length: bytes left.
    Length(u64),
    /// In a body that ends with the connection.
    UntilClose,
    /// At a chunk's size.
    ChunkSize,
    /// In a chunk: bytes left.
    Chunk(u64),
    /// At the line end after a chunk.
    ChunkEnd,
    /// In the trailer after the last chunk.
    Trailer,
    /// After a CONNECT: what follows is the tunnel's, if the proxy agrees.
    Blocked,
    /// Lost: skipping packets until one starts with a message.
    Lost,
}

/// The message whose body passes.
struct Message {
    body: Body,
    /// Start of a request's body.
    text: Option<Vec<u8>>,
    role: Role,
}

enum Role {
    Request(u64),
    Response { status: u16, reason: String, asked: Option<Waiting>, first: i64 },
}

impl Parser for Http {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        match self.side(dir).state {
            State::Head => self.head(dir, bytes, context),
            State::Length(left) => {
                let take = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.body(dir, bytes.get(..take).unwrap_or(bytes), context);
                self.side(dir).state = State::Length(left - take as u64);
                if left == take as u64 {
                    self.finish(dir, context);
                }
                Step::Took(take)
            }
            State::Chunk(left) => {
                let take = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                self.body(dir, bytes.get(..take).unwrap_or(bytes), context);
                let left = left - take as u64;
                self.side(dir).state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                Step::Took(take)
            }
            State::UntilClose => {
                self.body(dir, bytes, context);
                Step::Took(bytes.len())
            }
            State::ChunkSize => self.chunk_size(dir, bytes),
            State::ChunkEnd => match text::line(bytes) {
                Some((b"", rest)) => {
                    self.side(dir).state = State::ChunkSize;
                    Step::Took(bytes.len() - rest.len())
                }
                None if bytes == b"\r" => Step::Need(2),
                _ => self.lose(dir, bytes),
            },
            State::Trailer => match text::line(bytes) {
                Some((line, rest)) => {
                    if line.is_empty() {
                        self.touch(dir, context.time);
                        self.finish(dir, context);
                    }
                    Step::Took(bytes.len() - rest.len())
                }
                None if bytes.len() < head::MAX_HEAD => Step::Need(bytes.len() + 1),
                None => self.lose(dir, bytes),
            },
            State::Blocked if bytes.len() > MAX_EARLY => Step::Redetect(0),
            State::Blocked => Step::Need(bytes.len() + 1),
            State::Lost if head::may_start_message(bytes, true) => {
                self.side(dir).state = State::Head;
                self.head(dir, bytes, context)
            }
            State::Lost => Step::Took(bytes.len()),
        }
    }

    fn gap(&mut self, dir: Dir, len: usize, context: &mut Context<'_>) -> Step {
        let lost = len as u64;
        let side = self.side(dir);
        side.seen = 0;
        match side.state {
            State::Length(left) if lost <= left => {
                side.state = State::Length(left - lost);
                if let Some(message) = &mut side.message {
                    message.lose(lost);
                }
                if lost == left {
                    self.finish(dir, context);
                }
            }
            State::Chunk(left) if lost < left => {
                side.state = State::Chunk(left - lost);
                if let Some(message) = &mut side.message {
                    message.lose(lost);
                }
            }
            State::UntilClose => {
                if let Some(message) = &mut side.message {
                    message.lose(lost);
                }
            }
            State::Blocked => return Step::Done,
            _ => {
                self.lose(dir, &[]);
            }
        }
        Step::Took(0)
    }

    fn end(&mut self, dir: Dir, context: &mut Context<'_>) {
        if self.side(dir).state == State::UntilClose {
            self.finish(dir, context);
        }
    }

    fn save(&mut self, context: &mut Context<'_>) {
        for side in &mut self.sides {
            if let Some(kind) = side.message.as_mut().and_then(|m| m.body.kind(true)) {
                context.doc.add(&BODY_MAGIC, kind);
            }
        }
    }
}

impl Message {
    fn lose(&mut self, len: u64) {
        self.body.lose(len);
        self.text = None;
    }
}

impl Http {
    fn side(&mut self, dir: Dir) -> &mut Side {
        let [src, dst] = &mut self.sides;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn head(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        // RFC 9112 section 2.2: empty lines before a message are passed over
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            return Step::Took(blank);
        }
        if !head::may_start_message(bytes, false) {
            return self.not_a_message(dir, bytes);
        }
        let seen = std::mem::take(&mut self.side(dir).seen);
        let Some(len) = head::length(bytes, seen) else {
            if bytes.len() >= head::MAX_HEAD {
                return self.not_a_message(dir, bytes);
            }
            self.side(dir).seen = bytes.len();
            return Step::Need(bytes.len() + 1);
        };
        let all = bytes.get(..len).unwrap_or(bytes);
        let Some((first, fields)) = text::line(all) else { return self.not_a_message(dir, bytes) };
        match head::start(first) {
            Some(Start::Request { method, target, version }) => {
                self.sure = true;
                let request = message::request(method, target, version, fields, context);
                if method == "PRI" {
                    // the preface of HTTP/2, whose own parser was found by it too
                    return Step::Done;
                }
                self.requests += 1;
                if self.waiting.len() >= MAX_WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back(Waiting {
                    number: self.requests,
                    text: request.text,
                    head: method == "HEAD",
                    connect: method == "CONNECT",
                    end: context.time,
                });
                let keep_text = context.options.request_body > 0;
                let number = self.requests;
                let role = Role::Request(number);
                self.begin(dir, role, request.framing, keep_text.then(Vec::new), context);
                if method == "CONNECT" {
                    self.side(dir).state = State::Blocked;
                }
                Step::Took(len)
            }
            Some(Start::Response { version, status, reason }) => {
                self.sure = true;
                let response = message::response(version, status, fields, context);
                self.response(dir, len, status, reason, response, context)
            }
            None => self.not_a_message(dir, bytes),
        }
    }

    fn response(
        &mut self,
        dir: Dir,
        len: usize,
        status: u16,
        reason: &[u8],
        response: message::Response,
        context: &mut Context<'_>,
    ) -> Step {
        if (100..200).contains(&status) && status != 101 {
            return Step::Took(len);
        }
        let asked = self.waiting.pop_front();
        let connect = asked.as_ref().is_some_and(|a| a.connect);
        let bodiless = asked.as_ref().is_some_and(|a| a.head)
            || matches!(status, 101 | 204 | 304)
            || (connect && (200..300).contains(&status));
        let framing = if bodiless { Framing::None } else { response.framing };
        let reason = text::decode(reason).into_owned();
        let role = Role::Response { status, reason, asked, first: context.first_time };
        self.begin(dir, role, framing, None, context);
        if status == 101 && response.websocket {
            return Step::Become(len, &crate::websocket::PROTOCOL);
        }
        if status == 101 || (connect && (200..300).contains(&status)) {
            return Step::Redetect(len);
        }
        if connect && self.side(dir.other()).state == State::Blocked {
            self.side(dir.other()).state = State::Head;
        }
        Step::Took(len)
    }

    /// A head was read: on to the body, or to the next message when there is none.
    fn begin(
        &mut self,
        dir: Dir,
        role: Role,
        framing: Framing,
        text: Option<Vec<u8>>,
        context: &mut Context<'_>,
    ) {
        let message = Message { body: Body::new(context.options.sha256), text, role };
        let side = self.side(dir);
        side.message = Some(message);
        side.state = match framing {
            Framing::None | Framing::Length(0) => State::Head,
            Framing::Length(len) => State::Length(len),
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        if side.state == State::Head {
            self.finish(dir, context);
        }
    }

    fn chunk_size(&mut self, dir: Dir, bytes: &[u8]) -> Step {
        let Some((line, rest)) = text::line(bytes) else {
            return if bytes.len() < 1_024 { Step::Need(bytes.len() + 1) } else { self.lose(dir, bytes) };
        };
        let digits = line.split(|b| *b == b';').next().unwrap_or(line).trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match size {
            Some(0) => self.side(dir).state = State::Trailer,
            Some(size) => self.side(dir).state = State::Chunk(size),
            None => return self.lose(dir, bytes),
        }
        Step::Took(bytes.len() - rest.len())
    }

    fn body(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) {
        let Some(message) = &mut self.side(dir).message else { return };
        message.body.add(bytes);
        if let Some(kind) = message.body.kind(false) {
            context.doc.add(&BODY_MAGIC, kind);
        }
        if let Some(text) = &mut message.text {
            let room = context.options.request_body.saturating_sub(text.len());
            text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
        self.touch(dir, context.time);
    }

    /// A byte of the message in flight arrived.
    fn touch(&mut self, dir: Dir, time: i64) {
        let number = match &self.side(dir).message {
            Some(Message { role: Role::Request(number), .. }) => *number,
            _ => return,
        };
        if let Some(waiting) = self.waiting.iter_mut().rev().find(|w| w.number == number) {
            waiting.end = time;
        }
    }

    /// The message in flight is whole.
    fn finish(&mut self, dir: Dir, context: &mut Context<'_>) {
        let side = self.side(dir);
        side.state = State::Head;
        let Some(mut message) = side.message.take() else { return };
        if let Some(kind) = message.body.kind(true) {
            context.doc.add(&BODY_MAGIC, kind);
        }
        let bytes = message.body.len();
        if let Some(digests) = message.body.finish() {
            context.doc.add(&MD5, &digests.md5);
            if let Some(sha256) = &digests.sha256 {
                context.doc.add(&SHA256, sha256);
            }
        }
        if let Some(body) = message.text.as_deref().filter(|b| !b.is_empty()).and_then(whole_text) {
            context.doc.add(&REQUEST_BODY, body);
        }
        if let Role::Response { status, reason, asked: Some(asked), first } = message.role {
            let failed = status >= 400;
            context.doc.transaction(&Transaction {
                kind: TransactionKind::Http,
                request_end: asked.end,
                response_start: first,
                response_end: context.time,
                request: &asked.text,
                status: &status.to_string(),
                failed,
                error: (failed && !reason.is_empty()).then_some(reason.as_str()),
                rows: None,
                bytes: i64::try_from(bytes).ok(),
            });
        }
    }

    /// What comes next is unknown: skip to a packet that starts with a message. Which request a later response
    /// answers is unknown too.
    fn lose(&mut self, dir: Dir, bytes: &[u8]) -> Step {
        let side = self.side(dir);
        side.state = State::Lost;
        side.message = None;
        self.waiting.clear();
        Step::Took(bytes.len())
    }

    fn not_a_message(&mut self, dir: Dir, bytes: &[u8]) -> Step {
        if self.sure { self.lose(dir, bytes) } else { Step::NotMine }
    }
}

/// The longest start of bytes that is UTF-8, when nothing but a character cut at the end is missing.
fn whole_text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())
        }
        Err(_) => None,
    }
}
