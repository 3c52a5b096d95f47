//! `[[network]]`: what the operator knows of networks; it wins over the databases of addresses.

use enrich::{Override, Overrides, Place};
use serde::{Deserialize, Serialize};

/// One network and what is said about it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, a single address.
    pub network: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rir: Option<String>,
    /// Put on every session with such an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// All of them, as the enricher takes them.
pub fn overrides(networks: &[Network]) -> Result<Overrides, String> {
    let all = networks.iter().map(|one| {
        let bad = |message: &str| format!("[[network]] network = \"{}\": {message}", one.network);
        if one.organization.is_some() && one.asn.is_none() {
            return Err(bad("organization needs asn, the number of its autonomous system"));
        }
        let text = |text: &Option<String>| text.as_deref().map(Into::into);
        let upper = |text: &Option<String>| text.as_deref().map(|text| text.to_uppercase().into());
        let place = Place {
            country: upper(&one.country),
            region: text(&one.region),
            city: text(&one.city),
            as_number: one.asn,
            as_name: text(&one.organization),
            registry: upper(&one.rir),
            tag: text(&one.tag),
        };
        if place == Place::default() {
            return Err(bad(
                "nothing is said about it: country, region, city, asn, organization, rir or tag",
            ));
        }
        Override::new(&one.network, place).map_err(|message| bad(&message))
    });
    Ok(Overrides::new(all.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Overrides, String> {
        let config: crate::config::Config = toml::from_str(text).map_err(|error| error.to_string())?;
        overrides(&config.network)
    }

    #[test]
    fn the_most_particular_network_counts() {
        let text = "[[network]]\nnetwork = \"10.0.0.0/8\"\ncountry = \"de\"\ntag = \"office\"\n\
                    [[network]]\nnetwork = \"10.1.2.3\"\nasn = 65001\norganization = \"Us\"\nrir = \"RIPE\"\n";
        let all = read(text).unwrap();
        let of = |ip: &str| all.of(ip.parse().unwrap()).cloned().unwrap_or_default();
        assert_eq!(of("10.9.9.9").country.as_deref(), Some("DE"));
        assert_eq!(of("10.9.9.9").tag.as_deref(), Some("office"));
        assert_eq!(of("10.1.2.3").as_full().as_deref(), Some("AS65001 Us"));
        assert_eq!(of("10.1.2.3").country, None);
        assert_eq!(of("192.0.2.1"), Place::default());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (line, message) in [
            ("network = \"10.0.0.0/40\"\ncountry = \"DE\"", "10.0.0.0/40"),
            ("network = \"ten\"\ncountry = \"DE\"", "is not an IP address"),
            ("network = \"10.0.0.0/8\"", "nothing is said about it"),
            ("network = \"10.0.0.0/8\"\norganization = \"Us\"", "needs asn"),
            ("network = \"10.0.0.0/8\"\nplace = \"DE\"", "unknown field"),
        ] {
            let error = read(&format!("[[network]]\n{line}\n")).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
