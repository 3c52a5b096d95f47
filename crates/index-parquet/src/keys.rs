//! How often numbers of 64 bits occur, for so many that a table of all would be slower than memory.
//!
//! They are shared out by their upper bits into parts that fit the processor's cache. Most that are nearly all different
//! occur once: two bits for each place of a small filter find those that may occur again, and only these are counted in a
//! table. What is not listed as repeated occurs once, so that nothing is kept for it but the number itself.

use crate::parallel;
use index::{Control, Error};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Numbers of a part, about.
const OF_PART: u64 = 8_192;
/// Bits of the largest number of parts.
const MOST_BITS: u32 = 11;
/// Lowest bits that neither the parts nor the filters use: passes are told apart by them.
pub(crate) const PASS_BITS: u32 = 10;
/// Bits of the largest filter.
const MOST_FILTER: usize = 1 << 22;

/// Numbers that come in, of one thread.
pub(crate) struct Keys {
    shift: u32,
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    /// Each occurred once when it came.
    ones: Vec<u64>,
    /// With how often they occurred.
    more: Vec<(u64, u64)>,
}

/// The keys are random numbers already.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A table by keys.
pub(crate) type ByKey<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

impl Keys {
    /// Room for about so many. All threads of a question give the same number.
    pub(crate) fn new(entries: u64) -> Self {
        let bits = (entries / OF_PART).checked_ilog2().map_or(1, |bits| bits + 1).min(MOST_BITS);
        Self { shift: u64::BITS - bits, parts: (0..1 << bits).map(|_| Part::default()).collect() }
    }
    fn part(&mut self, key: u64) -> Option<&mut Part> {
        self.parts.get_mut((key >> self.shift) as usize)
    }
    /// Adds one.
    pub(crate) fn add(&mut self, key: u64) {
        if let Some(part) = self.part(key) {
            part.ones.push(key);
        }
    }
    /// Adds one that occurred several times.
    pub(crate) fn add_many(&mut self, key: u64, count: u64) {
        if let Some(part) = self.part(key) {
            match count {
                0 => {}
                1 => part.ones.push(key),
                _ => part.more.push((key, count)),
            }
        }
    }
}

/// What was counted.
pub(crate) struct Counted {
    shift: u32,
    keys: Vec<Keys>,
    /// Of each part the keys that occur more than once, ascending.
    repeated: Vec<Vec<(u64, u64)>>,
}

impl Counted {
    /// Counts what the threads brought.
    pub(crate) fn new(control: &Control, threads: usize, keys: Vec<Keys>) -> Result<Self, Error> {
        let parts = keys.iter().map(|keys| keys.parts.len()).max().unwrap_or(0);
        let shift = keys.first().map_or(u64::BITS - 1, |keys| keys.shift);
        let made = parallel::numbers(threads, control, parts, Vec::new, |number, made| {
            let of_part: Vec<&Part> = keys.iter().filter_map(|keys| keys.parts.get(number)).collect();
            made.push((number, repeated(&of_part)));
            Ok(true)
        })?;
        let mut repeated: Vec<Vec<(u64, u64)>> = Vec::new();
        repeated.resize_with(parts, Vec::new);
        for (number, of_part) in made.into_iter().flatten() {
            if let Some(place) = repeated.get_mut(number) {
                *place = of_part;
            }
        }
        Ok(Self { shift, keys, repeated })
    }
    /// How often a key occurs that occurs.
    pub(crate) fn count(&self, key: u64) -> u64 {
        let of_part = self.repeated.get((key >> self.shift) as usize).map_or(&[][..], Vec::as_slice);
        let found = of_part.binary_search_by_key(&key, |(key, _)| *key).ok();
        found.and_then(|at| of_part.get(at)).map_or(1, |(_, count)| *count)
    }
    /// The keys that occur more than once.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.repeated.iter().flatten().copied()
    }
    /// How many parts there are.
    pub(crate) fn parts(&self) -> usize {
        self.repeated.len()
    }
    /// Calls `see` with each key of a part that came once from somewhere, those that are repeated among them.
    pub(crate) fn ones(&self, part: usize, mut see: impl FnMut(u64)) {
        for part in self.keys.iter().filter_map(|keys| keys.parts.get(part)) {
            part.ones.iter().for_each(|key| see(*key));
        }
    }
    /// How often the one at a place (from 1) occurs, the most frequent first; 1 where there are fewer that are repeated.
    pub(crate) fn at_place(&self, place: usize) -> u64 {
        let (mut most, mut floor) = (Vec::new(), 0);
        let cut = |most: &mut Vec<u64>| {
            if most.len() > place && place > 0 {
                let (_, last, _) = most.select_nth_unstable_by(place - 1, |a, b| b.cmp(a));
                let last = *last;
                most.truncate(place);
                return last;
            }
            0
        };
        for (_, count) in self.repeated().filter(|(_, count)| *count >= 2) {
            if count > floor {
                most.push(count);
                if most.len() >= place * 2 + 1_024 {
                    floor = cut(&mut most);
                }
            }
        }
        most.sort_unstable_by(|a, b| b.cmp(a));
        place.checked_sub(1).and_then(|at| most.get(at)).copied().unwrap_or(floor.max(1))
    }
}

