//! SNMP (RFC 1157, RFC 3416, RFC 3412): communities, operations, the variables they name, errors, and of version 3
//! who asks and how it is protected.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "snmp";
        /// Version: 1, 2 or 3.
        VERSION: Int = "snmp.version" @ "snmp.version", "Version";
        /// Community, the password of versions 1 and 2.
        COMMUNITY: Term = "snmp.community" @ "snmp.community", "Community";
        /// Errors of responses, by name.
        ERROR: Term = "snmp.error" @ "snmp.error", "Error";
        /// Object identifiers of the variables asked for, set or reported.
        VARIABLE: Term = "snmp.variable" @ "snmp.variable", "Variable";
        /// Operations, for instance `GetRequest` or `Trap`.
        TYPE: Term = "snmp.type" @ "snmp.type", "Type";
        /// What a trap reports: the enterprise of version 1, the notification of version 2.
        TRAP_OID: Term = "snmp.trap-oid" @ "snmp.trapOid", "Trap OID";
        /// Version 3: the authoritative engine, in hex.
        ENGINE_ID: Term = "snmp.engineId" @ "snmp.engineId", "Engine ID";
        /// Version 3: `noAuthNoPriv`, `authNoPriv` or `authPriv`.
        SECURITY_LEVEL: Term = "snmp.secLevel" @ "snmp.secLevel", "Security Level";
    }
}

use crate::messages::Datagrams;
use crate::{Detect, Protocol, signatures::look};

/// SNMP over UDP.
pub static PROTOCOL: Protocol = Protocol {
    name: "snmp",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::snmp)],
    quiet: false,
    start: || Box::new(Datagrams(parser::message)),
};
