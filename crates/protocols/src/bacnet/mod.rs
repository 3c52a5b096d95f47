//! BACnet/IP (ANSI/ASHRAE 135, annex J): which services the controllers of buildings ask of each other.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "bacnet";
        /// Functions of the link, for instance `original-unicast`.
        FUNCTION: Term = "bacnet.function" @ "bacnet.function", "Function";
        /// Kinds of messages, for instance `confirmed-request`.
        APDU_TYPE: Term = "bacnet.apdu-type" @ "bacnet.apduType", "APDU Type";
        /// Services, for instance `read-property`.
        SERVICE: Term = "bacnet.service" @ "bacnet.service", "Service";
        /// Names of objects that are looked for.
        OBJECT_NAME: Term = "bacnet.object-name" @ "bacnet.objectName", "Object Name";
    }
}

use crate::messages::Datagrams;
use crate::{Detect, Protocol, signatures::look};

/// BACnet/IP, by a function and the length of the datagram.
pub static PROTOCOL: Protocol = Protocol {
    name: "bacnet",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::bacnet)],
    quiet: false,
    start: || Box::new(Datagrams(parser::message)),
};
