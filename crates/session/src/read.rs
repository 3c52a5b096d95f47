//! Documents in Arkime's shape, read back: the opposite of [`crate::json::document`].

use crate::json::PositionForm;
use crate::{MAX_TEXT, MAX_VALUES, Object, Positions, SessionDoc, SessionId, core};
use fields::{Aspect, Count, Kind, ObjectDef, Schema, Target, Value, Values};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::net::IpAddr;

/// Keys that are made anew from the rest of the document when it is written.
const DERIVED: [&str; 5] = ["packetRange", "packetPos", "packetLen", "fileId", "index"];

/// Reads documents with the fields of one schema.
#[derive(Debug)]
pub struct Reader {
    targets: HashMap<(Option<&'static str>, String), Target>,
    objects: HashMap<&'static str, &'static ObjectDef>,
}

/// A document that was read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// What was understood of it.
    pub doc: SessionDoc,
    /// Paths of what was not: no field has that path, or its value is none of the field's kind. Each once a document.
    pub unknown: Vec<String>,
}

/// Where values go: the document or an object in it.
trait Level {
    fn set(&mut self, target: Target, values: Values);
    fn push(&mut self, object: Object);
}
impl Level for SessionDoc {
    fn set(&mut self, target: Target, values: Values) {
        SessionDoc::set(self, target, values);
    }
    fn push(&mut self, object: Object) {
        SessionDoc::push(self, object);
    }
}
impl Level for Object {
    fn set(&mut self, target: Target, values: Values) {
        Object::set(self, target, values);
    }
    fn push(&mut self, object: Object) {
        Object::push(self, object);
    }
}

impl Reader {
    /// A reader of documents with these fields.
    pub fn new(schema: &Schema) -> Self {
        let mut targets = HashMap::new();
        for entry in schema.entries().iter().filter(|entry| !entry.tokens) {
            let object = entry.target.def.object.map(|object| object.path);
            targets.entry((object, entry.path.clone())).or_insert(entry.target);
        }
        Self { targets, objects: schema.objects().iter().map(|object| (object.path, *object)).collect() }
    }

    /// Reads a document that [`crate::json::document`] made: the body of a hit, as Elasticsearch and OpenSearch call it the `_source`.
    /// Its positions are taken to be in this form, and are kept as they were written, whatever they are.
    pub fn own(&self, id: SessionId, source: &Json, form: PositionForm) -> Read {
        let mut read = Read::default();
        if let Json::Object(map) = source {
            self.level(&mut read.doc, None, "", map, &mut read.unknown);
            read.doc.positions = positions(map, form);
        }
        read.doc.id = id;
        read.unknown.sort_unstable();
        read.unknown.dedup();
        read
    }

    /// The same for a document of an Arkime: its `rootId` is read as [`SessionId::foreign`] reads ids, and lengths that do not belong to its
    /// positions one by one are left out.
    pub fn read(&self, id: SessionId, source: &Json, form: PositionForm) -> Read {
        let mut read = self.own(id, source, form);
        let positions = &mut read.doc.positions;
        if positions.lengths.len() != positions.flat.len() {
            positions.lengths.clear();
        }
        if let Some(root) = read.doc.text(&core::ROOT_ID).map(|root| SessionId::foreign(root, None)) {
            read.doc.add(&core::ROOT_ID, &root.to_string());
        }
        read
    }

    fn level(
        &self,
        to: &mut dyn Level,
        object: Option<&'static ObjectDef>,
        prefix: &str,
        map: &Map<String, Json>,
        unknown: &mut Vec<String>,
    ) {
        for (key, value) in map {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if prefix.is_empty() && DERIVED.contains(&key.as_str()) {
                continue;
            }
            if let Some(def) = self.objects.get(path.as_str()).filter(|def| def.parent == object)
                && let Json::Array(_) | Json::Object(_) = value
            {
                // a list of one object is a list, but other writers may leave its brackets out
                let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for one in list {
                    let Json::Object(inner) = one else {
                        unknown.push(path.clone());
                        continue;
                    };
                    let mut made = Object::new(def);
                    self.level(&mut made, Some(def), &path, inner, unknown);
                    to.push(made);
                }
                continue;
            }
            if let Some(target) = self.targets.get(&(object.map(|o| o.path), path.clone())) {
                // how many there are follows from the values
                if target.aspect != Aspect::Count {
                    match values(*target, value) {
                        Some(values) => to.set(*target, values),
                        None => unknown.push(path),
                    }
                }
                continue;
            }
            match value {
                Json::Object(inner) => self.level(to, object, &path, inner, unknown),
                _ if self.is_count(&path) => {}
                _ => unknown.push(path),
            }
        }
    }

    /// Whether a path is the number of objects of a list, or of values of a field that is written without it here.
    fn is_count(&self, path: &str) -> bool {
        let base = path.strip_suffix("Cnt").or_else(|| path.strip_suffix("-cnt"));
        base.is_some_and(|base| {
            self.objects.contains_key(base)
                || self.targets.iter().any(|((_, known), target)| {
                    known == base && target.aspect == Aspect::Value && target.def.count == Count::No
                })
        })
    }
}

