//! A capture that is wholly in memory (mapped): records that borrow from it.

use crate::record::Parsed;
use crate::{Error, Format, Record};

/// A place in a capture in memory, without the memory: whoever owns the mapping keeps a `Cursor` beside it. [`Slice`] is both in one.
#[derive(Clone, Debug)]
pub struct Cursor {
    format: Format,
    at: u64,
    last_time: i64,
    records: u64,
    failed: bool,
}

impl Cursor {
    /// Reads the file header of `capture`.
    ///
    /// # Errors
    /// [`Error::Empty`] and [`Error::NotACapture`] where this is none, [`Error::Truncated`] where even the file header is cut.
    pub fn new(capture: &[u8]) -> Result<Self, Error> {
        match Format::begin(capture)? {
            Ok((format, at)) => Ok(Self { format, at, last_time: 0, records: 0, failed: false }),
            Err(_) if capture.is_empty() => Err(Error::Empty),
            Err(claims) => Err(Error::Truncated { at: 0, claims, end: capture.len() as u64, kept: 0 }),
        }
    }

    /// What the headers read so far say.
    #[must_use]
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Byte offset of the next record: how far reading has come.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Records delivered.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The next record of the same `capture`; `None` at the end and after an error.
    #[inline]
    pub fn next<'a>(&mut self, capture: &'a [u8]) -> Option<Result<Record<'a>, Error>> {
        let end = capture.len() as u64;
        while !self.failed && self.at < end {
            let at = self.at;
            let bytes = usize::try_from(at).ok().and_then(|from| capture.get(from..)).unwrap_or_default();
            let claims = match self.format.next(bytes, at, self.last_time) {
                Err(error) => return self.fail(error),
                Ok(Parsed::Record(header)) => {
                    // The trailer of a block may be cut while all its packet bytes are there; that is still damage.
                    if let Some(record) = header.with(bytes).filter(|_| header.len <= bytes.len() as u64) {
                        self.at = at + header.len;
                        self.last_time = header.time;
                        self.records += 1;
                        return Some(Ok(record));
                    }
                    header.len
                }
                Ok(Parsed::Skip(len)) if len <= bytes.len() as u64 => {
                    self.at = at + len;
                    continue;
                }
                Ok(Parsed::Skip(len) | Parsed::Need(len)) => len,
            };
            return self.fail(Error::Truncated { at, claims, end, kept: 0 });
        }
        None
    }

    fn fail<T>(&mut self, error: Error) -> Option<Result<T, Error>> {
        self.failed = true;
        Some(Err(error.after(self.records)))
    }
}

/// Iterator over the records of a capture in memory. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    capture: &'a [u8],
    cursor: Cursor,
}

impl<'a> Slice<'a> {
    /// Reads the file header.
    ///
    /// # Errors
    /// As [`Cursor::new`].
    pub fn new(capture: &'a [u8]) -> Result<Self, Error> {
        Ok(Self { capture, cursor: Cursor::new(capture)? })
    }

    /// What the headers read so far say.
    #[must_use]
    pub fn format(&self) -> &Format {
        &self.cursor.format
    }

    /// See [`Self::format`].
    #[must_use]
    pub fn into_format(self) -> Format {
        self.cursor.format
    }

    /// Byte offset of the next record: how far reading has come.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.cursor.at
    }

    /// Records delivered.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.cursor.records
    }
}

impl<'a> Iterator for Slice<'a> {
    type Item = Result<Record<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.next(self.capture)
    }
}
