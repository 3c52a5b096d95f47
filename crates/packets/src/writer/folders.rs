//! The folders of packet files, and which of them the next file goes to.

use super::disk::Disk;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a folder that failed is left alone while others work.
const AVOID: Duration = Duration::from_secs(10);
/// A folder with less free than this is full, bytes.
const MIN_FREE: u64 = 64 << 20;

/// Which of several folders the next file goes to. A folder that is full or fails comes after all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// To the one that the fewest files are being written to, so that all disks work; among these the one with the most free space.
    #[default]
    Spread,
    /// To each in turn.
    RoundRobin,
    /// To the first that is not full.
    FillFirst,
}

/// Folders of packet files. Clones are the same folders: the writers of one capture share them.
#[derive(Clone, Debug)]
pub struct Folders(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folders: Vec<Folder>,
    placement: Placement,
    min_free: u64,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Files that are being written to it.
    open: AtomicU32,
    avoid: Mutex<Option<Instant>>,
}

impl Folders {
    /// These folders, which must exist.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>, placement: Placement) -> Self {
        Self::with_reserve(paths, placement, MIN_FREE)
    }

    /// Folders of which one is taken as full when less than `min_free` bytes are free.
    #[must_use]
    pub fn with_reserve(paths: Vec<PathBuf>, placement: Placement, min_free: u64) -> Self {
        let folders = paths
            .into_iter()
            .map(|path| Folder { path, open: AtomicU32::new(0), avoid: Mutex::new(None) })
            .collect();
        Self(Arc::new(Inner { folders, placement, min_free, turn: AtomicUsize::new(0) }))
    }

    /// Their paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.folders.iter().map(|folder| folder.path.as_path())
    }

    pub(super) fn path(&self, at: usize) -> PathBuf {
        self.0.folders.get(at).map(|folder| folder.path.clone()).unwrap_or_default()
    }

    /// All, the best first.
    pub(super) fn order(&self, disk: &dyn Disk) -> Vec<usize> {
        let count = self.0.folders.len().max(1);
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        let mut order: Vec<usize> = (0..self.0.folders.len()).collect();
        if order.len() < 2 {
            return order;
        }
        order.sort_by_cached_key(|at| {
            let Some(folder) = self.0.folders.get(*at) else { return (true, true, 0, Reverse(0)) };
            let free = disk.free(&folder.path).unwrap_or(0);
            let (one, other) = match self.0.placement {
                Placement::Spread => (folder.open.load(Ordering::Relaxed) as usize, free),
                Placement::RoundRobin => ((at + count - turn % count) % count, 0),
                Placement::FillFirst => (*at, 0),
            };
            (folder.is_avoided(), free < self.0.min_free, one, Reverse(other))
        });
        order
    }

    /// Whether a file can be expected to do better in another folder.
    pub(super) fn is_room_besides(&self, at: usize, disk: &dyn Disk) -> bool {
        self.0.folders.iter().enumerate().any(|(n, folder)| {
            n != at && !folder.is_avoided() && disk.free(&folder.path).is_ok_and(|f| f >= self.0.min_free)
        })
    }

    /// A write to it failed.
    pub(super) fn avoid(&self, at: usize) {
        if let Some(folder) = self.0.folders.get(at) {
            *folder.avoid.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AVOID);
        }
    }

    pub(super) fn opened(&self, at: usize) {
        if let Some(folder) = self.0.folders.get(at) {
            folder.open.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn closed(&self, at: usize) {
        if let Some(folder) = self.0.folders.get(at) {
            folder.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Folder {
    fn is_avoided(&self) -> bool {
        let until = *self.avoid.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }
}
