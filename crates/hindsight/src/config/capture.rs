//! `[capture]`: where packets come from.

use super::{Filter, Size, Span};
use capture::{DuplicateAction, DuplicateOptions};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use source::{Mechanism, Spec, XdpMode};
use std::fmt;
use std::path::PathBuf;

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
    pub reopen: Option<bool>,
    pub senders: Option<usize>,
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
    reopen: Option<bool>,
    senders: Option<usize>,
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
                    reopen: t.reopen,
                    senders: t.senders,
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
        let default = Spec::default();
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
            reopen: interface.reopen.unwrap_or(default.reopen),
            senders: interface.senders.unwrap_or(default.senders),
            ..default
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
