//! Which sessions an export is about, and exports of documents as CSV and JSON.

use crate::api::sessions::read_order;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::history::Note;
use crate::params::Params;
use crate::present::{Columns, whole};
use crate::scope::{Scope, ScopeQuery, forced};
use crate::stream::{self, ChunkWriter};
use ::fields::{Schema, Target};
use axum::extract::State;
use axum::http::header;
use axum::response::{Extension, IntoResponse, Response};
use index::{Aggregate, Control, Order, Outcome, Page, Show, Sort, Terms};
use query::{Leaf, Plan, Test, TextTest, time_range};
use serde_json::Value;
use session::{SessionDoc, SessionId, core};
use std::io::Write as _;
use utoipa::IntoParams;

/// Long sessions whose segments are looked up at once.
const MAX_ROOTS: usize = 50_000;
/// Sessions fetched at once when an order is asked for.
const PAGE: usize = 5_000;
/// Columns of a CSV when none are asked for.
const CSV_COLUMNS: &[&str] = &[
    "protocol",
    "firstPacket",
    "lastPacket",
    "source.ip",
    "source.port",
    "source.geo.country_iso_code",
    "destination.ip",
    "destination.port",
    "destination.geo.country_iso_code",
    "network.packets",
    "totDataBytes",
    "network.bytes",
    "tags",
    "node",
];

/// What exports take besides the shared parameters.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes parameters that are read by name")]
pub(crate) struct ExportQuery {
    /// Segments of the same long session: `no` (the default), `time` (those of the time range), `all`.
    pub segments: Option<String>,
    /// Sort keys as of `/api/sessions`; only CSV and JSON.
    pub order: Option<String>,
    /// Sessions to export at most; all.
    pub length: Option<usize>,
    /// Fields of CSV and JSON, separated by commas.
    pub fields: Option<String>,
}

/// Resolves which sessions are exported, linked segments included.
pub(crate) fn selection(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<Scope, ApiError> {
    let query = ScopeQuery::read(params)?;
    let mut scope = Scope::resolve(app, caller, &query)?;
    let within = match params.get("segments") {
        None | Some("no") => return Ok(scope),
        Some("time") => scope.range.map(|(from, to)| time_range(from, to, scope.bounding)),
        Some("all") => None,
        Some(_) => return Err(ApiError::bad("segments is no, time or all")),
    };
    let target = Target::of(&core::ROOT_ID.def);
    let terms = Terms { levels: vec![target], size: MAX_ROOTS, order: Order::Value, sums: Vec::new() };
    let outcomes = app.state.index.aggregate(&scope.plan, &[Aggregate::Terms(terms)], control)?;
    let Some(Outcome::Terms { buckets, other }) = outcomes.into_iter().next() else { return Ok(scope) };
    if other > 0 {
        let text =
            format!("more than {MAX_ROOTS} long sessions; narrow the search or export without segments");
        return Err(ApiError::bad(text));
    }
    let roots: Vec<String> = buckets.iter().map(|bucket| crate::api::key_text(&bucket.key)).collect();
    if roots.is_empty() {
        return Ok(scope);
    }
    let first: Vec<SessionId> = roots.iter().filter_map(|root| root.parse().ok()).collect();
    let tests = roots.into_iter().map(TextTest::Is).collect();
    let linked = Plan::Or(vec![Plan::Leaf(Leaf { target, test: Test::Texts(tests) }), Plan::Ids(first)]);
    // segments are found by id, so the user's own limit has to be put on them again
    let limits = within.into_iter().chain(forced(app, caller)?);
    let linked = Plan::And(std::iter::once(linked).chain(limits).collect());
    scope.plan = Plan::Or(vec![scope.plan, linked]).simplify();
    Ok(scope)
}

/// Calls `see` with every session of a plan: in order of first packet in one pass, or page by page in another order.
pub(crate) fn each(
    app: &App,
    plan: &Plan,
    (show, sort, most): (&Show, &[Sort], u64),
    control: &Control,
    see: &mut dyn FnMut(SessionDoc) -> Result<(), ApiError>,
) -> Result<u64, ApiError> {
    let mut seen = 0u64;
    let by_time = [Sort { by: Target::of(&core::START_TIME.def), descending: false }];
    if sort.is_empty() || sort == by_time {
        let mut failed = None;
        app.state.index.scan(plan, show, control, &mut |doc| {
            if seen >= most {
                return false;
            }
            seen += 1;
            match see(doc) {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        })?;
        return failed.map_or(Ok(seen), Err);
    }
    let mut from = 0;
    while seen < most {
        let size = PAGE.min(usize::try_from(most - seen).unwrap_or(PAGE));
        let page = Page { sort: sort.to_vec(), from, size, show: show.clone(), total: false };
        let hits = app.state.index.search(plan, &page, control)?;
        let full = hits.docs.len() == size;
        for doc in hits.docs {
            seen += 1;
            see(doc)?;
        }
        if !full {
            break;
        }
        from += size;
    }
    Ok(seen)
}

/// A download with a name.
pub(crate) fn attachment(kind: &'static str, name: &str, body: axum::body::Body, note: Note) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        Extension(note),
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)],
        body,
    )
        .into_response()
}

