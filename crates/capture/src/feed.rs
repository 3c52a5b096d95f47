//! From transport headers to the parsers: streams in order, datagrams as they are.

use crate::Counters;
use crate::live_session::LiveSession;
use crate::sctp::Given;
use crate::tcp::TcpState;
use flow::{Event, Segment, Seq, Side, StreamLimits};
use protocols::{Dir, Surroundings};
use wire::{Decoded, Sctp, Tcp, TcpFlags, TcpOption};

/// The parsers' word for a side.
pub(crate) fn dir(side: Side) -> Dir {
    match side {
        Side::Src => Dir::Src,
        Side::Dst => Dir::Dst,
    }
}

/// One event of a stream to the parsers.
pub(crate) fn pass_on(
    session: &mut LiveSession,
    around: &Surroundings<'_>,
    from: Side,
    event: Event<'_>,
    counters: &mut Counters,
) {
    let doc = &mut session.doc;
    match event {
        Event::Data { bytes, time } => {
            *from.of_mut(&mut session.data_bytes) += bytes.len() as u64;
            from.of_mut(&mut session.first_bytes).see(bytes);
            if let Some(joined) = session.watch.as_deref_mut().and_then(|watch| watch.joined.as_mut()) {
                joined.take(from, bytes);
            }
            session.conversation.data(dir(from), bytes, time, doc, around);
        }
        Event::Gap { len, time } => {
            counters.streams.gaps += 1;
            counters.streams.gap_bytes += u64::from(len);
            session.conversation.gap(dir(from), len as usize, time, doc, around);
        }
        Event::End { time } => session.conversation.end(dir(from), time, doc, around),
    }
}

/// A TCP segment: flags, analysis, both streams. Whether the connection is over with it.
#[allow(clippy::too_many_arguments, reason = "split borrows of the worker")]
pub(crate) fn tcp_segment(
    session: &mut LiveSession,
    around: &Surroundings<'_>,
    from: Side,
    time: i64,
    tcp: &Tcp<'_>,
    decoded: &Decoded<'_>,
    limits: StreamLimits,
    like_arkime: bool,
    counters: &mut Counters,
    held: &mut usize,
) -> bool {
    let Some(mut state) = session.tcp.take() else { return false };
    let (flags, payload) = (tcp.flags(), decoded.payload);
    let cut = u32::try_from(decoded.missing).unwrap_or(u32::MAX);
    state.look(from, tcp, time);
    analyse(&mut state, from, tcp, payload.len() as u32 + cut, time);

    if like_arkime && !state.opened() {
        let closed = state.finishes(from, flags);
        session.tcp = Some(state);
        return closed;
    }
    let before = state.streams.iter().map(|s| s.held()).sum::<usize>();
    let seq = Seq(tcp.seq());
    let data_at = if flags.syn() { seq.plus(1) } else { seq };
    if flags.syn() {
        from.of_mut(&mut state.streams).start(data_at);
    }
    if flags.ack() && !flags.rst() {
        let ack = Seq(tcp.ack());
        let other = from.other();
        let stream = other.of_mut(&mut state.streams);
        stream.start(ack);
        stream.acknowledged(ack, time, &mut |event| pass_on(session, around, other, event, counters));
    }
    if !payload.is_empty() || cut > 0 || flags.fin() {
        let stream = from.of_mut(&mut state.streams);
        stream.segment(data_at, payload, cut, flags.fin(), time, limits, &mut |event| {
            pass_on(session, around, from, event, counters);
        });
    }
    if flags.rst() {
        for side in [Side::Src, Side::Dst] {
            let stream = side.of_mut(&mut state.streams);
            stream.close(time, &mut |event| pass_on(session, around, side, event, counters));
        }
    }
    let after = state.streams.iter().map(|s| s.held()).sum::<usize>();
    *held = (*held + after).saturating_sub(before);
    let closed = state.finishes(from, flags);
    session.tcp = Some(state);
    closed
}

fn analyse(state: &mut TcpState, from: Side, tcp: &Tcp<'_>, len: u32, time: i64) {
    let flags = tcp.flags();
    let selective = if flags.0 == TcpFlags::ACK.0 && tcp.raw_options().len() >= 10 {
        tcp.options().find_map(|o| if let TcpOption::Sack(edges) = o { Some(edges) } else { None })
    } else {
        None
    };
    let segment = Segment { time, seq: tcp.seq(), ack: tcp.ack(), len, flags: flags.0, window: tcp.window() };
    let found = state.analysis.segment(from, &segment, selective.unwrap_or_default());
    if found.any(flow::Finding::ACKED_UNSEEN) {
        *from.of_mut(&mut state.acked_unseen) = true;
    }
    if found.any(flow::Finding::OUT_OF_ORDER) {
        *from.of_mut(&mut state.out_of_order) = true;
    }
}

/// The user data of an SCTP packet to the parsers.
pub(crate) fn sctp_packet(
    session: &mut LiveSession,
    around: &Surroundings<'_>,
    from: Side,
    time: i64,
    sctp: &Sctp<'_>,
    counters: &mut Counters,
) {
    let Some(mut sides) = session.sctp.take() else { return };
    for chunk in sctp.chunks() {
        if let Some((_, _, _, protocol, _)) = chunk.data() {
            session.doc.add(&session::core::SCTP_PROTO_ID, i64::from(protocol));
        }
        let joined;
        let bytes = match from.of_mut(&mut sides).data(&chunk) {
            Given::Nothing => continue,
            Given::Message(bytes) => bytes,
            Given::Joined(bytes) => {
                joined = bytes;
                joined.as_slice()
            }
            Given::Lost(len) => {
                counters.streams.gaps += 1;
                counters.streams.gap_bytes += len as u64;
                session.conversation.gap(dir(from), len, time, &mut session.doc, around);
                continue;
            }
        };
        from.of_mut(&mut session.first_bytes).see(bytes);
        session.conversation.data(dir(from), bytes, time, &mut session.doc, around);
    }
    session.sctp = Some(sides);
}
