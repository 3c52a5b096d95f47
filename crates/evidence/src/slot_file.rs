//! The file of a slot while packets are added to it.

use crate::index::{self, Entry, Index};
use crate::slot::{MAX_PARTS, Slot, part_name};
use pcap::{Format, PcapWriter, Precision, RecordHeader};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wire::LinkType;

/// Bytes of a capture before its first record.
pub(crate) const FILE_HEADER: u64 = 24;
/// Longest packet that the files claim to hold.
const SNAP_LEN: u32 = 262_144;
/// Bytes read at once where records are walked.
const WALK: usize = 256 << 10;

/// A file that packets are added to.
#[derive(Debug)]
pub(crate) struct SlotFile {
    pub slot: Slot,
    pub link: LinkType,
    /// Its name once it is finished.
    path: PathBuf,
    file: File,
    index: Index,
    /// Bytes that it has on the disk.
    len: u64,
    pending: PcapWriter<Vec<u8>>,
    entries: Vec<Entry>,
    /// Captured bytes of the packets that wait.
    captured: u64,
    /// The index in order of time, as it was made beside the one in use.
    in_order: Option<InOrder>,
    /// When it last got a packet.
    pub touched: Instant,
}

/// An index that takes the place of the one in use when the file is finished; removed where it does not.
#[derive(Debug)]
struct InOrder {
    path: PathBuf,
    /// Bytes of the capture that it speaks of.
    covered: u64,
}

impl Drop for InOrder {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The name of a file while it is open.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".temp");
    name.into()
}

/// Microseconds since 1970, as pcap can say them.
pub(crate) fn micros(time: i64) -> u64 {
    u64::try_from(time.clamp(0, i64::from(u32::MAX) * 1_000_000_000 + 999_999_999)).unwrap_or(0) / 1_000
}

/// The headers of a capture's records from one offset on; stops before the first record that is not whole. Returns where that would begin.
pub(crate) fn walk(
    file: &File,
    format: &Format,
    from: u64,
    see: &mut dyn FnMut(&RecordHeader),
) -> io::Result<u64> {
    let end = file.metadata()?.len();
    let (mut at, mut held, mut held_at) = (from, Vec::new(), from);
    while at < end {
        let within = usize::try_from(at - held_at).unwrap_or(usize::MAX);
        let header = format.header(held.get(within..).unwrap_or_default(), at);
        match header {
            Ok(header) if at + header.len <= end => {
                see(&header);
                at += header.len;
            }
            Ok(_) => break,
            Err(_) if held_at == at && !held.is_empty() => break,
            Err(_) => {
                let mut bytes = vec![0; WALK.min(usize::try_from(end - at).unwrap_or(WALK))];
                file.read_exact_at(&mut bytes, at)?;
                (held, held_at) = (bytes, at);
            }
        }
    }
    Ok(at)
}

