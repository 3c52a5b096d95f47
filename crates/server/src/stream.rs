//! Bodies that are written by a blocking thread while they are sent: constant memory, first byte at once.

use crate::app::App;
use crate::error::ApiError;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use index::Control;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Bytes of one chunk.
const CHUNK: usize = 128 << 10;
/// The first chunks are small, so that the download begins at once.
const FIRST: usize = 4 << 10;
/// Bytes that are no content yet.
const HEADER: usize = 512;
/// Chunks between the writing thread and the connection.
const AHEAD: usize = 8;
/// How long a client may stand still before the export ends.
const STALL: Duration = Duration::from_secs(120);

type Item = Result<Bytes, ApiError>;

/// What the writing thread writes into.
pub(crate) struct ChunkWriter {
    buffer: BytesMut,
    chunk: usize,
    sent: u64,
    to: Sender<Item>,
    runtime: Handle,
    control: Control,
    app: App,
}

impl ChunkWriter {
    /// Ends the query behind this answer: the client is gone, or too slow.
    pub fn control(&self) -> &Control {
        &self.control
    }

    fn push(&mut self, item: Item) -> io::Result<()> {
        let sent = self.runtime.block_on(tokio::time::timeout(STALL, self.to.send(item)));
        let reason = match sent {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(_)) => "the client went away",
            Err(_) => "the client did not read for two minutes",
        };
        self.control.cancel();
        Err(io::Error::new(io::ErrorKind::BrokenPipe, reason))
    }

    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = self.buffer.split().freeze();
        self.sent += bytes.len() as u64;
        self.app.metrics.exported_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.chunk = (self.chunk * 4).min(CHUNK);
        self.push(Ok(bytes))
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= self.chunk {
            self.send()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        // The header of a capture alone is not worth a chunk: an error may still take its place.
        if self.sent == 0 && self.buffer.len() < HEADER { Ok(()) } else { self.send() }
    }
}

/// Runs `write` on a blocking thread and returns what it writes as a body, once its first bytes are there: an error
/// before them is an answer of its own. An error later breaks the connection off, so that half an export never looks
/// like a whole one.
pub(crate) async fn body(
    app: &App,
    write: impl FnOnce(&App, &mut ChunkWriter) -> Result<(), ApiError> + Send + 'static,
) -> Result<Body, ApiError> {
    let Ok(turn) = app.exports.clone().try_acquire_owned() else {
        return Err(ApiError::busy("too many exports are running; try again when one has ended"));
    };
    let (to, mut from) = mpsc::channel(AHEAD);
    let control = Control::new();
    let cancel = CancelOnDrop(control.clone());
    let mut writer = ChunkWriter {
        buffer: BytesMut::new(),
        chunk: FIRST,
        sent: 0,
        to,
        runtime: Handle::current(),
        control,
        app: app.clone(),
    };
    let inner = app.clone();
    tokio::task::spawn_blocking(move || {
        let result = write(&inner, &mut writer)
            .and_then(|()| writer.send().map_err(|e| ApiError::internal(e.to_string())));
        if let Err(error) = result {
            if writer.sent > 0 {
                inner.metrics.exports_broken.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(after = writer.sent, "an export broke off: {error}");
            }
            let _ = writer.push(Err(error)); // nobody left to tell is fine
        }
        drop(turn);
    });
    let first = match from.recv().await {
        Some(Err(error)) => return Err(error),
        Some(Ok(bytes)) => Some(Ok::<_, ApiError>(bytes)),
        None => None,
    };
    let rest = Rest { from, _cancel: cancel };
    Ok(Body::from_stream(stream::StreamExt::chain(stream::iter(first), rest)))
}

struct CancelOnDrop(Control);
impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

struct Rest {
    from: Receiver<Item>,
    _cancel: CancelOnDrop,
}

impl Stream for Rest {
    type Item = Item;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        self.from.poll_recv(cx)
    }
}
