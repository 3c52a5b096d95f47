//! The tools: names and parameters are those of Arkime's server, each one a route of the API.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use serde_json::{Map, Value, json};

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
}

/// An argument, which is a parameter of the route.
#[derive(Debug)]
struct Argument {
    name: &'static str,
    kind: Kind,
    needed: bool,
    help: &'static str,
}

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    name: &'static str,
    help: &'static str,
    /// Path of the route; `{id}` in it is an argument.
    path: &'static str,
    /// Parameters that are always sent, unless an argument says otherwise.
    fixed: &'static [(&'static str, &'static str)],
    /// Whether it searches sessions: it has the arguments of every search, and the range is bounded.
    searches: bool,
    arguments: &'static [Argument],
}

const fn text(name: &'static str, help: &'static str) -> Argument {
    Argument { name, kind: Kind::Text, needed: false, help }
}
const fn number(name: &'static str, help: &'static str) -> Argument {
    Argument { name, kind: Kind::Number, needed: false, help }
}
const fn flag(name: &'static str, help: &'static str) -> Argument {
    Argument { name, kind: Kind::Flag, needed: false, help }
}
const fn needed(name: &'static str, help: &'static str) -> Argument {
    Argument { name, kind: Kind::Text, needed: true, help }
}

/// Arguments of every search.
const SEARCH: &[Argument] = &[
    text(
        "expression",
        "Search expression, for example protocols == dns && ip == 10.0.0.0/8; empty for every session",
    ),
    number("date", "The last so many hours; 1 when no time is given"),
    text(
        "startTime",
        "Begin of the range: seconds since 1970, -1h, 2026/11/22 21:00:00, RFC 3339; with stopTime",
    ),
    text("stopTime", "End of the range"),
    text("bounding", "Which time of a session must lie in the range: last, first, both, either, database"),
    text("view", "Name of a view that narrows the search"),
];
const START: Argument = number("start", "Rows to leave out");
const LENGTH: Argument = number("length", "Rows at most");
const DESC: Argument = flag("desc", "Largest first");
const SORT: Argument = text("sortField", "Column to sort by");

const fn tool(
    name: &'static str,
    path: &'static str,
    help: &'static str,
    fixed: &'static [(&'static str, &'static str)],
    searches: bool,
    arguments: &'static [Argument],
) -> Tool {
    Tool { name, help, path, fixed, searches, arguments }
}

