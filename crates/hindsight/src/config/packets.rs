//! `[packets]` and `[retention]`: the packet files and how long they stay.

use super::{Room, Sessions, Size, Span};
use packets::{Direct, FileFormat, Placement};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// `[packets]`: the packet files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Packets {
    pub write: bool,
    /// None: `packets` in the folder of `--dir`.
    pub folders: Vec<PathBuf>,
    pub placement: Placing,
    pub format: Form,
    pub level: i32,
    pub encryption: Option<PathBuf>,
    /// Further keys for reading.
    pub keys: Vec<PathBuf>,
    /// File with the section `[keks]` of an Arkime.
    pub keks: Option<PathBuf>,
    pub max_file_size: Size,
    pub max_file_age: Span,
    pub direct: WriteMode,
    pub memory: Size,
    pub sync: Option<Span>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_store: Option<ObjectStore>,
}

impl Default for Packets {
    fn default() -> Self {
        Self {
            write: true,
            folders: Vec::new(),
            placement: Placing::Spread,
            format: Form::Pcap,
            level: 3,
            encryption: None,
            keys: Vec::new(),
            keks: None,
            max_file_size: Size(12_000_000_000),
            max_file_age: Span(Duration::from_secs(3_600)),
            direct: WriteMode::Auto,
            memory: Size(128 << 20),
            sync: None,
            object_store: None,
        }
    }
}

/// `[packets.object_store]`: a bucket that finished files go to.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectStore {
    pub url: String,
    pub endpoint: Option<String>,
    pub region: String,
    /// `environment`, `instance`, or the path of a file.
    pub credentials: String,
    pub keep_local: Span,
    pub cache: Size,
    pub max_age: Option<Span>,
}

impl Default for ObjectStore {
    fn default() -> Self {
        Self {
            url: String::new(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            credentials: "environment".to_owned(),
            keep_local: Span(Duration::from_secs(86_400)),
            cache: Size(10_000_000_000),
            max_age: None,
        }
    }
}

impl ObjectStore {
    /// In the form that the bucket takes.
    pub fn place(&self) -> archive::Place {
        archive::Place {
            url: self.url.clone(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            keys: match self.credentials.as_str() {
                "environment" => archive::Source::Environment,
                "instance" => archive::Source::Instance,
                path => archive::Source::File(PathBuf::from(path)),
            },
        }
    }
}

/// Which of several folders the next file goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placing {
    #[default]
    Spread,
    RoundRobin,
    FillFirst,
}

impl From<Placing> for Placement {
    fn from(placing: Placing) -> Self {
        match placing {
            Placing::Spread => Self::Spread,
            Placing::RoundRobin => Self::RoundRobin,
            Placing::FillFirst => Self::FillFirst,
        }
    }
}

/// Form of packet files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// As tcpdump writes it
    #[default]
    Pcap,
    /// pcap in blocks of zstd
    Zstd,
}

/// Whether files are written past the page cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    #[default]
    Auto,
    On,
    Off,
}

impl Packets {
    pub fn file_format(&self) -> FileFormat {
        match self.format {
            Form::Pcap => FileFormat::Plain,
            Form::Zstd => FileFormat::Zstd { level: self.level },
        }
    }

    pub fn direct(&self) -> Direct {
        match self.direct {
            WriteMode::Auto => Direct::Auto,
            WriteMode::On => Direct::On,
            WriteMode::Off => Direct::Off,
        }
    }
}

/// `[retention]`: what goes when.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    pub free_space: Room,
    pub max_age: Option<Span>,
    pub max_size: Option<Size>,
    pub sessions: Sessions,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            free_space: Room::Percent(5.0),
            max_age: None,
            max_size: None,
            sessions: Sessions::WithPackets,
        }
    }
}
