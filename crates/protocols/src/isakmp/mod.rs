//! IKE (RFC 2408, RFC 2409, RFC 7296): which ciphers and groups the ends of a VPN propose, and whose software they are.

mod names;
mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "isakmp";
        /// Security parameter indexes of initiators, in hex.
        INITIATOR_SPI: Term = "isakmp.initiator-spi" @ "isakmp.initiatorSpi", "Initiator SPI";
        /// Security parameter indexes of responders, in hex.
        RESPONDER_SPI: Term = "isakmp.responder-spi" @ "isakmp.responderSpi", "Responder SPI";
        /// Versions of the protocol.
        VERSION: Term = "isakmp.version" @ "isakmp.version", "Version";
        /// Kinds of exchange, for instance `identity-protection` or `ike-sa-init`.
        EXCHANGE: Term = "isakmp.exchange-type" @ "isakmp.exchangeType", "Exchange Type";
        /// Makers and abilities: a known name, or hex.
        VENDOR_ID: Term = "isakmp.vendor-id" @ "isakmp.vendorId", "Vendor ID";
        /// Ciphers that are proposed or chosen.
        ENCRYPTION: Term = "isakmp.encryption" @ "isakmp.encryption", "Encryption";
        /// Hashes and pseudo-random functions that are proposed or chosen.
        HASH: Term = "isakmp.hash" @ "isakmp.hash", "Hash/PRF";
        /// Groups of the key exchange that are proposed or chosen.
        GROUP: Term = "isakmp.dh-group" @ "isakmp.dhGroup", "DH Group";
        /// How the ends prove who they are.
        AUTHENTICATION: Term = "isakmp.auth-method" @ "isakmp.authMethod", "Auth Method";
    }
}

use crate::messages::Datagrams;
use crate::{Detect, Protocol, signatures::look};

/// IKE over UDP, by its ports and a header.
pub static PROTOCOL: Protocol = Protocol {
    name: "isakmp",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::isakmp)],
    quiet: false,
    start: || Box::new(Datagrams(parser::message)),
};
