//! Live capture on Linux: an AF_PACKET socket with a TPACKET_V3 ring that kernel and process share.
//!
//! The kernel fills blocks of the ring and hands over each block when it is full or after a time-out. Packets are given from the ring
//! itself; a block goes back when its last packet was given.

mod fanout;
mod ring;
mod sizing;
mod socket;
mod timestamps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use wire::LinkType;

use crate::notes::Notes;
use crate::{Error, Instruction, Packet, PacketSource, Statistics, Status, Stop, ifreq};
use fanout::Group;
use ring::{Frame, Ring};
use sizing::Plan;
use socket::{Socket, Waited};

/// How to capture.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the interface is asked for packets to other hosts too (promiscuous mode).
    pub promiscuous: bool,
    /// Memory of the rings of all workers together, bytes. `None`: from memory, link speed and workers.
    pub ring_bytes: Option<u64>,
    /// Bytes of a block of a ring; rounded up to a power of two, 64 KiB to 1 GiB. `None`: 1 MiB, less in small rings.
    pub block_size: Option<u32>,
    /// Milliseconds after which the kernel hands over a block that is not full, at most 100. `None`: from link speed.
    pub block_timeout_ms: Option<u32>,
    /// Longest captured length, bytes.
    pub snap_len: u32,
    /// Filter that runs in the kernel, for frames of the interface's link type; empty: every packet. See [`AfPacket::cooked_filter`].
    /// It sees frames without their outermost VLAN tag, which the kernel holds beside the frame.
    pub filter: Vec<Instruction>,
    /// Timestamps of the network card, where it has them and its clock agrees with the system's.
    pub hardware_timestamps: bool,
    /// Whether an interface that was removed is waited for and opened again. Else its end is an error.
    pub reopen: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            promiscuous: true,
            ring_bytes: None,
            block_size: None,
            block_timeout_ms: None,
            snap_len: 262_144,
            filter: Vec::new(),
            hardware_timestamps: false,
            reopen: false,
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

fn link_of(hardware: u16) -> LinkType {
    match hardware {
        ETHER | LOOPBACK => LinkType::ETHERNET,
        IEEE80211 => LinkType::IEEE802_11,
        RADIOTAP => LinkType::RADIOTAP,
        NONE | RAWIP => LinkType::RAW,
        _ => LinkType::SLL,
    }
}

/// sockaddr_ll: a packet that this host sends.
const OUTGOING: u8 = 4;
/// TP_STATUS bits: the kernel took a VLAN tag off; it says which EtherType the tag had.
const VLAN_VALID: u32 = libc::TP_STATUS_VLAN_VALID;
const VLAN_TPID_VALID: u32 = libc::TP_STATUS_VLAN_TPID_VALID;

/// Time between two looks for an interface that is gone.
const LOOK: Duration = Duration::from_millis(100);

/// One worker's share of one interface of this machine.
///
/// The interface may go down and up at any time; that costs nothing but the packets of that time. One that is removed is, by
/// [`Config::reopen`], an error that names it, or waited for.
pub struct AfPacket {
    name: String,
    config: Config,
    workers: usize,
    group: Option<Arc<Group>>,
    /// `None` while the interface is gone.
    opened: Option<Opened>,
    link: LinkType,
    hardware: u16,
    statistics: Statistics,
    notes: Notes,
    /// What was left in the ring is given until then: the interface is gone, or the stop flag was set.
    ends: Option<Instant>,
    ended: bool,
    /// What the network card had missed when this source was opened; `None` where another source of the interface counts it.
    missed_before: Option<i64>,
    stop: Stop,
}

struct Opened {
    // Dropped in this order: the mapping before the socket that it is of.
    ring: Ring,
    socket: Socket,
    plan: Plan,
    timestamps: Option<String>,
}

