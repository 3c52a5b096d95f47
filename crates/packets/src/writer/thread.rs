//! The thread that writes the files of one writer.
//!
//! Each file has its jobs in order. One that cannot be written keeps its jobs and is tried again; others go on. When it is given up
//! ([`WriterOptions::patience`]), the file is cut before what is missing, and that is reported as lost.

use super::disk::Disk;
use super::out::Out;
use super::shared::{Begin, Job, Lost, Mark, Shared, Trouble, Work};
use super::{Register, WriterOptions};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a failed write waits for its next attempt.
const RETRY: Duration = Duration::from_millis(250);

pub(super) struct Thread<R> {
    pub options: WriterOptions,
    pub register: R,
    pub disk: Arc<dyn Disk>,
    pub shared: Arc<Shared>,
    files: Vec<Line>,
    synced: Instant,
}

/// The jobs of one file.
struct Line {
    begin: Begin,
    out: Option<Out>,
    jobs: VecDeque<Pending>,
    stuck: Option<Stuck>,
    /// Given up: what is in the file, and why.
    dead: Option<(Mark, String)>,
    /// Its end was done.
    over: bool,
}

struct Pending {
    work: Work,
    /// A block that is encoded and has to be written.
    encoded: bool,
}

struct Stuck {
    since: Instant,
    next: Instant,
}

/// Why a job cannot be done now.
struct Failed {
    path: PathBuf,
    source: io::Error,
    /// Whether it is the disk's fault, not the list's.
    disk: bool,
}

impl Failed {
    fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
    fn trouble(&self) -> Trouble {
        Trouble { path: self.path.clone(), kind: self.source.kind(), text: self.source.to_string() }
    }
}

impl<R: Register> Thread<R> {
    pub fn new(options: WriterOptions, register: R, disk: Arc<dyn Disk>, shared: Arc<Shared>) -> Self {
        Self { options, register, disk, shared, files: Vec::new(), synced: Instant::now() }
    }

    /// Until the writer is gone and everything is written or given up.
    pub fn run(mut self) {
        // a panic must not leave the writer waiting
        struct End(Arc<Shared>);
        impl Drop for End {
            fn drop(&mut self) {
                self.0.lock().ended = true;
                self.0.tell();
            }
        }
        let _end = End(self.shared.clone());
        while self.round() {}
        let spare = std::mem::take(&mut self.shared.lock().numbers);
        for number in spare {
            let _ = self.register.discard(number);
        }
    }

    /// Takes what is there to do and does it; false at the end.
    fn round(&mut self) -> bool {
        let shared = self.shared.clone();
        let mut state = shared.rest(self.next_time());
        for job in state.jobs.drain(..) {
            match job {
                Job::Begin(begin) => {
                    let jobs = VecDeque::new();
                    self.files.push(Line { begin, out: None, jobs, stuck: None, dead: None, over: false });
                }
                Job::Work(file, work) => {
                    // a file's jobs follow its beginning
                    if let Some(line) = self.files.iter_mut().rfind(|line| line.begin.number == file) {
                        line.jobs.push_back(Pending { work, encoded: false });
                    }
                }
            }
        }
        let closed = state.closed;
        let poked = std::mem::take(&mut state.poked);
        let sync_wanted = state.sync_wanted;
        let hint = state.hint.filter(|_| state.numbers.is_empty() && state.number_trouble.is_none());
        drop(state);
        if let Some((link, first)) = hint.filter(|_| !closed) {
            let number = self.register.number(link, first);
            let mut state = shared.lock();
            match number {
                Ok(number) => state.numbers.push(number),
                Err(error) => {
                    let path = self.options.folders.path(0);
                    let text = format!("the list of files gives no number: {error}");
                    state.number_trouble = Some(Trouble { path, kind: error.kind(), text });
                }
            }
            drop(state);
            shared.tell();
        }
        let now = Instant::now();
        for at in 0..self.files.len() {
            self.advance(at, now, poked || closed);
        }
        self.files.retain(|line| !line.over);
        self.sync(sync_wanted);
        self.summary();
        if closed {
            for at in 0..self.files.len() {
                self.give_up(at, "the capture ended");
            }
            return false;
        }
        true
    }

    /// When something has to be done even if nobody asks.
    fn next_time(&self) -> Option<Instant> {
        let retry = self.files.iter().filter_map(|line| line.stuck.as_ref().map(|stuck| stuck.next)).min();
        let dirty = self.files.iter().any(|line| line.out.as_ref().is_some_and(|out| out.dirty));
        let sync = self.options.sync.filter(|_| dirty).map(|every| self.synced + every);
        [retry, sync].into_iter().flatten().min()
    }

