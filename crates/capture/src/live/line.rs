//! One source with all that its thread owns.

use super::queue::{Given, Giver, When};
use super::shared::Shared;
use super::{Line, SECOND, STALL};
use crate::document::now_ms;
use crate::duplicates::Duplicates;
use crate::frame::{Frame, Place};
use crate::intake::Intake;
use crate::keep::{Raw, RuleSet, Take};
use crate::store::{PacketWriter, StoreError, Vanished};
use crate::worker::{Placing, Worker};
use crate::{Counters, KeepRules, LineState, Options};
use session::SessionDoc;
use source::{Packet, Status, Stop};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Packets taken from a source at once.
const BATCH: usize = 512;
/// Documents handed to the index at once; fewer when a second has passed.
const DOCUMENTS: usize = 1_024;
/// Idle sessions that are ended between two batches: more than one batch can open, and little enough that the ring does not fill meanwhile.
const EXPIRE: usize = 2 * BATCH;
/// How long a source may go on giving what it holds after the capture was stopped.
const DRAIN: Duration = Duration::from_secs(10);
/// Packets whose time is so far from ours are not being sent now, seconds: something recorded is played back.
const NOT_NOW: i64 = 86_400;
/// A recording that goes back so far begins again, seconds.
const BACK: i64 = 60;

/// One source with all that its thread owns.
pub(super) struct Running<'a> {
    at: usize,
    line: Line,
    worker: Worker,
    intake: Intake,
    duplicates: Option<Duplicates>,
    rules: Arc<RuleSet>,
    giver: Giver<'a>,
    pending: Vec<SessionDoc>,
    shared: &'a Shared,
    clock: Clock,
    /// Packets taken.
    number: u64,
    /// Time of the latest packet, seconds; none before the first.
    latest: Option<i64>,
    /// When packets last came.
    came: Instant,
    /// Counts that belong to the line and not to its worker.
    counters: Counters,
    /// Packets that the store took and lost later, and their bytes.
    vanished: (u64, u64),
}

/// Which time sessions are idle by.
struct Clock {
    started: Instant,
    /// Seconds since 1970 when it started.
    base: i64,
    /// Whether the packets are of now: then ours counts, which nobody sets; else the packets' own.
    steady: bool,
    /// Whether they never are.
    recorded: bool,
}

impl Clock {
    /// Seconds since 1970, whatever is done to the clock of the machine meanwhile.
    fn seconds(&self) -> i64 {
        self.base.saturating_add(i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX))
    }
}

impl<'a> Running<'a> {
    pub(super) fn new(
        at: usize,
        line: Line,
        worker: Worker,
        options: Arc<Options>,
        giver: Giver<'a>,
        shared: &'a Shared,
    ) -> Self {
        let recorded = options.recorded;
        Self {
            at,
            duplicates: Duplicates::new(&line.duplicates),
            line,
            worker,
            intake: Intake::new(options),
            rules: Arc::default(),
            giver,
            pending: Vec::new(),
            shared,
            clock: Clock { started: Instant::now(), base: now_ms() / 1_000, steady: false, recorded },
            number: 0,
            latest: None,
            came: Instant::now(),
            counters: Counters::default(),
            vanished: (0, 0),
        }
    }

    /// Captures until the source ends or `stop` is set, then saves every session.
    pub(super) fn run(mut self, stop: &Stop) {
        let name = self.line.source.interface_name(0).unwrap_or(self.line.source.name()).to_owned();
        self.worker.set_interface(&name);
        self.worker.identify_by_place();
        let mut looked = Instant::now();
        let mut stopped = None;
        loop {
            let status = self.batch();
            let idle = matches!(status, Ok(Status::Idle));
            self.tick(idle);
            if looked.elapsed() >= SECOND {
                looked = Instant::now();
                self.second(When::Now);
            } else if self.pending.len() >= DOCUMENTS {
                self.hand_on(When::Now);
            }
            match status {
                Ok(Status::End) => break,
                Err(error) => {
                    self.shared.problem(format!("{error}; nothing more is captured there"));
                    break;
                }
                // it gives what it holds, and then says that it has ended
                Ok(_) if stop.is_set() && stopped.get_or_insert_with(Instant::now).elapsed() >= DRAIN => {
                    break;
                }
                Ok(_) => {}
            }
        }
        self.close();
    }

