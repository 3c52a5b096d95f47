//! From a document's addresses to what is known about them.

use crate::{Databases, Enricher, Flow, Overrides, Place, community_id};
use compact_str::CompactString;
use fields::{Aspect, Def, Kind, Target, Value, Values};
use session::{Object, SessionDoc, core};
use std::net::IpAddr;

/// What documents have for an unknown country or autonomous system beside an address.
const UNKNOWN: &str = "---";

/// Sessions of these protocols are keyed by something else than their addresses, so that a community id would name
/// several of them.
const WITHOUT_ID: [&str; 2] = ["dhcp", "dhcpv6"];

pub(crate) fn place(databases: &Databases, overrides: &Overrides, ip: IpAddr) -> Place {
    let mut place = overrides.of(ip).cloned().unwrap_or_default();
    if place.country.is_none() {
        place.country = databases.places.country(ip);
    }
    if place.city.is_none() && place.region.is_none() {
        (place.region, place.city) = databases.places.city(ip);
    }
    if place.as_number.is_none() {
        (place.as_number, place.as_name) = databases.places.system(ip);
    }
    if place.registry.is_none() {
        place.registry = databases.registries.as_ref().and_then(|r| r.of(ip)).cloned();
    }
    place
}

impl Enricher {
    /// Adds what is known about the addresses of a closed session, and its community id.
    pub fn apply(&self, doc: &mut SessionDoc) {
        let databases = self.loaded.load();
        if let Some(ip) = doc.ip(&core::SRC_IP) {
            self.side(doc, &databases, ip, true);
        }
        if let Some(ip) = doc.ip(&core::DST_IP) {
            self.side(doc, &databases, ip, false);
        }
        for (target, values) in self.beside(doc.slots(), &databases) {
            doc.set(target, values);
        }
        for object in doc.objects_mut() {
            self.object(object, &databases);
        }
        if let Some(flow) = flow_of(doc) {
            doc.add(&core::COMMUNITY_ID, &community_id(&flow));
        }
    }

    fn side(&self, doc: &mut SessionDoc, databases: &Databases, ip: IpAddr, source: bool) {
        let place = place(databases, &self.overrides, ip);
        macro_rules! add {
            ($value:expr, $src:ident, $dst:ident) => {
                if let Some(value) = $value {
                    doc.add(if source { &core::$src } else { &core::$dst }, value);
                }
            };
        }
        add!(place.as_full().as_deref(), SRC_ASN, DST_ASN);
        add!(place.country.as_deref(), SRC_COUNTRY, DST_COUNTRY);
        add!(place.region.as_deref(), SRC_REGION, DST_REGION);
        add!(place.city.as_deref(), SRC_CITY, DST_CITY);
        add!(place.as_number.map(i64::from), SRC_AS_NUMBER, DST_AS_NUMBER);
        add!(place.as_name.as_deref(), SRC_AS_NAME, DST_AS_NAME);
        add!(place.registry.as_deref(), SRC_RIR, DST_RIR);
        if let Some(tag) = &place.tag {
            doc.tag(tag);
        }
    }

    fn object(&self, object: &mut Object, databases: &Databases) {
        for (target, values) in self.beside(object.slots(), databases) {
            object.set(target, values);
        }
        for inner in object.objects_mut() {
            self.object(inner, databases);
        }
    }

    /// The lists that stand beside the addresses of one level: country, AS and registry of each address, makers of
    /// network cards.
    fn beside(&self, slots: &[(Target, Values)], databases: &Databases) -> Vec<(Target, Values)> {
        let mut found = Vec::new();
        for (target, values) in slots.iter().filter(|(target, _)| target.aspect == Aspect::Value) {
            if target.def.placed {
                self.places(target.def, values.ips(), databases, &mut found);
            }
            if let (Some(oui), Some(makers)) = (target.def.oui, &databases.makers) {
                let mut names = Values::empty(oui.kind);
                for maker in values.texts().iter().filter_map(|mac| makers.of_text(mac)) {
                    names.push(oui.kind, Value::Text(maker), true);
                }
                if !names.is_empty() {
                    found.push((Target::of(oui), names));
                }
            }
        }
        found
    }

