//! The parsers of one session: classification, buffering, gaps, caps, hand-over.

use crate::{Context, Detect, Detector, Dir, Endpoint, Options, Parser, Protocol, Step, Transport};
use session::SessionDoc;
use std::borrow::Cow;

/// Bytes of one side that a parser may leave pending; one that wants more is ended.
pub const MAX_PENDING: usize = 256 * 1024;
/// Parsers that look at one session at the same time.
const MAX_PARSERS: usize = 8;
/// Bytes of a side of a stream that classification looks at: until so many are there it is tried again with every
/// packet, because a first segment may be tiny.
const ENOUGH: usize = 128;
/// Capacity that an empty buffer may keep for the next partial message.
const MAX_IDLE: usize = 4 * 1024;
/// Hand-overs within one packet.
const MAX_DEPTH: u8 = 4;

/// What the parsers of one session share.
pub struct Surroundings<'a> {
    /// Recognises protocols.
    pub detector: &'a Detector,
    /// What to write.
    pub options: &'a Options,
    /// What carries the bytes.
    pub transport: Transport,
    /// Both sides: `[src, dst]`.
    pub ends: [Endpoint; 2],
}

/// The parsers of one session and what they have not consumed yet.
#[derive(Default)]
pub struct Conversation {
    active: Vec<Active>,
    /// Protocols whose parsers ended: they are not started again by later bytes of the same conversation.
    ended: Vec<&'static Protocol>,
    early: [Early; 2],
}

/// The first bytes of one side.
#[derive(Default)]
struct Early {
    /// Bytes seen so far, while they are few.
    bytes: Vec<u8>,
    first_time: i64,
    /// Enough was seen.
    classified: bool,
}

struct Active {
    protocol: &'static Protocol,
    parser: Box<dyn Parser>,
    pending: [Pending; 2],
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Bytes that are needed before the next call.
    need: usize,
    /// Arrival of the packet with the first pending byte.
    first_time: i64,
}

/// What becomes of a parser after it was fed.
enum After {
    Stays,
    Ends,
    Becomes(&'static Protocol, Vec<u8>),
    Redetects(Vec<u8>),
}

/// What a parser that handed over left: the protocol that follows, if known, and the bytes of both sides.
struct Handed {
    protocol: Option<&'static Protocol>,
    rest: Vec<u8>,
    other: Vec<u8>,
}

fn of<T>(pair: &mut [T; 2], dir: Dir) -> &mut T {
    let [src, dst] = pair;
    match dir {
        Dir::Src => src,
        Dir::Dst => dst,
    }
}

/// Whether a protocol reads a stream. Over SCTP that depends on the protocol: those that also run over TCP have
/// their own framing, the others take one message at a time.
fn is_stream(transport: Transport, protocol: &Protocol) -> bool {
    match transport {
        Transport::Tcp => true,
        Transport::Sctp => protocol.detect.iter().any(|d| {
            matches!(d, Detect::Tcp(..) | Detect::TcpLook(_) | Detect::TcpSign(_) | Detect::TcpPort(_))
        }),
        Transport::Udp | Transport::Ip(_) | Transport::Ether(_) => false,
    }
}

impl Conversation {
    /// No bytes seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether feeding it more bytes of a side can still change the document.
    pub fn wants(&self, dir: Dir) -> bool {
        let [src, dst] = &self.early;
        let early = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        !self.active.is_empty() || !early.classified
    }

    /// Reassembled bytes of one side of a stream, in order, or one datagram.
    pub fn data(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
    ) {
        if bytes.is_empty() {
            return;
        }
        if !of(&mut self.early, dir).classified {
            self.classify(dir, bytes, time, doc, around);
        }
        self.feed(0, dir, bytes, time, doc, around, 0);
    }

