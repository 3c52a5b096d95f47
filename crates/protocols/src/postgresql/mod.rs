//! The frontend/backend protocol of PostgreSQL, version 3.
//!
//! ```text
//! client: int32 length | int32 196608 | "user" 00 "joe" 00 "database" 00 "db" 00 00      start-up
//! client: int32 8 | int32 80877103      wants TLS; the server answers with one byte, S or N
//! both:   byte type | int32 length | payload
//! ```
//!
//! Each statement is reported with its text, rows, error and latency: a simple query from `Q` to `ReadyForQuery`,
//! an extended one from `Execute` to `CommandComplete`. Rows are skipped by their length.

mod fields;
mod parser;
mod queue;
#[cfg(test)]
mod tests;

pub use self::fields::*;

use crate::{Detect, Dir, Protocol};

/// PostgreSQL.
pub static PROTOCOL: Protocol = Protocol {
    name: "postgresql",
    fields: FIELDS,
    detect: &[Detect::TcpLook(is_start)],
    quiet: false,
    start: || Box::new(parser::Postgresql::default()),
};

/// A start-up message, or a request for TLS or GSSAPI encryption.
fn is_start(bytes: &[u8], _: Dir) -> bool {
    match bytes {
        [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f | 0x30, ..] => true,
        [0, 0, high, low, 0, 3, 0, 0..=2, key @ ..] => {
            let len = usize::from(*high) << 8 | usize::from(*low);
            (9..10_000).contains(&len) && key.first().is_some_and(u8::is_ascii_lowercase)
        }
        _ => false,
    }
}
