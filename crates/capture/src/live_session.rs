//! A session while it goes on.

use crate::examine::{Examined, Watch};
use crate::facts::{Facts, LOOKED_AT};
use crate::frame::Frame;
use crate::identity::{Ends, Identity, Kind};
use crate::keep::Kept;
use crate::sctp::SctpSide;
use crate::tcp::{FirstBytes, TcpState};
use flow::Side;
use protocols::{Conversation, Endpoint, Surroundings, Transport};
use session::{SessionDoc, SessionId};
use wire::Decoded;

/// Everything known of a session that has not ended.
pub(crate) struct LiveSession {
    pub(crate) kind: Kind,
    /// Source, destination.
    pub(crate) ends: Ends,
    /// Whether the source is the flow key's first end.
    source_first: bool,
    /// What the first frame was, an EtherType.
    pub(crate) ethertype: u16,
    /// First and last packet, nanoseconds. The first stays that of the whole session when it is saved in segments, as for Arkime.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// When it is to be saved although it goes on, seconds.
    pub(crate) save_at: i64,
    /// Of this segment.
    pub(crate) packets: [u32; 2],
    pub(crate) bytes: [u64; 2],
    pub(crate) data_bytes: [u64; 2],
    /// Packets of each direction since the beginning, up to [`LOOKED_AT`].
    looked: [u32; 2],
    pub(crate) facts: Facts,
    pub(crate) first_bytes: [FirstBytes; 2],
    /// What the parsers wrote, and the positions.
    pub(crate) doc: SessionDoc,
    pub(crate) conversation: Conversation,
    pub(crate) tcp: Option<Box<TcpState>>,
    pub(crate) sctp: Option<Box<[SctpSide; 2]>>,
    /// How it stands with the rules about what is kept, and what of it is in no packet file.
    pub(crate) kept: Option<Box<Kept>>,
    /// How it stands with the rules about evidence.
    pub(crate) examined: Examined,
    pub(crate) watch: Option<Box<Watch>>,
    pub(crate) root: Option<SessionId>,
    /// Number of this segment, from 1.
    pub(crate) segment: u32,
    /// File of the last position, for the marker in the position list.
    last_file: u32,
    /// File identity and place of this segment's first packet: what its id is made of.
    pub(crate) origin: Option<(u128, u64)>,
}

impl LiveSession {
    /// A session that a frame opens.
    pub(crate) fn new(identity: &Identity, decoded: Option<&Decoded<'_>>, time: i64) -> Box<Self> {
        // a SYN-ACK that comes first was sent by the destination
        let reversed = matches!(decoded.map(|decoded| decoded.transport), Some(wire::Transport::Tcp(tcp))
            if identity.kind == Kind::Tcp && tcp.flags().has(wire::TcpFlags::SYN_ACK));
        let mut ends = identity.ends;
        if reversed {
            ends.ips.reverse();
            ends.ports.reverse();
        }
        Box::new(Self {
            kind: identity.kind,
            ends,
            source_first: identity.first != reversed,
            // a link that has no EtherType has none here either, although its packet implies one
            ethertype: decoded
                .filter(|decoded| decoded.ether.is_some() || decoded.cooked_src.is_some())
                .map_or(0, |decoded| decoded.ethertype),
            first: time,
            last: time,
            save_at: i64::MAX,
            packets: [0; 2],
            bytes: [0; 2],
            data_bytes: [0; 2],
            looked: [0; 2],
            facts: Facts::default(),
            first_bytes: [FirstBytes::default(); 2],
            doc: SessionDoc::new(),
            conversation: Conversation::new(),
            tcp: (identity.kind == Kind::Tcp).then(Box::default),
            sctp: (identity.kind == Kind::Sctp).then(Box::default),
            kept: None,
            examined: Examined::default(),
            watch: None,
            root: None,
            segment: 1,
            last_file: 0,
            origin: None,
        })
    }

