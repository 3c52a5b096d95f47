//! Errors of files in the words of a store.

use index::{Error, ErrorKind};
use std::path::Path;

/// An input or output error, with the file it happened to.
pub(crate) fn io(doing: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let place = format!("cannot {doing} {}", path.display());
    move |e| {
        let (kind, remedy) = match e.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                (ErrorKind::Full, " (free some space or shorten the retention)")
            }
            std::io::ErrorKind::PermissionDenied => {
                (ErrorKind::Unavailable, " (check owner and permissions of the folder)")
            }
            _ => (ErrorKind::Unavailable, ""),
        };
        Error::caused(kind, format!("{place}{remedy}"), e)
    }
}

/// Something in a file is not what it must be.
pub(crate) fn corrupt(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!(
            "{} is damaged: {what}; restore it from a backup or move it away to go on without it",
            path.display()
        ),
    )
}

/// The same, as the `parquet` crate reports it.
pub(crate) fn parquet(path: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> Error {
    let path = path.to_owned();
    move |e| match e {
        parquet::errors::ParquetError::External(inner)
            if inner.downcast_ref::<std::io::Error>().is_some() =>
        {
            match inner.downcast::<std::io::Error>() {
                Ok(e) => io("read or write", &path)(*e),
                Err(e) => Error::caused(ErrorKind::Unavailable, path.display().to_string(), e),
            }
        }
        e => Error::caused(
            ErrorKind::Corrupt,
            format!(
                "{} is damaged; restore it from a backup or move it away to go on without it",
                path.display()
            ),
            e,
        ),
    }
}
