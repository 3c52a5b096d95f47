//! JA3, JA3S and JA4: what tells one client's or server's TLS library from another's.
//!
//! JA3 and JA3S (Salesforce, BSD-3): `version,ciphers,extensions,groups,formats`, decimal, hashed with MD5.
//! JA4 (FoxIO, BSD-3; the rest of the JA4+ family is under another licence and not here): a readable part, then hashes
//! of the sorted cipher suites and of the sorted extensions with the signature algorithms.

use super::hello::{Carrier, ClientHello, ServerHello, extension};
use crate::bytes::hex;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt::Write;

/// A fingerprint and the text that it is the hash of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub hash: String,
    pub text: String,
}

fn decimal<T: std::fmt::Display>(text: &mut String, list: impl IntoIterator<Item = T>) {
    for (n, value) in list.into_iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = if n == 0 { write!(text, "{value}") } else { write!(text, "-{value}") };
    }
}

fn md5(text: String) -> Fingerprint {
    Fingerprint { hash: hex(&Md5::digest(text.as_bytes())), text }
}

/// JA3 of a client.
pub(super) fn ja3(hello: &ClientHello<'_>) -> Fingerprint {
    let mut text = format!("{},", hello.version);
    decimal(&mut text, &hello.ciphers);
    text.push(',');
    decimal(&mut text, &hello.extensions);
    text.push(',');
    decimal(&mut text, &hello.groups);
    text.push(',');
    decimal(&mut text, &hello.point_formats);
    md5(text)
}

/// JA3S of a server.
pub(super) fn ja3s(hello: &ServerHello<'_>) -> Fingerprint {
    let mut text = format!("{},{},", hello.version, hello.cipher);
    decimal(&mut text, &hello.extensions);
    md5(text)
}

/// JA4 of a client; the text is the raw form (`ja4_r`).
pub(super) fn ja4(hello: &ClientHello<'_>, carrier: Carrier) -> Fingerprint {
    let carrier = match carrier {
        Carrier::Tcp => 't',
        Carrier::Quic => 'q',
        Carrier::Dtls => 'd',
    };
    let version = match hello.newest_version() {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    };
    let named = if hello.extensions.contains(&extension::SERVER_NAME) { 'd' } else { 'i' };
    let head = format!(
        "{carrier}{version}{named}{:02}{:02}{}",
        hello.ciphers.len().min(99),
        hello.extensions.len().min(99),
        alpn(hello.alpn)
    );
    let ciphers = sorted(hello.ciphers.iter().copied());
    let others = |kind: &u16| ![extension::SERVER_NAME, extension::ALPN].contains(kind);
    let mut extensions = sorted(hello.extensions.iter().copied().filter(others));
    if !hello.signatures.is_empty() {
        extensions.push('_');
        hexadecimal(&mut extensions, hello.signatures.iter().copied());
    }
    Fingerprint {
        hash: format!("{head}_{}_{}", short(&ciphers), short(&extensions)),
        text: format!("{head}_{ciphers}_{extensions}"),
    }
}

/// First and last character of a protocol name; of its hexadecimal form where one of them is no letter or digit.
fn alpn(name: Option<&[u8]>) -> String {
    let Some((&first, &last)) = name.and_then(|name| name.first().zip(name.last())) else {
        return "00".to_owned();
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first, last].map(char::from).iter().collect();
    }
    hex(&[first]).chars().take(1).chain(hex(&[last]).chars().skip(1)).collect()
}

fn sorted(list: impl Iterator<Item = u16>) -> String {
    let mut list: Vec<u16> = list.collect();
    list.sort_unstable();
    let mut text = String::with_capacity(list.len() * 5);
    hexadecimal(&mut text, list);
    text
}

fn hexadecimal(text: &mut String, list: impl IntoIterator<Item = u16>) {
    for (n, value) in list.into_iter().enumerate() {
        let _ = if n == 0 { write!(text, "{value:04x}") } else { write!(text, ",{value:04x}") };
    }
}

/// The first twelve digits of the SHA-256, or zeros of nothing.
fn short(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    let mut digits = hex(&Sha256::digest(text.as_bytes()));
    digits.truncate(12);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FoxIO's description of JA4 (a Chrome).
    #[test]
    fn ja4_of_its_description() {
        let hello = ClientHello {
            version: 0x0303,
            ciphers: vec![
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                0x009c, 0x009d, 0x002f, 0x0035,
            ],
            extensions: vec![
                0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
                0x002b, 0xff01, 0x000b, 0x000a, 0x0015,
            ],
            alpn: Some(b"h2"),
            signatures: vec![0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
            versions: Some(vec![0x0304, 0x0303]),
            ..ClientHello::default()
        };
        let found = ja4(&hello, Carrier::Tcp);
        assert_eq!(found.hash, "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(
            found.text,
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_\
             0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_\
             0403,0804,0401,0503,0805,0501,0806,0601"
        );
    }

    /// The example of JA3's description.
    #[test]
    fn ja3_of_its_description() {
        let hello = ClientHello {
            version: 769,
            ciphers: vec![47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
            extensions: vec![0, 10, 11],
            groups: vec![23, 24, 25],
            point_formats: vec![0],
            ..ClientHello::default()
        };
        let found = ja3(&hello);
        assert_eq!(found.text, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
        assert_eq!(found.hash, "ada70206e40642a3e4461f35503241d5");
        let empty = ClientHello {
            version: 769,
            ciphers: vec![4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99],
            ..Default::default()
        };
        assert_eq!(ja3(&empty).hash, "de350869b8c85de67a350c8d186f11e6");
    }

    #[test]
    fn alpn_of_odd_bytes() {
        assert_eq!(alpn(Some(b"http/1.1")), "h1");
        assert_eq!(alpn(Some(&[0xab])), "ab");
        assert_eq!(alpn(Some(&[0x30, 0xab])), "3b");
        assert_eq!(alpn(None), "00");
    }
}
