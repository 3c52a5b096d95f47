//! The capture in a packet file, whatever the form of the file.

use crate::arkime::Reader;
use crate::files::{FileSource, Gone};
use blocks::{Blocks, Keyring, MAGIC, Storage, read_full, recognise};
use std::io;

/// An open packet file; places are those of the capture in it.
#[derive(Debug)]
pub(crate) enum Body {
    Plain {
        file: Box<dyn Storage>,
        size: u64,
    },
    Blocks(Box<Blocks>),
    /// One of an Arkime that is not simply a pcap: read a packet at a time.
    Arkime(Box<Reader>),
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

impl Body {
    pub fn open(source: &FileSource, keys: &Keyring) -> Result<Self, Gone> {
        let file = source.open()?;
        if let Some(form) = &source.form {
            return Ok(Self::Arkime(Box::new(Reader::open(file, form)?)));
        }
        let mut first = [0; MAGIC];
        let have = read_full(&mut first, 0, &mut |into, at| file.read_at(into, at))
            .map_err(|error| unreadable(&error))?;
        if recognise(first.get(..have).unwrap_or_default()).is_some() {
            let mut blocks = Blocks::over(file).map_err(|error| gone(&error))?;
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
            Self::Arkime(reader) => reader.end(),
        }
    }

    /// Looks again how long it is: it may still be written.
    pub fn refresh(&mut self) -> Result<(), Gone> {
        match self {
            Self::Plain { file, size } => {
                *size = file.len().map_err(|error| unreadable(&error))?;
                Ok(())
            }
            Self::Blocks(blocks) => blocks.refresh().map_err(|error| gone(&error)),
            Self::Arkime(_) => Ok(()),
        }
    }

    /// Reads at a place; less than asked for only at the end.
    pub fn read(&mut self, into: &mut [u8], at: u64) -> io::Result<usize> {
        match self {
            Self::Plain { file, .. } => read_full(into, at, &mut |into, at| file.read_at(into, at)),
            Self::Blocks(blocks) => {
                read_full(into, at, &mut |into, at| blocks.read_at(into, at).map_err(io::Error::from))
            }
            Self::Arkime(_) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "packets of this file can only be read at their positions",
            )),
        }
    }
}
