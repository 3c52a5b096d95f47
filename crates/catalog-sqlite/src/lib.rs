//! The embedded catalogue: packet files, users, views, history and other small state in one SQLite file.
//!
//! Several processes may have it open at once (`hindsight run` and `hindsight import` beside each other): SQLite's
//! write-ahead log lets any number read while one writes, writers wait for each other, and a file number is taken
//! inside one write transaction, so that it is never given twice.

mod entries;
mod files;
mod schema;

use index::{Error, ErrorKind};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a call waits for another process that is writing before it gives up with [`ErrorKind::Overloaded`].
const BUSY: Duration = Duration::from_secs(15);

/// A catalogue in a SQLite file. Implements [`index::Catalog`]; cheap calls, one at a time.
pub struct Sqlite {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file, makes it when it is not there (its folder must be), and brings its tables up to date. On Unix a
    /// new file can be read by its owner only, for it holds password hashes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        own_only(path)?;
        let connection = Connection::open(path).map_err(|e| fault(path, "open", e))?;
        Self::prepare(connection, path.to_owned())
    }

    /// Writes a copy of everything as it is at one moment into a new file, whoever writes meanwhile.
    ///
    /// # Errors
    /// There is a file of that name, or it cannot be written.
    pub fn copy_to(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let connection = self.lock();
        let copied = connection.execute("VACUUM INTO ?1", [path.to_string_lossy()]);
        copied.map_err(|e| fault(path, "copy the catalogue", e))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let own = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(path, own).map_err(|e| {
                Error::caused(ErrorKind::Unavailable, format!("cannot protect {}", path.display()), e)
            })?;
        }
        Ok(())
    }

    fn prepare(mut connection: Connection, path: PathBuf) -> Result<Self, Error> {
        let result = (|| {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            // a file number that was given out must still be taken after a loss of power
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)
        })();
        result.map_err(|e| fault(&path, "open", e))?;
        schema::migrate(&mut connection, &path)?;
        Ok(Self { connection: Mutex::new(connection), path })
    }

    /// A panic of another thread cannot leave the connection half changed (its transaction was rolled back), so a
    /// poisoned lock is taken as it is.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, what: &str, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Error> {
        work(&self.lock()).map_err(|e| e.named(&self.path, what))
    }

    /// Runs a change in one transaction that takes the write lock at its start: two that read and then write wait
    /// for each other instead of failing half-way.
    fn write<T>(
        &self,
        what: &str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let mut connection = self.lock();
        let change = || -> Result<T, Fault> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        change().map_err(|e| e.named(&self.path, what))
    }
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Makes the file with owner-only rights when it is not there; SQLite gives its side files the rights of the file.
fn own_only(path: &Path) -> Result<(), Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(Error::caused(
            ErrorKind::Unavailable,
            format!(
                "cannot make the catalogue {}; check that its folder exists and is writable",
                path.display()
            ),
            e,
        )),
    }
}

/// What went wrong inside a call, before the file and the call are named.
enum Fault {
    Sqlite(rusqlite::Error),
    Json { place: String, error: serde_json::Error },
    NoNumberLeft,
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sqlite(error)
    }
}

impl Fault {
    fn named(self, path: &Path, what: &str) -> Error {
        match self {
            Fault::Sqlite(error) => fault(path, what, error),
            Fault::Json { place, error } => Error::caused(
                ErrorKind::Corrupt,
                format!("the catalogue {} holds damaged JSON at {place}", path.display()),
                error,
            ),
            Fault::NoNumberLeft => Error::new(
                ErrorKind::Full,
                "every packet file number of this node is used; give the node a new name",
            ),
        }
    }
}

/// The error of SQLite in the words of the store traits, with the remedy.
fn fault(path: &Path, what: &str, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (kind, remedy) = match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            (ErrorKind::Overloaded, "another process is writing to it; try again")
        }
        Some(Code::DiskFull) => (ErrorKind::Full, "make room on the disk"),
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
            (ErrorKind::Corrupt, "move it away to start with an empty one, or restore a copy of it")
        }
        Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen) => {
            (ErrorKind::Unavailable, "check that the file and its folder are writable by this user")
        }
        _ => (ErrorKind::Unavailable, "see the cause"),
    };
    Error::caused(kind, format!("cannot {what} in the catalogue {} ({remedy})", path.display()), error)
}

#[cfg(test)]
mod tests;
