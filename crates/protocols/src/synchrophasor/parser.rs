//! Frames, and the stations in configurations.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};

/// Bytes of the longest frame that is taken for one.
pub(super) const MAX_FRAME: usize = u16::MAX as usize;
/// Sync, length, stream, seconds, fraction and quality.
const HEADER: usize = 14;
const CHECK: usize = 2;
/// Names of versions 1 and 2 have a fixed length.
const NAME: usize = 16;

/// Whether the second byte of a frame is a known kind and version.
pub(super) const fn is_kind(byte: u8) -> bool {
    byte >> 4 <= 5 && matches!(byte & 0x0f, 1 | 2)
}

pub(super) struct Synchrophasor;

impl Messages for Synchrophasor {
    const LOOKED: usize = MAX_FRAME;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [0xaa, kind, high, low, ..] if is_kind(*kind) => match u16::from_be_bytes([*high, *low]) {
                length @ 16.. => Length::Is(usize::from(length)),
                _ => Length::Bad,
            },
            _ if bytes.len() < 4 => Length::Need(4),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        frame(bytes, context);
        Then::Next
    }
}

fn frame(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes.get(..bytes.len().checked_sub(CHECK)?)?);
    let (_sync, kind, _length, stream) = (cursor.u8()?, cursor.u8()?, cursor.u16()?, cursor.u16()?);
    cursor.take(HEADER - 6)?;
    let name = ["data", "header", "cfg1", "cfg2", "command", "cfg3"].get(usize::from(kind >> 4))?;
    context.doc.add(&FRAME_TYPE, name);
    context.doc.add(&ID_CODE, i64::from(stream));
    match kind >> 4 {
        2 | 3 => configuration(cursor, context),
        4 => {
            context.doc.add(&COMMAND, i64::from(cursor.u16()?));
            Some(())
        }
        5 => configuration_3(cursor, context),
        _ => None,
    }
}

/// Time base, number of units, the units, frames a second (table 9).
fn configuration(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_base, units) = (cursor.u32()?, cursor.u16()?);
    context.doc.add(&UNITS, i64::from(units));
    for _ in 0..units {
        let name = cursor.take(NAME)?;
        station(name, context);
        let (_id, _format) = (cursor.u16()?, cursor.u16()?);
        let [phasors, analogs, digitals] = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
        cursor.take(NAME * (phasors + analogs + 16 * digitals))?;
        // conversion factors, nominal frequency, count of changes
        cursor.take(4 * (phasors + analogs + digitals) + 4)?;
    }
    rate(cursor, context)
}

/// Part of a longer configuration, time base, number of units, the units, frames a second (table 10): names behind
/// their length.
fn configuration_3(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_part, _base, units) = (cursor.u16()?, cursor.u32()?, cursor.u16()?);
    context.doc.add(&UNITS, i64::from(units));
    for _ in 0..units {
        let name = cursor.vec8()?;
        station(name.rest(), context);
        let (_id, _global) = (cursor.u16()?, cursor.take(16)?);
        let _format = cursor.u16()?;
        let [phasors, analogs, digitals] = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
        for _ in 0..phasors + analogs + 16 * digitals {
            cursor.vec8()?;
        }
        // scales of phasors, analogs and digitals; place, class, window and delay of the unit; frequency, changes
        cursor.take(12 * phasors + 8 * analogs + 4 * digitals)?;
        cursor.take(4 + 4 + 4 + 1 + 4 + 4 + 2 + 2)?;
    }
    rate(cursor, context)
}

fn station(name: &[u8], context: &mut Context<'_>) {
    let name = decode(name);
    let name = name.trim_end_matches(['\0', ' ']);
    if !name.is_empty() {
        context.doc.add(&STATION, name);
    }
}

fn rate(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    context.doc.add(&DATA_RATE, i64::from(cursor.u16()?.cast_signed()));
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_unit_is_commanded_and_configured() {
        let command = unhex("aa 41 0012 0007 6000 0000 0000 0000 0005 ffff");
        let name = "4e4f52544820202020202020 20202020";
        let configuration = unhex(&format!(
            "aa 31 004a 0007 60000000 00000000 000f4240 0001 {name} 0007 0004 0001 0000 0000 {name} 00000000 0001 0000 001e ffff"
        ));
        for n in [1, 11, 200] {
            let doc = Talk::tcp(4712).src_in(n, &command).dst(&configuration).json();
            assert_eq!(doc["protocol"], json!(["synchrophasor"]), "{n}");
            assert_eq!(
                doc["synchrophasor"],
                json!({
                    "cmd": [5], "cmdCnt": 1, "dataRate": [30], "dataRateCnt": 1, "frameType": ["command", "cfg2"],
                    "frameTypeCnt": 2, "idcode": [7], "idcodeCnt": 1, "numPMU": [1], "numPMUCnt": 1,
                    "station": ["NORTH"], "stationCnt": 1
                })
            );
        }
        let doc = Talk::new(Transport::Udp, 4713, 4712).src(&command).json();
        assert_eq!(doc["synchrophasor"]["cmd"], json!([5]));
        fields::audit(super::super::fields::FIELDS);
    }
}
