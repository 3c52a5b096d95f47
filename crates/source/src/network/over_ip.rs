//! pcap-over-IP: a TCP connection that carries a pcap or pcapng stream. As a client (connect, and again when it ends) or a server.
//!
//! Each connection has a thread, because reading a stream waits; batches go over one bounded queue to the source, so a source that is slow
//! makes senders wait and loses nothing here.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wire::LinkType;

use super::senders::Senders;
use crate::notes::Notes;
use crate::{Error, Packet, PacketSource, Statistics, Status, Stop, ifreq};

/// The port that tools use for it.
const PORT: u16 = 57_012;
/// Bytes of a batch.
const BATCH: usize = 256 << 10;
/// Batches that wait.
const QUEUE: usize = 32;
/// A sender that has not sent the header of its stream by then is refused.
const HEADER: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Packets of one connection, copied.
struct Batch {
    peer: IpAddr,
    bytes: Vec<u8>,
    packets: Vec<Held>,
}

/// A packet in a batch.
struct Held {
    time: i64,
    link: LinkType,
    original_len: u32,
    start: usize,
    len: usize,
}

#[derive(Default)]
struct Shared {
    /// Streams that were no capture or damaged.
    damaged: AtomicU64,
    reopened: AtomicU64,
    active: AtomicUsize,
    notes: Mutex<Notes>,
}

impl Shared {
    fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).add(note);
    }
}

/// Packets of remote senders.
pub(crate) struct OverIp {
    name: String,
    queue: Receiver<Batch>,
    current: Option<(Batch, usize, u32)>,
    senders: Senders<IpAddr>,
    shared: Arc<Shared>,
    statistics: Statistics,
    /// Address that is listened on.
    listens: Option<SocketAddr>,
}

/// A connection that is left when the stop flag is set, and when no header comes.
struct Connection {
    stream: TcpStream,
    stop: Stop,
    /// When the header of the stream has to be there.
    deadline: Instant,
    begun: Arc<AtomicBool>,
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let fd = self.stream.as_raw_fd();
            // What came before the stop is still read.
            let wait = if self.stop.is_set() { 0 } else { 100 };
            if ifreq::poll(&mut [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }], wait) {
                return self.stream.read(buffer);
            }
            if self.stop.is_set() {
                return Ok(0);
            }
            if !self.begun.load(Ordering::Relaxed) && Instant::now() >= self.deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no header of a capture came in time"));
            }
        }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Pump {
    queue: SyncSender<Batch>,
    shared: Arc<Shared>,
    snap_len: usize,
    stop: Stop,
}

impl Pump {
    /// Reads one connection to its end. `Err`: nobody takes batches any more.
    fn run(&self, stream: TcpStream, peer: SocketAddr) -> Result<(), ()> {
        // A sender whose machine is gone frees its place after some minutes.
        let keep_alive = 1i32;
        // SAFETY: the kernel reads one int, which lives through the call; the descriptor is open.
        unsafe {
            libc::setsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_KEEPALIVE,
                (&raw const keep_alive).cast(),
                std::mem::size_of::<i32>() as libc::socklen_t,
            );
        }
        let stop = self.stop.clone();
        let begun = Arc::<AtomicBool>::default();
        let connection = Connection { stream, stop, deadline: Instant::now() + HEADER, begun: begun.clone() };
        let mut stopped_at = None::<Instant>;
        let ended = |why: Option<pcap::Error>| {
            if let Some(why) = why.filter(|_| !self.stop.is_set()) {
                self.shared.damaged.fetch_add(1, Ordering::Relaxed);
                self.shared.note(format!("{peer}: {why}"));
            }
        };
        let mut stream = match pcap::Stream::new(connection) {
            Ok(stream) => stream,
            Err(why) => {
                ended(Some(why));
                return Ok(());
            }
        };
        begun.store(true, Ordering::Relaxed);
        loop {
            let mut batch = Batch { peer: peer.ip(), bytes: Vec::new(), packets: Vec::new() };
            let mut end = None;
            loop {
                match stream.next() {
                    Ok(Some(record)) => {
                        let bytes = record.bytes.get(..self.snap_len).unwrap_or(record.bytes);
                        batch.packets.push(Held {
                            time: record.time,
                            link: LinkType(record.link),
                            original_len: record.original_len,
                            start: batch.bytes.len(),
                            len: bytes.len(),
                        });
                        batch.bytes.extend_from_slice(bytes);
                    }
                    Ok(None) => end = Some(None),
                    Err(why) => end = Some(Some(why)),
                }
                if end.is_some()
                    || batch.bytes.len() >= BATCH
                    || batch.packets.len() >= 4096
                    || !stream.is_buffered()
                {
                    break;
                }
            }
            if !batch.packets.is_empty() {
                self.queue.send(batch).map_err(|_| ())?;
            }
            if let Some(why) = end {
                ended(why);
                return Ok(());
            }
            // A sender that never pauses is left some time after the stop.
            if self.stop.is_set()
                && stopped_at.get_or_insert_with(Instant::now).elapsed() > Duration::from_millis(150)
            {
                return Ok(());
            }
        }
    }

    fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.stop.is_set() && Instant::now() < end {
            thread::sleep(Duration::from_millis(50).min(time));
        }
    }
}

