//! A worker's own examiner: packets against the rules, hits into documents, packets to the recorder.

use super::book::{Asked, Book, RULE};
use super::{Examination, Examined, Joined, Level, SessionRuleKeep, Watch};
use crate::keep::{PATIENCE, Raw, after, protocols, with_known};
use crate::live_session::LiveSession;
use crate::{Counters, Options};
use enrich::Enricher;
use evidence::{Kept, Offer};
use fields::{Field, Term};
use flow::Side;
use rules::{Category, Hit, Packet, Protocol, Rule, Rules};
use session::evidence as fields_of;
use session::{Object, SessionDoc};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::{Decoded, Transport};

/// Bytes of an ICMP header before what it carries.
const ICMP_HEADER: usize = 8;

/// A worker's examiner.
pub(crate) struct Examiner {
    examination: Examination,
    book: Arc<Book>,
    /// Its own: matching needs memory that is not shared.
    patterns: Rules,
    hits: Vec<Hit>,
    scratch: SessionDoc,
}

/// One packet to look at.
pub(crate) struct Look<'a> {
    pub from: Side,
    /// Arrival, nanoseconds since 1970.
    pub time: i64,
    /// Arrival of the session's packet before.
    pub before: i64,
    pub raw: Option<Raw<'a>>,
    pub decoded: &'a Decoded<'a>,
}

/// What a worker knows beside the session.
pub(crate) struct Around<'a> {
    pub options: &'a Options,
    pub interface: Option<&'a str>,
    pub enricher: &'a Enricher,
}

impl Look<'_> {
    fn micros(&self) -> i64 {
        self.time.div_euclid(1_000)
    }

    /// Protocol, ports and payload as rules see them.
    fn packet(&self) -> Option<Packet<'_>> {
        let payload = self.decoded.payload;
        let (protocol, payload) = match self.decoded.transport {
            Transport::Tcp(_) => (Protocol::Tcp, payload),
            Transport::Udp(_) => (Protocol::Udp, payload),
            Transport::Icmp(_) | Transport::Icmp6(_) => {
                (Protocol::Icmp, payload.get(ICMP_HEADER..).unwrap_or_default())
            }
            _ => return None,
        };
        let (src, dst) = self.decoded.transport.ports().unwrap_or_default();
        Some(Packet { protocol, ports: [src, dst], payload })
    }
}

impl Examiner {
    pub fn new(examination: Examination) -> Self {
        let book = Arc::clone(&examination.book());
        let patterns = book.patterns.clone();
        Self { examination, book, patterns, hits: Vec::new(), scratch: SessionDoc::new() }
    }

    /// Takes up rules that were exchanged.
    pub fn refresh(&mut self) {
        let book = self.examination.book();
        if !Arc::ptr_eq(&book, &self.book) {
            self.book = Arc::clone(&book);
            self.patterns = self.book.patterns.clone();
        }
    }

    /// Before the session's streams get the packet: makes room for what is to be joined.
    pub fn prepare(&self, session: &mut LiveSession) {
        let joins = self.book.joined && session.tcp.is_some() && !session.examined.flow.is_finished();
        if joins || !self.book.session_rules.is_empty() {
            let watch = session.watch.get_or_insert_default();
            watch.begin(self.book.epoch);
            watch.packets += 1;
            if joins {
                let longest = self.longest();
                watch.joined.get_or_insert_with(|| Joined::new(longest));
            }
        }
    }

    /// Bytes of the longest payload that is looked at as one packet.
    fn longest(&self) -> usize {
        self.patterns.limits().payload
    }

    /// Looks at a packet that the session's parsers have had.
    pub fn look(
        &mut self,
        session: &mut LiveSession,
        look: &Look<'_>,
        around: &Around<'_>,
        counters: &mut Counters,
    ) {
        if self.book.is_idle() {
            return;
        }
        if look.time.saturating_sub(look.before) > self.book.idle {
            session.examined = Examined::default();
        }
        let mut keep = false;
        let first_hit = session.doc.objects().len();
        let mut payload = 0;
        if let Some(packet) = look.packet().filter(|packet| !packet.payload.is_empty()) {
            payload = packet.payload.len();
            keep |= self.first_of_its_side(&mut session.examined, look.from);
            let mut hits = std::mem::take(&mut self.hits);
            self.patterns.inspect(&mut session.examined.flow, &packet, &mut hits);
            self.take_hits(session, look, &mut hits, 0, &mut keep, counters);
            self.remember(session, look, packet.payload.len());
            if let Some(watch) = session.watch.as_deref_mut()
                && let Some(joined) = &mut watch.joined
                && let Some(text) = joined.fresh(look.from)
            {
                let before = text.len().saturating_sub(packet.payload.len());
                let whole = Packet { payload: text, ..packet };
                self.patterns.inspect_joined(&mut session.examined.flow, &whole, &mut hits);
                let mut kept = false;
                let spans: Vec<Range<usize>> = hits.iter().map(|hit| hit.span.clone()).collect();
                self.take_hits(session, look, &mut hits, before, &mut kept, counters);
                if kept {
                    self.keep_spanned(session, look, &spans, counters);
                }
                keep |= kept;
            }
            if session.examined.flow.is_finished()
                && let Some(watch) = session.watch.as_deref_mut()
            {
                watch.joined = None;
            }
            self.hits = hits;
        }
        keep |= self.ask(session, look, around, counters);
        if keep && self.book.level > Level::Nothing && self.offer(look, counters) {
            for object in session.doc.objects_mut().iter_mut().skip(first_hit) {
                if object.def == &fields_of::EVIDENCE {
                    object.add(&fields_of::PACKET, true);
                }
            }
            if payload > 0
                && let Transport::Tcp(tcp) = look.decoded.transport
                && let Some(joined) = session.watch.as_deref_mut().and_then(|watch| watch.joined.as_mut())
            {
                joined.kept(look.from, tcp.seq());
            }
        }
    }

