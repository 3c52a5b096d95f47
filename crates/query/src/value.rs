//! Values of a comparison, read as the kind of their field wants them.

use crate::address::{Address, above, address, after, before, below, family};
use crate::compile::{Compiler, combine, first_line, leaf};
use crate::env::ShortcutKind;
use crate::error::Fault;
use crate::expr::{Item, Op, Spanned, Value};
use crate::number::{Scale, range};
use crate::parser::shortened;
use crate::text::{folded, folded_regex, plain, transformed, words};
use crate::time::parse_time;
use crate::{Plan, Test, TextMatcher, TextTest};
use fields::{Aspect, Entry, Kind, Target, Transform};
use std::ops::Range;

/// Regular expressions of one query, one for each field that they are tried on: each may take a megabyte when
/// compiled.
const MAX_REGEXES: usize = 300;

/// What a name of a query tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub target: Target,
    pub transform: Option<Transform>,
    pub tokens: bool,
}

impl Subject {
    pub fn of(entry: &Entry) -> Self {
        let transform = if entry.target.aspect == Aspect::Value { entry.target.def.transform } else { None };
        Self { target: entry.target, transform, tokens: entry.tokens }
    }

    /// What search values are folded as: words are kept in lower case.
    fn asked(&self) -> Kind {
        if self.tokens { Kind::Lower } else { self.target.asked() }
    }
}

/// Reads the value of one comparison of one subject.
pub(crate) struct Reader<'a> {
    pub compiler: &'a Compiler<'a>,
    pub subject: &'a Subject,
    /// As it was typed, for messages.
    pub name: &'a str,
    /// Whether the subject is one of several that the name means.
    pub family: bool,
}

/// One literal with its place.
type Place<'a> = (&'a Item, &'a Range<usize>);

