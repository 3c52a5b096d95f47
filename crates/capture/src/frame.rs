//! One packet as the pipeline passes it on.

use crate::store::Refusal;

/// Where a packet's record lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the packet file; 0 where there is none (inspecting without a store).
    pub file: u32,
    /// Byte offset of the record in it.
    pub offset: u64,
}

/// Why a packet lies nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// There is no packet store.
    NoStore,
    /// The rule with this number kept it out.
    Rule(usize),
    /// It could not be written.
    Lost(Refusal),
}

impl Place {
    /// There is no packet store.
    pub const NOWHERE: Self = Self { file: Self::NO_FILE, offset: u64::MAX };
    /// The number of no packet file; then the offset says why.
    const NO_FILE: u32 = u32::MAX;
    const BUSY: u64 = 1 << 32;
    const FULL: u64 = 2 << 32;
    const ERROR: u64 = 3 << 32;

    /// A packet that a rule kept out.
    pub(crate) fn kept_out(rule: usize) -> Self {
        Self { file: Self::NO_FILE, offset: rule as u64 }
    }
    /// A packet that could not be written.
    pub(crate) fn lost(why: Refusal) -> Self {
        let offset = match why {
            Refusal::Busy => Self::BUSY,
            Refusal::Full => Self::FULL,
            Refusal::Error => Self::ERROR,
        };
        Self { file: Self::NO_FILE, offset }
    }
    /// Why the packet lies nowhere; none where it lies somewhere.
    #[inline]
    pub(crate) fn absent(self) -> Option<Absent> {
        if self.file != Self::NO_FILE {
            return None;
        }
        Some(match self.offset {
            Self::BUSY => Absent::Lost(Refusal::Busy),
            Self::FULL => Absent::Lost(Refusal::Full),
            Self::ERROR => Absent::Lost(Refusal::Error),
            rule if rule < Self::BUSY => Absent::Rule(usize::try_from(rule).unwrap_or(usize::MAX)),
            _ => Absent::NoStore,
        })
    }
}

/// What is kept of a packet beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Arrival, nanoseconds since 1970.
    pub time: i64,
    /// Bytes captured; once it was written, bytes of its record.
    pub captured: u32,
    /// Bytes on the wire.
    pub len: u32,
    /// Where its record lies.
    pub place: Place,
    /// Byte offset of its record in the capture it was read from: part of what session ids are made of.
    pub at: u64,
}
