//! One interface: its state, and how its card is set.

use super::{Finding, Level, has, read};
use source::ethtool::{Offloads, Size, offloads, receive_queues, receive_ring};
use std::path::PathBuf;

fn sys(interface: &str, name: &str) -> PathBuf {
    PathBuf::from("/sys/class/net").join(interface).join(name)
}

fn number(interface: &str, name: &str) -> Option<u64> {
    read(sys(interface, name))?.parse().ok()
}

/// Bits a second of the link; `None` where the driver does not say.
pub fn speed(interface: &str) -> Option<u64> {
    number(interface, "speed").filter(|mbit| *mbit > 0 && *mbit < 10_000_000).map(|mbit| mbit * 1_000_000)
}

pub fn findings(interface: &str) -> Vec<Finding> {
    let area = format!("interface {interface}");
    if interface.contains('/') || !source::interfaces().iter().any(|name| name == interface) {
        return vec![
            Finding::new(&area, Level::Bad, "there is no such interface", "it cannot be captured on")
                .by_hand(format!("name one of: {}", source::interfaces().join(", "))),
        ];
    }
    let mut found = vec![link(&area, interface)];
    let mtu = number(interface, "mtu").unwrap_or(0);
    found.push(if mtu < 1_500 {
        Finding::new(
            &area,
            Level::Warn,
            format!("MTU {mtu}"),
            "longer packets of the mirror are dropped by the card",
        )
        // a small MTU may be meant, on a tunnel for example: not changed without a person
        .by_hand(format!("ip link set dev {interface} mtu 1500"))
    } else {
        Finding::ok(&area, format!("MTU {mtu}"))
    });
    found.extend(merged(&area, interface, &offloads(interface)));
    found.extend(receive_ring(interface).map(|size| ring(&area, interface, size)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    found.extend(receive_queues(interface).map(|size| queues(&area, interface, size, cores)));
    let table = read("/proc/interrupts").unwrap_or_default();
    let affinity = |irq: u32| {
        let of = |name: &str| read(format!("/proc/irq/{irq}/{name}")).filter(|text| !text.is_empty());
        of("effective_affinity_list").or_else(|| of("smp_affinity_list"))
    };
    found.extend(interrupts(&area, &receive_interrupts(&table, &names(interface)), &affinity, cores));
    found.push(lost(&area, interface));
    found
}

fn link(area: &str, interface: &str) -> Finding {
    let flags =
        read(sys(interface, "flags")).and_then(|f| u32::from_str_radix(f.trim_start_matches("0x"), 16).ok());
    let up = flags.is_some_and(|flags| flags & 1 == 1);
    if !up {
        return Finding::new(area, Level::Bad, "it is down", "nothing is received")
            .runs(format!("ip link set dev {interface} up"));
    }
    if number(interface, "carrier") == Some(0) {
        return Finding::new(area, Level::Bad, "it is up, but there is no link", "nothing is received")
            .by_hand("check the cable, and the mirror port of the switch");
    }
    let promiscuous = if flags.is_some_and(|flags| flags & 0x100 != 0) { ", promiscuous" } else { "" };
    let speed = speed(interface).map_or(String::new(), |bits| format!(", {} Mbit/s", bits / 1_000_000));
    Finding::ok(area, format!("up{speed}{promiscuous}"))
}

/// The `ethtool` command, with its installation where it is not there.
fn ethtool(arguments: &str) -> String {
    if has("ethtool") {
        format!("ethtool {arguments}")
    } else {
        format!("command -v ethtool >/dev/null || apt-get install -y ethtool; ethtool {arguments}")
    }
}

fn merged(area: &str, interface: &str, offloads: &Offloads) -> Vec<Finding> {
    let on = |list: &[(&'static str, Option<bool>)]| -> Vec<&'static str> {
        list.iter().filter(|(_, state)| *state == Some(true)).map(|(name, _)| *name).collect()
    };
    let settings = |names: &[&str]| names.iter().map(|name| format!(" {name} off")).collect::<String>();
    let mut found = Vec::new();
    let received = on(&[("gro", offloads.gro), ("lro", offloads.lro)]);
    if received.is_empty() {
        found.push(Finding::ok(area, "received packets are those of the wire (GRO and LRO are off)"));
    } else {
        found.push(
            Finding::new(
                area,
                Level::Warn,
                format!("received packets are merged ({} on)", received.join(", ").to_uppercase()),
                "captured packets may be larger and fewer than on the wire; checksums, sizes and retransmissions are not exact",
            )
            .runs(ethtool(&format!("-K {interface}{}", settings(&received)))),
        );
    }
    let sent = on(&[("tso", offloads.tso), ("gso", offloads.gso)]);
    if !sent.is_empty() {
        found.push(
            Finding::new(
                area,
                Level::Warn,
                format!("packets that this machine sends are seen before they are cut ({} on)", sent.join(", ").to_uppercase()),
                "matters only where the traffic of this machine itself is captured; a pure mirror port is not concerned",
            )
            .by_hand(ethtool(&format!("-K {interface}{}", settings(&sent)))),
        );
    }
    found
}

fn ring(area: &str, interface: &str, size: Size) -> Finding {
    let Size { now, most } = size;
    if now < most && now < 4_096 {
        return Finding::new(
            area,
            Level::Warn,
            format!("the card's receive ring has {now} of {most} places"),
            "a burst that is longer is dropped by the card before the kernel sees it",
        )
        .runs(ethtool(&format!("-G {interface} rx {}", most.min(4_096))));
    }
    Finding::ok(area, format!("the card's receive ring has {now} places"))
}

fn queues(area: &str, interface: &str, size: Size, cores: usize) -> Finding {
    let wanted = size.most.min(u32::try_from(cores).unwrap_or(u32::MAX));
    if size.now < wanted {
        return Finding::new(
            area,
            Level::Warn,
            format!("{} of {} receive queues are used, for {cores} cores", size.now, size.most),
            "few cores do the work of the kernel for all packets",
        )
        .runs(ethtool(&format!("-L {interface} combined {wanted}")));
    }
    Finding::ok(area, format!("{} receive queues for {cores} cores", size.now))
}

/// Names under which the interrupts of an interface may stand: its own, and that of its virtio device.
fn names(interface: &str) -> Vec<String> {
    let device = std::fs::canonicalize(sys(interface, "device")).ok();
    let device = device.and_then(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    // a virtio device is its own name there; a PCI address is of no use
    let device = device.filter(|name| name.starts_with("virtio"));
    [Some(interface.to_owned()), device].into_iter().flatten().collect()
}

/// Numbers of the interrupts by which queues of an interface announce received packets.
fn receive_interrupts(table: &str, names: &[String]) -> Vec<u32> {
    let lines = table.lines().filter_map(|line| {
        let (irq, rest) = line.split_once(':')?;
        let name = rest.split_whitespace().last()?;
        let own = names.iter().any(|own| {
            name.split(['@', ',']).any(|part| {
                part.strip_prefix(own.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
                    || part.strip_suffix(own.as_str()).is_some_and(|rest| rest.ends_with('-'))
            })
        });
        let sends =
            ["tx", "output", "config", "control"].iter().any(|word| name.to_lowercase().contains(word))
                && !name.to_lowercase().contains("txrx");
        (own && !sends).then(|| irq.trim().parse().ok()).flatten()
    });
    lines.collect()
}

fn interrupts(
    area: &str,
    irqs: &[u32],
    affinity: &dyn Fn(u32) -> Option<String>,
    cores: usize,
) -> Option<Finding> {
    if irqs.len() < 2 || cores < 2 {
        return None;
    }
    let places: Vec<Option<String>> = irqs.iter().map(|irq| affinity(*irq)).collect();
    let mut cpus: Vec<&str> = places.iter().flatten().map(String::as_str).collect();
    cpus.sort_unstable();
    cpus.dedup();
    let daemon =
        if has("irqbalance") { " (irqbalance may move them again: stop it, or ban these)" } else { "" };
    Some(match cpus.as_slice() {
        [one] if !one.contains([',', '-']) => {
            let finding = Finding::new(
                area,
                Level::Warn,
                format!("all {} receive interrupts go to core {one}{daemon}", irqs.len()),
                "one core does the kernel's work for all packets, and drops them when it is full",
            );
            irqs.iter().enumerate().fold(finding, |finding, (at, irq)| {
                finding.runs(format!("echo {} > /proc/irq/{irq}/smp_affinity_list", at % cores))
            })
        }
        _ => Finding::ok(
            area,
            format!("{} receive interrupts are spread over cores {}", irqs.len(), cpus.join(" ")),
        ),
    })
}

fn lost(area: &str, interface: &str) -> Finding {
    let count = |name: &str| number(interface, &format!("statistics/{name}")).unwrap_or(0);
    let parts: Vec<String> = [
        ("rx_missed_errors", "had no place in the ring of the card"),
        ("rx_fifo_errors", "overran the card"),
        ("rx_crc_errors", "had a wrong checksum (cable, optics)"),
        ("rx_length_errors", "had a length that the card refuses (MTU)"),
    ]
    .into_iter()
    .map(|(name, text)| (count(name), text))
    .filter(|(n, _)| *n > 0)
    .map(|(n, text)| format!("{n} {text}"))
    .collect();
    if parts.is_empty() {
        return Finding::ok(area, format!("the card has lost nothing of {} packets", count("rx_packets")));
    }
    Finding::new(
        area,
        Level::Warn,
        format!("packets that never reached the kernel since the interface came up: {}", parts.join("; ")),
        "no program can capture them; Hindsight's counters do not know them",
    )
    .by_hand(
        "mend the findings above and see whether it rises: ip -s -s link show dev ".to_owned() + interface,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "           CPU0       CPU1\n \
        35:  0  1  IO-APIC   5-edge      ACPI:Ged\n \
        38:  0  78054 PCI-MSIX-0000:00:03.0   1-edge      virtio2-input.0\n \
        39:  55616 0 PCI-MSIX-0000:00:03.0   2-edge      virtio2-output.0\n \
        40:  1 0 PCI-MSI 3-edge eth1-TxRx-0\n \
        41:  1 0 PCI-MSI 4-edge eth1-TxRx-1\n \
        42:  1 0 PCI-MSI 4-edge eth10-rx-1\n \
        43:  1 0 PCI-MSI 4-edge i40e-eth1-tx-0\n \
        44:  1 0 PCI-MSI 5-edge mlx5_comp0@pci:0000\n";

    #[test]
    fn interrupts_of_an_interface_are_found() {
        assert_eq!(receive_interrupts(TABLE, &["eth1".into()]), [40, 41]);
        assert_eq!(receive_interrupts(TABLE, &["eth0".into(), "virtio2".into()]), [38]);
        assert_eq!(receive_interrupts(TABLE, &["eth".into()]), [0_u32; 0]);
    }

    #[test]
    fn interrupts_on_one_core_are_to_be_spread() {
        let one = interrupts("i", &[40, 41, 42], &|_| Some("3".into()), 2).unwrap();
        let commands: Vec<&str> = one.fix.iter().map(|r| r.command.as_str()).collect();
        assert_eq!(commands.len(), 3);
        assert_eq!(commands[1], "echo 1 > /proc/irq/41/smp_affinity_list");
        assert_eq!(interrupts("i", &[40, 41], &|irq| Some(irq.to_string()), 2).unwrap().level, Level::Ok);
        assert_eq!(interrupts("i", &[40, 41], &|_| Some("0-3".into()), 4).unwrap().level, Level::Ok);
        assert_eq!(interrupts("i", &[40], &|_| None, 4), None);
    }

    #[test]
    fn merging_small_rings_and_few_queues_are_named_with_the_command() {
        let all = Offloads { gro: Some(true), lro: Some(true), tso: Some(true), gso: Some(false) };
        let found = merged("i", "eth0", &all);
        assert!(found[0].fix[0].command.ends_with("ethtool -K eth0 gro off lro off"), "{found:?}");
        assert!(found[0].fix[0].runs && !found[1].fix[0].runs);
        assert!(found[1].fix[0].command.ends_with("-K eth0 tso off"));
        assert_eq!(merged("i", "eth0", &Offloads::default())[0].level, Level::Ok);
        let small = ring("i", "eth0", Size { now: 512, most: 8_192 });
        assert!(small.fix[0].command.ends_with("-G eth0 rx 4096"));
        assert_eq!(ring("i", "eth0", Size { now: 4_096, most: 8_192 }).level, Level::Ok);
        assert!(
            queues("i", "eth0", Size { now: 1, most: 8 }, 4).fix[0].command.ends_with("-L eth0 combined 4")
        );
        assert_eq!(queues("i", "eth0", Size { now: 1, most: 1 }, 4).level, Level::Ok);
    }

    #[test]
    fn an_interface_that_is_not_there() {
        assert_eq!(findings("no-such-if")[0].level, Level::Bad);
        assert_eq!(findings("../../kernel")[0].level, Level::Bad);
    }
}
