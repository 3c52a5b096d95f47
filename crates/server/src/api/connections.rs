//! `/api/connections`: who talks to whom, as nodes and links between two fields.

use crate::api::aggregate::Subject;
use crate::api::export::each;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::history::Note;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use ::fields::{Kind, Schema, Target, Value as FieldValue};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{Extension, IntoResponse, Response};
use index::{Control, Page, Show};
use query::{Plan, time_range};
use serde_json::{Map, Value, json};
use session::SessionDoc;
use std::collections::{BTreeSet, HashMap};

/// Sessions that are looked at when no number is given.
const LENGTH: u64 = 5_000;
/// Sessions that are held in memory at once; more are looked at one by one.
const AT_ONCE: u64 = 50_000;
/// Most sessions that are looked at.
const MAX_LENGTH: u64 = 1_000_000;
/// Most nodes, and most links, of one answer.
const MAX_NODES: usize = 20_000;
/// Values of a text field that a node or link lists.
const MAX_LIST: usize = 100;
/// What nodes and links sum up when nothing is asked for.
const FIELDS: &[&str] = &["network.bytes", "totDataBytes", "network.packets", "node"];

/// Sums and lists of one node or link.
#[derive(Clone, Default)]
struct Held {
    sessions: u64,
    sums: Vec<i64>,
    lists: Vec<BTreeSet<String>>,
}

impl Held {
    fn add(&mut self, doc: &SessionDoc, fields: &[Target]) {
        self.sessions += 1;
        self.sums.resize(fields.len(), 0);
        self.lists.resize(fields.len(), BTreeSet::new());
        for ((field, sum), list) in fields.iter().zip(&mut self.sums).zip(&mut self.lists) {
            doc.visit(*field, &mut |value| {
                match value {
                    FieldValue::Int(int) if field.kind() != Kind::Time => *sum = sum.wrapping_add(int),
                    other if list.len() < MAX_LIST => _ = list.insert(text(other)),
                    _ => {}
                }
                true
            });
        }
    }

    fn write(&self, fields: &[Target], out: &mut Map<String, Value>) {
        for (at, field) in fields.iter().enumerate() {
            let list = self.lists.get(at).filter(|list| !list.is_empty());
            let sum = self.sums.get(at).copied().unwrap_or(0);
            let value = list.map_or_else(|| sum.into(), |list| json!(list));
            out.insert(field.path(), value);
        }
    }
}

fn text(value: FieldValue<'_>) -> String {
    match value {
        FieldValue::Int(int) => int.to_string(),
        FieldValue::Ip(ip) => ip.to_string(),
        FieldValue::Text(text) => text.to_owned(),
    }
}

#[derive(Default)]
struct Node {
    held: Held,
    /// 1: met as a source, 2: as a destination.
    kind: u8,
    /// 1: in the range, 2: in the range before.
    seen: u8,
}

#[derive(Default)]
struct Link {
    held: Held,
    seen: u8,
}

struct Graph {
    fields: Vec<Target>,
    nodes: HashMap<String, Node>,
    links: HashMap<(String, String), Link>,
    left_out: bool,
}

fn values(subject: &Subject, doc: &SessionDoc) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |target: Target| {
        doc.visit(target, &mut |value| {
            found.insert(text(value));
            true
        });
    };
    match subject {
        Subject::Field(target) => add(*target),
        Subject::Family(targets) => targets.iter().copied().for_each(add),
        Subject::Pair(ip, port) => {
            let (mut address, mut number) = (None, None);
            doc.visit(*ip, &mut |value| {
                if let FieldValue::Ip(ip) = value {
                    address = Some(ip);
                }
                false
            });
            doc.visit(*port, &mut |value| {
                number = Some(text(value));
                false
            });
            if let (Some(address), Some(port)) = (address, number) {
                // the language writes the port of an IPv6 address behind a dot
                let sep = if address.is_ipv6() { '.' } else { ':' };
                found.insert(format!("{address}{sep}{port}"));
            }
        }
        Subject::File => {}
    }
    found
}

impl Graph {
    fn add(&mut self, doc: &SessionDoc, (from, to): (&Subject, &Subject), seen: u8) {
        let (sources, targets) = (values(from, doc), values(to, doc));
        for source in &sources {
            for target in &targets {
                let link = (source.clone(), target.clone());
                let room = self.links.len() < MAX_NODES && self.nodes.len() < MAX_NODES;
                if !room && !self.links.contains_key(&link) {
                    self.left_out = true;
                    continue;
                }
                let held = self.links.entry(link).or_default();
                held.held.add(doc, &self.fields);
                held.seen |= seen;
                for (name, kind) in [(source, 1), (target, 2)] {
                    let node = self.nodes.entry(name.clone()).or_default();
                    node.held.add(doc, &self.fields);
                    node.kind |= kind;
                    node.seen |= seen;
                }
            }
        }
    }

