//! `/api/sessions/summary` and `/api/spigraphhierarchy`: what a range of time is made of.

use crate::api::aggregate::{MAX_LEVELS, Subject, is};
use crate::api::key_text;
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
use axum::http::{StatusCode, header};
use axum::response::{Extension, IntoResponse, Response};
use index::{Aggregate, Bucket, Control, Order, Outcome, Terms};
use query::Plan;
use serde_json::{Value, json};
use session::core;

/// Values of one field of a summary.
const MAX_LENGTH: usize = 1_000;
/// Fields of one summary.
const MAX_FIELDS: usize = 50;
/// Values of one level of a hierarchy.
const MAX_SIZE: usize = 1_000;
/// Nodes of a hierarchy for which addresses are counted: each costs a pass.
const COUNTED: usize = 100;

fn sums(outcome: Option<&Outcome>) -> (u64, Vec<i64>) {
    match outcome {
        Some(Outcome::Sums { count, sums }) => (*count, sums.clone()),
        _ => (0, Vec::new()),
    }
}

#[utoipa::path(get, path = "/api/sessions/summary", tag = "aggregations", params(ScopeQuery,
        ("fields" = Option<String>, Query, description = "Fields, separated by commas; each may carry how it is shown and what it counts: `ip.dst;pie;bytes`"),
        ("order" = Option<String>, Query, description = "`desc` (the default): the most first; `asc`: the least first"),
        ("length" = Option<usize>, Query, description = "Values of each field; 20, at most 1,000")),
    responses((status = 200, description = "A list: totals with `graph` and `map`, `{field,viewMode,metricType,data:[{item,sessions,bytes,packets}]}` for each field, and `{}`")))]
/// Totals, timeline and top values of several fields in one answer; also as POST.
pub(crate) async fn summary(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let cancel = ScopeQuery::read(&params)?.cancel_key(&caller);
    let (answer, note) =
        app.query(cancel, move |app, control| summarise(app, &caller, &params, control)).await?;
    Ok((Extension(note), Json(answer)).into_response())
}

fn summarise(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Value, Note), ApiError> {
    let length = params.parse("length", "a number of values")?.unwrap_or(20usize).min(MAX_LENGTH);
    let ascending = match params.get("order") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(ApiError::forbidden("order is asc or desc")),
    };
    let (index, schema) = (&*app.state.index, &*app.state.schema);
    let mut wanted = Vec::new();
    for text in params.list("fields").into_iter().take(MAX_FIELDS) {
        let mut parts = text.split(';');
        let name = parts.next().unwrap_or_default().to_owned();
        let view = parts.next().unwrap_or("bar").to_owned();
        let metric = match parts.next().unwrap_or("sessions") {
            metric @ ("sessions" | "packets" | "bytes") => metric.to_owned(),
            _ => return Err(ApiError::forbidden("a summary counts sessions, packets or bytes")),
        };
        wanted.push((Subject::read(schema, &name)?, name, view, metric));
    }
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(params)?)?;
    let interval = Interval::read(params.get("interval"), params.is_set("spanning"), scope.range)?;
    let more = vec![
        Aggregate::Sums(vec![&core::BYTES.def, &core::DATA_BYTES.def, &core::PACKETS.def]),
        Aggregate::Range(&core::START_TIME.def),
        Aggregate::Range(&core::STOP_TIME.def),
    ];
    let asked = (&scope, &scope.plan);
    let facets = Facets::ask(index, schema, asked, Some(interval), true, more, control)?;
    let (count, total) = sums(facets.more.first());
    let [bytes, data, packets] = [0, 1, 2].map(|at| total.get(at).copied().unwrap_or(0));
    let end = |at: usize, last: bool| match facets.more.get(at) {
        Some(Outcome::Range(Some((low, high)))) => json!(if last { *high } else { *low }),
        _ => Value::Null,
    };
    let mut answer = vec![json!({
        "firstPacket": end(1, false), "lastPacket": end(2, true), "sessions": count, "bytes": bytes,
        "dataBytes": data, "packets": packets, "map": facets.map, "graph": facets.graph,
        // a pcap: its header, and 16 bytes for each packet
        "downloadBytes": 24 + bytes + 16 * packets,
    })];
    for (subject, field, view, metric) in wanted {
        let data = field_rows(app, &scope.plan, (&subject, &metric, ascending, length), control)?;
        answer.push(json!({ "field": field, "viewMode": view, "metricType": metric, "data": data }));
    }
    answer.push(json!({}));
    Ok((Value::Array(answer), Note { filtered: Some(count), ..scope.note }))
}

