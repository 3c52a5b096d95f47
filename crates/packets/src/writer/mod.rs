//! Packet files of our own captures, rotated by size and age, over several folders.
//!
//! A packet is copied once, into a large buffer; a thread of the writer compresses, encrypts and writes the buffers, past the page
//! cache where it can. Positions are given out when a packet is copied: a position is the offset of the packet's record in the capture
//! that the file holds, whatever the form of the file. What cannot be written waits, within [`WriterOptions::memory`]; then packets
//! are refused. What was taken and cannot ever be written is reported ([`Writer::take_lost`]) and missing in the file, never wrong.

mod aligned;
mod disk;
mod folders;
mod options;
mod out;
mod shared;
mod thread;

pub use disk::{Disk, DiskFile, Native};
pub use folders::{Folders, Placement};
pub use options::{Direct, FileFormat, WriterOptions};
pub use shared::Lost;

use aligned::{Aligned, PAGE};
use blocks::KeyId;
use out::{RECORD_HEADER, pcap_header};
use shared::{Begin, Chunk, Job, Mark, Progress, Shared, Work};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thread::Thread;
use wire::LinkType;

/// How long packets stay in a buffer that is not full.
const PARTIAL: Duration = Duration::from_millis(900);

/// A packet file as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its number.
    pub number: u32,
    /// Its path.
    pub path: PathBuf,
    /// Link type of its packets.
    pub link: LinkType,
    /// Time of the first packet, nanoseconds since 1970.
    pub first: i64,
    /// Time of the latest packet.
    pub last: i64,
    /// Bytes on disk.
    pub size: u64,
    /// Packets.
    pub packets: u64,
    /// Captured bytes of them.
    pub packet_bytes: u64,
    /// Whether nothing will be added. While a file is written, what changes with every packet is that of its beginning.
    pub finished: bool,
    /// `none` or `zstd`.
    pub compression: &'static str,
    /// Id of the key that is needed to read it.
    pub key: Option<KeyId>,
}

/// Where packet files are listed: gives them their numbers and keeps what is known of them. Called by the thread that writes.
pub trait Register: Send + 'static {
    /// The next file number of the node: never one that was given before. It is asked for ahead of need; the link type and time are
    /// those of a file before.
    ///
    /// # Errors
    /// The list cannot be written.
    fn number(&mut self, link: LinkType, first: i64) -> io::Result<u32>;
    /// Takes what is known of a file: when it is made, and when it is finished.
    ///
    /// # Errors
    /// The list cannot be written.
    fn update(&mut self, file: &FileFacts) -> io::Result<()>;
    /// Forgets a number that has no file.
    ///
    /// # Errors
    /// The list cannot be written.
    fn discard(&mut self, number: u32) -> io::Result<()>;
}

/// Where a packet was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the file.
    pub file: u32,
    /// Byte offset of its record in the capture that the file holds.
    pub offset: u64,
}

/// Packets could not be written. The packet that it is about was not taken and may be offered again: what was taken
/// before is kept and written when there is room.
#[derive(Debug)]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What happened.
    pub source: io::Error,
}

impl WriteError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    /// Whether all is well but too slow: every buffer waits for the disk.
    pub fn is_busy(&self) -> bool {
        self.source.kind() == io::ErrorKind::WouldBlock
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write packets to {}: {}", self.path.display(), self.source)
    }
}
impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// What a writer says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterStatus {
    /// Bytes of captures that were handed to the operating system (before compression).
    pub bytes: u64,
    /// Writes they took.
    pub writes: u64,
    /// Bytes in buffers: being filled, or waiting for the disk.
    pub waiting: u64,
    /// Most bytes that may be.
    pub memory: u64,
    /// Calls of [`Writer::write`] that were refused because everything was waiting.
    pub refused: u64,
    /// Attempts to write that failed.
    pub errors: u64,
    /// The longest single write.
    pub slowest: Duration,
    /// Packets that were taken and could never be written; see [`Lost`].
    pub lost_packets: u64,
    /// Captured bytes of them.
    pub lost_bytes: u64,
    /// Whether the latest file is written past the page cache.
    pub direct: bool,
    /// The latest file.
    pub path: PathBuf,
    /// What keeps a file from being written at the moment.
    pub problem: Option<String>,
}