impl Opened {
    fn new(
        interface: &str,
        config: &Config,
        workers: usize,
        group: Option<&Group>,
    ) -> Result<(Self, LinkType, u16), Error> {
        let (index, hardware) = ifreq::interface(interface)?;
        let link = link_of(hardware);
        let socket = Socket::new(interface, index, link == LinkType::SLL)?;
        // What comes in before everything is in place would come to the wrong worker, or unfiltered.
        socket.refuse_all()?;
        let speed = crate::interfaces::speed(interface);
        let mut plan = sizing::plan(sizing::available_memory(), workers, speed, config.ring_bytes);
        if let Some(size) = config.block_size {
            let bytes = plan.bytes();
            plan.block_size = size.clamp(64 << 10, 1 << 30).next_power_of_two();
            plan.blocks = (bytes / u64::from(plan.block_size)).clamp(2, 65_536) as u32;
        }
        if let Some(timeout) = config.block_timeout_ms {
            plan.timeout_ms = timeout.clamp(1, 100);
        }
        let (ring, plan) = socket.ring(plan)?;
        if config.promiscuous {
            socket.promiscuous()?;
        }
        let timestamps = config.hardware_timestamps.then(|| timestamps::enable(interface, &socket));
        socket.bind()?;
        if let Some(group) = group {
            group.join(&socket, index).map_err(|source| {
                let action = if ifreq::flags(interface).is_ok_and(|flags| flags & libc::IFF_UP == 0) {
                    "sharing it between workers (it is down; bring it up: ip link set DEVICE up)"
                } else {
                    "sharing it between workers (PACKET_FANOUT)"
                };
                Error::Interface { interface: interface.to_owned(), action, source }
            })?;
        }
        Ok((Self { ring, socket, plan, timestamps }, link, hardware))
    }

    /// Lets packets come.
    fn start(&self, config: &Config) -> Result<(), Error> {
        self.socket.filter(&config.filter, config.snap_len)
    }
}

impl AfPacket {
    /// Opens the interface and starts capturing.
    ///
    /// Interfaces that have no link header of their own kind in captures (tunnels, PPP) are captured "cooked": [`LinkType::SLL`].
    ///
    /// # Errors
    /// [`Error::NoInterface`] names the interfaces there are, [`Error::Privilege`] the command that gives the right to capture.
    pub fn open(interface: &str, config: &Config, stop: &Stop) -> Result<Self, Error> {
        let (opened, link, hardware) = Opened::new(interface, config, 1, None)?;
        opened.start(config)?;
        let mut source = Self::made(interface, config, 1, None, opened, link, hardware, stop);
        source.missed_before = source.missed();
        Ok(source)
    }

