//! The head of a block: a skippable frame of zstd.
//!
//! ```text
//! 0 magic(4) 4 length behind here(4) 8 "HSB1" 12 number(4) 16 file(8) 24 logical place(8) 32 plain length(4) 36 stored length(4)
//! 40 packets(4) 44 zero(4) 48 first time(8) 56 last time(8) | 64 check of the stored bytes(4) 68 check of this head(4)
//! ```

use crate::{MAX_BLOCK, u32_at, u64_at};
use xxhash_rust::xxh3::xxh3_64;

/// Length of a head, bytes.
pub const HEAD: usize = 72;
/// The part that is authenticated with an encrypted block.
pub(crate) const BOUND: usize = 64;
/// Skippable frame, its length, our mark.
const MAGIC: [u8; 12] = [0x5d, 0x2a, 0x4d, 0x18, (HEAD - 8) as u8, 0, 0, 0, b'H', b'S', b'B', b'1'];

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number within the file, from 0, without gaps.
    pub number: u32,
    /// Random number of the file: bytes inside packets cannot pass for a head.
    pub file: u64,
    /// Logical place of its first byte.
    pub at: u64,
    /// Bytes it holds.
    pub plain: u32,
    /// Bytes behind the head.
    pub stored: u32,
    /// Packets that begin in it.
    pub packets: u32,
    /// Earliest time of them, nanoseconds since 1970.
    pub first: i64,
    /// Latest time of them.
    pub last: i64,
    /// Low half of the XXH3 of the stored bytes.
    pub check: u32,
}

/// The start of every head; what is searched for behind damage.
pub(crate) fn mark() -> &'static [u8] {
    &MAGIC
}

pub(crate) fn recognise(first: &[u8]) -> bool {
    first.starts_with(&MAGIC)
}

/// Check of bytes.
pub(crate) fn check(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

impl Head {
    /// The part before the checks.
    pub(crate) fn bound(&self) -> [u8; BOUND] {
        let parts: [&[u8]; 10] = [
            &MAGIC,
            &self.number.to_le_bytes(),
            &self.file.to_le_bytes(),
            &self.at.to_le_bytes(),
            &self.plain.to_le_bytes(),
            &self.stored.to_le_bytes(),
            &self.packets.to_le_bytes(),
            &[0; 4],
            &self.first.to_le_bytes(),
            &self.last.to_le_bytes(),
        ];
        let mut out = [0; BOUND];
        for (to, from) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    /// As it is in the file.
    #[must_use]
    pub fn encode(&self) -> [u8; HEAD] {
        let bound = self.bound();
        let mut out = [0; HEAD];
        let sealed = bound.iter().chain(&self.check.to_le_bytes()).copied().collect::<Vec<u8>>();
        let sum = check(&sealed).to_le_bytes();
        for (to, from) in out.iter_mut().zip(sealed.iter().chain(&sum)) {
            *to = *from;
        }
        out
    }

    /// Out of a file; `None` where there is no head or a damaged one.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEAD).filter(|bytes| recognise(bytes))?;
        let head = Self {
            number: u32_at(bytes, 12),
            file: u64_at(bytes, 16),
            at: u64_at(bytes, 24),
            plain: u32_at(bytes, 32),
            stored: u32_at(bytes, 36),
            packets: u32_at(bytes, 40),
            first: u64_at(bytes, 48) as i64,
            last: u64_at(bytes, 56) as i64,
            check: u32_at(bytes, 64),
        };
        let most = MAX_BLOCK as u64;
        let sane = check(bytes.get(..68)?) == u32_at(bytes, 68)
            && u64::from(head.plain) <= most
            && u64::from(head.stored) <= 2 * most
            && head.at < 1 << 62;
        sane.then_some(head)
    }

    /// Where the next block starts, from the place of this one.
    pub(crate) fn next(&self, at: u64) -> u64 {
        at + HEAD as u64 + u64::from(self.stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_round_trip_and_notice_every_changed_byte() {
        let head = Head {
            number: 3,
            file: 0x1122_3344_5566_7788,
            at: 1 << 40,
            plain: 262_144,
            stored: 99_999,
            packets: 412,
            first: -5,
            last: i64::MAX,
            check: 77,
        };
        let bytes = head.encode();
        assert_eq!(Head::decode(&bytes), Some(head));
        for at in 0..HEAD {
            let mut changed = bytes;
            changed[at] ^= 0x40;
            assert_eq!(Head::decode(&changed), None, "byte {at}");
            assert_eq!(Head::decode(&bytes[..at]), None);
        }
    }
}
