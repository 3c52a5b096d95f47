//! Bytes of the wire as text.

use memchr::memchr;
use std::borrow::Cow;

/// UTF-8 as it is; anything else byte by byte as ISO 8859-1, so that nothing is lost and it can be searched.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

/// UTF-16 of little-endian words; what is none becomes the replacement character, and half a word at the end is left.
pub fn utf16(bytes: &[u8]) -> String {
    let words = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(words).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The first line, without its end (LF or CRLF), and what follows; `None` while the line is not complete.
pub fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b'\n', bytes)?;
    let line = bytes.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), bytes.get(end + 1..)?))
}

/// Splits at the first occurrence of a byte.
pub fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let found = memchr(at, bytes)?;
    Some((bytes.get(..found)?, bytes.get(found + 1..)?))
}

/// Header fields of HTTP and e-mail (RFC 9112 section 5, RFC 5322 section 2.2): `name: value` a line, values
/// continued on lines that start with white space. Lines without a colon are passed over.
pub fn header_fields<'a>(block: &'a [u8], see: &mut dyn FnMut(&'a [u8], Cow<'a, [u8]>)) {
    let mut held: Option<(&'a [u8], Cow<'a, [u8]>)> = None;
    let mut rest = block;
    while !rest.is_empty() {
        let (one, next) = line(rest).unwrap_or((rest, &[]));
        rest = next;
        if let [b' ' | b'\t', folded @ ..] = one {
            if let Some((_, value)) = &mut held {
                let value = value.to_mut();
                value.push(b' ');
                value.extend_from_slice(folded.trim_ascii_end());
            }
            continue;
        }
        if let Some((name, value)) = held.take() {
            see(name, value);
        }
        if let Some((name, value)) = split_once(one, b':') {
            held = Some((name.trim_ascii(), Cow::Borrowed(value.trim_ascii())));
        }
    }
    if let Some((name, value)) = held {
        see(name, value);
    }
}

/// Decodes `%xx`; text that does not decode to UTF-8 stays as it was.
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |b: u8| char::from(b).to_digit(16);
        if let (b'%', [high, low, after @ ..]) = (*first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push((high * 16 + low) as u8);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// At most `max` bytes of a text, cut between characters.
pub fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfolds_header_fields() {
        let mut seen = Vec::new();
        let block = b"A: 1\r\nnonsense\r\nB:two;\r\n\tthree\r\nC : \n";
        header_fields(block, &mut |name, value| {
            seen.push((decode(name).into_owned(), decode(&value).into_owned()))
        });
        let want = [("A", "1"), ("B", "two; three"), ("C", "")];
        assert_eq!(seen, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn decodes_percent() {
        assert_eq!(percent_decode("a%20b%2"), "a b%2");
        assert_eq!(percent_decode("%ff"), "%ff");
        assert_eq!(percent_decode("%e4%bd%a0"), "你");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin1() {
        assert_eq!(decode(b"caf\xe9"), "café");
    }
}
