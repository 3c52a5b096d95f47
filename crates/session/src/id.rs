//! Session ids.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::fmt;
use std::str::FromStr;

/// Identity of a session document: the UTC day of its last packet and 128 bits derived from node, file and position,
/// so that the same packets make the same id. Written `yymmdd-<22 characters base64url>`, as Arkime's are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SessionId {
    /// Day of the last packet, UTC, as the number `yymmdd`.
    pub day: u32,
    /// The unique part.
    pub unique: [u8; 16],
}

/// The text is not a session id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a session id: expected yymmdd-<22 characters>, for instance 261122-AAAAAAAAAAAAAAAAAAAAAA"
)]
pub struct BadId(String);

impl SessionId {
    /// An id for a session that ended at `last_ms` (milliseconds since 1970).
    pub fn new(last_ms: i64, unique: [u8; 16]) -> Self {
        let (year, month, day) = civil(last_ms.div_euclid(86_400_000));
        Self { day: (year.rem_euclid(100) as u32) * 10_000 + month * 100 + day, unique }
    }

    /// The id under which a document of an Arkime is kept here: its own where that has our form. Arkime's are the day and two bytes
    /// and a UUID, of which the UUID stays; of any other text a hash. The same text always makes the same id, so that copying again
    /// doubles nothing and segments stay linked. Where the text says no day, it is that of `last_ms`, milliseconds since 1970.
    pub fn foreign(text: &str, last_ms: Option<i64>) -> Self {
        if let Ok(own) = text.parse() {
            return own;
        }
        let text = text.strip_prefix("3@").unwrap_or(text);
        let parts = text.split_once('-').filter(|(day, _)| day.len() == 6);
        let day = parts.and_then(|(day, _)| day.parse::<u32>().ok());
        let of_last = || last_ms.map_or(0, |last| Self::new(last, [0; 16]).day);
        let coded = parts.map_or(text, |(_, rest)| rest);
        let bytes = URL_SAFE_NO_PAD.decode(coded.trim_end_matches('=')).unwrap_or_default();
        let unique = match bytes.last_chunk::<16>() {
            Some(uuid) if bytes.len() == 18 => *uuid,
            // FNV-1a with 128 bits: ids are no secrets, and nothing depends on them but being different
            _ => text
                .bytes()
                .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
                    (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
                })
                .to_be_bytes(),
        };
        Self { day: day.unwrap_or_else(of_last), unique }
    }
}

/// Year, month, day of a day number since 1970-01-01 (proleptic Gregorian).
fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}-{}", self.day, URL_SAFE_NO_PAD.encode(self.unique))
    }
}
impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for SessionId {
    type Err = BadId;
    /// Reads an id with or without Arkime's `3@` in front.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId(text.to_owned());
        let (day, unique) = text.strip_prefix("3@").unwrap_or(text).split_once('-').ok_or_else(bad)?;
        let day = if day.len() == 6 { day.parse().map_err(|_| bad())? } else { return Err(bad()) };
        let unique = URL_SAFE_NO_PAD.decode(unique).ok().and_then(|b| b.try_into().ok()).ok_or_else(bad)?;
        Ok(Self { day, unique })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = SessionId::new(1_386_104_997_055, *b"0123456789abcdef");
        assert_eq!(id.day, 131_203);
        assert_eq!(id.to_string().parse::<SessionId>(), Ok(id));
        assert_eq!(format!("3@{id}").parse::<SessionId>(), Ok(id));
        assert!("nonsense".parse::<SessionId>().is_err());
        assert_eq!(SessionId::new(951_782_400_000, [0; 16]).day, 229); // 2000-02-29
    }

    #[test]
    fn ids_of_others_are_kept_where_that_is_possible() {
        let own = SessionId::new(1_386_104_997_055, *b"0123456789abcdef");
        assert_eq!(SessionId::foreign(&own.to_string(), None), own);
        let arkime = format!("131203-{}", URL_SAFE_NO_PAD.encode(b"\x12\x340123456789abcdef"));
        assert_eq!(SessionId::foreign(&arkime, None), own);
        assert_eq!(SessionId::foreign(&format!("3@{arkime}"), None), own);
        let made = SessionId::foreign("AXGen-erated_20chars", Some(1_386_104_997_055));
        assert_eq!(
            (made.day, made),
            (131_203, SessionId::foreign("AXGen-erated_20chars", Some(1_386_104_997_055)))
        );
        assert_ne!(made.unique, SessionId::foreign("AXGen-erated_20chart", None).unique);
        assert_eq!(SessionId::foreign("ü-", None).day, 0);
    }
}