/// A file that packets are added to.
struct Open {
    number: u32,
    link: LinkType,
    /// Of the first and of all packets so far.
    first: i64,
    mark: Mark,
    progress: Arc<Progress>,
    chunk: Option<Chunk>,
    /// Bytes at the start of the buffer that were written before: the rest of a page.
    carried: usize,
    /// When the first byte behind these came.
    since: Option<Instant>,
}

/// Writes packets to rotated files `<folder>/<node>-yymmdd-NNNNNNNN.pcap` (`.pcap.zst`, `.enc`). One writer belongs to one thread;
/// writers of one node share the [`Register`] that numbers the files, and so never a file. Dropping it finishes its files.
pub struct Writer<R: Register> {
    options: WriterOptions,
    shared: Arc<Shared>,
    /// Until the thread has it.
    start: Option<(R, Arc<dyn Disk>)>,
    thread: Option<JoinHandle<()>>,
    /// One for each link type: a pcap holds one.
    open: Vec<Open>,
    last: Option<usize>,
    files: u64,
    blocks: bool,
}

impl<R: Register> fmt::Debug for Writer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("options", &self.options).field("open", &self.open.len()).finish()
    }
}

impl<R: Register> Writer<R> {
    /// A writer without a file: the first packet opens one.
    pub fn new(options: WriterOptions, register: R) -> Self {
        Self::with_disk(options, register, Arc::new(Native))
    }

    /// A writer on another file system than the machine's.
    pub fn with_disk(mut options: WriterOptions, register: R, disk: Arc<dyn Disk>) -> Self {
        // the sizes that can be, whatever is asked for
        options.buffer = options.buffer.clamp(2 * PAGE, 64 << 20).next_multiple_of(PAGE);
        options.block = options.block.clamp(PAGE, 8 << 20).next_multiple_of(PAGE);
        let blocks = options.coding().is_some();
        let capacity = if blocks { options.block } else { options.buffer };
        let shared = Arc::new(Shared::new(capacity, options.memory, options.waits));
        let start = Some((register, disk));
        Self { options, shared, start, thread: None, open: Vec::new(), last: None, files: 0, blocks }
    }

    fn error(&self, source: io::Error) -> WriteError {
        WriteError { path: self.options.folders.path(0), source }
    }

