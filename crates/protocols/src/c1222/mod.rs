//! ANSI C12.22 (IEEE 1703): which meters are called over TCP, and how their messages are protected.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "c1222";
        /// Names of the called applications, as object identifiers.
        CALLED_TITLE: Term = "c1222.calledApTitle" @ "c1222.calledApTitle", "Called AP Title";
        /// Names of the calling applications, as object identifiers.
        CALLING_TITLE: Term = "c1222.callingApTitle" @ "c1222.callingApTitle", "Calling AP Title";
        /// Calls that are answered.
        CALLED_INVOCATION: Int = "c1222.calledApInvocationId" @ "c1222.calledApInvocationId", "Called AP Invocation ID";
        /// Numbers of calls and answers.
        CALLING_INVOCATION: Int = "c1222.callingApInvocationId" @ "c1222.callingApInvocationId", "Calling AP Invocation ID";
        /// How messages are protected: `cleartext`, `cleartext-with-auth` or `ciphertext-with-auth`.
        SECURITY_MODE: Term = "c1222.securityMode" @ "c1222.securityMode", "Security Mode";
        /// Whether an answer is wanted: `always`, `on-exception` or `never`.
        RESPONSE_CONTROL: Term = "c1222.responseControl" @ "c1222.responseControl", "Response Control";
    }
}

use crate::messages::Framed;
use crate::{Detect, Protocol, signatures::look};

/// C12.22, by its port and the start of a message.
pub static PROTOCOL: Protocol = Protocol {
    name: "c1222",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::c1222)],
    quiet: false,
    start: || Box::new(Framed::new(parser::C1222)),
};
