//! One worker: from decoded frames to documents, everything of its flows in one place, no locks.

use crate::document::document;
use crate::examine::{Around, Examination, Examiner, Look, Watch};
use crate::feed::{dir, pass_on, sctp_packet, tcp_segment};
use crate::frame::{Absent, Frame};
use crate::identity::{Identity, Kind, class};
use crate::keep::{Raw, RuleSet, Take, Why, judge};
use crate::live_session::LiveSession;
use crate::{Counters, Options};
use enrich::Enricher;
use flow::{FlowId, FlowTable, Side, StreamLimits};
use protocols::{Detector, Surroundings};
use session::SessionDoc;
use std::sync::Arc;
use wire::{Decoded, Transport};

/// Where finished documents go.
pub(crate) type Out<'a> = dyn FnMut(SessionDoc) + 'a;

/// In the identity of packets that lie nowhere: the number of no file.
const NOWHERE: u64 = u64::MAX;

/// How the packet of a frame gets its place.
pub(crate) trait Placing {
    /// The packet, where it is only now decided how much of it is written.
    fn raw(&self) -> Option<Raw<'_>>;
    /// Writes so much of it; the frame with its place.
    fn place(&mut self, frame: &Frame, take: Take, counters: &mut Counters) -> Frame;
}

/// A packet that lies where it will be found; with its bytes, where there are any.
pub(crate) struct Placed<'a>(pub(crate) Option<Raw<'a>>);

impl Placing for Placed<'_> {
    #[inline]
    fn raw(&self) -> Option<Raw<'_>> {
        self.0
    }
    #[inline]
    fn place(&mut self, frame: &Frame, _: Take, _: &mut Counters) -> Frame {
        *frame
    }
}

/// Packets of a session between two looks at how large its document is.
const WEIGHED: u32 = 64;

/// A worker and its flows.
pub(crate) struct Worker {
    options: Arc<Options>,
    detector: Arc<Detector>,
    enricher: Arc<Enricher>,
    table: FlowTable<Box<LiveSession>, { class::COUNT }>,
    /// Time-outs by class, seconds.
    timeouts: [i64; class::COUNT],
    /// The time by which sessions are idle: that of the packet before, seconds.
    clock: i64,
    /// Identity of the file that packets come from now.
    file: u128,
    /// Whether packets are identified by their place in a packet file instead.
    by_place: bool,
    /// Name of the interface that packets come from, live.
    interface: Option<Box<str>>,
    /// TCP bytes that wait behind holes.
    held: usize,
    /// What is not kept, if there are rules.
    rules: Option<Arc<RuleSet>>,
    /// The time by which sessions are idle where it is not that of the packets, seconds: live, see [`Worker::set_now`].
    steady: Option<i64>,
    /// Looks for evidence, if anything is looked for.
    examiner: Option<Examiner>,
    /// Where rules are asked.
    scratch: SessionDoc,
    /// Bytes that a session holds, on average.
    weight: Weight,
    pub(crate) counters: Counters,
}

/// A running average.
#[derive(Default)]
struct Weight {
    seen: u64,
    average: f64,
}

impl Weight {
    /// Sessions between two that are weighed, and how much a new weight counts.
    const EVERY: u64 = 16;
    const SHARE: f64 = 1.0 / 64.0;

    fn add(&mut self, session: &LiveSession) {
        if self.seen.is_multiple_of(Self::EVERY) {
            let weight = session.memory() as f64;
            let share = if self.seen == 0 { 1.0 } else { Self::SHARE };
            self.average += (weight - self.average) * share;
        }
        self.seen += 1;
    }
}

impl Worker {
    /// A worker without flows.
    pub(crate) fn new(options: Arc<Options>, detector: Arc<Detector>, enricher: Arc<Enricher>) -> Self {
        let t = options.timeouts;
        Self {
            table: FlowTable::new(options.limits.sessions),
            timeouts: [t.tcp, t.tcp_closing, t.udp, t.icmp, t.sctp, t.esp, t.other],
            options,
            detector,
            enricher,
            clock: i64::MIN,
            file: 0,
            by_place: false,
            interface: None,
            held: 0,
            rules: None,
            steady: None,
            examiner: None,
            scratch: SessionDoc::new(),
            weight: Weight::default(),
            counters: Counters::default(),
        }
    }

