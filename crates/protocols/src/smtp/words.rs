//! Text in header fields: encoded words, parameters, addresses.

use crate::text;
use encoding_rs::Encoding;

/// Longest encoded word that is looked for. RFC 2047 section 2 allows 75 characters; some senders know no limit.
const MAX_WORD: usize = 2_048;

/// Six bits of a base64 digit.
fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Base64 that arrives in pieces; what is no digit is passed over (RFC 2045 section 6.8).
#[derive(Default)]
pub struct Base64 {
    bits: u32,
    count: u8,
}

impl Base64 {
    /// Decodes the next piece.
    pub fn add(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        for &byte in piece {
            if byte == b'=' {
                // the end of an encoded piece; another may follow
                self.count = 0;
            } else if let Some(six) = sextet(byte) {
                self.bits = self.bits << 6 | u32::from(six);
                self.count += 6;
                if self.count >= 8 {
                    self.count -= 8;
                    out.push((self.bits >> self.count) as u8);
                }
            }
        }
    }
}

/// Decodes quoted-printable text of one line (RFC 2045 section 6.7), and `_` as a space in encoded words.
/// Returns whether the line ends with a soft break.
pub fn quoted_printable(line: &[u8], word: bool, out: &mut Vec<u8>) -> bool {
    let line = if word { line } else { line.trim_ascii_end() };
    let hex = |byte: &u8| char::from(*byte).to_digit(16);
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'=', []) => return true,
            (b'=', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                out.push((hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0)) as u8);
                rest = after;
            }
            (b'_', _) if word => out.push(b' '),
            _ => out.push(*first),
        }
    }
    false
}

/// Bytes in a named character set; an unknown one is read as UTF-8 or Latin 1.
fn in_charset(label: &[u8], bytes: &[u8]) -> String {
    match Encoding::for_label(label) {
        // labels of Latin 1 mean windows-1252, which holds it
        Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => text::decode(bytes).into_owned(),
    }
}

/// Decodes the encoded words of a header field (RFC 2047): `=?charset?q?text?=`. White space between two of them is
/// no part of the text. Bytes beside them are read as UTF-8 or Latin 1.
pub fn decode(value: &[u8]) -> String {
    let mut out = String::new();
    // a character may be cut between two words of one character set: bytes are gathered first
    let mut held: Option<(Vec<u8>, Vec<u8>)> = None;
    let mut rest = value;
    while !rest.is_empty() {
        if let Some((word, after)) = word(rest) {
            match &mut held {
                Some((charset, bytes)) if charset.eq_ignore_ascii_case(word.charset) => word.decode(bytes),
                _ => {
                    flush(&mut held, &mut out);
                    let mut bytes = Vec::new();
                    word.decode(&mut bytes);
                    held = Some((word.charset.to_vec(), bytes));
                }
            }
            rest = after;
            let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            if let Some(next) = rest.get(blank..)
                && next.starts_with(b"=?")
                && self::word(next).is_some()
            {
                rest = next;
            }
            continue;
        }
        flush(&mut held, &mut out);
        let end = rest.windows(2).skip(1).position(|w| w == b"=?").map_or(rest.len(), |at| at + 1);
        let (plain, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        out.push_str(&text::decode(plain));
        rest = after;
    }
    flush(&mut held, &mut out);
    out
}

fn flush(held: &mut Option<(Vec<u8>, Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = held.take() {
        out.push_str(&in_charset(&charset, &bytes));
    }
}

struct Word<'a> {
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

impl Word<'_> {
    fn decode(&self, out: &mut Vec<u8>) {
        if self.base64 {
            Base64::default().add(self.text, out);
        } else {
            quoted_printable(self.text, true, out);
        }
    }
}

/// An encoded word at the start of bytes, and what follows it.
fn word(bytes: &[u8]) -> Option<(Word<'_>, &[u8])> {
    let rest = bytes.strip_prefix(b"=?")?;
    let (charset, rest) = text::split_once(rest, b'?')?;
    // RFC 2231 section 5: charset*language
    let charset = charset.split(|b| *b == b'*').next().unwrap_or(charset);
    let (encoding, rest) = text::split_once(rest, b'?')?;
    let base64 = match encoding {
        b"b" | b"B" => true,
        b"q" | b"Q" => false,
        _ => return None,
    };
    let within = rest.get(..MAX_WORD).unwrap_or(rest);
    let end = within.windows(2).position(|w| w == b"?=")?;
    Some((Word { charset, base64, text: rest.get(..end)? }, rest.get(end + 2..)?))
}

/// A parameter of a structured field: `; name="value"`, also in the forms of RFC 2231 (`name*=utf-8''…`,
/// `name*0=…`).
pub fn parameter(value: &[u8], name: &str) -> Option<String> {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for piece in split_outside_quotes(value, b';').into_iter().skip(1).take(64) {
        let Some((key, value)) = text::split_once(piece, b'=') else { continue };
        let key = text::decode(key.trim_ascii()).to_ascii_lowercase();
        let Some(tail) = key.strip_prefix(name) else { continue };
        let value = unquote(value.trim_ascii());
        match tail {
            "" => return Some(decode(&value)),
            _ if tail.starts_with('*') => parts.push((tail.to_owned(), value)),
            _ => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    let section = |tail: &str| tail.trim_matches('*').parse::<u32>().unwrap_or(0);
    parts.sort_by_key(|(tail, _)| section(tail));
    let mut charset: Vec<u8> = b"utf-8".to_vec();
    let mut bytes = Vec::new();
    for (at, (tail, value)) in parts.iter().enumerate() {
        if !tail.ends_with('*') {
            bytes.extend_from_slice(value);
            continue;
        }
        let mut encoded = value.as_slice();
        // charset'language'text in the first section
        if at == 0
            && let Some((set, rest)) = text::split_once(encoded, b'\'')
            && let Some((_, rest)) = text::split_once(rest, b'\'')
        {
            charset = set.to_vec();
            encoded = rest;
        }
        percent(encoded, &mut bytes);
    }
    Some(in_charset(&charset, &bytes))
}

fn percent(value: &[u8], out: &mut Vec<u8>) {
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16))
        {
            out.push((high * 16 + low) as u8);
            rest = after;
        } else {
            out.push(*first);
        }
    }
}

