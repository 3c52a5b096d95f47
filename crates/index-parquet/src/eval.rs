//! Which rows of a segment meet a plan. A test is made once for each dictionary value, not for each row.

use crate::bitmap::{Bitmap, Selection};
use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::segment::Open;
use fields::{Aspect, Target};
use index::{Control, Error, ErrorKind, is_changeable};
use memchr::memmem::Finder;
use query::{Leaf, Plan, Test, TextMatcher, TextTest};
use session::{SessionId, core};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// A plan made ready.
#[derive(Debug)]
pub(crate) enum Node {
    All,
    None,
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Exists(Target),
    Ints(Target, Vec<(i64, i64)>),
    Ips(Target, Vec<(IpAddr, IpAddr)>),
    /// Strings that are equal to one of these.
    Exact(Target, Vec<String>),
    /// Strings that meet a test; and where every string that does has one of some texts in it, those.
    Texts(Target, TextMatcher, Vec<Finder<'static>>),
    Ids(HashSet<SessionId>),
    Files(HashMap<String, HashSet<i64>>),
}

/// What can be said without reading rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guess {
    All,
    None,
    Maybe,
}

impl Node {
    /// Prepares a plan.
    pub(crate) fn new(plan: &Plan) -> Result<Self, Error> {
        let all = |parts: &[Plan]| parts.iter().map(Node::new).collect::<Result<Vec<_>, _>>();
        Ok(match plan {
            Plan::All => Node::All,
            Plan::Nothing => Node::None,
            Plan::Not(inner) => Node::Not(Box::new(Node::new(inner)?)),
            Plan::And(parts) => Node::And(all(parts)?),
            Plan::Or(parts) => Node::Or(all(parts)?),
            Plan::Leaf(Leaf { target, test }) => leaf(*target, test)?,
            Plan::Ids(ids) => Node::Ids(ids.iter().copied().collect()),
            Plan::Files(files) => {
                let mut by_node: HashMap<String, HashSet<i64>> = HashMap::new();
                for (node, number) in files {
                    by_node.entry(node.clone()).or_default().insert(i64::from(*number));
                }
                Node::Files(by_node)
            }
        })
    }

    /// The rows that are there and meet the plan.
    pub(crate) fn rows(&self, open: &Open<'_>, control: &Control) -> Result<Selection, Error> {
        let found = match self.guess(open)? {
            Guess::None => return Ok(Selection::None),
            Guess::All => Selection::All,
            Guess::Maybe => self.eval(open, control)?,
        };
        Ok(match &open.segment.hidden {
            Some(hidden) => found.without(open.rows(), hidden),
            None => found,
        })
    }

    /// Whether bounds and filters decide already.
    fn guess(&self, open: &Open<'_>) -> Result<Guess, Error> {
        Ok(match self {
            Node::All => Guess::All,
            Node::None => Guess::None,
            Node::Not(inner) => match inner.guess(open)? {
                Guess::All => Guess::None,
                Guess::None => Guess::All,
                Guess::Maybe => Guess::Maybe,
            },
            Node::And(parts) => {
                let mut answer = Guess::All;
                for part in parts {
                    match part.guess(open)? {
                        Guess::None => return Ok(Guess::None),
                        Guess::Maybe => answer = Guess::Maybe,
                        Guess::All => {}
                    }
                }
                answer
            }
            Node::Or(parts) => {
                let mut answer = Guess::None;
                for part in parts {
                    match part.guess(open)? {
                        Guess::All => return Ok(Guess::All),
                        Guess::Maybe => answer = Guess::Maybe,
                        Guess::None => {}
                    }
                }
                answer
            }
            Node::Ints(target, ranges) => match open.bounds(*target) {
                Some((low, high)) => {
                    let meet = |(from, to): &(i64, i64)| *from <= high && low <= *to;
                    let cover = |(from, to): &(i64, i64)| *from <= low && high <= *to;
                    let dense =
                        open.file().zip(open.key_of(*target)).is_some_and(|(file, key)| file.is_dense(key));
                    match ranges.iter().find(|r| meet(r)) {
                        None => Guess::None,
                        Some(range) if cover(range) && dense => Guess::All,
                        Some(_) => Guess::Maybe,
                    }
                }
                None => Guess::Maybe,
            },
            Node::Ips(target, ranges) if ranges.iter().all(|(a, b)| a == b) && ranges.len() <= 64 => {
                let texts: Vec<String> = ranges.iter().map(|(ip, _)| ip.to_string()).collect();
                held(open, *target, texts.iter().map(|t| t.as_bytes()).collect())?
            }
            Node::Exact(target, texts) if texts.len() <= 64 => {
                held(open, *target, texts.iter().map(|t| t.as_bytes()).collect())?
            }
            Node::Ids(ids) if ids.len() <= 64 => match open.file() {
                Some(file) => {
                    let uniques: Vec<&[u8]> = ids.iter().map(|id| &id.unique[..]).collect();
                    let (low, high) = file.bounds(Key::Day).unwrap_or((0, i64::MAX));
                    let in_days = ids.iter().any(|id| (low..=high).contains(&i64::from(id.day)));
                    if in_days && file.may_hold(Key::Id, &uniques)? { Guess::Maybe } else { Guess::None }
                }
                None => Guess::Maybe,
            },
            _ => Guess::Maybe,
        })
    }

