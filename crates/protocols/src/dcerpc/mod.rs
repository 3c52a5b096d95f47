//! DCE/RPC (C706, MS-RPCE) over TCP and UDP: which interfaces are called, and which of their operations.

mod interfaces;
mod parser;

/// What the packets fill.
pub mod fields {
    fields::fields! { "dcerpc";
        /// Interfaces that clients bind to, as UUIDs.
        UUID: Term = "dcerpc.uuid" @ "dcerpc.uuid", "UUID";
        /// Names of those interfaces that are known.
        INTERFACE: Term = "dcerpc.interface" @ "dcerpc.interface", "Interface";
        /// Versions of the interfaces.
        VERSION: Term = "dcerpc.version" @ "dcerpc.version", "Version";
        /// Numbers of the operations that are called.
        OPNUM: Int = "dcerpc.opnum" @ "dcerpc.opnum", "Opnum";
        /// Kinds of packets, for instance `bind` or `request`.
        MSG_TYPE: Term = "dcerpc.msgType" @ "dcerpc.msgType", "Message Type";
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// DCE/RPC with connections, by version, kind and length of the first packet.
pub static PROTOCOL: Protocol = Protocol {
    name: "dcerpc",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Rpc)),
};

fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [5, 0 | 1, 0..=19, _, 0 | 0x10, 0..=3, 0, 0, ..])
        && bytes.len() >= parser::HEADER
        && parser::length(bytes).is_some_and(|length| length >= parser::HEADER)
}
