//! The configuration file `hindsight.toml`. Every value has a default; the command line wins over the file.

mod capture;
mod evidence;
mod file;
mod fleet;
mod index;
mod keep;
mod layers;
mod link;
mod netflow;
mod network;
mod packets;
mod sessions;
mod value;
mod viewer;

pub use capture::{Capture, Interface};
pub use evidence::{Evidence, Matching};
pub use file::{command, find};
pub use fleet::Fleet;
pub use index::Index;
pub use keep::Keep;
pub use link::{Link, UserDefaults};
pub use netflow::Netflow;
pub use network::{Network, overrides};
pub use packets::{Form, ObjectStore, Packets, Retention};
pub use sessions::{Parsing, Tracking};
pub use value::{Expression, Filter, Kept, Room, Sessions, Size, Span};
pub use viewer::{Log, Viewer};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Further files, relative to this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<PathBuf>,
    pub capture: Capture,
    pub sessions: Tracking,
    pub parsing: Parsing,
    pub index: Index,
    pub packets: Packets,
    pub retention: Retention,
    pub viewer: Viewer,
    pub log: Log,
    pub evidence: Evidence,
    pub netflow: Netflow,
    pub fleet: Fleet,
    #[serde(skip_serializing_if = "UserDefaults::is_empty")]
    pub user_defaults: UserDefaults,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<Network>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<Link>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Keep>,
    /// What is different on single nodes, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node: BTreeMap<String, toml::Table>,
}

impl Config {
    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        self.keep_rules().map(|_| ())?;
        overrides(&self.network)?;
        self.sessions.check()?;
        self.evidence.check()?;
        self.fleet.check()?;
        self.index.check()?;
        for link in &self.link {
            link.for_server().check().map_err(|error| format!("[[link]]: {error}"))?;
        }
        self.viewer.check()?;
        if !(-7..=22).contains(&self.packets.level) {
            return Err(format!("[packets] level = {}: zstd has the levels -7 to 22", self.packets.level));
        }
        if let Some(store) = &self.packets.object_store {
            archive::Bucket::new(&store.place())
                .map_err(|error| format!("[packets.object_store] {error}"))?;
        }
        if self.packets.max_file_size.0 < 1_000_000 {
            return Err("[packets] max_file_size: at least 1MB, or there would be too many files".into());
        }
        if self.packets.max_file_age.0 < Duration::from_secs(1) {
            return Err("[packets] max_file_age: at least 1s".into());
        }
        if self.capture.workers == Some(0) || self.capture.interfaces.iter().any(|i| i.workers == Some(0)) {
            return Err("[capture] workers: at least 1, or leave it out".into());
        }
        if let Some(interface) = self.capture.interfaces.iter().find(|i| i.name.is_empty()) {
            return Err(format!("[capture] interfaces: an interface has no name ({interface:?})"));
        }
        let mut names: Vec<&str> = self.capture.interfaces.iter().map(|i| &*i.name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(*a),
            _ => None,
        }) {
            return Err(format!("[capture] interfaces: {twice} is named twice"));
        }
        Ok(())
    }
}
