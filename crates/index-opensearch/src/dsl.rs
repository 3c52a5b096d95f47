//! Plans as queries of the cluster.

use crate::regexp::lucene;
use crate::shape::{ODD, can_be_odd, word};
use fields::{Kind, Target};
use query::{Leaf, Plan, Test, TextTest};
use serde_json::{Value as Json, json};
use session::{SessionId, core};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

/// Clauses of one `bool`, and values of one `terms`: clusters take 1024 and 65536.
const CLAUSES: usize = 1_000;
/// See [`CLAUSES`].
const VALUES: usize = 60_000;
/// The IPv4 addresses in IPv6 form.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);

/// Which side a query may err on where the cluster cannot answer exactly.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// It finds at least the documents that meet the plan.
    More,
    /// It finds at most these.
    Less,
}

/// Translates plans.
#[derive(Default)]
pub(crate) struct Translator {
    /// Fields of which some documents hold odd values (see [`crate::shape`]).
    pub odd: BTreeSet<String>,
    /// Fields tested that can hold odd values.
    pub touched: BTreeSet<String>,
    /// Whether the query finds more than the plan means.
    pub inexact: bool,
}

/// A query that every document meets.
pub(crate) fn everything() -> Json {
    json!({ "match_all": {} })
}
fn nothing() -> Json {
    json!({ "match_none": {} })
}
fn any(mut parts: Vec<Json>) -> Json {
    while parts.len() > CLAUSES {
        parts = parts
            .chunks(CLAUSES)
            .map(|some| json!({ "bool": { "should": some, "minimum_should_match": 1 } }))
            .collect();
    }
    match parts.len() {
        0 => nothing(),
        1 => parts.pop().unwrap_or_else(nothing),
        _ => json!({ "bool": { "should": parts, "minimum_should_match": 1 } }),
    }
}
fn all(mut parts: Vec<Json>) -> Json {
    while parts.len() > CLAUSES {
        parts = parts.chunks(CLAUSES).map(|some| json!({ "bool": { "filter": some } })).collect();
    }
    match parts.len() {
        0 => everything(),
        1 => parts.pop().unwrap_or_else(everything),
        _ => json!({ "bool": { "filter": parts } }),
    }
}
/// Documents that meet both queries.
pub(crate) fn both(a: &Json, b: Json) -> Json {
    all(vec![a.clone(), b])
}
fn not(query: Json) -> Json {
    json!({ "bool": { "must_not": [query] } })
}
fn exists(path: &str) -> Json {
    json!({ "exists": { "field": path } })
}
/// Documents with one of these values.
fn terms(path: &str, values: Vec<Json>) -> Vec<Json> {
    values.chunks(VALUES).map(|some| json!({ "terms": { (path): some } })).collect()
}
/// Documents with one of these ids.
pub(crate) fn ids<'a>(ids: impl Iterator<Item = &'a SessionId>) -> Json {
    let ids: Vec<String> = ids.map(SessionId::to_string).collect();
    any(ids.chunks(VALUES).map(|some| json!({ "ids": { "values": some } })).collect())
}

impl Translator {
    /// The query of a plan; when `inexact` is set it finds more than the plan means.
    pub fn query(&mut self, plan: &Plan) -> Json {
        self.plan(plan, Side::More)
    }

    fn plan(&mut self, plan: &Plan, side: Side) -> Json {
        match plan {
            Plan::All => everything(),
            Plan::Nothing => nothing(),
            Plan::Not(inner) => {
                let other = if side == Side::More { Side::Less } else { Side::More };
                not(self.plan(inner, other))
            }
            Plan::And(parts) => all(parts.iter().map(|part| self.plan(part, side)).collect()),
            Plan::Or(parts) => any(parts.iter().map(|part| self.plan(part, side)).collect()),
            Plan::Ids(list) => ids(list.iter()),
            Plan::Files(files) => {
                let mut nodes: std::collections::BTreeMap<&str, Vec<Json>> =
                    std::collections::BTreeMap::new();
                for (node, number) in files {
                    nodes.entry(node).or_default().push(json!(number));
                }
                let one = |(node, numbers): (&str, Vec<Json>)| {
                    let node = json!({ "term": { (core::NODE.def.path): node } });
                    all(vec![node, any(terms("fileId", numbers))])
                };
                any(nodes.into_iter().map(one).collect())
            }
            Plan::Leaf(leaf) => self.leaf(leaf, side),
        }
    }

    fn leaf(&mut self, Leaf { target, test }: &Leaf, side: Side) -> Json {
        let path = target.path();
        let native = match test {
            Test::Exists => exists(&path),
            Test::Ints(ranges) => any(ints(&path, target.kind(), ranges)),
            Test::Ips(ranges) => any(addresses(&path, ranges)),
            Test::Texts(tests) => self.texts(*target, &path, tests, side),
        };
        if !can_be_odd(*target) {
            return native;
        }
        let field = target.def.path;
        self.touched.insert(field.to_owned());
        if !self.odd.contains(field) {
            return native;
        }
        self.inexact = true;
        let odd = json!({ "term": { ODD: field } });
        match side {
            Side::More => any(vec![native, odd]),
            Side::Less => all(vec![native, not(odd)]),
        }
    }

