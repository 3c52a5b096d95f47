//! Searching the packets of many sessions at once: each file is read forward once by each core, packets are searched where they lie in the
//! buffer, and a conversation is kept only until its last packet has come.

use super::{Needle, share_of};
use crate::api::packets::{MAX_BYTES, dir, side, source};
use crate::app::App;
use crate::error::ApiError;
use crate::stored::Located;
use index::Control;
use packets::{ConversationBuilder, Merge, Packet, Side, Wanted};
use serde_json::{Value, json};
use session::{SessionDoc, SessionId, core};
use wire::{LinkType, decode};

/// Matches kept of one session.
const MATCHES: usize = 10;
/// Bytes shown around a match.
const AROUND: usize = 24;
/// Packets between two looks at whether the hunt was ended.
const CHECK: u64 = 4_096;

/// What is searched for, and where in a session.
pub(super) struct Quest {
    needle: Needle,
    reassembled: bool,
    src: bool,
    dst: bool,
    /// Packets of each session that are looked at.
    pub packets: usize,
    /// For whom packets are read.
    user: String,
}

impl Quest {
    /// Reads a stored hunt.
    pub fn of(hunt: &Value) -> Result<Self, ApiError> {
        let text = |name: &str| hunt[name].as_str().unwrap_or_default();
        Ok(Self {
            needle: Needle::read(text("searchType"), text("search"))?,
            reassembled: hunt["type"] == "reassembled",
            src: hunt["src"].as_bool().unwrap_or(true),
            dst: hunt["dst"].as_bool().unwrap_or(true),
            packets: hunt["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(50),
            user: text("userId").to_owned(),
        })
    }

    fn wants(&self, side: Side) -> bool {
        match side {
            Side::Src => self.src,
            Side::Dst => self.dst,
        }
    }
}

/// What was read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    pub packets: u64,
    pub bytes: u64,
    /// Packets that could not be read.
    pub missing: u64,
}

impl Done {
    pub fn add(&mut self, other: &Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.missing += other.missing;
    }
}

/// A session and where it matches; `None` where no packet of it could be read.
type Found = (SessionId, Option<Vec<Value>>);

/// Searches sessions by all cores; the answers are in their order.
pub(super) fn search(
    app: &App,
    docs: &[SessionDoc],
    quest: &Quest,
    control: &Control,
) -> Result<(Vec<Found>, Done), ApiError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = even_parts(docs, quest, cores);
    let parts: Vec<(Vec<Found>, Done)> = std::thread::scope(|scope| {
        let parts: Vec<_> =
            parts.into_iter().map(|part| scope.spawn(move || one_core(app, part, quest, control))).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    control.check()?;
    let mut all = (Vec::with_capacity(docs.len()), Done::default());
    for (found, done) in parts {
        all.0.extend(found);
        all.1.add(&done);
    }
    if all.0.len() < docs.len() {
        return Err(ApiError::internal("a thread of the hunt failed; the log of the server says more"));
    }
    Ok(all)
}

/// Runs of sessions with about as many bytes each: those next to each other lie next to each other in the files.
fn even_parts<'d>(docs: &'d [SessionDoc], quest: &Quest, parts: usize) -> Vec<&'d [SessionDoc]> {
    let size = |doc: &SessionDoc| share_of(doc, doc.positions.packets().min(quest.packets)) + 1;
    let each = docs.iter().map(size).sum::<u64>().div_ceil(parts.max(1) as u64);
    let (mut out, mut from, mut held) = (Vec::new(), 0, 0);
    for (at, doc) in docs.iter().enumerate() {
        held += size(doc);
        if held >= each {
            out.extend(docs.get(from..=at));
            (from, held) = (at + 1, 0);
        }
    }
    out.extend(docs.get(from..).filter(|rest| !rest.is_empty()));
    out
}

