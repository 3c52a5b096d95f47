//! What an import says while it runs and at its end.

use crate::Counters;
use std::path::PathBuf;
use std::time::Duration;

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Files begun.
    pub files: usize,
    /// Files in all.
    pub files_total: usize,
    /// Bytes read of them, as they are on disk.
    pub bytes: u64,
    /// Bytes of them in all; less than `bytes` where a pipe is among them.
    pub bytes_total: u64,
    /// Packets read.
    pub packets: u64,
    /// Sessions found.
    pub sessions: u64,
    /// Time since the beginning.
    pub elapsed: Duration,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOutcome {
    /// The file as it was given.
    pub path: PathBuf,
    /// What became of it.
    pub result: FileResult,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileResult {
    /// All of it was imported.
    Imported {
        /// Packets in it.
        packets: u64,
        /// Whether its packets were copied, because that was asked for or because packets cannot be found again in such a file.
        copied: bool,
    },
    /// It is damaged; what comes before the damage was imported.
    Damaged {
        /// Packets before the damage.
        packets: u64,
        /// What is wrong, with the file and the byte.
        error: String,
    },
    /// It was imported before.
    Known {
        /// Its path at that time.
        before: String,
    },
    /// Nothing of it was imported.
    Failed(String),
    /// The import was stopped before its end; what was read is kept. Importing it again completes it.
    Stopped {
        /// Packets read.
        packets: u64,
    },
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Report {
    /// Each file, in order.
    pub files: Vec<FileOutcome>,
    /// What happened and what was lost.
    pub counters: Counters,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// Whether every file is in the index, whole.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.files.iter().all(|f| matches!(f.result, FileResult::Imported { .. } | FileResult::Known { .. }))
    }
}
