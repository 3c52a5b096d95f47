//! The folder of spools, and how they stand: documents that the cluster does not have yet, on disk, in order.

use crate::options::Options;
use index::{Error, ErrorKind};
use serde::Serialize;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of documents that the cluster will never take; beyond, they are only counted.
const REJECTED: u64 = 64 << 20;

/// How the spools of this process stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpoolStatus {
    /// Documents that wait for the cluster.
    pub documents: u64,
    /// Bytes of them on disk.
    pub bytes: u64,
    /// Bytes that may wait for one writer.
    pub limit: u64,
    /// Documents that the cluster took since the start.
    pub sent: u64,
    /// Attempts that failed and were made again.
    pub retries: u64,
    /// Documents that the cluster will never take; they are in `rejected.ndjson` of the spool.
    pub rejected: u64,
    /// Bytes that a damaged disk or an interrupted write lost.
    pub damaged: u64,
    /// Why documents wait, while the cluster does not take them.
    pub problem: Option<String>,
    /// Since when, milliseconds since 1970.
    pub since: Option<i64>,
}

/// What one writer's spool holds.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub documents: AtomicU64,
    pub bytes: AtomicU64,
}

/// The spools of a process.
pub(crate) struct Spool {
    pub folder: PathBuf,
    limit: u64,
    pub sent: AtomicU64,
    pub retries: AtomicU64,
    pub damaged: AtomicU64,
    rejected: AtomicU64,
    waiting: Mutex<Vec<std::sync::Weak<Waiting>>>,
    problem: Mutex<Option<(String, i64)>>,
}

pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// An error of the disk that the spool lies on.
pub(crate) fn disk(folder: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        _ => ErrorKind::Unavailable,
    };
    Error::caused(
        kind,
        format!("the spool {} cannot be used; make room, or look at its rights", folder.display()),
        error,
    )
}

impl Spool {
    pub fn open(options: &Options) -> Result<Arc<Self>, Error> {
        let folder = options.spool.clone();
        std::fs::create_dir_all(&folder).map_err(|error| disk(&folder, error))?;
        Ok(Arc::new(Self {
            folder,
            limit: options.spool_limit,
            sent: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            waiting: Mutex::default(),
            problem: Mutex::default(),
        }))
    }

    /// Counts what a writer's spool holds as long as the writer lives.
    pub fn count(&self, waiting: &Arc<Waiting>) {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(waiting));
    }

    /// Says that the cluster does not take documents, or (`None`) that it does again.
    pub fn problem(&self, text: Option<String>) {
        let mut problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        match (text, &mut *problem) {
            (Some(text), Some((old, _))) => *old = text,
            (Some(text), none) => *none = Some((text, now_ms())),
            (None, some) => *some = None,
        }
    }

    /// Keeps a document that the cluster will never take, with the reason.
    pub fn reject(&self, index: &str, id: &str, reason: &str, source: &str) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join("rejected.ndjson");
        let size = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        if size.saturating_add(source.len() as u64) > REJECTED {
            return;
        }
        let line = serde_json::json!({ "time": now_ms(), "index": index, "id": id, "reason": reason, "document": source });
        if let Ok(mut file) = File::options().create(true).append(true).open(path) {
            let _ = writeln!(file, "{line}");
        }
    }

    pub fn status(&self) -> SpoolStatus {
        let (mut documents, mut bytes) = (0, 0);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for one in waiting.iter().filter_map(std::sync::Weak::upgrade) {
            documents += one.documents.load(Ordering::Relaxed);
            bytes += one.bytes.load(Ordering::Relaxed);
        }
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone();
        SpoolStatus {
            documents,
            bytes,
            limit: self.limit,
            sent: self.sent.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            damaged: self.damaged.load(Ordering::Relaxed),
            since: problem.as_ref().map(|(_, since)| *since),
            problem: problem.map(|(text, _)| text),
        }
    }
}
