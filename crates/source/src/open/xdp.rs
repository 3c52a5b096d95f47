//! AF_XDP by a specification: when it is chosen, and what to know about it.

use super::{Opened, Spec, filtered};
use crate::af_xdp::{AfXdp, Config};
use crate::{Error, PacketSource, Stop, XdpMode, interfaces};

/// Drivers whose zero-copy mode has been in the kernel for years.
const ZERO_COPY: [&str; 8] = ["i40e", "ice", "ixgbe", "igb", "igc", "mlx5_core", "stmmac", "ionic"];

/// Why `auto` does not take AF_XDP for this interface; `None` where it may.
///
/// It takes packets away from the machine's own stack, so only pure mirror ports come into question; and it is the faster one only where the
/// driver writes into our memory, without a copy.
pub(super) fn why_not(spec: &Spec) -> Option<&'static str> {
    let interface = interfaces::interface(&spec.interface)?;
    if !interface.driver.as_deref().is_some_and(|driver| ZERO_COPY.contains(&driver)) {
        return Some("its driver is not known to do zero-copy");
    }
    let local = |address: &std::net::IpAddr| match address {
        std::net::IpAddr::V6(address) => address.is_unicast_link_local(),
        std::net::IpAddr::V4(_) => false,
    };
    if !interface.addresses.iter().all(local) {
        return Some("it has addresses, and the machine would receive nothing there any more");
    }
    if interface.master.is_some() {
        return Some("it is part of a bridge or bond");
    }
    if spec.workers.is_some_and(|workers| workers > 1) {
        return Some("several workers need a network card that spreads flows symmetrically");
    }
    if interface.receive_queues > 1 {
        // One worker for all queues cannot keep up with what several AF_PACKET workers can.
        return Some("its queues would be read by one worker");
    }
    None
}

/// Opens it.
pub(super) fn open(spec: &Spec, mode: XdpMode, stop: &Stop) -> Result<Opened, Error> {
    let config = Config {
        mode,
        workers: spec.workers.unwrap_or(1),
        promiscuous: spec.promiscuous,
        snap_len: spec.snap_len,
        ring_bytes: spec.ring_bytes,
        filter: spec.filter.clone(),
        reopen: spec.reopen,
    };
    let (sources, how, filter_in_kernel) = AfXdp::open(&spec.interface, &config, stop)?;
    let mut notes = vec![format!("{}: {how}, timestamps of this process", spec.interface)];
    if interfaces::interface(&spec.interface).is_some_and(|interface| !interface.addresses.is_empty()) {
        notes.push(format!(
            "warning: {} has addresses; what AF_XDP captures there does not reach this machine's own programs",
            spec.interface
        ));
    }
    if sources.len() > 1 {
        notes.push(format!(
            "{0}: both directions of a flow reach the same worker only where the card's hash is symmetric: ethtool -X {0} hkey 6d:5a:6d:5a… (repeated)",
            spec.interface
        ));
    }
    let rest = spec.filter.as_ref().filter(|_| !filter_in_kernel);
    if rest.is_some() {
        notes.push(format!("{}: the filter runs in this process, not in the XDP program", spec.interface));
    }
    let boxed = sources.into_iter().map(|source| Box::new(source) as Box<dyn PacketSource>);
    Ok(Opened { sources: filtered(boxed.collect(), rest), notes })
}
