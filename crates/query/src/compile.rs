//! Expression to plan: names looked up, values read as their field's kind wants them.

use crate::error::{Fault, SyntaxError};
use crate::expr::{Expr, Item, Op, Spanned, Value};
use crate::fault::{invalid_operator, unknown_field};
use crate::parser::{parse_faulty, shortened};
use crate::value::{Reader, Subject};
use crate::{Env, Plan, Test, TextMatcher, TextTest};
use fields::{Entry, Resolved};
use std::cell::Cell;

/// How many views deep a view may refer to others.
const MAX_VIEWS: usize = 10;

/// Reads a query against an environment. An empty text means every session.
///
/// # Errors
/// The place and what is wrong there, with a hint where one is known.
pub fn compile(text: &str, env: &Env<'_>) -> Result<Plan, SyntaxError> {
    let compiler = Compiler { env, regexes: Cell::new(0), views: 0 };
    compiler.text(text).map_err(|fault| SyntaxError::at(text, fault))
}

/// Reads an expression against an environment; `text` is what its spans count in.
///
/// # Errors
/// As [`compile`].
pub fn bind(expr: &Expr, text: &str, env: &Env<'_>) -> Result<Plan, SyntaxError> {
    let compiler = Compiler { env, regexes: Cell::new(0), views: 0 };
    compiler.expr(expr).map(Plan::simplify).map_err(|fault| SyntaxError::at(text, fault))
}

pub(crate) struct Compiler<'a> {
    pub env: &'a Env<'a>,
    /// Regular expressions met so far; shared by the views of a query.
    pub regexes: Cell<usize>,
    views: usize,
}

