//! What may be typed next.

use crate::expr::{Item, Op};
use crate::number::Scale;
use crate::token::{Token, tokens, word_around};
use crate::{Env, Spanned};
use fields::{Kind, Resolved, Target};
use std::ops::Range;

/// Fields offered at once; typing on narrows them.
const MAX_ITEMS: usize = 50;

/// What may be typed at a place of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Bytes of the text that an item takes the place of.
    pub replace: Range<usize>,
    /// What may be put there, best first.
    pub items: Vec<Suggestion>,
    /// What belongs there at all.
    pub expects: Expects,
}

/// One thing that may be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// The text to put in.
    pub text: String,
    /// Short name for people; may be the text itself.
    pub label: String,
    /// Help sentence.
    pub help: String,
}

/// What a [`Suggestion`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestionKind {
    /// A field.
    Field,
    /// An operator.
    Operator,
    /// A value.
    Value,
    /// `&&`, `||`, a parenthesis, `EXISTS!`.
    Word,
}

/// What belongs at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Expects {
    /// A field, `!` or `(`.
    Field,
    /// An operator for this field.
    Operator {
        /// Name of the field as it was typed.
        field: String,
    },
    /// A value. The caller adds those that occur in the sessions.
    Value {
        /// Name of the field as it was typed.
        field: String,
        /// What values are to be listed of; empty where the name is unknown. Several for a family.
        targets: Vec<Target>,
        /// What the value begins with, without an opening quote.
        prefix: String,
    },
    /// `&&`, `||` or `)`.
    Join,
}

/// What may be typed at a cursor (a byte offset). Text behind the cursor plays no part, except that the word which
/// the cursor touches is replaced whole.
pub fn complete(text: &str, cursor: usize, env: &Env<'_>) -> Completion {
    let cursor = text.floor_char_boundary(cursor.min(text.len()));
    let before = text.get(..cursor).unwrap_or("");
    let (tokens, _) = tokens(before);
    // the part that the lexer refused: an open quote or an open list
    let read_to = tokens.last().map_or(0, |token| token.span.end);
    let open = before.get(read_to..).unwrap_or("").trim_start();
    let mut state = State::start();
    let touching =
        open.is_empty() && read_to == cursor && tokens.last().is_some_and(|t| is_wordlike(&t.node));
    let settled = if touching { tokens.len() - 1 } else { tokens.len() };
    for token in tokens.iter().take(settled) {
        state = state.after(&token.node);
    }
    let operator =
        open.is_empty() && read_to == cursor && matches!(tokens.last().map(|t| &t.node), Some(Token::Op(_)));
    if let (true, Place::Value(field), Some(Spanned { span, .. })) = (operator, &state.place, tokens.last()) {
        // right behind `<` it may still become `<=`; a value may follow as well
        return at_value(field, before, cursor..cursor, "", env, span.end - span.start < 2);
    }
    match (&state.place, open.chars().next()) {
        (Place::Value(field), Some('[' | ']' | '"')) => {
            let item_at = open_item(open) + cursor - open.len();
            let prefix = before.get(item_at..).unwrap_or("");
            let end =
                if prefix.starts_with('"') { cursor } else { word_around(text, cursor).end.max(cursor) };
            at_value(field, before, item_at..end, prefix.trim_start_matches('"'), env, false)
        }
        (Place::Value(field), None) => {
            let range = if touching { touched(text, cursor, &tokens) } else { cursor..cursor };
            let prefix = before.get(range.start..).unwrap_or("").to_owned();
            at_value(field, before, range, prefix.trim_start_matches('"').trim_end_matches('"'), env, false)
        }
        (Place::Field, None) => {
            let range = if touching { touched(text, cursor, &tokens) } else { cursor..cursor };
            let prefix = before.get(range.start..).unwrap_or("");
            Completion { items: fields(prefix, env), replace: range, expects: Expects::Field }
        }
        (Place::Operator(field), None) => {
            let range = if touching { touched(text, cursor, &tokens) } else { cursor..cursor };
            let expects = Expects::Operator { field: field.clone() };
            Completion { items: operators(field, env), replace: range, expects }
        }
        (Place::Join, None) => {
            let range = if touching { touched(text, cursor, &tokens) } else { cursor..cursor };
            Completion { items: joins(state.open), replace: range, expects: Expects::Join }
        }
        // text that cannot be read: nothing to offer
        (place, Some(_)) => Completion {
            replace: cursor..cursor,
            items: Vec::new(),
            expects: match place {
                Place::Operator(field) => Expects::Operator { field: field.clone() },
                Place::Join => Expects::Join,
                _ => Expects::Field,
            },
        },
    }
}

