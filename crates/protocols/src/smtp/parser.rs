//! Commands and replies, and where messages start and end between them.

use super::auth::{self, Expects};
use super::fields::*;
use super::mail::Mail;
use crate::{Context, Dir, Parser, Step, text};
use std::collections::VecDeque;

/// Longest line of a command or reply.
const MAX_LINE: usize = 8 * 1024;
/// Longest line of a message that is read as one; of longer ones pieces are.
const MAX_MAIL_LINE: usize = 64 * 1024;
/// Commands without a reply that are remembered.
const MAX_WAITING: usize = 256;

/// One connection.
#[derive(Default)]
pub struct Smtp {
    state: State,
    mail: Mail,
    /// Start of a line that continues in the next BDAT chunk.
    partial: Vec<u8>,
    /// Commands without a reply.
    waiting: VecDeque<Command>,
    /// The rest of a cut line is skipped, by side.
    skip: [bool; 2],
}

/// Where the client is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Command,
    /// In a message that ends with a line of one dot.
    Data,
    /// In a chunk: bytes left, and whether it is the message's last.
    Chunk(u64, bool),
    /// In an authentication exchange.
    Auth(Expects),
}

/// What a reply will answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Data,
    /// The end of a message.
    DataEnd,
    Auth,
    Other,
}

impl Parser for Smtp {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        match (dir, self.state) {
            (Dir::Src, State::Data) => self.data(bytes, context),
            (Dir::Src, State::Chunk(left, last)) => self.chunk(bytes, left, last, context),
            _ => {
                // after STARTTLS; seen also where the command itself was lost
                if bytes.starts_with(&[0x16]) {
                    return Step::Redetect(0);
                }
                let Some((line, rest)) = text::line(bytes) else {
                    if bytes.len() < MAX_LINE {
                        return Step::Need(bytes.len() + 1);
                    }
                    *self.skip(dir) = true;
                    return Step::Took(bytes.len());
                };
                let took = bytes.len() - rest.len();
                if !std::mem::take(self.skip(dir)) {
                    match dir {
                        Dir::Src => self.command(line, context),
                        Dir::Dst => self.reply(line, context),
                    }
                }
                Step::Took(took)
            }
        }
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        *self.skip(dir) = true;
        if dir == Dir::Src {
            self.mail.lose(len);
            self.partial.clear();
            match self.state {
                State::Chunk(left, last) => match left.checked_sub(len as u64) {
                    Some(left) => self.state = State::Chunk(left, last),
                    None => self.state = State::Command,
                },
                State::Auth(_) => self.state = State::Command,
                State::Command | State::Data => {}
            }
        }
        Step::Took(0)
    }

    fn save(&mut self, context: &mut Context<'_>) {
        // what of a header is whole is worth having, also when the message never ended
        if self.state != State::Data && !matches!(self.state, State::Chunk(..)) {
            self.mail.end(context);
        }
    }
}

impl Smtp {
    fn skip(&mut self, dir: Dir) -> &mut bool {
        let [src, dst] = &mut self.skip;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn wait(&mut self, command: Command) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(command);
    }

