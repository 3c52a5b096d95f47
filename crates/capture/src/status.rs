//! What a live capture says of itself about every second.

use crate::{Counters, StoreStatus};
use serde::Serialize;

/// What a live capture says of itself about every second.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LiveStatus {
    /// What happened and what was lost, so far, all lines together.
    pub counters: Counters,
    /// Sessions that go on.
    pub open_sessions: u64,
    /// Bytes that these sessions hold, estimated.
    pub memory: u64,
    /// Each line by itself, in the order in which they were given.
    pub lines: Vec<LineStatus>,
    /// What waits between the workers and the index.
    pub queue: QueueStatus,
    /// Packet files with sessions that did not get into the index, all since the beginning, sorted: recovering these files completes it.
    pub recover: Vec<u32>,
    /// Whether the capture was told to stop and is saving its sessions.
    pub stopping: bool,
    /// What went wrong since the last time: with the store, the index, a source.
    pub problems: Vec<String>,
}

/// One line: a source and its worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineStatus {
    /// Name of the interface.
    pub interface: String,
    /// Number of the worker among those of its interface, from 0.
    pub worker: usize,
    /// How far it is.
    pub state: LineState,
    /// What happened on it. Documents that the queue before the index had no room for are among its `unindexed`; those that the index itself
    /// did not take are only in the sum of all lines.
    pub counters: Counters,
    /// Sessions that go on.
    pub open_sessions: u64,
    /// Bytes that these sessions hold, estimated.
    pub memory: u64,
    /// What its packet store says; none where it has no store.
    pub store: Option<StoreStatus>,
}

/// How far a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineState {
    /// It takes packets.
    #[default]
    Running,
    /// Its source has ended or the capture stops: it saves its sessions.
    Closing,
    /// It is over.
    Ended,
}

/// Documents on the way to the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueStatus {
    /// Documents that wait.
    pub documents: u64,
    /// Bytes of them, estimated.
    pub bytes: u64,
    /// Bytes that may wait.
    pub limit: u64,
}
