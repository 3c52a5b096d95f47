//! What is in a packet file whose writer may have been interrupted.

use crate::files::{FileSource, Gone};
use crate::window::{Head, open};
use blocks::{Blocks, KeyId, Keyring};
use pcap::{Damage, Error};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use wire::LinkType;

/// Bytes of the header of a pcap.
const FILE_HEADER: u64 = 24;
/// Bytes of the header of a packet in it.
const RECORD_HEADER: u64 = 16;

/// How a packet file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// With a complete record or block.
    Whole,
    /// Inside a record or block, as an interrupted writer leaves it: [`repair`] cuts it. The text says where.
    Torn(String),
    /// Something in the middle is not what was written. The text says where; of a compressed or encrypted file all other blocks are
    /// readable, of a plain one all records before.
    Damaged(String),
}

/// What is in a packet file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// How it ends.
    pub state: State,
    /// Link type of the packets; `None` where it takes the key to know, or a pcapng has several.
    pub link: Option<LinkType>,
    /// Complete packets.
    pub packets: u64,
    /// Captured bytes of them.
    pub packet_bytes: u64,
    /// Earliest and latest time of them, nanoseconds since 1970; `None` without any.
    pub times: Option<(i64, i64)>,
    /// Offset after the last complete record, in the capture that the file holds: positions are smaller.
    pub end: u64,
    /// Where that is in the file.
    pub whole: u64,
    /// Length of the file.
    pub size: u64,
    /// Whether it is compressed by blocks.
    pub compressed: bool,
    /// Id of the key that it takes to read it.
    pub key: Option<KeyId>,
    /// Whether it says itself that it was finished (only files of blocks can).
    pub finished: bool,
}

/// Walks through a packet file of any form, finished or not. No key is needed. Reads the whole file.
///
/// # Errors
/// The file cannot be read, or is no capture (too short for the header of one included).
pub fn scan(path: &Path) -> Result<Scan, Gone> {
    let unreadable = |error: &dyn std::fmt::Display| Gone::Unreadable(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    let mut first = [0; blocks::MAGIC];
    let have = file.read(&mut first).map_err(|error| unreadable(&error))?;
    if blocks::recognise(first.get(..have).unwrap_or_default()).is_some() {
        let blocks = Blocks::open(file).map_err(|error| unreadable(&error))?;
        return of_blocks(path, blocks, size).map_err(|error| unreadable(&error));
    }
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    of_plain(path, file, size)
}

fn of_plain(path: &Path, file: File, size: u64) -> Result<Scan, Gone> {
    let damaged = |error: &Error| match error {
        Error::Io { .. } => Gone::Unreadable(format!("{}: {error}", path.display())),
        _ => Gone::Damaged(format!("{}: {error}", path.display())),
    };
    let again = file.try_clone().map_err(|error| Gone::Unreadable(format!("{}: {error}", path.display())))?;
    // the length is that of the moment of opening
    let mut stream = pcap::Stream::new(file.take(size)).map_err(|error| damaged(&error))?;
    let (mut packets, mut packet_bytes, mut times) = (0, 0, None);
    let state = loop {
        match stream.next() {
            Ok(Some(record)) => {
                packets += 1;
                packet_bytes += record.bytes.len() as u64;
                let (first, last) = times.get_or_insert((record.time, record.time));
                (*first, *last) = ((*first).min(record.time), (*last).max(record.time));
            }
            Ok(None) => break State::Whole,
            Err(error @ Error::Truncated { .. }) => break State::Torn(error.to_string()),
            Err(error @ Error::Damaged { at, what: Damage::Zeros, .. }) if is_zero(&again, at) => {
                break State::Torn(error.to_string());
            }
            Err(error @ Error::Damaged { .. }) => break State::Damaged(error.to_string()),
            Err(error) => return Err(damaged(&error)),
        }
    };
    let end = stream.position();
    let link = stream.format().link().map(LinkType);
    Ok(Scan {
        state,
        link,
        packets,
        packet_bytes,
        times,
        end,
        whole: end,
        size,
        compressed: false,
        key: None,
        finished: false,
    })
}

/// Whether nothing but zeros follows: the room of writes that never came.
fn is_zero(file: &File, from: u64) -> bool {
    let (mut at, mut buffer) = (from, vec![0; 1 << 20]);
    loop {
        match file.read_at(&mut buffer, at) {
            Ok(0) => return true,
            Ok(read) if buffer.get(..read).unwrap_or_default().iter().all(|b| *b == 0) => at += read as u64,
            Ok(_) => return false,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

fn of_blocks(path: &Path, mut blocks: Blocks, size: u64) -> Result<Scan, blocks::Error> {
    let (mut packets, mut times, mut damage) = (0, None, None);
    let mut good = 0;
    for block in 0..blocks.count() {
        match blocks.verify(block) {
            Ok(head) => {
                good += u64::from(head.plain);
                packets += u64::from(head.packets);
                if head.packets > 0 {
                    let (first, last) = times.get_or_insert((head.first, head.last));
                    (*first, *last) = ((*first).min(head.first), (*last).max(head.last));
                }
            }
            Err(error @ blocks::Error::Damaged { .. }) => damage = damage.or(Some(error.to_string())),
            Err(error) => return Err(error),
        }
    }
    if let Some(hole) = blocks.holes().first() {
        damage = damage.or(Some(format!("no block is found from byte {} to byte {}", hole.from, hole.to)));
    }
    let whole = if blocks.is_finished() { size } else { blocks.end() };
    let state = match damage {
        Some(what) => State::Damaged(what),
        None if blocks.is_torn()? => {
            State::Torn(format!("block at byte {whole} is not complete; the file ends at byte {size}"))
        }
        None => State::Whole,
    };
    // a file that is not encrypted says its link type
    let link = match open(&FileSource::file(path), Keyring::empty()) {
        Ok((_, Head::Whole(format))) => format.link().map(LinkType),
        _ => None,
    };
    Ok(Scan {
        state,
        link,
        packets,
        packet_bytes: good.saturating_sub(FILE_HEADER + RECORD_HEADER * packets),
        times,
        end: blocks.len(),
        whole,
        size,
        compressed: blocks.is_compressed(),
        key: blocks.key_id(),
        finished: blocks.is_finished(),
    })
}

/// Cuts the torn end of a file that nobody writes any more; says how many bytes went. Whole and damaged files stay as they are.
/// May be repeated.
///
/// # Errors
/// The file cannot be written.
pub fn repair(path: &Path, scan: &Scan) -> io::Result<u64> {
    let State::Torn(_) = scan.state else { return Ok(0) };
    let file = OpenOptions::new().write(true).open(path)?;
    let size = file.metadata()?.len();
    file.set_len(scan.whole.min(size))?;
    file.sync_data()?;
    Ok(size.saturating_sub(scan.whole))
}
