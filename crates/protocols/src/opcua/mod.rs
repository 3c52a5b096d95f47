//! OPC UA over TCP (OPC 10000-6 section 7): which endpoint a client wants, how the channel is secured, whose
//! certificate is shown.

mod parser;

/// What the first messages fill.
pub mod fields {
    fields::fields! { "opcua";
        /// Address of the endpoint that a client wants, from its Hello.
        ENDPOINT_URL: Term = "opcua.endpointUrl" @ "opcua.endpointUrl", "OPC UA Endpoint URL";
        /// Security policy of the channel, from OpenSecureChannel.
        SECURITY_POLICY_URI: Term = "opcua.securityPolicyUri" @ "opcua.securityPolicyUri", "OPC UA Security Policy";
    }
}

use crate::{Detect, Protocol};

/// OPC UA, by the first message of either side.
pub static PROTOCOL: Protocol = Protocol {
    name: "opcua",
    fields: fields::FIELDS,
    detect: &[
        Detect::Tcp(0, b"HELF"),
        Detect::Tcp(0, b"ACKF"),
        Detect::Tcp(0, b"OPNF"),
        Detect::Tcp(0, b"RHEF"),
    ],
    quiet: false,
    start: || Box::<parser::OpcUa>::default(),
};
