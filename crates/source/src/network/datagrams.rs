//! A socket that receives messages with one frame each: TZSP over UDP, ERSPAN over raw IP.

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use wire::LinkType;

use super::senders::Senders;
use super::{erspan, tzsp};
use crate::ifreq::{self, check};
use crate::notes::Notes;
use crate::{Error, Packet, PacketSource, Statistics, Status, Stop, privileges};

/// Messages read in one system call.
const MESSAGES: usize = 32;
/// The longest message.
const LONGEST: usize = 65_536;
/// Bytes for what the kernel tells beside a message.
const CONTROL: usize = 128;
/// Memory for messages that wait, when nobody says.
const BUFFER: u64 = 32 << 20;
/// Longest that reading goes on after the stop flag was set.
const REST: Duration = Duration::from_millis(150);
const SO_MEMINFO: i32 = 55;
/// `SK_MEMINFO_DROPS` and the number of words.
const DROPS: usize = 8;
const WORDS: usize = 9;

/// What the messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encapsulation {
    Tzsp,
    Erspan,
}

/// Listens for messages.
pub(crate) struct Datagrams {
    fd: OwnedFd,
    name: String,
    encapsulation: Encapsulation,
    snap_len: usize,
    buffer: Vec<u8>,
    senders: Senders<(IpAddr, Option<u16>)>,
    /// Messages received and not given yet: length, sender, time.
    waiting: Vec<(usize, SocketAddr, i64)>,
    next: usize,
    statistics: Statistics,
    drops: u32,
    notes: Notes,
    ends: Option<Instant>,
    stop: Stop,
}

fn network(address: &str, action: &'static str) -> impl Fn(io::Error) -> Error {
    let address = address.to_owned();
    move |source| Error::Network { address: address.clone(), action, source }
}

/// `address:port`; a lone address or port is completed, nothing means all addresses.
fn resolve(text: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok((address, port).into());
    }
    let text = match text {
        "" => format!("0.0.0.0:{port}"),
        lone if lone.parse::<u16>().is_ok() => format!("0.0.0.0:{lone}"),
        host if !host.contains(':') => format!("{host}:{port}"),
        whole => whole.to_owned(),
    };
    text.to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}

impl Datagrams {
    /// Listens on an address of this machine.
    pub(crate) fn open(
        encapsulation: Encapsulation,
        address: &str,
        snap_len: u32,
        buffer_bytes: Option<u64>,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let (kind, protocol, port, word) = match encapsulation {
            Encapsulation::Tzsp => (libc::SOCK_DGRAM, 0, 37_008, "tzsp"),
            Encapsulation::Erspan => (libc::SOCK_RAW, libc::IPPROTO_GRE, 0, "erspan"),
        };
        let at = resolve(address, port).map_err(network(address, "reading the address to listen on"))?;
        let family = if at.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let fd = ifreq::socket(family, kind, protocol).map_err(|source| {
            if source.kind() == io::ErrorKind::PermissionDenied {
                Error::Unavailable {
                    interface: address.to_owned(),
                    mechanism: "ERSPAN",
                    why: format!(
                        "the process lacks CAP_NET_RAW; {}",
                        privileges::remedy(&[privileges::Capability::NetRaw])
                    ),
                }
            } else {
                network(address, "opening a socket")(source)
            }
        })?;
        let bytes = i32::try_from(buffer_bytes.unwrap_or(BUFFER)).unwrap_or(i32::MAX / 2);
        // Beyond the limit of the system with the right to, else up to it.
        if ifreq::set_option(&fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &bytes).is_err() {
            ifreq::set_option(&fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &bytes)
                .map_err(network(address, "making its buffer"))?;
        }
        ifreq::set_option(&fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &1i32)
            .map_err(network(address, "asking for timestamps"))?;
        bind(&fd, at).map_err(network(address, "listening"))?;
        let name = format!("{word}:{}", if port == 0 { at.ip().to_string() } else { at.to_string() });
        Ok(Self {
            fd,
            senders: Senders::new(&name),
            name,
            encapsulation,
            snap_len: snap_len as usize,
            buffer: vec![0; MESSAGES * LONGEST],
            waiting: Vec::with_capacity(MESSAGES),
            next: 0,
            statistics: Statistics::default(),
            drops: 0,
            notes: Notes::default(),
            ends: None,
            stop: stop.clone(),
        })
    }

