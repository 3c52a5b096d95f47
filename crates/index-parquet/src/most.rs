//! The most frequent values of a field, exactly, without a table of all values that there are.
//!
//! What each segment counts (`count`) is put together in the way that suits the values: integers of a narrow range in an
//! array, dictionaries by what must be frequent in one of them to be so in all, and what is nearly all different by numbers
//! of 64 bits that are shared out (`keys`).

mod ints;
mod texts;

use crate::column::{Codes, Data};
use crate::segment::Open;
use crate::terms::Asked;
use fields::{Aspect, Target};
use index::{Error, Order, Terms};

/// Most values that are asked for in one list.
const MOST_WANTED: usize = 1_000;

/// Values, as a level of values has them for keys, and how many documents have each.
pub(crate) type Counts = Vec<(Vec<u8>, u64)>;

/// What an answer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Means {
    pub threads: usize,
    /// Bytes, of all these threads together.
    pub memory: usize,
    /// Whether it may take all that there is, so that there is no later.
    pub all: bool,
}

/// The answer.
pub(crate) enum Most {
    /// At least as many values as are wanted, or all that there are, the most frequent among them; and the sum of all counts.
    Found(Counts, u64),
    /// It takes more threads and memory.
    Later,
    /// It must be counted in the usual way.
    Usual,
}

/// The most frequent values.
pub(crate) fn most(asked: &Asked<'_>, target: Target, terms: &Terms, means: Means) -> Result<Most, Error> {
    let ways = terms.order == Order::Most && terms.sums.is_empty() && (1..=MOST_WANTED).contains(&terms.size);
    // what is counted fits in 32 bits
    let rows: u64 = asked.segments.iter().map(|segment| u64::from(segment.rows)).sum();
    if !ways || rows >= u64::from(u32::MAX) {
        return Ok(Most::Usual);
    }
    let survey = survey(asked, target)?;
    if target.kind().is_int() {
        ints::most(asked, target, terms.size, &survey, means)
    } else {
        texts::most(asked, target, terms.size, &survey, means)
    }
}

/// What is known of a target before its values are read.
struct Survey {
    /// At most so many values, where they are not counted by segment first.
    entries: u64,
    /// The least and the largest integer; `None` where it is not known everywhere.
    bounds: Option<(i64, i64)>,
    /// Whether some strings have no dictionary.
    each: bool,
}

fn survey(asked: &Asked<'_>, target: Target) -> Result<Survey, Error> {
    let mut survey = Survey { entries: 0, bounds: None, each: false };
    let mut known = target.aspect != Aspect::Count;
    let mut join = |bounds: &mut Option<(i64, i64)>, more: Option<(i64, i64)>| match (more, *bounds) {
        (Some((low, high)), Some((least, most))) => *bounds = Some((low.min(least), high.max(most))),
        (Some(more), None) => *bounds = Some(more),
        (None, _) => known = false,
    };
    let Some(key) = asked.shared.registry.find(target).map(crate::column::Key::Field) else {
        return Ok(survey);
    };
    for segment in asked.segments {
        let Some(open) = Open::new(segment, &asked.shared.registry, &asked.shared.files)? else { continue };
        match open.file() {
            Some(_) if target.aspect == Aspect::Count => {}
            Some(file) if !crate::count::is_changed(&open, target) => {
                let entries = file.entries(key);
                if entries > 0 {
                    survey.entries += entries;
                    survey.each |= !file.has_dictionary(key);
                    join(&mut survey.bounds, file.bounds(key));
                }
            }
            _ => {
                if let Some(column) = open.target(target)? {
                    survey.entries += column.len() as u64;
                    survey.each |= matches!(column.data, Data::Texts(Codes::Each, _));
                    let ints = column.ints().iter().copied();
                    join(&mut survey.bounds, ints.clone().min().zip(ints.max()));
                }
            }
        }
    }
    if !known {
        survey.bounds = None;
    }
    Ok(survey)
}

/// Which keys a pass takes: there are several where all would be too much memory.
#[derive(Clone, Copy)]
struct Pass {
    number: u64,
    of: u64,
}

impl Pass {
    /// How many passes so many keys take; `None` for too many.
    fn count(entries: u64, memory: usize) -> Option<u64> {
        let passes = entries.saturating_mul(KEY_BYTES).div_ceil(memory as u64).next_power_of_two();
        (passes <= 1 << crate::keys::PASS_BITS).then_some(passes)
    }
    fn takes(self, key: u64) -> bool {
        key & (self.of - 1) == self.number
    }
}

/// Memory that a key takes at most: itself, room to grow, or a place among those that are repeated.
const KEY_BYTES: u64 = 16;

/// Whether keys are better counted by all threads, with all memory.
fn is_later(entries: u64, means: Means) -> bool {
    !means.all && entries.saturating_mul(KEY_BYTES) > means.memory as u64
}