fn note(params: &Params) -> Note {
    Note {
        expression: params.get("expression").unwrap_or_default().to_owned(),
        view: params.get("view").unwrap_or_default().to_owned(),
        ..Note::default()
    }
}

fn most(params: &Params) -> Result<u64, ApiError> {
    Ok(params.parse("length", "a number of sessions")?.unwrap_or(u64::MAX))
}

fn broken(error: std::io::Error) -> ApiError {
    ApiError::internal(error.to_string())
}

#[utoipa::path(get, path = "/api/sessions.csv", tag = "export", params(ScopeQuery, ExportQuery),
    responses((status = 200, description = "RFC 4180, with a header line; times are milliseconds since 1970", content_type = "text/csv"), (status = 403, description = "The expression cannot be read")))]
/// Sessions as CSV; also as POST.
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let note = note(&params);
    let body = stream::body(&app, move |app, out| {
        let control = out.control().clone();
        let scope = selection(app, &caller, &params, &control)?;
        let sort = read_order(&app.state.schema, params.get("order"))?;
        let wanted = match params.list("fields") {
            empty if empty.is_empty() => CSV_COLUMNS.iter().map(|name| (*name).to_owned()).collect(),
            wanted => wanted,
        };
        let columns = Columns::new(&app.state.schema, &wanted, true);
        let targets = csv_targets(&app.state.schema, &wanted)?;
        let names: Vec<String> = targets.iter().map(|(label, _)| cell(label)).collect();
        write!(out, "{}\r\n", names.join(",")).map_err(broken)?;
        let limits = (&columns.show, sort.as_slice(), most(&params)?);
        each(app, &scope.plan, limits, &control, &mut |doc| {
            let row = columns.session(&doc);
            let cells =
                targets.iter().map(|(_, path)| row.get(path).map_or(String::new(), |v| cell(&plain(v))));
            write!(out, "{}\r\n", cells.collect::<Vec<_>>().join(",")).map_err(broken)
        })?;
        Ok(())
    });
    Ok(attachment("text/csv; charset=utf-8", "sessions.csv", body.await?, note))
}

/// Label and path of each column. Unlike in a list on the screen a name that is wrong is an error: a file without the
/// column would be taken for one in which no session has it.
fn csv_targets(schema: &Schema, wanted: &[String]) -> Result<Vec<(String, String)>, ApiError> {
    let mut columns = Vec::new();
    for name in wanted {
        if matches!(name.as_str(), "id" | "_id") {
            columns.push(("Id".to_owned(), "id".to_owned()));
            continue;
        }
        match schema.target(name) {
            Some(target) => columns.push((target.label(), target.path())),
            None => return Err(ApiError::bad(format!("fields: there is no field `{name}`"))),
        }
    }
    Ok(columns)
}

/// The text of a value; of a list its values one after the other.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// One cell. A spreadsheet runs what begins with one of these; a quote before it prevents that.
pub(crate) fn cell(text: &str) -> String {
    let number = text.parse::<f64>().is_ok();
    let risky = text.starts_with(['=', '+', '@', '\t', '\r']) || (text.starts_with('-') && !number);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[utoipa::path(get, path = "/api/sessions.json", tag = "export", params(ScopeQuery, ExportQuery),
    responses((status = 200, description = "A JSON list, one document a line; whole documents unless `fields` is given"), (status = 403, description = "The expression cannot be read")))]
/// Sessions as JSON; also as POST. (Arkime's `/sessions.json` is `/api/sessions`.)
pub(crate) async fn json(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let note = note(&params);
    let body = stream::body(&app, move |app, out| write_json(app, &caller, &params, out));
    Ok(attachment("application/json", "sessions.json", body.await?, note))
}

fn write_json(app: &App, caller: &Caller, params: &Params, out: &mut ChunkWriter) -> Result<(), ApiError> {
    let control = out.control().clone();
    let scope = selection(app, caller, params, &control)?;
    let sort = read_order(&app.state.schema, params.get("order"))?;
    let wanted = params.list("fields");
    let columns =
        (!wanted.is_empty()).then(|| Columns::new(&app.state.schema, &wanted, params.is_set("flatten")));
    let show = columns.as_ref().map_or(Show::All, |columns| columns.show.clone());
    let mut before = "[\n";
    each(app, &scope.plan, (&show, &sort, most(params)?), &control, &mut |doc| {
        let shown = match &columns {
            Some(columns) => columns.session(&doc),
            None => whole(&doc),
        };
        out.write_all(before.as_bytes()).map_err(broken)?;
        before = ",\n";
        serde_json::to_writer(&mut *out, &shown).map_err(|e| broken(e.into()))
    })?;
    out.write_all(if before == "[\n" { b"[]\n" } else { b"\n]\n" }).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_safe() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("-5"), "-5");
        assert_eq!(cell("-cmd"), "'-cmd");
        assert_eq!(cell("say \"x\""), "\"say \"\"x\"\"\"");
    }
}
