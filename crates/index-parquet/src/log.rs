//! Logs: files that only grow, of frames that carry their length and a checksum.
//!
//! `"HSLOG" version kind 0`, then frames: length (4 bytes, little endian), XXH3-64 of the payload (8 bytes), payload.
//! A frame that is cut short or does not match its checksum ends the log: it was being written when the power went.

use crate::error;
use index::Error;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

const HEADER: &[u8; 8] = b"HSLOG\x01\0\0";
const FRAME_HEAD: usize = 12;
/// Longest payload: what is longer is damage. One document is at most about a tenth of it.
const MAX_FRAME: usize = 1 << 30;

/// A log that is written to.
#[derive(Debug)]
pub(crate) struct Appender {
    path: PathBuf,
    file: File,
    len: u64,
    buffer: Vec<u8>,
}

impl Appender {
    /// Creates a log.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let mut file =
            OpenOptions::new().append(true).create_new(true).open(path).map_err(error::io("create", path))?;
        file.write_all(HEADER).map_err(error::io("write", path))?;
        Ok(Self { path: path.to_owned(), file, len: HEADER.len() as u64, buffer: Vec::new() })
    }

    /// Opens a log to go on writing after its last whole frame; what follows it is cut off.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let mut tail = Tail::new(path);
        tail.read(&mut |_| true)?;
        let file =
            OpenOptions::new().append(true).create(true).open(path).map_err(error::io("open", path))?;
        if tail.offset == 0 {
            file.set_len(0).map_err(error::io("write", path))?;
            (&file).write_all(HEADER).map_err(error::io("write", path))?;
            tail.offset = HEADER.len() as u64;
        } else {
            file.set_len(tail.offset).map_err(error::io("write", path))?;
        }
        Ok(Self { path: path.to_owned(), file, len: tail.offset, buffer: Vec::new() })
    }

    /// Appends frames with one write. When it returns, the operating system has them. After an error the log is as it
    /// was before.
    pub(crate) fn append(&mut self, payloads: &[&[u8]]) -> Result<(), Error> {
        self.buffer.clear();
        for payload in payloads {
            let len = u32::try_from(payload.len()).ok().filter(|len| *len as usize <= MAX_FRAME);
            let len = len.ok_or_else(|| error::corrupt(&self.path, "a record longer than a frame may be"))?;
            self.buffer.extend_from_slice(&len.to_le_bytes());
            self.buffer.extend_from_slice(&xxh3_64(payload).to_le_bytes());
            self.buffer.extend_from_slice(payload);
        }
        if let Err(e) = self.file.write_all(&self.buffer) {
            // a part of a frame would hide all that follows
            self.file.set_len(self.len).map_err(error::io("cut back", &self.path))?;
            return Err(error::io("write", &self.path)(e));
        }
        self.len += self.buffer.len() as u64;
        self.buffer.shrink_to(8 << 20);
        Ok(())
    }

    /// When it returns, the log survives a loss of power.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(error::io("sync", &self.path))
    }
}

/// A log that is read, and read on when it has grown.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    /// End of the last whole frame that was read.
    pub offset: u64,
}

impl Tail {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), offset: 0 }
    }

    /// Calls `see` with the payload of each new frame until it returns false. A log that is gone has none.
    pub(crate) fn read(&mut self, see: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Error> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(error::io("open", &self.path)(e)),
        };
        let read = error::io("read", &self.path);
        let len = match file.metadata() {
            Ok(metadata) => metadata.len(),
            Err(e) => return Err(read(e)),
        };
        if self.offset == 0 {
            let mut header = [0; 8];
            if len < 8 || file.read_exact_at(&mut header, 0).is_err() {
                return Ok(());
            }
            if header != *HEADER {
                return Err(error::corrupt(&self.path, "it is not a log of this version"));
            }
            self.offset = 8;
        }
        let mut payload = Vec::new();
        while self.offset + FRAME_HEAD as u64 <= len {
            let mut head = [0; FRAME_HEAD];
            if file.read_exact_at(&mut head, self.offset).is_err() {
                break;
            }
            let [a, b, c, d, sum @ ..] = head;
            let size = u32::from_le_bytes([a, b, c, d]) as usize;
            let end = self.offset + FRAME_HEAD as u64 + size as u64;
            if size > MAX_FRAME || end > len {
                break;
            }
            payload.resize(size, 0);
            if file.read_exact_at(&mut payload, self.offset + FRAME_HEAD as u64).is_err()
                || xxh3_64(&payload) != u64::from_le_bytes(sum)
            {
                break;
            }
            self.offset = end;
            if !see(&payload) {
                break;
            }
        }
        Ok(())
    }
}

/// Makes a rename or a new file of a folder survive a loss of power.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(error::io("sync", dir))
}

/// Replaces a file by new content, wholly or not at all.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary).map_err(error::io("create", &temporary))?;
    file.write_all(content).and_then(|()| file.sync_data()).map_err(error::io("write", &temporary))?;
    std::fs::rename(&temporary, path).map_err(error::io("replace", path))?;
    path.parent().map_or(Ok(()), sync_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(path: &Path) -> Vec<Vec<u8>> {
        let mut seen = Vec::new();
        Tail::new(path)
            .read(&mut |p| {
                seen.push(p.to_vec());
                true
            })
            .unwrap();
        seen
    }

    #[test]
    fn whatever_the_end_looks_like_whole_frames_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.log");
        let mut log = Appender::create(&path).unwrap();
        log.append(&[b"one", b"two"]).unwrap();
        log.append(&[b"three"]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let kept = frames(&path);
            assert!(kept.len() < 3, "{cut}");
            let mut log = Appender::open(&path).unwrap();
            log.append(&[b"four"]).unwrap();
            assert_eq!(frames(&path).last().unwrap(), b"four", "{cut}");
            assert_eq!(frames(&path).len(), kept.len() + 1);
        }
        for flip in 8..whole.len() {
            let mut damaged = whole.clone();
            damaged[flip] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert!(frames(&path).len() < 3, "{flip}");
        }
    }
}
