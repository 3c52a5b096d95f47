//! What makes packets belong together.

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

/// One of the two sides of a flow, by who opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who opened the flow.
    Src,
    /// The other.
    Dst,
}

impl Side {
    /// 0 or 1, for arrays of two.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Src => 0,
            Self::Dst => 1,
        }
    }
    /// The other side.
    #[inline]
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Src => Self::Dst,
            Self::Dst => Self::Src,
        }
    }
    /// The place of this side in a pair.
    #[inline]
    pub const fn of<T>(self, pair: &[T; 2]) -> &T {
        let [src, dst] = pair;
        match self {
            Self::Src => src,
            Self::Dst => dst,
        }
    }
    /// The place of this side in a pair, to change.
    #[inline]
    pub const fn of_mut<T>(self, pair: &mut [T; 2]) -> &mut T {
        let [src, dst] = pair;
        match self {
            Self::Src => src,
            Self::Dst => dst,
        }
    }
}

/// Networks that may use the same addresses for different machines. Zero where they are not told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// VLAN id of the outermost tag, 0 for none.
    pub vlan: u16,
    /// Virtual network id (VXLAN, GENEVE), 0 for none.
    pub vni: u32,
}

/// The identity of a flow: the same for both directions. 44 bytes, comparable and hashable as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowKey {
    addrs: [[u8; 16]; 2],
    ports: [u16; 2],
    family: u8,
    protocol: u8,
    vlan: u16,
    vni: u32,
}

const V4: u8 = 4;
const V6: u8 = 6;
const BELOW_IP: u8 = 2;

fn bytes_of(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

impl FlowKey {
    /// The key of an IP packet, and whether its sender is the key's first end. Protocols without ports give 0 twice.
    #[inline]
    #[must_use]
    pub fn ip(src: IpAddr, dst: IpAddr, ports: (u16, u16), protocol: u8, scope: Scope) -> (Self, bool) {
        let (a, b) = ((bytes_of(src), ports.0), (bytes_of(dst), ports.1));
        let first = a <= b;
        let (low, high) = if first { (a, b) } else { (b, a) };
        let family = if src.is_ipv4() { V4 } else { V6 };
        let key = Self {
            addrs: [low.0, high.0],
            ports: [low.1, high.1],
            family,
            protocol,
            vlan: scope.vlan,
            vni: scope.vni,
        };
        (key, first)
    }

    /// The key of a frame that carries no IP: what it is (an EtherType, or a number of the caller's below 0x0600) and two addresses of at
    /// most 16 bytes, MAC or other; longer ones are cut. And whether the first address is the key's first end.
    #[must_use]
    pub fn below_ip(what: u16, from: &[u8], to: &[u8], scope: Scope) -> (Self, bool) {
        fn padded(bytes: &[u8]) -> [u8; 16] {
            let mut out = [0; 16];
            out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            out
        }
        let (a, b) = (padded(from), padded(to));
        let first = a <= b;
        let addrs = if first { [a, b] } else { [b, a] };
        let key = Self {
            addrs,
            ports: [what, what],
            family: BELOW_IP,
            protocol: 0,
            vlan: scope.vlan,
            vni: scope.vni,
        };
        (key, first)
    }

    /// A hash that is the same for both directions.
    #[inline]
    #[must_use]
    pub fn hash_with(&self, hasher: &FlowHasher) -> u64 {
        let mut state = hasher.0.build_hasher();
        for addr in &self.addrs {
            state.write_u128(u128::from_ne_bytes(*addr));
        }
        let [low, high] = self.ports;
        state.write_u64(
            u64::from(low) << 48
                | u64::from(high) << 32
                | u64::from(self.family) << 24
                | u64::from(self.protocol) << 16
                | u64::from(self.vlan),
        );
        state.write_u32(self.vni);
        state.finish()
    }
}

/// Hashes keys. The seed is random per process, so that a sender cannot choose flows that collide; clones agree.
#[derive(Clone, Debug, Default)]
pub struct FlowHasher(ahash::RandomState);

impl FlowHasher {
    /// A hasher with a seed of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_have_one_key_and_one_hash() {
        let hasher = FlowHasher::new();
        let a: IpAddr = "10.0.0.1".parse().unwrap();
        let b: IpAddr = "10.0.0.2".parse().unwrap();
        let (there, first) = FlowKey::ip(a, b, (40_000, 80), 6, Scope::default());
        let (back, second) = FlowKey::ip(b, a, (80, 40_000), 6, Scope::default());
        assert_eq!(there, back);
        assert!(first && !second);
        assert_eq!(there.hash_with(&hasher), back.hash_with(&hasher.clone()));
        let vlan = Scope { vlan: 5, vni: 0 };
        assert_ne!(there, FlowKey::ip(a, b, (40_000, 80), 6, vlan).0);
    }

    #[test]
    fn an_ipv4_address_is_no_ipv6_address() {
        let (four, _) =
            FlowKey::ip("1.2.3.4".parse().unwrap(), "5.6.7.8".parse().unwrap(), (1, 2), 17, Scope::default());
        let (six, _) = FlowKey::ip(
            "102:304::".parse().unwrap(),
            "506:708::".parse().unwrap(),
            (1, 2),
            17,
            Scope::default(),
        );
        assert_ne!(four, six);
    }
}
