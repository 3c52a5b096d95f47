//! Frames for tests: Ethernet and the other link layers, and the tunnels that carry frames.

use super::{Frame, Is, len16};
use crate::{Mac, ether, proto};

/// Byte order of a loopback header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Of a PC that captured with LINKTYPE_NULL.
    Little,
    /// Of LINKTYPE_LOOP.
    Network,
}

impl Frame {
    // ---- Ethernet and what is between it and IP -----------------------------------------------------------------------------------------

    /// Ethernet II, padded to the minimum of 60 bytes.
    #[must_use]
    pub fn ethernet(self, src: Mac, dst: Mac) -> Self {
        let mut head = dst.to_vec();
        head.extend(src);
        head.extend(self.announced().to_be_bytes());
        let mut out = self.wrap(head, Is::Ethernet);
        out.bytes.resize(out.bytes.len().max(60), 0);
        out
    }

    /// IEEE 802.3 with LLC: the payload follows `dsap`, `ssap` and control 3.
    #[must_use]
    pub fn llc(self, src: Mac, dst: Mac, dsap: u8, ssap: u8) -> Self {
        let mut head = dst.to_vec();
        head.extend(src);
        head.extend(len16(3 + self.bytes.len()));
        head.extend([dsap, ssap, 3]);
        let mut out = self.wrap(head, Is::Ethernet);
        out.bytes.resize(out.bytes.len().max(60), 0);
        out
    }

    /// An 802.1Q tag.
    #[must_use]
    pub fn vlan(self, id: u16) -> Self {
        self.tag(ether::DOT1Q, id)
    }

    /// A tag announced by `tpid`: `ether::DOT1AD` for the outer tag of QinQ.
    #[must_use]
    pub fn tag(self, tpid: u16, id: u16) -> Self {
        let mut head = id.to_be_bytes().to_vec();
        head.extend(self.announced().to_be_bytes());
        self.wrap(head, Is::Type(tpid))
    }

    /// One MPLS label; the first call makes the bottom of the stack.
    #[must_use]
    pub fn mpls(self, label: u32) -> Self {
        let bottom = u32::from(self.is != Is::Type(ether::MPLS));
        let head = ((label << 12) | (bottom << 8) | 64).to_be_bytes().to_vec();
        self.wrap(head, Is::Type(ether::MPLS))
    }

    /// PPP without the HDLC bytes.
    #[must_use]
    pub fn ppp(self) -> Self {
        let number = match self.is {
            Is::Type(ether::IPV4) => crate::Ppp::IPV4,
            Is::Type(ether::IPV6) => crate::Ppp::IPV6,
            Is::Type(ether::MPLS) => crate::Ppp::MPLS,
            Is::Type(_) | Is::Bytes | Is::Proto(_) | Is::Ethernet => 0xc021,
        };
        self.wrap(number.to_be_bytes().to_vec(), Is::Type(ether::PPP))
    }

    /// A PPPoE session frame.
    #[must_use]
    pub fn pppoe(self, session: u16) -> Self {
        let inner = self.ppp();
        let mut head = vec![0x11, 0];
        head.extend(session.to_be_bytes());
        head.extend(len16(inner.bytes.len()));
        inner.wrap(head, Is::Type(ether::PPPOE_SESSION))
    }

    /// A Network Service Header (metadata type 2, no context).
    #[must_use]
    pub fn nsh(self, path: u32) -> Self {
        let next = match self.is {
            Is::Type(ether::IPV6) => crate::Nsh::IPV6,
            Is::Type(ether::MPLS) => crate::Nsh::MPLS,
            Is::Ethernet => crate::Nsh::ETHERNET,
            Is::Type(_) | Is::Bytes | Is::Proto(_) => crate::Nsh::IPV4,
        };
        let mut head = vec![0x0f, 0xc2, 2, next];
        head.extend(((path << 8) | 255).to_be_bytes());
        self.wrap(head, Is::Type(ether::NSH))
    }

    // ---- tunnels over IP --------------------------------------------------------------------------------------------------------------

    /// GRE, with a key if there is one.
    #[must_use]
    pub fn gre(self, key: Option<u32>) -> Self {
        let mut head = vec![if key.is_some() { 0x20 } else { 0 }, 0];
        head.extend(self.announced().to_be_bytes());
        head.extend(key.into_iter().flat_map(u32::to_be_bytes));
        self.wrap(head, Is::Proto(proto::GRE))
    }

    /// ERSPAN inside GRE around an Ethernet frame; `kind` is 1, 2 or 3.
    #[must_use]
    pub fn erspan(self, kind: u8, session: u16) -> Self {
        let [session_high, session_low] = (session & 0x3ff).to_be_bytes();
        let head = match kind {
            1 => vec![0, 0, 0x88, 0xbe],
            2 => vec![0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, session_high, session_low, 0, 0, 0, 0],
            _ => vec![
                0x10,
                0,
                0x22,
                0xeb,
                0,
                0,
                0,
                1,
                0x20,
                0,
                session_high,
                session_low,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
            ],
        };
        self.wrap(head, Is::Proto(proto::GRE))
    }

