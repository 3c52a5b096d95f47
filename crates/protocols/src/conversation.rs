//! The parsers of one session: classification, buffering, gaps, caps, hand-over.

use crate::{Context, Detector, Dir, Endpoint, Options, Parser, Protocol, Step, Transport};
use session::SessionDoc;

/// Bytes of one side that a parser may leave pending; one that wants more is ended.
pub const MAX_PENDING: usize = 256 * 1024;
/// Bytes of one side that are kept for classification when a protocol hands over.
const MAX_PARSERS: usize = 8;

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
    /// Whether the first bytes of a side were classified.
    classified: [bool; 2],
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

impl Conversation {
    /// No bytes seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether feeding it more bytes of a side can still change the document.
    pub fn wants(&self, dir: Dir) -> bool {
        !self.active.is_empty() || !self.is_classified(dir)
    }

    fn is_classified(&self, dir: Dir) -> bool {
        match dir {
            Dir::Src => self.classified[0],
            Dir::Dst => self.classified[1],
        }
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
        if !self.is_classified(dir) {
            self.classify(dir, bytes, doc, around);
        }
        self.feed(dir, bytes, time, doc, around, 0);
    }

    fn classify(&mut self, dir: Dir, bytes: &[u8], doc: &mut SessionDoc, around: &Surroundings<'_>) {
        match dir {
            Dir::Src => self.classified[0] = true,
            Dir::Dst => self.classified[1] = true,
        }
        let ports = around.ends.map(|end| end.port);
        let mut names: Vec<&'static str> = Vec::new();
        let mut found: Vec<&'static Protocol> = Vec::new();
        around
            .detector
            .detect(around.transport, ports, dir, bytes, &mut |p| found.push(p), &mut |n| names.push(n));
        for name in names {
            doc.protocol(name);
        }
        for protocol in found {
            self.start(protocol, doc);
        }
    }

    /// Starts a protocol's parser unless it runs already. Also for callers that know the protocol (a port-less
    /// transport, a decoded tunnel).
    pub fn start(&mut self, protocol: &'static Protocol, doc: &mut SessionDoc) {
        if self.active.len() >= MAX_PARSERS || self.active.iter().any(|a| std::ptr::eq(a.protocol, protocol))
        {
            return;
        }
        if !protocol.quiet {
            doc.protocol(protocol.name);
        }
        self.active.push(Active { protocol, parser: (protocol.start)(), pending: Default::default() });
    }

    fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        time: i64,
        doc: &mut SessionDoc,
        around: &Surroundings<'_>,
        depth: u8,
    ) {
        let stream = matches!(around.transport, Transport::Tcp);
        let mut at = 0;
        let mut handed: Vec<(Option<&'static Protocol>, Vec<u8>)> = Vec::new();
        while let Some(active) = self.active.get_mut(at) {
            let after = if stream {
                active.feed_stream(dir, bytes, time, doc, around)
            } else {
                active.feed_datagram(dir, bytes, time, doc, around)
            };
            match after {
                After::Stays => {
                    at += 1;
                    continue;
                }
                After::Ends => {}
                After::Becomes(protocol, rest) => handed.push((Some(protocol), rest)),
                After::Redetects(rest) => handed.push((None, rest)),
            }
            let mut gone = self.active.remove(at);
            let mut context = around.context(doc, time, time);
            gone.parser.save(&mut context);
        }
        for (protocol, rest) in handed {
            if depth > 4 {
                continue;
            }
            match protocol {
                Some(protocol) => self.start(protocol, doc),
                None => self.classified = [false, false],
            }
            if !rest.is_empty() {
                if protocol.is_none() {
                    self.classify(dir, &rest, doc, around);
                }
                self.feed(dir, &rest, time, doc, around, depth + 1);
            }
        }
    }

    /// `len` bytes of one side of a stream were lost.
    pub fn gap(&mut self, dir: Dir, len: usize, time: i64, doc: &mut SessionDoc, around: &Surroundings<'_>) {
        self.active.retain_mut(|active| {
            let mut context = around.context(doc, time, time);
            let stays = !matches!(active.parser.gap(dir, len, &mut context), Step::Done | Step::NotMine);
            if stays {
                let pending = active.side(dir);
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

    /// Bytes held for later.
    pub fn memory(&self) -> usize {
        self.active.iter().map(|a| a.pending.iter().map(|p| p.bytes.capacity()).sum::<usize>() + 256).sum()
    }
}

impl<'a> Surroundings<'a> {
    fn context<'b>(&'b self, doc: &'b mut SessionDoc, first_time: i64, time: i64) -> Context<'b> {
        Context { doc, first_time, time, options: self.options, transport: self.transport, ends: self.ends }
    }
}

impl Active {
    fn side(&mut self, dir: Dir) -> &mut Pending {
        let [src, dst] = &mut self.pending;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

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
        let [src, dst] = &mut self.pending;
        let pending = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        if pending.bytes.is_empty() {
            pending.first_time = time;
            let (left, after) = offer(&mut *self.parser, pending, dir, bytes, time, doc, around);
            if matches!(after, After::Stays) {
                pending.bytes.extend_from_slice(bytes.get(bytes.len() - left..).unwrap_or_default());
            }
            return after;
        }
        let mut held = std::mem::take(&mut pending.bytes);
        held.extend_from_slice(bytes);
        let (left, after) = offer(&mut *self.parser, pending, dir, &held, time, doc, around);
        held.drain(..held.len() - left);
        pending.bytes = held;
        after
    }
}

/// Calls the parser until it wants more bytes than there are; returns how many are left, at most `all.len()`.
fn offer(
    parser: &mut dyn Parser,
    pending: &mut Pending,
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
                    pending.first_time = time;
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
