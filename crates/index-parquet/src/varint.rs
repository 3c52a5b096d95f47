//! Variable-length integers (LEB128) and a reader that cannot run over the end.

/// Appends `value`, seven bits a byte, lowest first.
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed value so that small magnitudes stay short.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote. Everything is `None` once the bytes do not make sense.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
    pub(crate) fn int(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
    pub(crate) fn len(&mut self) -> Option<usize> {
        self.int().and_then(|v| usize::try_from(v).ok())
    }
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.int().and_then(|v| u32::try_from(v).ok())
    }
    pub(crate) fn signed(&mut self) -> Option<i64> {
        self.int().map(|v| (v >> 1) as i64 ^ -((v & 1) as i64))
    }
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.len()?;
        self.take(len)
    }
    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_round_trip() {
        let mut out = Vec::new();
        for value in [0, 1, 127, 128, u64::MAX] {
            put(&mut out, value);
        }
        for value in [0, -1, i64::MIN, i64::MAX] {
            put_signed(&mut out, value);
        }
        let mut reader = Reader(&out);
        assert_eq!([0; 5].map(|_| reader.int()), [0, 1, 127, 128, u64::MAX].map(Some));
        assert_eq!([0; 4].map(|_| reader.signed()), [0, -1, i64::MIN, i64::MAX].map(Some));
        assert!(reader.is_empty() && reader.byte().is_none());
        assert_eq!(Reader(&[0xff; 20]).int(), None);
    }
}