/// The keys of a part that occur more than once, ascending.
fn repeated(parts: &[&Part]) -> Vec<(u64, u64)> {
    let ones: usize = parts.iter().map(|part| part.ones.len()).sum();
    let more: usize = parts.iter().map(|part| part.more.len()).sum();
    let bits = (ones + more).saturating_mul(8).next_power_of_two().clamp(1 << 10, MOST_FILTER);
    let (mut once, mut again) = (vec![0u64; bits / 64], vec![0u64; bits / 64]);
    let place = |key: u64| {
        let slot = (key >> PASS_BITS) as usize & (bits - 1);
        (slot / 64, 1u64 << (slot % 64))
    };
    for (key, _) in parts.iter().flat_map(|part| &part.more) {
        let (at, bit) = place(*key);
        if let Some(word) = again.get_mut(at) {
            *word |= bit;
        }
    }
    for part in parts {
        for key in &part.ones {
            let (at, bit) = place(*key);
            if let (Some(once), Some(again)) = (once.get_mut(at), again.get_mut(at)) {
                *again |= *once & bit;
                *once |= bit;
            }
        }
    }
    let mut counts: ByKey<u64> = ByKey::with_capacity_and_hasher(more, Default::default());
    for (key, count) in parts.iter().flat_map(|part| &part.more) {
        *counts.entry(*key).or_default() += count;
    }
    for part in parts {
        for key in &part.ones {
            let (at, bit) = place(*key);
            if again.get(at).is_some_and(|word| word & bit != 0) {
                *counts.entry(*key).or_default() += 1;
            }
        }
    }
    let mut repeated: Vec<(u64, u64)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    repeated.sort_unstable();
    repeated
}

/// An integer as a key: every integer has one of its own, and a sender cannot choose integers that fall into one part.
#[derive(Clone, Copy)]
pub(crate) struct Scatter(u64);

const STEPS: [u64; 2] = [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB];

/// The number that undoes a multiplication by an odd one.
const fn inverse(odd: u64) -> u64 {
    // each step doubles the bits that are right; any odd number is its own inverse in three bits
    let (mut found, mut step) = (odd, 0);
    while step < 5 {
        found = found.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
}

const BACK: [u64; 2] = [inverse(STEPS[0]), inverse(STEPS[1])];

impl Scatter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn key(self, int: i64) -> u64 {
        let mut key = (int as u64 ^ self.0).wrapping_mul(STEPS[0]);
        key ^= key >> 32;
        key = key.wrapping_mul(STEPS[1]);
        key ^ key >> 32
    }
    pub(crate) fn int(self, key: u64) -> i64 {
        let mut int = (key ^ key >> 32).wrapping_mul(BACK[1]);
        int ^= int >> 32;
        (int.wrapping_mul(BACK[0]) ^ self.0) as i64
    }
}

/// A number that nobody outside can know.
pub(crate) fn seed() -> u64 {
    ahash::RandomState::new().hash_one(0u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn integers_come_back(int in any::<i64>(), seed in any::<u64>()) {
            let scatter = Scatter::new(seed);
            prop_assert_eq!(scatter.int(scatter.key(int)), int);
        }
        #[test]
        fn repeated_keys_are_counted(keys in prop::collection::vec((0u64..400, 1u64..4), 0..600), size in 0u64..100_000) {
            let scatter = Scatter::new(7);
            let mut known: std::collections::BTreeMap<u64, u64> = Default::default();
            let mut threads = [Keys::new(size), Keys::new(size)];
            for (at, (key, count)) in keys.iter().enumerate() {
                let key = scatter.key(*key as i64);
                threads[at % 2].add_many(key, *count);
                *known.entry(key).or_default() += count;
            }
            let parts = threads[0].parts.len();
            let mut all: Vec<(u64, u64)> = Vec::new();
            for number in 0..parts {
                all.extend(repeated(&threads.iter().map(|t| &t.parts[number]).collect::<Vec<_>>()));
            }
            let mut counts: Vec<u64> = known.values().copied().collect();
            known.retain(|_, count| *count > 1);
            prop_assert_eq!(&all, &known.into_iter().collect::<Vec<_>>());
            let shift = threads[0].shift;
            let counted = Counted { shift, keys: Vec::new(), repeated: vec![all] };
            counts.sort_unstable_by(|a, b| b.cmp(a));
            for place in [1, 2, 10, 100, 399] {
                prop_assert_eq!(counted.at_place(place), counts.get(place - 1).copied().unwrap_or(1));
            }
        }
    }
}