    /// Who sent a frame of this session.
    #[inline]
    pub(crate) fn sender(&self, identity: &Identity) -> Side {
        if identity.first == self.source_first || !self.kind.has_direction() { Side::Src } else { Side::Dst }
    }

    /// Counts a packet and notes where it lies.
    #[inline]
    pub(crate) fn count(&mut self, from: Side, frame: &Frame, origin: (u128, u64), lengths: bool) {
        *from.of_mut(&mut self.packets) += 1;
        *from.of_mut(&mut self.bytes) += u64::from(frame.len);
        self.last = self.last.max(frame.time);
        self.origin.get_or_insert(origin);
        if frame.place.absent().is_some() {
            return;
        }
        let length = lengths.then(|| frame.captured.saturating_add(16));
        self.doc.positions.push(frame.place.file, &mut self.last_file, frame.place.offset, length);
    }

    /// How it stands with the rules.
    pub(crate) fn kept(&mut self) -> &mut Kept {
        let before = self.packets();
        self.kept.get_or_insert_with(|| Kept::after(before))
    }

    /// Bytes that it holds, estimated.
    pub(crate) fn memory(&self) -> usize {
        use std::mem::size_of;
        let tcp = self
            .tcp
            .as_ref()
            .map_or(0, |tcp| size_of::<TcpState>() + tcp.streams.iter().map(|s| s.held()).sum::<usize>());
        let sctp = self.sctp.as_ref().map_or(0, |_| size_of::<[SctpSide; 2]>());
        let kept = self.kept.as_ref().map_or(0, |_| size_of::<Kept>());
        let watch = self.watch.as_ref().map_or(0, |watch| watch.memory());
        // the document is part of the session, and counts itself
        size_of::<Self>() - size_of::<SessionDoc>()
            + self.doc.memory()
            + self.conversation.memory()
            + tcp
            + sctp
            + kept
            + watch
    }

    /// Looks at the headers of the first packets of each direction.
    #[inline]
    pub(crate) fn look(&mut self, from: Side, decoded: &Decoded<'_>) {
        let looked = from.of_mut(&mut self.looked);
        if *looked < LOOKED_AT {
            *looked += 1;
            self.facts.look(from, decoded);
        }
    }

    /// Packets of this segment.
    pub(crate) fn packets(&self) -> u32 {
        let [src, dst] = self.packets;
        src.saturating_add(dst)
    }

    /// Starts the next segment, after this one was made a document; `doc` is what goes on of it.
    pub(crate) fn next_segment(&mut self, id: SessionId, doc: SessionDoc) {
        self.root.get_or_insert(id);
        self.segment += 1;
        self.doc = doc;
        self.packets = [0; 2];
        self.bytes = [0; 2];
        self.data_bytes = [0; 2];
        self.last_file = 0;
        self.origin = None;
        self.facts.next_segment();
    }

    /// What the parsers see around them.
    pub(crate) fn endpoints(&self) -> [Endpoint; 2] {
        let ([a, b], [c, d]) = (self.ends.ips, self.ends.ports);
        [Endpoint { ip: a, port: c }, Endpoint { ip: b, port: d }]
    }

    /// What carries the bytes that the parsers get.
    pub(crate) fn transport(&self) -> Transport {
        match self.kind {
            Kind::Tcp => Transport::Tcp,
            Kind::Udp | Kind::Dhcp => Transport::Udp,
            Kind::Sctp => Transport::Sctp,
            Kind::Icmp(number) | Kind::Esp(number) | Kind::Ip(number) => Transport::Ip(number),
            Kind::Ether(number) => Transport::Ether(number),
            Kind::Fragments | Kind::CorruptIp | Kind::CorruptEther => Transport::Ether(0),
        }
    }

    /// Lets the parsers write what they have pending.
    pub(crate) fn save_parsers(&mut self, detector: &protocols::Detector, options: &protocols::Options) {
        let around = Surroundings { detector, options, transport: self.transport(), ends: self.endpoints() };
        self.conversation.save(self.last, &mut self.doc, &around);
    }
}
