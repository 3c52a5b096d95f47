//! What is in a cluster, to and from a backup.

use super::{Manifest, at, place_packets, staged};
use crate::home::Home;
use crate::migrate::{Into, state};
use crate::schema::SCHEMA;
use crate::stores::Stores;
use crate::{Failure, Outcome};
use catalog_sqlite::Sqlite;
use index::{Catalog as _, Control};
use index_parquet::{Options, Store};
use indicatif::HumanCount;
use query::Plan;
use std::path::Path;

/// Sessions and small state of a cluster as they lie in a data folder.
pub fn copy_out(stores: &Stores, stage: &Path) -> Result<(), Failure> {
    let index = Store::open(stage.join("index"), Options::new(SCHEMA.clone()))?;
    Into::new(Box::new(index.writer("backup")?)).take_all(&*stores.index)?;
    index.maintain()?;
    let catalog = Sqlite::open(stage.join("catalog.db"))?;
    state(&*stores.catalog, &catalog)?;
    for file in stores.catalog.files()? {
        catalog.update_file(&file)?;
    }
    Ok(())
}

/// Puts a backup into a cluster that holds nothing under its prefix: what is there cannot be moved aside.
pub fn put_back(home: &Home, from: &Path, manifest: &Manifest, quiet: bool) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    let all = || stores.index.count(&Plan::All, &Control::new());
    let there = all()?;
    if there > 0 {
        return Err(Failure::Failed(format!(
            "the cluster holds {} sessions already, which a restore would mix with those of the backup; set another [index] prefix, or delete them first (hindsight db expire)",
            HumanCount(there)
        )));
    }
    let stage = staged(home, from, manifest)?;
    let catalog = Sqlite::open(stage.join("catalog.db"))?;
    // packets first: a session never names a file that is not there
    for file in catalog.files()? {
        stores.catalog.update_file(&file)?;
    }
    place_packets(home, &stage, &*stores.catalog)?;
    state(&catalog, &*stores.catalog)?;
    let key = home.viewer_key();
    let kept = stage.join("viewer.key");
    if !key.exists() && kept.exists() {
        std::fs::copy(&kept, &key).map_err(at(&key))?;
    }
    let index = Store::open(stage.join("index"), Options::new(SCHEMA.clone()))?;
    Into::new(stores.index.writer("restore")?).take_all(&*index)?;
    drop(index);
    let _ = std::fs::remove_dir_all(&stage);
    stores.index.maintain()?;
    if let Some(text) = stores.waiting() {
        eprintln!("hindsight: {text}");
        return Ok(Outcome::Partly);
    }
    let sessions = all()?;
    if sessions != manifest.sessions {
        return Err(Failure::Failed(format!(
            "{sessions} sessions are there and the backup has {}; see the health of the cluster (hindsight db info)",
            manifest.sessions
        )));
    }
    if !quiet {
        eprintln!("{} sessions put back", HumanCount(sessions));
    }
    Ok(Outcome::Done)
}