    fn texts(&mut self, target: Target, path: &str, tests: &[TextTest], side: Side) -> Json {
        let mut exact = Vec::new();
        let mut parts = Vec::new();
        for test in tests {
            let part = match test {
                TextTest::Is(text) => {
                    exact.push(json!(text));
                    continue;
                }
                TextTest::Wildcard(pattern) => {
                    // a backslash of the pattern stands for itself
                    Some(json!({ "wildcard": { (path): { "value": pattern.replace('\\', "\\\\") } } }))
                }
                TextTest::Regex(pattern) => lucene(pattern)
                    .map(|pattern| json!({ "regexp": { (path): { "value": pattern, "flags": "NONE" } } })),
                TextTest::Words(words) if words.is_empty() => Some(nothing()),
                TextTest::Words(words) if target.def.tokens => {
                    let words: Vec<String> = words.iter().map(|one| word(one)).collect();
                    Some(json!({ "match_phrase": { (format!("{path}Tokens")): words.join(" ") } }))
                }
                TextTest::Words(_) => None,
            };
            parts.push(part.unwrap_or_else(|| {
                self.inexact = true;
                if side == Side::More { exists(path) } else { nothing() }
            }));
        }
        parts.extend(terms(path, exact));
        any(parts)
    }
}

fn ints(path: &str, kind: Kind, ranges: &[(i64, i64)]) -> Vec<Json> {
    if kind == Kind::Bool {
        let has = |int: i64| ranges.iter().any(|(from, to)| (*from..=*to).contains(&int));
        let values = [(0, false), (1, true)].into_iter().filter(|(int, _)| has(*int));
        return terms(path, values.map(|(_, yes)| json!(yes)).collect());
    }
    let (mut points, mut parts) = (Vec::new(), Vec::new());
    for &(from, to) in ranges {
        if kind == Kind::Time {
            // times before 1970 are odd, and looked at elsewhere
            let from = from.max(0);
            if from <= to {
                let mut range = json!({ "gte": from, "format": "epoch_millis" });
                if to < i64::MAX {
                    range["lte"] = to.into();
                }
                parts.push(json!({ "range": { (path): range } }));
            }
        } else if from == to {
            points.push(json!(from));
        } else {
            parts.push(json!({ "range": { (path): { "gte": from, "lte": to } } }));
        }
    }
    parts.extend(terms(path, points));
    parts
}

fn addresses(path: &str, ranges: &[(IpAddr, IpAddr)]) -> Vec<Json> {
    let (mut points, mut parts) = (Vec::new(), Vec::new());
    let mut push = |from: IpAddr, to: IpAddr| {
        if from == to {
            points.push(json!(from.to_string()));
        } else {
            parts.push(json!({ "range": { (path): { "gte": from.to_string(), "lte": to.to_string() } } }));
        }
    };
    for &(from, to) in ranges {
        match (from, to) {
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                // the IPv4 addresses lie in the middle of IPv6 there, and are others here
                let (from, to) = (u128::from(from), u128::from(to));
                let v6 = |number: u128| IpAddr::V6(Ipv6Addr::from(number));
                let below = (from, to.min(MAPPED.0 - 1));
                let above = (from.max(MAPPED.1 + 1), to);
                for (from, to) in [below, above].into_iter().filter(|(from, to)| from <= to) {
                    push(v6(from), v6(to));
                }
            }
            _ => push(from, to),
        }
    }
    parts.extend(terms(path, points));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translate(plan: &Plan) -> (Json, bool) {
        let mut translator = Translator::default();
        (translator.query(plan), !translator.inexact)
    }
    fn leaf(def: &'static fields::Def, test: Test) -> Plan {
        Plan::Leaf(Leaf { target: Target::of(def), test })
    }

    #[test]
    fn addresses_of_the_other_family_are_left_out() {
        let range = Test::Ips(vec![("::".parse().unwrap(), "ffff::".parse().unwrap())]);
        let (query, exact) = translate(&leaf(&core::SRC_IP.def, range));
        assert!(exact);
        assert_eq!(
            query,
            json!({ "bool": { "minimum_should_match": 1, "should": [
                { "range": { "source.ip": { "gte": "::", "lte": "::fffe:ffff:ffff" } } },
                { "range": { "source.ip": { "gte": "::1:0:0:0", "lte": "ffff::" } } },
            ] } })
        );
    }

    #[test]
    fn what_the_cluster_cannot_say_errs_on_the_right_side() {
        let word = || leaf(&core::NODE.def, Test::Texts(vec![TextTest::Regex(r"\bx".into())]));
        assert_eq!(translate(&word()), (json!({ "exists": { "field": "node" } }), false));
        let (query, exact) = translate(&Plan::Not(Box::new(word())));
        assert_eq!((query, exact), (json!({ "bool": { "must_not": [{ "match_none": {} }] } }), false));
    }

    #[test]
    fn odd_documents_are_looked_at_where_there_are_some() {
        let plan = leaf(&core::SRC_IP.def, Test::Exists);
        let mut translator = Translator::default();
        translator.query(&plan);
        assert!(translator.touched.contains("source.ip") && !translator.inexact);
        translator.odd.insert("source.ip".into());
        let query = translator.query(&plan);
        assert!(translator.inexact);
        assert_eq!(query["bool"]["should"][1], json!({ "term": { "hindsight.odd": "source.ip" } }));
    }

    #[test]
    fn long_lists_are_cut_into_parts() {
        let points: Vec<(i64, i64)> = (0..130_000).map(|n| (n * 2, n * 2)).collect();
        let (query, _) = translate(&leaf(&core::BYTES.def, Test::Ints(points)));
        assert_eq!(query["bool"]["should"].as_array().map(Vec::len), Some(3));
        let ranges: Vec<(i64, i64)> = (0..2_500).map(|n| (n * 10, n * 10 + 5)).collect();
        let (query, _) = translate(&leaf(&core::BYTES.def, Test::Ints(ranges)));
        assert_eq!(query["bool"]["should"].as_array().map(Vec::len), Some(3));
    }
}
