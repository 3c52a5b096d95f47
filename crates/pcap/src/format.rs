//! What the headers of a capture say, so that a record can be read at any place.

use serde::{Deserialize, Serialize};

use crate::classic::{self, FILE_HEADER};
use crate::record::Parsed;
use crate::{Damage, Error, Pcap, PcapNg, Record, RecordHeader, Slice, ng};

/// Bytes that [`Format::header`] needs at most.
pub const MAX_HEADER: usize = 28;

/// The two families of capture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// pcap.
    Pcap,
    /// pcapng.
    PcapNg,
}

/// The family of a capture by its first four bytes (more are not looked at); `None` for anything else.
#[must_use]
pub fn recognise(first: &[u8]) -> Option<Kind> {
    let magic = first.first_chunk::<4>()?;
    if u32::from_le_bytes(*magic) == ng::SECTION {
        return Some(Kind::PcapNg);
    }
    classic::magic(*magic).map(|_| Kind::Pcap)
}

/// What has to be known of a capture to read a record at a remembered offset. For pcap these are the facts of the file header; for pcapng
/// the sections and their interfaces, as far as the reader has come. It can be stored (serde), which spares scanning a pcapng again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// pcap.
    Pcap(Pcap),
    /// pcapng.
    PcapNg(PcapNg),
}

impl Format {
    /// All that `capture` (a whole file) has of headers. pcap: the first 24 bytes are looked at. pcapng: every block header is, because a
    /// section or interface may begin anywhere; damage ends the scan, as nothing behind it was ever delivered.
    pub fn scan(capture: &[u8]) -> Result<Self, Error> {
        let mut slice = Slice::new(capture)?;
        if matches!(slice.format(), Self::PcapNg(_)) {
            while let Some(Ok(_)) = slice.next() {}
        }
        Ok(slice.into_format())
    }

    /// Starts reading: the format and the length of the file header, or how many bytes are needed.
    pub(crate) fn begin(bytes: &[u8]) -> Result<Result<(Self, u64), u64>, Error> {
        let Some(magic) = bytes.first_chunk::<4>() else { return Ok(Err(4)) };
        match recognise(magic) {
            None => Err(Error::NotACapture(*magic)),
            Some(Kind::PcapNg) => Ok(Ok((Self::PcapNg(PcapNg::default()), 0))),
            Some(Kind::Pcap) => {
                let Some(head) = bytes.first_chunk::<FILE_HEADER>() else {
                    return Ok(Err(FILE_HEADER as u64));
                };
                let pcap = Pcap::parse(head).ok_or(Error::NotACapture(*magic))?;
                Ok(Ok((Self::Pcap(pcap), FILE_HEADER as u64)))
            }
        }
    }

    /// The next thing when reading in order.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8], at: u64, last_time: i64) -> Result<Parsed, Error> {
        match self {
            Self::Pcap(pcap) => pcap.record(bytes, at),
            Self::PcapNg(ng) => ng.block(bytes, at, last_time),
        }
    }

    /// Decodes the record header at `at`, where `bytes` is what the capture holds from there on ([`MAX_HEADER`] bytes are always enough).
    /// Its captured bytes are at [`RecordHeader::data_at`]. A pcapng simple packet has time 0 here.
    ///
    /// # Errors
    /// [`Error::Truncated`] and [`Error::Damaged`] where no packet record starts at `at`. A wrong offset cannot always be told from a
    /// right one: pcap has no marks.
    pub fn header(&self, bytes: &[u8], at: u64) -> Result<RecordHeader, Error> {
        let parsed = match self {
            Self::Pcap(pcap) => pcap.record(bytes, at)?,
            Self::PcapNg(ng) => ng.record(bytes, at)?,
        };
        match parsed {
            Parsed::Record(header) => Ok(header),
            Parsed::Skip(_) => Err(Error::Damaged { at, what: Damage::NotARecord, kept: 0 }),
            Parsed::Need(claims) => {
                Err(Error::Truncated { at, claims, end: at + bytes.len() as u64, kept: 0 })
            }
        }
    }

    /// The record at `at` of a capture that is wholly in memory.
    ///
    /// # Errors
    /// As [`Self::header`], and [`Error::Truncated`] where the capture ends before the record does.
    pub fn record<'a>(&self, capture: &'a [u8], at: u64) -> Result<Record<'a>, Error> {
        let bytes = usize::try_from(at).ok().and_then(|from| capture.get(from..)).unwrap_or_default();
        let header = self.header(bytes, at)?;
        let end = capture.len() as u64;
        header.with(bytes).ok_or(Error::Truncated { at, claims: header.len, end, kept: 0 })
    }

    /// Link type that all records have, where that is known: always for pcap, for pcapng when all interfaces seen agree.
    #[must_use]
    pub fn link(&self) -> Option<u16> {
        match self {
            Self::Pcap(pcap) => Some(pcap.link),
            Self::PcapNg(ng) => {
                let mut links = ng.sections.iter().flat_map(|s| &s.interfaces).map(|i| i.link);
                let first = links.next()?;
                links.all(|l| l == first).then_some(first)
            }
        }
    }
}
