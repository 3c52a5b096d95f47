//! What the operator knows better than the databases: places of own networks.

use crate::Place;
use std::net::IpAddr;
use std::str::FromStr;

/// One network and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    network: IpAddr,
    length: u8,
    place: Place,
}

impl Override {
    /// From a network (`10.0.0.0/8`, `2001:db8::/32`, a single address) and what is said about it.
    pub fn new(network: &str, place: Place) -> Result<Self, String> {
        let (address, length) = network.split_once('/').map_or((network, None), |(a, l)| (a, Some(l)));
        let network =
            IpAddr::from_str(address.trim()).map_err(|_| format!("{address} is not an IP address"))?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(text) => {
                text.parse().ok().filter(|l| *l <= most).ok_or(format!("/{text} is not a prefix length"))?
            }
            None => most,
        };
        Ok(Self { network, length, place })
    }

    fn contains(&self, ip: IpAddr) -> bool {
        fn equal(a: u128, b: u128, bits: u32, length: u8) -> bool {
            let shift = bits - u32::from(length);
            shift >= bits || a >> shift == b >> shift
        }
        match (self.network, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                equal(u32::from(a).into(), u32::from(b).into(), 32, self.length)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => equal(u128::from(a), u128::from(b), 128, self.length),
            _ => false,
        }
    }
}

/// All of them, longest prefix first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(Vec<Override>);

impl Overrides {
    /// Any order; the longest prefix that contains an address counts.
    pub fn new(mut all: Vec<Override>) -> Self {
        all.sort_by_key(|one| std::cmp::Reverse(one.length));
        Self(all)
    }
    /// What is said about an address.
    pub fn of(&self, ip: IpAddr) -> Option<&Place> {
        self.0.iter().find(|one| one.contains(ip)).map(|one| &one.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_counts() {
        let named = |network: &str, country: &str| {
            Override::new(network, Place { country: Some(country.into()), ..Place::default() }).unwrap()
        };
        let all = Overrides::new(vec![
            named("0.0.0.0/0", "AA"),
            named("10.1.2.3", "CC"),
            named("10.0.0.0/8", "BB"),
            named("2001:db8::/32", "DD"),
        ]);
        let of =
            |ip: &str| all.of(ip.parse().unwrap()).and_then(|p| p.country.clone()).map(|c| c.to_string());
        assert_eq!(of("10.1.2.3").as_deref(), Some("CC"));
        assert_eq!(of("10.1.2.4").as_deref(), Some("BB"));
        assert_eq!(of("192.0.2.1").as_deref(), Some("AA"));
        assert_eq!(of("2001:db8::9").as_deref(), Some("DD"));
        assert_eq!(of("2001:db9::9"), None);
        assert!(Override::new("10.0.0.0/33", Place::default()).is_err());
        assert!(Override::new("ten", Place::default()).is_err());
    }
}
