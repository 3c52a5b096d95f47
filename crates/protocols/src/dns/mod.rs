//! DNS (RFC 1035) over UDP and TCP, multicast DNS (RFC 6762) and LLMNR (RFC 4795), which share its messages.
//!
//! One object `dns[]` for each question and the response to it; a question that is repeated in the same session
//! stays one object, and what later responses add is added to it. The latency of each query is a transaction.

mod code;
pub mod fields;
mod message;
mod name;
mod parser;
mod rdata;

pub use code::{class, opcode, rr_type, status};
pub(crate) use name::{BadPunycode, unicode};

use crate::{Detect, Protocol};

/// DNS. The parser names the protocol itself: `dns`, `mdns` or `llmnr`, by port.
pub static PROTOCOL: Protocol = Protocol {
    name: "dns",
    fields: fields::FIELDS,
    detect: &[Detect::UdpPort(53), Detect::TcpPort(53), Detect::UdpPort(5353), Detect::UdpPort(5355)],
    quiet: true,
    start: parser::start,
};

#[cfg(test)]
mod tests;
