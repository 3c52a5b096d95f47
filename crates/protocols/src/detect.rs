//! Recognising protocols by port, by the first bytes of a side, or below IP by EtherType and IP protocol.

use crate::{ALL, Dir, Protocol, signatures};

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A TCP stream (or an SCTP stream).
    Tcp,
    /// UDP datagrams.
    Udp,
    /// SCTP user data.
    Sctp,
    /// The payload of another IP protocol (ICMP is 1, IGMP is 2, ICMPv6 is 58 …), from its header on.
    Ip(u8),
    /// The payload of an Ethernet frame with this EtherType.
    Ether(u16),
}

/// One way of recognising a protocol. Bytes are the first that a side sends (a prefix of the stream, a datagram).
#[derive(Clone, Copy)]
pub enum Detect {
    /// Either side uses this TCP port.
    TcpPort(u16),
    /// Either side uses this UDP port.
    UdpPort(u16),
    /// TCP data of either side has these bytes at this offset.
    Tcp(usize, &'static [u8]),
    /// A UDP datagram of either side has these bytes at this offset.
    Udp(usize, &'static [u8]),
    /// A function looks at the first TCP data of a side.
    TcpLook(fn(&[u8], Dir) -> bool),
    /// A function looks at the first datagram of a side.
    UdpLook(fn(&[u8], Dir) -> bool),
    /// A function looks at the first TCP data of a side and at both ports, `[src, dst]`.
    TcpSign(fn(&[u8], Dir, [u16; 2]) -> bool),
    /// A function looks at the first datagram of a side and at both ports, `[src, dst]`.
    UdpSign(fn(&[u8], Dir, [u16; 2]) -> bool),
    /// SCTP user data, looked at by a function with the payload protocol identifier left out.
    SctpLook(fn(&[u8], Dir) -> bool),
    /// Every session of this IP protocol.
    Ip(u8),
    /// Every session of this EtherType.
    Ether(u16),
}

/// Finds the protocols of a session's first bytes. Built once; tables by first byte and by port keep the cost of a
/// session that nobody knows low.
pub struct Detector {
    /// By transport (TCP, UDP): candidates whose pattern starts at offset 0, by first byte; then the others.
    by_first: [Vec<Vec<Candidate>>; 2],
    elsewhere: [Vec<Candidate>; 2],
    by_port: [Vec<(u16, &'static Protocol)>; 2],
    sctp: Vec<Candidate>,
    below: Vec<(Transport, &'static Protocol)>,
    signatures: signatures::Table,
}

#[derive(Clone, Copy)]
struct Candidate {
    how: Detect,
    protocol: &'static Protocol,
}

impl Candidate {
    fn meets(&self, bytes: &[u8], dir: Dir, ports: [u16; 2]) -> bool {
        match self.how {
            Detect::Tcp(at, want) | Detect::Udp(at, want) => {
                bytes.get(at..).is_some_and(|rest| rest.starts_with(want))
            }
            Detect::TcpLook(look) | Detect::UdpLook(look) | Detect::SctpLook(look) => look(bytes, dir),
            Detect::TcpSign(look) | Detect::UdpSign(look) => look(bytes, dir, ports),
            Detect::TcpPort(_) | Detect::UdpPort(_) | Detect::Ip(_) | Detect::Ether(_) => false,
        }
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new(ALL)
    }
}

impl Detector {
    /// A detector for these protocols and every signature.
    pub fn new(protocols: &[&'static Protocol]) -> Self {
        let mut table = Self {
            by_first: [vec![Vec::new(); 256], vec![Vec::new(); 256]],
            elsewhere: [Vec::new(), Vec::new()],
            by_port: [Vec::new(), Vec::new()],
            sctp: Vec::new(),
            below: Vec::new(),
            signatures: signatures::Table::new(),
        };
        for protocol in protocols.iter().copied() {
            for how in protocol.detect.iter().copied() {
                let one = Candidate { how, protocol };
                match how {
                    Detect::TcpPort(port) => table.by_port[0].push((port, protocol)),
                    Detect::UdpPort(port) => table.by_port[1].push((port, protocol)),
                    Detect::Tcp(0, want) => table.first(0, want, one),
                    Detect::Udp(0, want) => table.first(1, want, one),
                    Detect::Tcp(..) | Detect::TcpLook(_) | Detect::TcpSign(_) => table.elsewhere[0].push(one),
                    Detect::Udp(..) | Detect::UdpLook(_) | Detect::UdpSign(_) => table.elsewhere[1].push(one),
                    Detect::SctpLook(_) => table.sctp.push(one),
                    Detect::Ip(number) => table.below.push((Transport::Ip(number), protocol)),
                    Detect::Ether(number) => table.below.push((Transport::Ether(number), protocol)),
                }
            }
        }
        table
    }

    fn first(&mut self, transport: usize, want: &'static [u8], one: Candidate) {
        match want.first() {
            Some(&byte) => {
                if let Some(list) =
                    self.by_first.get_mut(transport).and_then(|t| t.get_mut(usize::from(byte)))
                {
                    list.push(one);
                }
            }
            None => debug_assert!(false, "an empty pattern matches everything"),
        }
    }

    /// Calls `found` for every protocol with a parser that the first bytes of a side may be, and `named` for every
    /// signature that they match.
    pub fn detect(
        &self,
        transport: Transport,
        ports: [u16; 2],
        dir: Dir,
        bytes: &[u8],
        found: &mut dyn FnMut(&'static Protocol),
        named: &mut dyn FnMut(&'static str),
    ) {
        let at = match transport {
            Transport::Tcp => 0,
            Transport::Udp => 1,
            Transport::Sctp => {
                self.sctp.iter().filter(|c| c.meets(bytes, dir, ports)).for_each(|c| found(c.protocol));
                self.signatures.detect(transport, ports, dir, bytes, named);
                return;
            }
            Transport::Ip(_) | Transport::Ether(_) => {
                self.below.iter().filter(|(t, _)| *t == transport).for_each(|(_, p)| found(p));
                return;
            }
        };
        let (Some(by_first), Some(elsewhere), Some(by_port)) =
            (self.by_first.get(at), self.elsewhere.get(at), self.by_port.get(at))
        else {
            return;
        };
        if let Some(list) = bytes.first().and_then(|byte| by_first.get(usize::from(*byte))) {
            list.iter().filter(|c| c.meets(bytes, dir, ports)).for_each(|c| found(c.protocol));
        }
        elsewhere.iter().filter(|c| c.meets(bytes, dir, ports)).for_each(|c| found(c.protocol));
        by_port.iter().filter(|(port, _)| ports.contains(port)).for_each(|(_, p)| found(p));
        self.signatures.detect(transport, ports, dir, bytes, named);
    }
}
