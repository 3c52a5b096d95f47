//! Opens one record: AES-GCM, ChaCha20-Poly1305, AES-CBC with HMAC (RFC 5246, 5288, 7366, 7905, 8446).

use aes::cipher::{BlockDecrypt, KeyInit, generic_array::GenericArray};
use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use ring::{hkdf, hmac};

/// How a suite protects records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bulk {
    Gcm { key: usize },
    ChaCha,
    Cbc { key: usize, mac: Mac },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mac {
    Sha1,
    Sha256,
    Sha384,
}

impl Mac {
    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
    fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
        }
    }
}

/// A suite: bulk cipher, and the hash of its key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    pub bulk: Bulk,
    pub sha384: bool,
}

impl Suite {
    /// By IANA's name of the suite, which says it all.
    pub fn of(code: u16) -> Option<Self> {
        let name = protocols::tls::cipher_name(code)?;
        let key = if name.contains("AES_256") { 32 } else { 16 };
        let bulk = if name.contains("CHACHA20_POLY1305") {
            Bulk::ChaCha
        } else if name.contains("AES_128_GCM") || name.contains("AES_256_GCM") {
            Bulk::Gcm { key }
        } else if name.contains("AES_128_CBC") || name.contains("AES_256_CBC") {
            let mac = match name {
                _ if name.ends_with("SHA384") => Mac::Sha384,
                _ if name.ends_with("SHA256") => Mac::Sha256,
                _ => Mac::Sha1,
            };
            Bulk::Cbc { key, mac }
        } else {
            return None;
        };
        Some(Self { bulk, sha384: name.ends_with("SHA384") })
    }
}

/// The pseudo-random function of TLS 1.2 (RFC 5246 section 5).
pub(super) fn prf(secret: &[u8], sha384: bool, label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let algorithm = if sha384 { hmac::HMAC_SHA384 } else { hmac::HMAC_SHA256 };
    expand_hmac(&hmac::Key::new(algorithm, secret), label, seed, length)
}