    /// What it works by.
    pub(crate) fn options(&self) -> Arc<Options> {
        self.options.clone()
    }

    /// Says which file the following packets come from.
    pub(crate) fn set_file(&mut self, identity: u128) {
        self.file = identity;
    }

    /// Says which interface all packets come from.
    pub(crate) fn set_interface(&mut self, name: &str) {
        self.interface = Some(name.into());
    }

    /// Says what is not kept.
    pub(crate) fn set_rules(&mut self, rules: Option<Arc<RuleSet>>) {
        self.rules = rules;
    }

    /// Says what packets are examined for.
    pub(crate) fn set_examination(&mut self, examination: Option<Examination>) {
        self.examiner = examination.map(Examiner::new);
    }

    /// Takes up what packets are examined for now.
    pub(crate) fn refresh(&mut self) {
        if let Some(examiner) = &mut self.examiner {
            examiner.refresh();
        }
    }

    /// From now on what lies in a packet file has its place there for an identity, so that sessions can be made again from the file.
    pub(crate) fn identify_by_place(&mut self) {
        self.by_place = true;
    }

    /// From now on sessions are idle by a clock that only goes forward, whatever the packets say: seconds.
    pub(crate) fn set_now(&mut self, seconds: i64) {
        let now = self.steady.map_or(seconds, |before| before.max(seconds));
        self.steady = Some(now);
        self.clock = now;
    }

