//! A writer of this process: its log, what is in memory, and the thread that makes files of it.

use crate::changes::Change;
use crate::log::{self, Appender};
use crate::manifest::{self, Flush, Garbage, Manifest};
use crate::memtable::Memtable;
use crate::record::{Decoder, Encoder};
use crate::rewrite::{self, NewFile, Rewritten};
use crate::segment::Segment;
use crate::shared::{Shared, View, lock};
use crate::{error, merging};
use index::{Error, ErrorKind};
use session::SessionDoc;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Full memtables that may wait to be written; beyond that, appending waits.
const MOST_WAITING: usize = 2;
/// Documents that are written to the log at once.
const BATCH: usize = 128;
/// How long appending waits for the disk before it says that it cannot go on.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Local {
    pub name: String,
    state: Mutex<State>,
    /// Something is to be written, or the writer is closed.
    wake: Condvar,
    /// Something was written.
    written: Condvar,
    _lock: File,
}

#[derive(Debug)]
struct State {
    log: Appender,
    number: u64,
    encoder: Encoder,
    active: Memtable,
    full: Vec<Full>,
    closing: bool,
    /// Why the last attempt to write files failed.
    failure: Option<(ErrorKind, String)>,
}

#[derive(Debug)]
struct Full {
    number: u64,
    log: Appender,
    memtable: Memtable,
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// A file name that this writer has not used.
pub(crate) fn new_file_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:013}-{}-{counter:04}.parquet", now_ms(), std::process::id())
}

impl Local {
    /// Starts a writer whose folder the caller has locked. What an earlier process left in its logs becomes files.
    pub(crate) fn start(shared: &Shared, name: &str, lock: File) -> Result<Self, Error> {
        recover(shared, name)?;
        let number = manifest::logs(&shared.layout.writer(name))?.last().map_or(1, |n| n + 1);
        let number = number.max(now_ms() as u64);
        let log = Appender::create(&shared.layout.log(name, number))?;
        log::sync_dir(&shared.layout.writer(name))?;
        let state = State {
            log,
            number,
            encoder: Encoder::new(&shared.registry),
            active: Memtable::new(manifest::log_name(name, number).into(), &shared.registry),
            full: Vec::new(),
            closing: false,
            failure: None,
        };
        Ok(Self {
            name: name.to_owned(),
            state: Mutex::new(state),
            wake: Condvar::new(),
            written: Condvar::new(),
            _lock: lock,
        })
    }

    /// Waits while too much waits to be written to files.
    pub(crate) fn wait_for_room(&self) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let deadline = std::time::Instant::now() + PATIENCE;
        while state.full.len() >= MOST_WAITING {
            if let Some((kind, why)) = &state.failure {
                return Err(Error::new(*kind, format!("sessions cannot be written to files: {why}")));
            }
            if std::time::Instant::now() >= deadline {
                return Err(Error::new(
                    ErrorKind::Overloaded,
                    "the disk of the index does not keep up; sessions wait in memory and in the log",
                ));
            }
            self.wake.notify_all();
            let wait = self.written.wait_timeout(state, Duration::from_millis(200));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Writes documents to the log and takes them into memory. `all_new` says that no id of them was seen before.
    pub(crate) fn append(&self, docs: Vec<SessionDoc>, all_new: bool, shared: &Shared) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        // Some documents at a time, so that they are still in the processor's cache when they come to memory; each is
        // a frame, so that a reader never has to hold more.
        let mut docs = docs.into_iter();
        while !docs.as_slice().is_empty() {
            let batch = docs.as_slice();
            let batch = batch.get(..BATCH).unwrap_or(batch);
            let count = batch.len();
            let payload = state.encoder.encode(batch);
            if let Err(e) = state.log.append(&[&payload]) {
                // the names in the lost frame are to be written again
                state.encoder = Encoder::new(&shared.registry);
                return Err(e);
            }
            state.active.push(docs.by_ref().take(count), payload.len(), all_new);
        }
        if state.active.rows() >= shared.options.flush_rows
            || state.active.bytes >= shared.options.flush_bytes
        {
            state.rotate(&self.name, shared)?;
            self.wake.notify_all();
        }
        Ok(())
    }

