//! Which regional registry an IPv4 address belongs to: the IANA IPv4 address space registry.

use compact_str::CompactString;
use std::net::IpAddr;

/// Registry of each /8.
pub struct Registries {
    by_first: Vec<Option<CompactString>>,
}

impl Registries {
    /// Reads IANA's `ipv4-address-space.csv`: the registry is the name in the WHOIS server (`whois.apnic.net`).
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut by_first = vec![None; 256];
        let mut read = 0;
        for line in text.lines() {
            let mut columns = line.split(',');
            let Some(first) =
                columns.next().and_then(|c| c.strip_suffix("/8")).and_then(|c| c.parse::<u8>().ok())
            else {
                continue;
            };
            read += 1;
            let name = columns
                .find_map(|column| column.trim().strip_prefix("whois."))
                .and_then(|rest| rest.split('.').next())
                .map(|name| CompactString::from(name.to_ascii_uppercase()));
            if let Some(slot) = by_first.get_mut(usize::from(first)) {
                *slot = name;
            }
        }
        if read == 0 {
            return Err("no line like 001/8,APNIC,2010-01,whois.apnic.net,… in it".into());
        }
        Ok(Self { by_first })
    }

    /// Registry of an address, upper case.
    pub fn of(&self, ip: IpAddr) -> Option<&CompactString> {
        let IpAddr::V4(ip) = ip.to_canonical() else { return None };
        self.by_first.get(usize::from(ip.octets()[0]))?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "Prefix,Designation,Date,WHOIS,RDAP,Status [1],Note\n\
        000/8,IANA - Local Identification,1981-09,,,RESERVED,[2]\n\
        001/8,APNIC,2010-01,whois.apnic.net,https://rdap.apnic.net/,ALLOCATED,\n\
        009/8,\"Administered by ARIN, for others\",1992-08,whois.arin.net,https://rdap.arin.net/registry,LEGACY,\n";

    #[test]
    fn registry_by_first_octet() {
        let table = Registries::parse(FILE).unwrap();
        let of = |ip: &str| table.of(ip.parse().unwrap()).map(|r| r.to_string());
        assert_eq!(of("1.2.3.4").as_deref(), Some("APNIC"));
        assert_eq!(of("9.2.3.4").as_deref(), Some("ARIN"), "a comma inside quotes does not matter");
        assert_eq!((of("0.0.0.1"), of("2001:db8::1")), (None, None));
    }

    #[test]
    fn another_file_is_refused() {
        assert!(Registries::parse("hello").is_err());
    }
}
