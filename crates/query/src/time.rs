//! Points in time as people type them.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ZonedDateTime};

/// Seconds beyond this (the year 5138) are taken for milliseconds.
const SECONDS_LIMIT: i64 = 100_000_000_000;

/// The text is not a point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: {why}")]
pub struct TimeError {
    text: String,
    why: &'static str,
}

const FORMS: &str = "write -1h, -2d@d, now, seconds since 1970, \"2026/11/22 21:00:00\" or an RFC 3339 time";

/// Reads a point in time; the result is milliseconds since 1970-01-01 UTC.
///
/// Forms: `now`; relative to now, `[+-][N]unit[@snap]` with the units `s m h d w mon q y` (also `sec`, `minutes` …),
/// the snap a unit or `w0` (Sunday) to `w6`, applied before the offset, for instance `-2d@d`; `@d` alone; seconds
/// since 1970 (milliseconds where the number is too large for that); `2026/11/22 21:00:00` and shorter, with `-` for
/// `/`, `T` for the space, a fraction, a zone offset, `Z` or a zone abbreviation; RFC 3339; RFC 2822. Without a zone
/// of its own the text is read in `zone`.
pub fn parse_time(text: &str, now_ms: i64, zone: &TimeZone) -> Result<i64, TimeError> {
    let fail = |why| TimeError { text: crate::parser::shortened(text), why };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(fail(FORMS));
    }
    if trimmed.eq_ignore_ascii_case("now") {
        return Ok(now_ms);
    }
    if let Some(seconds) = epoch(trimmed) {
        return seconds.ok_or_else(|| fail("the number is too large"));
    }
    if trimmed.starts_with(['+', '-', '@']) {
        return relative(trimmed, now_ms, zone).map_err(fail);
    }
    absolute(trimmed, zone).map_err(fail)
}

/// Seconds with an optional fraction; inner `None` when out of range.
fn epoch(text: &str) -> Option<Option<i64>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let Ok(whole) = whole.parse::<i64>() else { return Some(None) };
    if whole >= SECONDS_LIMIT {
        return Some(Some(whole));
    }
    let millis = format!("{fraction:0<3}").get(..3).and_then(|f| f.parse::<i64>().ok()).unwrap_or(0);
    Some(Some(whole * 1_000 + millis))
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week(Weekday),
    Month,
    Quarter,
    Year,
}

fn unit(word: &str) -> Option<Unit> {
    let weekday = |n: i8| Weekday::from_sunday_zero_offset(n).ok().map(Unit::Week);
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Unit::Second,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "h" | "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week(Weekday::Sunday),
        "mon" | "month" | "months" => Unit::Month,
        "q" | "qtr" | "qtrs" | "quarter" | "quarters" => Unit::Quarter,
        "y" | "yr" | "yrs" | "year" | "years" => Unit::Year,
        _ => {
            let digit = word.strip_prefix('w')?.parse::<i8>().ok()?;
            return weekday(digit).filter(|_| word.len() == 2);
        }
    })
}

const BAD_UNIT: &str = "the units are s, m, h, d, w, mon, q and y; after @ also w0 to w6";
const RANGE: &str = "it lies outside the years -9999 to 9999";

fn relative(text: &str, now_ms: i64, zone: &TimeZone) -> Result<i64, &'static str> {
    let now = Timestamp::from_millisecond(now_ms).map_err(|_| RANGE)?.to_zoned_datetime(zone.clone());
    let (offset, snap) = match text.split_once('@') {
        Some((offset, snap)) => (offset, Some(snap)),
        None => (text, None),
    };
    // Splunk allows one more offset after the snap: @d+3h
    let (snap, after) = match snap.and_then(|s| s.find(['+', '-']).map(|at| s.split_at(at))) {
        Some((snap, after)) => (Some(snap), after),
        None => (snap, ""),
    };
    let mut at = now;
    if let Some(word) = snap {
        at = snapped(at, unit(word).ok_or(BAD_UNIT)?).ok_or(RANGE)?;
    }
    for part in [offset, after] {
        if !part.is_empty() {
            at = moved(at, part)?;
        }
    }
    Ok(at.timestamp().as_millisecond())
}

