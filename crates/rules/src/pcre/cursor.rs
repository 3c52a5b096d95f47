//! Reading a pattern byte by byte.

use super::Refused;
use super::bytes::Bytes;

/// A place in a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'p> {
    pub(super) text: &'p [u8],
    pub(super) at: usize,
}

/// What stands behind a backslash.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escape {
    /// These bytes.
    Set(Bytes),
    /// `\b` or `\B`.
    Boundary(bool),
    /// `\A`.
    Start,
    /// `\z`.
    End,
    /// `\Z`: end, or before a last line feed.
    LastLine,
    /// `\Q`: what follows is literal up to `\E`.
    Quote,
    /// `\E` without `\Q`: nothing.
    Nothing,
}

impl<'p> Cursor<'p> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }
    pub(super) fn rest(&self) -> &'p [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
    /// Steps over a text, where it stands here.
    pub(super) fn eat(&mut self, text: &[u8]) -> bool {
        let here = self.rest().starts_with(text);
        if here {
            self.at += text.len();
        }
        here
    }
    pub(super) fn syntax<T>(&self, why: &'static str) -> Result<T, Refused> {
        Err(Refused::Syntax { column: self.at + 1, why })
    }
    pub(super) fn backtracking<T>(&self, what: &'static str) -> Result<T, Refused> {
        Err(Refused::Backtracking { column: self.at + 1, what })
    }

    /// Up to `most` digits of a base, as a number.
    fn number(&mut self, base: u32, most: usize) -> Option<u32> {
        let digits =
            self.rest().iter().take(most).take_while(|byte| char::from(**byte).is_digit(base)).count();
        let text = self.rest().get(..digits)?;
        self.at += digits;
        u32::from_str_radix(std::str::from_utf8(text).ok()?, base).ok()
    }

    /// What follows a backslash; the cursor stands behind it. `groups`: how many the whole pattern has; none inside a class.
    pub(super) fn escape(&mut self, groups: Option<u32>) -> Result<Escape, Refused> {
        let Some(letter) = self.peek() else { return self.syntax("a backslash at the end") };
        let begin = self.at;
        self.at += 1;
        let one = |byte| Ok(Escape::Set(Bytes::one(byte)));
        let in_class = groups.is_none();
        match letter {
            b'a' => one(0x07),
            b'e' => one(0x1b),
            b'f' => one(0x0c),
            b'n' => one(b'\n'),
            b'r' => one(b'\r'),
            b't' => one(b'\t'),
            b'c' => match self.next() {
                Some(byte) if byte.is_ascii() => one(byte.to_ascii_uppercase() ^ 0x40),
                _ => self.syntax(r"\c wants an ASCII character"),
            },
            b'x' if self.eat(b"{") => {
                let value = self.number(16, 8);
                match (value, self.next()) {
                    (Some(value), Some(b'}')) if value <= 0xff => one(value as u8),
                    _ => self.syntax(r"\x{} wants a hexadecimal number up to ff"),
                }
            }
            b'x' => one(self.number(16, 2).unwrap_or(0) as u8),
            b'o' if self.eat(b"{") => {
                let value = self.number(8, 8);
                match (value, self.next()) {
                    (Some(value), Some(b'}')) if value <= 0xff => one(value as u8),
                    _ => self.syntax(r"\o{} wants an octal number up to 377"),
                }
            }
            b'0' => one(self.number(8, 2).unwrap_or(0) as u8),
            b'1'..=b'9' => self.digits(begin, letter, groups),
            b'Q' => Ok(Escape::Quote),
            b'E' => Ok(Escape::Nothing),
            b'b' if in_class => one(0x08),
            b'b' => Ok(Escape::Boundary(true)),
            b'B' if !in_class => Ok(Escape::Boundary(false)),
            b'A' if !in_class => Ok(Escape::Start),
            b'z' if !in_class => Ok(Escape::End),
            b'Z' if !in_class => Ok(Escape::LastLine),
            b'N' if !in_class && self.peek() != Some(b'{') => Ok(Escape::Set(Bytes::one(b'\n').not())),
            b'C' if !in_class => Ok(Escape::Set(Bytes::ALL)),
            b'g' | b'k' => self.backtracking("a back-reference"),
            b'R' | b'X' => self.backtracking(r"\R or \X, an atomic group,"),
            b'K' => self.syntax(r"\K is not supported"),
            b'G' => self.syntax(r"\G is not supported"),
            b'p' | b'P' => self.syntax("Unicode properties are not supported: payloads are bytes"),
            b'L' | b'l' | b'U' | b'u' | b'N' => self.syntax("PCRE does not know this escape"),
            _ => match Bytes::shorthand(letter) {
                Some(set) => Ok(Escape::Set(set)),
                // letters without a meaning stand for themselves
                None => one(letter),
            },
        }
    }

    /// A number behind a backslash: a back-reference where there can be such a group, else an octal number.
    fn digits(&mut self, begin: usize, letter: u8, groups: Option<u32>) -> Result<Escape, Refused> {
        self.at = begin;
        if let Some(groups) = groups {
            let value = self.number(10, 9).unwrap_or(u32::MAX);
            if value < 10 || value <= groups {
                self.at = begin;
                return self.backtracking("a back-reference");
            }
            self.at = begin;
        }
        if letter >= b'8' {
            self.at = begin + 1;
            return Ok(Escape::Set(Bytes::one(letter)));
        }
        match self.number(8, 3) {
            Some(value) if value <= 0xff => Ok(Escape::Set(Bytes::one(value as u8))),
            _ => self.syntax("an octal number up to 377 is wanted"),
        }
    }

    /// A class; the cursor stands behind its `[`.
    pub(super) fn class(&mut self, caseless: bool) -> Result<Bytes, Refused> {
        let negated = self.eat(b"^");
        let mut set = Bytes::NONE;
        let mut first = true;
        let mut quoted = false;
        // the byte that a range could start with
        let mut low: Option<u8> = None;
        loop {
            let Some(byte) = self.next() else { return self.syntax("a class without its ]") };
            if quoted {
                if byte == b'\\' && self.eat(b"E") {
                    quoted = false;
                } else {
                    set = set.and(Bytes::one(byte));
                    low = Some(byte);
                }
                first = false;
                continue;
            }
            let item = match byte {
                b']' if !first => break,
                b'[' if matches!(self.peek(), Some(b':' | b'.' | b'=')) => match self.posix_class()? {
                    Some(named) => named,
                    None => Bytes::one(b'['),
                },
                b'\\' => match self.escape(None)? {
                    Escape::Set(set) => set,
                    Escape::Quote => {
                        quoted = true;
                        continue;
                    }
                    _ => continue,
                },
                b'-' if low.is_some() && !matches!(self.peek(), Some(b']') | None) => {
                    let from = low.take().unwrap_or_default();
                    match self.range_end()? {
                        Some(to) if to >= from => set = set.with(from, to),
                        Some(_) => return self.syntax("a range that ends before it begins"),
                        // before a class of its own the hyphen is one
                        None => set = set.and(Bytes::one(b'-')),
                    }
                    first = false;
                    continue;
                }
                byte => Bytes::one(byte),
            };
            first = false;
            let mut members = (0..=255u8).filter(|byte| item.has(*byte));
            low = match (members.next(), members.next()) {
                (Some(only), None) => Some(only),
                _ => None,
            };
            set = set.and(item);
        }
        let set = if caseless { set.folded() } else { set };
        Ok(if negated { set.not() } else { set })
    }

    /// The end of a range, or nothing where a class such as `\d` stands there (it is not stepped over).
    fn range_end(&mut self) -> Result<Option<u8>, Refused> {
        let begin = self.at;
        match self.next() {
            Some(b'\\') => match self.escape(None)? {
                Escape::Set(set) => {
                    let mut members = (0..=255u8).filter(|byte| set.has(*byte));
                    match (members.next(), members.next()) {
                        (Some(only), None) => Ok(Some(only)),
                        _ => {
                            self.at = begin;
                            Ok(None)
                        }
                    }
                }
                _ => self.syntax("a range that ends with no character"),
            },
            Some(b'[') if self.peek() == Some(b':') => {
                self.at = begin;
                Ok(None)
            }
            Some(byte) => Ok(Some(byte)),
            None => self.syntax("a class without its ]"),
        }
    }

    /// A POSIX class such as `[:alpha:]`; the cursor stands behind its `[`. Nothing where none stands here.
    fn posix_class(&mut self) -> Result<Option<Bytes>, Refused> {
        let rest = self.rest();
        let Some(kind) = rest.first().copied() else { return Ok(None) };
        let Some(length) = rest.windows(2).skip(1).position(|pair| pair == [kind, b']']) else {
            return Ok(None);
        };
        let Some(name) = rest.get(1..=length) else { return Ok(None) };
        if !name.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'^') {
            return Ok(None);
        }
        if kind != b':' {
            return self.syntax("collating elements are not supported by PCRE");
        }
        let (negated, name) = match name.strip_prefix(b"^") {
            Some(name) => (true, name),
            None => (false, name),
        };
        let Some(set) = Bytes::posix(name) else { return self.syntax("an unknown POSIX class") };
        self.at += length + 3;
        Ok(Some(if negated { set.not() } else { set }))
    }
}
