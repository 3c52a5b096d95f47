//! The socket: every system call of the live source.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::ring::{HEADROOM, Ring};
use super::{Config, Instruction};
use crate::Error;

/// An AF_PACKET socket of one interface.
pub(super) struct Socket {
    fd: OwnedFd,
    interface: String,
    index: i32,
}

/// Result of a system call.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Index and ARPHRD number of an interface.
pub(super) fn interface(name: &str) -> Result<(i32, u16), Error> {
    let unknown = || Error::NoInterface { name: name.to_owned(), known: crate::interfaces() };
    // The name is part of a path and of a C string: nothing but a name may come in.
    if name.is_empty() || name.len() >= libc::IFNAMSIZ || name.contains(['/', '\0']) {
        return Err(unknown());
    }
    let c_name = std::ffi::CString::new(name).map_err(|_| unknown())?;
    // SAFETY: a valid C string for the time of the call.
    let index = unsafe { libc::if_nametoindex(c_name.as_ptr()) };
    let index = i32::try_from(index).unwrap_or(0);
    if index == 0 {
        return Err(unknown());
    }
    // SAFETY: plain system call; the descriptor is owned from here on.
    let fd = check(unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) });
    let failed = |source| Error::Interface {
        interface: name.to_owned(),
        action: "asking for its hardware type",
        source,
    };
    let fd = fd.map_err(failed)?;
    // SAFETY: `fd` was just opened and is owned by nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: an all-zero ifreq is a valid one.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    // SAFETY: SIOCGIFHWADDR reads the name and writes the address into the ifreq, which lives through the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCGIFHWADDR as _, &raw mut request) })
        .map_err(failed)?;
    // SAFETY: after success the kernel has filled in this member of the union.
    let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    Ok((index, hardware))
}

impl Socket {
    /// Opens a socket that receives nothing yet. `cooked`: without link headers.
    pub(super) fn new(interface: &str, index: i32, cooked: bool) -> Result<Self, Error> {
        let kind = if cooked { libc::SOCK_DGRAM } else { libc::SOCK_RAW };
        // SAFETY: plain system call. Protocol 0: no packet is received before `bind`.
        let fd = check(unsafe { libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) }).map_err(
            |source| {
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
            },
        )?;
        // SAFETY: `fd` was just opened and is owned by nobody else.
        Ok(Self { fd: unsafe { OwnedFd::from_raw_fd(fd) }, interface: interface.to_owned(), index })
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> Error {
        let interface = self.interface.clone();
        move |source| Error::Interface { interface, action, source }
    }

    /// Sets one option of level SOL_PACKET or SOL_SOCKET. `T` is the plain C structure that the option takes.
    fn set<T: Copy>(&self, level: libc::c_int, option: libc::c_int, value: &T) -> io::Result<()> {
        let len = mem::size_of::<T>() as libc::socklen_t;
        // SAFETY: the kernel reads `len` bytes of `value`, which lives through the call.
        check(unsafe {
            libc::setsockopt(self.fd.as_raw_fd(), level, option, (&raw const *value).cast(), len)
        })
        .map(|_| ())
    }

    /// Attaches the filter, or one that only cuts to the snap length.
    pub(super) fn filter(&self, config: &Config) -> Result<(), Error> {
        const RET: u16 = 0x06;
        let cut = [Instruction { code: RET, jt: 0, jf: 0, k: config.snap_len }];
        let program: &[Instruction] = if config.filter.is_empty() { &cut } else { &config.filter };
        let mut program: Vec<libc::sock_filter> = program
            .iter()
            .map(|i| {
                // A constant "accept" of tcpdump's own snap length becomes ours.
                let k = if i.code == RET { i.k.min(config.snap_len) } else { i.k };
                libc::sock_filter { code: i.code, jt: i.jt, jf: i.jf, k }
            })
            .collect();
        let len = u16::try_from(program.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "more than 65535 instructions"));
        let fprog = libc::sock_fprog {
            len: len.map_err(self.failed("attaching the filter"))?,
            filter: program.as_mut_ptr(),
        };
        // The kernel copies the program during the call and checks it.
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &fprog)
            .map_err(self.failed("attaching the filter"))
    }

    /// Makes the ring and maps it.
    pub(super) fn ring(&self, config: &Config) -> Result<Ring, Error> {
        let version = libc::tpacket_versions::TPACKET_V3 as libc::c_int;
        self.set(libc::SOL_PACKET, libc::PACKET_VERSION, &version)
            .map_err(self.failed("asking for TPACKET_V3"))?;
        // Room before each packet, for the VLAN tag or cooked header that is put there.
        let reserve = HEADROOM as libc::c_uint;
        self.set(libc::SOL_PACKET, libc::PACKET_RESERVE, &reserve)
            .map_err(self.failed("reserving headroom in the ring"))?;
        let block_size = config.block_size.clamp(64 << 10, 1 << 30).next_power_of_two();
        let blocks = config.blocks.max(2);
        const FRAME: u32 = 2048;
        let request = libc::tpacket_req3 {
            tp_block_size: block_size,
            tp_block_nr: blocks,
            // In version 3 packets are packed; the frame size only has to divide the block size.
            tp_frame_size: FRAME,
            tp_frame_nr: (u64::from(block_size) * u64::from(blocks) / u64::from(FRAME))
                .try_into()
                .unwrap_or(u32::MAX),
            tp_retire_blk_tov: config.block_timeout_ms.clamp(1, 100),
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        self.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request)
            .map_err(self.failed("making the ring (is there memory for it? try fewer or smaller blocks)"))?;
        Ring::map(&self.fd, block_size as usize, blocks as usize).map_err(self.failed("mapping the ring"))
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
    ///
    /// An interface that goes down is no error: it may come up again. One that was removed is.
    pub(super) fn wait(&self, timeout_ms: i32) -> Result<(), Error> {
        let mut poll = libc::pollfd { fd: self.fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid pollfd, for the time of the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, timeout_ms) };
        if ready <= 0 || poll.revents & libc::POLLERR == 0 {
            // Interrupted by a signal: the caller looks at its stop flag.
            return Ok(());
        }
        let mut error: libc::c_int = 0;
        let mut len = mem::size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the kernel writes one int, which lives through the call. Reading the error also clears it.
        unsafe {
            libc::getsockopt(
                self.fd.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ERROR,
                (&raw mut error).cast(),
                &raw mut len,
            );
        }
        match error {
            0 => Ok(()),
            libc::ENETDOWN if interface(&self.interface).is_ok_and(|(index, _)| index == self.index) => {
                // POLLERR would come back at once.
                std::thread::sleep(std::time::Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0)));
                Ok(())
            }
            error => Err(self.failed("receiving")(io::Error::from_raw_os_error(error))),
        }
    }

    /// Packets dropped and times the ring was full since the last call: the kernel sets its counters back when they are read.
    pub(super) fn statistics(&self) -> Option<(u64, u64)> {
        // SAFETY: an all-zero structure of three integers.
        let mut stats: libc::tpacket_stats_v3 = unsafe { mem::zeroed() };
        let mut len = mem::size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `len` bytes into `stats`, which lives through the call.
        let result = unsafe {
            let fd = self.fd.as_raw_fd();
            libc::getsockopt(
                fd,
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut stats).cast(),
                &raw mut len,
            )
        };
        check(result).ok()?;
        Some((u64::from(stats.tp_drops), u64::from(stats.tp_freeze_q_cnt)))
    }
}
