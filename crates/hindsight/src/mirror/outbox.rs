//! Changes of the catalogue on their way to the cluster, kept on the own disk until they are there.

use super::{Shared, is_away};
use catalog_sqlite::Sqlite;
use index::{Catalog as _, Entry, Error, ErrorKind, FileRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Where changes wait; keys rise with time.
const OUTBOX: &str = "mirror-outbox";
/// How long a change is waited for, so that whoever asks next finds it: no longer, for a capture may not wait.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two attempts while the cluster is away, and between two complaints.
const AGAIN: Duration = Duration::from_secs(3);
/// How long a process that ends goes on sending.
const ENDING: Duration = Duration::from_secs(5);

/// A change. What it is of is changed by this machine only, so that it needs no condition.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// The record of a file; `None`: it goes.
    File {
        /// Node of the file.
        node: String,
        /// Number of the file.
        num: u32,
        /// What is known of it.
        record: Option<Box<FileRecord>>,
    },
    /// An entry.
    Entry {
        /// Collection of the entry.
        collection: String,
        /// Its key.
        key: String,
        /// What it is now.
        value: Json,
    },
}

impl Change {
    /// What is changed: the last change of it counts.
    fn target(&self) -> String {
        match self {
            Change::File { node, num, .. } => format!("f/{node}/{num}"),
            Change::Entry { collection, key, .. } => format!("e/{collection}/{key}"),
        }
    }

    fn send(self, far: &dyn Shared) -> Result<(), Error> {
        match self {
            Change::File { record: Some(record), .. } => far.update_file(&record),
            Change::File { node, num, record: None } => far.remove_file(&node, num),
            Change::Entry { collection, key, value } => far.put(&collection, &key, &value, None).map(|_| ()),
        }
    }
}

#[derive(Default)]
struct State {
    /// Changes made by this process, and how many of them the thread has looked at.
    added: u64,
    seen: u64,
    /// Until when the cluster is left alone, and why.
    away: Option<(Instant, String)>,
    /// The last change of each thing that waits, of this process.
    last: HashMap<String, String>,
    /// Time of the newest change: keys rise also when the clock is set back.
    newest: i64,
    /// No more comes; the thread ends by this time.
    closing: Option<Instant>,
}

struct Core {
    near: Arc<Sqlite>,
    far: Arc<dyn Shared>,
    lock: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    waiting: AtomicU64,
}

/// The changes, and the thread that sends them.
pub struct Outbox {
    core: Arc<Core>,
    thread: Option<JoinHandle<()>>,
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> Result<Vec<Entry>, Error> {
        let all = self.near.list(OUTBOX)?;
        self.waiting.store(all.len() as u64, Ordering::Relaxed);
        Ok(all)
    }

    /// Sends everything once, in order; whether all went. What other processes left is sent too, by one process at a time.
    fn pass(&self) -> Result<bool, Error> {
        let failed = |error| Error::caused(ErrorKind::Unavailable, self.lock.display().to_string(), error);
        let lock =
            File::options().create(true).write(true).truncate(false).open(&self.lock).map_err(failed)?;
        if lock.try_lock().is_err() {
            return Ok(false);
        }
        let mut whole = true;
        for entry in self.count()? {
            let Ok(change) = serde_json::from_value::<Change>(entry.value) else {
                // of a newer version: it is left for that
                whole = false;
                continue;
            };
            let target = change.target();
            match change.send(&*self.far) {
                Ok(()) => {
                    self.near.remove(OUTBOX, &entry.key)?;
                    let mut state = self.lock();
                    if state.last.get(&target) == Some(&entry.key) {
                        state.last.remove(&target);
                    }
                }
                Err(error) if is_away(&error) => return Err(error),
                Err(error) => {
                    whole = false;
                    eprintln!("hindsight: {target} of the catalogue: {error}; it is tried again");
                }
            }
        }
        self.count()?;
        Ok(whole)
    }

