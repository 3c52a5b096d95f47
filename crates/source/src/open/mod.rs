//! Opens what the configuration names, by the best mechanism there is.

mod spec;
mod xdp;

pub use spec::{Mechanism, Spec, XdpMode};

use crate::filter::Filtered;
use crate::libpcap::{self, Libpcap};
use crate::network::{Datagrams, Encapsulation, OverIp};
use crate::{AfPacket, AfPacketConfig, Error, PacketSource, Stop, interfaces};

/// What was opened.
pub struct Opened {
    /// One source per worker. All packets of a flow come from the same.
    pub sources: Vec<Box<dyn PacketSource>>,
    /// Which mechanism was chosen and how it is set, and why a better one was not; for the log.
    pub notes: Vec<String>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("sources", &self.sources.len()).field("notes", &self.notes).finish()
    }
}

/// Opens a source for each worker of one interface, and starts capturing.
///
/// # Errors
/// [`Error::NoInterface`] names the interfaces there are, [`Error::Privilege`] the command that gives the right to capture,
/// [`Error::Unavailable`] why the mechanism that was asked for does not work here.
pub fn open(spec: &Spec, stop: &Stop) -> Result<Opened, Error> {
    match spec.mechanism {
        Mechanism::Auto if spec.libpcap.is_some() => libpcap(spec, stop),
        Mechanism::Auto => auto(spec, stop),
        Mechanism::AfPacket => af_packet(spec, stop),
        Mechanism::AfXdp => xdp::open(spec, spec.xdp_mode, stop),
        Mechanism::Libpcap => libpcap(spec, stop),
        Mechanism::PcapOverIpConnect => {
            let source = OverIp::connect(&spec.interface, spec.snap_len, spec.reopen, stop)?;
            let note = format!("pcap-over-IP from {}", source.name());
            Ok(one(spec, Box::new(source), note))
        }
        Mechanism::PcapOverIpListen => {
            let source = OverIp::listen(&spec.interface, spec.snap_len, spec.senders, stop)?;
            let at = source.listens().map_or_else(|| spec.interface.clone(), |at| at.to_string());
            Ok(one(spec, Box::new(source), format!("pcap-over-IP: waiting for senders on {at}")))
        }
        Mechanism::TzspListen => datagrams(spec, Encapsulation::Tzsp, stop),
        Mechanism::ErspanListen => datagrams(spec, Encapsulation::Erspan, stop),
    }
}

/// AF_XDP where it is the faster one and does no harm, AF_PACKET everywhere else, libpcap for names that only it knows.
fn auto(spec: &Spec, stop: &Stop) -> Result<Opened, Error> {
    let why = match xdp::why_not(spec) {
        Some(why) => why.to_owned(),
        None => match xdp::open(spec, XdpMode::ZeroCopy, stop) {
            Ok(opened) => return Ok(opened),
            Err(error) => error.to_string(),
        },
    };
    match af_packet(spec, stop) {
        Ok(mut opened) => {
            opened.notes.push(format!("{}: not AF_XDP: {why}", spec.interface));
            Ok(opened)
        }
        Err(unknown @ Error::NoInterface { .. }) => libpcap(spec, stop).map_err(|_| unknown),
        Err(error) => Err(error),
    }
}

/// One source, with the filter in this process.
fn one(spec: &Spec, source: Box<dyn PacketSource>, note: String) -> Opened {
    let mut notes = vec![note];
    if spec.workers.is_some_and(|workers| workers > 1) {
        notes.push(format!("{}: {} has one worker", spec.interface, spec.mechanism));
    }
    Opened { sources: filtered(vec![source], spec.filter.as_ref()), notes }
}

fn datagrams(spec: &Spec, encapsulation: Encapsulation, stop: &Stop) -> Result<Opened, Error> {
    let source = Datagrams::open(encapsulation, &spec.interface, spec.snap_len, spec.ring_bytes, stop)?;
    let note = format!("listening on {}", source.name());
    Ok(one(spec, Box::new(source), note))
}

fn libpcap(spec: &Spec, stop: &Stop) -> Result<Opened, Error> {
    let config = libpcap::Config {
        promiscuous: spec.promiscuous,
        snap_len: spec.snap_len,
        buffer_bytes: spec.ring_bytes,
        filter: spec.filter.clone(),
        reopen: spec.reopen,
    };
    let source = Libpcap::open(&spec.interface, spec.libpcap.as_deref(), &config, stop)?;
    let note = format!("{}: {}", spec.interface, source.describe());
    // What the library has attached is not asked again.
    let rest = spec.filter.clone().filter(|filter| filter.program(source.link()).is_none());
    Ok(one(&Spec { filter: rest, ..spec.clone() }, Box::new(source), note))
}

/// Workers of an interface when nobody says: half the cores (the other half has the kernel's receiving, the index and the viewer to run),
/// at most eight, and two on links of up to 1 Gb/s.
fn workers(spec: &Spec) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let most = if interfaces::speed(&spec.interface).is_some_and(|speed| speed <= 1000) { 2 } else { 8 };
    spec.workers.unwrap_or(cores.div_ceil(2).min(most)).clamp(1, 256)
}

fn af_packet(spec: &Spec, stop: &Stop) -> Result<Opened, Error> {
    let mut config = AfPacketConfig {
        promiscuous: spec.promiscuous,
        ring_bytes: spec.ring_bytes,
        block_size: spec.block_bytes,
        block_timeout_ms: spec.block_timeout_ms,
        snap_len: spec.snap_len,
        filter: Vec::new(),
        hardware_timestamps: spec.hardware_timestamps,
        reopen: spec.reopen,
    };
    // Which program fits depends on the link type, and that is known before anything is captured.
    let link = AfPacket::link_of(&spec.interface)?;
    let program = spec.filter.as_ref().and_then(|filter| filter.program(link));
    if let Some(program) = program {
        config.filter = program.to_vec();
    }
    let rest = spec.filter.as_ref().filter(|_| program.is_none());
    let sources = AfPacket::open_shared(&spec.interface, &config, workers(spec), stop)?;
    let mut notes: Vec<String> = sources
        .first()
        .map(|source| format!("{}: {}", spec.interface, source.describe()))
        .into_iter()
        .collect();
    if rest.is_some() {
        notes.push(format!(
            "{}: the filter cannot run in the kernel (it names vlan, is too long, or the link is not Ethernet); it runs in this process",
            spec.interface
        ));
    }
    if !interfaces::is_up(&spec.interface) {
        notes.push(format!(
            "{0} is down: nothing comes until it is brought up (ip link set {0} up)",
            spec.interface
        ));
    }
    let boxed = sources.into_iter().map(|source| Box::new(source) as Box<dyn PacketSource>);
    Ok(Opened { sources: filtered(boxed.collect(), rest), notes })
}

/// Sources behind a filter that runs in this process, where there is one.
fn filtered(
    sources: Vec<Box<dyn PacketSource>>,
    filter: Option<&crate::Filter>,
) -> Vec<Box<dyn PacketSource>> {
    match filter {
        None => sources,
        Some(filter) => sources
            .into_iter()
            .map(|source| Box::new(Filtered::new(source, filter.clone())) as Box<dyn PacketSource>)
            .collect(),
    }
}
