//! A network namespace per test, with a pair of virtual interfaces; a sender of frames; a receiver for all workers.
#![allow(dead_code, unsafe_code)]

use source::{PacketSource, Status};
use std::process::Command;

/// Runs `ip` with arguments separated by spaces.
pub fn ip(arguments: &str) -> bool {
    Command::new("ip").args(arguments.split(' ')).status().is_ok_and(|s| s.success())
}

/// Runs a test in a thread with its own network: interfaces `in` and `out`, joined, without IPv6 chatter. Says so where that is not allowed.
pub fn with_network(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // SAFETY: plain system call; only this thread moves to the new namespace.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 || !pair() {
                eprintln!("skipped: needs root (CAP_SYS_ADMIN), ip and veth");
                return;
            }
            assert!(ip("link set lo up"));
            test();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Makes `in` and `out`, up.
pub fn pair() -> bool {
    if !ip("link add in type veth peer name out") {
        return false;
    }
    for name in ["in", "out"] {
        let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1");
        assert!(ip(&format!("link set {name} addrgenmode none")));
        assert!(ip(&format!("link set {name} up")));
    }
    true
}

/// A raw socket that sends frames on an interface.
pub struct Sender(i32);

pub fn sender(interface: &str) -> Sender {
    let name = std::ffi::CString::new(interface).unwrap();
    // SAFETY: plain system calls with structures that live through them.
    unsafe {
        let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
        assert!(fd >= 0);
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
        let len = std::mem::size_of_val(&address) as u32;
        assert_eq!(libc::bind(fd, (&raw const address).cast(), len), 0);
        Sender(fd)
    }
}

impl Sender {
    pub fn send(&self, frame: &[u8]) {
        // SAFETY: the kernel reads `frame`, which lives through the call.
        while unsafe { libc::send(self.0, frame.as_ptr().cast(), frame.len(), 0) } != frame.len() as isize {
            let error = std::io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(libc::ENOBUFS), "{error}");
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // SAFETY: our own descriptor.
        unsafe { libc::close(self.0) };
    }
}

/// What each source gives, until `n` packets came in all or nothing comes for three rounds.
pub fn receive_all<S: std::ops::DerefMut<Target: PacketSource>>(
    sources: &mut [S],
    n: usize,
) -> Vec<Vec<Vec<u8>>> {
    let mut got: Vec<Vec<Vec<u8>>> = sources.iter().map(|_| Vec::new()).collect();
    let mut idle = 0;
    while got.iter().map(Vec::len).sum::<usize>() < n && idle < 10 {
        let before: usize = got.iter().map(Vec::len).sum();
        for (source, got) in sources.iter_mut().zip(&mut got) {
            while source.batch(1000, &mut |p| got.push(p.bytes.to_vec())).unwrap() == Status::More {}
        }
        idle = if got.iter().map(Vec::len).sum::<usize>() > before { 0 } else { idle + 1 };
    }
    got
}

/// Sets the stop flag's consequence: everything until the end.
pub fn drain(source: &mut dyn PacketSource, each: &mut dyn FnMut(&source::Packet<'_>)) {
    while source.batch(1000, each).unwrap() != Status::End {}
}
