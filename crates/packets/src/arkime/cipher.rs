//! Encryption of Arkime's packet files, and the keys that wrap theirs.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockDecryptMut as _, KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use md5::{Digest as _, Md5};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Bytes of the key of `xor-2048`.
const XOR: usize = 256;

/// The cipher of one file; a byte is decrypted by its place in the file.
#[derive(Clone, PartialEq, Eq)]
pub enum Cipher {
    /// `aes-256-ctr`: key and the counter block of the first byte.
    Aes256Ctr {
        /// The key.
        key: Box<[u8; 32]>,
        /// The counter block of the first byte.
        iv: [u8; 16],
    },
    /// `xor-2048`: 256 bytes, again and again. Keeps nobody out who looks.
    Xor2048(Box<[u8; XOR]>),
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes256Ctr { .. } => "Aes256Ctr",
            Self::Xor2048(_) => "Xor2048",
        })
    }
}

impl Cipher {
    /// Decrypts bytes that lie at `at` in the file.
    pub fn apply(&self, bytes: &mut [u8], at: u64) {
        match self {
            Self::Aes256Ctr { key, iv } => {
                let mut cipher = ctr::Ctr128BE::<Aes256>::new((&**key).into(), iv.into());
                // a place that the counter cannot reach lies in no file
                if cipher.try_seek(at).is_ok() {
                    let _ = cipher.try_apply_keystream(bytes);
                }
            }
            Self::Xor2048(key) => {
                let from = usize::try_from(at % XOR as u64).unwrap_or(0);
                for (byte, key) in bytes.iter_mut().zip(key.iter().cycle().skip(from)) {
                    *byte ^= key;
                }
            }
        }
    }

    /// Opens the key of a file. Without `kekId` it lies open.
    pub(super) fn unwrap(
        encoding: &str,
        dek: Option<&str>,
        iv: Option<&str>,
        kek_id: Option<&str>,
        keks: &Keks,
    ) -> Result<Self, String> {
        let wrapped =
            dek.and_then(unhex).ok_or("its catalogue entry has no `dek`, or one that is not hexadecimal")?;
        let key = match kek_id {
            None => wrapped,
            Some(id) => {
                let kek = keks.get(id).ok_or_else(|| {
                    format!("it is encrypted and its key is wrapped by `{id}`, which is in no file of keks; name Arkime's config.ini in [packets] keks")
                })?;
                unwrap_key(&wrapped, kek).ok_or_else(|| {
                    format!("the kek `{id}` does not open its key (known is Arkime's aes-192-cbc)")
                })?
            }
        };
        match encoding {
            "aes-256-ctr" => {
                let key = key.try_into().map_err(|_| "its key is not 32 bytes long")?;
                let given = iv
                    .and_then(unhex)
                    .ok_or("its catalogue entry has no `iv`, or one that is not hexadecimal")?;
                let mut iv = [0; 16];
                iv.get_mut(..given.len()).ok_or("its `iv` is longer than 16 bytes")?.copy_from_slice(&given);
                Ok(Self::Aes256Ctr { key: Box::new(key), iv })
            }
            "xor-2048" => {
                let key: [u8; XOR] = key.try_into().map_err(|_| "its key is not 256 bytes long")?;
                Ok(Self::Xor2048(Box::new(key)))
            }
            other => Err(format!("it is encrypted with `{other}`; known are aes-256-ctr and xor-2048")),
        }
    }
}

/// AES-192-CBC with key and start from the text of the kek, as OpenSSL's `EVP_BytesToKey` makes them with MD5, once, without salt.
fn unwrap_key(wrapped: &[u8], kek: &str) -> Option<Vec<u8>> {
    let mut made: Vec<u8> = Vec::with_capacity(48);
    let mut last: Vec<u8> = Vec::new();
    while made.len() < 40 {
        let mut md5 = Md5::new();
        md5.update(&last);
        md5.update(kek.as_bytes());
        last = md5.finalize().to_vec();
        made.extend_from_slice(&last);
    }
    let (key, rest) = made.split_at_checked(24)?;
    let cipher = cbc::Decryptor::<aes::Aes192>::new_from_slices(key, rest.get(..16)?).ok()?;
    cipher.decrypt_padded_vec_mut::<Pkcs7>(wrapped).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = text.trim().as_bytes();
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = bytes.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// The keys that wrap the keys of files: the section `[keks]` of an Arkime's configuration, by id.
#[derive(Clone, Default)]
pub struct Keks(BTreeMap<String, String>);

impl fmt::Debug for Keks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A file of keks cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Unreadable(PathBuf, std::io::Error),
    /// It holds none.
    #[error("{0} has no section [keks] with lines id=key, as Arkime's config.ini")]
    Empty(PathBuf),
}

impl Keks {
    /// Reads the section `[keks]` of a file; the rest of it is not looked at.
    ///
    /// # Errors
    /// The file cannot be read or has no such section.
    pub fn load(path: &Path) -> Result<Self, KekError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| KekError::Unreadable(path.to_owned(), error))?;
        let keks = Self::parse(&text);
        if keks.0.is_empty() { Err(KekError::Empty(path.to_owned())) } else { Ok(keks) }
    }

    /// The same, of its text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut inside = false;
        let mut keks = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
                inside = section.trim() == "keks";
            } else if let Some((id, key)) = line.split_once('=').filter(|_| inside) {
                keks.insert(id.trim().to_owned(), key.trim().to_owned());
            }
        }
        Self(keks)
    }

    fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}
