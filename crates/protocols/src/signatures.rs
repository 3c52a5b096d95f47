//! Protocols that are only named: one line each.

mod list;
pub(crate) mod look;

use crate::{Dir, Transport};
pub use list::SIGNATURES;

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

/// The signatures, by transport and first byte.
pub struct Table {
    first: [Vec<Vec<Start>>; 2],
    look: [Vec<Looker>; 2],
}

type Start = (&'static str, &'static [u8]);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(transport: Transport, ports: [u16; 2], bytes: &[u8]) -> Vec<&'static str> {
        let mut found = Vec::new();
        Table::new().detect(transport, ports, Dir::Src, bytes, &mut |name| found.push(name));
        found
    }

    /// First bytes as the protocols' own specifications show them.
    #[test]
    fn names_what_the_first_bytes_show() {
        let tcp: &[(&[u8], [u16; 2], &str)] = &[
            (b"\x13BitTorrent protocol\0\0\0\0", [5, 6], "bittorrent"),
            (b"\xff\xfd\x18\xff\xfd\x20", [5, 23], "telnet"),
            (b"*1\r\n$4\r\nPING\r\n", [5, 6379], "redis"),
            (b"RFB 003.008\n", [5900, 5], "vnc"),
        ];
        for (bytes, ports, want) in tcp {
            assert_eq!(names(Transport::Tcp, *ports, bytes), [*want]);
        }
        let mut wireguard = vec![1, 0, 0, 0];
        wireguard.extend([9; 144]);
        let udp: &[(&[u8], [u16; 2], &str)] = &[
            (&wireguard, [5, 51820], "wireguard"),
            (b"M-SEARCH * HTTP/1.1\r\n", [5, 1900], "ssdp"),
            (b"<34>Oct 11 22:14:15 mymachine su: hello", [5, 514], "syslog"),
        ];
        for (bytes, ports, want) in udp {
            assert_eq!(names(Transport::Udp, *ports, bytes), [*want]);
        }
    }

    #[test]
    fn does_not_name_what_only_looks_alike() {
        assert!(names(Transport::Tcp, [5, 21], b"USER anonymous\r\n").is_empty(), "FTP is not IRC");
        assert!(
            names(Transport::Tcp, [5, 6], b"\x05\x00\x0b\x03\x10\x00\x00\x00").iter().all(|n| *n != "socks")
        );
        assert!(names(Transport::Udp, [5, 6], b"").is_empty());
        for length in 0..80 {
            names(Transport::Tcp, [502, 88], &vec![0; length]);
            names(Transport::Udp, [123, 53], &vec![0xff; length]);
        }
    }
}
