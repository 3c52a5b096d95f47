//! A plan in words, for people who want to know how their query was understood.

use crate::{Leaf, Plan, Test, TextTest};
use fields::Kind;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::net::IpAddr;

/// Values of one test that are written out.
const SHOWN: usize = 20;

/// The plan as indented text, one test a line, in UTC where there are times.
pub fn explain(plan: &Plan) -> String {
    let mut out = String::new();
    write(&mut out, plan, 0);
    out
}

fn write(out: &mut String, plan: &Plan, depth: usize) {
    let indent = "  ".repeat(depth);
    let mut group = |word: &str, parts: &[Plan]| {
        let _ = writeln!(out, "{indent}{word}");
        for part in parts {
            write(out, part, depth + 1);
        }
    };
    match plan {
        Plan::And(parts) => group("all of", parts),
        Plan::Or(parts) => group("any of", parts),
        Plan::Not(inner) => group("not", std::slice::from_ref(inner)),
        Plan::All => {
            let _ = writeln!(out, "{indent}every session");
        }
        Plan::Nothing => {
            let _ = writeln!(out, "{indent}no session");
        }
        Plan::Leaf(leaf) => {
            let _ = writeln!(out, "{indent}{}", test(leaf));
        }
        Plan::Ids(ids) => {
            let ids = listed(ids.iter().map(ToString::to_string), ids.len());
            let _ = writeln!(out, "{indent}id is {ids}");
        }
        Plan::Files(files) => {
            let written = files.iter().map(|(node, number)| format!("{node}:{number}"));
            let written = listed(written, files.len());
            let _ = writeln!(out, "{indent}packets in file {written}");
        }
    }
}

fn listed(items: impl Iterator<Item = String>, total: usize) -> String {
    let mut out: Vec<String> = items.take(SHOWN).collect();
    if total > SHOWN {
        out.push(format!("{} more", total - SHOWN));
    }
    out.join(", ")
}

fn test(leaf: &Leaf) -> String {
    let name = leaf.target.expr();
    match &leaf.test {
        Test::Exists => format!("{name} exists"),
        Test::Ints(ranges) => {
            let kind = leaf.target.kind();
            let written = ranges.iter().map(|range| int_range(kind, *range));
            format!("{name} {}", listed(written, ranges.len()))
        }
        Test::Ips(ranges) => {
            let written = ranges.iter().map(|(from, to)| ip_range(*from, *to));
            format!("{name} in {}", listed(written, ranges.len()))
        }
        Test::Texts(tests) => {
            let written = tests.iter().map(|one| match one {
                TextTest::Is(text) => format!("is {text:?}"),
                TextTest::Wildcard(pattern) => format!("is like {pattern:?}"),
                TextTest::Regex(pattern) => format!("matches /{pattern}/"),
                TextTest::Words(words) => format!("contains the words {:?}", words.join(" ")),
            });
            format!("{name} {}", listed(written, tests.len()))
        }
    }
}

fn int(kind: Kind, value: i64) -> String {
    match kind {
        Kind::Time => {
            Timestamp::from_millisecond(value).map_or_else(|_| value.to_string(), |at| at.to_string())
        }
        Kind::Duration => format!("{value} µs"),
        Kind::Size => format!("{value} bytes"),
        Kind::Bool => (value != 0).to_string(),
        _ => value.to_string(),
    }
}

fn int_range(kind: Kind, (from, to): (i64, i64)) -> String {
    match (from, to) {
        (i64::MIN, to) => format!("at most {}", int(kind, to)),
        (from, i64::MAX) => format!("at least {}", int(kind, from)),
        (from, to) if from == to => format!("is {}", int(kind, from)),
        (from, to) => format!("from {} to {}", int(kind, from), int(kind, to)),
    }
}

/// A range of addresses as people write it: one address, a network, or both ends.
fn ip_range(from: IpAddr, to: IpAddr) -> String {
    crate::address::written(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Env, TimeZone, compile};

    #[test]
    fn says_what_was_understood() {
        let schema = fields::Schema::new([session::core::FIELDS, session::perf::FIELDS]).unwrap();
        let zone = TimeZone::UTC;
        let text = "(ip.src == 10.0.0.0/8:80 || tags == [a,b*]) && !starttime > 1000 && perf.http.time >= 2s";
        let plan = compile(text, &Env::new(&schema, 0, &zone)).unwrap();
        assert_eq!(
            explain(&plan),
            "all of\n  any of\n    all of\n      ip.src in 10.0.0.0/8\n      port.src is 80\n    tags is \"a\", is \
             like \"b*\"\n  not\n    starttime at least 1970-01-01T00:16:40.001Z\n  perf.http.time at least 2000000 µs\n"
        );
    }
}
