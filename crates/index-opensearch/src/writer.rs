//! Writing sessions: first onto the own disk, then to the cluster, by a thread that does not give up.

use crate::bulk::{self, Item, Operation, Sent};
use crate::client::thread;
use crate::gate::Gate;
use crate::options::Options;
use crate::segments::{Appender, Place, Reader, Record, end};
use crate::shape::{encode, last_packet};
use crate::spool::{Spool, Waiting, disk};
use index::{Error, ErrorKind, SessionSink};
use session::SessionDoc;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of one request: at the beginning, at least, at most.
const REQUEST: (u64, u64, u64) = (2 << 20, 64 << 10, 12 << 20);
/// Time that a request should take: one that is quicker makes the next one larger.
const QUICK: Duration = Duration::from_millis(300);
/// See [`QUICK`].
const SLOW: Duration = Duration::from_secs(3);
/// Waits between attempts: the first, the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Marks the spool of a process that is gone: the one that holds its lock only sends.
const LEFT: &str = "left";

/// What the writer and its thread know of each other.
#[derive(Default)]
struct State {
    /// Where what was appended ends.
    end: Place,
    /// Documents appended, taken by the cluster, visible.
    appended: u64,
    drained: u64,
    visible: u64,
    /// Somebody waits until this many are visible.
    wanted: u64,
    /// The cluster does not take documents for now.
    stuck: bool,
    /// No more will be appended; the thread ends at this time at the latest.
    closing: Option<Instant>,
}