/// What the header of a capture says; none where it is no pcap.
pub(crate) fn format_of(file: &File) -> io::Result<Option<Format>> {
    let mut header = [0; FILE_HEADER as usize];
    match file.read_exact_at(&mut header, 0) {
        Ok(()) => Ok(Format::scan(&header).ok().filter(|format| matches!(format, Format::Pcap(_)))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether packets of a link type can be added to a capture, as this program writes it.
fn fits(format: &Format, link: LinkType) -> bool {
    matches!(format, Format::Pcap(pcap)
        if !pcap.nanos && !pcap.modified && pcap.order == pcap::Order::Little && pcap.link == link.0)
}

impl SlotFile {
    /// The file of a slot that takes packets of a link type: the one that is there, else a new one. The folder's lock is held.
    pub fn open(folder: &Path, name: &str, slot: Slot, link: LinkType) -> io::Result<Self> {
        for part in 0..MAX_PARTS {
            let path = folder.join(format!("{}.pcap", part_name(name, part)));
            if let Some(open) = Self::open_part(path, slot, link)? {
                return Ok(open);
            }
        }
        let what = format!("{}: {MAX_PARTS} files of slot {name} are of other forms", folder.display());
        Err(io::Error::new(io::ErrorKind::AlreadyExists, what))
    }

    /// One of the slot's files, if it takes these packets.
    fn open_part(path: PathBuf, slot: Slot, link: LinkType) -> io::Result<Option<Self>> {
        let temp = temporary(&path);
        let existing = if temp.exists() { &temp } else { &path };
        if let Ok(file) = File::open(existing)
            && let Some(format) = format_of(&file)?
            && !fits(&format, link)
        {
            return Ok(None);
        }
        if existing == &path && path.exists() {
            std::fs::rename(&path, &temp)?;
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&temp)?;
        let index_path = index::path_of(&path);
        let Some(format) = format_of(&file)? else {
            // new, or interrupted before its header was whole
            let head = PcapWriter::new(Vec::new(), Precision::Micros, link.0, SNAP_LEN)?.into_inner();
            // never cut to nothing: ext4 then writes a file to the disk whenever anybody closes it, and readers wait for that
            file.write_all_at(&head, 0)?;
            file.set_len(FILE_HEADER)?;
            let index = Index::create(&index_path, FILE_HEADER)?;
            return Ok(Some(Self::with(path, file, index, FILE_HEADER, slot, link)));
        };
        let (index, len) = repaired(&file, &format, &index_path)?;
        Ok(Some(Self::with(path, file, index, len, slot, link)))
    }

    fn with(path: PathBuf, file: File, index: Index, len: u64, slot: Slot, link: LinkType) -> Self {
        let pending = PcapWriter::resume(Vec::new(), Precision::Micros, len);
        let (entries, touched) = (Vec::new(), Instant::now());
        Self { slot, link, path, file, index, len, pending, entries, captured: 0, in_order: None, touched }
    }

    /// Takes a packet; it is on the disk after [`SlotFile::flush`].
    pub fn add(&mut self, time: i64, bytes: &[u8], len: u32) -> io::Result<()> {
        let offset = self.pending.write(time, bytes, len)?;
        self.entries.push(Entry { time: micros(time), offset });
        self.captured += bytes.len() as u64;
        self.touched = Instant::now();
        Ok(())
    }

    /// Packets that wait.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }

    /// Captured bytes of the packets that wait.
    pub fn waiting_captured(&self) -> u64 {
        self.captured
    }

    /// Bytes that wait.
    pub fn waiting_bytes(&mut self) -> usize {
        self.pending.get_mut().len()
    }

    /// Whether the file on the disk is the one that was opened, as this left it: another process may have finished it, or added to it.
    fn is_current(&self) -> bool {
        let there = std::fs::metadata(temporary(&self.path));
        match (there, self.file.metadata()) {
            (Ok(there), Ok(own)) => {
                (there.dev(), there.ino(), there.len()) == (own.dev(), own.ino(), self.len)
            }
            _ => false,
        }
    }

    /// Brings what waits into the file, whole records in one write. The folder's lock is held. On an error nothing of it is there.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        if !self.is_current() {
            let Some(anew) = Self::open_part(self.path.clone(), self.slot, self.link)? else {
                let what = format!("{}: replaced by a file of another form", self.path.display());
                return Err(io::Error::other(what));
            };
            let (entries, bytes) =
                (std::mem::take(&mut self.entries), std::mem::take(self.pending.get_mut()));
            let (before, touched) = (self.len, self.touched);
            *self = anew;
            self.touched = touched;
            let moved = |entry: &Entry| Entry { offset: entry.offset - before + self.len, ..*entry };
            self.entries = entries.iter().map(moved).collect();
            *self.pending.get_mut() = bytes;
        }
        let bytes = std::mem::take(self.pending.get_mut());
        let entries = std::mem::take(&mut self.entries);
        let len = self.len;
        if let Err(error) = self.file.write_all_at(&bytes, len) {
            let _ = self.file.set_len(len);
            // they still wait: the caller drops and counts them
            self.entries = entries;
            return Err(error);
        }
        self.captured = 0;
        self.len += bytes.len() as u64;
        self.pending = PcapWriter::resume(reused(bytes), Precision::Micros, self.len);
        // without the index its packets are found all the same, only slower
        self.index.append(&entries, self.len)
    }

    /// Forgets what waits; returns how many packets.
    pub fn drop_waiting(&mut self) -> usize {
        self.captured = 0;
        self.pending = PcapWriter::resume(Vec::new(), Precision::Micros, self.len);
        std::mem::take(&mut self.entries).len()
    }

    /// Makes the index in order of time, beside the one in use. Needs no lock: nothing waits, and what is there does not change.
    pub fn put_in_order(&mut self) -> io::Result<()> {
        let beside = index::path_of(&self.path).with_extension(format!("{}.new", std::process::id()));
        let made = InOrder { path: beside, covered: self.index.covered() };
        if self.index.in_order_at(&made.path)? {
            self.in_order = Some(made);
        }
        Ok(())
    }

    /// Finishes the file: nothing waits, and the folder's lock is held.
    pub fn close(mut self) -> io::Result<()> {
        if !self.is_current() {
            // another process has it now
            return Ok(());
        }
        match self.in_order.take().filter(|made| made.covered == self.len && self.index.len() > 0) {
            Some(made) => {
                std::fs::rename(&made.path, index::path_of(&self.path))?;
                std::fs::rename(temporary(&self.path), &self.path)
            }
            None => finish(&self.path, self.index),
        }
    }
}

fn reused(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.clear();
    bytes.shrink_to(1 << 20);
    bytes
}

/// Gives a file its final name.
fn finish(path: &Path, index: Index) -> io::Result<()> {
    let temp = temporary(path);
    if index.len() == 0 {
        // opened for a packet that could not be written
        std::fs::remove_file(&temp)?;
        return std::fs::remove_file(index::path_of(path));
    }
    index.sorted(&index::path_of(path))?;
    std::fs::rename(&temp, path)
}

/// The index of a capture, made whole, and the length of the capture: what was torn off in the middle of a record goes.
fn repaired(file: &File, format: &Format, index_path: &Path) -> io::Result<(Index, u64)> {
    let end = file.metadata()?.len();
    let mut index = match Index::open(index_path, true, end)? {
        Some(index) => index,
        None => Index::create(index_path, FILE_HEADER)?,
    };
    let from = index.covered();
    let mut entries = Vec::new();
    let whole = walk(file, format, from, &mut |header| {
        entries.push(Entry { time: micros(header.time), offset: header.at });
    })?;
    if whole < end {
        file.set_len(whole)?;
    }
    if whole > from {
        index.append(&entries, whole)?;
    }
    Ok((index, whole))
}

/// Makes the index of a finished file that has none, or one that does not reach to its end. The folder's lock is held.
pub(crate) fn index_finished(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    let Some(format) = format_of(&file)? else { return Ok(()) };
    let mut entries = Vec::new();
    let end = walk(&file, &format, FILE_HEADER, &mut |header| {
        entries.push(Entry { time: micros(header.time), offset: header.at });
    })?;
    entries.sort_unstable();
    let (index_path, beside) = (index::path_of(path), index::path_of(path).with_extension("idx.new"));
    Index::create(&beside, FILE_HEADER)?.append(&entries, end)?;
    std::fs::rename(&beside, &index_path)
}

/// Finishes a file that a process left open which is gone. The folder's lock is held.
pub(crate) fn finish_left(temp: &Path) -> io::Result<()> {
    let name = temp.to_string_lossy();
    let Some(path) = name.strip_suffix(".temp").map(PathBuf::from) else { return Ok(()) };
    let file = OpenOptions::new().read(true).write(true).open(temp)?;
    let Some(format) = format_of(&file)? else {
        // not even a header: nothing is lost
        let _ = std::fs::remove_file(index::path_of(&path));
        return std::fs::remove_file(temp);
    };
    let (index, _) = repaired(&file, &format, &index::path_of(&path))?;
    finish(&path, index)
}
