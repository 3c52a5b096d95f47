//! One packet as the pipeline passes it on.

/// Where a packet's record lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the packet file; 0 where there is none (inspecting without a store).
    pub file: u32,
    /// Byte offset of the record in it.
    pub offset: u64,
}

impl Place {
    /// The packet could not be kept.
    pub const NOWHERE: Self = Self { file: u32::MAX, offset: u64::MAX };
}

/// What is kept of a packet beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Arrival, nanoseconds since 1970.
    pub time: i64,
    /// Bytes captured.
    pub captured: u32,
    /// Bytes on the wire.
    pub len: u32,
    /// Where its record lies.
    pub place: Place,
    /// Byte offset of its record in the capture it was read from: part of what session ids are made of.
    pub at: u64,
}
