//! A file of blocks from its start to its end.

use crate::{Blocks, Error, Keyring};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives the bytes that a file of blocks holds. A file that was not finished gives those of its complete blocks and, where
/// something follows these, an error.
#[derive(Debug)]
pub struct Stream {
    blocks: Blocks,
    at: u64,
    read: Arc<AtomicU64>,
}

impl Stream {
    /// Opens a file.
    ///
    /// # Errors
    /// As [`Blocks::open`] and [`Blocks::unlock`].
    pub fn open(file: File, keys: &Keyring) -> Result<Self, Error> {
        let mut blocks = Blocks::open(file)?;
        blocks.unlock(keys)?;
        Ok(Self { blocks, at: 0, read: Arc::default() })
    }

    /// Counts the logical bytes that were read.
    #[must_use]
    pub fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// The file.
    #[must_use]
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let len = self.blocks.read_at(into, self.at)?;
        if len == 0 && self.blocks.is_torn()? {
            let end = self.blocks.end();
            let what = format!("the file ends inside the block at byte {end}: it was not finished");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        self.at += len as u64;
        self.read.store(self.at, Ordering::Relaxed);
        Ok(len)
    }
}
