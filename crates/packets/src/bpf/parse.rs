//! Tokens to conditions. `and` and `or` bind alike, from left to right; `not` binds tighter.

use super::cond::{Arith, Cmp, Cond, Level, Value};
use super::lower::{self, Direction, both, either};
use super::token::{Placed, Token, tokens};
use super::{FilterError, MAX_LENGTH, names};
use std::ops::Range;

/// How deep parentheses and `not` may nest.
const MAX_DEPTH: usize = 100;
/// How often `and` may follow `or` and the other way round: each nests the condition deeper.
const MAX_SWITCHES: usize = 500;

/// Reads a filter.
pub fn filter(text: &str) -> Result<Cond, FilterError> {
    if text.len() > MAX_LENGTH {
        return Err(FilterError::new(
            text,
            MAX_LENGTH..text.len(),
            format!("longer than {MAX_LENGTH} bytes"),
        ));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Cond::Const(true));
    }
    let mut parser = Parser {
        text,
        tokens: &tokens,
        at: 0,
        level: Level::default(),
        last: Qualifiers::default(),
        depth: 0,
        switches: 0,
    };
    let operand = parser.chain()?;
    let cond = parser.bool(operand)?;
    match parser.peek() {
        None => Ok(cond),
        Some((Token::Sign(")"), span)) => Err(parser.error(span, "`)` closes nothing")),
        Some((_, span)) => Err(parser.error(span, "expected `and` or `or`")),
    }
}

/// What stands before an id. An id without any takes over those of the one before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Qualifiers {
    pub proto: Option<String>,
    pub direction: Option<Direction>,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Default,
    Host,
    Net,
    Port,
    PortRange,
    Proto,
}

/// Part of an expression, before it is known whether it is a condition or a number.
pub(super) enum Operand {
    Bool(Cond),
    Number {
        value: Value,
        guard: Option<Cond>,
        span: Range<usize>,
    },
    /// A word that is no keyword: an address, name or number that takes over qualifiers.
    Id(usize),
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    tokens: &'a [Placed],
    pub at: usize,
    pub level: Level,
    pub last: Qualifiers,
    depth: usize,
    switches: usize,
}

pub(super) const PROTOCOLS: &[&str] = &[
    "ether", "link", "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "icmpv6", "igmp",
    "igrp", "pim", "vrrp", "carp", "ah", "esp", "stp", "iso", "netbeui", "lat", "moprc", "mopdl", "decnet",
    "sca",
];
const HEADS: &[&str] = &[
    "src",
    "dst",
    "host",
    "net",
    "port",
    "portrange",
    "proto",
    "broadcast",
    "multicast",
    "less",
    "greater",
    "vlan",
    "mpls",
    "pppoed",
    "pppoes",
    "len",
    "mask",
    "and",
    "or",
    "not",
];
const UNSUPPORTED: &[(&str, &str)] = &[
    ("gateway", "`gateway` needs names to be looked up; write `ether host MAC and not host ADDRESS`"),
    ("protochain", "`protochain` is not supported; write `proto`"),
    ("inbound", "direction is not recorded in capture files"),
    ("outbound", "direction is not recorded in capture files"),
    ("fddi", "write `ether`"),
    ("tr", "write `ether`"),
    ("wlan", "filters on 802.11 headers are not supported; `ip`, `tcp` and the like work on 802.11 frames"),
    ("geneve", "filters inside GENEVE are not supported; search for the sessions instead"),
    ("vxlan", "filters inside VXLAN are not supported; search for the sessions instead"),
    ("atalk", "write `ether proto 0x809b`"),
    ("aarp", "write `ether proto 0x80f3`"),
    ("ipx", "write `ether proto 0x8137`"),
];

fn is_keyword(word: &str) -> bool {
    PROTOCOLS.contains(&word) || HEADS.contains(&word) || UNSUPPORTED.iter().any(|(known, _)| *known == word)
}

