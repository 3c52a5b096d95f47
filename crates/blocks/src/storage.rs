//! Where the bytes of a file are: on a disk or somewhere that is read in ranges.

use std::fmt::Debug;
use std::fs::File;
use std::io;

/// Bytes that can be read at any place.
#[allow(clippy::len_without_is_empty, reason = "nobody asks")]
pub trait Storage: Debug + Send + Sync {
    /// Reads at a place; fewer bytes than asked for are no sign of the end, none are.
    ///
    /// # Errors
    /// They cannot be read.
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize>;

    /// Bytes in all, now: a file may grow.
    ///
    /// # Errors
    /// It cannot be found out.
    fn len(&self) -> io::Result<u64>;
}

impl Storage for File {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, into, at)
    }
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl<T: Storage + ?Sized> Storage for std::sync::Arc<T> {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        (**self).read_at(into, at)
    }
    fn len(&self) -> io::Result<u64> {
        (**self).len()
    }
}

/// Reads as much of `into` as there is at `at`.
///
/// # Errors
/// Those of `read`; an interruption is none.
pub fn read_full(
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
