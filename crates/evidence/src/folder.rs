//! The folder of a device, and the lock that its writers and readers share.

use crate::DeviceId;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

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

/// A reader's lock: writers wait. None where the folder has none (another program's) or it may not be opened.
pub(crate) struct Reading(Option<File>);

impl Reading {
    pub fn of(folder: &Path) -> Self {
        let lock = File::open(folder.join(LOCK)).ok();
        Self(lock.filter(|lock| lock.lock_shared().is_ok()))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(lock) = &self.0 {
            let _ = lock.unlock();
        }
    }
}
