//! Evidence: packets by the microsecond, and what the hits of rules add up to.

pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod hits;
pub(crate) mod http;
pub(crate) mod lookup;

use ::evidence::{Archive, DeviceId};

/// The evidence of this machine.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where it lies.
    pub archive: Archive,
    /// The device whose packets the packet store holds: it is asked where the archive has none.
    pub device: DeviceId,
}
