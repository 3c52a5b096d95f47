//! What can be wrong with a capture.

use std::io;

/// Why reading ended. Everything before it was delivered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input could not be read.
    #[error("cannot read at byte {at}: {source}")]
    Io {
        /// Bytes read before.
        at: u64,
        /// The error of the operating system or the decompressor.
        source: io::Error,
    },
    /// There is nothing.
    #[error("empty: not even a capture header")]
    Empty,
    /// Neither pcap nor pcapng.
    #[error("not a pcap or pcapng capture: begins with {:02x} {:02x} {:02x} {:02x}", .0[0], .0[1], .0[2], .0[3])]
    NotACapture([u8; 4]),
    /// The capture ends inside a record or header.
    #[error("record at byte {at} claims {claims} bytes; the capture ends at byte {end}: truncated ({})", kept_before(*kept))]
    Truncated {
        /// Where the record starts.
        at: u64,
        /// Its length with its header.
        claims: u64,
        /// Where the capture ends.
        end: u64,
        /// Records before it.
        kept: u64,
    },
    /// A record contradicts itself.
    #[error("record at byte {at} is damaged: {what} ({})", kept_before(*kept))]
    Damaged {
        /// Where the record starts.
        at: u64,
        /// What is wrong.
        what: Damage,
        /// Records before it.
        kept: u64,
    },
}

fn kept_before(records: u64) -> String {
    match records {
        0 => "no record before it".to_owned(),
        1 => "the record before it is kept".to_owned(),
        n => format!("the {n} records before it are kept"),
    }
}

impl Error {
    /// Byte offset of the damage in the (uncompressed) capture.
    #[must_use]
    pub fn at(&self) -> u64 {
        match self {
            Self::Io { at, .. } | Self::Truncated { at, .. } | Self::Damaged { at, .. } => *at,
            Self::Empty | Self::NotACapture(_) => 0,
        }
    }

    /// Whether the input is no capture at all, as opposed to a damaged one.
    #[must_use]
    pub fn is_not_a_capture(&self) -> bool {
        matches!(self, Self::Empty | Self::NotACapture(_))
    }

    /// Fills in how many records were read before.
    pub(crate) fn after(mut self, records: u64) -> Self {
        if let Self::Truncated { kept, .. } | Self::Damaged { kept, .. } = &mut self {
            *kept = records;
        }
        self
    }
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A length that no packet has.
    #[error("it claims {claims} bytes, more than the {max} that a packet may have")]
    TooLong {
        /// Claimed length.
        claims: u64,
        /// [`crate::MAX_RECORD`].
        max: u64,
    },
    /// Only zero bytes, as a crash leaves them at the end of a file.
    #[error("it is all zero bytes, as a crash of the writer leaves them")]
    Zeros,
    /// A pcapng block length that is too small for its type or no multiple of four.
    #[error("its block length {0} is impossible")]
    BlockLength(u32),
    /// The two copies of a pcapng block length differ.
    #[error("its block length is {head} at its start and {tail} at its end")]
    BlockTrailer {
        /// At the start.
        head: u32,
        /// At the end.
        tail: u32,
    },
    /// A pcapng section whose byte-order mark is neither.
    #[error("its byte-order mark is {0:#010x}")]
    ByteOrder(u32),
    /// A packet of an interface that was not declared before.
    #[error("it names interface {0}, which no block before it declares")]
    UnknownInterface(u32),
    /// A place that no record of this capture has (random access).
    #[error("no packet record starts there")]
    NotARecord,
    /// More interfaces or sections than any real capture has.
    #[error("more than {0} interfaces or sections")]
    TooMany(usize),
}
