//! Questions, answers and the time between them.

use super::fields::*;
use super::message::{Message, Question, Record, Section};
use super::rdata::{Rdata, or_root};
use super::{BadPunycode, code, unicode};
use crate::{Context, Dir, Parser, Step};
use session::{Object, Transaction, TransactionKind};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Queries of one session that may wait for their response.
const MAX_WAITING: usize = 256;
/// Objects of one document.
const MAX_OBJECTS: usize = 1_000;
/// Bytes of answers kept for one document; what is beyond is tagged `truncated-field-dns`.
const MAX_KEPT: usize = 1 << 20;
/// Type of the pseudo record of EDNS (RFC 6891): no answer.
const OPT: u16 = 41;

/// A parser for one session.
pub(super) fn start() -> Box<dyn Parser> {
    Box::<Dns>::default()
}

#[derive(Default)]
struct Dns {
    /// What the next document gets.
    exchanges: Vec<Exchange>,
    /// Where the exchange of a question is.
    by_question: HashMap<(Question, &'static str), usize>,
    waiting: VecDeque<Waiting>,
    kept: usize,
    cut: bool,
    /// Whether the protocol was named.
    named: bool,
}

/// One question and what was answered.
struct Exchange {
    object: Object,
    /// Response code of the response, once there is one.
    status: Option<u8>,
    /// Hashes of the answers that are there.
    answers: HashSet<u64>,
}

/// A query without response.
struct Waiting {
    id: u16,
    from: Dir,
    question: Question,
    time: i64,
}

/// Which of the protocols that share the messages it is.
#[derive(Clone, Copy, PartialEq)]
enum Flavour {
    Dns,
    Multicast,
    LinkLocal,
}

impl Flavour {
    fn of(context: &Context<'_>) -> Self {
        let ports = context.ends.map(|end| end.port);
        match ports {
            _ if ports.contains(&53) => Flavour::Dns,
            _ if ports.contains(&5353) => Flavour::Multicast,
            _ if ports.contains(&5355) => Flavour::LinkLocal,
            _ => Flavour::Dns,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Flavour::Dns => "dns",
            Flavour::Multicast => "mdns",
            Flavour::LinkLocal => "llmnr",
        }
    }
    /// The class without multicast DNS's top bit, which asks for a unicast response or to forget older records.
    const fn class(self, sent: u16) -> u16 {
        match self {
            Flavour::Multicast => sent & 0x7fff,
            Flavour::Dns | Flavour::LinkLocal => sent,
        }
    }
}

impl Parser for Dns {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if !context.is_stream() {
            return match self.message(dir, bytes, context) {
                true => Step::Took(bytes.len()),
                false => Step::NotMine,
            };
        }
        let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return Step::Need(2) };
        let length = usize::from(u16::from_be_bytes(*length));
        match rest.get(..length) {
            None => Step::Need(2 + length),
            Some(message) if self.message(dir, message, context) => Step::Took(2 + length),
            Some(_) => Step::NotMine,
        }
    }

    fn save(&mut self, context: &mut Context<'_>) {
        for exchange in self.exchanges.drain(..) {
            context.doc.push(exchange.object);
        }
        if std::mem::take(&mut self.cut) {
            context.doc.tag("truncated-field-dns");
        }
        self.by_question.clear();
        self.kept = 0;
    }
}

impl Dns {
    /// Takes one message; false where it is none and none was seen before.
    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> bool {
        let flavour = Flavour::of(context);
        let Some(message) = Message::parse(bytes) else { return self.named };
        if !self.named {
            self.named = true;
            context.doc.protocol(flavour.name());
        }
        if message.question_count != 1 && flavour == Flavour::Dns {
            context.doc.tag("dns:qdcount-not-1");
        }
        if message.is_response() {
            self.response(dir, &message, flavour, context);
        } else {
            self.query(dir, &message, flavour, context);
        }
        true
    }

    fn query(&mut self, dir: Dir, message: &Message<'_>, flavour: Flavour, context: &mut Context<'_>) {
        for (n, question) in message.questions.iter().enumerate() {
            self.exchange(question, message.opcode, None, flavour, context);
            // Multicast queries are answered by anybody, with no number to tell to what.
            if n == 0 && flavour != Flavour::Multicast {
                self.wait(dir, message.id, question, context.time);
            }
        }
    }

