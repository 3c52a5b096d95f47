//! EtherNet/IP with CIP (ODVA, The CIP Networks Library volumes 1 and 2): which devices of a plant say who they are, and
//! which services of which objects are called.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "enip";
        /// Commands of the encapsulation, for instance `ListIdentity` or `SendRRData`.
        COMMAND: Term = "enip.command" @ "enip.command", "ENIP Command";
        /// Status of the encapsulation; 0 is success.
        STATUS: Int = "enip.status" @ "enip.status", "ENIP Status";
        /// Services of CIP, for instance `Get_Attribute_Single`.
        SERVICE: Term = "enip.service" @ "enip.service", "CIP Service";
        /// Classes of the objects that services are called on, for instance `Identity`.
        CLASS: Term = "enip.class" @ "enip.class", "CIP Class";
        /// Makers of devices that identified themselves.
        VENDOR: Term = "enip.vendor" @ "enip.vendor", "ENIP Vendor";
        /// Names of products of devices that identified themselves.
        PRODUCT: Term = "enip.product" @ "enip.product", "ENIP Product";
        /// Kinds of devices that identified themselves.
        DEVICE_TYPE: Term = "enip.device-type" @ "enip.deviceType", "ENIP Device Type";
    }
}

use crate::messages::Framed;
use crate::{Detect, Protocol, signatures::look};

/// EtherNet/IP over TCP and UDP, by its port and a sound header.
pub static PROTOCOL: Protocol = Protocol {
    name: "enip",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::ethernet_ip), Detect::UdpSign(look::ethernet_ip)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Enip)),
};
