//! Protocols that are only named: one line each.

use crate::{Dir, Transport};

/// How a protocol without a parser is recognised.
#[derive(Clone, Copy)]
pub enum Sign {
    /// TCP data of either side starts so.
    Tcp(&'static [u8]),
    /// A UDP datagram of either side starts so.
    Udp(&'static [u8]),
    /// TCP data of either side, looked at by a function: bytes, side, ports `[src, dst]`.
    TcpLook(fn(&[u8], Dir, [u16; 2]) -> bool),
    /// A UDP datagram of either side, looked at by a function: bytes, side, ports `[src, dst]`.
    UdpLook(fn(&[u8], Dir, [u16; 2]) -> bool),
}

/// Name and sign of every such protocol.
pub static SIGNATURES: &[(&str, Sign)] = &[("bittorrent", Sign::Tcp(b"\x13BitTorrent protocol"))];

/// The signatures, by transport and first byte.
pub struct Table {
    first: [Vec<Vec<(&'static str, &'static [u8])>>; 2],
    look: [Vec<Looker>; 2],
}

type Looker = (&'static str, fn(&[u8], Dir, [u16; 2]) -> bool);

impl Table {
    /// The table of [`SIGNATURES`].
    pub fn new() -> Self {
        let mut table =
            Self { first: [vec![Vec::new(); 256], vec![Vec::new(); 256]], look: [Vec::new(), Vec::new()] };
        for (name, sign) in SIGNATURES {
            let (at, bytes) = match sign {
                Sign::Tcp(bytes) => (0, *bytes),
                Sign::Udp(bytes) => (1, *bytes),
                Sign::TcpLook(look) => {
                    table.look[0].push((name, *look));
                    continue;
                }
                Sign::UdpLook(look) => {
                    table.look[1].push((name, *look));
                    continue;
                }
            };
            if let Some(list) =
                bytes.first().and_then(|b| table.first.get_mut(at).and_then(|t| t.get_mut(usize::from(*b))))
            {
                list.push((name, bytes));
            }
        }
        table
    }

    /// Calls `named` for every signature that the first bytes of a side match.
    pub fn detect(
        &self,
        transport: Transport,
        ports: [u16; 2],
        dir: Dir,
        bytes: &[u8],
        named: &mut dyn FnMut(&'static str),
    ) {
        let at = match transport {
            Transport::Tcp => 0,
            Transport::Udp => 1,
            Transport::Sctp | Transport::Ip(_) | Transport::Ether(_) => return,
        };
        let (Some(first), Some(look)) = (self.first.get(at), self.look.get(at)) else { return };
        if let Some(list) = bytes.first().and_then(|byte| first.get(usize::from(*byte))) {
            list.iter().filter(|(_, want)| bytes.starts_with(want)).for_each(|(name, _)| named(name));
        }
        look.iter().filter(|(_, look)| look(bytes, dir, ports)).for_each(|(name, _)| named(name));
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}
