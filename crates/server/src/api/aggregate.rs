//! Values and how often: `/api/unique` and `/api/multiunique`, and the listing of values that others use.

use crate::api::key_text;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::history::Note;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use ::fields::{Resolved, Schema, Target};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Extension, IntoResponse, Response};
use index::{Aggregate, Bucket, Control, Key, Order, Outcome, Terms};
use query::{Leaf, Plan, Test, TextTest};
use serde_json::json;
use session::core;
use std::collections::HashMap;

/// Different values that are listed; more is refused, for a part of them would look like all.
pub(crate) const MAX_VALUES: usize = 200_000;
/// Values that an autocompletion gets.
const MAX_COMPLETION: usize = 1_000;
/// Fields of one `multiunique`.
pub(crate) const MAX_LEVELS: usize = 6;

/// What values are listed of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Subject {
    /// One field, or one aspect of it.
    Field(Target),
    /// Any field of a family.
    Family(Vec<Target>),
    /// An address with the port that goes with it, `ip.dst:port`.
    Pair(Target, Target),
    /// The packet files.
    File,
}

/// One value.
#[derive(Clone, Debug)]
pub(crate) struct Valued {
    pub text: String,
    pub count: u64,
    /// The sessions that have it.
    pub plan: Plan,
}

impl Subject {
    /// Reads an expression or database name, also `ip.dst:port` and `file`.
    pub fn read(schema: &Schema, name: &str) -> Result<Self, ApiError> {
        match name {
            "file" | "fileand" | "db:fileand" => return Ok(Self::File),
            "ip.dst:port" | "destination.ip:port" => {
                return Ok(Self::Pair(Target::of(&core::DST_IP.def), Target::of(&core::DST_PORT.def)));
            }
            "ip.src:port" | "source.ip:port" => {
                return Ok(Self::Pair(Target::of(&core::SRC_IP.def), Target::of(&core::SRC_PORT.def)));
            }
            _ => {}
        }
        let shown: String = name.chars().take(80).collect();
        let unknown = || ApiError::forbidden(format!("Unknown expression {shown}"));
        match schema.resolve(name) {
            Some(Resolved::Entry(entry)) if entry.tokens => {
                let text = format!("{shown} has words, not values; use {}", entry.target.expr());
                Err(ApiError::forbidden(text))
            }
            Some(Resolved::Entry(entry)) => Ok(Self::Field(entry.target)),
            Some(Resolved::Family(family)) => Ok(Self::Family(family.members.clone())),
            // paths such as those of families, without `db:`
            None => match schema.resolve(&format!("db:{name}")) {
                Some(Resolved::Entry(entry)) if !entry.tokens => Ok(Self::Field(entry.target)),
                Some(Resolved::Family(family)) => Ok(Self::Family(family.members.clone())),
                _ => Err(unknown()),
            },
        }
    }

    /// What the index has to be asked for its values; nothing for what the index does not know.
    pub fn aggregates(&self, size: usize, order: Order) -> Vec<Aggregate> {
        let terms =
            |levels: Vec<Target>, size| Aggregate::Terms(Terms { levels, size, order, sums: Vec::new() });
        match self {
            Self::Field(target) => vec![terms(vec![*target], size)],
            Self::Pair(ip, port) => vec![terms(vec![*ip, *port], MAX_VALUES)],
            Self::Family(targets) => targets.iter().map(|target| terms(vec![*target], MAX_VALUES)).collect(),
            Self::File => Vec::new(),
        }
    }

    /// Its values among the sessions of a plan, the most frequent first, and how many more documents have other
    /// values.
    pub fn values(
        &self,
        app: &App,
        plan: &Plan,
        (size, order): (usize, Order),
        control: &Control,
    ) -> Result<(Vec<Valued>, u64), ApiError> {
        let outcomes = match self.aggregates(size, order) {
            none if none.is_empty() => Vec::new(),
            asked => app.state.index.aggregate(plan, &asked, control)?,
        };
        self.answered(app, plan, outcomes, (size, order), control)
    }

