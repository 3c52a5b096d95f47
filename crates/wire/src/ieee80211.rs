//! 802.11 data frames: the header that tells from whom to whom, then LLC.

use crate::{Mac, Malformed, read};

/// View of an 802.11 header.
#[derive(Clone, Copy, Debug)]
pub struct Ieee80211<'a> {
    head: &'a [u8; 24],
    fourth: Option<Mac>,
    payload: &'a [u8],
}

fn mac(bytes: &[u8; 24], from: usize) -> Mac {
    let mut out = [0; 6];
    for (to, b) in out.iter_mut().zip(bytes.iter().skip(from)) {
        *to = *b;
    }
    out
}

impl<'a> Ieee80211<'a> {
    /// Reads a data or management frame header with three or four addresses; control frames are [`Malformed::BadValue`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, mut rest) = read::head::<24>(bytes)?;
        let kind = (head[0] >> 2) & 3;
        if kind == 1 {
            return Err(Malformed::BadValue);
        }
        let mut fourth = None;
        if kind == 2 {
            if head[1] & 3 == 3 {
                let (address, after) = read::head::<6>(rest)?;
                fourth = Some(*address);
                rest = after;
            }
            // QoS data carries two more bytes, and four of HT control where the order bit is set.
            if head[0] & 0x80 != 0 {
                rest = read::split(rest, 2)?.1;
                if head[1] & 0x80 != 0 {
                    rest = read::split(rest, 4)?.1;
                }
            }
        }
        Ok(Self { head, fourth, payload: rest })
    }

    /// Whether this is a data frame that carries data (not a null frame) in the clear.
    #[must_use]
    pub fn is_clear_data(&self) -> bool {
        (self.head[0] >> 2) & 3 == 2 && self.head[0] & 0x40 == 0 && self.head[1] & 0x40 == 0
    }

    /// Whether the body is encrypted.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.head[1] & 0x40 != 0
    }

    /// The final receiver.
    #[must_use]
    pub fn dst(&self) -> Mac {
        if self.head[1] & 1 != 0 { mac(self.head, 16) } else { mac(self.head, 4) }
    }

    /// The first sender.
    #[must_use]
    pub fn src(&self) -> Mac {
        match (self.head[1] & 3, self.fourth) {
            (3, Some(fourth)) => fourth,
            (2, _) => mac(self.head, 16),
            _ => mac(self.head, 10),
        }
    }

    /// The bytes after the header.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}
