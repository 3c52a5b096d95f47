//! Writes pcap.

use std::io::{self, Write};

use crate::classic::{FILE_HEADER, MAGIC_MICROS, MAGIC_NANOS};

/// Unit of the time stamps of a pcap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Understood by everything, cuts the time to microseconds.
    Micros,
    /// The nanosecond magic, which tcpdump and Wireshark read since 2012.
    Nanos,
}

/// Writer of a pcap, little-endian. Nothing is buffered here: wrap the output in a `BufWriter` where it is a file.
#[derive(Debug)]
pub struct PcapWriter<W> {
    output: W,
    precision: Precision,
    position: u64,
}

impl<W: Write> PcapWriter<W> {
    /// Length of a record's header.
    pub const RECORD_HEADER: u64 = 16;

    /// Writes the file header. `snap_len` is the longest captured length that will be written.
    pub fn new(mut output: W, precision: Precision, link: u16, snap_len: u32) -> io::Result<Self> {
        let magic = match precision {
            Precision::Micros => MAGIC_MICROS,
            Precision::Nanos => MAGIC_NANOS,
        };
        let mut head = Vec::with_capacity(FILE_HEADER);
        head.extend(magic.to_le_bytes());
        head.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        head.extend(snap_len.to_le_bytes());
        head.extend(u32::from(link).to_le_bytes());
        output.write_all(&head)?;
        Ok(Self { output, precision, position: FILE_HEADER as u64 })
    }

    /// Goes on with a capture that has its header and `position` bytes already.
    pub fn resume(output: W, precision: Precision, position: u64) -> Self {
        Self { output, precision, position }
    }

    /// Writes one packet and gives the byte offset of its record header. `time` is in nanoseconds since 1970; times outside the 32-bit
    /// seconds of the format are written as its first or last moment.
    #[inline]
    pub fn write(&mut self, time: i64, bytes: &[u8], original_len: u32) -> io::Result<u64> {
        let captured = u32::try_from(bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "packet of more than 4 GiB"))?;
        let time = time.clamp(0, i64::from(u32::MAX) * 1_000_000_000 + 999_999_999);
        let fraction = time % 1_000_000_000;
        let fraction = match self.precision {
            Precision::Micros => fraction / 1000,
            Precision::Nanos => fraction,
        };
        let words =
            [(time / 1_000_000_000) as u32, fraction as u32, captured, original_len].map(u32::to_le_bytes);
        self.output.write_all(words.as_flattened())?;
        self.output.write_all(bytes)?;
        let at = self.position;
        self.position += Self::RECORD_HEADER + u64::from(captured);
        Ok(at)
    }

    /// Bytes written, with the file header.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Flushes the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// The output.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// Gives the output back, unflushed.
    pub fn into_inner(self) -> W {
        self.output
    }
}
