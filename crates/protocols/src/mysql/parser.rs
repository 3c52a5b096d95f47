//! Greeting, log-in, then commands and their answers in order.

use super::command::{self, Command, capability};
use super::fields::*;
use super::packet;
use super::response::{ENOUGH, Response};
use crate::bytes::Bytes;
use crate::statements::{MAX_TEXT, Statements};
use crate::{Context, Dir, Parser, Step, text};
use session::{Transaction, TransactionKind};
use std::collections::VecDeque;

/// Commands without an answer that are remembered; MariaDB's connectors send several ahead.
const MAX_WAITING: usize = 256;
/// Longest greeting and log-in that are read.
const MAX_LOG_IN: usize = 16 * 1024;
/// Statement number that means the one prepared last (MariaDB).
const LAST_PREPARED: u32 = u32::MAX;

/// One connection.
#[derive(Default)]
pub struct Mysql {
    phase: Phase,
    flags: u32,
    extended: u32,
    waiting: VecDeque<Waiting>,
    answer: Option<Answer>,
    statements: Statements<u32>,
    last_prepared: Option<u32>,
    /// Bytes of the present packet that are not looked at, by side.
    skip: [usize; 2],
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before the server's greeting.
    #[default]
    Greeting,
    /// Before the client's log-in.
    LogIn,
    /// In the exchange of credentials.
    Credentials,
    /// Commands.
    Commands,
}

/// A command without its answer.
struct Waiting {
    command: Command,
    /// Arrival of its last byte.
    end: i64,
}

/// The answer that arrives.
struct Answer {
    response: Response,
    first: i64,
}

