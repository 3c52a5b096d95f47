//! Diameter (RFC 6733): which peers of which realms speak, what for, about whom, and with what result.

mod names;
mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "diameter";
        /// Commands, with their number, for instance `Credit-Control-Request (272)`.
        COMMAND: Term = "diameter.cmd" @ "diameter.cmd", "Command";
        /// Applications, with their number, for instance `3GPP-S6a (16777251)`.
        APPLICATION: Term = "diameter.app" @ "diameter.app", "Application";
        /// Hosts that messages come from.
        ORIGIN_HOST: Term = "diameter.origin-host" @ "diameter.originHost", "Origin Host";
        /// Realms that messages come from.
        ORIGIN_REALM: Term = "diameter.origin-realm" @ "diameter.originRealm", "Origin Realm";
        /// Hosts that messages are for.
        DEST_HOST: Term = "diameter.dest-host" @ "diameter.destHost", "Dest Host";
        /// Realms that messages are for.
        DEST_REALM: Term = "diameter.dest-realm" @ "diameter.destRealm", "Dest Realm";
        /// Users.
        USER: Term = "diameter.user" @ "diameter.user", "User";
        /// Sessions of the protocol.
        SESSION_ID: Term = "diameter.session-id" @ "diameter.sessionId", "Session ID";
        /// Results: 2xxx success, 3xxx error of protocol, 4xxx and 5xxx failures that pass and that stay.
        RESULT: Int = "diameter.resultCode" @ "diameter.resultCode", "Result Code";
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// Diameter over TCP and SCTP, by version, length, flags and a command.
pub static PROTOCOL: Protocol = Protocol {
    name: "diameter",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks), Detect::SctpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Diameter)),
};

fn looks(bytes: &[u8], _: Dir) -> bool {
    let sound = |high: u8, middle: u8, low: u8| {
        let length = u32::from_be_bytes([0, high, middle, low]);
        length >= 20 && length.is_multiple_of(4) && length < 1 << 20
    };
    bytes.len() >= parser::HEADER
        && matches!(bytes, [1, a, b, c, flags, 0, ..] if flags & 0x0f == 0 && sound(*a, *b, *c))
}
