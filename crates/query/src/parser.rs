//! Tokens to expression. `!` binds tightest, then `&&`, then `||`.

use crate::error::{Fault, SyntaxError};
use crate::expr::{Expr, Item, Op, Spanned, Value};
use crate::token::{Token, tokens};
use std::ops::Range;

/// How deep parentheses and `!` may nest.
pub const MAX_DEPTH: usize = 100;

/// Reads a query. `None` for a text without anything in it.
pub fn parse(text: &str) -> Result<Option<Expr>, SyntaxError> {
    parse_faulty(text).map_err(|fault| SyntaxError::at(text, fault))
}

pub(crate) fn parse_faulty(text: &str) -> Result<Option<Expr>, Fault> {
    let (tokens, fault) = tokens(text);
    if let Some(fault) = fault {
        return Err(fault);
    }
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.len(), depth: 0 };
    let expr = parser.either()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(extra) => Err(parser.unexpected(extra)),
    }
}

struct Parser<'a> {
    tokens: &'a [Spanned<Token>],
    at: usize,
    end: usize,
    depth: usize,
}

fn is_keyword(token: &Token, keyword: &str) -> bool {
    matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Spanned<Token>> {
        self.tokens.get(self.at)
    }
    fn next_is(&self, ahead: usize, test: impl Fn(&Token) -> bool) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|t| test(&t.node))
    }
    fn here(&self) -> Range<usize> {
        self.peek().map_or(self.end..self.end, |t| t.span.clone())
    }

    fn either(&mut self) -> Result<Expr, Fault> {
        let mut parts = vec![self.every()?];
        while self.next_is(0, |t| *t == Token::Or || is_keyword(t, "or")) {
            self.at += 1;
            parts.push(self.every()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn every(&mut self) -> Result<Expr, Fault> {
        let mut parts = vec![self.one()?];
        while self.next_is(0, |t| *t == Token::And || is_keyword(t, "and")) {
            self.at += 1;
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn one(&mut self) -> Result<Expr, Fault> {
        let here = self.here();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(&here, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let is_op = |t: &Token| matches!(t, Token::Op(_));
        let negated = self.next_is(0, |t| *t == Token::Not)
            || (self.next_is(0, |t| is_keyword(t, "not")) && !self.next_is(1, is_op));
        let expr = if negated {
            self.at += 1;
            Expr::Not(Box::new(self.one()?))
        } else if self.next_is(0, |t| *t == Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            match self.peek() {
                Some(token) if token.node == Token::Close => self.at += 1,
                Some(token) => return Err(self.unexpected(token)),
                None => return Err(Fault::new(&here, "`(` is not closed").hint("add `)`")),
            }
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn test(&mut self) -> Result<Expr, Fault> {
        let Some(token) = self.peek() else {
            let end = self.end..self.end;
            return Err(Fault::new(&end, "the query ends where a field is expected")
                .hint("for instance `port.dst == 443`"));
        };
        let Token::Word(name) = &token.node else {
            let what = Fault::new(&token.span, format!("expected a field, not {}", name_of(&token.node)));
            return Err(match &token.node {
                Token::Quoted(_) | Token::Regex(_) => what.hint("write `field == value`"),
                _ => what,
            });
        };
        let field = Spanned { node: name.clone(), span: token.span.clone() };
        self.at += 1;
        let op = self.op(&field)?;
        let value = self.value(&field)?;
        Ok(Expr::Test { field, op, value })
    }

    fn op(&mut self, field: &Spanned<String>) -> Result<Op, Fault> {
        let Some(token) = self.peek() else { return Err(lonely(field)) };
        if let Token::Op(op) = token.node {
            self.at += 1;
            return Ok(op);
        }
        if is_keyword(&token.node, "in") {
            self.at += 1;
            return Ok(Op::Eq);
        }
        if is_keyword(&token.node, "not") && self.next_is(1, |t| is_keyword(t, "in")) {
            self.at += 2;
            return Ok(Op::Ne);
        }
        let wish = |hint: String| {
            Err(Fault::new(&token.span, format!("expected an operator, not {}", name_of(&token.node)))
                .hint(hint))
        };
        let name = &field.node;
        match &token.node {
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "contains" | "like" => wish(format!("write `{name} == *text*`")),
                "matches" | "regex" => wish(format!("write `{name} == /regular expression/`")),
                "exists" => wish(format!("write `{name} == EXISTS!`")),
                "is" | "eq" | "equals" => wish("write `==`".to_owned()),
                "ne" => wish("write `!=`".to_owned()),
                "gt" => wish("write `>`".to_owned()),
                "lt" => wish("write `<`".to_owned()),
                "ge" | "gte" => wish("write `>=`".to_owned()),
                "le" | "lte" => wish("write `<=`".to_owned()),
                _ => wish("one of == != < <= > >= in".to_owned()),
            },
            Token::And | Token::Or | Token::Close => Err(lonely(field)),
            _ => wish("one of == != < <= > >= in".to_owned()),
        }
    }

    fn value(&mut self, field: &Spanned<String>) -> Result<Spanned<Value>, Fault> {
        let name = &field.node;
        let Some(token) = self.peek() else {
            let end = self.end..self.end;
            return Err(Fault::new(&end, format!("a value for {name} is missing")));
        };
        let node = match &token.node {
            Token::Word(word) => Value::One(Item::Word(word.clone())),
            Token::Quoted(text) => Value::One(Item::Quoted(text.clone())),
            Token::Regex(body) => Value::One(Item::Regex(body.clone())),
            Token::List { all, items } => Value::List { all: *all, items: items.clone() },
            Token::Exists => Value::Exists,
            other => {
                let fault =
                    Fault::new(&token.span, format!("expected a value for {name}, not {}", name_of(other)));
                return Err(match other {
                    Token::Open => fault.hint("a list is written [a,b]"),
                    _ => fault,
                });
            }
        };
        self.at += 1;
        Ok(Spanned { node, span: token.span.clone() })
    }

    fn unexpected(&self, token: &Spanned<Token>) -> Fault {
        match &token.node {
            Token::Close => Fault::new(&token.span, "`)` closes nothing"),
            Token::Word(_) | Token::Quoted(_) | Token::Regex(_) | Token::Open | Token::Not => {
                Fault::new(&token.span, format!("expected && or || before {}", name_of(&token.node)))
                    .hint("a value with spaces or other signs needs quotes: \"…\"")
            }
            other => Fault::new(&token.span, format!("expected && or ||, not {}", name_of(other))),
        }
    }
}

/// A word without an operator: says what was probably meant.
fn lonely(field: &Spanned<String>) -> Fault {
    let name = &field.node;
    let fault = Fault::new(&field.span, format!("expected an operator after {name}"));
    if name.parse::<std::net::IpAddr>().is_ok() {
        fault.hint(format!("write `ip == {name}`"))
    } else if name.parse::<u16>().is_ok() {
        fault.hint(format!("write `port == {name}`"))
    } else if name.chars().all(|c| c.is_ascii_alphanumeric()) {
        fault.hint(format!("write `{name} == EXISTS!`, or `protocols == {name}` for a protocol"))
    } else {
        fault.hint(format!("write `{name} == EXISTS!` for sessions that have it"))
    }
}

fn name_of(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("`{}`", shortened(word)),
        Token::Quoted(text) => format!("\"{}\"", shortened(text)),
        Token::Regex(body) => format!("/{}/", shortened(body)),
        Token::List { .. } => "a list".to_owned(),
        Token::Exists => "EXISTS!".to_owned(),
        Token::Op(op) => format!("`{op}`"),
        Token::And => "&&".to_owned(),
        Token::Or => "||".to_owned(),
        Token::Not => "`!`".to_owned(),
        Token::Open => "`(`".to_owned(),
        Token::Close => "`)`".to_owned(),
    }
}

/// A value as messages quote it.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}