/// A session while its packets come.
struct Held<'d> {
    doc: &'d SessionDoc,
    source: Option<(std::net::IpAddr, Option<u16>)>,
    source_mac: Option<&'d str>,
    /// Packets that were wanted, and those that came.
    wanted: usize,
    seen: usize,
    conversation: Option<ConversationBuilder>,
    matches: Vec<Value>,
}

impl Held<'_> {
    fn look(
        &mut self,
        quest: &Quest,
        (side, packet): (Side, Option<usize>),
        bytes: &[u8],
        room: &mut Vec<u8>,
    ) {
        let left = MATCHES.saturating_sub(self.matches.len());
        if left == 0 || bytes.is_empty() || !quest.wants(side) {
            return;
        }
        for (at, len) in quest.needle.find(bytes, left, room) {
            let from = at.saturating_sub(AROUND);
            let around = bytes.get(from..(at + len + AROUND).min(bytes.len())).unwrap_or_default();
            let readable = |b: &u8| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' };
            let context: String = around.iter().map(readable).take(200).collect();
            self.matches.push(json!({
                "side": dir(side), "packet": packet, "offset": at, "length": len, "context": context,
            }));
        }
    }

    fn packet(&mut self, quest: &Quest, packet: &Packet<'_>, room: &mut Vec<u8>) {
        self.seen += 1;
        if quest.reassembled {
            let limit = MAX_BYTES;
            let from = self.source;
            let seen = self.conversation.get_or_insert_with(|| ConversationBuilder::new(from, limit));
            seen.packet(packet);
            if self.seen >= self.wanted {
                self.end(quest, room);
            }
            return;
        }
        let decoded = decode(LinkType(packet.link), packet.bytes);
        let side = side(&decoded, self.source, self.source_mac);
        self.look(quest, (side, Some(self.seen)), decoded.payload, room);
    }

    /// Searches what both sides said.
    fn end(&mut self, quest: &Quest, room: &mut Vec<u8>) {
        let Some(conversation) = self.conversation.take() else { return };
        let mut said = [(Side::Src, Vec::new()), (Side::Dst, Vec::new())];
        for turn in conversation.finish().turns {
            if let Some((_, bytes)) = said.iter_mut().find(|(side, _)| *side == turn.speaker) {
                if bytes.is_empty() {
                    *bytes = turn.bytes;
                } else {
                    bytes.extend_from_slice(&turn.bytes);
                }
            }
        }
        for (side, bytes) in said {
            self.look(quest, (side, None), &bytes, room);
        }
    }
}

fn one_core(app: &App, docs: &[SessionDoc], quest: &Quest, control: &Control) -> (Vec<Found>, Done) {
    let files = Located::new(app, &quest.user);
    let mut merge = Merge::new(&files).with_shared();
    let mut held: Vec<Held<'_>> = docs
        .iter()
        .map(|doc| {
            let positions = crate::api::packets::cut(&doc.positions, 0, quest.packets);
            let wanted = Wanted { positions, ..Wanted::of(doc) };
            merge.add(&wanted);
            Held {
                doc,
                source: source(doc),
                source_mac: doc.text(&core::SRC_MAC),
                wanted: wanted.positions.packets() + usize::from(wanted.not_kept > 0),
                seen: 0,
                conversation: None,
                matches: Vec::new(),
            }
        })
        .collect();
    let mut done = Done::default();
    let mut room = Vec::new();
    // what is seen cannot fail
    let _ = merge.drain(None, &mut |packet| {
        done.packets += 1;
        done.bytes += packet.bytes.len() as u64;
        if let Some(one) = held.get_mut(packet.session as usize) {
            one.packet(quest, &packet, &mut room);
        }
        Ok(!done.packets.is_multiple_of(CHECK) || control.check().is_ok())
    });
    done.missing = merge.into_losses().iter().map(|loss| loss.packets).sum();
    let found = held.into_iter().map(|mut one| {
        one.end(quest, &mut room);
        let readable = one.seen > 0 || one.wanted == 0;
        (one.doc.id, readable.then_some(one.matches))
    });
    (found.collect(), done)
}
