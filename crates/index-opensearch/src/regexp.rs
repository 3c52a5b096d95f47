//! Regular expressions in Lucene's syntax.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Characters of an expression that a cluster takes (`index.max_regex_length` is 1000 unless it was changed).
const MAX: usize = 1_000;

/// The expression for a `regexp` query without operators of Lucene's own (`flags: NONE`) that matches the same whole texts; `None` where Lucene
/// has no way to say it (word boundaries, anchors in the middle) or it would be too long.
pub(crate) fn lucene(pattern: &str) -> Option<String> {
    // as `query::whole` reads it: a dot takes every character
    let hir = ParserBuilder::new().dot_matches_new_line(true).build().parse(pattern).ok()?;
    let mut out = String::new();
    write(&mut out, &hir, true, true)?;
    (out.chars().count() <= MAX).then_some(out)
}

/// `first` and `last`: nothing can be before or after this part.
fn write(out: &mut String, hir: &Hir, first: bool, last: bool) -> Option<()> {
    if out.len() > 8 * MAX {
        return None;
    }
    match hir.kind() {
        HirKind::Empty => out.push_str("()"),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars().for_each(|c| character(out, c));
        }
        HirKind::Class(Class::Unicode(class)) => {
            if class.ranges().is_empty() {
                return None;
            }
            let all = matches!(class.ranges(), [one] if one.start() == '\0' && one.end() == char::MAX);
            if all {
                out.push('.');
                return Some(());
            }
            out.push('[');
            for range in class.ranges() {
                character(out, range.start());
                if range.start() != range.end() {
                    out.push('-');
                    character(out, range.end());
                }
            }
            out.push(']');
        }
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Look(Look::Start) if first => out.push_str("()"),
        HirKind::Look(Look::End) if last => out.push_str("()"),
        HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => {
            out.push('(');
            // in a repetition of an anchor there is no saying what stands beside it
            write(out, &repetition.sub, false, false)?;
            out.push(')');
            match (repetition.min, repetition.max) {
                (0, None) => out.push('*'),
                (1, None) => out.push('+'),
                (0, Some(1)) => out.push('?'),
                (min, None) => out.push_str(&format!("{{{min},}}")),
                (min, Some(max)) => out.push_str(&format!("{{{min},{max}}}")),
            }
        }
        HirKind::Capture(capture) => {
            out.push('(');
            write(out, &capture.sub, first, last)?;
            out.push(')');
        }
        HirKind::Concat(parts) => {
            let count = parts.len();
            for (at, part) in parts.iter().enumerate() {
                write(out, part, first && at == 0, last && at + 1 == count)?;
            }
        }
        HirKind::Alternation(parts) => {
            out.push('(');
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push('|');
                }
                write(out, part, first, last)?;
            }
            out.push(')');
        }
    }
    Some(())
}

/// A character that stands for itself. Letters and digits must not be escaped: `\d` is a class.
fn character(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        out.push('\\');
    }
    out.push(c);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_same_in_lucene() {
        assert_eq!(lucene("a.*").as_deref(), Some("a(.)*"));
        assert_eq!(lucene("^a-b~#$").as_deref(), Some(r"()a\-b\~\#()"));
        assert_eq!(lucene("[^a]").as_deref(), Some("[\\\0-`b-\u{10FFFF}]".replace('`', "\\`").as_str()));
        assert_eq!(lucene("(a|bc){2,3}").as_deref(), Some("((([a]|bc))){2,3}".replace("[a]", "a").as_str()));
        assert_eq!(
            lucene("(?i)k").map(|text| text.contains('\u{212A}')),
            Some(true),
            "the Kelvin sign folds to k"
        );
    }

    #[test]
    fn what_lucene_cannot_say_is_known() {
        for pattern in [r"\bword\b", "a^b", "(a$)b", r"\p{Letter}{1,2}\p{Number}", "(^a)*"] {
            assert_eq!(lucene(pattern), None, "{pattern}");
        }
    }
}