/// The first values of a field with what was counted for each.
fn field_rows(
    app: &App,
    plan: &Plan,
    (subject, metric, ascending, length): (&Subject, &str, bool, usize),
    control: &Control,
) -> Result<Vec<Value>, ApiError> {
    let index = &*app.state.index;
    let counted = vec![&core::BYTES.def, &core::PACKETS.def];
    let row = |item: &str, count: u64, sums: &[i64]| {
        let sum = |at: usize| sums.get(at).copied().unwrap_or(0);
        json!({ "item": item, "sessions": count, "bytes": sum(0), "packets": sum(1) })
    };
    if let Subject::Field(target) = subject {
        let order = match (metric, ascending) {
            ("sessions", true) => Order::Least,
            ("sessions", false) => Order::Most,
            ("bytes", false) => Order::Sum(0),
            (_, false) => Order::Sum(1),
            (_, true) => Order::Value,
        };
        // the smallest sums are no order of the store: all values are looked at
        let size = if order == Order::Value { crate::api::aggregate::MAX_VALUES } else { length };
        let terms = Terms { levels: vec![*target], size, order, sums: counted };
        let outcome = index.aggregate(plan, &[Aggregate::Terms(terms)], control)?.into_iter().next();
        let Some(Outcome::Terms { mut buckets, .. }) = outcome else { return Ok(Vec::new()) };
        if order == Order::Value {
            let at = usize::from(metric == "packets");
            buckets.sort_by_key(|bucket| bucket.sums.get(at).copied());
            buckets.truncate(length);
        }
        return Ok(buckets.iter().map(|b| row(&key_text(&b.key), b.count, &b.sums)).collect());
    }
    let order = if ascending { Order::Least } else { Order::Most };
    let (values, _) = subject.values(app, plan, (length, order), control)?;
    let mut rows = Vec::new();
    for value in values {
        let own = Plan::And(vec![plan.clone(), value.plan]).simplify();
        let outcomes = index.aggregate(&own, &[Aggregate::Sums(counted.clone())], control)?;
        rows.push(row(&value.text, value.count, &sums(outcomes.first()).1));
    }
    Ok(rows)
}

#[utoipa::path(get, path = "/api/spigraphhierarchy", tag = "aggregations", params(ScopeQuery,
        ("exp" = String, Query, description = "Fields, separated by commas, the outermost first", example = "ip.src,ip.dst"),
        ("size" = Option<usize>, Query, description = "Values of each level; 20")),
    responses((status = 200, description = "`{success,hierarchicalResults:{name,children:[{name,size,srcips,dstips,children}]},tableResults:[{name,size,parents}],recordsTotal,recordsFiltered}`"),
        (status = 403, description = "Missing exp parameter, or Unknown expression, as text")))]
