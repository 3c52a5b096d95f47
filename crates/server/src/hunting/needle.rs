//! What a hunt looks for.

use super::sieve::Sieve;
use crate::error::ApiError;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

/// What is searched for. A thread that searches much has its own: what an expression needs while it is at work is not shared then.
#[derive(Clone)]
pub(crate) struct Needle {
    how: How,
    sieve: Option<Sieve>,
}

/// How bytes are looked at.
#[derive(Clone)]
enum How {
    /// These bytes as they are.
    Bytes(Box<Finder<'static>>),
    /// An expression over the bytes.
    Regex(Regex),
    /// An expression over the hexadecimal digits of the bytes.
    Digits(Regex),
}

impl Needle {
    /// Reads `search` as `searchType` says; the error is for the user.
    pub fn read(kind: &str, search: &str) -> Result<Self, ApiError> {
        let bad = |error: regex::Error| {
            ApiError::forbidden(format!("the search is no regular expression: {error}"))
        };
        let literal = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        if search.is_empty() {
            return Err(ApiError::forbidden("Missing packet search text"));
        }
        let how = match kind {
            // letters whose case does not matter are found faster by an expression than one by one
            "ascii" => How::Regex(build(&literal(search.as_bytes()), true).map_err(bad)?),
            "asciicase" => How::Bytes(Box::new(Finder::new(search.as_bytes()).into_owned())),
            "hex" => {
                let digits: Vec<u8> = search.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                let bytes: Option<Vec<u8>> = digits
                    .chunks(2)
                    .map(|pair| {
                        u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()
                    })
                    .collect();
                let bytes = bytes
                    .filter(|bytes| !bytes.is_empty())
                    .ok_or_else(|| ApiError::forbidden("Hex search must be pairs of hexadecimal digits"))?;
                How::Bytes(Box::new(Finder::new(&bytes).into_owned()))
            }
            "regex" => How::Regex(build(search, false).map_err(bad)?),
            "hexregex" => How::Digits(build(search, true).map_err(bad)?),
            _ => {
                return Err(ApiError::forbidden(
                    "Improper packet search type. Must be \"ascii\", \"asciicase\", \"hex\", \"hexregex\", or \"regex\"",
                ));
            }
        };
        if let How::Regex(regex) | How::Digits(regex) = &how
            && regex.is_match(b"")
        {
            return Err(ApiError::forbidden(
                "the search matches nothing at all, so every packet would match",
            ));
        }
        let sieve = match &how {
            How::Bytes(finder) => Some(Sieve::Bytes(finder.clone())),
            How::Regex(regex) => Sieve::rough(regex, false).map(Sieve::Regex),
            How::Digits(regex) => Sieve::rough(regex, true).map(Sieve::Digits),
        };
        Ok(Self { how, sieve })
    }

    /// What tells which of many packets are worth a look; none where each has to be looked at.
    pub fn sieve(&self) -> Option<&Sieve> {
        self.sieve.as_ref()
    }

    /// Offset and length of the first `most` matches; `digits` is room that is used again.
    pub fn find(&self, bytes: &[u8], most: usize, digits: &mut Vec<u8>) -> Vec<(usize, usize)> {
        match &self.how {
            How::Bytes(finder) => {
                let len = finder.needle().len();
                // as of an expression, matches do not overlap
                let mut next = 0;
                let apart = finder.find_iter(bytes).filter(|at| {
                    let free = *at >= next;
                    if free {
                        next = at + len;
                    }
                    free
                });
                apart.take(most).map(|at| (at, len)).collect()
            }
            How::Regex(regex) => regex.find_iter(bytes).take(most).map(|m| (m.start(), m.len())).collect(),
            How::Digits(regex) => {
                write_digits(bytes, digits);
                let whole = regex.find_iter(digits).filter(|m| m.start() % 2 == 0);
                whole.take(most).map(|m| (m.start() / 2, m.len().div_ceil(2))).collect()
            }
        }
    }
}

/// An expression over bytes as hunts understand it.
pub(super) fn build(pattern: &str, insensitive: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(insensitive)
        .dot_matches_new_line(true)
        .size_limit(4 << 20)
        .build()
}

/// The hexadecimal digits of bytes, lower case.
pub(super) fn write_digits(bytes: &[u8], digits: &mut Vec<u8>) {
    // without a table and without a test at each byte, so that many are done at once
    let digit = |value: u8| value + b'0' + u8::from(value > 9) * (b'a' - b'0' - 10);
    digits.clear();
    digits.resize(bytes.len() * 2, 0);
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            (*high, *low) = (digit(byte >> 4), digit(byte & 15));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_search() {
        let find = |kind: &str, search: &str| {
            Needle::read(kind, search).unwrap().find(b"GET /a\r\n\0\xff\x4f", 10, &mut Vec::new())
        };
        assert_eq!(find("ascii", "get"), [(0, 3)]);
        assert_eq!(find("asciicase", "get"), []);
        assert_eq!(find("asciicase", "/a"), [(4, 2)]);
        assert_eq!(find("hex", "0d 0a 00"), [(6, 3)]);
        assert_eq!(find("regex", r"/[a-z]\r"), [(4, 3)]);
        assert_eq!(find("hexregex", "00f.4f"), [(8, 3)]);
        // f4 stands across two bytes
        assert_eq!(find("hexregex", "f4f"), []);
        let many = Needle::read("asciicase", "aa").unwrap();
        assert_eq!(
            many.find(b"aaaaaaa", 2, &mut Vec::new()),
            [(0, 2), (2, 2)],
            "apart, and no more than wanted"
        );
        for (kind, search) in [("hex", "abc"), ("hex", ""), ("regex", "("), ("regex", "a*"), ("other", "a")] {
            assert!(Needle::read(kind, search).is_err(), "{kind} {search}");
        }
    }
}
