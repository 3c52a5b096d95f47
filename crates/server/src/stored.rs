//! Packet files that requests read: found through the catalogue, read with the system's keys, leased while work of many sessions
//! reads them.

use crate::api::export::each;
use crate::app::App;
use crate::error::ApiError;
use ::fields::Target;
use index::{Control, Lease, Show};
use packets::{Files, Gone, Keyring};
use query::Plan;
use session::core;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// Finds packet files through the catalogue; looks each up once.
pub(crate) struct Located<'a> {
    app: &'a App,
    known: RefCell<HashMap<(String, u32), Result<PathBuf, Gone>>>,
}

impl<'a> Located<'a> {
    /// Files as they are from now on: a lease on them is taken before.
    pub fn new(app: &'a App) -> Self {
        Self { app, known: RefCell::default() }
    }

    fn look_up(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        let file = self.app.state.catalog.file(node, number);
        let file = file.map_err(|e| Gone::Unreadable(e.to_string()))?;
        // one whose deletion has begun may be gone between two packets
        let file = file.filter(|file| !file.deleting).ok_or(Gone::Expired)?;
        let path = PathBuf::from(&file.name);
        if !path.exists() && node != self.app.config.node {
            return Err(Gone::Elsewhere(node.to_owned()));
        }
        Ok(path)
    }
}

impl Files for Located<'_> {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        let mut known = self.known.borrow_mut();
        let entry = known.entry((node.to_owned(), number));
        entry.or_insert_with(|| self.look_up(node, number)).clone()
    }

    fn keys(&self) -> &Keyring {
        &self.app.state.keys
    }
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
