//! The packets of a session as what both sides said to each other.

use crate::merge::Packet;
use flow::{DefragLimits, Defragmented, Defragmenter, Event, Part, Seq, Side, StreamLimits, TcpStream};
use std::net::IpAddr;
use wire::{Decoded, LinkType, Mac, Net, Transport, decode, decode_ip};

/// What one side said without the other saying anything in between. Datagrams are not joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who.
    pub speaker: Side,
    /// Arrival of its first byte, nanoseconds since 1970.
    pub time: i64,
    /// Bytes before it that were not captured.
    pub lost_before: u64,
    /// What was said.
    pub bytes: Vec<u8>,
}

/// A conversation, or the part of it that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// In order of time.
    pub turns: Vec<Turn>,
    /// Bytes that lie beyond the limit and are not in `turns`.
    pub left_out: u64,
    /// Bytes that were sent and not captured.
    pub lost: u64,
    /// Packets that carry nothing readable.
    pub unreadable: u64,
}

/// Builds a [`Conversation`] from packets in order of time: TCP is reassembled, fragments are joined, retransmissions
/// dropped; of UDP, SCTP and everything else each packet's payload is a turn.
pub struct ConversationBuilder {
    /// Address and port of the side that opened the session; the first packet's sender where it is not known.
    source: Option<(IpAddr, Option<u16>)>,
    source_mac: Option<Mac>,
    streams: [TcpStream; 2],
    /// None before the first fragment.
    fragments: Option<Box<Defragmenter<()>>>,
    last: i64,
    out: Out,
}

/// What was said so far.
struct Out {
    held: usize,
    limit: usize,
    /// What each side says, where turns are not asked for.
    joined: Option<[Vec<u8>; 2]>,
    conversation: Conversation,
}

impl std::fmt::Debug for ConversationBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationBuilder").field("held", &self.out.held).finish_non_exhaustive()
    }
}

impl ConversationBuilder {
    /// `source` is who opened the session (`ip.src`, `port.src`); at most `limit` bytes are kept.
    pub fn new(source: Option<(IpAddr, Option<u16>)>, limit: usize) -> Self {
        Self {
            source,
            source_mac: None,
            streams: [TcpStream::new(), TcpStream::new()],
            fragments: None,
            last: 0,
            out: Out { held: 0, limit, joined: None, conversation: Conversation::default() },
        }
    }

    /// Puts all that a side says together, whoever says something in between, datagrams too: nothing becomes a turn.
    /// `room` is used for it, of the source first.
    #[must_use]
    pub fn joined(mut self, room: [Vec<u8>; 2]) -> Self {
        self.out.joined = Some(room.map(|mut room| {
            room.clear();
            room
        }));
        self
    }

    /// Takes a packet.
    pub fn packet(&mut self, packet: &Packet<'_>) {
        self.last = packet.time;
        let decoded = decode(LinkType(packet.link), packet.bytes);
        let Net::Ip(ip) = &decoded.net else { return self.decoded(&decoded, packet.time) };
        let Some(fragment) = ip.fragment else { return self.decoded(&decoded, packet.time) };
        let part = Part {
            src: ip.src,
            dst: ip.dst,
            protocol: ip.protocol,
            id: fragment.id,
            scope: 0,
            offset: fragment.offset,
            more: fragment.more,
            bytes: decoded.payload,
        };
        let fragments = self.fragments.get_or_insert_with(|| {
            // a fragment may wait for half a minute of packet time
            let limits = DefragLimits { datagrams: 64, bytes: 4 << 20, timeout: 30_000_000_000 };
            Box::new(Defragmenter::new(limits))
        });
        match fragments.part(&part, packet.time, ()) {
            Defragmented::Waiting => {}
            Defragmented::Complete { bytes, .. } => self.decoded(&decode_ip(&decoded, &bytes), packet.time),
            Defragmented::Bad { frames } => self.out.conversation.unreadable += frames.len() as u64,
        }
    }

