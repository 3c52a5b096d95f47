//! Tokens to conditions. `and` and `or` bind alike, from left to right; `not` binds tighter.

use super::cond::{Arith, Cmp, Cond, Level, LevelKind, Value};
use super::lower::{self, Direction, V4Of, both, either};
use super::token::{Placed, Token, mac, tokens};
use super::{FilterError, MAX_LENGTH, names};
use std::net::{Ipv4Addr, Ipv6Addr};
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
struct Qualifiers {
    proto: Option<String>,
    direction: Option<Direction>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Default,
    Host,
    Net,
    Port,
    PortRange,
    Proto,
}

/// Part of an expression, before it is known whether it is a condition or a number.
enum Operand {
    Bool(Cond),
    Number {
        value: Value,
        guard: Option<Cond>,
        span: Range<usize>,
    },
    /// A word that is no keyword: an address, name or number that takes over qualifiers.
    Id(usize),
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Placed],
    at: usize,
    level: Level,
    last: Qualifiers,
    depth: usize,
    switches: usize,
}

const PROTOCOLS: &[&str] = &[
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
    fn peek(&self) -> Option<&'a Placed> {
        self.tokens.get(self.at)
    }
    fn word(&self, ahead: usize) -> Option<&'a str> {
        match self.tokens.get(self.at + ahead) {
            Some((Token::Word(word), _)) => Some(word),
            _ => None,
        }
    }
    fn sign(&self) -> Option<&'static str> {
        match self.peek() {
            Some((Token::Sign(sign), _)) => Some(sign),
            _ => None,
        }
    }
    fn take(&mut self, sign: &str) -> bool {
        let found = self.sign() == Some(sign);
        self.at += usize::from(found);
        found
    }
    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word(0) == Some(word);
        self.at += usize::from(found);
        found
    }
    fn here(&self) -> Range<usize> {
        self.peek().map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }
    fn error(&self, span: &Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError::new(self.text, span.clone(), message)
    }
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, FilterError> {
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

    fn term(&mut self) -> Result<Operand, FilterError> {
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
    fn bool(&mut self, operand: Operand) -> Result<Cond, FilterError> {
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
            if self.last.kind == Kind::Net || names::number(word).is_none() {
                if self.take("/") || self.take_word("mask") {
                    self.at += 1;
                }
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

    /// A primitive that begins with a keyword.
    fn primitive(&mut self) -> Result<Cond, FilterError> {
        let start = self.here();
        let mut qualifiers = Qualifiers::default();
        if let Some(word) = self.word(0).filter(|word| PROTOCOLS.contains(word)) {
            qualifiers.proto = Some(word.to_owned());
            self.at += 1;
        }
        qualifiers.direction = self.direction();
        let alone = qualifiers.direction.is_none();
        let proto = qualifiers.proto.clone();
        let head = self.word(0).unwrap_or("");
        let kind = match head {
            "host" => Some(Kind::Host),
            "net" => Some(Kind::Net),
            "port" => Some(Kind::Port),
            "portrange" => Some(Kind::PortRange),
            "proto" => Some(Kind::Proto),
            _ => None,
        };
        if let Some(kind) = kind {
            self.at += 1;
            qualifiers.kind = kind;
            return self.operand(qualifiers);
        }
        if !alone {
            return self.operand(qualifiers);
        }
        let head_span = self.here();
        match head {
            "broadcast" | "multicast" => {
                self.at += 1;
                let cond = match head {
                    "multicast" => lower::multicast(self.level, proto.as_deref()),
                    _ => matches!(proto.as_deref(), None | Some("ether" | "link")).then(lower::broadcast),
                };
                cond.ok_or_else(|| {
                    let proto = proto.unwrap_or_default();
                    self.error(&head_span, format!("`{proto} {head}` needs what a capture does not hold"))
                })
            }
            _ if proto.is_some() => self.abbreviation(&proto.unwrap_or_default(), &start),
            "less" | "greater" => {
                self.at += 1;
                let Some(number) = self.word(0).and_then(names::number) else {
                    return self.fail(format!("{head} takes a length in bytes"));
                };
                self.at += 1;
                let cmp = if head == "less" { Cmp::Le } else { Cmp::Ge };
                Ok(Cond::Test(Value::Len, cmp, Value::Const(number)))
            }
            "vlan" | "mpls" | "pppoes" | "pppoed" => self.encapsulation(head),
            _ => Err(self.error(&start, "expected a condition")),
        }
    }

    fn encapsulation(&mut self, head: &str) -> Result<Cond, FilterError> {
        let span = self.here();
        self.at += 1;
        let level = self.level;
        if level.kind != LevelKind::Type && (head != "mpls" || level.kind == LevelKind::Ppp) {
            return Err(self.error(&span, format!("`{head}` cannot follow `mpls` or `pppoes`")));
        }
        if level.net_shift > 64 {
            return Err(self.error(&span, "too many headers inside each other"));
        }
        if head == "pppoed" {
            return Ok(Cond::Type(level, 0x8863));
        }
        let most = match head {
            "vlan" => 4_095,
            "mpls" => 0xf_ffff,
            _ => 0xffff,
        };
        let mut number = None;
        if let Some(found) = self.word(0).and_then(names::number) {
            if found > most {
                return self.fail(format!("{head} takes a number of at most {most}"));
            }
            self.at += 1;
            number = Some(found);
        }
        let (cond, behind) = match head {
            "vlan" => lower::vlan(level, number),
            "mpls" => lower::mpls(level, number),
            _ => lower::pppoe(level, number),
        };
        self.level = behind;
        Ok(cond)
    }

    /// `src`, `dst`, `src or dst`, `src and dst`
    fn direction(&mut self) -> Option<Direction> {
        let first = match self.word(0)? {
            "src" => Direction::Src,
            "dst" => Direction::Dst,
            _ => return None,
        };
        let joined = match (self.word(1), self.word(2)) {
            (Some("or"), Some("src" | "dst")) => Some(Direction::Either),
            (Some("and"), Some("src" | "dst")) => Some(Direction::Both),
            _ => None,
        };
        self.at += if joined.is_some() { 3 } else { 1 };
        Some(joined.unwrap_or(first))
    }

    /// What follows qualifiers: an id, or several in parentheses.
    fn operand(&mut self, qualifiers: Qualifiers) -> Result<Cond, FilterError> {
        self.last = qualifiers.clone();
        match self.peek() {
            Some((Token::Sign("(" | "!"), _)) => {
                let operand = self.term()?;
                self.bool(operand)
            }
            Some((Token::Word(word), _)) if word == "not" => {
                let operand = self.term()?;
                self.bool(operand)
            }
            _ => self.id(&qualifiers),
        }
    }

    /// A protocol alone.
    fn abbreviation(&self, word: &str, span: &Range<usize>) -> Result<Cond, FilterError> {
        // a misspelt qualifier reads as the end of the primitive: say so here, where it is
        if let Some((Token::Word(next), next_span)) = self.peek()
            && !matches!(next.as_str(), "and" | "or")
        {
            return Err(
                self.error(next_span, format!("expected host, net, port, src, dst, and, or; not `{next}`"))
            );
        }
        let level = self.level;
        Ok(match word {
            "ether" | "link" => return Err(self.error(span, format!("`{word}` alone is no condition"))),
            "icmp" | "igmp" | "igrp" | "vrrp" | "carp" => {
                lower::ip_protocol(level, names::ip_protocol(word).unwrap_or(0))
            }
            "icmp6" | "icmpv6" => lower::ip6_protocol(level, 58),
            _ => match (names::ethertype(word), names::ip_protocol(word), names::llc(word)) {
                (Some(ethertype), ..) => Cond::Type(level, ethertype),
                (_, Some(protocol), _) => lower::any_protocol(level, protocol),
                (.., Some((dsap, ssap))) => lower::llc(level, dsap, ssap),
                _ => return Err(self.error(span, "expected a condition")),
            },
        })
    }

    /// One id, read as its qualifiers say.
    fn id(&mut self, qualifiers: &Qualifiers) -> Result<Cond, FilterError> {
        let span = self.here();
        let (Some((Token::Word(word), _)) | Some((Token::Name(word), _))) = self.peek() else {
            let what = match qualifiers.kind {
                Kind::Port | Kind::PortRange => "a port",
                Kind::Net => "a network",
                Kind::Proto => "a protocol",
                Kind::Host | Kind::Default => "an address",
            };
            return self.fail(format!("expected {what}"));
        };
        self.at += 1;
        let proto = qualifiers.proto.as_deref();
        let direction = qualifiers.direction.unwrap_or_default();
        match qualifiers.kind {
            Kind::Port | Kind::PortRange => self.ports(word, &span, qualifiers.kind, proto, direction),
            Kind::Proto => self.protocol(word, &span, proto),
            Kind::Net => self.net(word, &span, proto, direction),
            Kind::Host | Kind::Default => self.host(word, &span, proto, direction),
        }
    }

    fn ports(
        &self,
        word: &str,
        span: &Range<usize>,
        kind: Kind,
        proto: Option<&str>,
        direction: Direction,
    ) -> Result<Cond, FilterError> {
        let protocol = match proto {
            None => None,
            Some("tcp") => Some(6),
            Some("udp") => Some(17),
            Some("sctp") => Some(132),
            Some(other) => return Err(self.error(span, format!("{other} has no ports"))),
        };
        let port = |name: &str| {
            names::number(name).and_then(|n| u16::try_from(n).ok()).or_else(|| names::port(name)).ok_or_else(
                || {
                    let why = format!(
                        "`{name}` is no port: write a number from 0 to 65535 or the name of a service"
                    );
                    self.error(span, why)
                },
            )
        };
        let (from, to) = match (kind, word.split_once('-')) {
            (Kind::PortRange, Some((from, to))) => (port(from)?, port(to)?),
            _ => (port(word)?, port(word)?),
        };
        Ok(lower::ports(self.level, protocol, from, to, direction))
    }

    fn protocol(&self, word: &str, span: &Range<usize>, proto: Option<&str>) -> Result<Cond, FilterError> {
        let number = names::number(word);
        let bad = || self.error(span, format!("`{word}` is no protocol: write its number"));
        if let Some("ether" | "link") = proto {
            if let Some((dsap, ssap)) = names::llc(word) {
                return Ok(lower::llc(self.level, dsap, ssap));
            }
            let number = number.and_then(|n| u16::try_from(n).ok()).or_else(|| names::ethertype(word));
            return Ok(match number.ok_or_else(bad)? {
                sap @ 0..=255 => lower::llc(self.level, sap as u8, None),
                ethertype => Cond::Type(self.level, ethertype),
            });
        }
        let number = number.and_then(|n| u8::try_from(n).ok()).or_else(|| names::ip_protocol(word));
        let number = number.ok_or_else(bad)?;
        Ok(match proto {
            None => lower::any_protocol(self.level, number),
            Some("ip") => lower::ip_protocol(self.level, number),
            Some("ip6") => lower::ip6_protocol(self.level, number),
            Some(other) => return Err(self.error(span, format!("{other} carries no protocol number"))),
        })
    }

    fn v4_of(&self, proto: Option<&str>, span: &Range<usize>) -> Result<V4Of, FilterError> {
        match proto {
            None => Ok(V4Of::Any),
            Some("ip") => Ok(V4Of::Ip),
            Some("arp") => Ok(V4Of::Arp),
            Some("rarp") => Ok(V4Of::Rarp),
            Some(other) => Err(self.error(span, format!("{other} has no IPv4 addresses"))),
        }
    }

    fn host(
        &mut self,
        word: &str,
        span: &Range<usize>,
        proto: Option<&str>,
        direction: Direction,
    ) -> Result<Cond, FilterError> {
        let slash = matches!(self.sign(), Some("/")) || self.word(0) == Some("mask");
        if slash {
            return self.fail("a mask goes with `net`, not `host`");
        }
        if let Some("ether" | "link") = proto {
            let Some(address) = mac(word) else {
                return Err(self.error(span, format!("`{word}` is no MAC address")));
            };
            return Ok(lower::mac(address, direction));
        }
        if let Ok(address) = word.parse::<Ipv4Addr>() {
            let of = self.v4_of(proto, span)?;
            return Ok(lower::v4(self.level, of, address, u32::MAX, direction));
        }
        if let Ok(address) = word.parse::<Ipv6Addr>() {
            if !matches!(proto, None | Some("ip6")) {
                return Err(self.error(span, format!("{} has no IPv6 addresses", proto.unwrap_or_default())));
            }
            return Ok(lower::v6(self.level, address, u128::MAX, direction));
        }
        let message = if mac(word).is_some() {
            "write `ether host` before a MAC address".to_owned()
        } else if names::number(word).is_some() || word.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            format!(
                "`{word}` is no whole address; write `net {word}` for a network, `port {word}` for a port"
            )
        } else {
            format!("`{word}` is neither a keyword nor an address (names of hosts are not looked up)")
        };
        Err(self.error(span, message))
    }

    fn net(
        &mut self,
        word: &str,
        span: &Range<usize>,
        proto: Option<&str>,
        direction: Direction,
    ) -> Result<Cond, FilterError> {
        let bits = if self.take("/") {
            let bits = self.word(0).and_then(names::number);
            let Some(bits) = bits else { return self.fail("expected the number of bits of a network") };
            self.at += 1;
            Some(bits)
        } else {
            None
        };
        if let Ok(address) = word.parse::<Ipv6Addr>() {
            if !matches!(proto, None | Some("ip6")) {
                return Err(self.error(span, format!("{} has no IPv6 addresses", proto.unwrap_or_default())));
            }
            let bits = bits.unwrap_or(128);
            if bits > 128 {
                return Err(self.error(span, "an IPv6 network has at most 128 bits"));
            }
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            self.no_host_bits(u128::from(address) & !mask == 0, span)?;
            return Ok(lower::v6(self.level, address, mask, direction));
        }
        let mut octets = [0u8; 4];
        let mut given = 0u32;
        for part in word.split('.') {
            let octet = part.parse::<u8>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
            match (octets.get_mut(given as usize), octet) {
                (Some(place), Some(octet)) => *place = octet,
                _ => return Err(self.error(span, format!("`{word}` is no network"))),
            }
            given += 1;
        }
        let address = Ipv4Addr::from(octets);
        let mask = if self.take_word("mask") {
            let Some(mask) = self.word(0).and_then(|mask| mask.parse::<Ipv4Addr>().ok()) else {
                return self.fail("expected a mask such as 255.255.0.0");
            };
            self.at += 1;
            u32::from(mask)
        } else {
            let bits = bits.unwrap_or(given * 8);
            if bits > 32 {
                return Err(self.error(span, "an IPv4 network has at most 32 bits"));
            }
            u32::MAX.checked_shl(32 - bits).unwrap_or(0)
        };
        self.no_host_bits(u32::from(address) & !mask == 0, span)?;
        let of = self.v4_of(proto, span)?;
        Ok(lower::v4(self.level, of, address, mask, direction))
    }

    fn no_host_bits(&self, none: bool, span: &Range<usize>) -> Result<(), FilterError> {
        if none { Ok(()) } else { Err(self.error(span, "bits are set behind the mask of the network")) }
    }
}
