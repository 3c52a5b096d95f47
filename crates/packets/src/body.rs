//! The capture in a packet file, whatever the form of the file.

use crate::files::Gone;
use blocks::{Blocks, Keyring, MAGIC, recognise};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// An open packet file; places are those of the capture in it.
#[derive(Debug)]
pub(crate) enum Body {
    Plain { file: File, size: u64 },
    Blocks(Box<Blocks>),
}

fn unreadable(error: &dyn std::fmt::Display) -> Gone {
    Gone::Unreadable(format!("cannot read the packet file: {error}"))
}

fn gone(error: &blocks::Error) -> Gone {
    match error {
        blocks::Error::Malformed(_) | blocks::Error::Damaged { .. } => Gone::Damaged(error.to_string()),
        _ => unreadable(error),
    }
}

/// Reads as much of `into` as there is at `at`.
pub(crate) fn read_full(
    into: &mut [u8],
    at: u64,
    read: &mut dyn FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut have = 0;
    while let Some(rest) = into.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match read(rest, at + have as u64) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}

impl Body {
    pub fn open(path: &Path, keys: &Keyring) -> Result<Self, Gone> {
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let mut first = [0; MAGIC];
        let have = read_full(&mut first, 0, &mut |into, at| file.read_at(into, at))
            .map_err(|error| unreadable(&error))?;
        if recognise(first.get(..have).unwrap_or_default()).is_some() {
            let mut blocks = Blocks::open(file).map_err(|error| gone(&error))?;
            blocks.unlock(keys).map_err(|error| gone(&error))?;
            return Ok(Self::Blocks(Box::new(blocks)));
        }
        let mut body = Self::Plain { file, size: 0 };
        body.refresh()?;
        Ok(body)
    }

    /// Bytes of the capture.
    pub fn size(&self) -> u64 {
        match self {
            Self::Plain { size, .. } => *size,
            Self::Blocks(blocks) => blocks.len(),
        }
    }

    /// Looks again how long it is: it may still be written.
    pub fn refresh(&mut self) -> Result<(), Gone> {
        match self {
            Self::Plain { file, size } => {
                *size = file.metadata().map_err(|error| unreadable(&error))?.len();
                Ok(())
            }
            Self::Blocks(blocks) => blocks.refresh().map_err(|error| gone(&error)),
        }
    }

    /// Reads at a place; less than asked for only at the end.
    pub fn read(&mut self, into: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::Plain { file, .. } => read_full(into, at, &mut |into, at| file.read_at(into, at)),
            Self::Blocks(blocks) => {
                read_full(into, at, &mut |into, at| blocks.read_at(into, at).map_err(io::Error::from))
            }
        }
    }
}
