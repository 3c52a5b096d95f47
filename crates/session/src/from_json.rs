//! Documents read back from Arkime's shape.

use crate::{Object, Positions, SessionDoc, SessionId};
use fields::{Aspect, ObjectDef, Schema, Target, Value, Values};
use serde_json::{Map, Value as Json};

/// How the positions of a document that is read are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Byte offsets as they are.
    Absolute,
    /// Arkime's `gap0`.
    Gap0,
}

/// The document that [`crate::json::document`] made this of, or that Arkime wrote. What is no field of the schema is left out, as are values
/// that do not fit their field; counts are made of the values.
pub fn document(schema: &Schema, id: SessionId, source: &Map<String, Json>, coding: Coding) -> SessionDoc {
    let (mut slots, mut objects) = (Vec::new(), Vec::new());
    level(schema, "", source, &mut slots, &mut objects);
    SessionDoc::from_parts(id, positions(source, coding), slots, objects)
}

fn positions(source: &Map<String, Json>, coding: Coding) -> Positions {
    let list = |key: &str| source.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let coded: Vec<i64> = list("packetPos").iter().filter_map(Json::as_i64).collect();
    let lengths = list("packetLen").iter().filter_map(Json::as_u64);
    let lengths = lengths.map(|length| u32::try_from(length).unwrap_or(u32::MAX)).collect();
    let flat = match coding {
        Coding::Absolute => coded,
        Coding::Gap0 => Positions::from_gap0(&coded).flat,
    };
    Positions { flat, lengths }
}

fn level(
    schema: &Schema,
    prefix: &str,
    map: &Map<String, Json>,
    slots: &mut Vec<(Target, Values)>,
    objects: &mut Vec<Object>,
) {
    for (key, value) in map {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if let Some(entry) = schema.by_path(&path).filter(|entry| !entry.tokens) {
            if entry.target.aspect != Aspect::Count
                && let Some(held) = values(entry.target, value)
            {
                slots.push((entry.target, held));
            }
            continue;
        }
        match value {
            Json::Object(inner) => match object(schema, &path) {
                // Arkime writes a list of one object as a list; other writers may not
                Some(def) => objects.push(read_object(schema, def, inner)),
                None => level(schema, &path, inner, slots, objects),
            },
            Json::Array(list) => {
                if let Some(def) = object(schema, &path) {
                    let read =
                        list.iter().filter_map(Json::as_object).map(|one| read_object(schema, def, one));
                    objects.extend(read);
                }
            }
            _ => {}
        }
    }
}

fn object(schema: &Schema, path: &str) -> Option<&'static ObjectDef> {
    schema.objects().iter().copied().find(|def| def.path == path)
}

fn read_object(schema: &Schema, def: &'static ObjectDef, map: &Map<String, Json>) -> Object {
    let (mut slots, mut objects) = (Vec::new(), Vec::new());
    level(schema, def.path, map, &mut slots, &mut objects);
    Object::from_parts(def, slots, objects)
}

fn values(target: Target, json: &Json) -> Option<Values> {
    let kind = target.kind();
    let mut held = Values::empty(kind);
    let mut push = |one: &Json| {
        let text;
        let value = match one {
            _ if kind.is_int() => match one {
                Json::Bool(yes) => Some(Value::Int(i64::from(*yes))),
                Json::Number(number) => {
                    number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)).map(Value::Int)
                }
                Json::String(text) if text == "true" || text == "false" => {
                    Some(Value::Int(i64::from(text == "true")))
                }
                Json::String(text) => text.parse().ok().map(Value::Int),
                _ => None,
            },
            Json::String(text) if kind.is_text() => Some(Value::Text(text)),
            Json::String(text) => text.parse().ok().map(Value::Ip),
            Json::Number(_) | Json::Bool(_) if kind.is_text() => {
                text = one.to_string();
                Some(Value::Text(&text))
            }
            _ => None,
        };
        if let Some(value) = value {
            held.push(kind, value, false);
        }
    };
    match json {
        Json::Array(list) => list.iter().for_each(&mut push),
        one => push(one),
    }
    (!held.is_empty()).then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{core, json, perf};

    #[test]
    fn what_was_written_is_read() {
        let schema = Schema::new([core::FIELDS, perf::FIELDS]).unwrap();
        let mut doc = SessionDoc::new();
        doc.id = SessionId::new(2_000, [7; 16]);
        doc.add(&core::START_TIME, 1_000);
        doc.add(&core::STOP_TIME, 2_000);
        doc.add(&core::SRC_IP, "2001:db8::1".parse().unwrap());
        doc.add(&core::SRC_MAC, "00:11:22:33:44:55");
        doc.add(&core::TCP_SYN_VALIDATED, true);
        doc.protocol("tcp");
        let mut one = Object::new(&perf::TRANSACTION);
        one.add(&perf::TX_REQUEST, "GET /");
        doc.push(one);
        for offset in [24, 124, 224, 1_000] {
            doc.positions.push(3, &mut 0, offset, None);
        }
        let sorted = |doc: &SessionDoc| {
            let mut slots = doc.slots().to_vec();
            slots.sort_by_key(|(target, _)| target.def.expr);
            (slots, doc.objects().to_vec(), doc.positions.clone())
        };
        for (form, coding) in
            [(json::PositionForm::Gap0, Coding::Gap0), (json::PositionForm::Absolute, Coding::Absolute)]
        {
            let written = json::document(&doc, form);
            let read = document(&schema, doc.id, written.as_object().unwrap(), coding);
            assert_eq!(sorted(&read), sorted(&doc));
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let schema = Schema::new([core::FIELDS]).unwrap();
        let source = serde_json::json!({
            "source": { "ip": "not an address", "port": "80" }, "nothing": { "known": [1] }, "tags": ["a", 5, null],
            "network": 7, "packetPos": [24, "x"], "tcpSynValidated": "true",
        });
        let doc = document(&schema, SessionId::default(), source.as_object().unwrap(), Coding::Gap0);
        assert_eq!((doc.ip(&core::SRC_IP), doc.int(&core::SRC_PORT)), (None, Some(80)));
        assert_eq!(doc.values(&core::TAGS).unwrap().texts(), ["a", "5"]);
        assert_eq!(doc.int(&core::TCP_SYN_VALIDATED), Some(1));
        assert_eq!(doc.positions.flat, [24]);
    }
}
