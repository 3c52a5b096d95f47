//! Sets of bytes, and how they are written.

use std::fmt::Write as _;

/// Which of the 256 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) const NONE: Self = Self([0; 4]);
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn of(list: &[u8]) -> Self {
        list.iter().fold(Self::NONE, |set, byte| set.with(*byte, *byte))
    }
    pub(super) fn one(byte: u8) -> Self {
        Self::NONE.with(byte, byte)
    }
    /// With a range added.
    pub(super) fn with(mut self, from: u8, to: u8) -> Self {
        for byte in from..=to {
            if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
                *word |= 1 << (byte & 63);
            }
        }
        self
    }
    pub(super) fn and(self, other: Self) -> Self {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        Self([a | e, b | f, c | g, d | h])
    }
    pub(super) fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }
    pub(super) fn has(self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }
    pub(super) fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }
    /// With the other case of every ASCII letter in it.
    pub(super) fn folded(self) -> Self {
        (0..=255u8).filter(|byte| self.has(*byte)).fold(self, |set, byte| {
            set.and(Self::one(byte.to_ascii_lowercase())).and(Self::one(byte.to_ascii_uppercase()))
        })
    }

    /// `\d`, `\w`, `\s`, `\h`, `\v` and their opposites.
    pub(super) fn shorthand(letter: u8) -> Option<Self> {
        let set = match letter.to_ascii_lowercase() {
            b'd' => Self::NONE.with(b'0', b'9'),
            b'w' => Self::one(b'_').with(b'0', b'9').with(b'a', b'z').with(b'A', b'Z'),
            b's' => Self::one(b' ').with(0x09, 0x0d),
            b'h' => Self::of(&[b'\t', b' ', 0xa0]),
            b'v' => Self::one(0x85).with(0x0a, 0x0d),
            _ => return None,
        };
        Some(if letter.is_ascii_uppercase() { set.not() } else { set })
    }

    /// A POSIX class such as `alpha`, in the C locale.
    pub(super) fn posix(name: &[u8]) -> Option<Self> {
        let ascii = |test: fn(&u8) -> bool| {
            (0..128u8).filter(test).fold(Self::NONE, |set, byte| set.and(Self::one(byte)))
        };
        Some(match name {
            b"alpha" => ascii(u8::is_ascii_alphabetic),
            b"lower" => ascii(u8::is_ascii_lowercase),
            b"upper" => ascii(u8::is_ascii_uppercase),
            b"alnum" => ascii(u8::is_ascii_alphanumeric),
            b"ascii" => ascii(|_| true),
            b"blank" => Self::of(b" \t"),
            b"cntrl" => ascii(u8::is_ascii_control),
            b"digit" => ascii(u8::is_ascii_digit),
            b"graph" => ascii(u8::is_ascii_graphic),
            b"print" => Self::NONE.with(b' ', b'~'),
            b"punct" => ascii(u8::is_ascii_punctuation),
            b"space" => Self::one(b' ').with(0x09, 0x0d),
            b"word" => Self::shorthand(b'w')?,
            b"xdigit" => ascii(u8::is_ascii_hexdigit),
            _ => return None,
        })
    }

    /// Writes it for the `regex` crate in byte mode; an empty set never matches.
    pub(super) fn write(self, out: &mut String) {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=255u8).filter(|byte| self.has(*byte)) {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(byte) => *last = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        match ranges.as_slice() {
            [] => out.push_str(r"[^\x00-\xff]"),
            [(from, to)] if from == to => literal(*from, out),
            ranges => {
                out.push('[');
                for (from, to) in ranges {
                    let _ = write!(out, r"\x{from:02x}");
                    if from != to {
                        let _ = write!(out, r"-\x{to:02x}");
                    }
                }
                out.push(']');
            }
        }
    }
}

fn literal(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, r"\x{byte:02x}");
    }
}
