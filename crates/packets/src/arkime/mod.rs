//! Packet files that an Arkime sensor wrote: what is different about them.
//!
//! A plain file is an ordinary pcap and needs none of this. Files may be compressed in blocks of gzip or zstd: a position is then
//! `(offset of the compressed block in the file << uncompressedBits) | offset in the unpacked block`. They may be encrypted byte by byte
//! (`aes-256-ctr`, `xor-2048`) with a key that is wrapped by one of the sensor's `[keks]`. In `.arkime` files the header of a packet
//! has six bytes instead of sixteen: length (2), and seconds since the file's start (12 bits) and microseconds (20 bits).
//! Positions in documents are absolute, `gap0`, or point into an index file beside the packet file ([`positions`]).

mod cipher;
mod position;
mod reader;

pub use cipher::{Cipher, KekError, Keks};
pub use position::{Coding, PositionError, positions, varints};
pub(crate) use reader::Reader;

/// How the blocks of a file are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Deflate, each block readable by itself; the whole file is a gzip file.
    Gzip,
    /// A frame of zstd for each block.
    Zstd,
}

/// How a packet file of an Arkime sensor is read, where it is not simply a pcap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Compression, with the number of bits of a position that are the place in the unpacked block.
    pub compression: Option<(Compression, u32)>,
    /// Encryption.
    pub cipher: Option<Cipher>,
    /// Whether packets have the short header; a file also says so itself.
    pub short: bool,
    /// Start of the file, seconds since 1970: short headers count from it.
    pub first: i64,
}

/// What the `files` document of an Arkime says of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// Its path.
    pub name: &'a str,
    /// `compression`: `gzip`, `zstd`, or nothing.
    pub compression: &'a str,
    /// `uncompressedBits`.
    pub uncompressed_bits: Option<u32>,
    /// `encoding`: `aes-256-ctr`, `xor-2048`, or nothing.
    pub encoding: Option<&'a str>,
    /// `dek`: the key of the file, wrapped, in hexadecimal.
    pub dek: Option<&'a str>,
    /// `iv`, in hexadecimal.
    pub iv: Option<&'a str>,
    /// `kekId`: which key wraps it.
    pub kek_id: Option<&'a str>,
    /// `first`, seconds since 1970.
    pub first: i64,
}

/// Most bits of a position that may be the place in a block: blocks of 64 MiB.
const MAX_BITS: u32 = 26;

impl Form {
    /// The form of a file; `None` where it is a plain pcap or a file of our own.
    ///
    /// # Errors
    /// The file is in a form that is not known, or needs a key that is not there: a sentence with the remedy.
    pub fn of(facts: &Facts<'_>, keks: &Keks) -> Result<Option<Self>, String> {
        let compression = match (facts.compression, facts.uncompressed_bits) {
            (_, None | Some(0)) => None,
            (_, Some(bits)) if bits > MAX_BITS => {
                return Err(format!(
                    "its catalogue entry says uncompressedBits {bits}; at most {MAX_BITS} are possible"
                ));
            }
            ("gzip", Some(bits)) => Some((Compression::Gzip, bits)),
            ("zstd", Some(bits)) => Some((Compression::Zstd, bits)),
            (other, Some(_)) => {
                return Err(format!("it is compressed with `{other}`; known are gzip and zstd"));
            }
        };
        let cipher = match facts.encoding {
            None | Some("" | "none" | "normal") => None,
            Some(encoding) => Some(Cipher::unwrap(encoding, facts.dek, facts.iv, facts.kek_id, keks)?),
        };
        let short = facts.name.trim_end_matches(".gz").trim_end_matches(".zst").ends_with(".arkime");
        let plain = compression.is_none() && cipher.is_none() && !short;
        Ok((!plain).then_some(Self { compression, cipher, short, first: facts.first }))
    }
}

#[cfg(test)]
mod tests;
