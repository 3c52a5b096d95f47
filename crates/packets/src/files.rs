//! Where packet files are, and what of them is gone.

use blocks::Keyring;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

/// Finds packet files. The catalogue of a running system is behind it; this crate does not know it.
pub trait Files {
    /// The path of a node's file, readable from here.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone>;

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
