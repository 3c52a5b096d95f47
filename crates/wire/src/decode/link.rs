//! Link layers, and what lies between them and IP: tags, labels, PPP.

use super::{Decoder, Next, Step, bad};
use crate::decoded::{Ether, MacPair, Net, VlanTag};
use crate::{
    Cmd, Ethernet, FrameRelay, Ieee80211, Layer, LinkType, Llc, Malformed, MplsLabel, Nflog, Nsh, NullLoop,
    Ppp, Pppoe, Radiotap, Sll, Sll2, Vlan, Vntag, ether, read,
};

impl<'a> Decoder<'a, '_> {
    pub(super) fn link(&mut self, link: LinkType) -> Step<'a> {
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
    pub(super) fn cooked(arphrd: u16, protocol: u16, rest: &'a [u8]) -> Next<'a> {
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
    pub(super) fn macs(&mut self, src: [u8; 6], dst: [u8; 6], ethertype: u16) {
        if let Some(outer) = self.out.ether.replace(Ether { macs: MacPair { src, dst }, ethertype }) {
            self.out.outer_macs.push(outer.macs);
        }
    }

    #[inline]
    pub(super) fn ethernet(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Ethernet, bytes, Ethernet::parse(bytes))?;
        self.out.layers.add(Layer::Ethernet);
        self.macs(view.src(), view.dst(), view.ethertype());
        Ok(Next::Type(view.ethertype(), view.payload()))
    }

    pub(super) fn radiotap(&mut self, bytes: &'a [u8]) -> Step<'a> {
        Ok(Next::Ieee80211(bad(Layer::Ieee80211, bytes, Radiotap::parse(bytes))?.payload()))
    }

    pub(super) fn ieee80211(&mut self, bytes: &'a [u8]) -> Step<'a> {
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

    pub(super) fn llc(&mut self, bytes: &'a [u8]) -> Step<'a> {
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

    pub(super) fn ppp(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
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
    pub(super) fn ethertype(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
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
    pub(super) fn after_tag(&mut self, ethertype: u16, rest: &'a [u8]) -> Next<'a> {
        if let Some(ether) = &mut self.out.ether {
            ether.ethertype = ethertype;
        }
        Next::Type(ethertype, rest)
    }

    pub(super) fn mpls(&mut self, ethertype: u16, bytes: &'a [u8]) -> Step<'a> {
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

    pub(super) fn pppoe(&mut self, bytes: &'a [u8]) -> Step<'a> {
        let view = bad(Layer::Pppoe, bytes, Pppoe::parse(bytes))?;
        self.out.layers.add(Layer::Pppoe);
        self.out.pppoe = Some(view.session_id());
        if view.code() != 0 {
            return self.ends_with(Net::Ether { ethertype: ether::PPPOE_SESSION }, view.payload());
        }
        Ok(Next::Ppp(ether::PPPOE_SESSION, view.payload()))
    }

    pub(super) fn nsh(&mut self, bytes: &'a [u8]) -> Step<'a> {
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
}
