//! Keeps the figures of a node in the catalogue.

use super::{NOW, RESOLUTIONS, Resolution, Sample};
use index::{Catalog, Error};
use std::sync::Arc;

/// Milliseconds between two writes of the figures as they are now.
const NOW_EVERY: i64 = 2_000;
/// Milliseconds between two rounds of removing what is too old.
const EXPIRE_EVERY: i64 = 600_000;
/// A node that was not heard of for so long (milliseconds) is forgotten.
const FORGET_AFTER: i64 = 90 * 86_400_000;

/// Keeps the figures of a node in the catalogue. Its calls write, so they belong on a thread that may wait for a disk.
///
/// A sample that was stored before (by a process that ended, or before the clock was set back) is added to, not replaced.
pub struct Recorder {
    catalog: Arc<dyn Catalog>,
    last: Option<Sample>,
    /// The sample of which the figures of now were last written.
    told: Option<Sample>,
    open: Vec<Open>,
    expired: Option<i64>,
}

/// The step that goes on.
struct Open {
    resolution: &'static Resolution,
    sample: Sample,
    stored: i64,
}

impl Open {
    fn key(&self) -> String {
        key(self.sample.time, &self.sample.node)
    }
}

/// Key of a sample: sorted by time.
pub(super) fn key(ms: i64, node: &str) -> String {
    format!("{}:{node}", time_key(ms))
}

/// The part of a key that says the time.
pub(super) fn time_key(ms: i64) -> String {
    format!("{:012}", ms.max(0) / 1_000)
}

impl Recorder {
    /// Writes into this catalogue.
    #[must_use]
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, last: None, told: None, open: Vec::new(), expired: None }
    }

    /// Takes figures: counts since the capture began. On an error nothing is lost while the process lives: the next call tries again.
    pub fn take(&mut self, now: &Sample) -> Result<(), Error> {
        let fresh = match &self.last {
            Some(last) => now.since(last),
            None => now.since(&Sample { time: now.started, started: now.started, ..Sample::default() }),
        };
        let mut result = Ok(());
        for resolution in &RESOLUTIONS {
            result = result.and(self.count(resolution, now.time, &fresh));
        }
        self.last = Some(now.clone());
        if self.told.as_ref().is_none_or(|told| now.time.abs_diff(told.time) >= NOW_EVERY as u64) {
            result = result.and(self.tell(now));
        }
        if self.expired.is_none_or(|at| now.time.abs_diff(at) >= EXPIRE_EVERY as u64) {
            self.expired = Some(now.time);
            result = result.and(self.expire(now.time));
        }
        result
    }

    /// Writes what is not written yet; the capture has ended.
    pub fn finish(&mut self) -> Result<(), Error> {
        let mut result = Ok(());
        for open in &mut self.open {
            result = result.and(store(&*self.catalog, open));
        }
        let told = self.told.as_ref().map(|told| told.time);
        if let Some(last) = self.last.take().filter(|last| told != Some(last.time)) {
            result = result.and(self.tell(&last));
        }
        self.open.clear();
        result
    }

    fn count(&mut self, resolution: &'static Resolution, now: i64, fresh: &Sample) -> Result<(), Error> {
        let step = now.div_euclid(resolution.step_ms) * resolution.step_ms;
        let mut result = Ok(());
        let at = self.open.iter().position(|open| open.resolution == resolution);
        if let Some(at) = at
            && self.open.get(at).is_some_and(|open| open.sample.time != step)
        {
            let mut open = self.open.swap_remove(at);
            result = store(&*self.catalog, &mut open);
        }
        let open = match self.open.iter_mut().position(|open| open.resolution == resolution) {
            Some(at) => self.open.get_mut(at),
            None => {
                let known = self.catalog.get(resolution.collection, &key(step, &fresh.node))?;
                let known = known.and_then(|entry| serde_json::from_value::<Sample>(entry.value).ok());
                let sample = Sample { time: step, node: fresh.node.clone(), ..known.unwrap_or_default() };
                self.open.push(Open { resolution, sample, stored: now });
                self.open.last_mut()
            }
        };
        let Some(open) = open else { return result };
        open.sample.merge(fresh);
        if now.abs_diff(open.stored) >= resolution.stored_every_ms as u64 {
            open.stored = now;
            result = result.and(store(&*self.catalog, open));
        }
        result
    }

    /// Writes the figures as they are now, with what was counted since they were last written.
    fn tell(&mut self, now: &Sample) -> Result<(), Error> {
        let mut said = now.clone();
        if let Some(told) = &self.told {
            let fresh = now.since(told);
            said.recent = fresh.counts;
            said.recent_ms = fresh.span;
            for (line, fresh) in said.lines.iter_mut().zip(fresh.lines) {
                line.recent = fresh.counts;
            }
        }
        let value = serde_json::to_value(&said).unwrap_or_default();
        self.catalog.put(NOW, &now.node, &value, None)?;
        self.told = Some(now.clone());
        Ok(())
    }

    fn expire(&self, now: i64) -> Result<(), Error> {
        for resolution in &RESOLUTIONS {
            self.catalog.remove_before(resolution.collection, &time_key(now - resolution.kept_ms))?;
        }
        for node in super::now(&*self.catalog)? {
            if node.time < now - FORGET_AFTER {
                self.catalog.remove(NOW, &node.node)?;
            }
        }
        Ok(())
    }
}

fn store(catalog: &dyn Catalog, open: &mut Open) -> Result<(), Error> {
    let value = serde_json::to_value(&open.sample).unwrap_or_default();
    catalog.put(open.resolution.collection, &open.key(), &value, None).map(drop)
}
