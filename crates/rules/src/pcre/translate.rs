//! From a pattern of PCRE to one of the `regex` crate, in one pass.

use super::Refused;
use super::bytes::Bytes;
use super::cursor::{Cursor, Escape};
use super::lookahead;

/// Groups inside each other: beyond, a pattern is refused rather than recursed into.
const MAX_DEPTH: usize = 100;
/// Largest count of a repetition, as in PCRE.
const MAX_REPEAT: u32 = 65_535;

/// A translated pattern.
pub(super) struct Translated {
    pub(super) text: String,
    pub(super) first_group: Option<usize>,
    pub(super) line_ends: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Flags {
    caseless: bool,
    multiline: bool,
    dot_all: bool,
}

struct Translator<'p> {
    cursor: Cursor<'p>,
    flags: Flags,
    out: String,
    /// Capturing groups of the original, all of them, for telling back-references from octal numbers.
    all_groups: u32,
    /// Capturing groups written so far.
    written: usize,
    first_group: Option<usize>,
    line_ends: Vec<usize>,
}

/// Translates a pattern.
pub(super) fn translate(pattern: &[u8], caseless: bool) -> Result<Translated, Refused> {
    let mut translator = Translator {
        cursor: Cursor { text: pattern, at: 0 },
        flags: Flags { caseless, multiline: false, dot_all: false },
        out: String::with_capacity(pattern.len() * 2),
        all_groups: count_groups(pattern)?,
        written: 0,
        first_group: None,
        line_ends: Vec::new(),
    };
    if pattern.starts_with(b"(*") {
        return translator.cursor.syntax("options and verbs of PCRE, (*…), are not supported");
    }
    translator.alternatives(0)?;
    if translator.cursor.peek().is_some() {
        return translator.cursor.syntax("a ) without its (");
    }
    let Translator { out: text, first_group, line_ends, .. } = translator;
    Ok(Translated { text, first_group, line_ends })
}

/// How many capturing groups a pattern has.
fn count_groups(pattern: &[u8]) -> Result<u32, Refused> {
    let mut cursor = Cursor { text: pattern, at: 0 };
    let mut count = 0;
    while let Some(byte) = cursor.next() {
        match byte {
            b'\\' if cursor.eat(b"Q") => {
                while cursor.peek().is_some() && !cursor.eat(br"\E") {
                    cursor.at += 1
                }
            }
            b'\\' => cursor.at += 1,
            b'[' => {
                cursor.class(false)?;
            }
            b'(' => {
                let rest = cursor.rest();
                let named = [b"?P<".as_slice(), b"?'"].iter().any(|p| rest.starts_with(p))
                    || rest.starts_with(b"?<") && !rest.starts_with(b"?<=") && !rest.starts_with(b"?<!");
                count += u32::from(named || !rest.starts_with(b"?"));
            }
            _ => {}
        }
    }
    Ok(count)
}

