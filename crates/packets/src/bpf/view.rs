//! One frame as filters look at it: where its network header is and what type it has.

use wire::{Ieee80211, LinkType, Llc, MplsLabel, Nflog, NullLoop, Ppp, Radiotap, ether};

/// Where the type of the network header is.
#[derive(Clone, Copy, Debug)]
pub enum TypeAt {
    /// In the frame, at this offset.
    Offset(usize),
    /// Told by the link layer in another form; `None` where it carries no network packet.
    Known(Option<u16>),
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The captured bytes.
    pub frame: &'a [u8],
    /// Length on the wire.
    pub original: u32,
    /// Whether it starts with an Ethernet header.
    pub ethernet: bool,
    /// Where its type is.
    pub type_at: TypeAt,
    /// Where its network header starts.
    pub net: usize,
}

fn offset(frame: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(frame.as_ptr().addr()).min(frame.len())
}

/// IPv4 or IPv6 by the first nibble.
fn raw(bytes: &[u8]) -> Option<u16> {
    match bytes.first()? >> 4 {
        4 => Some(ether::IPV4),
        6 => Some(ether::IPV6),
        _ => None,
    }
}

impl<'a> View<'a> {
    pub fn new(link: LinkType, frame: &'a [u8], original: u32) -> Self {
        let ethernet = link == LinkType::ETHERNET;
        let (type_at, net) = match link {
            LinkType::ETHERNET => (TypeAt::Offset(12), 14),
            LinkType::SLL => (TypeAt::Offset(14), 16),
            LinkType::SLL2 => (TypeAt::Offset(0), 20),
            LinkType::RAW | LinkType::RAW_BSDOS | LinkType::RAW_OPENBSD => (TypeAt::Known(raw(frame)), 0),
            LinkType::IPV4 => (TypeAt::Known(Some(ether::IPV4)), 0),
            LinkType::IPV6 => (TypeAt::Known(Some(ether::IPV6)), 0),
            other => {
                let (ethertype, rest) = inner(other, frame).unzip();
                (TypeAt::Known(ethertype.flatten()), rest.map_or(frame.len(), |rest| offset(frame, rest)))
            }
        };
        Self { frame, original, ethernet, type_at, net }
    }

    /// One, two or four bytes, big-endian; `None` behind the captured bytes.
    pub fn load(&self, at: usize, size: u8) -> Option<u32> {
        let bytes = self.frame.get(at..at.checked_add(usize::from(size))?)?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }
}

/// Type and bytes of the packet inside the link layers whose header has no fixed length or no EtherType.
fn inner(link: LinkType, frame: &[u8]) -> Option<(Option<u16>, &[u8])> {
    let snap = |bytes| {
        let llc = Llc::parse(bytes).ok()?;
        let snap = llc.snap()?;
        Some((snap.ethertype(), snap.payload()))
    };
    match link {
        LinkType::NULL | LinkType::LOOP => {
            let header = NullLoop::parse(frame).ok()?;
            Some((header.ethertype(), header.payload()))
        }
        LinkType::PPP | LinkType::PPP_HDLC | LinkType::PPP_ETHER => {
            let header = Ppp::parse(frame).ok()?;
            let ethertype = match header.protocol() {
                0x0021 => Some(ether::IPV4),
                0x0057 => Some(ether::IPV6),
                _ => None,
            };
            Some((ethertype, header.payload()))
        }
        LinkType::C_HDLC => {
            let (head, rest) = frame.split_first_chunk::<4>()?;
            Some((Some(u16::from_be_bytes([head[2], head[3]])), rest))
        }
        LinkType::FRAME_RELAY => {
            let header = wire::FrameRelay::parse(frame).ok()?;
            Some((Some(header.ethertype()), header.payload()))
        }
        LinkType::IEEE802_11 => {
            snap(Ieee80211::parse(frame).ok().filter(Ieee80211::is_clear_data)?.payload())
        }
        LinkType::RADIOTAP => {
            let frame = Radiotap::parse(frame).ok()?.payload();
            snap(Ieee80211::parse(frame).ok().filter(Ieee80211::is_clear_data)?.payload())
        }
        LinkType::NFLOG => {
            let payload = Nflog::parse(frame).ok()?.payload();
            Some((raw(payload), payload))
        }
        LinkType::MPLS => {
            let mut rest = frame;
            loop {
                let label = MplsLabel::parse(rest).ok()?;
                rest = label.payload();
                if label.is_bottom() {
                    return Some((raw(rest), rest));
                }
            }
        }
        _ => None,
    }
}
