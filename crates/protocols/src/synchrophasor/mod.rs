//! Synchrophasors of the power grid (IEEE C37.118.2): which units measure, how often, and who commands them.

mod parser;

/// What the frames fill.
pub mod fields {
    fields::fields! { "synchrophasor";
        /// Kinds of frames: `data`, `header`, `cfg1`, `cfg2`, `cfg3` or `command`.
        FRAME_TYPE: Lower = "synchrophasor.frameType" @ "synchrophasor.frameType", "Frame Type";
        /// Streams of data, or the units that commands are for.
        ID_CODE: Int = "synchrophasor.idcode" @ "synchrophasor.idcode", "ID Code";
        /// Commands: 1 stops data, 2 starts them, 3 to 5 and 6 ask for header and configurations.
        COMMAND: Int = "synchrophasor.cmd" @ "synchrophasor.cmd", "Command";
        /// Names of the stations in configurations.
        STATION: Term = "synchrophasor.station" @ "synchrophasor.station", "Station Name";
        /// Frames a second; a negative number is seconds a frame.
        DATA_RATE: Int = "synchrophasor.dataRate" @ "synchrophasor.dataRate", "Data Rate";
        /// Numbers of measuring units in configurations.
        UNITS: Int = "synchrophasor.numPMU" @ "synchrophasor.numPMU", "Number of PMUs";
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol, signatures::look};

/// Synchrophasors over TCP and UDP, by sync, kind, version and length.
pub static PROTOCOL: Protocol = Protocol {
    name: "synchrophasor",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks), Detect::UdpSign(look::synchrophasor)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Synchrophasor)),
};

fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [0xaa, kind, high, low, ..] if parser::is_kind(*kind)
        && (16..=parser::MAX_FRAME).contains(&usize::from(u16::from_be_bytes([*high, *low]))))
}
