//! How the index is, and making it smaller and faster on demand.

use crate::manifest::{self, Manifest};
use crate::shared::lock;
use crate::{Store, error, local, merging};
use index::{Administration, Condition, Error, Health, Optimized, Part};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// With less free room than this part of the disk, the index will not go on for long.
const LOW: u64 = 50;

/// Bytes of a log without documents.
const EMPTY: u64 = 8;

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

impl Administration for Store {
    fn health(&self) -> Result<Health, Error> {
        let shared = self.shared();
        let layout = &shared.layout;
        let view = shared.reload(false)?;
        let mut health = Health {
            store: "embedded".to_owned(),
            place: layout.root.display().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            change_bytes: size(&layout.changes(view.state.changes)),
            ..Health::default()
        };
        let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
        for (place, file) in &view.files {
            let part = parts.entry(&place.0).or_insert_with(|| Part {
                name: place.0.clone(),
                first: i64::MAX,
                last: i64::MIN,
                ..Part::default()
            });
            let name = manifest::file_name(&place.0, &place.1, &file.name);
            let change = view.changes.of(&name);
            let hidden = change.and_then(|c| c.hidden.as_ref()).map_or(0, |h| h.count());
            health.changed += u64::from(change.is_some());
            part.sessions += u64::from(file.rows).saturating_sub(hidden);
            part.deleted += hidden;
            part.bytes += file.bytes;
            part.pieces += 1;
            part.first = part.first.min(file.last.0);
            part.last = part.last.max(file.last.1);
            if size(&layout.partition(&place.0, &place.1).join(&file.name)) != file.bytes {
                health.condition = Condition::Bad;
                health.problems.push(format!("the file {name} is missing or not as long as it was written"));
            }
        }
        health.parts = parts.into_values().collect();
        for slice in manifest::list(&layout.partitions())? {
            for writer in manifest::list(&layout.partitions().join(&slice))? {
                let Some(manifest) = manifest::load::<Manifest>(&layout.manifest(&slice, &writer))? else {
                    continue;
                };
                let dir = layout.partition(&slice, &writer);
                let old =
                    manifest.garbage.iter().map(|old| size(&crate::rewrite::retired(&dir.join(&old.name))));
                health.garbage_bytes += old.sum::<u64>();
            }
        }
        let own: HashSet<String> = lock(&shared.locals).iter().map(|local| local.name.clone()).collect();
        for writer in manifest::list(&layout.writers())? {
            let logs = manifest::logs(&layout.writer(&writer))?;
            health.log_bytes += logs.iter().map(|number| size(&layout.log(&writer, *number))).sum::<u64>();
            let at_work = own.contains(&writer) || shared.try_writer_lock(&writer)?.is_none();
            if at_work {
                health.writers.push(writer);
            } else if logs.iter().any(|number| size(&layout.log(&writer, *number)) > EMPTY) {
                health.condition = health.condition.max(Condition::Warning);
                health.problems.push(format!(
                    "the writer {writer} ended before it made files of its log; its sessions are searched all the same, \
                     `hindsight db upgrade` or the next start of any writer puts them into files"
                ));
            }
        }
        let stats = self.stats()?;
        health.sessions = stats.rows;
        health.pending = stats.in_memory;
        health.bytes = stats.bytes + health.change_bytes + health.garbage_bytes;
        let disk =
            rustix::fs::statvfs(&layout.root).map_err(|e| error::io("look at", &layout.root)(e.into()))?;
        health.disk_free = disk.f_bavail.saturating_mul(disk.f_frsize);
        health.disk_size = disk.f_blocks.saturating_mul(disk.f_frsize);
        if health.disk_free < health.disk_size / LOW {
            health.condition = health.condition.max(Condition::Warning);
            health.problems.push("the disk of the index is nearly full; shorten the retention".to_owned());
        }
        Ok(health)
    }

    fn upgrade(&self) -> Result<Vec<String>, Error> {
        let shared = self.shared();
        let mut said = Vec::new();
        for writer in manifest::list(&shared.layout.writers())? {
            let dir = shared.layout.writer(&writer);
            let logs = manifest::logs(&dir)?;
            let left =
                logs.iter().filter(|number| size(&shared.layout.log(&writer, **number)) > EMPTY).count();
            if lock(&shared.locals).iter().any(|local| local.name == writer) {
                continue;
            }
            let Some(_lock) = shared.try_writer_lock(&writer)? else {
                said.push(format!("the writer {writer} is at work and was left alone"));
                continue;
            };
            local::recover(shared, &writer)?;
            if left > 0 {
                said.push(format!("made files of {left} logs that the writer {writer} left"));
            }
        }
        said.push("the layout of the index is that of this version".to_owned());
        Ok(said)
    }

    fn optimize(&self, see: &mut dyn FnMut(&str)) -> Result<Optimized, Error> {
        let shared = self.shared();
        let count = || -> Result<(u64, u64), Error> {
            let view = shared.reload(false)?;
            Ok((view.files.len() as u64, view.files.iter().map(|(_, file)| file.bytes).sum()))
        };
        let (pieces_before, bytes_before) = count()?;
        let mut writers: HashSet<String> = manifest::list(&shared.layout.writers())?.into_iter().collect();
        writers.extend(shared.reload(false)?.files.iter().map(|(place, _)| place.1.clone()));
        let mut writers: Vec<String> = writers.into_iter().collect();
        writers.sort_unstable();
        for writer in writers {
            let own = lock(&shared.locals).iter().any(|local| local.name == writer);
            // a merge of a writer that another process has open would race with its own
            let guard = if own { None } else { shared.try_writer_lock(&writer)? };
            if guard.is_none() {
                see(&format!("the writer {writer} is at work and merges by itself"));
                continue;
            }
            see(&format!("merging what {writer} wrote"));
            local::recover(shared, &writer)?;
            merging::merge_all(shared, &writer)?;
        }
        let (pieces_after, bytes_after) = count()?;
        Ok(Optimized { pieces_before, pieces_after, bytes_before, bytes_after })
    }
}
