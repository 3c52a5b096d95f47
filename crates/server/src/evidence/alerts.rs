//! Alerts: hits that belong together. One attacker, one victim and its port, one protocol, type and name, as long as hits follow each other
//! within 70 minutes.

use super::hits::Hit;
use index::{Catalog, Entry};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::net::IpAddr;

/// Hits further apart are two alerts; an alert whose last hit is older is no longer active. Microseconds.
pub(crate) const APART: i64 = 4_200 * 1_000_000;
/// A slot, microseconds.
const SLOT: i64 = 300 * 1_000_000;
/// Collection of the catalogue with what people said of alerts.
pub(crate) const COLLECTION: &str = "alerts";
/// Bytes of a comment.
pub(crate) const MAX_COMMENT: usize = 4_000;

/// How far people are with an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    Unprocessed,
    Confirmed,
    Processed,
}

impl Status {
    pub fn of(text: &str) -> Option<Self> {
        Some(match text {
            "unprocessed" => Self::Unprocessed,
            // as Liuying calls it
            "confirmed" | "assigned" => Self::Confirmed,
            "processed" => Self::Processed,
            _ => return None,
        })
    }
    pub fn name(self) -> &'static str {
        match self {
            Self::Unprocessed => "unprocessed",
            Self::Confirmed => "confirmed",
            Self::Processed => "processed",
        }
    }
}

/// What hits of one alert have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub category: String,
    pub kind: String,
    pub name: String,
    pub level: String,
    pub attacker: IpAddr,
    pub victim: IpAddr,
    pub port: i64,
    pub protocol: u8,
}

impl Key {
    pub fn of(hit: &Hit) -> Self {
        Self {
            category: hit.category.clone(),
            kind: hit.kind.clone(),
            name: hit.name.clone(),
            level: hit.level.clone(),
            attacker: hit.src,
            victim: hit.dst,
            port: hit.dst_port,
            protocol: hit.protocol,
        }
    }

    /// 16 hexadecimal digits.
    pub fn hash(&self) -> String {
        let Self { category, kind, name, attacker, victim, port, protocol, .. } = self;
        let text = format!("{category}\0{kind}\0{name}\0{attacker}\0{victim}\0{port}\0{protocol}");
        Sha256::digest(text.as_bytes()).iter().take(8).fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    pub fn protocol_name(&self) -> String {
        ::evidence::protocol_name(self.protocol).into_owned()
    }

    /// As Liuying writes it: `attacker:>victim:port PROTOCOL type name`.
    fn object(&self) -> String {
        let end = |ip: IpAddr| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        format!(
            "{}:>{}:{} {} {} {}",
            end(self.attacker),
            end(self.victim),
            self.port,
            self.protocol_name(),
            self.kind.to_lowercase(),
            self.name.to_lowercase()
        )
    }
}

/// The hits of a key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Time of each, microseconds since 1970, with number of its rule in `rules`, and its device.
    times: Vec<(i64, u32)>,
    rules: BTreeSet<String>,
}

/// Hits by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups(BTreeMap<Key, Group>);

/// One alert.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub key: Key,
    pub id: String,
    /// Microseconds since 1970.
    pub first: i64,
    pub last: i64,
    count: u64,
    slots: u64,
    peak: u64,
    rules: Vec<String>,
    devices: Vec<u32>,
}

impl Groups {
    pub fn add(&mut self, hit: &Hit) {
        let group = self.0.entry(Key::of(hit)).or_default();
        group.times.push((hit.time, hit.device));
        if group.rules.len() < 100 && !group.rules.contains(&hit.rule) {
            group.rules.insert(hit.rule.clone());
        }
    }

    /// The alerts that the hits make.
    pub fn alerts(self) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for (key, mut group) in self.0 {
            group.times.sort_unstable();
            let hash = key.hash();
            let apart = |a: &(i64, u32), b: &(i64, u32)| b.0.saturating_sub(a.0) <= APART;
            for run in group.times.chunk_by(apart) {
                alerts.extend(Alert::of(&key, &hash, run, &group.rules));
            }
        }
        alerts
    }
}

fn slot(time: i64) -> i64 {
    time.div_euclid(SLOT)
}