    /// The time by which sessions are idle when the next packet comes: seconds.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock = seconds;
    }

    /// Live sessions.
    pub(crate) fn sessions(&self) -> usize {
        self.table.len()
    }

    /// Bytes that the live sessions hold, estimated by those that ended, and by what waits behind holes.
    pub(crate) fn memory(&self) -> u64 {
        let average =
            if self.weight.seen == 0 { size_of::<LiveSession>() as f64 } else { self.weight.average };
        self.table.memory() as u64 + (self.table.len() as f64 * average) as u64 + self.held as u64
    }

    /// Places a fragment's packet, whose session is not known yet.
    pub(crate) fn fragment(
        &mut self,
        placing: &mut impl Placing,
        frame: &Frame,
        decoded: &Decoded<'_>,
    ) -> Frame {
        let take = match (&self.rules, placing.raw()) {
            (Some(rules), Some(raw)) => rules.take_fragment(raw, decoded),
            _ => Take::All,
        };
        placing.place(frame, take, &mut self.counters)
    }

    /// Takes a frame. `earlier` are the frames that the datagram's other fragments came in.
    #[allow(clippy::too_many_arguments, reason = "each is another part of one packet")]
    pub(crate) fn packet(
        &mut self,
        placing: &mut impl Placing,
        earlier: &[Frame],
        frame: &Frame,
        decoded: &Decoded<'_>,
        identity: &Identity,
        hash: u64,
        out: &mut Out<'_>,
    ) {
        if let Some(stop) = decoded.stop {
            self.counters.malformed.add(stop.layer, stop.why);
        }
        let seconds = match self.steady {
            Some(now) => now,
            None => {
                self.expire(out);
                frame.time.div_euclid(1_000_000_000)
            }
        };
        let id = self.find_or_open(frame, Some(decoded), identity, hash, seconds, out);
        self.clock = seconds;
        let Some(id) = id else { return };
        let (file, lengths) = ((!self.by_place).then_some(self.file), self.options.packet_lengths);
        let max_packets = self.options.max_packets;
        let max_document = self.options.limits.document_bytes;
        let Some(session) = self.table.get_mut(id) else { return };
        let (from, before) = (session.sender(identity), session.last);
        session.look(from, decoded);
        if let Some(examiner) = &self.examiner {
            examiner.prepare(session);
        }
        for frame in earlier {
            count(session, from, frame, file, self.rules.as_deref(), lengths);
        }
        let take = match (&self.rules, placing.raw()) {
            (Some(rules), Some(raw)) => {
                if session.kept().begin(rules) {
                    judge(
                        rules,
                        session,
                        &self.options,
                        self.interface.as_deref(),
                        &self.enricher,
                        &mut self.scratch,
                    );
                }
                rules.take(session.kept(), raw, decoded)
            }
            _ => Take::All,
        };
        let frame = &placing.place(frame, take, &mut self.counters);
        count(session, from, frame, file, self.rules.as_deref(), lengths);
        if let (Take::Head(len, rule), Some(rules)) = (take, &self.rules)
            && frame.place.absent().is_none()
            && let Some(name) = rules.name(rule)
        {
            let cut = placing.raw().map_or(0, |raw| raw.bytes.len().saturating_sub(len));
            session.kept().missing(0, cut as u64, Why::Rule(name.clone()));
        }
        let packets = session.packets();
        if packets >= max_packets || packets % WEIGHED == 0 && session.doc.memory() > max_document {
            self.save_segment(id, seconds, out);
        }
        let closed = self.transport(id, from, frame, decoded);
        self.examine(id, &Look { from, time: frame.time, before, raw: placing.raw(), decoded });
        if let Some(rules) = &self.rules
            && let Some(session) = self.table.get_mut(id)
            && rules.is_due(session)
        {
            judge(
                rules,
                session,
                &self.options,
                self.interface.as_deref(),
                &self.enricher,
                &mut self.scratch,
            );
        }
        if closed {
            self.table.change_class(id, class::TCP_CLOSING, seconds);
        } else if self.table.class(id) != Some(class::TCP_CLOSING) {
            self.table.touch(id, seconds);
        }
    }

    /// Looks for evidence in a packet that the parsers have had.
    #[inline]
    fn examine(&mut self, id: FlowId, look: &Look<'_>) {
        let (Some(examiner), Some(session)) = (&mut self.examiner, self.table.get_mut(id)) else { return };
        let around =
            Around { options: &self.options, interface: self.interface.as_deref(), enricher: &self.enricher };
        examiner.look(session, look, &around, &mut self.counters);
    }

    /// Takes the frames of a datagram that never became complete: nothing of it was read, but its packets are found.
    pub(crate) fn fragments(&mut self, frames: &[Frame], identity: &Identity, hash: u64, out: &mut Out<'_>) {
        let Some(first) = frames.first() else { return };
        let seconds = self.steady.unwrap_or_else(|| first.time.div_euclid(1_000_000_000).max(self.clock));
        let Some(id) = self.find_or_open(first, None, identity, hash, seconds, out) else { return };
        let (file, lengths) = ((!self.by_place).then_some(self.file), self.options.packet_lengths);
        if let Some(session) = self.table.get_mut(id) {
            let from = session.sender(identity);
            for frame in frames {
                count(session, from, frame, file, self.rules.as_deref(), lengths);
            }
            session.doc.tag("incomplete-fragments");
        }
        self.table.touch(id, seconds);
    }

    /// The session of a frame: the one that is open, unless this frame begins another.
    fn find_or_open(
        &mut self,
        frame: &Frame,
        decoded: Option<&Decoded<'_>>,
        identity: &Identity,
        hash: u64,
        seconds: i64,
        out: &mut Out<'_>,
    ) -> Option<FlowId> {
        if let Some(id) = self.table.find(&identity.key, hash) {
            let session = self.table.get(id)?;
            let reopened = match (decoded.map(|decoded| decoded.transport), &session.tcp) {
                (Some(Transport::Tcp(tcp)), Some(state)) => state.is_reopened_by(&tcp),
                _ => false,
            };
            if !reopened {
                if session.save_at < self.clock {
                    self.save_segment(id, seconds, out);
                }
                return Some(id);
            }
            self.finish(id, out);
        }
        if self.table.is_full() {
            self.evict(identity.kind.class(), out);
        }
        self.counters.sessions += 1;
        let mut session = LiveSession::new(identity, decoded, frame.time);
        if identity.kind == Kind::Tcp || self.options.save_all {
            session.save_at = seconds.saturating_add(self.options.save_after);
        }
        self.table.insert(identity.key, hash, identity.kind.class(), seconds, session).ok()
    }

    /// Gives the transport's data to the parsers; whether a TCP connection is over with this frame.
    fn transport(&mut self, id: FlowId, from: Side, frame: &Frame, decoded: &Decoded<'_>) -> bool {
        let Some(session) = self.table.get_mut(id) else { return false };
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options.parsers,
            transport: session.transport(),
            ends: session.endpoints(),
        };
        let payload = decoded.payload;
        let sent = (payload.len() + decoded.missing) as u64;
        match (session.kind, &decoded.transport) {
            (Kind::Tcp, Transport::Tcp(tcp)) => {
                let limits = &self.options.limits;
                let full = self.held >= limits.reassembly_bytes;
                let limits = StreamLimits {
                    segments: if full { 0 } else { limits.segments },
                    bytes: limits.segment_bytes,
                };
                self.counters.streams.short_of_memory += u64::from(full);
                return tcp_segment(
                    session,
                    &around,
                    from,
                    frame.time,
                    tcp,
                    decoded,
                    limits,
                    self.options.like_arkime,
                    &mut self.counters,
                    &mut self.held,
                );
            }
            (Kind::Sctp, Transport::Sctp(sctp)) => {
                *from.of_mut(&mut session.data_bytes) += sent;
                sctp_packet(session, &around, from, frame.time, sctp, &mut self.counters);
            }
            (Kind::Udp, _) => {
                *from.of_mut(&mut session.data_bytes) += sent;
                from.of_mut(&mut session.first_bytes).see_first(payload);
                session.conversation.data(dir(from), payload, frame.time, &mut session.doc, &around);
            }
            (Kind::Dhcp, _) => {
                *from.of_mut(&mut session.data_bytes) += sent;
                session.conversation.data(dir(from), payload, frame.time, &mut session.doc, &around);
            }
            (Kind::Icmp(_), _) => {
                let padded = u64::from(frame.len).saturating_sub(decoded.payload_at as u64);
                let counted = if self.options.like_arkime { padded.max(sent) } else { sent };
                *from.of_mut(&mut session.data_bytes) += counted;
                session.conversation.data(dir(from), payload, frame.time, &mut session.doc, &around);
            }
            (Kind::Esp(_), _) => {
                // without the eight bytes of index and number
                let sent = decoded.ip().map_or(sent, |ip| u64::from(ip.len));
                *from.of_mut(&mut session.data_bytes) += sent.saturating_sub(8);
            }
            (Kind::Ip(_) | Kind::Ether(_), _) => {
                session.conversation.data(dir(from), payload, frame.time, &mut session.doc, &around);
            }
            (Kind::Tcp | Kind::Sctp | Kind::Fragments | Kind::CorruptIp | Kind::CorruptEther, _) => {}
        }
        false
    }

    /// Ends the sessions that are idle at the worker's clock.
    fn expire(&mut self, out: &mut Out<'_>) {
        self.expire_some(usize::MAX, out);
    }

    /// Ends at most `limit` sessions that are idle at the worker's clock; whether none is left.
    pub(crate) fn expire_some(&mut self, limit: usize, out: &mut Out<'_>) -> bool {
        let mut left = limit;
        for class in 0..class::COUNT {
            let timeout = self.timeouts.get(class).copied().unwrap_or(0);
            while let Some((id, touched)) = self.table.oldest(class as u8)
                && touched.saturating_add(timeout) < self.clock
            {
                if left == 0 {
                    return false;
                }
                left -= 1;
                self.finish(id, out);
            }
        }
        true
    }

    /// Moves the clock where no packet does (an idle line), seconds.
    pub(crate) fn tick(&mut self, seconds: i64, out: &mut Out<'_>) {
        if seconds > self.clock {
            self.clock = seconds;
            self.expire(out);
        }
    }

    /// Ends every session.
    pub(crate) fn close(&mut self, out: &mut Out<'_>) {
        while !self.close_some(usize::MAX, out) {}
    }

    /// Ends at most `limit` sessions; whether none is left.
    pub(crate) fn close_some(&mut self, limit: usize, out: &mut Out<'_>) -> bool {
        let mut left = limit;
        for class in 0..class::COUNT {
            while let Some((id, _)) = self.table.oldest(class as u8) {
                if left == 0 {
                    return false;
                }
                left -= 1;
                self.finish(id, out);
            }
        }
        self.clock = i64::MIN;
        true
    }

    /// Makes room: ends the longest idle session, of the same class if there is one.
    fn evict(&mut self, class: u8, out: &mut Out<'_>) {
        let same = self.table.oldest(class).map(|(id, _)| id);
        let any = || {
            let heads = (0..class::COUNT as u8).filter_map(|class| self.table.oldest(class));
            heads.min_by_key(|(_, touched)| *touched).map(|(id, _)| id)
        };
        if let Some(id) = same.or_else(any) {
            self.counters.evicted += 1;
            self.finish(id, out);
        }
    }

    fn finish(&mut self, id: FlowId, out: &mut Out<'_>) {
        let Some((_, mut session)) = self.table.remove(id) else { return };
        self.weight.add(&session);
        self.drain(&mut session);
        session.save_parsers(&self.detector, &self.options.parsers);
        let doc = document(&mut session, &self.options, false);
        self.give(doc, &mut session.watch, out);
    }

    fn save_segment(&mut self, id: FlowId, seconds: i64, out: &mut Out<'_>) {
        let Some(session) = self.table.get_mut(id) else { return };
        session.save_parsers(&self.detector, &self.options.parsers);
        let doc = document(session, &self.options, true);
        session.save_at = seconds.saturating_add(self.options.save_after);
        if let (Some(rules), Some(kept)) = (&self.rules, &mut session.kept) {
            rules.judge_saved(kept, &doc);
        }
        let mut watch = session.watch.take();
        self.give(doc, &mut watch, out);
        if let Some(session) = self.table.get_mut(id) {
            session.watch = watch;
        }
    }

    fn give(&mut self, mut doc: SessionDoc, watch: &mut Option<Box<Watch>>, out: &mut Out<'_>) {
        if let Some(interface) = &self.interface {
            doc.add(&session::core::INTERFACE, interface);
        }
        self.counters.documents += 1;
        self.enricher.apply(&mut doc);
        if let Some(examiner) = &self.examiner {
            let met = examiner.ask_saved(watch.as_deref(), &mut doc, &mut self.counters);
            if let Some(watch) = watch {
                watch.matched |= met;
            }
        }
        out(doc);
    }

    /// Gives out what waits behind holes at the end of a session.
    fn drain(&mut self, session: &mut LiveSession) {
        let Some(mut tcp) = session.tcp.take() else { return };
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options.parsers,
            transport: session.transport(),
            ends: session.endpoints(),
        };
        let last = session.last;
        for side in [Side::Src, Side::Dst] {
            let stream = side.of_mut(&mut tcp.streams);
            self.held = self.held.saturating_sub(stream.held());
            let counters = &mut self.counters;
            stream.close(last, &mut |event| pass_on(session, &around, side, event, counters));
        }
        session.tcp = Some(tcp);
    }
}

