//! SIP (RFC 3261): who calls whom, through whom, with what device, and how calls are answered.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "sip";
        /// Methods of requests.
        METHOD: Term = "sip.method" @ "sip.method", "Method";
        /// From headers: who sends a request.
        FROM: Term = "sip.from" @ "sip.from", "From";
        /// To headers: whom a request is for.
        TO: Term = "sip.to" @ "sip.to", "To";
        /// Calls, by the name that both sides give them.
        CALL_ID: Term = "sip.callid" @ "sip.callid", "Call ID";
        /// Contact headers: where further requests are to go.
        CONTACT: Term = "sip.contact" @ "sip.contact", "Contact";
        /// User-Agent headers.
        USER_AGENT: Term = "sip.user-agent" @ "sip.useragent", "User-Agent";
        /// Via headers: the way that messages took.
        VIA: Term = "sip.via" @ "sip.via", "Via";
        /// Users: of the addresses in From and To, and of authentication.
        USER: Term = "sip.user" @ "sip.user", "User";
        /// Status codes of responses.
        STATUS: Int = "sip.statuscode" @ "sip.statuscode", "Status Code";
    }
}

use crate::{Detect, Protocol, signatures::look};

/// SIP over UDP and TCP, by a first line.
pub static PROTOCOL: Protocol = Protocol {
    name: "sip",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::sip), Detect::UdpSign(look::sip)],
    quiet: false,
    start: || Box::<parser::Sip>::default(),
};