    /// The same from the answers to [`Self::aggregates`], in their order.
    pub fn answered(
        &self,
        app: &App,
        plan: &Plan,
        outcomes: Vec<Outcome>,
        (size, order): (usize, Order),
        control: &Control,
    ) -> Result<(Vec<Valued>, u64), ApiError> {
        match self {
            Self::Field(target) => {
                let (buckets, other) = only_terms(outcomes);
                Ok((buckets.into_iter().map(|b| valued(*target, b)).collect(), other))
            }
            Self::Pair(ip, port) => {
                let mut values = Vec::new();
                for bucket in only_terms(outcomes).0 {
                    for inner in &bucket.inner {
                        let text = match &bucket.key {
                            // the language writes the port of an IPv6 address behind a dot
                            Key::Ip(std::net::IpAddr::V6(v6)) => format!("{v6}.{}", key_text(&inner.key)),
                            key => format!("{}:{}", key_text(key), key_text(&inner.key)),
                        };
                        let plan = Plan::And(vec![is(*ip, &bucket.key), is(*port, &inner.key)]);
                        values.push(Valued { text, count: inner.count, plan });
                    }
                }
                Ok(cut(values, size, order))
            }
            Self::Family(targets) => {
                let mut merged: HashMap<Key, (u64, Vec<Plan>)> = HashMap::new();
                for (target, outcome) in targets.iter().zip(outcomes) {
                    for bucket in only_terms(vec![outcome]).0 {
                        let place = merged.entry(bucket.key.clone()).or_default();
                        place.0 += bucket.count;
                        place.1.push(is(*target, &bucket.key));
                    }
                }
                let values = merged.into_iter().map(|(key, (count, plans))| Valued {
                    text: key_text(&key),
                    count,
                    plan: Plan::Or(plans),
                });
                Ok(cut(values.collect(), size, order))
            }
            Self::File => {
                let mut values = Vec::new();
                for file in app.state.catalog.files()? {
                    let own = Plan::Files(vec![(file.node, file.num)]);
                    let both = Plan::And(vec![plan.clone(), own.clone()]);
                    let count = app.state.index.count(&both, control)?;
                    if count > 0 {
                        values.push(Valued { text: file.name, count, plan: own });
                    }
                }
                Ok(cut(values, size, order))
            }
        }
    }
}

fn only_terms(outcomes: Vec<Outcome>) -> (Vec<Bucket>, u64) {
    match outcomes.into_iter().next() {
        Some(Outcome::Terms { buckets, other }) => (buckets, other),
        _ => (Vec::new(), 0),
    }
}

fn valued(target: Target, bucket: Bucket) -> Valued {
    Valued { text: key_text(&bucket.key), count: bucket.count, plan: is(target, &bucket.key) }
}

/// The sessions in which a target has a value.
pub(crate) fn is(target: Target, key: &Key) -> Plan {
    let test = match key {
        Key::Int(int) => Test::Ints(vec![(*int, *int)]),
        Key::Ip(ip) => Test::Ips(vec![(*ip, *ip)]),
        Key::Text(text) => Test::Texts(vec![TextTest::Is(text.clone())]),
    };
    Plan::Leaf(Leaf { target, test })
}

fn cut(mut values: Vec<Valued>, size: usize, order: Order) -> (Vec<Valued>, u64) {
    values.sort_by(|a, b| {
        let by_count = match order {
            Order::Least => a.count.cmp(&b.count),
            Order::Value => std::cmp::Ordering::Equal,
            Order::Most | Order::Sum(_) => b.count.cmp(&a.count),
        };
        by_count.then_with(|| a.text.cmp(&b.text))
    });
    let other = values.iter().skip(size).map(|v| v.count).sum();
    values.truncate(size);
    (values, other)
}

/// How many values are wanted; without a wish all, and more than can be listed is an error.
fn wanted(params: &Params) -> Result<Option<usize>, ApiError> {
    let size = params.parse::<usize>("size", "a number of values")?;
    Ok(size.map(|size| size.min(MAX_VALUES)))
}

fn too_many() -> ApiError {
    ApiError::forbidden(format!(
        "there are more than {MAX_VALUES} different values; narrow the search, or ask for the most frequent with size=1000"
    ))
}

fn plain(text: String, note: Note) -> Response {
    (Extension(note), [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// These routes answer text, errors too.
fn plain_error(error: ApiError) -> Response {
    if !error.is_clients() {
        return error.into_response();
    }
    let status = if error.status == StatusCode::BAD_REQUEST { StatusCode::FORBIDDEN } else { error.status };
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], error.text).into_response()
}

#[utoipa::path(get, path = "/api/unique", tag = "aggregations", params(ScopeQuery,
        ("exp" = String, Query, description = "Field whose values are listed; also `ip.dst:port` and `file`", example = "host.http"),
        ("counts" = Option<u8>, Query, description = "1: `value, n`"),
        ("size" = Option<usize>, Query, description = "Only the most frequent ones"),
        ("autocomplete" = Option<u8>, Query, description = "1: a JSON list of at most 1,000 values")),
    responses((status = 200, description = "One value a line", content_type = "text/plain"), (status = 403, description = "What is wrong, as text")))]
/// The different values of a field, the most frequent first.
pub(crate) async fn unique(State(app): State<App>, caller: Caller, params: Params) -> Response {
    match unique_answer(app, caller, params).await {
        Ok(response) => response,
        Err(error) => plain_error(error),
    }
}

