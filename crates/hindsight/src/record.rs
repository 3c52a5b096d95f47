//! Packets straight into files, without sessions: `hindsight run --no-index`.

use capture::{Counters, DuplicateAction, Line, LineState, LineStatus, LiveStatus, PacketWriter, StoreError};
use source::{Packet, Status, Stop};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Packets taken from a source at once.
const BATCH: usize = 4_096;
const SECOND: Duration = Duration::from_secs(1);
const BLINK: Duration = Duration::from_millis(20);
const MAX_PROBLEMS: usize = 100;

/// Whether lines can be recorded so: rules about what is kept, evidence and copies that are looked for take more.
pub fn is_enough(lines: &[Line], rules: usize) -> bool {
    let plain = |line: &Line| line.duplicates.action == DuplicateAction::Off && line.examination.is_none();
    rules == 0 && lines.iter().all(plain)
}

#[derive(Default)]
struct Told {
    lines: Vec<LineStatus>,
    problems: Vec<String>,
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records until `stop` is set or every source has ended; `status` is called about every second and at the end.
pub fn record(lines: Vec<Line>, stop: &Stop, status: &mut dyn FnMut(&LiveStatus)) -> Counters {
    let told = Mutex::new(Told::default());
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (at, line) in lines.into_iter().enumerate() {
            let name = line.source.interface_name(0).unwrap_or(line.source.name()).to_owned();
            let mut state = lock(&told);
            let worker = state.lines.iter().filter(|line| line.interface == name).count();
            state.lines.push(LineStatus { interface: name.clone(), worker, ..LineStatus::default() });
            drop(state);
            let run = Recording { at, told: &told, line, counters: Counters::default() };
            let thread = std::thread::Builder::new().name(format!("{name}-{worker}"));
            match thread.spawn_scoped(scope, move || run.run(stop)) {
                Ok(thread) => running.push(thread),
                Err(error) => lock(&told).problems.push(format!("{name}: no thread can be started: {error}")),
            }
        }
        let mut said = Instant::now();
        while !running.iter().all(|thread| thread.is_finished()) {
            if said.elapsed() >= SECOND {
                said = Instant::now();
                status(&now(&told, stop));
            }
            std::thread::sleep(BLINK);
        }
        for thread in running {
            if thread.join().is_err() {
                lock(&told).problems.push("a thread that records ended unexpectedly; restart".into());
            }
        }
    });
    let last = now(&told, stop);
    status(&last);
    last.counters
}

fn now(told: &Mutex<Told>, stop: &Stop) -> LiveStatus {
    let mut told = lock(told);
    let mut status = LiveStatus {
        lines: told.lines.clone(),
        problems: std::mem::take(&mut told.problems),
        stopping: stop.is_set(),
        ..LiveStatus::default()
    };
    for line in &told.lines {
        status.counters.merge(&line.counters);
    }
    status
}

struct Recording<'a> {
    at: usize,
    told: &'a Mutex<Told>,
    line: Line,
    counters: Counters,
}

impl Recording<'_> {
    fn problem(&self, text: String) {
        let problems = &mut lock(self.told).problems;
        if problems.len() < MAX_PROBLEMS && problems.last() != Some(&text) {
            problems.push(text);
        }
    }

    fn run(mut self, stop: &Stop) {
        let mut told = Instant::now();
        loop {
            let result = self.batch();
            if told.elapsed() >= SECOND {
                told = Instant::now();
                let now = crate::ask::now_ms().saturating_mul(1_000_000);
                self.store(|store| store.tick(now));
                self.publish(if stop.is_set() { LineState::Closing } else { LineState::Running });
            }
            match result {
                Ok(Status::End) => break,
                Ok(_) => {}
                Err(error) => {
                    self.problem(format!("{error}; nothing more is captured there"));
                    break;
                }
            }
        }
        self.store(|store| store.finish());
        self.publish(LineState::Ended);
    }

    fn batch(&mut self) -> Result<Status, source::Error> {
        let Self { line, counters, .. } = self;
        let Line { source, store, .. } = line;
        let mut failed = None;
        let status = source.batch(BATCH, &mut |packet: &Packet<'_>| {
            let len = packet.original_len.max(u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX));
            counters.packets += 1;
            counters.bytes += u64::from(len);
            counters.cut += u64::from((packet.bytes.len() as u64) < u64::from(len));
            let Some(store) = store.as_deref_mut() else { return };
            match store.write(packet.time, packet.link, packet.bytes, len) {
                Ok(_) => {
                    counters.written += 1;
                    counters.written_bytes += packet.bytes.len() as u64;
                }
                Err(error) => {
                    counters.unwritten += 1;
                    counters.unwritten_by.add(error.reason);
                    if counters.unwritten.is_power_of_two() {
                        failed = Some(format!("{error} ({} packets not written so far)", counters.unwritten));
                    }
                }
            }
        });
        if let Some(problem) = failed {
            self.problem(problem);
        }
        status
    }

    fn store(&mut self, call: impl FnOnce(&mut dyn PacketWriter) -> Result<(), StoreError>) {
        let Some(store) = self.line.store.as_deref_mut() else { return };
        if let Err(error) = call(store) {
            self.problem(error.to_string());
        }
    }

    fn publish(&mut self, state: LineState) {
        if let Some(store) = self.line.store.as_deref_mut() {
            for gone in store.take_vanished() {
                self.counters.written = self.counters.written.saturating_sub(gone.packets);
                self.counters.written_bytes = self.counters.written_bytes.saturating_sub(gone.bytes);
                self.counters.unwritten += gone.packets;
                for _ in 0..gone.packets {
                    self.counters.unwritten_by.add(gone.reason);
                }
                self.problem(gone.what);
            }
        }
        for note in self.line.source.take_notes() {
            self.problem(note);
        }
        let source = self.line.source.statistics();
        self.counters.kernel_dropped = source.kernel_dropped;
        self.counters.ring_full = source.ring_full;
        self.counters.source_duplicates = source.duplicates;
        self.counters.source_malformed = source.malformed;
        let store = self.line.store.as_deref().map(|store| store.status());
        let mut told = lock(self.told);
        if let Some(line) = told.lines.get_mut(self.at) {
            (line.state, line.counters, line.store) = (state, self.counters.clone(), store);
        }
    }
}
