//! Reads packets of an Arkime's file at their positions.

use super::{Cipher, Compression, Form};
use crate::files::Gone;
use blocks::{Storage, read_full};
use flate2::bufread::{DeflateDecoder, GzDecoder};
use pcap::{Format, MAX_RECORD, RecordHeader};
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;

/// Bytes of the header of the capture.
const HEAD: usize = 24;
/// Bytes of the header of a packet, and of the short one.
const RECORD: usize = 16;
const SHORT: usize = 6;
/// The number that a file with short headers begins with, in place of a pcap's.
const SHORT_MAGIC: u32 = 0xa1b2_c3d5;
const MAGIC: u32 = 0xa1b2_c3d4;
/// Bytes read from the file at once.
const READ: usize = 256 << 10;
/// Blocks that are kept unpacked.
const KEPT: usize = 4;

/// The bytes of a file, decrypted.
#[derive(Debug)]
struct Raw {
    storage: Box<dyn Storage>,
    cipher: Option<Cipher>,
}

impl Raw {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let have = read_full(into, at, &mut |into, at| self.storage.read_at(into, at))?;
        if let (Some(cipher), Some(read)) = (&self.cipher, into.get_mut(..have)) {
            cipher.apply(read, at);
        }
        Ok(have)
    }
}

/// A file read forward from a place.
struct From {
    raw: Arc<Raw>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// A block, unpacked as far as it was needed; goes on into the blocks behind it, where a packet does.
struct Block {
    at: u64,
    unpack: Box<dyn Read + Send>,
    plain: Vec<u8>,
    ended: bool,
}

/// An open file.
pub(crate) struct Reader {
    raw: Arc<Raw>,
    compression: Option<(Compression, u32)>,
    format: Format,
    /// Start of the file in seconds, where headers are short.
    short: Option<i64>,
    /// Blocks, or a part of the file that is not compressed; the last used last.
    kept: Vec<Block>,
    bytes: Vec<u8>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("raw", &self.raw).field("short", &self.short).finish_non_exhaustive()
    }
}

fn failed(error: &io::Error, at: u64) -> Gone {
    let what = format!("cannot read the packet file at position {at}: {error}");
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            Gone::Damaged(what)
        }
        _ => Gone::Unreadable(what),
    }
}

