//! Which session a decoded frame belongs to.

use crate::Options;
use flow::{FlowKey, Scope};
use std::net::{IpAddr, Ipv4Addr};
use wire::{Decoded, Layer, Layers, Net, Transport, ether, proto};

/// What a session is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tcp,
    Udp,
    /// DHCP: a client that has no address yet and all who answer it.
    Dhcp,
    Sctp,
    /// ICMP by protocol number: 1 or 58.
    Icmp(u8),
    /// ESP or AH, by protocol number.
    Esp(u8),
    /// Another protocol of IP.
    Ip(u8),
    /// Below IP, by EtherType; LLC by its two access points.
    Ether(u16),
    /// Parts of an IP datagram that never became complete.
    Fragments,
    /// A header inside IP could not be read.
    CorruptIp,
    /// A header below IP could not be read.
    CorruptEther,
}

/// Classes of time-out: the queues of the flow table.
pub(crate) mod class {
    pub(crate) const TCP: u8 = 0;
    pub(crate) const TCP_CLOSING: u8 = 1;
    pub(crate) const UDP: u8 = 2;
    pub(crate) const ICMP: u8 = 3;
    pub(crate) const SCTP: u8 = 4;
    pub(crate) const ESP: u8 = 5;
    pub(crate) const OTHER: u8 = 6;
    pub(crate) const COUNT: usize = 7;
}

impl Kind {
    pub(crate) fn class(self) -> u8 {
        match self {
            Kind::Tcp => class::TCP,
            Kind::Udp | Kind::Dhcp => class::UDP,
            Kind::Sctp => class::SCTP,
            Kind::Icmp(_) => class::ICMP,
            Kind::Esp(_) => class::ESP,
            Kind::Ip(_) | Kind::Ether(_) | Kind::Fragments | Kind::CorruptIp | Kind::CorruptEther => {
                class::OTHER
            }
        }
    }

    /// Whether packets of both directions are told apart; what is not a conversation is all sent by its source.
    pub(crate) fn has_direction(self) -> bool {
        matches!(
            self,
            Kind::Tcp | Kind::Udp | Kind::Dhcp | Kind::Sctp | Kind::Icmp(_) | Kind::Esp(_) | Kind::Fragments
        )
    }
}

/// Who talks with whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) ips: [IpAddr; 2],
    pub(crate) ports: [u16; 2],
    /// Whether the addresses are real ones: not so below IP, except in a tunnel, where they are the tunnel's.
    pub(crate) has_ips: bool,
    pub(crate) protocol: u8,
}

/// Identity of the session that a frame belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) key: FlowKey,
    /// Whether the frame's sender is the key's first end.
    pub(crate) first: bool,
    pub(crate) kind: Kind,
    /// As the frame has it: sender, receiver.
    pub(crate) ends: Ends,
}

