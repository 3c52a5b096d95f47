//! SSH: banners (RFC 4253 section 4.2), offered algorithms (section 7.1) and the host key, up to the first encrypted
//! packet.
//!
//! ```text
//! SSH-2.0-OpenSSH_9.6 CR LF
//! uint32 packet_length | byte padding_length | byte message | payload … | padding
//! ```

mod fields;
mod parser;

pub use self::fields::*;

use crate::{Detect, Protocol};

/// SSH. On port 22 the parser waits for the banner, before which a server may send other lines.
pub static PROTOCOL: Protocol = Protocol {
    name: "ssh",
    fields: FIELDS,
    detect: &[Detect::Tcp(0, b"SSH-"), Detect::TcpPort(22)],
    quiet: true,
    start: || Box::new(parser::Ssh::default()),
};
