//! AF_XDP: an XDP program of our own hands packets over before the kernel makes anything of them.
//!
//! What it hands over is gone for the machine's own network stack. On a mirror port that is right, on an interface with addresses it would cut
//! the machine off: that needs an explicit choice.
//!
//! The kernel delivers each receive queue to a socket of its own. Which queue a packet comes in by is the network card's hash, which usually
//! differs by direction; one worker for all queues is therefore the default.
//!
//! Timestamps are taken when a batch is read. VLAN tags are in the frame, unless the network card takes them out (`rxvlan`): then they are
//! lost.

mod bpf;
mod program;
mod queue;

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wire::LinkType;

use crate::notes::Notes;
use crate::privileges::{self, Capability};
use crate::{Error, Filter, Packet, PacketSource, Statistics, Status, Stop, XdpMode, ethtool, ifreq};
use queue::Queue;

/// Memory for packets, all queues together, when nobody says.
const MEMORY: u64 = 64 << 20;
const LOOK: Duration = Duration::from_millis(100);
const FLAG_COPY: u16 = 1 << 1;
const FLAG_ZERO_COPY: u16 = 1 << 2;
const ATTACH_GENERIC: u32 = 1 << 1;
const ATTACH_DRIVER: u32 = 1 << 2;

/// How to capture.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) mode: XdpMode,
    pub(crate) workers: usize,
    pub(crate) promiscuous: bool,
    pub(crate) snap_len: u32,
    pub(crate) ring_bytes: Option<u64>,
    pub(crate) filter: Option<Filter>,
    pub(crate) reopen: bool,
}

/// What the workers of an interface share: the program is on it as long as this is.
struct Attached {
    link: Mutex<Option<OwnedFd>>,
    /// Promiscuous mode ends with this socket.
    _promiscuous: Option<OwnedFd>,
    _program: OwnedFd,
    _map: OwnedFd,
}