struct Shared {
    folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    gate: Arc<Gate>,
    spool: Arc<Spool>,
    waiting: Arc<Waiting>,
    parallel: usize,
    _lock: File,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes sessions. When [`SessionSink::append`] returns, they are in a file; a thread sends them to the cluster in order, as often as it takes.
/// Documents have the ids of their sessions: what is sent twice is there once.
pub struct Writer {
    shared: Arc<Shared>,
    /// `None` where only what another process left is sent.
    appender: Option<Appender>,
    options: Options,
    thread: Option<JoinHandle<()>>,
}

/// Takes the lock of a spool; `None` where its writer lives.
fn locked(folder: &Path) -> Option<File> {
    let file = File::options().create(true).write(true).truncate(false).open(folder.join("lock")).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

impl Writer {
    pub(crate) fn new(
        name: &str,
        gate: &Arc<Gate>,
        options: &Options,
        spool: &Arc<Spool>,
    ) -> Result<Self, Error> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{}-{number}", crate::spool::now_ms(), std::process::id());
        // nobody may find it before it is locked
        let (hidden, folder) = (spool.folder.join(format!(".{name}")), spool.folder.join(name));
        let failed = |error| disk(&spool.folder, error);
        std::fs::create_dir(&hidden).map_err(failed)?;
        let lock =
            locked(&hidden).ok_or_else(|| failed(std::io::Error::other("its lock cannot be taken")))?;
        std::fs::rename(&hidden, &folder).map_err(failed)?;
        let appender = Appender::new(&folder).map_err(failed)?;
        Self::start(folder, lock, Some(appender), gate, options, spool)
    }

    /// Writers for what processes that are gone left behind.
    pub(crate) fn adopt(gate: &Arc<Gate>, options: &Options, spool: &Arc<Spool>) -> Result<Vec<Self>, Error> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&spool.folder).map_err(|error| disk(&spool.folder, error))? {
            let Ok(folder) = entry.map(|entry| entry.path()) else { continue };
            let hidden = folder.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden || !folder.is_dir() {
                continue;
            }
            // its process may have ended it between the two
            if let Some(lock) = locked(&folder).filter(|_| folder.is_dir()) {
                File::create(folder.join(LEFT)).map_err(|error| disk(&folder, error))?;
                found.push(Self::start(folder, lock, None, gate, options, spool)?);
            }
        }
        Ok(found)
    }

    /// Whether there are documents of processes that are gone, whoever sends them now.
    pub(crate) fn are_left(spool: &Spool) -> Result<bool, Error> {
        let entries = std::fs::read_dir(&spool.folder).map_err(|error| disk(&spool.folder, error))?;
        Ok(entries.flatten().any(|entry| entry.path().join(LEFT).exists()))
    }

    fn start(
        folder: PathBuf,
        lock: File,
        appender: Option<Appender>,
        gate: &Arc<Gate>,
        options: &Options,
        spool: &Arc<Spool>,
    ) -> Result<Self, Error> {
        let failed = |error| disk(&folder, error);
        let mut state = State::default();
        let waiting = Arc::new(Waiting::default());
        if appender.is_none() {
            state.end = end(&folder).map_err(failed)?;
            let mut reader = Reader::new(&folder);
            let mut bytes = 0;
            while let Some(record) = reader.next(state.end).map_err(failed)? {
                state.appended += 1;
                bytes += record.size();
            }
            waiting.documents.store(state.appended, Ordering::Relaxed);
            waiting.bytes.store(bytes, Ordering::Relaxed);
        }
        spool.count(&waiting);
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            gate: gate.clone(),
            spool: spool.clone(),
            waiting,
            parallel: options.parallel.max(1),
            _lock: lock,
        });
        let (own, patience) = (shared.clone(), options.patience);
        let thread = thread("spool", move || Drain::new(&own, patience).run())?;
        Ok(Self { shared, appender, options: options.clone(), thread: Some(thread) })
    }

    /// Whether the cluster has everything.
    pub fn is_drained(&self) -> bool {
        let state = self.shared.lock();
        state.drained >= state.appended
    }

    /// Waits until the cluster has everything and searches see it, at most so long; whether it has.
    pub fn settle(&self, longest: Duration) -> bool {
        let until = Instant::now() + longest;
        let mut state = self.shared.lock();
        let target = state.appended;
        state.wanted = state.wanted.max(target);
        self.shared.changed.notify_all();
        while state.visible < target {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl SessionSink for Writer {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        let count = docs.len() as u64;
        let Some(appender) = self.appender.as_mut().filter(|_| count > 0) else { return Ok(()) };
        let mut bytes = Vec::new();
        for doc in &docs {
            let index = self.options.index_of(doc.id, last_packet(doc));
            Record { index, id: doc.id.to_string(), source: encode(&self.options.schema, doc) }
                .write(&mut bytes);
        }
        let waiting = &self.shared.waiting;
        let held = waiting.bytes.load(Ordering::Relaxed);
        if held.saturating_add(bytes.len() as u64) > self.options.spool_limit {
            let why = self
                .shared
                .spool
                .status()
                .problem
                .unwrap_or_else(|| "it is slower than sessions come".into());
            return Err(Error::new(
                ErrorKind::Overloaded,
                format!(
                    "the spool {} is full: {} sessions wait for the cluster ({why}); look after the cluster, or set a larger [index] spool_limit",
                    self.shared.folder.display(),
                    waiting.documents.load(Ordering::Relaxed)
                ),
            ));
        }
        let end = appender.append(&bytes).map_err(|error| disk(&self.shared.folder, error))?;
        waiting.documents.fetch_add(count, Ordering::Relaxed);
        waiting.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut state = self.shared.lock();
        state.end = end;
        state.appended += count;
        self.shared.changed.notify_all();
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        if let Some(appender) = &mut self.appender {
            appender.sync().map_err(|error| disk(&self.shared.folder, error))?;
        }
        // while the cluster is away, what is safe on the own disk is enough: nobody else waits with us
        let until = Instant::now() + self.options.patience;
        loop {
            let left = until.saturating_duration_since(Instant::now()).min(Duration::from_millis(50));
            if self.settle(left) || Instant::now() >= until || self.shared.lock().stuck {
                return Ok(());
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.closing = Some(Instant::now() + self.options.patience);
            state.wanted = state.appended;
            self.shared.changed.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if self.is_drained() {
            let _ = std::fs::remove_dir_all(&self.shared.folder);
        }
    }
}

/// The thread that sends.
struct Drain<'a> {
    shared: &'a Shared,
    reader: Reader,
    /// Bytes of one request.
    request: u64,
    /// How long it goes on without success once the writer is gone.
    patience: Duration,
    /// Indices written to since they were refreshed.
    touched: BTreeSet<String>,
}

impl<'a> Drain<'a> {
    fn new(shared: &'a Shared, patience: Duration) -> Self {
        Self {
            shared,
            reader: Reader::new(&shared.folder),
            request: REQUEST.0,
            patience,
            touched: BTreeSet::new(),
        }
    }

    fn run(mut self) {
        loop {
            let end = {
                let mut state = self.shared.lock();
                loop {
                    if state.closing.is_some_and(|until| Instant::now() >= until) {
                        return;
                    }
                    if state.drained < state.appended
                        || (state.wanted > state.visible && state.drained > state.visible)
                    {
                        break;
                    }
                    if state.closing.is_some() {
                        return;
                    }
                    state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                state.end
            };
            let window = match self.window(end) {
                Ok(window) => window,
                Err(error) => {
                    self.shared.spool.problem(Some(disk(&self.shared.folder, error).to_string()));
                    if self.pause(WAIT.1) {
                        return;
                    }
                    continue;
                }
            };
            let (count, bytes) = (window.len() as u64, window.iter().map(Record::size).sum::<u64>());
            if !self.send(window) {
                return;
            }
            // what is lost by this is sent again, under the same ids
            let _ = self.reader.done();
            let waiting = &self.shared.waiting;
            let mut drained = count;
            {
                let mut state = self.shared.lock();
                // what was damaged will not come
                if count == 0 {
                    drained = state.appended - state.drained;
                    waiting.bytes.store(0, Ordering::Relaxed);
                }
                state.drained += drained;
            }
            let take = |counter: &AtomicU64, by: u64| {
                let _ = counter
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_sub(by)));
            };
            take(&waiting.documents, drained);
            take(&waiting.bytes, bytes);
            let damaged = std::mem::take(&mut self.reader.damaged);
            self.shared.spool.damaged.fetch_add(damaged, Ordering::Relaxed);
            self.make_visible();
        }
    }

    /// Waits; whether the thread is to end.
    fn pause(&self, longest: Duration) -> bool {
        let until = Instant::now() + longest;
        let mut state = self.shared.lock();
        loop {
            if state.closing.is_some_and(|until| Instant::now() >= until) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let left =
                state.closing.map_or(left, |until| left.min(until.saturating_duration_since(Instant::now())));
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next documents, as many as requests may be under way at once.
    fn window(&mut self, end: Place) -> std::io::Result<Vec<Record>> {
        let most = self.request * self.shared.parallel as u64;
        let mut bytes = 0;
        let mut window = Vec::new();
        while bytes < most {
            let Some(record) = self.reader.next(end)? else { break };
            bytes += record.size();
            window.push(record);
        }
        Ok(window)
    }

    /// Sends until the cluster has taken or refused each; false where the thread is to end before.
    fn send(&mut self, window: Vec<Record>) -> bool {
        // of a session that was written twice only the last counts: requests may overtake each other
        let mut last: HashMap<String, usize> = HashMap::new();
        let mut items: Vec<Option<Item>> = Vec::new();
        let total = window.len() as u64;
        for (at, record) in window.into_iter().enumerate() {
            if let Some(before) = last.insert(record.id.clone(), at)
                && let Some(slot) = items.get_mut(before)
            {
                *slot = None;
            }
            let Record { index, id, source } = record;
            items.push(Some(Item { index, id, operation: Operation::Index(source) }));
        }
        let mut items: Vec<Item> = items.into_iter().flatten().collect();
        self.touched.extend(items.iter().map(|item| item.index.clone()));
        let mut wait = WAIT.0;
        loop {
            let mut reason = String::new();
            items = self.once(items, &mut reason);
            if items.is_empty() {
                break;
            }
            self.shared.spool.retries.fetch_add(1, Ordering::Relaxed);
            self.shared.spool.problem(Some(reason));
            self.shared.lock().stuck = true;
            self.shared.changed.notify_all();
            if self.pause(wait) {
                return false;
            }
            wait = (wait * 2).min(WAIT.1);
        }
        self.shared.spool.problem(None);
        {
            let mut state = self.shared.lock();
            state.stuck = false;
            // as long as it goes on, it goes on
            if state.closing.is_some() {
                state.closing = Some(Instant::now() + self.patience);
            }
        }
        self.shared.spool.sent.fetch_add(total, Ordering::Relaxed);
        true
    }

    /// Sends each once; gives back those that the cluster could not take for now.
    fn once(&mut self, items: Vec<Item>, reason: &mut String) -> Vec<Item> {
        // an index that the cluster makes before it has the template has the wrong fields
        if let Err(error) = self.shared.gate.pass() {
            *reason = error.to_string();
            return items;
        }
        let mut requests: Vec<Vec<Item>> = Vec::new();
        let mut size = u64::MAX;
        for item in items {
            let own =
                if let Operation::Index(source) = &item.operation { source.len() as u64 + 100 } else { 100 };
            if size.saturating_add(own) > self.request {
                requests.push(Vec::new());
                size = 0;
            }
            size += own;
            if let Some(request) = requests.last_mut() {
                request.push(item);
            }
        }
        let client = &self.shared.gate.client;
        let begun = Instant::now();
        let mut answers = Vec::new();
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            let some: Vec<Vec<Item>> = requests.by_ref().take(self.shared.parallel).collect();
            std::thread::scope(|scope| {
                let started: Vec<_> = some
                    .into_iter()
                    .map(|items| scope.spawn(move || (bulk::send(client, &items), items)))
                    .collect();
                answers.extend(started.into_iter().filter_map(|one| one.join().ok()));
            });
        }
        let took = begun.elapsed();
        let (mut left, mut pushed_back) = (Vec::new(), false);
        for (answer, items) in answers {
            match answer {
                Ok(sent) => {
                    for (item, sent) in items.into_iter().zip(sent) {
                        match sent {
                            Sent::Done | Sent::Conflict | Sent::Gone => {}
                            Sent::Later(why) => {
                                pushed_back = true;
                                *reason = format!("the cluster does not take sessions for now ({why})");
                                left.push(item);
                            }
                            Sent::Never(why) => {
                                if let Operation::Index(source) = &item.operation {
                                    self.shared.spool.reject(&item.index, &item.id, &why, source);
                                }
                            }
                        }
                    }
                }
                Err(error) => {
                    pushed_back = true;
                    *reason = error.to_string();
                    left.extend(items);
                }
            }
        }
        self.request = if pushed_back || took > SLOW {
            (self.request / 2).max(REQUEST.1)
        } else if took < QUICK {
            (self.request * 3 / 2).min(REQUEST.2)
        } else {
            self.request
        };
        left
    }

    /// Lets searches see what was sent, where somebody waits for it.
    fn make_visible(&mut self) {
        let (wanted, drained) = {
            let state = self.shared.lock();
            (state.wanted > state.visible && state.drained >= state.wanted, state.drained)
        };
        if !wanted {
            return;
        }
        let indices: Vec<&str> = self.touched.iter().map(String::as_str).collect();
        let done =
            indices.chunks(50).try_for_each(|some| bulk::refresh(&self.shared.gate.client, &some.join(",")));
        match done {
            Ok(()) => {
                self.touched.clear();
                self.shared.lock().visible = drained;
            }
            Err(error) => {
                self.shared.spool.problem(Some(error.to_string()));
                self.shared.lock().stuck = true;
                // the loop comes back here
                let _ = self.pause(WAIT.0);
            }
        }
        self.shared.changed.notify_all();
    }
}
