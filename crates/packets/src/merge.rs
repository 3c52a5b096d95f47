//! Packets of many sessions in order of time, read file by file with large reads.
//!
//! Positions are collected by file and sorted; each file is then read forward once, and the files are merged by the
//! time of their next packet. Within a file the order is that of capture. What has to be remembered is the positions
//! that are not read yet; a caller that adds sessions in order of their first packet and drains as it goes keeps
//! them few.

use crate::Wanted;
use crate::files::{FileSource, Files, Gone, Loss, Losses};
use crate::window::Window;
use pcap::{Format, RecordHeader};
use session::SessionId;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;

/// Files that are open, with a buffer each, at once.
const MAX_OPEN: usize = 64;
/// Bytes of all buffers.
const MAX_BUFFERS: u64 = 64 << 20;

/// One packet of a session.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Its session: the number of [`Merge::add`] calls before that session's.
    pub session: u32,
    /// Id of its session.
    pub id: SessionId,
    /// Nanoseconds since 1970.
    pub time: i64,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire, bytes.
    pub original_len: u32,
    /// LINKTYPE number.
    pub link: u16,
    /// Interface of the capture it comes from, by name where the capture has names.
    pub interface: Option<&'a str>,
    /// Whether the capture it comes from keeps times finer than microseconds.
    pub nanos: bool,
}

/// Where a packet lies and whose it is.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    session: u32,
}

#[derive(Debug)]
struct Source {
    node: String,
    number: u32,
    path: Option<PathBuf>,
    /// How it is read, once that is known.
    source: Option<FileSource>,
    /// Kept while the file is closed, since scanning a pcapng is long; and how far it was scanned.
    format: Option<Format>,
    scanned: u64,
    window: Option<Window>,
    /// Sorted from `next` on, where nothing was added since.
    places: Vec<Place>,
    next: usize,
    sorted: bool,
    /// Header of the packet at `next`, while nothing has changed.
    head: Option<RecordHeader>,
    used: u64,
}

/// Collects sessions and gives out their packets.
pub struct Merge<'a> {
    files: &'a dyn Files,
    sources: Vec<Source>,
    by_file: HashMap<(String, u32), usize>,
    /// Ids of the sessions from number `first_id` on; those before have given out everything.
    ids: VecDeque<SessionId>,
    first_id: u32,
    pending: usize,
    losses: Losses,
    clock: u64,
    duplicates: u64,
    /// A packet that several sessions share is given out for each of them.
    shared: bool,
}

impl std::fmt::Debug for Merge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merge").field("sources", &self.sources.len()).field("pending", &self.pending).finish()
    }
}

