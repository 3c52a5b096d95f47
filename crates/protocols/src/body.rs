//! What is learned of a body while it passes: digests and kind. Nothing of it is kept but its first bytes.

use crate::magic;
use md5::{Digest, Md5};
use sha2::Sha256;

/// A body that passes.
pub struct Body {
    md5: Md5,
    sha256: Option<Sha256>,
    start: Vec<u8>,
    len: u64,
    /// Bytes of it were lost: its digests would be wrong.
    broken: bool,
    kind_told: bool,
}

/// Digests of a whole body, in hex.
pub struct Digests {
    /// MD5.
    pub md5: String,
    /// SHA-256, where it was asked for.
    pub sha256: Option<String>,
}

impl Body {
    /// Nothing seen yet.
    pub fn new(sha256: bool) -> Self {
        Self {
            md5: Md5::new(),
            sha256: sha256.then(Sha256::new),
            start: Vec::new(),
            len: 0,
            broken: false,
            kind_told: false,
        }
    }

    /// The next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if !self.broken {
            self.md5.update(bytes);
            if let Some(sha256) = &mut self.sha256 {
                sha256.update(bytes);
            }
        }
        if self.start.len() < magic::ENOUGH && (!self.broken || !self.start.is_empty()) {
            let room = magic::ENOUGH - self.start.len();
            self.start.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        }
    }

    /// The next bytes were lost.
    pub fn lose(&mut self, len: u64) {
        self.len += len;
        self.broken = true;
    }

    /// Bytes so far, lost ones included.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// The kind, told once: as soon as enough was seen, or now when the body is `over`.
    pub fn kind(&mut self, over: bool) -> Option<&'static str> {
        if self.kind_told || self.start.is_empty() || (!over && self.start.len() < magic::ENOUGH) {
            return None;
        }
        self.kind_told = true;
        magic::kind(&self.start)
    }

    /// Digests, unless the body was empty or bytes of it were lost.
    pub fn finish(self) -> Option<Digests> {
        (self.len > 0 && !self.broken).then(|| Digests {
            md5: hex(&self.md5.finalize()),
            sha256: self.sha256.map(|sha256| hex(&sha256.finalize())),
        })
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_a_body_in_pieces() {
        let mut body = Body::new(true);
        body.add(b"hel");
        body.add(b"lo");
        let digests = body.finish().unwrap();
        assert_eq!(digests.md5, "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(
            digests.sha256.as_deref(),
            Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        );
    }

    #[test]
    fn a_body_with_lost_bytes_has_no_digest() {
        let mut body = Body::new(false);
        body.add(b"GIF89a");
        body.lose(10);
        assert_eq!(body.len(), 16);
        assert_eq!(body.kind(true), Some("image/gif"));
        assert!(body.finish().is_none());
    }
}
