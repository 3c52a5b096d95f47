//! What can go wrong with a source, with the remedy where there is one.

use std::io;
use std::path::PathBuf;

/// Why a source ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The capture is damaged or is none. What came before was given.
    #[error("{path}: {source}", path = path.display())]
    Capture {
        /// The file; `-` is stdin.
        path: PathBuf,
        /// What is wrong and where.
        source: pcap::Error,
    },
    /// A file or folder cannot be opened or read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The process may not capture.
    #[error(
        "cannot capture on {interface}: the process lacks CAP_NET_RAW. Run as root, or allow the program once with: \
         sudo setcap cap_net_raw,cap_net_admin=eip {program}", program = program.display()
    )]
    Privilege {
        /// The interface.
        interface: String,
        /// This program.
        program: PathBuf,
    },
    /// There is no such interface.
    #[error("no interface is called {name}; there are: {}", known.join(", "))]
    NoInterface {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A way to capture does not work here, or not with these settings.
    #[error("cannot capture on {interface} with {mechanism}: {why}")]
    Unavailable {
        /// The interface or address.
        interface: String,
        /// The way: `AF_XDP`, `libpcap` …
        mechanism: &'static str,
        /// Why not, and what helps.
        why: String,
    },
    /// A network address cannot be listened on, or the connection to it failed.
    #[error("{address}: {action}: {source}")]
    Network {
        /// The address.
        address: String,
        /// What was tried.
        action: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The interface exists but cannot be captured on.
    #[error("cannot capture on {interface}: {action}: {source}")]
    Interface {
        /// The interface.
        interface: String,
        /// What was tried.
        action: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl Error {
    /// An interface that was captured on is not there any more.
    pub(crate) fn removed(interface: &str) -> Self {
        let source = io::Error::new(io::ErrorKind::NotFound, "the interface was removed");
        Self::Interface { interface: interface.to_owned(), action: "receiving", source }
    }

    /// Whether the file is no capture at all, as opposed to a damaged one.
    #[must_use]
    pub fn is_not_a_capture(&self) -> bool {
        matches!(self, Self::Capture { source, .. } if source.is_not_a_capture())
    }
}
