//! OSPF (RFC 2328, RFC 5340): which routers of which areas speak, and how they prove it.

use crate::bytes::Bytes;
use crate::{Context, Detect, Dir, Parser, Protocol, Step};

/// What the packets fill.
pub mod fields {
    fields::fields! { "ospf";
        /// Kinds of packets: `Hello`, `DBDesc`, `LSReq`, `LSUpdate` or `LSAck`.
        MSG_TYPE: Term = "ospf.msgType" @ "ospf.msgType", "OSPF Msg Type".no_count();
        /// Router that sent the packets.
        ROUTER_ID: Term = "ospf.routerId" @ "ospf.routerId", "Router ID".no_count();
        /// Area that the packets belong to.
        AREA_ID: Term = "ospf.areaId" @ "ospf.areaId", "Area ID".no_count();
    }
}

/// OSPF, by its IP protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ospf",
    fields: fields::FIELDS,
    detect: &[Detect::Ip(89)],
    quiet: false,
    start: || Box::<Ospf>::default(),
};

/// Packets of a side that are looked at, as Arkime does: routers say the same for years.
const MAX_PACKETS: usize = 11;

#[derive(Default)]
struct Ospf {
    /// Packets so far: `[src, dst]`.
    packets: [usize; 2],
}

impl Parser for Ospf {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let [src, dst] = &mut self.packets;
        let packets = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        if *packets < MAX_PACKETS {
            *packets += 1;
            packet(bytes, context);
        }
        Step::Took(bytes.len())
    }
}

/// Version, type, length, router, area, checksum, and of version 2 the kind of authentication.
fn packet(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut bytes = Bytes::new(bytes);
    let (version, kind, _length) = (bytes.u8()?, bytes.u8()?, bytes.u16()?);
    if !matches!(version, 2 | 3) {
        return None;
    }
    let (router, area) = (bytes.ipv4()?, bytes.ipv4()?);
    let name = match kind {
        1 => "Hello",
        2 => "DBDesc",
        3 => "LSReq",
        4 => "LSUpdate",
        5 => "LSAck",
        _ => return None,
    };
    context.doc.add(&fields::MSG_TYPE, name);
    context.doc.add(&fields::ROUTER_ID, &router.to_string());
    context.doc.add(&fields::AREA_ID, &area.to_string());
    let _checksum = bytes.u16()?;
    if version == 2 {
        match bytes.u16()? {
            0 => context.doc.tag("ospf:auth-null"),
            1 => context.doc.tag("ospf:auth-simple"),
            2 => context.doc.tag("ospf:auth-crypto"),
            _ => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn routers_and_areas() {
        let hello = unhex("02 01 002c c0a8aa08 00000001 27 3b 0000 0000000000000000");
        let doc = Talk::new(Transport::Ip(89), 0, 0).src(&hello).dst(&hello[..3]).json();
        assert_eq!(doc["protocol"], json!(["ospf"]));
        assert_eq!(
            doc["ospf"],
            json!({"areaId": ["0.0.0.1"], "msgType": ["Hello"], "routerId": ["192.168.170.8"]})
        );
        assert_eq!(doc["tags"], json!(["ospf:auth-null"]));
        fields::audit(super::fields::FIELDS);
    }
}
