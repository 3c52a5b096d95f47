//! Changes of rows that are written already: deleted, replaced, other tags. One log for the whole index; a change
//! means a row by the name of its file or log and its number in it. When files are merged their changes are folded
//! in, and the log is written anew without those that mean nothing any more.

use crate::bitmap::Bitmap;
use crate::segment::TagPatch;
use crate::varint::{self, Reader};
use fields::Target;
use index::{CHANGEABLE, TermChange};
use session::core;
use std::collections::HashMap;
use std::sync::Arc;

const HIDE: u8 = 1;
const TAGS: u8 = 2;
const TERMS: u8 = 3;

fn tags() -> Target {
    Target::of(&core::TAGS.def)
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Rows that are gone.
    Hide { name: Arc<str>, rows: Vec<u32> },
    /// Rows of which the values of a field are changed.
    Tags { name: Arc<str>, rows: Vec<u32>, change: Arc<TermChange> },
}

/// The changes of one file or log.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfOne {
    pub hidden: Option<Arc<Bitmap>>,
    pub tags: Vec<TagPatch>,
}

/// Every change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    by_name: HashMap<Arc<str>, OfOne>,
}

impl OfOne {
    /// The tag changes of a run of rows, numbered from its first.
    pub(crate) fn tags_of(&self, base: u32, rows: u32) -> Vec<TagPatch> {
        self.tags
            .iter()
            .filter_map(|patch| {
                let slice = patch.rows.slice(base, rows);
                (!slice.is_none()).then(|| TagPatch { rows: Arc::new(slice), change: patch.change.clone() })
            })
            .collect()
    }
}

fn bitmap(rows: &[u32], also: Option<&Bitmap>) -> Bitmap {
    let len = rows.iter().max().map_or(0, |m| m + 1).max(also.map_or(0, Bitmap::len));
    let mut made = Bitmap::none(len);
    rows.iter().for_each(|row| made.set(*row));
    if let Some(also) = also {
        made.or(also);
    }
    made
}

impl Changes {
    pub(crate) fn of(&self, name: &str) -> Option<&OfOne> {
        self.by_name.get(name)
    }
    pub(crate) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.by_name.keys()
    }
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Hide { name, rows } => {
                let one = self.by_name.entry(name.clone()).or_default();
                one.hidden = Some(Arc::new(bitmap(rows, one.hidden.as_deref())));
            }
            Change::Tags { name, rows, change } => {
                let one = self.by_name.entry(name.clone()).or_default();
                one.tags.push(TagPatch { rows: Arc::new(bitmap(rows, None)), change: change.clone() });
            }
        }
    }
    /// The changes of the names that are still there, as records.
    pub(crate) fn records(&self, alive: &dyn Fn(&str) -> bool) -> Vec<Change> {
        let mut records = Vec::new();
        for (name, one) in self.by_name.iter().filter(|(name, _)| alive(name)) {
            if let Some(hidden) = &one.hidden {
                records.push(Change::Hide { name: name.clone(), rows: hidden.iter().collect() });
            }
            for patch in &one.tags {
                records.push(Change::Tags {
                    name: name.clone(),
                    rows: patch.rows.iter().collect(),
                    change: patch.change.clone(),
                });
            }
        }
        records
    }
}

impl Change {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let (kind, name, rows) = match self {
            Change::Hide { name, rows } => (HIDE, name, rows),
            Change::Tags { name, rows, change } if change.target == tags() => (TAGS, name, rows),
            Change::Tags { name, rows, .. } => (TERMS, name, rows),
        };
        out.push(kind);
        varint::put_bytes(&mut out, name.as_bytes());
        varint::put(&mut out, rows.len() as u64);
        let mut before = 0;
        for row in rows {
            varint::put(&mut out, u64::from(row.wrapping_sub(before)));
            before = *row;
        }
        if let Change::Tags { change, .. } = self {
            if kind == TERMS {
                varint::put_bytes(&mut out, change.target.expr().as_bytes());
            }
            for list in [&change.add, &change.remove] {
                varint::put(&mut out, list.len() as u64);
                list.iter().for_each(|tag| varint::put_bytes(&mut out, tag.as_bytes()));
            }
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let kind = reader.byte()?;
        let name: Arc<str> = reader.text()?.into();
        let count = reader.len()?;
        let mut rows = Vec::with_capacity(count.min(bytes.len()));
        let mut before = 0u32;
        for _ in 0..count {
            before = before.wrapping_add(reader.u32()?);
            rows.push(before);
        }
        match kind {
            HIDE => Some(Change::Hide { name, rows }),
            TAGS | TERMS => {
                let target = match kind {
                    TAGS => tags(),
                    _ => {
                        let expr = reader.text()?;
                        Target::of(CHANGEABLE.into_iter().find(|def| def.expr == expr)?)
                    }
                };
                let mut list = || -> Option<Vec<String>> {
                    (0..reader.len()?).map(|_| reader.text().map(str::to_owned)).collect()
                };
                let change = Arc::new(TermChange { target, add: list()?, remove: list()? });
                Some(Change::Tags { name, rows, change })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip_and_damage_is_refused() {
        let change = Arc::new(TermChange::tags(vec!["ä".into()], vec!["b".into(), "".into()]));
        let target = Target::of(&core::HUNT_ID.def);
        let mark = Arc::new(TermChange { target, add: vec!["x".into()], remove: Vec::new() });
        let records = [
            Change::Hide { name: "a".into(), rows: vec![0, 5, u32::MAX] },
            Change::Tags { name: "a".into(), rows: vec![3], change: mark },
            Change::Tags { name: "b".into(), rows: vec![7], change },
        ];
        for record in records {
            let bytes = record.encode();
            assert_eq!(Change::decode(&bytes), Some(record));
            for cut in 0..bytes.len() {
                assert_eq!(Change::decode(&bytes[..cut]), None);
            }
        }
    }
}
