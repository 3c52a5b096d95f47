//! Which of many packets that lie next to each other may hold what is searched for: one search in all of them together, with what lies
//! between them, instead of one in each.
//!
//! A match in a packet is bytes that follow each other, so that it is also found where the packet is a part of more. What an expression
//! says of its surroundings (`^`, `$`, `\b`) would mean something else there, so it is left out: fewer conditions, never fewer matches.

use super::needle::{build, write_digits};
use memchr::memmem::Finder;
use regex::bytes::Regex;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Searches with an expression over one piece. Each may read to the end of the piece; where there are more matches than
/// that, looking at each packet is quicker.
const SEARCHES: usize = 32;

/// Finds packets that are worth a look.
#[derive(Clone)]
pub(crate) enum Sieve {
    /// These bytes.
    Bytes(Box<Finder<'static>>),
    /// An expression that knows no surroundings and never matches nothing.
    Regex(Regex),
    /// The same, over hexadecimal digits.
    Digits(Regex),
}

impl Sieve {
    /// An expression that matches wherever in a packet `regex` matches, and can be searched in anything that holds the packet; none where
    /// there is none.
    pub fn rough(regex: &Regex, insensitive: bool) -> Option<Regex> {
        let parse = |pattern: &str, insensitive: bool| {
            let mut parser = ParserBuilder::new();
            parser.unicode(false).utf8(false).case_insensitive(insensitive).dot_matches_new_line(true);
            parser.build().parse(pattern).ok()
        };
        // an expression that was built for letters of any case is parsed as such
        let whole = parse(regex.as_str(), insensitive)?;
        if whole.properties().look_set().is_empty() {
            return (!regex.is_match(b"")).then(|| regex.clone());
        }
        let bare = without_surroundings(&whole);
        let pattern = bare.to_string();
        // what is written must be read as what was meant
        if parse(&pattern, false)? != bare {
            return None;
        }
        build(&pattern, false).ok().filter(|regex| !regex.is_match(b""))
    }

    /// Which packets of a piece may match: their numbers, in order. `packets` are where they begin and end in it, in order, none
    /// overlapping another unless it is the same; `room` is used again.
    pub fn sift(&self, piece: &[u8], packets: &[(usize, usize)], room: &mut Vec<u8>, worth: &mut Vec<usize>) {
        worth.clear();
        if let Self::Digits(_) = self {
            write_digits(piece, room);
        }
        let (mut from, mut next, mut left) = (0, 0, SEARCHES);
        while from < piece.len() {
            let found = match self {
                Self::Bytes(finder) => {
                    let rest = piece.get(from..).unwrap_or_default();
                    finder.find(rest).map(|at| (from + at, from + at + finder.needle().len()))
                }
                Self::Regex(regex) => regex.find_at(piece, from).map(|m| (m.start(), m.end())),
                Self::Digits(regex) => {
                    regex.find_at(room, from * 2).map(|m| (m.start() / 2, m.end().div_ceil(2)))
                }
            };
            let Some((start, end)) = found else { return };
            next += packets.get(next..).unwrap_or_default().partition_point(|(_, stop)| *stop <= start);
            if !matches!(self, Self::Bytes(_)) {
                left -= 1;
                if left == 0 {
                    worth.extend(next..packets.len());
                    return;
                }
            }
            from = end.max(from + 1);
            // a match across packets may hide a shorter one in each of them
            while let Some((_, stop)) = packets.get(next).filter(|(begin, _)| *begin < end) {
                worth.push(next);
                from = from.max(*stop);
                next += 1;
            }
        }
    }
}

/// An expression without conditions on what is around a match.
fn without_surroundings(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            let sub = Box::new(without_surroundings(&repetition.sub));
            Hir::repetition(regex_syntax::hir::Repetition { sub, ..repetition.clone() })
        }
        // what a group is called does not matter for whether it matches
        HirKind::Capture(capture) => without_surroundings(&capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_surroundings).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(without_surroundings).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Needle;
    use proptest::prelude::*;