/// Values of the second field among the sessions of each value of the first, and so on; also as POST.
pub(crate) async fn hierarchy(State(app): State<App>, caller: Caller, params: Params) -> Response {
    let result = match ScopeQuery::read(&params) {
        Ok(query) => {
            let cancel = query.cancel_key(&caller);
            app.query(cancel, move |app, control| levels(app, &caller, &params, control)).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok((answer, note)) => (Extension(note), Json(answer)).into_response(),
        Err(error) if error.is_clients() => {
            let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            (StatusCode::FORBIDDEN, text, error.text).into_response()
        }
        Err(error) => error.into_response(),
    }
}

fn levels(app: &App, caller: &Caller, params: &Params, control: &Control) -> Result<(Value, Note), ApiError> {
    let names = params.list("exp");
    if names.is_empty() {
        return Err(ApiError::forbidden("Missing exp parameter"));
    }
    if names.len() > MAX_LEVELS {
        return Err(ApiError::forbidden(format!("at most {MAX_LEVELS} fields at once")));
    }
    let targets = names.iter().map(|name| match Subject::read(&app.state.schema, name)? {
        Subject::Field(target) => Ok(target),
        _ => Err(ApiError::forbidden(format!("{name} cannot be combined with other fields"))),
    });
    let levels: Vec<Target> = targets.collect::<Result<_, ApiError>>()?;
    let size = params.parse("size", "a number of values")?.unwrap_or(20usize).min(MAX_SIZE);
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(params)?)?;
    let terms = Terms { levels: levels.clone(), size, order: Order::Most, sums: Vec::new() };
    let asked = [Aggregate::Sums(Vec::new()), Aggregate::Terms(terms)];
    let mut outcomes = app.state.index.aggregate(&scope.plan, &asked, control)?.into_iter();
    let (count, _) = sums(outcomes.next().as_ref());
    let Some(Outcome::Terms { buckets, .. }) = outcomes.next() else {
        return Err(ApiError::internal("the store counted nothing"));
    };
    let mut tree = Tree { app, levels: &levels, counted: 0, rows: Vec::new() };
    let children = tree.nodes(&buckets, (0, &scope.plan), &mut Vec::new(), control)?;
    let total = app.state.index.count(&crate::api::sessions::narrowed(app, caller, Plan::All)?, control)?;
    let answer = json!({
        "success": true,
        "hierarchicalResults": { "name": "Top Talkers", "children": children },
        "tableResults": tree.rows,
        "recordsTotal": total,
        "recordsFiltered": count,
    });
    Ok((answer, Note { filtered: Some(count), ..scope.note }))
}

struct Tree<'a> {
    app: &'a App,
    levels: &'a [Target],
    counted: usize,
    rows: Vec<Value>,
}

impl Tree<'_> {
    fn nodes(
        &mut self,
        buckets: &[Bucket],
        (level, plan): (usize, &Plan),
        parents: &mut Vec<Value>,
        control: &Control,
    ) -> Result<Vec<Value>, ApiError> {
        let Some(target) = self.levels.get(level).copied() else { return Ok(Vec::new()) };
        let mut nodes = Vec::new();
        for bucket in buckets {
            let name = key_text(&bucket.key);
            let mut node = json!({ "name": name, "size": bucket.count });
            let own = Plan::And(vec![plan.clone(), is(target, &bucket.key)]).simplify();
            if self.counted < COUNTED {
                self.counted += 1;
                let asked =
                    [&core::SRC_IP.def, &core::DST_IP.def].map(|def| Aggregate::Distinct(Target::of(def)));
                let outcomes = self.app.state.index.aggregate(&own, &asked, control)?;
                for (key, outcome) in ["srcips", "dstips"].into_iter().zip(outcomes) {
                    if let Outcome::Distinct(different) = outcome {
                        node[key] = different.into();
                    }
                }
            }
            if bucket.inner.is_empty() {
                self.rows.push(json!({ "name": name, "size": bucket.count, "parents": parents.clone() }));
            } else {
                // the area of a node with children is that of its children
                node["sizeValue"] = bucket.count.into();
                parents.push(json!({ "name": name, "size": bucket.count }));
                node["children"] = self.nodes(&bucket.inner, (level + 1, &own), parents, control)?.into();
                parents.pop();
            }
            nodes.push(node);
        }
        Ok(nodes)
    }
}
