//! Capture through libpcap, loaded at run time: any interface that it knows, and what comes with a libpcap of its own, as PF_RING does
//! (`zc:eth1`).

mod library;

use std::ffi::{CString, c_int};
use std::path::Path;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use wire::LinkType;

use crate::notes::Notes;
use crate::{Error, Filter, Packet, PacketSource, Statistics, Status, Stop};
use library::{Handle, Header, Library, Program, Stat, text};

/// Milliseconds that the library waits for packets.
const TIMEOUT: c_int = 100;
/// `PCAP_TSTAMP_PRECISION_NANO`.
const NANO: c_int = 1;
/// Longest that reading goes on after the stop flag was set.
const REST: Duration = Duration::from_millis(150);

/// How to capture.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) promiscuous: bool,
    pub(crate) snap_len: u32,
    pub(crate) buffer_bytes: Option<u64>,
    pub(crate) filter: Option<Filter>,
    pub(crate) reopen: bool,
}

/// A capture of the library. All calls go through `&mut`, so one thread at a time.
struct Capture {
    library: Library,
    handle: NonNull<Handle>,
    link: LinkType,
    nanos: bool,
    /// What can be waited on, where the library lets us wait ourselves: its own waiting never ends while an interface is down.
    pollable: Option<c_int>,
    /// The library's counters of 32 bits as they were last, which wrap.
    seen: Stat,
}

// SAFETY: libpcap lets a capture be used by any one thread at a time.
unsafe impl Send for Capture {}

impl Drop for Capture {
    fn drop(&mut self) {
        // SAFETY: the handle is open and is not used again.
        unsafe { (self.library.close)(self.handle.as_ptr()) };
    }
}

/// Link type by libpcap's number for this system, which differs from that of files for raw IP.
fn link_of(number: c_int) -> LinkType {
    match number {
        12 | 14 => LinkType::RAW,
        other => LinkType(other as u16),
    }
}

impl Capture {
    fn error(&self) -> String {
        // SAFETY: an open handle.
        text(unsafe { (self.library.geterr)(self.handle.as_ptr()) })
    }

    fn open(library: Library, interface: &str, config: &Config) -> Result<Self, String> {
        let name = CString::new(interface).map_err(|_| "a name has no zero byte".to_owned())?;
        let mut message = [0; 512];
        // SAFETY: a C string, and a buffer larger than PCAP_ERRBUF_SIZE (256).
        let handle = unsafe { (library.create)(name.as_ptr(), message.as_mut_ptr()) };
        let handle = NonNull::new(handle).ok_or_else(|| text(message.as_ptr()))?;
        let mut capture = Self {
            library,
            handle,
            link: LinkType::ETHERNET,
            nanos: false,
            pollable: None,
            seen: Stat::default(),
        };
        let buffer = c_int::try_from(config.buffer_bytes.unwrap_or(64 << 20)).unwrap_or(c_int::MAX);
        // SAFETY: an open handle that is not active yet, and integers; failures of these four show at activation.
        unsafe {
            let handle = handle.as_ptr();
            (library.set_snaplen)(handle, config.snap_len as c_int);
            (library.set_promisc)(handle, config.promiscuous.into());
            (library.set_timeout)(handle, TIMEOUT);
            (library.set_buffer_size)(handle, buffer);
            if let Some(set) = library.set_tstamp_precision {
                capture.nanos = set(handle, NANO) == 0;
            }
            let status = (library.activate)(handle);
            if status < 0 {
                let why = capture.error();
                return Err(match status {
                    -8 | -11 => format!(
                        "{why}; {}",
                        crate::privileges::remedy(&[
                            crate::privileges::Capability::NetRaw,
                            crate::privileges::Capability::NetAdmin,
                        ])
                    ),
                    _ if why.is_empty() => format!("activating it gives error {status}"),
                    _ => why,
                });
            }
            if let Some(get) = library.get_tstamp_precision {
                capture.nanos = get(handle) == NANO;
            }
            capture.link = link_of((library.datalink)(handle));
        }
        if let (Some(set), Some(get)) = (library.setnonblock, library.get_selectable_fd) {
            // SAFETY: an active handle, and a buffer larger than PCAP_ERRBUF_SIZE.
            let fd = unsafe {
                let fd = get(handle.as_ptr());
                if fd >= 0 && set(handle.as_ptr(), 1, message.as_mut_ptr()) == 0 { fd } else { -1 }
            };
            capture.pollable = Some(fd).filter(|fd| *fd >= 0);
        }
        if let Some(program) = config.filter.as_ref().and_then(|filter| filter.program(capture.link)) {
            let mut instructions: Vec<libc::sock_filter> = program
                .iter()
                .map(|i| libc::sock_filter { code: i.code, jt: i.jt, jf: i.jf, k: i.k })
                .collect();
            let mut program =
                Program { len: instructions.len() as u32, instructions: instructions.as_mut_ptr() };
            // SAFETY: the library copies the program during the call.
            if unsafe { (library.setfilter)(handle.as_ptr(), &raw mut program) } < 0 {
                return Err(format!("attaching the filter: {}", capture.error()));
            }
        }
        Ok(capture)
    }