    /// Looks at the first bytes of a side. A parser that starts finds what came before these bytes as pending.
    fn classify(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
    ) {
        let early = of(&mut self.early, dir);
        let mut seen = std::mem::take(&mut early.bytes);
        let before = seen.len();
        if before == 0 {
            early.first_time = time;
        }
        let first_time = early.first_time;
        let whole: Cow<'_, [u8]> = if before == 0 {
            Cow::Borrowed(bytes)
        } else {
            seen.extend_from_slice(bytes);
            Cow::Owned(seen)
        };
        let ports = around.ends.map(|end| end.port);
        let mut found: Vec<&'static Protocol> = Vec::new();
        around.detector.detect(around.transport, ports, dir, &whole, &mut |p| found.push(p), &mut |name| {
            doc.protocol(name)
        });
        for protocol in found {
            if self.ended.iter().any(|ended| std::ptr::eq(*ended, protocol)) || !self.begin(protocol, doc) {
                continue;
            }
            let Some(active) = self.active.last_mut() else { continue };
            if let Some(earlier) = whole.get(..before).filter(|earlier| !earlier.is_empty()) {
                let pending = of(&mut active.pending, dir);
                pending.bytes.extend_from_slice(earlier);
                pending.first_time = first_time;
            }
            let other = of(&mut self.early, dir.other());
            if !other.classified && !other.bytes.is_empty() {
                let pending = of(&mut active.pending, dir.other());
                pending.bytes.extend_from_slice(&other.bytes);
                pending.first_time = other.first_time;
                let at = self.active.len() - 1;
                self.feed(at, dir.other(), &[], time, doc, around, MAX_DEPTH);
            }
        }
        let early = of(&mut self.early, dir);
        if whole.len() >= ENOUGH || around.transport != Transport::Tcp {
            early.classified = true;
        } else {
            early.bytes = whole.into_owned();
        }
    }

    /// Starts a protocol's parser unless it runs already. Also for callers that know the protocol (a port-less
    /// transport, a decoded tunnel).
    pub fn start(&mut self, protocol: &'static Protocol, doc: &mut SessionDoc) {
        self.begin(protocol, doc);
    }

    fn begin(&mut self, protocol: &'static Protocol, doc: &mut SessionDoc) -> bool {
        if self.active.len() >= MAX_PARSERS || self.active.iter().any(|a| std::ptr::eq(a.protocol, protocol))
        {
            return false;
        }
        if !protocol.quiet {
            doc.protocol(protocol.name);
        }
        self.active.push(Active { protocol, parser: (protocol.start)(), pending: Default::default() });
        true
    }

    /// Feeds the parsers from place `from` on.
    #[allow(clippy::too_many_arguments)]
    fn feed(
        &mut self,
        from: usize,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
        depth: u8,
    ) {
        let mut at = from;
        let mut handed: Vec<Handed> = Vec::new();
        while let Some(active) = self.active.get_mut(at) {
            let after = if is_stream(around.transport, active.protocol) {
                active.feed_stream(dir, bytes, time, doc, around)
            } else {
                active.feed_datagram(dir, bytes, time, doc, around)
            };
            let next = match after {
                After::Stays => {
                    at += 1;
                    continue;
                }
                After::Ends => None,
                After::Becomes(protocol, rest) => Some((Some(protocol), rest)),
                After::Redetects(rest) => Some((None, rest)),
            };
            let mut gone = self.active.remove(at);
            let mut context = around.context(doc, time, time);
            gone.parser.save(&mut context);
            if self.ended.len() < MAX_PARSERS {
                self.ended.push(gone.protocol);
            }
            if let Some((protocol, rest)) = next {
                let other = std::mem::take(&mut of(&mut gone.pending, dir.other()).bytes);
                handed.push(Handed { protocol, rest, other });
            }
        }
        for Handed { protocol, rest, other } in handed {
            if depth >= MAX_DEPTH {
                continue;
            }
            let new = self.active.len();
            match protocol {
                Some(protocol) => self.start(protocol, doc),
                None => {
                    self.early = Default::default();
                    self.ended.clear();
                }
            }
            for (dir, bytes) in [(dir, rest), (dir.other(), other)] {
                if bytes.is_empty() {
                    continue;
                }
                if protocol.is_none() {
                    self.classify(dir, &bytes, time, doc, around);
                }
                self.feed(new, dir, &bytes, time, doc, around, depth + 1);
            }
        }
    }

    /// `len` bytes of one side of a stream were lost.
    pub fn gap(&mut self, dir: Dir, len: usize, time: i64, doc: &mut SessionDoc, around: &Surroundings<'_>) {
        let early = of(&mut self.early, dir);
        early.bytes = Vec::new();
        early.classified |= !self.active.is_empty();
        self.active.retain_mut(|active| {
            let mut context = around.context(doc, time, time);
            let stays = !matches!(active.parser.gap(dir, len, &mut context), Step::Done | Step::NotMine);
            if stays {
                let pending = of(&mut active.pending, dir);
                pending.bytes.clear();
                pending.need = 0;
            } else {
                active.parser.save(&mut context);
            }
            stays
        });
    }

