//! The index template: how each field is indexed.

use crate::options::Options;
use crate::shape::OWN;
use fields::{Kind, Schema};
use serde_json::{Map, Value as Json, json};

/// The mapping of every field of the schema.
pub(crate) fn properties(schema: &Schema) -> Json {
    let mut root = Map::new();
    for entry in schema.entries() {
        let mapping = if entry.tokens {
            json!({ "type": "text", "analyzer": "whitespace", "norms": false })
        } else {
            match entry.kind {
                Kind::Int | Kind::Size | Kind::Duration => json!({ "type": "long" }),
                Kind::Time => json!({ "type": "date" }),
                Kind::Bool => json!({ "type": "boolean" }),
                Kind::Ip => json!({ "type": "ip" }),
                Kind::Term | Kind::Lower | Kind::Upper => json!({ "type": "keyword" }),
            }
        };
        insert(&mut root, &entry.path, mapping);
    }
    for object in schema.objects() {
        insert(&mut root, &format!("{}Cnt", object.path), json!({ "type": "long" }));
    }
    let silent = json!({ "type": "long", "index": false, "doc_values": false });
    root.insert("packetPos".into(), silent.clone());
    root.insert("packetLen".into(), silent);
    root.insert("fileId".into(), json!({ "type": "long" }));
    root.insert("packetRange".into(), json!({ "type": "date_range" }));
    root.insert(
        OWN.into(),
        json!({ "properties": {
            "order": { "type": "keyword" },
            "odd": { "type": "keyword" },
            "positions": { "type": "keyword", "index": false, "doc_values": false },
            "whole": { "type": "keyword", "index": false, "doc_values": false },
        } }),
    );
    Json::Object(root)
}

fn insert(root: &mut Map<String, Json>, path: &str, mapping: Json) {
    match path.split_once('.') {
        None => {
            let place = root.entry(path).or_insert_with(|| json!({}));
            if let (Json::Object(place), Json::Object(mapping)) = (place, mapping) {
                for (key, value) in mapping {
                    place.insert(key, value);
                }
            }
        }
        Some((head, rest)) => {
            let place = root.entry(head).or_insert_with(|| json!({}));
            if let Json::Object(place) = place
                && let Json::Object(inner) = place.entry("properties").or_insert_with(|| json!({}))
            {
                insert(inner, rest, mapping);
            }
        }
    }
}

/// The template of the indices of sessions.
pub(crate) fn template(options: &Options) -> Json {
    let properties = properties(&options.schema);
    let tokens: Vec<&str> =
        options.schema.entries().iter().filter(|entry| entry.tokens).map(|entry| &*entry.path).collect();
    let version = xxhash_rust::xxh3::xxh3_64(properties.to_string().as_bytes()) >> 12;
    json!({
        "index_patterns": [options.sessions()],
        "priority": 200,
        "template": {
            "settings": { "index": {
                "number_of_shards": options.shards,
                "number_of_replicas": options.replicas,
                "codec": "best_compression",
                // searches see what was committed because commits refresh; nothing else needs to
                "refresh_interval": "5s",
                "mapping": { "total_fields": { "limit": 10_000 } },
            } },
            "mappings": {
                "_meta": { "hindsight": version },
                // the words are made of the values, and come with them again
                "_source": { "excludes": tokens },
                "date_detection": false,
                "numeric_detection": false,
                // what a newer version wrote, or another program
                "dynamic_templates": [{ "texts": { "match_mapping_type": "string", "mapping": { "type": "keyword", "ignore_above": 8_000 } } }],
                "properties": properties,
            },
        },
        "_meta": { "description": "sessions of Hindsight", "hindsight": version },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    /// No field lies inside another: an index cannot hold both.
    #[test]
    fn every_field_has_a_place() {
        let groups = [session::core::FIELDS, session::perf::FIELDS, session::evidence::FIELDS];
        let schema = Schema::new(groups.into_iter().chain(protocols::field_groups())).unwrap();
        fn walk(map: &Map<String, Json>, path: &str, wrong: &mut Vec<String>) {
            for (key, value) in map {
                let path = format!("{path}.{key}");
                let both = value.get("type").is_some() && value.get("properties").is_some();
                if both {
                    wrong.push(path.clone());
                }
                if let Some(inner) = value.get("properties").and_then(Json::as_object) {
                    walk(inner, &path, wrong);
                }
            }
        }
        let mut wrong = Vec::new();
        walk(properties(&schema).as_object().unwrap(), "", &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        let options = Options::new("http://x:9200", Arc::new(schema), "/x".into()).unwrap();
        assert_eq!(template(&options)["index_patterns"], json!(["hindsight_sessions3-*"]));
    }
}
