//! The most frequent integers.

use super::{Means, Most, Pass, Survey, is_later};
use crate::column::Dict;
use crate::community;
use crate::count::{self, Sink};
use crate::keys::{Counted, Keys, Scatter, seed};
use crate::parallel;
use crate::terms::Asked;
use fields::Target;
use index::Error;
use std::sync::Arc;

/// Numbers up to the largest that are counted in an array.
const MOST_RANGE: u64 = 1 << 22;

/// Where integers are counted.
enum Place {
    /// An array from the least up.
    Array {
        least: i64,
        counts: Vec<u32>,
        /// Whether there was one that the bounds do not allow.
        outside: bool,
    },
    Keys {
        scatter: Scatter,
        pass: Pass,
        keys: Keys,
    },
}

struct Ints {
    place: Place,
    total: u64,
}

impl Sink for Ints {
    fn ints(&mut self, ints: &[i64]) {
        self.total += ints.len() as u64;
        match &mut self.place {
            Place::Array { least, counts, outside } => {
                for int in ints {
                    match counts.get_mut(int.wrapping_sub(*least) as u64 as usize) {
                        Some(count) => *count += 1,
                        None => *outside = true,
                    }
                }
            }
            Place::Keys { scatter, pass, keys } => {
                for int in ints {
                    let key = scatter.key(*int);
                    if pass.takes(key) {
                        keys.add(key);
                    }
                }
            }
        }
    }
    fn int(&mut self, int: i64, more: u64) {
        self.total += more;
        match &mut self.place {
            Place::Array { least, counts, outside } => {
                match counts.get_mut(int.wrapping_sub(*least) as u64 as usize) {
                    Some(count) => *count += more as u32,
                    None => *outside = true,
                }
            }
            Place::Keys { scatter, pass, keys } => {
                let key = scatter.key(int);
                if pass.takes(key) {
                    keys.add_many(key, more);
                }
            }
        }
    }
    fn dict(&mut self, _: &Arc<Dict>, _: &[u32]) {}
    fn text(&mut self, _: &[u8]) {}
    fn community(&mut self, _: &[u8; community::LEN]) {}
}

/// The most frequent, the least of those that are equally so.
pub(super) struct Top {
    wanted: usize,
    rows: Vec<(std::cmp::Reverse<u64>, i64)>,
    /// The last that is wanted, where there are enough.
    last: Option<(std::cmp::Reverse<u64>, i64)>,
}

impl Top {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, rows: Vec::new(), last: None }
    }
    fn wants(&self, int: i64, count: u64) -> bool {
        self.last.is_none_or(|last| (std::cmp::Reverse(count), int) < last)
    }
    fn offer(&mut self, int: i64, count: u64) {
        if self.wants(int, count) {
            self.rows.push((std::cmp::Reverse(count), int));
            if self.rows.len() >= self.wanted * 2 + 256 {
                self.cut();
            }
        }
    }
    fn cut(&mut self) {
        if self.wanted > 0 && self.rows.len() > self.wanted {
            let (_, last, _) = self.rows.select_nth_unstable(self.wanted - 1);
            self.last = Some(*last);
            self.rows.truncate(self.wanted);
        }
    }
    fn counts(mut self) -> super::Counts {
        self.cut();
        self.rows.into_iter().map(|(count, int)| (int.to_le_bytes().to_vec(), count.0)).collect()
    }
}

/// What all threads counted.
fn gather(
    asked: &Asked<'_>,
    target: Target,
    means: Means,
    make: impl Fn() -> Place + Sync,
) -> Result<Vec<Ints>, Error> {
    parallel::each_on(
        means.threads,
        (asked.shared, asked.segments, asked.control),
        || Ints { place: make(), total: 0 },
        |number, open, out| {
            count::count(open, target, asked.rows(number, open)?, out)?;
            Ok(!matches!(out.place, Place::Array { outside: true, .. }))
        },
    )
}

pub(super) fn most(
    asked: &Asked<'_>,
    target: Target,
    wanted: usize,
    survey: &Survey,
    means: Means,
) -> Result<Most, Error> {
    let range = survey.bounds.and_then(|(least, most)| {
        let size = most.abs_diff(least).checked_add(1)?;
        (size <= MOST_RANGE.min(survey.entries.saturating_mul(4).max(1 << 16)))
            .then_some((least, size as usize))
    });
    if let Some((least, size)) = range
        && let Some(found) = in_array(asked, target, wanted, means, least, size)?
    {
        return Ok(found);
    }
    if is_later(survey.entries, means) {
        return Ok(Most::Later);
    }
    let Some(passes) = Pass::count(survey.entries, means.memory) else { return Ok(Most::Usual) };
    let scatter = Scatter::new(seed());
    let (mut top, mut total) = (Top::new(wanted), 0);
    for number in 0..passes {
        let pass = Pass { number, of: passes };
        let of_threads = gather(asked, target, means, || Place::Keys {
            scatter,
            pass,
            keys: Keys::new(survey.entries / passes),
        })?;
        total = of_threads.iter().map(|ints| ints.total).sum();
        let keys = of_threads.into_iter().filter_map(|ints| match ints.place {
            Place::Keys { keys, .. } => Some(keys),
            Place::Array { .. } => None,
        });
        let counted = Counted::new(asked.control, means.threads, keys.collect())?;
        counted.repeated().for_each(|(key, count)| top.offer(scatter.int(key), count));
        top.cut();
        if top.wants(i64::MIN, 1) {
            let singles = parallel::numbers(
                means.threads,
                asked.control,
                counted.parts(),
                || Top::new(wanted),
                |part, top| {
                    counted.ones(part, |key| {
                        let int = scatter.int(key);
                        if top.wants(int, 1) && counted.count(key) == 1 {
                            top.offer(int, 1);
                        }
                    });
                    Ok(true)
                },
            )?;
            for (count, int) in singles.into_iter().flat_map(|single| single.rows) {
                top.offer(int, count.0);
            }
        }
    }
    Ok(Most::Found(top.counts(), total))
}

/// Counts in an array; `None` where the bounds are not true.
fn in_array(
    asked: &Asked<'_>,
    target: Target,
    wanted: usize,
    means: Means,
    least: i64,
    size: usize,
) -> Result<Option<Most>, Error> {
    let place = || Place::Array { least, counts: vec![0; size], outside: false };
    let mut all = vec![0u32; 0];
    let mut total = 0;
    for ints in gather(asked, target, means, place)? {
        let Place::Array { counts, outside, .. } = ints.place else { return Ok(None) };
        if outside {
            return Ok(None);
        }
        total += ints.total;
        if all.is_empty() {
            all = counts;
        } else {
            all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
        }
    }
    let mut top = Top::new(wanted);
    for (at, count) in all.iter().enumerate().filter(|(_, count)| **count > 0) {
        top.offer(least.wrapping_add(at as i64), u64::from(*count));
    }
    Ok(Some(Most::Found(top.counts(), total)))
}