impl Translator<'_> {
    /// Alternatives up to a `)` that is not theirs, or the end.
    fn alternatives(&mut self, depth: usize) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return self.cursor.syntax("groups too deep inside each other");
        }
        loop {
            self.sequence(depth)?;
            if self.cursor.peek() != Some(b'|') {
                return Ok(());
            }
            self.cursor.at += 1;
            self.out.push('|');
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<(), Refused> {
        while let Some(byte) = self.cursor.peek() {
            if matches!(byte, b'|' | b')') {
                return Ok(());
            }
            let begin = self.out.len();
            if self.item(depth)? {
                self.quantifiers(begin)?;
            }
        }
        Ok(())
    }

    /// One item; whether it can be repeated.
    fn item(&mut self, depth: usize) -> Result<bool, Refused> {
        let Some(byte) = self.cursor.next() else { return Ok(false) };
        match byte {
            b'\\' => {
                match self.cursor.escape(Some(self.all_groups))? {
                    Escape::Set(set) => self.set(set),
                    Escape::Boundary(yes) => self.out.push_str(if yes { r"\b" } else { r"\B" }),
                    Escape::Start => self.out.push_str(r"\A"),
                    Escape::End => self.out.push_str(r"\z"),
                    Escape::LastLine => self.line_end()?,
                    Escape::Quote => {
                        while let Some(byte) = self.cursor.peek() {
                            if self.cursor.eat(br"\E") {
                                break;
                            }
                            self.cursor.at += 1;
                            let begin = self.out.len();
                            self.set(Bytes::one(byte));
                            // a quantifier behind \E is the last byte's
                            if self.cursor.rest().starts_with(br"\E") {
                                self.cursor.at += 2;
                                self.quantifiers(begin)?;
                                break;
                            }
                        }
                        return Ok(false);
                    }
                    Escape::Nothing => return Ok(false),
                }
            }
            b'[' => {
                let set = self.cursor.class(self.flags.caseless)?;
                set.write(&mut self.out);
            }
            b'.' => {
                let set = if self.flags.dot_all { Bytes::ALL } else { Bytes::one(b'\n').not() };
                set.write(&mut self.out);
            }
            b'^' if self.flags.multiline => self.out.push_str("(?m:^)"),
            b'^' => self.out.push_str(r"\A"),
            b'$' if self.flags.multiline => self.out.push_str("(?m:$)"),
            b'$' => self.line_end()?,
            b'(' => return self.group(depth),
            b'*' | b'+' | b'?' => {
                self.cursor.at -= 1;
                return self.cursor.syntax("nothing to repeat");
            }
            byte => self.set(Bytes::one(byte)),
        }
        Ok(true)
    }

    fn set(&mut self, set: Bytes) {
        let set = if self.flags.caseless { set.folded() } else { set };
        set.write(&mut self.out);
    }

    /// `$`, which also stands before a line feed that is the last byte. The translation takes that byte; where nothing can follow, this is
    /// put right afterwards.
    fn line_end(&mut self) -> Result<(), Refused> {
        if !lookahead::nothing_follows(self.cursor)? {
            return self.cursor.backtracking("a $ with something behind it");
        }
        self.written += 1;
        self.line_ends.push(self.written);
        self.out.push_str(r"(?:(\x0a?)\z)");
        Ok(())
    }

    /// A group; the cursor stands behind its `(`.
    fn group(&mut self, depth: usize) -> Result<bool, Refused> {
        let before = self.flags;
        let open = self.cursor;
        if self.cursor.eat(b"?#") {
            while let Some(byte) = self.cursor.next() {
                if byte == b')' {
                    return Ok(false);
                }
            }
            return open.syntax("a comment without its )");
        }
        if self.cursor.eat(b"?!") {
            lookahead::vacuous(&mut self.cursor, self.flags.caseless)?;
            return Ok(false);
        }
        if self.cursor.peek() == Some(b'*') {
            return open.syntax("verbs of PCRE, (*…), are not supported");
        }
        let mut capturing = true;
        if self.cursor.eat(b"?") {
            capturing = false;
            let rest = self.cursor.rest();
            let name_end = match rest {
                [b'=', ..] => return open.backtracking("look-ahead"),
                [b'<', b'=' | b'!', ..] => return open.backtracking("look-behind"),
                [b'>', ..] => return open.backtracking("an atomic group"),
                [b'|', ..] => return open.syntax("groups that share numbers, (?|, are not supported"),
                [b'(', ..] => return open.backtracking("a condition"),
                [b'R' | b'&' | b'0'..=b'9', ..] => return open.backtracking("recursion"),
                [b'P', b'=' | b'>', ..] => return open.backtracking("a back-reference or recursion"),
                [b'P', b'<', ..] => Some((2, b'>')),
                [b'<', ..] => Some((1, b'>')),
                [b'\'', ..] => Some((1, b'\'')),
                _ => None,
            };
            if let Some((skip, close)) = name_end {
                self.cursor.at += skip;
                loop {
                    match self.cursor.next() {
                        Some(byte) if byte == close => break,
                        Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => {}
                        _ => return open.syntax("a name of a group that does not end"),
                    }
                }
                capturing = true;
            } else if self.options()? {
                return Ok(false);
            }
        }
        if capturing {
            self.written += 1;
            self.first_group.get_or_insert(self.written);
            self.out.push('(');
        } else {
            self.out.push_str("(?:");
        }
        self.alternatives(depth + 1)?;
        if self.cursor.next() != Some(b')') {
            return open.syntax("a group without its )");
        }
        self.out.push(')');
        self.flags = before;
        Ok(true)
    }

    /// Options behind `(?`: true when they hold for the rest of the group around, `(?i)`; false when a group of its own begins, `(?i:`.
    fn options(&mut self) -> Result<bool, Refused> {
        let mut on = true;
        loop {
            match self.cursor.next() {
                Some(b'-') => on = false,
                Some(b'i') => self.flags.caseless = on,
                Some(b'm') => self.flags.multiline = on,
                Some(b's') => self.flags.dot_all = on,
                Some(b':') => return Ok(false),
                Some(b')') => return Ok(true),
                _ => {
                    self.cursor.at -= 1;
                    return self.cursor.syntax("an option other than i, m and s");
                }
            }
        }
    }

    /// Repetitions of what was written from `begin` on.
    fn quantifiers(&mut self, begin: usize) -> Result<(), Refused> {
        let mut again = false;
        loop {
            let here = self.cursor;
            let text = match self.cursor.peek() {
                Some(byte @ (b'*' | b'+' | b'?')) => {
                    self.cursor.at += 1;
                    char::from(byte).to_string()
                }
                Some(b'{') => match self.counts()? {
                    Some(text) => text,
                    None => return Ok(()),
                },
                _ => return Ok(()),
            };
            if again {
                self.out.insert_str(begin, "(?:");
                self.out.push(')');
            }
            self.out.push_str(&text);
            match self.cursor.peek() {
                Some(b'?') => {
                    self.cursor.at += 1;
                    self.out.push('?');
                }
                Some(b'+') => return here.backtracking("a possessive repetition"),
                _ => {}
            }
            again = true;
        }
    }

    /// `{n}`, `{n,}`, `{n,m}`; nothing where the brace is an ordinary character.
    fn counts(&mut self) -> Result<Option<String>, Refused> {
        let rest = self.cursor.rest();
        let Some(end) = rest.iter().position(|byte| *byte == b'}') else { return Ok(None) };
        let inner = rest.get(1..end).unwrap_or_default();
        let mut parts = inner.splitn(2, |byte| *byte == b',');
        let (low, high) = (parts.next().unwrap_or_default(), parts.next());
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        if !digits(low) || !high.is_none_or(|high| high.is_empty() || digits(high)) {
            return Ok(None);
        }
        let value = |text: &[u8]| {
            let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u32>().ok());
            value.filter(|value| *value <= MAX_REPEAT)
        };
        let Some(low) = value(low) else { return self.cursor.syntax("a repetition of more than 65535") };
        let text = match high {
            None => format!("{{{low}}}"),
            Some([]) => format!("{{{low},}}"),
            Some(high) => match value(high) {
                Some(high) if high >= low => format!("{{{low},{high}}}"),
                Some(_) => return self.cursor.syntax("a repetition whose numbers are out of order"),
                None => return self.cursor.syntax("a repetition of more than 65535"),
            },
        };
        self.cursor.at += end + 1;
        Ok(Some(text))
    }
}
