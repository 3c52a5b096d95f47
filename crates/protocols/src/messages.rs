//! Two shapes that most protocols have: datagrams that are each read alone, and streams of messages that say their
//! length first.

use crate::{Context, Dir, Parser, Step};

/// Reads datagrams one by one with a function that keeps nothing. What it returns is for its own use of `?` only.
pub(crate) struct Datagrams(pub(crate) fn(&[u8], Dir, &mut Context<'_>) -> Option<()>);

impl Parser for Datagrams {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        (self.0)(bytes, dir, context);
        Step::Took(bytes.len())
    }
}

/// What the first bytes of a message say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// This many bytes are needed to know more.
    Need(usize),
    /// The message has this many bytes, its header included; at least one.
    Is(usize),
    /// No such message: the parser is at its end.
    Bad,
    /// No message from here on, on either side: to be classified afresh.
    Other,
}

/// What follows a message that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next one.
    Next,
    /// Nothing more is to be learned.
    Done,
    /// What follows on both sides is to be classified afresh.
    Redetect,
}

/// A protocol of messages that say their length first.
pub(crate) trait Messages: Send {
    /// Bytes of a message that are looked at: of a longer one these first, the rest is skipped.
    const LOOKED: usize;
    /// The length of the message that starts here.
    fn length(&self, dir: Dir, bytes: &[u8], context: &Context<'_>) -> Length;
    /// One message, whole or its first [`Messages::LOOKED`] bytes.
    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then;
}

/// Cuts both sides into messages: of a stream, or of datagrams that hold several.
pub(crate) struct Framed<T> {
    messages: T,
    /// Bytes of a message to skip: `[src, dst]`.
    skip: [usize; 2],
}

impl<T: Messages> Framed<T> {
    /// Nothing seen yet.
    pub(crate) const fn new(messages: T) -> Self {
        Self { messages, skip: [0; 2] }
    }

    fn skip(&mut self, dir: Dir) -> &mut usize {
        let [src, dst] = &mut self.skip;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn datagram(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Length::Is(length) = self.messages.length(dir, rest, context) else { break };
            let Some((message, next)) = rest.split_at_checked(length.max(1)) else { break };
            match self.messages.message(dir, message, context) {
                Then::Next => rest = next,
                Then::Done => return Step::Done,
                Then::Redetect => return Step::Redetect(bytes.len() - next.len()),
            }
        }
        Step::Took(bytes.len())
    }
}

impl<T: Messages> Parser for Framed<T> {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if !context.is_stream() {
            return self.datagram(dir, bytes, context);
        }
        let skip = self.skip(dir);
        if *skip > 0 {
            let taken = bytes.len().min(*skip);
            *skip -= taken;
            return Step::Took(taken);
        }
        let length = match self.messages.length(dir, bytes, context) {
            Length::Need(n) => return Step::Need(n.max(bytes.len() + 1)),
            Length::Is(length) => length.max(1),
            Length::Bad => return Step::Done,
            Length::Other => return Step::Redetect(0),
        };
        let Some(looked) = bytes.get(..length.min(T::LOOKED)) else {
            return Step::Need(length.min(T::LOOKED));
        };
        let then = self.messages.message(dir, looked, context);
        let taken = length.min(bytes.len());
        match then {
            Then::Done => Step::Done,
            Then::Redetect => Step::Redetect(taken),
            Then::Next => {
                *self.skip(dir) = length - taken;
                Step::Took(taken)
            }
        }
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        // a hole within what is skipped anyway changes nothing
        let skip = self.skip(dir);
        match skip.checked_sub(len) {
            Some(left) => {
                *skip = left;
                Step::Took(0)
            }
            None => Step::Done,
        }
    }
}