    fn command(&mut self, line: &[u8], context: &mut Context<'_>) {
        if let State::Auth(expects) = self.state {
            self.wait(Command::Auth);
            // RFC 4954 section 4: a lone asterisk cancels
            let next = if line == b"*" { None } else { auth::answer(expects, line, context) };
            self.state = next.map_or(State::Command, State::Auth);
            return;
        }
        let line = text::decode(line.trim_ascii());
        let (verb, argument) = line.split_once([' ', ':']).unwrap_or((&line, ""));
        let argument = argument.trim();
        let doc = &mut *context.doc;
        let command = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "LHLO" => {
                if !argument.is_empty() {
                    doc.add(&SMTP_HELLO, argument);
                }
                Command::Other
            }
            "MAIL" => {
                if let Some(sender) = path(argument, "FROM") {
                    doc.add(&SRC, sender);
                }
                Command::Other
            }
            "RCPT" => {
                if let Some(receiver) = path(argument, "TO") {
                    doc.add(&DST, receiver);
                }
                Command::Other
            }
            "DATA" => {
                self.mail.end(context);
                self.state = State::Data;
                Command::Data
            }
            "BDAT" => {
                let mut words = argument.split_ascii_whitespace();
                let len = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
                let last = words.next().is_some_and(|word| word.eq_ignore_ascii_case("LAST"));
                self.state = State::Chunk(len, last);
                if len == 0 {
                    self.end_chunk(last, context);
                }
                Command::Other
            }
            "AUTH" => {
                self.state = auth::command(argument, context).map_or(State::Command, State::Auth);
                Command::Auth
            }
            "STARTTLS" => {
                doc.tag("smtp:starttls");
                Command::Other
            }
            "RSET" => {
                self.mail.end(context);
                self.partial.clear();
                Command::Other
            }
            _ => Command::Other,
        };
        self.wait(command);
    }

    fn reply(&mut self, line: &[u8], context: &mut Context<'_>) {
        let code =
            line.get(..3).and_then(|c| std::str::from_utf8(c).ok()).and_then(|c| c.parse::<u16>().ok());
        // of a reply of several lines the last counts, which has no hyphen
        let (Some(code @ 200..=599), None | Some(b' ')) = (code, line.get(3)) else { return };
        if code == 220 && self.waiting.is_empty() {
            return; // the greeting
        }
        let answered = match code {
            354 => {
                // whatever was missed before, this answers the DATA
                while self.waiting.pop_front().is_some_and(|command| command != Command::Data) {}
                return;
            }
            _ => self.waiting.pop_front(),
        };
        match answered {
            Some(Command::DataEnd) => context.doc.tag(&format!("smtp:statuscode:{code}")),
            // refused: what follows are commands again
            Some(Command::Data) if self.state == State::Data && !self.mail.started => {
                self.state = State::Command
            }
            Some(Command::Auth) if code != 334 => {
                if matches!(self.state, State::Auth(_)) {
                    self.state = State::Command;
                }
            }
            _ => {}
        }
    }

    fn data(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let (line, took) = match text::line(bytes) {
            Some((line, rest)) => (line, bytes.len() - rest.len()),
            None if bytes.len() < MAX_MAIL_LINE => return Step::Need(bytes.len() + 1),
            None => (bytes, bytes.len()),
        };
        if std::mem::take(self.skip(Dir::Src)) {
            return Step::Took(took);
        }
        match line {
            b"." => {
                self.mail.end(context);
                self.state = State::Command;
                self.wait(Command::DataEnd);
            }
            // RFC 5321 section 4.5.2: a dot at the start of a line was added
            [b'.', stuffed @ ..] => self.mail.line(stuffed, context),
            _ => self.mail.line(line, context),
        }
        Step::Took(took)
    }

    fn chunk(&mut self, bytes: &[u8], left: u64, last: bool, context: &mut Context<'_>) -> Step {
        let here = bytes.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(bytes);
        let took = match text::line(here) {
            Some((line, rest)) => {
                if std::mem::take(self.skip(Dir::Src)) {
                } else if self.partial.is_empty() {
                    self.mail.line(line, context);
                } else {
                    let mut whole = std::mem::take(&mut self.partial);
                    whole.extend_from_slice(line);
                    self.mail.line(whole.strip_suffix(b"\r").unwrap_or(&whole), context);
                }
                here.len() - rest.len()
            }
            // the line goes on in the next chunk, or is longer than any
            None if here.len() as u64 == left || here.len() >= MAX_MAIL_LINE => {
                if self.partial.len() < MAX_MAIL_LINE {
                    self.partial.extend_from_slice(here);
                }
                here.len()
            }
            None => return Step::Need(here.len() + 1),
        };
        let left = left - took as u64;
        self.state = State::Chunk(left, last);
        if left == 0 {
            self.end_chunk(last, context);
        }
        Step::Took(took)
    }

    fn end_chunk(&mut self, last: bool, context: &mut Context<'_>) {
        self.state = State::Command;
        if last {
            let partial = std::mem::take(&mut self.partial);
            if !partial.is_empty() {
                self.mail.line(&partial, context);
            }
            self.mail.end(context);
        }
    }
}

/// The mailbox of `FROM:<a@b> SIZE=1`, brackets and parameters taken off; some clients leave the brackets out.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let head = argument.get(..keyword.len()).filter(|head| head.eq_ignore_ascii_case(keyword))?;
    let rest = argument.get(head.len()..)?.trim_start().strip_prefix(':')?.trim_start();
    match rest.strip_prefix('<') {
        Some(rest) => rest.split('>').next(),
        None => rest.split_ascii_whitespace().next(),
    }
}
