//! The queue before the index, bounded by bytes.

use super::SECOND;
use super::shared::{Lost, Shared};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use index::{ErrorKind, SessionSink};
use session::SessionDoc;
use source::Stop;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long the index is tried again after the capture was stopped while it has no room or cannot be reached.
const GRACE: Duration = Duration::from_secs(5);
/// Pause of somebody who waits for room in the queue.
const PAUSE: Duration = Duration::from_millis(5);

/// Documents with their weight.
pub(super) struct Parcel {
    documents: Vec<SessionDoc>,
    bytes: u64,
}

/// A worker's end.
#[derive(Clone)]
pub(super) struct Giver<'a> {
    shared: &'a Shared,
    parcels: Sender<Parcel>,
}

/// What became of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// They are on their way.
    Taken,
    /// There was no room for so many; their packet files are noted for recovery.
    NoRoom(u64),
    /// Nobody takes them, so many, any more; their packet files are noted for recovery.
    NoIndex(u64),
}

/// Says when it ends that nobody takes documents any more, however it ends.
struct Taking<'a>(&'a Shared);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Relaxed);
    }
}

/// What a worker does where the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// It has packets to take.
    Now,
    /// It has nothing else to do.
    Room,
}

/// A queue; its bound is in `shared`.
pub(super) fn queue(shared: &Shared) -> (Giver<'_>, Receiver<Parcel>) {
    let (parcels, receiver) = unbounded();
    (Giver { shared, parcels }, receiver)
}

impl Giver<'_> {
    /// Hands documents to the index.
    pub(super) fn give(&self, documents: Vec<SessionDoc>, when: When) -> Given {
        let (count, bytes) =
            (documents.len() as u64, documents.iter().map(|doc| doc.memory() as u64).sum::<u64>());
        let Shared { bytes: held, limit, documents: waiting, .. } = self.shared;
        loop {
            let before = held.fetch_add(bytes, Ordering::Relaxed);
            // one parcel is always taken, however large
            if before == 0 || before.saturating_add(bytes) <= *limit {
                break;
            }
            held.fetch_sub(bytes, Ordering::Relaxed);
            if self.shared.gone.load(Ordering::Relaxed) {
                self.shared.recover(&documents);
                return Given::NoIndex(count);
            }
            if when == When::Now {
                self.shared.recover(&documents);
                return Given::NoRoom(count);
            }
            std::thread::sleep(PAUSE);
        }
        waiting.fetch_add(count, Ordering::Relaxed);
        match self.parcels.send(Parcel { documents, bytes }) {
            Ok(()) => Given::Taken,
            Err(back) => {
                held.fetch_sub(bytes, Ordering::Relaxed);
                waiting.fetch_sub(count, Ordering::Relaxed);
                self.shared.recover(&back.0.documents);
                Given::NoIndex(count)
            }
        }
    }
}

/// Writes documents to the index and commits every second, until there are no more.
pub(super) fn write(
    sink: &mut dyn SessionSink,
    parcels: Receiver<Parcel>,
    shared: &Shared,
    stop: &Stop,
) -> Result<(), index::Error> {
    let _taking = Taking(shared);
    let mut committed = Instant::now();
    let mut dirty = false;
    let mut patience = Patience { stop, since: None };
    loop {
        match parcels.recv_timeout(SECOND) {
            Ok(Parcel { documents, bytes }) => {
                let count = documents.len() as u64;
                dirty |= append(sink, documents, shared, &mut patience);
                shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
                shared.documents.fetch_sub(count, Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return if dirty { commit(sink, &mut patience) } else { Ok(()) };
            }
        }
        if dirty && committed.elapsed() >= SECOND {
            committed = Instant::now();
            match sink.commit() {
                Ok(()) => dirty = false,
                Err(error) => shared.problem(error.to_string()),
            }
        }
    }
}

/// How long somebody tries again.
struct Patience<'a> {
    stop: &'a Stop,
    since: Option<Instant>,
}

impl Patience<'_> {
    /// Whether there is none left: the capture was stopped a while ago.
    fn is_over(&mut self) -> bool {
        self.stop.is_set() && self.since.get_or_insert_with(Instant::now).elapsed() >= GRACE
    }
}

fn passes(error: &index::Error) -> bool {
    matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Full)
}

/// Appends documents; tries again while the index has no room or cannot be reached, until the capture is stopped and some time beyond.
/// Whether they are in.
fn append(
    sink: &mut dyn SessionSink,
    documents: Vec<SessionDoc>,
    shared: &Shared,
    patience: &mut Patience<'_>,
) -> bool {
    let mut wait = Duration::from_millis(50);
    let mut documents = documents;
    loop {
        let again = documents.clone();
        let Err(error) = sink.append(documents) else { return true };
        shared.problem(error.to_string());
        documents = again;
        if !passes(&error) {
            shared.lost(&documents, Lost::Refused);
            return false;
        }
        if patience.is_over() {
            shared.lost(&documents, Lost::Stopped);
            return false;
        }
        std::thread::sleep(wait);
        wait = (wait * 2).min(SECOND);
    }
}

/// The last commit.
fn commit(sink: &mut dyn SessionSink, patience: &mut Patience<'_>) -> Result<(), index::Error> {
    loop {
        match sink.commit() {
            Err(error) if passes(&error) && patience.stop.is_set() && !patience.is_over() => {
                std::thread::sleep(Duration::from_millis(100));
            }
            result => return result,
        }
    }
}
