//! Why a header could not be read.

use std::fmt;

/// Why bytes are not the header they were taken for. Small and `Copy`: on the packet path an error is a counter label, not a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// The bytes end inside the header. Either the sender cut it or the snap length of the capture did.
    Truncated {
        /// Bytes the header needs.
        need: usize,
        /// Bytes that are there.
        have: usize,
    },
    /// A length field contradicts the header itself, e.g. an IPv4 header length below 20.
    BadLength,
    /// The version field has a value that this header never has.
    BadVersion(u8),
    /// A field holds a value the header does not allow.
    BadValue,
    /// More layers inside each other than [`crate::MAX_STEPS`]: taken for an attack.
    TooDeep,
    /// The capture's link type is none that this crate reads.
    UnknownLink(u16),
}

impl Malformed {
    /// The counter label: the kind of error without its numbers.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::BadLength => "bad-length",
            Self::BadVersion(_) => "bad-version",
            Self::BadValue => "bad-value",
            Self::TooDeep => "too-deep",
            Self::UnknownLink(_) => "unknown-link",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { need, have } => write!(f, "truncated: needs {need} bytes, has {have}"),
            Self::BadLength => f.write_str("a length field contradicts the header"),
            Self::BadVersion(v) => write!(f, "unexpected version {v}"),
            Self::BadValue => f.write_str("a field holds a value that is not allowed"),
            Self::TooDeep => f.write_str("too many layers inside each other"),
            Self::UnknownLink(l) => write!(f, "unknown link type {l}"),
        }
    }
}

impl std::error::Error for Malformed {}