    /// Opens the interface for several workers: a source and a ring for each, joined by PACKET_FANOUT, so that every packet goes to one of
    /// them, both directions of a flow and all fragments of a datagram to the same.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_shared(
        interface: &str,
        config: &Config,
        workers: usize,
        stop: &Stop,
    ) -> Result<Vec<Self>, Error> {
        // The kernel's limit of a group is 256.
        let workers = workers.clamp(1, 256);
        if workers == 1 {
            return Self::open(interface, config, stop).map(|source| vec![source]);
        }
        let group = Arc::new(Group::default());
        let mut sources = Vec::new();
        for _ in 0..workers {
            let (opened, link, hardware) = Opened::new(interface, config, workers, Some(&group))?;
            let group = Some(Arc::clone(&group));
            sources.push(Self::made(interface, config, workers, group, opened, link, hardware, stop));
        }
        if let Some(first) = sources.first_mut() {
            first.missed_before = first.missed();
        }
        // All have joined: from here on each flow has its worker.
        for opened in sources.iter().filter_map(|source| source.opened.as_ref()) {
            opened.start(config)?;
        }
        Ok(sources)
    }

    #[allow(clippy::too_many_arguments)]
    fn made(
        interface: &str,
        config: &Config,
        workers: usize,
        group: Option<Arc<Group>>,
        opened: Opened,
        link: LinkType,
        hardware: u16,
        stop: &Stop,
    ) -> Self {
        Self {
            name: interface.to_owned(),
            config: config.clone(),
            workers,
            group,
            opened: Some(opened),
            link,
            hardware,
            statistics: Statistics::default(),
            notes: Notes::default(),
            ends: None,
            ended: false,
            missed_before: None,
            stop: stop.clone(),
        }
    }

    /// How the ring is made, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        let Some(Opened { plan, timestamps, .. }) = &self.opened else { return "gone".to_owned() };
        let timestamps = timestamps.as_deref().unwrap_or("timestamps of the kernel");
        format!(
            "AF_PACKET, {} worker{} with a ring of {:.0} MiB ({} blocks of {} KiB, handed over after {} ms), {timestamps}",
            self.workers,
            if self.workers == 1 { "" } else { "s" },
            plan.bytes() as f64 / f64::from(1 << 20),
            plan.blocks,
            plan.block_size >> 10,
            plan.timeout_ms
        )
    }

    /// Link type that the packets of an interface will have.
    pub(crate) fn link_of(interface: &str) -> Result<LinkType, Error> {
        ifreq::interface(interface).map(|(_, hardware)| link_of(hardware))
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

    /// Asks the kernel for its counters.
    fn count(&mut self) {
        if let Some(counted) = self.opened.as_ref().and_then(|opened| opened.socket.counted()) {
            self.statistics.received += counted.received;
            self.statistics.kernel_dropped += counted.dropped;
            self.statistics.ring_full += counted.ring_full;
        }
    }

    /// What the network card lost so far.
    fn missed(&self) -> Option<i64> {
        crate::interfaces::number(&self.name, "statistics/rx_missed_errors")
    }

    /// The interface is gone and all that was in the ring was given.
    fn lost(&mut self) -> Result<Status, Error> {
        self.count();
        self.opened = None;
        self.ends = None;
        if self.config.reopen {
            self.notes.add(format!("{} was removed; waiting for it to come back", self.name));
            return Ok(Status::Idle);
        }
        self.ended = true;
        Err(Error::removed(&self.name))
    }

    /// Looks whether the interface is back.
    fn look(&mut self) -> Status {
        std::thread::sleep(LOOK);
        match Opened::new(&self.name, &self.config, self.workers, self.group.as_deref()) {
            Ok((opened, link, hardware)) => match opened.start(&self.config) {
                Ok(()) => {
                    (self.opened, self.link, self.hardware) = (Some(opened), link, hardware);
                    self.statistics.reopened += 1;
                    self.notes.add(format!("{} is back", self.name));
                }
                Err(error) => self.notes.add(error.to_string()),
            },
            Err(Error::NoInterface { .. }) => {}
            Err(error) => self.notes.add(error.to_string()),
        }
        Status::Idle
    }

    /// Gives one frame of the ring, with what the kernel took off put back.
    #[inline]
    fn give(
        frame: &mut Frame<'_>,
        link: LinkType,
        hardware: u16,
        snap_len: u32,
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
        let bytes = bytes.get(..snap_len as usize).unwrap_or(bytes);
        statistics.packets += 1;
        statistics.bytes += bytes.len() as u64;
        each(&Packet { time: frame.time, bytes, original_len, link, interface: 0, at: 0, data_at: 0 });
    }
}

impl PacketSource for AfPacket {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        let stopped = self.stop.is_set();
        if self.ended || (stopped && self.opened.is_none()) {
            return Ok(Status::End);
        }
        let Some(opened) = &mut self.opened else { return Ok(self.look()) };
        if stopped && self.ends.is_none() {
            opened.socket.refuse_all()?;
            // The kernel hands the last block over within its time-out.
            let rest = Duration::from_millis(u64::from(opened.plan.timeout_ms) * 2);
            self.ends = Some(Instant::now() + rest);
        }
        if !opened.ring.is_ready() {
            let now = Instant::now();
            if self.ends.is_some_and(|ends| now >= ends) {
                if stopped {
                    self.count();
                    self.ended = true;
                    return Ok(Status::End);
                }
                return self.lost();
            }
            let wait = self.ends.map_or(LOOK, |ends| ends - now).min(LOOK);
            match opened.socket.wait(wait.as_millis() as i32 + 1)? {
                Waited::Done => {}
                // The error would come back at once.
                Waited::Down => std::thread::sleep(LOOK),
                Waited::Removed => {
                    let rest = Duration::from_millis(u64::from(opened.plan.timeout_ms) * 2);
                    self.ends.get_or_insert(now + rest);
                }
            }
            if !opened.ring.is_ready() {
                return Ok(Status::Idle);
            }
        }
        let (link, hardware, statistics) = (self.link, self.hardware, &mut self.statistics);
        let snap_len = self.config.snap_len;
        let damaged = opened
            .ring
            .take(limit.max(1), &mut |frame| Self::give(frame, link, hardware, snap_len, statistics, each));
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
        self.count();
        if let (Some(before), Some(now)) = (self.missed_before, self.missed()) {
            self.statistics.missed = self.statistics.missed.max(u64::try_from(now - before).unwrap_or(0));
        }
        self.statistics
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.notes.take()
    }
}
