//! Hands packets to the workers that own their flows.

use super::batch::{Batch, Group, Item, Message};
use crate::Counters;
use crate::frame::Frame;
use crate::intake::{Arrival, Intake};
use crossbeam_channel::{Receiver, Sender};
use source::Mapping;
use std::sync::Arc;
use wire::LinkType;

/// The reader's end of the channels.
pub(super) struct Reader {
    intake: Intake,
    fill: Fill,
}

/// The batches that are being filled, one for each worker.
struct Fill {
    senders: Vec<Sender<Message>>,
    spare: Receiver<Batch>,
    open: Vec<Batch>,
    file: u128,
    mapping: Option<Arc<Mapping>>,
    /// See [`Item::clock`]: of the next packet of each worker.
    clocks: Vec<i64>,
}

impl Reader {
    pub(super) fn new(intake: Intake, senders: Vec<Sender<Message>>, spare: Receiver<Batch>) -> Self {
        let open = senders.iter().map(|_| Batch::default()).collect();
        let clocks = vec![i64::MIN; senders.len()];
        Self { intake, fill: Fill { senders, spare, open, file: 0, mapping: None, clocks } }
    }

    /// Says which file the following packets come from, and where their bytes are if the file is mapped.
    pub(super) fn begin_file(&mut self, identity: u128, mapping: Option<Arc<Mapping>>) {
        self.fill.send_all();
        self.fill.file = identity;
        self.fill.mapping = mapping;
    }

    /// Ends every session: the next file's time lies before that of the last.
    pub(super) fn close_sessions(&mut self) {
        let fill = &mut self.fill;
        self.intake.close(&mut |arrival, identity, hash| {
            if let Arrival::Fragments(frames) = arrival {
                fill.fragments(frames, identity, hash);
            }
        });
        self.fill.send_all();
        for sender in &self.fill.senders {
            let _ = sender.send(Message::Close);
        }
        self.fill.clocks.fill(i64::MIN);
    }

    /// Takes a packet; `data_at` is the place of its bytes in the mapped file.
    #[inline]
    pub(super) fn packet(&mut self, link: LinkType, bytes: &[u8], data_at: u64, frame: &Frame) {
        let fill = &mut self.fill;
        self.intake.frame(link, bytes, frame, &mut |arrival, identity, hash| match arrival {
            Arrival::Frame(frame, _) => fill.push(frame, link, bytes, data_at, hash, None),
            Arrival::Datagram { earlier, last, payload, .. } => {
                let group = Group::Datagram { earlier: earlier.to_vec(), payload };
                fill.push(last, link, bytes, data_at, hash, Some(group));
            }
            Arrival::Fragments(frames) => fill.fragments(frames, identity, hash),
        });
    }

    /// Sends what is left and closes the channels; adds the counts of the intake.
    pub(super) fn finish(mut self, counters: &mut Counters) {
        let fill = &mut self.fill;
        self.intake.close(&mut |arrival, identity, hash| {
            if let Arrival::Fragments(frames) = arrival {
                fill.fragments(frames, identity, hash);
            }
        });
        self.fill.send_all();
        self.intake.count(counters);
    }
}

impl Fill {
    fn push(
        &mut self,
        frame: &Frame,
        link: LinkType,
        bytes: &[u8],
        data_at: u64,
        hash: u64,
        group: Option<Group>,
    ) {
        // other bits than those by which the worker's table finds its slots
        let to = (hash >> 20) as usize % self.senders.len().max(1);
        let Some(batch) = self.open.get_mut(to) else { return };
        if batch.items.is_empty() {
            batch.file = self.file;
            batch.mapping = self.mapping.clone();
        }
        let from = if batch.mapping.is_some() {
            usize::try_from(data_at).unwrap_or(usize::MAX)
        } else {
            batch.owned.extend_from_slice(bytes);
            batch.owned.len() - bytes.len()
        };
        let group = group.map_or(0, |group| {
            batch.groups.push(group);
            batch.groups.len() as u32
        });
        let clock = self.clocks.get(to).copied().unwrap_or(i64::MIN);
        batch.items.push(Item { frame: *frame, link, hash, clock, from, group });
        let seconds = frame.time.div_euclid(1_000_000_000);
        for (worker, clock) in self.clocks.iter_mut().enumerate() {
            // a worker's own packet sets its clock, also back, where captures overlap in time
            *clock = if worker == to { seconds } else { seconds.max(*clock) };
        }
        if batch.is_full() {
            self.send(to);
        }
    }

    fn fragments(&mut self, frames: &[Frame], identity: &crate::identity::Identity, hash: u64) {
        let Some(first) = frames.first() else { return };
        let group = Group::Fragments { frames: frames.to_vec(), identity: *identity };
        self.push(first, LinkType::RAW, &[], 0, hash, Some(group));
    }

    fn send_all(&mut self) {
        for to in 0..self.open.len() {
            self.send(to);
        }
    }

    /// Sends a worker what is collected for it; waits while it has enough to do.
    fn send(&mut self, to: usize) {
        let (Some(batch), Some(sender)) = (self.open.get_mut(to), self.senders.get(to)) else { return };
        if batch.items.is_empty() {
            return;
        }
        let next = self.spare.try_recv().unwrap_or_default();
        // a worker ends only when this channel does
        let _ = sender.send(Message::Batch(std::mem::replace(batch, next)));
    }
}
