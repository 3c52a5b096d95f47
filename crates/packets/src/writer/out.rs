//! One file as the writing thread sees it.

use super::aligned::{Aligned, PAGE};
use super::disk::{Disk, DiskFile};
use super::shared::{Begin, Chunk, Mark};
use super::{FileFacts, WriterOptions};
use blocks::{Coding, Encoder, Piece};
use session::SessionId;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Names tried when a file of the wanted name exists already.
const MAX_TRIES: usize = 100;
/// Bytes of the header of a pcap.
const PCAP_HEADER: usize = 24;
/// And of a packet in it.
pub(super) const RECORD_HEADER: u64 = 16;

/// The header of a pcap with times in nanoseconds.
pub(super) fn pcap_header(link: u16) -> [u8; PCAP_HEADER] {
    let words: [u32; 6] = [0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, u32::from(link)];
    let mut out = [0; PCAP_HEADER];
    for (to, from) in out.iter_mut().zip(words.map(u32::to_le_bytes).as_flattened()) {
        *to = *from;
    }
    out
}

/// Blocks that are encoded and not written.
struct Packed {
    encoder: Encoder,
    /// Belongs at `at`; what lies before the last multiple of the page leaves it when it is written.
    buffer: Aligned,
    at: u64,
    /// How much of the seek table is in the buffer.
    table: Option<(Vec<u8>, usize)>,
}

/// A file being written.
pub(super) struct Out {
    pub facts: FileFacts,
    pub folder: usize,
    /// Whether it is in the list of files.
    pub listed: bool,
    /// What is in the file for sure.
    pub good: Mark,
    /// Whether anything was written since the last sync.
    pub dirty: bool,
    pub slowest: Duration,
    file: Box<dyn DiskFile>,
    direct: bool,
    reserved: u64,
    packed: Option<Packed>,
    physical: u64,
    buffer: usize,
    reserve: u64,
}

impl Out {
    /// Makes the file, with its header, in this folder; never over another.
    pub fn create(
        options: &WriterOptions,
        disk: &dyn Disk,
        folder: usize,
        begin: &Begin,
    ) -> Result<Self, (PathBuf, io::Error)> {
        let (path, file) = make(options, disk, folder, begin)?;
        let failed = |error: io::Error| (path.clone(), error);
        let coding = options.coding();
        let compression = if coding.as_ref().is_some_and(|c| c.zstd.is_some()) { "zstd" } else { "none" };
        let packed = coding.as_ref().map(|coding| packed(coding, options.buffer)).transpose();
        let facts = FileFacts {
            number: begin.number,
            path: path.clone(),
            link: begin.link,
            first: begin.first,
            last: begin.first,
            size: 0,
            packets: 0,
            packet_bytes: 0,
            finished: false,
            compression,
            key: options.encryption.as_ref().map(|key| key.id()),
        };
        let mut out = Self {
            facts,
            folder,
            listed: false,
            good: Mark { last: begin.first, ..Mark::default() },
            dirty: false,
            slowest: Duration::ZERO,
            direct: file.is_direct(),
            file,
            reserved: 0,
            packed: packed.map_err(failed)?,
            physical: 0,
            buffer: options.buffer,
            reserve: options.reserve,
        };
        // so that a reader finds a capture from the start
        if let Err(error) = out.start() {
            let _ = disk.remove(&path);
            return Err(failed(error));
        }
        Ok(out)
    }

    fn start(&mut self) -> io::Result<()> {
        let header = pcap_header(self.facts.link.0);
        if let Some(packed) = &mut self.packed {
            let file_header = packed.encoder.header().to_vec();
            packed.buffer.put(&file_header);
            let piece = Piece { bytes: &header, packets: 0, first: self.facts.first, last: self.facts.first };
            packed.encode(piece)?;
            self.drain(true)?;
        } else {
            write_plain(self.file.as_ref(), &header, 0)?;
            self.physical = header.len() as u64;
        }
        self.good.end = header.len() as u64;
        self.facts.size = self.physical;
        Ok(())
    }

    pub fn is_direct(&self) -> bool {
        self.direct
    }
    /// Bytes in the file.
    pub fn physical(&self) -> u64 {
        self.physical
    }
    pub fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// Writes a piece of a plain file; may be repeated.
    pub fn plain(&mut self, chunk: &Chunk) -> io::Result<()> {
        let bytes = chunk.data.filled();
        self.reserve(chunk.at + bytes.len() as u64);
        self.write(bytes, chunk.at, true)?;
        self.physical = self.physical.max(chunk.at + bytes.len() as u64);
        self.good = chunk.mark;
        Ok(())
    }

    /// Takes a block. After an error nothing was taken.
    pub fn block(&mut self, chunk: &Chunk) -> io::Result<()> {
        let Some(packed) = &self.packed else { return Ok(()) };
        let bound = packed.encoder.bound(chunk.data.len());
        if packed.buffer.room() < bound {
            self.drain(false)?;
        }
        let Some(packed) = &mut self.packed else { return Ok(()) };
        if packed.buffer.room() < bound {
            let mut larger = Aligned::new(packed.buffer.len() + bound);
            larger.put(packed.buffer.filled());
            packed.buffer = larger;
        }
        let (first, last) = (chunk.first, chunk.last);
        packed.encode(Piece { bytes: chunk.data.filled(), packets: chunk.packets, first, last })
    }

    /// Writes the blocks that were taken where there are enough, or all.
    pub fn settle(&mut self, all: bool, mark: Mark) -> io::Result<()> {
        if all || self.packed.as_ref().is_some_and(|packed| packed.buffer.len() >= self.buffer) {
            self.drain(all)?;
            if all {
                self.good = mark;
            }
        }
        Ok(())
    }