impl<'a> Parser<'a> {
    pub fn peek(&self) -> Option<&'a Placed> {
        self.tokens.get(self.at)
    }
    pub fn word(&self, ahead: usize) -> Option<&'a str> {
        match self.tokens.get(self.at + ahead) {
            Some((Token::Word(word), _)) => Some(word),
            _ => None,
        }
    }
    pub fn sign(&self) -> Option<&'static str> {
        match self.peek() {
            Some((Token::Sign(sign), _)) => Some(sign),
            _ => None,
        }
    }
    pub fn take(&mut self, sign: &str) -> bool {
        let found = self.sign() == Some(sign);
        self.at += usize::from(found);
        found
    }
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.word(0) == Some(word);
        self.at += usize::from(found);
        found
    }
    pub fn here(&self) -> Range<usize> {
        self.peek().map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, span.clone(), message)
    }
    pub fn fail<T>(&self, message: impl Into<String>) -> Result<T, FilterError> {
        Err(self.error(&self.here(), message))
    }

    /// Terms joined by `and` and `or`.
    fn chain(&mut self) -> Result<Operand, FilterError> {
        let mut left = self.term()?;
        let mut before = None;
        loop {
            let and = matches!(self.sign(), Some("&&")) || self.word(0) == Some("and");
            let or = matches!(self.sign(), Some("||")) || self.word(0) == Some("or");
            if !and && !or {
                return Ok(left);
            }
            self.switches += usize::from(before.is_some_and(|b| b != and));
            if self.switches > MAX_SWITCHES {
                return self.fail(format!("`and` and `or` take turns more than {MAX_SWITCHES} times"));
            }
            before = Some(and);
            // what is on the left is complete, and so sets the qualifiers, before the right is read
            let complete = self.bool(left)?;
            self.at += 1;
            let right = self.term()?;
            let right = self.bool(right)?;
            left = Operand::Bool(if and { both(complete, right) } else { either(complete, right) });
        }
    }

    fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    pub fn term(&mut self) -> Result<Operand, FilterError> {
        if self.take("!") || self.take_word("not") {
            return self.deeper(|parser| {
                let inner = parser.term()?;
                Ok(Operand::Bool(parser.bool(inner)?.negated()))
            });
        }
        let left = self.arith(0)?;
        let cmp = match self.sign() {
            Some("=" | "==") => Cmp::Eq,
            Some("!=") => Cmp::Ne,
            Some(">") => Cmp::Gt,
            Some(">=") => Cmp::Ge,
            Some("<") => Cmp::Lt,
            Some("<=") => Cmp::Le,
            _ => return Ok(left),
        };
        let (left, mut guards) = self.number(left)?;
        self.at += 1;
        let right = self.arith(0)?;
        let (right, more) = self.number(right)?;
        guards.extend(more);
        let test = Cond::Test(left, cmp, right);
        Ok(Operand::Bool(guards.into_iter().rev().fold(test, |test, guard| Cond::And(vec![guard, test]))))
    }

    /// Arithmetic by precedence climbing.
    fn arith(&mut self, least: u8) -> Result<Operand, FilterError> {
        let mut left = self.atom()?;
        loop {
            let (op, binds) = match self.sign() {
                Some("|") => (Arith::Or, 1),
                Some("^") => (Arith::Xor, 1),
                Some("&") => (Arith::And, 2),
                Some("<<") => (Arith::Shl, 3),
                Some(">>") => (Arith::Shr, 3),
                Some("+") => (Arith::Add, 4),
                Some("-") => (Arith::Sub, 4),
                Some("*") => (Arith::Mul, 5),
                Some("/") => (Arith::Div, 5),
                Some("%") => (Arith::Mod, 5),
                _ => return Ok(left),
            };
            // an id may be followed by /bits, which belongs to it
            let number = match &left {
                Operand::Id(at) => self.last.kind != Kind::Net && self.number_at(*at).is_some(),
                Operand::Number { .. } => true,
                Operand::Bool(_) => false,
            };
            if binds < least || (!number && matches!(left, Operand::Id(_))) {
                return Ok(left);
            }
            let start = self.here().start;
            let (value, mut guards) = self.number(left)?;
            self.at += 1;
            let span = self.here();
            let right = self.deeper(|parser| parser.arith(binds + 1))?;
            let (right, more) = self.number(right)?;
            guards.extend(more);
            let value = match (op, value, right) {
                (Arith::Div | Arith::Mod, _, Value::Const(0)) => {
                    return Err(self.error(&span, "division by zero"));
                }
                (Arith::Shl | Arith::Shr, _, Value::Const(32..)) => {
                    return Err(self.error(&span, "shift by more than 31 bits"));
                }
                (op, Value::Const(a), Value::Const(b)) => Value::Const(op.apply(a, b).unwrap_or(0)),
                (op, a, b) => Value::Op(op, Box::new(a), Box::new(b)),
            };
            let guard = guards.into_iter().reduce(both);
            left = Operand::Number { value, guard, span: start..self.here().start };
        }
    }

    fn number_at(&self, at: usize) -> Option<u32> {
        match self.tokens.get(at) {
            Some((Token::Word(word), _)) => names::number(word),
            _ => None,
        }
    }

    /// An operand as a number, with what packets must be for it to be one.
    fn number(&self, operand: Operand) -> Result<(Value, Vec<Cond>), FilterError> {
        match operand {
            Operand::Number { value, guard, .. } => Ok((value, guard.into_iter().collect())),
            Operand::Id(at) => match self.number_at(at) {
                Some(number) => Ok((Value::Const(number), Vec::new())),
                None => {
                    let span = self.tokens.get(at).map_or(0..0, |(_, span)| span.clone());
                    Err(self.error(&span, "expected a number, `len` or bytes such as `tcp[13]`"))
                }
            },
            Operand::Bool(_) => self.fail("a condition stands before this where a number is needed"),
        }
    }

    /// An operand as a condition.
    pub fn bool(&mut self, operand: Operand) -> Result<Cond, FilterError> {
        match operand {
            Operand::Bool(cond) => Ok(cond),
            Operand::Number { span, .. } => {
                Err(self.error(&span, "a number alone is no condition: compare it, as in `len > 100`"))
            }
            Operand::Id(at) => {
                // an id is followed at most by /bits or mask, which are read now
                let resume = self.at;
                self.at = at;
                let qualifiers = self.last.clone();
                let cond = self.id(&qualifiers)?;
                self.at = self.at.max(resume);
                Ok(cond)
            }
        }
    }

    fn atom(&mut self) -> Result<Operand, FilterError> {
        let Some((token, span)) = self.peek() else {
            return self.fail("the filter ends where a condition is expected");
        };
        match token {
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.deeper(Self::chain)?;
                // an id in parentheses takes its qualifiers here, with its /bits inside
                let inner = match inner {
                    Operand::Id(at) if self.number_at(at).is_none() || self.last.kind != Kind::Default => {
                        Operand::Bool(self.bool(Operand::Id(at))?)
                    }
                    other => other,
                };
                if !self.take(")") {
                    return match self.peek() {
                        None => Err(self.error(span, "`(` is not closed")),
                        Some(_) => self.fail("expected `and`, `or` or `)`"),
                    };
                }
                Ok(inner)
            }
            Token::Sign("-") => {
                self.at += 1;
                let inner = self.deeper(Self::atom)?;
                let (value, guards) = self.number(inner)?;
                let value = match value {
                    Value::Const(number) => Value::Const(number.wrapping_neg()),
                    other => Value::Neg(Box::new(other)),
                };
                Ok(Operand::Number { value, guard: guards.into_iter().reduce(both), span: span.clone() })
            }
            Token::Sign(sign) => self.fail(format!("`{sign}` cannot stand here")),
            Token::Name(_) => {
                let at = self.at;
                self.at += 1;
                Ok(Operand::Id(at))
            }
            Token::Word(word) => self.atom_word(word, span),
        }
    }

    fn atom_word(&mut self, word: &str, span: &Range<usize>) -> Result<Operand, FilterError> {
        if word == "len" {
            self.at += 1;
            return Ok(Operand::Number { value: Value::Len, guard: None, span: span.clone() });
        }
        if let Some(value) = names::constant(word) {
            self.at += 1;
            return Ok(Operand::Number { value: Value::Const(value), guard: None, span: span.clone() });
        }
        if let Some((_, why)) = UNSUPPORTED.iter().find(|(known, _)| *known == word) {
            return Err(self.error(span, *why));
        }
        if matches!(self.tokens.get(self.at + 1), Some((Token::Sign("["), _))) {
            return self.indexed(word, span);
        }
        if !is_keyword(word) {
            let at = self.at;
            self.at += 1;
            // /bits and mask belong to the id
            if (self.last.kind == Kind::Net || names::number(word).is_none())
                && (self.take("/") || self.take_word("mask"))
            {
                self.at += 1;
            }
            return Ok(Operand::Id(at));
        }
        self.primitive().map(Operand::Bool)
    }

    /// `proto[offset]`, `proto[offset:size]`
    fn indexed(&mut self, word: &str, span: &Range<usize>) -> Result<Operand, FilterError> {
        let Some((from, base, guard)) = lower::indexed(self.level, word) else {
            return Err(self.error(span, format!("`{word}` is no protocol whose bytes can be asked for")));
        };
        self.at += 2;
        let inner = self.deeper(|parser| parser.arith(0))?;
        let (at, more) = self.number(inner)?;
        let mut size = 1;
        if self.take(":") {
            size = match self.word(0).and_then(names::number) {
                Some(size @ (1 | 2 | 4)) => size as u8,
                _ => return self.fail("the number of bytes is 1, 2 or 4"),
            };
            self.at += 1;
        }
        if !self.take("]") {
            return self.fail("expected `]`");
        }
        let at = match (at, base) {
            (Value::Const(at), base) => Value::Const(at.wrapping_add(base)),
            (at, 0) => at,
            (at, base) => Value::Op(Arith::Add, Box::new(at), Box::new(Value::Const(base))),
        };
        let guard = guard.into_iter().chain(more).reduce(both);
        let value = Value::Load { from, at: Box::new(at), size };
        Ok(Operand::Number { value, guard, span: span.clone() })
    }
}
