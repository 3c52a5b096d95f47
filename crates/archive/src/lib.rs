//! Packet files in S3-compatible object storage.
//!
//! [`Bucket`] puts, reads in ranges, measures and deletes objects, over HTTP with blocking calls, as the rest of the packet store works; requests
//! are signed by `rusty-s3`, which sends none itself, so that no second HTTP stack comes in. [`pack`] makes blocks of zstd of a plain packet
//! file before it goes up: positions stay what they are, and a read needs the blocks that it is about and the seek table. [`Shelf`] opens files by their URL
//! through a bounded cache on disk.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod bucket;
mod cache;
mod credentials;
mod pack;

pub use bucket::{Bucket, Error, Place};
pub use cache::Shelf;
pub use credentials::Source;
pub use pack::pack;
