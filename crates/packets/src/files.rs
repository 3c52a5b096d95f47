//! Where packet files are, and what of them is gone.

use crate::arkime;
use blocks::{Keyring, Storage};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A packet file as it is to be read.
#[derive(Clone, Debug)]
pub struct FileSource {
    /// Its path, or where it lies else, for people.
    pub path: PathBuf,
    /// What is different about it where an Arkime wrote it.
    pub form: Option<arkime::Form>,
    /// Its bytes, where they do not lie at the path.
    pub storage: Option<Arc<dyn Storage>>,
}

impl FileSource {
    /// A file of this machine in a form that it says itself.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), form: None, storage: None }
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Storage>, Gone> {
        match &self.storage {
            Some(storage) => Ok(Box::new(storage.clone())),
            None => {
                let opened = std::fs::File::open(&self.path);
                let file = opened
                    .map_err(|error| Gone::Unreadable(format!("cannot read the packet file: {error}")))?;
                Ok(Box::new(file))
            }
        }
    }
}

impl From<&Path> for FileSource {
    fn from(path: &Path) -> Self {
        Self::file(path)
    }
}

/// What it takes to read packet files besides knowing where they are.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Keys of files that are encrypted.
    pub keys: Arc<Keyring>,
    /// Keys that wrap those of files that an Arkime encrypted.
    pub keks: Arc<arkime::Keks>,
    /// Files that lie in object storage.
    pub remote: Option<Arc<dyn Remote>>,
}

/// Opens packet files that lie on no disk of this machine.
pub trait Remote: fmt::Debug + Send + Sync {
    /// A file by its URL.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn open(&self, url: &str) -> Result<Arc<dyn Storage>, Gone>;
}

impl Access {
    /// A packet file by what is known of it: on a disk, or, where its name is a URL (`s3://…`), in object storage.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn open(&self, facts: &arkime::Facts<'_>) -> Result<FileSource, Gone> {
        let form = arkime::Form::of(facts, &self.keks).map_err(Gone::Unreadable)?;
        let storage = match (&self.remote, facts.name.contains("://")) {
            (_, false) => None,
            (Some(remote), true) => Some(remote.open(facts.name)?),
            (None, true) => {
                let why = "it lies in object storage, which this configuration does not name; see [packets] object_store";
                return Err(Gone::Unreadable(why.to_owned()));
            }
        };
        Ok(FileSource { path: PathBuf::from(facts.name), form, storage })
    }
}

/// Finds packet files. The catalogue of a running system is behind it; this crate does not know it.
pub trait Files {
    /// The path of a node's file, readable from here.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone>;

    /// The file as it is to be read: where it is no file of this machine, or one that an Arkime wrote, more than its path.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn source(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        self.locate(node, number).map(FileSource::file)
    }

    /// The keys of files that are encrypted.
    fn keys(&self) -> &Keyring {
        Keyring::empty()
    }
}

impl<F: Fn(&str, u32) -> Result<PathBuf, Gone>> Files for F {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        self(node, number)
    }
}

/// Why packets cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The file is not in the catalogue any more: retention has deleted it.
    Expired,
    /// The file lies on another node, which has to be asked.
    Elsewhere(String),
    /// The session was made without packet files (or its packets were not kept).
    NotKept,
    /// The file cannot be read: the text says what and where.
    Unreadable(String),
    /// The file is not what it was when the session was made, or is damaged: the text says what and where.
    Damaged(String),
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gone::Expired => f.write_str("the packet file has expired"),
            Gone::Elsewhere(node) => write!(f, "the packet file lies on node {node}"),
            Gone::NotKept => f.write_str("the packets were not kept"),
            Gone::Unreadable(what) | Gone::Damaged(what) => f.write_str(what),
        }
    }
}

/// Packets of one file that could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Node of the file.
    pub node: String,
    /// Its number; 0 where there is no file.
    pub number: u32,
    /// Its path, where it is known.
    pub path: Option<PathBuf>,
    /// How many packets.
    pub packets: u64,
    /// Why the first of them.
    pub reason: Gone,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.packets == 1 { "" } else { "s" };
        write!(f, "{} packet{plural} missing: ", self.packets)?;
        match &self.path {
            Some(path) => write!(f, "{}: {}", path.display(), self.reason),
            None if self.number == 0 => write!(f, "{}", self.reason),
            None => write!(f, "file {} of node {}: {}", self.number, self.node, self.reason),
        }
    }
}

/// Losses, one entry a file.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    by_file: HashMap<(String, u32), usize>,
    list: Vec<Loss>,
}

impl Losses {
    /// Adds packets of a file; the reason of the first stays.
    pub fn add(&mut self, node: &str, number: u32, path: Option<&PathBuf>, packets: u64, reason: Gone) {
        let key = (node.to_owned(), number);
        if let Some(loss) = self.by_file.get(&key).and_then(|at| self.list.get_mut(*at)) {
            loss.packets += packets;
            return;
        }
        self.by_file.insert(key, self.list.len());
        self.list.push(Loss { node: node.to_owned(), number, path: path.cloned(), packets, reason });
    }
    pub fn into_list(mut self) -> Vec<Loss> {
        self.list.sort_by(|a, b| (&a.node, a.number).cmp(&(&b.node, b.number)));
        self.list
    }
}
