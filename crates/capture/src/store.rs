//! Where copied packets go.

use crate::Place;
use wire::LinkType;

/// What goes wrong when packets are written: a sentence with the place and the remedy.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps packets. [`packets::Writer`] is one.
pub trait PacketWriter: Send {
    /// Keeps a packet: arrival (nanoseconds since 1970), link type, captured bytes, length on the wire. Returns where it will be found.
    ///
    /// # Errors
    /// The packet was not kept; it may be offered again.
    fn write(&mut self, time: i64, link: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError>;
    /// When it returns, what was kept survives the end of the process.
    ///
    /// # Errors
    /// Some of it could not be written; it is tried again with the next call.
    fn flush(&mut self) -> Result<(), StoreError>;
    /// Finishes files that have been open for long; `now` is in nanoseconds since 1970.
    ///
    /// # Errors
    /// As [`PacketWriter::flush`].
    fn tick(&mut self, now: i64) -> Result<(), StoreError>;
    /// Finishes every file.
    ///
    /// # Errors
    /// As [`PacketWriter::flush`].
    fn finish(&mut self) -> Result<(), StoreError>;
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
}
