use super::*;
use proptest::prelude::*;

/// The same by PCRE; nothing where it does not take the pattern.
fn judge(pattern: &str, subject: &[u8]) -> Option<Option<Match>> {
    let regex = pcre2::bytes::RegexBuilder::new().caseless(true).build(pattern).ok()?;
    let mut locations = regex.capture_locations();
    let found = regex.captures_read(&mut locations, subject).ok()?;
    Some(
        found.map(|whole| Match {
            whole: whole.start()..whole.end(),
            group: locations.get(1).map(|(a, b)| a..b),
        }),
    )
}

fn same(pattern: &str, subjects: &[&[u8]]) {
    let ours = Pattern::new(pattern, true).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for subject in subjects {
        let theirs = judge(pattern, subject).unwrap_or_else(|| panic!("PCRE refuses {pattern}"));
        assert_eq!(ours.find(subject), theirs, "{pattern} on {:?}", subject.escape_ascii().to_string());
    }
}

#[test]
fn the_dialect_is_that_of_pcre() {
    same(r"^a$", &[b"a", b"a\n", b"A\n", b"a\n\n", b"ab", b"\na"]);
    same(r"(b|$)", &[b"a", b"a\n", b"B", b""]);
    same(r"(?:([-\w. +]+)$|ubnt/([\w.-]+))", &[b"dnsmasq 2.80\n", b"ubnt/1", b"x\n\n"]);
    same(r"\0\01\x0\x0AAA\x{7f}", &[b"\0\x01\0\nAA\x7f", b"\0\x01\0AAA\x7f"]);
    same(r"[\x00-\xff]{2}.[^a]", &[b"\xff\xfe\x80b", b"12\nb", b"123A", b"1234"]);
    same(r"\${x{a}{", &[b"${x{a}{", b"${xx"]);
    same(r"^(?!ssh|SSH)-([12]\.[0-9])", &[b"-2.0-x", b"SSH-2.0", b"-1.5"]);
    same(r"[]a]+[^]b]", &[b"]a]c", b"]b"]);
    same(r"[[:alpha:]_-]+[\d-]", &[b"ab-3", b"ab-X", b"--"]);
    same(r"\Qa.b\E+\d{2}", &[b"a.bb12", b"aXb12"]);
    same(r"(?i)a(?-i)b", &[b"Ab", b"aB", b"AB"]);
    same(r"(?s).(?-s).", &[b"\na", b"a\n"]);
    same(r"(?m)^b$", &[b"a\nb\nc", b"ab"]);
    same(r"a(?#comment)b\cA\e\h\v", &[b"ab\x01\x1b \n", b"ab"]);
    same(r"(a|ab)(c|bcd)?", &[b"abcd", b"ac"]);
    same(r"(?:x(a)|y)+", &[b"xay", b"yxa", b"xayy"]);
    same(r"\bunion.+select\b", &[b"id=1 union+select", b"1union select", b"UNION\nSELECT"]);
    same("é", &["É é".as_bytes(), b"\xc3\xa9", b"\xe9"]);
}

#[test]
fn what_needs_backtracking_is_refused_with_its_place() {
    for (pattern, column) in [
        (r"(a)\1", 5),
        (r"a(?=b)", 3),
        (r"(?<!x)a", 2),
        (r"(?>ab)c", 2),
        (r"ab*+c", 3),
        (r"x(?!y)z?", 5),
        (r"a$b", 3),
        (r"(a$)+", 4),
    ] {
        match Pattern::new(pattern, true) {
            Err(Refused::Backtracking { column: at, .. }) => assert_eq!(at, column, "{pattern}"),
            other => panic!("{pattern}: {other:?}"),
        }
    }
    for pattern in ["(", ")", "a)", "[a", r"\", "*a", "a{3,1}", r"[b-a]", "(?x)a", r"\pL", "[[:nothing:]]"] {
        assert!(matches!(Pattern::new(pattern, true), Err(Refused::Syntax { .. })), "{pattern}");
    }
    assert!(matches!(Pattern::new("(a{1,900}){1,900}", true), Err(Refused::Large(_))));
}

/// Patterns of what rules are made of.
fn pattern() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        "[ab01 /=]",
        Just(r"\x0a".to_owned()),
        Just(r"\0".to_owned()),
        Just(".".to_owned()),
        Just(r"\d".to_owned()),
        Just(r"\w".to_owned()),
        Just(r"\s".to_owned()),
        Just(r"\b".to_owned()),
        Just("[^a0]".to_owned()),
        Just(r"[\x00-\x1fa-b]".to_owned()),
        Just(r"[\s\S]".to_owned()),
    ];
    let leaf = (atom, prop_oneof![4 => Just(""), 1 => Just("*"), 1 => Just("+"), 1 => Just("?"), 1 => Just("*?"), 1 => Just("{1,2}")])
        .prop_map(|(atom, times)| if atom == r"\b" { atom } else { atom + times });
    let tree = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            inner.clone().prop_map(|a| format!("(?:{a})?")),
            inner.prop_map(|a| format!("({a})")),
        ]
    });
    (prop::bool::weighted(0.3), tree, prop::bool::weighted(0.3)).prop_map(|(begin, tree, end)| {
        format!("{}{tree}{}", if begin { "^" } else { "" }, if end { "$" } else { "" })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_pattern_matches_as_pcre_says(
        pattern in pattern(),
        subjects in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'a'), Just(b'B'), Just(b'0'), Just(b' '), Just(b'\n'), Just(0u8), Just(0xe4u8), Just(b'/')], 0..12), 1..6),
    ) {
        if let Ok(ours) = Pattern::new(&pattern, true) {
            for subject in &subjects {
                if let Some(theirs) = judge(&pattern, subject) {
                    prop_assert_eq!(ours.find(subject), theirs, "{} on {}", pattern, subject.escape_ascii().to_string());
                }
            }
        }
    }

    #[test]
    fn no_text_panics(pattern in "[ -~]{0,40}") {
        let _ = Pattern::new(&pattern, true);
    }
}
