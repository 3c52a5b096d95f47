//! One receive queue: a socket, the memory that packets come into, and the two rings through which pieces of it go back and forth.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ifreq::{self, check};

/// Bytes of a frame: room for a packet and the kernel's headroom before it.
const FRAME: usize = 4096;
const AF_XDP: i32 = 44;
const SOL_XDP: i32 = 283;
const MMAP_OFFSETS: i32 = 1;
const RX_RING: i32 = 2;
const UMEM_REG: i32 = 4;
const FILL_RING: i32 = 5;
const COMPLETION_RING: i32 = 6;
const STATISTICS: i32 = 7;
const PAGE_FILL: i64 = 0x1_0000_0000;
const NEED_WAKEUP: u32 = 1;
/// A packet goes on in the next descriptor.
const CONTINUED: u32 = 1;
/// Longest packet out of several frames.
const LONGEST: usize = 256 << 10;

/// `struct xdp_umem_reg`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Registration {
    address: u64,
    len: u64,
    chunk: u32,
    headroom: u32,
    flags: u32,
    metadata: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Offset {
    producer: u64,
    consumer: u64,
    descriptors: u64,
    flags: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Offsets {
    rx: Offset,
    tx: Offset,
    fill: Offset,
    completion: Offset,
}

/// `struct sockaddr_xdp`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Address {
    family: u16,
    flags: u16,
    index: u32,
    queue: u32,
    shared: u32,
}

/// `struct xdp_desc`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Descriptor {
    address: u64,
    len: u32,
    options: u32,
}

/// `struct xdp_statistics`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub dropped: u64,
    pub invalid: u64,
    tx_invalid: u64,
    pub ring_full: u64,
    pub fill_empty: u64,
    tx_empty: u64,
}

/// Mapped memory, our own or a ring of the kernel.
struct Map {
    at: NonNull<u8>,
    len: usize,
}

impl Map {
    fn new(len: usize, fd: Option<(&OwnedFd, i64)>) -> io::Result<Self> {
        let (flags, fd, offset) = match fd {
            Some((fd, offset)) => (libc::MAP_SHARED | libc::MAP_POPULATE, fd.as_raw_fd(), offset),
            None => (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE, -1, 0),
        };
        // SAFETY: a new mapping at a place that the kernel chooses.
        let at = unsafe {
            libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, fd, offset)
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { at: NonNull::new(at.cast()).ok_or(io::ErrorKind::OutOfMemory)?, len })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping that `new` made; nothing refers to it any more.
        unsafe { libc::munmap(self.at.as_ptr().cast(), self.len) };
    }
}

/// A ring of `T` that kernel and process share; one of them produces, the other consumes.
struct Ring<T> {
    map: Map,
    offset: Offset,
    mask: u32,
    /// Our own side's counter.
    mine: u32,
    kind: std::marker::PhantomData<T>,
}

impl<T: Copy> Ring<T> {
    fn new(fd: &OwnedFd, entries: u32, offset: Offset, page: i64) -> io::Result<Self> {
        let len = offset.descriptors as usize + entries as usize * mem::size_of::<T>();
        // All that is reached by pointer lies inside what is mapped.
        let inside = [offset.producer, offset.consumer, offset.flags]
            .iter()
            .all(|at| at % 4 == 0 && at + 4 <= len as u64);
        if !inside || !offset.descriptors.is_multiple_of(8) || !entries.is_power_of_two() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the kernel's ring has a strange layout"));
        }
        let map = Map::new(len, Some((fd, page)))?;
        Ok(Self { map, offset, mask: entries - 1, mine: 0, kind: std::marker::PhantomData })
    }

    fn word(&self, offset: u64) -> &AtomicU32 {
        // SAFETY: `new` has checked that the word is aligned and inside the mapping, which lives as long as self. The kernel may write it at
        // any time, hence atomic.
        unsafe { AtomicU32::from_ptr(self.map.at.as_ptr().add(offset as usize).cast()) }
    }

    fn producer(&self) -> &AtomicU32 {
        self.word(self.offset.producer)
    }

    fn consumer(&self) -> &AtomicU32 {
        self.word(self.offset.consumer)
    }

    fn place(&self, index: u32) -> *mut T {
        // SAFETY: the masked index is below the number of entries, all of which lie inside the mapping.
        unsafe {
            let first = self.map.at.as_ptr().add(self.offset.descriptors as usize).cast::<T>();
            first.add((index & self.mask) as usize)
        }
    }

    fn read(&self, index: u32) -> T {
        // SAFETY: a valid place, which the kernel has written before it moved its counter (seen with Acquire); `T` is of integers.
        unsafe { self.place(index).read() }
    }

    fn write(&mut self, index: u32, value: T) {
        // SAFETY: a valid place, which is ours until the producer's counter says otherwise.
        unsafe { self.place(index).write(value) }
    }
}

/// One queue of an interface.
pub(super) struct Queue {
    // The socket goes before the memory that it knows.
    pub fd: OwnedFd,
    rx: Ring<Descriptor>,
    fill: Ring<u64>,
    _completion: Map,
    memory: Map,
    /// What a packet of several frames has so far.
    parts: Vec<u8>,
    partial: bool,
    seen: Counted,
}

// SAFETY: the mappings belong to this Queue alone; no other thread of this process reaches them.
unsafe impl Send for Queue {}

