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

    /// Asks the processor to load the cache lines of `from..to` before they are needed. Records of a capture are a chain (the length of
    /// one tells where the next begins), so the processor cannot run ahead by itself as it does in a plain copy.
    #[inline]
    pub(crate) fn prefetch(&self, from: u64, to: u64) {
        #[cfg(target_arch = "x86_64")]
        if let Some(ahead) =
            usize::try_from(from).ok().zip(usize::try_from(to).ok()).and_then(|(f, t)| self.0.get(f..t))
        {
            for line in ahead.chunks(64) {
                // SAFETY: a hint that reads nothing and cannot fault; SSE is part of x86-64.
                unsafe {
                    std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                        line.as_ptr().cast(),
                    )
                };
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (from, to);
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
