//! Writes pcapng.

use std::io::{self, Write};

use crate::ng::{BYTE_ORDER_MARK, ENHANCED_PACKET, INTERFACE, OPT_IF_NAME, OPT_IF_TSRESOL, SECTION};

const OPT_COMMENT: u16 = 1;
const OPT_USER_APPLICATION: u16 = 4;
/// Padding for a part whose length is `n` mod 4.
const PAD: [&[u8]; 4] = [&[], &[0; 3], &[0; 2], &[0; 1]];

/// Writer of a pcapng with one section, little-endian, times in nanoseconds. Nothing is buffered here.
#[derive(Debug)]
pub struct NgWriter<W> {
    output: W,
    position: u64,
    /// Link type and name of each interface written.
    interfaces: Vec<(u16, Option<String>)>,
}

/// Appends one option, padded. A value beyond the 16-bit length is cut.
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn pad(len: usize) -> &'static [u8] {
    PAD.get(len % 4).copied().unwrap_or_default()
}

impl<W: Write> NgWriter<W> {
    /// Writes the section header, with the name of the writing program.
    pub fn new(output: W, application: &str) -> io::Result<Self> {
        let mut body = Vec::new();
        body.extend(BYTE_ORDER_MARK.to_le_bytes());
        body.extend([1, 0, 0, 0]);
        body.extend((-1i64).to_le_bytes()); // section length unknown
        option(&mut body, OPT_USER_APPLICATION, application.as_bytes());
        option(&mut body, 0, &[]);
        let mut writer = Self { output, position: 0, interfaces: Vec::new() };
        writer.block(SECTION, &body)?;
        Ok(writer)
    }

    fn block(&mut self, kind: u32, body: &[u8]) -> io::Result<()> {
        let len = body.len() + 12;
        let len32 = u32::try_from(len)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "block of more than 4 GiB"))?;
        self.output.write_all(&kind.to_le_bytes())?;
        self.output.write_all(&len32.to_le_bytes())?;
        self.output.write_all(body)?;
        self.output.write_all(&len32.to_le_bytes())?;
        self.position += len as u64;
        Ok(())
    }

    /// The number of the interface with this link type and name; declares it when it is new.
    pub fn interface(&mut self, link: u16, name: Option<&str>) -> io::Result<u32> {
        if let Some(at) = self.interfaces.iter().position(|(l, n)| *l == link && n.as_deref() == name) {
            return Ok(at as u32);
        }
        let mut body = Vec::new();
        body.extend(link.to_le_bytes());
        body.extend([0; 6]); // no snap length
        if let Some(name) = name {
            option(&mut body, OPT_IF_NAME, name.as_bytes());
        }
        option(&mut body, OPT_IF_TSRESOL, &[9]);
        option(&mut body, 0, &[]);
        self.block(INTERFACE, &body)?;
        self.interfaces.push((link, name.map(str::to_owned)));
        Ok((self.interfaces.len() - 1) as u32)
    }

    /// Writes one packet of a declared interface and gives the byte offset of its block. `time` is in nanoseconds since 1970; earlier
    /// times are written as 1970.
    pub fn write(
        &mut self,
        interface: u32,
        time: i64,
        bytes: &[u8],
        original_len: u32,
        comment: Option<&str>,
    ) -> io::Result<u64> {
        let mut options = Vec::new();
        if let Some(comment) = comment {
            option(&mut options, OPT_COMMENT, comment.as_bytes());
            option(&mut options, 0, &[]);
        }
        let padding = pad(bytes.len());
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "packet of more than 4 GiB");
        let captured = u32::try_from(bytes.len()).map_err(too_long)?;
        let len = u32::try_from(32 + bytes.len() + padding.len() + options.len()).map_err(too_long)?;
        let ticks = u64::try_from(time).unwrap_or(0);
        let (high, low) = ((ticks >> 32) as u32, ticks as u32);
        let head = [ENHANCED_PACKET, len, interface, high, low, captured, original_len].map(u32::to_le_bytes);
        self.output.write_all(head.as_flattened())?;
        self.output.write_all(bytes)?;
        self.output.write_all(padding)?;
        self.output.write_all(&options)?;
        self.output.write_all(&len.to_le_bytes())?;
        let at = self.position;
        self.position += u64::from(len);
        Ok(at)
    }

    /// Bytes written.
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