/// Counts a packet of a session, and where it lies or why it lies nowhere. `file` is the identity of the file it comes from; none where its
/// place identifies it.
#[inline]
fn count(
    session: &mut LiveSession,
    from: Side,
    frame: &Frame,
    file: Option<u128>,
    rules: Option<&RuleSet>,
    lengths: bool,
) {
    let absent = frame.place.absent();
    let origin = match file {
        Some(file) => (file, frame.at),
        None if absent.is_none() => (u128::from(frame.place.file), frame.place.offset),
        // of another run or line another packet may have this number: time tells them apart
        None => ((frame.time as u64 as u128) << 64 | u128::from(NOWHERE), frame.at),
    };
    session.count(from, frame, origin, lengths);
    let why = match absent {
        None | Some(Absent::NoStore) => return,
        Some(Absent::Lost(refusal)) => Why::Lost(refusal),
        Some(Absent::Rule(rule)) => match rules.and_then(|rules| rules.name(rule)) {
            Some(name) => Why::Rule(name.clone()),
            // a fragment from before the rules were exchanged
            None => Why::Rule("a former rule".into()),
        },
    };
    session.kept().missing(1, u64::from(frame.captured), why);
}

#[cfg(test)]
mod sizes {
    /// What a session costs while it goes on: the figures that the documentation of the limits rests on.
    #[test]
    fn a_live_session_is_small() {
        use std::mem::size_of;
        let session = size_of::<super::LiveSession>();
        let tcp = size_of::<crate::tcp::TcpState>();
        println!(
            "session {session}, tcp {tcp}, doc {}, conversation {}, facts {}, stream {}, analysis {}",
            size_of::<session::SessionDoc>(),
            size_of::<protocols::Conversation>(),
            size_of::<crate::facts::Facts>(),
            size_of::<flow::TcpStream>(),
            size_of::<flow::TcpAnalysis>()
        );
        assert!(session <= 800 && tcp <= 800, "session {session}, tcp {tcp}");
    }
}
