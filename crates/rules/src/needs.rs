//! What a subject must have for a pattern to match, found out from the pattern once: the bytes at its beginning, or texts somewhere. What lacks it
//! need not be tried, and that is nearly every pattern on nearly every packet.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Places from the beginning that are looked at.
const PLACES: usize = 16;
/// Bytes of a text that are looked for.
const LONGEST: usize = 16;
/// Bytes of the shortest text that is looked for: shorter ones are everywhere.
const SHORTEST: usize = 2;
/// Texts of which one must be there, at most.
const ONE_OF: usize = 48;
/// Such lists of a pattern.
const LISTS: usize = 4;

/// Which of the 256 bytes.
pub(crate) type Bytes = [u64; 4];

/// Whether a byte is among them.
pub(crate) fn has(set: &Bytes, byte: u8) -> bool {
    set.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
}

fn add(set: &mut Bytes, from: u8, to: u8) {
    for byte in from..=to {
        if let Some(word) = set.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
}

/// Texts, in lower case, of which one must be there.
pub(crate) type OneOf = Vec<Vec<u8>>;

/// What a pattern needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Bytes at the first places of the subject; none where the pattern may begin anywhere.
    pub start: Option<Vec<Bytes>>,
    /// One text of each list, in any letter case; the list that says most first. Empty: nothing is known.
    pub texts: Vec<OneOf>,
}

impl Needs {
    /// Of a pattern as the `regex` crate reads it, over bytes. Nothing is known of one that cannot be read.
    pub fn of(translated: &str) -> Self {
        let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(translated);
        let Ok(hir) = parsed else { return Self::default() };
        let bound = hir.properties().look_set_prefix().contains(Look::Start);
        let start = bound.then(|| first(&hir).0).filter(|places| !places.is_empty());
        let mut walk = Walk::default();
        walk.visit(&hir);
        Self { start, texts: walk.lists() }
    }

    /// Whether a subject begins as the pattern needs it.
    pub fn begins(places: &[Bytes], subject: &[u8]) -> bool {
        subject.len() >= places.len() && places.iter().zip(subject).all(|(set, byte)| has(set, *byte))
    }
}

/// Sets of bytes at the first places of every match, and whether every match is as long as that.
fn first(hir: &Hir) -> (Vec<Bytes>, bool) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (Vec::new(), true),
        HirKind::Literal(literal) => {
            let one = |byte: &u8| {
                let mut set = Bytes::default();
                add(&mut set, *byte, *byte);
                set
            };
            (literal.0.iter().take(PLACES).map(one).collect(), literal.0.len() <= PLACES)
        }
        HirKind::Class(Class::Bytes(class)) => {
            let mut set = Bytes::default();
            class.iter().for_each(|range| add(&mut set, range.start(), range.end()));
            (vec![set], true)
        }
        HirKind::Class(Class::Unicode(_)) => (Vec::new(), false),
        HirKind::Capture(capture) => first(&capture.sub),
        HirKind::Repetition(repetition) => {
            let (once, fixed) = first(&repetition.sub);
            let mut places = Vec::new();
            let mut whole = fixed;
            for _ in 0..repetition.min {
                places.extend_from_slice(&once);
                if places.len() >= PLACES || !fixed || once.is_empty() {
                    whole &= repetition.min == 1 || once.is_empty();
                    break;
                }
            }
            let cut = places.len() > PLACES;
            places.truncate(PLACES);
            (places, whole && !cut && repetition.max == Some(repetition.min))
        }
        HirKind::Concat(parts) => {
            let mut places = Vec::new();
            for part in parts {
                let (more, fixed) = first(part);
                places.extend(more);
                if !fixed || places.len() > PLACES {
                    places.truncate(PLACES);
                    return (places, false);
                }
            }
            (places, true)
        }
        HirKind::Alternation(ways) => {
            let mut all: Option<(Vec<Bytes>, bool)> = None;
            for way in ways {
                let (places, fixed) = first(way);
                all = Some(match all {
                    None => (places, fixed),
                    Some((before, was)) => {
                        let same = before.len() == places.len();
                        let both = |(a, b): (&Bytes, &Bytes)| {
                            let mut set = *a;
                            set.iter_mut().zip(b).for_each(|(word, more)| *word |= more);
                            set
                        };
                        (before.iter().zip(&places).map(both).collect(), fixed && was && same)
                    }
                });
            }
            all.unwrap_or_default()
        }
    }
}

/// Gathers texts from left to right.
#[derive(Default)]
struct Walk {
    /// What stands together so far.
    run: Vec<u8>,
    lists: Vec<OneOf>,
}

