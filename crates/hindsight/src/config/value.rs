//! The values of the configuration file that are written as text: sizes, spans of time, filters, rules.

use crate::schema::SCHEMA;
use packets::bpf;
use query::{Env, Plan, TimeZone};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Reads a value through its text, and writes it so.
macro_rules! as_text {
    ($type:ty) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(D::Error::custom)
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
    };
}

/// A number of bytes: `500MB`, `12GB` (powers of 1000), `64MiB` (powers of 1024), or a plain number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Splits `12GB` into number and unit.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((number, unit.trim()))
}

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a size; write for instance \"100GB\", \"64MiB\" or \"2TB\"");
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let scale = match unit {
            "" => 1,
            unit => UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(bad)?.1,
        };
        let bytes = number * scale as f64;
        if bytes < 0.0 || bytes >= i64::MAX as f64 { Err(bad()) } else { Ok(Self(bytes.round() as u64)) }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().filter(|(_, scale)| self.0 > 0 && self.0.is_multiple_of(*scale));
        // the largest decimal or binary unit that divides it
        match unit.max_by_key(|(_, scale)| *scale) {
            Some((name, scale)) => write!(f, "{}{name}", self.0 / scale),
            None => write!(f, "{}B", self.0),
        }
    }
}

struct SizeVisitor;
impl Visitor<'_> for SizeVisitor {
    type Value = Size;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"100GB\"")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
        text.parse().map_err(E::custom)
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Size, E> {
        u64::try_from(number).map(Size).map_err(|_| E::custom("a size is not negative"))
    }
}
impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SizeVisitor)
    }
}
impl Serialize for Size {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// A span of time: `90s`, `15m`, `1h`, `30d`, `2w`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

const SPANS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("`{text}` is not a span of time; write for instance \"90s\", \"15m\", \"1h\" or \"30d\"")
        };
        let (number, unit) = number_and_unit(text).ok_or_else(bad)?;
        let (_, scale) = SPANS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        let seconds = number * *scale as f64;
        if !(0.0..=1e10).contains(&seconds) {
            return Err(bad());
        }
        Ok(Self(Duration::from_secs_f64(seconds)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() > 0 {
            return write!(f, "{}s", self.0.as_secs_f64());
        }
        let unit = SPANS.iter().find(|(_, scale)| seconds > 0 && seconds.is_multiple_of(*scale));
        match unit {
            Some((name, scale)) => write!(f, "{}{name}", seconds / scale),
            None => write!(f, "{seconds}s"),
        }
    }
}
as_text!(Span);

/// Room that stays free on the file system of packet files: a share (`5%`) or a size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Room {
    /// Percent of the file system.
    Percent(f64),
    /// Bytes.
    Bytes(Size),
}

impl FromStr for Room {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no amount of room; write for instance \"5%\" or \"100GB\"");
        match text.trim().strip_suffix('%') {
            Some(number) => match number.trim().parse::<f64>() {
                Ok(percent) if (0.0..=90.0).contains(&percent) => Ok(Self::Percent(percent)),
                Ok(_) => Err("free room is between 0% and 90%".to_owned()),
                Err(_) => Err(bad()),
            },
            None => text.parse().map(Self::Bytes).map_err(|_| bad()),
        }
    }
}
impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Bytes(size) => size.fmt(f),
        }
    }
}
as_text!(Room);

/// How long sessions stay in the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// As long as any of their packets.
    #[default]
    WithPackets,
    /// So long after their last packet, whatever becomes of the packets.
    For(Span),
}

impl FromStr for Sessions {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "with packets" {
            return Ok(Self::WithPackets);
        }
        let bad =
            |_| format!("`{text}` does not say how long; write \"with packets\" or an age such as \"365d\"");
        text.parse().map(Self::For).map_err(bad)
    }
}
impl fmt::Display for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithPackets => f.write_str("with packets"),
            Self::For(span) => span.fmt(f),
        }
    }
}
as_text!(Sessions);

/// What a keep rule keeps: `all`, `nothing`, `headers`, `first 20 packets`, `first 10KB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept(pub capture::Keep);