    /// Waits for packets where the library does not do so itself.
    fn wait(&self) {
        let Some(fd) = self.pollable else { return };
        let begun = Instant::now();
        let mut descriptors = [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }];
        crate::ifreq::poll(&mut descriptors, TIMEOUT);
        // An interface that is down has an error all the time.
        if descriptors[0].revents & libc::POLLERR != 0 && begun.elapsed() < Duration::from_millis(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Gives the next packet. `Ok(false)`: none came in time.
    fn next(&mut self, each: &mut dyn FnMut(i64, &[u8], u32)) -> Result<bool, String> {
        let mut header: *mut Header = std::ptr::null_mut();
        let mut data = std::ptr::null();
        // SAFETY: an active handle, and places for two pointers.
        let result = unsafe { (self.library.next_ex)(self.handle.as_ptr(), &raw mut header, &raw mut data) };
        match result {
            1 if !header.is_null() && !data.is_null() => {
                // SAFETY: the library says that both are valid until it is called again: a header, and as many bytes as it names.
                let (header, bytes) = unsafe {
                    let header = header.read_unaligned();
                    (header, std::slice::from_raw_parts(data, header.captured as usize))
                };
                let scale = if self.nanos { 1 } else { 1000 };
                let time = header
                    .seconds
                    .saturating_mul(1_000_000_000)
                    .saturating_add(header.fraction.saturating_mul(scale));
                each(time, bytes, header.len);
                Ok(true)
            }
            0 | 1 => Ok(false),
            // The other end of what is no interface.
            -2 => Err("the capture has ended".to_owned()),
            _ => Err(self.error()),
        }
    }

    /// What was counted since the last call: received, dropped, dropped by the interface.
    fn counted(&mut self) -> Option<(u64, u64, u64)> {
        let mut now = Stat::default();
        // SAFETY: an active handle, and a structure at least as large as the library's.
        if unsafe { (self.library.stats)(self.handle.as_ptr(), &raw mut now) } < 0 {
            return None;
        }
        let before = std::mem::replace(&mut self.seen, now);
        let grown = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
        Some((
            grown(now.received, before.received),
            grown(now.dropped, before.dropped),
            grown(now.interface_dropped, before.interface_dropped),
        ))
    }
}

/// An interface through libpcap.
pub(crate) struct Libpcap {
    name: String,
    library: Library,
    config: Config,
    capture: Option<Capture>,
    link: LinkType,
    statistics: Statistics,
    notes: Notes,
    ends: Option<Instant>,
    stop: Stop,
}

impl Libpcap {
    /// Loads the library (of a path, or the system's) and opens the interface.
    pub(crate) fn open(
        interface: &str,
        path: Option<&Path>,
        config: &Config,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let failed = |why| Error::Unavailable { interface: interface.to_owned(), mechanism: "libpcap", why };
        let library = Library::load(path).map_err(failed)?;
        let capture = Capture::open(library, interface, config).map_err(failed)?;
        Ok(Self {
            name: interface.to_owned(),
            library,
            config: config.clone(),
            link: capture.link,
            capture: Some(capture),
            statistics: Statistics::default(),
            notes: Notes::default(),
            ends: None,
            stop: stop.clone(),
        })
    }

    /// Link type of the packets.
    pub(crate) fn link(&self) -> LinkType {
        self.link
    }

    /// Which library is used, in words.
    pub(crate) fn describe(&self) -> String {
        format!("{} ({})", self.library.version(), self.library.file())
    }

    fn count(&mut self) {
        if let Some((received, dropped, missed)) = self.capture.as_mut().and_then(Capture::counted) {
            self.statistics.received += received;
            self.statistics.kernel_dropped += dropped;
            self.statistics.missed += missed;
        }
    }

    /// Tries to open again what failed.
    fn look(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        match Capture::open(self.library, &self.name, &self.config) {
            Ok(capture) => {
                self.link = capture.link;
                self.capture = Some(capture);
                self.statistics.reopened += 1;
                self.notes.add(format!("{} is back", self.name));
            }
            Err(why) => self.notes.add(format!("{}: {why}; trying again", self.name)),
        }
    }
}

impl PacketSource for Libpcap {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.stop.is_set() {
            let ends = *self.ends.get_or_insert_with(|| Instant::now() + REST);
            if self.capture.is_none() || Instant::now() >= ends {
                return Ok(Status::End);
            }
        }
        let Some(capture) = &mut self.capture else {
            self.look();
            return Ok(Status::Idle);
        };
        let (link, statistics) = (self.link, &mut self.statistics);
        let mut given = 0;
        let mut give = |time, bytes: &[u8], original_len| {
            statistics.packets += 1;
            statistics.bytes += bytes.len() as u64;
            each(&Packet { time, bytes, original_len, link, interface: 0, at: 0, data_at: 0 });
        };
        while given < limit.max(1) {
            match capture.next(&mut give) {
                Ok(true) => given += 1,
                Ok(false) => break,
                Err(why) => {
                    self.count();
                    self.capture = None;
                    if !self.config.reopen {
                        self.ends = Some(Instant::now());
                        self.stop = Stop::new();
                        self.stop.set();
                        return Err(Error::Unavailable {
                            interface: self.name.clone(),
                            mechanism: "libpcap",
                            why,
                        });
                    }
                    self.notes.add(format!("{}: {why}; trying again", self.name));
                    return Ok(if given > 0 { Status::More } else { Status::Idle });
                }
            }
        }
        if given == 0 {
            capture.wait();
            return Ok(Status::Idle);
        }
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
        self.statistics
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.notes.take()
    }
}