impl Alert {
    fn of(key: &Key, hash: &str, run: &[(i64, u32)], rules: &BTreeSet<String>) -> Option<Self> {
        let (first, last) = (run.first()?.0, run.last()?.0);
        let (mut slots, mut peak) = (0, 0);
        for in_slot in run.chunk_by(|a, b| slot(a.0) == slot(b.0)) {
            slots += 1;
            peak = peak.max(in_slot.len() as u64);
        }
        let devices: BTreeSet<u32> = run.iter().map(|(_, device)| *device).collect();
        Some(Self {
            key: key.clone(),
            id: format!("{hash}-{first}"),
            first,
            last,
            count: run.len() as u64,
            slots,
            peak,
            rules: rules.iter().cloned().collect(),
            devices: devices.into_iter().collect(),
        })
    }

    /// Whether a moment (microseconds) belongs to it, when hits may have come to it or gone since.
    fn is_at(&self, time: i64) -> bool {
        (self.first.saturating_sub(APART)..=self.last.saturating_add(APART)).contains(&time)
    }

    /// Whether an id is this alert's: the same key, and a begin that lies in it or close to it.
    pub fn is(&self, id: &str) -> bool {
        self.id == id
            || id.split_once('-').is_some_and(|(hash, first)| {
                self.id.starts_with(hash)
                    && hash.len() == 16
                    && first.parse().is_ok_and(|first: i64| self.is_at(first))
            })
    }

    /// Whether the last hit is less than 70 minutes old. `now`: milliseconds since 1970.
    pub fn is_active(&self, now: i64) -> bool {
        now.saturating_sub(self.last.div_euclid(1_000)) < APART / 1_000
    }

    pub fn json(&self, said: &Said, now: i64) -> Value {
        let key = &self.key;
        let remark = said.of(self);
        let mut value = json!({
            "id": self.id, "category": key.category, "type": key.kind, "name": key.name,
            "level": key.level, "attacker": key.attacker.to_string(), "victim": key.victim.to_string(),
            "port": key.port, "protocol": key.protocol_name(), "obj": key.object(), "rules": self.rules,
            "devices": self.devices, "first": self.first, "last": self.last, "count": self.count,
            "slots": self.slots, "peak": self.peak,
            "duration": (slot(self.last) - slot(self.first) + 1) * 5, "active": self.is_active(now),
            "status": remark.map_or(Status::default(), |r| r.status).name(),
            "comment": remark.map_or("", |r| r.comment.as_str()),
        });
        if let Some(remark) = remark {
            value["changedBy"] = remark.user.as_str().into();
            value["changedAt"] = remark.at.into();
        }
        value
    }

    /// Remembers what somebody said of it.
    pub fn say(&self, catalog: &dyn Catalog, remark: &Remark) -> Result<(), index::Error> {
        let (hash, _) = self.id.split_once('-').unwrap_or((&self.id, ""));
        // one entry for each alert, also when its begin moved meanwhile
        for entry in catalog.list(COLLECTION)?.iter().filter(|entry| entry.key.starts_with(hash)) {
            if Remark::read(entry).is_some_and(|(_, first, last, _)| self.overlaps(first, last)) {
                catalog.remove(COLLECTION, &entry.key)?;
            }
        }
        let value = json!({
            "first": self.first, "last": self.last, "status": remark.status.name(), "comment": remark.comment,
            "user": remark.user, "at": remark.at, "obj": self.key.object(),
        });
        catalog.put(COLLECTION, &self.id, &value, None).map(drop)
    }

    fn overlaps(&self, first: i64, last: i64) -> bool {
        first <= self.last.saturating_add(APART) && last >= self.first.saturating_sub(APART)
    }
}

/// What somebody said of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    pub status: Status,
    pub comment: String,
    pub user: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl Remark {
    /// The hash of the alert, its first and last hit at that time, and the remark.
    fn read(entry: &Entry) -> Option<(String, i64, i64, Self)> {
        let text = |name: &str| entry.value.get(name).and_then(Value::as_str);
        let number = |name: &str| entry.value.get(name).and_then(Value::as_i64);
        let remark = Self {
            status: Status::of(text("status")?)?,
            comment: text("comment").unwrap_or_default().to_owned(),
            user: text("user").unwrap_or_default().to_owned(),
            at: number("at").unwrap_or(0),
        };
        let (hash, _) = entry.key.split_once('-')?;
        Some((hash.to_owned(), number("first")?, number("last")?, remark))
    }
}

