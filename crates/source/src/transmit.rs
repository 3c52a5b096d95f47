//! The other way round: puts frames onto an interface, to measure what a capture keeps up with.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::Error;

/// Frames handed to the kernel in one system call.
pub const TRANSMIT_BATCH: usize = 64;

/// Linux: `PACKET_QDISC_BYPASS` of `linux/if_packet.h`.
const QDISC_BYPASS: libc::c_int = 20;

/// Sends whole link-layer frames on one interface, past its queueing discipline, and says exactly how many the kernel took.
///
/// Pacing is the caller's: this hands over what it is given at once.
#[derive(Debug)]
pub struct Transmit {
    fd: OwnedFd,
    interface: String,
}

impl Transmit {
    /// Opens the interface for sending; nothing is received.
    ///
    /// # Errors
    /// As for capturing: [`Error::NoInterface`], [`Error::Privilege`], [`Error::Interface`].
    pub fn open(interface: &str) -> Result<Self, Error> {
        let unknown = || Error::NoInterface { name: interface.to_owned(), known: crate::interfaces() };
        let name = std::ffi::CString::new(interface).map_err(|_| unknown())?;
        // SAFETY: a valid C string for the time of the call.
        let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
        let index = i32::try_from(index).ok().filter(|index| *index > 0).ok_or_else(unknown)?;
        let failed =
            |action| move |source| Error::Interface { interface: interface.to_owned(), action, source };
        // SAFETY: plain system call. Protocol 0: nothing is ever received.
        let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        if fd < 0 {
            let source = io::Error::last_os_error();
            if source.kind() == io::ErrorKind::PermissionDenied {
                let program = std::env::current_exe().unwrap_or_else(|_| "hindsight".into());
                return Err(Error::Privilege { interface: interface.to_owned(), program });
            }
            return Err(failed("opening a packet socket")(source));
        }
        // SAFETY: `fd` was just opened and is owned by nobody else.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let on: libc::c_int = 1;
        let len = mem::size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the kernel reads one int, which lives through the call.
        let result = unsafe {
            libc::setsockopt(fd.as_raw_fd(), libc::SOL_PACKET, QDISC_BYPASS, (&raw const on).cast(), len)
        };
        if result < 0 {
            return Err(failed("bypassing its queue")(io::Error::last_os_error()));
        }
        // SAFETY: an all-zero sockaddr_ll is a valid one.
        let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_ifindex = index;
        let len = mem::size_of::<libc::sockaddr_ll>() as libc::socklen_t;
        // SAFETY: the kernel reads `len` bytes of the address, which lives through the call.
        if unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) } < 0 {
            return Err(failed("binding to it")(io::Error::last_os_error()));
        }
        Ok(Self { fd, interface: interface.to_owned() })
    }

    /// Offers frames in order, at most [`TRANSMIT_BATCH`] of them; returns how many the kernel took, counted from the first. The rest was
    /// not sent (the interface had no room, or a signal came) and may be offered again.
    ///
    /// # Errors
    /// [`Error::Interface`]: the interface is down or gone, or the first frame cannot be sent on it (shorter than a link header, longer
    /// than the MTU). Nothing was sent then.
    pub fn send(&mut self, frames: &[&[u8]]) -> Result<usize, Error> {
        // SAFETY: iovec and mmsghdr are plain C structures of integers and pointers, for which all zeroes is a valid value.
        let (mut parts, mut messages): ([libc::iovec; TRANSMIT_BATCH], [libc::mmsghdr; TRANSMIT_BATCH]) =
            unsafe { mem::zeroed() };
        let mut count = 0;
        for ((frame, part), message) in frames.iter().zip(&mut parts).zip(&mut messages) {
            part.iov_base = frame.as_ptr().cast_mut().cast();
            part.iov_len = frame.len();
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            count += 1;
        }
        if count == 0 {
            return Ok(0);
        }
        // SAFETY: `count` messages are filled in, each with one iovec of `parts`, which is not moved, pointing to bytes of `frames`; all
        // live through the call. The kernel only reads the bytes (sending), although iovec has no pointer to const.
        let sent = unsafe { libc::sendmmsg(self.fd.as_raw_fd(), messages.as_mut_ptr(), count, 0) };
        if let Ok(sent) = usize::try_from(sent) {
            return Ok(sent);
        }
        let source = io::Error::last_os_error();
        match source.raw_os_error() {
            Some(libc::ENOBUFS | libc::EAGAIN | libc::EINTR) => Ok(0),
            _ => Err(Error::Interface { interface: self.interface.clone(), action: "sending", source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_interface_is_named() {
        let error = Transmit::open("no-such-if").unwrap_err();
        assert!(matches!(&error, Error::NoInterface { name, .. } if name == "no-such-if"), "{error}");
        assert!(Transmit::open("nul\0").is_err());
    }

    #[test]
    fn frames_are_counted_as_the_kernel_took_them() {
        let mut loopback = match Transmit::open("lo") {
            Ok(loopback) => loopback,
            Err(Error::Privilege { .. }) => {
                eprintln!("skipped: sending needs CAP_NET_RAW");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        // an EtherType for experiments: nobody listens
        let mut frame = [0u8; 60];
        frame[12..14].copy_from_slice(&[0x88, 0xb5]);
        let many = vec![&frame[..]; TRANSMIT_BATCH + 10];
        match loopback.send(&many) {
            Ok(sent) => assert!(sent > 0 && sent <= TRANSMIT_BATCH, "{sent}"),
            // a namespace whose loopback is down
            Err(error) => assert!(error.to_string().contains("sending"), "{error}"),
        }
        assert_eq!(loopback.send(&[]).unwrap(), 0);
        let error = loopback.send(&[&frame[..5]]).unwrap_err();
        assert!(error.to_string().contains("lo"), "{error}");
    }
}
