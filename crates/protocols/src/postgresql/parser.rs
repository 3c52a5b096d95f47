//! Start-up, then messages of both sides.

use super::fields::*;
use super::queue::{Kind, Queue};
use crate::bytes::Bytes;
use crate::statements::{MAX_TEXT, Statements};
use crate::{Context, Dir, Parser, Step, text};

/// Longest start-up message; the server's own limit.
const MAX_START: usize = 10_000;
/// Longest message that can be true.
const MAX_MESSAGE: usize = 0x4000_0000;
/// Bytes of a message that are enough to read it: names and the start of a statement's text, the text of an error.
const ENOUGH: usize = MAX_TEXT * 2;

/// One connection.
#[derive(Default)]
pub struct Postgresql {
    phase: Phase,
    queue: Queue,
    statements: Statements<String>,
    portals: Statements<String>,
    /// Bytes of the present message that are not looked at, by side.
    skip: [usize; 2],
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before the start-up message.
    #[default]
    Start,
    /// The client wants encryption; the server answers with one byte.
    Asked,
    /// Log-in and commands.
    Messages,
}

impl Parser for Postgresql {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let skip = self.skip(dir);
        if *skip > 0 {
            let took = bytes.len().min(*skip);
            *skip -= took;
            self.touch(dir, context.time);
            return Step::Took(took);
        }
        match (self.phase, dir) {
            (Phase::Start, Dir::Src) => self.start(bytes, context),
            (Phase::Start, Dir::Dst) => Step::NotMine,
            (Phase::Asked, Dir::Dst) => match bytes.first() {
                Some(b'S' | b'G') => Step::Redetect(1),
                Some(b'N') => {
                    self.phase = Phase::Start;
                    Step::Took(1)
                }
                _ => Step::Done,
            },
            // the answer was not seen, or has yet to be: TLS speaks for itself
            (Phase::Asked, Dir::Src) if bytes.first() == Some(&0x16) => Step::Redetect(0),
            (Phase::Asked, Dir::Src) => self.start(bytes, context),
            (Phase::Messages, _) => self.message(dir, bytes, context),
        }
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        // lost bytes of a row or a long statement can be passed over; anything else leaves no way back
        match self.skip(dir) {
            skip if *skip > len => {
                *skip -= len;
                Step::Took(0)
            }
            _ => Step::Done,
        }
    }
}

