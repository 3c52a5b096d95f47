//! Which implementations the program is made of.

use crate::Failure;
use crate::config::{Config, overrides};
use crate::home::Home;
use enrich::{Enricher, Files};
use std::path::Path;
use std::sync::Arc;

/// What is known of addresses: the databases of the folder, where one is given, and what the configuration says of networks.
pub fn enricher(folder: Option<&Path>, config: &Config) -> Result<Arc<Enricher>, Failure> {
    let files = match folder {
        Some(folder) => Files::in_folder(folder).map_err(|error| Failure::Failed(error.to_string()))?,
        None => Files::default(),
    };
    if let Some(folder) = folder.filter(|_| files.is_empty()) {
        eprintln!(
            "hindsight: {} holds no database of addresses; places and makers stay unknown",
            folder.display()
        );
    }
    let own = overrides(&config.network)?;
    Ok(Arc::new(Enricher::open(files, own).map_err(|error| Failure::Failed(error.to_string()))?))
}

/// The same with the databases named, else those of the configuration, else those of the home folder.
pub fn enricher_of(named: Option<&Path>, config: &Config, home: &Home) -> Result<Arc<Enricher>, Failure> {
    let own = home.geo();
    let folder = named.or(config.capture.geo.as_deref()).or(own.is_dir().then_some(&*own));
    enricher(folder, config)
}