/// What a list says: the length of its shortest text, and few texts rather than many.
fn weight(list: &OneOf) -> (usize, std::cmp::Reverse<usize>) {
    (list.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(list.len()))
}

impl Walk {
    fn flush(&mut self) {
        let mut run = std::mem::take(&mut self.run);
        if run.len() >= SHORTEST {
            run.truncate(LONGEST);
            self.lists.push(vec![run]);
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.run.len() < LONGEST {
            self.run.push(byte.to_ascii_lowercase());
        }
    }

    fn visit(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|byte| self.byte(*byte)),
            HirKind::Class(class) => match one_letter(class) {
                Some(letter) => self.byte(letter),
                None => self.flush(),
            },
            HirKind::Capture(capture) => self.visit(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.visit(part)),
            HirKind::Repetition(repetition) => {
                let is_fixed = repetition.max == Some(repetition.min);
                for _ in 0..repetition.min.min(LONGEST as u32) {
                    self.visit(&repetition.sub);
                }
                if !is_fixed || repetition.min > LONGEST as u32 {
                    self.flush();
                }
            }
            HirKind::Alternation(ways) => {
                self.flush();
                let mut one_of = OneOf::new();
                for way in ways {
                    let mut walk = Walk::default();
                    walk.visit(way);
                    match walk.lists().into_iter().next() {
                        Some(best) if one_of.len() + best.len() <= ONE_OF => one_of.extend(best),
                        // one way needs nothing, or there are too many
                        _ => return,
                    }
                }
                one_of.sort_unstable();
                one_of.dedup();
                self.lists.push(one_of);
            }
        }
    }

    /// The lists that say most.
    fn lists(mut self) -> Vec<OneOf> {
        self.flush();
        self.lists.sort_by_key(|list| std::cmp::Reverse(weight(list)));
        self.lists.dedup();
        self.lists.truncate(LISTS);
        self.lists
    }
}

/// The letter, in lower case, of a set of its two cases.
fn one_letter(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else { return None };
    let mut letters = class.iter().flat_map(|range| range.start()..=range.end());
    let (upper, lower) = (letters.next()?, letters.next()?);
    (letters.next().is_none() && upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == lower)
        .then_some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcre::Pattern;

    fn needs(pattern: &str) -> Needs {
        Needs::of(Pattern::new(pattern, true).unwrap().translated())
    }

    fn texts(pattern: &str) -> Vec<Vec<String>> {
        let text = |one: &Vec<u8>| one.iter().map(|byte| char::from(*byte)).collect();
        needs(pattern).texts.iter().map(|list| list.iter().map(text).collect()).collect()
    }

    #[test]
    fn texts_that_every_match_has() {
        assert_eq!(texts("Server: .*CentOS"), [["server: "], ["centos"]]);
        assert_eq!(
            texts(r"GET [^\r\n]+(union.+select|order\sby)\b"),
            [vec!["order", "select"], vec!["get "]]
        );
        assert_eq!(texts("a(b|cd)?ef{2}g+h"), [["effg"]]);
        assert_eq!(texts("(ab|)cd"), [["cd"]]);
        assert_eq!(texts(r"\x05[\x01-\x08]*\x05"), Vec::<Vec<String>>::new());
        assert_eq!(texts(r"(abc){2,}d"), [["abcabc"]]);
    }

    #[test]
    fn first_bytes_of_what_is_bound() {
        assert_eq!(needs("ab").start, None);
        assert_eq!(needs("^.*ab").start, None);
        let places = needs(r"^(?:HTTP/1|-x?)").start.unwrap();
        assert_eq!(places.len(), 1);
        let bytes: String = (0..=255u8).filter(|byte| has(&places[0], *byte)).map(char::from).collect();
        assert_eq!(bytes, "-Hh");
        let places = needs(r"^\x16\x03\x01[\x00-\xff]{2}[\x01\x02]").start.unwrap();
        assert_eq!(places.len(), 6);
        assert!(
            Needs::begins(&places, b"\x16\x03\x01ab\x02c") && !Needs::begins(&places, b"\x16\x03\x01ab\x03c")
        );
        assert!(!Needs::begins(&places, b"\x16\x03\x01ab"));
        // of different lengths: only what is certain
        assert_eq!(needs(r"^(?:ab|c)d").start.unwrap().len(), 1);
        assert_eq!(needs(r"^a{3}b").start.unwrap().len(), 4);
        assert_eq!(needs(r"^(?:ab?){2}c").start.unwrap().len(), 1);
    }
}
