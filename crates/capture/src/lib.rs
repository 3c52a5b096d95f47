//! The write pipeline: from packets to documents in the index.
//!
//! A packet goes through an intake (decoding, defragmentation, hash of its flow) to the worker that owns its flow, and stays there: flow
//! table, reassembly, parsers, document. Nothing is shared between workers and nothing is locked on the way. What is lost anywhere is counted
//! in [`Counters`].
//!
//! *Here is a capture, give me its sessions*: [`inspect`], the pipeline in one thread without a store. *Here are captures, put them into the
//! index*: [`import::Import`]. *Here are interfaces, capture*: [`live()`].

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod counters;
mod document;
mod duplicates;
mod examine;
mod facts;
mod feed;
mod fingerprint;
mod frame;
mod identity;
pub mod import;
mod inspect;
mod intake;
mod keep;
mod live;
mod live_session;
mod options;
mod sctp;
mod status;
mod store;
mod tcp;
mod worker;

pub use counters::{Counters, Fragments, Malformations, Streams, Unindexed, Unwritten};
pub use duplicates::{DuplicateAction, DuplicateOptions};
pub use examine::{Examination, ExaminationOptions, Level, RuleHits, SessionRule, SessionRuleKeep, Severity};
pub use fingerprint::Fingerprint;
pub use frame::Place;
pub use import::Import;
pub use inspect::{Inspection, inspect};
pub use keep::{BadRule, Keep, KeepRule, KeepRules, MAX_RULES, When};
pub use live::{Line, STALL, live};
pub use options::{Limits, Options, TimeOuts};
pub use status::{LineState, LineStatus, LiveStatus, QueueStatus};
pub use store::{PacketWriter, Refusal, StoreError, StoreStatus, Vanished};
