//! Packets that no session has are made into sessions.

use super::Rebuilt;
use crate::Failure;
use crate::config::Config;
use crate::stores::Stores;
use capture::{Line, PacketWriter, Place, StoreError};
use enrich::Enricher;
use index::{Control, FileRecord, Show};
use packets::{Gone, Keyring, Records};
use query::{Bounding, Plan, time_range};
use source::{Error, Packet, PacketSource, Statistics, Status, Stop};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::LinkType;

/// Bytes of documents on the way to the index from which reading waits.
const WAITING: u64 = 64 << 20;
/// And that may be on the way at most.
const MOST_WAITING: usize = 2 << 30;
/// What packets may be out of order within a file, milliseconds.
const DISORDER: i64 = 60_000;

/// Reads the files of every line again, as many lines at once as there are cores.
pub(super) fn lines(
    node: &str,
    lines: Vec<Vec<FileRecord>>,
    stores: &Stores,
    enricher: &Arc<Enricher>,
    config: &Config,
    stop: &Stop,
    tell: &mut dyn FnMut(String),
) -> Result<Rebuilt, Failure> {
    let mut sink = stores.index.writer(&format!("recover-{node}"))?;
    let mut done = Rebuilt { complete: true, ..Rebuilt::default() };
    let problems = Arc::new(Mutex::new(Vec::new()));
    // sessions that were pinned point into the files of their pins
    let pins: Vec<FileRecord> =
        stores.catalog.files()?.into_iter().filter(|file| file.pin.is_some() && file.node == node).collect();
    let pins: Arc<[FileRecord]> = pins.into();
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let files: usize = lines.iter().map(Vec::len).sum();
    let read = Arc::new(AtomicU32::new(0));
    let mut lines = lines.into_iter().peekable();
    while lines.peek().is_some() && !stop.is_set() {
        let throttle = Arc::new(AtomicBool::new(false));
        let started = lines.by_ref().take(at_once).map(|files| {
            let place = Arc::<Now>::default();
            let again = Again {
                name: files
                    .first()
                    .and_then(|file| file.line.as_deref())
                    .map_or("recovered", interface)
                    .to_owned(),
                files: files.into(),
                open: None,
                index: stores.index.clone(),
                keys: stores.access.keys.clone(),
                pins: pins.clone(),
                place: place.clone(),
                throttle: throttle.clone(),
                problems: problems.clone(),
                read: read.clone(),
                stop: stop.clone(),
                given: Statistics::default(),
            };
            Line::new(Box::new(again), Some(Box::new(There(place))))
        });
        let started: Vec<Line> = started.collect();
        let mut options = config.options(node, &config.capture.tags);
        options.recorded = true;
        options.limits.queue_bytes = MOST_WAITING;
        let mut said = u32::MAX;
        let counters = capture::live(started, options, enricher, &mut sink, stop, &mut |status| {
            throttle.store(status.queue.bytes > WAITING, Ordering::Relaxed);
            let now = read.load(Ordering::Relaxed);
            if now != said {
                said = now;
                tell(format!(
                    "{now} of {files} files, {} packets without a session so far",
                    status.counters.packets
                ));
            }
            for problem in &status.problems {
                tell(problem.clone());
            }
        })?;
        done.sessions += counters.documents - counters.unindexed.min(counters.documents);
        done.packets += counters.packets;
        done.complete &= counters.unindexed == 0;
    }
    let problems = std::mem::take(&mut *problems.lock().unwrap_or_else(PoisonError::into_inner));
    for problem in problems {
        tell(problem.text);
        done.complete &= !problem.again;
    }
    Ok(done)
}

/// The interface of a line: `eth0` of `eth0-1`.
fn interface(line: &str) -> &str {
    line.rsplit_once('-').map_or(line, |(interface, _)| interface)
}

/// Where the packet lies that is being given.
#[derive(Debug, Default)]
struct Now {
    file: AtomicU32,
    offset: AtomicU64,
}

/// A packet store whose packets are there already.
struct There(Arc<Now>);

impl PacketWriter for There {
    fn write(&mut self, _: i64, _: LinkType, _: &[u8], _: u32) -> Result<Place, StoreError> {
        // the same thread has just set them
        let Now { file, offset } = &*self.0;
        Ok(Place { file: file.load(Ordering::Relaxed), offset: offset.load(Ordering::Relaxed) })
    }
}

/// The packets of a file that sessions of the index have, a bit for each 16 bytes: no record is shorter.
struct Known {
    bits: Vec<u64>,
    count: u64,
}

