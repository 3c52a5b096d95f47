//! The configuration file `hindsight.toml`. Every value has a default; the command line wins over the file.

mod file;
mod value;

pub use file::{command, find};
pub use value::{Expression, Filter, Kept, Room, Sessions, Size, Span};

use capture::{DuplicateAction, DuplicateOptions, KeepRule, When};
use packets::{Direct, FileFormat, Placement};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use source::{Mechanism, Spec, XdpMode};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub capture: Capture,
    pub packets: Packets,
    pub retention: Retention,
    pub viewer: Viewer,
    pub log: Log,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Keep>,
}

/// `[capture]`: where packets come from and what is made of them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capture {
    /// None: that of the default route.
    pub interfaces: Vec<Interface>,
    /// Name of this machine; default: host name.
    pub node: Option<String>,
    #[serde(serialize_with = "mechanism")]
    pub source: Mechanism,
    pub filter: Option<Filter>,
    pub workers: Option<usize>,
    pub snaplen: u32,
    pub promiscuous: bool,
    pub hardware_timestamps: bool,
    pub libpcap: Option<PathBuf>,
    pub duplicates: DuplicateAction,
    pub duplicate_window: Span,
    pub tags: Vec<String>,
    pub geo: Option<PathBuf>,
    pub index: bool,
    pub user: Option<String>,
}

impl Default for Capture {
    fn default() -> Self {
        let spec = Spec::default();
        Self {
            interfaces: Vec::new(),
            node: None,
            source: Mechanism::Auto,
            filter: None,
            workers: None,
            snaplen: spec.snap_len,
            promiscuous: spec.promiscuous,
            hardware_timestamps: spec.hardware_timestamps,
            libpcap: None,
            duplicates: DuplicateAction::default(),
            duplicate_window: Span(DuplicateOptions::default().window),
            tags: Vec::new(),
            geo: None,
            index: true,
            user: None,
        }
    }
}

fn mechanism<S: serde::Serializer>(mechanism: &Mechanism, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(mechanism)
}

fn some_mechanism<S: serde::Serializer>(mechanism: &Option<Mechanism>, to: S) -> Result<S::Ok, S::Error> {
    match mechanism {
        Some(mechanism) => to.collect_str(mechanism),
        None => to.serialize_none(),
    }
}

/// One interface; what is not said is that of `[capture]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Interface {
    pub name: String,
    #[serde(serialize_with = "some_mechanism")]
    pub source: Option<Mechanism>,
    pub filter: Option<Filter>,
    pub workers: Option<usize>,
    pub snaplen: Option<u32>,
    pub promiscuous: Option<bool>,
    pub libpcap: Option<PathBuf>,
    pub ring: Option<Size>,
    pub duplicates: Option<DuplicateAction>,
    #[serde(skip)]
    pub xdp_mode: XdpMode,
}

/// The table that stands for an interface.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InterfaceTable {
    name: String,
    source: Option<Mechanism>,
    filter: Option<Filter>,
    workers: Option<usize>,
    snaplen: Option<u32>,
    promiscuous: Option<bool>,
    libpcap: Option<PathBuf>,
    ring: Option<Size>,
    duplicates: Option<DuplicateAction>,
    #[serde(default)]
    xdp_mode: XdpMode,
}

impl Interface {
    /// An interface of which nothing but its name is said.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl<'de> Deserialize<'de> for Interface {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NameOrTable;
        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Interface;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an interface, or a table such as { name = \"eth1\", workers = 2 }")
            }
            fn visit_str<E>(self, name: &str) -> Result<Interface, E> {
                Ok(Interface::named(name))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Interface, A::Error> {
                let t = InterfaceTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Interface {
                    name: t.name,
                    source: t.source,
                    filter: t.filter,
                    workers: t.workers,
                    snaplen: t.snaplen,
                    promiscuous: t.promiscuous,
                    libpcap: t.libpcap,
                    ring: t.ring,
                    duplicates: t.duplicates,
                    xdp_mode: t.xdp_mode,
                })
            }
        }
        from.deserialize_any(NameOrTable)
    }
}

impl Capture {
    /// What is opened for an interface.
    pub fn spec(&self, interface: &Interface) -> Spec {
        let filter = interface.filter.as_ref().or(self.filter.as_ref());
        Spec {
            interface: interface.name.clone(),
            mechanism: interface.source.unwrap_or(self.source),
            workers: interface.workers.or(self.workers),
            promiscuous: interface.promiscuous.unwrap_or(self.promiscuous),
            snap_len: interface.snaplen.unwrap_or(self.snaplen),
            filter: filter.map(Filter::for_source),
            ring_bytes: interface.ring.map(|size| size.0),
            hardware_timestamps: self.hardware_timestamps,
            libpcap: interface.libpcap.clone().or_else(|| self.libpcap.clone()),
            xdp_mode: interface.xdp_mode,
            ..Spec::default()
        }
    }

    /// What is done with copies of an interface's packets.
    pub fn duplicates(&self, interface: &Interface) -> DuplicateOptions {
        DuplicateOptions {
            action: interface.duplicates.unwrap_or(self.duplicates),
            window: self.duplicate_window.0,
            ..DuplicateOptions::default()
        }
    }
}

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
    pub max_file_size: Size,
    pub max_file_age: Span,
    pub direct: WriteMode,
    pub memory: Size,
    pub sync: Option<Span>,
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
            max_file_size: Size(12_000_000_000),
            max_file_age: Span(Duration::from_secs(3_600)),
            direct: WriteMode::Auto,
            memory: Size(128 << 20),
            sync: None,
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

/// `[[keep]]`: a rule about what of a session's packets is written. The first that matches decides.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    pub name: String,
    pub bpf: Option<Filter>,
    pub when: Option<Expression>,
    pub keep: Kept,
}

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

impl Config {
    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        self.keep_rules().map(|_| ())?;
        if !(-7..=22).contains(&self.packets.level) {
            return Err(format!("[packets] level = {}: zstd has the levels -7 to 22", self.packets.level));
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

    /// The rules about what is kept.
    pub fn keep_rules(&self) -> Result<Vec<KeepRule>, String> {
        let rule = |keep: &Keep| {
            let when = match (&keep.bpf, &keep.when) {
                (Some(filter), None) => When::Packets(filter.0.clone()),
                (None, Some(expression)) => When::Sessions(expression.plan.clone()),
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "[[keep]] {}: bpf or when, not both; make two rules of it",
                        keep.name
                    ));
                }
                (None, None) => {
                    return Err(format!(
                        "[[keep]] {}: what is it about? Give bpf = \"a pcap filter\" or when = \"an expression\"",
                        keep.name
                    ));
                }
            };
            Ok(KeepRule { name: keep.name.clone(), when, keep: keep.keep.0 })
        };
        let rules: Vec<KeepRule> = self.keep.iter().map(rule).collect::<Result<_, _>>()?;
        capture::KeepRules::new(rules.clone()).map_err(|error| format!("[[keep]]: {error}"))?;
        Ok(rules)
    }
}
