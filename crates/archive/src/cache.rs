//! Objects read in ranges, through a cache on disk that is bounded.

use crate::{Bucket, Error};
use packets::{Gone, Remote, Storage};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_128;

/// Bytes that are read and kept at once.
const CHUNK: u64 = 1 << 20;

/// Opens objects of a bucket by their URL. What was read lies in a folder, up to a number of bytes, the longest unused goes first; it may be
/// deleted at any time.
#[derive(Debug)]
pub struct Shelf {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bucket: Arc<Bucket>,
    folder: PathBuf,
    most: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    clock: u64,
    bytes: u64,
    /// By name of the file: when it was used last, and its bytes.
    chunks: HashMap<String, (u64, u64)>,
}

impl Shelf {
    /// Keeps at most `most` bytes in a folder, which is made; what an earlier run left there is taken up.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn new(bucket: Arc<Bucket>, folder: &Path, most: u64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut kept = Kept::default();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".part") {
                let _ = std::fs::remove_file(entry.path());
                continue;
            }
            let bytes = entry.metadata()?.len();
            kept.bytes += bytes;
            kept.chunks.insert(name, (0, bytes));
        }
        let inner =
            Inner { bucket, folder: folder.to_owned(), most: most.max(4 * CHUNK), kept: Mutex::new(kept) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Bytes that lie in the folder.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

impl Remote for Shelf {
    fn open(&self, url: &str) -> Result<Arc<dyn Storage>, Gone> {
        let gone = |error: Error| match error {
            Error::Missing(_) => Gone::Expired,
            other => Gone::Unreadable(other.to_string()),
        };
        let key = self.inner.bucket.key_of(url).map_err(gone)?.to_owned();
        let size = self.inner.bucket.size(&key).map_err(gone)?;
        let name = format!("{:032x}", xxh3_128(format!("{url} {size}").as_bytes()));
        Ok(Arc::new(Object { shelf: self.inner.clone(), key, name, size }))
    }
}

/// One object. Objects never change once they are there.
#[derive(Debug)]
struct Object {
    shelf: Arc<Inner>,
    key: String,
    name: String,
    size: u64,
}

impl Storage for Object {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        if at >= self.size || into.is_empty() {
            return Ok(0);
        }
        let chunk = at / CHUNK;
        let start = chunk * CHUNK;
        let len = CHUNK.min(self.size - start);
        let from = usize::try_from(at - start).unwrap_or(usize::MAX);
        self.shelf.chunk(self, chunk, start, len, from, into)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.size)
    }
}

impl Inner {
    fn chunk(
        &self,
        object: &Object,
        number: u64,
        start: u64,
        len: u64,
        from: usize,
        into: &mut [u8],
    ) -> io::Result<usize> {
        let name = format!("{}-{number:08}", object.name);
        let path = self.folder.join(&name);
        let known = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clock += 1;
            let now = kept.clock;
            kept.chunks.get_mut(&name).map(|(used, bytes)| {
                *used = now;
                *bytes
            })
        };
        // one that is gone or cut is read again
        if known == Some(len)
            && let Ok(file) = File::open(&path)
            && file.metadata().is_ok_and(|meta| meta.len() == len)
        {
            return Storage::read_at(&file, into, from as u64);
        }
        let bytes = self.bucket.read(&object.key, start, len).map_err(io::Error::other)?;
        if bytes.len() as u64 != len {
            let what = format!("{} of {len} bytes came from the object storage", bytes.len());
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        let rest = bytes.get(from..).unwrap_or_default();
        let give = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..give), rest.get(..give)) {
            to.copy_from_slice(from);
        }
        self.keep(name, &path, &bytes);
        Ok(give)
    }

    /// Keeps a chunk; a cache that cannot be written is none.
    fn keep(&self, name: String, path: &Path, bytes: &[u8]) {
        let part = path.with_extension(format!("{:?}.part", std::thread::current().id()));
        if std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path)).is_err() {
            let _ = std::fs::remove_file(&part);
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let entry = (kept.clock, bytes.len() as u64);
        kept.bytes += entry.1;
        if let Some((_, old)) = kept.chunks.insert(name, entry) {
            kept.bytes -= old;
        }
        if kept.bytes <= self.most {
            return;
        }
        // a tenth at once, so that this is not done for each
        let mut by_use: Vec<(u64, String)> =
            kept.chunks.iter().map(|(name, (used, _))| (*used, name.clone())).collect();
        by_use.sort_unstable();
        for (_, name) in by_use {
            if kept.bytes <= self.most / 10 * 9 {
                break;
            }
            let _ = std::fs::remove_file(self.folder.join(&name));
            if let Some((_, bytes)) = kept.chunks.remove(&name) {
                kept.bytes -= bytes;
            }
        }
    }
}
