//! Radiotap header (radiotap.org): version, length, presence words, then fields aligned to their size, all little-endian.

use crate::{Malformed, read};

/// View of a radiotap header and the 802.11 frame after it.
#[derive(Clone, Copy, Debug)]
pub struct Radiotap<'a> {
    has_fcs: bool,
    payload: &'a [u8],
}

impl<'a> Radiotap<'a> {
    /// Reads the header; only the flags field is looked at.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, _) = read::head::<8>(bytes)?;
        if head[0] != 0 {
            return Err(Malformed::BadVersion(head[0]));
        }
        let len = usize::from(u16::from_le_bytes([head[2], head[3]]));
        if len < 8 {
            return Err(Malformed::BadLength);
        }
        let (header, payload) = read::split(bytes, len)?;
        let present = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let flags = if present & 0b10 != 0 { Self::flags(header, present) } else { None };
        Ok(Self { has_fcs: flags.is_some_and(|f| f & 0x10 != 0), payload })
    }

    fn flags(header: &[u8], present: u32) -> Option<u8> {
        let mut at = 8;
        let mut word = present;
        // Bit 31: another presence word follows.
        while word & 0x8000_0000 != 0 {
            let next = header.get(at..at + 4)?;
            word = u32::from_le_bytes(next.try_into().ok()?);
            at += 4;
        }
        if present & 1 != 0 {
            at = at.next_multiple_of(8) + 8;
        }
        header.get(at).copied()
    }

    /// Whether the frame ends with the four bytes of its checksum.
    #[must_use]
    pub fn has_fcs(&self) -> bool {
        self.has_fcs
    }

    /// The 802.11 frame, without its checksum.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        match self.payload {
            [frame @ .., _, _, _, _] if self.has_fcs => frame,
            all => all,
        }
    }
}