    fn places(
        &self,
        def: &'static Def,
        ips: &[IpAddr],
        databases: &Databases,
        found: &mut Vec<(Target, Values)>,
    ) {
        let mut list =
            |aspect, kind: Kind, known: bool, blank: &str, of: &dyn Fn(IpAddr) -> Option<CompactString>| {
                if !known || ips.is_empty() {
                    return;
                }
                let mut values = Values::empty(kind);
                for ip in ips {
                    let text = of(*ip);
                    // a blank keeps its place in a list; a single value that is unknown is left out
                    if text.is_some() || !def.single {
                        values.push(kind, Value::Text(text.as_deref().unwrap_or(blank)), false);
                    }
                }
                if !values.is_empty() {
                    found.push((Target { def, aspect }, values));
                }
            };
        let known = &databases.places;
        let own = |ip| self.overrides.of(ip);
        list(Aspect::Country, Kind::Upper, known.knows_countries(), UNKNOWN, &|ip| {
            own(ip).and_then(|p| p.country.clone()).or_else(|| known.country(ip))
        });
        list(Aspect::Asn, Kind::Term, known.knows_systems(), UNKNOWN, &|ip| {
            own(ip).and_then(Place::as_full).or_else(|| {
                let (as_number, as_name) = known.system(ip);
                Place { as_number, as_name, ..Place::default() }.as_full()
            })
        });
        let registries = databases.registries.as_ref();
        list(Aspect::Rir, Kind::Upper, registries.is_some(), "", &|ip| {
            own(ip).and_then(|p| p.registry.clone()).or_else(|| registries.and_then(|r| r.of(ip)).cloned())
        });
    }
}

/// What the community id of a session is made of, where it has one.
fn flow_of(doc: &SessionDoc) -> Option<Flow> {
    let protocol = u8::try_from(doc.int(&core::IP_PROTOCOL)?).ok()?;
    let (src, dst) = (doc.ip(&core::SRC_IP)?, doc.ip(&core::DST_IP)?);
    let port = |field| doc.int(field).and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    let (src_port, dst_port) = match protocol {
        1 | 58 => (first(doc, "icmp.type")?, first(doc, "icmp.code").unwrap_or(0)),
        50 | 51 => (0, 0),
        6 | 17 | 132 => (port(&core::SRC_PORT), port(&core::DST_PORT)),
        _ => return None,
    };
    if (protocol == 17 && src_port == 0 && dst_port == 0)
        || WITHOUT_ID.iter().any(|name| doc.has_protocol(name))
    {
        return None;
    }
    Some(Flow { src, dst, protocol, src_port, dst_port })
}