impl Postgresql {
    fn skip(&mut self, dir: Dir) -> &mut usize {
        let [src, dst] = &mut self.skip;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    /// More of the client's newest request arrived.
    fn touch(&mut self, dir: Dir, time: i64) {
        if dir == Dir::Src
            && let Some(newest) = self.queue.newest()
        {
            newest.end = time;
        }
    }

    fn start(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut read = Bytes::new(bytes);
        let (Some(len), Some(code)) = (read.u32(), read.u32()) else { return Step::Need(8) };
        let len = len as usize;
        if !(8..=MAX_START).contains(&len) {
            return Step::NotMine;
        }
        if bytes.len() < len {
            return Step::Need(len);
        }
        match code {
            0x04d2_162f | 0x04d2_1630 => self.phase = Phase::Asked,
            0x04d2_162e => return Step::Done, // CancelRequest
            _ if code >> 16 == 3 => {
                self.phase = Phase::Messages;
                parameters(bytes.get(8..len).unwrap_or_default(), context);
            }
            _ => return Step::NotMine,
        }
        Step::Took(len)
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut read = Bytes::new(bytes);
        let (Some(kind), Some(len)) = (read.u8(), read.u32()) else { return Step::Need(5) };
        let len = len as usize;
        if !(4..=MAX_MESSAGE).contains(&len) || !kind.is_ascii_alphanumeric() {
            return Step::Done;
        }
        let payload = len - 4;
        let looked_at = match (dir, kind) {
            (Dir::Src, b'Q' | b'P' | b'B' | b'E' | b'C') | (Dir::Dst, b'C' | b'E') => payload.min(ENOUGH),
            _ => 0,
        };
        let Some(start) = bytes.get(5..5 + looked_at) else { return Step::Need(5 + looked_at) };
        *self.skip(dir) = payload - looked_at;
        let more = match dir {
            Dir::Src => self.request(kind, start, context),
            Dir::Dst => {
                self.answer(kind, start, len + 1, context);
                true
            }
        };
        if more { Step::Took(5 + looked_at) } else { Step::Done }
    }

    /// A message of the client; false when nothing more is to be read.
    fn request(&mut self, kind: u8, start: &[u8], context: &mut Context<'_>) -> bool {
        let mut fields = start.split(|b| *b == 0).map(|field| text::decode(field).into_owned());
        let mut field = || fields.next().unwrap_or_default();
        let time = context.time;
        match kind {
            b'Q' => {
                let statement = statement(&field());
                self.queue.push(Kind::Query, statement, time)
            }
            b'P' => {
                let (name, statement) = (field(), statement(&field()));
                self.statements.put(name, statement.clone());
                self.queue.push(Kind::Parse, statement, time)
            }
            b'B' => {
                let (portal, name) = (field(), field());
                let statement = self.statements.get(&name).unwrap_or_default().to_owned();
                self.portals.put(portal, statement);
                true
            }
            b'E' => {
                let statement = self.portals.get(&field()).unwrap_or_default().to_owned();
                self.queue.push(Kind::Execute, statement, time)
            }
            b'C' => {
                match start.split_first() {
                    Some((b'S', name)) => {
                        let name = name.split(|b| *b == 0).next().unwrap_or_default();
                        self.statements.forget(&text::decode(name).into_owned());
                    }
                    Some((b'P', name)) => {
                        let name = name.split(|b| *b == 0).next().unwrap_or_default();
                        self.portals.forget(&text::decode(name).into_owned());
                    }
                    _ => {}
                }
                true
            }
            b'S' => self.queue.push(Kind::Sync, String::new(), time),
            b'X' => false,
            _ => true,
        }
    }

    /// A message of the server, `bytes` long.
    fn answer(&mut self, kind: u8, start: &[u8], bytes: usize, context: &mut Context<'_>) {
        // notices and parameters come at any time
        if matches!(kind, b'N' | b'S' | b'A') {
            return;
        }
        if kind == b'1' {
            return self.queue.parsed();
        }
        self.queue.saw(context.first_time, bytes);
        match kind {
            b'C' => self.queue.completed(rows(start), context.time, context.doc),
            b'I' | b's' => self.queue.completed(0, context.time, context.doc),
            b'Z' => self.queue.ready(context.time, context.doc),
            b'E' => {
                let (code, message) = error(start);
                self.queue.failed(code, message, context.time, context.doc);
            }
            _ => {}
        }
    }
}

fn statement(text: &str) -> String {
    text::cut(text.trim(), MAX_TEXT).to_owned()
}

/// Name and value pairs of a start-up message. Without a database its name is the user's.
fn parameters(payload: &[u8], context: &mut Context<'_>) {
    let mut fields = payload.split(|b| *b == 0);
    let mut user = None;
    let mut named = false;
    while let (Some(name), Some(value)) = (fields.next().filter(|name| !name.is_empty()), fields.next()) {
        let value = text::decode(value);
        match name {
            b"user" => {
                context.doc.add(&USER, &value);
                user = Some(value);
            }
            b"database" => {
                named = true;
                context.doc.add(&DATABASE, &value);
            }
            b"application_name" if !value.is_empty() => {
                context.doc.add(&APPLICATION, &value);
            }
            _ => {}
        }
    }
    if let (Some(user), false) = (user, named) {
        context.doc.add(&DATABASE, &user);
    }
}

/// Rows of a command tag: `SELECT 5`, `INSERT 0 3`; 0 for commands without.
fn rows(tag: &[u8]) -> i64 {
    let tag = text::decode(tag.split(|b| *b == 0).next().unwrap_or_default());
    tag.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Code and message of an ErrorResponse: fields of one letter and text.
fn error(payload: &[u8]) -> (String, String) {
    let (mut code, mut message) = (String::new(), String::new());
    for field in payload.split(|b| *b == 0) {
        match field {
            [b'C', rest @ ..] => code = text::decode(rest).into_owned(),
            [b'M', rest @ ..] => message = text::decode(rest).into_owned(),
            _ => {}
        }
    }
    (code, message)
}
