//! SCCP: between which points.

use self::fields::{DST, SRC};
use super::tcap;
use crate::Context;
use crate::bytes::Bytes;

/// What the messages fill.
pub mod fields {
    fields::fields! { "sccp";
        /// Point codes of called parties.
        DST: Int = "sccp.dst" @ "sccp.dst", "Dst Point Code";
        /// Point codes of calling parties.
        SRC: Int = "sccp.src" @ "sccp.src", "Src Point Code";
    }
}

/// Unitdata, its service form, and their extended forms (Q.713 section 4).
const UDT: u8 = 0x09;
const UDTS: u8 = 0x0a;
const XUDT: u8 = 0x11;
const XUDTS: u8 = 0x12;

#[derive(Default)]
pub(super) struct Sccp {
    above: tcap::Tcap,
}

/// What an address says.
struct Address {
    point: Option<u16>,
    subsystem: Option<u8>,
}

impl Sccp {
    pub(super) fn message(&mut self, mut bytes: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let kind = bytes.u8()?;
        match kind {
            // class of the protocol, or cause of the return
            UDT | UDTS => drop(bytes.u8()?),
            // hops too
            XUDT | XUDTS => drop(bytes.u16()?),
            _ => return None,
        }
        // each pointer counts from itself
        let parameter = |at: usize| {
            let rest = bytes.rest();
            let mut cursor = Bytes::new(rest.get(at + usize::from(*rest.get(at)?)..)?);
            cursor.vec8()
        };
        let (called, calling) = (parameter(0)?, parameter(1)?);
        // what lies above says its own length, and senders do not always repeat it right
        let rest = bytes.rest();
        let data = Bytes::new(rest.get(3 + usize::from(*rest.get(2)?)..)?);
        let (called, calling) = (address(called)?, address(calling)?);
        if let Some(point) = called.point {
            context.doc.add(&DST, i64::from(point));
        }
        if let Some(point) = calling.point {
            context.doc.add(&SRC, i64::from(point));
        }
        let subsystems = [called.subsystem, calling.subsystem];
        self.above.message(data, subsystems, context)
    }
}

/// Indicator, then point and subsystem as it says (Q.713 section 3.4); the rest is a global title.
fn address(mut bytes: Bytes<'_>) -> Option<Address> {
    let indicator = bytes.u8()?;
    let point = if indicator & 1 != 0 { Some(bytes.u16_le()? & 0x3fff) } else { None };
    let subsystem = if indicator & 2 != 0 { Some(bytes.u8()?) } else { None };
    Some(Address { point, subsystem })
}
