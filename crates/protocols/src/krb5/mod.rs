//! Kerberos 5 (RFC 4120): who asks which realm for a ticket to what, with which ciphers, and what is refused.

mod names;
mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "krb5";
        /// Realms.
        REALM: Term = "krb5.realm" @ "krb5.realm", "Realm";
        /// Clients.
        CNAME: Term = "krb5.cname" @ "krb5.cname", "cname";
        /// Servers that tickets are for.
        SNAME: Term = "krb5.sname" @ "krb5.sname", "sname";
        /// Ciphers that clients offer and servers use.
        ETYPE: Term = "krb5.etype" @ "krb5.etype", "Encryption Type";
        /// Errors, by name.
        ERROR: Term = "krb5.error" @ "krb5.error", "Error Code";
    }
}

use crate::{Detect, Protocol, signatures::look};

/// Kerberos over UDP and TCP, by its ports and a message.
pub static PROTOCOL: Protocol = Protocol {
    name: "krb5",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::kerberos_tcp), Detect::UdpSign(look::kerberos_udp)],
    quiet: false,
    start: || Box::<parser::Kerberos>::default(),
};
