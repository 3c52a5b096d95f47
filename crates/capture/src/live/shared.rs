//! What the threads of a live capture tell each other and the world, about once a second.

use crate::{LineState, LineStatus, LiveStatus, QueueStatus};
use session::SessionDoc;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Problems that are remembered until somebody looks.
const MAX_PROBLEMS: usize = 100;
/// Packet files that are remembered for recovery.
const MAX_FILES: usize = 100_000;

/// State of a capture.
pub(super) struct Shared {
    told: Mutex<Told>,
    /// Documents on the way to the index.
    pub(super) documents: AtomicU64,
    /// Bytes of them.
    pub(super) bytes: AtomicU64,
    /// Bytes that may be on the way.
    pub(super) limit: u64,
    /// Whether nobody takes them any more.
    pub(super) gone: AtomicBool,
}

#[derive(Default)]
struct Told {
    lines: Vec<LineStatus>,
    unindexed: u64,
    unindexed_by: crate::Unindexed,
    recover: BTreeSet<u32>,
    problems: Vec<String>,
}

/// Why the index has no documents that it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Stopped,
    Refused,
}

impl Shared {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            told: Mutex::default(),
            documents: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            limit,
            gone: AtomicBool::new(false),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line; its number.
    pub(super) fn add(&self, line: LineStatus) -> usize {
        let mut told = self.told();
        told.lines.push(line);
        told.lines.len() - 1
    }

    /// Takes what a line says of itself.
    pub(super) fn publish(&self, at: usize, publish: impl FnOnce(&mut LineStatus)) {
        if let Some(line) = self.told().lines.get_mut(at) {
            publish(line);
        }
    }

    /// Notes that a line is over.
    pub(super) fn ended(&self, at: usize) {
        self.publish(at, |line| line.state = LineState::Ended);
    }

    /// Notes what went wrong.
    pub(super) fn problem(&self, text: String) {
        let problems = &mut self.told().problems;
        if problems.len() < MAX_PROBLEMS && problems.last() != Some(&text) {
            problems.push(text);
        }
    }

    /// Notes that documents did not get into the index: their packet files are to be recovered.
    pub(super) fn recover(&self, documents: &[SessionDoc]) {
        let mut told = self.told();
        for file in documents.iter().flat_map(|doc| doc.positions.files()) {
            if told.recover.len() < MAX_FILES {
                told.recover.insert(file);
            }
        }
    }

    /// Counts documents that the index did not take.
    pub(super) fn lost(&self, documents: &[SessionDoc], why: Lost) {
        self.recover(documents);
        let count = documents.len() as u64;
        let mut told = self.told();
        told.unindexed += count;
        match why {
            Lost::Stopped => told.unindexed_by.stopped += count,
            Lost::Refused => told.unindexed_by.refused += count,
        }
    }

    /// How it stands. Problems are told once.
    pub(super) fn status(&self, stopping: bool) -> LiveStatus {
        let mut told = self.told();
        let mut status = LiveStatus {
            lines: told.lines.clone(),
            problems: std::mem::take(&mut told.problems),
            recover: told.recover.iter().copied().collect(),
            queue: QueueStatus {
                documents: self.documents.load(Ordering::Relaxed),
                bytes: self.bytes.load(Ordering::Relaxed),
                limit: self.limit,
            },
            stopping,
            ..LiveStatus::default()
        };
        for line in &told.lines {
            status.counters.merge(&line.counters);
            status.open_sessions += line.open_sessions;
            status.memory += line.memory;
        }
        // what waits when nobody takes it any more
        let left = if self.gone.load(Ordering::Relaxed) { status.queue.documents } else { 0 };
        status.counters.unindexed += told.unindexed + left;
        status.counters.unindexed_by.stopped += told.unindexed_by.stopped;
        status.counters.unindexed_by.refused += told.unindexed_by.refused + left;
        status
    }
}
