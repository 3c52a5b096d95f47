//! What the writer needs of a file system. [`Native`] is the real one; tests put one in between that fails.

use super::Direct;
use rustix::fs::{FallocateFlags, OFlags, fallocate, statvfs};
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// A file system.
pub trait Disk: Debug + Send + Sync {
    /// Makes a file that does not exist yet.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    fn create(&self, path: &Path, direct: Direct) -> io::Result<Box<dyn DiskFile>>;
    /// Bytes that this process can still write in a folder.
    ///
    /// # Errors
    /// The folder cannot be asked.
    fn free(&self, folder: &Path) -> io::Result<u64>;
    /// Deletes a file.
    ///
    /// # Errors
    /// It cannot be deleted.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that is written at places.
pub trait DiskFile: Send {
    /// Whether [`Self::write_direct`] works.
    fn is_direct(&self) -> bool;
    /// Writes past the page cache. Memory, length and place are multiples of 4096. Fewer bytes may be written.
    ///
    /// # Errors
    /// Of the operating system.
    fn write_direct(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Writes through the page cache. Fewer bytes may be written.
    ///
    /// # Errors
    /// Of the operating system.
    fn write(&self, bytes: &[u8], at: u64) -> io::Result<usize>;
    /// Reserves room without changing the length of the file. A hint.
    ///
    /// # Errors
    /// The file system cannot.
    fn allocate(&self, at: u64, len: u64) -> io::Result<()>;
    /// Cuts the file, and gives back what was reserved behind its end.
    ///
    /// # Errors
    /// Of the operating system.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Waits until everything is on the medium.
    ///
    /// # Errors
    /// Of the operating system.
    fn sync(&self) -> io::Result<()>;
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Native;

struct NativeFile {
    plain: File,
    direct: Option<File>,
}

impl Disk for Native {
    fn create(&self, path: &Path, direct: Direct) -> io::Result<Box<dyn DiskFile>> {
        let plain = OpenOptions::new().write(true).create_new(true).open(path)?;
        let wanted = direct != Direct::Off;
        let flags = OFlags::DIRECT.bits().cast_signed();
        let opened = wanted.then(|| OpenOptions::new().write(true).custom_flags(flags).open(path));
        let direct = match opened {
            Some(Err(error)) if direct == Direct::On => {
                let _ = std::fs::remove_file(path);
                let what = format!("the file system takes no direct writes (O_DIRECT): {error}; use auto");
                return Err(io::Error::new(error.kind(), what));
            }
            opened => opened.and_then(Result::ok),
        };
        Ok(Box::new(NativeFile { plain, direct }))
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let stat = statvfs(folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

impl DiskFile for NativeFile {
    fn is_direct(&self) -> bool {
        self.direct.is_some()
    }
    fn write_direct(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.direct.as_ref().unwrap_or(&self.plain).write_at(bytes, at)
    }
    fn write(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.plain.write_at(bytes, at)
    }
    fn allocate(&self, at: u64, len: u64) -> io::Result<()> {
        Ok(fallocate(&self.plain, FallocateFlags::KEEP_SIZE, at, len)?)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.plain.set_len(len)
    }
    fn sync(&self) -> io::Result<()> {
        self.plain.sync_data()
    }
}