    /// Nodes and links as Arkime lists them: links name the places of their nodes.
    fn json(self, min_links: usize, visible: &str) -> (Vec<Value>, Vec<Value>) {
        let shown = |seen: u8| match visible {
            "actual" => seen & 1 != 0,
            "actualold" => seen & 1 != 0 || seen == 2,
            "new" => seen == 1,
            "old" => seen == 2,
            _ => true,
        };
        let mut degree: HashMap<&str, usize> = HashMap::new();
        for (source, target) in self.links.keys() {
            *degree.entry(source).or_default() += 1;
            if source != target {
                *degree.entry(target).or_default() += 1;
            }
        }
        let mut names: Vec<(&String, &Node)> = self.nodes.iter().collect();
        names.retain(|(name, node)| {
            degree.get(name.as_str()).copied().unwrap_or(0) >= min_links && shown(node.seen)
        });
        names.sort_by(|a, b| b.1.held.sessions.cmp(&a.1.held.sessions).then_with(|| a.0.cmp(b.0)));
        let place: HashMap<&str, usize> =
            names.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
        let nodes = names.iter().enumerate().map(|(at, (name, node))| {
            let mut shown = Map::new();
            shown.insert("id".into(), json!(name));
            shown.insert("cnt".into(), json!(degree.get(name.as_str())));
            shown.insert("sessions".into(), json!(node.held.sessions));
            shown.insert("type".into(), json!(node.kind));
            shown.insert("inresult".into(), json!(node.seen));
            shown.insert("pos".into(), json!(at));
            node.held.write(&self.fields, &mut shown);
            Value::Object(shown)
        });
        let nodes: Vec<Value> = nodes.collect();
        let mut links: Vec<(usize, usize, &Link)> = self
            .links
            .iter()
            .filter_map(|((s, t), link)| Some((*place.get(s.as_str())?, *place.get(t.as_str())?, link)))
            .collect();
        links.sort_by_key(|(source, target, _)| (*source, *target));
        let links = links.into_iter().map(|(source, target, link)| {
            let mut shown = Map::new();
            shown.insert("source".into(), json!(source));
            shown.insert("target".into(), json!(target));
            shown.insert("value".into(), json!(link.held.sessions));
            link.held.write(&self.fields, &mut shown);
            Value::Object(shown)
        });
        (nodes, links.collect())
    }
}

/// The range before the one that is shown: `2x` as long, or so many hours.
fn baseline(text: &str, (from, to): (i64, i64)) -> Result<(i64, i64), ApiError> {
    let bad = || ApiError::forbidden("baselineDate is a number of hours, or so many times the range, as 1x");
    let long = match text.strip_suffix('x') {
        Some(times) => to
            .saturating_sub(from)
            .saturating_mul(times.parse::<i64>().ok().filter(|n| *n > 0).ok_or_else(bad)?),
        None => text.parse::<i64>().ok().filter(|n| *n > 0).ok_or_else(bad)?.saturating_mul(3_600_000),
    };
    Ok((from.saturating_sub(long), from - 1))
}

fn subject(schema: &Schema, params: &Params, name: &str, default: &str) -> Result<Subject, ApiError> {
    match Subject::read(schema, params.get(name).unwrap_or(default))? {
        Subject::File => Err(ApiError::forbidden(format!("{name} cannot be file"))),
        subject => Ok(subject),
    }
}

fn parts(subject: &Subject) -> Vec<Target> {
    match subject {
        Subject::Field(target) => vec![*target],
        Subject::Family(targets) => targets.clone(),
        Subject::Pair(ip, port) => vec![*ip, *port],
        Subject::File => Vec::new(),
    }
}

