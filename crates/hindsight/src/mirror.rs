//! The catalogue of a cluster, with what this machine's own work needs of it on the own disk: capture, import and retention go on while the
//! cluster is away.
//!
//! Records of packet files and figures of nodes are written here first and sent by a thread, in order, as often as it takes (the *outbox*). File
//! numbers are taken from the cluster in blocks ahead of need. Leases and notes of what is to be recovered concern files of this machine only and
//! stay here. Everything else (users, views, hunts …) is the cluster's and needs it.

mod outbox;

use catalog_sqlite::Sqlite;
use index::{Catalog, Entry, Error, ErrorKind, FileRecord};
use outbox::{Change, Outbox};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// File numbers that a node has ahead: an hour of files of a few seconds each.
const BLOCK: u32 = 1_000;
/// Collections that are of this machine only.
const OWN: [&str; 2] = ["leases", crate::recover::UNINDEXED];
/// The collection of pins: retention must know it at any time.
const PINS: &str = "pins";
/// Collections of this machine's own: blocks of numbers, copies of lists, notes.
const NUMBERS: &str = "mirror-numbers";
const COPIES: &str = "mirror-copies";
/// Entry of [`COPIES`]: the records of files were copied once.
const SEEDED: &str = "files";

/// The catalogue that all nodes share.
pub trait Shared: Catalog {
    /// Takes so many file numbers of a node in a row; returns the first.
    fn reserve(&self, node: &str, count: u32) -> Result<u32, Error>;
}

impl Shared for index_opensearch::Clustered {
    fn reserve(&self, node: &str, count: u32) -> Result<u32, Error> {
        index_opensearch::Clustered::reserve(self, node, count)
    }
}

/// See the module. Implements [`Catalog`].
pub struct Mirror {
    far: Arc<dyn Shared>,
    near: Arc<Sqlite>,
    outbox: Outbox,
    /// Nodes for which numbers are being fetched.
    fetching: Arc<Mutex<BTreeSet<String>>>,
}

/// Whether an error says that the cluster cannot do this now, and may later.
fn is_away(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Overloaded | ErrorKind::Full
    )
}

/// Figures of nodes: each entry is written by its own node only.
fn is_figures(collection: &str) -> bool {
    collection == server::stats::NOW
        || server::stats::RESOLUTIONS.iter().any(|resolution| resolution.collection == collection)
}

impl Mirror {
    /// Opens what the folder has; `far` may be away.
    pub fn open(file: &Path, far: Arc<dyn Shared>) -> Result<Self, Error> {
        let near = Arc::new(Sqlite::open(file)?);
        let outbox = Outbox::open(near.clone(), far.clone(), file.with_extension("lock"))?;
        let mirror = Self { far, near, outbox, fetching: Arc::default() };
        mirror.seed()?;
        Ok(mirror)
    }

    /// Changes that the cluster does not have yet.
    pub fn waiting(&self) -> u64 {
        self.outbox.waiting()
    }

    /// Why they wait.
    pub fn problem(&self) -> Option<String> {
        self.outbox.away()
    }

    /// Whether the cluster answers: lists are of every node then, and otherwise of this machine only.
    pub fn is_whole(&self) -> bool {
        self.outbox.away().is_none()
    }

