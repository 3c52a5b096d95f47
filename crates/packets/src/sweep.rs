//! Packets of many sessions in the order in which they lie in their files, a run of neighbours at a time.
//!
//! Where the order between files does not matter, this is much less work than [`crate::Merge`]: the places of all sessions are put in
//! order stretch by stretch of a file, each stretch is read once by whichever thread takes it, and what is read is handed on as one piece
//! with the packets in it, so that it can be looked at as a whole first.

use crate::files::{FileSource, Files, Gone, Loss, Losses};
use crate::merge::{Packet, origin};
use crate::window::Window;
use pcap::{Format, RecordHeader};
use session::SessionId;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A stretch of a file is so many bits of an offset long: 4 MiB.
const STRETCH: u32 = 22;
/// Stretches of one file that have a slot each; those behind (256 GiB) are looked up.
const SLOTS: u64 = 1 << 16;
/// Most bytes of a read, unless a record is longer: what stays in the cache of a core until it was looked at.
const READ: u64 = 256 << 10;
/// The same of a file that is not on a disk of this machine.
const FAR_READ: u64 = 4 << 20;
/// Most bytes of a run, unless a record is longer.
const RUN: u64 = 64 << 10;

/// Offset within its stretch and number of its session, in the order in which packets are given out.
type Place = u64;

const fn place(offset: u64, session: u32) -> Place {
    (offset & ((1 << STRETCH) - 1)) << 32 | session as u64
}

/// Collects the sessions.
#[derive(Debug, Default)]
pub struct Sweep {
    sessions: u32,
    files: Vec<Collected>,
    by_file: HashMap<(String, u32), usize>,
}

#[derive(Debug)]
struct Collected {
    node: String,
    number: u32,
    last: u64,
    slots: Vec<Vec<Place>>,
    behind: BTreeMap<u64, Vec<Place>>,
}

impl Collected {
    fn stretch(&mut self, at: u64) -> Option<&mut Vec<Place>> {
        if at >= SLOTS {
            return Some(self.behind.entry(at).or_default());
        }
        let at = usize::try_from(at).ok()?;
        if at >= self.slots.len() {
            self.slots.resize_with(at + 1, Vec::new);
        }
        self.slots.get_mut(at)
    }
}

impl Sweep {
    /// Adds the packets of a session; its number is how many were added before it.
    pub fn add(&mut self, node: &str, positions: impl Iterator<Item = (u32, u64)>) {
        let session = self.sessions;
        self.sessions = session.saturating_add(1);
        let mut known = None;
        for (number, offset) in positions {
            let at = match known {
                Some((last, at)) if last == number => at,
                _ => self.file(node, number),
            };
            known = Some((number, at));
            let Some(file) = self.files.get_mut(at) else { continue };
            file.last = file.last.max(offset);
            if let Some(stretch) = file.stretch(offset >> STRETCH) {
                stretch.push(place(offset, session));
            }
        }
    }

    fn file(&mut self, node: &str, number: u32) -> usize {
        if let Some(at) = self.by_file.get(&(node.to_owned(), number)) {
            return *at;
        }
        let at = self.files.len();
        self.by_file.insert((node.to_owned(), number), at);
        let node = node.to_owned();
        self.files.push(Collected { node, number, last: 0, slots: Vec::new(), behind: BTreeMap::new() });
        at
    }

    /// All sessions are there: what is to be read, for any number of readers.
    pub fn stretches(self) -> Stretches {
        let (mut files, mut stretches) = (Vec::with_capacity(self.files.len()), Vec::new());
        for (file, collected) in self.files.into_iter().enumerate() {
            let Collected { node, number, last, slots, behind } = collected;
            files.push(Swept { node, number, last, format: Mutex::default() });
            let all = (0..).zip(slots).chain(behind);
            let some = all.filter(|(_, places)| !places.is_empty());
            stretches.extend(some.map(|(at, places)| Stretch {
                file,
                from: at << STRETCH,
                places: Mutex::new(places),
            }));
        }
        Stretches { files, stretches, next: AtomicUsize::new(0) }
    }
}