    /// Every packet that matches must be found worth a look, whatever lies around it.
    fn check(kind: &str, search: &str, packets: &[Vec<u8>], between: &[Vec<u8>]) {
        let Ok(needle) = Needle::read(kind, search) else { return };
        let Some(sieve) = needle.sieve() else { return };
        let (mut piece, mut places) = (Vec::new(), Vec::new());
        for (at, packet) in packets.iter().enumerate() {
            if let Some(bytes) = between.get(at % between.len().max(1)) {
                piece.extend_from_slice(bytes);
            }
            places.push((piece.len(), piece.len() + packet.len()));
            piece.extend_from_slice(packet);
            if at % 5 == 4 {
                places.push(places[places.len() - 1]);
            }
        }
        let (mut room, mut worth) = (Vec::new(), Vec::new());
        sieve.sift(&piece, &places, &mut room, &mut worth);
        assert!(worth.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
        for (at, (from, end)) in places.iter().enumerate() {
            if !needle.find(&piece[*from..*end], 1, &mut room).is_empty() {
                assert!(worth.contains(&at), "{kind} {search}: packet {at} of {places:?} in {piece:?}");
            }
        }
    }

    const REGEX: &[&str] = &[
        "ab",
        "abcd|bc",
        "a.*b",
        "^ab",
        "ab$",
        r"\bab\b",
        "(?m)^a+b",
        r"\Bb",
        "a|^$|b",
        "[ab]{2,}c",
        "(a|bc)+d",
        "a[^b]*c",
        "(?i)AB",
        "^(a|b)c$",
        r"(?-s).b",
        r"\xff\x00",
        "(?u:a+)b",
        r"(?u:\w)c",
        "ab??",
        "(ab)?c",
        r"\Aab|cd\z",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn nothing_is_missed(
            packets in prop::collection::vec(prop::collection::vec(prop::sample::select(b"abcd\n\x00\xff".to_vec()), 0..12), 0..60),
            between in prop::collection::vec(prop::collection::vec(prop::sample::select(b"abcd\xff".to_vec()), 0..4), 0..3),
            literal in prop::collection::vec(prop::sample::select(b"abcd".to_vec()), 1..4),
        ) {
            let literal = String::from_utf8(literal).unwrap();
            let hex: String = literal.bytes().map(|b| format!("{b:02x}")).collect();
            check("asciicase", &literal, &packets, &between);
            check("ascii", &literal, &packets, &between);
            check("hex", &hex, &packets, &between);
            check("hexregex", &hex, &packets, &between);
            for regex in REGEX {
                check("regex", regex, &packets, &between);
            }
            for regex in ["^61", "6.62", "61(..)*63", "(61|6263)+$", "f+0", "^6|2$"] {
                check("hexregex", regex, &packets, &between);
            }
        }
    }

    #[test]
    fn few_packets_are_worth_a_look() {
        let packets: Vec<(usize, usize)> = (0..100).map(|at| (at * 10 + 2, at * 10 + 10)).collect();
        let mut piece = vec![b'.'; 1_000];
        piece[505..508].copy_from_slice(b"abc");
        piece[700..703].copy_from_slice(b"abc");
        let (mut room, mut worth) = (Vec::new(), Vec::new());
        for (kind, search) in [
            ("asciicase", "abc"),
            ("ascii", "ABC"),
            ("hex", "616263"),
            ("regex", "^abc"),
            ("hexregex", "6162.3"),
        ] {
            let needle = Needle::read(kind, search).unwrap();
            needle.sieve().unwrap().sift(&piece, &packets, &mut room, &mut worth);
            // the second begins before its packet, in what lies between
            assert_eq!(worth, [50, 70], "{kind}");
        }
        // one that needs nothing but its surroundings has none
        assert!(Needle::read("regex", r"\b").unwrap().sieve().is_none());
    }
}
