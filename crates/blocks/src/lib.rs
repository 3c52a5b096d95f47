//! Files of blocks: how packet files are compressed and encrypted, so that any place of them can still be read.
//!
//! What is stored is a stream of bytes (a pcap); a place in it is called *logical* and is the same whatever the form of the file. The
//! stream is cut into blocks, each compressed and encrypted by itself behind a [`Head`] that says what it holds. Blocks are never
//! changed once written, so that a file is readable up to its last complete block whenever its writer ended.
//!
//! ```text
//! zstd:       { head(72) zstd frame }*  seek table
//! encrypted:  file header(128)  { head(72) AES-256-GCM(pcap or zstd frame) tag(16) }*  seek table
//! ```
//! Heads and seek table are skippable frames of zstd, the table in the form of zstd's own seekable format: `zstd -d` unpacks the files
//! that are not encrypted. [`Encoder`] makes the pieces of a file, [`Blocks`] reads one at any place, [`Stream`] from its start.
//!
//! Each encrypted file has a random key of its own, wrapped by the key of a key file ([`Key`]). The head of a block is authenticated
//! with it and the number of the block is the nonce, so that blocks can be neither changed nor swapped; heads (times, number of
//! packets) are not secret.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod encoder;
mod error;
mod head;
mod key;
mod reader;
mod seal;
mod storage;
mod stream;
mod table;

pub use encoder::{Coding, Encoder, Piece};
pub use error::Error;
pub use head::{HEAD, Head};
pub use key::{Key, KeyError, KeyId, Keyring};
pub use reader::{Blocks, Hole};
pub use seal::FILE_HEADER;
pub use storage::{Storage, read_full};
pub use stream::Stream;

/// Longest block, before and after compression, bytes: more than a record of a capture may be.
pub const MAX_BLOCK: usize = 32 << 20;
/// Bytes that [`recognise`] needs.
pub const MAGIC: usize = 12;

/// The form of a file of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Compressed.
    Zstd,
    /// Encrypted, maybe compressed too.
    Encrypted,
}

/// The form of a file by its first [`MAGIC`] bytes; `None` where it is no file of blocks (other zstd files included).
#[must_use]
pub fn recognise(first: &[u8]) -> Option<Kind> {
    if seal::recognise(first) {
        Some(Kind::Encrypted)
    } else if head::recognise(first) {
        Some(Kind::Zstd)
    } else {
        None
    }
}

/// Little-endian numbers out of bytes whose length was checked; 0 beyond their end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk::<4>()).map_or(0, |b| u32::from_le_bytes(*b))
}
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk::<8>()).map_or(0, |b| u64::from_le_bytes(*b))
}
