//! What capturing nodes say of themselves, as a time series in the catalogue.
//!
//! The write side hands its counters to a [`Recorder`] about every second; the recorder keeps them in the catalogue at three
//! resolutions and under one key as they are now. Whoever has the catalogue can read them: the viewer of the same process,
//! `hindsight serve` in another one, `hindsight top`.

pub(crate) mod arkime;
mod losses;
pub(crate) mod prometheus;
mod recorder;
mod sample;
mod series;

pub use losses::{LOSSES, Lost, LostKind, losses};
pub use recorder::Recorder;
pub use sample::{Counts, LineSample, Sample, flatten};
pub use series::{Bucket, buckets, read, resolution_for};

use index::{Catalog, Error};

/// The collection with one entry a node: its figures as they are now.
pub const NOW: &str = "stats";

/// A series that is kept: how fine, and for how long.
#[derive(Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Collection of the catalogue. Keys are the start of the step in seconds (12 digits), `:` and the node.
    pub collection: &'static str,
    /// Milliseconds of one sample.
    pub step_ms: i64,
    /// Milliseconds for which samples are kept.
    pub kept_ms: i64,
    /// Milliseconds after which a sample that is not complete is stored all the same: what a crash may lose.
    pub stored_every_ms: i64,
}

const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

/// The series, finest first. A sample takes about 1 KiB and 150 bytes a worker: 9, 20 and 105 MiB for a node when all is full.
pub const RESOLUTIONS: [Resolution; 3] = [
    Resolution { collection: "stats10", step_ms: 10 * SECOND, kept_ms: DAY, stored_every_ms: 10 * SECOND },
    Resolution {
        collection: "stats60",
        step_ms: 60 * SECOND,
        kept_ms: 14 * DAY,
        stored_every_ms: 30 * SECOND,
    },
    Resolution {
        collection: "stats600",
        step_ms: 600 * SECOND,
        kept_ms: 2 * 365 * DAY,
        stored_every_ms: 120 * SECOND,
    },
];

/// A node that has not been heard of for so long does not capture now.
pub const SILENT_MS: i64 = 15 * SECOND;

/// The figures of every node as they were when it last spoke, by name of the node.
pub fn now(catalog: &dyn Catalog) -> Result<Vec<Sample>, Error> {
    let entries = catalog.list(NOW)?;
    // an entry of another version that cannot be read is left out rather than hiding the others
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry.value).ok()).collect())
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::check_prometheus;