    /// Takes what the source has.
    fn batch(&mut self) -> Result<Status, source::Error> {
        let Self {
            line,
            worker,
            intake,
            duplicates,
            pending,
            shared,
            number,
            latest,
            clock,
            counters,
            rules,
            ..
        } = self;
        let Line { source, store, keep, .. } = line;
        if clock.steady {
            worker.set_now(clock.seconds());
        }
        let mut out = |doc| pending.push(doc);
        let mut waited = true;
        source.batch(BATCH, &mut |packet: &Packet<'_>| {
            // The source may have waited long for these packets: they are judged by the rules of now.
            if std::mem::take(&mut waited) {
                take_up(keep, rules, worker, store.is_some());
            }
            *number += 1;
            let seconds = packet.time.div_euclid(1_000_000_000);
            match *latest {
                None => {
                    clock.steady = !clock.recorded && (seconds - clock.seconds()).abs() < NOT_NOW;
                    if clock.steady {
                        worker.set_now(clock.seconds());
                    }
                }
                Some(latest) if !clock.steady && seconds < latest.saturating_sub(BACK) => {
                    worker.close(&mut out)
                }
                Some(_) => {}
            }
            *latest = Some(seconds);
            let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
            let len = packet.original_len.max(captured);
            let frame = Frame { time: packet.time, captured, len, place: Place::NOWHERE, at: *number };
            intake.take(&frame);
            if let Some(seen) = duplicates
                && seen.is_copy(packet.link, packet.bytes, packet.time)
            {
                counters.duplicates += 1;
                if seen.drops() {
                    counters.duplicates_dropped += 1;
                    return;
                }
            }
            let decoded = wire::decode(packet.link, packet.bytes);
            let mut arriving = Arriving { packet, store: store.as_deref_mut(), shared };
            if decoded.fragment().is_none() {
                let (identity, hash) = intake.identify(&decoded);
                worker.packet(&mut arriving, &[], &frame, &decoded, &identity, hash, &mut out);
                return;
            }
            let frame = worker.fragment(&mut arriving, &frame, &decoded);
            let now = if clock.steady { clock.seconds().saturating_mul(1_000_000_000) } else { packet.time };
            let raw = Raw { link: packet.link, bytes: packet.bytes, len };
            intake.fragment(&decoded, &frame, now, &mut |arrival, identity, hash| {
                worker.arrival(arrival, Some(raw), identity, hash, &mut out);
            });
        })
    }

    /// Ends what is idle.
    fn tick(&mut self, idle: bool) {
        let (pending, worker) = (&mut self.pending, &mut self.worker);
        let mut out = |doc| pending.push(doc);
        if !idle {
            self.came = Instant::now();
        }
        let now = match self.latest {
            Some(_) if self.clock.steady => {
                let now = self.clock.seconds();
                worker.set_now(now);
                worker.expire_some(EXPIRE, &mut out);
                now
            }
            // a recording that makes a pause goes on with our time
            Some(latest) => {
                let now =
                    latest.saturating_add(i64::try_from(self.came.elapsed().as_secs()).unwrap_or(i64::MAX));
                if idle {
                    worker.tick(now, &mut out);
                }
                now
            }
            None => return,
        };
        if idle {
            self.intake.tick(now.saturating_mul(1_000_000_000), &mut |arrival, identity, hash| {
                worker.arrival(arrival, None, identity, hash, &mut out);
            });
        }
    }

    /// What is done about every second.
    fn second(&mut self, when: When) {
        let now = now_ms().saturating_mul(1_000_000);
        self.store(|store| store.tick(now));
        self.take_vanished();
        for note in self.line.source.take_notes() {
            self.shared.problem(note);
        }
        self.hand_on(when);
        self.publish();
    }

    /// Calls the packet store where it may have to wait, and measures that.
    fn store(&mut self, call: impl FnOnce(&mut dyn PacketWriter) -> Result<(), StoreError>) {
        let Some(store) = self.line.store.as_deref_mut() else { return };
        let started = Instant::now();
        let result = call(store);
        let took = started.elapsed();
        if took >= STALL {
            self.counters.write_stalls += 1;
            self.counters.write_stall_us += u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        }
        if let Err(error) = result {
            self.shared.problem(error.to_string());
        }
    }

    /// Counts packets that the store took and lost later.
    fn take_vanished(&mut self) {
        let Some(store) = self.line.store.as_deref_mut() else { return };
        for Vanished { packets, bytes, reason, what } in store.take_vanished() {
            self.vanished.0 += packets;
            self.vanished.1 += bytes;
            self.counters.unwritten += packets;
            self.counters.unwritten_by.add_many(reason, packets);
            self.shared.problem(format!("{packets} packets lost on the way to the disk: {what}"));
        }
    }

    /// Hands documents to the index, after their packets are in their files.
    fn hand_on(&mut self, when: When) {
        if self.pending.is_empty() {
            return;
        }
        self.store(|store| store.flush());
        let documents = std::mem::take(&mut self.pending);
        match self.giver.give(documents, when) {
            Given::Taken => {}
            Given::NoRoom(count) => {
                self.counters.unindexed += count;
                self.counters.unindexed_by.slow += count;
                self.shared.problem(format!(
                    "the index is slower than sessions end: {} documents of {} were not indexed; recovering their packet files adds them",
                    self.counters.unindexed_by.slow,
                    self.line.source.name()
                ));
            }
            Given::NoIndex(count) => {
                self.counters.unindexed += count;
                self.counters.unindexed_by.refused += count;
            }
        }
    }

    /// Saves every session; nobody waits for packets any more.
    fn close(&mut self) {
        self.state(LineState::Closing);
        let mut told = Instant::now();
        let (pending, worker) = (&mut self.pending, &mut self.worker);
        let mut out = |doc| pending.push(doc);
        self.intake
            .close(&mut |arrival, identity, hash| worker.arrival(arrival, None, identity, hash, &mut out));
        loop {
            let pending = &mut self.pending;
            let done = self.worker.close_some(DOCUMENTS, &mut |doc| pending.push(doc));
            if told.elapsed() >= SECOND {
                told = Instant::now();
                self.second(When::Room);
            } else {
                self.hand_on(When::Room);
            }
            if done {
                break;
            }
        }
        self.store(|store| store.finish());
        self.take_vanished();
        self.publish();
        self.state(LineState::Ended);
    }

    fn state(&self, state: LineState) {
        self.shared.publish(self.at, |line| line.state = state);
    }

    fn publish(&mut self) {
        let mut counters = self.counters.clone();
        counters.merge(&self.worker.counters);
        self.intake.count(&mut counters);
        counters.written = counters.written.saturating_sub(self.vanished.0);
        counters.written_bytes = counters.written_bytes.saturating_sub(self.vanished.1);
        let source = self.line.source.statistics();
        counters.received = source.received;
        counters.missed = source.missed;
        counters.filtered = source.filtered;
        counters.reopened = source.reopened;
        counters.kernel_dropped = source.kernel_dropped;
        counters.ring_full = source.ring_full;
        counters.source_duplicates = source.duplicates;
        counters.source_malformed = source.malformed;
        let (open_sessions, memory) = (self.worker.sessions() as u64, self.worker.memory());
        let store = self.line.store.as_ref().map(|store| store.status());
        self.shared.publish(self.at, |line| {
            line.store = store;
            (line.counters, line.open_sessions, line.memory) = (counters, open_sessions, memory);
        });
    }
}

