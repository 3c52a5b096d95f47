//! pcapng: blocks of type(4) length(4) body length(4), in sections that each have a byte order and interfaces.

use serde::{Deserialize, Serialize};

use crate::record::{MAX_RECORD, Parsed, RecordHeader};
use crate::{Damage, Error, Order, Resolution};

/// Interfaces that one section may declare.
pub const MAX_INTERFACES: usize = 65_536;
/// Sections that one capture may have.
pub const MAX_SECTIONS: usize = 65_536;

/// Block type of a section header; the same in both byte orders.
pub(crate) const SECTION: u32 = 0x0a0d_0d0a;
pub(crate) const INTERFACE: u32 = 1;
/// The obsolete packet block.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
pub(crate) const ENHANCED_PACKET: u32 = 6;
pub(crate) const BYTE_ORDER_MARK: u32 = 0x1a2b_3c4d;

pub(crate) const OPT_IF_NAME: u16 = 2;
pub(crate) const OPT_IF_TSRESOL: u16 = 9;
const OPT_IF_TSOFFSET: u16 = 14;

/// What an interface description block says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// LINKTYPE number.
    pub link: u16,
    /// Longest captured length, 0 for no limit.
    pub snap_len: u32,
    /// Unit of its time stamps.
    pub resolution: Resolution,
    /// Seconds to add to its time stamps.
    pub offset: i64,
    /// Name such as `eth0`, if it is given; at most 256 bytes.
    pub name: Option<String>,
}

/// One section: a byte order and the interfaces declared so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Byte offset of its header block.
    pub at: u64,
    /// Byte order of its blocks.
    pub order: Order,
    /// Interfaces in the order of their declaration, which is their number.
    pub interfaces: Vec<Interface>,
}

/// What the headers of a pcapng say, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PcapNg {
    /// In the order of the file.
    pub sections: Vec<Section>,
}

fn damaged(at: u64, what: Damage) -> Error {
    Error::Damaged { at, what, kept: 0 }
}

impl PcapNg {
    /// The section that holds the byte at `at`.
    fn section(&self, at: u64) -> Option<&Section> {
        self.sections.get(self.sections.partition_point(|s| s.at <= at).checked_sub(1)?)
    }

    /// The block that starts at `bytes`, which is at `at` in the file. Section and interface blocks change what is known: only when
    /// they are read in the order of the file, so random access never comes here with them.
    pub(crate) fn block(&mut self, bytes: &[u8], at: u64, last_time: i64) -> Result<Parsed, Error> {
        let Some(head) = bytes.first_chunk::<12>() else { return Ok(Parsed::Need(12)) };
        if u32::from_le_bytes([head[0], head[1], head[2], head[3]]) == SECTION {
            return self.begin_section(bytes, at);
        }
        let Some(section) = self.sections.last_mut() else { return Err(damaged(at, Damage::NotARecord)) };
        let order = section.order;
        let (kind, len) = (order.u32(head, 0), order.u32(head, 4));
        if len < 12 || len % 4 != 0 {
            return Err(damaged(at, Damage::BlockLength(len)));
        }
        match kind {
            INTERFACE => {
                let body = match whole(bytes, at, len, order)? {
                    Ok(body) => body,
                    Err(need) => return Ok(need),
                };
                if section.interfaces.len() >= MAX_INTERFACES {
                    return Err(damaged(at, Damage::TooMany(MAX_INTERFACES)));
                }
                section.interfaces.push(interface(body, order).ok_or(damaged(at, Damage::BlockLength(len)))?);
                Ok(Parsed::Skip(u64::from(len)))
            }
            ENHANCED_PACKET | SIMPLE_PACKET | PACKET => packet(section, bytes, at, last_time),
            // Statistics, name resolution, secrets, journal entries, custom blocks.
            _ => Ok(Parsed::Skip(u64::from(len))),
        }
    }

    fn begin_section(&mut self, bytes: &[u8], at: u64) -> Result<Parsed, Error> {
        let Some(head) = bytes.first_chunk::<16>() else { return Ok(Parsed::Need(16)) };
        let order = if u32::from_le_bytes([head[8], head[9], head[10], head[11]]) == BYTE_ORDER_MARK {
            Order::Little
        } else if u32::from_be_bytes([head[8], head[9], head[10], head[11]]) == BYTE_ORDER_MARK {
            Order::Big
        } else {
            return Err(damaged(
                at,
                Damage::ByteOrder(u32::from_be_bytes([head[8], head[9], head[10], head[11]])),
            ));
        };
        let len = order.u32(head, 4);
        if len < 28 || len % 4 != 0 {
            return Err(damaged(at, Damage::BlockLength(len)));
        }
        if let Err(need) = whole(bytes, at, len, order)? {
            return Ok(need);
        }
        if self.sections.len() >= MAX_SECTIONS {
            return Err(damaged(at, Damage::TooMany(MAX_SECTIONS)));
        }
        self.sections.push(Section { at, order, interfaces: Vec::new() });
        Ok(Parsed::Skip(u64::from(len)))
    }