const TOOLS: &[Tool] = &[
    tool(
        "arkime_fields",
        "/api/fields",
        "Every field that can be searched and shown: its expression name, what it means, its type.",
        &[("array", "true")],
        false,
        &[],
    ),
    tool(
        "arkime_sessions",
        "/api/sessions",
        "Sessions that match an expression, with the fields that are asked for.",
        &[("length", "20")],
        true,
        &[
            text("fields", "Database names of fields, separated by commas"),
            text("order", "Database name of a field with :asc or :desc, for example firstPacket:desc"),
            START,
            LENGTH,
        ],
    ),
    tool(
        "arkime_session_detail",
        "/api/session/{id}",
        "One session with all its fields.",
        &[],
        false,
        &[needed("id", "Id of the session, as arkime_sessions gives it")],
    ),
    tool(
        "arkime_spigraph",
        "/api/spigraph",
        "The most frequent values of one field, each with its course over time.",
        &[("size", "20")],
        true,
        &[
            needed("exp", "Expression name of the field, for example ip.dst or host.dns"),
            number("size", "Values at most"),
            text("sort", "name or sessionsHisto"),
        ],
    ),
    tool(
        "arkime_spiview",
        "/api/spiview",
        "The most frequent values of several fields.",
        &[],
        true,
        &[needed(
            "spi",
            "Database names of fields, each with :COUNT where not 100, separated by commas: destination.ip:20,protocol:10",
        )],
    ),
    tool(
        "arkime_unique",
        "/api/unique",
        "The different values of one field, one a line.",
        &[("counts", "1")],
        true,
        &[
            needed("exp", "Expression name of the field"),
            number("counts", "1: with the number of sessions of each, 0: without"),
        ],
    ),
    tool(
        "arkime_multiunique",
        "/api/multiunique",
        "The different combinations of values of several fields, one a line.",
        &[("counts", "1")],
        true,
        &[
            needed("exp", "Expression names of the fields, separated by commas"),
            number("counts", "1: with the number of sessions of each, 0: without"),
        ],
    ),
    tool(
        "arkime_connections",
        "/api/connections",
        "Who talks with whom: nodes and links between two fields.",
        &[("length", "5000")],
        true,
        &[
            text("srcField", "Expression name of the one side; ip.src"),
            text("dstField", "Expression name of the other side; ip.dst:port"),
            number("minConn", "Links of at least so many sessions"),
            number("length", "Sessions that are looked at, at most"),
        ],
    ),
    tool(
        "arkime_buildquery",
        "/api/buildquery",
        "How an expression is understood; the way to check one.",
        &[],
        true,
        &[],
    ),
    tool("arkime_views", "/api/views", "Named expressions that the user may use.", &[], false, &[]),
    tool(
        "arkime_shortcuts",
        "/api/shortcuts",
        "Named lists of values, written $name in expressions.",
        &[],
        false,
        &[],
    ),
    tool(
        "arkime_hunts",
        "/api/hunts",
        "Jobs that search in packets, and how far they are.",
        &[],
        false,
        &[
            flag("history", "Those that have ended instead of those that run"),
            text("searchTerm", "Part of the name"),
            START,
            LENGTH,
        ],
    ),
    tool(
        "arkime_stats",
        "/api/stats",
        "Capturing machines: rates, losses, memory, disks.",
        &[],
        false,
        &[text("filter", "Part of the name of the machine"), SORT, DESC],
    ),
    tool(
        "arkime_files",
        "/api/files",
        "Packet files: time, size, place.",
        &[("length", "50")],
        false,
        &[text("filter", "Pattern of the name"), SORT, DESC, START, LENGTH],
    ),
    tool(
        "arkime_histories",
        "/api/histories",
        "Who searched for what, when; of others for administrators only.",
        &[("length", "50"), ("desc", "true")],
        true,
        &[text("searchTerm", "Part of an expression, an API name or a user"), START, LENGTH],
    ),
];

/// The tool of a name.
pub(super) fn find(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// The tools, as `tools/list` answers.
pub(super) fn list() -> Vec<Value> {
    TOOLS.iter().map(Tool::described).collect()
}

impl Tool {
    fn arguments(&self) -> impl Iterator<Item = &'static Argument> + use<> {
        let search: &'static [Argument] = if self.searches { SEARCH } else { &[] };
        search.iter().chain(self.arguments)
    }

    /// Whether its range of time is bounded.
    pub fn is_bounded(&self) -> bool {
        self.searches
    }

    fn described(&self) -> Value {
        let mut properties = Map::new();
        for argument in self.arguments() {
            let kind = match argument.kind {
                Kind::Text => json!("string"),
                // assistants write seconds and lengths as either
                Kind::Number => json!(["number", "string"]),
                Kind::Flag => json!("boolean"),
            };
            properties
                .insert(argument.name.to_owned(), json!({ "type": kind, "description": argument.help }));
        }
        let needed: Vec<&str> = self.arguments().filter(|a| a.needed).map(|a| a.name).collect();
        json!({
            "name": self.name,
            "description": self.help,
            "inputSchema": { "type": "object", "properties": properties, "required": needed, "additionalProperties": false },
            "annotations": { "readOnlyHint": true, "openWorldHint": false },
        })
    }

    /// The request that the tool is; an error says which argument is wrong.
    pub fn uri(&self, given: &Value) -> Result<String, String> {
        let given = given.as_object().ok_or("the arguments must be an object")?;
        if let Some(unknown) = given.keys().find(|name| !self.arguments().any(|a| a.name == name.as_str())) {
            let names: Vec<&str> = self.arguments().map(|a| a.name).collect();
            let shown: String = unknown.chars().take(60).collect();
            return Err(format!("{} has no argument {shown}; it has {}", self.name, names.join(", ")));
        }
        let mut path = self.path.to_owned();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fixed.iter().filter(|(name, _)| !given.contains_key(*name)) {
            query.append_pair(name, value);
        }
        for argument in self.arguments() {
            let value = match given.get(argument.name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.trim().to_owned(),
                Some(Value::Bool(flag)) => flag.to_string(),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
                    list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
                }
                Some(_) => {
                    return Err(format!("{} must be {:?}", argument.name, argument.kind).to_lowercase());
                }
            };
            if value.is_empty() {
                if argument.needed {
                    return Err(format!("{} needs {}: {}", self.name, argument.name, argument.help));
                }
                continue;
            }
            let place = format!("{{{}}}", argument.name);
            if path.contains(&place) {
                // ids have @ : - _ and letters; anything else would be another path
                if !value.chars().all(|c| c.is_ascii_alphanumeric() || "@:-_".contains(c)) {
                    return Err(format!("{} is no id of a session", argument.name));
                }
                path = path.replace(&place, &value);
            } else {
                query.append_pair(argument.name, &value);
            }
        }
        let query = query.finish();
        Ok(if query.is_empty() { path } else { format!("{path}?{query}") })
    }
}

