//! LDAP (RFC 4511): who binds and how, and where the connection goes on as TLS.

mod parser;

/// What a bind fills.
pub mod fields {
    fields::fields! { "ldap";
        /// How a client binds: `none`, `simple` or `sasl`.
        AUTH_TYPE: Term = "ldap.authtype" @ "ldap.authtype", "Auth Type";
        /// Name that a client binds as; `<ROOT>` for none.
        BIND_NAME: Term = "ldap.bindname" @ "ldap.bindname", "Bind Name";
    }
}

use crate::bytes::Bytes;
use crate::{Detect, Dir, Protocol, ber};

/// LDAP over a stream.
pub static PROTOCOL: Protocol = Protocol {
    name: "ldap",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::<parser::Ldap>::default(),
};

/// A message: a sequence of a number and a known operation.
fn looks(bytes: &[u8], _: Dir) -> bool {
    let mut bytes = Bytes::new(bytes);
    let inside = ber::header(&mut bytes).filter(|(tag, _)| *tag == ber::SEQUENCE);
    let id = inside.and_then(|_| ber::header(&mut bytes));
    let Some((ber::INTEGER, length @ 1..=4)) = id else { return false };
    bytes.take(length).is_some()
        && matches!(bytes.u8(), Some(0x42 | 0x60 | 0x61 | 0x63..=0x69 | 0x6b | 0x6e | 0x73 | 0x77 | 0x78))
}
