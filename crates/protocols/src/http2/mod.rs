//! HTTP/2 (RFC 9113) in the clear: requests and responses of every stream, in the fields of HTTP.
//!
//! Starts with the client's preface: with prior knowledge, or after an upgrade that HTTP/1 saw.

mod hpack;
mod huffman;
mod parser;

use crate::{Detect, Protocol, messages::Framed};

/// HTTP/2, by its preface. What the server sent before it is not lost.
pub static PROTOCOL: Protocol = Protocol {
    name: "http2",
    fields: &[],
    // a look, not a start: those are tried first, and HTTP/1 is to note the preface before streams are read
    detect: &[Detect::TcpLook(|bytes, _| bytes.starts_with(b"PRI * HTTP/2.0\r\n\r\n"))],
    quiet: false,
    start: || Box::new(Framed::new(parser::Http2::default())),
};
