//! A capture that comes as a stream: one record at a time out of a buffer that never grows beyond one record.

use std::io::{self, Read};

use crate::record::Parsed;
use crate::{Error, Format, Record, RecordHeader};

/// Bytes asked for at once.
const CHUNK: usize = 256 << 10;

/// Reader of records from a stream. Ends after the first error.
#[derive(Debug)]
pub struct Stream<R> {
    input: R,
    buffer: Vec<u8>,
    /// Unused bytes are `buffer[from..to]`.
    from: usize,
    to: usize,
    /// Offset of `buffer[from]` in the capture.
    at: u64,
    format: Format,
    last_time: i64,
    records: u64,
    ended: bool,
}

impl<R: Read> Stream<R> {
    /// Reads the file header.
    ///
    /// # Errors
    /// As [`crate::Slice::new`], and [`Error::Io`].
    pub fn new(input: R) -> Result<Self, Error> {
        let mut stream = Self {
            input,
            buffer: vec![0; CHUNK],
            from: 0,
            to: 0,
            at: 0,
            format: Format::PcapNg(crate::PcapNg::default()),
            last_time: 0,
            records: 0,
            ended: false,
        };
        loop {
            match Format::begin(stream.unused())? {
                Ok((format, len)) => {
                    stream.format = format;
                    stream.consume(len);
                    return Ok(stream);
                }
                Err(need) if stream.fill(need)? => {}
                Err(_) if stream.unused().is_empty() => return Err(Error::Empty),
                Err(claims) => return Err(stream.truncated(claims)),
            }
        }
    }

    /// What the headers read so far say.
    #[must_use]
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Byte offset of the next record in the (uncompressed) capture.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Records delivered.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The input, for instance to ask it how far it has come. Reading from it would lose records.
    pub fn get_ref(&self) -> &R {
        &self.input
    }

    /// Whether the next record is already in the buffer, so that [`Self::next`] will not wait for the input.
    #[must_use]
    pub fn is_buffered(&self) -> bool {
        self.format
            .header(self.unused(), self.at)
            .is_ok_and(|header| header.len <= self.unused().len() as u64)
    }

    /// The next record, `None` at the end.
    ///
    /// # Errors
    /// Once; then `None`.
    // Not an Iterator: the record borrows from the buffer.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, Error> {
        if self.ended {
            return Ok(None);
        }
        match self.advance() {
            Ok(Some((header, from))) => Ok(header.with(self.buffer.get(from..).unwrap_or_default())),
            Ok(None) => {
                self.ended = true;
                Ok(None)
            }
            Err(error) => {
                self.ended = true;
                Err(error.after(self.records))
            }
        }
    }

    /// The next record's header and its place in the buffer.
    fn advance(&mut self) -> Result<Option<(RecordHeader, usize)>, Error> {
        loop {
            if self.from == self.to && !self.fill(1)? {
                return Ok(None);
            }
            let (bytes, at) = (self.buffer.get(self.from..self.to).unwrap_or_default(), self.at);
            match self.format.next(bytes, at, self.last_time)? {
                Parsed::Record(header) if header.len <= bytes.len() as u64 => {
                    let from = self.from;
                    self.consume(header.len);
                    self.last_time = header.time;
                    self.records += 1;
                    return Ok(Some((header, from)));
                }
                Parsed::Record(header) => self.need(header.len)?,
                Parsed::Skip(len) if len <= bytes.len() as u64 => self.consume(len),
                Parsed::Skip(len) => self.discard(len)?,
                Parsed::Need(len) => self.need(len)?,
            }
        }
    }

    fn unused(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }

    /// `len` is never more than the buffer holds.
    fn consume(&mut self, len: u64) {
        self.from = self.from.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(self.to);
        self.at += len;
    }

    fn need(&mut self, len: u64) -> Result<(), Error> {
        if self.fill(len)? { Ok(()) } else { Err(self.truncated(len)) }
    }

    fn truncated(&self, claims: u64) -> Error {
        Error::Truncated { at: self.at, claims, end: self.at + self.unused().len() as u64, kept: 0 }
    }

    /// Makes at least `need` unused bytes; false where the input ends before.
    fn fill(&mut self, need: u64) -> Result<bool, Error> {
        // The readers never ask for more than a record with its options.
        let need = usize::try_from(need).unwrap_or(usize::MAX).min(crate::MAX_RECORD + (1 << 20));
        if self.buffer.len() - self.from < need {
            self.buffer.copy_within(self.from..self.to, 0);
            self.to -= self.from;
            self.from = 0;
            if self.buffer.len() < need {
                self.buffer.resize(need.next_multiple_of(CHUNK), 0);
            }
        }
        while self.to - self.from < need {
            match self.input.read(self.buffer.get_mut(self.to..).unwrap_or_default()) {
                Ok(0) => return Ok(false),
                Ok(n) => self.to += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::Io { at: self.at + (self.to - self.from) as u64, source }),
            }
        }
        Ok(true)
    }

    /// Reads over a block without a packet that is longer than what is buffered.
    fn discard(&mut self, len: u64) -> Result<(), Error> {
        let at = self.at;
        let mut left = len;
        loop {
            let step = left.min(self.unused().len() as u64);
            self.consume(step);
            left -= step;
            if left == 0 {
                return Ok(());
            }
            if !self.fill(1)? {
                return Err(Error::Truncated { at, claims: len, end: self.at, kept: 0 });
            }
        }
    }
}
