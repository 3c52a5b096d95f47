//! The records of one packet file, whatever its form, one after the other.

use crate::body::Body;
use crate::files::{FileSource, Gone};
use blocks::Keyring;
use pcap::{Record, Stream};
use std::io;
use std::path::Path;

/// Reads a packet file from its beginning. [`Record::at`] is what positions in sessions say.
#[derive(Debug)]
pub struct Records {
    stream: Stream<Front>,
}

/// The capture in a file, read forward.
#[derive(Debug)]
struct Front {
    body: Body,
    at: u64,
}

impl io::Read for Front {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Records {
    /// Opens a file; `keys` are tried where it is encrypted.
    ///
    /// # Errors
    /// It cannot be read, its key is missing, or it is no capture.
    pub fn open(path: &Path, keys: &Keyring) -> Result<Self, Gone> {
        let body = Body::open(&FileSource::file(path), keys)?;
        let stream = Stream::new(Front { body, at: 0 }).map_err(|error| Gone::Damaged(error.to_string()))?;
        Ok(Self { stream })
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// The file ends inside a record or is damaged; nothing follows.
    #[allow(clippy::should_implement_trait, reason = "it lends")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, Gone> {
        self.stream.next().map_err(|error| Gone::Damaged(error.to_string()))
    }
}
