//! The same plan with less in it.

use crate::{Leaf, Plan, Test, TextTest};
use fields::{Aspect, Target};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Plain children beyond this many are not compared with each other for doubles.
const COMPARE: usize = 64;

impl Plan {
    /// The same meaning with nothing superfluous: `And`/`Or` flattened and without constants and doubles, no double
    /// `Not`, tests of one field in an `Or` made one test, ranges sorted and joined, ranges of a single-valued field
    /// in an `And` intersected.
    #[must_use]
    pub fn simplify(self) -> Plan {
        match self {
            Plan::Not(inner) => match inner.simplify() {
                Plan::All => Plan::Nothing,
                Plan::Nothing => Plan::All,
                Plan::Not(inner) => *inner,
                other => Plan::Not(Box::new(other)),
            },
            Plan::And(parts) => and(parts),
            Plan::Or(parts) => or(parts),
            Plan::Leaf(leaf) => normal(leaf),
            Plan::Ids(ids) if ids.is_empty() => Plan::Nothing,
            Plan::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                Plan::Ids(ids)
            }
            Plan::Files(files) if files.is_empty() => Plan::Nothing,
            Plan::Files(mut files) => {
                files.sort_unstable();
                files.dedup();
                Plan::Files(files)
            }
            Plan::All | Plan::Nothing => self,
        }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Plan) -> Plan {
        Plan::And(vec![self, other]).simplify()
    }
    /// Either.
    #[must_use]
    pub fn or(self, other: Plan) -> Plan {
        Plan::Or(vec![self, other]).simplify()
    }
    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Plan {
        Plan::Not(Box::new(self)).simplify()
    }
    /// One test.
    pub fn leaf(target: Target, test: Test) -> Plan {
        Plan::Leaf(Leaf { target, test })
    }
}

/// Whether a document has at most one value of a target.
fn at_most_one(target: Target) -> bool {
    target.def.object.is_none()
        && match target.aspect {
            Aspect::Value => target.def.single,
            Aspect::Count => true,
            Aspect::Country | Aspect::Asn | Aspect::Rir => false,
        }
}

fn flattened(parts: Vec<Plan>, open: impl Fn(Plan) -> Result<Vec<Plan>, Plan> + Copy) -> Vec<Plan> {
    let mut out = Vec::with_capacity(parts.len());
    for part in parts {
        match open(part.simplify()) {
            Ok(inner) => out.extend(inner),
            Err(one) => out.push(one),
        }
    }
    out
}

fn deduplicated(parts: Vec<Plan>) -> Vec<Plan> {
    if parts.len() > COMPARE {
        return parts;
    }
    let mut out: Vec<Plan> = Vec::with_capacity(parts.len());
    for part in parts {
        if !out.contains(&part) {
            out.push(part);
        }
    }
    out
}

fn and(parts: Vec<Plan>) -> Plan {
    let parts = flattened(parts, |plan| match plan {
        Plan::And(inner) => Ok(inner),
        Plan::All => Ok(Vec::new()),
        other => Err(other),
    });
    let mut out: Vec<Plan> = Vec::with_capacity(parts.len());
    let mut ranges: HashMap<Target, usize> = HashMap::new();
    let mut ids_at = None;
    for part in parts {
        match part {
            Plan::Nothing => return Plan::Nothing,
            Plan::Leaf(leaf) if at_most_one(leaf.target) && !matches!(leaf.test, Test::Texts(_)) => {
                let slot = ranges.get(&leaf.target).copied();
                match (slot.and_then(|at| out.get_mut(at)), leaf) {
                    (Some(Plan::Leaf(held)), leaf) => {
                        let both = intersection(&held.test, &leaf.test);
                        match normal(Leaf { target: leaf.target, test: both }) {
                            Plan::Leaf(leaf) => *held = leaf,
                            _ => return Plan::Nothing,
                        }
                    }
                    (_, leaf) => {
                        ranges.insert(leaf.target, out.len());
                        out.push(Plan::Leaf(leaf));
                    }
                }
            }
            Plan::Ids(ids) => match ids_at.and_then(|at: usize| out.get_mut(at)) {
                Some(Plan::Ids(held)) => {
                    let other: HashSet<_> = ids.into_iter().collect();
                    held.retain(|id| other.contains(id));
                    if held.is_empty() {
                        return Plan::Nothing;
                    }
                }
                _ => {
                    ids_at = Some(out.len());
                    out.push(Plan::Ids(ids));
                }
            },
            other => out.push(other),
        }
    }
    wrapped(deduplicated(out), Plan::All, Plan::And)
}