    /// A packet that may turn out to be part of something.
    fn remember(&self, session: &mut LiveSession, look: &Look<'_>, payload: usize) {
        if self.book.level > Level::Nothing
            && let Some(joined) = session.watch.as_deref_mut().and_then(|watch| watch.joined.as_mut())
            && let (Transport::Tcp(tcp), Some(raw)) = (look.decoded.transport, look.raw)
        {
            joined.remember(look.from, tcp.seq(), payload, look.time, &raw);
        }
    }

    /// Keeps the earlier packets that what was recognised came in.
    fn keep_spanned(
        &self,
        session: &mut LiveSession,
        look: &Look<'_>,
        spans: &[Range<usize>],
        counters: &mut Counters,
    ) {
        let Transport::Tcp(tcp) = look.decoded.transport else { return };
        let Some(joined) = session.watch.as_deref_mut().and_then(|watch| watch.joined.as_mut()) else {
            return;
        };
        for span in spans {
            joined.spanned(look.from, span, tcp.seq(), &mut |offer| {
                self.give(offer, counters);
            });
        }
    }

    /// Whether the packet is the first one with payload that its side sent, and such are kept.
    fn first_of_its_side(&self, examined: &mut Examined, from: Side) -> bool {
        let bit = match from {
            Side::Src => 1,
            Side::Dst => 2,
        };
        let first = examined.first & bit == 0;
        examined.first |= bit;
        first && self.book.level >= Level::Pairs
    }

    /// Hits into the document; `before`: bytes of the text that came in earlier packets.
    fn take_hits(
        &self,
        session: &mut LiveSession,
        look: &Look<'_>,
        hits: &mut Vec<Hit>,
        before: usize,
        keep: &mut bool,
        counters: &mut Counters,
    ) {
        for hit in hits.drain(..) {
            let Some(rule) = self.patterns.rules().get(hit.rule) else { continue };
            counters.hits += 1;
            if let Some(count) = self.book.counts.get(hit.rule) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            let threat = rule.category == Category::Threat;
            *keep |= self.book.level >= if threat { Level::Threats } else { Level::Fingerprints };
            let span = [hit.span.start, hit.span.end].map(|at| at.saturating_sub(before));
            self.write_hit(session, look, rule, &hit, span);
        }
    }

    fn write_hit(
        &self,
        session: &mut LiveSession,
        look: &Look<'_>,
        rule: &Rule,
        hit: &Hit,
        [start, end]: [usize; 2],
    ) {
        let mut one = self.hit(look.from, look.micros(), rule.category.name(), &rule.kind, &rule.name);
        one.add(&fields_of::RULE, &rule.id);
        if !hit.version.is_empty() {
            one.add(&fields_of::VERSION, &hit.version);
        }
        if let Some(vendor) = &rule.vendor {
            one.add(&fields_of::VENDOR, vendor);
        }
        if rule.category == Category::Threat {
            one.add(&fields_of::LEVEL, super::Severity::ExtraHigh.name());
        }
        one.add(&fields_of::START, i64::try_from(start).unwrap_or(0));
        one.add(&fields_of::END, i64::try_from(end).unwrap_or(0));
        session.doc.push(one);
        note(&mut session.doc, rule.category, look.from, &rule.name);
        if let Some(os) = &rule.os {
            let mut one = self.hit(look.from, look.micros(), Category::Os.name(), "OS", os);
            one.add(&fields_of::RULE, &rule.id);
            session.doc.push(one);
            note(&mut session.doc, Category::Os, look.from, os);
        }
    }

    /// What every hit says.
    fn hit(&self, from: Side, micros: i64, category: &str, kind: &str, name: &str) -> Object {
        let mut one = Object::new(&fields_of::EVIDENCE);
        one.add(&fields_of::CATEGORY, category);
        one.add(&fields_of::TYPE, kind);
        one.add(&fields_of::NAME, name);
        one.add(&fields_of::SIDE, if from == Side::Src { "src" } else { "dst" });
        one.add(&fields_of::TIME, micros);
        one.add(&fields_of::DEVICE, i64::from(self.examination.device()));
        one
    }

