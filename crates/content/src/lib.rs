//! What a conversation carried.
//!
//! [`files`] takes the files out of HTTP, mail and streams that are nothing but a file, with their digests; [`uncompress`] undoes content
//! encodings; [`Decoder`]s are what an analyst tries on a payload; [`tls`] decrypts records with the keys of a key log. Input is hostile: what
//! grows when it is unpacked is cut at a limit, and says so.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod decoder;
mod encoding;
mod file;
mod http;
pub mod tls;

pub use decoder::{DECODERS, DecodeError, Decoder, DecoderInfo, decode, read_chain};
pub use encoding::{Unpacked, uncompress};
pub use file::{File, Origin, files};
pub use http::readable;

/// Bytes that one body or payload may become when it is unpacked.
pub const MAX_UNPACKED: usize = 32 << 20;
