//! Country, city and autonomous system, from files in MaxMind's format.

use crate::Error;
use compact_str::{CompactString, format_compact};
use maxminddb::{PathElement, Reader};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What is known about where an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: Option<CompactString>,
    /// ISO 3166-2, without the country.
    pub region: Option<CompactString>,
    /// English name.
    pub city: Option<CompactString>,
    /// Number of the autonomous system.
    pub as_number: Option<u32>,
    /// Name of the autonomous system's organisation.
    pub as_name: Option<CompactString>,
    /// Regional registry, upper case.
    pub registry: Option<CompactString>,
    /// Tag for the session, from an override.
    pub tag: Option<CompactString>,
}

impl Place {
    /// The autonomous system as documents have it: `AS123 Name`.
    pub fn as_full(&self) -> Option<CompactString> {
        match (&self.as_number, &self.as_name) {
            (Some(number), Some(name)) => Some(format_compact!("AS{number} {name}")),
            (Some(number), None) => Some(format_compact!("AS{number}")),
            _ => None,
        }
    }
}

/// Databases of places and autonomous systems.
#[derive(Default)]
pub struct Places {
    places: Vec<Database>,
    systems: Option<Database>,
}

type Database = Reader<Vec<u8>>;

const COUNTRY: &[PathElement<'_>] = &[PathElement::Key("country"), PathElement::Key("iso_code")];
const REGISTERED: &[PathElement<'_>] =
    &[PathElement::Key("registered_country"), PathElement::Key("iso_code")];
/// The flat records of the free databases.
const COUNTRY_FLAT: &[PathElement<'_>] = &[PathElement::Key("country_code")];
const REGION: &[PathElement<'_>] =
    &[PathElement::Key("subdivisions"), PathElement::Index(0), PathElement::Key("iso_code")];
const CITY: &[PathElement<'_>] =
    &[PathElement::Key("city"), PathElement::Key("names"), PathElement::Key("en")];
const CITY_FLAT: &[PathElement<'_>] = &[PathElement::Key("city")];
const NUMBER: &[PathElement<'_>] = &[PathElement::Key("autonomous_system_number")];
const NAME: &[PathElement<'_>] = &[PathElement::Key("autonomous_system_organization")];

fn open(path: &Path) -> Result<Database, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Reader::from_source(bytes).map_err(|error| Error::Damaged {
        path: path.to_owned(),
        what: format!("not a MaxMind database ({error})"),
    })
}

impl Places {
    /// Opens databases; the whole files are read into memory, so that replacing them is safe.
    pub fn open(places: &[PathBuf], systems: Option<&Path>) -> Result<Self, Error> {
        Ok(Self {
            places: places.iter().map(|path| open(path)).collect::<Result<_, _>>()?,
            systems: systems.map(open).transpose()?,
        })
    }

    /// The type that a database declares (`GeoLite2-Country`).
    pub fn kind_of(path: &Path) -> Result<String, Error> {
        Ok(open(path)?.metadata().database_type.clone())
    }

    /// Whether countries are known.
    pub fn knows_countries(&self) -> bool {
        !self.places.is_empty()
    }
    /// Whether autonomous systems are known.
    pub fn knows_systems(&self) -> bool {
        self.systems.is_some()
    }

    /// Country only: the hot path of addresses inside a session.
    pub fn country(&self, ip: IpAddr) -> Option<CompactString> {
        self.places.iter().find_map(|database| {
            let found = database.lookup(ip).ok().filter(|found| found.has_data())?;
            text(&found, COUNTRY).or_else(|| text(&found, REGISTERED)).or_else(|| text(&found, COUNTRY_FLAT))
        })
    }

    /// Number and name of the autonomous system.
    pub fn system(&self, ip: IpAddr) -> (Option<u32>, Option<CompactString>) {
        let Some(found) =
            self.systems.as_ref().and_then(|s| s.lookup(ip).ok()).filter(|found| found.has_data())
        else {
            return (None, None);
        };
        (found.decode_path::<u32>(NUMBER).ok().flatten(), text(&found, NAME))
    }

    /// Region and city.
    pub fn city(&self, ip: IpAddr) -> (Option<CompactString>, Option<CompactString>) {
        for database in &self.places {
            let Some(found) = database.lookup(ip).ok().filter(|found| found.has_data()) else { continue };
            let city = text(&found, CITY).or_else(|| text(&found, CITY_FLAT));
            let region = text(&found, REGION);
            if city.is_some() || region.is_some() {
                return (region, city);
            }
        }
        (None, None)
    }
}

fn text(found: &maxminddb::LookupResult<'_, Vec<u8>>, path: &[PathElement<'_>]) -> Option<CompactString> {
    found.decode_path::<&str>(path).ok().flatten().filter(|text| !text.is_empty()).map(CompactString::new)
}
