//! Files that are open. Opening one reads its footer, so the last used stay open, up to a number.

use crate::column::Dict;
use crate::file::Stored;
use crate::registry::Registry;
use index::Error;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files kept open.
const MOST: usize = 384;
/// Memory of the dictionaries that are kept, bytes.
const DICTIONARIES: usize = 96 << 20;

/// Dictionaries of files that were read lately: a page of documents needs them whole, however few rows it shows.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    clock: u64,
    bytes: usize,
    by_place: HashMap<(u64, usize), (u64, Arc<Dict>)>,
}

impl Dictionaries {
    /// The dictionary of a column of a file.
    pub(crate) fn get(&self, file: u64, column: usize) -> Option<Arc<Dict>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let (used, dict) = kept.by_place.get_mut(&(file, column))?;
        *used = now;
        Some(dict.clone())
    }
    /// Keeps a dictionary; the ones not used for longest go.
    pub(crate) fn keep(&self, file: u64, column: usize, dict: &Arc<Dict>) {
        let size = dict.memory();
        if size > DICTIONARIES / 8 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        kept.bytes += size;
        if let Some((_, old)) = kept.by_place.insert((file, column), (now, dict.clone())) {
            kept.bytes -= old.memory();
        }
        if kept.bytes > DICTIONARIES {
            // a quarter at once, so that this is not done for each
            let mut by_age: Vec<(u64, (u64, usize))> =
                kept.by_place.iter().map(|(place, (used, _))| (*used, *place)).collect();
            by_age.sort_unstable();
            for (_, place) in by_age {
                if kept.bytes <= DICTIONARIES / 4 * 3 {
                    break;
                }
                if let Some((_, old)) = kept.by_place.remove(&place) {
                    kept.bytes -= old.memory();
                }
            }
        }
    }
}

/// A clock of uses, and by path when a file was last used.
type Open = (u64, HashMap<PathBuf, (u64, Arc<Stored>)>);

/// The files that are open.
#[derive(Debug)]
pub(crate) struct Files {
    registry: Arc<Registry>,
    dictionaries: Arc<Dictionaries>,
    open: Mutex<Open>,
}

impl Files {
    pub(crate) fn new(registry: Arc<Registry>) -> Self {
        Self { registry, dictionaries: Arc::default(), open: Mutex::default() }
    }

    /// The file, or `None` where it is gone.
    pub(crate) fn open(&self, path: &Path) -> Result<Option<Arc<Stored>>, Error> {
        {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.0 += 1;
            let now = open.0;
            if let Some((used, file)) = open.1.get_mut(path) {
                *used = now;
                return Ok(Some(file.clone()));
            }
        }
        // a file that was merged since the question began has another name
        let file = match Stored::open(path, &self.registry, &self.dictionaries)? {
            Some(file) => Some(file),
            None => Stored::open(&crate::rewrite::retired(path), &self.registry, &self.dictionaries)?,
        };
        let Some(file) = file.map(Arc::new) else { return Ok(None) };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.1.len() >= MOST {
            let oldest = open.1.iter().min_by_key(|(_, (used, _))| *used).map(|(path, _)| path.clone());
            oldest.map(|path| open.1.remove(&path));
        }
        let now = open.0;
        open.1.insert(path.to_owned(), (now, file.clone()));
        Ok(Some(file))
    }

    /// Forgets a file that was removed.
    pub(crate) fn forget(&self, path: &Path) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).1.remove(path);
    }
}
