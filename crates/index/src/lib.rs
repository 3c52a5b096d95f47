//! The traits of a session index, the in-memory oracle and the conformance suite.
//!
//! Writing and reading are different traits, each small: the write pipeline cannot search, the server cannot write
//! sessions. Small state (files, users, views) is behind [`Catalog`].

mod administration;
mod aggregate;
mod catalog;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
pub mod generate;
mod lease;
pub mod meaning;
mod memory;
mod search;

pub use administration::{Administration, Condition, Health, Member, Optimized, Part};
pub use aggregate::{Aggregate, Bucket, Histogram, HistogramRow, Key, Order, Outcome, Terms};
pub use catalog::{Catalog, Entry, FileRecord};
pub use error::{Error, ErrorKind};
pub use lease::{Lease, delete_file};
pub use memory::Memory;
pub use search::{
    CHANGEABLE, Control, Hits, Page, SessionIndex, SessionSink, Show, Sort, TermChange, is_changeable,
};
