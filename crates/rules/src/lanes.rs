//! Which rules may match a payload: few, by what it begins with and by texts in it. Each kind of packet (protocol, HTTP or not) has its own lane,
//! with only the rules that look at such packets.

use crate::needs::{Bytes, Needs, OneOf};
use crate::rule::{Part, Protocol, Rule};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::HashMap;

/// Bytes of texts that a table of all steps is made for.
const TABLE: usize = 64 << 10;

/// Rules are too many, or their texts too long, to be looked for together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too large together: {0}")]
pub struct TooLarge(String);

/// The lanes of all kinds of packets.
#[derive(Debug)]
pub(crate) struct Lanes([Lane; 6]);

/// Rules for one kind of packet. Rules go by their numbers.
#[derive(Debug, Default)]
struct Lane {
    /// Bound to the beginning, by the first byte, with the bytes that must follow.
    starts: Vec<Vec<(u32, Box<[Bytes]>)>>,
    /// Looks for texts; none where there are none.
    texts: Option<AhoCorasick>,
    /// Rules that a text makes possible, by the number of the text.
    possible: Vec<Vec<u32>>,
    /// Numbers of texts of which one of each further list must be there too, by rule.
    further: HashMap<u32, Vec<Vec<u32>>>,
    /// Rules of which nothing is known.
    always: Vec<u32>,
    /// Categories of `texts` and `always`, as bits.
    categories: u8,
}

/// Memory for one search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    found: Vec<u64>,
    /// Rules that may match, in order.
    pub rules: Vec<u32>,
}

impl Scratch {
    fn has(&self, text: u32) -> bool {
        self.found.get(text as usize / 64).is_some_and(|word| word >> (text % 64) & 1 == 1)
    }

    /// Notes a text; whether it is new.
    fn note(&mut self, text: u32) -> bool {
        let Some(word) = self.found.get_mut(text as usize / 64) else { return false };
        let before = *word;
        *word |= 1 << (text % 64);
        *word != before
    }
}

impl Lanes {
    pub fn new(rules: &[Rule]) -> Result<Self, TooLarge> {
        let needs: Vec<Needs> = rules.iter().map(|rule| Needs::of(rule.pattern.translated())).collect();
        let mut lanes: [Lane; 6] = Default::default();
        for (at, lane) in lanes.iter_mut().enumerate() {
            let protocol = [Protocol::Tcp, Protocol::Udp, Protocol::Icmp].into_iter().nth(at / 2);
            *lane = Lane::new(rules, &needs, |rule: &Rule| {
                rule.protocol.is_none_or(|own| Some(own) == protocol) && (rule.http.is_none() || at % 2 == 1)
            })?;
        }
        Ok(Self(lanes))
    }

    /// Numbers of the rules that may match, in their order, into `scratch.rules`. `done`: categories, as bits, that need not be looked for.
    pub fn candidates(
        &self,
        protocol: Protocol,
        is_http: bool,
        done: u8,
        payload: &[u8],
        scratch: &mut Scratch,
    ) {
        scratch.rules.clear();
        if let Some(lane) = self.0.get(protocol as usize * 2 + usize::from(is_http)) {
            lane.candidates(done, payload, scratch);
        }
    }
}

impl Lane {
    fn new(rules: &[Rule], needs: &[Needs], takes: impl Fn(&Rule) -> bool) -> Result<Self, TooLarge> {
        let mut lane = Self { starts: vec![Vec::new(); 256], ..Self::default() };
        let (mut texts, mut numbers) = (OneOf::new(), HashMap::<Vec<u8>, u32>::new());
        let mut number = |text: &Vec<u8>, possible: &mut Vec<Vec<u32>>| {
            *numbers.entry(text.clone()).or_insert_with(|| {
                texts.push(text.clone());
                possible.push(Vec::new());
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
        };
        for (at, (rule, needs)) in rules.iter().zip(needs).enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            if !takes(rule) {
                continue;
            }
            // a body begins elsewhere than the payload
            if let Some(places) = needs.start.as_ref().filter(|_| rule.http != Some(Part::Body)) {
                let (first, rest) = places.split_first().map_or((&[u64::MAX; 4], &[][..]), |both| both);
                for (byte, list) in (0..=255u8).zip(&mut lane.starts) {
                    if crate::needs::has(first, byte) {
                        list.push((at, rest.into()));
                    }
                }
                continue;
            }
            lane.categories |= rule.category.bit();
            let Some((key, others)) = needs.texts.split_first() else {
                lane.always.push(at);
                continue;
            };
            for text in key {
                let text = number(text, &mut lane.possible);
                lane.possible.get_mut(text as usize).into_iter().for_each(|rules| rules.push(at));
            }
            let list = |list: &OneOf, possible: &mut Vec<Vec<u32>>| -> Vec<u32> {
                list.iter().map(|text| number(text, possible)).collect()
            };
            let mut list = list;
            let further = others.iter().map(|one_of| list(one_of, &mut lane.possible)).collect();
            lane.further.insert(at, further);
        }
        if !texts.is_empty() {
            // one step a byte; of very many texts the table would be too large
            let small = texts.iter().map(Vec::len).sum::<usize>() <= TABLE;
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(small.then_some(AhoCorasickKind::DFA))
                .build(&texts);
            lane.texts = Some(built.map_err(|error| TooLarge(error.to_string()))?);
        }
        Ok(lane)
    }

    fn candidates(&self, done: u8, payload: &[u8], scratch: &mut Scratch) {
        let Some((first, rest)) = payload.split_first() else { return };
        for (rule, places) in self.starts.get(usize::from(*first)).into_iter().flatten() {
            if Needs::begins(places, rest) {
                scratch.rules.push(*rule);
            }
        }
        if self.categories & !done != 0 {
            scratch.rules.extend_from_slice(&self.always);
            if let Some(texts) = &self.texts {
                self.by_texts(texts, payload, scratch);
            }
        }
        scratch.rules.sort_unstable();
        scratch.rules.dedup();
    }

    fn by_texts(&self, texts: &AhoCorasick, payload: &[u8], scratch: &mut Scratch) {
        scratch.found.clear();
        scratch.found.resize(self.possible.len().div_ceil(64), 0);
        let begin = scratch.rules.len();
        for found in texts.find_overlapping_iter(payload) {
            let text = found.pattern().as_usize();
            if scratch.note(u32::try_from(text).unwrap_or(u32::MAX))
                && let Some(rules) = self.possible.get(text)
            {
                scratch.rules.extend_from_slice(rules);
            }
        }
        let mut at = begin;
        while let Some(rule) = scratch.rules.get(at) {
            let lists = self.further.get(rule).map_or(&[][..], Vec::as_slice);
            if lists.iter().all(|one_of| one_of.iter().any(|text| scratch.has(*text))) {
                at += 1;
            } else {
                scratch.rules.swap_remove(at);
            }
        }
    }
}
