//! AES-256-GCM of a file: its header with the wrapped key, and its blocks.
//!
//! ```text
//! 0 magic(8) 8 version(2) 10 inside: bit 0 zstd(2) 12 zero(4) 16 file(8) 24 key id(8) | 32 nonce(12) 44 wrapped key(32) tag(16)
//! 92 zero(28) 120 check(8)
//! ```

use crate::head::{BOUND, check};
use crate::key::LEN;
use crate::{Error, Key, KeyId, Keyring, u32_at, u64_at};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::io;

/// Length of the header of an encrypted file, bytes.
pub const FILE_HEADER: usize = 128;
/// Bytes that encryption adds to a block.
pub(crate) const TAG: usize = 16;
/// The high bit tells transfers that clear it, the line ends those that change them.
const MAGIC: [u8; 8] = *b"\x89HSPK\r\n\x1a";
const VERSION: u16 = 1;
/// The part of the header that is authenticated with the wrapped key.
const AUTHENTIC: usize = 32;
const NONCE: usize = 12;

pub(crate) fn recognise(first: &[u8]) -> bool {
    first.starts_with(&MAGIC)
}

/// The header of an encrypted file.
#[derive(Clone, Debug)]
pub(crate) struct FileHeader {
    pub zstd: bool,
    pub file: u64,
    pub id: KeyId,
    bytes: [u8; FILE_HEADER],
}

/// The key of one file.
pub(crate) struct FileKey(LessSafeKey);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey")
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(bytes)
}

fn aes(key: &[u8; LEN]) -> io::Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| io::Error::other("AES-256 refuses the key"))?;
    Ok(LessSafeKey::new(key))
}

/// The header of a new file, and its key.
pub(crate) fn begin(key: &Key, file: u64, zstd: bool) -> io::Result<([u8; FILE_HEADER], FileKey)> {
    let mut header = [0; FILE_HEADER];
    let parts: [&[u8]; 6] = [
        &MAGIC,
        &VERSION.to_le_bytes(),
        &u16::from(zstd).to_le_bytes(),
        &[0; 4],
        &file.to_le_bytes(),
        &key.id().0.to_be_bytes(),
    ];
    put(&mut header, 0, parts.concat());
    let own = random::<LEN>()?;
    let nonce = random::<NONCE>()?;
    let mut wrapped = own;
    let authentic = header.first_chunk::<AUTHENTIC>().copied().unwrap_or([0; AUTHENTIC]);
    let tag = aes(key.bytes())?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(authentic), &mut wrapped)
        .map_err(|_| io::Error::other("cannot wrap the key of the file"))?;
    put(&mut header, AUTHENTIC, [nonce.as_slice(), &wrapped, tag.as_ref()].concat());
    let sum = u64::from(check(header.get(..120).unwrap_or_default()));
    put(&mut header, 120, sum.to_le_bytes().to_vec());
    Ok((header, FileKey(aes(&own)?)))
}

fn put(header: &mut [u8; FILE_HEADER], at: usize, bytes: Vec<u8>) {
    for (to, from) in header.iter_mut().skip(at).zip(bytes) {
        *to = from;
    }
}

impl FileHeader {
    /// Out of the first bytes of a file.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |what: &str| Err(Error::Malformed(what.to_owned()));
        let Some(bytes) = bytes.first_chunk::<FILE_HEADER>() else {
            return malformed("it ends inside its header");
        };
        if !recognise(bytes) || u64_at(bytes, 120) != u64::from(check(bytes.get(..120).unwrap_or_default())) {
            return malformed("its header is damaged");
        }
        let version = u32_at(bytes, 8) as u16;
        if version != VERSION {
            return malformed(&format!(
                "it has version {version}, this program knows {VERSION}: use a newer one"
            ));
        }
        Ok(Self {
            zstd: u32_at(bytes, 10) & 1 == 1,
            file: u64_at(bytes, 16),
            id: KeyId(u64_at(bytes, 24).swap_bytes()),
            bytes: *bytes,
        })
    }

    /// Unwraps the key of the file.
    pub fn open(&self, keys: &Keyring) -> Result<FileKey, Error> {
        let Some(key) = keys.find(self.id) else {
            return Err(Error::NoKey { id: self.id, have: keys.ids().collect() });
        };
        let forged = || Error::Forged(self.id);
        let part = |from: usize, len: usize| self.bytes.get(from..from + len).unwrap_or_default();
        let nonce: [u8; NONCE] = part(AUTHENTIC, NONCE).try_into().map_err(|_| forged())?;
        let mut wrapped = part(44, LEN + TAG).to_vec();
        let authentic: [u8; AUTHENTIC] = part(0, AUTHENTIC).try_into().map_err(|_| forged())?;
        let aes_of = |key: &[u8; LEN]| aes(key).map_err(|_| forged());
        let own = aes_of(key.bytes())?
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(authentic), &mut wrapped)
            .map_err(|_| forged())?;
        let own: [u8; LEN] = (&*own).try_into().map_err(|_| forged())?;
        aes_of(&own).map(FileKey)
    }
}

/// The number of a block is its nonce: a file has a key of its own and never two blocks of one number.
fn nonce(number: u32) -> Nonce {
    let mut bytes = [0; NONCE];
    for (to, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
        *to = from;
    }
    Nonce::assume_unique_for_key(bytes)
}

impl FileKey {
    /// Encrypts a block where it lies; gives its tag.
    pub fn seal(&self, number: u32, bound: &[u8; BOUND], bytes: &mut [u8]) -> io::Result<[u8; TAG]> {
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(number), Aad::from(bound), bytes)
            .map_err(|_| io::Error::other("cannot encrypt a block"))?;
        tag.as_ref().try_into().map_err(|_| io::Error::other("a tag has 16 bytes"))
    }

    /// Decrypts a block where it lies, its tag behind it; `None` where anything of it was changed.
    pub fn open<'a>(&self, number: u32, bound: &[u8; BOUND], stored: &'a mut [u8]) -> Option<&'a [u8]> {
        let (bytes, tag) = stored.split_at_mut_checked(stored.len().checked_sub(TAG)?)?;
        let tag = Tag::try_from(&*tag).ok()?;
        let plain =
            self.0.open_in_place_separate_tag(nonce(number), Aad::from(bound), tag, bytes, 0..).ok()?;
        Some(plain)
    }
}
