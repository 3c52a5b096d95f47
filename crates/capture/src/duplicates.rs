//! Copies of packets: a mirror of both sides of a switch shows each packet twice.

use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use wire::{LinkType, ether};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What is done with copies of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateAction {
    /// They are not looked for.
    #[default]
    Off,
    /// They are counted and otherwise treated like any packet.
    Count,
    /// They are counted and left out: neither in a session nor written.
    Drop,
}

/// How copies of packets are recognised.
///
/// Two IP packets are copies when all their bytes from the outermost IP header on are equal, TTL, checksum and DSCP of that header left aside,
/// and the second comes within the window. MAC addresses, VLAN tags and MPLS labels may differ. A sender that retransmits gives the packet
/// another identification; where there is none (IPv6, identification 0) only one copy within [`DuplicateOptions::window_without_id`] counts.
/// The hash is keyed and covers every byte: nobody can make a packet that is taken for a copy of another. Each line looks for itself:
/// copies that come in over two interfaces are two packets, and both copies of one interface reach one line where packets are spread by a
/// symmetric hash of addresses and ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateOptions {
    /// What is done with them.
    pub action: DuplicateAction,
    /// Packets among which a copy is looked for, each worker; rounded up to a power of two, at most 2^24. Costs 16 bytes each.
    pub packets: usize,
    /// Time within which a copy comes.
    pub window: Duration,
    /// The same for packets that carry no identification.
    pub window_without_id: Duration,
}

impl Default for DuplicateOptions {
    fn default() -> Self {
        Self {
            action: DuplicateAction::Off,
            packets: 32_768,
            window: Duration::from_millis(100),
            window_without_id: Duration::from_micros(200),
        }
    }
}

/// Packets that share a place of the table: one line of the cache.
const WAYS: usize = 4;
/// Most packets that are remembered.
const MAX_PACKETS: usize = 1 << 24;
/// Tags and labels that are looked through for the IP header.
const MAX_TAGS: usize = 8;

/// A packet that was seen; hash 0 is none.
#[derive(Clone, Copy, Default)]
struct Seen {
    hash: u64,
    time: i64,
}

/// The packets seen last.
pub(crate) struct Duplicates {
    drop: bool,
    seed: u64,
    window: i64,
    window_without_id: i64,
    sets: Vec<[Seen; WAYS]>,
}

impl Duplicates {
    /// None where copies are not looked for.
    pub(crate) fn new(options: &DuplicateOptions) -> Option<Self> {
        let drop = match options.action {
            DuplicateAction::Off => return None,
            DuplicateAction::Count => false,
            DuplicateAction::Drop => true,
        };
        let sets = options.packets.clamp(WAYS, MAX_PACKETS).next_power_of_two() / WAYS;
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        Some(Self {
            drop,
            seed: RandomState::new().hash_one(sets),
            window: nanos(options.window),
            window_without_id: nanos(options.window_without_id),
            sets: vec![Default::default(); sets],
        })
    }

    /// Whether copies are left out.
    pub(crate) fn drops(&self) -> bool {
        self.drop
    }

    /// Whether a packet that arrived at `time` (nanoseconds) is a copy of one seen before; remembers it.
    pub(crate) fn is_copy(&mut self, link: LinkType, bytes: &[u8], time: i64) -> bool {
        let Some(packet) = Part::of(link, bytes) else { return false };
        // 0 is no packet
        let hash = packet.hash(self.seed).max(1);
        let window = if packet.has_id { self.window } else { self.window_without_id };
        let mask = self.sets.len() as u64 - 1;
        // the table's place is made of other bits than a full comparison ends with
        let Some(set) = self.sets.get_mut((hash >> 40 & mask) as usize) else { return false };
        let age = |seen: &Seen| time.saturating_sub(seen.time).saturating_abs();
        if let Some(seen) = set.iter_mut().find(|seen| seen.hash == hash) {
            let copy = age(seen) <= window;
            *seen = match (copy, packet.has_id) {
                // further copies are measured by the first
                (true, true) => *seen,
                // what is the same again is another packet
                (true, false) => Seen::default(),
                (false, _) => Seen { hash, time },
            };
            return copy;
        }
        // the place of none, of one that is over (also where the clock was set back), else of the oldest
        let over = |seen: &Seen| if seen.hash == 0 { i64::MAX } else { age(seen) };
        if let Some(oldest) = set.iter_mut().max_by_key(|seen| over(seen)) {
            *oldest = Seen { hash, time };
        }
        false
    }
}

/// What of a packet is compared.
struct Part<'a> {
    /// The fixed part of the IP header, with what may differ between copies left out.
    head: [u8; 40],
    rest: &'a [u8],
    /// Whether the sender numbers its packets.
    has_id: bool,
}

impl<'a> Part<'a> {
    fn of(link: LinkType, bytes: &'a [u8]) -> Option<Self> {
        let ip = ip_of(link, bytes)?;
        let mut head = [0; 40];
        match ip.first()? >> 4 {
            4 => {
                let (fixed, _) = ip.split_at_checked(20)?;
                let [_, _, high, low, id_high, id_low, ..] = fixed else { return None };
                let total = usize::from(u16::from_be_bytes([*high, *low]));
                let has_id = *id_high != 0 || *id_low != 0;
                head.get_mut(..20)?.copy_from_slice(fixed);
                // DSCP, TTL, checksum
                for at in [1, 8, 10, 11] {
                    *head.get_mut(at)? = 0;
                }
                // what follows is padding; 0 is what segmentation offload leaves
                let whole = if total == 0 { ip } else { ip.get(..total).unwrap_or(ip) };
                Some(Self { head, rest: whole.get(20..)?, has_id })
            }
            6 => {
                let (fixed, _) = ip.split_at_checked(40)?;
                let [first, second, _, _, high, low, ..] = fixed else { return None };
                let total = 40 + usize::from(u16::from_be_bytes([*high, *low]));
                let (first, second) = (first & 0xf0, second & 0x0f);
                head.copy_from_slice(fixed);
                // traffic class, hop limit
                for (at, value) in [(0, first), (1, second), (7, 0)] {
                    *head.get_mut(at)? = value;
                }
                let whole = if total == 40 { ip } else { ip.get(..total).unwrap_or(ip) };
                Some(Self { head, rest: whole.get(40..)?, has_id: false })
            }
            _ => None,
        }
    }