fn positions(map: &Map<String, Json>, form: PositionForm) -> Positions {
    let list = |key: &str| map.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let coded: Vec<i64> = list("packetPos").iter().filter_map(Json::as_i64).collect();
    let lengths = list("packetLen").iter().filter_map(|len| u32::try_from(len.as_u64()?).ok()).collect();
    let flat = match form {
        PositionForm::Absolute => coded,
        PositionForm::Gap0 => Positions::from_gap0(&coded).flat,
    };
    Positions { flat, lengths }
}

/// The values of a target; `None` where one is of another kind.
fn values(target: Target, json: &Json) -> Option<Values> {
    let kind = target.kind();
    let mut values = Values::empty(kind);
    // places stand beside the addresses, so that each has its place
    let unique = target.aspect == Aspect::Value && target.def.unique;
    let list = match json {
        Json::Array(list) => list.as_slice(),
        Json::Null => &[],
        one => std::slice::from_ref(one),
    };
    for one in list.iter().take(MAX_VALUES) {
        push(&mut values, kind, one, unique)?;
    }
    Some(values)
}

fn push(values: &mut Values, kind: Kind, json: &Json, unique: bool) -> Option<()> {
    match kind {
        Kind::Int | Kind::Size | Kind::Duration | Kind::Time | Kind::Bool => {
            values.push(kind, Value::Int(integer(json)?), unique);
        }
        Kind::Ip => {
            values.push(kind, Value::Ip(json.as_str()?.parse::<IpAddr>().ok()?), unique);
        }
        Kind::Term | Kind::Lower | Kind::Upper => {
            let made;
            let text = match json {
                Json::String(text) => text.as_str(),
                Json::Number(number) => {
                    made = number.to_string();
                    &made
                }
                Json::Bool(true) => "true",
                Json::Bool(false) => "false",
                _ => return None,
            };
            let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text);
            values.push(kind, Value::Text(text), unique);
        }
    }
    Some(())
}

fn integer(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64))
        }
        Json::Bool(value) => Some(i64::from(*value)),
        Json::String(text) => match text.as_str() {
            "true" => Some(1),
            "false" => Some(0),
            text => text.parse().ok(),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::document;
    use crate::perf;
    use serde_json::json;

    fn reader() -> Reader {
        Reader::new(&Schema::new([core::FIELDS, perf::FIELDS]).unwrap())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut doc = SessionDoc::new();
        doc.id = SessionId::new(2_000, [7; 16]);
        doc.add(&core::START_TIME, 1_000);
        doc.add(&core::STOP_TIME, 2_000);
        doc.add(&core::SRC_IP, "10.0.0.1".parse().unwrap());
        doc.add(&core::SRC_MAC, "00:11:22:33:44:55");
        doc.add(&core::TCP_SYN_VALIDATED, true);
        doc.add(&core::ROOT_ID, &doc.id.to_string());
        doc.protocol("tcp");
        doc.tag("mine");
        for request in ["GET /", "GET /b"] {
            let mut one = Object::new(&perf::TRANSACTION);
            one.add(&perf::TX_REQUEST, request);
            doc.push(one);
        }
        let mut last = 0;
        for (at, offset) in [24, 124, 224, 500].into_iter().enumerate() {
            doc.positions.push(1 + at as u32 / 3, &mut last, offset, Some(100));
        }
        for form in [PositionForm::Absolute, PositionForm::Gap0] {
            let read = reader().read(doc.id, &document(&doc, form), form);
            assert_eq!(read.unknown, Vec::<String>::new());
            assert_eq!(document(&read.doc, form), document(&doc, form));
            assert_eq!(read.doc.positions, doc.positions);
        }
    }

    #[test]
    fn lengths_without_their_positions_are_kept_of_own_documents_only() {
        let mut doc = SessionDoc::new();
        doc.positions = Positions { flat: vec![30_995, 14_407], lengths: vec![683] };
        let source = document(&doc, PositionForm::Absolute);
        let own = reader().own(doc.id, &source, PositionForm::Absolute).doc;
        assert_eq!(own.positions, doc.positions);
        let foreign = reader().read(doc.id, &source, PositionForm::Absolute).doc;
        assert_eq!(foreign.positions, Positions { lengths: vec![], ..doc.positions });
    }

    #[test]
    fn one_object_needs_no_list() {
        let source = json!({"transaction": {"request": "GET /"}});
        let read = reader().own(SessionId::default(), &source, PositionForm::Absolute);
        assert_eq!(read.unknown, Vec::<String>::new());
        assert_eq!(document(&read.doc, PositionForm::Absolute)["transaction"], json!([{"request": "GET /"}]));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let source = json!({
            "source": {"ip": "not an address", "port": "80", "nose": 1},
            "tcpSynValidated": "true", "transaction": ["x"], "node": "n", "protocolCnt": 3,
            "huge": {"deep": {"er": []}},
        });
        let read = reader().read(SessionId::default(), &source, PositionForm::Absolute);
        assert_eq!(read.unknown, ["huge.deep.er", "source.ip", "source.nose", "transaction"]);
        assert_eq!((read.doc.int(&core::SRC_PORT), read.doc.text(&core::NODE)), (Some(80), Some("n")));
        assert_eq!(read.doc.int(&core::TCP_SYN_VALIDATED), Some(1));
    }
}
