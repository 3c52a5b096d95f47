//! Numbers, sizes, spans of time, and ranges of them.

use fields::Kind;

/// What a number in a query may carry, and what the stored values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Nothing.
    Plain,
    /// Bytes: `10MB`, `10MiB`.
    Bytes,
    /// A span of time; how many nanoseconds the stored unit is.
    Span(i64),
}

impl Scale {
    /// The scale of a field. `session.length` and `initRTT` are plain numbers of milliseconds in Arkime's document;
    /// people type `> 2s` there all the same.
    pub fn of(target: fields::Target) -> Self {
        let milliseconds = [&session::core::LENGTH.def, &session::core::INIT_RTT.def];
        match target.kind() {
            Kind::Size => Scale::Bytes,
            Kind::Duration => Scale::Span(1_000),
            _ if target.aspect == fields::Aspect::Value && milliseconds.contains(&target.def) => {
                Scale::Span(1_000_000)
            }
            _ => Scale::Plain,
        }
    }

    /// What a field of this scale takes, for messages.
    pub fn takes(self) -> &'static str {
        match self {
            Scale::Plain => "a number",
            Scale::Bytes => "a number of bytes, such as 1500 or 10MB",
            Scale::Span(1_000) => "a span of time, such as 500ms or 2s",
            Scale::Span(_) => "a span of time, such as 500ms or 2s (a number alone is milliseconds)",
        }
    }
}

const SIZES: &[(&str, i128)] = &[
    ("b", 1),
    ("k", 1_000),
    ("kb", 1_000),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("t", 1_000_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("ki", 1 << 10),
    ("mib", 1 << 20),
    ("mi", 1 << 20),
    ("gib", 1 << 30),
    ("gi", 1 << 30),
    ("tib", 1 << 40),
    ("ti", 1 << 40),
];

/// Nanoseconds of each unit of time.
const SPANS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("usec", 1_000),
    ("ms", 1_000_000),
    ("msec", 1_000_000),
    ("s", 1_000_000_000),
    ("sec", 1_000_000_000),
    ("secs", 1_000_000_000),
    ("second", 1_000_000_000),
    ("seconds", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("mins", 60_000_000_000),
    ("minute", 60_000_000_000),
    ("minutes", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("hr", 3_600_000_000_000),
    ("hour", 3_600_000_000_000),
    ("hours", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("day", 86_400_000_000_000),
    ("days", 86_400_000_000_000),
];

/// One number in the stored unit; `None` when it is none.
pub(crate) fn number(text: &str, scale: Scale) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix('-')).unwrap_or(text);
    let unit_at = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (digits, unit) = digits.split_at(unit_at);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || digits.contains('.') && fraction.is_empty() {
        return None;
    }
    let unit = unit.trim().to_lowercase();
    let (multiply, divide) = match (scale, unit.as_str()) {
        (_, "") => (1, 1),
        (Scale::Plain, _) => return None,
        (Scale::Bytes, unit) => (SIZES.iter().find(|(name, _)| *name == unit)?.1, 1),
        (Scale::Span(stored), unit) => (SPANS.iter().find(|(name, _)| *name == unit)?.1, i128::from(stored)),
    };
    if whole.len() > 19 || fraction.len() > 9 {
        return None;
    }
    let places = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let mantissa: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let scaled = mantissa.checked_mul(multiply)?;
    let divide = divide.checked_mul(places)?;
    // 1.5 bytes do not exist; 1.5 ns are rounded, since they are typed as a limit
    if scaled % divide != 0 && (unit.is_empty() || scale == Scale::Bytes) {
        return None;
    }
    let value = scaled / divide;
    i64::try_from(if text.starts_with('-') { -value } else { value }).ok()
}

/// A number or an inclusive range `a-b`, either end of which may be negative; `None` when it is neither.
pub(crate) fn range(text: &str, scale: Scale) -> Option<(i64, i64)> {
    if let Some(one) = number(text, scale) {
        return Some((one, one));
    }
    let text = text.trim();
    let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
    let from = number(text.get(..dash)?, scale)?;
    let to = number(text.get(dash + 1..)?, scale)?;
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        assert_eq!(range("80", Scale::Plain), Some((80, 80)));
        assert_eq!(range("443-445", Scale::Plain), Some((443, 445)));
        assert_eq!(range("-10--5", Scale::Plain), Some((-10, -5)));
        assert_eq!(range("-1-5", Scale::Plain), Some((-1, 5)));
        assert_eq!(number("-9223372036854775808", Scale::Plain), Some(i64::MIN));
        for text in
            ["", "-", "abc", "1a", "1.5", "1.", "9223372036854775808", "80-", "10MB", "0x10", "1-2-3", "--1"]
        {
            assert_eq!(range(text, Scale::Plain), None, "{text}");
        }
    }

    #[test]
    fn sizes_and_spans() {
        assert_eq!(number("10MB", Scale::Bytes), Some(10_000_000));
        assert_eq!(number("10MiB", Scale::Bytes), Some(10 << 20));
        assert_eq!(number("1.5k", Scale::Bytes), Some(1_500));
        assert_eq!(number("0.0001k", Scale::Bytes), None);
        assert_eq!(range("1KB-2KB", Scale::Bytes), Some((1_000, 2_000)));
        let micro = Scale::Span(1_000);
        assert_eq!(number("500ms", micro), Some(500_000));
        assert_eq!(number("2s", micro), Some(2_000_000));
        assert_eq!(number("1.5s", micro), Some(1_500_000));
        assert_eq!(number("250µs", micro), Some(250));
        assert_eq!(number("7", micro), Some(7));
        assert_eq!(number("2s", Scale::Span(1_000_000)), Some(2_000));
        assert_eq!(number("99999999999d", micro), None);
    }
}