fn build(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Value, Vec<Target>, Note), ApiError> {
    let schema = &*app.state.schema;
    let from = subject(schema, params, "srcField", "source.ip")?;
    let to = subject(schema, params, "dstField", "ip.dst:port")?;
    let names = match params.list("fields") {
        none if none.is_empty() => FIELDS.iter().map(|name| (*name).to_owned()).collect(),
        names => names,
    };
    let fields: Vec<Target> = names.iter().filter_map(|name| schema.target(name)).collect();
    let length = params.parse("length", "a number of sessions")?.unwrap_or(LENGTH).min(MAX_LENGTH);
    let min_links = params.parse("minConn", "a number of connections")?.unwrap_or(1usize);
    let visible = params.get("baselineVis").unwrap_or("all").to_owned();
    let query = ScopeQuery::read(params)?;
    let scope = Scope::resolve(app, caller, &query)?;
    let mut shown = parts(&from);
    shown.extend(parts(&to));
    shown.extend(fields.iter().copied());
    let show = Show::Only(shown);
    let mut graph = Graph { fields, nodes: HashMap::new(), links: HashMap::new(), left_out: false };
    let mut add = |plan: &Plan, seen: u8| {
        if length > AT_ONCE {
            each(app, plan, (&show, &[], length), control, &mut |doc| {
                graph.add(&doc, (&from, &to), seen);
                Ok(())
            })?;
            return Ok(None);
        }
        // the first in order of time, found, counted and read by all cores
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        let page = Page { size, show: show.clone(), total: seen == 1, ..Page::default() };
        let hits = app.state.index.search(plan, &page, control)?;
        hits.docs.iter().for_each(|doc| graph.add(doc, (&from, &to), seen));
        Ok::<_, ApiError>(hits.total)
    };
    let counted = add(&scope.plan, 1)?;
    if let Some(text) = params.get("baselineDate").filter(|text| *text != "0") {
        let range = scope.range.ok_or_else(|| ApiError::forbidden("a baseline needs a range of time"))?;
        let (start, stop) = baseline(text, range)?;
        // the same search without its time
        let all =
            ScopeQuery { date: None, start_time: Some(milli(start)), stop_time: Some(milli(stop)), ..query };
        let before = Scope::resolve(app, caller, &all)?;
        let within = time_range(start, stop, before.bounding);
        add(&Plan::And(vec![before.plan, within]).simplify(), 2)?;
    }
    let filtered = match counted {
        Some(counted) => counted,
        None => app.state.index.count(&scope.plan, control)?,
    };
    let total = app.state.index.count(&crate::api::sessions::narrowed(app, caller, Plan::All)?, control)?;
    let fields = graph.fields.clone();
    let left_out = graph.left_out;
    let (nodes, links) = graph.json(min_links, &visible);
    let mut answer =
        json!({ "nodes": nodes, "links": links, "recordsTotal": total, "recordsFiltered": filtered });
    if left_out {
        answer["text"] =
            format!("only the first {MAX_NODES} connections are shown; narrow the search").into();
    }
    Ok((answer, fields, Note { filtered: Some(filtered), ..scope.note }))
}

/// Milliseconds as seconds with decimals, as a time of a request.
fn milli(ms: i64) -> String {
    format!("{}.{:03}", ms.div_euclid(1_000), ms.rem_euclid(1_000))
}

#[utoipa::path(get, path = "/api/connections", tag = "aggregations", params(ScopeQuery,
        ("srcField" = Option<String>, Query, description = "Field of the sources; `source.ip`"),
        ("dstField" = Option<String>, Query, description = "Field of the destinations; `ip.dst:port`"),
        ("minConn" = Option<usize>, Query, description = "Links that a node must have to be shown; 1"),
        ("length" = Option<u64>, Query, description = "Sessions to look at; 5,000"),
        ("fields" = Option<String>, Query, description = "What nodes and links sum up or list"),
        ("baselineDate" = Option<String>, Query, description = "Compared with the range before: hours, or `1x`: as long as the range"),
        ("baselineVis" = Option<String>, Query, description = "`all`, `actual`, `actualold`, `new`, `old`")),
    responses((status = 200, description = "`{nodes:[{id,cnt,sessions,type,inresult,pos,…}],links:[{source,target,value,…}],recordsTotal,recordsFiltered}`; `type`: 1 source, 2 destination, 3 both; `inresult`: 1 new, 2 old, 3 both")))]
/// Who talks to whom; also as POST.
pub(crate) async fn connections(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let cancel = params.get("cancelId").map(|id| (caller.user.user_id.clone(), id.to_owned()));
    match app.query(cancel, move |app, control| build(app, &caller, &params, control)).await {
        Ok((answer, _, note)) => Ok((Extension(note), Json(answer)).into_response()),
        Err(error) if error.is_clients() => {
            let empty = json!({ "nodes": [], "links": [], "recordsTotal": 0, "recordsFiltered": 0, "error": error.text });
            Ok(Json(empty).into_response())
        }
        Err(error) => Err(error),
    }
}

#[utoipa::path(get, path = "/api/connections.csv", tag = "aggregations", params(ScopeQuery),
    responses((status = 200, description = "One line a link: source, destination, sessions, and the fields", content_type = "text/csv")))]
/// The links of `/api/connections` as CSV, with the same parameters; also as POST.
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let (answer, fields, note) =
        app.query(None, move |app, control| build(app, &caller, &params, control)).await?;
    let mut out = String::from("Source, Destination, Sessions");
    for field in &fields {
        out.push_str(", ");
        out.push_str(&field.label());
    }
    out.push_str("\r\n");
    let nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
    let name = |at: &Value| {
        let node = at.as_u64().and_then(|at| nodes.get(usize::try_from(at).ok()?));
        node.and_then(|node| node["id"].as_str()).unwrap_or_default().to_owned()
    };
    for link in answer["links"].as_array().into_iter().flatten() {
        let mut cells = vec![name(&link["source"]), name(&link["target"]), link["value"].to_string()];
        cells.extend(fields.iter().map(|field| crate::api::export::plain(&link[field.path()])));
        let cells: Vec<String> = cells.iter().map(|text| crate::api::export::cell(text)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"connections.csv\""),
    ];
    Ok((Extension(note), headers, out).into_response())
}