    fn hash(&self, seed: u64) -> u64 {
        xxh3_64_with_seed(&self.head, xxh3_64_with_seed(self.rest, seed))
    }
}

/// The outermost IP packet of a frame.
fn ip_of(link: LinkType, bytes: &[u8]) -> Option<&[u8]> {
    let (mut ethertype, mut rest) = match link {
        LinkType::ETHERNET => (bytes.get(12..14)?, bytes.get(14..)?),
        LinkType::SLL => (bytes.get(14..16)?, bytes.get(16..)?),
        LinkType::RAW => return Some(bytes),
        _ => return None,
    };
    for _ in 0..MAX_TAGS {
        let [high, low] = ethertype else { return None };
        match u16::from_be_bytes([*high, *low]) {
            ether::IPV4 | ether::IPV6 => return Some(rest),
            ether::DOT1Q | ether::DOT1AD | 0x9100 => {
                (ethertype, rest) = (rest.get(2..4)?, rest.get(4..)?);
            }
            0x8847 | 0x8848 => {
                while rest.get(2)? & 1 == 0 {
                    rest = rest.get(4..)?;
                }
                return rest.get(4..);
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use wire::build::Frame;

    const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    const MS: i64 = 1_000_000;

    fn detector() -> Duplicates {
        Duplicates::new(&DuplicateOptions { action: DuplicateAction::Drop, ..Default::default() }).unwrap()
    }

    /// A UDP packet; its sender's number, and what a router changes.
    fn packet(data: &[u8], id: u16, ttl: u8, vlan: Option<u16>, mac: u8) -> Vec<u8> {
        let frame = Frame::payload(data).udp(1_000, 2_000).ipv4(A, B);
        let frame = match vlan {
            Some(vlan) => frame.vlan(vlan),
            None => frame,
        };
        let mut bytes = frame.ethernet([mac; 6], [4; 6]).bytes();
        let ip = if vlan.is_some() { 18 } else { 14 };
        bytes[ip + 4..ip + 6].copy_from_slice(&id.to_be_bytes());
        bytes[ip + 8] = ttl;
        bytes[ip + 10] ^= ttl;
        bytes
    }

    #[test]
    fn copies_are_found_whatever_the_switch_changed() {
        let mut seen = detector();
        let mut copy = |bytes: &[u8], time| seen.is_copy(LinkType::ETHERNET, bytes, time);
        assert!(!copy(&packet(b"data", 7, 64, None, 2), 0));
        assert!(copy(&packet(b"data", 7, 63, Some(9), 6), MS), "routed into another VLAN");
        assert!(copy(&packet(b"data", 7, 64, None, 2), 2 * MS), "a third one");
        assert!(!copy(&packet(b"datA", 7, 64, None, 2), 2 * MS));
        let mut padded = packet(b"data", 7, 64, None, 2);
        padded.extend_from_slice(&[0; 14]);
        assert!(copy(&padded, 3 * MS), "padded to the smallest frame");
    }

    #[test]
    fn what_is_sent_again_is_no_copy() {
        let mut seen = detector();
        let mut copy = |bytes: &[u8], time| seen.is_copy(LinkType::ETHERNET, bytes, time);
        assert!(!copy(&packet(b"data", 7, 64, None, 2), 0));
        assert!(!copy(&packet(b"data", 8, 64, None, 2), MS), "retransmitted: another identification");
        assert!(!copy(&packet(b"data", 7, 64, None, 2), 200 * MS), "beyond the window");
        // without identification
        assert!(!copy(&packet(b"data", 0, 64, None, 2), 0));
        assert!(copy(&packet(b"data", 0, 64, None, 2), 100_000));
        assert!(
            !copy(&packet(b"data", 0, 64, None, 2), 150_000),
            "the same once more is a packet of its own"
        );
        assert!(!copy(&packet(b"data", 0, 64, None, 2), 2 * MS));
    }

    #[test]
    fn the_clock_set_back_does_not_blind_it() {
        let mut seen = detector();
        for n in 0..100_000u32 {
            let _ =
                seen.is_copy(LinkType::ETHERNET, &packet(&n.to_be_bytes(), 7, 64, None, 2), 3_600_000 * MS);
        }
        let mut found = 0;
        for n in 0..1_000u32 {
            let bytes = packet(&n.to_be_bytes(), 8, 64, None, 2);
            assert!(!seen.is_copy(LinkType::ETHERNET, &bytes, i64::from(n)));
            found += u32::from(seen.is_copy(LinkType::ETHERNET, &bytes, i64::from(n) + MS));
        }
        assert_eq!(found, 1_000);
    }

    #[test]
    fn any_bytes_are_survived() {
        let mut seen = detector();
        let whole = packet(b"data", 7, 64, Some(9), 2);
        for link in [LinkType::ETHERNET, LinkType::SLL, LinkType::RAW, LinkType::NULL] {
            for len in 0..whole.len() {
                let _ = seen.is_copy(link, &whole[..len], 0);
                let _ = seen.is_copy(link, &[0x88; 64][..len.min(64)], 0);
            }
        }
    }
}
