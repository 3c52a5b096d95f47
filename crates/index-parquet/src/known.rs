//! Which ids may be there already: a filter for each day, so that taking a document costs one look and not one for
//! each file.

use crate::column::Key;
use crate::segment::{Open, Segment};
use crate::shared::Shared;
use index::Error;
use session::SessionId;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Bits for each id: about one false alarm in ten thousand.
const BITS: usize = 24;
const PROBES: u32 = 8;
/// Days that are kept; others are read again when they come back.
const DAYS: usize = 64;

/// Ids that were seen, by day.
#[derive(Debug, Default)]
pub(crate) struct Known {
    days: HashMap<u32, Growing>,
    /// Files whose ids are in the filters.
    files: HashSet<Arc<str>>,
    generation: u64,
}

/// Filters of growing size: when the last is full a larger one follows.
#[derive(Debug, Default)]
struct Growing {
    filters: Vec<Filter>,
    used: u64,
}

#[derive(Debug)]
struct Filter {
    blocks: Vec<[u64; 8]>,
    room: usize,
}

impl Filter {
    fn new(ids: usize) -> Self {
        Self { blocks: vec![[0; 8]; (ids * BITS).div_ceil(512)], room: ids }
    }
    fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
        (0..PROBES).map(move |probe| {
            let bit =
                (hash >> (probe * 4)).wrapping_mul(0x9E37_79B9_7F4A_7C15u64.rotate_left(probe * 7)) >> 55;
            ((bit / 64) as usize, 1 << (bit % 64))
        })
    }
    fn place(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.blocks.len() as u128) >> 64) as usize
    }
    fn has(&self, hash: u64) -> bool {
        self.blocks.get(self.place(hash)).is_some_and(|block| {
            Self::bits(hash).all(|(word, mask)| block.get(word).is_some_and(|w| w & mask != 0))
        })
    }
    fn add(&mut self, hash: u64) {
        self.room = self.room.saturating_sub(1);
        let place = self.place(hash);
        if let Some(block) = self.blocks.get_mut(place) {
            for (word, mask) in Self::bits(hash) {
                if let Some(w) = block.get_mut(word) {
                    *w |= mask;
                }
            }
        }
    }
}

impl Growing {
    fn has(&self, hash: u64) -> bool {
        self.filters.iter().any(|f| f.has(hash))
    }
    fn add(&mut self, hash: u64) {
        if self.filters.last().is_none_or(|f| f.room == 0) {
            self.filters.push(Filter::new(16_384 << (self.filters.len() * 2).min(12)));
        }
        if let Some(filter) = self.filters.last_mut() {
            filter.add(hash);
        }
    }
}

impl Known {
    /// Of the ids, those that may be there already. All of them are known from now on.
    pub(crate) fn take(
        &mut self,
        ids: impl Iterator<Item = SessionId>,
        shared: &Shared,
        own: &str,
    ) -> Result<HashSet<SessionId>, Error> {
        self.follow(shared, own)?;
        let mut maybe = HashSet::new();
        for id in ids {
            if !self.days.contains_key(&id.day) {
                self.load(id.day, shared)?;
            }
            let hash = xxh3_64(&id.unique);
            if let Some(day) = self.days.get_mut(&id.day) {
                day.used = day.used.wrapping_add(1);
                if day.has(hash) {
                    maybe.insert(id);
                } else {
                    day.add(hash);
                }
            }
        }
        Ok(maybe)
    }

    /// Takes in the files of other writers that came since.
    fn follow(&mut self, shared: &Shared, own: &str) -> Result<(), Error> {
        let view = shared.reload(false)?;
        if view.state.generation == self.generation {
            return Ok(());
        }
        self.generation = view.state.generation;
        let segments = shared.file_segments(&view);
        for segment in &segments {
            if self.files.insert(segment.name.clone()) && !self.days.is_empty() {
                let ours = segment.name.split('/').nth(1) == Some(own);
                if !ours {
                    let days: Vec<u32> = self.days.keys().copied().collect();
                    self.add_segment(segment, shared, &days)?;
                }
            }
        }
        let there: HashSet<&str> = segments.iter().map(|s| &*s.name).collect();
        self.files.retain(|name| there.contains(&**name));
        Ok(())
    }

    fn load(&mut self, day: u32, shared: &Shared) -> Result<(), Error> {
        if self.days.len() >= DAYS {
            let least = self.days.iter().min_by_key(|(_, d)| d.used).map(|(day, _)| *day);
            least.map(|day| self.days.remove(&day));
        }
        self.days.insert(day, Growing::default());
        for segment in &shared.snapshot(false)?.segments {
            self.add_segment(segment, shared, &[day])?;
        }
        Ok(())
    }

    fn add_segment(&mut self, segment: &Segment, shared: &Shared, days: &[u32]) -> Result<(), Error> {
        let Some(open) = Open::new(segment, &shared.registry, &shared.files)? else { return Ok(()) };
        if let Some((low, high)) = open.file().and_then(|f| f.bounds(Key::Day))
            && !days.iter().any(|day| (low..=high).contains(&i64::from(*day)))
        {
            return Ok(());
        }
        let (Some(ids), Some(of_day)) = (open.column(Key::Id)?, open.column(Key::Day)?) else {
            return Ok(());
        };
        for (id, day) in ids.ids().iter().zip(of_day.ints()) {
            let Ok(day) = u32::try_from(*day) else { continue };
            if days.contains(&day)
                && let Some(growing) = self.days.get_mut(&day)
            {
                growing.add(xxh3_64(id));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_false_alarms_and_never_a_miss() {
        let mut growing = Growing::default();
        let hash = |n: u64| xxh3_64(&n.to_le_bytes());
        (0..100_000).for_each(|n| growing.add(hash(n)));
        assert!((0..100_000).all(|n| growing.has(hash(n))));
        let alarms = (100_000..300_000).filter(|n| growing.has(hash(*n))).count();
        assert!(alarms < 400, "{alarms}");
    }
}