    /// When it returns, every log survives a loss of power.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let state = lock(&self.state);
        state.full.iter().try_for_each(|full| full.log.sync())?;
        state.log.sync()
    }

    /// Makes a file of what is in memory, soon.
    pub(crate) fn flush_soon(&self, shared: &Shared) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if state.active.rows() > 0 {
            state.rotate(&self.name, shared)?;
        }
        self.wake.notify_all();
        Ok(())
    }

    /// Waits until nothing is left to be written to files.
    pub(crate) fn drain(&self) -> Result<(), Error> {
        let mut state = lock(&self.state);
        while !state.full.is_empty() {
            if let Some((kind, why)) = &state.failure {
                return Err(Error::new(*kind, format!("sessions cannot be written to files: {why}")));
            }
            let wait = self.written.wait_timeout(state, Duration::from_millis(200));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Ends the thread once everything is written.
    pub(crate) fn close(&self) {
        lock(&self.state).closing = true;
        self.wake.notify_all();
    }

    /// What is in memory, as segments.
    pub(crate) fn segments(&self, view: &View) -> Vec<Segment> {
        let mut state = lock(&self.state);
        let mut segments = self.full_segments(&mut state, view);
        segments.extend(state.active.segments(&view.changes));
        segments
    }
    /// What is in memory and takes no more documents.
    pub(crate) fn waiting(&self, view: &View) -> Vec<Segment> {
        self.full_segments(&mut lock(&self.state), view)
    }
    fn full_segments(&self, state: &mut State, view: &View) -> Vec<Segment> {
        state.full.iter_mut().flat_map(|full| full.memtable.segments(&view.changes)).collect()
    }

    /// The thread's work: files of full memtables, and of old ones; merging when there is nothing else.
    pub(crate) fn run(&self, shared: &Shared) {
        let mut merged = std::time::Instant::now();
        loop {
            let mut state = lock(&self.state);
            if state.full.is_empty() && !state.closing {
                let wait = self.wake.wait_timeout(state, Duration::from_secs(1));
                state = wait.unwrap_or_else(PoisonError::into_inner).0;
            }
            let old = state.active.since.elapsed() >= shared.options.flush_after;
            if state.active.rows() > 0
                && (old || state.closing)
                && state.full.is_empty()
                && let Err(e) = state.rotate(&self.name, shared)
            {
                state.failure = Some((e.kind, e.to_string()));
            }
            let closing = state.closing;
            let next = state.full.first().map(|full| full.number);
            let failed = state.failure.is_some();
            drop(state);
            match next {
                Some(number) => {
                    let done = self.flush(shared, number);
                    let failed = done.is_err();
                    lock(&self.state).failure = done.err().map(|e| (e.kind, e.to_string()));
                    self.written.notify_all();
                    if failed {
                        if closing {
                            // the log keeps it; the next writer makes files of it
                            return;
                        }
                        std::thread::sleep(Duration::from_secs(1));
                    }
                }
                None if closing => return,
                None => {}
            }
            if !failed && merged.elapsed() >= Duration::from_secs(2) {
                // a merge that fails leaves everything as it was; the next one tries again
                let _ = merging::merge_some(shared, &self.name);
                merged = std::time::Instant::now();
            }
        }
    }

    fn flush(&self, shared: &Shared, number: u64) -> Result<(), Error> {
        let view = shared.reload(false)?;
        let segments: Vec<Segment> = {
            let mut state = lock(&self.state);
            let full = state.full.iter_mut().find(|full| full.number == number);
            full.map(|full| full.memtable.segments(&view.changes)).unwrap_or_default()
        };
        flush_segments(shared, &self.name, number, &segments, || {
            lock(&self.state).full.retain(|full| full.number != number);
        })
    }
}

impl State {
    /// Begins a new log and memtable; the old ones wait to be written.
    fn rotate(&mut self, name: &str, shared: &Shared) -> Result<(), Error> {
        let number = self.number + 1;
        let log = Appender::create(&shared.layout.log(name, number))?;
        log::sync_dir(&shared.layout.writer(name))?;
        let active = Memtable::new(manifest::log_name(name, number).into(), &shared.registry);
        self.full.push(Full {
            number: self.number,
            log: std::mem::replace(&mut self.log, log),
            memtable: std::mem::replace(&mut self.active, active),
        });
        self.encoder = Encoder::new(&shared.registry);
        self.number = number;
        Ok(())
    }
}

/// Makes files of the rows of a log and puts them in its place; `forget` drops the rows from memory meanwhile.
fn flush_segments(
    shared: &Shared,
    name: &str,
    number: u64,
    segments: &[Segment],
    forget: impl FnOnce(),
) -> Result<(), Error> {
    let Some(done) = rewrite::rewrite(shared, name, segments, None, new_file_name)? else {
        return Err(Error::new(ErrorKind::Corrupt, "what is in memory cannot be written to a file"));
    };
    let mut in_force = false;
    let result = publish_flush(shared, name, number, &done, &mut in_force, forget);
    if !in_force {
        discard(shared, name, &done.files);
    }
    result
}

fn publish_flush(
    shared: &Shared,
    name: &str,
    number: u64,
    done: &Rewritten,
    in_force: &mut bool,
    forget: impl FnOnce(),
) -> Result<(), Error> {
    let _exclusive = shared.exclusive()?;
    let _moving = shared.moving.write().unwrap_or_else(PoisonError::into_inner);
    let view = shared.reload(true)?;
    shared.log_changes(view.state.changes, &done.carry(name, &view))?;
    let flush =
        Flush { log: number, files: done.files.iter().map(|f| (f.slice.clone(), f.entry.clone())).collect() };
    done.name_files(shared, name)?;
    // from here on the files are in force, whatever happens
    manifest::save(&shared.layout.flush(name), &flush)?;
    *in_force = true;
    forget();
    finish_flush(shared, name, &flush, &view)?;
    shared.reload(true)?;
    Ok(())
}

/// Brings manifests and logs in line with a flush. May be repeated.
fn finish_flush(shared: &Shared, name: &str, flush: &Flush, view: &View) -> Result<(), Error> {
    let mut by_slice: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (slice, entry) in &flush.files {
        by_slice.entry(slice).or_default().push(entry);
    }
    for (slice, entries) in by_slice {
        let path = shared.layout.manifest(slice, name);
        let mut manifest: Manifest = manifest::load(&path)?.unwrap_or_default();
        for entry in entries {
            if !manifest.files.iter().any(|f| f.name == entry.name) {
                manifest.files.push(entry.clone());
            }
        }
        manifest::save(&path, &manifest)?;
        log::sync_dir(&shared.layout.partitions().join(slice))?;
    }
    log::sync_dir(&shared.layout.partitions())?;
    // The log goes only after the generation: who still has the old one reads the log. The note of the flush goes last:
    // while it is there, the log does not count.
    merging::tidy_changes(shared, view)?;
    remove(&shared.layout.log(name, flush.log))?;
    remove(&shared.layout.flush(name))
}

pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(error::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Removes new files that did not come into force.
pub(crate) fn discard(shared: &Shared, name: &str, files: &[NewFile]) {
    for file in files {
        let dir = shared.layout.partition(&file.slice, name);
        let _ = std::fs::remove_file(rewrite::unfinished(&dir, &file.entry.name));
        let _ = std::fs::remove_file(dir.join(&file.entry.name));
    }
}

/// Finishes what a process that ended left: a flush under way, half-written files, logs. The caller has the writer's
/// lock.
pub(crate) fn recover(shared: &Shared, name: &str) -> Result<(), Error> {
    {
        let _exclusive = shared.exclusive()?;
        if let Some(flush) = manifest::load::<Flush>(&shared.layout.flush(name))? {
            let view = shared.reload(true)?;
            finish_flush(shared, name, &flush, &view)?;
        }
    }
    clean(shared, name)?;
    for number in manifest::logs(&shared.layout.writer(name))? {
        let mut memtable = Memtable::new(manifest::log_name(name, number).into(), &shared.registry);
        let mut decoder = Decoder::default();
        log::Tail::new(&shared.layout.log(name, number)).read(&mut |payload| match decoder
            .decode(payload, &shared.registry)
        {
            Some(docs) => {
                memtable.push(docs, payload.len(), false);
                true
            }
            None => false,
        })?;
        // A document may have come in just before the one that it replaces was marked as gone. One that has been replaced itself, by another
        // writer, replaces nothing any more.
        let view = shared.reload(false)?;
        let gone = view.changes.of(&manifest::log_name(name, number)).and_then(|one| one.hidden.clone());
        let here = |row: u32| gone.as_ref().is_none_or(|hidden| !hidden.has(row));
        let ids: HashSet<_> =
            memtable.ids().iter().filter(|(_, row)| here(**row)).map(|(id, _)| *id).collect();
        let files = shared.file_segments(&view);
        shared.hide(&files, &ids)?;
        let view = shared.reload(false)?;
        let segments = memtable.segments(&view.changes);
        flush_segments(shared, name, number, &segments, || ())?;
    }
    Ok(())
}

/// Removes files of a writer that are in no manifest.
fn clean(shared: &Shared, name: &str) -> Result<(), Error> {
    for slice in manifest::list(&shared.layout.partitions())? {
        let dir = shared.layout.partition(&slice, name);
        let names = manifest::list(&dir)?;
        if names.is_empty() {
            continue;
        }
        let manifest: Manifest = manifest::load(&shared.layout.manifest(&slice, name))?.unwrap_or_default();
        let known: HashSet<&str> = manifest
            .files
            .iter()
            .map(|f| f.name.as_str())
            .chain(manifest.garbage.iter().map(|g: &Garbage| g.name.as_str()))
            .collect();
        let stray = |name: &str| match name.strip_suffix(".old") {
            Some(name) => !known.contains(name),
            None => name.ends_with(".new") || (name.ends_with(".parquet") && !known.contains(name)),
        };
        for file in names.iter().filter(|name| stray(name)) {
            remove(&dir.join(file))?;
        }
    }
    Ok(())
}

impl Shared {
    /// Marks rows with these ids as gone.
    pub(crate) fn hide(&self, segments: &[Segment], ids: &HashSet<session::SessionId>) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let changes = self.rows_of(segments, ids)?;
        if changes.is_empty() {
            return Ok(());
        }
        let _exclusive = self.exclusive()?;
        let view = self.reload(true)?;
        self.log_changes(view.state.changes, &changes)?;
        self.advance(&view, view.state.changes)?;
        self.reload(true)?;
        Ok(())
    }

    /// The rows of segments that have these ids, as changes that hide them.
    pub(crate) fn rows_of(
        &self,
        segments: &[Segment],
        ids: &HashSet<session::SessionId>,
    ) -> Result<Vec<Change>, Error> {
        let plan = query::Plan::Ids(ids.iter().copied().collect());
        let node = crate::eval::Node::new(&plan)?;
        let control = index::Control::new();
        let mut changes = Vec::new();
        for segment in segments {
            let Some(open) = crate::segment::Open::new(segment, &self.registry, &self.files)? else {
                continue;
            };
            let rows: Vec<u32> =
                node.rows(&open, &control)?.rows(segment.rows).map(|row| segment.base + row).collect();
            if !rows.is_empty() {
                changes.push(Change::Hide { name: segment.name.clone(), rows });
            }
        }
        Ok(changes)
    }
}