/// A packet in the ring, and where it is written.
struct Arriving<'a> {
    packet: &'a Packet<'a>,
    store: Option<&'a mut (dyn PacketWriter + 'static)>,
    shared: &'a Shared,
}

impl Placing for Arriving<'_> {
    #[inline]
    fn raw(&self) -> Option<Raw<'_>> {
        let Packet { link, bytes, original_len, .. } = *self.packet;
        Some(Raw { link, bytes, len: original_len })
    }

    fn place(&mut self, frame: &Frame, take: Take, counters: &mut Counters) -> Frame {
        let Some(store) = self.store.as_deref_mut() else { return *frame };
        let Packet { time, link, bytes, .. } = *self.packet;
        let (bytes, left) = match take {
            Take::All => (bytes, 0),
            Take::Head(len, _) => {
                bytes.split_at_checked(len).map_or((bytes, 0), |(head, rest)| (head, rest.len()))
            }
            Take::Nothing(rule) => {
                counters.not_kept += 1;
                counters.not_kept_bytes += bytes.len() as u64;
                return Frame { place: Place::kept_out(rule), ..*frame };
            }
        };
        match store.write(time, link, bytes, frame.len) {
            Ok(place) => {
                counters.written += 1;
                counters.written_bytes += bytes.len() as u64;
                counters.not_kept_bytes += left as u64;
                counters.cut_by_rule += u64::from(left > 0);
                Frame { place, captured: u32::try_from(bytes.len()).unwrap_or(u32::MAX), ..*frame }
            }
            Err(error) => {
                counters.unwritten += 1;
                counters.unwritten_by.add(error.reason);
                if counters.unwritten.is_power_of_two() {
                    self.shared
                        .problem(format!("{error} ({} packets not written so far)", counters.unwritten));
                }
                Frame { place: Place::lost(error.reason), ..*frame }
            }
        }
    }
}

/// Works by the rules that are in force, those about evidence too; without a store there is nothing to keep.
fn take_up(keep: &KeepRules, rules: &mut Arc<RuleSet>, worker: &mut Worker, stores: bool) {
    let now = keep.now();
    if !Arc::ptr_eq(&now, rules) {
        *rules = now.clone();
        let applied = !rules.is_empty() && stores;
        worker.set_rules(applied.then(|| rules.clone()));
    }
    worker.refresh();
}
