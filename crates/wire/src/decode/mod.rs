//! One captured frame → [`Decoded`]: a loop over the headers, from the outside in.

mod link;
mod network;

use crate::decoded::{Decoded, IpPair, Net, Stop, Transport};
use crate::{Layer, LinkType, Malformed};

/// Headers that one frame may have inside each other. Real frames stay below a dozen; what goes further is an attack on the decoder.
pub const MAX_STEPS: usize = 32;

/// Decodes a captured frame: peels link layers and tunnels off until the innermost transport header.
///
/// Never fails as a whole: what was understood is in the result, and [`Decoded::stop`] says where it ended early. A fragment of an IP
/// datagram ends at [`Net::Ip`] with [`crate::Ip::fragment`] set; hand the reassembled payload to [`decode_ip`].
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
}
