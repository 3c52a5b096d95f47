//! A copy of the index as it is at one moment, made while writers go on.

use crate::local::now_ms;
use crate::manifest::{self, Layout, Manifest};
use crate::{Store, error, log};
use index::Error;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Store {
    /// Makes a copy of the index in a folder that is not there yet. Under the lock of the index, which is held for moments, finished
    /// files get a second name beside the index (they never change) and the small rest is copied; afterwards everything goes to its
    /// place: by its second name on the same file system, else byte by byte. Sessions that were committed before it began are in
    /// it; those that come in meanwhile may be.
    ///
    /// # Errors
    /// The folder is there, or cannot be written.
    pub fn copy_to(&self, to: &Path) -> Result<Copied, Error> {
        if to.exists() {
            let exists = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "it is there already");
            return Err(error::io("make", to)(exists));
        }
        let shared = self.shared();
        let stage = shared.layout.root.join(format!(".copy-{}-{}", now_ms(), std::process::id()));
        let result = self.stage(&stage).and_then(|()| {
            if std::fs::rename(&stage, to).is_ok() {
                return Ok(());
            }
            copy_folder(&stage, to)
        });
        if stage.exists() {
            let _ = std::fs::remove_dir_all(&stage);
        }
        result?;
        let mut copied = Copied::default();
        count(to, &mut copied)?;
        Ok(copied)
    }

    fn stage(&self, stage: &Path) -> Result<(), Error> {
        let shared = self.shared();
        let from = &shared.layout;
        let into = Layout { root: stage.to_owned() };
        for dir in [into.writers(), into.partitions(), stage.join("changes")] {
            std::fs::create_dir_all(&dir).map_err(error::io("create", &dir))?;
        }
        let _exclusive = shared.exclusive()?;
        let view = shared.reload(true)?;
        let mut manifests: BTreeMap<(&str, &str), Manifest> = BTreeMap::new();
        for (place, file) in &view.files {
            let dir = into.partition(&place.0, &place.1);
            std::fs::create_dir_all(&dir).map_err(error::io("create", &dir))?;
            link(&from.partition(&place.0, &place.1).join(&file.name), &dir.join(&file.name))?;
            manifests.entry((&place.0, &place.1)).or_default().files.push(file.clone());
        }
        for ((slice, writer), manifest) in manifests {
            manifest::save(&into.manifest(slice, writer), &manifest)?;
        }
        for writer in manifest::list(&from.writers())? {
            let dir = into.writer(&writer);
            std::fs::create_dir_all(&dir).map_err(error::io("create", &dir))?;
            for number in manifest::logs(&from.writer(&writer))? {
                // one that is in files already is not in force
                if !view.flushed.contains(&manifest::log_name(&writer, number)) {
                    copy(&from.log(&writer, number), &into.log(&writer, number))?;
                }
            }
        }
        let changes = from.changes(view.state.changes);
        if changes.exists() {
            copy(&changes, &into.changes(view.state.changes))?;
        }
        for (path, to) in [(from.state(), into.state()), (from.format(), into.format())] {
            if path.exists() {
                copy(&path, &to)?;
            }
        }
        log::sync_dir(stage)
    }
}

/// A second name for a file that never changes; a copy where the file system has no such thing.
fn link(from: &Path, to: &Path) -> Result<(), Error> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    copy(from, to)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::copy(from, to).map_err(error::io("copy", from))?;
    let file = std::fs::File::open(to).map_err(error::io("open", to))?;
    file.sync_all().map_err(error::io("sync", to))
}

fn entries(folder: &Path) -> Result<Vec<(PathBuf, std::fs::Metadata)>, Error> {
    let list = std::fs::read_dir(folder).map_err(error::io("list", folder))?;
    let each = list.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.metadata()?))));
    each.collect::<Result<_, _>>().map_err(error::io("list", folder))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(error::io("create", to))?;
    for (path, meta) in entries(from)? {
        let Some(name) = path.file_name() else { continue };
        if meta.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            copy(&path, &to.join(name))?;
        }
    }
    log::sync_dir(to)
}

fn count(folder: &Path, copied: &mut Copied) -> Result<(), Error> {
    for (path, meta) in entries(folder)? {
        if meta.is_dir() {
            count(&path, copied)?;
        } else {
            copied.files += 1;
            copied.bytes += meta.len();
        }
    }
    Ok(())
}
