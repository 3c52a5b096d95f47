//! Primitives: a keyword or qualifiers, and the id that they are about.

use super::cond::{Cmp, Cond, LevelKind, Value};
use super::lower::{self, Direction, V4Of};
use super::parse::{Kind, PROTOCOLS, Parser, Qualifiers};
use super::token::{Token, mac};
use super::{FilterError, names};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

impl Parser<'_> {
    /// A primitive that begins with a keyword.
    pub fn primitive(&mut self) -> Result<Cond, FilterError> {
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
    pub fn id(&mut self, qualifiers: &Qualifiers) -> Result<Cond, FilterError> {
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