    /// Does the jobs of a file as far as it goes.
    fn advance(&mut self, at: usize, now: Instant, at_once: bool) {
        let waits = |stuck: &Stuck| !at_once && now < stuck.next;
        if self.files.get(at).is_none_or(|line| line.stuck.as_ref().is_some_and(waits)) {
            return;
        }
        loop {
            match self.step(at) {
                Ok(true) => {
                    if let Some(line) = self.files.get_mut(at) {
                        line.stuck = None;
                    }
                }
                Ok(false) => return,
                Err(failed) => return self.failed(at, &failed),
            }
        }
    }

    /// Does the next job of a file; false where there is none.
    fn step(&mut self, at: usize) -> Result<bool, Failed> {
        self.begin(at)?;
        let (shared, sync) = (self.shared.clone(), self.options.sync.is_some());
        let Some(line) = self.files.get_mut(at) else { return Ok(false) };
        let Some(pending) = line.jobs.front_mut() else { return Ok(false) };
        if let Some((good, reason)) = &line.dead {
            if let Work::End { mark } = &pending.work {
                let lost = Lost {
                    file: line.begin.number,
                    path: line.out.as_ref().map(|out| out.facts.path.clone()),
                    from: good.end,
                    packets: mark.packets.saturating_sub(good.packets),
                    bytes: mark.packet_bytes.saturating_sub(good.packet_bytes),
                    reason: reason.clone(),
                };
                line.out = None;
                let mut state = shared.lock();
                state.status.lost_packets += lost.packets;
                state.status.lost_bytes += lost.bytes;
                if lost.packets > 0 {
                    state.lost.push(lost);
                }
            }
            self.done(at);
            return Ok(true);
        }
        let Some(out) = &mut line.out else { return Ok(false) };
        let path = out.facts.path.clone();
        let disk = |source| Failed { path: path.clone(), source, disk: true };
        match &pending.work {
            Work::Data { chunk, flush } => {
                if !out.is_packed() {
                    out.plain(chunk).map_err(disk)?;
                } else {
                    if !pending.encoded {
                        out.block(chunk).map_err(disk)?;
                        pending.encoded = true;
                    }
                    out.settle(*flush, chunk.mark).map_err(disk)?;
                }
                let progress = &line.begin.progress;
                progress.physical.store(out.physical(), Ordering::Relaxed);
                progress.logical.store(chunk.at + chunk.data.len() as u64, Ordering::Relaxed);
            }
            Work::End { mark } => {
                out.finish(*mark, sync).map_err(disk)?;
                let facts = out.facts.clone();
                self.register.update(&facts).map_err(|source| Failed {
                    path: facts.path,
                    source,
                    disk: false,
                })?;
                self.options.folders.closed(out.folder);
                line.out = None;
            }
        }
        self.done(at);
        Ok(true)
    }

    /// Makes the file of a line and lists it.
    fn begin(&mut self, at: usize) -> Result<(), Failed> {
        let Some(line) = self.files.get_mut(at) else { return Ok(()) };
        if line.dead.is_some() || line.over {
            return Ok(());
        }
        if line.out.is_none() {
            let mut failure = None;
            for folder in self.options.folders.order(self.disk.as_ref()) {
                match Out::create(&self.options, self.disk.as_ref(), folder, &line.begin) {
                    Ok(out) => {
                        self.options.folders.opened(folder);
                        line.out = Some(out);
                        break;
                    }
                    Err((path, source)) => {
                        self.options.folders.avoid(folder);
                        failure.get_or_insert(Failed { path, source, disk: true });
                    }
                }
            }
            if line.out.is_none() {
                let none = || Failed {
                    path: PathBuf::new(),
                    source: io::Error::new(io::ErrorKind::NotFound, "no folder for packet files is given"),
                    disk: true,
                };
                return Err(failure.unwrap_or_else(none));
            }
        }
        let Some(out) = line.out.as_mut().filter(|out| !out.listed) else { return Ok(()) };
        let failed = |source| Failed { path: out.facts.path.clone(), source, disk: false };
        self.register.update(&out.facts).map_err(failed)?;
        out.listed = true;
        let mut state = self.shared.lock();
        state.status.path.clone_from(&out.facts.path);
        state.status.direct = out.is_direct();
        state.outstanding = state.outstanding.saturating_sub(1);
        drop(state);
        self.shared.tell();
        Ok(())
    }

