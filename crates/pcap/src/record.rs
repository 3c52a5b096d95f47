//! One packet of a capture.

/// The longest packet and the longest buffered block, in bytes. Linux captures at most 256 KiB; USB captures more.
pub const MAX_RECORD: usize = 16 << 20;

/// A packet as the capture holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Nanoseconds since 1970. A pcapng simple packet has no time of its own and gets that of the record before it.
    pub time: i64,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length on the wire, bytes.
    pub original_len: u32,
    /// LINKTYPE number.
    pub link: u16,
    /// Interface: for pcapng its number within the section, for modified pcap the index of the capturing host, else 0.
    pub interface: u32,
    /// Byte offset of the record's header in the (uncompressed) capture: what [`crate::Format::record`] takes.
    pub at: u64,
    /// Byte offset of the captured bytes.
    pub data_at: u64,
}

/// A record without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Captured bytes.
    pub captured_len: u32,
    /// Length on the wire, bytes.
    pub original_len: u32,
    /// LINKTYPE number.
    pub link: u16,
    /// See [`Record::interface`].
    pub interface: u32,
    /// Byte offset of the record's header.
    pub at: u64,
    /// Byte offset of the captured bytes.
    pub data_at: u64,
    /// Length of the whole record: header, bytes, padding, options, trailer. The next one starts at `at + len`.
    pub len: u64,
}

impl RecordHeader {
    /// The record, where `bytes` is the capture from `at` on. `None` where the captured bytes are not all there.
    #[inline]
    pub(crate) fn with<'a>(&self, bytes: &'a [u8]) -> Option<Record<'a>> {
        let from = usize::try_from(self.data_at - self.at).ok()?;
        let bytes = bytes.get(from..)?.get(..self.captured_len as usize)?;
        Some(Record {
            time: self.time,
            bytes,
            original_len: self.original_len,
            link: self.link,
            interface: self.interface,
            at: self.at,
            data_at: self.data_at,
        })
    }
}

/// What the bytes at a place of a capture are.
pub(crate) enum Parsed {
    /// A packet. All of its bytes may not be there yet.
    Record(RecordHeader),
    /// Something without a packet, this long.
    Skip(u64),
    /// This many bytes have to be there to tell.
    Need(u64),
}
