//! How large a ring is when nobody says: from memory, link speed and workers.

use std::fs;

/// Time that the ring should hold at full line rate while its reader does something else, seconds.
const HOLD: f64 = 0.25;
/// Speed where the driver names none (virtual interfaces), megabits per second.
const SPEED: u32 = 10_000;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What the kernel is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Bytes of a block, a power of two.
    pub block_size: u32,
    pub blocks: u32,
    pub timeout_ms: u32,
}

impl Plan {
    pub(super) fn bytes(self) -> u64 {
        u64::from(self.block_size) * u64::from(self.blocks)
    }

    /// Half of it, where there is no memory for all; `None` where it would be of no use.
    pub(super) fn halved(self) -> Option<Self> {
        (self.blocks > 8).then_some(Self { blocks: self.blocks / 2, ..self })
    }
}

/// The ring of one of `workers`.
///
/// A quarter of a second at line rate, at most a sixteenth of the memory that is free for all workers together, at least 8 MiB. A block is
/// handed over when full, or after the time in which a tenth of the line rate fills it: a busy link is not woken for half-full blocks (a
/// block with one packet in it costs as much of the ring as a full one), a quiet one does not wait long.
pub(super) fn plan(available: u64, workers: usize, speed_mbps: Option<u32>, ring_bytes: Option<u64>) -> Plan {
    let workers = workers.max(1) as u64;
    let bytes_per_second = f64::from(speed_mbps.unwrap_or(SPEED)) * 125_000.0;
    let ring = match ring_bytes {
        Some(bytes) => bytes / workers,
        None => {
            let wanted = (bytes_per_second * HOLD) as u64;
            (wanted.clamp(32 * MIB, 2048 * MIB).min(available / 16) / workers).max(8 * MIB)
        }
    };
    let block_size = match ring {
        0..MIB => 64 * KIB,
        MIB..16_777_216 => 256 * KIB,
        _ => MIB,
    };
    // 16 GiB of one ring are beyond what the kernel takes.
    let blocks = (ring / block_size).clamp(4, 16_384);
    let fill_ms = block_size as f64 / (bytes_per_second / 10.0) * 1000.0;
    Plan { block_size: block_size as u32, blocks: blocks as u32, timeout_ms: (fill_ms as u32).clamp(4, 50) }
}

/// Memory that can be had without swapping, bytes.
pub(super) fn available_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    available(&text).unwrap_or(1 << 30)
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(KIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_fit_speed_memory_and_workers() {
        let gib = 1 << 30;
        let fast = plan(64 * gib, 1, Some(10_000), None);
        assert_eq!((fast.bytes() / MIB, fast.block_size), (298, MIB as u32));
        assert_eq!(plan(64 * gib, 2, Some(10_000), None).bytes() / MIB, 149);
        assert_eq!(plan(64 * gib, 1, Some(100_000), None).bytes() / MIB, 2048);
        let slow = plan(64 * gib, 1, Some(100), None);
        assert!(slow.bytes() == 32 * MIB && slow.timeout_ms == 50);
        assert!(fast.timeout_ms < slow.timeout_ms);
        // a small machine, and nonsense
        assert_eq!(plan(gib / 2, 2, None, None).bytes(), 16 * MIB);
        assert_eq!(plan(0, 0, Some(0), None).bytes(), 8 * MIB);
        assert_eq!(plan(gib, 1, None, Some(256 * KIB)).bytes(), 256 * KIB);
        assert_eq!(plan(gib, 2, None, Some(u64::MAX)).bytes(), 16 * gib);
        assert!(fast.halved().is_some_and(|half| half.bytes() == fast.bytes() / 2));
    }

    #[test]
    fn memory_is_read_from_the_kernel() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   22 kB\n"), Some(22 << 10));
        assert_eq!(available("MemTotal: 9 kB\n"), None);
        assert!(available_memory() > 1 << 20);
    }
}