    /// Copies the records of files that lie here, once: they were written before there was a mirror.
    fn seed(&self) -> Result<(), Error> {
        if self.near.get(COPIES, SEEDED)?.is_some() || !self.is_whole() {
            return Ok(());
        }
        match self.far.files() {
            Ok(files) => {
                for file in files.iter().filter(|file| Path::new(&file.name).exists()) {
                    self.near.update_file(file)?;
                }
                self.near.put(COPIES, SEEDED, &Json::Bool(true), None).map(|_| ())
            }
            Err(error) if is_away(&error) => {
                self.outbox.set_away(&error);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the cluster, or the own disk while that is away.
    fn either<T>(
        &self,
        far: impl FnOnce(&dyn Shared) -> Result<T, Error>,
        near: impl FnOnce(&Sqlite) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.outbox.away().is_some() {
            return near(&self.near);
        }
        match far(&*self.far) {
            Err(error) if is_away(&error) => {
                self.outbox.set_away(&error);
                near(&self.near)
            }
            other => other,
        }
    }

    /// Sees to it that a node has numbers for the files to come, so that its packets need not wait for the cluster; asks for them this long.
    ///
    /// # Errors
    /// The cluster gave none.
    pub fn prepare(&self, node: &str, patience: Duration) -> Result<(), Error> {
        let until = Instant::now() + patience;
        while blocks(&self.near, node)?.0.is_empty() {
            match fetch(&*self.far, &self.near, node) {
                Err(error) if is_away(&error) && Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(200));
                }
                other => return other,
            }
        }
        Ok(())
    }

    /// The next number of a node.
    fn number(&self, node: &str) -> Result<u32, Error> {
        let take = |blocks: &mut Vec<(u32, u32)>| {
            let number = blocks.first().map(|(first, _)| *first);
            if let Some((first, last)) = blocks.first_mut() {
                *first = first.saturating_add(1);
                if *first > *last {
                    blocks.remove(0);
                }
            }
            (number, blocks.iter().map(|(first, last)| last - first + 1).sum::<u32>())
        };
        let (number, left) = change_blocks(&self.near, node, take)?;
        let Some(number) = number else {
            fetch(&*self.far, &self.near, node).map_err(|error| {
                Error::new(
                    error.kind,
                    format!("no file number of node {node} is left on this machine, and the cluster gives none: {error}"),
                )
            })?;
            return self.number(node);
        };
        if left < BLOCK / 2 && self.outbox.away().is_none() {
            self.fetch_beside(node);
        }
        Ok(number)
    }

    /// Fetches numbers in a thread of its own: whoever takes one writes packets, and does not wait while some are left. What fails is
    /// tried again with the next number.
    fn fetch_beside(&self, node: &str) {
        let lock = |all: &Mutex<BTreeSet<String>>, change: &dyn Fn(&mut BTreeSet<String>) -> bool| {
            change(&mut all.lock().unwrap_or_else(PoisonError::into_inner))
        };
        if !lock(&self.fetching, &|nodes| nodes.insert(node.to_owned())) {
            return;
        }
        let (far, near, fetching) = (self.far.clone(), self.near.clone(), self.fetching.clone());
        let name = node.to_owned();
        let work = move || {
            let _ = fetch(&*far, &near, &name);
            lock(&fetching, &|nodes| nodes.remove(&name));
        };
        if std::thread::Builder::new().name("numbers".into()).spawn(work).is_err() {
            lock(&self.fetching, &|nodes| nodes.remove(node));
        }
    }

    fn changed(&self, file: &FileRecord) -> Result<(), Error> {
        self.near.update_file(file)?;
        self.outbox.add(Change::File {
            node: file.node.clone(),
            num: file.num,
            record: Some(Box::new(file.clone())),
        })
    }

    /// Records with what waits in the outbox in place.
    fn with_outbox(
        &self,
        files: Vec<FileRecord>,
        like: impl Fn(&FileRecord) -> bool,
    ) -> Result<Vec<FileRecord>, Error> {
        let waiting = self.outbox.files()?;
        if waiting.is_empty() {
            return Ok(files);
        }
        let mut all: BTreeMap<(String, u32), FileRecord> =
            files.into_iter().map(|file| ((file.node.clone(), file.num), file)).collect();
        for (place, record) in waiting {
            match record.filter(|record| like(record)) {
                Some(record) => all.insert(place, record),
                None => all.remove(&place),
            };
        }
        Ok(all.into_values().collect())
    }

    /// Remembers the list of pins, and gives it while the cluster is away.
    fn pins(&self) -> Result<Vec<Entry>, Error> {
        let known = self.near.get(COPIES, PINS)?;
        let far = |far: &dyn Shared| {
            let entries = far.list(PINS)?;
            let copy: Json = entries.iter().map(|e| json!([e.key, e.version, e.value])).collect();
            if known.as_ref().is_none_or(|known| known.value != copy) {
                self.near.put(COPIES, PINS, &copy, None)?;
            }
            Ok(entries)
        };
        let near = |_: &Sqlite| {
            let copy: Vec<(String, u64, Json)> = match &known {
                Some(known) => serde_json::from_value(known.value.clone()).unwrap_or_default(),
                // nothing may go for a list that was never seen
                None => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "the list of pins was never read; it needs the cluster",
                    ));
                }
            };
            Ok(copy.into_iter().map(|(key, version, value)| Entry { key, version, value }).collect())
        };
        self.either(far, near)
    }
}

/// Blocks of numbers of a node that are not used yet, first and last of each, and the version of the list.
fn blocks(near: &Sqlite, node: &str) -> Result<(Vec<(u32, u32)>, u64), Error> {
    let entry = near.get(NUMBERS, node)?;
    let version = entry.as_ref().map_or(0, |entry| entry.version);
    let blocks = entry.and_then(|entry| serde_json::from_value(entry.value).ok());
    Ok((blocks.unwrap_or_default(), version))
}

