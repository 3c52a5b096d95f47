//! One worker: from decoded frames to documents, everything of its flows in one place, no locks.

use crate::document::document;
use crate::feed::{dir, pass_on, sctp_packet, tcp_segment};
use crate::frame::Frame;
use crate::identity::{Identity, Kind, class};
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
    /// Name of the interface that packets come from, live.
    interface: Option<Box<str>>,
    /// TCP bytes that wait behind holes.
    held: usize,
    pub(crate) counters: Counters,
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
            interface: None,
            held: 0,
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

    /// Live sessions.
    pub(crate) fn sessions(&self) -> usize {
        self.table.len()
    }

    /// Takes a frame. `earlier` are the frames that the datagram's other fragments came in.
    pub(crate) fn packet(
        &mut self,
        earlier: &[Frame],
        frame: &Frame,
        decoded: &Decoded<'_>,
        identity: &Identity,
        hash: u64,
        out: &mut Out<'_>,
    ) {
        self.count(frame, decoded);
        self.expire(out);
        let seconds = frame.time.div_euclid(1_000_000_000);
        let id = self.find_or_open(frame, Some(decoded), identity, hash, seconds, out);
        self.clock = seconds;
        let Some(id) = id else { return };
        let lengths = self.options.packet_lengths;
        let (file, max_packets) = (self.file, self.options.max_packets);
        let max_document = self.options.limits.document_bytes;
        let Some(session) = self.table.get_mut(id) else { return };
        let from = session.sender(identity);
        for frame in earlier {
            self.counters.packets += 1;
            self.counters.bytes += u64::from(frame.len);
            self.counters.cut += u64::from(frame.captured < frame.len);
            session.count(from, frame, file, lengths);
        }
        session.count(from, frame, file, lengths);
        session.look(from, decoded);
        let packets = session.packets();
        if packets >= max_packets || packets % WEIGHED == 0 && session.doc.memory() > max_document {
            self.save_segment(id, seconds, out);
        }
        let closed = self.transport(id, from, frame, decoded);
        if closed {
            self.table.change_class(id, class::TCP_CLOSING, seconds);
        } else if self.table.class(id) != Some(class::TCP_CLOSING) {
            self.table.touch(id, seconds);
        }
    }

    /// Takes the frames of a datagram that never became complete: nothing of it was read, but its packets are found.
    pub(crate) fn fragments(&mut self, frames: &[Frame], identity: &Identity, hash: u64, out: &mut Out<'_>) {
        let Some(first) = frames.first() else { return };
        let seconds = first.time.div_euclid(1_000_000_000).max(self.clock);
        let Some(id) = self.find_or_open(first, None, identity, hash, seconds, out) else { return };
        let (lengths, file) = (self.options.packet_lengths, self.file);
        if let Some(session) = self.table.get_mut(id) {
            let from = session.sender(identity);
            for frame in frames {
                self.counters.packets += 1;
                self.counters.bytes += u64::from(frame.len);
                self.counters.cut += u64::from(frame.captured < frame.len);
                session.count(from, frame, file, lengths);
            }
            session.doc.tag("incomplete-fragments");
        }
        self.table.touch(id, seconds);
    }

    fn count(&mut self, frame: &Frame, decoded: &Decoded<'_>) {
        let counters = &mut self.counters;
        counters.packets += 1;
        counters.bytes += u64::from(frame.len);
        counters.cut += u64::from(frame.captured < frame.len);
        if let Some(stop) = decoded.stop {
            counters.malformed.add(stop.layer, stop.why);
        }
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
        for class in 0..class::COUNT {
            let timeout = self.timeouts.get(class).copied().unwrap_or(0);
            while let Some((id, touched)) = self.table.oldest(class as u8)
                && touched.saturating_add(timeout) < self.clock
            {
                self.finish(id, out);
            }
        }
    }

    /// Moves the clock where no packet does (live, an idle line), seconds.
    pub(crate) fn tick(&mut self, seconds: i64, out: &mut Out<'_>) {
        if seconds > self.clock {
            self.clock = seconds;
            self.expire(out);
        }
    }

    /// Ends every session.
    pub(crate) fn close(&mut self, out: &mut Out<'_>) {
        for class in 0..class::COUNT {
            while let Some((id, _)) = self.table.oldest(class as u8) {
                self.finish(id, out);
            }
        }
        self.clock = i64::MIN;
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
        self.drain(&mut session);
        session.save_parsers(&self.detector, &self.options.parsers);
        let doc = document(&mut session, &self.options, false);
        self.give(doc, out);
    }

    fn save_segment(&mut self, id: FlowId, seconds: i64, out: &mut Out<'_>) {
        let Some(session) = self.table.get_mut(id) else { return };
        session.save_parsers(&self.detector, &self.options.parsers);
        let doc = document(session, &self.options, true);
        session.save_at = seconds.saturating_add(self.options.save_after);
        self.give(doc, out);
    }

    fn give(&mut self, mut doc: SessionDoc, out: &mut Out<'_>) {
        if let Some(interface) = &self.interface {
            doc.add(&session::core::INTERFACE, interface);
        }
        self.counters.documents += 1;
        self.enricher.apply(&mut doc);
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
