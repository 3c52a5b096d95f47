//! The catalogue of fields, in the shape of Arkime's `/api/fields`.

use crate::app::App;
use crate::auth::Caller;
use crate::links;
use crate::params::Params;
use ::fields::{Count, Def, Entry, Family, Kind, Right, Schema, Transform};
use axum::extract::State;
use axum::response::Json;
use serde_json::{Map, Value, json};

#[utoipa::path(get, path = "/api/fields", tag = "fields",
    params(("array" = Option<bool>, Query, description = "A list instead of an object by expression name")),
    responses((status = 200, description = "Every field that can be searched or shown")))]
/// Every field.
pub(crate) async fn list(State(app): State<App>, params: Params) -> Json<Value> {
    let all = all(&app.state.schema);
    if params.is_set("array") {
        return Json(all.into_iter().map(Value::Object).collect());
    }
    let by_name =
        all.into_iter().filter_map(|f| Some((f.get("exp")?.as_str()?.to_owned(), Value::Object(f))));
    Json(Value::Object(by_name.collect()))
}

/// Every field as JSON, families and the virtual ones included.
pub(crate) fn all(schema: &Schema) -> Vec<Map<String, Value>> {
    let entries = schema.entries().iter().map(entry);
    let families = schema.families().iter().map(family);
    let virtual_fields = [
        (
            "file",
            "fileand",
            "fileand",
            "Filename",
            "Packet file that holds packets of the session: exact path, wildcard or regex.",
        ),
        ("view", "viewand", "viewand", "View Name", "Name of a view whose expression is put in its place."),
        ("id", "_id", "termfield", "Hindsight ID", "Id of a session."),
    ];
    let virtual_fields = virtual_fields.into_iter().map(|(exp, db, kind, label, help)| {
        object(json!({
            "exp": exp, "dbField": db, "dbField2": db, "friendlyName": label, "group": "general", "help": help,
            "type": kind, "noFacet": "true",
        }))
    });
    entries.chain(families).chain(virtual_fields).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn entry(entry: &Entry) -> Map<String, Value> {
    let def = entry.target.def;
    let own = entry.target == ::fields::Target::of(def) && !entry.tokens;
    let help = match (own, entry.tokens) {
        (true, _) => def.help().to_owned(),
        (_, true) => format!("Words of {}. {}", def.expr, def.help()),
        _ => format!("{} of {}. {}", entry.label, def.expr, def.help()),
    };
    let kind = if entry.tokens { "lotextfield" } else { entry.target.asked().arkime_type() };
    let mut shown = object(json!({
        "exp": entry.expr,
        "dbField": entry.path,
        "dbField2": entry.path,
        "friendlyName": entry.label,
        "group": def.group,
        "help": help,
        "type": kind,
    }));
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    put("unit", unit(entry).map(Value::from));
    if own {
        put("aliases", (!def.aliases.is_empty()).then(|| json!(def.aliases)));
        put("fieldECS", def.ecs.map(Value::from));
        put("portField", def.port.map(|port| port.path.into()));
        put("transform", def.transform.map(|t| transform(t).into()));
        put("category", category(def, entry.kind).map(Value::from));
    }
    put(
        "requiredRight",
        def.right.map(|right| match right {
            Right::EmailSearch => "emailSearch".into(),
        }),
    );
    put("noFacet", (def.count != Count::No && !own).then(|| "true".into()));
    shown
}

fn family(family: &Family) -> Map<String, Value> {
    let members: Vec<String> = family.members.iter().map(|target| target.expr()).collect();
    object(json!({
        "exp": family.expr,
        "dbField": family.path,
        "dbField2": family.path,
        "friendlyName": family.label,
        "group": "general",
        "help": format!("{} Covers: {}.", family.help, members.join(", ")),
        "type": family.kind.arkime_type(),
        // Arkime tells members by a pattern over the names
        "regex": format!("^({})$", members.iter().map(|m| m.replace('.', "\\.")).collect::<Vec<_>>().join("|")),
        "members": members,
    }))
}

/// How a number is to be shown.
fn unit(entry: &Entry) -> Option<&'static str> {
    match entry.kind {
        Kind::Size => Some("bytes"),
        Kind::Duration => Some("us"),
        Kind::Int if matches!(entry.path.as_str(), "length" | "initRTT") => Some("ms"),
        Kind::Int | Kind::Time | Kind::Bool | Kind::Ip | Kind::Term | Kind::Lower | Kind::Upper => None,
    }
}

fn transform(transform: Transform) -> &'static str {
    match transform {
        Transform::IpProtocol => "ipProtocolLookup",
        Transform::Mac => "dash2Colon",
        Transform::TextToHex => "utf8ToHex",
        Transform::Uri => "removeProtocol",
        Transform::Host => "removeProtocolAndURI",
    }
}

/// What a value is for a menu on values: an address, a host, a URL …
fn category(def: &Def, kind: Kind) -> Option<&'static str> {
    let has = |word: &str| def.expr.split('.').any(|part| part == word);
    Some(match kind {
        Kind::Ip => "ip",
        _ if has("host") => "host",
        _ if has("port") => "port",
        _ if has("country") => "country",
        _ if has("asn") => "asn",
        _ if has("rir") => "rir",
        _ if has("user") => "user",
        _ if has("md5") => "md5",
        _ if has("sha256") => "sha256",
        _ if has("uri") => "url",
        _ => return None,
    })
}

#[utoipa::path(get, path = "/api/valueactions", tag = "fields",
    responses((status = 200, description = "Entries for a menu on values, by key: `{name,url,category,fields,all,regex}`, those of the configuration")))]
/// What can be done with a value.
pub(crate) async fn value_actions(State(app): State<App>, caller: Caller) -> Json<Value> {
    Json(Value::Object(links::shown(&app.config.links, &caller.user, false)))
}

#[utoipa::path(get, path = "/api/fieldactions", tag = "fields",
    responses((status = 200, description = "Entries for a menu on fields, by key")))]
/// What can be done with a field.
pub(crate) async fn field_actions(State(app): State<App>, caller: Caller) -> Json<Value> {
    Json(Value::Object(links::shown(&app.config.links, &caller.user, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_fields_have_chinese_help_texts() {
        let text = include_str!("../../../../web/src/fieldNames/help.zh.json");
        let chinese: Map<String, Value> = serde_json::from_str(text).unwrap();
        let own = all(&Schema::new([]).unwrap());
        let names: Vec<_> = own.iter().map(|field| field["exp"].as_str().unwrap()).collect();
        assert_eq!(names, ["file", "view", "id"]);
        for field in &own {
            assert!(chinese.contains_key(field["help"].as_str().unwrap()), "no Chinese of {}", field["help"]);
        }
    }
}
