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

/// A plain value. `*` makes it a pattern. A backslash is itself, but for those right before a `*` or `?` of a pattern:
/// there two are one, and a single one takes the sign's meaning away (`\*`, which needs `\\*` inside quotes).
pub(crate) fn plain(text: String) -> TextTest {
    if !text.contains('*') {
        return TextTest::Is(text);
    }
    let (mut literal, mut pattern, mut regex) = (String::new(), String::new(), String::new());
    let (mut open, mut taken) = (false, false);
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let slashes = rest.len() - rest.trim_start_matches('\\').len();
        let (run, after) = rest.split_at(slashes);
        let sign = after.chars().next().filter(|c| matches!(c, '*' | '?'));
        let (kept, sign) = match sign {
            Some(sign) => {
                rest = &after[sign.len_utf8()..];
                (&run[..slashes / 2], Some((sign, slashes.is_multiple_of(2))))
            }
            None if slashes > 0 => {
                rest = after;
                (run, None)
            }
            None => {
                let (one, after) = rest.split_at(c.len_utf8());
                rest = after;
                (one, None)
            }
        };
        literal.push_str(kept);
        pattern.push_str(kept);
        regex.push_str(&regex::escape(kept));
        match sign {
            Some((sign, true)) => {
                open = true;
                if sign == '?' || !pattern.ends_with('*') {
                    pattern.push(sign);
                }
                regex.push_str(if sign == '*' { ".*" } else { "." });
            }
            Some((sign, false)) => {
                taken = true;
                literal.push(sign);
                regex.push_str(&regex::escape(sign.encode_utf8(&mut [0; 4])));
            }
            None => {}
        }
    }
    match (open, taken) {
        (false, _) => TextTest::Is(literal),
        // a wildcard cannot say that a star is a star
        (true, true) => TextTest::Regex(regex),
        (true, false) => TextTest::Wildcard(pattern),
    }
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
        assert_eq!(plain(r"\\host\tmp*".into()), TextTest::Wildcard(r"\\host\tmp*".into()));
        assert_eq!(plain(r"c:\\*".into()), TextTest::Wildcard(r"c:\*".into()));
        assert_eq!(plain(r"ü\\\?*".into()), TextTest::Regex(r"ü\\\?.*".into()));
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
