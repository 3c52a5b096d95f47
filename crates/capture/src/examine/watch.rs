//! What is remembered of a session that is examined.

use super::Joined;
use rules::FlowState;

/// What every session has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Examined {
    pub flow: FlowState,
    /// Sides whose first packet with payload came, as bits.
    pub first: u8,
}

/// What only those have that session rules or joined segments are looked at for.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The rules that the following is about.
    pub epoch: u64,
    /// Session rules that it meets, and that it will never meet, as bits.
    pub matched: u64,
    pub excluded: u64,
    /// Packets, and when it is asked again: with so many, or with other protocols than these.
    pub packets: u64,
    pub next: u64,
    pub protocols: usize,
    /// Packets that are still to be kept.
    pub left: u32,
    pub joined: Option<Joined>,
}

impl Watch {
    /// Bytes that it holds.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.joined.as_ref().map_or(0, Joined::memory)
    }

    /// Forgets what other rules said.
    pub fn begin(&mut self, epoch: u64) {
        if self.epoch != epoch {
            (self.epoch, self.matched, self.excluded, self.next) = (epoch, 0, 0, 0);
        }
    }
}
