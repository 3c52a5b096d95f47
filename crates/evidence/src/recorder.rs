//! The thread that writes evidence, and how workers give it packets.

use crate::DeviceId;
use crate::retention::{Limits, expire};
use crate::store::Store;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wire::LinkType;

/// Packets that may wait for the thread.
const QUEUE: usize = 4_096;
/// Bytes of them; beyond, a live capture loses evidence and counts it, an import waits.
const QUEUE_BYTES: usize = 64 << 20;
/// Bytes that are written at once.
const BATCH: usize = 1 << 20;
/// How often slots that are over are finished.
const TICK: Duration = Duration::from_secs(1);
/// How often old files are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(30);

/// A packet to keep.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Arrival, nanoseconds since 1970.
    pub time: i64,
    /// Link type of the frame.
    pub link: LinkType,
    /// Captured bytes, the whole frame.
    pub bytes: &'a [u8],
    /// Length on the wire.
    pub len: u32,
}

/// What became of a packet that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is on its way to the disk.
    Taken,
    /// Too many wait; it is counted.
    Lost,
}

/// How evidence is written.
#[derive(Clone, Debug)]
pub struct RecorderOptions {
    /// The folder of all devices.
    pub folder: PathBuf,
    /// The device that packets come from.
    pub device: DeviceId,
    /// The zone whose time names the files.
    pub zone: TimeZone,
    /// Whether offering waits while the disk is slow (an import), instead of losing packets (a live capture).
    pub waits: bool,
    /// What goes when.
    pub limits: Limits,
}

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecorderStatus {
    /// Packets written.
    pub written: u64,
    /// Bytes of these packets as captured.
    pub bytes: u64,
    /// Slots that are open.
    pub open: u64,
    /// Packets lost because the disk is too slow.
    pub lost_busy: u64,
    /// Packets lost because of errors.
    pub lost_error: u64,
    /// Files that went for age or size.
    pub expired: u64,
    /// What went wrong last.
    pub problem: Option<String>,
}

#[derive(Default)]
struct Shared {
    bytes: AtomicUsize,
    written: AtomicU64,
    written_bytes: AtomicU64,
    open: AtomicU64,
    busy: AtomicU64,
    error: AtomicU64,
    expired: AtomicU64,
    problem: Mutex<Option<String>>,
    limits: Mutex<Limits>,
}

impl Shared {
    fn problem(&self, text: String) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

struct Job {
    time: i64,
    link: LinkType,
    len: u32,
    bytes: Vec<u8>,
}

/// Writes the evidence of one device in a thread of its own. Dropping it finishes every file.
pub struct Recorder {
    sender: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    waits: bool,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    /// The folder cannot be made or written, or there is no thread.
    pub fn start(options: RecorderOptions) -> io::Result<Self> {
        let store = Store::open(&options.folder, options.device, options.zone.clone())?;
        let (sender, receiver) = bounded(QUEUE);
        let shared = Arc::new(Shared { limits: Mutex::new(options.limits), ..Shared::default() });
        let run = Run { store, folder: options.folder, shared: shared.clone() };
        let thread = std::thread::Builder::new().name("evidence".into()).spawn(move || run.run(&receiver))?;
        Ok(Self { sender: Some(sender), thread: Some(thread), shared, waits: options.waits })
    }

    /// Offers a packet. It is in its file within about a second.
    pub fn offer(&self, offer: &Offer<'_>) -> Kept {
        let Some(sender) = &self.sender else { return Kept::Lost };
        let len = offer.bytes.len();
        let lost = || {
            self.shared.busy.fetch_add(1, Ordering::Relaxed);
            Kept::Lost
        };
        if !self.waits && self.shared.bytes.load(Ordering::Relaxed) + len > QUEUE_BYTES {
            return lost();
        }
        let job = Job { time: offer.time, link: offer.link, len: offer.len, bytes: offer.bytes.to_vec() };
        self.shared.bytes.fetch_add(len, Ordering::Relaxed);
        let taken = if self.waits {
            sender.send(job).is_ok()
        } else {
            !matches!(sender.try_send(job), Err(TrySendError::Full(_) | TrySendError::Disconnected(_)))
        };
        if taken {
            return Kept::Taken;
        }
        self.shared.bytes.fetch_sub(len, Ordering::Relaxed);
        lost()
    }

    /// What went wrong last; told once.
    pub fn take_problem(&self) -> Option<String> {
        self.shared.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How it stands.
    pub fn status(&self) -> RecorderStatus {
        let shared = &self.shared;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RecorderStatus {
            written: count(&shared.written),
            bytes: count(&shared.written_bytes),
            open: count(&shared.open),
            lost_busy: count(&shared.busy),
            lost_error: count(&shared.error),
            expired: count(&shared.expired),
            problem: shared.problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// From now on files go by other limits.
    pub fn set_limits(&self, limits: Limits) {
        *self.shared.limits.lock().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// Writes what waits, finishes every file, and says how it went.
    pub fn finish(mut self) -> RecorderStatus {
        self.end();
        self.status()
    }

    fn end(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            self.shared.problem("the thread that writes evidence ended unexpectedly".into());
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// The thread.
struct Run {
    store: Store,
    folder: PathBuf,
    shared: Arc<Shared>,
}

impl Run {
    fn run(mut self, jobs: &Receiver<Job>) {
        let (mut ticked, mut kept) = (Instant::now(), None::<Instant>);
        loop {
            match jobs.recv_timeout(TICK) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while self.store.waiting() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                self.take(job);
            }
            self.flush();
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                if let Err(error) = self.store.tick(seconds(SystemTime::now())) {
                    self.shared.problem(error.to_string());
                }
            }
            self.shared.open.store(self.store.open_slots() as u64, Ordering::Relaxed);
            if kept.is_none_or(|at| at.elapsed() >= HOUSEKEEPING) {
                kept = Some(Instant::now());
                self.keep_house();
            }
        }
        self.flush();
        if let Err(error) = self.store.finish() {
            self.shared.problem(error.to_string());
        }
        self.shared.open.store(0, Ordering::Relaxed);
        self.keep_house();
    }

    fn take(&mut self, job: Job) {
        self.shared.bytes.fetch_sub(job.bytes.len(), Ordering::Relaxed);
        let offer = Offer { time: job.time, link: job.link, bytes: &job.bytes, len: job.len };
        match self.store.add(&offer) {
            Ok(()) => {
                self.shared.written.fetch_add(1, Ordering::Relaxed);
                self.shared.written_bytes.fetch_add(job.bytes.len() as u64, Ordering::Relaxed);
            }
            Err(error) => {
                self.shared.error.fetch_add(1, Ordering::Relaxed);
                self.shared.problem(error.to_string());
            }
        }
    }

    fn flush(&mut self) {
        for failed in self.store.flush() {
            self.shared.error.fetch_add(failed.packets, Ordering::Relaxed);
            self.shared.written.fetch_sub(failed.packets, Ordering::Relaxed);
            self.shared.written_bytes.fetch_sub(failed.bytes, Ordering::Relaxed);
            self.shared.problem(format!("{} packets of evidence: {}", failed.packets, failed.error));
        }
    }

    fn keep_house(&mut self) {
        let now = SystemTime::now();
        if let Err(error) = self.store.finish_left(now) {
            self.shared.problem(error.to_string());
        }
        let limits = *self.shared.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = expire(&self.folder, &limits, now);
        self.shared.expired.fetch_add(gone.files, Ordering::Relaxed);
        if let Some(problem) = gone.problems.into_iter().next() {
            self.shared.problem(problem);
        }
    }
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
