//! The socket: every system call of the live source.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};

use super::ring::{HEADROOM, Ring};
use super::sizing::Plan;
use crate::ifreq::{self, check};
use crate::{Error, Instruction};

/// What waiting for packets came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Time is over or something came.
    Done,
    /// The interface is down; it may come up again.
    Down,
    /// The interface was removed; this socket receives nothing any more.
    Removed,
}

/// What the kernel counted since it was last asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// Packets for us, dropped ones included.
    pub received: u64,
    pub dropped: u64,
    pub ring_full: u64,
}

/// An AF_PACKET socket of one interface.
pub(super) struct Socket {
    fd: OwnedFd,
    interface: String,
    index: i32,
}

impl Socket {
    /// Opens a socket that receives nothing yet. `cooked`: without link headers.
    pub(super) fn new(interface: &str, index: i32, cooked: bool) -> Result<Self, Error> {
        let kind = if cooked { libc::SOCK_DGRAM } else { libc::SOCK_RAW };
        // Protocol 0: no packet is received before `bind`.
        let fd = ifreq::socket(libc::AF_PACKET, kind, 0).map_err(|source| {
            if source.kind() == io::ErrorKind::PermissionDenied {
                let program = std::env::current_exe().unwrap_or_else(|_| "hindsight".into());
                Error::Privilege { interface: interface.to_owned(), program }
            } else {
                Error::Interface {
                    interface: interface.to_owned(),
                    action: "opening a packet socket",
                    source,
                }
            }
        })?;
        Ok(Self { fd, interface: interface.to_owned(), index })
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> Error {
        let interface = self.interface.clone();
        move |source| Error::Interface { interface, action, source }
    }

    /// Sets one option. `T` is the plain C structure that the option takes.
    pub(super) fn set<T: Copy>(&self, level: i32, option: i32, value: &T) -> io::Result<()> {
        ifreq::set_option(&self.fd, level, option, value)
    }

    /// Reads one option. `T` is the plain C structure of integers that the option gives.
    pub(super) fn get<T: Copy>(&self, level: i32, option: i32, value: &mut T) -> io::Result<usize> {
        ifreq::get_option(&self.fd, level, option, value)
    }

    /// Sets an option that takes a program of classic BPF. The kernel checks and copies it during the call.
    pub(super) fn program(&self, level: i32, option: i32, program: &[Instruction]) -> io::Result<()> {
        let mut program: Vec<libc::sock_filter> =
            program.iter().map(|i| libc::sock_filter { code: i.code, jt: i.jt, jf: i.jf, k: i.k }).collect();
        let len = u16::try_from(program.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "more than 65535 instructions"))?;
        self.set(level, option, &libc::sock_fprog { len, filter: program.as_mut_ptr() })
    }

    /// Lets nothing pass from now on.
    pub(super) fn refuse_all(&self) -> Result<(), Error> {
        self.program(
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            &[Instruction { code: RET, jt: 0, jf: 0, k: 0 }],
        )
        .map_err(self.failed("attaching the filter"))
    }

