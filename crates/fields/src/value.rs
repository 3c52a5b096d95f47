//! The values of one field of one document.

use crate::{Kind, Value};
use compact_str::CompactString;
use smallvec::SmallVec;
use std::collections::HashSet;
use std::net::IpAddr;

/// Beyond this many values, membership is looked up in a set instead of by scanning.
const SCAN: usize = 32;

/// The values of one field: never empty once in a document, all of the field's kind, in order of arrival.
#[derive(Clone, Debug)]
pub enum Values {
    /// Integers of any kind.
    Ints(SmallVec<[i64; 2]>, Seen),
    /// Addresses.
    Ips(SmallVec<[IpAddr; 1]>, Seen),
    /// Strings, already folded as the kind says.
    Texts(SmallVec<[CompactString; 1]>, Seen),
}

/// Hashes of the values, kept only when there are many.
pub type Seen = Option<Box<HashSet<u64, ahash::RandomState>>>;

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Values::Ints(a, _), Values::Ints(b, _)) => a == b,
            (Values::Ips(a, _), Values::Ips(b, _)) => a == b,
            (Values::Texts(a, _), Values::Texts(b, _)) => a == b,
            _ => false,
        }
    }
}
impl Eq for Values {}

/// Whether `value` is new among `held`; remembers it when the scan would get long.
fn is_new<T: PartialEq + std::hash::Hash>(held: &[T], value: &T, seen: &mut Seen) -> bool {
    if held.len() < SCAN {
        return !held.contains(value);
    }
    // The seed is random per process: a sender cannot choose values that collide.
    static STATE: std::sync::LazyLock<ahash::RandomState> = std::sync::LazyLock::new(ahash::RandomState::new);
    let seen = seen.get_or_insert_with(|| {
        let mut set = HashSet::with_hasher(ahash::RandomState::new());
        set.extend(held.iter().map(|one| STATE.hash_one(one)));
        Box::new(set)
    });
    seen.insert(STATE.hash_one(value))
}

impl Values {
    /// No values yet, of the right variant for a kind.
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Int | Kind::Size | Kind::Duration | Kind::Time | Kind::Bool => {
                Values::Ints(SmallVec::new(), None)
            }
            Kind::Ip => Values::Ips(SmallVec::new(), None),
            Kind::Term | Kind::Lower | Kind::Upper => Values::Texts(SmallVec::new(), None),
        }
    }

    /// Adds a value unless `unique` and already there. Returns whether it was added. A value of another variant is
    /// not added: callers go through typed handles, which cannot produce one.
    pub fn push(&mut self, kind: Kind, value: Value<'_>, unique: bool) -> bool {
        match (self, value) {
            (Values::Ints(held, seen), Value::Int(value)) => {
                let add = !unique || is_new(held, &value, seen);
                if add {
                    held.push(value);
                }
                add
            }
            (Values::Ips(held, seen), Value::Ip(value)) => {
                let add = !unique || is_new(held, &value, seen);
                if add {
                    held.push(value);
                }
                add
            }
            (Values::Texts(held, seen), Value::Text(value)) => {
                let value = fold(kind, value);
                let add = !unique || is_new(held, &value, seen);
                if add {
                    held.push(value);
                }
                add
            }
            _ => false,
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::Ints(held, _) => held.len(),
            Values::Ips(held, _) => held.len(),
            Values::Texts(held, _) => held.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a place.
    pub fn get(&self, at: usize) -> Option<Value<'_>> {
        match self {
            Values::Ints(held, _) => held.get(at).map(|v| Value::Int(*v)),
            Values::Ips(held, _) => held.get(at).map(|v| Value::Ip(*v)),
            Values::Texts(held, _) => held.get(at).map(|v| Value::Text(v)),
        }
    }

    /// Every value, in order of arrival.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'_>> + '_ {
        (0..self.len()).map(|at| match self {
            Values::Ints(held, _) => Value::Int(held[at]),
            Values::Ips(held, _) => Value::Ip(held[at]),
            Values::Texts(held, _) => Value::Text(&held[at]),
        })
    }

    /// The integers, where they are integers.
    pub fn ints(&self) -> &[i64] {
        if let Values::Ints(held, _) = self { held } else { &[] }
    }
    /// The addresses, where they are addresses.
    pub fn ips(&self) -> &[IpAddr] {
        if let Values::Ips(held, _) = self { held } else { &[] }
    }
    /// The strings, where they are strings.
    pub fn texts(&self) -> &[CompactString] {
        if let Values::Texts(held, _) = self { held } else { &[] }
    }

    /// Approximate memory, bytes.
    pub fn memory(&self) -> usize {
        std::mem::size_of::<Self>()
            + match self {
                Values::Ints(held, _) if held.spilled() => held.capacity() * 8,
                Values::Ips(held, _) if held.spilled() => held.capacity() * 17,
                Values::Texts(held, _) => {
                    held.iter().map(|t| if t.is_heap_allocated() { t.capacity() } else { 0 } + 24).sum()
                }
                _ => 0,
            }
    }
}

/// A string as its kind keeps it.
fn fold(kind: Kind, value: &str) -> CompactString {
    match kind {
        Kind::Lower if value.bytes().any(|b| b.is_ascii_uppercase() || b >= 0x80) => {
            CompactString::from_iter(value.chars().flat_map(char::to_lowercase))
        }
        Kind::Upper if value.bytes().any(|b| b.is_ascii_lowercase() || b >= 0x80) => {
            CompactString::from_iter(value.chars().flat_map(char::to_uppercase))
        }
        _ => CompactString::new(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_each_value_once_also_when_many() {
        let mut values = Values::empty(Kind::Int);
        for round in 0..2 {
            for n in 0..500 {
                assert_eq!(values.push(Kind::Int, Value::Int(n), true), round == 0, "{n}");
            }
        }
        assert_eq!(values.len(), 500);
    }

    #[test]
    fn folds_by_kind() {
        let mut lower = Values::empty(Kind::Lower);
        assert!(lower.push(Kind::Lower, Value::Text("ÄbC"), true));
        assert!(!lower.push(Kind::Lower, Value::Text("äBc"), true));
        assert_eq!(lower.texts(), ["äbc"]);
    }
}
