//! QUIC: of the IETF (RFC 9000, RFC 9369 and the drafts since the 23rd) and of Google (Q0xx, T05x).
//!
//! The client's Initial packets are decrypted with the keys that anybody on the path can derive, CRYPTO frames are
//! put in order over several packets, and the ClientHello inside fills the fields of TLS. Google's QUIC up to Q046
//! sends its hello in the clear.

pub(crate) mod chlo;
pub mod fields;
mod initial;
mod parser;
#[cfg(test)]
mod tests;

use crate::{Detect, Dir, Protocol};

/// QUIC.
pub static PROTOCOL: Protocol = Protocol {
    name: "quic",
    fields: fields::FIELDS,
    detect: &[Detect::UdpLook(looks)],
    quiet: false,
    start: parser::start,
};

/// The frames of the first Initial packet of a datagram that a client sent, decrypted; `None` where it is none, or the
/// connection's first datagrams were others (their keys come from the id that the client chose first).
pub fn client_initial(datagram: &[u8]) -> Option<Vec<u8>> {
    let initial::Next::Initial(packet, _) = initial::next(datagram)? else { return None };
    initial::Keys::of_client(packet.scheme, packet.destination)?.open(&packet)
}

/// The version of a packet with a long header (RFC 8999).
fn long_header_version(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [first, a, b, c, d, ..] if first & 0x80 != 0 => Some(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => None,
    }
}

/// Whether four bytes are a version of Google's QUIC: `Q024` … `Q050`, `T050`, `T051`.
fn is_google(version: &[u8]) -> bool {
    matches!(version, [b'Q' | b'T', b'0', b'0'..=b'9', b'0'..=b'9'])
}

/// A long header with a known version and connection ids of sound length, or a public header of Google's with a
/// version and a connection id of eight bytes.
fn looks(bytes: &[u8], _: Dir) -> bool {
    if let Some(version) = long_header_version(bytes) {
        let known = initial::scheme_of(version).is_some();
        let ietf = known && bytes.first().is_some_and(|first| first & 0x40 != 0);
        return (ietf && bytes.get(5).is_some_and(|length| *length <= 20))
            || is_google(&version.to_be_bytes());
    }
    // flags: version present, no reset, connection id present
    bytes.first().is_some_and(|flags| flags & 0x8b == 0x09) && bytes.get(9..13).is_some_and(is_google)
}
