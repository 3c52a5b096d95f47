//! WebSocket (RFC 6455), after the upgrade of an HTTP connection.
//!
//! ```text
//! FIN RSV1-3 opcode(4) | MASK length(7) [length(16|64)] [mask(32)] | payload
//! ```
//!
//! Frames are counted and passed over by their length; only the start of text frames and the reason of a close are read.

mod fields;
mod parser;

pub use self::fields::*;

use crate::Protocol;

/// WebSocket. HTTP hands it over; nothing else starts it.
pub static PROTOCOL: Protocol = Protocol {
    name: "websocket",
    fields: FIELDS,
    detect: &[],
    quiet: false,
    start: || Box::new(parser::WebSocket::default()),
};