impl Block {
    fn open(raw: &Arc<Raw>, at: u64, compression: Compression) -> io::Result<Self> {
        let mut input = BufReader::with_capacity(64 << 10, From { raw: raw.clone(), at });
        let unpack: Box<dyn Read + Send> = match compression {
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(input)?),
            // the first block has the header of the gzip file before it
            Compression::Gzip if input.fill_buf()?.starts_with(&[0x1f, 0x8b]) => {
                Box::new(GzDecoder::new(input))
            }
            Compression::Gzip => Box::new(DeflateDecoder::new(input)),
        };
        Ok(Self { at, unpack, plain: Vec::new(), ended: false })
    }

    /// Unpacks until there are this many bytes or no more.
    fn reach(&mut self, len: usize) -> io::Result<()> {
        if self.plain.len() >= len || self.ended {
            return Ok(());
        }
        let mut chunk = vec![0; READ.min(len.saturating_sub(self.plain.len()).max(1))];
        while self.plain.len() < len && !self.ended {
            match self.unpack.read(&mut chunk) {
                Ok(0) => self.ended = true,
                Ok(read) => self.plain.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Reader {
    /// Opens a file and reads its header.
    pub fn open(storage: Box<dyn Storage>, form: &Form) -> Result<Self, Gone> {
        let raw = Arc::new(Raw { storage, cipher: form.cipher.clone() });
        let mut reader = Self {
            raw,
            compression: form.compression,
            format: Format::Pcap(pcap::Pcap {
                order: pcap::Order::Little,
                nanos: false,
                modified: false,
                snap_len: 0,
                link: 1,
            }),
            short: None,
            kept: Vec::new(),
            bytes: Vec::new(),
        };
        let mut head = [0; HEAD];
        let bytes = reader.at(0, HEAD)?;
        let Some(bytes) = bytes.get(..HEAD) else {
            return Err(Gone::Damaged("the packet file has no complete header".to_owned()));
        };
        head.copy_from_slice(bytes);
        let word = |head: &[u8; HEAD], at: usize, big: bool| {
            let bytes = head.get(at..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
            if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
        };
        let said = [false, true].into_iter().find(|big| word(&head, 0, *big) == SHORT_MAGIC);
        if let Some(big) = said {
            let magic = if big { MAGIC.to_be_bytes() } else { MAGIC.to_le_bytes() };
            if let Some(first) = head.first_chunk_mut::<4>() {
                *first = magic;
            }
            // where a pcap has its time zone
            let start = i64::from(word(&head, 8, big));
            reader.short = Some(if start > 0 { start } else { form.first });
        } else if form.short {
            reader.short = Some(form.first);
        }
        let why = if form.cipher.is_some() { " (or the key is not its own)" } else { "" };
        reader.format = Format::scan(&head).map_err(|error| Gone::Damaged(format!("{error}{why}")))?;
        Ok(reader)
    }

    pub fn format(&self) -> &Format {
        &self.format
    }

    /// A bound of positions in it.
    pub fn end(&self) -> u64 {
        let len = self.raw.storage.len().unwrap_or(0);
        let bits = self.compression.map_or(0, |(_, bits)| bits);
        len.checked_shl(bits).filter(|end| end >> bits == len).unwrap_or(u64::MAX)
    }

    /// The header of the packet at a position; its bytes are there until the next call.
    pub fn record(&mut self, at: u64) -> Result<RecordHeader, Gone> {
        let header_len = if self.short.is_some() { SHORT } else { RECORD };
        let bytes = self.at(at, header_len)?;
        let Some(bytes) = bytes.get(..header_len) else {
            return Err(Gone::Damaged(format!("the packet file ends before the packet at position {at}")));
        };
        let mut head = [0; RECORD];
        if let Some(to) = head.get_mut(..header_len) {
            to.copy_from_slice(bytes);
        }
        let header = match (self.short, &self.format) {
            (Some(start), Format::Pcap(pcap)) => short(&head, at, start, pcap),
            _ => self.format.header(&head, at).map_err(|error| Gone::Damaged(error.to_string()))?,
        };
        let captured = header.captured_len as usize;
        if captured > MAX_RECORD {
            return Err(Gone::Damaged(format!("the packet at position {at} claims {captured} bytes")));
        }
        let whole = header_len + captured;
        let bytes = self.at(at, whole)?;
        let data = bytes.get(header_len..whole).map(<[u8]>::to_vec);
        match data {
            Some(data) => self.bytes = data,
            None => {
                let why =
                    format!("the packet at position {at} claims {captured} bytes; the file ends before");
                return Err(Gone::Damaged(why));
            }
        }
        Ok(header)
    }

    /// The captured bytes of the packet whose header was the last to be asked for.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// At least `len` bytes at a position, fewer at the end.
    fn at(&mut self, at: u64, len: usize) -> Result<&[u8], Gone> {
        let (start, inside) = match self.compression {
            Some((_, bits)) => (at >> bits, usize::try_from(at & ((1 << bits) - 1)).unwrap_or(usize::MAX)),
            None => self.part(at, len),
        };
        match self.kept.iter().position(|block| block.at == start) {
            Some(known) => {
                let block = self.kept.remove(known);
                self.kept.push(block);
            }
            None => {
                if self.kept.len() >= KEPT {
                    self.kept.remove(0);
                }
                let block = match self.compression {
                    Some((compression, _)) => Block::open(&self.raw, start, compression),
                    None => Ok(Block {
                        at: start,
                        unpack: Box::new(From { raw: self.raw.clone(), at: start }),
                        plain: Vec::new(),
                        ended: false,
                    }),
                };
                self.kept.push(block.map_err(|error| failed(&error, at))?);
            }
        }
        let Some(block) = self.kept.last_mut() else { return Ok(&[]) };
        // where the file is not whole, what comes before the damage is
        let reached = block.reach(inside.saturating_add(len));
        let have = block.plain.get(inside..).unwrap_or_default();
        match reached {
            Err(error) if have.len() < len => Err(failed(&error, at)),
            _ => Ok(have),
        }
    }

    /// Of a file that is not compressed: the part that is read for a place, and where in it that is.
    fn part(&self, at: u64, len: usize) -> (u64, usize) {
        let known = self.kept.iter().find(|part| {
            at >= part.at && at.saturating_add(len as u64) <= part.at.saturating_add(READ as u64)
        });
        let start = known.map_or(at, |part| part.at);
        (start, usize::try_from(at - start).unwrap_or(usize::MAX))
    }
}

/// A short header: length, then seconds since the start of the file and microseconds.
fn short(head: &[u8; RECORD], at: u64, start: i64, pcap: &pcap::Pcap) -> RecordHeader {
    let [a, b, c, d, e, f, ..] = *head;
    let (len, time) = match pcap.order {
        pcap::Order::Little => (u16::from_le_bytes([a, b]), u32::from_le_bytes([c, d, e, f])),
        pcap::Order::Big => (u16::from_be_bytes([a, b]), u32::from_be_bytes([c, d, e, f])),
    };
    let seconds = start.saturating_add(i64::from(time >> 20));
    RecordHeader {
        time: seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time & 0xf_ffff) * 1_000),
        captured_len: u32::from(len),
        original_len: u32::from(len),
        link: pcap.link,
        interface: 0,
        at,
        data_at: at.saturating_add(SHORT as u64),
        len: SHORT as u64 + u64::from(len),
    }
}
