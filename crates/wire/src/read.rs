//! The few ways in which headers are cut out of bytes.

use crate::Malformed;

/// Big-endian 16 bits at a constant place of an array. An index out of the array does not pass clippy.
macro_rules! be16 {
    ($head:expr, $at:literal) => {
        u16::from_be_bytes([$head[$at], $head[$at + 1]])
    };
}

/// Big-endian 32 bits at a constant place of an array.
macro_rules! be32 {
    ($head:expr, $at:literal) => {
        u32::from_be_bytes([$head[$at], $head[$at + 1], $head[$at + 2], $head[$at + 3]])
    };
}

/// The first `N` bytes and the rest.
#[inline]
pub(crate) fn head<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Malformed> {
    bytes.split_first_chunk().ok_or(Malformed::Truncated { need: N, have: bytes.len() })
}

/// The first `n` bytes and the rest.
#[inline]
pub(crate) fn split(bytes: &[u8], n: usize) -> Result<(&[u8], &[u8]), Malformed> {
    bytes.split_at_checked(n).ok_or(Malformed::Truncated { need: n, have: bytes.len() })
}

/// At most the first `n` bytes: what the snap length left of a payload.
#[inline]
pub(crate) fn clip(bytes: &[u8], n: usize) -> &[u8] {
    bytes.get(..n).unwrap_or(bytes)
}
