//! Text to tokens.

use crate::error::Fault;
use crate::expr::{Item, Spanned};
use std::ops::Range;

/// Longest text that is read, bytes. A list of some ten thousand addresses fits.
pub const MAX_LENGTH: usize = 1 << 20;

/// One token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A bare word: field, number, address, pattern, `$shortcut`; also `and`, `or`, `not`, `in`.
    Word(String),
    /// Text in quotes, or a bare word that begins with a slash.
    Quoted(String),
    /// `/…/`; `\/` is already a slash.
    Regex(String),
    /// `[a,b]`, or `]a,b[` where all are wanted.
    List {
        all: bool,
        items: Vec<Spanned<Item>>,
    },
    /// `EXISTS!`
    Exists,
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`
    Op(crate::expr::Op),
    And,
    Or,
    Not,
    Open,
    Close,
}

/// Whether a character may stand in a bare word. Letters and digits of every script are taken.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "-+_.@:*?/$".contains(c)
}

/// Every token with its place, and the fault that ended the reading, where one did.
pub(crate) fn tokens(text: &str) -> (Vec<Spanned<Token>>, Option<Fault>) {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    let fault = lexer.run().err();
    (lexer.tokens, fault)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Spanned<Token>>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    fn push(&mut self, token: Token, len: usize) {
        let span = self.at..self.at + len;
        self.at = span.end;
        self.tokens.push(Spanned { node: token, span });
    }

    fn run(&mut self) -> Result<(), Fault> {
        if self.text.len() > MAX_LENGTH {
            return Err(Fault::new(
                &(MAX_LENGTH..self.text.len()),
                format!("the query is longer than {MAX_LENGTH} bytes"),
            )
            .hint("put long lists of values into a shortcut and search for `$name`"));
        }
        while let Some(c) = self.peek() {
            if c.is_whitespace() {
                self.at += c.len_utf8();
                continue;
            }
            self.one(c)?;
        }
        Ok(())
    }

    fn one(&mut self, c: char) -> Result<(), Fault> {
        use crate::expr::Op;
        const SYMBOLS: &[(&str, Token)] = &[
            ("==", Token::Op(Op::Eq)),
            ("!=", Token::Op(Op::Ne)),
            ("<=", Token::Op(Op::Le)),
            (">=", Token::Op(Op::Ge)),
            ("&&", Token::And),
            ("||", Token::Or),
            ("=", Token::Op(Op::Eq)),
            ("<", Token::Op(Op::Lt)),
            (">", Token::Op(Op::Gt)),
            ("&", Token::And),
            ("|", Token::Or),
            ("!", Token::Not),
            ("(", Token::Open),
            (")", Token::Close),
        ];
        const MISTAKES: &[(&str, &str)] = &[
            ("===", "write `==`"),
            ("=~", "a regular expression is written `== /…/`"),
            ("!~", "a regular expression is written `!= /…/`"),
            ("==~", "a regular expression is written `== /…/`"),
            ("<>", "write `!=`"),
            ("=>", "write `>=`"),
            ("=<", "write `<=`"),
        ];
        if let Some((wrong, right)) = MISTAKES.iter().find(|(wrong, _)| self.rest().starts_with(wrong)) {
            let span = self.at..self.at + wrong.len();
            return Err(Fault::new(&span, format!("`{wrong}` is no operator")).hint(*right));
        }
        match c {
            '"' => self.quoted(),
            '[' => self.list('[', ']'),
            ']' => self.list(']', '['),
            '/' => self.slash(),
            c if is_word(c) => {
                self.word();
                Ok(())
            }
            _ => match SYMBOLS.iter().find(|(symbol, _)| self.rest().starts_with(symbol)) {
                Some((symbol, token)) => {
                    self.push(token.clone(), symbol.len());
                    Ok(())
                }
                None => Err(self.stray(c)),
            },
        }
    }

    fn stray(&self, c: char) -> Fault {
        let fault =
            Fault::new(&(self.at..self.at + c.len_utf8()), format!("`{c}` cannot stand here unquoted"));
        match c {
            '＝' | '！' | '（' | '）' | '＆' | '｜' | '＜' | '＞' | '，' | '“' | '”' | '【' | '】' | '‘'
            | '’' => fault.hint("this is a full-width or typographic character: type the ASCII one"),
            '\'' => fault.hint("text is quoted with \"…\""),
            ',' => fault.hint("a list is written [a,b]"),
            '{' | '}' => fault.hint("a list is written [a,b]"),
            _ => fault.hint("put the value in quotes: \"…\""),
        }
    }

    /// Length of the run of word characters at a place.
    fn run_length(&self) -> usize {
        let rest = self.rest();
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    }

    fn word(&mut self) {
        let len = self.run_length();
        let word = self.rest().get(..len).unwrap_or("").to_owned();
        let after_op = matches!(self.tokens.last().map(|t| &t.node), Some(Token::Op(_)));
        if after_op
            && word.eq_ignore_ascii_case("EXISTS")
            && self.rest().get(len..).is_some_and(|r| r.starts_with('!'))
        {
            self.push(Token::Exists, len + 1);
        } else {
            self.push(Token::Word(word), len);
        }
    }

    /// A value that begins with a slash: the longer of a regular expression and a bare word, as Arkime reads it.
    fn slash(&mut self) -> Result<(), Fault> {
        let bare = self.run_length();
        if let Some((body, len)) = regex(self.rest())
            && len >= bare
        {
            if body.is_empty() {
                return Err(Fault::new(&(self.at..self.at + len), "the regular expression is empty"));
            }
            self.push(Token::Regex(body), len);
            return Ok(());
        }
        let word = self.rest().get(..bare).unwrap_or("").to_owned();
        if bare >= 2 && word.ends_with('/') {
            return Err(Fault::new(
                &(self.at..self.at + bare),
                "a slash inside a regular expression needs a backslash before it",
            )
            .hint("write /a\\/b/ for the expression a/b, or quote a path"));
        }
        self.push(Token::Quoted(word), bare);
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), Fault> {
        let (body, len) = quoted(self.rest()).ok_or_else(|| self.unclosed("\"", '"'))?;
        self.push(Token::Quoted(body), len);
        Ok(())
    }

    fn unclosed(&self, opener: &str, closer: char) -> Fault {
        let span = self.at..self.at + opener.len();
        Fault::new(&span, format!("`{opener}` is not closed")).hint(format!("add `{closer}`"))
    }

    fn list(&mut self, opener: char, closer: char) -> Result<(), Fault> {
        let open = self.at;
        let after_op = match self.tokens.last().map(|t| &t.node) {
            Some(Token::Op(_)) => true,
            Some(Token::Word(word)) => word.eq_ignore_ascii_case("in"),
            _ => false,
        };
        if !after_op {
            let fault =
                Fault::new(&(open..open + 1), format!("`{opener}` cannot stand here: a list is a value"));
            return Err(fault.hint("field == [a,b]"));
        }
        let mut items = Vec::new();
        self.at += 1;
        let closed = loop {
            while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
                self.at += c.len_utf8();
            }
            let start = self.at;
            let Some(first) = self.peek() else { break false };
            if first == closer && items.is_empty() {
                return Err(Fault::new(&(open..start + 1), "the list is empty"));
            }
            let node = self.item(first, closer)?;
            let Some((node, end)) = node else { break false };
            items.push(Spanned { node, span: start..end });
            while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
                self.at += c.len_utf8();
            }
            match self.peek() {
                Some(',') => self.at += 1,
                Some(c) if c == closer => {
                    self.at += 1;
                    break true;
                }
                Some(c) => {
                    let span = self.at..self.at + c.len_utf8();
                    return Err(Fault::new(&span, "expected `,` between the values of a list"));
                }
                None => break false,
            }
        };
        if !closed {
            self.at = open;
            return Err(self.unclosed(&opener.to_string(), closer));
        }
        let span = open..self.at;
        self.tokens.push(Spanned { node: Token::List { all: opener == ']', items }, span });
        Ok(())
    }

    /// One value of a list and where it ends; `None` when the text ends in it.
    fn item(&mut self, first: char, closer: char) -> Result<Option<(Item, usize)>, Fault> {
        let start = self.at;
        if first == '"' {
            let Some((body, len)) = quoted(self.rest()) else { return Ok(None) };
            self.at += len;
            return Ok(Some((Item::Quoted(body), self.at)));
        }
        if first == '/'
            && let Some((body, len)) = regex(self.rest())
            && self.rest().get(len..).is_some_and(|rest| {
                rest.trim_start().starts_with(',') || rest.trim_start().starts_with(closer)
            })
        {
            self.at += len;
            if body.is_empty() {
                return Err(Fault::new(&(start..self.at), "the regular expression is empty"));
            }
            return Ok(Some((Item::Regex(body), self.at)));
        }
        let mut body = String::new();
        let mut escaped = false;
        let mut len = None;
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => {
                    escaped = true;
                    body.extend(chars.next().map(|(_, next)| next));
                }
                c if c == ',' || c == closer => {
                    len = Some(at);
                    break;
                }
                c => body.push(c),
            }
        }
        let Some(len) = len else { return Ok(None) };
        self.at += len;
        let body = body.trim_end();
        if body.is_empty() {
            return Err(Fault::new(&(start..start + 1), "a value of the list is missing")
                .hint("write \"\" for the empty text"));
        }
        let end = start + self.text.get(start..self.at).map_or(len, |t| t.trim_end().len());
        let bare = !escaped && !body.starts_with('/') && body.chars().all(is_word);
        let item = if bare { Item::Word(body.to_owned()) } else { Item::Quoted(body.to_owned()) };
        Ok(Some((item, end)))
    }
}

/// The text of `"…"` at the start, a backslash taking the next character as it is, and the length of the whole.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut body = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((body, at + 1)),
            '\\' => body.push(chars.next()?.1),
            c => body.push(c),
        }
    }
    None
}

/// The body of `/…/` at the start, `\/` made a slash and other escapes kept, and the length of the whole.
fn regex(text: &str) -> Option<(String, usize)> {
    let mut body = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '/' => return Some((body, at + 1)),
            '\n' | '\r' => return None,
            '\\' => match chars.next()?.1 {
                '/' => body.push('/'),
                next => body.extend(['\\', next]),
            },
            c => body.push(c),
        }
    }
    None
}

/// Where the word, quoted text or list value that a cursor touches begins and ends, for completion.
pub(crate) fn word_around(text: &str, cursor: usize) -> Range<usize> {
    let cursor = text.floor_char_boundary(cursor.min(text.len()));
    let (before, after) = text.split_at(cursor);
    let start = before.rfind(|c| !is_word(c)).map_or(0, |at| text.ceil_char_boundary(at + 1));
    let end = cursor + after.find(|c| !is_word(c)).unwrap_or(after.len());
    start..end
}
