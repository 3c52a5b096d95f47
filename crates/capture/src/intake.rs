//! From the bytes of a frame to the session it belongs to: decoding, defragmentation, identity, hash.

use crate::frame::Frame;
use crate::identity::{Ends, Identity, Kind};
use crate::{Counters, Options};
use flow::{DefragLimits, Defragmented, Defragmenter, FlowHasher, FlowKey, Part, Scope};
use std::sync::Arc;
use wire::{Decoded, LinkType};

/// What is kept of a fragment until its datagram is complete.
#[derive(Clone, Copy)]
struct Waiting {
    frame: Frame,
    identity: Identity,
}

/// Decodes frames and puts fragmented datagrams together.
pub(crate) struct Intake {
    options: Arc<Options>,
    hasher: FlowHasher,
    fragments: Defragmenter<Waiting>,
    seen: u64,
    /// Packets, their bytes on the wire, and those that the snap length cut.
    packets: u64,
    bytes: u64,
    cut: u64,
}

/// A frame, or the frames of a datagram, on the way to a session.
pub(crate) enum Arrival<'a> {
    /// A frame that carries all of its datagram.
    Frame(&'a Frame, &'a Decoded<'a>),
    /// A datagram from several frames: those before the last, the last, the last as decoded, and the datagram's payload.
    Datagram { earlier: &'a [Frame], last: &'a Frame, around: &'a Decoded<'a>, payload: Vec<u8> },
    /// Fragments of a datagram that never became complete.
    Fragments(&'a [Frame]),
}

impl Intake {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        let limits = DefragLimits {
            datagrams: options.limits.datagrams,
            bytes: options.limits.datagram_bytes,
            timeout: options.timeouts.fragments.saturating_mul(1_000_000_000),
        };
        Self {
            options,
            hasher: FlowHasher::new(),
            fragments: Defragmenter::new(limits),
            seen: 0,
            packets: 0,
            bytes: 0,
            cut: 0,
        }
    }

    /// Takes a frame and calls `give` with what became complete by it: nothing (a fragment), one thing, or several (fragments given up).
    pub(crate) fn frame(
        &mut self,
        link: LinkType,
        bytes: &[u8],
        frame: &Frame,
        give: &mut dyn FnMut(Arrival<'_>, &Identity, u64),
    ) {
        self.take(frame);
        let decoded = wire::decode(link, bytes);
        if decoded.fragment().is_none() {
            let (identity, hash) = self.identify(&decoded);
            give(Arrival::Frame(frame, &decoded), &identity, hash);
            return;
        }
        self.fragment(&decoded, frame, frame.time, give);
    }

    /// Counts a packet.
    #[inline]
    pub(crate) fn take(&mut self, frame: &Frame) {
        self.packets += 1;
        self.bytes += u64::from(frame.len);
        self.cut += u64::from(frame.captured < frame.len);
    }

    /// The session of a frame that is not a fragment, and its hash.
    #[inline]
    pub(crate) fn identify(&self, decoded: &Decoded<'_>) -> (Identity, u64) {
        let identity = Identity::of(decoded, &self.options);
        (identity, identity.key.hash_with(&self.hasher))
    }

    /// Takes a fragment; `now` is the time, in nanoseconds, by which incomplete datagrams are given up.
    pub(crate) fn fragment(
        &mut self,
        decoded: &Decoded<'_>,
        frame: &Frame,
        now: i64,
        give: &mut dyn FnMut(Arrival<'_>, &Identity, u64),
    ) {
        let (Some(ip), Some(fragment)) = (decoded.ip(), decoded.fragment()) else { return };
        self.seen += 1;
        let vlan = decoded.vlans.first().map_or(0, |tag| u64::from(tag.id));
        let part = Part {
            src: ip.src,
            dst: ip.dst,
            protocol: ip.protocol,
            id: fragment.id,
            scope: vlan << 32 | u64::from(decoded.vni.unwrap_or(0)),
            offset: fragment.offset,
            more: fragment.more,
            bytes: decoded.payload,
        };
        let (key, first) = FlowKey::ip(ip.src, ip.dst, (0, 0), ip.protocol, Scope::default());
        let ends = Ends { ips: [ip.src, ip.dst], ports: [0; 2], has_ips: true, protocol: ip.protocol };
        let identity = Identity { key, first, kind: Kind::Fragments, ends };
        match self.fragments.part(&part, now, Waiting { frame: *frame, identity }) {
            Defragmented::Waiting => {}
            Defragmented::Complete { bytes, frames } => {
                let whole = wire::decode_ip(decoded, &bytes);
                let identity = Identity::of(&whole, &self.options);
                let hash = identity.key.hash_with(&self.hasher);
                let frames: Vec<Frame> = frames.iter().map(|w| w.frame).collect();
                if let Some((last, earlier)) = frames.split_last() {
                    give(
                        Arrival::Datagram { earlier, last, around: decoded, payload: bytes },
                        &identity,
                        hash,
                    );
                }
            }
            Defragmented::Bad { frames } => self.give_up(frames, give),
        }
        self.tick(now, give);
    }

    /// Gives up the datagrams that have been incomplete for too long at `now`, nanoseconds.
    pub(crate) fn tick(&mut self, now: i64, give: &mut dyn FnMut(Arrival<'_>, &Identity, u64)) {
        while let Some(frames) = self.fragments.give_up(now) {
            self.give_up(frames, give);
        }
    }

    fn give_up(&self, frames: Vec<Waiting>, give: &mut dyn FnMut(Arrival<'_>, &Identity, u64)) {
        if let Some(one) = frames.first() {
            let identity = one.identity;
            let frames: Vec<Frame> = frames.iter().map(|w| w.frame).collect();
            give(Arrival::Fragments(&frames), &identity, identity.key.hash_with(&self.hasher));
        }
    }

    /// Gives up what is incomplete at the end of the input.
    pub(crate) fn close(&mut self, give: &mut dyn FnMut(Arrival<'_>, &Identity, u64)) {
        while let Some(frames) = self.fragments.close() {
            self.give_up(frames, give);
        }
    }

    /// Adds the counts of packets and fragments.
    pub(crate) fn count(&self, counters: &mut Counters) {
        counters.packets += self.packets;
        counters.bytes += self.bytes;
        counters.cut += self.cut;
        let counts = self.fragments.counts();
        let to = &mut counters.fragments;
        to.seen += self.seen;
        to.complete += counts.complete;
        to.bad += counts.bad;
        to.timed_out += counts.timed_out;
        to.evicted += counts.evicted;
    }
}
