//! Live capture on Linux: an AF_PACKET socket with a TPACKET_V3 ring that kernel and process share.
//!
//! The kernel fills blocks of the ring and hands over each block when it is full or after a time-out. Packets are given from the ring
//! itself; a block goes back when its last packet was given.

mod ring;
mod socket;

use wire::LinkType;

use crate::{Error, Packet, PacketSource, Statistics, Status, Stop};
use ring::{Frame, Ring};
use socket::Socket;

/// One instruction of classic BPF: what `tcpdump -dd` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Jump when true.
    pub jt: u8,
    /// Jump when false.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// How to capture.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the interface is asked for packets to other hosts too (promiscuous mode).
    pub promiscuous: bool,
    /// Bytes of a block of the ring; rounded up to a power of two, at least 64 KiB.
    pub block_size: u32,
    /// Blocks of the ring.
    pub blocks: u32,
    /// Milliseconds after which the kernel hands over a block that is not full.
    pub block_timeout_ms: u32,
    /// Longest captured length, bytes.
    pub snap_len: u32,
    /// Filter that runs in the kernel, for frames of the interface's link type; empty: every packet. See [`AfPacket::cooked_filter`].
    /// It sees frames without their outermost VLAN tag, which the kernel holds beside the frame.
    pub filter: Vec<Instruction>,
}

impl Default for Config {
    /// A ring of 64 MiB.
    fn default() -> Self {
        Self {
            promiscuous: true,
            block_size: 1 << 20,
            blocks: 64,
            block_timeout_ms: 20,
            snap_len: 262_144,
            filter: Vec::new(),
        }
    }
}

/// ARPHRD numbers of interfaces whose frames are given as they are.
const ETHER: u16 = 1;
const LOOPBACK: u16 = 772;
const IEEE80211: u16 = 801;
const RADIOTAP: u16 = 803;
const RAWIP: u16 = 519;
const NONE: u16 = 0xfffe;

/// sockaddr_ll: a packet that this host sends.
const OUTGOING: u8 = 4;
/// TP_STATUS bits: the kernel took a VLAN tag off; it says which EtherType the tag had.
const VLAN_VALID: u32 = libc::TP_STATUS_VLAN_VALID;
const VLAN_TPID_VALID: u32 = libc::TP_STATUS_VLAN_TPID_VALID;

/// One interface of this machine.
pub struct AfPacket {
    name: String,
    socket: Socket,
    ring: Ring,
    link: LinkType,
    hardware: u16,
    statistics: Statistics,
    stop: Stop,
}

impl AfPacket {
    /// Opens the interface and starts capturing.
    ///
    /// Interfaces that have no link header of their own kind in captures (tunnels, PPP) are captured "cooked": [`LinkType::SLL`].
    ///
    /// # Errors
    /// [`Error::NoInterface`] names the interfaces there are, [`Error::Privilege`] the command that gives the right to capture.
    pub fn open(interface: &str, config: &Config, stop: &Stop) -> Result<Self, Error> {
        let (index, hardware) = socket::interface(interface)?;
        let link = match hardware {
            ETHER | LOOPBACK => LinkType::ETHERNET,
            IEEE80211 => LinkType::IEEE802_11,
            RADIOTAP => LinkType::RADIOTAP,
            NONE | RAWIP => LinkType::RAW,
            _ => LinkType::SLL,
        };
        let socket = Socket::new(interface, index, link == LinkType::SLL)?;
        socket.filter(config)?;
        let ring = socket.ring(config)?;
        if config.promiscuous {
            socket.promiscuous()?;
        }
        // Bound last: nothing came in before the filter was in place.
        socket.bind()?;
        let name = interface.to_owned();
        Ok(Self { name, socket, ring, link, hardware, statistics: Statistics::default(), stop: stop.clone() })
    }

    /// Link type of all packets.
    #[must_use]
    pub fn link(&self) -> LinkType {
        self.link
    }

    /// Whether [`Config::filter`] sees packets without their link header (the filter of a cooked interface begins at the IP header).
    #[must_use]
    pub fn cooked_filter(&self) -> bool {
        self.link == LinkType::SLL
    }

    /// Gives one frame of the ring, with what the kernel took off put back.
    #[inline]
    fn give(
        frame: &mut Frame<'_>,
        link: LinkType,
        hardware: u16,
        statistics: &mut Statistics,
        each: &mut dyn FnMut(&Packet<'_>),
    ) {
        if hardware == LOOPBACK && frame.packet_type == OUTGOING {
            statistics.duplicates += 1;
            return;
        }
        let mut original_len = frame.original_len;
        if frame.status & VLAN_VALID != 0 && link == LinkType::ETHERNET {
            let tpid = if frame.status & VLAN_TPID_VALID != 0 { frame.vlan_tpid } else { wire::ether::DOT1Q };
            if frame.insert_vlan(tpid, frame.vlan_tci) {
                original_len = original_len.saturating_add(4);
            } else {
                statistics.malformed += 1;
            }
        } else if link == LinkType::SLL {
            if frame.prepend_cooked(hardware) {
                original_len = original_len.saturating_add(16);
            } else {
                statistics.malformed += 1;
                return;
            }
        }
        let bytes = frame.bytes();
        statistics.packets += 1;
        statistics.bytes += bytes.len() as u64;
        each(&Packet { time: frame.time, bytes, original_len, link, interface: 0, at: 0, data_at: 0 });
    }
}

impl PacketSource for AfPacket {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.stop.is_set() {
            return Ok(Status::End);
        }
        if !self.ring.is_ready() {
            self.socket.wait(100)?;
            if !self.ring.is_ready() {
                return Ok(Status::Idle);
            }
        }
        let (link, hardware, statistics) = (self.link, self.hardware, &mut self.statistics);
        let damaged =
            self.ring.take(limit.max(1), &mut |frame| Self::give(frame, link, hardware, statistics, each));
        self.statistics.malformed += damaged;
        Ok(Status::More)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn interface_name(&self, interface: u32) -> Option<&str> {
        (interface == 0).then_some(&*self.name)
    }

    fn statistics(&mut self) -> Statistics {
        if let Some((dropped, full)) = self.socket.statistics() {
            self.statistics.kernel_dropped += dropped;
            self.statistics.ring_full += full;
        }
        self.statistics
    }
}
