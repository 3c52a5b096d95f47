//! A file in memory.

use std::fs::File;
use std::io;

/// A file mapped for reading. Shared by reference: packets of a file point into it.
#[derive(Debug)]
pub struct Mapping(memmap2::Mmap);

impl Mapping {
    /// Maps a whole file. An empty file cannot be mapped.
    ///
    /// A file that another process cuts while it is mapped ends this process with SIGBUS when the missing part is read; captures that
    /// are still being written only grow, so that does not happen with them.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the mapping is read-only and private. Nothing is assumed of the bytes: another process may change them while we look,
        // and every reader checks lengths against values it has copied out. Truncation gives SIGBUS (documented above), never wrong memory.
        let map = unsafe { memmap2::Mmap::map(file) }?;
        // Only a hint for the kernel's read-ahead; a kernel that refuses it still reads.
        let _ = map.advise(memmap2::Advice::Sequential);
        Ok(Self(map))
    }

    /// The bytes.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::ops::Deref for Mapping {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}
