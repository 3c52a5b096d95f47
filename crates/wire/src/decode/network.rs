//! IP and what is behind it: transport headers and the tunnels over IP.

use std::net::IpAddr;

use super::{Decoder, Next, Step, bad};
use crate::decoded::{Fragment, Ip, Net, Transport};
use crate::{
    Ah, Erspan, Esp, Geneve, Gre, Gtpu, Icmp, Ipv4, Ipv6, Layer, Ppp, Sctp, Tcp, Udp, Vxlan, ether, ipv6_ext,
    proto, read,
};

impl<'a> Decoder<'a, '_> {
    pub(super) fn raw_ip(&mut self, bytes: &'a [u8]) -> Step<'a> {
        match bytes.first().map(|b| b >> 4) {
            Some(6) => Ok(Next::Type(ether::IPV6, bytes)),
            // Anything else is reported as an IPv4 header with a wrong version.
            _ => Ok(Next::Type(ether::IPV4, bytes)),
        }
    }

    #[inline]
    pub(super) fn ipv4(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Ipv4, bytes, Ipv4::parse(bytes))?;
        self.out.layers.add(Layer::Ipv4);
        let fragment = view.is_fragment().then(|| Fragment {
            id: u32::from(view.id()),
            offset: view.fragment_offset(),
            more: view.more_fragments(),
        });
        self.net(Net::Ip(Ip {
            src: IpAddr::V4(view.src()),
            dst: IpAddr::V4(view.dst()),
            protocol: view.protocol(),
            ttl: view.ttl(),
            dscp: view.dscp(),
            fragment,
            len: saturate(view.payload().len() + view.missing()),
        }));
        self.ip_missing = view.missing();
        self.payload(view.payload(), view.missing());
        Ok(if fragment.is_some() { Next::Done } else { Next::Proto(view.protocol(), view.payload()) })
    }

    #[inline]
    pub(super) fn ipv6(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Ipv6, bytes, Ipv6::parse(bytes))?;
        self.out.layers.add(Layer::Ipv6);
        self.net(Net::Ip(Ip {
            src: IpAddr::V6(view.src()),
            dst: IpAddr::V6(view.dst()),
            protocol: view.next_header(),
            ttl: view.hop_limit(),
            dscp: view.dscp(),
            fragment: None,
            len: saturate(view.payload().len() + view.missing()),
        }));
        self.ip_missing = view.missing();
        self.payload(view.payload(), view.missing());
        Ok(Next::Ext(view.next_header(), view.payload()))
    }

    /// One IPv6 extension header, or the hand-over to the transport.
    #[inline]
    pub(super) fn ipv6_extension(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
        let (next, rest, fragment) = match protocol {
            proto::HOP_BY_HOP
            | proto::ROUTING
            | proto::DEST_OPTS
            | proto::MOBILITY
            | proto::HIP
            | proto::SHIM6 => {
                let view = bad(Layer::Ipv6, bytes, ipv6_ext::Options::parse(bytes))?;
                // Mobility, HIP and shim6 messages end the packet themselves: what they say is in the header.
                if view.next_header() == proto::NO_NEXT
                    && !matches!(protocol, proto::HOP_BY_HOP | proto::ROUTING | proto::DEST_OPTS)
                {
                    return Ok(Next::Proto(protocol, bytes));
                }
                (view.next_header(), view.payload(), None)
            }
            proto::FRAGMENT => {
                let view = bad(Layer::Ipv6, bytes, ipv6_ext::Fragment::parse(bytes))?;
                let fragment = Fragment { id: view.id(), offset: view.offset(), more: view.more() };
                // An atomic fragment (RFC 6946) is a whole datagram.
                (
                    view.next_header(),
                    view.payload(),
                    (fragment.offset != 0 || fragment.more).then_some(fragment),
                )
            }
            other => return Ok(Next::Proto(other, bytes)),
        };
        if let Net::Ip(ip) = &mut self.out.net {
            ip.protocol = next;
            ip.fragment = fragment;
            ip.len = saturate(rest.len() + self.ip_missing);
        }
        self.payload(rest, self.ip_missing);
        Ok(if fragment.is_some() { Next::Done } else { Next::Ext(next, rest) })
    }

    // ---- behind IP --------------------------------------------------------------------------------------------------------------------

    #[inline]
    pub(super) fn protocol(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
        match protocol {
            proto::TCP => {
                let view = bad(Layer::Tcp, bytes, Tcp::parse(bytes))?;
                self.out.layers.add(Layer::Tcp);
                self.out.transport = Transport::Tcp(view);
                self.payload(view.payload(), self.ip_missing);
                Ok(Next::Done)
            }
            proto::UDP => self.udp(bytes),
            proto::ICMP => self.icmp(bytes, Transport::Icmp),
            proto::ICMP6 => self.icmp(bytes, Transport::Icmp6),
            proto::SCTP => {
                let view = bad(Layer::Sctp, bytes, Sctp::parse(bytes))?;
                self.out.layers.add(Layer::Sctp);
                self.out.transport = Transport::Sctp(view);
                self.payload(view.payload(), self.ip_missing);
                Ok(Next::Done)
            }
            proto::ESP => {
                let view = bad(Layer::Esp, bytes, Esp::parse(bytes))?;
                self.out.layers.add(Layer::Esp);
                self.out.transport = Transport::Esp(view);
                self.payload(bytes, self.ip_missing);
                Ok(Next::Done)
            }
            proto::AH => {
                let view = bad(Layer::Ah, bytes, Ah::parse(bytes))?;
                self.out.layers.add(Layer::Ah);
                let next = view.next_header();
                let v6 = self.out.ip().is_some_and(Ip::is_v6);
                Ok(if v6 { Next::Ext(next, view.payload()) } else { Next::Proto(next, view.payload()) })
            }
            proto::IPV4 => {
                self.out.layers.add(Layer::IpInIp);
                Ok(Next::Type(ether::IPV4, bytes))
            }
            proto::IPV6 => {
                self.out.layers.add(Layer::IpInIp);
                Ok(Next::Type(ether::IPV6, bytes))
            }
            proto::GRE => self.gre(bytes),
            proto::ETHERIP => {
                // RFC 3378: version 3 in the high nibble, 12 reserved bits.
                let inner = bad(Layer::EtherIp, bytes, read::split(bytes, 2))?.1;
                self.out.layers.add(Layer::EtherIp);
                Ok(Next::Ethernet(inner))
            }
            proto::MPLS => Ok(Next::Type(ether::MPLS, bytes)),
            proto::ETHERNET => Ok(Next::Ethernet(bytes)),
            other => self.other(other, bytes),
        }
    }

    pub(super) fn other(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
        self.out.transport = Transport::Other(protocol);
        self.payload(bytes, self.ip_missing);
        Ok(Next::Done)
    }

    pub(super) fn icmp(&mut self, bytes: &'a [u8], transport: fn(Icmp<'a>) -> Transport<'a>) -> Step<'a> {
        let view = bad(Layer::Icmp, bytes, Icmp::parse(bytes))?;
        self.out.layers.add(Layer::Icmp);
        self.out.transport = transport(view);
        self.payload(bytes, self.ip_missing);
        Ok(Next::Done)
    }

    #[inline]
    pub(super) fn udp(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Udp, bytes, Udp::parse(bytes))?;
        self.out.layers.add(Layer::Udp);
        self.out.transport = Transport::Udp(view);
        // A UDP length beyond the IP payload is the sender's error, not a cut of the capture.
        self.payload(view.payload(), view.missing().min(self.ip_missing));
        Ok(self.udp_tunnel(view).unwrap_or(Next::Done))
    }

    /// The tunnels that UDP ports announce. `None` where the bytes are not what the port promises: then it is plain UDP, not an error.
    #[inline]
    pub(super) fn udp_tunnel(&mut self, udp: Udp<'a>) -> Option<Next<'a>> {
        let payload = udp.payload();
        match (udp.src_port(), udp.dst_port()) {
            (_, Vxlan::PORT | Vxlan::LINUX_PORT | Vxlan::GPE_PORT) => {
                let view = Vxlan::parse(payload).ok()?;
                let next = match view.next_protocol().filter(|_| udp.dst_port() == Vxlan::GPE_PORT) {
                    None | Some(3) => Next::Ethernet(inner_frame(view.payload())?),
                    Some(1) => Next::Type(ether::IPV4, view.payload()),
                    Some(2) => Next::Type(ether::IPV6, view.payload()),
                    Some(4) => Next::Type(ether::NSH, view.payload()),
                    Some(_) => return None,
                };
                self.out.layers.add(Layer::Vxlan);
                self.out.vni = Some(view.vni());
                Some(next)
            }
            (_, Geneve::PORT) => {
                let view = Geneve::parse(payload).ok()?;
                let next = match view.protocol() {
                    ether::TEB => Next::Ethernet(inner_frame(view.payload())?),
                    other @ (ether::IPV4 | ether::IPV6 | ether::ARP | ether::MPLS | ether::NSH) => {
                        Next::Type(other, view.payload())
                    }
                    _ => return None,
                };
                self.out.layers.add(Layer::Geneve);
                self.out.vni = Some(view.vni());
                Some(next)
            }
            (Gtpu::PORT, _) | (_, Gtpu::PORT) => {
                let view = Gtpu::parse(payload).ok()?;
                let is_ip = view.payload().first().is_some_and(|b| matches!(b >> 4, 4 | 6));
                if view.kind() != Gtpu::G_PDU || !is_ip {
                    return None;
                }
                self.out.layers.add(Layer::Gtp);
                self.out.teid = Some(view.teid());
                Some(Next::RawIp(view.payload()))
            }
            _ => None,
        }
    }

    pub(super) fn gre(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Gre, bytes, Gre::parse(bytes))?;
        self.out.layers.add(Layer::Gre);
        let inner = view.payload();
        Ok(match view.protocol() {
            // RFC 7637 and type I of ERSPAN share nothing but the EtherType: without a sequence number there is no ERSPAN header.
            ether::ERSPAN if !view.has_sequence() => {
                self.out.layers.add(Layer::Erspan);
                Next::Ethernet(inner)
            }
            ether::ERSPAN | ether::ERSPAN_III => {
                let view = bad(Layer::Erspan, inner, Erspan::parse(inner))?;
                self.out.layers.add(Layer::Erspan);
                self.out.erspan = Some(view.session_id());
                Next::Ethernet(view.payload())
            }
            // WCCP version 2 puts a redirect header of four bytes before the packet, version 1 does not.
            ether::WCCP => match inner {
                [first, ..] if first >> 4 == 4 => Next::Type(ether::IPV4, inner),
                [_, _, _, _, packet @ ..] => Next::Type(ether::IPV4, packet),
                _ => return self.other(proto::GRE, bytes),
            },
            // PPTP acknowledgements carry nothing; most of its data is compressed or encrypted PPP.
            ether::PPP => match Ppp::parse(inner) {
                Ok(ppp) if matches!(ppp.protocol(), Ppp::IPV4 | Ppp::IPV6) => Next::Ppp(ether::PPP, inner),
                _ => return self.other(proto::GRE, bytes),
            },
            known @ (ether::IPV4
            | ether::IPV6
            | ether::TEB
            | ether::ARP
            | ether::MPLS
            | ether::MPLS_MULTICAST
            | ether::DOT1Q
            | ether::NSH)
                if !inner.is_empty() =>
            {
                Next::Type(known, inner)
            }
            // Keep-alives and what is not known stay a session of the two tunnel ends.
            _ => return self.other(proto::GRE, bytes),
        })
    }
}

/// Bytes that can be an Ethernet frame inside a UDP tunnel.
fn inner_frame(bytes: &[u8]) -> Option<&[u8]> {
    (bytes.len() >= 14).then_some(bytes)
}

fn saturate(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
