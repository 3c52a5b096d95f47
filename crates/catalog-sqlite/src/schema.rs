//! The tables, and how a file of an older version becomes one of this version.

use crate::fault;
use index::{Error, ErrorKind};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// One step a version; step `n` makes version `n + 1` (`PRAGMA user_version`) of version `n`. A step that was released
/// is never edited: the next change is a further step.
const STEPS: &[&str] = &["
    CREATE TABLE files (
        node TEXT NOT NULL,
        num INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (node, num)
    ) WITHOUT ROWID;
    CREATE INDEX files_by_fingerprint ON files (fingerprint) WHERE fingerprint <> '';
    -- the last number given out stays here when its file is forgotten
    CREATE TABLE file_numbers (node TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE entries (
        collection TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (collection, key)
    ) WITHOUT ROWID;
    -- one counter for all versions: an entry removed and written anew never shows an old version again
    CREATE TABLE versions (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), last INTEGER NOT NULL);
    INSERT INTO versions VALUES (1, 0);
"];

/// Brings the tables up to the newest version, each step whole or not at all.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let failed = |e| fault(path, "prepare the tables", e);
    let newest = STEPS.len();
    // The usual case takes no write lock, so that a second process opens while the first one writes.
    if version(connection).map_err(failed)? == newest {
        return Ok(());
    }
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = version(&change).map_err(failed)?;
    if found > newest {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the catalogue {} was written by a newer Hindsight (version {found} of the tables, this one knows \
                 {newest}); use that one, or another --dir",
                path.display()
            ),
        ));
    }
    for step in STEPS.iter().skip(found) {
        change.execute_batch(step).map_err(failed)?;
    }
    change.pragma_update(None, "user_version", newest as i64).map_err(failed)?;
    change.commit().map_err(failed)
}

fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .map(|n| usize::try_from(n).unwrap_or(usize::MAX))
}
