//! Finding sessions: `/api/sessions`, one whole session, and what a search means.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::graph::{Facets, Interval};
use crate::history::Note;
use crate::params::Params;
use crate::present::{Columns, whole};
use crate::scope::{Scope, ScopeQuery, forced, utf16};
use ::fields::{Schema, Target};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Extension, IntoResponse, Response};
use index::{Aggregate, Outcome, Page, Sort};
use query::Plan;
use serde_json::{Value, json};
use session::SessionId;
use utoipa::IntoParams;

/// Sessions of one page.
const MAX_LENGTH: usize = 50_000;
/// Sessions that can be paged over.
const MAX_FROM: usize = 2_000_000;

/// What `/api/sessions` takes besides the shared parameters.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes parameters that are read by name")]
pub(crate) struct ListQuery {
    /// Sort keys, `field:asc` or `field:desc`, separated by commas; database or expression names. First packet, ascending.
    pub order: Option<String>,
    /// Sessions to skip.
    pub start: usize,
    /// Sessions to return; 100.
    pub length: usize,
    /// Fields to return, separated by commas.
    pub fields: Option<String>,
    /// 1: dotted keys instead of nested objects.
    pub flatten: Option<u8>,
    /// 1: with `graph` (and `map`).
    pub facets: Option<u8>,
    /// true: with `map`.
    pub map: Option<bool>,
    /// Width of the buckets of the timeline: `auto`, `second`, `minute`, `hour`, `day`, `week` or seconds.
    pub interval: Option<String>,
    /// true: a session counts in every bucket from its first to its last packet.
    pub spanning: Option<bool>,
}

/// Reads `order`.
pub(crate) fn read_order(schema: &Schema, text: Option<&str>) -> Result<Vec<Sort>, ApiError> {
    let mut sort: Vec<Sort> = Vec::new();
    for part in text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).take(10) {
        let (name, direction) = match part.rsplit_once(':') {
            Some((name, direction @ ("asc" | "desc"))) => (name, direction),
            _ => (part, "asc"),
        };
        let by: Target = schema
            .target(name)
            .ok_or_else(|| ApiError::bad(format!("order: there is no field `{name}` to sort by")))?;
        if sort.iter().all(|key| key.by != by) {
            sort.push(Sort { by, descending: direction == "desc" });
        }
    }
    Ok(sort)
}

/// The user's own part of a plan.
pub(crate) fn narrowed(app: &App, caller: &Caller, plan: Plan) -> Result<Plan, ApiError> {
    Ok(match forced(app, caller)? {
        Some(forced) => Plan::And(vec![plan, forced]).simplify(),
        None => plan,
    })
}

#[utoipa::path(get, path = "/api/sessions", tag = "sessions", params(ScopeQuery, ListQuery),
    responses((status = 200, description = "`{data,recordsTotal,recordsFiltered,graph,map}`; where the expression cannot be read also `error` and `errorSpan` (UTF-16 offsets)")))]
/// Finds sessions; also as POST, and under the old name `/sessions.json`.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let text = params.get("expression").unwrap_or_default().to_owned();
    let found = match ScopeQuery::read(&params) {
        Ok(scope) => {
            let cancel = scope.cancel_key(&caller);
            app.query(cancel, move |app, control| find(app, &caller, &scope, &params, control)).await
        }
        Err(error) => Err(error),
    };
    match found {
        Ok((answer, note)) => Ok((Extension(note), Json(answer)).into_response()),
        // as Arkime: a search that cannot be read is an empty answer with an error in it
        Err(error) if error.is_clients() => {
            let mut answer = json!({
                "data": [], "recordsTotal": 0, "recordsFiltered": 0, "graph": {}, "map": {}, "error": error.text,
            });
            if let Some(span) = error.span {
                answer["errorSpan"] =
                    json!({ "start": utf16(&text, span.start), "end": utf16(&text, span.end) });
            }
            Ok((Extension(Note { expression: text, ..Note::default() }), Json(answer)).into_response())
        }
        Err(error) => Err(error),
    }
}

