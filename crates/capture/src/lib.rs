//! The write pipeline: from packets to documents in the index.
//!
//! A packet goes through an intake (decoding, defragmentation, hash of its flow) to the worker that owns its flow, and stays there: flow
//! table, reassembly, parsers, document. Nothing is shared between workers and nothing is locked on the way. What is lost anywhere is counted
//! in [`Counters`].
//!
//! [`inspect`] is the pipeline in one thread without a store.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod counters;
mod document;
mod facts;
mod frame;
mod identity;
mod inspect;
mod intake;
mod live_session;
mod options;
mod sctp;
mod tcp;
mod worker;

pub use counters::{Counters, Fragments, Malformations, Streams};
pub use frame::Place;
pub use inspect::Inspection;
pub use options::{Limits, Options, TimeOuts};
