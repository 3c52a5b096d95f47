//! Live capture: each source has its own worker from the ring to the document.

use crate::document::now_ms;
use crate::frame::{Frame, Place};
use crate::intake::Intake;
use crate::store::PacketWriter;
use crate::worker::Worker;
use crate::{Counters, DuplicateOptions, KeepRules, LiveStatus, Options};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use enrich::Enricher;
use index::{ErrorKind, SessionSink};
use protocols::Detector;
use session::SessionDoc;
use source::{Packet, PacketSource, Status, Stop};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Packets taken from a source at once.
const BATCH: usize = 512;
/// Documents handed to the index at once; fewer when a second has passed.
const DOCUMENTS: usize = 1_024;
/// How often clocks are looked at, documents handed on, the index committed.
const SECOND: Duration = Duration::from_secs(1);
/// Documents that wait while the index refuses them; then workers wait, and what the kernel drops meanwhile is counted.
const QUEUE: usize = 64;

/// Waits for the packet store that are counted as stalls begin here.
pub const STALL: Duration = Duration::from_millis(10);

/// A source and where its packets go.
pub struct Line {
    /// Where packets come from.
    pub source: Box<dyn PacketSource>,
    /// Where they are kept; without it only sessions are.
    pub store: Option<Box<dyn PacketWriter>>,
    /// What is not kept of them.
    pub keep: KeepRules,
    /// What is done with copies.
    pub duplicates: DuplicateOptions,
}

impl Line {
    /// A line that keeps every packet.
    #[must_use]
    pub fn new(source: Box<dyn PacketSource>, store: Option<Box<dyn PacketWriter>>) -> Self {
        Self { source, store, keep: KeepRules::none(), duplicates: DuplicateOptions::default() }
    }
}

#[derive(Default)]
struct Shared {
    lines: Vec<(Counters, u64)>,
    unindexed: u64,
    problems: Vec<String>,
}

/// Problems that are remembered until somebody looks.
const MAX_PROBLEMS: usize = 100;

impl Shared {
    fn problem(&mut self, text: String) {
        if self.problems.len() < MAX_PROBLEMS && self.problems.last() != Some(&text) {
            self.problems.push(text);
        }
    }
}

