//! Searching the packets of many sessions at once, where they lie in the buffer they were read into.
//!
//! Packets one by one: stretches of the files go to whichever core is free, and a run of packets that cannot hold the needle is passed over as a
//! whole ([`super::sieve`]). Put together: each core has sessions of its own and reads their files forward; a conversation is kept only until its last
//! packet has come. Sessions that lie in several files need their packets in order of time, and go the way of exports ([`Merge`]).

use super::{Needle, share_of};
use crate::api::packets::{MAX_BYTES, dir, side, source};
use crate::app::App;
use crate::error::ApiError;
use crate::stored::Located;
use index::Control;
use packets::{ConversationBuilder, Merge, Packet, Side, Sweep, Wanted};
use serde_json::{Value, json};
use session::{SessionDoc, SessionId, core};
use wire::{LinkType, decode};

/// Matches kept of one session.
pub(super) const MATCHES: usize = 10;
/// Bytes shown around a match.
const AROUND: usize = 24;
/// Conversations whose memory is kept for others, and most bytes of one.
const SPARE: usize = 1_024;
const MAX_SPARE: usize = 16 << 10;
/// Packets between two looks at whether the hunt was ended.
const CHECK: u64 = 4_096;

/// What is searched for, and where in a session. Each thread has its own.
#[derive(Clone)]
pub(super) struct Quest {
    pub needle: Needle,
    pub reassembled: bool,
    src: bool,
    dst: bool,
    /// Packets of each session that are looked at.
    pub packets: usize,
    /// For whom packets are read.
    pub user: String,
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

    /// The first `most` matches in what a side has sent.
    fn look<'b>(&self, side: Side, bytes: &'b [u8], most: usize, room: &mut Vec<u8>) -> Vec<Match<'b>> {
        if most == 0 || bytes.is_empty() || !self.wants(side) {
            return Vec::new();
        }
        let found = self.needle.find(bytes, most, room);
        found.into_iter().map(|(at, len)| Match { side, at, len, bytes }).collect()
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
pub(super) type Found = (SessionId, Option<Vec<Value>>);

/// Searches sessions by all cores; the answers are in their order.
pub(super) fn search(
    app: &App,
    docs: &[SessionDoc],
    quest: &Quest,
    control: &Control,
) -> Result<(Vec<Found>, Done), ApiError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (simple, spread): (Vec<&SessionDoc>, Vec<_>) =
        docs.iter().partition(|doc| is_in_one_file(doc, quest));
    let (mut found, mut done) = if quest.reassembled {
        over_cores(&simple, quest, cores, &|part| together(app, part, quest, control))?
    } else {
        super::raw::search(app, &simple, quest, (cores, control))?
    };
    let (rest, other) = over_cores(&spread, quest, cores, &|part| merged(app, part, quest, control))?;
    control.check()?;
    done.add(&other);
    if !rest.is_empty() {
        // in the order in which they were given
        let (mut of_one, mut of_many) = (found.into_iter(), rest.into_iter());
        let next = |doc| if is_in_one_file(doc, quest) { of_one.next() } else { of_many.next() };
        found = docs.iter().filter_map(next).collect();
    }
    Ok((found, done))
}

/// Whether the packets of a session that are searched lie in no more than one file.
fn is_in_one_file(doc: &SessionDoc, quest: &Quest) -> bool {
    // the rule: one file marker, before everything else
    if doc.positions.flat.iter().skip(1).all(|value| *value >= 0) {
        return true;
    }
    let mut files = doc.positions.iter().take(quest.packets).map(|(file, _)| file);
    let first = files.next();
    files.all(|file| Some(file) == first)
}

/// What was found in each session of a part, and how much was looked at.
type Part = (Vec<Found>, Done);

