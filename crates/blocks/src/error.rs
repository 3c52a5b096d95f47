//! What can be wrong with a file of blocks.

use crate::KeyId;
use std::io;

/// Why blocks cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read at byte {at}: {source}")]
    Io {
        /// Place in the file.
        at: u64,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file begins like one of blocks and is none.
    #[error("not a file of compressed or encrypted packets: {0}")]
    Malformed(String),
    /// The key of the file is not among those given.
    #[error("encrypted with key {id}, which is not among the given keys ({}): name its key file", listed(.have))]
    NoKey {
        /// Key that is needed.
        id: KeyId,
        /// Keys that are there.
        have: Vec<KeyId>,
    },
    /// The key has the right id and does not open the file: its header was changed.
    #[error("the header of the file was changed: key {0} does not open it")]
    Forged(KeyId),
    /// A block is damaged; others are not.
    #[error("the block at byte {at} is damaged: {what}")]
    Damaged {
        /// Where its head starts in the file.
        at: u64,
        /// What is wrong.
        what: String,
    },
}

fn listed(keys: &[KeyId]) -> String {
    if keys.is_empty() {
        return "none".to_owned();
    }
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Io { source, .. } => source.kind(),
            Error::NoKey { .. } => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}
