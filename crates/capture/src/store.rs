//! Where copied packets go.

use crate::Place;
use serde::Serialize;
use std::fmt;
use wire::LinkType;

/// Why a packet was not written: what the counters tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The disk is slower than the packets come: every buffer is full.
    Busy,
    /// There is no room left, or writing is paused until there is.
    Full,
    /// Anything else.
    Error,
}

impl Refusal {
    /// What the session says of packets that it lost so.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Refusal::Busy => "disk slow",
            Refusal::Full => "disk full",
            Refusal::Error => "disk error",
        }
    }
}

/// What goes wrong when packets are written: a reason for the counters, a sentence with the place and the remedy for people.
#[derive(Debug)]
pub struct StoreError {
    /// What the counters tell apart.
    pub reason: Refusal,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    /// An error of a packet store; `source` is shown.
    pub fn new(reason: Refusal, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { reason, source: source.into() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}

impl From<packets::WriteError> for StoreError {
    fn from(error: packets::WriteError) -> Self {
        let reason = match error.source.kind() {
            _ if error.is_full() => Refusal::Full,
            std::io::ErrorKind::WouldBlock => Refusal::Busy,
            _ => Refusal::Error,
        };
        Self::new(reason, error)
    }
}

/// Packets that were taken, and could not be brought onto the disk later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// How many.
    pub packets: u64,
    /// Captured bytes of them.
    pub bytes: u64,
    /// What the counters tell apart.
    pub reason: Refusal,
    /// What happened and where.
    pub what: String,
}

/// What a packet store says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// Bytes of packets that wait for the disk.
    pub waiting: u64,
    /// Bytes that may wait; beyond, packets are not written and counted.
    pub limit: u64,
    /// Bytes that the operating system took.
    pub bytes: u64,
    /// Writes these took.
    pub writes: u64,
    /// Attempts to write that failed.
    pub errors: u64,
    /// The longest write, microseconds.
    pub slowest_us: u64,
    /// The file that is written.
    pub path: String,
}

/// Keeps packets. [`packets::Writer`] is one. In a live capture nothing but [`PacketWriter::finish`] may wait for a disk.
pub trait PacketWriter: Send {
    /// Keeps a packet: arrival (nanoseconds since 1970), link type, captured bytes, length on the wire. Returns where it will be found.
    ///
    /// # Errors
    /// The packet was not kept; it may be offered again.
    fn write(&mut self, time: i64, link: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError>;
    /// Brings what was kept onto its way to the disk. In an import it survives the end of the process when this returns; in a live capture it is
    /// only begun.
    ///
    /// # Errors
    /// Some of it could not be written; it is tried again with the next call.
    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Finishes files that have been open for long; `_now` is in nanoseconds since 1970.
    ///
    /// # Errors
    /// As [`PacketWriter::flush`].
    fn tick(&mut self, _now: i64) -> Result<(), StoreError> {
        Ok(())
    }
    /// Finishes every file.
    ///
    /// # Errors
    /// As [`PacketWriter::flush`].
    fn finish(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Packets that were taken and are lost all the same, since the last call.
    fn take_vanished(&mut self) -> Vec<Vanished> {
        Vec::new()
    }
    /// How it stands.
    fn status(&self) -> StoreStatus {
        StoreStatus::default()
    }
}

impl<R: packets::Register + Send> PacketWriter for packets::Writer<R> {
    fn write(&mut self, time: i64, link: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError> {
        let position = packets::Writer::write(self, time, link, bytes, len)?;
        Ok(Place { file: position.file, offset: position.offset })
    }
    fn flush(&mut self) -> Result<(), StoreError> {
        Ok(packets::Writer::flush(self)?)
    }
    fn tick(&mut self, now: i64) -> Result<(), StoreError> {
        Ok(packets::Writer::tick(self, now)?)
    }
    fn finish(&mut self) -> Result<(), StoreError> {
        Ok(packets::Writer::finish(self)?)
    }
    fn take_vanished(&mut self) -> Vec<Vanished> {
        let vanished = |lost: packets::Lost| {
            let place =
                lost.path.map_or_else(|| format!("file {}", lost.file), |path| path.display().to_string());
            let what = format!("{place} from byte {}: {}", lost.from, lost.reason);
            Vanished { packets: lost.packets, bytes: lost.bytes, reason: Refusal::Error, what }
        };
        self.take_lost().into_iter().map(vanished).collect()
    }
    fn status(&self) -> StoreStatus {
        let status = packets::Writer::status(self);
        StoreStatus {
            waiting: status.waiting,
            limit: status.memory,
            bytes: status.bytes,
            writes: status.writes,
            errors: status.errors,
            slowest_us: u64::try_from(status.slowest.as_micros()).unwrap_or(u64::MAX),
            path: status.path.display().to_string(),
        }
    }
}