/// Lets each core work on a part of the sessions.
fn over_cores<'d>(
    docs: &[&'d SessionDoc],
    quest: &Quest,
    cores: usize,
    work: &(dyn Fn(&[&'d SessionDoc]) -> Part + Sync),
) -> Result<Part, ApiError> {
    let parts: Vec<Part> = std::thread::scope(|scope| {
        let parts: Vec<_> =
            even_parts(docs, quest, cores).into_iter().map(|part| scope.spawn(move || work(part))).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    let mut all = (Vec::with_capacity(docs.len()), Done::default());
    for (found, done) in parts {
        all.0.extend(found);
        all.1.add(&done);
    }
    if all.0.len() < docs.len() {
        return Err(failed());
    }
    Ok(all)
}

/// A thread of the search has panicked.
pub(super) fn failed() -> ApiError {
    ApiError::internal("a thread of the hunt failed; the log of the server says more")
}

/// Runs of sessions with about as many bytes each: those next to each other lie next to each other in the files.
fn even_parts<'s, 'd>(docs: &'s [&'d SessionDoc], quest: &Quest, parts: usize) -> Vec<&'s [&'d SessionDoc]> {
    let size = |doc: &&SessionDoc| share_of(doc, doc.positions.packets().min(quest.packets)) + 1;
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

/// Who opened a session: by that it is told who sent a packet.
#[derive(Clone, Copy)]
pub(super) struct Opener<'d> {
    address: Option<(std::net::IpAddr, Option<u16>)>,
    mac: Option<&'d str>,
}

impl<'d> Opener<'d> {
    pub fn of(doc: &'d SessionDoc) -> Self {
        Self { address: source(doc), mac: doc.text(&core::SRC_MAC) }
    }

    /// Searches the payload of a packet; says where the first `most` matches lie.
    pub fn look<'p>(
        &self,
        quest: &Quest,
        packet: &Packet<'p>,
        most: usize,
        room: &mut Vec<u8>,
    ) -> Vec<Match<'p>> {
        let decoded = decode(LinkType(packet.link), packet.bytes);
        let side = side(&decoded, self.address, self.mac);
        quest.look(side, decoded.payload, most, room)
    }
}

/// A place where a session matches.
pub(super) struct Match<'b> {
    side: Side,
    at: usize,
    len: usize,
    bytes: &'b [u8],
}

impl Match<'_> {
    /// As it is kept; `packet` is the number of the packet in its session, where it lies in one.
    pub fn json(&self, packet: Option<usize>) -> Value {
        let Self { side, at, len, bytes } = self;
        let from = at.saturating_sub(AROUND);
        let around = bytes.get(from..(at + len + AROUND).min(bytes.len())).unwrap_or_default();
        let readable = |b: &u8| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' };
        let context: String = around.iter().map(readable).take(200).collect();
        json!({ "side": dir(*side), "packet": packet, "offset": at, "length": len, "context": context })
    }
}

/// A session while its packets come.
struct Held<'d> {
    doc: &'d SessionDoc,
    opener: Opener<'d>,
    /// Packets that were wanted, those that came, and whether others are in no file.
    wanted: usize,
    seen: usize,
    lacks: bool,
    conversation: Option<Box<ConversationBuilder>>,
    matches: Vec<Value>,
}

impl<'d> Held<'d> {
    fn new(doc: &'d SessionDoc, wanted: usize, not_kept: u64) -> Self {
        let opener = Opener::of(doc);
        Self { doc, opener, wanted, seen: 0, lacks: not_kept > 0, conversation: None, matches: Vec::new() }
    }

    fn packet(&mut self, quest: &Quest, packet: &Packet<'_>, room: &mut Room) {
        self.seen += 1;
        if quest.reassembled {
            let source = self.opener.address;
            let new = || Box::new(ConversationBuilder::new(source, MAX_BYTES).joined(room.take()));
            self.conversation.get_or_insert_with(new).packet(packet);
            if self.seen >= self.wanted {
                self.end(quest, room);
            }
            return;
        }
        let left = MATCHES.saturating_sub(self.matches.len());
        let number = Some(self.seen);
        self.matches
            .extend(self.opener.look(quest, packet, left, &mut room.digits).iter().map(|m| m.json(number)));
    }

