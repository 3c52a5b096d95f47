//! Every route, in process, over the in-memory index and the real SQLite catalogue.

mod account;
mod aggregations;
mod cancelling;
mod exports;
mod harness;
mod hostile;
mod lists;
mod packets;
mod sessions;
mod stats;
mod uploads;