impl Parser for Mysql {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let skip = self.skip(dir);
        if *skip > 0 {
            let took = bytes.len().min(*skip);
            *skip -= took;
            if *skip == 0 {
                self.packet_end(dir, context);
            }
            return Step::Took(took);
        }
        let Some((len, sequence)) = packet::header(bytes) else { return Step::Need(packet::HEADER) };
        let enough = match (self.phase, dir) {
            (Phase::Commands, Dir::Src) => len.min(MAX_TEXT * 2),
            (Phase::Commands, Dir::Dst) => len.min(ENOUGH),
            _ if len > MAX_LOG_IN => return Step::NotMine,
            _ => len,
        };
        let Some(start) = bytes.get(packet::HEADER..packet::HEADER + enough) else {
            return Step::Need(packet::HEADER + enough);
        };
        // the rest of the packet is passed over, now or as it comes
        *self.skip(dir) = len - enough;
        let step = match (self.phase, dir) {
            (Phase::Greeting, Dir::Dst) => self.greeting(start, context),
            (Phase::Greeting, Dir::Src) => Step::NotMine,
            (Phase::LogIn, Dir::Src) => self.log_in(start, context),
            (Phase::LogIn, Dir::Dst) => Step::Done, // an error: too many connections, host not allowed
            (Phase::Credentials, Dir::Src) => Step::Took(0),
            (Phase::Credentials, Dir::Dst) => self.credentials(start),
            (Phase::Commands, Dir::Src) => self.command(start, sequence, context),
            (Phase::Commands, Dir::Dst) => self.answer(start, len, context),
        };
        match step {
            Step::Took(_) => {
                if len == enough && self.phase == Phase::Commands {
                    self.packet_end(dir, context);
                }
                Step::Took(packet::HEADER + enough)
            }
            Step::Redetect(_) => Step::Redetect(packet::HEADER + enough),
            other => other,
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

impl Mysql {
    fn skip(&mut self, dir: Dir) -> &mut usize {
        let [src, dst] = &mut self.skip;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn greeting(&mut self, payload: &[u8], context: &mut Context<'_>) -> Step {
        let mut read = Bytes::new(payload);
        if read.u8() != Some(10) {
            return Step::NotMine;
        }
        let version = text::decode(packet::until_nul(&mut read));
        // MariaDB puts a version before its own for old replicas
        let version = version.strip_prefix("5.5.5-").filter(|v| v.contains("MariaDB")).unwrap_or(&version);
        context.doc.add(&VERSION, version);
        self.phase = Phase::LogIn;
        Step::Took(1)
    }

    fn log_in(&mut self, payload: &[u8], context: &mut Context<'_>) -> Step {
        let Some(log_in) = command::log_in(payload) else { return Step::Done };
        self.flags = log_in.flags;
        self.extended = log_in.extended;
        match log_in.user {
            Some(user) => {
                if !user.is_empty() {
                    context.doc.add(&USER, &user);
                }
                self.phase = Phase::Credentials;
                Step::Took(1)
            }
            None if self.flags & capability::SSL != 0 => Step::Redetect(1),
            None => Step::Done,
        }
    }

    fn credentials(&mut self, payload: &[u8]) -> Step {
        match payload.first() {
            Some(0) => {
                if self.flags & (capability::COMPRESS | capability::ZSTD) != 0 {
                    return Step::Done;
                }
                self.phase = Phase::Commands;
                Step::Took(1)
            }
            Some(0xff) => Step::Done,
            _ => Step::Took(1),
        }
    }

    fn command(&mut self, start: &[u8], sequence: u8, context: &mut Context<'_>) -> Step {
        if sequence != 0 {
            // more of a command: a file, credentials
            return Step::Took(1);
        }
        match command::command(start, self.flags) {
            Command::End => return Step::Done,
            Command::Silent => {}
            Command::Close(number) => self.statements.forget(&number),
            command => {
                if self.waiting.len() >= MAX_WAITING {
                    return Step::Done;
                }
                self.waiting.push_back(Waiting { command, end: context.time });
            }
        }
        Step::Took(1)
    }

    fn answer(&mut self, start: &[u8], len: usize, context: &mut Context<'_>) -> Step {
        let Some(waiting) = self.waiting.front() else {
            // an answer to nothing: the command was lost, or the server says that it goes down
            return if start.first() == Some(&0xff) { Step::Done } else { Step::Took(1) };
        };
        let answer = self.answer.get_or_insert_with(|| Answer {
            response: Response::new(&waiting.command),
            first: context.first_time,
        });
        answer.response.bytes += (packet::HEADER + len) as i64;
        if answer.response.packet(start, len, &waiting.command, self.flags, self.extended) {
            self.over(context);
        }
        Step::Took(1)
    }

    /// The last byte of a packet arrived.
    fn packet_end(&mut self, dir: Dir, context: &mut Context<'_>) {
        if dir == Dir::Src
            && let Some(waiting) = self.waiting.back_mut()
        {
            waiting.end = context.time;
        }
    }

    /// The answer to the oldest command is whole.
    fn over(&mut self, context: &mut Context<'_>) {
        let (Some(waiting), Some(answer)) = (self.waiting.pop_front(), self.answer.take()) else { return };
        let Answer { response, first } = answer;
        let prepared;
        let request = match &waiting.command {
            Command::Statement(text) => text,
            Command::Execute(number) => {
                let number = match *number {
                    LAST_PREPARED => self.last_prepared.unwrap_or(LAST_PREPARED),
                    number => number,
                };
                prepared = match self.statements.get(&number) {
                    Some(text) => text.to_owned(),
                    None => format!("EXECUTE {number}"),
                };
                &prepared
            }
            Command::Prepare(text) => {
                if let Some(number) = response.prepared {
                    self.last_prepared = Some(number);
                    self.statements.put(number, text.clone());
                    return;
                }
                text
            }
            _ => return,
        };
        let status = response.error.as_ref().map_or_else(|| "ok".to_owned(), |(code, _)| code.to_string());
        context.doc.transaction(&Transaction {
            kind: TransactionKind::Sql,
            request_end: waiting.end,
            response_start: first,
            response_end: context.time,
            request,
            status: &status,
            failed: response.error.is_some(),
            error: response.error.as_ref().map(|(_, text)| text.as_str()),
            rows: response.error.is_none().then_some(response.rows),
            bytes: Some(response.bytes),
        });
    }
}