fn or(parts: Vec<Plan>) -> Plan {
    let parts = flattened(parts, |plan| match plan {
        Plan::Or(inner) => Ok(inner),
        Plan::Nothing => Ok(Vec::new()),
        other => Err(other),
    });
    let mut out: Vec<Plan> = Vec::with_capacity(parts.len());
    let mut leaves: HashMap<Target, usize> = HashMap::new();
    let (mut ids_at, mut files_at) = (None, None);
    for part in parts {
        match part {
            Plan::All => return Plan::All,
            Plan::Leaf(leaf) => match leaves.get(&leaf.target).and_then(|at| out.get_mut(*at)) {
                Some(Plan::Leaf(held)) => held.join(leaf.test),
                _ => {
                    leaves.insert(leaf.target, out.len());
                    out.push(Plan::Leaf(leaf));
                }
            },
            Plan::Ids(ids) => match ids_at.and_then(|at: usize| out.get_mut(at)) {
                Some(Plan::Ids(held)) => held.extend(ids),
                _ => {
                    ids_at = Some(out.len());
                    out.push(Plan::Ids(ids));
                }
            },
            Plan::Files(files) => match files_at.and_then(|at: usize| out.get_mut(at)) {
                Some(Plan::Files(held)) => held.extend(files),
                _ => {
                    files_at = Some(out.len());
                    out.push(Plan::Files(files));
                }
            },
            other => out.push(other),
        }
    }
    let out = out
        .into_iter()
        .map(|part| match part {
            Plan::Leaf(leaf) => normal(leaf),
            Plan::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                Plan::Ids(ids)
            }
            Plan::Files(mut files) => {
                files.sort_unstable();
                files.dedup();
                Plan::Files(files)
            }
            other => other,
        })
        .collect();
    wrapped(deduplicated(out), Plan::Nothing, Plan::Or)
}

fn wrapped(mut parts: Vec<Plan>, none: Plan, many: fn(Vec<Plan>) -> Plan) -> Plan {
    match (parts.len(), parts.pop()) {
        (_, None) => none,
        (1, Some(one)) => one,
        (_, Some(last)) => {
            parts.push(last);
            many(parts)
        }
    }
}

impl Leaf {
    /// Takes in another test of the same target: met when either is.
    fn join(&mut self, other: Test) {
        match (&mut self.test, other) {
            (Test::Ints(held), Test::Ints(more)) => held.extend(more),
            (Test::Ips(held), Test::Ips(more)) => held.extend(more),
            (Test::Texts(held), Test::Texts(more)) => held.extend(more),
            // any value meets it: nothing else matters
            (test, _) => *test = Test::Exists,
        }
    }
}

/// A leaf with sorted, joined ranges; nothing where it cannot be met.
fn normal(leaf: Leaf) -> Plan {
    let target = leaf.target;
    let test = match leaf.test {
        Test::Exists => Test::Exists,
        Test::Ints(ranges) => {
            let ranges = joined(ranges, |end| end.checked_add(1));
            if ranges == [(i64::MIN, i64::MAX)] { Test::Exists } else { Test::Ints(ranges) }
        }
        Test::Ips(ranges) => {
            let ranges = joined(ranges, crate::address::after);
            if ranges == [crate::address::ALL_V4, crate::address::ALL_V6] {
                Test::Exists
            } else {
                Test::Ips(ranges)
            }
        }
        Test::Texts(tests) => {
            let mut seen = HashSet::new();
            let tests: Vec<_> = tests.into_iter().filter(|test| seen.insert(test.clone())).collect();
            if tests.contains(&TextTest::Wildcard("*".to_owned())) {
                Test::Exists
            } else {
                Test::Texts(tests)
            }
        }
    };
    let empty = match &test {
        Test::Exists => false,
        Test::Ints(ranges) => ranges.is_empty(),
        Test::Ips(ranges) => ranges.is_empty(),
        Test::Texts(tests) => tests.is_empty(),
    };
    if empty { Plan::Nothing } else { Plan::Leaf(Leaf { target, test }) }
}

/// Sorted, apart, none backwards. `next` gives the neighbour that lets two ranges be one.
pub(crate) fn joined<T: Ord + Copy>(mut ranges: Vec<(T, T)>, next: impl Fn(T) -> Option<T>) -> Vec<(T, T)> {
    ranges.retain(|(from, to)| from <= to);
    ranges.sort_unstable();
    let mut out: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match out.last_mut() {
            Some((_, end)) if from <= *end || next(*end) == Some(from) => *end = to.max(*end),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Both tests of a target that has one value; both normal.
fn intersection(a: &Test, b: &Test) -> Test {
    match (a, b) {
        (Test::Ints(a), Test::Ints(b)) => Test::Ints(common(a, b)),
        (Test::Ips(a), Test::Ips(b)) => Test::Ips(common::<IpAddr>(a, b)),
        (Test::Exists, other) | (other, _) => other.clone(),
    }
}

/// What lies in both of two lists of ranges, each sorted and apart.
fn common<T: Ord + Copy>(a: &[(T, T)], b: &[(T, T)]) -> Vec<(T, T)> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut out = Vec::new();
    while let (Some(&&(a_from, a_to)), Some(&&(b_from, b_to))) = (a.peek(), b.peek()) {
        let (from, to) = (a_from.max(b_from), a_to.min(b_to));
        if from <= to {
            out.push((from, to));
        }
        if a_to < b_to {
            a.next()
        } else {
            b.next()
        };
    }
    out
}
