//! What a plan means.

use crate::text::{whole, words};
use crate::{Leaf, Plan, Test, TextTest};
use fields::{Target, Value};
use memchr::memmem::Finder;
use regex::Regex;
use session::{SessionDoc, SessionId, core};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// A plan made ready to be asked about many documents: expressions compiled, lists made sets.
#[derive(Debug)]
pub struct Matcher(Node);

#[derive(Debug)]
enum Node {
    Constant(bool),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Exists(Target),
    Ints(Target, Vec<(i64, i64)>),
    Ips(Target, Vec<(IpAddr, IpAddr)>),
    Texts(Target, TextMatcher),
    Ids(HashSet<SessionId>),
    Files(HashMap<String, HashSet<u32>>),
}

impl Plan {
    /// Whether a document meets the plan. This is the meaning of a query; for many documents build one [`Matcher`].
    /// A test with an invalid regular expression (no plan that was compiled from text has one) is met by nothing.
    pub fn matches(&self, doc: &SessionDoc) -> bool {
        match self {
            Plan::All => true,
            Plan::Nothing => false,
            Plan::Not(inner) => !inner.matches(doc),
            Plan::And(parts) => parts.iter().all(|part| part.matches(doc)),
            Plan::Or(parts) => parts.iter().any(|part| part.matches(doc)),
            leaf => Node::new(leaf).is_ok_and(|node| node.matches(doc)),
        }
    }
}

impl Matcher {
    /// Prepares a plan.
    ///
    /// # Errors
    /// A regular expression of the plan is invalid or too large.
    pub fn new(plan: &Plan) -> Result<Self, regex::Error> {
        Node::new(plan).map(Self)
    }
    /// Whether a document meets the plan.
    pub fn matches(&self, doc: &SessionDoc) -> bool {
        self.0.matches(doc)
    }
}

impl Node {
    fn new(plan: &Plan) -> Result<Self, regex::Error> {
        let all = |parts: &[Plan]| parts.iter().map(Node::new).collect::<Result<Vec<_>, _>>();
        Ok(match plan {
            Plan::All => Node::Constant(true),
            Plan::Nothing => Node::Constant(false),
            Plan::Not(inner) => Node::Not(Box::new(Node::new(inner)?)),
            Plan::And(parts) => Node::And(all(parts)?),
            Plan::Or(parts) => Node::Or(all(parts)?),
            Plan::Leaf(Leaf { target, test }) => match test {
                Test::Exists => Node::Exists(*target),
                Test::Ints(ranges) => {
                    Node::Ints(*target, crate::simplify::joined(ranges.clone(), |end| end.checked_add(1)))
                }
                Test::Ips(ranges) => {
                    Node::Ips(*target, crate::simplify::joined(ranges.clone(), crate::address::after))
                }
                Test::Texts(tests) => Node::Texts(*target, TextMatcher::new(tests)?),
            },
            Plan::Ids(ids) => Node::Ids(ids.iter().copied().collect()),
            Plan::Files(files) => {
                let mut by_node: HashMap<String, HashSet<u32>> = HashMap::new();
                for (node, number) in files {
                    by_node.entry(node.clone()).or_default().insert(*number);
                }
                Node::Files(by_node)
            }
        })
    }

    fn matches(&self, doc: &SessionDoc) -> bool {
        match self {
            Node::Constant(answer) => *answer,
            Node::Not(inner) => !inner.matches(doc),
            Node::And(parts) => parts.iter().all(|part| part.matches(doc)),
            Node::Or(parts) => parts.iter().any(|part| part.matches(doc)),
            Node::Exists(target) => doc.any(*target, |_| true),
            Node::Ints(target, ranges) => {
                doc.any(*target, |value| matches!(value, Value::Int(value) if within(ranges, value)))
            }
            Node::Ips(target, ranges) => {
                doc.any(*target, |value| matches!(value, Value::Ip(value) if within(ranges, value)))
            }
            Node::Texts(target, texts) => {
                doc.any(*target, |value| matches!(value, Value::Text(value) if texts.matches(value)))
            }
            Node::Ids(ids) => ids.contains(&doc.id),
            Node::Files(by_node) => doc
                .text(&core::NODE)
                .and_then(|node| by_node.get(node))
                .is_some_and(|files| doc.positions.files().iter().any(|file| files.contains(file))),
        }
    }
}

/// Whether a value lies in one of the ranges (sorted, apart).
fn within<T: Ord + Copy>(ranges: &[(T, T)], value: T) -> bool {
    let after = ranges.partition_point(|(from, _)| *from <= value);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, to)| value <= *to)
}

/// The tests of one string leaf, made ready: met when any of them is. Stores run it once for each dictionary value.
#[derive(Debug)]
pub struct TextMatcher {
    exact: HashSet<String>,
    patterns: Vec<Pattern>,
    regexes: Vec<Regex>,
    phrases: Vec<Vec<String>>,
}

