//! Remote Desktop (MS-RDPBCGR): which security client and server agree on, who connects, from what machine.

mod parser;

/// What the connection fills.
pub mod fields {
    fields::fields! { "rdp";
        /// Security that clients offer: `rdp`, `ssl`, `hybrid`, `rdstls`, `hybrid-ex`, `rdsaad`.
        REQUESTED: Term = "rdp.requested-protocols" @ "rdp.requestedProtocols", "Requested Protocols";
        /// Security that servers choose.
        SELECTED: Term = "rdp.selected-protocol" @ "rdp.selectedProtocol", "Selected Protocol";
        /// Names of clients' machines, where they are sent in the clear.
        CLIENT_NAME: Term = "rdp.client-name" @ "rdp.clientName", "Client Name";
        /// Builds of clients' software, where they are sent in the clear.
        CLIENT_BUILD: Int = "rdp.client-build" @ "rdp.clientBuild", "Client Build";
        /// Layouts of clients' keyboards, Windows' numbers in hex, where they are sent in the clear.
        KEYBOARD: Term = "rdp.keyboard-layout" @ "rdp.keyboardLayout", "Keyboard Layout";
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// RDP, by a client's connection request with a cookie or a negotiation.
pub static PROTOCOL: Protocol = Protocol {
    name: "rdp",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Rdp::default())),
};

fn looks(bytes: &[u8], dir: Dir) -> bool {
    let request = |rest: &[u8]| rest.starts_with(b"Cookie: mstshash=") || rest.starts_with(&[1, 0, 8, 0]);
    dir == Dir::Src && matches!(bytes, [3, 0, _, _, _, 0xe0, ..]) && bytes.get(11..).is_some_and(request)
}
