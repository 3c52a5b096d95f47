//! The folder that holds everything.

use crate::config::Index;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Paths inside the folder of `--dir`.
#[derive(Clone, Debug)]
pub struct Home(PathBuf, Option<Arc<Index>>);

impl Home {
    /// The folder given, or the default: `/var/lib/hindsight` as a service (systemd sets `STATE_DIRECTORY`), else
    /// `hindsight` in the user's data folder.
    pub fn find(given: Option<&Path>) -> Result<Self, String> {
        if let Some(dir) = given {
            return Ok(Self(dir.to_owned(), None));
        }
        let var = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(dir) = var("STATE_DIRECTORY") {
            return Ok(Self(dir, None));
        }
        let data = var("XDG_DATA_HOME").or_else(|| var("HOME").map(|home| home.join(".local/share")));
        match data {
            Some(data) => Ok(Self(data.join("hindsight"), None)),
            None => Err("neither --dir nor HINDSIGHT_DIR nor HOME is set; name a folder with --dir".into()),
        }
    }

    /// Makes the folder, readable by its owner only: packets are private.
    pub fn create(&self) -> Result<(), String> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|error| format!("{}: {error}; choose another folder with --dir", self.0.display()))
    }

    /// Sessions and small state are where this says; without it in the folder.
    pub fn with_index(self, index: &Index) -> Self {
        Self(self.0, (!index.is_embedded()).then(|| Arc::new(index.clone())))
    }
    /// Where sessions and small state are, when not in the folder.
    pub fn cluster(&self) -> Option<&Index> {
        self.1.as_deref()
    }
    /// Sessions that a cluster does not have yet.
    pub fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }
    /// Session index.
    pub fn index(&self) -> PathBuf {
        self.0.join("index")
    }
    /// Packet files.
    pub fn packets(&self) -> PathBuf {
        self.0.join("packets")
    }
    /// Files of pinned packets.
    pub fn pins(&self) -> PathBuf {
        self.0.join("pins")
    }
    /// Evidence: a folder for each device.
    pub fn evidence(&self) -> PathBuf {
        self.0.join("evidence")
    }
    /// One locked file for each run of the program that writes packet files.
    pub fn running(&self) -> PathBuf {
        self.0.join("running")
    }
    /// Uploaded captures.
    pub fn uploads(&self) -> PathBuf {
        self.0.join("uploads")
    }
    /// Small state.
    pub fn catalog(&self) -> PathBuf {
        self.0.join("catalog.db")
    }
    /// What of a cluster's small state is kept on the own disk.
    pub fn mirror(&self) -> PathBuf {
        self.0.join("mirror.db")
    }
    /// What seals secrets in the small state.
    pub fn viewer_key(&self) -> PathBuf {
        self.0.join("viewer.key")
    }
    /// The key of this node in its fleet.
    pub fn node_key(&self) -> PathBuf {
        self.0.join("node.key")
    }
    /// Databases of addresses.
    pub fn geo(&self) -> PathBuf {
        self.0.join("geo")
    }
}

/// Name of this machine: the host name up to the first dot.
pub fn node_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim().split('.').next() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "node".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_in_the_folder() {
        let home = Home::find(Some(Path::new("/x"))).unwrap();
        for path in [home.index(), home.packets(), home.catalog(), home.geo(), home.uploads()] {
            assert!(path.starts_with("/x"), "{}", path.display());
        }
    }

    #[test]
    fn the_folder_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let home = Home::find(Some(&root.path().join("a/b"))).unwrap();
        home.create().unwrap();
        assert_eq!(std::fs::metadata(home.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