impl Queue {
    /// Opens a socket on a queue of an interface. `flags`: copy or zero-copy.
    pub(super) fn open(index: i32, queue: u32, bytes: u64, flags: u16) -> io::Result<Self> {
        let frames = (bytes / FRAME as u64).clamp(64, 65_536) as u32;
        let frames = if frames.is_power_of_two() { frames } else { frames.next_power_of_two() / 2 };
        let fd = ifreq::socket(AF_XDP, libc::SOCK_RAW, 0)?;
        let memory = Map::new(frames as usize * FRAME, None)?;
        let registration = Registration {
            address: memory.at.as_ptr() as u64,
            len: memory.len as u64,
            chunk: FRAME as u32,
            headroom: 0,
            flags: 0,
            metadata: 0,
        };
        ifreq::set_option(&fd, SOL_XDP, UMEM_REG, &registration)?;
        ifreq::set_option(&fd, SOL_XDP, FILL_RING, &frames)?;
        let completion_entries = 64u32;
        ifreq::set_option(&fd, SOL_XDP, COMPLETION_RING, &completion_entries)?;
        ifreq::set_option(&fd, SOL_XDP, RX_RING, &frames)?;
        let mut offsets = Offsets::default();
        if ifreq::get_option(&fd, SOL_XDP, MMAP_OFFSETS, &mut offsets)? != mem::size_of::<Offsets>() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the kernel is older than 5.4"));
        }
        let rx = Ring::new(&fd, frames, offsets.rx, 0)?;
        let mut fill = Ring::<u64>::new(&fd, frames, offsets.fill, PAGE_FILL)?;
        let completion_len = offsets.completion.descriptors as usize + completion_entries as usize * 8;
        let completion = Map::new(completion_len, Some((&fd, 0x1_8000_0000)))?;
        for frame in 0..frames {
            fill.write(frame, u64::from(frame) * FRAME as u64);
        }
        fill.mine = frames;
        fill.producer().store(frames, Ordering::Release);
        // With packets of several frames where the kernel has them, and waking it only when it asks.
        const WAKEUP: u16 = 1 << 3;
        const SEVERAL: u16 = 1 << 4;
        let mut result = Ok(());
        for more in [WAKEUP | SEVERAL, WAKEUP, 0] {
            let address =
                Address { family: AF_XDP as u16, flags: flags | more, index: index as u32, queue, shared: 0 };
            let len = mem::size_of::<Address>() as libc::socklen_t;
            // SAFETY: the kernel reads `len` bytes of the address, which lives through the call.
            result =
                check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) }).map(|_| ());
            if !result
                .as_ref()
                .is_err_and(|e| matches!(e.raw_os_error(), Some(libc::EINVAL | libc::EOPNOTSUPP)))
            {
                break;
            }
        }
        result?;
        let seen = Counted::default();
        Ok(Self { fd, rx, fill, _completion: completion, memory, parts: Vec::new(), partial: false, seen })
    }

    /// Gives at most `limit` packets; returns how many, and how many descriptors made no sense.
    pub(super) fn take(&mut self, limit: usize, each: &mut dyn FnMut(&[u8])) -> (usize, u64) {
        let ready = self.rx.producer().load(Ordering::Acquire).wrapping_sub(self.rx.mine);
        let (mut given, mut damaged) = (0, 0);
        for _ in 0..ready {
            if given >= limit {
                break;
            }
            let Descriptor { address, len, options } = self.rx.read(self.rx.mine);
            let start = address as usize;
            if start.checked_add(len as usize).is_some_and(|end| end <= self.memory.len) {
                // SAFETY: inside the memory, as was just checked; the kernel gave the frame to us with the descriptor and does not touch it
                // before it goes into the fill ring, below.
                let bytes =
                    unsafe { std::slice::from_raw_parts(self.memory.at.as_ptr().add(start), len as usize) };
                let more = options & CONTINUED != 0;
                if !more && !self.partial {
                    each(bytes);
                    given += 1;
                } else {
                    if self.parts.len() + bytes.len() <= LONGEST {
                        self.parts.extend_from_slice(bytes);
                    }
                    self.partial = more;
                    if !more {
                        each(&self.parts);
                        self.parts.clear();
                        given += 1;
                    }
                }
                let back = (address / FRAME as u64) * FRAME as u64;
                // There are as many places as frames.
                self.fill.write(self.fill.mine, back);
                self.fill.mine = self.fill.mine.wrapping_add(1);
            } else {
                damaged += 1;
            }
            self.rx.mine = self.rx.mine.wrapping_add(1);
        }
        self.rx.consumer().store(self.rx.mine, Ordering::Release);
        self.fill.producer().store(self.fill.mine, Ordering::Release);
        (given, damaged)
    }

    /// Tells the driver of new free frames, where it asks to be told.
    pub(super) fn wake(&self) {
        if self.fill.word(self.fill.offset.flags).load(Ordering::Relaxed) & NEED_WAKEUP != 0 {
            // SAFETY: receives nothing, into no buffer.
            unsafe {
                libc::recvfrom(
                    self.fd.as_raw_fd(),
                    std::ptr::null_mut(),
                    0,
                    libc::MSG_DONTWAIT,
                    std::ptr::null_mut(),
                    std::ptr::null_mut(),
                );
            }
        }
    }

    /// What was counted since the last call.
    pub(super) fn counted(&mut self) -> Counted {
        let mut now = Counted::default();
        if ifreq::get_option(&self.fd, SOL_XDP, STATISTICS, &mut now).is_err() {
            return Counted::default();
        }
        let before = mem::replace(&mut self.seen, now);
        Counted {
            dropped: now.dropped.saturating_sub(before.dropped),
            invalid: now.invalid.saturating_sub(before.invalid),
            ring_full: now.ring_full.saturating_sub(before.ring_full),
            fill_empty: now.fill_empty.saturating_sub(before.fill_empty),
            ..Counted::default()
        }
    }
}
