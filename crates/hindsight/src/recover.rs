//! What a crash leaves is put right: half deleted files, torn ends, and packets whose sessions never reached the index.
//!
//! The rule is by packets, so that it may be repeated and stopped at any point: a packet of an interrupted file belongs to a session of the
//! index (by its position) or it does not; those that do not are read again, in order, line by line, and made into sessions as a live capture
//! makes them. Sessions that were indexed stay as they are, and no packet is ever in two. Packets of sessions that were open at the crash can
//! lie in files that were finished before; so the finished files of the same line shortly before are looked at as well.

mod rebuild;

use crate::cli::Recover as Arguments;
use crate::config::Config;
use crate::home::Home;
use crate::stores::{Owner, Stores, packet_folders, remove_file};
use crate::{Failure, Outcome, ask};
use enrich::Enricher;
use index::{Catalog, FileRecord};
use packets::{State, repair, scan};
use source::Stop;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How long before an interrupted file its open sessions can have begun, or been saved for the last time: the longest time-out and the
/// time between two segments, and some more. Milliseconds.
const BEFORE: i64 = 1_800_000;
/// A file that is not listed and is younger than this may be one that another process is about to list.
const YOUNG: Duration = Duration::from_secs(60);
/// How long `hindsight recover` waits for a cluster; a capture waits as long as it runs.
const PATIENCE: Duration = Duration::from_secs(60);
/// Waiting for a cluster that takes this long is told.
const QUIET: Duration = Duration::from_secs(2);
/// The collection of finished files with sessions that the index did not take.
pub const UNINDEXED: &str = "recover";

/// What was found and what is to be done.
pub struct Recovery {
    node: String,
    /// Files to read again, in order, by line.
    lines: Vec<Vec<FileRecord>>,
    /// Interrupted files: they are finished when their sessions are in the index.
    interrupted: Vec<FileRecord>,
    /// Keys of [`UNINDEXED`].
    noted: Vec<String>,
    /// What was put right, in sentences.
    pub notes: Vec<String>,
    /// Held so that nobody else does the same.
    _lock: File,
}

/// What became of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub sessions: u64,
    pub packets: u64,
    /// Whether everything is done.
    pub complete: bool,
}

