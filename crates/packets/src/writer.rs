//! Packet files of our own captures: ordinary pcap with times in nanoseconds, rotated by size and age.

use session::SessionId;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::time::Duration;
use wire::LinkType;

/// Numbers tried when a file of the wanted name exists already.
const MAX_TRIES: usize = 1_000;

/// How packet files are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    /// Folder of the files; it must exist.
    pub folder: PathBuf,
    /// Name of the node: part of the files' names.
    pub node: String,
    /// A file is finished before it gets larger than this, bytes.
    pub max_size: u64,
    /// A file is finished when its packets span more than this.
    pub max_age: Duration,
    /// Bytes that are collected before they are written out.
    pub buffer: usize,
}

impl WriterOptions {
    /// 12 GB or an hour, written in pieces of a megabyte.
    pub fn new(folder: PathBuf, node: &str) -> Self {
        Self {
            folder,
            node: node.to_owned(),
            max_size: 12_000_000_000,
            max_age: Duration::from_secs(3_600),
            buffer: 1 << 20,
        }
    }
}

/// A packet file as far as it is written.
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
    /// Bytes handed to the operating system.
    pub size: u64,
    /// Packets.
    pub packets: u64,
    /// Captured bytes of them.
    pub packet_bytes: u64,
    /// Whether nothing will be added.
    pub finished: bool,
}

/// Where packet files are listed: gives them their numbers and keeps what is known of them.
pub trait Register {
    /// The next file number of the node: never one that was given before.
    ///
    /// # Errors
    /// The list cannot be written.
    fn number(&mut self, link: LinkType, first: i64) -> io::Result<u32>;
    /// Takes what is known of a file: when it is opened, and when it is finished.
    ///
    /// # Errors
    /// The list cannot be written.
    fn update(&mut self, file: &FileFacts) -> io::Result<()>;
    /// Forgets a number for which no file could be made.
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
    /// Byte offset of its record.
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

struct Open {
    file: File,
    facts: FileFacts,
    /// What is not written yet; it belongs at `facts.size`.
    buffer: Vec<u8>,
}

/// Writes packets to rotated files `<folder>/<node>-yymmdd-NNNNNNNN.pcap`. One writer belongs to one thread; writers of
/// one node share the [`Register`] that numbers the files, and so never a file.
pub struct Writer<R: Register> {
    options: WriterOptions,
    register: R,
    /// One for each link type: a pcap holds one.
    open: Vec<Open>,
    last: Option<usize>,
}

impl<R: Register> fmt::Debug for Writer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("options", &self.options).field("open", &self.open.len()).finish()
    }
}

impl<R: Register> Writer<R> {
    /// A writer without a file: the first packet opens one.
    pub fn new(options: WriterOptions, register: R) -> Self {
        Self { options, register, open: Vec::new(), last: None }
    }

