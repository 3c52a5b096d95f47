//! Packets that other machines send: pcap streams over TCP, and mirrored frames in TZSP or ERSPAN.
//!
//! Senders are not trusted: each holds a bounded piece of memory, the number of them is bounded, and what cannot be read is counted.

mod datagrams;
mod erspan;
mod over_ip;
mod senders;
mod tzsp;

pub(crate) use datagrams::{Datagrams, Encapsulation};
pub(crate) use over_ip::OverIp;
