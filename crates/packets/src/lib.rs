//! Packet files: writing, fetching by position, filtering, export.

pub mod bpf;