    /// Reads messages that have come, without waiting.
    fn receive(&mut self) -> io::Result<()> {
        self.waiting.clear();
        self.next = 0;
        // SAFETY: plain C structures of integers and pointers, for which all zeroes is a valid value.
        let (mut parts, mut messages, mut names): (
            [libc::iovec; MESSAGES],
            [libc::mmsghdr; MESSAGES],
            [libc::sockaddr_storage; MESSAGES],
        ) = unsafe { mem::zeroed() };
        // Aligned for its headers.
        let mut controls = [[0u64; CONTROL / 8]; MESSAGES];
        let rooms = self.buffer.chunks_exact_mut(LONGEST);
        for ((((room, part), message), name), control) in
            rooms.zip(&mut parts).zip(&mut messages).zip(&mut names).zip(&mut controls)
        {
            part.iov_base = room.as_mut_ptr().cast();
            part.iov_len = LONGEST;
            let head = &mut message.msg_hdr;
            head.msg_iov = part;
            head.msg_iovlen = 1;
            head.msg_name = (&raw mut *name).cast();
            head.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            head.msg_control = control.as_mut_ptr().cast();
            head.msg_controllen = CONTROL;
        }
        // SAFETY: every message has a room, a name and a control buffer of the lengths given, which all live through the call and are not
        // used otherwise meanwhile.
        let count = unsafe {
            libc::recvmmsg(
                self.fd.as_raw_fd(),
                messages.as_mut_ptr(),
                MESSAGES as u32,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        for (message, name) in messages.iter().zip(&names).take(count as usize) {
            let time = time_of(&message.msg_hdr).unwrap_or_else(now);
            let Some(from) = address_of(name) else { continue };
            self.waiting.push(((message.msg_len as usize).min(LONGEST), from, time));
        }
        Ok(())
    }

    /// Gives the frame of one message.
    fn give(&mut self, at: usize, each: &mut dyn FnMut(&Packet<'_>)) {
        let Some((len, from, time)) = self.waiting.get(at).copied() else { return };
        let message = self.buffer.get(at * LONGEST..).and_then(|room| room.get(..len)).unwrap_or_default();
        self.statistics.received += 1;
        let read = match self.encapsulation {
            Encapsulation::Tzsp => {
                tzsp::parse(message).map(|read| read.map(|t| (t.link, t.frame, t.original_len, None)))
            }
            Encapsulation::Erspan => {
                let gre = if from.is_ipv4() { erspan::behind_ipv4(message) } else { Some(message) };
                let mirrored = gre.ok_or("an IP header that cannot be read").and_then(erspan::parse);
                mirrored.map(|read| read.map(|m| (LinkType::ETHERNET, m.frame, None, m.session)))
            }
        };
        match read {
            Ok(Some((link, frame, original_len, session))) => {
                let interface = self.senders.number((from.ip(), session), |(ip, session)| match session {
                    Some(session) => format!("{ip}/{session}"),
                    None => ip.to_string(),
                });
                let captured = frame.len() as u32;
                let bytes = frame.get(..self.snap_len).unwrap_or(frame);
                self.statistics.packets += 1;
                self.statistics.bytes += bytes.len() as u64;
                let original_len = original_len.unwrap_or(captured).max(captured);
                each(&Packet { time, bytes, original_len, link, interface, at: 0, data_at: 0 });
            }
            // Keep-alives, and GRE of somebody else.
            Ok(None) => self.statistics.filtered += 1,
            Err(why) => {
                self.statistics.malformed += 1;
                self.notes.add(format!("{}: a message from {} has {why}", self.name, from.ip()));
            }
        }
    }
}

fn bind(fd: &OwnedFd, at: SocketAddr) -> io::Result<()> {
    let result = match at {
        SocketAddr::V4(at) => {
            // SAFETY: an all-zero sockaddr_in is a valid one.
            let mut address: libc::sockaddr_in = unsafe { mem::zeroed() };
            address.sin_family = libc::AF_INET as u16;
            address.sin_port = at.port().to_be();
            address.sin_addr.s_addr = u32::from_ne_bytes(at.ip().octets());
            let len = mem::size_of_val(&address) as libc::socklen_t;
            // SAFETY: the kernel reads `len` bytes of the address, which lives through the call.
            unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) }
        }
        SocketAddr::V6(at) => {
            // SAFETY: an all-zero sockaddr_in6 is a valid one.
            let mut address: libc::sockaddr_in6 = unsafe { mem::zeroed() };
            address.sin6_family = libc::AF_INET6 as u16;
            address.sin6_port = at.port().to_be();
            address.sin6_addr.s6_addr = at.ip().octets();
            address.sin6_scope_id = at.scope_id();
            let len = mem::size_of_val(&address) as libc::socklen_t;
            // SAFETY: as above.
            unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) }
        }
    };
    check(result).map(|_| ())
}