fn find(
    app: &App,
    caller: &Caller,
    query: &ScopeQuery,
    params: &Params,
    control: &index::Control,
) -> Result<(Value, Note), ApiError> {
    let (index, schema) = (&*app.state.index, &*app.state.schema);
    let size = params.parse("length", "a number of sessions")?.unwrap_or(100);
    let from = params.parse("start", "a number of sessions")?.unwrap_or(0);
    if size > MAX_LENGTH {
        return Err(ApiError::bad(format!(
            "length is at most {MAX_LENGTH}; /api/sessions.json exports any number"
        )));
    }
    if from > MAX_FROM {
        return Err(ApiError::bad(format!(
            "start is at most {MAX_FROM}; narrow the search or sort the other way"
        )));
    }
    let scope = Scope::resolve(app, caller, query)?;
    let columns = Columns::new(schema, &params.list("fields"), params.is_set("flatten"));
    let sort = read_order(schema, params.get("order"))?;
    let (facets, with_map) = (params.is_set("facets"), params.is_set("map"));
    let interval = match facets {
        true => Some(Interval::read(params.get("interval"), params.is_set("spanning"), scope.range)?),
        false => None,
    };
    // without a page the count comes with the timeline, in one pass
    let count = Aggregate::Sums(Vec::new());
    let more = if size == 0 { vec![count] } else { Vec::new() };
    let asked = (&scope, &scope.plan);
    let facets = Facets::ask(index, schema, asked, interval, with_map || facets, more, control)?;
    let (data, filtered) = if size == 0 {
        let Some(Outcome::Sums { count, .. }) = facets.more.first() else {
            return Err(ApiError::internal("the store counted nothing"));
        };
        (Vec::new(), *count)
    } else {
        let page = Page { sort, from, size, show: columns.show.clone(), total: true };
        let hits = index.search(&scope.plan, &page, control)?;
        let data: Vec<Value> = hits.docs.iter().map(|doc| columns.session(doc)).collect();
        let total = hits.total.unwrap_or(data.len() as u64);
        (data, total)
    };
    let total = index.count(&narrowed(app, caller, Plan::All)?, control)?;
    let mut note = scope.note;
    (note.returned, note.filtered) = (Some(data.len() as u64), Some(filtered));
    let answer = json!({
        "graph": facets.graph,
        "map": facets.map,
        "recordsTotal": total,
        "recordsFiltered": filtered,
        "data": data,
    });
    Ok((answer, note))
}

/// The session of an id, if the user may see it.
pub(crate) fn one(app: &App, caller: &Caller, id: &str) -> Result<session::SessionDoc, ApiError> {
    let unknown = || ApiError::not_found(format!("there is no session {id}"));
    let parsed: SessionId = id.parse().map_err(|e: session::BadId| ApiError::bad(e.to_string()))?;
    let doc = app.state.index.get(parsed)?.ok_or_else(unknown)?;
    match forced(app, caller)? {
        Some(plan) if !plan.matches(&doc) => Err(unknown()),
        _ => Ok(doc),
    }
}

#[utoipa::path(get, path = "/api/session/{id}", tag = "sessions",
    params(("id" = String, Path, description = "Id of a session, with or without `3@`")),
    responses((status = 200, description = "The whole document"), (status = 404, description = "No such session")))]
/// One session, whole.
pub(crate) async fn detail(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let doc = app.query(None, move |app, _| one(app, &caller, &id)).await?;
    Ok(Json(whole(&doc)))
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/detail", tag = "sessions",
    params(("node" = String, Path, description = "Node; only the id is looked at"), ("id" = String, Path, description = "Id of a session")),
    responses((status = 200, description = "What is known of the session, for people", content_type = "text/html"), (status = 404, description = "No such session")))]
/// One session, whole, as a piece of HTML; `/api/session/{id}` gives it as JSON.
pub(crate) async fn detail_of_node(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let schema = app.state.schema.clone();
    let doc = app.query(None, move |app, _| one(app, &caller, &id)).await?;
    Ok(super::markup::session(&schema, &whole(&doc)))
}

#[utoipa::path(get, path = "/api/buildquery", tag = "sessions", params(ScopeQuery),
    responses((status = 200, description = "`{query}`, the plan in words, or `{error,recordsTotal:0,recordsFiltered:0}`")))]
/// What a search means: the typed plan, written out.
pub(crate) async fn build_query(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let scope = app.blocking(move |app| Scope::resolve(app, &caller, &ScopeQuery::read(&params)?)).await;
    match scope {
        Ok(scope) => Ok(Json(json!({ "query": query::explain(&scope.plan) }))),
        Err(error) if error.is_clients() => {
            Ok(Json(json!({ "error": error.text, "recordsTotal": 0, "recordsFiltered": 0 })))
        }
        Err(error) => Err(error),
    }
}
