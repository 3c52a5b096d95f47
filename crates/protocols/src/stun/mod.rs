//! STUN and TURN (RFC 8489, RFC 8656, RFC 8445): the addresses that hosts behind translators learn of themselves and of
//! each other, and who relays for them.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "stun";
        /// Kinds of messages: method and class.
        TYPE: Term = "stun.type" @ "stun.type", "Message Type";
        /// Port that a server saw, in MAPPED-ADDRESS.
        MAPPED_PORT: Int = "stun.mapped-port" @ "stun.mappedPort", "Mapped Port";
        /// Address that a server saw, in MAPPED-ADDRESS.
        MAPPED_IP: Ip = "stun.mapped-ip" @ "stun.mappedIp", "Mapped IP";
        /// Port that a server saw, in XOR-MAPPED-ADDRESS.
        XOR_MAPPED_PORT: Int = "stun.xor-mapped-port" @ "stun.xorMappedPort", "XOR Mapped Port";
        /// Address that a server saw, in XOR-MAPPED-ADDRESS.
        XOR_MAPPED_IP: Ip = "stun.xor-mapped-ip" @ "stun.xorMappedIp", "XOR Mapped IP";
        /// Port that a relay gave.
        XOR_RELAYED_PORT: Int = "stun.xor-relayed-port" @ "stun.xorRelayedPort", "XOR Relayed Port";
        /// Address that a relay gave.
        XOR_RELAYED_IP: Ip = "stun.xor-relayed-ip" @ "stun.xorRelayedIp", "XOR Relayed IP";
        /// Port of the other side of a relay.
        XOR_PEER_PORT: Int = "stun.xorPeerPort" @ "stun.xorPeerPort", "XOR Peer Port".aliases(&["stun.xor-peer-port"]);
        /// Address of the other side of a relay.
        XOR_PEER_IP: Ip = "stun.xor-peer-ip" @ "stun.xorPeerIp", "XOR Peer IP";
        /// Users; in ICE both sides' fragments with a colon between them.
        USERNAME: Term = "stun.username" @ "stun.username", "Username";
        /// Realms that users belong to.
        REALM: Term = "stun.realm" @ "stun.realm", "Realm";
        /// What clients and servers say they are.
        SOFTWARE: Term = "stun.software" @ "stun.software", "Software";
        /// Numbers of errors.
        ERROR: Int = "stun.error" @ "stun.error", "Error Code";
        /// Attributes without a value that matters: `fingerprint`, `ice-controlled`, `ice-controlling`, `use-candidate`.
        ATTRIBUTES: Term = "stun.attributes" @ "stun.attributes", "Attributes";
    }
}

use crate::messages::{Datagrams, Framed};
use crate::{Detect, Dir, Parser, Protocol, signatures::look};

/// STUN over UDP, by its cookie or its port, and over TCP, by its cookie.
pub static PROTOCOL: Protocol = Protocol {
    name: "stun",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::stun), Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::<Stun>::default(),
};

/// A header with the cookie, of a length that is a multiple of four.
fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [0..=0x3f, _, _, length, 0x21, 0x12, 0xa4, 0x42, ..] if length % 4 == 0)
}

/// Datagrams are one message each, whatever their length says; streams are cut.
struct Stun {
    datagrams: Datagrams,
    stream: Framed<parser::Stream>,
}

impl Default for Stun {
    fn default() -> Self {
        Self { datagrams: Datagrams(parser::message), stream: Framed::new(parser::Stream) }
    }
}

impl Parser for Stun {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut crate::Context<'_>) -> crate::Step {
        match context.is_stream() {
            true => self.stream.step(dir, bytes, context),
            false => self.datagrams.step(dir, bytes, context),
        }
    }
}