#[derive(Debug)]
struct Swept {
    node: String,
    number: u32,
    /// The furthest record that is asked for.
    last: u64,
    /// What its headers say, once one reader has read them: of a pcapng that takes long.
    format: Mutex<Option<Format>>,
}

#[derive(Debug)]
struct Stretch {
    file: usize,
    from: u64,
    places: Mutex<Vec<Place>>,
}

/// What is to be read. Each reader takes the next stretch that no other has taken.
#[derive(Debug)]
pub struct Stretches {
    files: Vec<Swept>,
    stretches: Vec<Stretch>,
    next: AtomicUsize,
}

impl Stretches {
    /// One more reader.
    pub fn reader<'a>(&'a self, files: &'a dyn Files) -> SweepReader<'a> {
        SweepReader {
            all: self,
            files,
            open: None,
            failed: None,
            found: Vec::new(),
            losses: Losses::default(),
            lost: Vec::new(),
        }
    }
}

/// A packet of a [`Run`].
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Its session, as it was added.
    pub session: u32,
    /// Where its captured bytes begin in the run.
    pub from: usize,
    /// Where they end.
    pub end: usize,
    head: RecordHeader,
}

impl Placed {
    /// Its position: the offset of its record.
    pub const fn offset(&self) -> u64 {
        self.head.at
    }
}

/// Packets that lie next to each other, with what lies between them. They are in order and do not overlap; one that several sessions share is
/// there for each of them.
#[derive(Debug)]
pub struct Run<'a> {
    /// A piece of the file.
    pub bytes: &'a [u8],
    /// The packets in it.
    pub packets: &'a [Placed],
    format: &'a Format,
}

impl<'a> Run<'a> {
    /// A packet as it was captured; `id` is its session's.
    pub fn packet(&self, placed: &Placed, id: SessionId) -> Packet<'a> {
        let (interface, nanos) = origin(self.format, &placed.head);
        Packet {
            session: placed.session,
            id,
            time: placed.head.time,
            bytes: self.bytes.get(placed.from..placed.end).unwrap_or_default(),
            original_len: placed.head.original_len,
            link: placed.head.link,
            interface,
            nanos,
        }
    }
}

/// Why a file cannot be read.
#[derive(Clone)]
struct Unreadable {
    /// Where it should be, as far as that is known.
    source: Option<FileSource>,
    gone: Gone,
}

impl Unreadable {
    fn new(source: Option<FileSource>, gone: Gone) -> Box<Self> {
        Box::new(Self { source, gone })
    }
}

/// Reads stretches.
pub struct SweepReader<'a> {
    all: &'a Stretches,
    files: &'a dyn Files,
    open: Option<(usize, Window)>,
    /// The file that was found not to be readable last.
    failed: Option<(usize, Box<Unreadable>)>,
    found: Vec<Placed>,
    losses: Losses,
    lost: Vec<(u32, u64)>,
}

impl std::fmt::Debug for SweepReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SweepReader").field("lost", &self.lost.len()).finish_non_exhaustive()
    }
}