    /// The packet record that starts at `bytes` (random access).
    pub(crate) fn record(&self, bytes: &[u8], at: u64) -> Result<Parsed, Error> {
        let Some(section) = self.section(at) else { return Err(damaged(at, Damage::NotARecord)) };
        let Some(head) = bytes.first_chunk::<12>() else { return Ok(Parsed::Need(12)) };
        let (kind, len) = (section.order.u32(head, 0), section.order.u32(head, 4));
        match kind {
            ENHANCED_PACKET | SIMPLE_PACKET | PACKET if len >= 12 && len % 4 == 0 => {
                packet(section, bytes, at, 0)
            }
            _ => Err(damaged(at, Damage::NotARecord)),
        }
    }
}

/// The body of a block, or how many bytes it needs. Checks the second copy of the length.
fn whole(bytes: &[u8], at: u64, len: u32, order: Order) -> Result<Result<&[u8], Parsed>, Error> {
    if len as usize > MAX_RECORD {
        return Err(damaged(at, Damage::TooLong { claims: u64::from(len), max: MAX_RECORD as u64 }));
    }
    let Some(block) = bytes.get(..len as usize) else { return Ok(Err(Parsed::Need(u64::from(len)))) };
    let end = block.len().saturating_sub(4);
    let tail = order.u32(block, end);
    if tail != len {
        return Err(damaged(at, Damage::BlockTrailer { head: len, tail }));
    }
    Ok(Ok(block.get(8..end).unwrap_or_default()))
}

fn interface(body: &[u8], order: Order) -> Option<Interface> {
    let (head, mut options) = body.split_at_checked(8)?;
    let mut out = Interface {
        link: order.u16(head, 0),
        snap_len: order.u32(head, 4),
        resolution: Resolution::MICROS,
        offset: 0,
        name: None,
    };
    while let Some((head, rest)) = options.split_first_chunk::<4>() {
        let (code, len) = (order.u16(head, 0), usize::from(order.u16(head, 2)));
        let Some(value) = rest.get(..len) else { break };
        match (code, value) {
            (0, _) => break,
            (OPT_IF_NAME, name) => {
                out.name = Some(
                    String::from_utf8_lossy(name.get(..256).unwrap_or(name))
                        .trim_end_matches('\0')
                        .to_owned(),
                );
            }
            (OPT_IF_TSRESOL, [byte, ..]) => out.resolution = Resolution::from_option(*byte),
            (OPT_IF_TSOFFSET, seconds) if seconds.len() == 8 => out.offset = order.u64(seconds, 0) as i64,
            _ => {}
        }
        options = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(out)
}

/// An enhanced, simple or obsolete packet block; the 12 bytes of type and length are there.
#[inline]
fn packet(section: &Section, bytes: &[u8], at: u64, last_time: i64) -> Result<Parsed, Error> {
    let order = section.order;
    let (kind, len) = (order.u32(bytes, 0), order.u32(bytes, 4));
    let fixed: u32 = if kind == SIMPLE_PACKET { 12 } else { 28 };
    if len < fixed + 4 {
        return Err(damaged(at, Damage::BlockLength(len)));
    }
    let Some(head) = bytes.get(..fixed as usize) else { return Ok(Parsed::Need(u64::from(fixed))) };
    let number = match kind {
        ENHANCED_PACKET => order.u32(head, 8),
        PACKET => u32::from(order.u16(head, 8)),
        _ => 0,
    };
    let unknown = damaged(at, Damage::UnknownInterface(number));
    let interface = section.interfaces.get(number as usize).ok_or(unknown)?;
    let room = len - fixed - 4;
    let (time, captured_len, original_len) = if kind == SIMPLE_PACKET {
        let original_len = order.u32(head, 8);
        let limit = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        // The captured length is not written: it is what the snap length left.
        (last_time, original_len.min(limit).min(room), original_len)
    } else {
        let ticks = (u64::from(order.u32(head, 12)) << 32) | u64::from(order.u32(head, 16));
        let time =
            interface.resolution.nanos(ticks).saturating_add(interface.offset.saturating_mul(1_000_000_000));
        (time, order.u32(head, 20), order.u32(head, 24))
    };
    if captured_len > room {
        return Err(damaged(at, Damage::BlockLength(len)));
    }
    if len as usize > MAX_RECORD + 65_536 {
        return Err(damaged(at, Damage::TooLong { claims: u64::from(len), max: MAX_RECORD as u64 }));
    }
    if let Some(block) = bytes.get(..len as usize) {
        let tail = order.u32(block, block.len().saturating_sub(4));
        if tail != len {
            return Err(damaged(at, Damage::BlockTrailer { head: len, tail }));
        }
    }
    Ok(Parsed::Record(RecordHeader {
        time,
        captured_len,
        original_len,
        link: interface.link,
        interface: number,
        at,
        data_at: at + u64::from(fixed),
        len: u64::from(len),
    }))
}
