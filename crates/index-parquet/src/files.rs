//! Files that are open. Opening one reads its footer, so the last used stay open, up to a number.

use crate::file::Stored;
use crate::registry::Registry;
use index::Error;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files kept open.
const MOST: usize = 384;

/// The files that are open.
#[derive(Debug)]
pub(crate) struct Files {
    registry: Arc<Registry>,
    open: Mutex<(u64, HashMap<PathBuf, (u64, Arc<Stored>)>)>,
}

impl Files {
    pub(crate) fn new(registry: Arc<Registry>) -> Self {
        Self { registry, open: Mutex::default() }
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
        let file = match Stored::open(path, &self.registry)? {
            Some(file) => Some(file),
            None => Stored::open(&crate::rewrite::retired(path), &self.registry)?,
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