impl Reader<'_> {
    pub fn plan(&self, op: Op, value: &Spanned<Value>) -> Result<Plan, Fault> {
        let single;
        let (all, items): (bool, &[Spanned<Item>]) = match &value.node {
            Value::Exists if op == Op::Eq => return Ok(leaf(self.subject, Test::Exists)),
            Value::Exists => {
                return Err(Fault::new(&value.span, "EXISTS! goes with == and != only"));
            }
            Value::List { .. } if op != Op::Eq => {
                let text = format!("List queries not supported for gt/lt queries - {}", value.node);
                return Err(Fault::new(&value.span, shortened(&text)).hint("compare with one value"));
            }
            Value::List { all, items } => (*all, items),
            Value::One(item) => {
                single = [Spanned { node: item.clone(), span: value.span.clone() }];
                (false, &single)
            }
        };
        let mut plans = Vec::with_capacity(items.len());
        for item in items {
            let place = (&item.node, &item.span);
            plans.push(match shortcut_name(&item.node) {
                Some(name) => self.shortcut(name, &item.span, op, all)?,
                None => self.one(place, op)?,
            });
        }
        Ok(combine(all, plans))
    }

    fn one(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        match self.subject.target.kind() {
            Kind::Int | Kind::Size | Kind::Duration => self.int(place, op),
            Kind::Bool => self.bool(place, op),
            Kind::Time => self.time(place, op),
            Kind::Ip => self.ip(place, op),
            Kind::Term | Kind::Lower | Kind::Upper => self.text(place, op),
        }
    }

    /// The literal's text, where regular expressions make no sense.
    fn literal<'a>(&self, (item, span): Place<'a>, takes: &str) -> Result<&'a str, Fault> {
        match item {
            Item::Word(text) | Item::Quoted(text) => Ok(text),
            Item::Regex(body) => Err(Fault::new(
                span,
                format!(
                    "{} takes {takes}; a regular expression (/{}/) works on text only",
                    self.name,
                    shortened(body)
                ),
            )),
        }
    }

    fn int(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        let scale = Scale::of(self.subject.target);
        let text = self.literal(place, scale.takes())?;
        let named = match self.subject.transform {
            Some(Transform::IpProtocol) => ip_protocol(text),
            _ => None,
        };
        let bad = |message: String| Err(Fault::new(place.1, message));
        let read = named.map(|n| (n, n)).or_else(|| range(text, scale));
        let Some((from, to)) = read else {
            if self.subject.transform == Some(Transform::IpProtocol) {
                return bad(format!("Unknown protocol string {}", shortened(text)));
            }
            let fault = format!("{} takes {}; {} is not a number", self.name, scale.takes(), shortened(text));
            let fault = Fault::new(place.1, fault);
            return Err(if range(text, Scale::Bytes).is_some() || range(text, Scale::Span(1)).is_some() {
                fault.hint("this field counts something without a unit")
            } else if text.contains('*') {
                fault.hint("wildcards work on text only; a range is written 1000-2000")
            } else {
                fault
            });
        };
        if from > to {
            return bad(format!("the range {} runs backwards", shortened(text)));
        }
        if op != Op::Eq && from != to {
            return bad(format!("{op} takes one number, not the range {}", shortened(text)));
        }
        Ok(leaf(self.subject, Test::Ints(ints(op, from, to))))
    }

    fn bool(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        if op != Op::Eq {
            return Err(self.no_order(place.1, op, "true or false"));
        }
        // Arkime keeps the words: patterns work on them
        let pattern = match place.0 {
            Item::Regex(body) => Some(TextTest::Regex(self.regex(body, place.1, Kind::Lower)?)),
            Item::Word(text) | Item::Quoted(text) if text.contains('*') => {
                Some(plain(folded(Kind::Lower, text)))
            }
            _ => None,
        };
        if let Some(pattern) = pattern {
            let matcher =
                TextMatcher::new(&[pattern]).map_err(|error| Fault::new(place.1, first_line(&error)))?;
            let fits = [(0, "false"), (1, "true")].into_iter().filter(|(_, word)| matcher.matches(word));
            return Ok(leaf(self.subject, Test::Ints(fits.map(|(value, _)| (value, value)).collect())));
        }
        let text = self.literal(place, "true or false")?;
        let value = match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => 1,
            "false" | "0" | "no" => 0,
            _ => {
                let message = format!("{} takes true or false, not {}", self.name, shortened(text));
                return Err(Fault::new(place.1, message));
            }
        };
        Ok(leaf(self.subject, Test::Ints(vec![(value, value)])))
    }

    fn time(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        let text = self.literal(place, "a time")?;
        let env = self.compiler.env;
        let at = parse_time(text, env.now_ms, env.zone)
            .map_err(|error| Fault::new(place.1, format!("{} takes a time: {error}", self.name)))?;
        // equal means within the second, unless a fraction of it was typed
        let to = if op == Op::Eq && at.rem_euclid(1_000) == 0 { at.saturating_add(999) } else { at };
        Ok(leaf(self.subject, Test::Ints(ints(op, at, to))))
    }

    fn ip(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        let text = match place.0 {
            Item::Regex(body) => {
                let message = format!("{} - Regex not supported for ip queries", shortened(body));
                return Err(Fault::new(place.1, message).hint("write a network: 10.0.0.0/8, or 10.1"));
            }
            Item::Word(text) | Item::Quoted(text) => text,
        };
        if text.contains('*') {
            let message = format!("{} - Wildcard not supported for ip queries", shortened(text));
            return Err(Fault::new(place.1, message).hint("write a network: 10.0.0.0/8, or 10.1"));
        }
        let Address { range, port } = address(text)
            .map_err(|message| Fault::new(place.1, format!("{} takes an address: {message}", self.name)))?;
        let mut parts = Vec::new();
        if let Some((from, to)) = range {
            parts.push(leaf(self.subject, Test::Ips(ips(op, from, to))));
        }
        if let Some(port) = port {
            match self.subject.target.def.port {
                Some(def) => {
                    let port = i64::from(port);
                    parts.push(Plan::leaf(
                        Target::of(def),
                        Test::Ints(ints_for_port(op, range.is_some(), port)),
                    ));
                }
                None if self.family => return Ok(Plan::Nothing),
                None => return Err(Fault::new(place.1, format!("{} doesn't support port", self.name))),
            }
        }
        Ok(Plan::And(parts))
    }

    fn text(&self, place: Place<'_>, op: Op) -> Result<Plan, Fault> {
        if op != Op::Eq {
            return Err(self.no_order(place.1, op, "text"));
        }
        let kind = self.subject.asked();
        let test = match place.0 {
            Item::Regex(body) => TextTest::Regex(self.regex(body, place.1, kind)?),
            Item::Word(text) | Item::Quoted(text) => {
                if text == "*" {
                    let hint = format!("write {} == EXISTS!", self.name);
                    return Err(Fault::new(place.1, "a bare * matches every value").hint(hint));
                }
                let value = folded(kind, &transformed(self.subject.transform, text));
                if self.subject.tokens && !value.contains('*') {
                    let words: Vec<String> = words(&value).collect();
                    if words.is_empty() {
                        let message =
                            format!("{} takes words; there is none in \"{}\"", self.name, shortened(text));
                        return Err(Fault::new(place.1, message));
                    }
                    TextTest::Words(words)
                } else {
                    plain(value)
                }
            }
        };
        Ok(leaf(self.subject, Test::Texts(vec![test])))
    }

    fn regex(&self, body: &str, span: &Range<usize>, kind: Kind) -> Result<String, Fault> {
        if self.subject.transform == Some(Transform::TextToHex) {
            let hint = "use a wildcard, or a regular expression over the .hex field";
            return Err(Fault::new(span, format!("{} takes text", self.name)).hint(hint));
        }
        let seen = &self.compiler.regexes;
        seen.set(seen.get() + 1);
        if seen.get() > MAX_REGEXES {
            let message = format!("more than {MAX_REGEXES} regular expressions in one query");
            return Err(Fault::new(span, message).hint("join them with | inside one expression"));
        }
        folded_regex(kind, body).map_err(|error| Fault::new(span, first_line(&error)))
    }

    fn no_order(&self, span: &Range<usize>, op: Op, takes: &str) -> Fault {
        Fault::new(span, format!("Invalid operator '{op}' for {}", self.name))
            .hint(format!("{} is {takes}: compare with == or !=", self.name))
    }

    fn shortcut(&self, pattern: &str, span: &Range<usize>, op: Op, all: bool) -> Result<Plan, Fault> {
        let bad = |message: String| Err(Fault::new(span, message));
        let shown = shortened(pattern);
        if op != Op::Eq {
            return bad("Shortcuts only support == and !=".to_owned());
        }
        if all {
            return bad(format!("${shown} - AND array not supported with shortcuts"));
        }
        let names = match pattern.contains(['*', '?']) {
            true => {
                let wild = crate::TextMatcher::new(&[TextTest::Wildcard(pattern.to_owned())])
                    .map_err(|error| Fault::new(span, error.to_string()))?;
                self.compiler.env.shortcuts.names().into_iter().filter(|name| wild.matches(name)).collect()
            }
            false => vec![pattern.to_owned()],
        };
        let wants = match self.subject.target.kind() {
            Kind::Ip => ShortcutKind::Ip,
            Kind::Int | Kind::Size | Kind::Duration => ShortcutKind::Number,
            Kind::Term | Kind::Lower | Kind::Upper => ShortcutKind::Text,
            Kind::Time | Kind::Bool => {
                return bad(format!("{} cannot be compared with a shortcut", self.name));
            }
        };
        let mut plans = Vec::new();
        let mut found = false;
        for name in names {
            let Some(shortcut) = self.compiler.env.shortcuts.get(&name) else { continue };
            found = true;
            if shortcut.kind != wants {
                let wants = match wants {
                    ShortcutKind::Ip => "ip",
                    ShortcutKind::Text => "string",
                    ShortcutKind::Number => "number",
                };
                return bad(format!("${} - shortcut must be of type {wants}", shortened(&name)));
            }
            for value in &shortcut.values {
                plans.push(self.listed(value).map_err(|fault| {
                    let message = format!("in shortcut ${}: {}", shortened(&name), fault.message);
                    Fault { span: span.clone(), message, hint: fault.hint }
                })?);
            }
        }
        if found { Ok(Plan::Or(plans)) } else { bad(format!("{shown} - Shortcut not found")) }
    }

    /// One value of a shortcut. Texts are compared whole: no wildcards.
    fn listed(&self, value: &str) -> Result<Plan, Fault> {
        let kind = self.subject.target.kind();
        if !kind.is_text() {
            return self.one((&Item::Quoted(value.to_owned()), &(0..0)), Op::Eq);
        }
        let value = folded(self.subject.asked(), &transformed(self.subject.transform, value));
        let test = match (self.subject.tokens, self.subject.transform) {
            (true, _) => TextTest::Words(words(&value).collect()),
            (_, Some(Transform::TextToHex)) => TextTest::Wildcard(value),
            _ => TextTest::Is(value),
        };
        Ok(leaf(self.subject, Test::Texts(vec![test])))
    }
}

