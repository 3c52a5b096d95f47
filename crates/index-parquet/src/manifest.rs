//! Which files are in force: one manifest for each partition and writer, and the state of the whole index.

use crate::error;
use crate::log;
use crate::segment::Times;
use index::Error;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::path::{Path, PathBuf};

/// One file of a partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    pub name: String,
    pub rows: u32,
    pub bytes: u64,
    /// Earliest and latest first packet, milliseconds since 1970.
    pub first: (i64, i64),
    /// Earliest and latest last packet.
    pub last: (i64, i64),
}

impl FileEntry {
    pub(crate) fn times(&self) -> Times {
        Times { first: self.first, last: self.last }
    }
}

/// A file that was merged into another and is removed after a while, when no question can be reading it any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Garbage {
    pub name: String,
    /// When it was merged, milliseconds since 1970.
    pub since: i64,
}

/// The files of one partition of one writer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub files: Vec<FileEntry>,
    #[serde(default)]
    pub garbage: Vec<Garbage>,
}

/// A flush that is under way: written before the manifests, so that all of them change or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flush {
    /// Number of the log that was written to files.
    pub log: u64,
    /// Partition and file.
    pub files: Vec<(String, FileEntry)>,
}

/// What readers look at first: a new generation means that something else is new too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub generation: u64,
    /// Number of the log of changes.
    pub changes: u64,
}

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub root: PathBuf,
}

impl Layout {
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }
    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }
    pub(crate) fn format(&self) -> PathBuf {
        self.root.join("format.json")
    }
    pub(crate) fn changes(&self, number: u64) -> PathBuf {
        self.root.join("changes").join(format!("{number:08}.log"))
    }
    pub(crate) fn writers(&self) -> PathBuf {
        self.root.join("writers")
    }
    pub(crate) fn writer(&self, name: &str) -> PathBuf {
        self.writers().join(name)
    }
    pub(crate) fn log(&self, writer: &str, number: u64) -> PathBuf {
        self.writer(writer).join(format!("{number:08}.log"))
    }
    pub(crate) fn flush(&self, writer: &str) -> PathBuf {
        self.writer(writer).join("flush.json")
    }
    pub(crate) fn partitions(&self) -> PathBuf {
        self.root.join("partitions")
    }
    pub(crate) fn partition(&self, slice: &str, writer: &str) -> PathBuf {
        self.partitions().join(slice).join(writer)
    }
    pub(crate) fn manifest(&self, slice: &str, writer: &str) -> PathBuf {
        self.partition(slice, writer).join("manifest.json")
    }
}

/// The name by which changes mean the rows of a log.
pub(crate) fn log_name(writer: &str, number: u64) -> String {
    format!("log/{writer}/{number}")
}

/// The name by which changes mean the rows of a file.
pub(crate) fn file_name(slice: &str, writer: &str, file: &str) -> String {
    format!("{slice}/{writer}/{file}")
}

/// A JSON file; `None` where there is none.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|e| error::corrupt(path, &e.to_string()))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(error::io("read", path)(e)),
    }
}

/// Replaces a JSON file.
pub(crate) fn save<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let bytes = serde_json::to_vec(value).map_err(|e| error::corrupt(path, &e.to_string()))?;
    log::replace(path, &bytes)
}

/// The entries of a folder, sorted; none where there is no folder.
pub(crate) fn list(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(error::io("list", dir)(e)),
    };
    let mut names: Vec<String> =
        entries.filter_map(|e| e.ok()).filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// The numbers of the logs in a writer's folder, ascending.
pub(crate) fn logs(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers: Vec<u64> =
        list(dir)?.iter().filter_map(|n| n.strip_suffix(".log")).filter_map(|n| n.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