    /// Notes when a query was sent. One that is sent again keeps its first time: the user waits since then.
    fn wait(&mut self, dir: Dir, id: u16, question: &Question, time: i64) {
        if self.waiting.iter().any(|w| w.id == id && w.from == dir && w.question == *question) {
            return;
        }
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Waiting { id, from: dir, question: question.clone(), time });
    }

    fn response(&mut self, dir: Dir, message: &Message<'_>, flavour: Flavour, context: &mut Context<'_>) {
        self.latency(dir, message, context);
        let none = Question { name: String::new(), kind: 0, class: 0 };
        let question = message.questions.first().unwrap_or(&none);
        let status = message.status();
        let Some(at) = self.exchange(question, message.opcode, Some(status), flavour, context) else {
            return;
        };
        let Some(exchange) = self.exchanges.get_mut(at) else { return };
        exchange.status = Some(status);
        exchange.object.add(&STATUS, &code::status(status));
        for (bit, name) in code::FLAGS {
            if message.flags & bit != 0 {
                exchange.object.add(&HEADER_FLAGS, name);
            }
        }
        for record in message.records() {
            if self.kept > MAX_KEPT {
                self.cut = true;
                break;
            }
            self.kept += 64 + record.name.len() + record.length;
            exchange.record(message, &record, flavour, context);
        }
        if context.options.dns_answers {
            exchange.object.add(&ANSWERS_COUNT, exchange.answers.len() as i64);
        }
    }

    fn latency(&mut self, dir: Dir, message: &Message<'_>, context: &mut Context<'_>) {
        let meets = |w: &Waiting| {
            w.id == message.id
                && w.from == dir.other()
                && message.questions.first().is_none_or(|q| {
                    q.kind == w.question.kind && q.name.eq_ignore_ascii_case(&w.question.name)
                })
        };
        let Some(at) = self.waiting.iter().position(meets) else { return };
        let Some(query) = self.waiting.remove(at) else { return };
        let status = code::status(message.status());
        context.doc.transaction(&Transaction {
            kind: TransactionKind::Dns,
            request_end: query.time,
            response_start: context.first_time,
            response_end: context.time,
            request: &format!("{} {}", code::rr_type(query.question.kind), or_root(&query.question.name)),
            status: &status,
            failed: message.status() != 0,
            error: None,
            rows: None,
            bytes: Some(message.bytes.len() as i64),
        });
    }

    /// The exchange that a question belongs to. A response with another code than the one before is another one.
    fn exchange(
        &mut self,
        question: &Question,
        opcode: &'static str,
        status: Option<u8>,
        flavour: Flavour,
        context: &mut Context<'_>,
    ) -> Option<usize> {
        let key = Question {
            name: question.name.to_ascii_lowercase(),
            kind: question.kind,
            class: flavour.class(question.class),
        };
        let key = (key, opcode);
        if let Some(&at) = self.by_question.get(&key) {
            let before = self.exchanges.get(at).and_then(|e| e.status);
            if status.is_none() || before.is_none() || before == status {
                return Some(at);
            }
        }
        if self.exchanges.len() >= MAX_OBJECTS || self.kept > MAX_KEPT {
            self.cut = true;
            return None;
        }
        self.kept += 256 + key.0.name.len();
        let mut object = Object::new(&DNS);
        object.add(&OPCODE, opcode);
        if key.0.kind != 0 {
            object.add(&QUERY_TYPE, &code::rr_type(key.0.kind));
            object.add(&QUERY_CLASS, &code::class(key.0.class));
            let name = or_root(&key.0.name);
            object.add(&QUERY_HOST, name);
            host(&mut object, name, context);
        }
        self.exchanges.push(Exchange { object, status: None, answers: HashSet::new() });
        let at = self.exchanges.len() - 1;
        self.by_question.insert(key, at);
        Some(at)
    }
}

/// Adds a host name: the readable form, and the encoded one beside it.
fn host(object: &mut Object, name: &str, context: &mut Context<'_>) {
    match unicode(name) {
        Ok(None) => {
            object.add(&HOST, name);
        }
        Ok(Some(readable)) => {
            object.add(&HOST, &readable);
            object.add(&PUNY, name);
        }
        Err(BadPunycode) => {
            object.add(&HOST, name);
            context.doc.tag("bad-punycode");
        }
    }
}

fn names(object: &Object, field: &'static ::fields::Field<::fields::Lower>, name: &str) -> bool {
    object.values(field).is_some_and(|held| held.texts().iter().any(|held| held.eq_ignore_ascii_case(name)))
}