    fn eval(&self, open: &Open<'_>, control: &Control) -> Result<Selection, Error> {
        control.check()?;
        let rows = open.rows();
        Ok(match self {
            Node::All => Selection::All,
            Node::None => Selection::None,
            Node::Not(inner) => match inner.eval(open, control)? {
                Selection::All => Selection::None,
                Selection::None => Selection::All,
                Selection::Some(mut bitmap) => {
                    bitmap.invert();
                    Selection::of(bitmap)
                }
            },
            Node::And(parts) => {
                let mut all: Option<Bitmap> = None;
                for part in parts {
                    // what the bounds decide needs no look at the rows
                    let found = match part.guess(open)? {
                        Guess::All => continue,
                        Guess::None => return Ok(Selection::None),
                        Guess::Maybe => part.eval(open, control)?,
                    };
                    match found {
                        Selection::None => return Ok(Selection::None),
                        Selection::All => {}
                        Selection::Some(bitmap) => match &mut all {
                            None => all = Some(bitmap),
                            Some(all) => {
                                all.and(&bitmap);
                                if all.is_none() {
                                    return Ok(Selection::None);
                                }
                            }
                        },
                    }
                }
                all.map_or(Selection::All, Selection::of)
            }
            Node::Or(parts) => {
                let mut any: Option<Bitmap> = None;
                for part in parts {
                    let found = match part.guess(open)? {
                        Guess::All => return Ok(Selection::All),
                        Guess::None => continue,
                        Guess::Maybe => part.eval(open, control)?,
                    };
                    match found {
                        Selection::All => return Ok(Selection::All),
                        Selection::None => {}
                        Selection::Some(bitmap) => match &mut any {
                            None => any = Some(bitmap),
                            Some(any) => any.or(&bitmap),
                        },
                    }
                }
                any.map_or(Selection::None, Selection::of)
            }
            Node::Exists(target) => with(open, *target, |column| values_where(column, rows, |_| true))?,
            Node::Ints(target, ranges) => match stored_ints(open, *target, ranges)? {
                Some(found) => Selection::of(found),
                None => with(open, *target, |column| ints(column, rows, ranges))?,
            },
            Node::Ips(target, ranges) => match single_addresses(open, *target, ranges)? {
                Some(found) => Selection::of(found),
                None => with(open, *target, |column| ips(column, rows, ranges))?,
            },
            Node::Exact(target, texts)
                if *target == Target::of(&core::COMMUNITY_ID.def) && open.file().is_some() =>
            {
                let hashes: Vec<_> =
                    texts.iter().filter_map(|t| crate::community::pack(t.as_bytes())).collect();
                let packed = match (open.file(), open.key_of(*target)) {
                    (Some(file), Some(key)) => file.community_rows(key, &hashes)?,
                    _ => None,
                };
                match packed {
                    Some(found) => Selection::of(found),
                    None => with(open, *target, |column| exact(column, rows, texts))?,
                }
            }
            Node::Exact(target, texts) => {
                let values: Vec<&[u8]> = texts.iter().map(|t| t.as_bytes()).collect();
                match stored_values(open, *target, &values)? {
                    Some(found) => Selection::of(found),
                    None => with(open, *target, |column| exact(column, rows, texts))?,
                }
            }
            Node::Texts(target, matcher, needles) => match with_needles(open, *target, matcher, needles)? {
                Some(found) => Selection::of(found),
                None => with(open, *target, |column| {
                    by_dictionary(column, rows, |dict, at| matcher.matches(dict.text(at)))
                })?,
            },
            Node::Ids(ids) => self::ids(open, ids)?,
            Node::Files(by_node) => files(open, by_node)?,
        })
    }
}

fn leaf(target: Target, test: &Test) -> Result<Node, Error> {
    Ok(match test {
        Test::Exists => Node::Exists(target),
        Test::Ints(ranges) => Node::Ints(target, ranges.clone()),
        Test::Ips(ranges) => Node::Ips(target, ranges.clone()),
        Test::Texts(tests) => {
            let exact: Option<Vec<String>> = tests
                .iter()
                .map(|test| if let TextTest::Is(text) = test { Some(text.clone()) } else { None })
                .collect();
            match exact {
                Some(texts) => Node::Exact(target, texts),
                None => Node::Texts(
                    target,
                    TextMatcher::new(tests).map_err(|e| {
                        Error::caused(
                            ErrorKind::Unsupported,
                            "the query holds a regular expression that is invalid",
                            e,
                        )
                    })?,
                    needles(tests),
                ),
            }
        }
    })
}

