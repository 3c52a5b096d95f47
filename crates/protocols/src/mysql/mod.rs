//! The client/server protocol of MySQL and MariaDB, version 10.
//!
//! ```text
//! int<3> payload length (little-endian) | int<1> sequence number | payload
//! server: 0a "8.0.36" 00 …        greeting
//! client: capabilities … user …    log-in, or the first 32 bytes of it and TLS
//! client: 03 "select 1"            a command has sequence number 0
//! server: columns, rows, end | 00 ok | ff error
//! ```
//!
//! Each statement (COM_QUERY, COM_STMT_EXECUTE, COM_INIT_DB; a COM_STMT_PREPARE that fails) is reported with its
//! text, rows, error and latency. Rows are skipped by their length. A compressed connection is read up to the log-in.

mod command;
mod fields;
mod packet;
mod parser;
mod response;
#[cfg(test)]
mod tests;

pub use self::fields::*;

use crate::{Detect, Dir, Protocol};

/// MySQL and MariaDB.
pub static PROTOCOL: Protocol = Protocol {
    name: "mysql",
    fields: FIELDS,
    detect: &[Detect::TcpLook(is_greeting)],
    quiet: false,
    start: || Box::new(parser::Mysql::default()),
};

/// A server's greeting: sequence number 0, protocol version 10, a version that is text.
fn is_greeting(bytes: &[u8], _: Dir) -> bool {
    let [len, high, 0, 0, 10, version @ ..] = bytes else { return false };
    let len = usize::from(*len) | usize::from(*high) << 8;
    let text = version.split(|b| *b == 0).next().unwrap_or_default();
    (40..1_024).contains(&len)
        && text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}
