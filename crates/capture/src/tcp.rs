//! The TCP state of a session: flags, initial numbers, handshake, both streams.

use crate::facts::hex_digit;
use flow::{Seq, Side, TcpAnalysis, TcpStream};
use session::{SessionDoc, core, perf};
use wire::{Tcp, TcpFlags};

/// Counts of flags, in the order of [`FLAG_FIELDS`].
#[derive(Debug, Default)]
struct Flags {
    syn: u32,
    syn_ack: u32,
    ack: u32,
    psh: u32,
    fin: u32,
    rst: u32,
    urg: u32,
    ece: u32,
    cwr: u32,
    ae: u32,
    zero: [u32; 2],
}

/// How far the connection is from its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It goes on.
    #[default]
    No,
    /// FIN of one side.
    Half(Side),
    /// FIN of both sides, or RST.
    Closed,
}

/// The TCP part of a session.
#[derive(Debug, Default)]
pub(crate) struct TcpState {
    pub(crate) streams: [TcpStream; 2],
    pub(crate) analysis: TcpAnalysis,
    flags: Flags,
    /// The first SYN of the source: number, time.
    syn: Option<(u32, i64)>,
    syn_ack: Option<SynAck>,
    /// SYNs of the source with another number than the first.
    other_syns: u32,
    syn_validated: bool,
    syn_ack_validated: bool,
    /// Half the time from the first SYN to the first pure ACK, milliseconds.
    init_rtt: Option<i64>,
    /// Whether this segment of the session saw a SYN of either kind.
    saw_syn: bool,
    /// Whether any segment of the session did.
    opened: bool,
    pub(crate) ending: Ending,
    pub(crate) acked_unseen: [bool; 2],
    pub(crate) out_of_order: [bool; 2],
}

/// The first SYN-ACK.
#[derive(Clone, Copy, Debug)]
struct SynAck {
    seq: u32,
    ack: u32,
    /// What `tcpseq.dst` is for Arkime: 0 where the SYN came first.
    arkimes_seq: u32,
}

impl TcpState {
    /// Counts the flags of a segment and notes what the handshake says.
    pub(crate) fn look(&mut self, from: Side, tcp: &Tcp<'_>, time: i64) {
        let flags = tcp.flags();
        let counts = &mut self.flags;
        counts.urg += u32::from(flags.urg());
        counts.fin += u32::from(flags.fin());
        counts.rst += u32::from(flags.rst());
        counts.psh += u32::from(flags.psh());
        counts.ece += u32::from(flags.has(TcpFlags::ECE));
        counts.cwr += u32::from(flags.has(TcpFlags::CWR));
        counts.ae += u32::from(tcp.ae());
        if tcp.window() == 0 && !flags.rst() && !flags.syn() {
            *from.of_mut(&mut counts.zero) += 1;
        }
        match (flags.syn(), flags.ack()) {
            (true, false) => {
                counts.syn += 1;
                self.syn(from, tcp, time);
            }
            (true, true) => {
                counts.syn_ack += 1;
                self.syn_ack(from, tcp);
            }
            (false, true) => self.ack(from, tcp, time),
            (false, false) => {}
        }
    }

    fn syn(&mut self, from: Side, tcp: &Tcp<'_>, time: i64) {
        (self.saw_syn, self.opened) = (true, true);
        if from != Side::Src {
            return;
        }
        match self.syn {
            None => {
                self.syn = Some((tcp.seq(), time));
                self.syn_validated |= self.syn_ack.is_some_and(|s| s.ack == tcp.seq().wrapping_add(1));
            }
            Some((first, ..)) => self.other_syns += u32::from(first != tcp.seq()),
        }
    }

    fn syn_ack(&mut self, from: Side, tcp: &Tcp<'_>) {
        (self.saw_syn, self.opened) = (true, true);
        if from != Side::Dst {
            return;
        }
        if self.syn_ack.is_none() {
            let arkimes_seq = if self.syn.is_some() { 0 } else { tcp.seq() };
            self.syn_ack = Some(SynAck { seq: tcp.seq(), ack: tcp.ack(), arkimes_seq });
        }
        self.syn_validated |= self.syn.is_some_and(|(seq, ..)| tcp.ack() == seq.wrapping_add(1));
    }