fn unquote(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else { return value.to_vec() };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    out
}

fn split_outside_quotes(value: &[u8], at: u8) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(|&byte| {
            let was_escaped = escaped;
            escaped = quoted && byte == b'\\' && !was_escaped;
            if byte == b'"' && !was_escaped {
                quoted = !quoted;
            }
            byte == at && !quoted
        })
        .collect()
}

/// Addresses of a From, To or Cc field: what is in angle brackets, or the bare address.
pub fn addresses(value: &[u8], see: &mut dyn FnMut(&str)) {
    for one in split_outside_quotes(value, b',').into_iter().take(1_000) {
        let one = text::decode(one);
        let bare = match one.rsplit_once('<') {
            Some((_, tail)) => tail.split('>').next().unwrap_or(tail),
            // a group's name ends with a colon, a comment stands in parentheses
            None => one.split('(').next().unwrap_or(&one).rsplit(':').next().unwrap_or_default(),
        };
        let bare = bare.trim().trim_matches(|c| matches!(c, '"' | ';' | '\''));
        if bare.contains('@') {
            see(bare);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words() {
        for (text, want) in [
            ("=?iso-8859-1?B?dGVzdCDlIOkg7iD4IPw=?=", "test å é î ø ü"),
            ("=?utf-8?q?a_b=EF=BC=88A?=\r\n =?UTF-8?Q?=EF=BC=89_?= end", "a b（A）  end"),
            ("Re: =?gb2312?B?xOO6ww==?= <a@b>", "Re: 你好 <a@b>"),
            ("=?utf-8?b?5L2g5Q==?= =?utf-8?b?pb0=?=", "你好"),
            ("=?bad", "=?bad"),
            ("=?x?y?z?= =?", "=?x?y?z?= =?"),
            ("plain", "plain"),
        ] {
            assert_eq!(decode(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn parameters() {
        for (text, want) in [
            ("text/plain; charset=x; name=\"a;b.txt\"", Some("a;b.txt")),
            ("attachment; NAME=a.zip", Some("a.zip")),
            ("attachment; name*=utf-8''%e4%bd%a0.txt", Some("你.txt")),
            ("attachment; name*0=\"ab\"; name*1=\"cd.txt\"", Some("abcd.txt")),
            ("attachment; name=\"=?utf-8?b?5L2g?=.txt\"", Some("你.txt")),
            ("attachment", None),
        ] {
            assert_eq!(parameter(text.as_bytes(), "name").as_deref(), want, "{text}");
        }
    }

    #[test]
    fn address_lists() {
        let mut seen = Vec::new();
        let list = b"\"Doe, Jane\" <jane@a.b>, joe@c.d (Joe), group: x@y.z;, nobody";
        addresses(list, &mut |a| seen.push(a.to_owned()));
        assert_eq!(seen, ["jane@a.b", "joe@c.d", "x@y.z"]);
    }

    #[test]
    fn base64_in_any_pieces() {
        for cut in 0..=8 {
            let (mut decoder, mut out) = (Base64::default(), Vec::new());
            let (head, tail) = b"aGVs\nbG8=".split_at(cut);
            decoder.add(head, &mut out);
            decoder.add(tail, &mut out);
            assert_eq!(out, b"hello", "{cut}");
        }
    }
}