/// Looks for what was interrupted, repairs files and list, and says what is to be read again; `None` where another process is at it.
/// Quick: it reads the interrupted files once.
pub fn prepare(
    home: &Home,
    stores: &Stores,
    node: &str,
    config: &Config,
) -> Result<Option<Recovery>, Failure> {
    let lock = home.path().join("recover.lock");
    let lock = File::create(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    let catalog = &*stores.catalog;
    let mut notes = Vec::new();
    let mut interrupted = Vec::new();
    // also of files in which nothing was yet: open sessions of their line lie in the files before
    let mut seeds = Vec::new();
    let mut files = catalog.files()?;
    let folders = packet_folders(home, &config.packets);
    take_up_orphans(home, &folders, node, catalog, &mut files, &mut notes)?;
    files.retain(|file| file.node == node && file.locked == 0);
    for file in &files {
        let path = Path::new(&file.name);
        if file.deleting {
            remove_file(path).map_err(|error| format!("{}: {error}", file.name))?;
            catalog.remove_file(node, file.num)?;
            continue;
        }
        let over = file.owner.as_ref().is_none_or(|owner| !Owner::is_alive(home, owner));
        if file.finish_timestamp != 0 || !over {
            continue;
        }
        if file.pin.is_some() {
            // sessions point into the files of a pin only once these are finished
            remove_file(path).map_err(|error| format!("{}: {error}", file.name))?;
            catalog.remove_file(node, file.num)?;
            notes.push(format!("{}: a pin that was interrupted; pin again", file.name));
            continue;
        }
        seeds.push(file.clone());
        if let Some(file) = mend(catalog, file, &mut notes)? {
            interrupted.push(file);
        }
    }
    let noted: Vec<String> = catalog.list(UNINDEXED)?.into_iter().map(|entry| entry.key).collect();
    let noted: Vec<String> = noted.into_iter().filter(|key| key.starts_with(&format!("{node}/"))).collect();
    let asked: HashSet<u32> =
        noted.iter().filter_map(|key| key.rsplit('/').next()).filter_map(|num| num.parse().ok()).collect();
    let lines = lines_of(&files, &seeds, &interrupted, &asked);
    Ok(Some(Recovery { node: node.to_owned(), lines, interrupted, noted, notes, _lock: lock }))
}

/// Files to read again, by line.
fn lines_of(
    files: &[FileRecord],
    seeds: &[FileRecord],
    interrupted: &[FileRecord],
    asked: &HashSet<u32>,
) -> Vec<Vec<FileRecord>> {
    let mut lines: BTreeMap<String, Vec<FileRecord>> = BTreeMap::new();
    let key = |file: &FileRecord| file.line.clone().unwrap_or_else(|| format!("file {}", file.num));
    for file in interrupted.iter().chain(files.iter().filter(|file| asked.contains(&file.num))) {
        lines.entry(key(file)).or_default().push(file.clone());
    }
    for seed in seeds.iter().filter(|seed| seed.line.is_some()) {
        lines.entry(key(seed)).or_default();
    }
    for (line, chosen) in &mut lines {
        let of_line = seeds.iter().filter(|seed| seed.line.as_ref() == Some(line));
        let Some(first) = chosen.iter().chain(of_line).map(|file| file.first_timestamp).min() else {
            continue;
        };
        let near = |file: &&FileRecord| {
            file.finish_timestamp != 0
                && !file.deleting
                && file.pin.is_none()
                && file.line.as_ref() == Some(line)
                && file.last_timestamp >= first.saturating_sub(BEFORE)
                && file.first_timestamp <= first
        };
        chosen.extend(files.iter().filter(near).cloned());
        chosen.sort_by_key(|file| file.num);
        chosen.dedup_by_key(|file| file.num);
    }
    lines.into_values().filter(|files| !files.is_empty()).collect()
}

/// Cuts the torn end of an interrupted file and lists what is in it; `None` where nothing is.
fn mend(
    catalog: &dyn Catalog,
    file: &FileRecord,
    notes: &mut Vec<String>,
) -> Result<Option<FileRecord>, Failure> {
    let path = Path::new(&file.name);
    let found = match scan(path) {
        Ok(found) => found,
        Err(_) if !path.exists() => {
            catalog.remove_file(&file.node, file.num)?;
            notes.push(format!("{}: is gone; it is not listed any more", file.name));
            return Ok(None);
        }
        // the machine went down before the first byte was on the disk
        Err(_) if fs::metadata(path).is_ok_and(|meta| meta.len() < 64) => {
            remove_file(path).map_err(|error| format!("{}: {error}", file.name))?;
            catalog.remove_file(&file.node, file.num)?;
            return Ok(None);
        }
        Err(gone) => {
            notes.push(format!("{}: {gone}; it is left as it is", file.name));
            return Ok(None);
        }
    };
    if found.packets == 0 && !matches!(found.state, State::Damaged(_)) {
        remove_file(path).map_err(|error| format!("{}: {error}", file.name))?;
        catalog.remove_file(&file.node, file.num)?;
        return Ok(None);
    }
    let cut = repair(path, &found).map_err(|error| format!("{}: {error}", file.name))?;
    if cut > 0 {
        notes.push(format!("{}: {cut} bytes of an incomplete record cut off its end", file.name));
    }
    let ms = |ns: i64| ns.div_euclid(1_000_000);
    let (first, last) =
        found.times.map_or((file.first_timestamp, file.last_timestamp), |(a, b)| (ms(a), ms(b)));
    let damage = match found.state {
        State::Damaged(what) => {
            notes.push(format!("{}: {what}", file.name));
            Some(what)
        }
        State::Whole | State::Torn(_) => None,
    };
    let file = FileRecord {
        first: first.div_euclid(1_000),
        first_timestamp: first,
        last_timestamp: last,
        packets: found.packets,
        packets_size: found.packet_bytes,
        file_size: found.size.saturating_sub(cut),
        link_type: found.link.map(|link| u32::from(link.0)).or(file.link_type),
        compression: if found.compressed { "zstd" } else { "none" }.into(),
        encryption: found.key.map(|key| key.to_string()),
        damage,
        ..file.clone()
    };
    catalog.update_file(&file)?;
    Ok(Some(file))
}

/// Lists packet files of this node that lie in its folders and are not listed.
fn take_up_orphans(
    home: &Home,
    folders: &[PathBuf],
    node: &str,
    catalog: &dyn Catalog,
    files: &mut Vec<FileRecord>,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let known: HashSet<String> = files.iter().map(|file| file.name.clone()).collect();
    let busy = fs::read_dir(home.running()).map(|dir| {
        dir.flatten().any(|entry| entry.file_name().to_str().is_some_and(|name| Owner::is_alive(home, name)))
    });
    let busy = busy.unwrap_or(false);
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let Some(num) = name.to_str().and_then(|name| number_of(name, node)) else { continue };
            let young = |at: SystemTime| at.elapsed().is_ok_and(|age| age < YOUNG);
            let fresh = busy && entry.metadata().and_then(|meta| meta.modified()).is_ok_and(young);
            if known.contains(&path.display().to_string()) || fresh {
                continue;
            }
            let mut file = FileRecord {
                num,
                node: node.to_owned(),
                name: path.display().to_string(),
                start_timestamp: ask::now_ms(),
                ..FileRecord::default()
            };
            if catalog.file(node, num)?.is_some() {
                file.num = catalog.add_file(&file)?;
            }
            catalog.update_file(&file)?;
            notes.push(format!("{}: was not listed; taken up as file {}", file.name, file.num));
            files.push(file);
        }
    }
    Ok(())
}