    fn ack(&mut self, from: Side, tcp: &Tcp<'_>, time: i64) {
        let flags = tcp.flags();
        let pure = !(flags.fin() || flags.rst() || flags.psh());
        if pure {
            self.flags.ack += 1;
            if self.init_rtt.is_none()
                && let Some((_, syn)) = self.syn
            {
                self.init_rtt = Some(round_trip(syn, time) / 2);
            }
        }
        if from == Side::Src
            && !flags.rst()
            && !self.syn_ack_validated
            && let Some(syn_ack) = self.syn_ack
        {
            // it answers the SYN-ACK where it goes on from what that acknowledged, and acknowledges nothing but what was sent
            let first = Seq(syn_ack.seq.wrapping_add(1));
            let sent = Side::Dst.of(&self.streams).next().unwrap_or(first);
            let ack = Seq(tcp.ack());
            self.syn_ack_validated = tcp.seq() == syn_ack.ack
                && !ack.before(first)
                && !ack.after(if sent.before(first) { first } else { sent });
        }
    }

    /// Whether a SYN or SYN-ACK was seen since the session began, in whatever segment of it.
    pub(crate) fn opened(&self) -> bool {
        self.opened
    }

    /// Notes FIN and RST; whether the connection is over now and was not before.
    pub(crate) fn finishes(&mut self, from: Side, flags: TcpFlags) -> bool {
        let before = self.ending;
        self.ending = match (before, flags.rst(), flags.fin()) {
            (Ending::Closed, ..) | (_, true, _) => Ending::Closed,
            (Ending::No, _, true) => Ending::Half(from),
            (Ending::Half(side), _, true) if side != from => Ending::Closed,
            (other, ..) => other,
        };
        self.ending == Ending::Closed && before != Ending::Closed
    }

    /// Whether this SYN opens another connection on the ports of one that is over.
    pub(crate) fn is_reopened_by(&self, tcp: &Tcp<'_>) -> bool {
        let flags = tcp.flags();
        self.ending == Ending::Closed
            && flags.syn()
            && !flags.ack()
            && self.syn.is_some_and(|(seq, ..)| seq != tcp.seq())
    }

    /// Writes the fields of the document, and starts counting for the next segment of the session.
    pub(crate) fn write(&mut self, doc: &mut SessionDoc, like_arkime: bool) {
        let Flags { syn, syn_ack, ack, psh, fin, rst, urg, ece, cwr, ae, zero: [src_zero, dst_zero] } =
            std::mem::take(&mut self.flags);
        for (field, count) in [
            (&core::TCP_SYN, syn),
            (&core::TCP_SYN_ACK, syn_ack),
            (&core::TCP_ACK, ack),
            (&core::TCP_PSH, psh),
            (&core::TCP_FIN, fin),
            (&core::TCP_RST, rst),
            (&core::TCP_URG, urg),
            (&core::TCP_ECE, ece),
            (&core::TCP_CWR, cwr),
            (&core::TCP_AE, ae),
            (&core::TCP_SRC_ZERO, src_zero),
            (&core::TCP_DST_ZERO, dst_zero),
        ] {
            doc.add_new(field, i64::from(count));
        }
        if std::mem::take(&mut self.saw_syn) {
            if let Some((seq, ..)) = self.syn {
                doc.add_new(&core::TCP_SEQ_SRC, i64::from(seq));
                doc.add_new(&core::TCP_SRC_ISN_COUNT, i64::from(self.other_syns) + 1);
            }
            if let Some(syn_ack) = self.syn_ack {
                let seq = if like_arkime { syn_ack.arkimes_seq } else { syn_ack.seq };
                doc.add_new(&core::TCP_SEQ_DST, i64::from(seq));
            }
            doc.add_new(&core::TCP_SYN_VALIDATED, self.syn_validated);
            doc.add_new(&core::TCP_SYN_ACK_VALIDATED, self.syn_ack_validated);
            if let Some(rtt) = self.init_rtt {
                doc.add_new(&core::INIT_RTT, rtt);
            }
            self.write_handshake(doc);
        }
        for (n, side) in ["src", "dst"].into_iter().enumerate() {
            if self.acked_unseen.get(n) == Some(&true) {
                doc.tag(&format!("acked-unseen-segment-{side}"));
            }
            if self.out_of_order.get(n) == Some(&true) {
                doc.tag(&format!("out-of-order-{side}"));
            }
        }
        self.write_measures(doc);
    }

