//! Banner, key exchange, and no further: what follows is encrypted.

use super::fields::*;
use crate::body::hex;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// Longest line before the key exchange; RFC 4253 section 4.2 allows 255 for the banner, lines before it may be longer.
const MAX_LINE: usize = 2_048;
/// Lines before the key exchange that are waited for a banner.
const MAX_LINES: usize = 64;
/// Longest packet before encryption. RFC 4253 section 6.1 asks for 35,000; post-quantum keys need more.
const MAX_PACKET: usize = 128 * 1024;

/// Message numbers of RFC 4253 section 12 and RFC 4419 section 5.
mod message {
    pub const KEXINIT: u8 = 20;
    pub const NEWKEYS: u8 = 21;
    /// Reply of Diffie-Hellman and ECDH; group of group exchange.
    pub const KEX_REPLY: u8 = 31;
    /// Reply of group exchange.
    pub const GEX_REPLY: u8 = 33;
}

/// One connection.
#[derive(Default)]
pub struct Ssh {
    sides: [Side; 2],
    /// Lines before the key exchange, both sides.
    lines: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Before or in the banner.
    #[default]
    Banner,
    /// Packets in the clear.
    Packets,
    /// Encrypted, or lost.
    Over,
}

impl Parser for Ssh {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        match self.side(dir) {
            Side::Banner => self.banner(dir, bytes, context),
            Side::Packets => self.packet(dir, bytes, context),
            Side::Over => Step::Took(bytes.len()),
        }
    }

    fn gap(&mut self, dir: Dir, _: usize, _: &mut Context<'_>) -> Step {
        match self.finish(dir) {
            true => Step::Done,
            false => Step::Took(0),
        }
    }
}

impl Ssh {
    fn side(&self, dir: Dir) -> Side {
        let [src, dst] = self.sides;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }

    fn set(&mut self, dir: Dir, to: Side) {
        let [src, dst] = &mut self.sides;
        match dir {
            Dir::Src => *src = to,
            Dir::Dst => *dst = to,
        }
    }

    /// Nothing more is read of a side; returns whether that holds for both.
    fn finish(&mut self, dir: Dir) -> bool {
        self.set(dir, Side::Over);
        self.sides == [Side::Over; 2]
    }

    fn banner(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let Some((line, rest)) = text::line(bytes) else {
            return if bytes.len() < MAX_LINE { Step::Need(bytes.len() + 1) } else { Step::NotMine };
        };
        // a server may send other lines before its banner
        self.lines += 1;
        if self.lines > MAX_LINES {
            return Step::NotMine;
        }
        if line.starts_with(b"SSH-") {
            context.doc.protocol("ssh");
            context.doc.add(&VERSION, &text::decode(line));
            // SSH 1 frames its packets differently
            let old = line.starts_with(b"SSH-1.") && !line.starts_with(b"SSH-1.99-");
            if old {
                return Step::Done;
            }
            self.set(dir, Side::Packets);
        }
        Step::Took(bytes.len() - rest.len())
    }

    fn packet(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let mut read = Bytes::new(bytes);
        let (Some(len), Some(padding), Some(kind)) = (read.u32(), read.u8(), read.u8()) else {
            return Step::Need(6);
        };
        let (len, padding) = (len as usize, usize::from(padding));
        // the length counts the padding's own length byte
        if len > MAX_PACKET || len < padding + 2 {
            return if self.finish(dir) { Step::Done } else { Step::Took(bytes.len()) };
        }
        let Some(mut payload) = read.part(len - padding - 2) else { return Step::Need(len + 4) };
        if bytes.len() < len + 4 {
            return Step::Need(len + 4);
        }
        match kind {
            message::KEXINIT => {
                if let Some(offer) = hassh(payload, dir) {
                    let field = if dir == Dir::Src { &HASSH } else { &HASSH_SERVER };
                    context.doc.add(field, &offer);
                }
            }
            message::KEX_REPLY | message::GEX_REPLY => {
                if let Some(key) = payload.u32().and_then(|n| payload.take(n as usize)).filter(|k| is_key(k))
                {
                    context.doc.add(&KEY, &STANDARD.encode(key));
                }
            }
            message::NEWKEYS if self.finish(dir) => return Step::Done,
            _ => {}
        }
        Step::Took(len + 4)
    }
}

