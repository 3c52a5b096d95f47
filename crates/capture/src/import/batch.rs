//! What the reader hands to the workers: packets in batches, by reference where the file is mapped.

use crate::frame::Frame;
use crate::identity::Identity;
use source::Mapping;
use std::sync::Arc;
use wire::LinkType;

/// Packets of a batch.
pub(crate) const PACKETS: usize = 512;
/// Bytes of copied packets in a batch.
pub(crate) const BYTES: usize = 512 * 1024;

/// What goes to a worker.
pub(crate) enum Message {
    /// Packets of flows that are this worker's.
    Batch(Batch),
    /// The time jumps back: end every session.
    Close,
}

/// Packets of one file.
#[derive(Default)]
pub(crate) struct Batch {
    /// Identity of the file.
    pub(crate) file: u128,
    /// Where the packets' bytes are: the file itself, or (none) `owned`.
    pub(crate) mapping: Option<Arc<Mapping>>,
    pub(crate) owned: Vec<u8>,
    pub(crate) items: Vec<Item>,
    pub(crate) groups: Vec<Group>,
}

/// One packet.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub(crate) frame: Frame,
    pub(crate) link: LinkType,
    pub(crate) hash: u64,
    /// The latest time of the packets since the worker's last one, that one included and whichever worker they went to, seconds:
    /// by it sessions are idle, so that what is found does not depend on the number of workers.
    pub(crate) clock: i64,
    /// Where its bytes begin, in the mapping or in `owned`.
    pub(crate) from: usize,
    /// One more than the place of its group, 0 where it has none.
    pub(crate) group: u32,
}

/// What a packet that completes or ends a fragmented datagram brings.
pub(crate) enum Group {
    /// The other frames of the datagram, and its payload.
    Datagram { earlier: Vec<Frame>, payload: Vec<u8> },
    /// Nothing but frames that never became a datagram; the item's own frame counts for nothing.
    Fragments { frames: Vec<Frame>, identity: Identity },
}

impl Batch {
    /// Whether it should be sent.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= PACKETS || self.owned.len() >= BYTES
    }

    /// The captured bytes of a packet.
    #[inline]
    pub(crate) fn bytes(&self, item: &Item) -> &[u8] {
        let all = self.mapping.as_ref().map_or(self.owned.as_slice(), |mapping| mapping.bytes());
        all.get(item.from..).and_then(|rest| rest.get(..item.frame.captured as usize)).unwrap_or_default()
    }

    /// Makes it empty, to be used again.
    pub(crate) fn clear(&mut self) {
        self.mapping = None;
        self.owned.clear();
        self.items.clear();
        self.groups.clear();
    }
}