fn network(address: &str, action: &'static str) -> impl Fn(io::Error) -> Error {
    let address = address.to_owned();
    move |source| Error::Network { address: address.clone(), action, source }
}

/// `host:port` with the usual port where none is named.
fn with_port(address: &str) -> String {
    if address.parse::<u16>().is_ok() {
        return format!("0.0.0.0:{address}");
    }
    match address.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::from((ip, PORT)).to_string(),
        Err(_) if address.contains(':') => address.to_owned(),
        Err(_) => format!("{address}:{PORT}"),
    }
}

fn connect(address: &str) -> io::Result<(TcpStream, SocketAddr)> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for at in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&at, CONNECT) {
            Ok(stream) => return Ok((stream, at)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl OverIp {
    fn new(name: String, snap_len: u32, stop: &Stop) -> (Self, Pump) {
        let (sender, queue) = sync_channel(QUEUE);
        let shared = Arc::<Shared>::default();
        let pump =
            Pump { queue: sender, shared: shared.clone(), snap_len: snap_len as usize, stop: stop.clone() };
        let source = Self {
            senders: Senders::new(&name),
            name,
            queue,
            current: None,
            shared,
            statistics: Statistics::default(),
            listens: None,
        };
        (source, pump)
    }

    /// Connects to a sender. With `reopen` a connection that ends or cannot be made is tried again, after 0.1 s to 30 s; without, the first
    /// failure is an error and the end of the connection is the end.
    pub(crate) fn connect(address: &str, snap_len: u32, reopen: bool, stop: &Stop) -> Result<Self, Error> {
        let address = with_port(address);
        let (source, pump) = Self::new(address.clone(), snap_len, stop);
        let mut first = match connect(&address) {
            Ok(connection) => Some(connection),
            Err(error) if reopen => {
                pump.shared.note(format!("{address}: {error}; trying again"));
                None
            }
            Err(error) => return Err(network(&address, "connecting")(error)),
        };
        let run = move || {
            let mut wait = Duration::from_millis(100);
            let mut told = first.is_none();
            let mut connected = first.is_some();
            while !pump.stop.is_set() {
                let connection = match first.take() {
                    Some(connection) => Ok(connection),
                    None => connect(&address),
                };
                match connection {
                    Ok((stream, peer)) => {
                        if connected && told {
                            pump.shared.reopened.fetch_add(1, Ordering::Relaxed);
                            pump.shared.note(format!("{address}: connected again"));
                        }
                        connected = true;
                        let begun = Instant::now();
                        if pump.run(stream, peer).is_err() || !reopen {
                            return;
                        }
                        if begun.elapsed() > LONGEST_WAIT {
                            wait = Duration::from_millis(100);
                        }
                        pump.shared.note(format!("{address}: the connection ended; connecting again"));
                        told = true;
                    }
                    Err(error) => {
                        if !told {
                            pump.shared.note(format!("{address}: {error}; trying again"));
                            told = true;
                        }
                    }
                }
                pump.sleep(wait);
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        };
        spawn(run, &source.name)?;
        Ok(source)
    }

    /// Waits for senders, at most `most` at once.
    pub(crate) fn listen(address: &str, snap_len: u32, most: usize, stop: &Stop) -> Result<Self, Error> {
        let address = with_port(address);
        let listener = TcpListener::bind(&address).map_err(network(&address, "listening"))?;
        listener.set_nonblocking(true).map_err(network(&address, "listening"))?;
        let at = listener.local_addr().map_err(network(&address, "listening"))?;
        let (mut source, pump) = Self::new(at.to_string(), snap_len, stop);
        source.listens = Some(at);
        let run = move || {
            let mut refused = 0u64;
            while !pump.stop.is_set() {
                let fd = listener.as_raw_fd();
                if !ifreq::poll(&mut [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }], 100) {
                    continue;
                }
                let (stream, peer) = match listener.accept() {
                    Ok(accepted) => accepted,
                    Err(_) => {
                        // Out of descriptors, or the sender left: not in a tight loop.
                        pump.sleep(Duration::from_millis(20));
                        continue;
                    }
                };
                if pump.shared.active.load(Ordering::Relaxed) >= most.max(1) {
                    refused += 1;
                    if refused.is_power_of_two() {
                        pump.shared.note(format!(
                            "{peer} was refused: {most} senders are connected; {refused} refused so far"
                        ));
                    }
                    continue;
                }
                if stream.set_nonblocking(false).is_err() {
                    continue;
                }
                pump.shared.active.fetch_add(1, Ordering::Relaxed);
                let mine = pump.clone();
                let started = thread::Builder::new().name("pcap-over-ip".into()).spawn(move || {
                    let _ = mine.run(stream, peer);
                    mine.shared.active.fetch_sub(1, Ordering::Relaxed);
                });
                if started.is_err() {
                    pump.shared.active.fetch_sub(1, Ordering::Relaxed);
                }
            }
        };
        spawn(run, &source.name)?;
        Ok(source)
    }

    /// The address that is listened on, with its port.
    pub(crate) fn listens(&self) -> Option<SocketAddr> {
        self.listens
    }
}

fn spawn(run: impl FnOnce() + Send + 'static, address: &str) -> Result<(), Error> {
    let thread = thread::Builder::new().name("pcap-over-ip".into()).spawn(run);
    thread.map(|_| ()).map_err(network(address, "starting a thread"))
}

impl PacketSource for OverIp {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        if self.current.is_none() {
            match self.queue.recv_timeout(Duration::from_millis(100)) {
                Ok(batch) => {
                    let interface = self.senders.number(batch.peer, ToString::to_string);
                    self.current = Some((batch, 0, interface));
                }
                Err(RecvTimeoutError::Timeout) => return Ok(Status::Idle),
                // All connections have ended and none will come.
                Err(RecvTimeoutError::Disconnected) => return Ok(Status::End),
            }
        }
        let Some((batch, next, interface)) = &mut self.current else { return Ok(Status::Idle) };
        for held in batch.packets.iter().skip(*next).take(limit.max(1)) {
            let bytes = batch.bytes.get(held.start..held.start + held.len).unwrap_or_default();
            self.statistics.packets += 1;
            self.statistics.bytes += bytes.len() as u64;
            let Held { time, link, original_len, .. } = *held;
            each(&Packet { time, bytes, original_len, link, interface: *interface, at: 0, data_at: 0 });
        }
        *next += limit.max(1);
        if *next >= batch.packets.len() {
            self.current = None;
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
        Statistics {
            received: self.statistics.packets,
            malformed: self.shared.damaged.load(Ordering::Relaxed),
            reopened: self.shared.reopened.load(Ordering::Relaxed),
            ..self.statistics
        }
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
