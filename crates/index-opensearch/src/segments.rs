//! The files of a spool: records one after the other, in segments that are deleted when the cluster has what is in them.
//!
//! A record is its length and a checksum (four bytes each, little endian), then the index, the id and the JSON of a document with line feeds between.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of a segment.
const SEGMENT: u64 = 16 << 20;
/// Bytes of a record; a length beyond is damage.
const RECORD: u32 = 256 << 20;
/// Bytes before a record.
const HEAD: u64 = 8;
/// Where the cluster has everything up to.
const POSITION: &str = "position";

/// A document as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub index: String,
    pub id: String,
    pub source: String,
}

impl Record {
    /// Adds the record to what is to be written.
    pub fn write(&self, out: &mut Vec<u8>) {
        let text = format!("{}\n{}\n{}", self.index, self.id, self.source);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        out.extend(length.to_le_bytes());
        out.extend(checksum(text.as_bytes()).to_le_bytes());
        out.extend(text.as_bytes());
    }

    /// Bytes in the spool.
    pub fn size(&self) -> u64 {
        HEAD + (self.index.len() + self.id.len() + self.source.len() + 2) as u64
    }

    fn read(bytes: Vec<u8>) -> Option<Self> {
        let text = String::from_utf8(bytes).ok()?;
        let (index, rest) = text.split_once('\n')?;
        let (id, source) = rest.split_once('\n')?;
        Some(Self { index: index.to_owned(), id: id.to_owned(), source: source.to_owned() })
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    xxhash_rust::xxh3::xxh3_64(bytes) as u32
}

/// A place in a spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub segment: u64,
    pub offset: u64,
}

fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:010}.spool"))
}

/// Numbers of the segments that are there, ascending.
fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number: Option<u64> =
            name.to_str().and_then(|name| name.strip_suffix(".spool")).and_then(|name| name.parse().ok());
        found.extend(number);
    }
    found.sort_unstable();
    Ok(found)
}

/// Where the last segment ends.
pub(crate) fn end(folder: &Path) -> io::Result<Place> {
    match numbers(folder)?.last() {
        Some(&segment) => Ok(Place { segment, offset: std::fs::metadata(path(folder, segment))?.len() }),
        None => Ok(Place::default()),
    }
}

/// Writes records.
pub(crate) struct Appender {
    folder: PathBuf,
    file: Option<File>,
    at: Place,
}

impl Appender {
    /// Begins behind everything that is there.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            file: None,
            at: Place { segment: end(folder)?.segment, offset: 0 },
        })
    }

    /// Writes whole records; where they end. What was written in part when it fails is taken back.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<Place> {
        if self.file.is_none() || self.at.offset >= SEGMENT {
            self.sync()?;
            let segment = self.at.segment + 1;
            let file = File::options().create_new(true).write(true).open(path(&self.folder, segment))?;
            self.file = Some(file);
            self.at = Place { segment, offset: 0 };
        }
        let Some(file) = &mut self.file else { return Ok(self.at) };
        if let Err(error) = file.write_all(bytes) {
            let back = file.set_len(self.at.offset).and_then(|()| file.seek(SeekFrom::Start(self.at.offset)));
            if back.is_err() {
                // nobody reads behind the end that is told; the next records go to another segment
                self.file = None;
            }
            return Err(error);
        }
        self.at.offset += bytes.len() as u64;
        Ok(self.at)
    }

    /// Brings what was written onto the disk.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

/// Reads records in order.
pub(crate) struct Reader {
    folder: PathBuf,
    file: Option<BufReader<File>>,
    at: Place,
    /// Bytes that could not be read.
    pub damaged: u64,
}

