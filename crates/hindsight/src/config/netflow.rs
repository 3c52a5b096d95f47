//! `[netflow]`: collectors that are told of finished flows.

use serde::{Deserialize, Serialize};

/// `[netflow]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Netflow {
    /// `HOST:PORT` of each.
    pub collectors: Vec<String>,
    pub version: FlowVersion,
    /// Number of this source, or observation domain.
    pub domain: u32,
}

impl Default for Netflow {
    fn default() -> Self {
        Self { collectors: Vec::new(), version: FlowVersion::V9, domain: 3 }
    }
}

/// Which protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowVersion {
    #[default]
    V9,
    Ipfix,
}

impl From<FlowVersion> for netflow::Version {
    fn from(version: FlowVersion) -> Self {
        match version {
            FlowVersion::V9 => Self::V9,
            FlowVersion::Ipfix => Self::Ipfix,
        }
    }
}