/// Values that are looked up one by one; more are found by reading the dictionary.
const FEW: usize = 16;

/// The rows that hold some values, of a file whose dictionary need not be read for that.
fn stored_values(open: &Open<'_>, target: Target, values: &[&[u8]]) -> Result<Option<Bitmap>, Error> {
    if is_changeable(target) || target.aspect == Aspect::Count || values.len() > FEW {
        return Ok(None);
    }
    match (open.file(), open.key_of(target)) {
        (Some(file), Some(key)) if !open.has(key) => file.rows_of_values(key, values),
        _ => Ok(None),
    }
}

fn stored_ints(open: &Open<'_>, target: Target, ranges: &[(i64, i64)]) -> Result<Option<Bitmap>, Error> {
    match (open.file(), open.key_of(target)) {
        (Some(file), Some(key)) if target.aspect != Aspect::Count && !open.has(key) => {
            file.rows_of_ints(key, ranges)
        }
        _ => Ok(None),
    }
}

fn single_addresses(
    open: &Open<'_>,
    target: Target,
    ranges: &[(IpAddr, IpAddr)],
) -> Result<Option<Bitmap>, Error> {
    if ranges.len() > FEW || ranges.iter().any(|(from, to)| from != to) {
        return Ok(None);
    }
    let texts: Vec<String> = ranges.iter().map(|(ip, _)| ip.to_string()).collect();
    stored_values(open, target, &texts.iter().map(|t| t.as_bytes()).collect::<Vec<_>>())
}