/// Where the reading of a text stands.
struct State {
    place: Place,
    open: usize,
}

enum Place {
    Field,
    Operator(String),
    Value(String),
    Join,
}

impl State {
    fn start() -> Self {
        Self { place: Place::Field, open: 0 }
    }
    fn after(self, token: &Token) -> Self {
        let Self { place, open } = self;
        let (place, open) = match (place, token) {
            (Place::Field, Token::Open) => (Place::Field, open + 1),
            (Place::Field, Token::Word(word)) if !word.eq_ignore_ascii_case("not") => {
                (Place::Operator(word.clone()), open)
            }
            (Place::Field, _) => (Place::Field, open),
            (Place::Operator(field), Token::Op(_)) => (Place::Value(field), open),
            (Place::Operator(field), Token::Word(word)) if word.eq_ignore_ascii_case("in") => {
                (Place::Value(field), open)
            }
            (Place::Operator(field), Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                (Place::Operator(field), open)
            }
            (_, Token::And | Token::Or) => (Place::Field, open),
            (Place::Join, Token::Word(word))
                if matches!(word.to_ascii_lowercase().as_str(), "and" | "or") =>
            {
                (Place::Field, open)
            }
            (_, Token::Close) => (Place::Join, open.saturating_sub(1)),
            (Place::Value(_), _) => (Place::Join, open),
            (place, _) => (place, open),
        };
        Self { place, open }
    }
}

fn is_wordlike(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Quoted(_) | Token::Regex(_))
}

/// The word that the cursor is in or behind.
fn touched(text: &str, cursor: usize, tokens: &[Spanned<Token>]) -> Range<usize> {
    match tokens.last() {
        Some(Spanned { node: Token::Quoted(_), span }) => span.clone(),
        _ => word_around(text, cursor),
    }
}

/// Where the last value of an open list, or the open quote, begins in it.
fn open_item(open: &str) -> usize {
    let (mut at, mut quoted, mut chars) = (0, false, open.char_indices());
    while let Some((place, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => {
                quoted = !quoted;
                if quoted {
                    at = place;
                }
            }
            ',' | '[' | ']' if !quoted => at = place + 1,
            c if c.is_whitespace() && !quoted && at == place => at = place + c.len_utf8(),
            _ => {}
        }
    }
    at
}

fn suggestion(kind: SuggestionKind, text: &str, label: &str, help: &str) -> Suggestion {
    Suggestion { kind, text: text.to_owned(), label: label.to_owned(), help: help.to_owned() }
}

fn fields(prefix: &str, env: &Env<'_>) -> Vec<Suggestion> {
    let wanted = prefix.to_lowercase();
    let schema = env.schema;
    let mut found: Vec<(usize, &str, String, &str)> = Vec::new();
    let mut offer = |text: &'static str, label: &str, help: &'static str| {
        if let Some(rank) = rank(text, label, &wanted) {
            found.push((rank, text, label.to_owned(), help));
        }
    };
    offer("file", "Packet file", "Path of a packet file that holds packets of the session.");
    offer("view", "View", "A saved expression.");
    offer("id", "Session ID", "Id of the session.");
    for family in schema.families() {
        offer(family.expr, family.label, family.help);
    }
    for entry in schema.entries() {
        if let Some(rank) = rank(&entry.expr, &entry.label, &wanted) {
            found.push((rank, &entry.expr, entry.label.clone(), entry.target.def.help()));
        }
        for alias in entry.target.def.aliases {
            // an alias is offered only when it is being typed
            let own = entry.expr == entry.target.def.expr;
            if own && !wanted.is_empty() && alias.to_lowercase().starts_with(&wanted) {
                found.push((2, alias, entry.label.clone(), entry.target.def.help()));
            }
        }
    }
    found.sort_by(|a, b| (a.0, a.1.len(), a.1).cmp(&(b.0, b.1.len(), b.1)));
    found.dedup_by(|a, b| a.1 == b.1);
    let items = found.into_iter().take(MAX_ITEMS);
    items.map(|(_, text, label, help)| suggestion(SuggestionKind::Field, text, &label, help)).collect()
}

/// How well a name goes with what was typed: 0 is best.
fn rank(name: &str, label: &str, wanted: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if name == wanted {
        Some(0)
    } else if name.starts_with(wanted) {
        Some(1)
    } else if name.split(['.', '-', '_']).any(|part| part.starts_with(wanted)) {
        Some(2)
    } else if name.contains(wanted) {
        Some(3)
    } else if label.to_lowercase().contains(wanted) {
        Some(5)
    } else {
        None
    }
}