impl Reader {
    /// Begins where the cluster has everything up to.
    pub fn new(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join(POSITION)).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or(0));
        let at = Place { segment: numbers.next().unwrap_or(0), offset: numbers.next().unwrap_or(0) };
        Self { folder: folder.to_owned(), file: None, at, damaged: 0 }
    }

    /// The next record before `end`.
    pub fn next(&mut self, end: Place) -> io::Result<Option<Record>> {
        loop {
            if self.at >= end {
                return Ok(None);
            }
            if self.file.is_none() {
                match File::open(path(&self.folder, self.at.segment)) {
                    Ok(mut file) => {
                        file.seek(SeekFrom::Start(self.at.offset))?;
                        self.file = Some(BufReader::with_capacity(1 << 16, file));
                    }
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        let next =
                            numbers(&self.folder)?.into_iter().find(|number| *number > self.at.segment);
                        match next {
                            Some(segment) => self.at = Place { segment, offset: 0 },
                            None => return Ok(None),
                        }
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            let Some(file) = &mut self.file else { continue };
            let mut head = [0; HEAD as usize];
            let read = read_up_to(file, &mut head)?;
            if read == 0 {
                self.next_segment()?;
                continue;
            }
            let word = |at: usize| {
                head.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
            };
            let (length, expected) = (word(0), word(4));
            let mut bytes = Vec::new();
            if read == head.len() && length <= RECORD {
                file.by_ref().take(u64::from(length)).read_to_end(&mut bytes)?;
            }
            let whole = bytes.len() == length as usize && checksum(&bytes) == expected;
            match Record::read(bytes).filter(|_| whole) {
                Some(record) => {
                    self.at.offset += HEAD + u64::from(length);
                    return Ok(Some(record));
                }
                None => {
                    // the end of a process that was killed while it wrote, or a damaged disk: nothing tells where the next record begins
                    let size = std::fs::metadata(path(&self.folder, self.at.segment))?.len();
                    self.damaged += size.saturating_sub(self.at.offset);
                    self.next_segment()?;
                }
            }
        }
    }

    fn next_segment(&mut self) -> io::Result<()> {
        let next = numbers(&self.folder)?.into_iter().find(|number| *number > self.at.segment);
        self.at = Place { segment: next.unwrap_or(self.at.segment + 1), offset: 0 };
        self.file = None;
        Ok(())
    }

    /// The cluster has everything up to here: it is not sent again, and segments before it go.
    pub fn done(&self) -> io::Result<()> {
        let new = self.folder.join("position.new");
        std::fs::write(&new, format!("{} {}\n", self.at.segment, self.at.offset))?;
        std::fs::rename(new, self.folder.join(POSITION))?;
        for number in numbers(&self.folder)?.into_iter().filter(|number| *number < self.at.segment) {
            std::fs::remove_file(path(&self.folder, number))?;
        }
        Ok(())
    }
}

fn read_up_to(file: &mut impl io::Read, mut into: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while !into.is_empty() {
        match file.read(into) {
            Ok(0) => break,
            Ok(n) => {
                count += n;
                into = into.get_mut(n..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: usize, size: usize) -> Record {
        Record {
            index: "i".into(),
            id: format!("id{n}"),
            source: format!("{{\"n\":\"{}\"}}", "x".repeat(size)),
        }
    }
    fn read(reader: &mut Reader, end: Place) -> Vec<Record> {
        std::iter::from_fn(|| reader.next(end).unwrap()).collect()
    }

    #[test]
    fn what_was_written_is_read_in_order_also_by_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut appender = Appender::new(dir.path()).unwrap();
        let records: Vec<Record> = (0..60).map(|n| record(n, 1 << 20)).collect();
        let mut last = Place::default();
        for one in &records {
            let mut bytes = Vec::new();
            one.write(&mut bytes);
            assert_eq!(bytes.len() as u64, one.size());
            last = appender.append(&bytes).unwrap();
        }
        appender.sync().unwrap();
        assert!(last.segment > 2, "{last:?}");
        let mut reader = Reader::new(dir.path());
        let first: Vec<Record> = (0..25).map(|_| reader.next(last).unwrap().unwrap()).collect();
        assert_eq!(first, records[..25]);
        reader.done().unwrap();
        assert!(!path(dir.path(), 1).exists());
        let mut again = Reader::new(dir.path());
        assert_eq!(read(&mut again, end(dir.path()).unwrap()), records[25..]);
        assert_eq!(again.damaged, 0);
    }

    #[test]
    fn a_torn_end_loses_only_what_was_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        (0..3).for_each(|n| record(n, 10).write(&mut bytes));
        let whole = bytes.len();
        for cut in whole - record(2, 10).size() as usize..whole {
            let inner = dir.path().join(cut.to_string());
            std::fs::create_dir(&inner).unwrap();
            std::fs::write(path(&inner, 1), &bytes[..cut]).unwrap();
            // a process that began after it
            let mut appender = Appender::new(&inner).unwrap();
            let mut more = Vec::new();
            record(9, 10).write(&mut more);
            let end = appender.append(&more).unwrap();
            let found = read(&mut Reader::new(&inner), end);
            assert_eq!(found, [record(0, 10), record(1, 10), record(9, 10)], "{cut}");
        }
    }

    #[test]
    fn a_flipped_bit_is_seen_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        (0..3).for_each(|n| record(n, 10).write(&mut bytes));
        let at = record(0, 10).size() as usize + 20;
        bytes[at] ^= 1;
        std::fs::write(path(dir.path(), 1), &bytes).unwrap();
        let mut reader = Reader::new(dir.path());
        assert_eq!(read(&mut reader, end(dir.path()).unwrap()), [record(0, 10)]);
        assert_eq!(reader.damaged, 2 * record(0, 10).size());
    }
}
