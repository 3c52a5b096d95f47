//! Which partition a document belongs to.

use crate::options::Width;

/// Partitions that one flush writes to. Sessions spread wider (a capture whose clock jumps, or one made to do harm)
/// go to the partition of the newest of a group, which expires later, never too early.
pub(crate) const MOST: usize = 16;

/// Name of the partition of a last packet, milliseconds since 1970: `2026-11-23` or `2026-11-23T14`.
pub(crate) fn name(last_ms: i64, width: Width) -> String {
    let hours = last_ms.div_euclid(3_600_000);
    let (year, month, day) = civil(hours.div_euclid(24));
    match width {
        Width::Day => format!("{year:04}-{month:02}-{day:02}"),
        Width::Hour => format!("{year:04}-{month:02}-{day:02}T{:02}", hours.rem_euclid(24)),
    }
}

/// Year, month, day of a day number since 1970-01-01 (proleptic Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Divides rows by their last packets: for each row the number of its group, and the newest last packet of each.
pub(crate) fn groups(lasts: &[i64], width: Width) -> (Vec<u32>, Vec<i64>) {
    let slice = |last: i64| last.div_euclid(width.ms());
    let mut slices: Vec<i64> = lasts.iter().map(|l| slice(*l)).collect();
    slices.sort_unstable();
    slices.dedup();
    // the newest slices stay apart; all older ones share the group of the newest of them
    let apart = slices.len().saturating_sub(MOST);
    let number = |last: i64| {
        let at = slices.partition_point(|s| *s < slice(last));
        at.saturating_sub(apart) as u32
    };
    let numbers: Vec<u32> = lasts.iter().map(|l| number(*l)).collect();
    let mut newest = vec![i64::MIN; slices.len() - apart];
    for (number, last) in numbers.iter().zip(lasts) {
        if let Some(n) = newest.get_mut(*number as usize) {
            *n = (*n).max(*last);
        }
    }
    (numbers, newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dates() {
        assert_eq!(name(1_795_392_000_000, Width::Day), "2026-11-23");
        assert_eq!(name(1_795_392_000_000 + 3_600_000 * 14, Width::Hour), "2026-11-23T14");
        assert_eq!(name(-1, Width::Hour), "1969-12-31T23");
    }

    #[test]
    fn jumping_clocks_do_not_make_many_partitions() {
        let lasts: Vec<i64> = (0..1_000).map(|n| n * 86_400_000).collect();
        let (numbers, newest) = groups(&lasts, Width::Day);
        assert_eq!(newest.len(), MOST);
        assert_eq!((numbers[0], numbers[999]), (0, 15));
        assert_eq!(newest[0], lasts[984]);
        let (numbers, newest) = groups(&[5, 7, 6], Width::Day);
        assert_eq!((numbers, newest), (vec![0, 0, 0], vec![7]));
    }
}