fn address_of(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the storage is large enough for any address and holds one of this family.
            let a = unsafe { (&raw const *name).cast::<libc::sockaddr_in>().read() };
            Some((a.sin_addr.s_addr.to_ne_bytes(), u16::from_be(a.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let a = unsafe { (&raw const *name).cast::<libc::sockaddr_in6>().read() };
            Some((a.sin6_addr.s6_addr, u16::from_be(a.sin6_port)).into())
        }
        _ => None,
    }
}

/// The kernel's timestamp beside a message.
fn time_of(head: &libc::msghdr) -> Option<i64> {
    // SAFETY: the control buffer that `head` names was filled in by the kernel and lives; the macros stay inside its length.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(head);
        while let Some(entry) = control.as_ref() {
            if entry.cmsg_level == libc::SOL_SOCKET && entry.cmsg_type == libc::SCM_TIMESTAMPNS {
                let time = libc::CMSG_DATA(control).cast::<libc::timespec>().read_unaligned();
                return time.tv_sec.checked_mul(1_000_000_000)?.checked_add(time.tv_nsec);
            }
            control = libc::CMSG_NXTHDR(head, control);
        }
    }
    None
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as i64
}

impl PacketSource for Datagrams {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.next >= self.waiting.len() {
            if self.stop.is_set() {
                let ends = *self.ends.get_or_insert_with(|| Instant::now() + REST);
                if Instant::now() >= ends {
                    return Ok(Status::End);
                }
            }
            match self.receive() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.ends.is_some() {
                        return Ok(Status::End);
                    }
                    let fd = self.fd.as_raw_fd();
                    ifreq::poll(&mut [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }], 100);
                    return Ok(Status::Idle);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(Status::Idle),
                Err(error) => return Err(network(&self.name, "receiving")(error)),
            }
        }
        for _ in 0..limit.max(1) {
            if self.next >= self.waiting.len() {
                break;
            }
            self.give(self.next, each);
            self.next += 1;
        }
        Ok(Status::More)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn interface_name(&self, interface: u32) -> Option<&str> {
        self.senders.name(interface)
    }

    fn statistics(&mut self) -> Statistics {
        let mut words = [0u32; WORDS];
        if ifreq::get_option(&self.fd, libc::SOL_SOCKET, SO_MEMINFO, &mut words).is_ok() {
            let now = words[DROPS];
            let grown = u64::from(now.wrapping_sub(std::mem::replace(&mut self.drops, now)));
            self.statistics.kernel_dropped += grown;
            self.statistics.received += grown;
        }
        self.statistics
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.notes.take()
    }
}