/// First value of a parser's field, by its path: this crate does not know the parsers.
fn first(doc: &SessionDoc, path: &str) -> Option<u16> {
    let (_, values) = doc.slots().iter().find(|(at, _)| at.aspect == Aspect::Value && at.def.path == path)?;
    u16::try_from(*values.ints().first()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Files, Override};

    fields::fields! { "test";
        /// Addresses.
        SEEN: Ip = "ip.seen" @ "test.seenIp", "Seen";
    }

    fn doc() -> SessionDoc {
        let mut doc = SessionDoc::new();
        doc.add(&core::IP_PROTOCOL, 6);
        doc.add(&core::SRC_IP, "1.0.0.1".parse().unwrap());
        doc.add(&core::DST_IP, "10.9.8.7".parse().unwrap());
        doc.add(&core::SRC_PORT, 1000);
        doc.add(&core::DST_PORT, 80);
        doc.add(&core::SRC_MAC, "00:00:0c:07:ac:01");
        doc
    }

    fn files(folder: &std::path::Path) -> Files {
        std::fs::write(
            folder.join("ipv4-address-space.csv"),
            "001/8,APNIC,2010-01,whois.apnic.net,,ALLOCATED,\n",
        )
        .unwrap();
        std::fs::write(folder.join("oui.txt"), "00:00:0C\tCisco\tCisco Systems, Inc\n").unwrap();
        Files::in_folder(folder).unwrap()
    }

    #[test]
    fn fills_sides_lists_makers_and_id() {
        let folder = tempfile::tempdir().unwrap();
        let own = Place {
            country: Some("XX".into()),
            tag: Some("office".into()),
            as_number: Some(7),
            ..Place::default()
        };
        let overrides = Overrides::new(vec![Override::new("10.0.0.0/8", own).unwrap()]);
        let enricher = Enricher::open(files(folder.path()), overrides).unwrap();
        let mut doc = doc();
        doc.add(&SEEN, "10.0.0.1".parse().unwrap());
        doc.add(&SEEN, "1.9.9.9".parse().unwrap());
        enricher.apply(&mut doc);
        assert_eq!(doc.text(&core::SRC_RIR), Some("APNIC"));
        assert_eq!(doc.text(&core::DST_COUNTRY), Some("XX"));
        assert_eq!(doc.text(&core::DST_ASN), Some("AS7"));
        assert_eq!(doc.text(&core::TAGS), Some("office"));
        assert_eq!(doc.text(&core::SRC_OUI), Some("Cisco Systems, Inc"));
        assert!(doc.text(&core::COMMUNITY_ID).is_some_and(|id| id.starts_with("1:")));
        let rir = doc.own(Target { def: &SEEN.def, aspect: Aspect::Rir }).unwrap();
        assert_eq!(rir.texts(), ["", "APNIC"], "one for each address, in their order");
        let country = doc.own(Target { def: &SEEN.def, aspect: Aspect::Country });
        assert_eq!(country, None, "no database, no column");
    }

    #[test]
    fn a_changed_file_is_taken_up_and_a_damaged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let enricher = Enricher::open(files(folder.path()), Overrides::default()).unwrap();
        assert!(!enricher.refresh().unwrap());
        std::fs::write(
            folder.path().join("ipv4-address-space.csv"),
            "001/8,X,2010-01,whois.ripe.net,,ALLOCATED,,\n",
        )
        .unwrap();
        assert!(enricher.refresh().unwrap());
        let registry = || enricher.place("1.0.0.1".parse().unwrap()).registry.map(|r| r.to_string());
        assert_eq!(registry().as_deref(), Some("RIPE"));
        std::fs::write(folder.path().join("ipv4-address-space.csv"), "rubbish").unwrap();
        let error = enricher.refresh().unwrap_err().to_string();
        assert!(error.contains("ipv4-address-space.csv"), "{error}");
        assert_eq!(registry().as_deref(), Some("RIPE"));
    }

    #[test]
    fn a_database_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.mmdb"), "not one").unwrap();
        let error = Files::in_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("x.mmdb") && error.contains("MaxMind"), "{error}");
    }

    mod example {
        fields::fields! { "example";
            /// One.
            ONE: Ip = "ip.example" @ "example.ip", "IP".one().place();
            /// Many.
            MANY: Ip = "ip.examples" @ "examples.ip", "IPs";
        }
    }

    #[test]
    fn an_unknown_address_has_a_blank_in_a_list_and_nothing_beside_a_single_one() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("ipv4-address-space.csv");
        let rows = "Prefix,Designation,Date,WHOIS,RDAP,Status [1],Note\n001/8,APNIC,2010-01,whois.apnic.net,https://rdap.apnic.net/,ALLOCATED,\n";
        std::fs::write(&table, rows).unwrap();
        let files = crate::Files { registries: Some(table), ..crate::Files::default() };
        let enricher = Enricher::open(files, Overrides::default()).unwrap();
        let (known, unknown) = (IpAddr::from([1, 2, 3, 4]), IpAddr::from([192, 0, 2, 1]));
        let registries = |def: &'static Def, doc: &SessionDoc| {
            let target = Target { def, aspect: Aspect::Rir };
            let values = doc.slots().iter().find(|(t, _)| *t == target).map(|(_, v)| v.texts());
            values.map(|list| list.iter().map(|t| t.to_string()).collect::<Vec<_>>())
        };
        let mut doc = SessionDoc::new();
        doc.add(&example::ONE, unknown);
        doc.add(&example::MANY, known);
        doc.add(&example::MANY, unknown);
        enricher.apply(&mut doc);
        assert_eq!(registries(&example::ONE.def, &doc), None);
        assert_eq!(registries(&example::MANY.def, &doc), Some(vec!["APNIC".to_owned(), String::new()]));
        let mut doc = SessionDoc::new();
        doc.add(&example::ONE, known);
        enricher.apply(&mut doc);
        assert_eq!(registries(&example::ONE.def, &doc), Some(vec!["APNIC".to_owned()]));
    }
}