impl Attached {
    /// Takes the program off the interface.
    fn detach(&self) {
        drop(self.link.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

struct Opened {
    queues: Vec<Vec<Queue>>,
    attached: Arc<Attached>,
    index: i32,
    filter_in_kernel: bool,
    how: String,
}

/// One worker's queues of one interface.
pub(crate) struct AfXdp {
    name: String,
    config: Config,
    /// `None` while the interface is gone.
    opened: Option<(Vec<Queue>, Arc<Attached>)>,
    index: i32,
    alone: bool,
    statistics: Statistics,
    notes: Notes,
    ends: Option<Instant>,
    ended: bool,
    stop: Stop,
}

fn promiscuous(index: i32) -> Option<OwnedFd> {
    let fd = ifreq::socket(libc::AF_PACKET, libc::SOCK_RAW, 0).ok()?;
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    ifreq::set_option(&fd, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request).ok()?;
    Some(fd)
}

/// Opens the interface, in the best mode that works.
fn attach(interface: &str, config: &Config) -> Result<Opened, Error> {
    let failed =
        |why: String| Error::Unavailable { interface: interface.to_owned(), mechanism: "AF_XDP", why };
    let (index, hardware) = ifreq::interface(interface)?;
    if hardware != 1 && hardware != 772 {
        return Err(failed("it is no Ethernet interface".to_owned()));
    }
    let missing = privileges::missing(&[Capability::NetRaw, Capability::NetAdmin, Capability::Bpf]);
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let all = [Capability::NetRaw, Capability::NetAdmin, Capability::Bpf];
        return Err(failed(format!("the process lacks {}; {}", names.join(", "), privileges::remedy(&all))));
    }
    let queues = ethtool::receive_queues(interface).map_or(1, |size| size.now.clamp(1, 1024));
    let map = bpf::socket_map(queues).map_err(|error| failed(format!("making its map: {error}")))?;
    let wanted = config.filter.as_ref().and_then(|filter| filter.program(LinkType::ETHERNET));
    // A filter that the kernel's verifier does not take runs in this process.
    let with_filter = wanted.and_then(|filter| bpf::load(&program::redirect(&map, Some(filter))?).ok());
    let filter_in_kernel = with_filter.is_some();
    let program = match with_filter {
        Some(program) => program,
        None => {
            let ops = program::redirect(&map, None).ok_or_else(|| failed("its program".to_owned()))?;
            bpf::load(&ops).map_err(|error| failed(format!("loading its program: {error}")))?
        }
    };
    let modes: &[(&str, u32, u16)] = match config.mode {
        XdpMode::Auto => &[
            ("in the driver, zero-copy", ATTACH_DRIVER, FLAG_ZERO_COPY),
            ("in the driver, with a copy", ATTACH_DRIVER, FLAG_COPY),
            ("generic", ATTACH_GENERIC, FLAG_COPY),
        ],
        XdpMode::ZeroCopy => &[("in the driver, zero-copy", ATTACH_DRIVER, FLAG_ZERO_COPY)],
        XdpMode::Driver => &[("in the driver, with a copy", ATTACH_DRIVER, FLAG_COPY)],
        XdpMode::Generic => &[("generic", ATTACH_GENERIC, FLAG_COPY)],
    };
    let bytes = config.ring_bytes.unwrap_or(MEMORY) / u64::from(queues);
    let mut why_not = Vec::new();
    for (name, attach_flags, bind_flags) in modes {
        let result = (|| {
            let link = bpf::attach(&program, index, *attach_flags)
                .map_err(|error| format!("attaching the program: {error}"))?;
            let mut opened = Vec::new();
            for queue in 0..queues {
                let socket = Queue::open(index, queue, bytes, *bind_flags)
                    .map_err(|error| format!("opening queue {queue}: {error}"))?;
                bpf::put_socket(&map, queue, &socket.fd)
                    .map_err(|error| format!("joining queue {queue}: {error}"))?;
                opened.push(socket);
            }
            Ok::<_, String>((link, opened))
        })();
        match result {
            Ok((link, opened)) => {
                let workers = config.workers.clamp(1, opened.len());
                let mut shares: Vec<Vec<Queue>> = (0..workers).map(|_| Vec::new()).collect();
                for (number, queue) in opened.into_iter().enumerate() {
                    if let Some(share) = shares.get_mut(number % workers) {
                        share.push(queue);
                    }
                }
                let mut how = format!(
                    "AF_XDP {name}, {queues} queue{} for {workers} worker{}, {} MiB",
                    if queues == 1 { "" } else { "s" },
                    if workers == 1 { "" } else { "s" },
                    (bytes * u64::from(queues)) >> 20
                );
                if !why_not.is_empty() {
                    how += &format!(" (not {})", why_not.join("; not "));
                }
                let attached = Arc::new(Attached {
                    link: Mutex::new(Some(link)),
                    _promiscuous: if config.promiscuous { promiscuous(index) } else { None },
                    _program: program,
                    _map: map,
                });
                return Ok(Opened { queues: shares, attached, index, filter_in_kernel, how });
            }
            Err(why) => why_not.push(format!("{name}: {why}")),
        }
    }
    Err(failed(why_not.join("; ")))
}

impl AfXdp {
    /// Opens the interface: the workers' sources, how in words, and whether the filter runs in the kernel.
    pub(crate) fn open(
        interface: &str,
        config: &Config,
        stop: &Stop,
    ) -> Result<(Vec<Self>, String, bool), Error> {
        let Opened { queues, attached, index, filter_in_kernel, how } = attach(interface, config)?;
        let alone = queues.len() == 1;
        let sources = queues.into_iter().map(|queues| Self {
            name: interface.to_owned(),
            config: config.clone(),
            opened: Some((queues, attached.clone())),
            index,
            alone,
            statistics: Statistics::default(),
            notes: Notes::default(),
            ends: None,
            ended: false,
            stop: stop.clone(),
        });
        Ok((sources.collect(), how, filter_in_kernel))
    }

    fn count(&mut self) {
        for queue in self.opened.iter_mut().flat_map(|(queues, _)| queues) {
            let counted = queue.counted();
            self.statistics.kernel_dropped += counted.dropped + counted.ring_full;
            self.statistics.ring_full += counted.ring_full + counted.fill_empty;
            self.statistics.malformed += counted.invalid;
        }
    }

    /// The interface is gone and all that was in the rings was given.
    fn lost(&mut self) -> Result<Status, Error> {
        self.count();
        self.opened = None;
        if self.config.reopen && self.alone {
            self.notes.add(format!("{} was removed; waiting for it to come back", self.name));
            return Ok(Status::Idle);
        }
        self.ended = true;
        Err(Error::removed(&self.name))
    }

    fn look(&mut self) -> Status {
        std::thread::sleep(LOOK);
        match attach(&self.name, &self.config) {
            Ok(mut opened) => {
                self.index = opened.index;
                self.opened = opened.queues.pop().map(|queues| (queues, opened.attached));
                self.statistics.reopened += 1;
                self.notes.add(format!("{} is back: {}", self.name, opened.how));
            }
            Err(Error::NoInterface { .. }) => {}
            Err(error) => {
                self.notes.add(error.to_string());
            }
        }
        Status::Idle
    }
}

impl PacketSource for AfXdp {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        let stopped = self.stop.is_set();
        if self.ended || (stopped && self.opened.is_none()) {
            return Ok(Status::End);
        }
        let Some((queues, attached)) = &mut self.opened else { return Ok(self.look()) };
        if stopped && self.ends.is_none() {
            attached.detach();
            // What the kernel is about to hand over.
            self.ends = Some(Instant::now() + Duration::from_millis(20));
        }
        let statistics = &mut self.statistics;
        let snap_len = self.config.snap_len as usize;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = since.as_nanos() as i64;
        let mut left = limit.max(1);
        for queue in queues.iter_mut() {
            let (given, damaged) = queue.take(left, &mut |frame| {
                let bytes = frame.get(..snap_len).unwrap_or(frame);
                statistics.packets += 1;
                statistics.bytes += bytes.len() as u64;
                each(&Packet {
                    time,
                    bytes,
                    original_len: frame.len() as u32,
                    link: LinkType::ETHERNET,
                    interface: 0,
                    at: 0,
                    data_at: 0,
                });
            });
            statistics.malformed += damaged;
            left -= given;
            queue.wake();
            if left == 0 {
                break;
            }
        }
        if left < limit.max(1) {
            return Ok(Status::More);
        }
        if self.ends.is_some_and(|ends| Instant::now() >= ends) {
            self.count();
            self.ended = true;
            return Ok(Status::End);
        }
        if !ifreq::exists(self.index) {
            return self.lost();
        }
        let mut descriptors: Vec<libc::pollfd> = queues
            .iter()
            .map(|queue| libc::pollfd { fd: queue.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 })
            .collect();
        let ready = ifreq::poll(&mut descriptors, if self.ends.is_some() { 5 } else { 100 });
        if ready && descriptors.iter().all(|d| d.revents & libc::POLLIN == 0) {
            // An error alone would come back at once.
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Status::Idle)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn interface_name(&self, interface: u32) -> Option<&str> {
        (interface == 0).then_some(&*self.name)
    }

    fn statistics(&mut self) -> Statistics {
        self.count();
        let mut statistics = self.statistics;
        statistics.received = statistics.packets + statistics.kernel_dropped;
        statistics
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.notes.take()
    }
}