fn with_needles(
    open: &Open<'_>,
    target: Target,
    matcher: &TextMatcher,
    needles: &[Finder<'static>],
) -> Result<Option<Bitmap>, Error> {
    if is_changeable(target) || target.aspect == Aspect::Count {
        return Ok(None);
    }
    match (open.file(), open.key_of(target)) {
        (Some(file), Some(key)) if !open.has(key) => {
            file.rows_with_text(key, needles, &|text| matcher.matches(text))
        }
        _ => Ok(None),
    }
}

/// A text for each test that every string that meets it has in it; none at all where a test has no such text.
fn needles(tests: &[TextTest]) -> Vec<Finder<'static>> {
    let text_of = |test: &TextTest| match test {
        TextTest::Is(text) => Some(text.clone()),
        TextTest::Wildcard(pattern) => {
            pattern.split(['*', '?']).max_by_key(|piece| piece.len()).map(str::to_owned)
        }
        _ => None,
    };
    let texts: Option<Vec<String>> = tests.iter().map(text_of).collect();
    match texts {
        Some(texts) if texts.len() <= FEW && texts.iter().all(|text| text.len() >= 2) => {
            texts.iter().map(|text| Finder::new(text).into_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a file can hold any of the values.
fn held(open: &Open<'_>, target: Target, values: Vec<&[u8]>) -> Result<Guess, Error> {
    let Some(file) = open.file() else { return Ok(Guess::Maybe) };
    // changed tags are in no filter
    if is_changeable(target) {
        return Ok(Guess::Maybe);
    }
    let Some(key) = open.key_of(target) else { return Ok(Guess::None) };
    Ok(if file.may_hold(key, &values)? { Guess::Maybe } else { Guess::None })
}

fn with(open: &Open<'_>, target: Target, test: impl Fn(&Column) -> Bitmap) -> Result<Selection, Error> {
    Ok(open.target(target)?.map_or(Selection::None, |column| Selection::of(test(&column))))
}

/// The rows of the values that meet a test on their place.
fn values_where(column: &Column, rows: u32, test: impl Fn(usize) -> bool) -> Bitmap {
    let mut found = Bitmap::none(rows);
    (0..column.len()).filter(|at| test(*at)).for_each(|at| found.set(column.row(at)));
    found
}

/// The rows of the values that meet a test.
fn each<T: Copy>(column: &Column, rows: u32, values: &[T], test: impl Fn(T) -> bool) -> Bitmap {
    match &column.rows {
        Rows::Dense => Bitmap::fill(rows, values, test),
        Rows::Sparse(at) => {
            let mut found = Bitmap::none(rows);
            at.iter().zip(values).filter(|(_, v)| test(**v)).for_each(|(row, _)| found.set(*row));
            found
        }
    }
}

fn ints(column: &Column, rows: u32, ranges: &[(i64, i64)]) -> Bitmap {
    match ranges {
        [(from, to)] => each(column, rows, column.ints(), |v| *from <= v && v <= *to),
        _ => each(column, rows, column.ints(), |v| ranges.iter().any(|(from, to)| *from <= v && v <= *to)),
    }
}

/// Evaluates a test once for each dictionary value.
fn by_dictionary(column: &Column, rows: u32, test: impl Fn(&Dict, usize) -> bool) -> Bitmap {
    let Data::Texts(codes, dict) = &column.data else { return Bitmap::none(rows) };
    match codes {
        Codes::Each => values_where(column, rows, |at| test(dict, at)),
        Codes::Of(codes) => {
            let met: Vec<bool> = (0..dict.len()).map(|at| test(dict, at)).collect();
            if !met.contains(&true) {
                return Bitmap::none(rows);
            }
            each(column, rows, codes, |code| met.get(code as usize) == Some(&true))
        }
    }
}

/// The rows whose code lies in one of some ranges.
fn by_codes(column: &Column, rows: u32, codes: &[u32], ranges: &[std::ops::Range<usize>]) -> Bitmap {
    match ranges {
        [] => Bitmap::none(rows),
        [one] => {
            let (start, len) = (one.start as u32, one.len() as u32);
            each(column, rows, codes, |code| code.wrapping_sub(start) < len)
        }
        _ => each(column, rows, codes, |code| ranges.iter().any(|r| r.contains(&(code as usize)))),
    }
}

fn ips(column: &Column, rows: u32, ranges: &[(IpAddr, IpAddr)]) -> Bitmap {
    match &column.data {
        Data::Texts(Codes::Of(codes), dict) if dict.sorted => {
            let ranges: Vec<_> =
                ranges.iter().map(|(from, to)| dict.ip_range(*from, *to)).filter(|r| !r.is_empty()).collect();
            by_codes(column, rows, codes, &ranges)
        }
        _ => by_dictionary(column, rows, |dict, at| {
            dict.ip(at).is_some_and(|ip| ranges.iter().any(|(from, to)| *from <= ip && ip <= *to))
        }),
    }
}

fn exact(column: &Column, rows: u32, texts: &[String]) -> Bitmap {
    match &column.data {
        Data::Texts(Codes::Of(codes), dict) if dict.sorted => {
            let mut ranges: Vec<_> =
                texts.iter().filter_map(|t| dict.find_text(t.as_bytes())).map(|at| at..at + 1).collect();
            ranges.sort_unstable_by_key(|r| r.start);
            by_codes(column, rows, codes, &ranges)
        }
        _ => {
            let set: HashSet<&[u8]> = texts.iter().map(|t| t.as_bytes()).collect();
            by_dictionary(column, rows, |dict, at| set.contains(dict.get(at)))
        }
    }
}

fn ids(open: &Open<'_>, ids: &HashSet<SessionId>) -> Result<Selection, Error> {
    let Some(uniques) = open.column(Key::Id)? else { return Ok(Selection::None) };
    // one comparison of numbers for each row where one id is asked for, one cheap look-up otherwise
    let heads: HashSet<[u8; 16], ahash::RandomState> = ids.iter().map(|id| id.unique).collect();
    let one = if ids.len() == 1 { heads.iter().next().copied() } else { None };
    let mut found = match one {
        Some(one) => {
            let one = u128::from_le_bytes(one);
            Bitmap::fill(open.rows(), uniques.ids(), |id| u128::from_le_bytes(id) == one)
        }
        None => Bitmap::fill(open.rows(), uniques.ids(), |id| heads.contains(&id)),
    };
    if found.is_none() {
        return Ok(Selection::None);
    }
    let (Some(days), rows) = (open.column(Key::Day)?, found.iter().collect::<Vec<u32>>()) else {
        return Ok(Selection::None);
    };
    let mut right = Bitmap::none(open.rows());
    for row in rows {
        let unique = uniques.ids().get(row as usize).copied().unwrap_or_default();
        let day = days.ints().get(row as usize).and_then(|d| u32::try_from(*d).ok()).unwrap_or(0);
        if ids.contains(&SessionId { day, unique }) {
            right.set(row);
        }
    }
    found.and(&right);
    Ok(Selection::of(found))
}

fn files(open: &Open<'_>, by_node: &HashMap<String, HashSet<i64>>) -> Result<Selection, Error> {
    let (Some(nodes), Some(files)) = (open.target(Target::of(&core::NODE.def))?, open.column(Key::Files)?)
    else {
        return Ok(Selection::None);
    };
    let mut found = Bitmap::none(open.rows());
    for (node, numbers) in by_node {
        let of_node = by_dictionary(&nodes, open.rows(), |dict, at| dict.get(at) == node.as_bytes());
        let mut of_files = each(&files, open.rows(), files.ints(), |number| numbers.contains(&number));
        of_files.and(&of_node);
        found.or(&of_files);
    }
    Ok(Selection::of(found))
}
