//! HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112).
//!
//! ```text
//! POST /path?key=value HTTP/1.1 CRLF          HTTP/1.1 200 OK CRLF
//! Host: example.org CRLF                      Content-Length: 5 CRLF
//! Transfer-Encoding: chunked CRLF             CRLF
//! CRLF                                        hello
//! 5 CRLF hello CRLF 0 CRLF CRLF
//! ```
//!
//! Requests and responses are told apart by their first line, not by direction. Bodies pass through their digests
//! and are not kept. Bytes lost inside a body of known length are skipped; after any other loss the side is read
//! again from the next packet that starts with a message. CONNECT and protocol upgrades hand the rest of the
//! connection over; the preface of HTTP/2 ends the parser.

mod fields;
mod head;
pub(crate) mod message;
mod parser;
#[cfg(test)]
mod tests;

pub use self::fields::*;

use crate::{Detect, Dir, Protocol};

/// HTTP/1.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    fields: FIELDS,
    detect: &[Detect::TcpLook(starts_message), Detect::SctpLook(starts_message)],
    quiet: false,
    start: || Box::new(parser::Http::default()),
};

fn starts_message(bytes: &[u8], _: Dir) -> bool {
    head::may_start_message(bytes, true)
}
