//! Reading records of one file through a window that moves forward.

use crate::body::Body;
use crate::files::{FileSource, Gone};
use blocks::Keyring;
use pcap::{Format, MAX_HEADER, RecordHeader, Stream};
use std::io;

/// Wanted records this close to each other are read together, with what lies between them, bytes.
const GAP: u64 = 64 << 10;
/// What is read behind the start of the last record of a run before its length is known, bytes.
const TAIL: u64 = 4 << 10;

/// An open packet file.
#[derive(Debug)]
pub(crate) struct Window {
    body: Body,
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
pub(crate) fn open(source: &FileSource, keys: &Keyring) -> Result<(Body, Head), Gone> {
    let mut body = Body::open(source, keys)?;
    if let Body::Arkime(reader) = &body {
        let format = reader.format().clone();
        return Ok((body, Head::Whole(format)));
    }
    let mut head = [0; 24];
    let have = body.read(&mut head, 0).map_err(|error| unreadable(&error, 0))?;
    let head = head.get(..have).unwrap_or_default();
    match pcap::recognise(head) {
        Some(pcap::Kind::PcapNg) => Ok((body, Head::Open)),
        _ => {
            let format = Format::scan(head).map_err(|error| Gone::Damaged(error.to_string()))?;
            Ok((body, Head::Whole(format)))
        }
    }
}

/// A block that is damaged is no file that cannot be read.
fn unreadable(error: &io::Error, at: u64) -> Gone {
    let what = format!("cannot read the packet file at byte {at}: {error}");
    if error.kind() == io::ErrorKind::InvalidData { Gone::Damaged(what) } else { Gone::Unreadable(what) }
}

/// Reads the headers of a pcapng as far as the record at `last`.
pub(crate) fn scan(body: &mut Body, last: u64) -> Result<Format, Gone> {
    struct At<'a>(&'a mut Body, u64);
    impl io::Read for At<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read(into, self.1)?;
            self.1 += read as u64;
            Ok(read)
        }
    }
    let damaged = |error: pcap::Error| Gone::Damaged(error.to_string());
    let mut stream = Stream::new(At(body, 0)).map_err(damaged)?;
    // what is behind damage was never delivered either, so that no position lies there
    while stream.position() <= last && matches!(stream.next(), Ok(Some(_))) {}
    Ok(stream.format().clone())
}

impl Window {
    /// `known` spares scanning a pcapng again; `last` is the furthest record that will be asked for.
    pub fn open(
        source: &FileSource,
        keys: &Keyring,
        known: Option<&Format>,
        last: u64,
        most: u64,
    ) -> Result<Self, Gone> {
        let (mut body, head) = open(source, keys)?;
        let format = match (head, known) {
            (Head::Whole(format), _) => format,
            (Head::Open, Some(format)) => format.clone(),
            (Head::Open, None) => scan(&mut body, last)?,
        };
        Ok(Self { body, format, buffer: Vec::new(), start: 0, filled: 0, most })
    }

    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The header of the record at `at`; `next` gives the places of the records that will be asked for after it, in
    /// order.
    pub fn header(&mut self, at: u64, next: impl Iterator<Item = u64>) -> Result<RecordHeader, Gone> {
        if let Body::Arkime(reader) = &mut self.body {
            return reader.record(at);
        }
        if at.saturating_add(MAX_HEADER as u64) > self.body.size() {
            self.body.refresh()?;
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
        if header.at + header.len > self.body.size() {
            self.body.refresh()?;
        }
        if header.at + header.len > self.body.size() {
            let (at, len, size) = (header.at, header.len, self.body.size());
            let why = format!("record at byte {at} claims {len} bytes; the file ends at byte {size}");
            return Err(Gone::Damaged(why));
        }
        if self.slice(at, header.len).is_none() {
            self.fill(at, at + header.len)?;
        }
        Ok(header)
    }

    /// The header of a record that lies in the buffer as a whole; nothing is read.
    pub fn here(&self, at: u64) -> Option<RecordHeader> {
        let header = self.format.header(self.slice(at, MAX_HEADER as u64)?, at).ok()?;
        (header.at + header.len <= self.start + self.filled as u64).then_some(header)
    }

    /// Whether records can be seen together, with what lies between them, as far as the buffer reaches.
    pub fn is_whole(&self) -> bool {
        !matches!(self.body, Body::Arkime(_))
    }

    /// What the buffer holds between two places of the file.
    pub fn between(&self, from: u64, to: u64) -> &[u8] {
        let at = |place: u64| place.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let (Some(from), Some(to)) = (at(from), at(to)) else { return &[] };
        self.buffer.get(from..to.min(self.filled)).unwrap_or_default()
    }

    /// The captured bytes of a record whose header was the last to be asked for.
    pub fn bytes(&self, header: &RecordHeader) -> &[u8] {
        if let Body::Arkime(reader) = &self.body {
            return reader.bytes();
        }
        self.slice(header.data_at, u64::from(header.captured_len))
            .and_then(|bytes| bytes.get(..header.captured_len as usize))
            .unwrap_or_default()
    }

    /// The buffer from a place of the file on, where it holds that many bytes or reaches the end of the file.
    fn slice(&self, at: u64, len: u64) -> Option<&[u8]> {
        let from = usize::try_from(at.checked_sub(self.start)?).ok()?;
        let bytes = self.buffer.get(from..self.filled)?;
        let at_end = self.start + self.filled as u64 >= self.body.size();
        (bytes.len() as u64 >= len || (at_end && !bytes.is_empty())).then_some(bytes)
    }

    fn fill(&mut self, at: u64, end: u64) -> Result<(), Gone> {
        let len = end.min(self.body.size()).saturating_sub(at);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        (self.start, self.filled) = (at, 0);
        let into = self.buffer.get_mut(..len).unwrap_or_default();
        self.filled = self.body.read(into, at).map_err(|error| unreadable(&error, at))?;
        Ok(())
    }
}