/// What people said of alerts.
#[derive(Debug, Default)]
pub(crate) struct Said(HashMap<String, Vec<(i64, i64, Remark)>>);

impl Said {
    pub fn read(catalog: &dyn Catalog) -> Result<Self, index::Error> {
        let mut said = Self::default();
        for (hash, first, last, remark) in catalog.list(COLLECTION)?.iter().filter_map(Remark::read) {
            said.0.entry(hash).or_default().push((first, last, remark));
        }
        Ok(said)
    }

    fn of(&self, alert: &Alert) -> Option<&Remark> {
        let (hash, _) = alert.id.split_once('-')?;
        let remarks = self.0.get(hash)?.iter();
        let mine = remarks.filter(|(first, last, _)| alert.overlaps(*first, *last));
        mine.max_by_key(|(.., remark)| remark.at).map(|(.., remark)| remark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session::SessionId;

    fn hit(minutes: i64, rule: &str) -> Hit {
        Hit {
            category: "threat".into(),
            kind: "SQL".into(),
            name: "CRUD".into(),
            version: String::new(),
            vendor: String::new(),
            rule: rule.into(),
            level: "extra_high".into(),
            time: 1_687_074_364_968_817 + minutes * 60_000_000,
            device: 3,
            span: None,
            packet: true,
            src: "10.10.1.87".parse().unwrap(),
            src_port: 62_766,
            dst: "10.10.10.21".parse().unwrap(),
            dst_port: 21,
            from_source: true,
            protocol: 6,
            session: SessionId::default(),
            node: String::new(),
            packets: 1,
            bytes: 531,
        }
    }

    fn alerts(minutes: &[i64]) -> Vec<Alert> {
        let mut groups = Groups::default();
        minutes.iter().for_each(|at| groups.add(&hit(*at, "50003")));
        groups.alerts()
    }

    #[test]
    fn hits_within_seventy_minutes_are_one_alert() {
        let one = alerts(&[0]);
        let seed = one[0].json(&Said::default(), 1_687_074_365_000);
        assert_eq!(seed["obj"], "10.10.1.87:>10.10.10.21:21 TCP sql crud");
        assert_eq!(
            (&seed["level"], &seed["count"], &seed["active"]),
            (&"extra_high".into(), &1.into(), &true.into())
        );
        assert_eq!((&seed["duration"], &seed["status"]), (&5.into(), &"unprocessed".into()));
        // the next slot extends it
        let two = alerts(&[0, 5]);
        assert_eq!((two.len(), two[0].slots, two[0].peak, two[0].count), (1, 2, 1, 2));
        assert_eq!(two[0].json(&Said::default(), 0)["duration"], 10);
        assert_eq!(alerts(&[0, 70]).len(), 1);
        assert_eq!(alerts(&[71, 0]).len(), 2);
        assert!(!one[0].is_active((one[0].last + APART) / 1_000) && one[0].is_active(one[0].last / 1_000));
    }

    #[test]
    fn what_was_said_stays_with_the_alert_when_it_grows() {
        let before = alerts(&[10, 20]).remove(0);
        // earlier hits come to it, and it is named by another begin
        let after = alerts(&[0, 10, 20, 30]).remove(0);
        assert_ne!(before.id, after.id);
        assert!(after.is(&before.id) && before.is(&after.id));
        let far = alerts(&[0, 200]).remove(1);
        assert!(!far.is(&before.id) && !before.is("0123456789abcdef-5") && !before.is("x"));
        let remark = Remark { status: Status::Confirmed, comment: "mine".into(), user: "u".into(), at: 7 };
        let (hash, _) = before.id.split_once('-').unwrap();
        let said = Said([(hash.to_owned(), vec![(before.first, before.last, remark)])].into());
        assert_eq!(after.json(&said, 0)["comment"], "mine");
        assert_eq!(far.json(&said, 0)["status"], "unprocessed");
    }
}
