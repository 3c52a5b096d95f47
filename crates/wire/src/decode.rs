//! One captured frame → [`Decoded`]: a loop over the headers, from the outside in.

use std::net::IpAddr;

use crate::decoded::{Decoded, Ether, Fragment, Ip, IpPair, MacPair, Net, Stop, Transport, VlanTag};
use crate::{
    Ah, Cmd, Erspan, Esp, Ethernet, FrameRelay, Geneve, Gre, Gtpu, Icmp, Ieee80211, Ipv4, Ipv6, Layer,
    LinkType, Llc, Malformed, MplsLabel, Nflog, Nsh, NullLoop, Ppp, Pppoe, Radiotap, Sctp, Sll, Sll2, Tcp,
    Udp, Vlan, Vntag, Vxlan, ether, ipv6_ext, proto, read,
};

/// Headers that one frame may have inside each other. Real frames stay below a dozen; what goes further is an attack on the decoder.
pub const MAX_STEPS: usize = 32;

/// Decodes a captured frame: peels link layers and tunnels off until the innermost transport header.
///
/// Never fails as a whole: what was understood is in the result, and [`Decoded::stop`] says where it ended early. A fragment of an IP
/// datagram ends at [`Net::Ip`] with [`Ip::fragment`] set; hand the reassembled payload to [`decode_ip`].
#[must_use]
pub fn decode(link: LinkType, frame: &[u8]) -> Decoded<'_> {
    let mut out = Decoded::new(frame);
    let mut decoder = Decoder { frame, out: &mut out, ip_missing: 0 };
    let first = decoder.link(link);
    decoder.run(first);
    out
}

/// Goes on behind the IP header of a fragmented datagram: `first` is what [`decode`] said of its first fragment, `payload` is the
/// reassembled payload (without any IP header). Link layers, tunnels and addresses are taken over from `first`.
///
/// The datagram is taken as it is where `first` carries no IP header.
#[must_use]
pub fn decode_ip<'a>(first: &Decoded<'_>, payload: &'a [u8]) -> Decoded<'a> {
    let mut out = first.with_payload(payload);
    let Net::Ip(ip) = &mut out.net else { return out };
    ip.fragment = None;
    ip.len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let (v6, protocol) = (ip.is_v6(), ip.protocol);
    let next = if v6 { Next::Ext(protocol, payload) } else { Next::Proto(protocol, payload) };
    Decoder { frame: payload, out: &mut out, ip_missing: 0 }.run(Ok(next));
    out
}

