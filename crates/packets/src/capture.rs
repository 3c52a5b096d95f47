//! The bytes of the capture in a packet file, for who hands them on to another machine.

use crate::body::Body;
use crate::files::{FileSource, Gone};
use blocks::Keyring;
use std::io;

/// An open packet file. Places are those of the capture in it, as positions in sessions are, whatever the form of the file.
#[derive(Debug)]
pub struct Capture(Body);

impl Capture {
    /// Opens a file; `keys` are tried where it is encrypted.
    ///
    /// # Errors
    /// It cannot be read, or its key is missing.
    pub fn open(source: &FileSource, keys: &Keyring) -> Result<Self, Gone> {
        Body::open(source, keys).map(Self)
    }

    /// Opens a file as it lies there: nothing is unpacked.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn raw(source: &FileSource) -> Result<Self, Gone> {
        let mut body = Body::Plain { file: source.open()?, size: 0 };
        body.refresh()?;
        Ok(Self(body))
    }

    /// Bytes in all, now: it may still be written.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub fn size(&mut self) -> Result<u64, Gone> {
        self.0.refresh()?;
        Ok(self.0.size())
    }

    /// Reads at a place; less than asked for only at the end.
    ///
    /// # Errors
    /// It cannot be read, or is damaged there.
    pub fn read_at(&mut self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read(into, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_a_file_that_grows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pcap");
        std::fs::write(&path, b"0123456789abcdef").unwrap();
        let source = FileSource::file(&path);
        for mut capture in [Capture::open(&source, Keyring::empty()).unwrap(), Capture::raw(&source).unwrap()]
        {
            std::fs::write(&path, b"0123456789abcdefgh").unwrap();
            let mut bytes = [0; 4];
            assert_eq!(capture.size().unwrap(), 18);
            assert_eq!((capture.read_at(&mut bytes, 16).unwrap(), &bytes[..2]), (2, b"gh".as_slice()));
            assert_eq!(capture.read_at(&mut bytes, 99).unwrap(), 0);
            std::fs::write(&path, b"0123456789abcdef").unwrap();
        }
        assert!(Capture::open(&FileSource::file(dir.path().join("none")), Keyring::empty()).is_err());
    }
}
