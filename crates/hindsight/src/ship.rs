//! Packet files that go into object storage: up when they are finished, off the disk when their copy is confirmed and old enough.

use crate::config::ObjectStore;
use crate::home::Home;
use crate::stores::{Stores, remove_file};
use crate::{Failure, ask};
use archive::Bucket;
use index::{FileRecord, Lease};
use indicatif::HumanBytes;
use source::Stop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two rounds.
const ROUND: Duration = Duration::from_secs(10);
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(200);

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Files that are in the bucket now, and bytes of them there.
    pub up: u64,
    /// See `up`.
    pub bytes: u64,
    /// Local copies that went.
    pub dropped: u64,
    /// Files that wait, because something failed.
    pub waiting: u64,
    /// What failed, a sentence each.
    pub problems: Vec<String>,
}

/// Whether a file lies in object storage only.
pub fn is_remote(file: &FileRecord) -> bool {
    file.name.contains("://")
}

/// Whether a file is to go up and has not been confirmed.
pub fn is_due(file: &FileRecord) -> bool {
    !is_remote(file) && file.remote.is_none() && file.locked == 0 && file.pin.is_none()
}

/// Brings the packet files of one node into a bucket.
pub struct Shipper {
    stores: Arc<Stores>,
    bucket: Arc<Bucket>,
    node: String,
    options: ObjectStore,
    level: i32,
    work: PathBuf,
}

impl Shipper {
    /// One where the configuration names a bucket.
    pub fn new(
        home: &Home,
        stores: &Arc<Stores>,
        node: &str,
        packets: &crate::config::Packets,
    ) -> Option<Self> {
        Some(Self {
            stores: stores.clone(),
            bucket: stores.bucket.clone()?,
            node: node.to_owned(),
            options: packets.object_store.clone()?,
            level: packets.level,
            work: home.path().join("shipping"),
        })
    }

    /// Starts the thread; it ends when `stop` is set, after the file that is going up.
    pub fn start(self, stop: &Stop, quiet: bool) -> Result<std::thread::JoinHandle<()>, Failure> {
        let stop = stop.clone();
        let run = move || {
            let mut said = Vec::new();
            while !stop.is_set() {
                let begun = Instant::now();
                match self.round(&stop) {
                    Ok(done) => {
                        if done.up > 0 && !quiet {
                            eprintln!(
                                "object storage: {} packet files went up ({})",
                                done.up,
                                HumanBytes(done.bytes)
                            );
                        }
                        if done.problems != said {
                            for problem in &done.problems {
                                eprintln!(
                                    "hindsight: {problem}; {} packet files wait and are tried again",
                                    done.waiting
                                );
                            }
                            said = done.problems;
                        }
                    }
                    Err(Failure::Failed(error) | Failure::Usage(error)) => eprintln!("hindsight: {error}"),
                }
                while !stop.is_set() && begun.elapsed() < ROUND {
                    std::thread::sleep(LOOK);
                }
            }
        };
        let started = std::thread::Builder::new().name("object storage".into()).spawn(run);
        started
            .map_err(|error| Failure::Failed(format!("cannot start the thread of object storage: {error}")))
    }

    /// Everything that is due.
    pub fn round(&self, stop: &Stop) -> Result<Shipped, Failure> {
        let mut done = Shipped::default();
        let files = self.stores.catalog.files()?;
        let mine = files.into_iter().filter(|file| file.node == self.node && !file.deleting);
        let mut mine: Vec<FileRecord> = mine.filter(|file| file.finish_timestamp > 0).collect();
        for file in mine.iter_mut().filter(|file| is_due(file)) {
            if stop.is_set() {
                break;
            }
            // where the bucket is away, asking for each file would take long
            if !done.problems.is_empty() {
                done.waiting += 1;
                continue;
            }
            match self.up(file) {
                Ok(bytes) => {
                    done.up += 1;
                    done.bytes += bytes;
                }
                Err(problem) => {
                    done.waiting += 1;
                    done.problems.push(problem);
                }
            }
        }
        let keep = i64::try_from(self.options.keep_local.0.as_millis()).unwrap_or(i64::MAX);
        let before = ask::now_ms().saturating_sub(keep);
        for file in mine.iter().filter(|file| file.remote.is_some() && !is_remote(file)) {
            if file.finish_timestamp <= before && file.pin.is_none() && file.locked == 0 {
                match drop_local(&self.stores, file) {
                    Ok(dropped) => done.dropped += u64::from(dropped),
                    Err(problem) => done.problems.push(problem),
                }
            }
        }
        Ok(done)
    }

    /// Brings one file up; returns its bytes there.
    fn up(&self, file: &mut FileRecord) -> Result<u64, String> {
        let path = PathBuf::from(&file.name);
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        std::fs::create_dir_all(&self.work).map_err(|error| named(&error))?;
        let packed = self.work.join(format!("{:08}.zst", file.num));
        let plain =
            file.encryption.is_none() && file.compression != "zstd" && file.uncompressed_bits.is_none();
        let in_blocks = plain && archive::pack(&path, &packed, self.level).map_err(|error| named(&error))?;
        let (from, object) = if in_blocks {
            (packed.as_path(), format!("{}/{name}.zst", file.node))
        } else {
            (path.as_path(), format!("{}/{name}", file.node))
        };
        let bytes = std::fs::metadata(from).map_or(0, |meta| meta.len());
        let result = self.bucket.put(&object, from).map_err(|error| named(&error));
        if in_blocks {
            let _ = std::fs::remove_file(&packed);
        }
        let url = result?;
        let catalog = &*self.stores.catalog;
        let now = catalog.file(&file.node, file.num).map_err(|error| error.to_string())?;
        match now.filter(|now| !now.deleting) {
            Some(now) => {
                *file = FileRecord { remote: Some(url), ..now };
                catalog.update_file(file).map_err(|error| error.to_string())?;
            }
            // retention was quicker: nothing knows of the object
            None => {
                self.bucket.key_of(&url).and_then(|key| self.bucket.delete(key)).map_err(|e| e.to_string())?
            }
        }
        Ok(bytes)
    }
}

/// Takes the local copy of a file away whose other copy is confirmed. Returns false where it is being read.
pub fn drop_local(stores: &Stores, file: &FileRecord) -> Result<bool, String> {
    let Some(url) = &file.remote else { return Ok(false) };
    let catalog = &*stores.catalog;
    let failed = |error: index::Error| error.to_string();
    let leased = Lease::all(catalog).map_err(failed)?;
    if leased.contains(&(file.node.clone(), file.num)) {
        return Ok(false);
    }
    // whoever looks it up between the two finds it gone and reads the bucket; a crash there leaves nothing behind
    remove_file(Path::new(&file.name)).map_err(|error| format!("{}: {error}", file.name))?;
    catalog.update_file(&FileRecord { name: url.clone(), ..file.clone() }).map_err(failed)?;
    Ok(true)
}