/// The name of a shortcut, possibly a pattern of names.
fn shortcut_name(item: &Item) -> Option<&str> {
    match item {
        Item::Word(word) => word.strip_prefix('$'),
        _ => None,
    }
}

/// Ranges of the integers that compare so with `from..=to` (one number where the operator is an order).
fn ints(op: Op, from: i64, to: i64) -> Vec<(i64, i64)> {
    let range = match op {
        Op::Eq | Op::Ne => Some((from, to)),
        Op::Lt => from.checked_sub(1).map(|end| (i64::MIN, end)),
        Op::Le => Some((i64::MIN, to)),
        Op::Gt => to.checked_add(1).map(|start| (start, i64::MAX)),
        Op::Ge => Some((from, i64::MAX)),
    };
    range.into_iter().collect()
}

/// With an address the order is of the addresses and the port is the same; a port alone is compared itself.
fn ints_for_port(op: Op, with_address: bool, port: i64) -> Vec<(i64, i64)> {
    if with_address { vec![(port, port)] } else { ints(op, port, port) }
}

/// Ranges of the addresses that compare so with a network. Both families are in one order, as in Arkime's store: an
/// IPv4 address stands where its IPv4-mapped IPv6 address would.
fn ips(op: Op, from: std::net::IpAddr, to: std::net::IpAddr) -> Vec<(std::net::IpAddr, std::net::IpAddr)> {
    let (lowest, highest) = family(from);
    let other = match op {
        Op::Eq | Op::Ne => None,
        Op::Lt | Op::Le => below(from),
        Op::Gt | Op::Ge => above(from),
    };
    let range = match op {
        Op::Eq | Op::Ne => Some((from, to)),
        Op::Lt => before(from).map(|end| (lowest, end)),
        Op::Le => Some((lowest, to)),
        Op::Gt => after(to).map(|start| (start, highest)),
        Op::Ge => Some((from, highest)),
    };
    range.into_iter().chain(other).collect()
}

/// Numbers of the IP protocols that Arkime knows by name.
fn ip_protocol(name: &str) -> Option<i64> {
    Some(match name.to_ascii_lowercase().as_str() {
        "icmp" => 1,
        "igmp" => 2,
        "tcp" => 6,
        "udp" => 17,
        "gre" => 47,
        "esp" => 50,
        "icmp6" | "icmpv6" => 58,
        "ospf" => 89,
        "pim" => 103,
        "sctp" => 132,
        _ => return None,
    })
}
