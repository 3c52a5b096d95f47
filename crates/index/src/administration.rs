//! What an administrator asks of a store.

use crate::Error;
use serde::Serialize;

/// Whether a store is well; the worse, the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// All is well.
    #[default]
    Good,
    /// It works; something needs attention.
    Warning,
    /// Something is lost or cannot be done.
    Bad,
}

/// A part of a store that comes and goes as a whole: a partition, an index of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Documents in it.
    pub sessions: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Files, or shards of a cluster.
    pub pieces: u64,
    /// Earliest last packet, milliseconds since 1970.
    pub first: i64,
    /// Latest last packet, milliseconds since 1970.
    pub last: i64,
    /// Documents in it that were deleted or replaced and still take room.
    pub deleted: u64,
}

/// A machine of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it does in the cluster.
    pub roles: String,
    /// Free bytes of its disk.
    pub disk_free: u64,
    /// Bytes of its disk.
    pub disk_size: u64,
    /// Percent of its memory that are used.
    pub heap_percent: u64,
    /// Percent of its processors that are busy.
    pub cpu_percent: u64,
    /// Shards on it.
    pub shards: u64,
}

/// How a store is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Which store it is: `embedded`, `opensearch`, `elasticsearch`.
    pub store: String,
    /// Where: folder or address.
    pub place: String,
    /// Its version.
    pub version: String,
    /// How it is altogether.
    pub condition: Condition,
    /// What needs attention, a sentence each.
    pub problems: Vec<String>,
    /// Documents.
    pub sessions: u64,
    /// Bytes on disk, logs included.
    pub bytes: u64,
    /// Documents that are in the log only, and bytes of the logs.
    pub pending: u64,
    /// See `pending`.
    pub log_bytes: u64,
    /// Files that have changes (tags, deletions) beside them, and bytes of the log of changes.
    pub changed: u64,
    /// See `changed`.
    pub change_bytes: u64,
    /// Bytes of files that were merged into others and go soon.
    pub garbage_bytes: u64,
    /// Writers that are at work.
    pub writers: Vec<String>,
    /// Free bytes where it lies.
    pub disk_free: u64,
    /// Bytes of the disk where it lies.
    pub disk_size: u64,
    /// Its parts, oldest first.
    pub parts: Vec<Part>,
    /// Machines of a cluster.
    pub members: Vec<Member>,
    /// Shards of a cluster that work, and that have no machine.
    pub shards: u64,
    /// See `shards`.
    pub shards_unassigned: u64,
}

/// What making a store smaller and faster did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Optimized {
    /// Files or segments before.
    pub pieces_before: u64,
    /// And after.
    pub pieces_after: u64,
    /// Bytes before.
    pub bytes_before: u64,
    /// And after, what goes in ten minutes left out.
    pub bytes_after: u64,
}

/// Looks after a store.
pub trait Administration: Send + Sync {
    /// How it is.
    fn health(&self) -> Result<Health, Error>;

    /// The parts that [`crate::SessionIndex::expire`] would delete whole: those whose last packet is older than this, milliseconds
    /// since 1970.
    fn expirable(&self, before_ms: i64) -> Result<Vec<Part>, Error> {
        let mut parts = self.health()?.parts;
        parts.retain(|part| part.last < before_ms);
        Ok(parts)
    }

    /// Brings what an older version wrote up to date and finishes what was interrupted; says what was done, a sentence each.
    fn upgrade(&self) -> Result<Vec<String>, Error>;

    /// Merges small pieces and folds changes in. `see` is told what comes next; writers at work go on.
    fn optimize(&self, see: &mut dyn FnMut(&str)) -> Result<Optimized, Error>;
}
