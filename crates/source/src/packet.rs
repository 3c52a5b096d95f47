//! The one trait that all sources have, and what they give.

use std::sync::Arc;

use wire::LinkType;

use crate::{Error, Mapping};

/// One packet, borrowed from its source until the callback returns.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire, bytes.
    pub original_len: u32,
    /// What the first bytes are.
    pub link: LinkType,
    /// Number of the interface within the source; [`PacketSource::interface_name`] tells its name.
    pub interface: u32,
    /// For files: byte offset of the record's header in the (uncompressed) capture. 0 for a live source.
    pub at: u64,
    /// For files: byte offset of `bytes` in the (uncompressed) capture: `mapping[data_at..][..bytes.len()]` are the same bytes.
    pub data_at: u64,
}

/// What follows a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Call again.
    More,
    /// Nothing came for a moment (live sources and pipes): time to do what a clock asks for, then call again.
    Idle,
    /// No packet will come again.
    End,
}

/// What a source counted. All figures only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets given.
    pub packets: u64,
    /// Captured bytes given.
    pub bytes: u64,
    /// Packets that the kernel received for us and dropped because the ring was full.
    pub kernel_dropped: u64,
    /// Times the kernel found the ring full.
    pub ring_full: u64,
    /// Second copies of the same packet that were left out (a loopback interface shows each packet leaving and arriving).
    pub duplicates: u64,
    /// Packets left out because their place in the ring was damaged (must stay 0), and messages of a remote sender that cannot be read.
    pub malformed: u64,
    /// Packets that the mechanism received for us, by its own count: those given, dropped, filtered after it, doubled, malformed, and
    /// those still waiting to be given. 0 where the mechanism does not count.
    pub received: u64,
    /// Packets that a filter left out in this process. What the kernel filtered is not counted by anybody.
    pub filtered: u64,
    /// Packets that the network card lost before the kernel saw them (its `rx_missed_errors`), since the source was opened; counted by one
    /// source of an interface.
    pub missed: u64,
    /// Times the interface or connection was lost and opened again.
    pub reopened: u64,
}

impl std::ops::AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        let Self {
            packets,
            bytes,
            kernel_dropped,
            ring_full,
            duplicates,
            malformed,
            received,
            filtered,
            missed,
            reopened,
        } = other;
        self.packets += packets;
        self.bytes += bytes;
        self.kernel_dropped += kernel_dropped;
        self.ring_full += ring_full;
        self.duplicates += duplicates;
        self.malformed += malformed;
        self.received += received;
        self.filtered += filtered;
        self.missed += missed;
        self.reopened += reopened;
    }
}

/// How much of a file was read, in bytes of the file as it is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub read: u64,
    /// Bytes in all; `None` for a pipe.
    pub total: Option<u64>,
}

/// Somewhere packets come from.
///
/// When the stop flag is set a live source takes nothing new and goes on giving what it holds, then says [`Status::End`]: only who calls
/// [`Self::batch`] until then has every packet that was received.
pub trait PacketSource: Send {
    /// Gives at most `limit` packets (at least one where there is one) to `each`, in the order of the source. A live source waits at most
    /// 100 ms for the first.
    ///
    /// # Errors
    /// A damaged file gives all packets before the damage, then, in this call or a later one, the error, then [`Status::End`].
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error>;

    /// What people call it: path of the file, name of the interface.
    fn name(&self) -> &str;

    /// Name of an interface that a packet named, where it has one.
    fn interface_name(&self, interface: u32) -> Option<&str>;

    /// What was counted so far. Asks the kernel for its counters, so not for every packet.
    fn statistics(&mut self) -> Statistics;

    /// How far a file was read.
    fn progress(&self) -> Progress {
        Progress::default()
    }

    /// What happened to the source since the last call that somebody should read: an interface that went and came back, a sender that was
    /// refused. Few and bounded.
    fn take_notes(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// The memory that the packets lie in, where it outlives the batch (mapped files): then a packet can be handed to another thread as
    /// this and its `data_at` and length, without a copy.
    fn mapping(&self) -> Option<Arc<Mapping>> {
        None
    }
}
