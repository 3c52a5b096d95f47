//! Packets and the integers in them, which are little-endian.

use crate::bytes::Bytes;

/// Length of a packet's header.
pub const HEADER: usize = 4;

/// Payload length and sequence number of the packet at the start of bytes.
pub fn header(bytes: &[u8]) -> Option<(usize, u8)> {
    let [a, b, c, sequence, ..] = bytes else { return None };
    Some((usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16, *sequence))
}

/// A 16-bit integer.
pub fn int2(read: &mut Bytes<'_>) -> Option<u16> {
    Some(u16::from_le_bytes(read.take(2)?.try_into().ok()?))
}

/// A 32-bit integer.
pub fn int4(read: &mut Bytes<'_>) -> Option<u32> {
    Some(u32::from_le_bytes(read.take(4)?.try_into().ok()?))
}

/// A length-encoded integer; `None` also for the markers of NULL and errors.
pub fn lenenc(read: &mut Bytes<'_>) -> Option<u64> {
    let wide = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    match read.u8()? {
        small @ 0..=0xfa => Some(u64::from(small)),
        0xfc => read.take(2).map(wide),
        0xfd => read.take(3).map(wide),
        0xfe => read.take(8).map(wide),
        _ => None,
    }
}

/// Bytes behind a length-encoded length.
pub fn lenenc_bytes<'a>(read: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let len = lenenc(read)?;
    read.take(usize::try_from(len).ok()?)
}

/// Bytes up to a NUL, which is passed; the rest where there is none.
pub fn until_nul<'a>(read: &mut Bytes<'a>) -> &'a [u8] {
    let rest = read.rest();
    let len = memchr::memchr(0, rest).unwrap_or(rest.len());
    read.take(len + 1)
        .map_or_else(|| read.take(len).unwrap_or_default(), |_| rest.get(..len).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let mut read = Bytes::new(&[0xfa, 0xfc, 1, 2, 0xfd, 1, 2, 3, 0xfb, b'a', 0, b'b']);
        assert_eq!(
            (lenenc(&mut read), lenenc(&mut read), lenenc(&mut read)),
            (Some(0xfa), Some(0x201), Some(0x30201))
        );
        assert_eq!(lenenc(&mut read), None);
        assert_eq!((until_nul(&mut read), until_nul(&mut read)), (&b"a"[..], &b"b"[..]));
        assert_eq!(header(&[1, 0, 0, 7, 9]), Some((1, 7)));
    }
}
