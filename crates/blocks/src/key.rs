//! Keys that people keep, in files.

use base64::Engine as _;
use ring::digest;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a key.
pub(crate) const LEN: usize = 32;
/// A key file is not longer than this, bytes.
const MOST: u64 = 4_096;

/// Tells keys apart without telling the key: the first eight bytes of a hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A key of 256 bits.
#[derive(Clone)]
pub struct Key {
    bytes: [u8; LEN],
    id: KeyId,
    path: PathBuf,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("path", &self.path).finish_non_exhaustive()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Key {}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("key file {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Others may read it.
    #[error("key file {path} can be read by others (mode {mode:o}): chmod 600 {path}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Its content is no key.
    #[error(
        "key file {path} holds no key: it must be 32 bytes, or these in hexadecimal or base64 \
         (make one with: (umask 077; openssl rand -hex 32 > {path}))", path = path.display()
    )]
    Content {
        /// The file.
        path: PathBuf,
    },
}

impl Key {
    /// A key of these bytes; `path` is where it came from, for messages.
    #[must_use]
    pub fn new(bytes: [u8; LEN], path: impl Into<PathBuf>) -> Self {
        let mut text = b"hindsight key id 1".to_vec();
        text.extend_from_slice(&bytes);
        let hash = digest::digest(&digest::SHA256, &text);
        let id = hash.as_ref().first_chunk::<8>().map_or(0, |head| u64::from_be_bytes(*head));
        Self { bytes, id: KeyId(id), path: path.into() }
    }

    /// Reads a key file: 32 bytes as they are, or in hexadecimal or base64 on one line. Only its owner may be able to read it.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let failed = |source| KeyError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path: path.to_owned(), mode });
        }
        let mut content = Vec::new();
        file.take(MOST).read_to_end(&mut content).map_err(failed)?;
        let bytes = parse(&content).ok_or_else(|| KeyError::Content { path: path.to_owned() })?;
        Ok(Self::new(bytes, path))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The file it came from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bytes(&self) -> &[u8; LEN] {
        &self.bytes
    }
}

fn parse(content: &[u8]) -> Option<[u8; LEN]> {
    if let Ok(raw) = content.try_into() {
        return Some(raw);
    }
    let text = content.trim_ascii();
    if text.len() == 2 * LEN && text.iter().all(u8::is_ascii_hexdigit) {
        let digit = |c: u8| char::from(c).to_digit(16).unwrap_or(0) as u8;
        let (pairs, _) = text.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| digit(*high) << 4 | digit(*low)).collect();
        return bytes.try_into().ok();
    }
    let engines =
        [&base64::engine::general_purpose::STANDARD, &base64::engine::general_purpose::STANDARD_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()?.try_into().ok())
}

/// The keys that are at hand for reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    keys: Vec<Arc<Key>>,
}

impl Keyring {
    /// Without any key: enough for what is not encrypted.
    #[must_use]
    pub const fn empty() -> &'static Self {
        static EMPTY: Keyring = Keyring { keys: Vec::new() };
        &EMPTY
    }

    /// Keys of these files.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn load(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Self, KeyError> {
        let mut ring = Self::default();
        for path in paths {
            ring.add(Arc::new(Key::load(path)?));
        }
        Ok(ring)
    }

    /// Adds a key.
    pub fn add(&mut self, key: Arc<Key>) {
        if self.find(key.id).is_none() {
            self.keys.push(key);
        }
    }

    /// The key of this id.
    #[must_use]
    pub fn find(&self, id: KeyId) -> Option<&Arc<Key>> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.iter().map(|key| key.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn file(folder: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn key_files_of_every_form_are_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let raw: [u8; 32] = std::array::from_fn(|n| n as u8 * 7);
        let hex: String = raw.iter().map(|b| format!("{b:02x}")).collect();
        let base64 = base64::engine::general_purpose::STANDARD.encode(raw);
        let forms = [raw.to_vec(), format!("{hex}\n").into_bytes(), format!("{base64}\r\n").into_bytes()];
        let ids: Vec<KeyId> = forms
            .iter()
            .map(|form| Key::load(file(folder.path(), "key", form, 0o600)).unwrap().id())
            .collect();
        assert_eq!(ids, [Key::new(raw, "").id(); 3]);
        assert_ne!(ids[0], Key::new([0; 32], "").id());
    }

    #[test]
    fn a_key_file_that_will_not_do_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let shared = file(folder.path(), "shared", &[1; 32], 0o644);
        let short = file(folder.path(), "short", b"secret", 0o600);
        let said = |path: &Path| Key::load(path).unwrap_err().to_string();
        assert!(said(&shared).contains("chmod 600"), "{}", said(&shared));
        assert!(said(&short).contains("32 bytes"), "{}", said(&short));
        assert!(said(&folder.path().join("none")).contains("none: No such file"));
        assert!(!format!("{:?}", Key::new([0x5a; 32], "k")).contains("90, 90"), "the key is not printed");
    }
}
