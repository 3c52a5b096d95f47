//! Live capture: each source has its own worker from the ring to the document.
//!
//! Nothing on the way of a packet waits for another thread: packets are taken as fast as the worker can, copied once into the buffer of the
//! packet store, and their sessions kept in the worker's own table. Documents leave over one queue to the thread that writes to the index.
//! The queue is bounded by bytes; while the index is slow or refuses, documents wait there, and beyond that they are counted and the packet
//! files that their sessions can be made from again are named ([`crate::LiveStatus::recover`]).

mod line;
mod queue;
mod shared;

use crate::examine::Examination;
use crate::store::PacketWriter;
use crate::worker::Worker;
use crate::{Counters, DuplicateOptions, KeepRules, LineStatus, LiveStatus, Options};
use enrich::Enricher;
use index::{ErrorKind, SessionSink};
use line::Running;
use protocols::Detector;
use shared::Shared;
use source::{PacketSource, Stop};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often clocks are looked at, documents handed on, the index committed.
const SECOND: Duration = Duration::from_secs(1);
/// How long the end of all threads may go unnoticed.
const BLINK: Duration = Duration::from_millis(20);

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
    /// What packets are examined for.
    pub examination: Option<Examination>,
}

impl Line {
    /// A line that keeps every packet.
    #[must_use]
    pub fn new(source: Box<dyn PacketSource>, store: Option<Box<dyn PacketWriter>>) -> Self {
        Self {
            source,
            store,
            keep: KeepRules::none(),
            duplicates: DuplicateOptions::default(),
            examination: None,
        }
    }
}

/// Captures until `stop` is set or every source has ended. A source that ends or fails ends its line only: its sessions are saved, the others
/// go on. Long sessions are saved while they go on; documents reach the index within about a second of the session's end. When `stop` is set,
/// every session is saved, which takes as long as the index needs for them; `status` tells how many are left. `status` is called about every
/// second, and once at the end.
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
    let shared = Shared::new(options.limits.queue_bytes as u64);
    let (sender, receiver) = queue::queue(&shared);
    let committed = std::thread::scope(|scope| {
        let mut workers: HashMap<String, usize> = HashMap::new();
        let mut running = Vec::with_capacity(lines.len());
        for line in lines {
            let name = line.source.interface_name(0).unwrap_or(line.source.name()).to_owned();
            let number = workers.entry(name.clone()).or_default();
            let place =
                shared.add(LineStatus { interface: name.clone(), worker: *number, ..LineStatus::default() });
            let thread = format!("{name}-{number}");
            *number += 1;
            let mut worker = Worker::new(options.clone(), detector.clone(), enricher.clone());
            worker.set_examination(line.examination.clone());
            let run = Running::new(place, line, worker, options.clone(), sender.clone(), &shared);
            match std::thread::Builder::new().name(thread).spawn_scoped(scope, move || run.run(stop)) {
                Ok(thread) => running.push((name, thread)),
                Err(error) => {
                    shared.problem(format!("{name}: no thread can be started for its packets: {error}"));
                    shared.ended(place);
                }
            }
        }
        drop(sender);
        let shared = &shared;
        let indexing = std::thread::Builder::new()
            .name("index".to_owned())
            .spawn_scoped(scope, move || queue::write(sink, receiver, shared, stop));
        let mut told = Instant::now().checked_sub(SECOND).unwrap_or_else(Instant::now);
        let mut lost_index = false;
        loop {
            let indexed = indexing.as_ref().map_or(true, |thread| thread.is_finished());
            let captured = running.iter().all(|(_, line)| line.is_finished());
            if indexed && captured {
                break;
            }
            if indexed && !lost_index {
                lost_index = true;
                shared.problem(
                    "the thread that writes to the index ended unexpectedly; restart to index again"
                        .to_owned(),
                );
            }
            if told.elapsed() >= SECOND {
                told = Instant::now();
                status(&shared.status(stop.is_set()));
            }
            std::thread::sleep(BLINK);
        }
        for (name, line) in running {
            if line.join().is_err() {
                shared.problem(format!(
                    "{name}: its thread ended unexpectedly; restart to capture on it again"
                ));
            }
        }
        indexing.map(|thread| thread.join())
    });
    let last = shared.status(stop.is_set());
    status(&last);
    let unavailable = |what: &str| Err(index::Error::new(ErrorKind::Unavailable, what));
    match committed {
        Ok(Ok(result)) => result.map(|()| last.counters),
        Ok(Err(_)) => unavailable("the thread that writes to the index ended unexpectedly"),
        Err(error) => unavailable(&format!("no thread can be started for the index: {error}")),
    }
}
