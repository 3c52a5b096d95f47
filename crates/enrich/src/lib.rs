//! What is known about the addresses of a session: country, city and autonomous system, registry, maker of the network
//! card, community id. Runs once, when a session closes.
//!
//! Databases are files: MaxMind format (GeoLite2, GeoIP2, and the flat records of free country databases), the IANA
//! IPv4 address space registry, and Wireshark's or the IEEE's list of MAC prefixes. A file that changes is taken up
//! by [`Enricher::refresh`] without a restart; one that is damaged leaves the loaded one in place.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod apply;
mod community;
mod files;
mod oui;
mod overrides;
mod places;
mod rir;

pub use community::{Flow, community_id};
pub use files::{Error, Files};
pub use oui::Makers;
pub use overrides::{Override, Overrides};
pub use places::{Place, Places};
pub use rir::Registries;

use arc_swap::ArcSwap;
use files::Stamp;
use std::sync::{Arc, Mutex, PoisonError};

/// Adds what is known about addresses to sessions. Shared by all workers.
pub struct Enricher {
    files: Files,
    overrides: Overrides,
    loaded: ArcSwap<Databases>,
    stamps: Mutex<Vec<Stamp>>,
}

/// The databases as loaded.
#[derive(Default)]
pub(crate) struct Databases {
    pub(crate) places: Places,
    pub(crate) registries: Option<Registries>,
    pub(crate) makers: Option<Makers>,
}

impl Enricher {
    /// Knows nothing but the community id.
    pub fn none() -> Self {
        Self {
            files: Files::default(),
            overrides: Overrides::default(),
            loaded: ArcSwap::default(),
            stamps: Mutex::default(),
        }
    }

    /// Loads every file. A file that is named but cannot be read is an error that names it.
    pub fn open(files: Files, overrides: Overrides) -> Result<Self, Error> {
        let stamps = files.stamps();
        let loaded = ArcSwap::from_pointee(files.load()?);
        Ok(Self { files, overrides, loaded, stamps: Mutex::new(stamps) })
    }

    /// Takes up files that changed since they were loaded; returns whether there were any. On an error what was
    /// loaded stays in use, and the files are tried again only after they changed once more.
    pub fn refresh(&self) -> Result<bool, Error> {
        let mut stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.files.stamps();
        if *stamps == now {
            return Ok(false);
        }
        *stamps = now;
        self.loaded.store(Arc::new(self.files.load()?));
        Ok(true)
    }

    /// What is known about one address.
    pub fn place(&self, ip: std::net::IpAddr) -> Place {
        let loaded = self.loaded.load();
        apply::place(&loaded, &self.overrides, ip)
    }
}