/// Refuses ranges of more than some days. Blocks.
pub(super) fn check_range(app: &App, caller: &Caller, query: &str, days: u32) -> Result<(), ApiError> {
    let query = ScopeQuery::read(&Params::from_query(query))?;
    let most = i64::from(days) * 86_400_000;
    let range = Scope::resolve(app, caller, &query)?.range;
    if range.is_some_and(|(from, to)| to.saturating_sub(from) <= most) {
        return Ok(());
    }
    let hours = i64::from(days) * 24;
    Err(ApiError::bad(format!(
        "at most {days} days at once: give date (up to {hours} hours) or startTime and stopTime"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_parameters() {
        let tool = find("arkime_sessions").unwrap();
        let uri = tool
            .uri(&json!({ "expression": "host == \"a&b\"", "length": 5, "fields": ["a", "b"], "date": "2" }))
            .unwrap();
        assert_eq!(uri, "/api/sessions?expression=host+%3D%3D+%22a%26b%22&date=2&fields=a%2Cb&length=5");
        assert_eq!(tool.uri(&json!({})).unwrap(), "/api/sessions?length=20");
        assert!(tool.uri(&json!({ "ids": "x" })).unwrap_err().contains("has no argument ids"));
        assert!(tool.uri(&json!([])).is_err() && tool.uri(&json!({ "expression": {} })).is_err());
        assert!(find("arkime_spigraph").unwrap().uri(&json!({})).unwrap_err().contains("needs exp"));
    }

    #[test]
    fn an_id_cannot_lead_to_another_route() {
        let tool = find("arkime_session_detail").unwrap();
        assert_eq!(tool.uri(&json!({ "id": "3@261122-AQEB_-" })).unwrap(), "/api/session/3@261122-AQEB_-");
        for id in ["../users", "a/b", "x?y", "%2e%2e", "a b"] {
            assert!(tool.uri(&json!({ "id": id })).is_err(), "{id}");
        }
    }

    #[test]
    fn descriptions_are_whole() {
        for tool in list() {
            assert!(tool["name"].as_str().unwrap().starts_with("arkime_"));
            assert_eq!(tool["inputSchema"]["type"], "object");
            for (name, property) in tool["inputSchema"]["properties"].as_object().unwrap() {
                assert!(property["description"].as_str().is_some_and(|help| help.len() > 5), "{name}");
            }
        }
        let names: std::collections::BTreeSet<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        assert_eq!(names.len(), TOOLS.len());
    }
}
