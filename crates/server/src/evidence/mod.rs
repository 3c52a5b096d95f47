//! Evidence: packets by the microsecond, and what the hits of rules add up to.

pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod hits;
pub(crate) mod http;
pub(crate) mod lookup;

use ::evidence::{Archive, DeviceId};
use std::sync::Arc;

/// The evidence of this machine.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where it lies.
    pub archive: Archive,
    /// The device whose packets the packet store holds: it is asked where the archive has none.
    pub device: DeviceId,
    /// The device of imports, whose packets the packet store holds too.
    pub imports: DeviceId,
    /// The rules in force.
    pub rules: Option<Arc<dyn EvidenceRules>>,
}

/// The rules about evidence that are in force. Given by the binary.
pub trait EvidenceRules: std::fmt::Debug + Send + Sync {
    /// What they are, for `/api/evidence/rules`.
    fn describe(&self) -> serde_json::Value;
    /// Reads them again; returns how many there are and how many problems with them. May block.
    ///
    /// # Errors
    /// See [`ReloadError`]; the rules before stay in force.
    fn reload(&self) -> Result<(usize, usize), ReloadError>;
}

/// Rules were not read again; the texts are for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// There are none in this process.
    #[error("{0}")]
    NotHere(String),
    /// They cannot be read, or the evidence cannot be written.
    #[error("{0}")]
    Failed(String),
}
