//! Fingerprint rules: which services, devices, operating systems, middleware and threats show in single packets.
//!
//! Rules are those of Liuying: five JSON files with patterns in the dialect of PCRE ([`pcre`]), matched over the bytes of one packet's
//! payload, the first match of each category for each flow. Everything here is pure: packets in, [`Hit`]s out; what is kept for a hit is
//! decided elsewhere. Matching takes time in proportion to the payload, whatever the patterns.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod defaults;
mod lanes;
mod matcher;
mod needs;
pub mod pcre;
mod rule;

pub use defaults::{DEFAULT_FILES, default_rules};
pub use lanes::TooLarge;
pub use matcher::{FlowState, Hit, JOINED, Limits, Packet, Rules};
pub use rule::{Category, Part, Problem, Protocol, Rule, read_file, read_folder};
