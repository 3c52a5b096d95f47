//! Shortcuts: named lists of values, `$name` in an expression.

use crate::api::shared::{Kind, body, need};
use crate::api::table::TableQuery;
use crate::app::App;
use crate::auth::Caller;
use crate::entries::names_of;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::compile_for;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

pub(crate) const SHORTCUT: Kind = Kind {
    collection: "shortcuts",
    name: "shortcut",
    label: "shortcut",
    maker: "userId",
    unique: true,
    searched: &["name", "description", "value", "user"],
};
/// Values of one list.
const MAX_VALUES: usize = 200_000;

fn read(app: &App, caller: &Caller, params: &Params) -> Result<Map<String, Value>, ApiError> {
    let mut shortcut = body(params, &["name", "type", "value", "description"]);
    let name = need(&shortcut, "name", "shortcut name")?;
    // as Arkime: characters that `$name` cannot have are left out
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
    if name.is_empty() {
        return Err(ApiError::forbidden("the name of a shortcut has letters, digits, - and _ only"));
    }
    let kind = need(&shortcut, "type", "shortcut type")?.to_owned();
    need(&shortcut, "value", "shortcut value")?;
    let field = match kind.as_str() {
        "ip" => Some("ip.src"),
        "number" => Some("port.src"),
        "string" => None,
        _ => return Err(ApiError::forbidden("Shortcut type must be ip, string, or number")),
    };
    let values = names_of(&Value::Object(shortcut.clone()), "value");
    if values.len() > MAX_VALUES {
        return Err(ApiError::forbidden(format!("a shortcut has at most {MAX_VALUES} values")));
    }
    if let Some(field) = field {
        for value in &values {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            if value.contains(['$', '/']) && kind == "number"
                || compile_for(app, caller, &format!("{field} == \"{quoted}\"")).is_err()
            {
                let shown: String = value.chars().take(60).collect();
                return Err(ApiError::forbidden(format!("`{shown}` is no value of the type {kind}")));
            }
        }
    }
    shortcut.insert("name".to_owned(), name.into());
    shortcut.insert("value".to_owned(), values.join("\n").into());
    Ok(shortcut)
}

#[utoipa::path(get, path = "/api/shortcuts", tag = "views", params(TableQuery,
        ("searchTerm" = Option<String>, Query, description = "Part of a name, a description, a value or a user"),
        ("fieldType" = Option<String>, Query, description = "Only those that can be used with fields of this type"),
        ("fieldFormat" = Option<bool>, Query, description = "true: a list of `{exp:\"$name\",help,type,…}`, as fields are listed"),
        ("map" = Option<bool>, Query, description = "true: an object by id instead of a page"),
        ("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "`{data:[{id,name,type,value,description,userId,users,roles,editRoles,canEdit}],recordsTotal,recordsFiltered}`, values one a line")))]
/// Shortcuts that the user made or that are shared with the user.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut rows = SHORTCUT.rows(app, &caller, &params)?;
        if let Some(wanted) = params.get("fieldType") {
            let wanted = match wanted {
                "ip" => "ip",
                "integer" | "number" | "float" | "seconds" => "number",
                _ => "string",
            };
            rows.retain(|row| row["type"] == wanted);
        }
        if params.is_set("fieldFormat") {
            for row in &mut rows {
                let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                let values: String = text("value").replace('\n', ", ").chars().take(200).collect();
                let help = [text("description"), values].into_iter().filter(|part| !part.is_empty());
                let help = help.collect::<Vec<_>>().join(": ");
                row["exp"] = format!("${}", text("name")).into();
                row["friendlyName"] = row["exp"].clone();
                row["help"] = help.into();
            }
            return Ok(Json(rows.into()));
        }
        if params.is_set("map") {
            let by_id = rows.into_iter().map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row));
            return Ok(Json(Value::Object(by_id.collect())));
        }
        Ok(Json(SHORTCUT.page(rows, &params, 50)?))
    })
    .await
}

#[utoipa::path(post, path = "/api/shortcut", tag = "views", request_body(content = Value, description = "`{name,type:ip|string|number,value,users,roles,editRoles,description}`; values are separated by commas or line breaks"),
    responses((status = 200, description = "`{success,text,shortcut,invalidUsers}`"), (status = 403, description = "Missing or wrong property")))]
/// Makes a shortcut.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| SHORTCUT.create(app, &caller, &params, read(app, &caller, &params)?)).await
}

#[utoipa::path(put, path = "/api/shortcut/{id}", tag = "views", params(("id" = String, Path, description = "Id of the shortcut")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,shortcut}`"), (status = 404, description = "There is none")))]
/// Replaces a shortcut.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let entry = SHORTCUT.editable(app, &caller, &id)?;
        SHORTCUT.replace(app, &caller, &params, (&id, &entry), read(app, &caller, &params)?)
    })
    .await
}

#[utoipa::path(delete, path = "/api/shortcut/{id}", tag = "views", params(("id" = String, Path, description = "Id of the shortcut")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a shortcut.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| SHORTCUT.remove(app, &caller, &id)).await
}

#[utoipa::path(get, path = "/api/syncshortcuts", tag = "views", responses((status = 200, description = "`{success,text}`")))]
/// Arkime copies shortcuts between clusters here; there is one catalogue, so that nothing has to be copied.
pub(crate) async fn sync(_: Caller) -> Json<Value> {
    Json(json!({ "success": true, "text": "there is nothing to synchronize" }))
}
