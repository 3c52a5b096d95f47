//! One capture file or stdin.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pcap::{Cursor, Format, Record, Stream};
use wire::LinkType;

use crate::input::{self, Input};
use crate::{Error, Keyring, Mapping, Packet, PacketSource, Progress, Statistics, Status, Stop, Storage};

/// A capture file: pcap or pcapng, plain, gzip or zstd; or stdin.
///
/// A plain file is mapped and its packets point into the mapping. Anything else is read through a buffer of one record.
pub struct FileSource {
    path: PathBuf,
    name: String,
    reader: Reader,
    storage: Storage,
    statistics: Statistics,
    stop: Stop,
    ended: bool,
}

/// How far before their use bytes of a mapped file are asked for: far enough to hide the latency of memory, near enough to stay in the
/// first-level cache.
const PREFETCH: u64 = 4096;

enum Reader {
    Mapped { mapping: Arc<Mapping>, cursor: Cursor },
    Stream { stream: Stream<Box<dyn Read + Send>>, read: Arc<AtomicU64>, total: Option<u64> },
}

fn packet<'a>(record: &Record<'a>) -> Packet<'a> {
    Packet {
        time: record.time,
        bytes: record.bytes,
        original_len: record.original_len,
        link: LinkType(record.link),
        interface: record.interface,
        at: record.at,
        data_at: record.data_at,
    }
}

impl FileSource {
    /// Opens a capture and reads its header. `-` is stdin.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened; [`Error::Capture`] where it is no capture, with what it begins with.
    pub fn open(path: impl AsRef<Path>, stop: &Stop) -> Result<Self, Error> {
        Self::open_with(path, Keyring::empty(), stop)
    }

    /// The same for a capture that may be encrypted, with one of these keys.
    ///
    /// # Errors
    /// As [`Self::open`]; [`Error::Io`] names the key that is missing.
    pub fn open_with(path: impl AsRef<Path>, keys: &Keyring, stop: &Stop) -> Result<Self, Error> {
        let path = path.as_ref();
        let is_stdin = path.as_os_str() == "-";
        let input = if is_stdin { input::stdin(stop) } else { input::open(path, keys, stop) };
        let input = input.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let damaged = |source| Error::Capture { path: path.to_owned(), source };
        let (reader, storage) = match input {
            Input::Mapped(mapping) => {
                let cursor = Cursor::new(&mapping).map_err(damaged)?;
                (Reader::Mapped { mapping: Arc::new(mapping), cursor }, Storage::Plain)
            }
            Input::Stream { reader, storage, read, total } => {
                (Reader::Stream { stream: Stream::new(reader).map_err(damaged)?, read, total }, storage)
            }
        };
        let name = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
        let statistics = Statistics::default();
        Ok(Self {
            path: path.to_owned(),
            name,
            reader,
            storage,
            statistics,
            stop: stop.clone(),
            ended: false,
        })
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the capture is stored. Where it [`Storage::has_positions`], packets can be found again at [`Packet::at`].
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// What the headers read so far say; complete once the source has ended. Worth storing for a pcapng: see [`Format`].
    #[must_use]
    pub fn format(&self) -> &Format {
        match &self.reader {
            Reader::Mapped { cursor, .. } => cursor.format(),
            Reader::Stream { stream, .. } => stream.format(),
        }
    }

    /// Reads on until the limit, the end or an error.
    fn read(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, pcap::Error> {
        let Statistics { packets, bytes, .. } = &mut self.statistics;
        let mut give = |record: &Record<'_>| {
            *packets += 1;
            *bytes += record.bytes.len() as u64;
            each(&packet(record));
        };
        match &mut self.reader {
            Reader::Mapped { mapping, cursor } => {
                for _ in 0..limit.max(1) {
                    let from = cursor.position();
                    match cursor.next(mapping.bytes()) {
                        Some(record) => {
                            let record = record?;
                            let to = cursor.position().min(from + 2048);
                            mapping.prefetch(from + PREFETCH, to + PREFETCH);
                            give(&record);
                        }
                        None => return Ok(Status::End),
                    }
                }
            }
            Reader::Stream { stream, total, .. } => {
                for i in 0..limit.max(1) {
                    // A pipe may fall silent for long: what has come is given at once.
                    if i > 0 && total.is_none() && !stream.is_buffered() {
                        return Ok(Status::Idle);
                    }
                    match stream.next()? {
                        Some(record) => give(&record),
                        None => return Ok(Status::End),
                    }
                }
            }
        }
        Ok(Status::More)
    }
}

impl PacketSource for FileSource {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.ended || self.stop.is_set() {
            return Ok(Status::End);
        }
        match self.read(limit, each) {
            Ok(status) => {
                self.ended = status == Status::End;
                Ok(status)
            }
            // A stop ends a pipe in the middle of a record; that is nobody's damage.
            Err(_) if self.stop.is_set() => {
                self.ended = true;
                Ok(Status::End)
            }
            Err(source) => {
                self.ended = true;
                Err(Error::Capture { path: self.path.clone(), source })
            }
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn interface_name(&self, interface: u32) -> Option<&str> {
        match self.format() {
            Format::Pcap(_) => None,
            Format::PcapNg(ng) => ng.sections.last()?.interfaces.get(interface as usize)?.name.as_deref(),
        }
    }

    fn statistics(&mut self) -> Statistics {
        self.statistics
    }

    fn progress(&self) -> Progress {
        match &self.reader {
            Reader::Mapped { mapping, cursor } => {
                Progress { read: cursor.position(), total: Some(mapping.len() as u64) }
            }
            Reader::Stream { read, total, .. } => {
                Progress { read: read.load(Ordering::Relaxed), total: *total }
            }
        }
    }

    fn mapping(&self) -> Option<Arc<Mapping>> {
        match &self.reader {
            Reader::Mapped { mapping, .. } => Some(Arc::clone(mapping)),
            Reader::Stream { .. } => None,
        }
    }
}
