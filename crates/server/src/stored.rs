//! Packet files that requests read: found through the catalogue, read with the system's keys, leased while work of many sessions
//! reads them.

use crate::api::export::each;
use crate::app::App;
use crate::error::ApiError;
use ::fields::Target;
use index::{Control, FileRecord, Lease, Show};
use packets::{Access, FileSource, Files, Gone, Keyring};
use query::Plan;
use session::core;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Finds packet files through the catalogue; looks each up once.
pub(crate) struct Located<'a> {
    app: &'a App,
    known: RefCell<HashMap<(String, u32), Result<FileSource, Gone>>>,
}

impl<'a> Located<'a> {
    /// Files as they are from now on: a lease on them is taken before.
    pub fn new(app: &'a App) -> Self {
        Self { app, known: RefCell::default() }
    }

    fn look_up(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        let file = self.app.state.catalog.file(node, number);
        let file = file.map_err(|e| Gone::Unreadable(e.to_string()))?;
        // one whose deletion has begun may be gone between two packets
        let file = file.filter(|file| !file.deleting).ok_or(Gone::Expired)?;
        let remote = file.remote.is_some() || file.name.contains("://");
        if !remote && !PathBuf::from(&file.name).exists() && node != self.app.config.node {
            return Err(Gone::Elsewhere(node.to_owned()));
        }
        source_of(&self.app.state.access, &file)
    }
}

impl Files for Located<'_> {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        self.source(node, number).map(|file| file.path)
    }

    fn source(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        let mut known = self.known.borrow_mut();
        let entry = known.entry((node.to_owned(), number));
        entry.or_insert_with(|| self.look_up(node, number)).clone()
    }

    fn keys(&self) -> &Keyring {
        &self.app.state.access.keys
    }
}

/// How the packet file of a record is read.
///
/// # Errors
/// It is in a form that is not known, needs a key that is not there, or lies in object storage that cannot be reached.
pub fn source_of(access: &Access, file: &FileRecord) -> Result<FileSource, Gone> {
    // the local copy may have gone a moment ago
    let name = match &file.remote {
        Some(url) if !file.name.contains("://") && !Path::new(&file.name).exists() => url,
        _ => &file.name,
    };
    access.open(&packets::arkime::Facts {
        name,
        compression: &file.compression,
        uncompressed_bits: file.uncompressed_bits,
        encoding: file.encoding.as_deref(),
        dek: file.dek.as_deref(),
        iv: file.iv.as_deref(),
        kek_id: file.kek_id.as_deref(),
        first: file.first,
    })
}

/// A lease on every file that the first `most` sessions of a plan lie in. `None` where the catalogue cannot be written, which
/// is no reason not to read: `work` is named in the log then.
pub(crate) fn lease(
    app: &App,
    plan: &Plan,
    most: u64,
    work: &str,
    control: &Control,
) -> Result<Option<Lease>, ApiError> {
    let show = Show::WithPositions(vec![Target::of(&core::NODE.def)]);
    let mut files = BTreeSet::new();
    each(app, plan, (&show, &[], most), control, &mut |doc| {
        let node = doc.text(&core::NODE).unwrap_or_default();
        files.extend(doc.positions.files().into_iter().map(|file| (node.to_owned(), file)));
        Ok(())
    })?;
    match Lease::take(&app.state.catalog, files) {
        Ok(lease) => Ok(Some(lease)),
        Err(error) => {
            tracing::warn!(%error, "packet files may expire while {work} reads them");
            Ok(None)
        }
    }
}
