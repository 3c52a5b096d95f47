//! Datagram TLS (RFC 6347, RFC 9147): fingerprint and wanted name of the client, certificates of both sides.
//!
//! Handshake messages come in fragments, each with its place, and datagrams may be lost, doubled and out of order.
//! What the hellos say fills the fields of TLS.

mod parser;

use crate::{Detect, Protocol};

/// DTLS.
pub static PROTOCOL: Protocol = Protocol {
    name: "dtls",
    fields: &[],
    detect: &[
        Detect::Udp(0, b"\x16\xfe\xff\x00\x00"),
        Detect::Udp(0, b"\x16\xfe\xfd\x00\x00"),
        // OpenSSL before 0.9.8f
        Detect::Udp(0, b"\x16\x01\x00\x00\x00\x00\x00\x00\x00"),
    ],
    quiet: false,
    start: parser::start,
};