fn expand_hmac(key: &hmac::Key, label: &[u8], seed: &[u8], length: usize) -> Vec<u8> {
    let whole = [label, seed].concat();
    let (mut out, mut a) = (Vec::new(), hmac::sign(key, &whole));
    while out.len() < length {
        out.extend_from_slice(hmac::sign(key, &[a.as_ref(), &whole].concat()).as_ref());
        a = hmac::sign(key, a.as_ref());
    }
    out.truncate(length);
    out
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
pub(super) fn expand(secret: &[u8], sha384: bool, label: &str, length: usize) -> Option<Vec<u8>> {
    let algorithm = if sha384 { hkdf::HKDF_SHA384 } else { hkdf::HKDF_SHA256 };
    let prk = hkdf::Prk::new_less_safe(algorithm, secret);
    let head = u16::try_from(length).ok()?.to_be_bytes();
    let name = [u8::try_from(6 + label.len()).ok()?];
    let info = [&head[..], &name, b"tls13 ", label.as_bytes(), &[0]];
    let mut out = vec![0; length];
    prk.expand(&info, Length(length)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

/// What opens the records of one side.
pub(super) struct Opener {
    kind: Kind,
    iv: Vec<u8>,
    sequence: u64,
    version: u16,
}

enum Kind {
    /// Explicit nonce: TLS 1.2 with GCM.
    Explicit(LessSafeKey),
    /// The sequence number is the nonce: TLS 1.3, and ChaCha20 before it.
    Implicit(LessSafeKey),
    Cbc {
        cipher: Block,
        mac: hmac::Key,
        mac_length: usize,
        encrypt_then_mac: bool,
    },
}

enum Block {
    Aes128(Box<aes::Aes128>),
    Aes256(Box<aes::Aes256>),
}

impl Block {
    fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => aes::Aes128::new_from_slice(key).ok().map(|key| Self::Aes128(Box::new(key))),
            32 => aes::Aes256::new_from_slice(key).ok().map(|key| Self::Aes256(Box::new(key))),
            _ => None,
        }
    }
    fn decrypt(&self, block: &mut [u8; 16]) {
        let block = GenericArray::from_mut_slice(block);
        match self {
            Self::Aes128(key) => key.decrypt_block(block),
            Self::Aes256(key) => key.decrypt_block(block),
        }
    }
}

fn aead(algorithm: &'static Algorithm, key: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}

fn aead_of(bulk: Bulk, key: &[u8]) -> Option<LessSafeKey> {
    match bulk {
        Bulk::Gcm { key: 16 } => aead(&AES_128_GCM, key),
        Bulk::Gcm { .. } => aead(&AES_256_GCM, key),
        Bulk::ChaCha => aead(&CHACHA20_POLY1305, key),
        Bulk::Cbc { .. } => None,
    }
}

impl Opener {
    /// Keys of both sides of TLS 1.0 to 1.2, from the master secret: `[client, server]`.
    pub fn before_13(
        suite: Suite,
        version: u16,
        master: &[u8],
        randoms: (&[u8; 32], &[u8; 32]),
        encrypt_then_mac: bool,
    ) -> Option<[Self; 2]> {
        let (client, server) = randoms;
        let (mac_length, key_length, iv_length) = match suite.bulk {
            Bulk::Gcm { key } => (0, key, 4),
            Bulk::ChaCha => (0, 32, 12),
            // before TLS 1.1 the first IV comes from the key block too
            Bulk::Cbc { key, mac } => (mac.length(), key, if version <= 0x0301 { 16 } else { 0 }),
        };
        if version < 0x0303 {
            // the key derivation before TLS 1.2 rests on MD5
            return None;
        }
        let seed = [&server[..], &client[..]].concat();
        let block =
            prf(master, suite.sha384, b"key expansion", &seed, 2 * (mac_length + key_length + iv_length));
        let (macs, rest) = block.split_at_checked(2 * mac_length)?;
        let (keys, ivs) = rest.split_at_checked(2 * key_length)?;
        let half = |bytes: &[u8], n: usize, second: bool| {
            bytes.get(if second { n..2 * n } else { 0..n }).map(<[u8]>::to_vec)
        };
        let side = |second: bool| -> Option<Self> {
            let key = half(keys, key_length, second)?;
            let kind = match suite.bulk {
                Bulk::Gcm { .. } => Kind::Explicit(aead_of(suite.bulk, &key)?),
                Bulk::ChaCha => Kind::Implicit(aead_of(suite.bulk, &key)?),
                Bulk::Cbc { mac, .. } => Kind::Cbc {
                    cipher: Block::new(&key)?,
                    mac: hmac::Key::new(mac.algorithm(), &half(macs, mac_length, second)?),
                    mac_length,
                    encrypt_then_mac,
                },
            };
            Some(Self { kind, iv: half(ivs, iv_length, second)?, sequence: 0, version })
        };
        Some([side(false)?, side(true)?])
    }

    /// Keys of one side of TLS 1.3, from a traffic secret.
    pub fn of_13(suite: Suite, secret: &[u8]) -> Option<Self> {
        let length = match suite.bulk {
            Bulk::Gcm { key } => key,
            _ => 32,
        };
        let key = expand(secret, suite.sha384, "key", length)?;
        let iv = expand(secret, suite.sha384, "iv", 12)?;
        Some(Self { kind: Kind::Implicit(aead_of(suite.bulk, &key)?), iv, sequence: 0, version: 0x0304 })
    }

    /// Opens the next record; `None` where it was not protected with these keys.
    pub fn open(&mut self, head: &[u8; 5], body: &[u8]) -> Option<Vec<u8>> {
        let opened = self.try_open(head, body)?;
        self.sequence += 1;
        Some(opened)
    }

    fn try_open(&self, head: &[u8; 5], body: &[u8]) -> Option<Vec<u8>> {
        let sequence = self.sequence.to_be_bytes();
        let aad = |length: usize| -> Option<Vec<u8>> {
            if self.version >= 0x0304 {
                return Some(head.to_vec());
            }
            let length = u16::try_from(length).ok()?.to_be_bytes();
            Some([&sequence[..], &head[..3], &length].concat())
        };
        match &self.kind {
            Kind::Explicit(key) => {
                let (explicit, sealed) = body.split_at_checked(8)?;
                let nonce: [u8; 12] = [&self.iv, explicit].concat().try_into().ok()?;
                open_aead(key, nonce, &aad(sealed.len().checked_sub(16)?)?, sealed)
            }
            Kind::Implicit(key) => {
                let mut nonce: [u8; 12] = self.iv.clone().try_into().ok()?;
                for (byte, number) in nonce.iter_mut().skip(4).zip(sequence) {
                    *byte ^= number;
                }
                open_aead(key, nonce, &aad(body.len().checked_sub(16)?)?, body)
            }
            Kind::Cbc { cipher, mac, mac_length, encrypt_then_mac } => {
                let sealed = match encrypt_then_mac {
                    true => {
                        let (sealed, tag) = body.split_at_checked(body.len().checked_sub(*mac_length)?)?;
                        hmac::verify(mac, &[&aad(sealed.len())?, sealed].concat(), tag).ok()?;
                        sealed
                    }
                    false => body,
                };
                let (iv, blocks) = sealed.split_first_chunk::<16>()?;
                let mut plain = cbc(cipher, *iv, blocks)?;
                let padding = usize::from(*plain.last()?) + 1;
                let length = plain.len().checked_sub(padding)?;
                plain.truncate(length);
                if !encrypt_then_mac {
                    let length = plain.len().checked_sub(*mac_length)?;
                    let tag = plain.split_off(length);
                    hmac::verify(mac, &[&aad(length)?, plain.as_slice()].concat(), &tag).ok()?;
                }
                Some(plain)
            }
        }
    }
}

fn cbc(cipher: &Block, mut previous: [u8; 16], blocks: &[u8]) -> Option<Vec<u8>> {
    let (blocks, rest) = blocks.as_chunks::<16>();
    if !rest.is_empty() || blocks.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(blocks.len() * 16);
    for sealed in blocks {
        let mut block = *sealed;
        cipher.decrypt(&mut block);
        out.extend(block.iter().zip(previous).map(|(byte, before)| byte ^ before));
        previous = *sealed;
    }
    Some(out)
}

fn open_aead(key: &LessSafeKey, nonce: [u8; 12], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = sealed.to_vec();
    let length =
        key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut bytes).ok()?.len();
    bytes.truncate(length);
    Some(bytes)
}
