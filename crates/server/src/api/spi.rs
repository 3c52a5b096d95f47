//! What is in there: top values of many fields (`/api/spiview`) and a timeline for each value of one (`/api/spigraph`).

use crate::api::aggregate::{Subject, Valued};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::graph::{Facets, Interval};
use crate::history::Note;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use ::fields::Target;
use axum::Json;
use axum::extract::State;
use axum::response::{Extension, IntoResponse, Response};
use index::{Aggregate, Control, Order, Outcome};
use query::Plan;
use serde_json::{Map, Value, json};
use session::core;

/// Values of one field of an SPI view.
const MAX_SIZE: usize = 10_000;
/// Values of all fields of an SPI view together; more is refused.
const MAX_VALUES: usize = 1_000_000;
/// Values of one SPI graph: each costs a pass over the sessions.
const MAX_GRAPHS: usize = 200;

/// As Arkime: what cannot be read is an answer with an error in it.
fn soft(result: Result<(Value, Note), ApiError>) -> Result<Response, ApiError> {
    match result {
        Ok((answer, note)) => Ok((Extension(note), Json(answer)).into_response()),
        Err(error) if error.is_clients() => {
            Ok(Json(json!({ "error": error.text, "recordsTotal": 0, "recordsFiltered": 0 })).into_response())
        }
        Err(error) => Err(error),
    }
}

#[utoipa::path(get, path = "/api/spiview", tag = "aggregations", params(ScopeQuery,
        ("spi" = String, Query, description = "`field:count,…`; 100 values where no count is given", example = "source.ip:20,protocol"),
        ("facets" = Option<u8>, Query, description = "1: with `graph` and `map`")),
    responses((status = 200, description = "`{spi:{field:{buckets:[{key,doc_count}],sum_other_doc_count}},protocols,graph,map,recordsTotal,recordsFiltered}`")))]
/// Top values of many fields at once.
pub(crate) async fn view(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let cancel = params.get("cancelId").map(|id| (caller.user.user_id.clone(), id.to_owned()));
    soft(app.query(cancel, move |app, control| spiview(app, &caller, &params, control)).await)
}

fn spiview(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Value, Note), ApiError> {
    let schema = &*app.state.schema;
    let mut wanted = Vec::new();
    for part in params.list("spi") {
        let (name, size) = match part.rsplit_once(':').and_then(|(n, s)| Some((n, s.parse().ok()?))) {
            Some((name, size)) => (name.to_owned(), size),
            None => (part, 100usize),
        };
        wanted.push((Subject::read(schema, &name)?, name, size.min(MAX_SIZE)));
    }
    if wanted.iter().map(|(.., size)| size).sum::<usize>() > MAX_VALUES {
        return Err(ApiError::forbidden(format!(
            "spi asks for more than {MAX_VALUES} values in all; ask for fewer fields, or fewer values of each as in ip.src:100"
        )));
    }
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(params)?)?;
    let facets = params.is_set("facets");
    let interval =
        if facets { Some(Interval::read(params.get("interval"), false, scope.range)?) } else { None };
    // one question for all fields: which sessions are meant is found out once
    let mut more = vec![
        Aggregate::Sums(Vec::new()),
        Aggregate::Terms(index::Terms {
            levels: vec![Target::of(&core::PROTOCOLS.def)],
            size: 1_000,
            order: Order::Most,
            sums: Vec::new(),
        }),
    ];
    more.extend(wanted.iter().flat_map(|(subject, _, size)| subject.aggregates(*size, Order::Most)));
    let index = &*app.state.index;
    let asked = (&scope, &scope.plan);
    let facets = Facets::ask(index, schema, asked, interval, facets, more, control)?;
    let mut more = facets.more.into_iter();
    let count = match more.next() {
        Some(Outcome::Sums { count, .. }) => count,
        _ => 0,
    };
    let mut protocols = Map::new();
    if let Some(Outcome::Terms { buckets, .. }) = more.next() {
        protocols.extend(buckets.iter().map(|b| (crate::api::key_text(&b.key), b.count.into())));
    }
    let mut spi = Map::new();
    for (subject, name, size) in wanted {
        let order = (size, Order::Most);
        let own = more.by_ref().take(subject.aggregates(size, Order::Most).len()).collect();
        let (values, other) = subject.answered(app, &scope.plan, own, order, control)?;
        let named = subject == Subject::Field(Target::of(&core::IP_PROTOCOL.def));
        let buckets: Vec<Value> = values
            .iter()
            .map(|v| {
                let key = if named { protocol_name(&v.text) } else { v.text.clone() };
                json!({ "key": key, "doc_count": v.count })
            })
            .collect();
        let list =
            json!({ "buckets": buckets, "sum_other_doc_count": other, "doc_count_error_upper_bound": 0 });
        spi.insert(name, list);
    }
    let total = index.count(&crate::api::sessions::narrowed(app, caller, Plan::All)?, control)?;
    let answer = json!({
        "spi": spi, "protocols": protocols, "graph": facets.graph, "map": facets.map,
        "recordsTotal": total, "recordsFiltered": count,
    });
    Ok((answer, Note { filtered: Some(count), ..scope.note }))
}

