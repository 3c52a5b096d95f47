//! Finds the captures of a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::input::{self, Input};
use crate::{Error, Keyring, Stop};

/// Folders inside each other; deeper ones are named as ignored.
const MAX_DEPTH: usize = 64;

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The file.
    pub path: PathBuf,
    /// Why: what it is instead of a capture, or why it could not be read.
    pub why: String,
}

/// What [`walk`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Captures, sorted by path within each argument.
    pub captures: Vec<PathBuf>,
    /// Everything else.
    pub ignored: Vec<Ignored>,
    /// Bytes of the captures on disk.
    pub bytes: u64,
}

/// Finds captures: a folder is searched to any depth and gives the files whose content begins like a capture (whatever their name), also
/// inside gzip and zstd, sorted by name; a path that is no folder is taken as it is, so that opening it tells what is wrong with it.
/// Links to folders inside a folder are not followed.
///
/// # Errors
/// [`Error::Io`] where a given path does not exist. A folder or file deeper down that cannot be read is among [`Walk::ignored`].
pub fn walk(paths: &[PathBuf], stop: &Stop) -> Result<Walk, Error> {
    let mut out = Walk::default();
    for path in paths {
        if path.as_os_str() == "-" {
            out.captures.push(path.clone());
            continue;
        }
        let meta = fs::metadata(path).map_err(|source| Error::Io { path: path.clone(), source })?;
        if meta.is_dir() {
            folder(path, 0, stop, &mut out);
        } else {
            out.bytes += meta.len();
            out.captures.push(path.clone());
        }
    }
    Ok(out)
}

fn folder(path: &Path, depth: usize, stop: &Stop, out: &mut Walk) {
    let mut ignore = |path: PathBuf, why: String| out.ignored.push(Ignored { path, why });
    if depth > MAX_DEPTH {
        return ignore(path.to_owned(), "too deep".to_owned());
    }
    let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(e) => return ignore(path.to_owned(), e.to_string()),
    };
    let mut entries: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
    entries.sort();
    for entry in entries {
        if stop.is_set() {
            return;
        }
        match fs::symlink_metadata(&entry) {
            Err(e) => out.ignored.push(Ignored { path: entry, why: e.to_string() }),
            Ok(meta) if meta.is_dir() => folder(&entry, depth + 1, stop, out),
            Ok(_) => match capture(&entry, stop) {
                Ok(len) => {
                    out.bytes += len;
                    out.captures.push(entry);
                }
                Err(why) => out.ignored.push(Ignored { path: entry, why }),
            },
        }
    }
}

/// The size of a file that is a capture, or why it is none.
pub(crate) fn capture(path: &Path, stop: &Stop) -> Result<u64, String> {
    let meta = fs::metadata(path).map_err(|e| e.to_string())?;
    if !meta.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut magic = [0; blocks::MAGIC];
    let read = fs::File::open(path).and_then(|mut file| io::Read::read(&mut file, &mut magic));
    let have = read.map_err(|e| e.to_string())?;
    if blocks::recognise(magic.get(..have).unwrap_or_default()).is_some() {
        // opening it will tell which key it takes
        return Ok(meta.len());
    }
    let first = match input::open(path, Keyring::empty(), stop).map_err(|e| e.to_string())? {
        Input::Mapped(mapping) => mapping.first_chunk::<4>().copied(),
        Input::Stream { mut reader, .. } => {
            let mut first = [0; 4];
            io::Read::read_exact(&mut reader, &mut first).ok().map(|()| first)
        }
    };
    match first {
        None => Err("too short for a capture".to_owned()),
        Some(first) if pcap::recognise(&first).is_none() => Err(pcap::Error::NotACapture(first).to_string()),
        Some(_) => Ok(meta.len()),
    }
}
