//! TLS and SSL 3 (RFC 8446, RFC 5246, RFC 6101): what the handshake says before it is encrypted.
//!
//! Name of the server, versions, cipher suites, session ids, certificates, and the fingerprints JA3, JA3S and JA4.
//! The name that the client asks for goes to `http.host`, as in Arkime. [`handshake`] is shared with DTLS and QUIC.

mod carried;
mod cipher;
pub mod fields;
mod fingerprint;
pub(crate) mod handshake;
pub(crate) mod hello;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use carried::Carried;
pub use cipher::name as cipher_name;
pub(crate) use hello::Carrier;

use crate::{Detect, Dir, Protocol};

/// TLS over a stream.
pub static PROTOCOL: Protocol = Protocol {
    name: "tls",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(starts_handshake)],
    quiet: false,
    start: parser::start,
};

/// A handshake record with a hello in it.
pub(crate) fn starts_handshake(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [22, 3, 0..=4, _, _, 1 | 2, ..])
}
