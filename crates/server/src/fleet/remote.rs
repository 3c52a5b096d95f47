//! Packet files of other nodes, as if they lay here.

use super::answer::{MAX_IDS, MAX_READ, Read, SIZE, Scrub, Scrubbed};
use super::{Fleet, Unreachable, Where};
use index::FileRecord;
use packets::{FileSource, Gone, Loss, Storage};
use serde_json::json;
use session::SessionId;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are asked for at least: a request costs more than they do.
const AT_LEAST: usize = 128 << 10;

/// A packet file that lies on another node.
#[derive(Debug)]
struct RemoteFile {
    fleet: Arc<Fleet>,
    node: String,
    number: u32,
    /// For whom it is read.
    user: String,
    raw: bool,
    /// What was read last, with its place.
    last: Mutex<(u64, bytes::Bytes)>,
}

impl RemoteFile {
    fn ask(&self, at: u64, len: usize) -> io::Result<(u64, bytes::Bytes)> {
        let wanted = Read { file: self.number, at, len, raw: self.raw };
        let (headers, bytes) = self
            .fleet
            .ask(&self.node, "/fleet/v1/read", &self.user, &json!(wanted))
            .map_err(io::Error::other)?;
        let size = headers.get(SIZE).and_then(|value| value.to_str().ok()?.parse().ok());
        let size = size.ok_or_else(|| io::Error::other(format!("node {} gave no size", self.node)))?;
        if bytes.len() > len {
            return Err(io::Error::other(format!("node {} gave more than was asked for", self.node)));
        }
        Ok((size, bytes))
    }
}

impl Storage for RemoteFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let copy = |from: &[u8], into: &mut [u8]| {
            let len = from.len().min(into.len());
            if let (Some(into), Some(from)) = (into.get_mut(..len), from.get(..len)) {
                into.copy_from_slice(from);
            }
            len
        };
        {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let skip = at.checked_sub(last.0).and_then(|skip| usize::try_from(skip).ok());
            let known = skip.and_then(|skip| last.1.get(skip..)).filter(|known| !known.is_empty());
            if let Some(known) = known {
                return Ok(copy(known, into));
            }
        }
        let (_, bytes) = self.ask(at, into.len().clamp(AT_LEAST, MAX_READ))?;
        let len = copy(&bytes, into);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (at, bytes);
        Ok(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.ask(0, 0)?.0)
    }
}

impl Fleet {
    /// A packet file of another node; `None` where it is to be looked for here. `form` is what is different about it where an Arkime
    /// wrote it.
    pub fn file(
        self: &Arc<Self>,
        file: &FileRecord,
        form: Option<packets::arkime::Form>,
        user: &str,
    ) -> Result<Option<FileSource>, Gone> {
        let node = &file.node;
        match self.place_of(node).map_err(|error| Gone::Unreadable(error.0))? {
            Where::Here | Where::Unknown => return Ok(None),
            Where::Pending => {
                return Err(Gone::Unreadable(format!(
                    "node {node} waits for approval: hindsight node approve {node}"
                )));
            }
            Where::There => {}
        }
        self.check(node).map_err(|error| Gone::Unreadable(error.text))?;
        let remote = RemoteFile {
            fleet: self.clone(),
            node: node.clone(),
            number: file.num,
            user: user.to_owned(),
            raw: form.is_some(),
            last: Mutex::default(),
        };
        let path = PathBuf::from(format!("{node}:{}", file.name));
        Ok(Some(FileSource { path, form, storage: Some(Arc::new(remote)) }))
    }

    /// Has the packets of sessions of another node overwritten there.
    pub fn scrub(&self, node: &str, user: &str, ids: &[SessionId]) -> Result<packets::Scrubbed, Unreachable> {
        let mut all = packets::Scrubbed::default();
        for part in ids.chunks(MAX_IDS) {
            let wanted = Scrub { ids: part.iter().map(ToString::to_string).collect() };
            let (_, answer) = self.ask(node, "/fleet/v1/scrub", user, &json!(wanted))?;
            let done: Scrubbed = serde_json::from_slice(&answer).map_err(|error| Unreachable {
                text: format!("node {node} gave an answer that cannot be read: {error}"),
                silent: false,
            })?;
            all.sessions += done.sessions;
            all.packets += done.packets;
            all.bytes += done.bytes;
            all.losses.extend(done.losses.into_iter().map(|loss| Loss {
                node: node.to_owned(),
                number: loss.number,
                path: loss.path,
                packets: loss.packets,
                reason: Gone::Unreadable(loss.reason),
            }));
        }
        Ok(all)
    }
}
