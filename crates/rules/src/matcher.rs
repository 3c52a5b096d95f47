//! Rules against the packets of a flow.

use crate::lanes::{Lanes, Scratch, TooLarge};
use crate::pcre::Pattern;
use crate::rule::{Category, Part, Protocol, Rule};
use compact_str::CompactString;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

/// Longest text of joined packets that is looked at, bytes.
pub const JOINED: usize = 16 << 10;

/// How much of a flow is looked at. The defaults are those of the original probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload that is looked at, bytes; longer ones are passed over and do not count.
    pub payload: usize,
    /// Packets with payload, of both directions together, that are looked at.
    pub packets: u8,
    /// Longest version taken from a payload, bytes; longer ones are left empty, a rule's own version is cut.
    pub version: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload: 1_499, packets: 10, version: 15 }
    }
}

thread_local! {
    /// Memory for finding out which rules may match.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What is remembered of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowState {
    /// Categories that have had their hit.
    done: u8,
    /// Packets looked at.
    seen: u8,
}

impl FlowState {
    const ALL: u8 = 0x1f;

    /// Whether nothing more can come.
    pub fn is_finished(self) -> bool {
        self.done == Self::ALL
    }
}

/// One packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Its protocol.
    pub protocol: Protocol,
    /// Source and destination port; 0 for ICMP.
    pub ports: [u16; 2],
    /// Bytes behind the transport header.
    pub payload: &'a [u8],
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Number of the rule in [`Rules::rules`].
    pub rule: usize,
    /// Version: the rule's own, or what its first group took; empty where that is too long or nothing.
    pub version: CompactString,
    /// First and last-but-one byte, within what was looked at (the head, the body, or the payload), of the first group, or of all that matched.
    pub index: (usize, usize),
    /// Where the same lies in the payload.
    pub span: Range<usize>,
}

/// Rules, ready to be matched. Cloning is cheap, and gives each worker its own memory for matching.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Arc<[Rule]>,
    /// Those of the rules, with memory of their own.
    patterns: Vec<Pattern>,
    lanes: Arc<Lanes>,
    limits: Limits,
}

impl Rules {
    /// Makes rules ready.
    ///
    /// # Errors
    /// All of them together are too large.
    pub fn new(rules: Vec<Rule>, limits: Limits) -> Result<Self, TooLarge> {
        let lanes = Arc::new(Lanes::new(&rules)?);
        let patterns = rules.iter().map(|rule| rule.pattern.clone()).collect();
        Ok(Self { rules: rules.into(), patterns, lanes, limits })
    }

    /// The rules, by category and in the order of their files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How much of a flow is looked at.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Looks at a packet: at most one hit for each category that has had none in this flow, the first rule of the category that matches, in
    /// the order service, device, os, midware, threat.
    pub fn inspect(&self, flow: &mut FlowState, packet: &Packet<'_>, hits: &mut Vec<Hit>) {
        let payload = packet.payload;
        if flow.is_finished() || payload.is_empty() || payload.len() > self.limits.payload {
            return;
        }
        if flow.seen >= self.limits.packets {
            flow.done = FlowState::ALL;
            return;
        }
        flow.seen += 1;
        self.try_all(flow, packet, hits);
    }

    /// Looks at what several packets of one side say together: the payload is theirs, one after the other. Does not count as a packet, and
    /// is done as long as packets are looked at: a flow that is finished for [`Rules::inspect`] is finished here.
    pub fn inspect_joined(&self, flow: &mut FlowState, packet: &Packet<'_>, hits: &mut Vec<Hit>) {
        if !flow.is_finished() && !packet.payload.is_empty() && packet.payload.len() <= JOINED {
            self.try_all(flow, packet, hits);
        }
    }

    /// Tries every rule of the categories that have had no hit.
    fn try_all(&self, flow: &mut FlowState, packet: &Packet<'_>, hits: &mut Vec<Hit>) {
        let payload = packet.payload;
        let message = Message::of(payload);
        SCRATCH.with_borrow_mut(|scratch| {
            self.lanes.candidates(packet.protocol, message.http.is_some(), flow.done, payload, scratch);
            for at in scratch.rules.iter().map(|at| *at as usize) {
                let Some(rule) = self.rules.get(at) else { continue };
                if flow.done & rule.category.bit() != 0
                    || rule.port.is_some_and(|port| !packet.ports.contains(&port))
                {
                    continue;
                }
                let Some(part) = message.part(rule.http) else { continue };
                let Some(hit) = self.hit(at, rule, part, payload) else { continue };
                flow.done |= rule.category.bit();
                if rule.os.is_some() {
                    flow.done |= Category::Os.bit();
                }
                hits.push(hit);
            }
        });
    }

    fn hit(&self, at: usize, rule: &Rule, part: Range<usize>, payload: &[u8]) -> Option<Hit> {
        let subject = payload.get(part.clone())?;
        let found = self.patterns.get(at)?.find(subject)?;
        let version = match &rule.version {
            Some(fixed) => cut(fixed, self.limits.version),
            None => {
                let taken = found.group.clone().and_then(|group| subject.get(group)).unwrap_or_default();
                let fits = taken.len() <= self.limits.version;
                CompactString::from_utf8_lossy(if fits { taken } else { &[] })
            }
        };
        let place = found.group.filter(|group| group.end != 0).unwrap_or(found.whole);
        let span = part.start + place.start..part.start + place.end;
        Some(Hit { rule: at, version, index: (place.start, place.end), span })
    }
}

/// The beginning of a text, not more than so many bytes.
fn cut(text: &str, most: usize) -> CompactString {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

/// A payload as HTTP, where it is: it begins like a message, whatever the port.
struct Message {
    len: usize,
    /// Ends of head and empty line, when it is HTTP.
    http: Option<(usize, usize)>,
}

impl Message {
    fn of(payload: &[u8]) -> Self {
        let len = payload.len();
        let begins =
            [b"GET /".as_slice(), b"POST /", b"HTTP/1"].iter().any(|begin| payload.starts_with(begin));
        let http = (len > 10 && begins).then(|| {
            let end = memchr::memmem::find(payload, b"\r\n\r\n");
            end.map_or((len, len), |end| (end, end + 4))
        });
        Self { len, http }
    }

    fn part(&self, part: Option<Part>) -> Option<Range<usize>> {
        let Some(part) = part else { return Some(0..self.len) };
        let (head, body) = self.http?;
        Some(match part {
            Part::Head => 0..head,
            Part::Body => body..self.len,
            Part::Total => 0..self.len,
        })
    }
}
