//! Session documents as the API shows them: all of it, or chosen fields, nested or flat.

use fields::{Aspect, Schema, Target};
use index::Show;
use serde_json::{Map, Value as Json};
use session::SessionDoc;
use session::json::{PositionForm, document};

/// Columns of `/api/sessions` when none are asked for: Arkime's, and what was slow.
const DEFAULT: &[&str] = &[
    "ipProtocol",
    "rootId",
    "totDataBytes",
    "client.bytes",
    "server.bytes",
    "network.packets",
    "network.bytes",
    "source.packets",
    "source.bytes",
    "destination.packets",
    "destination.bytes",
    "protocol",
    "http.uri",
    "source.geo.country_iso_code",
    "destination.geo.country_iso_code",
    "email.subject",
    "email.src",
    "email.dst",
    "email.filename",
    "dns.host",
    "cert",
    "irc.channel",
    "http.xffGEO",
    "tags",
    "perf",
];
/// What every session in a list has.
const ALWAYS: &[&str] =
    &["node", "source.ip", "source.port", "destination.ip", "destination.port", "firstPacket", "lastPacket"];

/// Which fields are shown.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// Document paths; a path may be that of an object (`cert`, `perf`).
    paths: Vec<String>,
    /// What the store must give for them.
    pub show: Show,
    flatten: bool,
}

impl Columns {
    /// Reads a list of database or expression names; empty means the default.
    ///
    /// Names that are unknown are left out, as Arkime does: a saved column layout may be older than the schema.
    pub fn new(schema: &Schema, wanted: &[String], flatten: bool) -> Self {
        let mut columns = Self { paths: Vec::new(), show: Show::All, flatten };
        let mut targets: Vec<Target> = Vec::new();
        let names = wanted.iter().map(String::as_str);
        let names: Vec<&str> = if wanted.is_empty() { DEFAULT.to_vec() } else { names.collect() };
        for name in ALWAYS.iter().copied().chain(names) {
            // what a count or a place is made of is the field that it belongs to
            let mut need = |target: Target| {
                let of = match target.aspect {
                    Aspect::Count => Target::of(target.def),
                    _ => target,
                };
                if !targets.contains(&of) {
                    targets.push(of);
                }
            };
            let path = match schema.target(name) {
                Some(target) => {
                    need(target);
                    target.path()
                }
                None => name.strip_prefix("db:").unwrap_or(name).to_owned(),
            };
            let inside = format!("{path}.");
            for entry in schema.entries().iter().filter(|e| !e.tokens && e.path.starts_with(&inside)) {
                need(entry.target);
            }
            if !columns.paths.contains(&path) {
                columns.paths.push(path);
            }
        }
        let positions =
            columns.paths.iter().any(|p| matches!(p.as_str(), "packetPos" | "packetLen" | "fileId"));
        columns.show = if positions { Show::WithPositions(targets) } else { Show::Only(targets) };
        columns
    }

    /// One session.
    pub fn session(&self, doc: &SessionDoc) -> Json {
        let whole = document(doc, PositionForm::Gap0);
        let mut shown = Map::new();
        shown.insert("id".to_owned(), Json::String(format!("3@{}", doc.id)));
        for path in &self.paths {
            pick(&whole, path, &mut shown);
        }
        if self.flatten { Json::Object(flat(shown)) } else { Json::Object(shown) }
    }
}

/// A whole session with its id.
pub(crate) fn whole(doc: &SessionDoc) -> Json {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), Json::String(format!("3@{}", doc.id)));
    if let Json::Object(rest) = document(doc, PositionForm::Gap0) {
        shown.extend(rest);
    }
    Json::Object(shown)
}