impl SweepReader<'_> {
    /// Gives out the packets of the next stretch, run by run, until `see` returns false. False when no stretch is left.
    /// What cannot be read is counted.
    pub fn next(&mut self, see: &mut dyn FnMut(&Run<'_>) -> bool) -> bool {
        let all = self.all;
        let Some(stretch) = all.stretches.get(all.next.fetch_add(1, Ordering::Relaxed)) else { return false };
        let mut places = std::mem::take(&mut *stretch.places.lock().unwrap_or_else(PoisonError::into_inner));
        places.sort_unstable();
        places.dedup();
        if let Err(unreadable) = self.open(stretch.file) {
            self.lost.extend(places.iter().map(|at| (*at as u32, stretch.from + (at >> 32))));
            if let Some(file) = all.files.get(stretch.file) {
                let path = unreadable.source.as_ref().map(|source| &source.path);
                let gone = unreadable.gone.clone();
                self.losses.add(&file.node, file.number, path, places.len() as u64, gone);
            }
            self.failed = Some((stretch.file, unreadable));
            return true;
        }
        self.read(stretch, &places, see);
        true
    }

    fn read(&mut self, stretch: &Stretch, places: &[Place], see: &mut dyn FnMut(&Run<'_>) -> bool) {
        let Self { all, open: Some((_, window)), found, losses, lost, files, .. } = self else { return };
        let offset = |place: &Place| stretch.from + (place >> 32);
        let mut next = 0;
        while let Some(first) = places.get(next) {
            let rest = places.get(next + 1..).unwrap_or_default();
            let head = match window.header(offset(first), rest.iter().map(offset)) {
                Ok(head) => head,
                Err(gone) => {
                    next += 1;
                    lost.push((*first as u32, offset(first)));
                    if let Some(file) = all.files.get(stretch.file) {
                        let source = files.source(&file.node, file.number).ok();
                        let path = source.as_ref().map(|source| &source.path);
                        losses.add(&file.node, file.number, path, 1, gone);
                    }
                    continue;
                }
            };
            found.clear();
            let start = if window.is_whole() { head.at } else { head.data_at };
            let mut end = push(found, *first as u32, head, start);
            next += 1;
            // what follows as long as it lies in the same buffer
            while let Some(following) = places.get(next) {
                let at = offset(following);
                let before = found.last().map(|placed| placed.head);
                let head = match before {
                    Some(before) if before.at == at => before,
                    Some(before) if before.at + before.len > at => break,
                    _ => match window.here(at) {
                        Some(head) if head.at + head.len <= start + RUN => head,
                        _ => break,
                    },
                };
                end = push(found, *following as u32, head, start);
                next += 1;
            }
            let bytes = if window.is_whole() {
                window.between(start, start + end as u64)
            } else {
                found.first().map(|placed| window.bytes(&placed.head)).unwrap_or_default()
            };
            let run = Run { bytes, packets: found, format: window.format() };
            if !see(&run) {
                return;
            }
        }
    }

    fn open(&mut self, at: usize) -> Result<(), Box<Unreadable>> {
        if self.open.as_ref().is_some_and(|(open, _)| *open == at) {
            return Ok(());
        }
        if let Some((failed, unreadable)) = &self.failed
            && *failed == at
        {
            return Err(unreadable.clone());
        }
        self.open = None;
        let Some(file) = self.all.files.get(at).filter(|file| file.number != 0) else {
            return Err(Unreadable::new(None, Gone::NotKept));
        };
        let source =
            self.files.source(&file.node, file.number).map_err(|gone| Unreadable::new(None, gone))?;
        let mut format = file.format.lock().unwrap_or_else(PoisonError::into_inner);
        let most = if source.storage.is_some() { FAR_READ } else { READ };
        let window = Window::open(&source, self.files.keys(), format.as_ref(), file.last, most)
            .map_err(|gone| Unreadable::new(Some(source), gone))?;
        format.get_or_insert_with(|| window.format().clone());
        self.open = Some((at, window));
        Ok(())
    }

    /// What could not be read: one entry a file, and each packet as its session and its position.
    pub fn into_losses(self) -> (Vec<Loss>, Vec<(u32, u64)>) {
        (self.losses.into_list(), self.lost)
    }
}

/// Adds a packet to a run that starts at `start`; returns where the run ends now.
fn push(found: &mut Vec<Placed>, session: u32, head: RecordHeader, start: u64) -> usize {
    let from = usize::try_from(head.data_at.saturating_sub(start)).unwrap_or(usize::MAX);
    let end = from.saturating_add(head.captured_len as usize);
    found.push(Placed { session, from, end, head });
    end
}