/// A public key starts with its type's name; a group's prime does not.
fn is_key(blob: &[u8]) -> bool {
    let mut read = Bytes::new(blob);
    let name = read.u32().filter(|n| *n < 128).and_then(|n| read.take(n as usize));
    name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
}

/// The HASSH of a KEXINIT: MD5 of key exchange, encryption, MAC and compression algorithms of the sender's direction.
fn hassh(mut payload: Bytes<'_>, dir: Dir) -> Option<String> {
    payload.take(16)?; // cookie
    let mut lists = [&b""[..]; 8];
    for list in &mut lists {
        let len = payload.u32()?;
        *list = payload.take(len as usize)?;
    }
    let [kex, _, cipher_src, cipher_dst, mac_src, mac_dst, compress_src, compress_dst] = lists;
    let parts = match dir {
        Dir::Src => [kex, cipher_src, mac_src, compress_src],
        Dir::Dst => [kex, cipher_dst, mac_dst, compress_dst],
    };
    Some(hex(&Md5::digest(parts.join(&b';'))))
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    fn packet(payload: &[u8]) -> Vec<u8> {
        let padding = 4 + (8 - (payload.len() + 9) % 8) % 8;
        let mut out = ((payload.len() + padding + 1) as u32).to_be_bytes().to_vec();
        out.push(padding as u8);
        out.extend_from_slice(payload);
        out.resize(out.len() + padding, 0);
        out
    }

    fn string(out: &mut Vec<u8>, text: &[u8]) {
        out.extend_from_slice(&(text.len() as u32).to_be_bytes());
        out.extend_from_slice(text);
    }

    fn kexinit(lists: [&str; 10]) -> Vec<u8> {
        let mut out = vec![20];
        out.extend_from_slice(&[7; 16]);
        for list in lists {
            string(&mut out, list.as_bytes());
        }
        out.extend_from_slice(&[0; 5]);
        packet(&out)
    }

    fn reply() -> Vec<u8> {
        let mut key = Vec::new();
        string(&mut key, b"ssh-ed25519");
        string(&mut key, &[9; 32]);
        let mut out = vec![31];
        string(&mut out, &key);
        string(&mut out, &[1; 32]);
        packet(&out)
    }

    #[test]
    fn what_is_no_ssh_is_not_named() {
        let doc = Talk::tcp(22).src("GET / HTTP/1.0\r\n\r\n").dst(vec![0; 5_000]).json();
        assert_eq!(doc["protocol"], json!(["http"]));
    }

    #[test]
    fn both_sides_until_encryption() {
        let lists = ["kex-a,kex-b", "key", "c-src", "c-dst", "m-src", "m-dst", "none", "zlib", "", ""];
        let doc = Talk::tcp(22)
            .dst("Notice line\r\nSSH-2.0-OpenSSH_9.6\r\n")
            .src([&b"SSH-2.0-PuTTY\r\n"[..], &kexinit(lists)].concat())
            .dst([kexinit(lists), reply(), packet(&[21])].concat())
            .src([packet(&[21]), vec![0xff; 100]].concat())
            .dst(vec![0xfe; 100])
            .json();
        let ssh = &doc["ssh"];
        assert_eq!(ssh["version"], json!(["ssh-2.0-openssh_9.6", "ssh-2.0-putty"]));
        // printf 'kex-a,kex-b;c-src;m-src;none' | md5sum, and the same of the other direction
        assert_eq!(ssh["hassh"], json!(["c2a92afa1513de5f73813c965d1f506d"]));
        assert_eq!(ssh["hasshServer"], json!(["8ccd45d583ab35ab0a17f13d5ad02d43"]));
        assert_eq!(ssh["key"][0].as_str().map(|k| &k[..24]), Some("AAAAC3NzaC1lZDI1NTE5AAAA"));
    }
}