    fn write_handshake(&self, doc: &mut SessionDoc) {
        let times = self.analysis.handshake();
        let micros = |time: i64| time / 1_000;
        if let Some(server) = times.server {
            doc.add_new(&perf::TCP_HANDSHAKE_DST, micros(server));
        }
        if let Some(client) = times.client {
            doc.add_new(&perf::TCP_HANDSHAKE_SRC, micros(client));
        }
        if let (Some(server), Some(client)) = (times.server, times.client) {
            doc.add_new(&perf::TCP_HANDSHAKE, micros(server + client));
        }
    }

    fn write_measures(&mut self, doc: &mut SessionDoc) {
        let src = self.analysis.take(Side::Src);
        let dst = self.analysis.take(Side::Dst);
        for (field, count) in [
            (&perf::TCP_RETRANSMISSIONS_SRC, src.retransmissions),
            (&perf::TCP_RETRANSMISSIONS_DST, dst.retransmissions),
            (&perf::TCP_OUT_OF_ORDER_SRC, src.out_of_order),
            (&perf::TCP_OUT_OF_ORDER_DST, dst.out_of_order),
            (&perf::TCP_LOST_SRC, src.lost),
            (&perf::TCP_LOST_DST, dst.lost),
            (&perf::TCP_DUP_ACKS_SRC, src.duplicate_acks),
            (&perf::TCP_DUP_ACKS_DST, dst.duplicate_acks),
            (&perf::TCP_ZERO_WINDOWS_SRC, src.zero_windows),
            (&perf::TCP_ZERO_WINDOWS_DST, dst.zero_windows),
        ] {
            if count > 0 {
                doc.add_new(field, i64::from(count));
            }
        }
    }
}

/// Milliseconds between two times (nanoseconds) as Arkime counts them: seconds and the part below them each for itself, cut towards zero.
fn round_trip(from: i64, to: i64) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    let seconds = to.div_euclid(SECOND) - from.div_euclid(SECOND);
    let below = to.rem_euclid(SECOND) / 1_000 - from.rem_euclid(SECOND) / 1_000;
    (seconds * 1_000 + below / 1_000).max(0)
}

/// The first bytes that one side sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstBytes {
    bytes: [u8; 8],
    len: u8,
}

impl FirstBytes {
    /// Takes the first datagram; later ones change nothing.
    #[inline]
    pub(crate) fn see_first(&mut self, bytes: &[u8]) {
        if self.len == 0 {
            self.see(bytes);
        }
    }

    /// Takes the next bytes, until there are enough.
    #[inline]
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        if usize::from(self.len) < self.bytes.len() {
            for (place, byte) in self.bytes.iter_mut().skip(usize::from(self.len)).zip(bytes) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    /// Calls `with` with their hex text, if there are any.
    pub(crate) fn hex(&self, with: impl FnOnce(&str)) {
        let mut text = [0; 16];
        for (place, byte) in text.chunks_mut(2).zip(&self.bytes) {
            if let [high, low] = place {
                (*high, *low) = (hex_digit(byte >> 4), hex_digit(byte & 15));
            }
        }
        if let Some(text) = text.get(..usize::from(self.len) * 2).filter(|text| !text.is_empty()) {
            with(std::str::from_utf8(text).unwrap_or_default());
        }
    }
}
