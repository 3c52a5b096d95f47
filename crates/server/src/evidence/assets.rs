//! Assets: which service, device, operating system and middleware was seen on which address.

use super::hits::Hit;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Categories that are about an address and no attack.
pub(crate) const CATEGORIES: [&str; 4] = ["service", "device", "os", "midware"];

/// What is one asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    ip: IpAddr,
    category: String,
    kind: String,
    name: String,
    version: String,
    vendor: String,
    /// The port on which it was offered; none where the address was the client.
    port: Option<i64>,
    protocol: u8,
}

struct Seen {
    first: i64,
    last: Hit,
    count: u64,
    rules: BTreeSet<String>,
}

/// Assets from hits.
#[derive(Default)]
pub(crate) struct Assets(BTreeMap<Key, Seen>);

impl Assets {
    pub fn add(&mut self, hit: Hit) {
        let key = Key {
            ip: hit.src,
            category: hit.category.clone(),
            kind: hit.kind.clone(),
            name: hit.name.clone(),
            version: hit.version.clone(),
            vendor: hit.vendor.clone(),
            port: (!hit.from_source).then_some(hit.src_port),
            protocol: hit.protocol,
        };
        let seen = self.0.entry(key).or_insert_with(|| Seen {
            first: hit.time,
            last: hit.clone(),
            count: 0,
            rules: BTreeSet::new(),
        });
        seen.count += 1;
        seen.first = seen.first.min(hit.time);
        if seen.rules.len() < 100 && !seen.rules.contains(&hit.rule) {
            seen.rules.insert(hit.rule.clone());
        }
        if hit.time > seen.last.time {
            seen.last = hit;
        }
    }

    pub fn rows(self) -> Vec<Value> {
        let row = |(key, seen): (Key, Seen)| {
            let Seen { first, last, count, rules } = seen;
            json!({
                "ip": key.ip.to_string(), "category": key.category, "type": key.kind, "name": key.name,
                "version": key.version, "vendor": key.vendor, "port": key.port,
                "protocol": ::evidence::protocol_name(key.protocol), "rules": rules, "first": first,
                "last": last.time, "count": count, "time": last.time, "devid": last.device,
                "session": last.session.to_string(),
            })
        };
        self.0.into_iter().map(row).collect()
    }
}
