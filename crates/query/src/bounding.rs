//! The sessions of a span of time.

use crate::{Plan, Test};
use fields::Target;
use session::core;
use std::str::FromStr;

/// Which time of a session must lie in the span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bounding {
    /// That of the first packet.
    First,
    /// That of the last packet.
    #[default]
    Last,
    /// Both.
    Both,
    /// Some part of the session.
    Either,
    /// That at which it was written to the index.
    Database,
}

/// The text is no bounding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no bounding: write first, last, both, either or database")]
pub struct BadBounding(String);

impl FromStr for Bounding {
    type Err = BadBounding;
    fn from_str(text: &str) -> Result<Self, BadBounding> {
        Ok(match text {
            "first" => Bounding::First,
            "last" => Bounding::Last,
            "both" | "bounded" => Bounding::Both,
            "either" => Bounding::Either,
            "database" => Bounding::Database,
            _ => return Err(BadBounding(text.to_owned())),
        })
    }
}

/// The sessions of a span of time, ends included, milliseconds since 1970. A span that runs backwards has none.
pub fn time_range(start_ms: i64, stop_ms: i64, bounding: Bounding) -> Plan {
    if start_ms > stop_ms {
        return Plan::Nothing;
    }
    let within =
        |def: &'static fields::Def, from, to| Plan::leaf(Target::of(def), Test::Ints(vec![(from, to)]));
    let (first, last) = (&core::START_TIME.def, &core::STOP_TIME.def);
    let plan = match bounding {
        Bounding::First => within(first, start_ms, stop_ms),
        Bounding::Last => within(last, start_ms, stop_ms),
        Bounding::Both => Plan::And(vec![within(first, start_ms, i64::MAX), within(last, i64::MIN, stop_ms)]),
        Bounding::Either => {
            Plan::And(vec![within(last, start_ms, i64::MAX), within(first, i64::MIN, stop_ms)])
        }
        Bounding::Database => within(&core::DB_TIME.def, start_ms, stop_ms),
    };
    plan.simplify()
}

#[cfg(test)]
mod tests {
    use super::*;
    use session::SessionDoc;

    #[test]
    fn each_bounding_has_its_sessions() {
        let doc = |first, last| {
            let mut doc = SessionDoc::new();
            doc.add(&core::START_TIME, first);
            doc.add(&core::STOP_TIME, last);
            doc.add(&core::DB_TIME, last + 100);
            doc
        };
        let docs = [doc(0, 15), doc(12, 18), doc(15, 30), doc(0, 40), doc(0, 5), doc(-200, -85)];
        let hits = |bounding| -> Vec<usize> {
            let plan = time_range(10, 20, bounding);
            docs.iter().enumerate().filter(|(_, d)| plan.matches(d)).map(|(at, _)| at).collect()
        };
        assert_eq!(hits(Bounding::Last), [0, 1]);
        assert_eq!(hits(Bounding::First), [1, 2]);
        assert_eq!(hits(Bounding::Both), [1]);
        assert_eq!(hits(Bounding::Either), [0, 1, 2, 3]);
        assert_eq!(hits(Bounding::Database), [5]);
        assert_eq!(time_range(2, 1, Bounding::Last), Plan::Nothing);
        assert!("sometimes".parse::<Bounding>().is_err());
    }
}
