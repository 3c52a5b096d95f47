//! How an index is opened.

use fields::Schema;
use std::sync::Arc;
use std::time::Duration;

/// Width of a partition: the unit of expiry. Fixed when an index is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// An hour of UTC.
    Hour,
    /// A day of UTC.
    #[default]
    Day,
}

impl Width {
    pub(crate) fn ms(self) -> i64 {
        match self {
            Width::Hour => 3_600_000,
            Width::Day => 86_400_000,
        }
    }
}

/// How an index is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The fields that exist. Columns of other fields are kept but not shown.
    pub schema: Arc<Schema>,
    /// Width of partitions of a new index; an index that exists keeps its own.
    pub width: Width,
    /// Documents that are gathered before they become a file.
    pub flush_rows: u32,
    /// Bytes in the log at which they become a file even if they are fewer; about the memory that they take.
    pub flush_bytes: usize,
    /// Age at which they become a file even if they are few.
    pub flush_after: Duration,
    /// Files of fewer rows are merged with their neighbours.
    pub small_rows: u32,
    /// Threads of one question.
    pub threads: usize,
}

impl Options {
    /// What is right for most.
    pub fn new(schema: Arc<Schema>) -> Self {
        Self {
            schema,
            width: Width::default(),
            flush_rows: 262_144,
            flush_bytes: 512 << 20,
            flush_after: Duration::from_secs(300),
            small_rows: 131_072,
            threads: std::thread::available_parallelism().map_or(2, |n| n.get().min(16)),
        }
    }
}

/// How large an index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Partitions: time slices by writer.
    pub partitions: u64,
    /// Files in force.
    pub files: u64,
    /// Documents, those that are in no file yet included.
    pub rows: u64,
    /// Documents that are in no file yet.
    pub in_memory: u64,
    /// Bytes of the files in force and of the logs.
    pub bytes: u64,
    /// Earliest and latest last packet, milliseconds since 1970.
    pub range: Option<(i64, i64)>,
}
