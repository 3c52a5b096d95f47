//! What a writer and its thread share: buffers, jobs, and what became of them.

use super::aligned::Aligned;
use super::{WriteError, WriterStatus};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wire::LinkType;

/// How long the first packet waits for the number of its file: those behind it wait in the ring meanwhile, and are lost for certain if it is refused.
const FIRST_NUMBER: Duration = Duration::from_secs(30);

/// Packets that were to be found at positions that were given out, and are not there: the disk failed or stayed full. The file ends
/// before them, so that they count as missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Number of the file.
    pub file: u32,
    /// Its path, where it was made at all.
    pub path: Option<PathBuf>,
    /// The first offset that is lost; everything behind it in the file is too.
    pub from: u64,
    /// Packets.
    pub packets: u64,
    /// Captured bytes of them.
    pub bytes: u64,
    /// What happened.
    pub reason: String,
}

/// A record's end, and what was before it in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// Logical offset.
    pub end: u64,
    pub packets: u64,
    pub packet_bytes: u64,
    /// Latest time.
    pub last: i64,
}

/// How far a file has come; both sides look at it without a lock.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes in the file.
    pub physical: AtomicU64,
    /// Bytes of the capture that are in it.
    pub logical: AtomicU64,
    /// Nothing should be added: its disk fails and another does not, or it was given up.
    pub leave: AtomicBool,
}

/// A file to be made.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub number: u32,
    pub link: LinkType,
    pub first: i64,
    pub progress: Arc<Progress>,
}

/// Bytes for a file.
pub(super) struct Chunk {
    pub data: Aligned,
    /// Logical offset; a multiple of the page for a plain file.
    pub at: u64,
    /// Packets that begin in it, and their times: for heads of blocks.
    pub packets: u32,
    pub first: i64,
    pub last: i64,
    /// The last record that is complete with it.
    pub mark: Mark,
}

pub(super) enum Work {
    Data { chunk: Chunk, flush: bool },
    End { mark: Mark },
}

pub(super) enum Job {
    Begin(Begin),
    Work(u32, Work),
}

#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub path: PathBuf,
    pub kind: io::ErrorKind,
    pub text: String,
}

impl Trouble {
    pub fn error(&self) -> WriteError {
        WriteError { path: self.path.clone(), source: io::Error::new(self.kind, self.text.clone()) }
    }
}

#[derive(Default)]
pub(super) struct State {
    pub jobs: VecDeque<Job>,
    /// Jobs that are not done.
    pub outstanding: usize,
    free: Vec<Aligned>,
    /// Bytes of all buffers.
    allocated: usize,
    pub numbers: Vec<u32>,
    /// What the next number is for; once there was a packet.
    pub hint: Option<(LinkType, i64)>,
    pub number_trouble: Option<Trouble>,
    /// What keeps a file from being written at the moment.
    pub trouble: Option<Trouble>,
    /// Files that can go elsewhere: what waits for the failing disk does not count against them.
    pub elsewhere: bool,
    /// Attempts that failed.
    pub attempts: u64,
    /// Somebody waits: try at once.
    pub poked: bool,
    pub sync_wanted: bool,
    pub sync_trouble: Option<Trouble>,
    pub lost: Vec<Lost>,
    pub closed: bool,
    pub ended: bool,
    pub status: WriterStatus,
}

pub(super) struct Shared {
    state: Mutex<State>,
    /// The thread waits for work.
    work: Condvar,
    /// The writer waits for the thread.
    done: Condvar,
    capacity: usize,
    memory: usize,
    waits: bool,
    refused: AtomicU64,
}

impl Shared {
    pub fn new(capacity: usize, memory: usize, waits: bool) -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            capacity,
            // one is being filled, one written
            memory: memory.max(2 * capacity),
            waits,
            refused: AtomicU64::new(0),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limit(&self, state: &State) -> usize {
        if state.elsewhere { 2 * self.memory } else { self.memory }
    }

    /// A buffer of at least this many bytes.
    pub fn take(&self, len: usize) -> Result<Aligned, WriteError> {
        let mut state = self.lock();
        let seen = state.attempts;
        loop {
            if len <= self.capacity
                && let Some(buffer) = state.free.pop()
            {
                return Ok(buffer);
            }
            let capacity = len.max(self.capacity);
            // with no job left nobody gives a buffer back: a record longer than what remains would wait for ever
            let nothing_comes = state.outstanding == 0 && state.free.is_empty();
            if state.allocated + capacity <= self.limit(&state) || nothing_comes {
                state.allocated += capacity;
                drop(state);
                return Ok(Aligned::new(capacity));
            }
            if let Some(buffer) = state.free.pop() {
                // too small a one makes room for the one that is needed
                state.allocated -= buffer.capacity().min(state.allocated);
                continue;
            }
            if state.ended {
                return Err(ended());
            }
            if let Some(trouble) = state.trouble.as_ref().filter(|_| !self.waits || state.attempts > seen) {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Err(trouble.error());
            }
            if !self.waits {
                self.refused.fetch_add(1, Ordering::Relaxed);
                let what =
                    format!("the disk is too slow: {} MiB of packets wait for it", state.allocated >> 20);
                let path = state.status.path.clone();
                return Err(WriteError { path, source: io::Error::new(io::ErrorKind::WouldBlock, what) });
            }
            state = self.wait(state);
        }
    }