    fn rule_hit(&self, rule: &Asked, from: Side, micros: i64) -> Object {
        let mut one = self.hit(from, micros, RULE, &rule.kind, &rule.name);
        one.add(&fields_of::RULE, &rule.name);
        one.add(&fields_of::LEVEL, rule.severity.name());
        one
    }

    /// Asks the session rules, where it is time; whether the packet is kept for one of them.
    fn ask(
        &mut self,
        session: &mut LiveSession,
        look: &Look<'_>,
        around: &Around<'_>,
        counters: &mut Counters,
    ) -> bool {
        if self.book.session_rules.is_empty() {
            return false;
        }
        let Some(mut watch) = session.watch.take() else { return false };
        let was_kept = watch.left > 0;
        watch.left = watch.left.saturating_sub(1);
        let open = open(&self.book, &watch);
        let protocols = protocols(&session.doc);
        if open == 0 || (watch.packets < watch.next && watch.protocols == protocols) {
            session.watch = Some(watch);
            return was_kept;
        }
        (watch.protocols, watch.next) = (protocols, after(watch.packets));
        let patient = watch.packets < PATIENCE;
        let (book, mut met, mut never) = (self.book.clone(), 0u64, 0u64);
        let enricher = book.enriched.then_some(around.enricher);
        with_known(session, around.options, around.interface, enricher, &mut self.scratch, |doc| {
            for (at, rule) in book.session_rules.iter().enumerate().filter(|(at, _)| open >> at & 1 == 1) {
                match rule.when.answer(doc, patient) {
                    Some(true) => met |= 1 << at,
                    Some(false) if patient => never |= 1 << at,
                    Some(false) | None => {}
                }
            }
        });
        watch.matched |= met;
        watch.excluded |= never;
        for (_, rule) in book.session_rules.iter().enumerate().filter(|(at, _)| met >> at & 1 == 1) {
            counters.hits += 1;
            rule.count.fetch_add(1, Ordering::Relaxed);
            session.doc.push(self.rule_hit(rule, look.from, look.micros()));
            // the packet itself, and so many more
            watch.left = watch.left.max(match rule.keep {
                SessionRuleKeep::Packet => 0,
                SessionRuleKeep::Session => u32::MAX,
                SessionRuleKeep::Packets(count) => count.saturating_sub(1),
            });
        }
        session.watch = Some(watch);
        was_kept || met != 0
    }

    /// Asks the rules that are still open of a document that is saved; returns those that it meets, as bits.
    pub fn ask_saved(&self, watch: Option<&Watch>, doc: &mut SessionDoc, counters: &mut Counters) -> u64 {
        if self.book.session_rules.is_empty() {
            return 0;
        }
        let matched = watch.filter(|watch| watch.epoch == self.book.epoch).map_or(0, |watch| watch.matched);
        let mut met = 0;
        let last = doc.int(&session::core::STOP_TIME).unwrap_or(0).saturating_mul(1_000);
        for (at, rule) in self.book.session_rules.iter().enumerate() {
            if matched >> at & 1 == 0 && rule.when.matches(doc) {
                met |= 1 << at;
                counters.hits += 1;
                rule.count.fetch_add(1, Ordering::Relaxed);
                doc.push(self.rule_hit(rule, Side::Src, last));
            }
        }
        met
    }

    fn offer(&self, look: &Look<'_>, counters: &mut Counters) -> bool {
        let Some(raw) = look.raw else { return false };
        let len = raw.len.max(u32::try_from(raw.bytes.len()).unwrap_or(u32::MAX));
        self.give(&Offer { time: look.time, link: raw.link, bytes: raw.bytes, len }, counters)
    }

    /// Gives a packet to the recorder.
    fn give(&self, offer: &Offer<'_>, counters: &mut Counters) -> bool {
        let Some(recorder) = self.examination.recorder() else { return false };
        match recorder.offer(offer) {
            Kept::Taken => {
                counters.evidence += 1;
                true
            }
            Kept::Lost => {
                counters.evidence_lost += 1;
                false
            }
        }
    }
}

/// Session rules that are still open, as bits.
fn open(book: &Book, watch: &Watch) -> u64 {
    let all = u64::MAX.checked_shr(64 - book.session_rules.len().min(64) as u32).unwrap_or(0);
    all & !watch.matched & !watch.excluded
}

/// The name among the session's fingerprints.
fn note(doc: &mut SessionDoc, category: Category, from: Side, name: &str) {
    let fields: [&'static Field<Term>; 2] = match category {
        Category::Service => [&fields_of::SERVICE_SRC, &fields_of::SERVICE_DST],
        Category::Device => [&fields_of::DEVICE_SRC, &fields_of::DEVICE_DST],
        Category::Os => [&fields_of::OS_SRC, &fields_of::OS_DST],
        Category::Midware => [&fields_of::MIDWARE_SRC, &fields_of::MIDWARE_DST],
        Category::Threat => return,
    };
    let [src, dst] = fields;
    doc.add(if from == Side::Src { src } else { dst }, name);
}