impl TextMatcher {
    /// Prepares the tests.
    ///
    /// # Errors
    /// A regular expression is invalid or too large.
    pub fn new(tests: &[TextTest]) -> Result<Self, regex::Error> {
        let mut made =
            Self { exact: HashSet::new(), patterns: Vec::new(), regexes: Vec::new(), phrases: Vec::new() };
        for test in tests {
            match test {
                TextTest::Is(text) => {
                    made.exact.insert(text.clone());
                }
                TextTest::Wildcard(pattern) => made.patterns.push(Pattern::new(pattern)),
                TextTest::Regex(pattern) => made.regexes.push(whole(pattern)?),
                TextTest::Words(words) => made.phrases.push(words.clone()),
            }
        }
        Ok(made)
    }

    /// Whether a string meets any of the tests.
    pub fn matches(&self, text: &str) -> bool {
        self.exact.contains(text)
            || self.patterns.iter().any(|pattern| pattern.matches(text))
            || self.regexes.iter().any(|regex| regex.is_match(text))
            || (!self.phrases.is_empty() && self.has_phrase(text))
    }

    fn has_phrase(&self, text: &str) -> bool {
        let words: Vec<String> = words(text).collect();
        self.phrases.iter().any(|phrase| {
            !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase.as_slice())
        })
    }
}

/// A pattern of `*` and `?`.
#[derive(Debug)]
struct Pattern {
    /// The text before the first star.
    head: Piece,
    /// The texts between stars, in order.
    middle: Vec<Piece>,
    /// The text after the last star; `None` where there is no star.
    tail: Option<Piece>,
}

#[derive(Debug)]
enum Piece {
    /// Without `?`.
    Plain(Box<Finder<'static>>),
    /// With `?`: each character, or any.
    Open(Vec<Option<char>>),
}

impl Piece {
    fn new(text: &str) -> Self {
        if text.contains('?') {
            Piece::Open(text.chars().map(|c| (c != '?').then_some(c)).collect())
        } else {
            Piece::Plain(Box::new(Finder::new(text).into_owned()))
        }
    }
    /// What is left after the piece at the start.
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Piece::Plain(finder) => {
                let needle = finder.needle();
                text.as_bytes().starts_with(needle).then(|| text.get(needle.len()..)).flatten()
            }
            Piece::Open(wanted) => {
                let mut chars = text.chars();
                for want in wanted {
                    let c = chars.next()?;
                    if want.is_some_and(|want| want != c) {
                        return None;
                    }
                }
                Some(chars.as_str())
            }
        }
    }
    /// What is left after the first place that the piece is at.
    fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Piece::Plain(finder) => text.get(finder.find(text.as_bytes())? + finder.needle().len()..),
            Piece::Open(_) => {
                let mut rest = text;
                loop {
                    if let Some(after) = self.strip(rest) {
                        return Some(after);
                    }
                    let mut chars = rest.chars();
                    chars.next()?;
                    rest = chars.as_str();
                }
            }
        }
    }
    fn ends(&self, text: &str) -> bool {
        match self {
            Piece::Plain(finder) => text.as_bytes().ends_with(finder.needle()),
            Piece::Open(wanted) => {
                let mut chars = text.chars().rev();
                wanted
                    .iter()
                    .rev()
                    .all(|want| chars.next().is_some_and(|c| want.is_none_or(|want| want == c)))
            }
        }
    }
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let mut pieces = pattern.split('*');
        let head = Piece::new(pieces.next().unwrap_or(""));
        let mut middle: Vec<&str> = pieces.collect();
        let tail = middle.pop().map(Piece::new);
        let middle = middle.into_iter().filter(|text| !text.is_empty()).map(Piece::new).collect();
        Self { head, middle, tail }
    }
    fn matches(&self, text: &str) -> bool {
        let Some(mut rest) = self.head.strip(text) else { return false };
        // the first place of each piece leaves the most for the ones after it
        for piece in &self.middle {
            match piece.find(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        self.tail.as_ref().map_or(rest.is_empty(), |tail| tail.ends(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_regex(pattern: &str) -> Regex {
        let body: String = pattern
            .chars()
            .map(|c| match c {
                '*' => ".*".to_owned(),
                '?' => ".".to_owned(),
                c => regex::escape(&c.to_string()),
            })
            .collect();
        whole(&body).unwrap()
    }

    proptest! {
        #[test]
        fn wildcards_mean_what_the_regex_means(pattern in "[abé*?]{0,8}", text in "[abé]{0,10}") {
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), by_regex(&pattern).is_match(&text));
        }
    }

    #[test]
    fn words_are_found_one_after_the_other() {
        let tests = [TextTest::Words(vec!["mozilla".into(), "5".into()])];
        let matcher = TextMatcher::new(&tests).unwrap();
        assert!(matcher.matches("x Mozilla/5.0"));
        assert!(!matcher.matches("5 mozilla"));
        assert!(!TextMatcher::new(&[TextTest::Words(vec![])]).unwrap().matches("a"));
    }

    #[test]
    fn ranges_are_inclusive() {
        let ranges = [(1, 3), (7, 7)];
        let hits: Vec<i32> = (0..10).filter(|n| within(&ranges, *n)).collect();
        assert_eq!(hits, [1, 2, 3, 7]);
    }
}