    /// A buffer, where there is one at once.
    pub fn take_spare(&self) -> Option<Aligned> {
        let mut state = self.lock();
        if let Some(buffer) = state.free.pop() {
            return Some(buffer);
        }
        if state.allocated + self.capacity > self.limit(&state) {
            return None;
        }
        state.allocated += self.capacity;
        Some(Aligned::new(self.capacity))
    }

    /// Gives a buffer back.
    pub fn give(&self, state: &mut State, mut buffer: Aligned) {
        buffer.clear();
        if buffer.capacity() == self.capacity && state.allocated <= self.memory {
            state.free.push(buffer);
        } else {
            state.allocated -= buffer.capacity().min(state.allocated);
        }
    }

    pub fn give_back(&self, buffer: Aligned) {
        self.give(&mut self.lock(), buffer);
        self.done.notify_all();
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if state.trouble.is_some() {
            state.poked = true;
            self.work.notify_one();
        }
        let waited = self.done.wait_timeout(state, Duration::from_millis(200));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub fn send(&self, job: Job) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        state.outstanding += 1;
        drop(state);
        self.work.notify_one();
    }

    /// The number of the next file. `first_file` waits in any case: nothing is lost by it yet.
    pub fn number(&self, link: LinkType, time: i64, first_file: bool) -> Result<u32, WriteError> {
        let mut state = self.lock();
        let began = Instant::now();
        state.hint = Some((link, time));
        loop {
            if let Some(number) = state.numbers.pop() {
                self.work.notify_one();
                return Ok(number);
            }
            if let Some(trouble) = state.number_trouble.take() {
                return Err(trouble.error());
            }
            if state.ended {
                return Err(ended());
            }
            if !self.waits && (!first_file || began.elapsed() > FIRST_NUMBER) {
                self.refused.fetch_add(1, Ordering::Relaxed);
                let what = "the catalogue is too slow: it has not given the number of the next file";
                let path = state.status.path.clone();
                return Err(WriteError { path, source: io::Error::new(io::ErrorKind::WouldBlock, what) });
            }
            self.work.notify_one();
            state = self.wait(state);
        }
    }

    /// Waits until every job is done, or one cannot be.
    pub fn settle(&self) -> Result<(), WriteError> {
        let mut state = self.lock();
        let seen = state.attempts;
        while state.outstanding > 0 {
            if state.ended {
                return Err(ended());
            }
            if let Some(trouble) = state.trouble.as_ref().filter(|_| state.attempts > seen) {
                return Err(trouble.error());
            }
            state = self.wait(state);
        }
        Ok(())
    }

    /// Waits until everything written is on the medium.
    pub fn synced(&self) -> Result<(), WriteError> {
        let mut state = self.lock();
        (state.sync_wanted, state.sync_trouble) = (true, None);
        self.work.notify_one();
        while state.sync_wanted {
            if state.ended {
                return Err(ended());
            }
            state = self.wait(state);
        }
        state.sync_trouble.take().map_or(Ok(()), |trouble| Err(trouble.error()))
    }

    /// What keeps files from being written at the moment.
    pub fn trouble(&self) -> Result<(), WriteError> {
        self.lock().trouble.as_ref().map_or(Ok(()), |trouble| Err(trouble.error()))
    }

    pub fn status(&self) -> WriterStatus {
        let state = self.lock();
        let free: usize = state.free.iter().map(Aligned::capacity).sum();
        WriterStatus {
            waiting: state.allocated.saturating_sub(free) as u64,
            memory: self.memory as u64,
            refused: self.refused.load(Ordering::Relaxed),
            problem: state.trouble.as_ref().map(|trouble| trouble.error().to_string()),
            ..state.status.clone()
        }
    }

    pub fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// For the thread: waits until there may be something to do.
    pub fn rest(&self, until: Option<Instant>) -> MutexGuard<'_, State> {
        let state = self.lock();
        let idle = |state: &mut State| {
            let numbers = state.numbers.is_empty() && state.hint.is_some() && state.number_trouble.is_none();
            state.jobs.is_empty() && !state.closed && !state.poked && !state.sync_wanted && !numbers
        };
        match until {
            None => self.work.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                self.work.wait_timeout_while(state, left, idle).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// For the thread: something changed.
    pub fn tell(&self) {
        self.done.notify_all();
    }
}

fn ended() -> WriteError {
    let what = "the thread that writes packets ended unexpectedly";
    WriteError { path: PathBuf::new(), source: io::Error::other(what) }
}
