//! A cursor over bytes that were sent by anybody: every read may find too little, none can panic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes that are read from the front. Numbers are in network order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a> {
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// All of these bytes.
    pub(crate) const fn new(left: &'a [u8]) -> Self {
        Self { left }
    }
    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.left
    }
    /// How much was not read yet.
    pub(crate) const fn len(&self) -> usize {
        self.left.len()
    }
    /// Whether everything was read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.left.is_empty()
    }
    /// The next `n` bytes; none are taken when there are fewer.
    pub(crate) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.left.split_at_checked(n)?;
        self.left = tail;
        Some(head)
    }
    /// The next `n` bytes as a cursor of their own.
    pub(crate) fn part(&mut self, n: usize) -> Option<Bytes<'a>> {
        self.take(n).map(Bytes::new)
    }
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }
    /// One byte.
    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }
    /// Two bytes.
    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }
    /// Three bytes.
    pub(crate) fn u24(&mut self) -> Option<u32> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }
    /// Four bytes.
    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }
    /// Two bytes, the lowest first.
    pub(crate) fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }
    /// Four bytes, the lowest first.
    pub(crate) fn u32_le(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
    /// An IPv4 address.
    pub(crate) fn ipv4(&mut self) -> Option<IpAddr> {
        self.u32().map(|ip| IpAddr::V4(Ipv4Addr::from(ip)))
    }
    /// An IPv6 address.
    pub(crate) fn ipv6(&mut self) -> Option<IpAddr> {
        self.array::<16>().map(|ip| IpAddr::V6(Ipv6Addr::from(ip)))
    }
    /// Bytes behind a length of one byte.
    pub(crate) fn vec8(&mut self) -> Option<Bytes<'a>> {
        let n = self.u8()?;
        self.part(usize::from(n))
    }
    /// Bytes behind a length of two bytes.
    pub(crate) fn vec16(&mut self) -> Option<Bytes<'a>> {
        let n = self.u16()?;
        self.part(usize::from(n))
    }
    /// Bytes behind a length of three bytes.
    pub(crate) fn vec24(&mut self) -> Option<Bytes<'a>> {
        let n = self.u24()?;
        self.part(n as usize)
    }
}

/// Appends bytes as hexadecimal digits.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble & 15)).copied().unwrap_or('0');
    text.reserve(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
}

/// Bytes as hexadecimal digits in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    push_hex(&mut text, bytes);
    text
}

/// Bytes as hexadecimal pairs with colons: how MAC addresses and certificate hashes are written.
pub(crate) fn colons(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !text.is_empty() {
            text.push(':');
        }
        push_hex(&mut text, std::slice::from_ref(byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_there_is_and_no_more() {
        let mut bytes = Bytes::new(&[1, 0, 2, 0, 0, 3, 9, 8]);
        assert_eq!((bytes.u8(), bytes.u16(), bytes.u24()), (Some(1), Some(2), Some(3)));
        assert_eq!(bytes.u32(), None);
        assert_eq!(bytes.rest(), [9, 8]);
        assert!(bytes.vec8().is_none());
        assert_eq!(hex(&[0xab, 1]), "ab01");
        assert_eq!(colons(&[0xab, 1]), "ab:01");
    }
}
