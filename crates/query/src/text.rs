//! Values of string fields: plain texts, patterns, regular expressions, words.

use crate::TextTest;
use fields::{Kind, Transform};
use regex::{Regex, RegexBuilder};

/// Compiled size of one regular expression, bytes.
const MAX_REGEX: usize = 1 << 20;

/// The regular expression that a whole text must match. A dot matches every character; time is linear in the text.
///
/// # Errors
/// The expression is not valid, or too large when compiled.
pub fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .size_limit(MAX_REGEX)
            .dfa_size_limit(MAX_REGEX)
            .dot_matches_new_line(true)
            .build()
    };
    // alone first, so that `a)(b` does not become valid by what is put around it
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

/// A text as a kind stores it.
pub(crate) fn folded(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Lower => text.chars().flat_map(char::to_lowercase).collect(),
        Kind::Upper => text.chars().flat_map(char::to_uppercase).collect(),
        _ => text.to_owned(),
    }
}

/// A regular expression in the case in which a kind stores its values: letters are folded, escapes such as `\D` and
/// group flags stay. Where that does not make a valid expression (`[Z-a]`), the whole ignores case instead.
pub(crate) fn folded_regex(kind: Kind, pattern: &str) -> Result<String, regex::Error> {
    whole(pattern)?;
    if !matches!(kind, Kind::Lower | Kind::Upper) {
        return Ok(pattern.to_owned());
    }
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                let Some(class) = chars.next() else { break };
                out.push(class);
                if matches!(class, 'p' | 'P' | 'x' | 'u' | 'U' | 'b') && chars.peek() == Some(&'{') {
                    for inner in chars.by_ref() {
                        out.push(inner);
                        if inner == '}' {
                            break;
                        }
                    }
                }
            }
            '(' if chars.peek() == Some(&'?') => {
                out.push(c);
                for inner in chars.by_ref() {
                    out.push(inner);
                    if matches!(inner, ':' | ')' | '>') {
                        break;
                    }
                }
            }
            c => out.push_str(&folded(kind, c.encode_utf8(&mut [0; 4]))),
        }
    }
    Ok(if whole(&out).is_ok() { out } else { format!("(?i){pattern}") })
}

/// A search value as the field's transform rewrites it.
pub(crate) fn transformed(transform: Option<Transform>, text: &str) -> String {
    match transform {
        None | Some(Transform::IpProtocol) => text.to_owned(),
        Some(Transform::Mac) => text.replace('-', ":"),
        Some(Transform::Uri) => {
            text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).unwrap_or(text).to_owned()
        }
        Some(Transform::Host) => {
            let host = text.split_once("://").map_or(text, |(_, rest)| rest);
            host.split('/').next().unwrap_or(host).to_owned()
        }
        Some(Transform::TextToHex) => {
            let mut hex = String::new();
            for c in text.chars() {
                match c {
                    '*' => hex.push('*'),
                    '?' if text.contains('*') => hex.push_str("??"),
                    c => hex.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("{b:02x}"))),
                }
            }
            if hex.contains('*') {
                return hex;
            }
            // the field holds eight bytes
            hex.truncate(16);
            hex + "*"
        }
    }
}

/// A plain value. `*` makes it a pattern; `\*` in it is a star itself (which needs `\\*` inside quotes).
pub(crate) fn plain(text: String) -> TextTest {
    if !text.contains('*') {
        return TextTest::Is(text);
    }
    if !text.contains('\\') {
        let mut pattern = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '*' || !pattern.ends_with('*') {
                pattern.push(c);
            }
        }
        return TextTest::Wildcard(pattern);
    }
    let (mut literal, mut regex, mut open) = (String::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let taken = match c {
            '\\' => chars.next().unwrap_or('\\'),
            '*' | '?' => {
                open = true;
                regex.push_str(if c == '*' { ".*" } else { "." });
                continue;
            }
            c => c,
        };
        literal.push(taken);
        regex.push_str(&regex::escape(taken.encode_utf8(&mut [0; 4])));
    }
    if open { TextTest::Regex(regex) } else { TextTest::Is(literal) }
}

/// The words of a text: runs of letters, digits and underscores, folded to lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_regexes_but_not_their_escapes() {
        let fold = |p: &str| folded_regex(Kind::Lower, p).unwrap();
        assert_eq!(fold(r"WWW\.\D+\.[A-Z]{2}"), r"www\.\D+\.[a-z]{2}");
        assert_eq!(fold(r"(?P<Name>ABC)\p{Lu}\x{41}"), r"(?P<Name>abc)\p{Lu}\x{41}");
        assert_eq!(fold("[Z-a]"), "(?i)[Z-a]");
        assert_eq!(folded_regex(Kind::Term, "AbC").unwrap(), "AbC");
        assert!(folded_regex(Kind::Lower, "a)(b").is_err());
        assert!(folded_regex(Kind::Lower, r"(\w{200}){200}").is_err());
    }

    #[test]
    fn regex_is_whole_and_dot_takes_all() {
        assert!(whole("a|b.").unwrap().is_match("b\n"));
        assert!(!whole("a|b").unwrap().is_match("ab"));
    }

    #[test]
    fn patterns() {
        assert_eq!(plain("a?c".into()), TextTest::Is("a?c".into()));
        assert_eq!(plain("a**?c".into()), TextTest::Wildcard("a*?c".into()));
        assert_eq!(plain(r"a\*c".into()), TextTest::Is("a*c".into()));
        assert_eq!(plain(r"a\*c*".into()), TextTest::Regex(r"a\*c.*".into()));
    }

    #[test]
    fn transforms() {
        let host = |t| transformed(Some(Transform::Host), t);
        assert_eq!(host("https://x.com/y?z"), "x.com");
        assert_eq!(host("x.com"), "x.com");
        assert_eq!(transformed(Some(Transform::Uri), "http://x/y"), "x/y");
        assert_eq!(transformed(Some(Transform::Mac), "00-11-22"), "00:11:22");
        assert_eq!(transformed(Some(Transform::TextToHex), "GET"), "474554*");
        assert_eq!(transformed(Some(Transform::TextToHex), "*ET?"), "*4554??");
    }
}