    /// One side finished sending.
    pub fn end(&mut self, dir: Dir, time: i64, doc: &mut SessionDoc, around: &Surroundings<'_>) {
        for active in &mut self.active {
            active.parser.end(dir, &mut around.context(doc, time, time));
        }
    }

    /// The document is about to be saved.
    pub fn save(&mut self, time: i64, doc: &mut SessionDoc, around: &Surroundings<'_>) {
        for active in &mut self.active {
            active.parser.save(&mut around.context(doc, time, time));
        }
    }

    /// Bytes on the heap: what is held for later, and the parsers with their state, what that points to left out.
    pub fn memory(&self) -> usize {
        let early: usize = self.early.iter().map(|e| e.bytes.capacity()).sum();
        let held = |a: &Active| {
            let pending = a.pending.iter().map(|p| p.bytes.capacity()).sum::<usize>();
            pending + size_of::<Active>() + size_of_val(&*a.parser)
        };
        early + self.active.iter().map(held).sum::<usize>()
    }
}

impl<'a> Surroundings<'a> {
    fn context<'b>(&'b self, doc: &'b mut SessionDoc, first_time: i64, time: i64) -> Context<'b> {
        Context { doc, first_time, time, options: self.options, ends: self.ends, transport: self.transport }
    }
}

impl Active {
    fn feed_datagram(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
    ) -> After {
        match self.parser.step(dir, bytes, &mut around.context(doc, time, time)) {
            Step::Took(_) | Step::Need(_) => After::Stays,
            Step::Done | Step::NotMine => After::Ends,
            Step::Become(n, protocol) => {
                After::Becomes(protocol, bytes.get(n..).unwrap_or_default().to_vec())
            }
            Step::Redetect(n) => After::Redetects(bytes.get(n..).unwrap_or_default().to_vec()),
        }
    }

    /// The only loop over a parser's steps. Bytes are offered from the packet itself; only what a parser leaves
    /// is copied.
    fn feed_stream(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
    ) -> After {
        let pending = of(&mut self.pending, dir);
        if pending.bytes.is_empty() {
            pending.first_time = time;
            let (left, after) = offer(&mut *self.parser, pending, 0, dir, bytes, time, doc, around);
            if matches!(after, After::Stays) {
                pending.bytes.extend_from_slice(bytes.get(bytes.len() - left..).unwrap_or_default());
            }
            return after;
        }
        let mut held = std::mem::take(&mut pending.bytes);
        let old = held.len();
        held.extend_from_slice(bytes);
        let (left, after) = offer(&mut *self.parser, pending, old, dir, &held, time, doc, around);
        held.drain(..held.len() - left);
        if held.is_empty() && held.capacity() > MAX_IDLE {
            held = Vec::new();
        }
        pending.bytes = held;
        after
    }
}

/// Calls the parser until it wants more bytes than there are; returns how many are left, at most `all.len()`. The
/// first `old` bytes arrived before this packet.
#[allow(clippy::too_many_arguments)]
fn offer(
    parser: &mut dyn Parser,
    pending: &mut Pending,
    mut old: usize,
    dir: Dir,
    all: &[u8],
    time: i64,
    doc: &mut SessionDoc,
    around: &Surroundings<'_>,
) -> (usize, After) {
    let mut rest = all;
    while !rest.is_empty() && rest.len() >= pending.need {
        pending.need = 0;
        let after = match parser.step(dir, rest, &mut around.context(doc, pending.first_time, time)) {
            Step::Took(n) => match rest.get(n..).filter(|_| n > 0) {
                Some(next) => {
                    rest = next;
                    old = old.saturating_sub(n);
                    if old == 0 {
                        pending.first_time = time;
                    }
                    continue;
                }
                None => After::Ends,
            },
            Step::Need(n) if n > MAX_PENDING || rest.len() >= MAX_PENDING => After::Ends,
            Step::Need(n) => {
                pending.need = n.max(rest.len() + 1);
                break;
            }
            Step::Done | Step::NotMine => After::Ends,
            Step::Become(n, protocol) => After::Becomes(protocol, rest.get(n..).unwrap_or_default().to_vec()),
            Step::Redetect(n) => After::Redetects(rest.get(n..).unwrap_or_default().to_vec()),
        };
        return (rest.len(), after);
    }
    (rest.len(), After::Stays)
}
