//! S7comm and S7comm-plus of Siemens controllers, over ISO transport on TCP (RFC 1006, ISO 8073): what is asked of a
//! controller, and whether it refused. The manufacturer publishes no specification; the layout is the one that the
//! dissectors of Wireshark document.

mod parser;

/// What the messages fill.
pub mod fields {
    fields::fields! { "s7comm";
        /// Kinds of messages: 1 job, 2 acknowledgement, 3 acknowledgement with data, 7 user data.
        KIND: Int = "s7comm.rosctr" @ "s7comm.rosctr", "S7comm ROSCTR";
        /// Functions, by number.
        FUNCTION: Int = "s7comm.func" @ "s7comm.func", "S7comm Function Code";
        /// Functions, by name.
        FUNCTION_NAME: Term = "s7comm.funcName" @ "s7comm.funcName", "S7comm Function Name";
        /// References that answers give back.
        REFERENCE: Int = "s7comm.pduref" @ "s7comm.pduref", "S7comm PDU Reference";
        /// Classes of errors.
        ERROR_CLASS: Int = "s7comm.errorClass" @ "s7comm.errorClass", "S7comm Error Class";
        /// Errors within their class.
        ERROR_CODE: Int = "s7comm.errorCode" @ "s7comm.errorCode", "S7comm Error Code";
        /// Operations of S7comm-plus: 0x31 request, 0x32 response, 0x33 notification.
        OPCODE: Int = "s7comm.opcode" @ "s7comm.opcode", "S7comm-plus Opcode";
    }
}

use crate::messages::Framed;
use crate::{Detect, Protocol};

/// ISO transport on its port; the parser names what it carries.
pub static PROTOCOL: Protocol = Protocol {
    name: "s7comm",
    fields: fields::FIELDS,
    detect: &[Detect::TcpPort(102)],
    quiet: true,
    start: || Box::new(Framed::new(parser::S7)),
};