const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl Identity {
    /// The identity of a frame that is not a fragment.
    pub(crate) fn of(decoded: &Decoded<'_>, options: &Options) -> Self {
        let scope = Scope {
            vlan: vlan_of(decoded, options),
            vni: if options.vni_in_key { decoded.vni.unwrap_or(0) } else { 0 },
        };
        match &decoded.net {
            Net::Ip(ip) => {
                let ports = decoded.transport.ports().unwrap_or((0, 0));
                let kind = match decoded.transport {
                    _ if decoded.stop.is_some() => Kind::CorruptIp,
                    // an authentication header makes a session of its own, as for Arkime
                    _ if ip.protocol == proto::AH => Kind::Esp(proto::AH),
                    Transport::Tcp(_) => Kind::Tcp,
                    Transport::Udp(_) => Kind::Udp,
                    Transport::Sctp(_) => Kind::Sctp,
                    Transport::Icmp(_) | Transport::Icmp6(_) => Kind::Icmp(ip.protocol),
                    Transport::Esp(_) => Kind::Esp(ip.protocol),
                    Transport::Other(number) => Kind::Ip(number),
                    Transport::None => Kind::Ip(ip.protocol),
                };
                let ports = if matches!(kind, Kind::Esp(_)) { (0, 0) } else { ports };
                let ends = Ends {
                    ips: [ip.src, ip.dst],
                    ports: [ports.0, ports.1],
                    has_ips: true,
                    protocol: ip.protocol,
                };
                if kind == Kind::Udp
                    && let Some((client, from_client)) = dhcp_client(ports, decoded.payload)
                {
                    let (key, forward) = FlowKey::below_ip(DHCP, client, &[], scope);
                    return Self { key, first: forward == from_client, kind: Kind::Dhcp, ends };
                }
                let (key, first) =
                    if options.like_arkime && matches!(kind, Kind::Ip(proto::IGMP | proto::PIM)) {
                        FlowKey::ip(NOBODY, NOBODY, (0, 0), ip.protocol, scope)
                    } else {
                        FlowKey::ip(ip.src, ip.dst, ports, ip.protocol, scope)
                    };
                Self { key, first, kind, ends }
            }
            Net::Ether { .. } | Net::Llc { .. } | Net::None => Self::below_ip(decoded, scope, options),
        }
    }

    fn below_ip(decoded: &Decoded<'_>, scope: Scope, options: &Options) -> Self {
        let macs = decoded.ether.map(|ether| ether.macs).unwrap_or_default();
        let pair = |what: u16| FlowKey::below_ip(what, &macs.src, &macs.dst, scope);
        let alone = |what: u16| FlowKey::below_ip(what, &[], &[], scope);
        let ((key, first), kind) = match decoded.net {
            Net::Ether { ethertype: ether::ARP } => match asked(decoded.payload) {
                Some(address) => {
                    (FlowKey::below_ip(ether::ARP, address, &[], scope), Kind::Ether(ether::ARP))
                }
                None => (pair(ether::ARP), Kind::Ether(ether::ARP)),
            },
            Net::Ether { ethertype } if options.like_arkime && ethertype == ether::LLDP => {
                (alone(ethertype), Kind::Ether(ethertype))
            }
            Net::Ether { ethertype } => (pair(ethertype), Kind::Ether(ethertype)),
            Net::Llc { dsap, ssap, snap: None } => {
                let what = u16::from(dsap) << 8 | u16::from(ssap);
                let key = if options.like_arkime && what == ISO { alone(what) } else { pair(what) };
                (key, Kind::Ether(what))
            }
            _ => {
                let inside = decoded.stop.is_some_and(|stop| stop.layer >= Layer::Ipv4);
                let kind = if inside { Kind::CorruptIp } else { Kind::CorruptEther };
                (pair(u16::from(inside)), kind)
            }
        };
        let mut ends = Ends { ips: [NOBODY; 2], ports: [0; 2], has_ips: false, protocol: 0 };
        if let Some(outer) = decoded.outer_ips.last() {
            ends =
                Ends { ips: [outer.src, outer.dst], ports: [0; 2], has_ips: true, protocol: outer.protocol };
        }
        Self { key, first, kind, ends }
    }

    /// The tunnels a session of this frame names among its protocols.
    pub(crate) fn tunnels(decoded: &Decoded<'_>) -> Layers {
        decoded.layers.and(Layers::TUNNELS)
    }
}

/// The VLAN that tells equal addresses apart.
fn vlan_of(decoded: &Decoded<'_>, options: &Options) -> u16 {
    if !options.vlan_in_key {
        return 0;
    }
    let id = decoded.vlans.first().map_or(0, |tag| tag.id);
    options.same_vlans.iter().find(|(from, _)| *from == id).map_or(id, |(_, to)| *to)
}

/// What stands for an EtherType in the keys of DHCP sessions.
const DHCP: u16 = 1;

/// What the messages of one DHCP client have in common, and whether this one comes from the client: its hardware address (DHCP, RFC 2131),
/// the transaction id (DHCPv6, RFC 8415).
fn dhcp_client(ports: (u16, u16), message: &[u8]) -> Option<(&[u8], bool)> {
    const COOKIE: &[u8] = &[0x63, 0x82, 0x53, 0x63];
    match ports {
        (67 | 68, 67 | 68) if message.get(236..240) == Some(COOKIE) => {
            let [op, _, length, ..] = message else { return None };
            let hardware = message.get(28..28 + usize::from(*length).min(16))?;
            (!hardware.is_empty()).then_some((hardware, *op == 1))
        }
        // relayed messages (12, 13) carry no transaction id of their own
        (546 | 547, 546 | 547) => match message {
            [1..=11, rest @ ..] => Some((rest.get(..3)?, ports.0 == 546)),
            _ => None,
        },
        _ => None,
    }
}

/// LLC with the access points of ISO protocols (IS-IS, ES-IS).
pub(crate) const ISO: u16 = 0xfefe;

/// The protocol address that an ARP exchange is about: what a request asks for and a reply answers for.
fn asked(arp: &[u8]) -> Option<&[u8]> {
    let [_, _, _, _, hardware, address, _, operation, rest @ ..] = arp else { return None };
    let (hardware, address) = (usize::from(*hardware), usize::from(*address));
    let at = if *operation == 1 { 2 * hardware + address } else { hardware };
    rest.get(at..at + address).filter(|address| !address.is_empty())
}
