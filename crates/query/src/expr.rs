//! A query as it was typed: operators and values, names not yet looked up.

use crate::token::is_word;
use std::fmt::{self, Write as _};
use std::ops::Range;

/// Something with its place in the text. Two are equal when what they hold is, wherever it stood.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// What stands there.
    pub node: T,
    /// Where, in bytes.
    pub span: Range<usize>,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `==`
    Eq,
    /// `!=`: no value equals.
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        })
    }
}

/// One literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A bare word: number, address, pattern, or `$shortcut`. Never begins with a slash.
    Word(String),
    /// Quoted text. Wildcards work in it, shortcuts do not.
    Quoted(String),
    /// A regular expression without its slashes.
    Regex(String),
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One literal.
    One(Item),
    /// `[a,b]`: any of them; `]a,b[`: all of them on one session.
    List {
        /// Whether all are wanted.
        all: bool,
        /// The literals, at least one.
        items: Vec<Spanned<Item>>,
    },
    /// `EXISTS!`
    Exists,
}

/// A query as it was typed. It prints itself as text that reads back as the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Every one, at least two.
    And(Vec<Expr>),
    /// At least one, at least two.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// One comparison.
    Test {
        /// Name of the field.
        field: Spanned<String>,
        /// How.
        op: Op,
        /// With what.
        value: Spanned<Value>,
    },
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Word(word) => f.write_str(word),
            Item::Quoted(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_char('\\')?;
                    }
                    f.write_char(c)?;
                }
                f.write_char('"')
            }
            Item::Regex(body) => {
                f.write_char('/')?;
                let mut chars = body.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '/' => f.write_str("\\/")?,
                        '\\' => {
                            f.write_char('\\')?;
                            chars.next().map_or(Ok(()), |next| f.write_char(next))?;
                        }
                        c => f.write_char(c)?,
                    }
                }
                f.write_char('/')
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::One(item) => item.fmt(f),
            Value::Exists => f.write_str("EXISTS!"),
            Value::List { all, items } => {
                f.write_char(if *all { ']' } else { '[' })?;
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        f.write_char(',')?;
                    }
                    item.node.fmt(f)?;
                }
                f.write_char(if *all { '[' } else { ']' })
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn chain(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str, inside_or: bool) -> fmt::Result {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    f.write_str(word)?;
                }
                match part {
                    Expr::And(_) if inside_or => write!(f, "{part}")?,
                    Expr::And(_) | Expr::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        }
        match self {
            Expr::And(parts) => chain(f, parts, " && ", false),
            Expr::Or(parts) => chain(f, parts, " || ", true),
            Expr::Not(inner) => match **inner {
                Expr::And(_) | Expr::Or(_) => write!(f, "!({inner})"),
                _ => write!(f, "!{inner}"),
            },
            Expr::Test { field, op, value } => write!(f, "{} {op} {}", field.node, value.node),
        }
    }
}

impl Item {
    /// A literal that reads back as this text: bare where it can be.
    pub fn literal(text: &str) -> Self {
        let bare =
            !text.is_empty() && !text.starts_with('/') && !text.starts_with('$') && text.chars().all(is_word);
        if bare { Item::Word(text.to_owned()) } else { Item::Quoted(text.to_owned()) }
    }
}