    /// The first job of a file is done.
    fn done(&mut self, at: usize) {
        let Some(line) = self.files.get_mut(at) else { return };
        let Some(pending) = line.jobs.pop_front() else { return };
        let mut state = self.shared.lock();
        state.outstanding = state.outstanding.saturating_sub(1);
        match pending.work {
            Work::Data { chunk, .. } => {
                if line.dead.is_none() {
                    state.status.bytes += chunk.data.len() as u64;
                    state.status.writes += 1;
                }
                self.shared.give(&mut state, chunk.data);
            }
            Work::End { .. } => line.over = true,
        }
        if let Some(out) = &mut line.out {
            state.status.slowest = state.status.slowest.max(std::mem::take(&mut out.slowest));
        }
        drop(state);
        self.shared.tell();
    }

    fn failed(&mut self, at: usize, failed: &Failed) {
        let now = Instant::now();
        let Some(line) = self.files.get_mut(at) else { return };
        let folder = line.out.as_ref().map(|out| out.folder).filter(|_| failed.disk);
        let since = line.stuck.as_ref().map_or(now, |stuck| stuck.since);
        line.stuck = Some(Stuck { since, next: now + RETRY });
        let besides = folder.is_some_and(|folder| {
            self.options.folders.avoid(folder);
            self.options.folders.is_room_besides(folder, self.disk.as_ref())
        });
        if besides {
            line.begin.progress.leave.store(true, Ordering::Relaxed);
        }
        {
            let mut state = self.shared.lock();
            state.attempts += 1;
            state.status.errors += 1;
            state.trouble = Some(failed.trouble());
        }
        self.shared.tell();
        let long = now.duration_since(since) > self.options.patience;
        if failed.disk && long && (besides || !failed.is_full()) {
            self.give_up(at, &failed.source.to_string());
        }
    }

    /// A file will not be written any more: cuts it to what is whole.
    fn give_up(&mut self, at: usize, why: &str) {
        let Some(line) = self.files.get_mut(at) else { return };
        if line.dead.is_some() || line.over {
            return;
        }
        let good = line.out.as_mut().map_or_else(Mark::default, Out::give_up);
        match &line.out {
            Some(out) => {
                self.options.folders.closed(out.folder);
                if good.packets == 0 {
                    let _ = self.disk.remove(&out.facts.path);
                    let _ = self.register.discard(line.begin.number);
                } else {
                    let _ = self.register.update(&out.facts);
                }
            }
            None => {
                let _ = self.register.discard(line.begin.number);
            }
        }
        let mut state = self.shared.lock();
        if line.out.as_ref().is_none_or(|out| !out.listed) {
            // its beginning will not be done
            state.outstanding = state.outstanding.saturating_sub(1);
        }
        drop(state);
        line.begin.progress.leave.store(true, Ordering::Relaxed);
        line.dead = Some((good, why.to_owned()));
        line.stuck = None;
        while matches!(self.step(at), Ok(true)) {}
    }

    fn sync(&mut self, wanted: bool) {
        let due = self.options.sync.is_some_and(|every| self.synced.elapsed() >= every);
        let busy = self.files.iter().any(|line| !line.jobs.is_empty());
        if !(due || wanted && !busy) {
            return;
        }
        self.synced = Instant::now();
        let mut failure = None;
        for out in self.files.iter_mut().filter_map(|line| line.out.as_mut()) {
            if let Err(source) = out.sync() {
                failure = Some(Failed { path: out.facts.path.clone(), source, disk: true });
            }
        }
        let mut state = self.shared.lock();
        state.status.errors += u64::from(failure.is_some());
        if wanted {
            state.sync_wanted = false;
            state.sync_trouble = failure.map(|failed| failed.trouble());
        }
        drop(state);
        self.shared.tell();
    }

    /// What the writer is told of files that fail.
    fn summary(&mut self) {
        let leaves = |line: &Line| line.stuck.is_some() && line.begin.progress.leave.load(Ordering::Relaxed);
        let elsewhere = self.files.iter().any(leaves);
        let stuck = self.files.iter().any(|line| line.stuck.is_some());
        let mut state = self.shared.lock();
        if !stuck {
            state.trouble = None;
        }
        state.elsewhere = elsewhere;
    }
}
