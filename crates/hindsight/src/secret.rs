//! `viewer.key` in the folder: what seals second factors and hashes of digest in the catalogue, so that a copy of the catalogue
//! alone tells none of them. Made at the first start, readable by its owner only.

use crate::home::Home;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The secret of a folder; made where there is none.
pub fn of(home: &Home) -> Result<server::Secret, String> {
    let path = home.viewer_key();
    match read(&path)? {
        Some(bytes) => Ok(server::Secret::new(bytes)),
        None => make(&path).map(server::Secret::new),
    }
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> String {
    format!("{}: {why}", path.display())
}

fn read(path: &Path) -> Result<Option<[u8; 32]>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(path, error)),
    };
    let bad = || {
        wrong(
            path,
            "not 64 hexadecimal digits; put the file of your backup back. Without it remove the file: \
             second factors must then be set up anew (hindsight user totp off)",
        )
    };
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return Err(bad());
    }
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        let pair = text.get(n * 2..n * 2 + 2).ok_or_else(bad)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
    }
    Ok(Some(bytes))
}

/// Written beside its place and linked into it, so that of two processes one wins and nobody reads half a file.
fn make(path: &Path) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| wrong(path, format!("no random numbers: {error}")))?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let write = || {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft)?;
        linked
    };
    match write() {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| wrong(path, "it has vanished"))
        }
        Err(error) => Err(wrong(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_is_made_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("viewer.key");
        assert_eq!(read(&path).unwrap(), None);
        let made = make(&path).unwrap();
        assert_eq!(read(&path).unwrap(), Some(made));
        assert_eq!(make(&path).unwrap(), made, "another process was first");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left");
        std::fs::write(&path, "x").unwrap();
        assert!(read(&path).unwrap_err().contains("64 hexadecimal digits"));
    }
}
