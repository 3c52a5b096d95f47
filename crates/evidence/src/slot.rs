//! Five minutes of time, and the names of their files.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Seconds of a slot.
pub const SLOT_SECONDS: i64 = 300;

/// Files that one slot may have: one for each link type, as a pcap holds one.
pub(crate) const MAX_PARTS: u32 = 16;

/// Five minutes, from a multiple of 300 seconds since 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(i64);

impl Slot {
    /// The slot that a time lies in, seconds since 1970.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        Self(seconds.div_euclid(SLOT_SECONDS) * SLOT_SECONDS)
    }

    /// Its first second.
    #[must_use]
    pub fn start(self) -> i64 {
        self.0
    }

    /// The first second after it.
    #[must_use]
    pub fn end(self) -> i64 {
        self.0.saturating_add(SLOT_SECONDS)
    }

    /// The slot so many slots later, or earlier.
    #[must_use]
    pub(crate) fn shifted(self, slots: i64) -> Self {
        Self(self.0.saturating_add(slots.saturating_mul(SLOT_SECONDS)))
    }

    /// `YYYYMMDDhhmm`, local time. Two slots have one name where clocks are set back; they share their file then.
    #[must_use]
    pub fn name(self, zone: &TimeZone) -> String {
        let moment = Timestamp::from_second(self.0).unwrap_or(Timestamp::MIN);
        let local = zone.to_datetime(moment);
        format!(
            "{:04}{:02}{:02}{:02}{:02}",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute() - local.minute().rem_euclid(5)
        )
    }
}

/// Name of the files of a slot, without `.pcap`: the first is called as the slot, further ones have a number behind it.
pub(crate) fn part_name(slot: &str, part: u32) -> String {
    if part == 0 { slot.to_owned() } else { format!("{slot}-{}", part + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_local_and_change_every_five_minutes() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let seed = Slot::of(1_687_074_364);
        assert_eq!(
            (seed.name(&shanghai), seed.name(&TimeZone::UTC)),
            ("202306181545".into(), "202306180745".into())
        );
        assert_eq!(Slot::of(1_687_074_599).name(&shanghai), "202306181545");
        assert_eq!(Slot::of(1_687_074_600).name(&shanghai), "202306181550");
        assert_eq!((seed.end(), seed.shifted(1)), (1_687_074_600, Slot::of(1_687_074_600)));
        assert_eq!(Slot::of(-1).start(), -300);
    }

    #[test]
    fn clocks_set_back_use_a_name_twice() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2023-10-29, 02:30 twice
        let (first, second) = (Slot::of(1_698_539_400), Slot::of(1_698_543_000));
        assert_eq!(first.name(&zone), second.name(&zone));
        assert_ne!(first, second);
    }
}
