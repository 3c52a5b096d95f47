//! How a file is recognised when it is imported again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// Bytes of the head and of the tail that are looked at.
const ENDS: u64 = 1 << 20;
/// Samples between them.
const SAMPLES: u64 = 64;
/// Bytes of a sample.
const SAMPLE: u64 = 4_096;

/// Size and content of a file: xxh3 (128 bits) over its size, its first and last mebibyte, and 64 samples of 4 KiB evenly spread between them.
/// Two captures that differ have different packets at their ends or different sizes, so that reading all of a large file is not worth the
/// time; a file of up to 2 MiB is read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Bytes of the file.
    pub size: u64,
    /// The hash.
    pub hash: u128,
}

impl Fingerprint {
    /// Looks at a file.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut hash = Xxh3::new();
        hash.update(&size.to_le_bytes());
        let mut feed = |from: u64, len: u64| -> io::Result<()> {
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            (&mut file).take(len).read_to_end(&mut bytes)?;
            hash.update(&bytes);
            Ok(())
        };
        if size <= 2 * ENDS {
            feed(0, size)?;
        } else {
            feed(0, ENDS)?;
            let between = size - 2 * ENDS;
            for n in 0..SAMPLES {
                feed(ENDS + between / SAMPLES * n, SAMPLE)?;
            }
            feed(size - ENDS, ENDS)?;
        }
        Ok(Self { size, hash: hash.digest128() })
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:032x}", self.size, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_size_count() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Fingerprint::of(&path).unwrap()
        };
        let mut large = vec![7; 5 << 20];
        let first = write("a", &large);
        assert_eq!(first, write("b", &large));
        large.push(0);
        assert_ne!(first, write("c", &large));
        large.pop();
        large[0] = 8;
        assert_ne!(first.to_string(), write("d", &large).to_string());
        large[0] = 7;
        large[ENDS as usize + 10] = 8;
        assert_ne!(first, write("e", &large), "a sample");
        assert_ne!(write("f", b"x"), write("g", b"y"));
    }
}
