//! The index beside a slot's file: where the packets of a microsecond lie.
//!
//! ```text
//! header: magic(8) entries(8) disorder(8) covered(8)
//! entry:  time(8) latest(8) offset(8)
//! ```
//!
//! Little-endian; times are microseconds since 1970. Entries stand in the order of their records. Packets come nearly in order of time:
//! `latest` is the largest time so far, which never goes back and so can be searched in halves, and `disorder` how far a time ever lay behind
//! it, which says how far on to look. A file that is finished is sorted, and its disorder is 0. `covered` is the length of the capture that the
//! entries speak of: what lies behind it was written by somebody who was interrupted, and is read record by record.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"HSEVIDX1";
const HEADER: u64 = 32;
const ENTRY: u64 = 24;
/// Times that a header is read until it stands still.
const READS: usize = 16;
/// Entries read at once when looking on: few at first, as a packet is mostly where it is looked for, then more and more.
const READ: u64 = 64;
const MOST_READ: u64 = 16 << 10;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Microseconds since 1970.
    pub time: u64,
    /// Offset of its record in the capture.
    pub offset: u64,
}

/// An index file.
#[derive(Debug)]
pub(crate) struct Index {
    file: File,
    entries: u64,
    disorder: u64,
    covered: u64,
    latest: u64,
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The index of a capture.
pub(crate) fn path_of(capture: &Path) -> PathBuf {
    let name = capture.file_name().unwrap_or_default().to_string_lossy();
    capture.with_file_name(format!("{}.idx", name.strip_suffix(".temp").unwrap_or(&name)))
}

impl Index {
    /// Opens an index. None where there is none, or it is no index of this capture, which has so many bytes.
    pub fn open(path: &Path, writable: bool, capture: u64) -> io::Result<Option<Self>> {
        let file = match OpenOptions::new().read(true).write(writable).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; HEADER as usize];
        // a writer may be at it: what is read twice is whole
        for _ in 0..READS {
            let before = header;
            match file.read_exact_at(&mut header, 0) {
                Ok(()) if before == header => break,
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let (entries, disorder, covered) = (word(&header, 8), word(&header, 16), word(&header, 24));
        let there = file.metadata()?.len().saturating_sub(HEADER) / ENTRY;
        if !header.starts_with(MAGIC) || entries > there || covered > capture {
            return Ok(None);
        }
        let mut index = Self { file, entries, disorder, covered, latest: 0 };
        if let Some(last) = entries.checked_sub(1) {
            index.latest = index.read(last, 1)?.first().map_or(0, |(_, latest)| *latest);
        }
        Ok(Some(index))
    }

    /// An empty index; one that is there is replaced. `covered`: bytes of the capture's header.
    pub fn create(path: &Path, covered: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let index = Self { file, entries: 0, disorder: 0, covered, latest: 0 };
        index.write_header()?;
        // not cut to nothing: see the capture's own file
        index.file.set_len(HEADER)?;
        Ok(index)
    }

    /// Bytes of the capture that the entries speak of.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// Packets.
    pub fn len(&self) -> u64 {
        self.entries
    }

    fn write_header(&self) -> io::Result<()> {
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend_from_slice(MAGIC);
        for word in [self.entries, self.disorder, self.covered] {
            header.extend_from_slice(&word.to_le_bytes());
        }
        self.file.write_all_at(&header, 0)
    }

    /// Adds the packets that the capture has up to `covered`.
    pub fn append(&mut self, entries: &[Entry], covered: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(entries.len() * ENTRY as usize);
        let (mut latest, mut disorder) = (self.latest, self.disorder);
        for entry in entries {
            latest = latest.max(entry.time);
            disorder = disorder.max(latest - entry.time);
            for word in [entry.time, latest, entry.offset] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        self.file.write_all_at(&bytes, HEADER + self.entries * ENTRY)?;
        (self.latest, self.disorder, self.covered) = (latest, disorder, covered);
        self.entries += entries.len() as u64;
        // the header last: without it the entries do not count
        self.write_header()
    }

    /// Entries from one on, with their `latest`.
    fn read(&self, from: u64, count: u64) -> io::Result<Vec<(Entry, u64)>> {
        let count = count.min(self.entries.saturating_sub(from));
        let mut bytes = vec![0; (count * ENTRY) as usize];
        self.file.read_exact_at(&mut bytes, HEADER + from * ENTRY)?;
        let entries = bytes.chunks_exact(ENTRY as usize);
        Ok(entries.map(|e| (Entry { time: word(e, 0), offset: word(e, 16) }, word(e, 8))).collect())
    }

    /// Offsets of the packets of a microsecond, in the order of their records.
    pub fn find(&self, time: u64) -> io::Result<Vec<u64>> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.read(middle, 1)?.first() {
                Some((_, latest)) if *latest < time => low = middle + 1,
                _ => high = middle,
            }
        }
        let last = time.saturating_add(self.disorder);
        let (mut found, mut step) = (Vec::new(), READ);
        while low < self.entries {
            let read = self.read(low, step)?;
            step = (step * 2).min(MOST_READ);
            low += read.len() as u64;
            for (entry, latest) in &read {
                if entry.time == time {
                    found.push(entry.offset);
                } else if *latest > last {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Writes the index in order of time to another file, which makes every search short; whether that was necessary.
    pub fn in_order_at(&self, beside: &Path) -> io::Result<bool> {
        if self.disorder == 0 {
            return Ok(false);
        }
        let mut entries: Vec<Entry> =
            self.read(0, self.entries)?.into_iter().map(|(entry, _)| entry).collect();
        entries.sort_unstable();
        Self::create(beside, self.covered)?.append(&entries, self.covered)?;
        Ok(true)
    }

    /// Puts the entries in order of time.
    pub fn sorted(self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("idx.new");
        if self.in_order_at(&beside)? {
            std::fs::rename(&beside, path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(times: &[u64]) -> Vec<Entry> {
        times
            .iter()
            .enumerate()
            .map(|(at, time)| Entry { time: *time, offset: 24 + at as u64 * 100 })
            .collect()
    }

    #[test]
    fn every_time_is_found_in_any_order() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pcap.idx");
        let mut seed = 7u64;
        let times: Vec<u64> = (0..2_000u64)
            .map(|at| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1_000_000 + at * 3 + (seed >> 60) - if at % 97 == 0 { 5_000.min(at * 3) } else { 0 }
            })
            .collect();
        let mut index = Index::create(&path, 24).unwrap();
        for part in entries(&times).chunks(300) {
            index.append(part, part.last().unwrap().offset + 100).unwrap();
        }
        let find = |index: &Index| {
            for wanted in 999_990..1_000_000 + 6_100 {
                let want: Vec<u64> = times
                    .iter()
                    .enumerate()
                    .filter(|(_, time)| **time == wanted)
                    .map(|(at, _)| 24 + at as u64 * 100)
                    .collect();
                assert_eq!(index.find(wanted).unwrap(), want, "{wanted}");
            }
        };
        find(&index);
        let covered = index.covered();
        let again = Index::open(&path, true, covered).unwrap().unwrap();
        find(&again);
        again.sorted(&path).unwrap();
        let sorted = Index::open(&path, true, covered).unwrap().unwrap();
        find(&sorted);
        assert_eq!((sorted.disorder, sorted.len(), sorted.covered()), (0, 2_000, covered));
        find(&Index::open(&path, false, covered).unwrap().unwrap());
        // of a capture that is shorter than it says
        assert!(Index::open(&path, false, covered - 1).unwrap().is_none());
        std::fs::write(&path, b"short").unwrap();
        assert!(Index::open(&path, false, covered).unwrap().is_none());
    }
}
