//! The network interfaces of this machine.

use std::fs;
use std::net::IpAddr;

/// Names of all interfaces, sorted.
#[must_use]
pub fn interfaces() -> Vec<String> {
    let entries = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// An interface of this machine, as far as the kernel tells about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Whether it is up.
    pub up: bool,
    /// Megabits per second, where the driver knows it.
    pub speed_mbps: Option<u32>,
    /// Name of the driver, where there is a device.
    pub driver: Option<String>,
    /// Addresses that the machine has on it.
    pub addresses: Vec<IpAddr>,
    /// Queues into which received packets are spread.
    pub receive_queues: usize,
    /// Largest packet without its link header, bytes.
    pub mtu: u32,
    /// The bridge or bond that it is part of.
    pub master: Option<String>,
    /// NUMA node of the device.
    pub numa_node: Option<u32>,
}

/// What is known about one interface; `None` where there is none of that name.
#[must_use]
pub fn interface(name: &str) -> Option<Interface> {
    crate::ifreq::index(name)?;
    let last = |file: &str| {
        let target = fs::read_link(format!("/sys/class/net/{name}/{file}")).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    };
    let queues = fs::read_dir(format!("/sys/class/net/{name}/queues")).into_iter().flatten().flatten();
    let receive = queues.filter(|queue| queue.file_name().to_string_lossy().starts_with("rx-"));
    Some(Interface {
        name: name.to_owned(),
        up: is_up(name),
        speed_mbps: speed(name),
        driver: last("device/driver").or_else(|| crate::ifreq::driver(name)),
        addresses: addresses(name),
        receive_queues: receive.count().max(1),
        mtu: number(name, "mtu").and_then(|mtu| u32::try_from(mtu).ok()).unwrap_or(1500),
        master: last("master"),
        numa_node: number(name, "device/numa_node").and_then(|node| u32::try_from(node).ok()),
    })
}

/// Addresses of an interface.
fn addresses(name: &str) -> Vec<IpAddr> {
    let mut list = std::ptr::null_mut();
    let mut found = Vec::new();
    // SAFETY: getifaddrs writes a pointer to a list that stays valid until freeifaddrs; the list is walked by its own pointers, names are C
    // strings, and an address is read as the structure that its family names.
    unsafe {
        if libc::getifaddrs(&raw mut list) != 0 {
            return found;
        }
        let mut at = list;
        while let Some(entry) = at.as_ref() {
            at = entry.ifa_next;
            let Some(address) = entry.ifa_addr.as_ref() else { continue };
            if std::ffi::CStr::from_ptr(entry.ifa_name).to_bytes() != name.as_bytes() {
                continue;
            }
            match i32::from(address.sa_family) {
                libc::AF_INET => {
                    let address = entry.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned();
                    found.push(IpAddr::from(u32::from_be(address.sin_addr.s_addr).to_be_bytes()));
                }
                libc::AF_INET6 => {
                    let address = entry.ifa_addr.cast::<libc::sockaddr_in6>().read_unaligned();
                    found.push(IpAddr::from(address.sin6_addr.s6_addr));
                }
                _ => {}
            }
        }
        libc::freeifaddrs(list);
    }
    found
}

/// One number of an interface from sysfs.
pub(crate) fn number(interface: &str, file: &str) -> Option<i64> {
    fs::read_to_string(format!("/sys/class/net/{interface}/{file}")).ok()?.trim().parse().ok()
}

/// Megabits per second, where the driver knows it.
pub(crate) fn speed(interface: &str) -> Option<u32> {
    u32::try_from(number(interface, "speed")?).ok().filter(|speed| *speed > 0)
}

/// Whether an interface is up.
pub(crate) fn is_up(interface: &str) -> bool {
    crate::ifreq::flags(interface).is_ok_and(|flags| flags & libc::IFF_UP != 0)
}

/// The interface of the default route: the one to capture on when nobody says which. IPv4 first, then IPv6.
#[must_use]
pub fn default_interface() -> Option<String> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    from_route(&read("/proc/net/route")).or_else(|| from_ipv6_route(&read("/proc/net/ipv6_route")))
}

/// RTF_UP.
const UP: u32 = 1;
/// RTF_REJECT: "no route".
const REJECT: u32 = 0x200;

/// `/proc/net/route`: name, destination, gateway, flags, references, use, metric, mask …
fn from_route(text: &str) -> Option<String> {
    let routes = text.lines().skip(1).filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (name, destination) = (words.next()?, words.next()?);
        let flags = u32::from_str_radix(words.nth(1)?, 16).ok()?;
        let metric: u32 = words.nth(2)?.parse().ok()?;
        let mask = words.next()?;
        (destination == "00000000" && mask == "00000000" && flags & UP != 0 && flags & REJECT == 0)
            .then(|| (metric, name.to_owned()))
    });
    routes.min().map(|(_, name)| name)
}

/// `/proc/net/ipv6_route`: destination, prefix, source, prefix, next hop, metric, references, use, flags, name; numbers in hex.
fn from_ipv6_route(text: &str) -> Option<String> {
    let routes = text.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [destination, "00", _, _, _, metric, _, _, flags, name] = words[..] else { return None };
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let is_default =
            destination.bytes().all(|b| b == b'0') && flags & UP != 0 && flags & REJECT == 0 && name != "lo";
        is_default.then(|| (u32::from_str_radix(metric, 16).unwrap_or(u32::MAX), name.to_owned()))
    });
    routes.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_route_with_the_lowest_metric_wins() {
        let text = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
            eth1\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
            eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        assert_eq!(from_route(text).as_deref(), Some("eth1"));
        assert_eq!(from_route("Iface\n"), None);
    }

    #[test]
    fn loopback_is_described() {
        let Some(lo) = interface("lo") else {
            eprintln!("skipped: this machine has no lo");
            return;
        };
        assert!(lo.receive_queues >= 1 && lo.master.is_none());
        assert!(!lo.up || lo.addresses.iter().all(|address| address.is_loopback()), "{lo:?}");
        assert_eq!(interface("no-such-if"), None);
    }

    #[test]
    fn ipv6_default_route() {
        let zero = "0".repeat(32);
        let route = |prefix, metric, flags, name| {
            format!("{zero} {prefix} {zero} 00 {zero} {metric} 00000003 00000000 {flags} {name}\n")
        };
        let text = route("80", "00000000", "80200001", "lo")
            + &route("00", "ffffffff", "00200200", "lo")
            + &route("00", "00000400", "00000003", "eth0")
            + &route("00", "00000300", "00000003", "eth7");
        assert_eq!(from_ipv6_route(&text).as_deref(), Some("eth7"));
    }
}
