//! Header blocks (RFC 7541).

use super::huffman;
use crate::bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of the dynamic table at the start, as both sides assume (section 6.5.2 of RFC 9113).
const START: usize = 4_096;
/// Bytes that a side may make the table hold; more ends the parser.
const MAX_TABLE: usize = 64 * 1024;
/// Bytes that an entry counts beside its name and value (section 4.1).
const OVERHEAD: usize = 32;
/// Bytes of one name or value.
const MAX_TEXT: usize = 64 * 1024;
/// Bytes of all names and values of one block.
const MAX_BLOCK: usize = 256 * 1024;

/// What one side's decoder remembers.
pub(super) struct Table {
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
    limit: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { entries: VecDeque::new(), size: 0, limit: START }
    }
}

impl Table {
    /// Calls `see` for every header of a block; nothing where it is not sound: the table is of no use after that.
    pub(super) fn block(&mut self, block: &[u8], see: &mut dyn FnMut(&[u8], &[u8])) -> Option<()> {
        let mut cursor = Bytes::new(block);
        let mut written = 0;
        while let Some(&first) = cursor.rest().first() {
            let (name, value, keep) = match first {
                // section 6.1: a whole entry
                0x80.. => {
                    let index = number(&mut cursor, 7)?;
                    let (name, value) = self.entry(index)?;
                    (name.to_vec(), value.to_vec(), false)
                }
                // section 6.3: a new size of the table
                0x20..0x40 => {
                    self.limit = number(&mut cursor, 5).filter(|limit| *limit <= MAX_TABLE)?;
                    self.shrink();
                    continue;
                }
                // section 6.2: a value, with a name of the table or its own; kept, not kept, or never to be kept
                _ => {
                    let keep = first & 0x40 != 0;
                    let name = match number(&mut cursor, if keep { 6 } else { 4 })? {
                        0 => text(&mut cursor)?,
                        index => self.entry(index)?.0.to_vec(),
                    };
                    (name, text(&mut cursor)?, keep)
                }
            };
            written += name.len() + value.len();
            if written > MAX_BLOCK {
                return None;
            }
            see(&name, &value);
            if keep {
                self.size += name.len() + value.len() + OVERHEAD;
                self.entries.push_front((name, value));
                self.shrink();
            }
        }
        Some(())
    }

    fn entry(&self, index: usize) -> Option<(&[u8], &[u8])> {
        let at = index.checked_sub(1)?;
        match STATIC.get(at) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => {
                self.entries.get(at - STATIC.len()).map(|(name, value)| (name.as_slice(), value.as_slice()))
            }
        }
    }

    fn shrink(&mut self) {
        while self.size > self.limit {
            let Some((name, value)) = self.entries.pop_back() else { break };
            self.size -= name.len() + value.len() + OVERHEAD;
        }
    }
}

/// A number in the low bits of a byte and, where they are all ones, in bytes of seven bits (section 5.1).
fn number(cursor: &mut Bytes<'_>, bits: u32) -> Option<usize> {
    let most = (1usize << bits) - 1;
    let mut value = usize::from(cursor.u8()?) & most;
    if value < most {
        return Some(value);
    }
    for shift in [0, 7, 14, 21] {
        let byte = cursor.u8()?;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A string behind its length, coded or not (section 5.2).
fn text(cursor: &mut Bytes<'_>) -> Option<Vec<u8>> {
    let coded = cursor.rest().first()? & 0x80 != 0;
    let length = number(cursor, 7)?;
    let bytes = cursor.take(length).filter(|bytes| bytes.len() <= MAX_TEXT)?;
    if coded { huffman::decode(bytes, MAX_TEXT) } else { Some(bytes.to_vec()) }
}

/// Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::unhex;

    fn read(table: &mut Table, block: &str) -> Option<Vec<String>> {
        let mut seen = Vec::new();
        table.block(&unhex(block), &mut |name, value| {
            seen.push(format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value)));
        })?;
        Some(seen)
    }

    /// RFC 7541 appendix C.4: three requests on one connection.
    #[test]
    fn the_requests_of_the_rfc() {
        let mut table = Table::default();
        let first = read(&mut table, "828684418cf1e3c2e5f23a6ba0ab90f4ff").unwrap();
        assert_eq!(first, [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"]);
        let second = read(&mut table, "828684be5886a8eb10649cbf").unwrap();
        assert_eq!(second.last().unwrap(), "cache-control: no-cache");
        let third = read(&mut table, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf").unwrap();
        assert_eq!(third.last().unwrap(), "custom-key: custom-value");
        assert_eq!(table.size, 164);
    }

    #[test]
    fn what_is_not_sound_is_refused() {
        for block in ["80", "ff80808080", "be", "3fe1ffffff7f", "40", "400a61"] {
            assert_eq!(read(&mut Table::default(), block), None, "{block}");
        }
        let mut table = Table::default();
        for _ in 0..1_000 {
            read(&mut table, "40 0161 0a 62626262626262626262").unwrap();
        }
        assert!(table.size <= START);
    }
}
