//! What a protocol is to the rest of the system.

use crate::{Detect, Options, Transport};
use fields::Def;
use session::SessionDoc;
use std::net::IpAddr;

/// Which side of a session sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dir {
    /// The side that opened the session.
    Src,
    /// The other side.
    Dst,
}

impl Dir {
    /// 0 or 1: for arrays of two.
    pub const fn index(self) -> usize {
        match self {
            Dir::Src => 0,
            Dir::Dst => 1,
        }
    }
    /// The other side.
    pub const fn other(self) -> Self {
        match self {
            Dir::Src => Dir::Dst,
            Dir::Dst => Dir::Src,
        }
    }
}

/// One side of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Address; unspecified for sessions below IP.
    pub ip: IpAddr,
    /// Port; 0 where the transport has none.
    pub port: u16,
}

/// What a parser sees beside the bytes.
pub struct Context<'a> {
    /// The document under construction.
    pub doc: &'a mut SessionDoc,
    /// Arrival time, nanoseconds since 1970: of the packet that carried the first byte handed to this step.
    pub first_time: i64,
    /// Arrival time of the packet that completed the bytes handed to this step.
    pub time: i64,
    /// What to write.
    pub options: &'a Options,
    /// What carries the bytes.
    pub transport: Transport,
    /// Both sides: `[src, dst]`.
    pub ends: [Endpoint; 2],
}

impl Context<'_> {
    /// Whether bytes are a stream in order, not datagrams.
    pub const fn is_stream(&self) -> bool {
        matches!(self.transport, Transport::Tcp)
    }
}

/// What a parser made of the bytes.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// This many bytes are done with (at least 1, at most what was offered); call again with the rest.
    Took(usize),
    /// At least this many bytes are needed in all; call again when they are there. More than
    /// [`crate::conversation::MAX_PENDING`] ends the parser.
    Need(usize),
    /// Nothing more is to be learned from this side or the other.
    Done,
    /// It is another protocol after all.
    NotMine,
    /// This many bytes are done with, and from there on both sides speak another protocol (STARTTLS, WebSocket).
    Become(usize, &'static Protocol),
    /// This many bytes are done with, and what follows, on both sides, is to be classified afresh (CONNECT, SOCKS).
    Redetect(usize),
}

/// The state of one protocol in one session.
///
/// For streams `step` is called with all bytes of one direction that are not done with; for datagrams with one whole
/// datagram at a time (whatever it returns but `Done`, `NotMine`, `Become`, `Redetect` keeps the parser for the next
/// one).
pub trait Parser: Send {
    /// Looks at the bytes that one side sent.
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step;
    /// `len` bytes of one side were lost. Giving up is the honest default; a parser that can skip (within a body of
    /// known length) returns `Took(_)` to go on with what follows.
    fn gap(&mut self, dir: Dir, len: usize, context: &mut Context<'_>) -> Step {
        let _ = (dir, len, context);
        Step::Done
    }
    /// One side finished sending (FIN), for protocols whose messages end with the connection.
    fn end(&mut self, dir: Dir, context: &mut Context<'_>) {
        let _ = (dir, context);
    }
    /// The document is about to be saved (a segment of a long session, or the end): write what is pending.
    fn save(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }
}

/// A protocol: what it is called, what it fills, how it is recognised, how it is read.
pub struct Protocol {
    /// Name in `protocols`, added to the document when the parser starts unless `quiet`.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [&'static Def],
    /// How it is recognised: any of these.
    pub detect: &'static [Detect],
    /// Whether the parser itself names the protocol once it is sure, instead of at detection.
    pub quiet: bool,
    /// A parser for one session.
    pub start: fn() -> Box<dyn Parser>,
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
