//! A capture that is wholly in memory (mapped): an iterator of records that borrow from it.

use crate::record::Parsed;
use crate::{Error, Format, Record};

/// Iterator over the records of a capture in memory. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Slice<'a> {
    capture: &'a [u8],
    format: Format,
    at: u64,
    last_time: i64,
    records: u64,
    failed: bool,
}

impl<'a> Slice<'a> {
    /// Reads the file header.
    ///
    /// # Errors
    /// [`Error::Empty`] and [`Error::NotACapture`] where this is none, [`Error::Truncated`] where even the file header is cut.
    pub fn new(capture: &'a [u8]) -> Result<Self, Error> {
        match Format::begin(capture)? {
            Ok((format, at)) => Ok(Self { capture, format, at, last_time: 0, records: 0, failed: false }),
            Err(_) if capture.is_empty() => Err(Error::Empty),
            Err(claims) => Err(Error::Truncated { at: 0, claims, end: capture.len() as u64, kept: 0 }),
        }
    }

    /// What the headers read so far say.
    #[must_use]
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// See [`Self::format`].
    #[must_use]
    pub fn into_format(self) -> Format {
        self.format
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

    fn fail(&mut self, error: Error) -> Option<Result<Record<'a>, Error>> {
        self.failed = true;
        Some(Err(error.after(self.records)))
    }
}

impl<'a> Iterator for Slice<'a> {
    type Item = Result<Record<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let end = self.capture.len() as u64;
        while !self.failed && self.at < end {
            let at = self.at;
            let bytes =
                usize::try_from(at).ok().and_then(|from| self.capture.get(from..)).unwrap_or_default();
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
}