    /// Writes a packet. `time` is in nanoseconds since 1970. It is in the file for good after [`Writer::flush`].
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
        let len = 16 + bytes.len() as u64;
        let age = i64::try_from(self.options.max_age.as_nanos()).unwrap_or(i64::MAX);
        let mut at = match self.last {
            Some(at) if self.open.get(at).is_some_and(|open| open.facts.link == link) => Some(at),
            _ => self.open.iter().position(|open| open.facts.link == link),
        };
        let done = |open: &Open| {
            open.end() + len > self.options.max_size && open.facts.packets > 0
                || time.saturating_sub(open.facts.first) > age
        };
        if let Some(place) = at
            && self.open.get(place).is_some_and(done)
        {
            self.finish_file(place)?;
            at = None;
        }
        let at = match at {
            Some(at) => at,
            None => self.begin(time, link)?,
        };
        self.last = Some(at);
        let limit = self.options.buffer;
        let folder = &self.options.folder;
        let Some(open) = self.open.get_mut(at) else {
            let source = io::Error::other("no packet file is open");
            return Err(WriteError { path: folder.clone(), source });
        };
        if open.buffer.len() + bytes.len() + 16 > limit {
            open.write_out()?;
        }
        let position = Position { file: open.facts.number, offset: open.end() };
        let clamped = time.clamp(0, i64::from(u32::MAX) * 1_000_000_000 + 999_999_999);
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let head =
            [(clamped / 1_000_000_000) as u32, (clamped % 1_000_000_000) as u32, captured, original_len];
        open.buffer.extend_from_slice(head.map(u32::to_le_bytes).as_flattened());
        open.buffer.extend_from_slice(bytes);
        open.facts.packets += 1;
        open.facts.packet_bytes += bytes.len() as u64;
        open.facts.last = open.facts.last.max(time);
        Ok(position)
    }

    /// Hands everything to the operating system: it survives the end of this process.
    ///
    /// # Errors
    /// Some of it could not be written; it is kept for the next time.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.open.iter_mut().try_for_each(Open::write_out)
    }

    /// Waits until everything is on the disk: it survives a loss of power.
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.flush()?;
        self.open.iter().try_for_each(|open| open.file.sync_data().map_err(|source| open.error(source)))
    }

    /// Finishes files whose first packet is older than the limit, without waiting for a next packet; `now` is in
    /// nanoseconds since 1970.
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn tick(&mut self, now: i64) -> Result<(), WriteError> {
        let age = i64::try_from(self.options.max_age.as_nanos()).unwrap_or(i64::MAX);
        while let Some(at) = self.open.iter().position(|open| now.saturating_sub(open.facts.first) > age) {
            self.finish_file(at)?;
        }
        Ok(())
    }

    /// Finishes every file.
    ///
    /// # Errors
    /// As [`Writer::flush`]; may be tried again.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        while !self.open.is_empty() {
            self.finish_file(self.open.len() - 1)?;
        }
        Ok(())
    }

    /// The files being written.
    pub fn files(&self) -> impl Iterator<Item = &FileFacts> {
        self.open.iter().map(|open| &open.facts)
    }

    /// The register.
    pub fn register(&self) -> &R {
        &self.register
    }

    fn finish_file(&mut self, at: usize) -> Result<(), WriteError> {
        let Some(open) = self.open.get_mut(at) else { return Ok(()) };
        open.write_out()?;
        open.facts.finished = true;
        if let Err(source) = self.register.update(&open.facts) {
            open.facts.finished = false;
            return Err(open.error(source));
        }
        self.last = None;
        self.open.swap_remove(at);
        Ok(())
    }

    fn begin(&mut self, time: i64, link: LinkType) -> Result<usize, WriteError> {
        let folder = self.options.folder.clone();
        let failed = |source| WriteError { path: folder.clone(), source };
        let day = SessionId::new(time.div_euclid(1_000_000), [0; 16]).day;
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let node: String = self.options.node.chars().map(safe).collect();
        for _ in 0..MAX_TRIES {
            let number = self.register.number(link, time).map_err(&failed)?;
            let path = self.options.folder.join(format!("{node}-{day:06}-{number:08}.pcap"));
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) => {
                    let _ = self.register.discard(number);
                    // left by a catalogue that was lost: never written over
                    if error.kind() == io::ErrorKind::AlreadyExists {
                        continue;
                    }
                    return Err(WriteError { path, source: error });
                }
            };
            let mut buffer = Vec::with_capacity(self.options.buffer);
            let header: [u32; 6] = [0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, u32::from(link.0)];
            buffer.extend_from_slice(header.map(u32::to_le_bytes).as_flattened());
            let facts = FileFacts {
                number,
                path,
                link,
                first: time,
                last: time,
                size: 0,
                packets: 0,
                packet_bytes: 0,
                finished: false,
            };
            let mut open = Open { file, facts, buffer };
            // so that a reader finds a capture from the start
            open.write_out()?;
            self.register.update(&open.facts).map_err(|source| open.error(source))?;
            self.open.push(open);
            return Ok(self.open.len() - 1);
        }
        Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "every file name tried exists already")))
    }
}

impl Open {
    /// Where the next record begins.
    fn end(&self) -> u64 {
        self.facts.size + self.buffer.len() as u64
    }
    fn error(&self, source: io::Error) -> WriteError {
        WriteError { path: self.facts.path.clone(), source }
    }
    /// Writes at a fixed place, so that a failed attempt can be repeated.
    fn write_out(&mut self) -> Result<(), WriteError> {
        if let Err(source) = self.file.write_all_at(&self.buffer, self.facts.size) {
            return Err(self.error(source));
        }
        self.facts.size += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
