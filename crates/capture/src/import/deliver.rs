//! The threads behind the reader: workers, and the one that writes to the index.

use super::batch::{Batch, Group, Message};
use crate::intake::Arrival;
use crate::keep::Raw;
use crate::worker::{Placed, Worker};
use crate::{Counters, identity::Identity};
use crossbeam_channel::{Receiver, Sender};
use index::SessionSink;
use session::SessionDoc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Documents that are handed to the index at once.
const DOCUMENTS: usize = 1_024;

/// One worker: takes batches until there are no more, then ends its sessions. `back` gets the empty batches.
pub(super) fn work(
    mut worker: Worker,
    messages: &Receiver<Message>,
    back: &Sender<Batch>,
    documents: &Sender<Vec<SessionDoc>>,
    sessions: &AtomicU64,
) -> Counters {
    let mut pending = Vec::with_capacity(DOCUMENTS);
    let mut refused = 0u64;
    let mut out = |doc: SessionDoc| {
        pending.push(doc);
        if pending.len() >= DOCUMENTS {
            let full = std::mem::replace(&mut pending, Vec::with_capacity(DOCUMENTS));
            refused += documents.send(full).map_or_else(|lost| lost.0.len() as u64, |()| 0);
        }
    };
    let options = worker.options();
    for message in messages {
        let mut batch = match message {
            Message::Batch(batch) => batch,
            Message::Close => {
                worker.close(&mut out);
                continue;
            }
        };
        let before = worker.counters.sessions;
        worker.set_file(batch.file);
        worker.refresh();
        for item in &batch.items {
            worker.set_clock(item.clock);
            let group = item.group.checked_sub(1).and_then(|at| batch.groups.get(at as usize));
            if let Some(Group::Fragments { frames, identity }) = group {
                worker.arrival(Arrival::Fragments(frames), None, identity, item.hash, &mut out);
                continue;
            }
            let bytes = batch.bytes(item);
            let decoded = wire::decode(item.link, bytes);
            let mut placed = Placed(Some(Raw { link: item.link, bytes, len: item.frame.len }));
            match group {
                Some(Group::Datagram { earlier, payload }) => {
                    let whole = wire::decode_ip(&decoded, payload);
                    let identity = Identity::of(&whole, &options);
                    worker.packet(&mut placed, earlier, &item.frame, &whole, &identity, item.hash, &mut out);
                }
                _ => {
                    let identity = Identity::of(&decoded, &options);
                    worker.packet(&mut placed, &[], &item.frame, &decoded, &identity, item.hash, &mut out);
                }
            }
        }
        sessions.fetch_add(worker.counters.sessions - before, Ordering::Relaxed);
        batch.clear();
        // the reader may be done already
        let _ = back.try_send(batch);
    }
    worker.close(&mut out);
    let rest = std::mem::take(&mut pending);
    refused += documents.send(rest).map_or_else(|lost| lost.0.len() as u64, |()| 0);
    let mut counters = worker.counters;
    counters.unindexed += refused;
    counters
}

/// Writes documents to the index until there are no more, and commits. After an error what still comes is counted, not kept.
pub(super) fn index(
    sink: &mut dyn SessionSink,
    documents: &Receiver<Vec<SessionDoc>>,
    failed: &dyn Fn(),
) -> (Result<(), index::Error>, u64) {
    let mut result = Ok(());
    let mut lost = 0;
    for batch in documents {
        let count = batch.len() as u64;
        if result.is_ok() && count > 0 {
            result = sink.append(batch);
            if result.is_err() {
                failed();
                lost += count;
            }
        } else {
            lost += count;
        }
    }
    if result.is_ok() {
        result = sink.commit();
    }
    (result, lost)
}
