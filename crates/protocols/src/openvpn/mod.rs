//! OpenVPN: the TLS handshake inside its control channel, over UDP and TCP, with or without `tls-auth`. (With
//! `tls-crypt` it is encrypted, and only the protocol is named.)
//!
//! ```text
//! [length (2), TCP only]  opcode and key id (1)  session id (8)  [HMAC (16…64)  packet id (4)  time (4)]
//! acknowledged: count (1) { packet id (4) }… [session id of the peer (8)]   packet id (4)   TLS
//! ```

mod parser;

use crate::{Detect, Dir, Protocol};

/// OpenVPN, by the packet that resets the control channel; the parser names it.
pub static PROTOCOL: Protocol = Protocol {
    name: "openvpn",
    fields: &[],
    detect: &[
        Detect::UdpLook(looks_datagram),
        Detect::TcpLook(looks_stream),
        Detect::UdpPort(1194),
        Detect::TcpPort(1194),
    ],
    quiet: true,
    start: || Box::<parser::OpenVpn>::default(),
};

fn looks_datagram(bytes: &[u8], _: Dir) -> bool {
    parser::reset(bytes).is_some_and(|reset| reset.sound)
}

fn looks_stream(bytes: &[u8], dir: Dir) -> bool {
    let framed = bytes.split_first_chunk::<2>();
    framed.is_some_and(|(length, packet)| {
        packet.len() == usize::from(u16::from_be_bytes(*length)) && looks_datagram(packet, dir)
    })
}