    /// VXLAN over UDP to `port` (4789 by RFC 7348).
    #[must_use]
    pub fn vxlan(self, vni: u32, port: u16) -> Self {
        let mut head = vec![8, 0, 0, 0];
        head.extend((vni << 8).to_be_bytes());
        self.wrap(head, Is::Bytes).udp(49152, port)
    }

    /// GENEVE over UDP, with one option of eight bytes.
    #[must_use]
    pub fn geneve(self, vni: u32) -> Self {
        let mut head = vec![2, 0];
        head.extend(self.announced().to_be_bytes());
        head.extend((vni << 8).to_be_bytes());
        head.extend([1, 2, 3, 1, 0, 0, 0, 9]);
        self.wrap(head, Is::Bytes).udp(49152, crate::Geneve::PORT)
    }

    /// GTP-U over UDP with a sequence number and a PDU session extension header.
    #[must_use]
    pub fn gtpu(self, teid: u32) -> Self {
        let mut head = vec![0x36, crate::Gtpu::G_PDU];
        head.extend(len16(8 + self.bytes.len()));
        head.extend(teid.to_be_bytes());
        head.extend([0, 1, 0, 0x85, 1, 0, 9, 0]);
        self.wrap(head, Is::Bytes).udp(crate::Gtpu::PORT, crate::Gtpu::PORT)
    }

    /// EtherIP around an Ethernet frame.
    #[must_use]
    pub fn etherip(self) -> Self {
        self.wrap(vec![0x30, 0], Is::Proto(proto::ETHERIP))
    }

    // ---- other link layers ------------------------------------------------------------------------------------------------------------

    /// BSD loopback header, in little-endian (as LINKTYPE_NULL from a PC) or network byte order (LINKTYPE_LOOP).
    #[must_use]
    pub fn loopback(self, order: ByteOrder) -> Self {
        let family: u32 = if self.is == Is::Type(ether::IPV6) { 30 } else { 2 };
        let head = match order {
            ByteOrder::Little => family.to_le_bytes(),
            ByteOrder::Network => family.to_be_bytes(),
        };
        self.wrap(head.to_vec(), Is::Bytes)
    }

    /// Linux cooked capture, version 1.
    #[must_use]
    pub fn sll(self, src: Mac) -> Self {
        let mut head = vec![0, 0, 0, 1, 0, 6];
        head.extend(src);
        head.extend([0, 0]);
        head.extend(self.announced().to_be_bytes());
        self.wrap(head, Is::Bytes)
    }

    /// Linux cooked capture, version 2.
    #[must_use]
    pub fn sll2(self, src: Mac, interface: u32) -> Self {
        let mut head = self.announced().to_be_bytes().to_vec();
        head.extend([0, 0]);
        head.extend(interface.to_be_bytes());
        head.extend([0, 1, 0, 6]);
        head.extend(src);
        head.extend([0, 0]);
        self.wrap(head, Is::Bytes)
    }

    /// An 802.11 QoS data frame from a station to the distribution system, with LLC and SNAP.
    #[must_use]
    pub fn ieee80211(self, src: Mac, dst: Mac) -> Self {
        let mut head = vec![0x88, 1, 0, 0];
        head.extend([2, 0, 0, 0, 0, 1]); // the access point
        head.extend(src);
        head.extend(dst);
        head.extend([0, 0, 0, 0]);
        head.extend([0xaa, 0xaa, 3, 0, 0, 0]);
        head.extend(self.announced().to_be_bytes());
        self.wrap(head, Is::Bytes)
    }

    /// A radiotap header in front of an 802.11 frame, which gets four bytes of checksum at its end.
    #[must_use]
    pub fn radiotap(mut self) -> Self {
        self.bytes.extend([0xde, 0xad, 0xbe, 0xef]);
        // Present: TSFT and flags; the flags say that the checksum is there.
        self.wrap(vec![0, 0, 17, 0, 3, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10], Is::Bytes)
    }

    /// PPP with the HDLC address and control bytes.
    #[must_use]
    pub fn ppp_hdlc(self) -> Self {
        self.ppp().wrap(vec![0xff, 3], Is::Bytes)
    }

    /// Frame Relay (RFC 2427) with SNAP.
    #[must_use]
    pub fn frame_relay(self, dlci: u16) -> Self {
        let mut head = vec![((dlci >> 4) as u8) << 2, ((dlci & 0xf) as u8) << 4 | 1, 3, 0, 0x80, 0, 0, 0];
        head.extend(self.announced().to_be_bytes());
        self.wrap(head, Is::Bytes)
    }

    /// A netfilter log record with a prefix attribute before the packet.
    #[must_use]
    pub fn nflog(self) -> Self {
        let family = if self.is == Is::Type(ether::IPV6) { 10 } else { 2 };
        let mut head = vec![family, 0, 0, 1, 6, 0, 10, 0, b'x', 0, 0, 0];
        head.extend((u16::try_from(self.bytes.len() + 4).unwrap_or(u16::MAX)).to_le_bytes());
        head.extend([9, 0]);
        self.wrap(head, Is::Bytes)
    }
}
