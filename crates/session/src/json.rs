//! Arkime's document shape, made at the edge.

use crate::doc::Slot;
use crate::{Object, Positions, SessionDoc, core};
use fields::{Aspect, Count, Kind, Target, Value, Values};
use serde_json::{Map, Number, Value as Json};

/// How packet positions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PositionForm {
    /// Byte offsets as they are, file markers where there are files.
    Absolute,
    /// Arkime's `gap0`.
    Gap0,
}

/// The whole document. Keys are nested by dots of the path and sorted.
pub fn document(doc: &SessionDoc, positions: PositionForm) -> Json {
    let mut root = Map::new();
    level(&mut root, "", doc.slots(), doc.objects());
    if let (Some(first), Some(last)) = (doc.int(&core::START_TIME), doc.int(&core::STOP_TIME)) {
        let mut range = Map::new();
        range.insert("gte".into(), first.into());
        range.insert("lte".into(), last.into());
        root.insert("packetRange".into(), Json::Object(range));
    }
    write_positions(&mut root, &doc.positions, positions);
    sort(&mut root);
    Json::Object(root)
}

fn write_positions(root: &mut Map<String, Json>, positions: &Positions, form: PositionForm) {
    let flat = match form {
        PositionForm::Absolute => positions.flat.clone(),
        PositionForm::Gap0 => positions.gap0(),
    };
    root.insert("packetPos".into(), flat.into_iter().map(Json::from).collect());
    if !positions.lengths.is_empty() {
        root.insert("packetLen".into(), positions.lengths.iter().copied().map(Json::from).collect());
    }
    root.insert("fileId".into(), positions.files().into_iter().map(Json::from).collect());
}

/// One value as JSON.
pub fn value(kind: Kind, value: Value<'_>) -> Json {
    match value {
        Value::Int(int) if kind == Kind::Bool => Json::Bool(int != 0),
        Value::Int(int) => Json::Number(Number::from(int)),
        Value::Ip(ip) => Json::String(ip.to_string()),
        Value::Text(text) => Json::String(text.to_owned()),
    }
}

/// The values of one slot as JSON: a plain value or an array, as the field says.
pub fn values(target: Target, values: &Values) -> Json {
    let kind = target.kind();
    if target.def.single && target.aspect == Aspect::Value {
        return values.get(0).map_or(Json::Null, |v| value(kind, v));
    }
    values.iter().map(|v| value(kind, v)).collect()
}

fn level(root: &mut Map<String, Json>, prefix: &str, slots: &[Slot], objects: &[Object]) {
    for (target, held) in slots {
        insert(root, strip(&target.path(), prefix), values(*target, held));
        if target.aspect == Aspect::Value && target.def.count != Count::No {
            let count = Target { def: target.def, aspect: Aspect::Count };
            insert(root, strip(&count.path(), prefix), held.len().into());
        }
    }
    for object in objects {
        let mut map = Map::new();
        level(&mut map, object.def.path, object.slots(), object.objects());
        sort(&mut map);
        let key = object.def.key();
        if let Json::Array(list) = place(root, key, || Json::Array(Vec::new())) {
            list.push(Json::Object(map));
        }
        let count = match place(root, key, || Json::Null) {
            Json::Array(list) => list.len(),
            _ => 0,
        };
        insert(root, &format!("{key}Cnt"), count.into());
    }
}

fn strip<'a>(path: &'a str, prefix: &str) -> &'a str {
    path.strip_prefix(prefix).map_or(path, |rest| rest.trim_start_matches('.'))
}

fn place<'a>(root: &'a mut Map<String, Json>, key: &str, new: impl FnOnce() -> Json) -> &'a mut Json {
    root.entry(key.to_owned()).or_insert_with(new)
}

/// Puts a value at a dotted path. Where a shorter path already holds a plain value (or a list), the rest of the
/// path stays one dotted key beside it, so that nothing is lost.
fn insert(root: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((head, rest)) = path.split_once('.') else {
        root.insert(path.to_owned(), value);
        return;
    };
    match root.entry(head.to_owned()).or_insert_with(|| Json::Object(Map::new())) {
        Json::Object(inner) => insert(inner, rest, value),
        _ => {
            root.insert(path.to_owned(), value);
        }
    }
}

fn sort(map: &mut Map<String, Json>) {
    map.sort_keys();
    for value in map.values_mut() {
        if let Json::Object(inner) = value {
            sort(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf;

    #[test]
    fn has_arkimes_shape() {
        let mut doc = SessionDoc::new();
        doc.add(&core::START_TIME, 1_000);
        doc.add(&core::STOP_TIME, 2_000);
        doc.add(&core::SRC_IP, "10.0.0.1".parse().unwrap());
        doc.add(&core::SRC_MAC, "00:11:22:33:44:55");
        doc.add(&core::TCP_SYN_VALIDATED, true);
        doc.protocol("tcp");
        let mut one = Object::new(&perf::TRANSACTION);
        one.add(&perf::TX_REQUEST, "GET /");
        doc.push(one);
        doc.positions.push(0, &mut 0, 24, Some(90));
        let text = document(&doc, PositionForm::Absolute).to_string();
        assert_eq!(
            text,
            concat!(
                r#"{"fileId":[],"firstPacket":1000,"lastPacket":2000,"packetLen":[90],"packetPos":[24],"#,
                r#""packetRange":{"gte":1000,"lte":2000},"protocol":["tcp"],"protocolCnt":1,"#,
                r#""source":{"ip":"10.0.0.1","mac":["00:11:22:33:44:55"],"mac-cnt":1},"tcpSynValidated":true,"#,
                r#""transaction":[{"request":"GET /"}],"transactionCnt":1}"#
            )
        );
    }
}
