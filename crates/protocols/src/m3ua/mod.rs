//! Signalling of telephone networks over IP: M3UA (RFC 4666) and M2UA (RFC 3331) over SCTP, in them SCCP (ITU-T Q.713),
//! TCAP (Q.773) and CAP, CAMEL's application part (3GPP TS 29.078): which points of the network call which operations,
//! about whom.

mod camel;
mod parser;
mod sccp;
mod tcap;

/// What M3UA and M2UA fill.
pub mod fields {
    fields::fields! { "m3ua";
        /// Service indicators: 3 SCCP, 4 TUP, 5 ISUP.
        SERVICE: Int = "m3ua.si" @ "m3ua.si", "Service Indicator";
    }
}

/// What the parts that M3UA carries fill, one group each.
pub const CARRIED: [&[&::fields::Def]; 3] =
    [sccp::fields::FIELDS, tcap::fields::FIELDS, camel::fields::FIELDS];

use crate::{Detect, Dir, Protocol};

/// M3UA and M2UA, by the header they share; the parser names them and what they carry.
pub static PROTOCOL: Protocol = Protocol {
    name: "m3ua",
    fields: fields::FIELDS,
    detect: &[Detect::SctpLook(looks)],
    quiet: true,
    start: || Box::<parser::Signalling>::default(),
};

/// Version, reserved, class, type, a length that is the message's.
fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [1, 0, 0..=12, _, a, b, c, d, ..]
        if usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).is_ok_and(|length| length >= 8 && length <= bytes.len() + 3))
}
