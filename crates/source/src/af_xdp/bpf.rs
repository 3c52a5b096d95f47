//! eBPF: a few system calls and a small assembler.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// One instruction.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

/// A place that jumps name before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A program being written. Registers are numbers: 1 holds the context at the start, 10 the stack.
#[derive(Debug, Default)]
pub(super) struct Program {
    ops: Vec<Op>,
    labels: Vec<Option<usize>>,
    jumps: Vec<(usize, Label)>,
}

impl Program {
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub(super) fn here(&mut self, label: Label) {
        let at = self.ops.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(at);
        }
    }

    pub(super) fn op(&mut self, code: u8, to: u8, from: u8, offset: i16, immediate: i32) {
        self.ops.push(Op { code, registers: to | from << 4, offset, immediate });
    }

    /// A jump; `code` 0x05 is the unconditional one.
    pub(super) fn jump(&mut self, code: u8, to: u8, from: u8, immediate: i32, label: Label) {
        self.jumps.push((self.ops.len(), label));
        self.op(code, to, from, 0, immediate);
    }

    /// The instructions; `None` where a jump is too far for its 16 bits or goes nowhere.
    pub(super) fn finish(mut self) -> Option<Vec<Op>> {
        for (at, label) in &self.jumps {
            let target = (*self.labels.get(label.0)?)?;
            let distance = i64::try_from(target).ok()? - i64::try_from(*at).ok()? - 1;
            self.ops.get_mut(*at)?.offset = i16::try_from(distance).ok()?;
        }
        Some(self.ops)
    }
}

const MAP_CREATE: u32 = 0;
const MAP_UPDATE: u32 = 2;
const PROG_LOAD: u32 = 5;
const LINK_CREATE: u32 = 28;
const XSKMAP: u32 = 17;
const PROG_TYPE_XDP: u32 = 6;
const ATTACH_XDP: u32 = 37;
/// `BPF_F_XDP_HAS_FRAGS`: the program takes packets of several buffers.
const HAS_FRAGS: u32 = 1 << 5;

/// The argument of bpf(2), of which each command reads its own part: words of 32 bits.
type Arguments = [u32; 32];

fn put64(arguments: &mut Arguments, at: usize, value: u64) {
    for (word, value) in arguments.iter_mut().skip(at).zip([value as u32, (value >> 32) as u32]) {
        *word = value;
    }
    if cfg!(target_endian = "big") {
        arguments.swap(at, at + 1);
    }
}

/// SAFETY: addresses in the arguments must be valid for what the command reads and writes.
unsafe fn bpf(command: u32, arguments: &mut Arguments) -> io::Result<i32> {
    // SAFETY: the kernel reads at most the size given; the rest is the caller's promise.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, arguments.as_mut_ptr(), mem::size_of::<Arguments>()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result as i32) }
}

fn owned(fd: i32) -> OwnedFd {
    // SAFETY: the descriptor was just given by bpf(2) and is owned by nobody else.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// A map from receive queue to AF_XDP socket.
pub(super) fn socket_map(entries: u32) -> io::Result<OwnedFd> {
    let mut a: Arguments = [0; 32];
    (a[0], a[1], a[2], a[3]) = (XSKMAP, 4, 4, entries);
    // SAFETY: this command reads integers only.
    unsafe { bpf(MAP_CREATE, &mut a) }.map(owned)
}

/// Puts a socket into the map.
pub(super) fn put_socket(map: &OwnedFd, queue: u32, socket: &OwnedFd) -> io::Result<()> {
    let (key, value) = (queue, socket.as_raw_fd());
    let mut a: Arguments = [0; 32];
    a[0] = map.as_raw_fd() as u32;
    put64(&mut a, 2, (&raw const key) as u64);
    put64(&mut a, 4, (&raw const value) as u64);
    // SAFETY: key and value have the four bytes that the map was made with and live through the call.
    unsafe { bpf(MAP_UPDATE, &mut a) }.map(|_| ())
}

/// Loads an XDP program; packets of several buffers are asked for and done without where the kernel knows none.
pub(super) fn load(ops: &[Op]) -> io::Result<OwnedFd> {
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    for flags in [HAS_FRAGS, 0] {
        let license = c"Dual BSD/GPL";
        let mut a: Arguments = [0; 32];
        (a[0], a[1]) = (PROG_TYPE_XDP, ops.len() as u32);
        put64(&mut a, 2, ops.as_ptr() as u64);
        put64(&mut a, 4, license.as_ptr() as u64);
        a[11] = flags;
        a[17] = ATTACH_XDP;
        // SAFETY: the instructions and the license, a C string, live through the call; the kernel checks and copies them.
        match unsafe { bpf(PROG_LOAD, &mut a) } {
            Ok(fd) => return Ok(owned(fd)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Attaches a program to an interface for as long as the descriptor lives: the kernel takes it off when the process ends, however it ends.
pub(super) fn attach(program: &OwnedFd, index: i32, flags: u32) -> io::Result<OwnedFd> {
    let mut a: Arguments = [0; 32];
    (a[0], a[1], a[2], a[3]) = (program.as_raw_fd() as u32, index as u32, ATTACH_XDP, flags);
    // SAFETY: this command reads integers only.
    unsafe { bpf(LINK_CREATE, &mut a) }.map(owned)
}