    fn run(&mut self) -> Result<(), WriteError> {
        let Some((register, disk)) = self.start.take() else { return Ok(()) };
        let thread = Thread::new(self.options.clone(), register, disk, self.shared.clone());
        let name = format!("write-{}", self.options.node.chars().take(9).collect::<String>());
        match std::thread::Builder::new().name(name).spawn(move || thread.run()) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => {
                self.shared.lock().ended = true;
                return Err(self.error(error));
            }
        }
        Ok(())
    }

    /// Writes a packet. `time` is in nanoseconds since 1970. It takes a copy into a buffer; see [`WriterOptions::waits`] for what
    /// happens when there is none. It is in the file for good after [`Writer::flush`].
    ///
    /// # Errors
    /// The packet was not taken.
    pub fn write(
        &mut self,
        time: i64,
        link: LinkType,
        bytes: &[u8],
        original_len: u32,
    ) -> Result<Position, WriteError> {
        let len = RECORD_HEADER as usize + bytes.len();
        if bytes.len() > pcap::MAX_RECORD {
            let what = format!("a packet of {} bytes is longer than any reader takes", bytes.len());
            return Err(self.error(io::Error::new(io::ErrorKind::InvalidInput, what)));
        }
        let at = self.place(time, link, len as u64)?;
        let (shared, blocks) = (self.shared.clone(), self.blocks);
        let Some(open) = self.open.get_mut(at) else {
            return Err(self.error(io::Error::other("no packet file is open")));
        };
        let mut more = Vec::new();
        let room = open.chunk.as_ref().map_or(0, |chunk| chunk.data.room());
        if room < len {
            if blocks {
                // a block holds whole records
                open.hand_over(&shared, false);
                open.chunk = Some(open.chunk(shared.take(len)?));
            } else {
                // all that it takes, or nothing
                let mut have = room;
                while have < len {
                    match shared.take(1) {
                        Ok(buffer) => {
                            have += buffer.room();
                            more.push(buffer);
                        }
                        Err(error) => {
                            more.into_iter().for_each(|buffer| shared.give_back(buffer));
                            return Err(error);
                        }
                    }
                }
            }
        }
        let position = Position { file: open.number, offset: open.mark.end };
        let clamped = time.clamp(0, i64::from(u32::MAX) * 1_000_000_000 + 999_999_999);
        let head = [
            (clamped / 1_000_000_000) as u32,
            (clamped % 1_000_000_000) as u32,
            bytes.len() as u32,
            original_len,
        ];
        let mut more = more.into_iter();
        open.put(head.map(u32::to_le_bytes).as_flattened(), &shared, &mut more);
        if let Some(chunk) = &mut open.chunk {
            chunk.packets += 1;
            chunk.first = chunk.first.min(time);
            chunk.last = chunk.last.max(time);
        }
        open.put(bytes, &shared, &mut more);
        open.mark.end += len as u64;
        open.mark.packets += 1;
        open.mark.packet_bytes += bytes.len() as u64;
        open.mark.last = open.mark.last.max(time);
        Ok(position)
    }

    /// The open file that a packet goes to.
    fn place(&mut self, time: i64, link: LinkType, len: u64) -> Result<usize, WriteError> {
        let age = i64::try_from(self.options.max_age.as_nanos()).unwrap_or(i64::MAX);
        let at = match self.last {
            Some(at) if self.open.get(at).is_some_and(|open| open.link == link) => Some(at),
            _ => self.open.iter().position(|open| open.link == link),
        };
        self.last = at;
        if let Some(at) = at {
            let done = self.open.get(at).is_none_or(|open| {
                open.size(self.blocks) + len > self.options.max_size && open.mark.packets > 0
                    || time.saturating_sub(open.first) > age
                    || open.progress.leave.load(Ordering::Relaxed)
            });
            if !done {
                return Ok(at);
            }
            self.end_file(at);
        }
        self.begin(time, link)
    }

    fn begin(&mut self, time: i64, link: LinkType) -> Result<usize, WriteError> {
        self.run()?;
        // the page that the header is on is written again with what follows it
        let buffer = if self.blocks { None } else { Some(self.shared.take(1)?) };
        let number = match self.shared.number(link, time, self.files == 0) {
            Ok(number) => number,
            Err(error) => {
                buffer.into_iter().for_each(|buffer| self.shared.give_back(buffer));
                return Err(error);
            }
        };
        self.files += 1;
        let progress = Arc::<Progress>::default();
        let header = pcap_header(link.0);
        let end = header.len() as u64;
        progress.physical.store(end, Ordering::Relaxed);
        progress.logical.store(end, Ordering::Relaxed);
        let begin = Begin { number, link, first: time, progress: progress.clone() };
        self.shared.send(Job::Begin(begin));
        let mut open = Open {
            number,
            link,
            first: time,
            mark: Mark { end, last: time, ..Mark::default() },
            progress,
            chunk: None,
            carried: 0,
            since: None,
        };
        if let Some(mut buffer) = buffer {
            buffer.put(&header);
            open.carried = header.len();
            open.chunk = Some(Chunk { at: 0, ..open.chunk(buffer) });
        }
        self.open.push(open);
        self.last = Some(self.open.len() - 1);
        Ok(self.open.len() - 1)
    }

    fn end_file(&mut self, at: usize) {
        self.last = None;
        if at < self.open.len() {
            let mut open = self.open.swap_remove(at);
            open.hand_over(&self.shared, false);
            self.shared.send(Job::Work(open.number, Work::End { mark: open.mark }));
        }
    }

    /// Starts writing what is in partly filled buffers. Without a buffer to go on with, it waits for the next time.
    fn push(&mut self, older: Duration) {
        for open in &mut self.open {
            if open.since.is_some_and(|since| since.elapsed() >= older) {
                open.push(&self.shared, self.blocks);
            }
        }
    }

    /// Hands everything to the operating system: it survives the end of this process. Where [`WriterOptions::waits`] is false, this
    /// is only begun and takes no time.
    ///
    /// # Errors
    /// Some of it could not be written; it is kept for the next time.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.push(Duration::ZERO);
        if self.options.waits {
            self.wait()?;
            // there was no buffer to go on with before
            self.push(Duration::ZERO);
            return self.wait();
        }
        self.shared.trouble()
    }

    fn wait(&self) -> Result<(), WriteError> {
        if self.thread.is_none() {
            return Ok(());
        }
        self.shared.settle()
    }

    /// Waits until everything is on the disk: it survives a loss of power.
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.push(Duration::ZERO);
        self.wait()?;
        if self.thread.is_none() { Ok(()) } else { self.shared.synced() }
    }

    /// To be called about every second: starts writing packets that have waited in a buffer for that long, and finishes files whose
    /// first packet is older than the limit; `now` is in nanoseconds since 1970. Never waits.
    ///
    /// # Errors
    /// Some file cannot be written at the moment.
    pub fn tick(&mut self, now: i64) -> Result<(), WriteError> {
        let age = i64::try_from(self.options.max_age.as_nanos()).unwrap_or(i64::MAX);
        while let Some(at) = self.open.iter().position(|open| now.saturating_sub(open.first) > age) {
            self.end_file(at);
        }
        self.push(PARTIAL);
        self.shared.trouble()
    }

    /// Finishes every file, and waits until that is done.
    ///
    /// # Errors
    /// As [`Writer::flush`]; may be tried again.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        while !self.open.is_empty() {
            self.end_file(self.open.len() - 1);
        }
        self.wait()
    }

    /// Number of files that packets are being added to.
    pub fn open_files(&self) -> usize {
        self.open.len()
    }

    /// Packets whose positions were given out and that are lost, since the last call.
    pub fn take_lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.shared.lock().lost)
    }

    /// What it says of itself; takes a lock that is never held for long.
    pub fn status(&self) -> WriterStatus {
        self.shared.status()
    }
}

