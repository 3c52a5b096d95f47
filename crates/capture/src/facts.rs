//! What the first packets of a session say about the network they came through.

use crate::identity::Identity;
use fields::{Field, Typed};
use flow::Side;
use session::{SessionDoc, core};
use smallvec::SmallVec;
use std::net::IpAddr;
use wire::{Decoded, Layers, Mac};

/// Packets of each direction that are looked at; later ones add nothing new in practice.
pub(crate) const LOOKED_AT: u32 = 10;
/// Different values of one fact that are kept.
const MAX: usize = 64;

/// Few different values, in order of arrival.
type Few<T> = SmallVec<[T; 2]>;

/// Addresses below and around a session. What is unusual is on the heap.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    macs: [Few<Mac>; 2],
    ttls: [SmallVec<[u8; 8]>; 2],
    dscps: [SmallVec<[u8; 8]>; 2],
    tunnels: Layers,
    rare: Option<Box<Rare>>,
}

#[derive(Debug, Default)]
struct Rare {
    vlans: Few<u16>,
    dot1q: Few<u16>,
    dot1ad: Few<u16>,
    vnis: Few<u32>,
    outer_ips: [Few<IpAddr>; 2],
    outer_macs: [Few<Mac>; 2],
}

fn note<T: PartialEq, const N: usize>(held: &mut SmallVec<[T; N]>, value: T)
where
    [T; N]: smallvec::Array<Item = T>,
{
    if !held.contains(&value) && held.len() < MAX {
        held.push(value);
    }
}

impl Facts {
    /// Looks at a packet that `from` sent.
    pub(crate) fn look(&mut self, from: Side, decoded: &Decoded<'_>) {
        if let Some(ether) = &decoded.ether {
            note(from.of_mut(&mut self.macs), ether.macs.src);
            note(from.other().of_mut(&mut self.macs), ether.macs.dst);
        } else if let Some(mac) = decoded.cooked_src {
            note(from.of_mut(&mut self.macs), mac);
        }
        if let Some(ip) = decoded.ip() {
            note(from.of_mut(&mut self.ttls), ip.ttl);
            if ip.dscp != 0 {
                note(from.of_mut(&mut self.dscps), ip.dscp);
            }
        }
        for layer in Identity::tunnels(decoded).iter() {
            self.tunnels.add(layer);
        }
        if !decoded.vlans.is_empty()
            || decoded.vni.is_some()
            || !decoded.outer_ips.is_empty()
            || !decoded.outer_macs.is_empty()
        {
            self.rare.get_or_insert_default().look(decoded);
        }
    }

    /// Forgets what belongs to one segment of a long session only.
    pub(crate) fn next_segment(&mut self) {
        self.ttls = Default::default();
        self.dscps = Default::default();
    }

    /// Writes them.
    pub(crate) fn write(&self, doc: &mut SessionDoc) {
        let [src, dst] = &self.macs;
        macs(doc, &core::SRC_MAC, src);
        macs(doc, &core::DST_MAC, dst);
        for (fields, values) in [
            ([&core::SRC_TTL, &core::DST_TTL], &self.ttls),
            ([&core::SRC_DSCP, &core::DST_DSCP], &self.dscps),
        ] {
            for (field, values) in fields.into_iter().zip(values) {
                each(doc, field, values.iter().map(|v| i64::from(*v)));
            }
        }
        for layer in self.tunnels.iter() {
            doc.protocol(layer.name());
        }
        let Some(rare) = &self.rare else { return };
        each(doc, &core::VLAN, rare.vlans.iter().map(|v| i64::from(*v)));
        each(doc, &core::VLAN_DOT1Q, rare.dot1q.iter().map(|v| i64::from(*v)));
        each(doc, &core::VLAN_DOT1AD, rare.dot1ad.iter().map(|v| i64::from(*v)));
        each(doc, &core::VNI, rare.vnis.iter().map(|v| i64::from(*v)));
        let [src, dst] = &rare.outer_ips;
        each(doc, &core::SRC_OUTER_IP, src.iter().copied());
        each(doc, &core::DST_OUTER_IP, dst.iter().copied());
        let [src, dst] = &rare.outer_macs;
        macs(doc, &core::SRC_OUTER_MAC, src);
        macs(doc, &core::DST_OUTER_MAC, dst);
    }
}

impl Rare {
    fn look(&mut self, decoded: &Decoded<'_>) {
        for tag in decoded.vlans.iter() {
            note(&mut self.vlans, tag.id);
            let kind = if tag.tpid == wire::ether::DOT1AD { &mut self.dot1ad } else { &mut self.dot1q };
            note(kind, tag.id);
        }
        if let Some(vni) = decoded.vni {
            note(&mut self.vnis, vni);
        }
        // a session below IP has the tunnel's addresses as its own
        if decoded.ip().is_some() {
            for pair in decoded.outer_ips.iter() {
                let [src, dst] = &mut self.outer_ips;
                note(src, pair.src);
                note(dst, pair.dst);
            }
        }
        for pair in decoded.outer_macs.iter() {
            let [src, dst] = &mut self.outer_macs;
            note(src, pair.src);
            note(dst, pair.dst);
        }
    }
}

fn each<T: Typed>(
    doc: &mut SessionDoc,
    field: &'static Field<T>,
    values: impl Iterator<Item = T::Value<'static>>,
) {
    for value in values {
        doc.add(field, value);
    }
}

fn macs(doc: &mut SessionDoc, field: &'static Field<fields::Lower>, macs: &[Mac]) {
    for mac in macs {
        let mut text = [b':'; 17];
        for (place, byte) in text.chunks_mut(3).zip(mac) {
            if let [high, low, ..] = place {
                (*high, *low) = (hex_digit(byte >> 4), hex_digit(byte & 15));
            }
        }
        doc.add(field, std::str::from_utf8(&text).unwrap_or_default());
    }
}

/// The digit of a number below 16.
pub(crate) const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}
