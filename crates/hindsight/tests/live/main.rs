//! Live capture with the real binary on cables between network namespaces: real clients and servers, and replayed captures. Every byte
//! is compared with what was sent, every count with tcpdump's and the kernel's. Needs root; says that it skips otherwise.

mod links;
mod replay;
mod services;
#[path = "../support/mod.rs"]
mod support;