impl Exchange {
    /// Takes one record of a response. One whose data is no data of its type is left out.
    fn record(
        &mut self,
        message: &Message<'_>,
        record: &Record,
        flavour: Flavour,
        context: &mut Context<'_>,
    ) {
        let Some(bytes) = message.bytes.get(record.start..record.start + record.length) else { return };
        if record.kind == OPT || bytes.is_empty() {
            return;
        }
        let mut answer = Object::new(&ANSWERS);
        answer.add(&ANSWER_TYPE, &code::rr_type(record.kind));
        answer.add(&ANSWER_CLASS, &code::class(flavour.class(record.class)));
        answer.add(&ANSWER_TTL, i64::from(record.ttl));
        answer.add(&ANSWER_NAME, or_root(&record.name));
        if flavour == Flavour::Multicast {
            host(&mut self.object, or_root(&record.name), context);
        }
        let data = Rdata { message: message.bytes, start: record.start, bytes };
        if self.content(&mut answer, record, data, context).is_none() {
            return;
        }
        if self.answers.insert(identity(&answer)) && context.options.dns_answers {
            self.object.push(answer);
        }
    }

    /// Fills what the type of the record holds; `None` where the data is malformed.
    fn content(
        &mut self,
        answer: &mut Object,
        record: &Record,
        data: Rdata<'_>,
        context: &mut Context<'_>,
    ) -> Option<()> {
        match record.kind {
            1 => {
                let ip = IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(data.bytes).ok()?));
                answer.add(&ANSWER_IP, ip);
                self.address(record, ip);
            }
            28 => {
                let ip = IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(data.bytes).ok()?));
                answer.add(&ANSWER_IP, ip);
                self.address(record, ip);
            }
            2 => {
                let (name, _) = data.name_at(0)?;
                answer.add(&ANSWER_NS, or_root(&name));
                self.object.add(&NAMESERVER_HOST, or_root(&name));
            }
            5 | 39 => {
                let (name, _) = data.name_at(0)?;
                answer.add(&ANSWER_CNAME, or_root(&name));
                host(&mut self.object, or_root(&name), context);
            }
            12 => {
                let (name, _) = data.name_at(0)?;
                host(&mut self.object, or_root(&name), context);
            }
            33 => {
                let (name, _) = data.name_at(6)?;
                host(&mut self.object, or_root(&name), context);
            }
            15 => {
                let priority = i64::from(u16::from_be_bytes(*data.bytes.first_chunk()?));
                let (name, _) = data.name_at(2)?;
                answer.add(&ANSWER_MX, or_root(&name));
                answer.add(&ANSWER_PRIORITY, priority);
                self.object.add(&MAILSERVER_HOST, or_root(&name));
            }
            16 | 99 => {
                answer.add(&ANSWER_TXT, &data.txt()?);
            }
            43 | 59 => {
                answer.add(&ANSWER_DS, &data.ds()?);
            }
            46 => {
                answer.add(&ANSWER_RRSIG, &data.rrsig()?);
            }
            47 => {
                answer.add(&ANSWER_NSEC, &data.nsec()?);
            }
            64 => {
                answer.add(&ANSWER_HTTPS, &data.service("SVCB")?);
            }
            65 => {
                answer.add(&ANSWER_HTTPS, &data.service("HTTPS")?);
            }
            257 => {
                answer.add(&ANSWER_CAA, &data.caa()?);
            }
            _ => {}
        }
        Some(())
    }

    /// An address is that of a name server or a mail server where its name is, and else what was asked for.
    fn address(&mut self, record: &Record, ip: IpAddr) {
        let serves = record.section != Section::Answer;
        let nameserver = serves && names(&self.object, &NAMESERVER_HOST, &record.name);
        let mailserver = serves && names(&self.object, &MAILSERVER_HOST, &record.name);
        if nameserver {
            self.object.add(&NAMESERVER_IP, ip);
        }
        if mailserver {
            self.object.add(&MAILSERVER_IP, ip);
        }
        if !nameserver && !mailserver {
            self.object.add(&IP, ip);
        }
    }
}

/// A number that two answers share when they differ in nothing but the time to live.
fn identity(answer: &Object) -> u64 {
    use std::hash::{BuildHasher, Hash, Hasher};
    static STATE: std::sync::LazyLock<std::hash::RandomState> =
        std::sync::LazyLock::new(std::hash::RandomState::new);
    let mut hasher = STATE.build_hasher();
    for (target, values) in answer.slots() {
        if target.def != &ANSWER_TTL.def {
            target.def.expr.hash(&mut hasher);
            for value in values.iter() {
                value.hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}