fn moved(at: ZonedDateTime, part: &str) -> Result<ZonedDateTime, &'static str> {
    let negative = part.starts_with('-');
    let rest = part.strip_prefix(['+', '-']).ok_or(FORMS)?;
    let split = rest.find(|c: char| !c.is_ascii_digit()).ok_or(BAD_UNIT)?;
    let (number, word) = rest.split_at(split);
    let number = if number.is_empty() { 1 } else { number.parse::<i64>().map_err(|_| RANGE)? };
    let number = if negative { -number } else { number };
    let scaled = |by: i64| number.checked_mul(by).ok_or(RANGE);
    let word = word.trim();
    if word.len() == 2 && word.starts_with('w') && word != "wk" {
        return Err(BAD_UNIT);
    }
    let span = match unit(word).ok_or(BAD_UNIT)? {
        Unit::Second => Span::new().try_seconds(number),
        Unit::Minute => Span::new().try_minutes(number),
        Unit::Hour => Span::new().try_hours(number),
        Unit::Day => Span::new().try_days(number),
        Unit::Week(_) => Span::new().try_weeks(number),
        Unit::Month => Span::new().try_months(number),
        Unit::Quarter => Span::new().try_months(scaled(3)?),
        Unit::Year => Span::new().try_years(number),
    };
    span.and_then(|span| at.checked_add(span)).map_err(|_| RANGE)
}

/// The start of the unit that a moment lies in.
fn snapped(at: ZonedDateTime, unit: Unit) -> Option<ZonedDateTime> {
    let (date, time) = (at.date(), at.time());
    let clock = |hour: i8, minute: i8, second: i8| Time::new(hour, minute, second, 0).ok();
    let first = |month: i8| Date::new(date.year(), month, 1).ok();
    let (date, time) = match unit {
        Unit::Second => (date, clock(time.hour(), time.minute(), time.second())?),
        Unit::Minute => (date, clock(time.hour(), time.minute(), 0)?),
        Unit::Hour => (date, clock(time.hour(), 0, 0)?),
        Unit::Day => (date, Time::midnight()),
        Unit::Week(weekday) => {
            let back = i64::from(date.weekday().since(weekday));
            (date.checked_sub(Span::new().try_days(back).ok()?).ok()?, Time::midnight())
        }
        Unit::Month => (first(date.month())?, Time::midnight()),
        Unit::Quarter => (first((date.month() - 1) / 3 * 3 + 1)?, Time::midnight()),
        Unit::Year => (first(1)?, Time::midnight()),
    };
    let civil = DateTime::from_parts(date, time);
    // within an hour that clocks show twice, the one that we are in
    if matches!(unit, Unit::Second | Unit::Minute | Unit::Hour)
        && let Ok(same) = at.offset().to_timestamp(civil)
    {
        return Some(same.to_zoned_datetime(at.time_zone().clone()));
    }
    civil.to_zoned_datetime(at.time_zone().clone()).ok()
}

fn absolute(text: &str, zone: &TimeZone) -> Result<i64, &'static str> {
    if let Some((civil, rest)) = civil(text) {
        let at = match rest.trim() {
            "" => civil.to_zoned_datetime(zone.clone()).map_err(|_| RANGE)?.timestamp(),
            name => zone_named(name, civil, zone)
                .ok_or("its zone is not known: write an offset such as +08:00, or Z")?,
        };
        return Ok(at.as_millisecond());
    }
    if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
        return Ok(at.timestamp().as_millisecond());
    }
    Err(FORMS)
}

