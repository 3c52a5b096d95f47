//! Small files made one, changes folded in, and what nobody reads any more removed.

use crate::error;
use crate::local::{self, new_file_name, now_ms};
use crate::manifest::{self, Garbage, Manifest};
use crate::rewrite;
use crate::segment::Segment;
use crate::shared::{Shared, View};
use index::Error;
use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

/// Small files of a partition from which they are merged while more are coming.
const MANY: usize = 8;
/// Time without a new file after which a partition counts as finished.
const QUIET_MS: i64 = 600_000;
/// Time that merged files are kept for questions that began before.
const GRACE_MS: i64 = 600_000;
/// Changes of tags of one file from which they are folded in.
const MANY_CHANGES: usize = 32;
/// Changes that mean nothing any more from which the log of changes is written anew.
const MANY_DEAD: usize = 64;
/// Bytes of files that are merged at once: bounds the memory it takes.
const MOST_BYTES: u64 = 256 << 20;

/// Merges the files of one partition of a writer, where that is worth it.
pub(crate) fn merge_some(shared: &Shared, writer: &str) -> Result<bool, Error> {
    remove_garbage(shared, writer)?;
    let view = shared.reload(false)?;
    let mut by_slice: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for ((place, _), segment) in view.files.iter().zip(shared.file_segments(&view)) {
        if place.1 == writer {
            by_slice.entry(place.0.clone()).or_default().push(segment);
        }
    }
    for (slice, segments) in by_slice {
        if let Some(chosen) = choose(shared, &view, segments)
            && merge(shared, writer, &slice, &chosen)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Merges every small file of a writer with its neighbours, however few they are.
pub(crate) fn merge_all(shared: &Shared, writer: &str) -> Result<(), Error> {
    let view = shared.reload(false)?;
    let mut by_slice: BTreeMap<String, Vec<Segment>> = BTreeMap::new();
    for ((place, _), segment) in view.files.iter().zip(shared.file_segments(&view)) {
        let small = segment.rows < shared.options.small_rows;
        let changed = segment.hidden.is_some() || !segment.tags.is_empty();
        if place.1 == writer && (small || changed) {
            by_slice.entry(place.0.clone()).or_default().push(segment);
        }
    }
    for (slice, segments) in by_slice {
        let most = u64::from(shared.options.flush_rows) * 2;
        let mut group: Vec<Segment> = Vec::new();
        for segment in segments {
            let rows: u64 = group.iter().map(|s| u64::from(s.rows)).sum();
            if !group.is_empty() && rows + u64::from(segment.rows) > most {
                merge_group(shared, writer, &slice, &std::mem::take(&mut group))?;
            }
            group.push(segment);
        }
        merge_group(shared, writer, &slice, &group)?;
    }
    Ok(())
}

fn merge_group(shared: &Shared, writer: &str, slice: &str, group: &[Segment]) -> Result<(), Error> {
    let changed = group.iter().any(|s| s.hidden.is_some() || !s.tags.is_empty());
    if group.len() > 1 || changed {
        merge(shared, writer, slice, group)?;
    }
    Ok(())
}

/// The milliseconds since 1970 at which a file was written: its name begins with them.
fn written_at(segment: &Segment) -> i64 {
    let file = segment.name.rsplit('/').next().unwrap_or("");
    file.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0)
}

fn choose(shared: &Shared, view: &View, segments: Vec<Segment>) -> Option<Vec<Segment>> {
    let bytes = |segment: &Segment| {
        view.files
            .iter()
            .find(|(place, f)| *segment.name == manifest::file_name(&place.0, &place.1, &f.name))
            .map_or(0, |(_, f)| f.bytes)
    };
    // a file of which much is gone, or whose tags changed often
    let worn = segments.iter().find(|segment| {
        let hidden = segment.hidden.as_ref().map_or(0, |h| h.count());
        hidden * 4 > u64::from(segment.rows) || segment.tags.len() >= MANY_CHANGES
    });
    if let Some(worn) = worn {
        return Some(vec![worn.clone()]);
    }
    let quiet = segments.iter().map(written_at).max().is_some_and(|at| at < now_ms() - QUIET_MS);
    let mut small: Vec<Segment> =
        segments.into_iter().filter(|s| s.rows < shared.options.small_rows).collect();
    let enough = small.len() >= MANY || (quiet && small.len() >= 2);
    if !enough {
        return None;
    }
    small.sort_by_key(|segment| segment.times.first.0);
    let (mut rows, mut size) = (0u64, 0u64);
    small.retain(|segment| {
        rows += u64::from(segment.rows);
        size += bytes(segment);
        rows <= u64::from(shared.options.flush_rows) * 2 && size <= MOST_BYTES
    });
    (small.len() >= 2).then_some(small)
}

/// Puts one file in the place of several.
pub(crate) fn merge(shared: &Shared, writer: &str, slice: &str, segments: &[Segment]) -> Result<bool, Error> {
    let Some(done) = rewrite::rewrite(shared, writer, segments, Some(slice), new_file_name)? else {
        return Ok(false);
    };
    let mut in_force = false;
    let result = (|| {
        let _exclusive = shared.exclusive()?;
        let _moving = shared.moving.write().unwrap_or_else(PoisonError::into_inner);
        let view = shared.reload(true)?;
        let path = shared.layout.manifest(slice, writer);
        let Some(mut manifest) = manifest::load::<Manifest>(&path)? else { return Ok(false) };
        let old: HashSet<&str> = segments.iter().filter_map(|s| s.name.rsplit('/').next()).collect();
        let before = manifest.files.len();
        manifest.files.retain(|f| !old.contains(f.name.as_str()));
        if before - manifest.files.len() != segments.len() {
            return Ok(false);
        }
        manifest.files.extend(done.files.iter().map(|f| f.entry.clone()));
        manifest.garbage.extend(old.iter().map(|name| Garbage { name: (*name).to_owned(), since: now_ms() }));
        shared.log_changes(view.state.changes, &done.carry(writer, &view))?;
        done.name_files(shared, writer)?;
        manifest::save(&path, &manifest)?;
        in_force = true;
        tidy_changes(shared, &view)?;
        shared.reload(true)?;
        // questions that began before find them under the other name; other programs do not take them for files
        let dir = shared.layout.partition(slice, writer);
        for name in old {
            let path = dir.join(name);
            std::fs::rename(&path, rewrite::retired(&path)).map_err(error::io("rename", &path))?;
        }
        Ok(true)
    })();
    if !in_force {
        local::discard(shared, writer, &done.files);
    }
    result
}

/// Says that something is new; writes the log of changes anew where much of it means nothing any more. The caller
/// holds the lock and has changed the manifests.
pub(crate) fn tidy_changes(shared: &Shared, before: &View) -> Result<(), Error> {
    // names of files and logs that are still there, as the disk has them now
    let dead = |alive: &dyn Fn(&str) -> bool| before.changes.names().filter(|n| !alive(n)).count();
    let exists = |name: &str| match name.strip_prefix("log/").and_then(|n| n.split_once('/')) {
        Some((writer, number)) => {
            number.parse().is_ok_and(|number| shared.layout.log(writer, number).exists())
        }
        None => {
            let mut parts = name.splitn(3, '/');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(slice), Some(writer), Some(file)) => {
                    manifest::load::<Manifest>(&shared.layout.manifest(slice, writer))
                        .ok()
                        .flatten()
                        .is_some_and(|m| m.files.iter().any(|f| f.name == file))
                }
                _ => false,
            }
        }
    };
    if before.changes.names().count() < MANY_DEAD || dead(&exists) < MANY_DEAD {
        return shared.advance(before, before.state.changes);
    }
    // the log on disk may hold more than the view: what was carried over a moment ago
    let mut now = crate::changes::Changes::default();
    crate::log::Tail::new(&shared.layout.changes(before.state.changes)).read(&mut |payload| {
        if let Some(change) = crate::changes::Change::decode(payload) {
            now.apply(&change);
        }
        true
    })?;
    let number = before.state.changes + 1;
    local::remove(&shared.layout.changes(number))?;
    shared.log_changes(number, &now.records(&exists))?;
    shared.advance(before, number)?;
    local::remove(&shared.layout.changes(before.state.changes))
}

fn remove_garbage(shared: &Shared, writer: &str) -> Result<(), Error> {
    let before = now_ms() - GRACE_MS;
    for slice in manifest::list(&shared.layout.partitions())? {
        let path = shared.layout.manifest(&slice, writer);
        let old = |m: &Manifest| m.garbage.iter().any(|g| g.since < before);
        if !manifest::load::<Manifest>(&path)?.is_some_and(|m| old(&m)) {
            continue;
        }
        let _exclusive = shared.exclusive()?;
        let Some(mut manifest) = manifest::load::<Manifest>(&path)? else { continue };
        let dir = shared.layout.partition(&slice, writer);
        for garbage in manifest.garbage.iter().filter(|g| g.since < before) {
            let path = dir.join(&garbage.name);
            shared.files.forget(&path);
            local::remove(&path)?;
            local::remove(&rewrite::retired(&path))?;
        }
        manifest.garbage.retain(|g| g.since >= before);
        manifest::save(&path, &manifest)?;
    }
    Ok(())
}