    fn run(&self) {
        let mut said = None;
        let mut rest = self.count().is_ok_and(|all| !all.is_empty());
        loop {
            let added = {
                let mut state = self.lock();
                loop {
                    let now = Instant::now();
                    if state.closing.is_some_and(|until| now >= until || !rest && state.seen == state.added) {
                        return;
                    }
                    let pause = state.away.as_ref().map(|(until, _)| until.saturating_duration_since(now));
                    let pause = pause.filter(|pause| !pause.is_zero());
                    let work = rest || state.seen < state.added;
                    state = match (work, pause) {
                        // a process that ends does not wait for a cluster that is away
                        (true, Some(_)) if state.closing.is_some() => return,
                        (true, None) => break state.added,
                        (true, Some(pause)) => {
                            self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0
                        }
                        (false, _) => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                    };
                }
            };
            let done = self.pass();
            let mut state = self.lock();
            match done {
                Ok(whole) => {
                    (state.seen, state.away, rest) = (added, None, !whole);
                    if said.take().is_some() {
                        eprintln!("hindsight: the catalogue can be written again");
                    }
                    if rest {
                        // another process sends, or something is refused
                        state.away = None;
                        state = self
                            .changed
                            .wait_timeout(state, AGAIN / 3)
                            .unwrap_or_else(PoisonError::into_inner)
                            .0;
                    }
                }
                Err(error) => {
                    rest = true;
                    if said.is_none() {
                        eprintln!("hindsight: changes of the catalogue wait on the own disk: {error}");
                        said = Some(());
                    }
                    state.away = Some((Instant::now() + AGAIN, error.to_string()));
                }
            }
            drop(state);
            self.changed.notify_all();
        }
    }
}

impl Outbox {
    /// Begins with what is left of before.
    pub fn open(near: Arc<Sqlite>, far: Arc<dyn Shared>, lock: PathBuf) -> Result<Self, Error> {
        let core = Arc::new(Core {
            near,
            far,
            lock,
            state: Mutex::default(),
            changed: Condvar::new(),
            waiting: AtomicU64::new(0),
        });
        let newest = core.count()?.last().and_then(|entry| entry.key.get(..15)?.parse().ok());
        core.lock().newest = newest.unwrap_or(0);
        let own = core.clone();
        let thread = std::thread::Builder::new().name("catalogue".into()).spawn(move || own.run());
        let thread = thread.map_err(|error| {
            Error::caused(ErrorKind::Overloaded, "no thread can be started to write the catalogue", error)
        })?;
        Ok(Self { core, thread: Some(thread) })
    }

    /// Why the cluster is left alone for now.
    pub fn away(&self) -> Option<String> {
        let state = self.core.lock();
        state.away.as_ref().filter(|(until, _)| Instant::now() < *until).map(|(_, why)| why.clone())
    }

    /// A call failed: the cluster is left alone for a while.
    pub fn set_away(&self, error: &Error) {
        self.core.lock().away = Some((Instant::now() + AGAIN, error.to_string()));
    }

    /// Changes that wait.
    pub fn waiting(&self) -> u64 {
        self.core.waiting.load(Ordering::Relaxed)
    }

    /// Takes a change; it is on disk when this returns, and in the cluster too if that is quick.
    pub fn add(&self, change: Change) -> Result<(), Error> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let core = &*self.core;
        let mut state = core.lock();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        state.newest = state.newest.max(crate::ask::now_ms());
        let key = format!("{:015}-{number:012}-{}", state.newest, std::process::id());
        let value = serde_json::to_value(&change)
            .map_err(|error| Error::caused(ErrorKind::Unsupported, "a change of the catalogue", error))?;
        core.near.put(OUTBOX, &key, &value, None)?;
        core.waiting.fetch_add(1, Ordering::Relaxed);
        // what it replaces need not be sent any more
        if let Some(before) = state.last.insert(change.target(), key) {
            let gone = u64::from(core.near.remove(OUTBOX, &before)?);
            let less = |waiting: u64| Some(waiting.saturating_sub(gone));
            let _ = core.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        state.added += 1;
        let target = state.added;
        core.changed.notify_all();
        let until = Instant::now() + PATIENCE;
        while state.seen < target && state.away.as_ref().is_none_or(|(until, _)| Instant::now() >= *until) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = core.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Records of files that wait, the last of each; `None` of those that go.
    #[allow(clippy::type_complexity, reason = "a place and what is there")]
    pub fn files(&self) -> Result<Vec<((String, u32), Option<FileRecord>)>, Error> {
        if self.waiting() == 0 {
            return Ok(Vec::new());
        }
        let mut last = std::collections::BTreeMap::new();
        for entry in self.core.near.list(OUTBOX)? {
            if let Ok(Change::File { node, num, record }) = serde_json::from_value(entry.value) {
                last.insert((node, num), record.map(|record| *record));
            }
        }
        Ok(last.into_iter().collect())
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.core.lock().closing = Some(Instant::now() + ENDING);
        self.core.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
