//! Which implementations the program is made of.

use crate::Failure;
use crate::home::Home;
use enrich::{Enricher, Files, Overrides};
use std::path::Path;
use std::sync::Arc;

/// Databases of addresses of a folder.
pub fn enricher(folder: &Path) -> Result<Enricher, Failure> {
    let files = Files::in_folder(folder).map_err(|error| Failure::Failed(error.to_string()))?;
    if files.is_empty() {
        eprintln!(
            "hindsight: {} holds no database of addresses; places and makers stay unknown",
            folder.display()
        );
    }
    Enricher::open(files, Overrides::default()).map_err(|error| Failure::Failed(error.to_string()))
}

/// The databases named, else those of the home folder, else none.
pub fn enricher_of(named: Option<&Path>, home: &Home) -> Result<Arc<Enricher>, Failure> {
    let own = home.geo();
    Ok(Arc::new(match named {
        Some(folder) => enricher(folder)?,
        None if own.is_dir() => enricher(&own)?,
        None => Enricher::none(),
    }))
}