    fn speaker(&mut self, decoded: &Decoded<'_>) -> Side {
        let Some(ip) = decoded.ip() else {
            let Some(ether) = decoded.ether else { return Side::Src };
            let first = *self.source_mac.get_or_insert(ether.macs.src);
            return if first == ether.macs.src { Side::Src } else { Side::Dst };
        };
        let ports = decoded.transport.ports();
        let (source, port) = *self.source.get_or_insert((ip.src, ports.map(|(src, _)| src)));
        let same_port = match (port, ports) {
            (Some(port), Some((src, _))) => port == src,
            _ => true,
        };
        // a host that talks to itself is told apart by the port, one that is not the source by the address
        if ip.src == source && same_port { Side::Src } else { Side::Dst }
    }

    fn decoded(&mut self, decoded: &Decoded<'_>, time: i64) {
        let speaker = self.speaker(decoded);
        let out = &mut self.out;
        let Transport::Tcp(tcp) = &decoded.transport else {
            if decoded.stop.is_some() && decoded.payload.is_empty() {
                out.conversation.unreadable += 1;
            } else if !decoded.payload.is_empty() {
                out.say(speaker, time, decoded.payload, Join::Never);
                out.conversation.lost += decoded.missing as u64;
            }
            return;
        };
        let flags = tcp.flags();
        let seq = Seq(tcp.seq());
        let [source, destination] = &mut self.streams;
        let (own, other) = match speaker {
            Side::Src => (source, destination),
            Side::Dst => (destination, source),
        };
        // data may come with a SYN, behind it
        let first = if flags.syn() { seq.plus(1) } else { seq };
        if flags.syn() {
            if own.next().is_some_and(|next| next != first && own.held() == 0 && own.ended()) {
                own.restart(first);
            } else {
                own.start(first);
            }
        }
        if flags.rst() {
            return;
        }
        if flags.ack() {
            // what the other side had said before this packet answers it
            other.start(Seq(tcp.ack()));
            other.acknowledged(Seq(tcp.ack()), time, &mut |event| out.take(speaker.other(), event));
        }
        let cut = u32::try_from(decoded.missing).unwrap_or(u32::MAX);
        let mut emit = |event: Event<'_>| out.take(speaker, event);
        own.segment(first, decoded.payload, cut, flags.fin(), time, StreamLimits::default(), &mut emit);
    }

    /// Nothing more will come.
    pub fn finish(mut self) -> Conversation {
        self.close();
        self.out.conversation
    }

    /// Nothing more will come: what each side said, the source first, of a builder that was made [`Self::joined`].
    pub fn finish_joined(mut self) -> [Vec<u8>; 2] {
        self.close();
        self.out.joined.unwrap_or_default()
    }

    fn close(&mut self) {
        let last = self.last;
        for (stream, speaker) in self.streams.iter_mut().zip([Side::Src, Side::Dst]) {
            stream.close(last, &mut |event| self.out.take(speaker, event));
        }
        while let Some(frames) = self.fragments.as_mut().and_then(|fragments| fragments.close()) {
            self.out.conversation.unreadable += frames.len() as u64;
        }
    }
}

impl Out {
    fn take(&mut self, speaker: Side, event: Event<'_>) {
        match event {
            Event::Data { bytes, time } => self.say(speaker, time, bytes, Join::SameSpeaker),
            Event::Gap { len, time } => {
                self.conversation.lost += u64::from(len);
                if self.held < self.limit && self.joined.is_none() {
                    let turn = Turn { speaker, time, lost_before: u64::from(len), bytes: Vec::new() };
                    self.conversation.turns.push(turn);
                }
            }
            Event::End { .. } => {}
        }
    }

    fn say(&mut self, speaker: Side, time: i64, bytes: &[u8], join: Join) {
        let room = self.limit.saturating_sub(self.held).min(bytes.len());
        let (kept, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        let Conversation { turns, left_out, .. } = &mut self.conversation;
        *left_out += rest.len() as u64;
        if kept.is_empty() {
            return;
        }
        self.held += kept.len();
        if let Some([source, destination]) = &mut self.joined {
            let said = if speaker == Side::Src { source } else { destination };
            said.extend_from_slice(kept);
            return;
        }
        match turns.last_mut() {
            Some(last) if last.speaker == speaker && (join == Join::SameSpeaker || last.bytes.is_empty()) => {
                last.bytes.extend_from_slice(kept);
            }
            _ => turns.push(Turn { speaker, time, lost_before: 0, bytes: kept.to_vec() }),
        }
    }
}

/// Whether bytes go to the turn before them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Join {
    SameSpeaker,
    Never,
}