    /// Attaches the filter, or one that only cuts to the snap length, in the place of the one before.
    pub(super) fn filter(&self, filter: &[Instruction], snap_len: u32) -> Result<(), Error> {
        let cut = [Instruction { code: RET, jt: 0, jf: 0, k: snap_len }];
        let program: &[Instruction] = if filter.is_empty() { &cut } else { filter };
        // A constant "accept" of tcpdump's own snap length becomes ours.
        let shorter =
            |i: &Instruction| Instruction { k: if i.code == RET { i.k.min(snap_len) } else { i.k }, ..*i };
        let program: Vec<Instruction> = program.iter().map(shorter).collect();
        self.program(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
            .map_err(self.failed("attaching the filter"))
    }

    /// Makes the ring and maps it. Where there is no memory for it, one of half the size, and so on.
    pub(super) fn ring(&self, mut plan: Plan) -> Result<(Ring, Plan), Error> {
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        self.set(libc::SOL_PACKET, libc::PACKET_VERSION, &version)
            .map_err(self.failed("asking for TPACKET_V3"))?;
        // Room before each packet, for the VLAN tag or cooked header that is put there.
        let reserve = HEADROOM as libc::c_uint;
        self.set(libc::SOL_PACKET, libc::PACKET_RESERVE, &reserve)
            .map_err(self.failed("reserving headroom in the ring"))?;
        loop {
            const FRAME: u32 = 2048;
            let request = libc::tpacket_req3 {
                tp_block_size: plan.block_size,
                tp_block_nr: plan.blocks,
                // In version 3 packets are packed; the frame size only has to divide the block size.
                tp_frame_size: FRAME,
                tp_frame_nr: (plan.bytes() / u64::from(FRAME)).try_into().unwrap_or(u32::MAX),
                tp_retire_blk_tov: plan.timeout_ms,
                tp_sizeof_priv: 0,
                tp_feature_req_word: 0,
            };
            match self.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request) {
                Ok(()) => break,
                Err(error) if error.raw_os_error() == Some(libc::ENOMEM) && plan.halved().is_some() => {
                    plan = plan.halved().unwrap_or(plan);
                }
                Err(error) => return Err(self.failed("making the ring (is there memory for it?)")(error)),
            }
        }
        let ring = Ring::map(&self.fd, plan.block_size as usize, plan.blocks as usize)
            .map_err(self.failed("mapping the ring"))?;
        Ok((ring, plan))
    }

    /// Asks the interface for packets to other hosts. Ends with the socket.
    pub(super) fn promiscuous(&self) -> Result<(), Error> {
        let request = libc::packet_mreq {
            mr_ifindex: self.index,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
            .map_err(self.failed("turning promiscuous mode on"))
    }

    /// Starts receiving everything on the interface.
    pub(super) fn bind(&self) -> Result<(), Error> {
        // SAFETY: an all-zero sockaddr_ll is a valid one.
        let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = self.index;
        let len = mem::size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: the kernel reads `len` bytes of the address, which lives through the call.
        let result = unsafe { libc::bind(self.fd.as_raw_fd(), (&raw const address).cast(), len) };
        check(result).map(|_| ()).map_err(self.failed("binding to it"))
    }

    /// Waits until the kernel handed over a block, at most so long.
    pub(super) fn wait(&self, timeout_ms: i32) -> Result<Waited, Error> {
        let mut descriptors = [libc::pollfd { fd: self.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 }];
        let ready = ifreq::poll(&mut descriptors, timeout_ms);
        let [poll] = descriptors;
        if !ready || poll.revents & libc::POLLERR == 0 {
            // Interrupted by a signal: the caller looks at its stop flag.
            return Ok(Waited::Done);
        }
        let mut error: libc::c_int = 0;
        // Reading the error also clears it.
        self.get(libc::SOL_SOCKET, libc::SO_ERROR, &mut error).map_err(self.failed("receiving"))?;
        match error {
            0 => Ok(Waited::Done),
            libc::ENETDOWN if ifreq::exists(self.index) => Ok(Waited::Down),
            libc::ENETDOWN => Ok(Waited::Removed),
            error => Err(self.failed("receiving")(io::Error::from_raw_os_error(error))),
        }
    }

    /// What was counted since the last call: the kernel sets its counters back when they are read.
    pub(super) fn counted(&self) -> Option<Counted> {
        // SAFETY: an all-zero structure of three integers.
        let mut stats: libc::tpacket_stats_v3 = unsafe { mem::zeroed() };
        self.get(libc::SOL_PACKET, libc::PACKET_STATISTICS, &mut stats).ok()?;
        Some(Counted {
            received: stats.tp_packets.into(),
            dropped: stats.tp_drops.into(),
            ring_full: stats.tp_freeze_q_cnt.into(),
        })
    }
}

const RET: u16 = 0x06;
