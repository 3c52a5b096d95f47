//! Makes the pieces of a file of blocks.

use crate::head::{HEAD, Head, check};
use crate::seal::{FileKey, TAG, begin, random};
use crate::{Key, MAX_BLOCK, table};
use std::io;
use std::sync::Arc;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

/// How a file is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coding {
    /// Level of zstd; `None`: not compressed.
    pub zstd: Option<i32>,
    /// Key that encrypts it.
    pub key: Option<Arc<Key>>,
}

/// What a block is made of.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its bytes: whole records.
    pub bytes: &'a [u8],
    /// Packets in it.
    pub packets: u32,
    /// Earliest time of them, nanoseconds since 1970.
    pub first: i64,
    /// Latest time of them.
    pub last: i64,
}

/// A block that was made.
#[derive(Clone, Copy, Debug)]
struct Made {
    stored: u32,
    plain: u32,
    packets: u32,
}

/// Encodes one file. What it gives out has to be written as it comes, one after the other.
pub struct Encoder {
    compressor: Option<Compressor<'static>>,
    key: Option<FileKey>,
    header: Vec<u8>,
    file: u64,
    at: u64,
    made: Vec<Made>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder")
            .field("at", &self.at)
            .field("blocks", &self.made.len())
            .finish_non_exhaustive()
    }
}

impl Encoder {
    /// Begins a file.
    ///
    /// # Errors
    /// The system gives no random numbers; zstd refuses the level.
    pub fn new(coding: &Coding) -> io::Result<Self> {
        let file = u64::from_le_bytes(random()?);
        let mut compressor = coding.zstd.map(Compressor::new).transpose()?;
        if let Some(compressor) = &mut compressor {
            compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        }
        let (header, key) = match &coding.key {
            None => (Vec::new(), None),
            Some(key) => {
                let (header, key) = begin(key, file, compressor.is_some())?;
                (header.to_vec(), Some(key))
            }
        };
        Ok(Self { compressor, key, header, file, at: 0, made: Vec::new() })
    }

    /// What the file begins with; empty where it is not encrypted.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// Room that a block of this many bytes may take.
    #[must_use]
    pub fn bound(&self, plain: usize) -> usize {
        let packed = if self.compressor.is_some() { zstd::zstd_safe::compress_bound(plain) } else { plain };
        HEAD + packed + TAG
    }

    /// Writes a block to the start of `out`, which has [`Self::bound`] bytes, and says how long it is.
    ///
    /// # Errors
    /// `out` or the block has an impossible length; the compressor fails.
    pub fn encode(&mut self, piece: Piece<'_>, out: &mut [u8]) -> io::Result<usize> {
        let wrong = |what: &'static str| io::Error::new(io::ErrorKind::InvalidInput, what);
        if piece.bytes.is_empty() || piece.bytes.len() > MAX_BLOCK {
            return Err(wrong("a block of this length cannot be"));
        }
        let number = u32::try_from(self.made.len()).map_err(|_| wrong("too many blocks in a file"))?;
        let (head_room, body) =
            out.split_first_chunk_mut::<HEAD>().ok_or_else(|| wrong("no room for a block"))?;
        let packed = match &mut self.compressor {
            Some(compressor) => compressor.compress_to_buffer(piece.bytes, body)?,
            None => {
                body.get_mut(..piece.bytes.len())
                    .ok_or_else(|| wrong("no room for a block"))?
                    .copy_from_slice(piece.bytes);
                piece.bytes.len()
            }
        };
        let stored = packed + if self.key.is_some() { TAG } else { 0 };
        let mut head = Head {
            number,
            file: self.file,
            at: self.at,
            plain: piece.bytes.len() as u32,
            stored: u32::try_from(stored).map_err(|_| wrong("too long a block"))?,
            packets: piece.packets,
            first: piece.first,
            last: piece.last,
            check: 0,
        };
        let body = body.get_mut(..stored).ok_or_else(|| wrong("no room for a block"))?;
        if let Some(key) = &self.key {
            let (bytes, tag) = body.split_at_mut_checked(packed).ok_or_else(|| wrong("no room for a tag"))?;
            tag.copy_from_slice(&key.seal(number, &head.bound(), bytes)?);
        }
        head.check = check(body);
        *head_room = head.encode();
        self.made.push(Made { stored: head.stored, plain: head.plain, packets: head.packets });
        self.at += u64::from(head.plain);
        Ok(HEAD + stored)
    }

    /// What a finished file ends with.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let start = self.header.len() as u64;
        table::encode(self.file, start, self.made.iter().map(|made| (made.stored, made.plain)))
    }

    /// Logical bytes so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.at
    }

    /// Whether there is no block yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Of the first `written` bytes of the file, those of whole blocks: their end in the file, logical bytes, packets.
    #[must_use]
    pub fn whole(&self, written: u64) -> (u64, u64, u64) {
        let mut whole = (self.header.len() as u64, 0, 0);
        if whole.0 > written {
            return (0, 0, 0);
        }
        for made in &self.made {
            let end = whole.0 + HEAD as u64 + u64::from(made.stored);
            if end > written {
                break;
            }
            whole = (end, whole.1 + u64::from(made.plain), whole.2 + u64::from(made.packets));
        }
        whole
    }
}
