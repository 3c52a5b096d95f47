//! GRE: RFC 2784 with key and sequence number (RFC 2890) and routing (RFC 1701), and version 1 for PPTP (RFC 2637).

use crate::{Malformed, read};

/// View of a GRE header.
#[derive(Clone, Copy, Debug)]
pub struct Gre<'a> {
    head: &'a [u8; 4],
    key: Option<u32>,
    payload: &'a [u8],
}

impl<'a> Gre<'a> {
    /// Reads the header and its optional parts.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, mut rest) = read::head::<4>(bytes)?;
        let flags = head[0];
        let version = head[1] & 7;
        let (checksum, routing) = (flags & 0x80 != 0, flags & 0x40 != 0);
        match version {
            0 | 1 => {}
            v => return Err(Malformed::BadVersion(v)),
        }
        if checksum || routing {
            rest = read::split(rest, 4)?.1;
        }
        let mut key = None;
        if flags & 0x20 != 0 {
            let (bytes, after) = read::head::<4>(rest)?;
            key = Some(u32::from_be_bytes(*bytes));
            rest = after;
        }
        if flags & 0x10 != 0 {
            rest = read::split(rest, 4)?.1;
        }
        if version == 1 && head[1] & 0x80 != 0 {
            rest = read::split(rest, 4)?.1;
        }
        // RFC 1701 routing: source route entries (family, offset, length) up to one of family 0 and length 0.
        if routing && version == 0 {
            loop {
                let (entry, after) = read::head::<4>(rest)?;
                rest = read::split(after, usize::from(entry[3]))?.1;
                if be16!(entry, 0) == 0 && entry[3] == 0 {
                    break;
                }
            }
        }
        Ok(Self { head, key, payload: rest })
    }

    /// EtherType of the payload.
    #[must_use]
    pub fn protocol(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// 0, or 1 for PPTP.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.head[1] & 7
    }

    /// The key, if there is one (for PPTP: payload length and call id).
    #[must_use]
    pub fn key(&self) -> Option<u32> {
        self.key
    }

    /// Whether there is a sequence number. ERSPAN type II has one, type I has not.
    #[must_use]
    pub fn has_sequence(&self) -> bool {
        self.head[0] & 0x10 != 0
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