/// Date and time at the start, and what follows them (the zone).
fn civil(text: &str) -> Option<(DateTime, &str)> {
    let mut scan = Scan(text);
    let year = scan.number(4, 4)?;
    let separator = scan.sign(&['/', '-'])?;
    let month = scan.number(1, 2)?;
    scan.sign(&[separator])?;
    let day = scan.number(1, 2)?;
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let before = scan.0;
    let (mut hour, mut minute, mut second, mut nanos) = (0, 0, 0, 0);
    if scan.sign(&[' ', 'T', 't', '_']).is_some()
        && scan.0.trim_start().starts_with(|c: char| c.is_ascii_digit())
    {
        scan.0 = scan.0.trim_start();
        hour = scan.number(1, 2)?;
        if scan.sign(&[':']).is_some() {
            minute = scan.number(2, 2)?;
            if scan.sign(&[':']).is_some() {
                second = scan.number(2, 2)?;
                if scan.sign(&['.', ',']).is_some() {
                    nanos = scan.fraction()?;
                }
            }
        }
    } else {
        scan.0 = before;
    }
    // a leap second is the last moment of its minute, as in every clock that has none
    let second = second.min(59);
    let time = Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        i32::try_from(nanos).ok()?,
    )
    .ok()?;
    Some((DateTime::from_parts(date, time), scan.0))
}

/// Reads numbers and separators off the front of a text.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let len = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(len)?;
        if len < least {
            return None;
        }
        self.0 = rest;
        digits.parse().ok()
    }
    fn sign(&mut self, signs: &[char]) -> Option<char> {
        let c = self.0.chars().next().filter(|c| signs.contains(c))?;
        self.0 = self.0.get(c.len_utf8()..)?;
        Some(c)
    }
    /// Nanoseconds of a decimal fraction; digits beyond the ninth are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let len = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        if digits.is_empty() {
            return None;
        }
        format!("{digits:0<9}").get(..9)?.parse().ok()
    }
}