fn targets(field: &str, env: &Env<'_>) -> Vec<Target> {
    match env.schema.resolve(field) {
        Some(Resolved::Entry(entry)) => vec![entry.target],
        Some(Resolved::Family(family)) => family.members.clone(),
        None => Vec::new(),
    }
}

fn operators(field: &str, env: &Env<'_>) -> Vec<Suggestion> {
    let ordered = targets(field, env).first().is_some_and(|target| match target.kind() {
        Kind::Int | Kind::Size | Kind::Duration | Kind::Time | Kind::Ip => true,
        Kind::Bool | Kind::Term | Kind::Lower | Kind::Upper => false,
    });
    let offer = |op: Op, help: &str| {
        let text = op.to_string();
        suggestion(SuggestionKind::Operator, &text, &text, help)
    };
    let mut items = vec![offer(Op::Eq, "A value equals."), offer(Op::Ne, "No value equals.")];
    if ordered {
        items.push(offer(Op::Gt, "A value is greater."));
        items.push(offer(Op::Ge, "A value is greater or equal."));
        items.push(offer(Op::Lt, "A value is less."));
        items.push(offer(Op::Le, "A value is less or equal."));
    }
    items
}

fn joins(open: usize) -> Vec<Suggestion> {
    let mut items = vec![
        suggestion(SuggestionKind::Word, "&&", "and", "Both sides must be met."),
        suggestion(SuggestionKind::Word, "||", "or", "One side must be met."),
    ];
    if open > 0 {
        items.push(suggestion(SuggestionKind::Word, ")", ")", "Closes the parenthesis."));
    }
    items
}

fn at_value(
    field: &str,
    before: &str,
    replace: Range<usize>,
    prefix: &str,
    env: &Env<'_>,
    may_grow: bool,
) -> Completion {
    let targets = targets(field, env);
    let mut items = Vec::new();
    if may_grow && !before.ends_with('=') {
        let text = format!("{}=", before.chars().last().unwrap_or('='));
        items.push(suggestion(SuggestionKind::Operator, "=", &text, "Or equal."));
    }
    items.extend(values(field, &targets, prefix, env));
    let expects = Expects::Value { field: field.to_owned(), targets, prefix: prefix.to_owned() };
    Completion { replace, items, expects }
}

