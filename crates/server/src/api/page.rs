//! What the viewer's pages begin with: everything of the user that a page needs in one answer, and the user's own colours.

use crate::api::layouts::layouts;
use crate::auth::Caller;
use crate::error::ApiError;
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Settings that a user has who has set nothing; names and values are Arkime's.
pub(crate) fn default_settings() -> Value {
    json!({
        "timezone": "local", "detailFormat": "last", "showTimestamps": "last", "sortColumn": "firstPacket",
        "sortDirection": "desc", "spiGraph": "node", "connSrcField": "source.ip", "connDstField": "ip.dst:port",
        "numPackets": "last", "theme": "arkime-light-theme", "manualQuery": false,
        "timelineDataFilters": ["network.packets", "network.bytes", "totDataBytes"], "hideTags": "", "logo": "",
    })
}

/// Page, and for each property of the answer the state or (behind `=`) the property of the user that holds it.
const PAGES: &[(&str, &[(&str, &str)])] = &[
    (
        "sessions",
        &[
            ("tableState", "sessionsNew"),
            ("colWidths", "sessionsColWidths"),
            ("colConfigs", "=columnConfigs"),
            ("infoConfigs", "=infoFieldConfigs"),
        ],
    ),
    ("spiview", &[("fieldConfigs", "=spiviewFieldConfigs"), ("visibleFields", "spiview")]),
    ("connections", &[("nodeFields", "connNodeFields"), ("linkFields", "connLinkFields")]),
    ("files", &[("tableState", "fieldTable"), ("columnWidths", "filesColWidths")]),
    ("captureStats", &[("tableState", "captureStats"), ("columnWidths", "captureStatsColWidths")]),
    ("esIndices", &[("tableState", "esIndices"), ("columnWidths", "esIndicesColWidths")]),
    ("esNodes", &[("tableState", "esNodes"), ("columnWidths", "esNodesColWidths")]),
    ("esRecovery", &[("tableState", "esRecovery"), ("columnWidths", "esRecoveryColWidths")]),
    ("esTasks", &[("tableState", "esTasks"), ("columnWidths", "esTasksColWidths")]),
    ("summary", &[("config", "summary")]),
];

#[utoipa::path(get, path = "/api/user/config/{page}", tag = "users", params(("page" = String, Path, description = "`sessions`, `spiview`, `connections`, `files`, `captureStats`, `esIndices`, `esNodes`, `esRecovery`, `esTasks` or `summary`")),
    responses((status = 200, description = "For `sessions` `{tableState,colWidths,colConfigs,infoConfigs}`; states that were never kept are `{}`, layouts `[]`"), (status = 404, description = "No such page")))]
/// What a page begins with.
pub(crate) async fn config(caller: Caller, Path(page): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = PAGES.iter().find(|(name, _)| *name == page);
    let (_, parts) = found.ok_or_else(|| ApiError::not_found("Unknown page"))?;
    let more = &caller.user.more;
    let state = |name: &str| more.get("tableStates").and_then(|states| states.get(name)).cloned();
    let parts = parts.iter().map(|(name, place)| {
        let value = match place.strip_prefix('=') {
            Some(property) => layouts(more, property).to_vec().into(),
            None => state(place).unwrap_or_else(|| json!({})),
        };
        ((*name).to_owned(), value)
    });
    Ok(Json(Value::Object(parts.collect::<Map<_, _>>())))
}

/// Names of the colours of a custom theme, in the order in which Arkime keeps them behind `custom1:`.
const COLOURS: &[&str] = &[
    "background",
    "foreground",
    "foreground-accent",
    "primary",
    "primary-light",
    "primary-lightest",
    "secondary",
    "secondary-light",
    "secondary-lightest",
    "tertiary",
    "tertiary-light",
    "tertiary-lightest",
    "quaternary",
    "quaternary-light",
    "quaternary-lightest",
    "water",
    "land",
    "src",
    "dst",
];

#[utoipa::path(get, path = "/api/user.css", tag = "users", responses((status = 200, description = "Custom properties of the user's own theme, nothing where there is none", content_type = "text/css")))]
/// The colours of the user's own theme (`theme` of the settings: `custom1:#222222,#eeeeee,…`).
pub(crate) async fn css(caller: Caller) -> Response {
    let theme = caller.user.settings.get("theme").and_then(Value::as_str).unwrap_or_default();
    let colours =
        theme.strip_prefix("custom").and_then(|rest| rest.split_once(':')).map_or("", |(_, list)| list);
    // what a user keeps is no CSS until it is known to be colours
    let is_colour = |text: &str| {
        let digits = text.strip_prefix('#').unwrap_or_default();
        matches!(digits.len(), 3 | 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut text = String::new();
    for (name, colour) in COLOURS.iter().zip(colours.split(',').map(str::trim)) {
        if is_colour(colour) {
            text.push_str(&format!("  --color-{name}: {colour};\n"));
        }
    }
    if !text.is_empty() {
        text = format!(":root {{\n{text}}}\n");
    }
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], text).into_response()
}
