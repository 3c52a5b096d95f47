//! Values as text.

use std::fmt::Write as _;

/// Bytes of one value that are shown in hexadecimal.
const MAX_HEX: usize = 64;
/// Characters of one value that are shown.
const MAX_CHARS: usize = 1_024;

fn joined(bytes: &[u8], separator: &str) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for (n, byte) in bytes.iter().enumerate() {
        let _ = write!(out, "{}{byte:02x}", if n == 0 { "" } else { separator });
    }
    out
}

/// `02:00:00:00:00:01`
pub(crate) fn colons(bytes: &[u8]) -> String {
    joined(bytes, ":")
}

/// `48656c6c6f`, the start of it where it is long.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    match bytes.get(..MAX_HEX).filter(|_| bytes.len() > MAX_HEX) {
        Some(start) => format!("{}…", joined(start, "")),
        None => joined(bytes, ""),
    }
}

/// UTF-8 where it is, else Latin 1, because nothing of it shall be lost; control characters as escapes.
pub(crate) fn text(bytes: &[u8]) -> String {
    let start = bytes.get(..MAX_CHARS).unwrap_or(bytes);
    let mut out = String::with_capacity(start.len());
    let mut see = |c: char| match c {
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => _ = write!(out, "\\x{:02x}", u32::from(c)),
        // what turns the direction of text must not rewrite the page
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    };
    match std::str::from_utf8(start) {
        Ok(text) => text.chars().for_each(&mut see),
        // a cut inside a character is no reason to read it all as Latin 1
        Err(error) if error.error_len().is_none() && bytes.len() > start.len() => {
            let valid = start.get(..error.valid_up_to()).unwrap_or_default();
            String::from_utf8_lossy(valid).chars().for_each(&mut see);
        }
        Err(_) => start.iter().map(|byte| char::from(*byte)).for_each(&mut see),
    }
    if bytes.len() > start.len() {
        out.push('…');
    }
    out
}

/// Seconds since 1970 as UTC.
pub(crate) fn utc(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400);
    let second = seconds.rem_euclid(86_400);
    // Howard Hinnant's days-to-civil
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_packet_cannot_rewrite_the_page() {
        assert_eq!(text(b"GET /\r\n"), "GET /\\r\\n");
        assert_eq!(text("a\u{202e}b\u{1b}[0m".as_bytes()), "a\\u{202e}b\\x1b[0m");
        assert_eq!(text(&[0x63, 0xe9]), "cé");
        assert_eq!(text("慢".repeat(600).as_bytes()).chars().count(), 342);
    }

    #[test]
    fn times() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_827_696), "2000-02-29 12:34:56 UTC");
        assert_eq!(utc(-1), "1969-12-31 23:59:59 UTC");
    }
}
