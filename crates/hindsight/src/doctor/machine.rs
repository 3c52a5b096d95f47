//! The machine: clock, memory, processor, limits, service.

use super::{Finding, Level, has, read};
use indicatif::HumanBytes;
use source::{Clock, clock};
use std::path::Path;

const AREA: &str = "machine";

pub fn findings() -> Vec<Finding> {
    let mut found = vec![steered(clock())];
    let clocks = "/sys/devices/system/clocksource/clocksource0";
    let all = read(format!("{clocks}/available_clocksource")).unwrap_or_default();
    found.extend(read(format!("{clocks}/current_clocksource")).map(|now| counter(&now, &all)));
    let memory = read("/proc/meminfo").unwrap_or_default();
    let kib = |name| crate::monitor::kib(&memory, name);
    found.push(room(kib("MemAvailable:"), kib("MemTotal:")));
    found.extend(read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").map(|name| governor(&name)));
    found.push(files(&read("/proc/self/limits").unwrap_or_default()));
    found.push(service());
    found
}

fn steered(clock: Option<Clock>) -> Finding {
    match clock {
        Some(Clock { synchronised: true, max_error_us }) => {
            Finding::ok(AREA, format!("the clock is synchronised (wrong by {max_error_us} µs at most)"))
        }
        Some(_) => {
            let finding = Finding::new(
                AREA,
                Level::Warn,
                "the clock is not synchronised",
                "times of packets drift away from those of other machines and of logs",
            );
            if has("chronyc") {
                finding.runs("systemctl enable --now chrony || systemctl enable --now chronyd")
            } else if Path::new("/run/systemd/system").exists() && has("timedatectl") {
                finding.runs("timedatectl set-ntp true")
            } else {
                finding.by_hand("install and start a time daemon: apt-get install -y chrony")
            }
        }
        None => Finding::ok(AREA, "whether the clock is synchronised cannot be asked here"),
    }
}

fn counter(now: &str, all: &str) -> Finding {
    let fast = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"];
    if fast.contains(&now) {
        return Finding::ok(AREA, format!("the time is read from {now}"));
    }
    let better = fast.iter().find(|name| all.split_whitespace().any(|one| one == **name));
    let finding = Finding::new(
        AREA,
        Level::Warn,
        format!("the time is read from {now}"),
        "reading it costs a microsecond or more for each packet",
    );
    match better {
        Some(name) => finding
            .runs(format!("echo {name} > /sys/devices/system/clocksource/clocksource0/current_clocksource")),
        None => {
            finding.by_hand("see why the processor's own counter is not trusted: dmesg | grep -i clocksource")
        }
    }
}

fn room(available: u64, total: u64) -> Finding {
    let found = format!("{} of {} memory available", HumanBytes(available), HumanBytes(total));
    if available < 512 << 20 {
        return Finding::new(
            AREA,
            Level::Bad,
            found,
            "rings, open sessions and the index need more: the kernel may end the capture",
        )
        .by_hand("give the machine more memory, or end other programs");
    }
    if available < 2 << 30 {
        return Finding::new(
            AREA,
            Level::Warn,
            found,
            "rings are made smaller, so that shorter bursts fit into them",
        )
        .by_hand("give the machine more memory, or end other programs");
    }
    Finding::ok(AREA, found)
}

fn governor(name: &str) -> Finding {
    if name == "powersave" || name == "ondemand" || name == "conservative" {
        return Finding::new(
            AREA,
            Level::Warn,
            format!("the processor saves power (governor {name})"),
            "it is slow for the first milliseconds of a burst",
        )
        .runs("for c in /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor; do echo performance > \"$c\"; done");
    }
    Finding::ok(AREA, format!("processor governor {name}"))
}

fn files(limits: &str) -> Finding {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let soft = line.split_whitespace().next().unwrap_or_default();
    match soft.parse::<u64>() {
        Ok(n) if n < 1_024 => Finding::new(
            AREA,
            Level::Warn,
            format!("{n} files may be open at once"),
            "the index keeps many files open: long searches fail",
        )
        .by_hand("ulimit -n 65536 before starting (the systemd unit does it)"),
        _ => Finding::ok(AREA, format!("{soft} files may be open at once")),
    }
}

fn service() -> Finding {
    let places = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
    let installed = places.iter().any(|place| Path::new(place).join("hindsight.service").exists());
    let systemd = Path::new("/run/systemd/system").exists();
    match (installed, systemd) {
        (true, _) => Finding::ok(AREA, "the systemd unit hindsight.service is installed"),
        (false, false) => Finding::ok(AREA, "no systemd here: nothing starts Hindsight after a boot but you"),
        (false, true) => Finding::new(
            AREA,
            Level::Warn,
            "the systemd unit hindsight.service is not installed",
            "the capture does not begin after a boot and is not started again when it ends",
        )
        .by_hand("hindsight doctor --unit | sudo tee /etc/systemd/system/hindsight.service")
        .by_hand("sudo systemctl daemon-reload && sudo systemctl enable --now hindsight"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        assert_eq!(steered(Some(Clock { synchronised: true, max_error_us: 5 })).level, Level::Ok);
        assert_eq!(steered(Some(Clock { synchronised: false, max_error_us: 5 })).level, Level::Warn);
        assert_eq!(counter("tsc", "tsc hpet").level, Level::Ok);
        assert!(counter("hpet", "tsc hpet acpi_pm").fix[0].command.starts_with("echo tsc > "));
        assert!(!counter("acpi_pm", "hpet acpi_pm").fix[0].runs);
    }

    #[test]
    fn limits() {
        let text = "Limit  Soft Limit Hard Limit Units\nMax open files            256                 4096    files\n";
        assert_eq!(files(text).level, Level::Warn);
        assert_eq!(files("Max open files   1048576  1048576 files").level, Level::Ok);
        assert_eq!(room(100 << 20, 1 << 30).level, Level::Bad);
        assert_eq!(governor("powersave").level, Level::Warn);
    }
}
