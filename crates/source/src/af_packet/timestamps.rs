//! Timestamps of the network card itself.

use std::fs::File;
use std::os::fd::AsRawFd;

use super::socket::Socket;
use crate::ifreq;

const ETHTOOL_GET_TS_INFO: u32 = 0x41;
/// `SOF_TIMESTAMPING_RX_HARDWARE`, `SOF_TIMESTAMPING_RAW_HARDWARE`.
const RX_HARDWARE: u32 = 1 << 2;
const RAW_HARDWARE: u32 = 1 << 6;
/// `HWTSTAMP_FILTER_ALL`.
const FILTER_ALL: i32 = 1;
const SIOCSHWTSTAMP: libc::c_ulong = 0x89b0;
/// A card's clock further than this from the system's is one that nobody sets.
const AGREE: i64 = 100_000_000;

/// `struct ethtool_ts_info`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Info {
    command: u32,
    timestamping: u32,
    clock: i32,
    sent: u32,
    reserved: [u32; 3],
    filters: u32,
    reserved_2: [u32; 3],
}

/// `struct hwtstamp_config`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Request {
    flags: i32,
    sent: i32,
    filter: i32,
}

/// Turns hardware timestamps on. What kind of timestamps packets will have, and why, in words.
///
/// They are taken only when the card's clock is within 100 ms of the system's: it is a clock of its own, often one that nobody ever set, and
/// a precise but wrong time is worse than the kernel's.
pub(super) fn enable(interface: &str, socket: &Socket) -> String {
    match try_enable(interface, socket) {
        Ok(()) => "timestamps of the network card".to_owned(),
        Err(why) => format!("timestamps of the kernel ({why})"),
    }
}

fn try_enable(interface: &str, socket: &Socket) -> Result<(), String> {
    let mut info = Info { command: ETHTOOL_GET_TS_INFO, ..Info::default() };
    let none = || "the network card has none of its own".to_owned();
    ifreq::with_data(interface, libc::SIOCETHTOOL, &mut info).map_err(|_| none())?;
    let both = RX_HARDWARE | RAW_HARDWARE;
    if info.timestamping & both != both || info.filters & (1 << FILTER_ALL) == 0 {
        return Err(none());
    }
    let away = clock_offset(info.clock).ok_or("the clock of the network card cannot be read")?;
    if away.abs() > AGREE {
        let seconds = away as f64 / 1e9;
        return Err(format!(
            "the clock of the network card is {seconds:.3} s away from the system's; set it with phc2sys -s CLOCK_REALTIME -c {interface} -O 0"
        ));
    }
    let mut request = Request { filter: FILTER_ALL, ..Request::default() };
    ifreq::with_data(interface, SIOCSHWTSTAMP, &mut request)
        .map_err(|error| format!("turning those of the network card on: {error}"))?;
    socket
        .set(libc::SOL_PACKET, libc::PACKET_TIMESTAMP, &RAW_HARDWARE)
        .map_err(|error| format!("asking for those of the network card: {error}"))
}

/// Nanoseconds by which a card's clock is ahead of the system's.
fn clock_offset(clock: i32) -> Option<i64> {
    let file = File::open(format!("/dev/ptp{}", u32::try_from(clock).ok()?)).ok()?;
    // FD_TO_CLOCKID of the kernel: an opened clock as a clockid_t.
    let id = (!file.as_raw_fd() << 3) | 3;
    let time = |id| {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the kernel writes one timespec, which lives through the call.
        let result = unsafe { libc::clock_gettime(id, &raw mut time) };
        (result == 0).then(|| time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec))
    };
    Some(time(id)?.saturating_sub(time(libc::CLOCK_REALTIME)?))
}