    /// Searches what both sides said.
    fn end(&mut self, quest: &Quest, room: &mut Room) {
        let Some(conversation) = self.conversation.take() else { return };
        let said = conversation.finish_joined();
        for (side, bytes) in [Side::Src, Side::Dst].into_iter().zip(&said) {
            let left = MATCHES.saturating_sub(self.matches.len());
            let found = quest.look(side, bytes, left, &mut room.digits);
            self.matches.extend(found.iter().map(|found| found.json(None)));
        }
        room.give(said);
    }

    /// What was found, once nothing more comes.
    fn found(mut self, quest: &Quest, room: &mut Room) -> Found {
        self.end(quest, room);
        let readable = self.seen > 0 || (self.wanted == 0 && !self.lacks);
        (self.doc.id, readable.then_some(self.matches))
    }
}

/// Memory of a core that is used again: it is in the cache, and need not be cleared by the system.
#[derive(Default)]
struct Room {
    digits: Vec<u8>,
    /// What both sides of conversations said that are over.
    said: Vec<[Vec<u8>; 2]>,
}

impl Room {
    fn take(&mut self) -> [Vec<u8>; 2] {
        self.said.pop().unwrap_or_default()
    }

    fn give(&mut self, said: [Vec<u8>; 2]) {
        let size: usize = said.iter().map(Vec::capacity).sum();
        if self.said.len() < SPARE && (1..=MAX_SPARE).contains(&size) {
            self.said.push(said);
        }
    }
}

/// Searches conversations, each in one file.
fn together(app: &App, docs: &[&SessionDoc], quest: &Quest, control: &Control) -> (Vec<Found>, Done) {
    let files = Located::new(app, &quest.user);
    let quest = &quest.clone();
    let (mut sweep, mut done, mut room) = (Sweep::default(), Done::default(), Room::default());
    let mut held: Vec<Held<'_>> = Vec::with_capacity(docs.len());
    for doc in docs {
        let not_kept = not_kept(doc);
        done.missing += not_kept;
        let positions = doc.positions.iter().take(quest.packets);
        sweep.add(doc.text(&core::NODE).unwrap_or_default(), positions);
        held.push(Held::new(doc, doc.positions.packets().min(quest.packets), not_kept));
    }
    let stretches = sweep.stretches();
    let mut reader = stretches.reader(&files);
    let mut more = true;
    while more {
        let mut on = true;
        more = reader.next(&mut |run| {
            done.packets += run.packets.len() as u64;
            for placed in run.packets {
                done.bytes += (placed.end - placed.from) as u64;
                if let Some(one) = held.get_mut(placed.session as usize) {
                    one.packet(quest, &run.packet(placed, SessionId::default()), &mut room);
                }
            }
            on = control.check().is_ok();
            on
        }) && on;
    }
    done.missing += reader.into_losses().1.len() as u64;
    (held.into_iter().map(|one| one.found(quest, &mut room)).collect(), done)
}

/// Packets of a session that are in no file.
pub(super) fn not_kept(doc: &SessionDoc) -> u64 {
    doc.int(&core::NOT_KEPT_PACKETS).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

/// Searches sessions whose packets come in order of time.
fn merged(app: &App, docs: &[&SessionDoc], quest: &Quest, control: &Control) -> (Vec<Found>, Done) {
    let files = Located::new(app, &quest.user);
    let quest = &quest.clone();
    let mut merge = Merge::new(&files).with_shared();
    let mut held: Vec<Held<'_>> = Vec::with_capacity(docs.len());
    for doc in docs {
        let positions = crate::api::packets::cut(&doc.positions, 0, quest.packets);
        let wanted = Wanted { positions, ..Wanted::of(doc) };
        merge.add(&wanted);
        held.push(Held::new(doc, wanted.positions.packets(), wanted.not_kept));
    }
    let mut done = Done::default();
    let mut room = Room::default();
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
    (held.into_iter().map(|one| one.found(quest, &mut room)).collect(), done)
}
