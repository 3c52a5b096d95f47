//! The client hello of Google's QUIC crypto: a table of tags, each with the end of its value.
//!
//! ```text
//! "CHLO"  count (2, little endian)  padding (2)   count × { tag (4)  end (4, little endian) }   values
//! ```

use super::fields::*;
use crate::Context;
use crate::bytes::Bytes;

/// Tags of one hello, at most.
const MAX_TAGS: u16 = 256;

/// Reads a hello that begins at the start of these bytes; false where none does. A hello that is cut is read as
/// far as it goes.
pub(crate) fn read(bytes: &[u8], context: &mut Context<'_>) -> bool {
    let mut bytes = Bytes::new(bytes);
    let (Some(b"CHLO"), Some(count), Some(_)) = (bytes.take(4), bytes.u16(), bytes.u16()) else {
        return false;
    };
    let count = count.swap_bytes();
    let Some(table) = bytes.take(usize::from(count) * 8).filter(|_| (1..=MAX_TAGS).contains(&count)) else {
        return false;
    };
    let values = bytes.rest();
    let mut start = 0;
    for entry in table.chunks_exact(8) {
        let mut entry = Bytes::new(entry);
        let (Some(tag), Some(end)) = (entry.take(4), entry.u32()) else { break };
        let end = end.swap_bytes() as usize;
        let Some(value) = values.get(start..end) else { break };
        start = end;
        let text = String::from_utf8_lossy(value);
        let text = text.trim_end_matches('\0');
        if text.is_empty() {
            continue;
        }
        match tag {
            b"SNI\0" => context.doc.add(&HOST, text),
            b"UAID" => context.doc.add(&USER_AGENT, text),
            b"VER\0" => context.doc.add(&VERSION, text),
            _ => continue,
        };
    }
    true
}

/// Whether all values of a hello are there, or it is none.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    let mut bytes = Bytes::new(bytes);
    let (Some(b"CHLO"), Some(count), Some(_)) = (bytes.take(4), bytes.u16(), bytes.u16()) else {
        return false;
    };
    let Some(table) = bytes.take(usize::from(count.swap_bytes()) * 8) else { return false };
    let end = table.last_chunk::<4>().map_or(0, |end| u32::from_le_bytes(*end));
    bytes.len() >= end as usize
}
