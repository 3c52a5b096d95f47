//! The folder of a device, and the lock that its writers and readers share.

use crate::DeviceId;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Name of the file that is locked.
const LOCK: &str = ".lock";

/// Folder of one device's files.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

/// Held as long as it lives.
pub(crate) struct Held<'a>(&'a File);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// The path of a device's folder.
    pub fn path_of(base: &Path, device: DeviceId) -> PathBuf {
        base.join(device.to_string())
    }

    /// Opens the folder for writing and makes it where it is not there, readable by its owner only: packets are private.
    pub fn create(base: &Path, device: DeviceId) -> io::Result<Self> {
        let path = Self::path_of(base, device);
        DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        let lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path.join(LOCK))?;
        Ok(Self { path, lock })
    }

    /// Opens a folder that is there, for changing what is in it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path.join(LOCK))?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps others from changing or reading files until the result is dropped.
    pub fn hold(&self) -> io::Result<Held<'_>> {
        self.lock.lock()?;
        Ok(Held(&self.lock))
    }
}

/// How long a reader waits for a writer. The kernel makes one that dirties much memory wait for the disk, for 200 ms at once, with the lock held.
const PATIENCE: Duration = Duration::from_millis(2);

/// A reader's lock: writers wait. None where the folder has none (another program's), it may not be opened, or a writer keeps it for long. What is
/// read then is right all the same: records come into a capture before their index speaks of them, a header of an index is read until it stands
/// still, and a file that gets another name is looked for under both.
pub(crate) struct Reading(Option<File>);

impl Reading {
    pub fn of(folder: &Path) -> Self {
        let lock = File::open(folder.join(LOCK)).ok();
        let begun = Instant::now();
        Self(lock.filter(|lock| {
            loop {
                match lock.try_lock_shared() {
                    Ok(()) => return true,
                    Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                        std::thread::sleep(PATIENCE / 10);
                    }
                    Err(_) => return false,
                }
            }
        }))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(lock) = &self.0 {
            let _ = lock.unlock();
        }
    }
}