impl Known {
    fn set(&mut self, offset: u64) {
        let at = offset / 16;
        let place = usize::try_from(at / 64).unwrap_or(usize::MAX);
        if place >= self.bits.len() {
            // a position behind the end of the file: its packet was never written
            return;
        }
        if let Some(word) = self.bits.get_mut(place) {
            self.count += u64::from(*word >> (at % 64) & 1 == 0);
            *word |= 1 << (at % 64);
        }
    }
    fn has(&self, offset: u64) -> bool {
        let at = offset / 16;
        usize::try_from(at / 64)
            .ok()
            .and_then(|place| self.bits.get(place))
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

struct Problem {
    text: String,
    /// Whether trying again may help.
    again: bool,
}

/// A file that is read.
struct Open {
    records: Records,
    number: u32,
    path: PathBuf,
    known: Known,
    pinned: Copies,
}

/// Packets that were copied into files of pins. Their sessions point there and not into the file that they came from, so they are told by
/// time and bytes.
#[derive(Default)]
struct Copies {
    found: HashSet<(i64, u64)>,
    state: RandomState,
}

impl Copies {
    fn add(&mut self, time: i64, bytes: &[u8]) {
        let hash = self.state.hash_one(bytes);
        self.found.insert((time, hash));
    }
    fn has(&self, time: i64, bytes: &[u8]) -> bool {
        !self.found.is_empty() && self.found.contains(&(time, self.state.hash_one(bytes)))
    }
}

/// The packets of a line's files that no session has.
struct Again {
    name: String,
    files: VecDeque<FileRecord>,
    open: Option<Open>,
    index: Arc<dyn crate::stores::Sessions>,
    keys: Arc<Keyring>,
    pins: Arc<[FileRecord]>,
    place: Arc<Now>,
    throttle: Arc<AtomicBool>,
    problems: Arc<Mutex<Vec<Problem>>>,
    read: Arc<AtomicU32>,
    stop: Stop,
    given: Statistics,
}

impl Again {
    /// What sessions have of a file.
    fn known(&self, file: &FileRecord) -> Result<Known, index::Error> {
        // of a compressed file the positions are those of the capture in it
        let size = file
            .packets_size
            .saturating_add(file.packets.saturating_mul(16))
            .saturating_add(1 << 16)
            .max(file.file_size);
        let words = usize::try_from(size / 16 / 64 + 1).unwrap_or(usize::MAX);
        let mut known = Known { bits: vec![0; words], count: 0 };
        let when = time_range(
            file.first_timestamp.saturating_sub(DISORDER),
            file.last_timestamp.saturating_add(DISORDER),
            Bounding::Either,
        );
        let plan = Plan::And(vec![when, Plan::Files(vec![(file.node.clone(), file.num)])]);
        self.index.scan(&plan, &Show::WithPositions(Vec::new()), &Control::new(), &mut |doc| {
            doc.positions.iter().filter(|(number, _)| *number == file.num).for_each(|(_, at)| known.set(at));
            !self.stop.is_set()
        })?;
        Ok(known)
    }

    /// What pins have of a file.
    fn pinned(&self, file: &FileRecord) -> Result<Copies, Gone> {
        let mut copies = Copies::default();
        let overlaps = |pin: &&FileRecord| {
            let begun = file.last_timestamp <= 0
                || pin.first_timestamp <= file.last_timestamp.saturating_add(DISORDER);
            let over =
                pin.last_timestamp > 0 && pin.last_timestamp < file.first_timestamp.saturating_sub(DISORDER);
            begun && !over
        };
        for pin in self.pins.iter().filter(overlaps) {
            let mut records = Records::open(Path::new(&pin.name), &self.keys)?;
            while let Some(record) = records.next()? {
                copies.add(record.time, record.bytes);
            }
        }
        Ok(copies)
    }

    fn problem(&self, text: String, again: bool) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(Problem { text, again });
    }

    /// Opens the next file that has packets which no session has; `None` after the last.
    fn next(&mut self) -> Option<Open> {
        while let Some(file) = self.files.pop_front() {
            self.read.fetch_add(1, Ordering::Relaxed);
            let known = match self.known(&file) {
                Ok(known) => known,
                Err(error) => {
                    self.problem(error.to_string(), true);
                    continue;
                }
            };
            if known.count >= file.packets && file.packets > 0 {
                continue;
            }
            let pinned = self.pinned(&file).unwrap_or_else(|gone| {
                self.problem(format!("what is pinned of {}: {gone}", file.name), false);
                Copies::default()
            });
            match Records::open(Path::new(&file.name), &self.keys) {
                Ok(records) => {
                    let (number, path) = (file.num, PathBuf::from(file.name));
                    return Some(Open { records, number, path, known, pinned });
                }
                // a key may be given the next time
                Err(gone) => self.problem(format!("{}: {gone}", file.name), file.encryption.is_some()),
            }
        }
        None
    }
}

impl PacketSource for Again {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.throttle.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
            return Ok(Status::Idle);
        }
        if self.open.is_none() {
            self.open = self.next();
        }
        let Some(open) = &mut self.open else { return Ok(Status::End) };
        self.place.file.store(open.number, Ordering::Relaxed);
        let mut given = 0;
        // packets that are known cost time too
        for _ in 0..limit.saturating_mul(64) {
            match open.records.next() {
                Ok(Some(record)) => {
                    if open.known.has(record.at) || open.pinned.has(record.time, record.bytes) {
                        continue;
                    }
                    self.place.offset.store(record.at, Ordering::Relaxed);
                    self.given.packets += 1;
                    self.given.bytes += record.bytes.len() as u64;
                    given += 1;
                    each(&Packet {
                        time: record.time,
                        bytes: record.bytes,
                        original_len: record.original_len,
                        link: LinkType(record.link),
                        interface: 0,
                        at: record.at,
                        data_at: record.data_at,
                    });
                    if given >= limit {
                        return Ok(Status::More);
                    }
                }
                Ok(None) => {
                    self.open = None;
                    return Ok(Status::More);
                }
                Err(gone) => {
                    let text = format!("{}: {gone}; what is before that is recovered", open.path.display());
                    self.open = None;
                    self.problem(text, false);
                    return Ok(Status::More);
                }
            }
        }
        Ok(Status::More)
    }

    fn name(&self) -> &str {
        &self.name
    }
    fn interface_name(&self, _: u32) -> Option<&str> {
        Some(&self.name)
    }
    fn statistics(&mut self) -> Statistics {
        self.given
    }
}
