//! `[viewer]` and `[log]`.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// `[viewer]`: the web viewer and the HTTP API.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Viewer {
    pub serve: bool,
    pub listen: SocketAddr,
    pub allow_remote: bool,
}

impl Default for Viewer {
    fn default() -> Self {
        Self { serve: true, listen: SocketAddr::from(([127, 0, 0, 1], 8005)), allow_remote: false }
    }
}

/// `[log]`: what is said on stderr.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub level: Level,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    #[default]
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}
