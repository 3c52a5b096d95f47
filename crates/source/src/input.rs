//! Opens the bytes of a capture, whatever they are wrapped in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{KeyId, Keyring, Mapping, Stop};

/// How a capture is stored. Positions point into a plain file or one of our own: what is compressed otherwise or came through a pipe has to be
/// copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// A plain file.
    Plain,
    /// gzip, also several members one after the other (bgzip).
    Gzip,
    /// Zstandard, also several frames.
    Zstd,
    /// A packet file of our own that is compressed or encrypted by blocks: [`crate::Packet::at`] can be found again in it, as in a plain
    /// one.
    Blocks {
        /// Whether it is compressed.
        zstd: bool,
        /// Id of the key that encrypts it.
        key: Option<KeyId>,
    },
    /// stdin or another pipe, uncompressed.
    Pipe,
}

impl Storage {
    /// Whether packets can be found again at [`crate::Packet::at`].
    #[must_use]
    pub fn has_positions(self) -> bool {
        matches!(self, Self::Plain | Self::Blocks { .. })
    }

    /// `none`, `gzip`, `zstd`.
    #[must_use]
    pub fn compression(self) -> &'static str {
        match self {
            Self::Plain | Self::Pipe | Self::Blocks { zstd: false, .. } => "none",
            Self::Gzip => "gzip",
            Self::Zstd | Self::Blocks { zstd: true, .. } => "zstd",
        }
    }

    /// Id of the key that encrypts it.
    #[must_use]
    pub fn key(self) -> Option<KeyId> {
        if let Self::Blocks { key, .. } = self { key } else { None }
    }

    fn of(magic: &[u8]) -> Option<Self> {
        match magic {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // A skippable frame, with which seekable zstd files may begin.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Frames may ask for a window of up to 2²⁷ bytes (what `zstd -d` allows); more is refused with an error.
const ZSTD_WINDOW: u32 = 27;

/// An opened capture.
pub(crate) enum Input {
    Mapped(Mapping),
    Stream { reader: Box<dyn Read + Send>, storage: Storage, read: Arc<AtomicU64>, total: Option<u64> },
}

/// Counts what is read from the file or pipe itself.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A pipe that is left when the stop flag is set, although nothing comes. The end looks like the end of the input.
struct Stoppable<R> {
    inner: R,
    fd: RawFd,
    stop: Stop,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.stop.is_set() {
            let mut poll = libc::pollfd { fd: self.fd, events: libc::POLLIN, revents: 0 };
            // SAFETY: one valid pollfd, for the time of the call; the descriptor is open as long as `inner` lives.
            let ready = unsafe { libc::poll(&raw mut poll, 1, 100) };
            if ready != 0 {
                // Data, the end, or an error, which reading will name.
                return self.inner.read(buffer);
            }
        }
        Ok(0)
    }
}

/// Takes compression off.
fn unpack(inner: impl Read + Send + 'static, plain: Storage) -> io::Result<(Box<dyn Read + Send>, Storage)> {
    let mut inner = BufReader::with_capacity(256 << 10, inner);
    let mut first = [0; 4];
    let mut have = 0;
    while let Some(rest) = first.get_mut(have..).filter(|r| !r.is_empty()) {
        match inner.read(rest) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let head = first.get(..have).unwrap_or_default().to_vec();
    let storage = Storage::of(&head);
    let whole = BufReader::new(Cursor::new(head)).chain(inner);
    Ok(match storage {
        None => (Box::new(whole), plain),
        Some(Storage::Zstd) => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(whole)?;
            decoder.window_log_max(ZSTD_WINDOW)?;
            (Box::new(decoder), Storage::Zstd)
        }
        Some(other) => (Box::new(gzip(whole)), other),
    })
}

fn gzip<R: BufRead>(inner: R) -> flate2::bufread::MultiGzDecoder<R> {
    flate2::bufread::MultiGzDecoder::new(inner)
}

/// Opens a file: mapped where it is a plain one, else as a stream.
pub(crate) fn open(path: &Path, keys: &Keyring, stop: &Stop) -> io::Result<Input> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    if meta.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a folder"));
    }
    if !meta.is_file() {
        let fd = file.as_raw_fd();
        return pipe(file, fd, stop);
    }
    let mut first = [0; blocks::MAGIC];
    let have = file.read(&mut first)?;
    if blocks::recognise(first.get(..have).unwrap_or_default()).is_some() {
        let stream = blocks::Stream::open(file, keys)?;
        let (read, total) = (stream.progress(), Some(stream.blocks().len()));
        let (zstd, key) = (stream.blocks().is_compressed(), stream.blocks().key_id());
        let storage = Storage::Blocks { zstd, key };
        return Ok(Input::Stream { reader: Box::new(stream), storage, read, total });
    }
    if Storage::of(first.get(..have).unwrap_or_default()).is_none() {
        if meta.len() == 0 {
            return Ok(Input::Stream {
                reader: Box::new(io::empty()),
                storage: Storage::Plain,
                read: Arc::default(),
                total: Some(0),
            });
        }
        return Mapping::new(&file).map(Input::Mapped);
    }
    io::Seek::rewind(&mut file)?;
    let read = Arc::<AtomicU64>::default();
    let (reader, storage) = unpack(Counted { inner: file, read: Arc::clone(&read) }, Storage::Plain)?;
    Ok(Input::Stream { reader, storage, read, total: Some(meta.len()) })
}

/// stdin.
pub(crate) fn stdin(stop: &Stop) -> io::Result<Input> {
    let stdin = io::stdin();
    let fd = stdin.as_raw_fd();
    pipe(stdin, fd, stop)
}

fn pipe(inner: impl Read + Send + 'static, fd: RawFd, stop: &Stop) -> io::Result<Input> {
    let read = Arc::<AtomicU64>::default();
    let counted = Counted { inner: Stoppable { inner, fd, stop: stop.clone() }, read: Arc::clone(&read) };
    let (reader, storage) = unpack(counted, Storage::Pipe)?;
    Ok(Input::Stream { reader, storage, read, total: None })
}
