//! Numbers in either byte order.

use serde::{Deserialize, Serialize};

/// Byte order of the machine that wrote a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl Order {
    /// 16 bits at `at`; 0 where the bytes end. Callers have checked the length.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        match (bytes.get(at..).and_then(|b| b.first_chunk::<2>()), self) {
            (Some(b), Self::Little) => u16::from_le_bytes(*b),
            (Some(b), Self::Big) => u16::from_be_bytes(*b),
            (None, _) => 0,
        }
    }

    /// 32 bits at `at`; 0 where the bytes end.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        match (bytes.get(at..).and_then(|b| b.first_chunk::<4>()), self) {
            (Some(b), Self::Little) => u32::from_le_bytes(*b),
            (Some(b), Self::Big) => u32::from_be_bytes(*b),
            (None, _) => 0,
        }
    }

    /// 64 bits at `at`; 0 where the bytes end.
    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> u64 {
        let (first, second) = (u64::from(self.u32(bytes, at)), u64::from(self.u32(bytes, at + 4)));
        match self {
            Self::Little => (second << 32) | first,
            Self::Big => (first << 32) | second,
        }
    }
}
