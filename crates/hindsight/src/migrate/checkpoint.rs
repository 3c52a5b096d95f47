//! How far a migration came, kept in a file, so that it goes on there after an interruption.

use crate::Failure;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A place up to which everything was copied and committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// Sessions whose first packet is earlier, milliseconds since 1970; they come in that order.
    Before(i64),
    /// So many documents, in the order in which files hold them.
    Documents(u64),
}

/// What the file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    from: String,
    to: String,
    expression: String,
    mark: Mark,
    sessions: u64,
}

/// The file of one migration.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    state: State,
    begun: bool,
}

impl Checkpoint {
    /// Takes up what an earlier run left, unless `anew`. One of another migration is an error.
    pub fn open(
        path: &Path,
        (from, to, expression): (&str, &str, &str),
        start: Mark,
        anew: bool,
    ) -> Result<Self, Failure> {
        let state = State {
            from: from.to_owned(),
            to: to.to_owned(),
            expression: expression.to_owned(),
            mark: start,
            sessions: 0,
        };
        let fresh = |state| Self { path: path.to_owned(), state, begun: false };
        if anew {
            return Ok(fresh(state));
        }
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh(state)),
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", path.display()))),
        };
        let known: State = serde_json::from_slice(&text)
            .map_err(|error| format!("{}: {error}; --restart begins anew", path.display()))?;
        if (&known.from, &known.to, &known.expression) != (&state.from, &state.to, &state.expression) {
            return Err(Failure::Failed(format!(
                "{} is of another migration (from {} to {}); name another --checkpoint, or --restart",
                path.display(),
                known.from,
                known.to
            )));
        }
        Ok(Self { path: path.to_owned(), state: known, begun: true })
    }

    /// Where to go on.
    pub fn mark(&self) -> Mark {
        self.state.mark
    }
    /// Whether an earlier run left it.
    pub fn is_resumed(&self) -> bool {
        self.begun
    }
    /// Sessions that earlier runs copied.
    pub fn sessions(&self) -> u64 {
        self.state.sessions
    }

    /// Everything up to here is committed.
    pub fn reached(&mut self, mark: Mark, sessions: u64) -> Result<(), Failure> {
        self.state.mark = mark;
        self.state.sessions = sessions;
        let failed = |error: std::io::Error| Failure::Failed(format!("{}: {error}", self.path.display()));
        let text = serde_json::to_vec(&self.state).map_err(|error| failed(error.into()))?;
        let new = self.path.with_extension("new");
        std::fs::write(&new, text).map_err(failed)?;
        std::fs::rename(&new, &self.path).map_err(failed)
    }

    /// All is done.
    pub fn finish(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
