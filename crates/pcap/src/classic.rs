//! pcap: a file header of 24 bytes, then records.
//!
//! ```text
//! file:   magic(4) major(2) minor(2) zone(4) accuracy(4) snap length(4) link type(4)
//! record: seconds(4) fraction(4) captured length(4) original length(4)  [modified: interface(4) protocol(2) type(1) pad(1)]  bytes
//! ```

use serde::{Deserialize, Serialize};

use crate::record::{MAX_RECORD, Parsed, RecordHeader};
use crate::{Damage, Error, Order};

/// Length of the file header.
pub(crate) const FILE_HEADER: usize = 24;
pub(crate) const MAGIC_MICROS: u32 = 0xa1b2_c3d4;
pub(crate) const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
/// Alexey Kuznetsov's variant with longer record headers.
const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;

/// What the file header of a pcap says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pcap {
    /// Byte order of the headers.
    pub order: Order,
    /// Whether the fraction of a second is in nanoseconds.
    pub nanos: bool,
    /// Whether record headers are eight bytes longer.
    pub modified: bool,
    /// Longest captured length, as announced.
    pub snap_len: u32,
    /// LINKTYPE number.
    pub link: u16,
}

/// Byte order, nanoseconds, modified: what a magic number says.
pub(crate) fn magic(bytes: [u8; 4]) -> Option<(Order, bool, bool)> {
    let orders = [(Order::Little, u32::from_le_bytes(bytes)), (Order::Big, u32::from_be_bytes(bytes))];
    orders.into_iter().find_map(|(order, magic)| match magic {
        MAGIC_MICROS => Some((order, false, false)),
        MAGIC_NANOS => Some((order, true, false)),
        MAGIC_MODIFIED => Some((order, false, true)),
        _ => None,
    })
}

impl Pcap {
    /// Reads the file header, all 24 bytes of it.
    pub(crate) fn parse(head: &[u8; FILE_HEADER]) -> Option<Self> {
        let (order, nanos, modified) = magic([head[0], head[1], head[2], head[3]])?;
        // The upper half of the link type field says how long a frame check sequence is.
        let link = order.u32(head, 20) as u16;
        Some(Self { order, nanos, modified, snap_len: order.u32(head, 16), link })
    }

    /// Length of a record header: 16, or 24 in the modified variant.
    #[must_use]
    pub fn record_header_len(&self) -> usize {
        if self.modified { 24 } else { 16 }
    }

    /// The record that starts at `bytes`, which is at `at` in the file.
    #[inline]
    pub(crate) fn record(&self, bytes: &[u8], at: u64) -> Result<Parsed, Error> {
        let header_len = self.record_header_len();
        let Some(head) = bytes.get(..header_len) else { return Ok(Parsed::Need(header_len as u64)) };
        let order = self.order;
        let (seconds, fraction) = (order.u32(head, 0), order.u32(head, 4));
        let (captured_len, original_len) = (order.u32(head, 8), order.u32(head, 12));
        if captured_len as usize > MAX_RECORD {
            let what = Damage::TooLong { claims: u64::from(captured_len), max: MAX_RECORD as u64 };
            return Err(Error::Damaged { at, what, kept: 0 });
        }
        if seconds == 0 && fraction == 0 && captured_len == 0 && original_len == 0 {
            return Err(Error::Damaged { at, what: Damage::Zeros, kept: 0 });
        }
        let unit = if self.nanos { 1 } else { 1000 };
        Ok(Parsed::Record(RecordHeader {
            time: i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * unit,
            captured_len,
            original_len,
            link: self.link,
            interface: if self.modified { order.u32(head, 16) } else { 0 },
            at,
            data_at: at + header_len as u64,
            len: header_len as u64 + u64::from(captured_len),
        }))
    }
}
