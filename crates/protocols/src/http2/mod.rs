//! HTTP/2 (RFC 9113) in the clear: requests and responses of every stream, in the fields of HTTP.
//!
//! Starts where HTTP/1 sees the preface, with prior knowledge or after an upgrade.

mod hpack;
mod huffman;
mod parser;

use crate::{Protocol, messages::Framed};

/// HTTP/2; HTTP/1's parser hands over to it.
pub static PROTOCOL: Protocol = Protocol {
    name: "http2",
    fields: &[],
    detect: &[],
    quiet: false,
    start: || Box::new(Framed::new(parser::Http2::default())),
};