impl Compiler<'_> {
    fn text(&self, text: &str) -> Result<Plan, Fault> {
        Ok(match parse_faulty(text)? {
            None => Plan::All,
            Some(expr) => self.expr(&expr)?.simplify(),
        })
    }

    fn expr(&self, expr: &Expr) -> Result<Plan, Fault> {
        let all = |parts: &[Expr]| parts.iter().map(|part| self.expr(part)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::And(parts) => Plan::And(all(parts)?),
            Expr::Or(parts) => Plan::Or(all(parts)?),
            Expr::Not(inner) => Plan::Not(Box::new(self.expr(inner)?)),
            Expr::Test { field, op, value } => self.test(field, *op, value)?,
        })
    }

    fn test(&self, field: &Spanned<String>, op: Op, value: &Spanned<Value>) -> Result<Plan, Fault> {
        // `!=` is always "no value equals"
        let (op, negated) = if op == Op::Ne { (Op::Eq, true) } else { (op, false) };
        let plan = match field.node.as_str() {
            "id" | "_id" | "db:_id" => self.id(field, op, value)?,
            "file" | "db:fileand" => self.file(field, op, value)?,
            "view" | "db:viewand" => self.view(field, op, value)?,
            name => match self.resolve(name) {
                None => return Err(unknown_field(field, self.env.schema)),
                Some(Found::One(subject)) => self.subject(&subject, field, op, value)?,
                Some(Found::Family(members)) => self.family(&members, field, op, value)?,
            },
        };
        Ok(if negated { Plan::Not(Box::new(plan)) } else { plan })
    }

    fn resolve(&self, name: &str) -> Option<Found> {
        let schema = self.env.schema;
        match schema.resolve(name) {
            Some(Resolved::Entry(entry)) => Some(Found::One(Subject::of(entry))),
            Some(Resolved::Family(family)) => {
                let transform = family.transform;
                let members = family.members.iter().map(|target| Subject {
                    target: *target,
                    transform: transform.or(target.def.transform),
                    tokens: false,
                });
                Some(Found::Family(members.collect()))
            }
            // the bytes of a field that is kept in hex, typed as text
            None => {
                let hex: &Entry = match schema.resolve(&(name.strip_suffix(".utf8")?.to_owned() + ".hex"))? {
                    Resolved::Entry(entry) => entry,
                    Resolved::Family(_) => return None,
                };
                let mut subject = Subject::of(hex);
                subject.transform = Some(fields::Transform::TextToHex);
                Some(Found::One(subject))
            }
        }
    }

    fn subject(
        &self,
        subject: &Subject,
        field: &Spanned<String>,
        op: Op,
        value: &Spanned<Value>,
    ) -> Result<Plan, Fault> {
        if let Some(right) = subject.target.def.right
            && !self.env.rights.contains(&right)
        {
            return Err(Fault::new(&field.span, format!("{}: permission denied", field.node))
                .hint("ask an administrator for the right to search this field"));
        }
        Reader { compiler: self, subject, name: &field.node, family: false }.plan(op, value)
    }

    /// Any of the members. Those that the user may not search, and those that cannot carry a port that is asked for,
    /// are no part of the family for this query.
    fn family(
        &self,
        members: &[Subject],
        field: &Spanned<String>,
        op: Op,
        value: &Spanned<Value>,
    ) -> Result<Plan, Fault> {
        // all of the values, each on any of the members: `ip == ]a,b[` is the traffic between a and b
        if let (Op::Eq, Value::List { all: true, items }) = (op, &value.node)
            && items.len() > 1
        {
            let each = items.iter().map(|item| {
                let one = Value::List { all: true, items: vec![item.clone()] };
                self.family(members, field, op, &Spanned { node: one, span: item.span.clone() })
            });
            return Ok(Plan::And(each.collect::<Result<_, _>>()?));
        }
        let mut plans = Vec::with_capacity(members.len());
        for subject in members {
            if subject.target.def.right.is_none_or(|right| self.env.rights.contains(&right)) {
                plans.push(
                    Reader { compiler: self, subject, name: &field.node, family: true }.plan(op, value)?,
                );
            }
        }
        Ok(Plan::Or(plans))
    }

    fn id(&self, field: &Spanned<String>, op: Op, value: &Spanned<Value>) -> Result<Plan, Fault> {
        if op != Op::Eq {
            return Err(invalid_operator(field, op, value, "an id"));
        }
        let read = |item: &Item, span| match item {
            Item::Word(text) | Item::Quoted(text) => {
                text.parse().map_err(|bad: session::BadId| Fault::new(span, bad.to_string()))
            }
            Item::Regex(_) => Err(Fault::new(span, "id takes whole ids, no regular expression")),
        };
        match &value.node {
            Value::Exists => Ok(Plan::All),
            Value::One(item) => Ok(Plan::Ids(vec![read(item, &value.span)?])),
            Value::List { all, items } => {
                let ids = items.iter().map(|item| read(&item.node, &item.span));
                let ids = ids.collect::<Result<Vec<_>, _>>()?;
                Ok(match all {
                    false => Plan::Ids(ids),
                    true => Plan::And(ids.into_iter().map(|id| Plan::Ids(vec![id])).collect()),
                })
            }
        }
    }

    fn file(&self, field: &Spanned<String>, op: Op, value: &Spanned<Value>) -> Result<Plan, Fault> {
        if op != Op::Eq {
            return Err(invalid_operator(field, op, value, "a path"));
        }
        let bad = |message: &str| Fault::new(&value.span, message);
        let (test, shown) = match &value.node {
            Value::One(Item::Regex(body)) => (TextTest::Regex(body.clone()), format!("/{body}/")),
            Value::One(Item::Word(text) | Item::Quoted(text)) => {
                (crate::text::plain(text.clone()), text.clone())
            }
            Value::List { .. } => {
                return Err(
                    bad("file takes one path, no list").hint("join several with ||, or use a wildcard")
                );
            }
            Value::Exists => return Err(bad("file takes a path")),
        };
        let matcher = TextMatcher::new(&[test]).map_err(|error| bad(&first_line(&error)))?;
        let files = self.env.files.find(&|path| matcher.matches(path));
        if files.is_empty() {
            return Err(bad(&format!("File '{}' not found", shortened(&shown))));
        }
        Ok(Plan::Files(files))
    }

    fn view(&self, field: &Spanned<String>, op: Op, value: &Spanned<Value>) -> Result<Plan, Fault> {
        if op != Op::Eq {
            return Err(invalid_operator(field, op, value, "the name of a view"));
        }
        let Value::One(Item::Word(name) | Item::Quoted(name)) = &value.node else {
            return Err(Fault::new(&value.span, "view takes one name"));
        };
        let shown = shortened(name);
        let Some(text) = self.env.views.get(name) else {
            return Err(Fault::new(&value.span, format!("{shown} - View not found for user")));
        };
        if self.views >= MAX_VIEWS {
            let message = format!("views refer to each other more than {MAX_VIEWS} deep");
            return Err(Fault::new(&value.span, message));
        }
        let inner = Compiler { env: self.env, regexes: Cell::new(self.regexes.get()), views: self.views + 1 };
        let plan = inner.text(&text).map_err(|fault| {
            let error = SyntaxError::at(&text, fault);
            Fault::new(&value.span, format!("in view {shown}: {error}"))
        })?;
        self.regexes.set(inner.regexes.get());
        Ok(plan)
    }
}

enum Found {
    One(Subject),
    Family(Vec<Subject>),
}

/// The part of a regex error that says what is wrong; the drawing above it repeats the text.
pub(crate) fn first_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or("").trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    format!("not a regular expression: {line}")
}

/// All of the plans, where one test must be met by each.
pub(crate) fn combine(all: bool, plans: Vec<Plan>) -> Plan {
    if all { Plan::And(plans) } else { Plan::Or(plans) }
}

/// One test of a subject.
pub(crate) fn leaf(subject: &Subject, test: Test) -> Plan {
    Plan::leaf(subject.target, test)
}