impl FromStr for Kept {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        use capture::Keep;
        let bad = || {
            format!(
                "`{text}` does not say what is kept; write \"all\", \"nothing\", \"headers\", \"first 20 packets\" or \"first 10KB\""
            )
        };
        Ok(Self(match text.trim() {
            "all" => Keep::All,
            "nothing" => Keep::Nothing,
            "headers" => Keep::Headers,
            text => {
                let rest = text.strip_prefix("first ").ok_or_else(bad)?.trim();
                match rest.strip_suffix("packets").or_else(|| rest.strip_suffix("packet")) {
                    Some(count) => Keep::FirstPackets(count.trim().parse().map_err(|_| bad())?),
                    // a number without a unit could mean either
                    None if rest.bytes().all(|b| b.is_ascii_digit()) => return Err(bad()),
                    None => Keep::FirstBytes(rest.parse::<Size>().map_err(|_| bad())?.0),
                }
            }
        }))
    }
}
impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use capture::Keep;
        match self.0 {
            Keep::All => f.write_str("all"),
            Keep::Nothing => f.write_str("nothing"),
            Keep::Headers => f.write_str("headers"),
            Keep::FirstPackets(count) => write!(f, "first {count} packets"),
            Keep::FirstBytes(bytes) => write!(f, "first {}", Size(bytes)),
        }
    }
}
as_text!(Kept);

/// A pcap filter, as for tcpdump.
#[derive(Clone, Debug)]
pub struct Filter(pub bpf::Filter);

impl FromStr for Filter {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: bpf::FilterError| error.to_string())
    }
}
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.text())
    }
}
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}
as_text!(Filter);

impl Filter {
    /// In the form that sources take.
    pub fn for_source(&self) -> source::Filter {
        let program = self.0.classic().ok().map(|program| {
            let one = |(code, jt, jf, k)| source::Instruction { code, jt, jf, k };
            program.into_iter().map(one).collect()
        });
        let filter = self.0.clone();
        source::Filter::new(self.0.text(), program, move |link, frame, len| filter.matches(link, frame, len))
    }
}

/// An expression of the search language.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    /// What it means.
    pub plan: Plan,
}

impl FromStr for Expression {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let zone = TimeZone::system();
        let env = Env::new(&SCHEMA, crate::ask::now_ms(), &zone);
        let plan = query::compile(text, &env).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), plan })
    }
}
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
as_text!(Expression);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for (text, bytes) in [("12GB", 12_000_000_000), ("64MiB", 64 << 20), ("0.5GB", 500_000_000), ("7", 7)]
        {
            let size: Size = text.parse().unwrap();
            assert_eq!(size.0, bytes, "{text}");
            assert_eq!(size.to_string().parse::<Size>().unwrap(), size);
        }
        for (text, seconds) in [("90s", 90), ("1.5h", 5_400), ("30d", 2_592_000), ("2w", 1_209_600)] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0.as_secs(), seconds, "{text}");
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
        for text in ["all", "nothing", "headers", "first 20 packets", "first 10KB"] {
            assert_eq!(text.parse::<Kept>().unwrap().to_string(), text);
        }
        assert_eq!("5%".parse::<Room>().unwrap(), Room::Percent(5.0));
        assert_eq!("with packets".parse::<Sessions>().unwrap(), Sessions::WithPackets);
        let wrong = ["", "GB", "-1GB", "1XB", "1e400", "first", "first 20", "nan%", "95%"];
        for text in wrong {
            assert!(text.parse::<Size>().is_err(), "{text}");
            assert!(text.parse::<Span>().is_err(), "{text}");
            assert!(text.parse::<Room>().is_err(), "{text}");
            assert!(text.parse::<Kept>().is_err(), "{text}");
        }
    }

    #[test]
    fn filters_and_expressions_say_what_is_wrong() {
        assert!(
            "tcp port 80".parse::<Filter>().unwrap().for_source().program(wire::LinkType::ETHERNET).is_some()
        );
        assert!("tcp prt 80".parse::<Filter>().is_err());
        let error = "port.src == abc".parse::<Expression>().unwrap_err();
        assert!(error.contains("column"), "{error}");
    }
}
