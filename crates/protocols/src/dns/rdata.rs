//! Resource records that are kept as text.

use super::{code, name};
use crate::bytes::{Bytes, push_hex};
use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a record's data lies: names inside may point to anywhere before.
#[derive(Clone, Copy)]
pub(super) struct Rdata<'a> {
    /// The whole message.
    pub message: &'a [u8],
    /// Offset of the data.
    pub start: usize,
    /// The data.
    pub bytes: &'a [u8],
}

impl Rdata<'_> {
    /// A name at an offset of the data, and the offset behind it, both from the start of the data.
    pub(super) fn name_at(&self, at: usize) -> Option<(String, usize)> {
        let (text, end) = name::read(self.message, self.start + at)?;
        let used = end.checked_sub(self.start).filter(|used| *used <= self.bytes.len())?;
        Some((text, used))
    }

    fn tail(&self, at: usize) -> Bytes<'_> {
        Bytes::new(self.bytes.get(at..).unwrap_or_default())
    }

    /// TXT (RFC 1035 section 3.3.14): its strings, joined by blanks.
    pub(super) fn txt(&self) -> Option<String> {
        let mut bytes = self.tail(0);
        let mut text = String::new();
        while let Some(part) = bytes.vec8() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&String::from_utf8_lossy(part.rest()));
        }
        Some(text)
    }

    /// CAA (RFC 8659): flags, tag, value.
    pub(super) fn caa(&self) -> Option<String> {
        let mut bytes = self.tail(0);
        let flags = bytes.u8()?;
        let tag = bytes.vec8()?;
        let (tag, value) = (String::from_utf8_lossy(tag.rest()), String::from_utf8_lossy(bytes.rest()));
        (!tag.is_empty()).then(|| format!("CAA {flags} {tag} {value}"))
    }

    /// DS (RFC 4034 section 5): key tag, algorithm, digest type, digest.
    pub(super) fn ds(&self) -> Option<String> {
        let mut bytes = self.tail(0);
        let (tag, algorithm, digest) = (bytes.u16()?, bytes.u8()?, bytes.u8()?);
        if bytes.is_empty() {
            return None;
        }
        let mut digits = String::new();
        push_hex(&mut digits, bytes.rest());
        Some(format!("DS {tag} {algorithm} {digest} {}", digits.to_ascii_uppercase()))
    }

    /// RRSIG (RFC 4034 section 3): what is signed, by whom, until when. Signatures of the root zone, which name no
    /// signer, are left out as Arkime does.
    pub(super) fn rrsig(&self) -> Option<String> {
        let mut bytes = self.tail(0);
        let covered = code::rr_type(bytes.u16()?);
        let (algorithm, labels) = (bytes.u8()?, bytes.u8()?);
        let (ttl, until, from) = (bytes.u32()?, bytes.u32()?, bytes.u32()?);
        let tag = bytes.u16()?;
        let (signer, _) = self.name_at(18)?;
        (!signer.is_empty())
            .then(|| format!("RRSIG {covered} {algorithm} {labels} {ttl} {until} {from} {tag} {signer}"))
    }

    /// NSEC (RFC 4034 section 4): the next name and the types that exist here.
    pub(super) fn nsec(&self) -> Option<String> {
        let (next, at) = self.name_at(0)?;
        let mut text = format!("NSEC {} ", or_root(&next));
        let mut bytes = self.tail(at);
        let mut first = true;
        while let (Some(window), Some(bits)) = (bytes.u8(), bytes.vec8()) {
            for (n, byte) in bits.rest().iter().take(32).enumerate() {
                for bit in (0..8u16).filter(|bit| byte & (0x80 >> bit) != 0) {
                    if !first {
                        text.push(' ');
                    }
                    first = false;
                    text.push_str(&code::rr_type(u16::from(window) << 8 | (n as u16) << 3 | bit));
                }
            }
        }
        Some(text)
    }

    /// HTTPS and SVCB (RFC 9460): priority, target, parameters.
    pub(super) fn service(&self, kind: &str) -> Option<String> {
        let priority = self.tail(0).u16()?;
        let (target, at) = self.name_at(2)?;
        let target = if target.is_empty() { "." } else { &target };
        let mut text = format!("{kind} {priority} {target}");
        let mut bytes = self.tail(at);
        while let (Some(key), Some(value)) = (bytes.u16(), bytes.vec16()) {
            text.push(' ');
            parameter(&mut text, key, value);
        }
        Some(text)
    }
}