impl<'a> Merge<'a> {
    /// Nothing to give out yet.
    pub fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            sources: Vec::new(),
            by_file: HashMap::new(),
            ids: VecDeque::new(),
            first_id: 0,
            pending: 0,
            losses: Losses::default(),
            clock: 0,
            duplicates: 0,
            shared: false,
        }
    }

    /// Gives out a packet that several sessions share for each of them, instead of for the first only.
    #[must_use]
    pub fn with_shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Adds the packets of a session to those that are to come.
    pub fn add(&mut self, wanted: &Wanted) {
        let session =
            u32::try_from(self.ids.len()).map_or(u32::MAX, |held| self.first_id.saturating_add(held));
        self.ids.push_back(wanted.id);
        if wanted.not_kept > 0 {
            self.losses.add(&wanted.node, 0, None, wanted.not_kept, Gone::NotKept);
        }
        let mut last = None;
        for (number, offset) in wanted.positions.iter() {
            let at = match last {
                Some((known, at)) if known == number => at,
                _ => {
                    let at = self.source(&wanted.node, number);
                    last = Some((number, at));
                    at
                }
            };
            if let Some(source) = self.sources.get_mut(at) {
                source.places.push(Place { offset, session });
                source.sorted = false;
                self.pending += 1;
            }
        }
    }

    fn source(&mut self, node: &str, number: u32) -> usize {
        if let Some(at) = self.by_file.get(&(node.to_owned(), number)) {
            return *at;
        }
        let at = self.sources.len();
        self.by_file.insert((node.to_owned(), number), at);
        self.sources.push(Source {
            node: node.to_owned(),
            number,
            path: None,
            source: None,
            format: None,
            scanned: 0,
            window: None,
            places: Vec::new(),
            next: 0,
            sorted: true,
            head: None,
            used: 0,
        });
        at
    }

    /// Packets that were added and not given out.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Gives out packets in order of time: those before `until` (nanoseconds since 1970), or all. Ends early when
    /// `see` returns false.
    ///
    /// # Errors
    /// Those of `see`. Packets that cannot be read are no error: they are counted.
    pub fn drain(
        &mut self,
        until: Option<i64>,
        see: &mut dyn FnMut(Packet<'_>) -> io::Result<bool>,
    ) -> io::Result<()> {
        self.forget_ids();
        let mut order = BinaryHeap::new();
        for at in 0..self.sources.len() {
            self.sort(at);
            if let Some(time) = self.head_time(at) {
                order.push(Reverse((time, at)));
            }
        }
        while let Some(Reverse((mut time, at))) = order.pop() {
            // stay with a file while its packets are the earliest
            let other = order.peek().map_or(i64::MAX, |Reverse((time, _))| *time);
            loop {
                if until.is_some_and(|until| time >= until) {
                    return Ok(());
                }
                if !self.give(at, see)? {
                    return Ok(());
                }
                match self.head_time(at) {
                    None => break,
                    Some(next) if next > other => {
                        order.push(Reverse((next, at)));
                        break;
                    }
                    Some(next) => time = next,
                }
            }
        }
        Ok(())
    }

    /// Drops the ids of sessions that have given out everything.
    fn forget_ids(&mut self) {
        let rest =
            self.sources.iter().flat_map(|source| source.places.get(source.next..).unwrap_or_default());
        let Some(oldest) = rest.map(|place| place.session).min() else { return };
        let gone = (oldest.saturating_sub(self.first_id) as usize).min(self.ids.len());
        self.ids.drain(..gone);
        self.first_id += gone as u32;
    }

    fn sort(&mut self, at: usize) {
        let Some(source) = self.sources.get_mut(at).filter(|source| !source.sorted) else { return };
        source.places.drain(..source.next);
        source.next = 0;
        source.head = None;
        source.places.sort_unstable_by_key(|place| (place.offset, place.session));
        let before = source.places.len();
        if self.shared {
            source.places.dedup_by_key(|place| (place.offset, place.session));
        } else {
            // a packet that two of the sessions share is given out once
            source.places.dedup_by_key(|place| place.offset);
        }
        self.duplicates += (before - source.places.len()) as u64;
        self.pending -= before - source.places.len();
        source.sorted = true;
        // a pcapng may have declared interfaces behind the part that was scanned
        let last = source.places.last().map_or(0, |place| place.offset);
        if matches!(source.format, Some(Format::PcapNg(_))) && last > source.scanned {
            (source.format, source.window) = (None, None);
        }
    }

    /// The time of a file's next readable packet; what is not readable before it is counted.
    fn head_time(&mut self, at: usize) -> Option<i64> {
        loop {
            let source = self.sources.get(at)?;
            if let Some(head) = &source.head {
                return Some(head.time);
            }
            let place = *source.places.get(source.next)?;
            if source.window.is_none()
                && let Err(gone) = self.open(at)
            {
                self.lose_all(at, gone);
                return None;
            }
            self.clock += 1;
            let source = self.sources.get_mut(at)?;
            source.used = self.clock;
            let Source { window: Some(window), places, next, .. } = source else { return None };
            let rest = places.get(*next + 1..).unwrap_or_default();
            match window.header(place.offset, rest.iter().map(|place| place.offset)) {
                Ok(head) => {
                    source.head = Some(head);
                    return Some(head.time);
                }
                Err(gone) => {
                    source.next += 1;
                    self.pending -= 1;
                    self.losses.add(&source.node, source.number, source.path.as_ref(), 1, gone);
                }
            }
        }
    }

    fn open(&mut self, at: usize) -> Result<(), Gone> {
        let open = self.sources.iter().filter(|source| source.window.is_some()).count();
        if open >= MAX_OPEN
            && let Some(oldest) = self
                .sources
                .iter_mut()
                .filter(|source| source.window.is_some())
                .min_by_key(|source| source.used)
        {
            // its head stays known; the file is opened again when its turn comes
            oldest.window = None;
        }
        let most = (MAX_BUFFERS / self.sources.len().clamp(32, MAX_OPEN) as u64).max(256 << 10);
        let files = self.files;
        let Some(source) = self.sources.get_mut(at) else { return Ok(()) };
        if source.number == 0 {
            return Err(Gone::NotKept);
        }
        let file = match &source.source {
            Some(file) => file,
            None => source.source.insert(files.source(&source.node, source.number)?),
        };
        source.path.get_or_insert_with(|| file.path.clone());
        if source.format.is_none() {
            // the second time at once to the end
            let last = source.places.last().map_or(0, |place| place.offset);
            source.scanned = if source.scanned == 0 { last } else { u64::MAX };
        }
        let window = Window::open(file, files.keys(), source.format.as_ref(), source.scanned, most)?;
        source.format = Some(window.format().clone());
        source.window = Some(window);
        Ok(())
    }

    fn lose_all(&mut self, at: usize, gone: Gone) {
        let Some(source) = self.sources.get_mut(at) else { return };
        let lost = source.places.len() - source.next;
        source.next = source.places.len();
        self.pending -= lost;
        self.losses.add(&source.node, source.number, source.path.as_ref(), lost as u64, gone);
    }

    /// Gives out the next packet of a file, whose head is known.
    fn give(&mut self, at: usize, see: &mut dyn FnMut(Packet<'_>) -> io::Result<bool>) -> io::Result<bool> {
        if self.sources.get(at).is_some_and(|source| source.window.is_none()) {
            // it was closed after its head was read
            if let Some(source) = self.sources.get_mut(at) {
                source.head = None;
            }
            if self.head_time(at).is_none() {
                return Ok(true);
            }
        }
        let Some(source) = self.sources.get_mut(at) else { return Ok(true) };
        let Source { head, window: Some(window), places, next, .. } = source else { return Ok(true) };
        let (Some(head), Some(place)) = (head.take(), places.get(*next)) else { return Ok(true) };
        *next += 1;
        self.pending -= 1;
        let (interface, nanos) = origin(window.format(), &head);
        see(Packet {
            session: place.session,
            id: self
                .ids
                .get((place.session.wrapping_sub(self.first_id)) as usize)
                .copied()
                .unwrap_or_default(),
            time: head.time,
            bytes: window.bytes(&head),
            original_len: head.original_len,
            link: head.link,
            interface,
            nanos,
        })
    }

    /// Packets that two sessions shared, and were given out once.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// What could not be read, one entry a file.
    pub fn into_losses(self) -> Vec<Loss> {
        self.losses.into_list()
    }
}

/// Name of the interface and fineness of time of a record.
pub(crate) fn origin<'a>(format: &'a Format, head: &RecordHeader) -> (Option<&'a str>, bool) {
    match format {
        Format::Pcap(pcap) => (None, pcap.nanos),
        Format::PcapNg(ng) => {
            let section = ng.sections.partition_point(|section| section.at <= head.at);
            let section = section.checked_sub(1).and_then(|at| ng.sections.get(at));
            let interface = section.and_then(|section| section.interfaces.get(head.interface as usize));
            let nanos = interface.is_some_and(|interface| interface.resolution != pcap::Resolution::MICROS);
            (interface.and_then(|interface| interface.name.as_deref()), nanos)
        }
    }
}