/// The moment in a zone given by offset or abbreviation.
fn zone_named(name: &str, civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let offset = |minutes: i32| {
        Offset::from_seconds(minutes * 60).ok().and_then(|offset| offset.to_timestamp(civil).ok())
    };
    if name.eq_ignore_ascii_case("z") {
        return offset(0);
    }
    if name.starts_with(['+', '-']) {
        let mut scan = Scan(name);
        let sign = if scan.sign(&['+', '-'])? == '-' { -1 } else { 1 };
        let hours = i32::try_from(scan.number(1, 2)?).ok()?;
        let _ = scan.sign(&[':']);
        let minutes = if scan.0.is_empty() { 0 } else { i32::try_from(scan.number(2, 2)?).ok()? };
        return if scan.0.is_empty() && hours <= 25 && minutes < 60 {
            offset(sign * (hours * 60 + minutes))
        } else {
            None
        };
    }
    // the reader's own zone first: CST is another place in Shanghai than in Chicago
    if let Ok(zoned) = civil.to_zoned_datetime(zone.clone())
        && zone.to_offset_info(zoned.timestamp()).abbreviation().eq_ignore_ascii_case(name)
    {
        return Some(zoned.timestamp());
    }
    const HOURS: &[(&str, i32)] = &[
        ("UTC", 0),
        ("GMT", 0),
        ("WET", 0),
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
        ("BST", 1),
        ("WEST", 1),
        ("CET", 1),
        ("CEST", 2),
        ("EET", 2),
        ("EEST", 3),
        ("MSK", 3),
        ("JST", 9),
        ("KST", 9),
    ];
    let (_, hours) = HOURS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    offset(hours * 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Wednesday 2014-02-26 10:27:57.123 in New York (EST).
    const NOW: i64 = 1_393_428_477_123;

    fn zone() -> TimeZone {
        TimeZone::get("America/New_York").unwrap()
    }
    fn read(text: &str) -> String {
        match parse_time(text, NOW, &zone()) {
            Ok(ms) => {
                let at = Timestamp::from_millisecond(ms).unwrap().to_zoned_datetime(zone());
                at.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn relative_times() {
        for (text, wanted) in [
            ("now", "2014-02-26 10:27:57.123"),
            ("-1h", "2014-02-26 09:27:57.123"),
            ("+1d", "2014-02-27 10:27:57.123"),
            ("-h", "2014-02-26 09:27:57.123"),
            ("-90sec", "2014-02-26 10:26:27.123"),
            ("-2d@d", "2014-02-24 00:00:00"),
            ("@d", "2014-02-26 00:00:00"),
            ("@h", "2014-02-26 10:00:00"),
            ("@m", "2014-02-26 10:27:00"),
            ("@s", "2014-02-26 10:27:57"),
            ("@w", "2014-02-23 00:00:00"),
            ("@w0", "2014-02-23 00:00:00"),
            ("-2w@w1", "2014-02-10 00:00:00"),
            ("@w3", "2014-02-26 00:00:00"),
            ("@w6", "2014-02-22 00:00:00"),
            ("@mon", "2014-02-01 00:00:00"),
            ("@q", "2014-01-01 00:00:00"),
            ("-1q@qtr", "2013-10-01 00:00:00"),
            ("-1y@y", "2013-01-01 00:00:00"),
            ("+2months", "2014-04-26 10:27:57.123"),
            ("@d+3h", "2014-02-26 03:00:00"),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    #[test]
    fn absolute_times() {
        for (text, wanted) in [
            ("1393428477", "2014-02-26 10:27:57"),
            ("1393428477.5", "2014-02-26 10:27:57.5"),
            ("1393428477123", "2014-02-26 10:27:57.123"),
            ("0", "1969-12-31 19:00:00"),
            ("2014/02/26 10:27:57", "2014-02-26 10:27:57"),
            ("2014/02/26 10:27", "2014-02-26 10:27:00"),
            ("2014/2/6", "2014-02-06 00:00:00"),
            ("2014-02-26 10:27:57", "2014-02-26 10:27:57"),
            ("2014/02/26 10:27:57 -0800", "2014-02-26 13:27:57"),
            ("2014/02/26 10:27:57 Z", "2014-02-26 05:27:57"),
            ("2014-02-26T10:27:57Z", "2014-02-26 05:27:57"),
            ("2014-02-26T10:27:57.25+08:00", "2014-02-25 21:27:57.25"),
            ("2014/02/26 10:27:57 EST", "2014-02-26 10:27:57"),
            ("2014/02/26 10:27:57 PST", "2014-02-26 13:27:57"),
            ("2014/07/26 10:27:57 EDT", "2014-07-26 10:27:57"),
            ("Wed, 26 Feb 2014 10:27:57 +0000", "2014-02-26 05:27:57"),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(parse_time("2014/02/26 08:00:00 CST", NOW, &shanghai), Ok(1_393_372_800_000));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "-1",
            "-1M",
            "-1x@d",
            "-1d@",
            "-w3",
            "yesterday",
            "2014/13/01",
            "2014/02/30",
            "2014/02-01",
            "2014/02/26 10:27:57 XYZ",
            "2014/02/26 25:00",
            "99999999999999999999",
            "-99999999999999y",
            "+1e9d",
            "2014/02/26 10:",
            "@-",
            "--1h",
            "12:30",
        ] {
            assert!(parse_time(text, NOW, &zone()).is_err(), "{text}");
        }
        assert!(read("-1x").contains("the units are"), "{}", read("-1x"));
    }

    #[test]
    fn a_day_is_a_day_also_when_clocks_change() {
        // 2014-03-09 02:00 does not exist in New York
        let after = parse_time("2014/03/09 12:00", 0, &zone()).unwrap();
        let day = parse_time("-1d", after, &zone()).unwrap();
        assert_eq!(after - day, 23 * 3_600_000);
        assert!(parse_time("2014/03/09 02:30", 0, &zone()).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,30}", now in any::<i64>()) {
            let _ = parse_time(&text, now, &zone());
        }
        #[test]
        fn never_panics_near_the_grammar(text in "[-+@]?[0-9]{0,20}(s|m|h|d|w|mon|q|y|w9|M)?(@[a-z0-9]{1,3})?[-+0-9a-z]{0,5}") {
            let _ = parse_time(&text, NOW, &zone());
        }
    }
}
