//! Kernel features and the rights to use them.

use super::{Finding, Level, read};

const AREA: &str = "kernel";

/// Capabilities by number, as in `<linux/capability.h>`.
const NET_ADMIN: u32 = 12;
const NET_RAW: u32 = 13;
const SYS_ADMIN: u32 = 21;
const BPF: u32 = 39;

pub fn findings() -> Vec<Finding> {
    let release = read("/proc/sys/kernel/osrelease").unwrap_or_default();
    let protocols = read("/proc/net/protocols").unwrap_or_default();
    let mut found = vec![version(&release)];
    found.extend(sockets(&protocols));
    found.push(jit(read("/proc/sys/net/core/bpf_jit_enable").as_deref()));
    found.push(backlog(read("/proc/sys/net/core/netdev_max_backlog").as_deref()));
    let status = read("/proc/self/status").unwrap_or_default();
    let program =
        std::env::current_exe().map_or_else(|_| "hindsight".into(), |path| path.display().to_string());
    found.extend(rights(&status, &program));
    found
}

/// The two first numbers of a release such as `6.18.44-fc`.
fn numbers(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn version(release: &str) -> Finding {
    match numbers(release) {
        Some(v) if v >= (5, 4) => Finding::ok(AREA, format!("Linux {release}")),
        Some(v) if v >= (4, 18) => Finding::new(
            AREA,
            Level::Warn,
            format!("Linux {release}"),
            "AF_XDP is slower before 5.4; AF_PACKET works",
        )
        .by_hand("use a newer kernel"),
        Some(_) => Finding::new(
            AREA,
            Level::Bad,
            format!("Linux {release}"),
            "too old: AF_XDP needs 4.18, and fanout by flow is unreliable",
        )
        .by_hand("use Linux 5.4 or newer"),
        None => Finding::new(
            AREA,
            Level::Warn,
            "the version of the kernel cannot be read",
            "features are only tried",
        ),
    }
}

/// `/proc/net/protocols` lists the kinds of sockets by name.
fn sockets(protocols: &str) -> Vec<Finding> {
    let has = |name: &str| protocols.lines().any(|line| line.split_whitespace().next() == Some(name));
    let packet = if has("PACKET") {
        Finding::ok(AREA, "AF_PACKET with a ring in shared memory (TPACKET_V3)")
    } else {
        Finding::new(AREA, Level::Bad, "AF_PACKET is missing", "no interface can be captured on")
            .runs("modprobe af_packet")
    };
    let xdp = if has("XDP") {
        Finding::ok(AREA, "AF_XDP")
    } else {
        Finding::new(
            AREA,
            Level::Warn,
            "AF_XDP is missing",
            "capture uses AF_PACKET, which holds somewhat lower rates of small packets",
        )
        .by_hand("use a kernel with CONFIG_XDP_SOCKETS")
    };
    vec![packet, xdp]
}

fn jit(enabled: Option<&str>) -> Finding {
    match enabled {
        Some("0") => Finding::new(
            AREA,
            Level::Warn,
            "packet filters are interpreted (net.core.bpf_jit_enable = 0)",
            "capture filters and the spreading of flows cost several times as much for each packet",
        )
        .runs("sysctl -w net.core.bpf_jit_enable=1"),
        _ => Finding::ok(AREA, "packet filters are compiled (net.core.bpf_jit_enable)"),
    }
}

fn backlog(most: Option<&str>) -> Finding {
    const WANTED: u64 = 10_000;
    match most.and_then(|n| n.parse::<u64>().ok()) {
        Some(n) if n < WANTED => Finding::new(
            AREA,
            Level::Warn,
            format!("net.core.netdev_max_backlog = {n}"),
            "virtual interfaces (veth, tunnels) and RPS lose packets in bursts longer than this, before any capture sees them",
        )
        .runs("sysctl -w net.core.netdev_max_backlog=250000"),
        Some(n) => Finding::ok(AREA, format!("net.core.netdev_max_backlog = {n}")),
        None => Finding::ok(AREA, "net.core.netdev_max_backlog belongs to another network namespace"),
    }
}

fn rights(status: &str, program: &str) -> Vec<Finding> {
    const AREA: &str = "rights";
    let bits = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = bits.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()).unwrap_or(0);
    let has = |capability: u32| bits >> capability & 1 == 1;
    let setcap = format!("setcap cap_net_raw,cap_net_admin,cap_bpf=eip '{}'", program.replace('\'', r"'\''"));
    let mut found = Vec::new();
    if has(NET_RAW) && has(NET_ADMIN) {
        found.push(Finding::ok(AREA, "may capture (CAP_NET_RAW, CAP_NET_ADMIN)"));
    } else if has(NET_RAW) {
        found.push(
            Finding::new(
                AREA,
                Level::Warn,
                "CAP_NET_ADMIN is missing",
                "the promiscuous mode cannot be switched on: a mirror port shows nothing of other machines' traffic",
            )
            .by_hand(format!("sudo {setcap}")),
        );
    } else {
        found.push(
            Finding::new(AREA, Level::Bad, "CAP_NET_RAW is missing", "this user may not capture")
                .by_hand(format!("sudo {setcap}"))
                .by_hand("or run as a service: hindsight doctor --unit"),
        );
    }
    if has(NET_RAW) && !has(BPF) && !has(SYS_ADMIN) {
        found.push(
            Finding::new(AREA, Level::Warn, "CAP_BPF is missing", "AF_XDP cannot be used; AF_PACKET works")
                .by_hand(format!("sudo {setcap}")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(version("6.18.44-fc-v657").level, Level::Ok);
        assert_eq!(version("4.19.0").level, Level::Warn);
        assert_eq!(version("3.10.0-1160.el7").level, Level::Bad);
        assert_eq!(version("").level, Level::Warn);
    }

    #[test]
    fn kinds_of_sockets() {
        let text = "protocol  size sockets\nPACKET  1472 1\nTCP 2304 0\n";
        let levels: Vec<Level> = sockets(text).iter().map(|f| f.level).collect();
        assert_eq!(levels, [Level::Ok, Level::Warn]);
        assert_eq!(sockets("")[0].fix[0].command, "modprobe af_packet");
    }

    #[test]
    fn what_is_missing_is_named_with_the_command() {
        let of = |bits: u64| rights(&format!("Name:\tx\nCapEff:\t{bits:016x}\n"), "/o'hara/hindsight");
        assert_eq!(of(u64::MAX).len(), 1);
        let nothing = of(0);
        assert_eq!(nothing[0].level, Level::Bad);
        assert_eq!(
            nothing[0].fix[0].command,
            r"sudo setcap cap_net_raw,cap_net_admin,cap_bpf=eip '/o'\''hara/hindsight'"
        );
        assert_eq!(of(1 << 13)[0].found, "CAP_NET_ADMIN is missing");
        assert_eq!(of(1 << 13 | 1 << 12)[1].found, "CAP_BPF is missing");
    }
}