fn parameter(text: &mut String, key: u16, mut value: Bytes<'_>) {
    // Writing to a string cannot fail.
    let _ = match parameter_name(key) {
        Some(name) => text.write_str(name),
        None => write!(text, "key{key}"),
    };
    if value.is_empty() {
        return;
    }
    text.push('=');
    let start = text.len();
    let mut item = |one: &str| {
        if text.len() > start {
            text.push(',');
        }
        text.push_str(one);
    };
    match key {
        0 => {
            while let Some(key) = value.u16() {
                item(parameter_name(key).unwrap_or("unknown"));
            }
        }
        1 => {
            while let Some(id) = value.vec8() {
                item(&String::from_utf8_lossy(id.rest()));
            }
        }
        3 => item(&value.u16().unwrap_or(0).to_string()),
        4 => {
            while let Some(ip) = value.u32() {
                item(&Ipv4Addr::from(ip).to_string());
            }
        }
        5 => item(&base64(value.rest())),
        6 => {
            while let Some(ip) = value.take(16).and_then(|b| <[u8; 16]>::try_from(b).ok()) {
                item(&Ipv6Addr::from(ip).to_string());
            }
        }
        7 => item(&String::from_utf8_lossy(value.rest())),
        _ => push_hex(text, value.rest()),
    }
}

fn parameter_name(key: u16) -> Option<&'static str> {
    Some(match key {
        0 => "mandatory",
        1 => "alpn",
        2 => "no-default-alpn",
        3 => "port",
        4 => "ipv4hint",
        5 => "ech",
        6 => "ipv6hint",
        7 => "dohpath",
        8 => "ohttp",
        _ => return None,
    })
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for n in 0..4usize {
            let index = (word >> (18 - 6 * n)) as usize & 63;
            let letter = if n > chunk.len() { b'=' } else { LETTERS.get(index).copied().unwrap_or(b'=') };
            text.push(char::from(letter));
        }
    }
    text
}

/// The name, or how the root is written.
pub(super) fn or_root(name: &str) -> &str {
    if name.is_empty() { name::ROOT } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Rdata<'_> {
        Rdata { message: bytes, start: 0, bytes }
    }

    #[test]
    fn https_of_rfc_9460() {
        let bytes = b"\x00\x01\x00\x00\x01\x00\x06\x02h2\x02h3\x00\x03\x00\x02\x01\xbb\x00\x04\x00\x04\x01\x02\x03\x04\x00\x05\x00\x02hi\x02\x9b\x00\x01\xab";
        assert_eq!(
            of(bytes).service("HTTPS").unwrap(),
            "HTTPS 1 . alpn=h2,h3 port=443 ipv4hint=1.2.3.4 ech=aGk= key667=ab"
        );
    }

    #[test]
    fn records_as_text() {
        assert_eq!(of(b"\x03one\x05two 3").txt().unwrap(), "one two 3");
        assert_eq!(of(b"\x00\x05issueca.example.net").caa().unwrap(), "CAA 0 issue ca.example.net");
        assert_eq!(of(b"\x30\x39\x08\x02\xab\xcd").ds().unwrap(), "DS 12345 8 2 ABCD");
        assert_eq!(of(b"\x30\x39\x08\x02").ds(), None, "no digest");
        // RFC 4034 section 4.3: alfa.example.com. NSEC host.example.com. A MX RRSIG NSEC TYPE1234
        let mut nsec = b"\x04host\x07example\x03com\x00\x00\x06\x40\x01\x00\x00\x00\x03\x04\x1b".to_vec();
        nsec.extend([0; 26]);
        nsec.push(0x20);
        assert_eq!(of(&nsec).nsec().unwrap(), "NSEC host.example.com A MX RRSIG NSEC TYPE1234");
        assert_eq!(base64(b"foob"), "Zm9vYg==");
        assert_eq!(base64(b"fooba"), "Zm9vYmE=");
    }
}
