//! System calls about an interface by its name.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::Error;

/// Result of a system call.
pub(crate) fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Opens a socket.
pub(crate) fn socket(domain: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: plain system call.
    let fd = check(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })?;
    // SAFETY: `fd` was just opened and is owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets an option of a socket. `T` is the plain C structure that the option takes.
pub(crate) fn set_option<T: Copy>(fd: &OwnedFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    let len = mem::size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel reads `len` bytes of `value`, which lives through the call.
    let result = unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const *value).cast(), len) };
    check(result).map(|_| ())
}

/// Reads an option of a socket into `value`; returns how many bytes the kernel wrote. `T` is a plain C structure of integers.
pub(crate) fn get_option<T: Copy>(fd: &OwnedFd, level: i32, option: i32, value: &mut T) -> io::Result<usize> {
    let mut len = mem::size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `value`, which lives through the call; any bytes are valid in it.
    let result =
        unsafe { libc::getsockopt(fd.as_raw_fd(), level, option, (&raw mut *value).cast(), &raw mut len) };
    check(result).map(|_| len as usize)
}

/// Waits until one of the descriptors can be read or has an error, at most so long. Whether one is; a signal counts as nothing.
pub(crate) fn poll(descriptors: &mut [libc::pollfd], timeout_ms: i32) -> bool {
    // SAFETY: valid pollfds, for the time of the call.
    unsafe { libc::poll(descriptors.as_mut_ptr(), descriptors.len() as libc::nfds_t, timeout_ms) > 0 }
}

fn named(name: &str) -> Option<libc::ifreq> {
    if name.is_empty() || name.len() >= libc::IFNAMSIZ || name.contains(['/', '\0']) {
        return None;
    }
    // SAFETY: an all-zero ifreq is a valid one.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    Some(request)
}

/// Calls an ioctl of the kind that takes an ifreq.
fn call(request: &mut libc::ifreq, number: libc::c_ulong) -> io::Result<()> {
    let fd = socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    // SAFETY: the ioctl numbers used in this file take an ifreq, which lives through the call, as does what it points to.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), number as _, &raw mut *request) }).map(|_| ())
}

/// Calls an ioctl whose ifreq points to a structure (`SIOCETHTOOL`, `SIOCSHWTSTAMP`). `T` is the plain C structure of integers for it.
pub(crate) fn with_data<T: Copy>(name: &str, number: libc::c_ulong, data: &mut T) -> io::Result<()> {
    let mut request = named(name).ok_or(io::ErrorKind::NotFound)?;
    request.ifr_ifru.ifru_data = (&raw mut *data).cast();
    call(&mut request, number)
}

/// `IFF_` flags of an interface.
pub(crate) fn flags(name: &str) -> io::Result<i32> {
    let mut request = named(name).ok_or(io::ErrorKind::NotFound)?;
    call(&mut request, libc::SIOCGIFFLAGS)?;
    // SAFETY: after success the kernel has filled in this member of the union.
    Ok(i32::from(unsafe { request.ifr_ifru.ifru_flags }))
}

/// `struct ethtool_drvinfo`.
#[repr(C)]
#[derive(Clone, Copy)]
struct DriverInfo {
    command: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

/// Name of the driver of an interface, also of one without a device.
pub(crate) fn driver(name: &str) -> Option<String> {
    const ETHTOOL_GDRVINFO: u32 = 3;
    let mut info = DriverInfo { command: ETHTOOL_GDRVINFO, driver: [0; 32], rest: [0; 160] };
    with_data(name, libc::SIOCETHTOOL, &mut info).ok()?;
    let text = info.driver.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Index of an interface.
pub(crate) fn index(name: &str) -> Option<i32> {
    named(name)?;
    let name = std::ffi::CString::new(name).ok()?;
    // SAFETY: a valid C string for the time of the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    i32::try_from(index).ok().filter(|index| *index > 0)
}

/// Whether an interface with this index exists, whatever its name is by now.
pub(crate) fn exists(index: i32) -> bool {
    let mut name = [0 as libc::c_char; libc::IFNAMSIZ];
    // SAFETY: the buffer has the length that the call asks for.
    u32::try_from(index)
        .is_ok_and(|index| !unsafe { libc::if_indextoname(index, name.as_mut_ptr()) }.is_null())
}

/// Index and ARPHRD number of an interface.
pub(crate) fn interface(name: &str) -> Result<(i32, u16), Error> {
    let unknown = || Error::NoInterface { name: name.to_owned(), known: crate::interfaces() };
    let mut request = named(name).ok_or_else(unknown)?;
    let index = index(name).ok_or_else(unknown)?;
    call(&mut request, libc::SIOCGIFHWADDR).map_err(|source| match source.raw_os_error() {
        // it went away in between
        Some(libc::ENODEV) => unknown(),
        _ => Error::Interface { interface: name.to_owned(), action: "asking for its hardware type", source },
    })?;
    // SAFETY: after success the kernel has filled in this member of the union.
    let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    Ok((index, hardware))
}
