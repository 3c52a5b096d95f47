//! Names of indices.

use crate::options::{Options, Rotate};
use session::SessionId;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

impl Options {
    /// The pattern of every index of sessions.
    pub(crate) fn sessions(&self) -> String {
        format!("{}sessions3-*", self.prefix)
    }

    /// The index of a session. Days and longer follow from the id alone, so that a document that is written again goes to the same index.
    pub(crate) fn index_of(&self, id: SessionId, last_ms: Option<i64>) -> String {
        let (year, month, day) = (id.day / 10_000, id.day / 100 % 100, id.day % 100);
        let suffix = match self.rotate {
            Rotate::Daily => format!("{:06}", id.day),
            Rotate::Monthly => format!("{year:02}m{month:02}"),
            Rotate::Weekly => format!("{year:02}w{:02}", day_of_year(year, month, day) / 7),
            Rotate::Hours(hours) => {
                let hour = last_ms.unwrap_or(0).rem_euclid(DAY) / 3_600_000;
                let hour = hour - hour.rem_euclid(i64::from(hours.max(1)));
                format!("{:06}h{hour:02}", id.day)
            }
        };
        format!("{}sessions3-{suffix}", self.prefix)
    }
}

/// From 0. `year` has two digits; years are of this century, as packets are.
fn day_of_year(year: u32, month: u32, day: u32) -> u32 {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let months = before.get(month.saturating_sub(1) as usize).copied().unwrap_or(0);
    months + u32::from(year.is_multiple_of(4) && month > 2) + day.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn suffixes_are_arkimes() {
        let schema = Arc::new(fields::Schema::new([session::core::FIELDS]).unwrap());
        let mut options = Options::new("http://x:9200", schema, "/x".into()).unwrap();
        // 2026-11-23 17:00:00 UTC
        let last = 1_795_453_200_000;
        let id = SessionId::new(last, [0; 16]);
        for (rotate, expected) in [
            (Rotate::Daily, "261123"),
            (Rotate::Monthly, "26m11"),
            (Rotate::Weekly, "26w46"),
            (Rotate::Hours(1), "261123h17"),
            (Rotate::Hours(6), "261123h12"),
        ] {
            options.rotate = rotate;
            assert_eq!(options.index_of(id, Some(last)), format!("hindsight_sessions3-{expected}"));
        }
    }
}
