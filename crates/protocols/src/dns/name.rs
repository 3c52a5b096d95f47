//! Domain names: compression (RFC 1035 section 4.1.4) and the readable form of internationalised ones (RFC 3492).

use std::fmt::Write;

/// Bytes of a name on the wire, after compression is undone, at most.
const MAX_NAME: usize = 255;

/// How a name of no labels is written.
pub(super) const ROOT: &str = "<root>";

/// A name at an offset of a message, and the offset behind it. A pointer must go back, to before the place that it
/// was reached from: so there are no loops, and no work that the length of the message does not bound.
pub(super) fn read(message: &[u8], start: usize) -> Option<(String, usize)> {
    let mut raw: Vec<u8> = Vec::with_capacity(64);
    let mut at = start;
    let mut lowest = start;
    let mut end = None;
    loop {
        let length = *message.get(at)?;
        match length >> 6 {
            0 if length == 0 => {
                let end = end.unwrap_or(at + 1);
                return Some((readable(&raw), end));
            }
            0 => {
                let label = message.get(at + 1..at + 1 + usize::from(length))?;
                if raw.len() + label.len() + 1 > MAX_NAME {
                    return None;
                }
                if !raw.is_empty() {
                    raw.push(b'.');
                }
                raw.extend_from_slice(label);
                at += 1 + usize::from(length);
            }
            3 => {
                let low = *message.get(at + 1)?;
                let target = usize::from(length & 0x3f) << 8 | usize::from(low);
                if target >= lowest {
                    return None;
                }
                end = end.or(Some(at + 2));
                lowest = target;
                at = target;
            }
            _ => return None,
        }
    }
}

/// The name as text: UTF-8 as it is, bytes that are no text as `\DDD` (RFC 4343).
fn readable(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let _ = write!(text, "\\{:03}", u32::from(c));
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\{byte:03}");
        }
    }
    text
}

/// The readable form of a name whose labels may be encoded with `xn--`: `Ok(None)` where none is, an error where
/// one cannot be decoded.
pub(crate) fn unicode(name: &str) -> Result<Option<String>, BadPunycode> {
    let encoded = |label: &str| label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    if !name.split('.').any(encoded) {
        return Ok(None);
    }
    let mut text = String::with_capacity(name.len());
    for (n, label) in name.split('.').enumerate() {
        if n > 0 {
            text.push('.');
        }
        match label.get(4..).filter(|_| encoded(label)) {
            Some(code) => text.push_str(&punycode(code).ok_or(BadPunycode)?),
            None => text.push_str(label),
        }
    }
    Ok(Some(text))
}

/// A label says that it is encoded with punycode, and is not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadPunycode;

/// Decodes one label without its `xn--` (RFC 3492 section 6.2).
fn punycode(code: &str) -> Option<String> {
    const BASE: u32 = 36;
    const MAX_LABEL: usize = 63;
    if !code.is_ascii() || code.len() > MAX_LABEL {
        return None;
    }
    let (basic, extended) = code.rsplit_once('-').unwrap_or(("", code));
    let mut text: Vec<char> = basic.to_lowercase().chars().collect();
    let (mut n, mut i, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let before = i;
        let (mut weight, mut k) = (1u32, BASE);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => byte - b'a',
                byte @ b'A'..=b'Z' => byte - b'A',
                byte @ b'0'..=b'9' => byte - b'0' + 26,
                _ => return None,
            };
            let digit = u32::from(digit);
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let length = u32::try_from(text.len()).ok()? + 1;
        bias = adapt(i - before, length, before == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        text.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(text.into_iter().collect())
}

/// RFC 3492 section 6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_pointers_back_and_refuses_loops() {
        let message = b"\x03com\x00\x07example\xc0\x00\x03www\xc0\x05";
        assert_eq!(read(message, 15), Some(("www.example.com".into(), 21)));
        assert_eq!(read(message, 0), Some(("com".into(), 5)));
        assert_eq!(read(b"\xc0\x00", 0), None, "points to itself");
        assert_eq!(read(b"\x01a\xc0\x04\x01b\xc0\x00", 4), None, "two that point at each other");
        assert_eq!(read(b"\x00\xc0\x05\x00\x00\x00", 1), None, "points ahead");
        assert_eq!(read(b"\x05ab", 0), None, "cut");
        assert_eq!(read(b"\x40a", 0), None, "reserved");
        assert_eq!(read(b"\x00", 0), Some((String::new(), 1)));
        let mut long: Vec<u8> = b"\x3f".iter().copied().chain([b'a'; 63]).collect::<Vec<_>>().repeat(5);
        long.push(0);
        assert_eq!(read(&long, 0), None, "too long");
    }

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        assert_eq!(read(b"\x03a\xff\x01\x00", 0).unwrap().0, "a\\255\\001");
    }

    #[test]
    fn decodes_punycode_of_rfc_3492() {
        assert_eq!(unicode("www.example.com"), Ok(None));
        assert_eq!(unicode("xn--bcher-kva.ch"), Ok(Some("bücher.ch".into())));
        assert_eq!(unicode("xn--80a1acny.xn--d1acpjx3f.xn--p1ai"), Ok(Some("почта.яндекс.рф".into())));
        // RFC 3492 section 7.1 (B) Chinese (simplified)
        assert_eq!(punycode("ihqwcrb4cv8a8dqg056pqjye").unwrap(), "他们为什么不说中文");
        assert_eq!(unicode("xn--a\u{e9}.ch"), Err(BadPunycode));
        assert_eq!(unicode("xn--99999999999.ch"), Err(BadPunycode));
    }
}
