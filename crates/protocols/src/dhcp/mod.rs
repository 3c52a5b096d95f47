//! DHCP (RFC 2131, options of RFC 2132): which card asked for an address, under which name. For IPv6 see
//! [`crate::dhcpv6`], which fills the same fields.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "dhcp";
        /// Types of messages: `DISCOVER`, `OFFER`, `SOLICIT` and others.
        TYPE: Upper = "dhcp.type" @ "dhcp.type", "DHCP Type";
        /// Host name that a client goes by.
        HOST: Lower = "dhcp.host" @ "dhcp.host", "DHCP Host".aliases(&["host.dhcp"]).tokens();
        /// Maker of a client's card.
        OUI: Term = "dhcp.oui" @ "dhcp.oui", "DHCP Client OUI";
        /// Card of a client.
        MAC: Lower = "dhcp.mac" @ "dhcp.mac", "DHCP Client MAC".with_oui(&OUI.def);
        /// Number that a client chose for an exchange, hexadecimal without leading zeros.
        ID: Lower = "dhcp.id" @ "dhcp.id", "DHCP Transaction id";
        /// What kind of device or program a client says it is.
        CLASS_ID: Term = "dhcp.classId" @ "dhcp.classId", "DHCP Vendor Class";
        /// Address that a client asked for.
        REQUEST_IP: Ip = "dhcp.requestIp" @ "dhcp.requestIp", "DHCP Request IP";
    }
}

use crate::{Detect, Dir, Protocol};

/// DHCP for IPv4.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcp",
    fields: fields::FIELDS,
    detect: &[Detect::UdpLook(looks)],
    quiet: false,
    start: || Box::new(parser::Dhcp),
};

/// Offset of the four bytes that tell DHCP and BOOTP with options from BOOTP without.
const COOKIE_AT: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];

fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes.first(), Some(1 | 2))
        && bytes.get(COOKIE_AT..).is_some_and(|rest| rest.starts_with(&COOKIE))
}
