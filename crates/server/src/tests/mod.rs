//! Every route, in process, over the in-memory index and the real SQLite catalogue.

mod access;
mod account;
mod aggregations;
mod cancelling;
mod changes;
mod deleting;
mod evidence;
mod exports;
pub(crate) mod harness;
mod hostile;
mod https;
mod hunts;
mod leases;
mod lists;
mod mcp;
mod networks;
mod packets;
mod pins;
mod provided;
mod regression;
mod sessions;
mod sharing;
mod stats;
mod system;
mod uploads;
mod users;
mod vouched;
