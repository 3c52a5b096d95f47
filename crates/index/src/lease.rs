//! Leases: packet files that somebody reads, which retention leaves alone meanwhile.

use crate::{Catalog, Error, ErrorKind, FileRecord};
use serde_json::json;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The collection of leases.
const LEASES: &str = "leases";
/// Time between two renewals.
const RENEW: Duration = Duration::from_secs(20);
/// Time without a renewal after which a lease counts for nothing: its process is gone. Milliseconds.
const OVER: i64 = 90_000;

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Files that are being read, by node and number. Who reads takes the lease first and looks files up afterwards; who deletes marks the
/// file as [`crate::FileRecord::deleting`] first and looks at the leases afterwards: so one of the two always sees the other, also
/// across processes. It ends when dropped, or a minute and a half after its process was killed.
#[derive(Debug)]
pub struct Lease {
    state: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Lease {
    /// Takes a lease on all files that a piece of work will read.
    ///
    /// # Errors
    /// The catalogue cannot be written.
    pub fn take(
        catalog: &Arc<dyn Catalog>,
        files: impl IntoIterator<Item = (String, u32)>,
    ) -> Result<Self, Error> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let key =
            format!("{:013}-{}-{}", now_ms(), std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let files: Vec<(String, u32)> = files.into_iter().collect();
        let state = Arc::new((Mutex::new(false), Condvar::new()));
        if files.is_empty() {
            return Ok(Self { state, thread: None });
        }
        catalog.put(LEASES, &key, &json!({ "time": now_ms(), "files": files }), None)?;
        let (catalog, shared) = (catalog.clone(), state.clone());
        let renew = move || {
            let (done, changed) = &*shared;
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            while !*done {
                let (back, wait) = changed.wait_timeout(done, RENEW).unwrap_or_else(PoisonError::into_inner);
                done = back;
                if wait.timed_out() && !*done {
                    // what fails now is tried again; four times before the lease is over
                    let _ = catalog.put(LEASES, &key, &json!({ "time": now_ms(), "files": files }), None);
                }
            }
            let _ = catalog.remove(LEASES, &key);
        };
        let thread = std::thread::Builder::new().name("lease".into()).spawn(renew).map_err(|error| {
            Error::caused(ErrorKind::Unavailable, "no thread can be started to keep a lease", error)
        })?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// Every file that somebody reads now. Leases of processes that are gone are removed.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn all(catalog: &dyn Catalog) -> Result<HashSet<(String, u32)>, Error> {
        let now = now_ms();
        let mut all = HashSet::new();
        for entry in catalog.list(LEASES)? {
            let time = entry.value.get("time").and_then(serde_json::Value::as_i64).unwrap_or(0);
            if now.saturating_sub(time).saturating_abs() > OVER {
                let _ = catalog.remove(LEASES, &entry.key);
                continue;
            }
            let files = entry.value.get("files").cloned().unwrap_or_default();
            all.extend(serde_json::from_value::<Vec<(String, u32)>>(files).unwrap_or_default());
        }
        Ok(all)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.state.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.state.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Deletes a packet file: marks it, looks whether somebody reads it, removes it from the disk (where it may be gone already), forgets it;
/// `false` where it is read. A crash anywhere between is repaired at the next start of the node. `full` is called where the catalogue
/// has no room for the mark, which is tried once more then: without a mark a crash leaves a record without a file.
///
/// # Errors
/// The catalogue cannot be read or written, or the file cannot be removed: it stays marked, and goes at the next start.
pub fn delete_file(catalog: &dyn Catalog, file: &FileRecord, full: impl FnOnce()) -> Result<bool, Error> {
    let mark = |deleting| catalog.update_file(&FileRecord { deleting, ..file.clone() });
    if let Err(error) = mark(true) {
        if error.kind != ErrorKind::Full {
            return Err(error);
        }
        full();
        let _ = mark(true); // what fails again fails below, where it matters
    }
    if Lease::all(catalog)?.contains(&(file.node.clone(), file.num)) {
        mark(false)?;
        return Ok(false);
    }
    match std::fs::remove_file(&file.name) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::caused(ErrorKind::Unavailable, file.name.clone(), error));
        }
        _ => {}
    }
    catalog.remove_file(&file.node, file.num)?;
    Ok(true)
}