/// Captures until `stop` is set or every source has ended. Long sessions are saved while they go on; documents reach the index within about a
/// second of the session's end. `status` is called about every second, and once at the end.
///
/// # Errors
/// The last commit of the index failed. Everything else is retried and reported as a problem.
pub fn live(
    lines: Vec<Line>,
    options: Options,
    enricher: &Arc<Enricher>,
    sink: &mut dyn SessionSink,
    stop: &Stop,
    status: &mut dyn FnMut(&LiveStatus),
) -> Result<Counters, index::Error> {
    let options = Arc::new(Options { save_all: true, ..options });
    let detector = Arc::new(Detector::default());
    let shared = Mutex::new(Shared::default());
    let (documents, queue) = bounded(QUEUE);
    let committed = std::thread::scope(|scope| {
        let mut running = Vec::with_capacity(lines.len());
        for (at, line) in lines.into_iter().enumerate() {
            lock(&shared).lines.push(Default::default());
            let worker = Worker::new(options.clone(), detector.clone(), enricher.clone());
            let run = Running {
                at,
                line,
                worker,
                intake: Intake::new(options.clone()),
                documents: documents.clone(),
                pending: Vec::new(),
                shared: &shared,
            };
            running.push(scope.spawn(move || run.run(stop)));
        }
        drop(documents);
        let shared = &shared;
        let indexing = scope.spawn(move || write(sink, &queue, shared, stop));
        while !(indexing.is_finished() || running.iter().all(|line| line.is_finished())) {
            std::thread::park_timeout(SECOND / 5);
            if lock(shared).lines.iter().any(|(counters, _)| counters.packets > 0) || stop.is_set() {
                status(&snapshot(shared));
            }
            std::thread::park_timeout(SECOND - SECOND / 5);
        }
        for line in running {
            if line.join().is_err() {
                lock(shared).problem("a capture thread ended unexpectedly".to_owned());
            }
        }
        indexing.join()
    });
    let last = snapshot(&shared);
    status(&last);
    match committed {
        Ok(result) => result.map(|()| last.counters),
        Err(_) => {
            let context = "the thread that writes to the index ended unexpectedly";
            Err(index::Error::new(ErrorKind::Unavailable, context))
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn snapshot(shared: &Mutex<Shared>) -> LiveStatus {
    let mut shared = lock(shared);
    let mut status = LiveStatus { problems: std::mem::take(&mut shared.problems), ..LiveStatus::default() };
    for (counters, open) in &shared.lines {
        status.counters.merge(counters);
        status.open_sessions += open;
    }
    status.counters.unindexed += shared.unindexed;
    status
}

/// One source with all that its thread owns.
struct Running<'a> {
    at: usize,
    line: Line,
    worker: Worker,
    intake: Intake,
    documents: Sender<Vec<SessionDoc>>,
    pending: Vec<SessionDoc>,
    shared: &'a Mutex<Shared>,
}

impl Running<'_> {
    fn run(mut self, stop: &Stop) {
        let name = self.line.source.interface_name(0).unwrap_or(self.line.source.name()).to_owned();
        self.worker.set_interface(&name);
        let mut looked = Instant::now();
        // positions of a run without a store have nothing but their order to tell sessions apart
        let run = u128::from(now_ms().unsigned_abs()) << 16 | self.at as u128;
        self.worker.set_file(run);
        let mut number = 0u64;
        loop {
            let status = self.batch(&mut number);
            let late = looked.elapsed() >= SECOND;
            if late {
                looked = Instant::now();
                self.second(matches!(status, Ok(Status::Idle)));
            } else if self.pending.len() >= DOCUMENTS {
                self.hand_on();
            }
            match status {
                Ok(Status::End) => break,
                Err(error) => {
                    lock(self.shared).problem(error.to_string());
                    break;
                }
                Ok(_) if stop.is_set() => break,
                Ok(_) => {}
            }
        }
        let pending = &mut self.pending;
        let worker = &mut self.worker;
        let mut out = |doc| pending.push(doc);
        self.intake.close(&mut |arrival, identity, hash| worker.arrival(arrival, identity, hash, &mut out));
        worker.close(&mut out);
        self.hand_on();
        if let Some(store) = &mut self.line.store
            && let Err(error) = store.finish()
        {
            lock(self.shared).problem(error.to_string());
        }
        self.publish();
    }

    /// Takes what the source has.
    fn batch(&mut self, number: &mut u64) -> Result<Status, source::Error> {
        let Line { source, store, .. } = &mut self.line;
        let (worker, intake, pending, shared) =
            (&mut self.worker, &mut self.intake, &mut self.pending, self.shared);
        let mut out = |doc| pending.push(doc);
        source.batch(BATCH, &mut |packet: &Packet<'_>| {
            *number += 1;
            let place = match store {
                Some(store) => store.write(packet.time, packet.link, packet.bytes, packet.original_len),
                None => Ok(Place::NOWHERE),
            };
            let place = place.unwrap_or_else(|error| {
                worker.counters.unwritten += 1;
                if worker.counters.unwritten.is_power_of_two() {
                    lock(shared).problem(error.to_string());
                }
                Place::NOWHERE
            });
            let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
            let len = packet.original_len.max(captured);
            let frame = Frame { time: packet.time, captured, len, place, at: *number };
            intake.frame(packet.link, packet.bytes, &frame, &mut |arrival, identity, hash| {
                worker.arrival(arrival, identity, hash, &mut out);
            });
        })
    }

    /// What a clock asks for.
    fn second(&mut self, idle: bool) {
        let now = now_ms();
        if idle {
            let pending = &mut self.pending;
            self.worker.tick(now / 1_000, &mut |doc| pending.push(doc));
        }
        if let Some(store) = &mut self.line.store
            && let Err(error) = store.tick(now.saturating_mul(1_000_000))
        {
            lock(self.shared).problem(error.to_string());
        }
        self.hand_on();
        self.publish();
    }

    /// Hands documents to the index, after their packets are in their files.
    fn hand_on(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        if let Some(store) = &mut self.line.store
            && let Err(error) = store.flush()
        {
            lock(self.shared).problem(error.to_string());
        }
        let documents = std::mem::take(&mut self.pending);
        if let Err(lost) = self.documents.send(documents) {
            self.worker.counters.unindexed += lost.0.len() as u64;
        }
    }

    fn publish(&mut self) {
        let mut counters = self.worker.counters.clone();
        self.intake.count(&mut counters);
        counters.kernel_dropped = self.line.source.statistics().kernel_dropped;
        let open = self.worker.sessions() as u64;
        if let Some(mine) = lock(self.shared).lines.get_mut(self.at) {
            *mine = (counters, open);
        }
    }
}

/// Writes documents to the index and commits every second.
fn write(
    sink: &mut dyn SessionSink,
    queue: &Receiver<Vec<SessionDoc>>,
    shared: &Mutex<Shared>,
    stop: &Stop,
) -> Result<(), index::Error> {
    let mut committed = Instant::now();
    let mut dirty = false;
    loop {
        let received = queue.recv_timeout(SECOND);
        match received {
            Ok(documents) => {
                append(sink, documents, shared, stop);
                dirty = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return sink.commit(),
        }
        if dirty && committed.elapsed() >= SECOND {
            committed = Instant::now();
            match sink.commit() {
                Ok(()) => dirty = false,
                Err(error) => lock(shared).problem(error.to_string()),
            }
        }
    }
}

/// Appends documents; tries again while the index has no room or cannot be reached. Stopping ends the trying.
fn append(sink: &mut dyn SessionSink, documents: Vec<SessionDoc>, shared: &Mutex<Shared>, stop: &Stop) {
    let mut wait = Duration::from_millis(50);
    let mut documents = documents;
    loop {
        let count = documents.len() as u64;
        let again = documents.clone();
        let Err(error) = sink.append(documents) else { return };
        lock(shared).problem(error.to_string());
        let passing = matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Full);
        if !passing || stop.is_set() {
            lock(shared).unindexed += count;
            return;
        }
        documents = again;
        std::thread::sleep(wait);
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}
