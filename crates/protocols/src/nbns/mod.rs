//! NetBIOS name service (RFC 1002 section 4.2): names of Windows machines, asked for and registered.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "nbns";
        /// Names in questions and records.
        NAME: Term = "nbns.name" @ "nbns.name", "Name";
        /// Names in questions.
        QUERY_HOST: Term = "nbns.queryHost" @ "nbns.queryHost", "Query Host";
        /// Types of questions: `NB` asks for an address, `NBSTAT` for the names of a machine.
        QUERY_TYPE: Term = "nbns.queryType" @ "nbns.queryType", "Query Type";
        /// Names that an address was given for.
        HOST: Term = "nbns.host" @ "nbns.host", "Host";
        /// Addresses that were given.
        IP: Ip = "nbns.ip" @ "nbns.ip", "IP";
    }
}

use crate::{Detect, Protocol};

/// The name service, by its port; the parser names it once a message is sound.
pub static PROTOCOL: Protocol = Protocol {
    name: "nbns",
    fields: fields::FIELDS,
    detect: &[Detect::UdpPort(137)],
    quiet: true,
    start: || Box::new(parser::Nbns),
};
