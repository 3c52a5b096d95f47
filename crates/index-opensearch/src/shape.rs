//! Documents as a cluster gets them: Arkime's shape, and beside it (under `hindsight`) what makes the answers exact.
//!
//! Two kinds of value mean something else to Elasticsearch than to a plan: an IPv4 address in IPv6 form (`::ffff:10.0.0.1`), which is the IPv4
//! address there, and a time before 1970, which is refused. They are *odd*: they are left out of what is searched, their fields are named in
//! `hindsight.odd`, and the whole document stands in `hindsight.whole`. Queries about such fields look at such documents themselves.

use fields::{Aspect, Kind, Schema, Target, Value, Values};
use index::{Error, ErrorKind};
use query::words;
use serde_json::{Map, Value as Json, json};
use session::json::{PositionForm, document};
use session::{Object, Reader, SessionDoc, SessionId, core};
use std::collections::BTreeSet;

/// Key of everything of our own.
pub(crate) const OWN: &str = "hindsight";
/// The session id so that it sorts as ids do.
pub(crate) const ORDER: &str = "hindsight.order";
/// Paths of fields with odd values.
pub(crate) const ODD: &str = "hindsight.odd";
/// Bytes of a word that are indexed as they are: the tokenizer splits words of more than 255 characters.
const MAX_WORD: usize = 200;

/// Whether Elasticsearch would take a value for another.
fn is_odd(kind: Kind, value: Value<'_>) -> bool {
    match value {
        Value::Ip(std::net::IpAddr::V6(ip)) => ip.to_ipv4_mapped().is_some(),
        Value::Int(int) => kind == Kind::Time && int < 0,
        _ => false,
    }
}

/// Whether fields of this kind can have odd values.
pub(crate) fn can_be_odd(target: Target) -> bool {
    matches!(target.def.kind, Kind::Ip | Kind::Time) && matches!(target.aspect, Aspect::Value | Aspect::Count)
}

/// The id of a document so that text sorts as ids do.
pub(crate) fn order(id: SessionId) -> String {
    let mut text = format!("{:08x}", id.day);
    id.unique.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text
}

/// A word as it is indexed and looked for.
pub(crate) fn word(word: &str) -> String {
    if word.len() <= MAX_WORD {
        word.to_owned()
    } else {
        format!("#{:032x}", xxhash_rust::xxh3::xxh3_128(word.as_bytes()))
    }
}

/// The JSON of a document.
pub(crate) fn encode(schema: &Schema, doc: &SessionDoc) -> String {
    let mut odd = BTreeSet::new();
    find_odd(doc.slots(), doc.objects(), &mut odd);
    let form = if is_ascending(&doc.positions.flat) { PositionForm::Gap0 } else { PositionForm::Absolute };
    let mut own = Map::new();
    own.insert("order".into(), order(doc.id).into());
    if form == PositionForm::Absolute {
        own.insert("positions".into(), "absolute".into());
    }
    let mut json = if odd.is_empty() {
        document(doc, form)
    } else {
        own.insert("whole".into(), document(doc, form).to_string().into());
        own.insert("odd".into(), odd.into_iter().collect());
        let (slots, objects) = plain(doc.slots(), doc.objects());
        document(&SessionDoc::from_parts(doc.id, doc.positions.clone(), slots, objects), form)
    };
    if let Json::Object(map) = &mut json {
        // an interval that runs backwards is refused
        if let Some(Json::Object(range)) = map.get_mut("packetRange")
            && let (Some(from), Some(to)) =
                (range.get("gte").and_then(Json::as_i64), range.get("lte").and_then(Json::as_i64))
        {
            range.insert("lte".into(), from.max(to).into());
        }
        for entry in schema.entries().iter().filter(|entry| entry.tokens) {
            let mut texts: Vec<Json> = Vec::new();
            doc.visit(entry.target, &mut |value| {
                if let Value::Text(text) = value {
                    let words: Vec<String> = words(text).map(|one| word(&one)).collect();
                    texts.push(words.join(" ").into());
                }
                true
            });
            if !texts.is_empty() {
                map.insert(entry.path.clone(), texts.into());
            }
        }
        map.insert(OWN.into(), Json::Object(own));
    }
    json.to_string()
}

/// Whether `gap0` gives these positions back: it takes those that rise within a file.
fn is_ascending(flat: &[i64]) -> bool {
    let mut last = -1;
    flat.iter().all(|&value| {
        let good = value < 0 || value > last;
        last = if value < 0 { -1 } else { value };
        good
    })
}