/// The number in the name of a packet file of a node: `<node>-yymmdd-NNNNNNNN.pcap…`.
fn number_of(name: &str, node: &str) -> Option<u32> {
    let rest = name.strip_prefix(node)?.strip_prefix('-')?;
    let (day, rest) = rest.split_once('-')?;
    let (number, form) = rest.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let known = matches!(form, "pcap" | "pcap.zst" | "pcap.enc" | "pcap.zst.enc");
    let number = number.split('-').next()?;
    (day.len() == 6 && digits(day) && digits(number) && known).then(|| number.parse().ok())?
}

impl Recovery {
    /// Whether packets have to be read again.
    pub fn is_needed(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Numbers of the files that must stay until it is done.
    pub fn files(&self) -> HashSet<u32> {
        self.lines.iter().flatten().map(|file| file.num).collect()
    }

    /// Bytes that are looked at.
    pub fn bytes(&self) -> u64 {
        self.lines.iter().flatten().map(|file| file.file_size).sum()
    }

    /// Makes the sessions, and finishes the files. Where the index is a cluster, it waits first until that has all that was written before the
    /// crash, at most for `patience`: a session on its way would be made a second time. Stopped early, or with a part that the index did not
    /// take, it goes on where it was with the next start.
    pub fn rebuild(
        self,
        stores: &Stores,
        enricher: &Arc<Enricher>,
        config: &Config,
        stop: &Stop,
        patience: Duration,
        tell: &mut dyn FnMut(String),
    ) -> Result<Rebuilt, Failure> {
        let mut done = Rebuilt { complete: true, ..Rebuilt::default() };
        if !self.lines.is_empty() {
            if !settle(stores, stop, patience, tell)? {
                return Ok(Rebuilt::default());
            }
            done = rebuild::lines(&self.node, self.lines, stores, enricher, config, stop, tell)?;
        }
        if stop.is_set() || !done.complete {
            return Ok(Rebuilt { complete: false, ..done });
        }
        for file in &self.interrupted {
            let Some(now) = stores.catalog.file(&self.node, file.num)? else { continue };
            let finish_timestamp = file.last_timestamp.max(1);
            stores.catalog.update_file(&FileRecord { finish_timestamp, owner: None, ..now })?;
        }
        for key in &self.noted {
            stores.catalog.remove(UNINDEXED, key)?;
        }
        Ok(done)
    }
}

/// Waits until the index has all that was written before the crash; says why it waits.
fn settle(
    stores: &Stores,
    stop: &Stop,
    patience: Duration,
    tell: &mut dyn FnMut(String),
) -> Result<bool, Failure> {
    let begun = Instant::now();
    let mut said = false;
    Ok(stores.index.settle(&mut |problem| {
        if !said && begun.elapsed() > QUIET {
            said = true;
            let why = problem.map(|why| format!(" ({why})")).unwrap_or_default();
            tell(format!("waits until the cluster has what was written before{why}"));
        }
        !stop.is_set() && begun.elapsed() < patience
    })?)
}

/// `hindsight recover`
pub fn command(command: &Arguments, home: &Home, config: &Config, quiet: bool) -> Result<Outcome, Failure> {
    let stores = Stores::open_with(home, &config.packets)?;
    let node = crate::run::node(command.node.as_deref(), config);
    let enricher = crate::composition::enricher_of(None, config, home)?;
    let stop = Stop::new();
    crate::interrupt::on_signal(&stop)?;
    let Some(recovery) = prepare(home, &stores, &node, config)? else {
        return Err(Failure::Failed("another process is recovering this folder already; wait for it".into()));
    };
    for note in &recovery.notes {
        eprintln!("recover: {note}");
    }
    let needed = recovery.is_needed();
    let done = recovery.rebuild(&stores, &enricher, config, &stop, PATIENCE, &mut |text| {
        if !quiet {
            eprintln!("recover: {text}");
        }
    })?;
    if !quiet {
        if needed {
            let left = if done.complete { "" } else { "; not all: say it again to go on" };
            eprintln!("recovered {} sessions from {} packets{left}", done.sessions, done.packets);
        } else {
            eprintln!("nothing was interrupted");
        }
    }
    Ok(if done.complete { Outcome::Done } else { Outcome::Partly })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_names() {
        assert_eq!(number_of("edge-1-261123-00000042.pcap", "edge-1"), Some(42));
        assert_eq!(number_of("edge-261123-00000042.pcap.zst.enc", "edge"), Some(42));
        for name in [
            "other-261123-00000042.pcap",
            "edge-261123-42.txt",
            "edge-2611-42.pcap",
            "edge-261123-.pcap",
            "edge-1-261123-42.pcap",
        ] {
            assert_eq!(number_of(name, "edge"), None, "{name}");
        }
    }

    #[test]
    fn files_shortly_before_are_looked_at_too() {
        let file = |num, line: &str, first, last, finished| FileRecord {
            num,
            line: Some(line.into()),
            first_timestamp: first,
            last_timestamp: last,
            finish_timestamp: finished,
            ..FileRecord::default()
        };
        let hour = 3_600_000;
        let files = [
            file(1, "a", 0, hour, 1),
            file(2, "a", hour, 4 * hour, 1),
            file(3, "b", 4 * hour, 4 * hour, 1),
            file(4, "a", 4 * hour, 5 * hour, 0),
        ];
        let lines = lines_of(&files, &files[3..], &files[3..], &HashSet::new());
        let numbers: Vec<Vec<u32>> =
            lines.iter().map(|line| line.iter().map(|file| file.num).collect()).collect();
        assert_eq!(numbers, [[2, 4]]);
        // nothing had come into the interrupted file yet
        let lines = lines_of(&files[..3], &files[3..], &[], &HashSet::new());
        let numbers: Vec<Vec<u32>> =
            lines.iter().map(|line| line.iter().map(|file| file.num).collect()).collect();
        assert_eq!(numbers, [[2]]);
    }
}