/// Copies what lies at a dotted path of a document to the same path of another; a list of objects is entered.
fn pick(from: &Json, path: &str, to: &mut Map<String, Json>) {
    let Json::Object(from) = from else { return };
    // a path may be one key with dots in it, where a shorter path holds a plain value
    if let Some(value) = from.get(path) {
        to.insert(path.to_owned(), value.clone());
        return;
    }
    let Some((head, rest)) = path.split_once('.') else { return };
    match from.get(head) {
        Some(inner @ Json::Object(_)) => {
            let place = to.entry(head.to_owned()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(place) = place {
                pick(inner, rest, place);
            }
            if place_is_empty(to, head) {
                to.remove(head);
            }
        }
        Some(Json::Array(items)) => {
            let place = to.entry(head.to_owned()).or_insert_with(|| Json::Array(Vec::new()));
            let Json::Array(place) = place else { return };
            place.resize(items.len().max(place.len()), Json::Object(Map::new()));
            for (item, shown) in items.iter().zip(place.iter_mut()) {
                if let Json::Object(shown) = shown {
                    pick(item, rest, shown);
                }
            }
        }
        _ => {}
    }
}

fn place_is_empty(map: &Map<String, Json>, key: &str) -> bool {
    matches!(map.get(key), Some(Json::Object(inner)) if inner.is_empty())
}

/// Dotted keys; the members of a list of objects become lists under their full path.
fn flat(nested: Map<String, Json>) -> Map<String, Json> {
    fn enter(prefix: &str, value: Json, out: &mut Map<String, Json>) {
        match value {
            Json::Object(inner) => {
                for (key, value) in inner {
                    enter(&format!("{prefix}.{key}"), value, out);
                }
            }
            Json::Array(items) if items.iter().any(Json::is_object) => {
                for item in items {
                    let Json::Object(item) = item else { continue };
                    for (key, value) in item {
                        let mut inner = Map::new();
                        enter(&format!("{prefix}.{key}"), value, &mut inner);
                        for (key, value) in inner {
                            let list = out.entry(key).or_insert_with(|| Json::Array(Vec::new()));
                            if let Json::Array(list) = list {
                                match value {
                                    Json::Array(more) => list.extend(more),
                                    one => list.push(one),
                                }
                            }
                        }
                    }
                }
            }
            plain => {
                out.insert(prefix.to_owned(), plain);
            }
        }
    }
    let mut out = Map::new();
    for (key, value) in nested {
        enter(&key, value, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use session::core;
    use session::{Object, SessionId, perf};

    fn schema() -> Schema {
        Schema::new([core::FIELDS, perf::FIELDS]).unwrap()
    }

    fn sample() -> SessionDoc {
        let mut doc = SessionDoc::new();
        doc.id = SessionId::new(0, [1; 16]);
        doc.add(&core::NODE, "n");
        doc.add(&core::SRC_IP, "10.0.0.1".parse().unwrap());
        doc.add(&core::BYTES, 9);
        doc.tag("a");
        doc.add(&perf::TCP_HANDSHAKE, 120);
        for (request, time) in [("GET /a", 5), ("GET /b", 6)] {
            let mut one = Object::new(&perf::TRANSACTION);
            one.add(&perf::TX_REQUEST, request);
            one.add(&perf::TX_TIME, time);
            doc.push(one);
        }
        doc
    }

    fn show(names: &[&str], flatten: bool) -> Json {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        Columns::new(&schema(), &names, flatten).session(&sample())
    }

    #[test]
    fn shows_what_was_asked_and_what_always_is() {
        let shown = show(&["network.bytes", "tags", "nonsense"], false);
        let id = &shown["id"];
        let want = serde_json::json!({"id": id, "node": "n", "source": {"ip": "10.0.0.1"}, "network": {"bytes": 9}, "tags": ["a"]});
        assert_eq!(shown, want);
        assert!(id.as_str().unwrap().starts_with("3@700101-"));
    }

    #[test]
    fn objects_come_whole_or_in_part() {
        let shown = show(&["perf", "transaction.request"], false);
        assert_eq!(shown["perf"]["tcp"]["handshake"], 120);
        assert_eq!(shown["transaction"], serde_json::json!([{"request": "GET /a"}, {"request": "GET /b"}]));
        let flat = show(&["transaction", "perf.tcp.handshake"], true);
        assert_eq!(flat["transaction.request"], serde_json::json!(["GET /a", "GET /b"]));
        assert_eq!(flat["transaction.lastByte"], serde_json::json!([5, 6]));
        assert_eq!(flat["perf.tcp.handshake"], 120);
        assert_eq!(flat["source.ip"], "10.0.0.1");
    }

    #[test]
    fn expression_names_and_counts_work_too() {
        let shown = show(&["bytes", "tags.cnt"], false);
        assert_eq!(shown["network"]["bytes"], 9);
        assert_eq!(shown["tagsCnt"], 1);
        assert!(shown.get("tags").is_none());
    }
}
