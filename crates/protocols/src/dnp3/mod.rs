//! DNP3 (IEEE 1815): which functions stations of the power grid and of waterworks call on each other.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "dnp3";
        /// Addresses of receivers.
        DST: Int = "dnp3.dst" @ "dnp3.dst", "DNP3 Destination Address";
        /// Addresses of senders.
        SRC: Int = "dnp3.src" @ "dnp3.src", "DNP3 Source Address";
        /// Functions, by number.
        FUNCTION: Int = "dnp3.func" @ "dnp3.func", "DNP3 Function Code";
        /// Functions, by name, for instance `Read` or `DirectOperate`.
        FUNCTION_NAME: Term = "dnp3.funcName" @ "dnp3.funcName", "DNP3 Function Name";
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// DNP3 over TCP and UDP, by start bytes and a length.
pub static PROTOCOL: Protocol = Protocol {
    name: "dnp3",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks), Detect::UdpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Dnp3)),
};

fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [0x05, 0x64, length, ..] if *length >= 5) && bytes.len() >= 10
}