impl<R: Register> Drop for Writer<R> {
    fn drop(&mut self) {
        while !self.open.is_empty() {
            self.end_file(self.open.len() - 1);
        }
        self.shared.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Open {
    /// About the bytes that the file will have when everything so far is in it.
    fn size(&self, blocks: bool) -> u64 {
        if !blocks {
            return self.mark.end;
        }
        let waiting = self.mark.end.saturating_sub(self.progress.logical.load(Ordering::Relaxed));
        self.progress.physical.load(Ordering::Relaxed) + waiting
    }

    /// An empty buffer as the next piece of the file.
    fn chunk(&self, data: Aligned) -> Chunk {
        Chunk { data, at: self.mark.end, packets: 0, first: i64::MAX, last: i64::MIN, mark: self.mark }
    }

    /// Copies bytes, over as many buffers as it takes.
    #[inline]
    fn put(&mut self, mut bytes: &[u8], shared: &Shared, more: &mut dyn Iterator<Item = Aligned>) {
        while !bytes.is_empty() {
            let Some(chunk) = self.chunk.as_mut().filter(|chunk| chunk.data.room() > 0) else {
                let at = self.chunk.as_ref().map_or(0, |chunk| chunk.at + chunk.data.len() as u64);
                self.hand_over(shared, false);
                let Some(buffer) = more.next() else { return };
                self.chunk = Some(Chunk { at, ..self.chunk(buffer) });
                continue;
            };
            if self.since.is_none() {
                self.since = Some(Instant::now());
            }
            let put = chunk.data.put(bytes);
            bytes = bytes.get(put..).unwrap_or_default();
        }
    }

    /// Gives the buffer to the thread.
    fn hand_over(&mut self, shared: &Shared, flush: bool) {
        let Some(mut chunk) = self.chunk.take() else { return };
        let fresh = chunk.data.len() > self.carried;
        self.carried = 0;
        // blocks that were handed over before may wait with the thread for more of their kind
        if flush {
            self.since = None;
        }
        chunk.mark = self.mark;
        if fresh {
            shared.send(Job::Work(self.number, Work::Data { chunk, flush }));
        } else {
            shared.give_back(chunk.data);
        }
    }

    /// Has a partly filled buffer written.
    fn push(&mut self, shared: &Shared, blocks: bool) {
        if blocks {
            return self.hand_over(shared, true);
        }
        // the page that is not full yet is written again when it is
        let Some(chunk) = &self.chunk else { return };
        let whole = chunk.data.len() / PAGE * PAGE;
        let at = chunk.at + whole as u64;
        let rest = chunk.data.filled().get(whole..).unwrap_or_default();
        let Some(mut buffer) = shared.take_spare() else { return };
        buffer.put(rest);
        let carried = rest.len();
        self.hand_over(shared, true);
        self.chunk = Some(Chunk { at, ..self.chunk(buffer) });
        self.carried = carried;
    }
}
