//! Packet files that requests read: found through the catalogue, read with the system's keys, leased while work of many sessions
//! reads them.

use crate::api::export::each;
use crate::app::App;
use crate::error::ApiError;
use crate::fleet::Where;
use ::fields::Target;
use axum::http::HeaderValue;
use axum::response::Response;
use index::{Aggregate, Control, FileRecord, Lease, Order, Outcome, Show, Terms};
use packets::{Access, FileSource, Files, Gone, Keyring};
use query::Plan;
use session::core;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Finds packet files through the catalogue; looks each up once.
pub(crate) struct Located<'a> {
    app: &'a App,
    /// For whom they are read: other nodes look at the user's rights again.
    user: String,
    known: RefCell<HashMap<(String, u32), Result<FileSource, Gone>>>,
}

impl<'a> Located<'a> {
    /// Files as they are from now on: a lease on them is taken before.
    pub fn new(app: &'a App, user: &str) -> Self {
        Self { app, user: user.to_owned(), known: RefCell::default() }
    }

    fn look_up(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        let file = self.app.state.catalog.file(node, number);
        let file = file.map_err(|e| Gone::Unreadable(e.to_string()))?;
        // one whose deletion has begun may be gone between two packets
        let file = file.filter(|file| !file.deleting).ok_or(Gone::Expired)?;
        let remote = file.remote.is_some() || file.name.contains("://");
        if !remote && let Some(fleet) = &self.app.fleet {
            let form = source_of(&self.app.state.access, &file)?.form;
            if let Some(there) = fleet.file(&file, form, &self.user)? {
                return Ok(there);
            }
        }
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

/// Nodes whose packets an export lacks because they cannot be reached: told in a header, before the first byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Away(Arc<OnceLock<Vec<String>>>);

impl Away {
    /// Finds out which nodes of a plan's sessions cannot be reached.
    pub fn find(&self, app: &App, plan: &Plan, control: &Control) -> Result<(), ApiError> {
        let Some(fleet) = &app.fleet else { return Ok(()) };
        let by_node = Terms {
            levels: vec![Target::of(&core::NODE.def)],
            size: 10_000,
            order: Order::Value,
            sums: Vec::new(),
        };
        let outcomes = app.state.index.aggregate(plan, &[Aggregate::Terms(by_node)], control)?;
        let Some(Outcome::Terms { buckets, .. }) = outcomes.into_iter().next() else { return Ok(()) };
        let nodes = buckets.iter().map(|bucket| crate::api::key_text(&bucket.key));
        let away = nodes.filter(|node| match fleet.place_of(node) {
            Ok(Where::There) => fleet.check(node).is_err(),
            Ok(Where::Pending) => true,
            Ok(Where::Here | Where::Unknown) | Err(_) => false,
        });
        let _ = self.0.set(away.collect()); // it is asked once
        Ok(())
    }

    /// An answer with the header that names them.
    pub fn named(&self, mut answer: Response) -> Response {
        let away = self.0.get().filter(|away| !away.is_empty()).map(|away| away.join(","));
        if let Some(value) = away.and_then(|away| HeaderValue::from_str(&away).ok()) {
            answer.headers_mut().insert("x-hindsight-missing-nodes", value);
        }
        answer
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
