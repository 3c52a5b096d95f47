//! Room that is kept for the index: a file that is given up when the disk is full.

use rustix::fs::{FallocateFlags, fallocate};
use std::fs::OpenOptions;
use std::path::PathBuf;

/// Bytes of it, or this part of a small disk.
const BYTES: u64 = 64 << 20;
const PART: u64 = 25;

/// The file.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
}

impl Reserve {
    /// That of an index.
    pub fn new(index: PathBuf) -> Self {
        Self { path: index.join("reserve") }
    }

    /// How large it is on a disk of this size.
    pub fn wanted(&self, disk: u64) -> u64 {
        BYTES.min(disk / PART)
    }

    pub fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// Makes it where it is not there. A file system that cannot keep room has none.
    pub fn make(&self, disk: u64) {
        if self.is_there() {
            return;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&self.path);
        let made =
            file.is_ok_and(|file| fallocate(&file, FallocateFlags::empty(), 0, self.wanted(disk)).is_ok());
        if !made {
            self.release();
        }
    }

    /// Gives the room to whoever needs it.
    pub fn release(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
