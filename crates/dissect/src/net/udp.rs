//! UDP (RFC 768) and UDP-Lite (RFC 3828), and the tunnels that their ports announce.

use super::tunnel;
use crate::pen::Pen;
use crate::tree::Severity;
use crate::{app, checksum};
use wire::{Geneve, Gtpu, Vxlan, proto};

pub(super) fn udp(p: &mut Pen<'_>) {
    let datagram = p.rest();
    let found = p.layer("udp", "User Datagram Protocol", |p| {
        let source = p.u16("udp.srcport", "Source Port")?;
        let destination = p.u16("udp.dstport", "Destination Port")?;
        let length = usize::from(p.u16("udp.length", "Length")?);
        let claimed = datagram.len() + p.facts.missing;
        if length > 0 && length < 8 {
            p.note(Severity::Error, "shorter than the header");
        } else if length > claimed {
            p.note(Severity::Error, "longer than the datagram that carries it");
        }
        let sum = p.hex(2, "udp.checksum", "Checksum")?;
        let length = if length < 8 { claimed } else { length };
        match datagram.get(..length) {
            _ if sum == 0 => p.remark("not used"),
            Some(bytes) => checksum::judge_transport(p, proto::UDP, bytes),
            None => p.remark("unverified"),
        }
        p.value(format!("Src Port: {source}, Dst Port: {destination}"));
        Some((source, destination, length - 8))
    });
    let Some((source, destination, length)) = found else { return };
    p.facts.ports = (source, destination);
    let before = p.limit(length);
    if p.left() > 0 && !tunnelled(p, source, destination) {
        app::udp(p);
    }
    p.unlimit(before);
}

fn tunnelled(p: &mut Pen<'_>, source: u16, destination: u16) -> bool {
    match (source, destination) {
        (_, Vxlan::PORT | Vxlan::LINUX_PORT) if p.peek(0).is_some_and(|b| b & 0x08 != 0) => {
            tunnel::vxlan(p, false)
        }
        (_, Vxlan::GPE_PORT) => tunnel::vxlan(p, true),
        (_, Geneve::PORT) if p.peek(0).is_some_and(|b| b >> 6 == 0) => tunnel::geneve(p),
        (Gtpu::PORT, _) | (_, Gtpu::PORT) if p.peek(0).is_some_and(|b| b >> 5 == 1) => tunnel::gtpu(p),
        (4789, _) if p.peek(0) == Some(0x08) => tunnel::vxlan(p, false),
        (_, 37008) => tunnel::tzsp(p),
        // IPsec through NAT (RFC 3948): an SPI, or four zero bytes before IKE
        (4500, _) | (_, 4500) => return tunnel::ipsec_nat(p),
        _ => return false,
    }
    true
}

pub(super) fn lite(p: &mut Pen<'_>) {
    let found = p.layer("udplite", "Lightweight User Datagram Protocol", |p| {
        let source = p.u16("udp.srcport", "Source Port")?;
        let destination = p.u16("udp.dstport", "Destination Port")?;
        p.u16("udp.checksum_coverage", "Checksum coverage")?;
        p.hex(2, "udp.checksum", "Checksum")?;
        Some((source, destination))
    });
    if let Some(ports) = found {
        p.facts.ports = ports;
        app::udp(p);
    }
}