/// What comes next, with the bytes from there on.
enum Next<'a> {
    Ethernet(&'a [u8]),
    /// An EtherType (or an 802.3 length) was read.
    Type(u16, &'a [u8]),
    Llc(&'a [u8]),
    Radiotap(&'a [u8]),
    Ieee80211(&'a [u8]),
    /// PPP, and the EtherType to give the packet where it carries no network packet.
    Ppp(u16, &'a [u8]),
    /// IP of the version that the first nibble says.
    RawIp(&'a [u8]),
    /// A protocol number in an IPv6 packet: extension headers may follow.
    Ext(u8, &'a [u8]),
    /// A protocol number of IP.
    Proto(u8, &'a [u8]),
    Done,
}

/// A header that could not be read: which, where it starts, why.
type Bad<'a> = (Layer, &'a [u8], Malformed);
type Step<'a> = Result<Next<'a>, Bad<'a>>;

struct Decoder<'a, 'o> {
    frame: &'a [u8],
    /// Written in place: moving a `Decoded` around costs as much as decoding.
    out: &'o mut Decoded<'a>,
    /// Bytes that the innermost IP header claims and the capture lacks.
    ip_missing: usize,
}

/// Adds layer and place to the error of a view.
fn bad<'a, T>(layer: Layer, bytes: &'a [u8], view: Result<T, Malformed>) -> Result<T, Bad<'a>> {
    view.map_err(|why| (layer, bytes, why))
}

impl<'a> Decoder<'a, '_> {
    fn run(&mut self, first: Step<'a>) {
        let mut step = first;
        let mut at = self.frame;
        for _ in 0..MAX_STEPS {
            step = match step {
                Ok(Next::Done) => return,
                Ok(Next::Ethernet(bytes)) => self.ethernet(bytes),
                Ok(Next::Type(ethertype, bytes)) => {
                    at = bytes;
                    self.ethertype(ethertype, bytes)
                }
                Ok(Next::Ext(protocol, bytes)) => self.ipv6_extension(protocol, bytes),
                Ok(Next::Proto(protocol, bytes)) => {
                    at = bytes;
                    self.protocol(protocol, bytes)
                }
                Ok(Next::Llc(bytes)) => self.llc(bytes),
                Ok(Next::Radiotap(bytes)) => self.radiotap(bytes),
                Ok(Next::Ieee80211(bytes)) => self.ieee80211(bytes),
                Ok(Next::Ppp(ethertype, bytes)) => self.ppp(ethertype, bytes),
                Ok(Next::RawIp(bytes)) => self.raw_ip(bytes),
                Err(bad) => {
                    self.stop(bad);
                    return;
                }
            };
        }
        if !matches!(step, Ok(Next::Done)) {
            let bad = step.err().unwrap_or((Layer::Link, at, Malformed::TooDeep));
            self.stop(bad);
        }
    }

    /// Place of `bytes`, a part of the frame, in it.
    #[inline]
    fn offset(&self, bytes: &[u8]) -> usize {
        bytes.as_ptr().addr().saturating_sub(self.frame.as_ptr().addr()).min(self.frame.len())
    }

    fn stop(&mut self, (layer, bytes, why): Bad<'a>) {
        self.out.stop = Some(Stop { layer, offset: self.offset(bytes), why });
        if matches!(self.out.net, Net::None) {
            self.payload(bytes, 0);
        }
    }

    #[inline]
    fn payload(&mut self, bytes: &'a [u8], missing: usize) {
        self.out.payload = bytes;
        self.out.payload_at = self.offset(bytes);
        self.out.missing = missing;
    }

    /// A further network header inside: the one before becomes an outer one.
    #[inline]
    fn net(&mut self, net: Net) {
        if let Net::Ip(ip) = self.out.net {
            self.out.outer_ips.push(IpPair { src: ip.src, dst: ip.dst, protocol: ip.protocol });
            self.out.transport = Transport::None;
        }
        self.out.net = net;
    }

    /// A network header that is none of IP: decoding ends.
    fn ends_with(&mut self, net: Net, payload: &'a [u8]) -> Step<'a> {
        self.net(net);
        self.payload(payload, 0);
        Ok(Next::Done)
    }

    // ---- link layers ----------------------------------------------------------------------------------------------------------------

    fn link(&mut self, link: LinkType) -> Step<'a> {
        let frame = self.frame;
        let link_view = |why| (Layer::Link, frame, why);
        if !matches!(link, LinkType::ETHERNET) {
            self.out.layers.add(Layer::Link);
        }
        Ok(match link {
            LinkType::ETHERNET => Next::Ethernet(frame),
            LinkType::RAW | LinkType::RAW_BSDOS | LinkType::RAW_OPENBSD => Next::RawIp(frame),
            LinkType::IPV4 => Next::Type(ether::IPV4, frame),
            LinkType::IPV6 => Next::Type(ether::IPV6, frame),
            LinkType::MPLS => Next::Type(ether::MPLS, frame),
            LinkType::NULL | LinkType::LOOP => {
                let view = NullLoop::parse(frame).map_err(link_view)?;
                Next::Type(view.ethertype().ok_or_else(|| link_view(Malformed::BadValue))?, view.payload())
            }
            LinkType::SLL => {
                let view = Sll::parse(frame).map_err(link_view)?;
                self.out.cooked_src = view.source();
                Self::cooked(view.arphrd(), view.protocol(), view.payload())
            }
            LinkType::SLL2 => {
                let view = Sll2::parse(frame).map_err(link_view)?;
                self.out.cooked_src = view.source();
                Self::cooked(view.arphrd(), view.protocol(), view.payload())
            }
            LinkType::PPP | LinkType::PPP_HDLC => Next::Ppp(ether::PPP, frame),
            LinkType::PPP_ETHER => Next::Type(ether::PPPOE_SESSION, frame),
            LinkType::C_HDLC => {
                // Address and control (0x0f or 0x8f, 0), then an EtherType.
                let (head, rest) = read::head::<4>(frame).map_err(link_view)?;
                Next::Type(be16!(head, 2), rest)
            }
            LinkType::IEEE802_11 => Next::Ieee80211(frame),
            LinkType::RADIOTAP => Next::Radiotap(frame),
            LinkType::FRAME_RELAY => {
                let view = FrameRelay::parse(frame).map_err(link_view)?;
                Next::Type(view.ethertype(), view.payload())
            }
            LinkType::NFLOG => {
                let view = Nflog::parse(frame).map_err(link_view)?;
                match view.family() {
                    2 => Next::Type(ether::IPV4, view.payload()),
                    10 => Next::Type(ether::IPV6, view.payload()),
                    _ => Next::RawIp(view.payload()),
                }
            }
            // Preamble and start delimiter, eight bytes.
            LinkType::MPACKET => Next::Ethernet(read::split(frame, 8).map_err(link_view)?.1),
            LinkType(other) => return Err((Layer::Link, frame, Malformed::UnknownLink(other))),
        })
    }

    /// What a Linux cooked header announces.
    fn cooked(arphrd: u16, protocol: u16, rest: &'a [u8]) -> Next<'a> {
        match (arphrd, protocol) {
            // ARPHRD_IEEE80211 and its variant with radiotap.
            (801, _) => Next::Ieee80211(rest),
            (803, _) => Next::Radiotap(rest),
            // ETH_P_802_2: LLC follows.
            (_, 4) => Next::Llc(rest),
            _ => Next::Type(protocol, rest),
        }
    }

    /// Takes the addresses of a further Ethernet header.
    #[inline]
    fn macs(&mut self, src: [u8; 6], dst: [u8; 6], ethertype: u16) {
        if let Some(outer) = self.out.ether.replace(Ether { macs: MacPair { src, dst }, ethertype }) {
            self.out.outer_macs.push(outer.macs);
        }
    }

    #[inline]
    fn ethernet(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Ethernet, bytes, Ethernet::parse(bytes))?;
        self.out.layers.add(Layer::Ethernet);
        self.macs(view.src(), view.dst(), view.ethertype());
        Ok(Next::Type(view.ethertype(), view.payload()))
    }

    fn radiotap(&mut self, bytes: &'a [u8]) -> Step<'a> {
        Ok(Next::Ieee80211(bad(Layer::Ieee80211, bytes, Radiotap::parse(bytes))?.payload()))
    }

    fn ieee80211(&mut self, bytes: &'a [u8]) -> Step<'a> {
        self.out.layers.add(Layer::Ieee80211);
        // Control frames (type 1) have a shorter header and carry nothing.
        if bytes.first().is_some_and(|b| (b >> 2) & 3 == 1) {
            return Ok(Next::Done);
        }
        let view = bad(Layer::Ieee80211, bytes, Ieee80211::parse(bytes))?;
        self.macs(view.src(), view.dst(), 0);
        self.payload(view.payload(), 0);
        Ok(if view.is_clear_data() { Next::Llc(view.payload()) } else { Next::Done })
    }

    fn llc(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Llc, bytes, Llc::parse(bytes))?;
        self.out.layers.add(Layer::Llc);
        let snap = view.snap();
        if snap.is_none() && (view.dsap(), view.ssap(), view.control()) == (Llc::SNAP, Llc::SNAP, 3) {
            let have = view.payload().len();
            return Err((Layer::Llc, bytes, Malformed::Truncated { need: 5, have }));
        }
        if let Some((ethertype, snap)) = snap.and_then(|s| s.ethertype().map(|e| (e, s))) {
            if let Some(ether) = &mut self.out.ether {
                ether.ethertype = ethertype;
            }
            return Ok(Next::Type(ethertype, snap.payload()));
        }
        let net =
            Net::Llc { dsap: view.dsap(), ssap: view.ssap(), snap: snap.map(|s| (s.oui(), s.protocol())) };
        self.ends_with(net, snap.map_or(view.payload(), |s| s.payload()))
    }

    fn ppp(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Ppp, bytes, Ppp::parse(bytes))?;
        self.out.layers.add(Layer::Ppp);
        Ok(match view.protocol() {
            Ppp::IPV4 => Next::Type(ether::IPV4, view.payload()),
            Ppp::IPV6 => Next::Type(ether::IPV6, view.payload()),
            Ppp::MPLS => Next::Type(ether::MPLS, view.payload()),
            // Link control, authentication, compressed data: a session of the link.
            _ => return self.ends_with(Net::Ether { ethertype }, bytes),
        })
    }

    #[inline]
    fn ethertype(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
        let is_tag = matches!(
            ethertype,
            ether::DOT1Q
                | ether::DOT1AD
                | ether::QINQ_9100
                | ether::QINQ_9200
                | ether::QINQ_9300
                | ether::CISCO_METADATA
                | ether::VNTAG
        );
        if !is_tag && self.out.ethertype == 0 {
            self.out.ethertype = ethertype;
        }
        match ethertype {
            ether::IPV4 => self.ipv4(bytes),
            ether::IPV6 => self.ipv6(bytes),
            ether::DOT1Q | ether::DOT1AD | ether::QINQ_9100 | ether::QINQ_9200 | ether::QINQ_9300 => {
                let view = bad(Layer::Vlan, bytes, Vlan::parse(bytes))?;
                self.out.layers.add(Layer::Vlan);
                self.out.vlans.push(VlanTag { tpid: ethertype, id: view.id() });
                Ok(self.after_tag(view.ethertype(), view.payload()))
            }
            ether::MPLS | ether::MPLS_MULTICAST => self.mpls(ethertype, bytes),
            ether::PPPOE_SESSION => self.pppoe(bytes),
            ether::PPP => Ok(Next::Ppp(ethertype, bytes)),
            ether::TEB => Ok(Next::Ethernet(bytes)),
            ether::LLC => Ok(Next::Llc(bytes)),
            ether::NSH => self.nsh(bytes),
            ether::CISCO_METADATA => {
                let view = bad(Layer::Cisco, bytes, Cmd::parse(bytes))?;
                self.out.layers.add(Layer::Cisco);
                Ok(self.after_tag(view.ethertype(), view.payload()))
            }
            ether::VNTAG => {
                let view = bad(Layer::Cisco, bytes, Vntag::parse(bytes))?;
                self.out.layers.add(Layer::Cisco);
                Ok(self.after_tag(view.ethertype(), view.payload()))
            }
            ether::PBB => {
                // Four bytes of priority and service id, then the customer's Ethernet header.
                let inner = bad(Layer::Pbb, bytes, read::split(bytes, 4))?.1;
                self.out.layers.add(Layer::Pbb);
                Ok(Next::Ethernet(inner))
            }
            // Linux: a frame that begins with its 802.3 length and has no LLC is Novell's raw IPX; `ff ff` parses as LLC.
            length if length < ether::MIN => Ok(Next::Llc(read::clip(bytes, usize::from(length)))),
            other => {
                if matches!(other, ether::ARP | ether::RARP) {
                    self.out.layers.add(Layer::Arp);
                }
                self.ends_with(Net::Ether { ethertype: other }, bytes)
            }
        }
    }

    /// The EtherType behind a tag is the one that counts.
    #[inline]
    fn after_tag(&mut self, ethertype: u16, rest: &'a [u8]) -> Next<'a> {
        if let Some(ether) = &mut self.out.ether {
            ether.ethertype = ethertype;
        }
        Next::Type(ethertype, rest)
    }

    fn mpls(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
        self.out.layers.add(Layer::Mpls);
        let mut rest = bytes;
        loop {
            let label = bad(Layer::Mpls, rest, MplsLabel::parse(rest))?;
            self.out.labels.push(label.label());
            rest = label.payload();
            if label.is_bottom() {
                break;
            }
        }
        // The label does not say what it carries; the first nibble does (RFC 4385, RFC 4928).
        match rest {
            [] => Err((Layer::Mpls, rest, Malformed::Truncated { need: 1, have: 0 })),
            [first, ..] if first >> 4 == 4 || first >> 4 == 6 => Ok(Next::RawIp(rest)),
            // A pseudowire control word before an Ethernet frame.
            [first, _, _, _, frame @ ..] if first >> 4 == 0 && frame.len() >= 14 => Ok(Next::Ethernet(frame)),
            _ => self.ends_with(Net::Ether { ethertype }, rest),
        }
    }

    fn pppoe(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Pppoe, bytes, Pppoe::parse(bytes))?;
        self.out.layers.add(Layer::Pppoe);
        self.out.pppoe = Some(view.session_id());
        if view.code() != 0 {
            return self.ends_with(Net::Ether { ethertype: ether::PPPOE_SESSION }, view.payload());
        }
        Ok(Next::Ppp(ether::PPPOE_SESSION, view.payload()))
    }

    fn nsh(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Nsh, bytes, Nsh::parse(bytes))?;
        self.out.layers.add(Layer::Nsh);
        Ok(match view.next() {
            Nsh::IPV4 => Next::Type(ether::IPV4, view.payload()),
            Nsh::IPV6 => Next::Type(ether::IPV6, view.payload()),
            Nsh::ETHERNET => Next::Ethernet(view.payload()),
            Nsh::MPLS => Next::Type(ether::MPLS, view.payload()),
            _ => return self.ends_with(Net::Ether { ethertype: ether::NSH }, view.payload()),
        })
    }

    // ---- IP ---------------------------------------------------------------------------------------------------------------------------

    fn raw_ip(&mut self, bytes: &'a [u8]) -> Step<'a> {
        match bytes.first().map(|b| b >> 4) {
            Some(6) => Ok(Next::Type(ether::IPV6, bytes)),
            // Anything else is reported as an IPv4 header with a wrong version.
            _ => Ok(Next::Type(ether::IPV4, bytes)),
        }
    }

    #[inline]
    fn ipv4(&mut self, bytes: &'a [u8]) -> Step<'a> {
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
    fn ipv6(&mut self, bytes: &'a [u8]) -> Step<'a> {
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
    fn ipv6_extension(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
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
    fn protocol(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
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

    fn other(&mut self, protocol: u8, bytes: &'a [u8]) -> Step<'a> {
        self.out.transport = Transport::Other(protocol);
        self.payload(bytes, self.ip_missing);
        Ok(Next::Done)
    }

    fn icmp(&mut self, bytes: &'a [u8], transport: fn(Icmp<'a>) -> Transport<'a>) -> Step<'a> {
        let view = bad(Layer::Icmp, bytes, Icmp::parse(bytes))?;
        self.out.layers.add(Layer::Icmp);
        self.out.transport = transport(view);
        self.payload(bytes, self.ip_missing);
        Ok(Next::Done)
    }

    #[inline]
    fn udp(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Udp, bytes, Udp::parse(bytes))?;
        self.out.layers.add(Layer::Udp);
        self.out.transport = Transport::Udp(view);
        // A UDP length beyond the IP payload is the sender's error, not a cut of the capture.
        self.payload(view.payload(), view.missing().min(self.ip_missing));
        Ok(self.udp_tunnel(view).unwrap_or(Next::Done))
    }

    /// The tunnels that UDP ports announce. `None` where the bytes are not what the port promises: then it is plain UDP, not an error.
    #[inline]
    fn udp_tunnel(&mut self, udp: Udp<'a>) -> Option<Next<'a>> {
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

    fn gre(&mut self, bytes: &'a [u8]) -> Step<'a> {
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
