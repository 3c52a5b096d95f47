//! Link layers, IP and what lies between them and the applications.

mod arp;
mod control;
mod icmp;
mod ipv4;
mod ipv6;
mod link;
mod names;
mod routing;
mod sctp;
mod tags;
mod tcp;
mod tunnel;
mod udp;
mod wireless;

pub(crate) use link::link;

use crate::pen::Pen;
use wire::{ether, proto};

/// What an EtherType announces.
pub(crate) fn ethertype(p: &mut Pen<'_>, kind: u16) {
    match kind {
        ether::IPV4 => ipv4::ipv4(p),
        ether::IPV6 => ipv6::ipv6(p),
        ether::ARP | ether::RARP => arp::arp(p),
        ether::DOT1Q | ether::DOT1AD | ether::QINQ_9100 | ether::QINQ_9200 | ether::QINQ_9300 => {
            tags::vlan(p, kind)
        }
        ether::MPLS | ether::MPLS_MULTICAST => tags::mpls(p),
        ether::PPPOE_DISCOVERY => tags::pppoe_discovery(p),
        ether::PPPOE_SESSION => tags::pppoe_session(p),
        ether::PPP => tags::ppp(p),
        ether::LLDP => control::lldp(p),
        ether::PBB => tags::pbb(p),
        ether::VNTAG => tags::vntag(p),
        ether::CISCO_METADATA => tags::cisco_metadata(p),
        ether::NSH => tunnel::nsh(p),
        ether::TEB => link::ethernet(p),
        ether::ERSPAN => tunnel::erspan(p, 2),
        ether::ERSPAN_III => tunnel::erspan(p, 3),
        ether::LLC => link::llc(p),
        0x888e => control::eapol(p),
        0x8809 => control::slow(p),
        0x9000 => control::loopback_test(p),
        other if other < ether::MIN => link::llc(p),
        _ => p.data(),
    }
}

/// What an IP protocol number announces.
pub(crate) fn protocol(p: &mut Pen<'_>, number: u8) {
    if p.facts.fragment {
        // the rest of a datagram has no header, and the first part only a part of the payload
        return p.data();
    }
    match number {
        proto::TCP => tcp::tcp(p),
        proto::UDP => udp::udp(p),
        136 => udp::lite(p),
        proto::ICMP => icmp::icmp(p),
        proto::ICMP6 => icmp::icmpv6(p),
        proto::SCTP => sctp::sctp(p),
        proto::GRE => tunnel::gre(p),
        proto::ESP => tunnel::esp(p),
        proto::AH => tunnel::ah(p),
        proto::IPV4 => ipv4::ipv4(p),
        proto::IPV6 => ipv6::ipv6(p),
        proto::ETHERIP => tunnel::etherip(p),
        proto::ETHERNET => link::ethernet(p),
        proto::MPLS => tags::mpls(p),
        proto::IGMP => routing::igmp(p),
        proto::OSPF => routing::ospf(p),
        proto::PIM => routing::pim(p),
        proto::VRRP => routing::vrrp(p),
        proto::EIGRP => routing::eigrp(p),
        proto::NO_NEXT => p.data(),
        _ => p.data(),
    }
}
