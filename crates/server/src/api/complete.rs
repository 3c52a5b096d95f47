//! Help while an expression is typed: completion and validation.

use crate::api::aggregate::Subject;
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::{Names, Scope, ScopeQuery, byte_of, compile_for, utf16, zone};
use ::fields::{Kind, Target};
use axum::Json;
use axum::extract::State;
use index::{Control, Order};
use query::{Env, Expects, Leaf, Plan, SuggestionKind, Test, TextTest, complete};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Values that are offered.
const OFFERED: usize = 20;
/// Values that are looked through for fitting ones.
const LOOKED_AT: usize = 1_000;
/// Typing does not wait longer than this for values.
const PATIENCE: Duration = Duration::from_millis(1_500);

#[utoipa::path(get, path = "/api/complete", tag = "expressions", params(ScopeQuery,
        ("text" = String, Query, description = "The expression so far"),
        ("cursor" = Option<usize>, Query, description = "Where the cursor is, in UTF-16 code units; the end")),
    responses((status = 200, description = "`{from,to,items:[{label,insert,kind,detail}]}`: an item goes in the place of `from..to`")))]
/// What may be typed next. Values are those that occur in the sessions of the time range.
pub(crate) async fn suggest(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let text = params.get("text").unwrap_or_default().to_owned();
    let units = params.parse("cursor", "an offset")?.unwrap_or(usize::MAX);
    let query = ScopeQuery { expression: None, ids: None, ..ScopeQuery::read(&params)? };
    let cancel = query.cancel_key(&caller);
    let work = move |app: &App, control: &Control| {
        let cursor = byte_of(&text, units);
        let names = Names::new(app, &caller);
        let zone = zone(app, &caller);
        let env = Env {
            schema: &app.state.schema,
            now_ms: now_ms(),
            zone: &zone,
            shortcuts: &names,
            views: &names,
            files: &names,
            rights: caller.user.rights(),
        };
        let completion = complete(&text, cursor, &env);
        let mut items: Vec<Value> = completion
            .items
            .iter()
            .map(|item| {
                let kind = match item.kind {
                    SuggestionKind::Field => "field",
                    SuggestionKind::Operator => "operator",
                    SuggestionKind::Value => "value",
                    SuggestionKind::Word => "keyword",
                };
                let detail = if item.help.is_empty() { &item.label } else { &item.help };
                json!({ "label": item.text, "insert": item.text, "kind": kind, "detail": detail })
            })
            .collect();
        if let Expects::Value { field, targets, prefix } = &completion.expects {
            control.check()?;
            items.splice(0..0, values(app, &caller, &query, (field, targets, prefix), control)?);
        }
        let from = utf16(&text, completion.replace.start);
        let to = utf16(&text, completion.replace.end);
        names.checked(Json(json!({ "from": from, "to": to, "items": items })))
    };
    app.query(cancel, work).await
}

/// Values that occur and begin with what was typed. An answer that takes too long is no answer: the rest of the
/// completion is shown without.
fn values(
    app: &App,
    caller: &Caller,
    query: &ScopeQuery,
    (field, targets, prefix): (&str, &[Target], &str),
    control: &Control,
) -> Result<Vec<Value>, ApiError> {
    let subject = match (field, targets) {
        ("file" | "db:fileand", _) if !caller.user.hide_files => return files(app, prefix),
        (_, []) => return Ok(Vec::new()),
        (_, [one]) => Subject::Field(*one),
        (_, many) => Subject::Family(many.to_vec()),
    };
    let Ok(scope) = Scope::resolve(app, caller, query) else { return Ok(Vec::new()) };
    let beginning = beginning(targets, prefix);
    let plan = Plan::And(vec![scope.plan, beginning]).simplify();
    let own = Control::until(Instant::now() + PATIENCE);
    let found = subject.values(app, &plan, (LOOKED_AT, Order::Most), &own);
    control.check()?;
    let folded = prefix.to_lowercase();
    let fits = |text: &str| text.to_lowercase().starts_with(&folded);
    let found = found.map(|(values, _)| values).unwrap_or_default();
    let items = found.iter().filter(|v| fits(&v.text) && !v.text.is_empty()).take(OFFERED);
    let detail = |count: u64| if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") };
    Ok(items
        .map(|v| json!({ "label": v.text, "insert": quoted(&v.text), "kind": "value", "detail": detail(v.count) }))
        .collect())
}

/// The sessions with a value that begins so, where a store can tell them fast.
fn beginning(targets: &[Target], prefix: &str) -> Plan {
    if prefix.is_empty() || prefix.contains(['*', '?', '\\']) {
        return Plan::All;
    }
    let leaves = targets.iter().map(|target| {
        let text = match target.kind() {
            Kind::Term => prefix.to_owned(),
            Kind::Lower => prefix.to_lowercase(),
            Kind::Upper => prefix.to_uppercase(),
            Kind::Int | Kind::Size | Kind::Duration | Kind::Time | Kind::Bool | Kind::Ip => return None,
        };
        let test = Test::Texts(vec![TextTest::Wildcard(format!("{text}*"))]);
        Some(Plan::Leaf(Leaf { target: *target, test }))
    });
    leaves.collect::<Option<Vec<Plan>>>().map_or(Plan::All, Plan::Or)
}

fn files(app: &App, prefix: &str) -> Result<Vec<Value>, ApiError> {
    let files = app.state.catalog.files()?;
    let fits = files.iter().rev().filter(|file| file.name.contains(prefix)).take(OFFERED);
    let detail = |file: &index::FileRecord| format!("{} {}", file.node, file.num);
    Ok(fits
        .map(|f| json!({ "label": f.name, "insert": quoted(&f.name), "kind": "value", "detail": detail(f) }))
        .collect())
}

/// A value as the language wants it written.
pub(crate) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-+_.@:".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

#[utoipa::path(get, path = "/api/validate", tag = "expressions",
    params(("expression" = Option<String>, Query, description = "The expression")),
    responses((status = 200, description = "`{ok:true}`, or `{ok:false,message,span:{start,end}}` with UTF-16 offsets")))]
/// Whether an expression can be read, and if not, where it cannot.
pub(crate) async fn validate(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let text = params.get("expression").unwrap_or_default().to_owned();
    let copy = text.clone();
    match app.blocking(move |app| compile_for(app, &caller, &copy)).await {
        Ok(_) => Ok(Json(json!({ "ok": true }))),
        Err(error) if error.is_clients() => {
            let mut answer = json!({ "ok": false, "message": error.text });
            if let Some(span) = error.span {
                answer["span"] = json!({ "start": utf16(&text, span.start), "end": utf16(&text, span.end) });
            }
            Ok(Json(answer))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_are_quoted_where_they_must_be() {
        assert_eq!(quoted("10.0.0.1"), "10.0.0.1");
        assert_eq!(quoted("a b"), "\"a b\"");
        assert_eq!(quoted("say \"x\" \\"), "\"say \\\"x\\\" \\\\\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("/a/b"), "\"/a/b\"");
    }
}
