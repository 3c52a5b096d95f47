//! Takes the captures that appear in a folder.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::walk::capture;
use crate::{Error, Ignored, Stop};

/// What a file looked like when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    len: u64,
    modified: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Perhaps still written; unchanged since.
    Changing(Seen, Instant),
    /// Given or ignored as it was then.
    Taken(Seen),
}

/// A watched folder (with the folders in it). A file is taken once it was left unchanged for a moment, and again when it changes later.
///
/// The folder is looked at once a second rather than by inotify: that works on network file systems too, where captures often arrive, and
/// a file that is renamed into place, copied slowly or written by a program that was killed are all the same case.
pub struct Watch {
    folder: PathBuf,
    patterns: Vec<String>,
    settle: Duration,
    files: BTreeMap<PathBuf, State>,
    ready: VecDeque<PathBuf>,
    ignored: Vec<Ignored>,
    last_look: Option<Instant>,
    stop: Stop,
}

impl Watch {
    /// How often the folder is looked at.
    const PERIOD: Duration = Duration::from_secs(1);

    /// Watches `folder` for files whose name matches one of `patterns` (`*` and `?`; no pattern: all names). `settle` is how long a file
    /// has to stay unchanged; two seconds are reasonable.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be read.
    pub fn new(
        folder: impl Into<PathBuf>,
        patterns: Vec<String>,
        settle: Duration,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let folder = folder.into();
        fs::read_dir(&folder).map_err(|source| Error::Io { path: folder.clone(), source })?;
        Ok(Self {
            folder,
            patterns,
            settle,
            files: BTreeMap::new(),
            ready: VecDeque::new(),
            ignored: Vec::new(),
            last_look: None,
            stop: stop.clone(),
        })
    }

    /// Waits at most `timeout` for the next capture, oldest name first. `None` when the time is over or the stop flag is set.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder itself cannot be read any more; calling again tries again.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<PathBuf>, Error> {
        let end = Instant::now() + timeout;
        loop {
            if self.stop.is_set() {
                return Ok(None);
            }
            if let Some(path) = self.ready.pop_front() {
                return Ok(Some(path));
            }
            let now = Instant::now();
            let due =
                self.last_look.is_none_or(|last| now.duration_since(last) >= Self::PERIOD.min(self.settle));
            if due {
                self.last_look = Some(now);
                self.look(now)?;
                continue;
            }
            if now >= end {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(50).min(end - now));
        }
    }

    /// Files that matched a pattern, were complete and are no capture, since the last call.
    pub fn take_ignored(&mut self) -> Vec<Ignored> {
        std::mem::take(&mut self.ignored)
    }

    fn look(&mut self, now: Instant) -> Result<(), Error> {
        let mut found = BTreeMap::new();
        list(&self.folder, &self.patterns, 0, &mut found)
            .map_err(|source| Error::Io { path: self.folder.clone(), source })?;
        // What is gone is forgotten, so that the memory is bounded by the folder.
        self.files.retain(|path, _| found.contains_key(path));
        for (path, seen) in found {
            let state = self.files.get(&path).copied();
            let next = match state {
                Some(State::Taken(taken)) if taken == seen => continue,
                Some(State::Changing(before, since)) if before == seen => {
                    if now.duration_since(since) < self.settle {
                        continue;
                    }
                    match capture(&path, &self.stop) {
                        Ok(_) => self.ready.push_back(path.clone()),
                        Err(why) => self.ignored.push(Ignored { path: path.clone(), why }),
                    }
                    State::Taken(seen)
                }
                _ => State::Changing(seen, now),
            };
            self.files.insert(path, next);
        }
        // Nobody may ever ask for these.
        let surplus = self.ignored.len().saturating_sub(10_000);
        self.ignored.drain(..surplus);
        Ok(())
    }
}

fn list(
    folder: &Path,
    patterns: &[String],
    depth: usize,
    out: &mut BTreeMap<PathBuf, Seen>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        // A file may vanish while we look.
        let Ok(entry) = entry else { continue };
        let Ok(meta) = entry.metadata() else { continue };
        let path = entry.path();
        if meta.is_dir() {
            if depth < 16 {
                let _ = list(&path, patterns, depth + 1, out);
            }
        } else if meta.is_file() && is_wanted(&entry.file_name().to_string_lossy(), patterns) {
            out.insert(path, Seen { len: meta.len(), modified: meta.modified().ok() });
        }
    }
    Ok(())
}

fn is_wanted(name: &str, patterns: &[String]) -> bool {
    patterns.is_empty() || patterns.iter().any(|p| matches_pattern(p, name))
}

/// Whether a name matches a pattern in which `*` stands for any text and `?` for one character.
#[must_use]
pub fn matches_pattern(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Where the last star was, and how much of the name it covered.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || name.get(n) == Some(c) => {
                p += 1;
                n += 1;
            }
            _ => match &mut star {
                None => return false,
                Some((at, covered)) => {
                    *covered += 1;
                    (p, n) = (*at + 1, *covered);
                }
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}