    fn drain(&mut self, all: bool) -> io::Result<()> {
        let Some(mut packed) = self.packed.take() else { return Ok(()) };
        let result = self.drain_packed(&mut packed, all);
        self.packed = Some(packed);
        result
    }

    fn drain_packed(&mut self, packed: &mut Packed, all: bool) -> io::Result<()> {
        let len = packed.buffer.len();
        let whole = len / PAGE * PAGE;
        let now = if all { len } else { whole };
        self.reserve(packed.at + now as u64);
        self.write(packed.buffer.filled().get(..now).unwrap_or_default(), packed.at, all)?;
        self.physical = self.physical.max(packed.at + now as u64);
        packed.buffer.consume(whole);
        packed.at += whole as u64;
        Ok(())
    }

    fn reserve(&mut self, end: u64) {
        if self.reserve > 0 && end > self.reserved {
            // a hint: where it cannot be, the write will tell
            if self.file.allocate(self.reserved.max(self.physical), self.reserve).is_err() {
                self.reserve = 0;
            }
            self.reserved = self.reserved.max(self.physical) + self.reserve;
        }
    }

    /// Whole pages go past the page cache, what is behind them through it.
    fn write(&mut self, bytes: &[u8], at: u64, tail: bool) -> io::Result<()> {
        let began = Instant::now();
        let mut done = 0;
        let whole = bytes.len() / PAGE * PAGE;
        while self.direct && done < whole {
            let rest = bytes.get(done..whole).unwrap_or_default();
            match self.file.write_direct(rest, at + done as u64) {
                // a part of a page is written again
                Ok(written) if written >= PAGE => done += written / PAGE * PAGE,
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // the file system opened it so, and does not take it after all
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => self.direct = false,
                Err(error) => return Err(error),
            }
        }
        let end = if tail { bytes.len() } else { whole };
        let rest = bytes.get(done..end).unwrap_or_default();
        if !rest.is_empty() {
            write_plain(self.file.as_ref(), rest, at + done as u64)?;
        }
        self.dirty = true;
        self.slowest = self.slowest.max(began.elapsed());
        Ok(())
    }

    /// Forces it onto the medium.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.dirty {
            self.file.sync()?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Writes what is left and finishes the file; may be repeated after an error.
    pub fn finish(&mut self, mark: Mark, sync: bool) -> io::Result<()> {
        while let Some(packed) = &mut self.packed {
            let (table, put) = packed.table.get_or_insert_with(|| (packed.encoder.table(), 0));
            *put += packed.buffer.put(table.get(*put..).unwrap_or_default());
            let all = *put >= table.len();
            self.drain(all)?;
            if all {
                break;
            }
        }
        self.file.set_len(self.physical)?;
        if sync {
            self.sync()?;
        }
        self.good = mark;
        self.conclude(mark);
        Ok(())
    }

    /// Ends the file before what could not be written; says what is in it.
    pub fn give_up(&mut self) -> Mark {
        let (physical, good) = match &self.packed {
            None => (self.good.end, self.good),
            Some(packed) => {
                let (physical, end, packets) = packed.encoder.whole(self.physical);
                let packet_bytes = end.saturating_sub(PCAP_HEADER as u64 + RECORD_HEADER * packets);
                (physical, Mark { end, packets, packet_bytes, last: self.good.last })
            }
        };
        // where even that fails, the file has a torn end, which readers and `scan` know
        let _ = self.file.set_len(physical);
        self.physical = physical;
        self.conclude(good);
        good
    }

    fn conclude(&mut self, mark: Mark) {
        self.facts.size = self.physical;
        self.facts.packets = mark.packets;
        self.facts.packet_bytes = mark.packet_bytes;
        self.facts.last = mark.last.max(self.facts.first);
        self.facts.finished = true;
    }
}

impl Packed {
    fn encode(&mut self, piece: Piece<'_>) -> io::Result<()> {
        let len = self.encoder.encode(piece, self.buffer.spare())?;
        self.buffer.grow(len);
        Ok(())
    }
}

fn packed(coding: &Coding, buffer: usize) -> io::Result<Packed> {
    let encoder = Encoder::new(coding)?;
    Ok(Packed { encoder, buffer: Aligned::new(buffer.max(PAGE) * 2), at: 0, table: None })
}

fn write_plain(file: &dyn DiskFile, bytes: &[u8], at: u64) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match file.write(rest, at + done as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => done += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a file whose name no other has.
fn make(
    options: &WriterOptions,
    disk: &dyn Disk,
    folder: usize,
    begin: &Begin,
) -> Result<(PathBuf, Box<dyn DiskFile>), (PathBuf, io::Error)> {
    let day = SessionId::new(begin.first.div_euclid(1_000_000), [0; 16]).day;
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let node: String = options.node.chars().map(safe).collect();
    let (number, extension) = (begin.number, options.extension());
    let folder: &Path = &options.folders.path(folder);
    for attempt in 0..MAX_TRIES {
        // one of that name was left by a catalogue that was lost: never written over
        let more = if attempt == 0 { String::new() } else { format!("-{attempt}") };
        let path = folder.join(format!("{node}-{day:06}-{number:08}{more}.{extension}"));
        match disk.create(&path, options.direct) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err((path, error)),
        }
    }
    let what = "every file name tried exists already";
    Err((folder.to_owned(), io::Error::new(io::ErrorKind::AlreadyExists, what)))
}
