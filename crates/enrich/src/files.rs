//! Which files there are, and loading them.

use crate::{Databases, Makers, Places, Registries};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The databases to use; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Country, or city and country, in MaxMind format. Later ones fill what earlier ones do not know.
    pub places: Vec<PathBuf>,
    /// Autonomous systems, in MaxMind format.
    pub systems: Option<PathBuf>,
    /// IANA IPv4 address space registry, CSV (`ipv4-address-space.csv`).
    pub registries: Option<PathBuf>,
    /// MAC prefixes: Wireshark's `manuf` or the IEEE's `oui.txt`.
    pub makers: Option<PathBuf>,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not a database of the kind expected.
    #[error("{}: {what}; fetch it again or remove it from the folder of databases", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// Enough of a file to see that it changed.
pub(crate) type Stamp = (PathBuf, Option<(SystemTime, u64)>);

impl Files {
    /// Finds databases in a folder: MaxMind files by the type they declare (a city database comes before a country
    /// database), `ipv4-address-space.csv`, and `oui.txt` or `manuf`. A folder that is not there is an error.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: folder.to_owned(), source };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(read)? {
            names.push(entry.map_err(read)?.path());
        }
        names.sort();
        let mut found = Self::default();
        let mut countries = Vec::new();
        for path in names {
            let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
            if name.ends_with(".mmdb") {
                let kind = Places::kind_of(&path)?.to_ascii_lowercase();
                if kind.contains("city") || kind.contains("enterprise") {
                    found.places.push(path);
                } else if kind.contains("country") {
                    countries.push(path);
                } else if kind.contains("asn") || kind.contains("isp") || kind.contains("as-") {
                    found.systems = Some(path);
                }
            } else if name == "ipv4-address-space.csv" {
                found.registries = Some(path);
            } else if matches!(name.as_str(), "oui.txt" | "manuf" | "manuf.txt") {
                found.makers = Some(path);
            }
        }
        found.places.extend(countries);
        Ok(found)
    }

    /// Whether there is no database at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn stamps(&self) -> Vec<Stamp> {
        let all = self.places.iter().chain(&self.systems).chain(&self.registries).chain(&self.makers);
        all.map(|path| {
            let stamp = std::fs::metadata(path).and_then(|m| Ok((m.modified()?, m.len()))).ok();
            (path.clone(), stamp)
        })
        .collect()
    }

    pub(crate) fn load(&self) -> Result<Databases, Error> {
        Ok(Databases {
            places: Places::open(&self.places, self.systems.as_deref())?,
            registries: self.registries.as_deref().map(|path| text(path, Registries::parse)).transpose()?,
            makers: self.makers.as_deref().map(|path| text(path, Makers::parse)).transpose()?,
        })
    }
}

fn text<T>(path: &Path, parse: fn(&str) -> Result<T, String>) -> Result<T, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(&String::from_utf8_lossy(&bytes)).map_err(|what| Error::Damaged { path: path.to_owned(), what })
}