async fn unique_answer(app: App, caller: Caller, params: Params) -> Result<Response, ApiError> {
    let name = params.get("exp").or_else(|| params.get("field"));
    let name = name.ok_or_else(|| ApiError::forbidden("Missing field or exp parameter"))?.to_owned();
    let query = ScopeQuery::read(&params)?;
    let cancel = query.cancel_key(&caller);
    let (autocomplete, counts) = (params.is_set("autocomplete"), params.is_set("counts"));
    let size = wanted(&params)?;
    let work = move |app: &App, control: &Control| {
        let subject = Subject::read(&app.state.schema, &name)?;
        let scope = Scope::resolve(app, &caller, &query)?;
        let most = if autocomplete { MAX_COMPLETION } else { size.unwrap_or(MAX_VALUES) };
        let (values, other) = subject.values(app, &scope.plan, (most, Order::Most), control)?;
        if other > 0 && size.is_none() && !autocomplete {
            return Err(too_many());
        }
        Ok((values, scope.note))
    };
    let (values, note) = app.query(cancel, work).await?;
    let note = Note { returned: Some(values.len() as u64), ..note };
    if autocomplete {
        let list: Vec<String> = values.into_iter().map(|v| v.text).collect();
        return Ok(Json(json!(list)).into_response());
    }
    let mut text = String::new();
    for value in values {
        push_line(&mut text, &value.text, counts.then_some(value.count));
    }
    Ok(plain(text, note))
}

/// One line; a line break inside a value would look like a further value.
fn push_line(out: &mut String, value: &str, count: Option<u64>) {
    out.extend(value.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
    if let Some(count) = count {
        out.push_str(", ");
        out.push_str(&count.to_string());
    }
    out.push('\n');
}

#[utoipa::path(get, path = "/api/multiunique", tag = "aggregations", params(ScopeQuery,
        ("exp" = String, Query, description = "Fields, separated by commas", example = "ip.src,host.http"),
        ("sep" = Option<String>, Query, description = "What stands between the values of a line; `, `"),
        ("sort" = Option<String>, Query, description = "`field`: by value instead of by number"),
        ("counts" = Option<u8>, Query, description = "1: with the number")),
    responses((status = 200, description = "One combination a line", content_type = "text/plain"), (status = 403, description = "What is wrong, as text")))]
/// The different combinations of the values of several fields.
pub(crate) async fn multiunique(State(app): State<App>, caller: Caller, params: Params) -> Response {
    match multiunique_answer(app, caller, params).await {
        Ok(response) => response,
        Err(error) => plain_error(error),
    }
}

async fn multiunique_answer(app: App, caller: Caller, params: Params) -> Result<Response, ApiError> {
    let names = params.list("exp");
    if names.is_empty() {
        return Err(ApiError::forbidden("Missing exp parameter"));
    }
    if names.len() > MAX_LEVELS {
        return Err(ApiError::forbidden(format!("at most {MAX_LEVELS} fields at once")));
    }
    let query = ScopeQuery::read(&params)?;
    let cancel = query.cancel_key(&caller);
    let sep = params.get("sep").unwrap_or(", ").to_owned();
    let counts = params.is_set("counts");
    let by_value = params.get("sort") == Some("field");
    let work = move |app: &App, control: &Control| {
        let levels = names.iter().map(|name| match Subject::read(&app.state.schema, name)? {
            Subject::Field(target) => Ok(target),
            _ => Err(ApiError::forbidden(format!("{name} cannot be combined with other fields"))),
        });
        let levels = levels.collect::<Result<Vec<_>, _>>()?;
        let scope = Scope::resolve(app, &caller, &query)?;
        let terms = Terms { levels, size: MAX_VALUES, order: Order::Most, sums: Vec::new() };
        let outcomes = app.state.index.aggregate(&scope.plan, &[Aggregate::Terms(terms)], control)?;
        let (buckets, other) = only_terms(outcomes);
        let mut rows = Vec::new();
        flatten(&buckets, &sep, String::new(), &mut rows);
        if other > 0 || rows.len() > MAX_VALUES {
            return Err(too_many());
        }
        rows.sort_by(|a, b| if by_value { a.0.cmp(&b.0) } else { b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)) });
        Ok((rows, scope.note))
    };
    let (rows, note) = app.query(cancel, work).await?;
    let note = Note { returned: Some(rows.len() as u64), ..note };
    let mut text = String::new();
    for (row, count) in rows {
        push_line(&mut text, &row, counts.then_some(count));
    }
    Ok(plain(text, note))
}

fn flatten(buckets: &[Bucket], sep: &str, before: String, rows: &mut Vec<(String, u64)>) {
    for bucket in buckets {
        if rows.len() > MAX_VALUES {
            return; // refused by the caller
        }
        let mut text = before.clone();
        if !text.is_empty() {
            text.push_str(sep);
        }
        text.push_str(&key_text(&bucket.key));
        if bucket.inner.is_empty() {
            rows.push((text, bucket.count));
        } else {
            flatten(&bucket.inner, sep, text, rows);
        }
    }
}
