//! Reading records of one file through a window that moves forward.

use crate::files::Gone;
use pcap::{Format, MAX_HEADER, RecordHeader, Stream};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Wanted records this close to each other are read together, with what lies between them, bytes.
const GAP: u64 = 64 << 10;
/// What is read behind the start of the last record of a run before its length is known, bytes.
const TAIL: u64 = 4 << 10;

/// An open packet file.
#[derive(Debug)]
pub(crate) struct Window {
    file: File,
    size: u64,
    format: Format,
    buffer: Vec<u8>,
    /// Place of the buffer in the file.
    start: u64,
    /// Bytes of the buffer that are filled.
    filled: usize,
    /// Most bytes of a read, unless a single record is longer.
    most: u64,
}

/// What a capture says of itself in its first bytes.
pub(crate) enum Head {
    /// Everything.
    Whole(Format),
    /// A pcapng: sections and interfaces may follow anywhere.
    Open,
}

/// Opens a capture and reads its file header.
pub(crate) fn open(path: &Path) -> Result<(File, u64, Head), Gone> {
    let unreadable = |error: io::Error| Gone::Unreadable(format!("cannot read the packet file: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut head = [0; 24];
    let mut have = 0;
    while let Some(rest) = head.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, have as u64) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    let head = head.get(..have).unwrap_or_default();
    match pcap::recognise(head) {
        Some(pcap::Kind::PcapNg) => Ok((file, size, Head::Open)),
        _ => {
            let format = Format::scan(head).map_err(|error| Gone::Damaged(error.to_string()))?;
            Ok((file, size, Head::Whole(format)))
        }
    }
}

/// Reads the headers of a pcapng as far as the record at `last`.
pub(crate) fn scan(file: &File, last: u64) -> Result<Format, Gone> {
    struct At<'a>(&'a File, u64);
    impl io::Read for At<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read_at(into, self.1)?;
            self.1 += read as u64;
            Ok(read)
        }
    }
    let damaged = |error: pcap::Error| Gone::Damaged(error.to_string());
    let mut stream = Stream::new(At(file, 0)).map_err(damaged)?;
    // what is behind damage was never delivered either, so that no position lies there
    while stream.position() <= last && matches!(stream.next(), Ok(Some(_))) {}
    Ok(stream.format().clone())
}

impl Window {
    /// `known` spares scanning a pcapng again; `last` is the furthest record that will be asked for.
    pub fn open(path: &Path, known: Option<&Format>, last: u64, most: u64) -> Result<Self, Gone> {
        let (file, size, head) = open(path)?;
        let format = match (head, known) {
            (Head::Whole(format), _) => format,
            (Head::Open, Some(format)) => format.clone(),
            (Head::Open, None) => scan(&file, last)?,
        };
        Ok(Self { file, size, format, buffer: Vec::new(), start: 0, filled: 0, most })
    }

    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The header of the record at `at`; `next` gives the places of the records that will be asked for after it, in
    /// order.
    pub fn header(&mut self, at: u64, next: impl Iterator<Item = u64>) -> Result<RecordHeader, Gone> {
        if at + MAX_HEADER as u64 > self.size {
            self.grown()?;
        }
        if self.slice(at, MAX_HEADER as u64).is_none() {
            let mut end = at + TAIL;
            for next in next {
                if next > end + GAP || next + TAIL > at + self.most {
                    break;
                }
                end = end.max(next + TAIL);
            }
            self.fill(at, end)?;
        }
        let bytes = self.slice(at, 0).unwrap_or_default();
        let header = self.format.header(bytes, at).map_err(|error| Gone::Damaged(error.to_string()))?;
        if header.at + header.len > self.size {
            self.grown()?;
        }
        if header.at + header.len > self.size {
            let (at, len, size) = (header.at, header.len, self.size);
            let why = format!("record at byte {at} claims {len} bytes; the file ends at byte {size}");
            return Err(Gone::Damaged(why));
        }
        if self.slice(at, header.len).is_none() {
            self.fill(at, at + header.len)?;
        }
        Ok(header)
    }

    /// The captured bytes of a record whose header was the last to be asked for.
    pub fn bytes(&self, header: &RecordHeader) -> &[u8] {
        self.slice(header.data_at, u64::from(header.captured_len))
            .and_then(|bytes| bytes.get(..header.captured_len as usize))
            .unwrap_or_default()
    }

    /// The buffer from a place of the file on, where it holds that many bytes or reaches the end of the file.
    fn slice(&self, at: u64, len: u64) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        let bytes = self.buffer.get(from..self.filled)?;
        let at_end = self.start + self.filled as u64 >= self.size;
        (bytes.len() as u64 >= len || (at_end && !bytes.is_empty())).then_some(bytes)
    }

    /// Looks again how long the file is: it may still be written.
    fn grown(&mut self) -> Result<(), Gone> {
        let size = self.file.metadata().map(|metadata| metadata.len());
        self.size =
            size.map_err(|error| Gone::Unreadable(format!("cannot read the packet file: {error}")))?;
        Ok(())
    }

    fn fill(&mut self, at: u64, end: u64) -> Result<(), Gone> {
        let len = end.min(self.size).saturating_sub(at);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        (self.start, self.filled) = (at, 0);
        while let Some(rest) = self.buffer.get_mut(self.filled..len).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + self.filled as u64) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Gone::Unreadable(format!(
                        "cannot read the packet file at byte {at}: {error}"
                    )));
                }
            }
        }
        Ok(())
    }
}