fn find_odd(slots: &[(Target, Values)], objects: &[Object], odd: &mut BTreeSet<String>) {
    for (target, values) in slots {
        if can_be_odd(*target) && values.iter().any(|value| is_odd(target.kind(), value)) {
            odd.insert(target.path());
        }
    }
    objects.iter().for_each(|object| find_odd(object.slots(), object.objects(), odd));
}

/// The same without odd values.
fn plain(slots: &[(Target, Values)], objects: &[Object]) -> (Vec<(Target, Values)>, Vec<Object>) {
    let slots = slots.iter().filter_map(|(target, values)| {
        let kind = target.kind();
        let mut left = Values::empty(kind);
        for value in values.iter().filter(|value| !is_odd(kind, *value)) {
            left.push(kind, value, false);
        }
        (!left.is_empty()).then_some((*target, left))
    });
    let slots = slots.collect();
    let objects = objects.iter().map(|object| {
        let (slots, objects) = plain(object.slots(), object.objects());
        Object::from_parts(object.def, slots, objects)
    });
    (slots, objects.collect())
}

/// A document that the cluster gave back.
pub(crate) fn decode(reader: &Reader, id: &str, source: &Json) -> Result<SessionDoc, Error> {
    let damaged = |what: &str| {
        Error::new(
            ErrorKind::Corrupt,
            format!(
                "document {id} of the cluster is damaged ({what}); delete it, or import its capture again"
            ),
        )
    };
    let id: SessionId = id.parse().map_err(|_| damaged("its id is none"))?;
    let map = source.as_object().ok_or_else(|| damaged("it has no content"))?;
    let own = |key: &str| map.get(OWN).and_then(|own| own.get(key)).and_then(Json::as_str);
    let form = if own("positions") == Some("absolute") { PositionForm::Absolute } else { PositionForm::Gap0 };
    match own("whole") {
        None => Ok(reader.own(id, source, form).doc),
        Some(text) => {
            let whole =
                serde_json::from_str(text).map_err(|_| damaged("its `hindsight.whole` is no JSON"))?;
            Ok(reader.own(id, &whole, form).doc)
        }
    }
}

/// What of the source brings these targets and, if wanted, positions; `None` for everything.
pub(crate) fn source_of(show: &index::Show) -> Json {
    let Some(targets) = show.targets() else { return json!(true) };
    let mut paths: BTreeSet<String> = targets.iter().map(Target::path).collect();
    paths.insert(OWN.into());
    if show.positions() {
        paths.extend(["packetPos", "packetLen", "fileId"].map(str::to_owned));
    }
    json!(paths)
}

/// Milliseconds of the last packet, where the document says.
pub(crate) fn last_packet(doc: &SessionDoc) -> Option<i64> {
    doc.int(&core::STOP_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_values_are_kept_apart_and_come_back() {
        let schema = Schema::new([core::FIELDS]).unwrap();
        let mut doc = SessionDoc::new();
        doc.id = SessionId::new(5, [3; 16]);
        doc.add(&core::START_TIME, -5);
        doc.add(&core::STOP_TIME, 5);
        doc.add(&core::SRC_IP, "::ffff:10.0.0.1".parse().unwrap());
        doc.positions.flat = vec![-1, 100, 50];
        let text = encode(&schema, &doc);
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(json["hindsight"]["odd"], json!(["firstPacket", "source.ip"]));
        assert_eq!(
            (json.get("firstPacket"), json.pointer("/source/ip"), json.get("packetRange")),
            (None, None, None)
        );
        let reader = Reader::new(&schema);
        let back = decode(&reader, &doc.id.to_string(), &json).unwrap();
        assert_eq!(back.int(&core::START_TIME), Some(-5));
        assert_eq!(back.ip(&core::SRC_IP), doc.ip(&core::SRC_IP));
        assert_eq!(back.positions, doc.positions);
        assert!(decode(&reader, "nonsense", &json).unwrap_err().to_string().contains("nonsense"));
    }

    #[test]
    fn gap0_is_used_where_it_loses_nothing() {
        for (flat, good) in [
            (vec![-7, 24, 124, 224, -9, 24], true),
            (vec![0, 5], true),
            (vec![24, 24], false),
            (vec![-7, 100, 50], false),
        ] {
            assert_eq!(is_ascending(&flat), good, "{flat:?}");
            let positions = session::Positions { flat, lengths: vec![] };
            if good {
                assert_eq!(session::Positions::from_gap0(&positions.gap0()), positions);
            }
        }
    }

    #[test]
    fn ids_sort_as_text() {
        let mut ids: Vec<SessionId> = (0..50u8)
            .map(|n| SessionId { day: u32::from(n) * 7_919 % 13, unique: [n.wrapping_mul(83); 16] })
            .collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| order(pair[0]) < order(pair[1])));
    }
}