/// Changes the blocks of a node, whoever else does.
fn change_blocks<T>(
    near: &Sqlite,
    node: &str,
    change: impl Fn(&mut Vec<(u32, u32)>) -> T,
) -> Result<T, Error> {
    loop {
        let (mut list, version) = blocks(near, node)?;
        let before = list.clone();
        let result = change(&mut list);
        if list == before || near.put(NUMBERS, node, &json!(list), Some(version))? {
            return Ok(result);
        }
    }
}

/// Takes a block of numbers from the cluster.
fn fetch(far: &dyn Shared, near: &Sqlite, node: &str) -> Result<(), Error> {
    let first = far.reserve(node, BLOCK)?;
    change_blocks(near, node, |blocks| {
        blocks.push((first, first + (BLOCK - 1)));
        blocks.sort_unstable();
    })
}

impl Catalog for Mirror {
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error> {
        let num = self.number(&file.node)?;
        self.changed(&FileRecord { num, ..file.clone() })?;
        Ok(num)
    }

    fn update_file(&self, file: &FileRecord) -> Result<(), Error> {
        // a file that was found on disk may have a number that was not given out yet
        change_blocks(&self.near, &file.node, |blocks| {
            for (first, last) in blocks.iter_mut() {
                if (*first..=*last).contains(&file.num) {
                    *first = file.num.saturating_add(1);
                }
            }
            blocks.retain(|(first, last)| first <= last);
        })?;
        self.changed(file)
    }

    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        if let Some((_, waiting)) =
            self.outbox.files()?.into_iter().rfind(|((n, k), _)| n == node && *k == num)
        {
            return Ok(waiting);
        }
        self.either(|far| far.file(node, num), |near| near.file(node, num))
    }

    fn files(&self) -> Result<Vec<FileRecord>, Error> {
        let files = self.either(|far| far.files(), |near| near.files())?;
        self.with_outbox(files, |_| true)
    }

    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        let files = self.either(|far| far.files_like(fingerprint), |near| near.files_like(fingerprint))?;
        self.with_outbox(files, |file| !fingerprint.is_empty() && file.fingerprint == fingerprint)
    }

    fn remove_file(&self, node: &str, num: u32) -> Result<(), Error> {
        self.near.remove_file(node, num)?;
        self.outbox.add(Change::File { node: node.to_owned(), num, record: None })
    }

    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error> {
        if OWN.contains(&collection) {
            return self.near.get(collection, key);
        }
        if is_figures(collection) {
            let near = self.near.get(collection, key)?;
            return if near.is_some() {
                Ok(near)
            } else {
                self.either(|far| far.get(collection, key), |_| Ok(None))
            };
        }
        self.far.get(collection, key)
    }

    fn collections(&self) -> Result<Vec<String>, Error> {
        self.far.collections()
    }

    fn list(&self, collection: &str) -> Result<Vec<Entry>, Error> {
        match collection {
            own if OWN.contains(&own) => self.near.list(own),
            PINS => self.pins(),
            // the figures of this machine are there whatever else is
            server::stats::NOW => self.either(|far| far.list(collection), |near| near.list(collection)),
            _ => self.far.list(collection),
        }
    }

    fn latest(&self, collection: &str, from: &str, to: &str, limit: usize) -> Result<Vec<Entry>, Error> {
        if OWN.contains(&collection) {
            return self.near.latest(collection, from, to, limit);
        }
        if is_figures(collection) {
            let near = |near: &Sqlite| near.latest(collection, from, to, limit);
            return self.either(|far| far.latest(collection, from, to, limit), near);
        }
        self.far.latest(collection, from, to, limit)
    }

    fn put(&self, collection: &str, key: &str, value: &Json, version: Option<u64>) -> Result<bool, Error> {
        if OWN.contains(&collection) {
            return self.near.put(collection, key, value, version);
        }
        if is_figures(collection) && version.is_none() {
            self.near.put(collection, key, value, None)?;
            let (collection, key, value) = (collection.to_owned(), key.to_owned(), value.clone());
            self.outbox.add(Change::Entry { collection, key, value })?;
            return Ok(true);
        }
        self.far.put(collection, key, value, version)
    }

    fn remove(&self, collection: &str, key: &str) -> Result<bool, Error> {
        if OWN.contains(&collection) {
            return self.near.remove(collection, key);
        }
        if is_figures(collection) {
            self.near.remove(collection, key)?;
        }
        self.far.remove(collection, key)
    }

    fn remove_before(&self, collection: &str, key: &str) -> Result<u64, Error> {
        if OWN.contains(&collection) {
            return self.near.remove_before(collection, key);
        }
        if is_figures(collection) {
            let gone = self.near.remove_before(collection, key)?;
            // what is too old there goes when it is asked for again
            return self.either(|far| far.remove_before(collection, key), |_| Ok(gone));
        }
        self.far.remove_before(collection, key)
    }
}

#[cfg(test)]
mod tests;