/// Values that are known without looking at sessions.
fn values(field: &str, targets: &[Target], prefix: &str, env: &Env<'_>) -> Vec<Suggestion> {
    let mut known: Vec<(String, &str)> = Vec::new();
    let mut fixed = |list: &[(&str, &'static str)]| {
        known.extend(list.iter().map(|(text, help)| ((*text).to_owned(), *help)));
    };
    let Some(target) = targets.first() else {
        if field == "view" {
            known.extend(
                env.views.names().into_iter().map(|name| (Item::literal(&name).to_string(), "A view.")),
            );
        }
        return offered(known, prefix);
    };
    match target.kind() {
        Kind::Bool => fixed(&[("true", "Yes."), ("false", "No.")]),
        Kind::Ip => fixed(&[("ipv4", "Every IPv4 address."), ("ipv6", "Every IPv6 address.")]),
        Kind::Time => fixed(&[
            ("-1h", "An hour ago."),
            ("-1d", "A day ago."),
            ("@d", "The start of today."),
            ("-1d@d", "The start of yesterday."),
            ("-1w", "A week ago."),
        ]),
        Kind::Int if target.def.transform == Some(fields::Transform::IpProtocol) => fixed(&[
            ("tcp", "6"),
            ("udp", "17"),
            ("icmp", "1"),
            ("icmp6", "58"),
            ("sctp", "132"),
            ("gre", "47"),
            ("esp", "50"),
            ("igmp", "2"),
            ("ospf", "89"),
            ("pim", "103"),
        ]),
        Kind::Size => fixed(&[("1MB", "A million bytes."), ("1GB", "A thousand million bytes.")]),
        Kind::Duration => fixed(&[("100ms", "A tenth of a second."), ("1s", "A second.")]),
        Kind::Int if Scale::of(*target) != Scale::Plain => fixed(&[("1s", "A second."), ("1m", "A minute.")]),
        Kind::Int | Kind::Term | Kind::Lower | Kind::Upper => {}
    }
    if prefix.starts_with('$') {
        known.extend(env.shortcuts.names().into_iter().map(|name| (format!("${name}"), "A shortcut.")));
    }
    known.push(("EXISTS!".to_owned(), "The session has a value."));
    offered(known, prefix)
}

fn offered(known: Vec<(String, &str)>, prefix: &str) -> Vec<Suggestion> {
    let wanted = prefix.to_lowercase();
    known
        .into_iter()
        .filter(|(text, _)| text.trim_start_matches('"').to_lowercase().starts_with(&wanted))
        .take(MAX_ITEMS)
        .map(|(text, help)| {
            let kind = if text == "EXISTS!" { SuggestionKind::Word } else { SuggestionKind::Value };
            suggestion(kind, &text, &text, help)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TimeZone;

    /// `^` is the cursor; the replaced text, what is expected, and the first items.
    fn at(marked: &str) -> (String, Expects, Vec<String>) {
        let cursor = marked.find('^').unwrap();
        let text = marked.replace('^', "");
        let schema = fields::Schema::new([session::core::FIELDS, session::perf::FIELDS]).unwrap();
        let zone = TimeZone::UTC;
        let found = complete(&text, cursor, &Env::new(&schema, 0, &zone));
        let items = found.items.iter().map(|item| item.text.clone()).collect();
        (text[found.replace].to_owned(), found.expects, items)
    }
    fn value(field: &str, prefix: &str, expects: &Expects) {
        match expects {
            Expects::Value { field: f, prefix: p, .. } => {
                assert_eq!((f.as_str(), p.as_str()), (field, prefix))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fields_are_offered_where_they_belong() {
        for text in ["^", "ip.src == 1.2.3.4 && ^", "(^", "!^", "a == b || ^", "a == b or ^"] {
            let (replaced, expects, items) = at(text);
            assert_eq!((replaced.as_str(), expects), ("", Expects::Field), "{text}");
            assert!(items.len() == MAX_ITEMS, "{text}");
        }
        let (replaced, _, items) = at("por^t.s && x == 1");
        assert_eq!(replaced, "port.s");
        assert_eq!(items[..3], ["port", "port.dst", "port.src"]);
        assert_eq!(at("ip.src == 1 && outer^").2[0], "outerip");
        assert_eq!(at("srcI^").2[0], "srcIp");
    }

    #[test]
    fn operators_go_with_the_field() {
        assert_eq!(at("ip.src ^").2, ["==", "!=", ">", ">=", "<", "<="]);
        assert_eq!(at("tags ^").2, ["==", "!="]);
        assert_eq!(at("tags ^").1, Expects::Operator { field: "tags".into() });
    }

    #[test]
    fn values() {
        let (replaced, expects, items) = at("ip.protocol == t^");
        assert_eq!((replaced.as_str(), items), ("t", vec!["tcp".to_owned()]));
        value("ip.protocol", "t", &expects);
        value("tags", "", &at("tags == ^").1);
        value("tags", "", &at("tags ==^").1);
        value("tags", "ab", &at("tags == [x,ab^").1);
        assert_eq!(at("tags == [x, ab^c,d]").0, "abc");
        value("tags", "a b", &at("tags == \"a b^").1);
        assert_eq!(at("tags == \"a b^").0, "\"a b");
        value("tags", "a b", &at("tags == [x,\"a b^").1);
        value("tags", "", &at("tags in [^").1);
        assert_eq!(at("bytes >^").2[0], "=");
        assert_eq!(at("tags == ^").2, ["EXISTS!"]);
    }

    #[test]
    fn joins_follow_values() {
        assert_eq!(at("tags == a ^").2, ["&&", "||"]);
        assert_eq!(at("(tags == a ^").2, ["&&", "||", ")"]);
        assert_eq!(at("(tags == [a,b] ^").1, Expects::Join);
        assert_eq!(at("tags == a an^").0, "an");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}", cursor in 0usize..60) {
            let schema = fields::Schema::new([session::core::FIELDS]).unwrap();
            let zone = TimeZone::UTC;
            let found = complete(&text, cursor, &Env::new(&schema, 0, &zone));
            proptest::prop_assert!(text.get(found.replace).is_some());
        }
        #[test]
        fn never_panics_near_the_grammar(text in "(tags|ip.src|==|!=|[|]|\\(|\\)|\"|a|,| |é|&&|/|\\\\|and){0,12}", cursor in 0usize..60) {
            let schema = fields::Schema::new([session::core::FIELDS]).unwrap();
            let zone = TimeZone::UTC;
            let found = complete(&text, cursor, &Env::new(&schema, 0, &zone));
            proptest::prop_assert!(text.get(found.replace).is_some());
        }
    }
}