/// IANA name of an IP protocol number, where it is a usual one.
fn protocol_name(number: &str) -> String {
    match number {
        "1" => "icmp",
        "2" => "igmp",
        "6" => "tcp",
        "17" => "udp",
        "47" => "gre",
        "50" => "esp",
        "51" => "ah",
        "58" => "icmpv6",
        "89" => "ospf",
        "103" => "pim",
        "132" => "sctp",
        other => other,
    }
    .to_owned()
}

#[utoipa::path(get, path = "/api/spigraph", tag = "aggregations", params(ScopeQuery,
        ("exp" = String, Query, description = "Field; also `ip.dst:port` and `file`", example = "host.http"),
        ("size" = Option<usize>, Query, description = "Values; 20"),
        ("sort" = Option<String>, Query, description = "`name`, or `sessionsHisto` and the like: by that total"),
        ("interval" = Option<String>, Query, description = "As of `/api/sessions`")),
    responses((status = 200, description = "`{items:[{name,count,graph,map,…}],graph,map,recordsTotal,recordsFiltered}`")))]
/// A timeline and a map for each of the top values of a field.
pub(crate) async fn graph(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let cancel = params.get("cancelId").map(|id| (caller.user.user_id.clone(), id.to_owned()));
    soft(app.query(cancel, move |app, control| spigraph(app, &caller, &params, control)).await)
}

fn spigraph(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Value, Note), ApiError> {
    let (index, schema) = (&*app.state.index, &*app.state.schema);
    let name = params.get("exp").or_else(|| params.get("field"));
    let name = name.ok_or_else(|| ApiError::forbidden("Missing exp parameter"))?;
    let subject = Subject::read(schema, name)?;
    let size = params.parse("size", "a number of values")?.unwrap_or(20).min(MAX_GRAPHS);
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(params)?)?;
    let interval = Interval::read(params.get("interval"), params.is_set("spanning"), scope.range)?;
    let all = (&scope, &scope.plan);
    let count = vec![Aggregate::Sums(Vec::new())];
    let whole = Facets::ask(index, schema, all, Some(interval), true, count, control)?;
    let filtered = match whole.more.first() {
        Some(Outcome::Sums { count, .. }) => *count,
        _ => 0,
    };
    let (values, _) = subject.values(app, &scope.plan, (size, Order::Most), control)?;
    let mut items = Vec::new();
    for Valued { text, count, plan } in values {
        let own = Plan::And(vec![scope.plan.clone(), plan]).simplify();
        let asked = (&scope, &own);
        let facets = Facets::ask(index, schema, asked, Some(interval), true, Vec::new(), control)?;
        let mut item = json!({ "name": text, "count": count, "map": facets.map });
        for (key, value) in facets.graph.as_object().into_iter().flatten() {
            if let (Some(series), Some(list)) = (key.strip_suffix("Histo"), value.as_array()) {
                let total: i64 = list.iter().filter_map(|row| row.get(1)?.as_i64()).sum();
                item[format!("{series}Histo")] = total.into();
            }
        }
        item["graph"] = facets.graph;
        items.push(item);
    }
    match params.get("sort") {
        Some("name") => items.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str())),
        Some(by) => items.sort_by_key(|item| std::cmp::Reverse(item[by].as_i64())),
        None => {}
    }
    let total = index.count(&crate::api::sessions::narrowed(app, caller, Plan::All)?, control)?;
    let note = Note { filtered: Some(filtered), returned: Some(items.len() as u64), ..scope.note };
    let answer = json!({
        "items": items, "graph": whole.graph, "map": whole.map,
        "recordsTotal": total, "recordsFiltered": filtered,
    });
    Ok((answer, note))
}
