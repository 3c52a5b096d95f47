//! Notifiers: where periodic queries and hunts say what they found.

use crate::api::shared::{Kind, body, need};
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::notices::{self, NOTIFIERS};
use crate::params::Params;
use crate::scope::shared_with;
use axum::Json;
use axum::extract::{Path, State};
use notify::{FieldKind, KINDS, Message};
use serde_json::{Map, Value, json};

pub(crate) const NOTIFIER: Kind = Kind {
    collection: NOTIFIERS,
    name: "notifier",
    label: "notifier",
    maker: "user",
    unique: false,
    searched: &["name", "type"],
};

pub(crate) fn may_administer(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.has_role("arkimeAdmin") {
        Ok(())
    } else {
        Err(ApiError::forbidden("You do not have permission to access this resource"))
    }
}

/// Ids of notifiers that a query or hunt names, each one that the user may use.
pub(crate) fn chosen(app: &App, caller: &Caller, value: Option<&Value>) -> Result<Vec<String>, ApiError> {
    let wrong = || ApiError::forbidden("notifier must be an id or a list of ids");
    let ids = value.map_or(Some(Vec::new()), crate::entries::names).ok_or_else(wrong)?;
    for id in &ids {
        let entry = app.state.catalog.get(NOTIFIERS, id)?;
        if entry.is_none_or(|entry| !shared_with(&entry.value, caller) && !caller.user.is_admin()) {
            let shown: String = id.chars().take(60).collect();
            return Err(ApiError::forbidden(format!("Unknown notifier {shown}")));
        }
    }
    Ok(ids)
}

fn field(field: &notify::Field) -> Value {
    let mut shown =
        json!({ "name": field.name, "required": field.required, "description": field.description });
    match field.kind {
        FieldKind::Text => {}
        FieldKind::Secret => shown["type"] = "secret".into(),
        FieldKind::Checkbox => shown["type"] = "checkbox".into(),
    }
    shown
}

/// Reads the object of a request.
fn read(params: &Params) -> Result<Map<String, Value>, ApiError> {
    let mut notifier = body(params, &["name", "type", "fields", "alerts", "on"]);
    let name = need(&notifier, "name", "a unique notifier name")?.to_owned();
    let kind = need(&notifier, "type", "notifier type")?.to_owned();
    let given = match notifier.get("fields") {
        None | Some(Value::Null) => return Err(ApiError::forbidden("Missing notifier fields")),
        Some(Value::Array(fields)) => fields.clone(),
        Some(_) => return Err(ApiError::forbidden("Notifier fields must be an array")),
    };
    let known = KINDS.iter().find(|known| known.name == kind);
    let known = known.ok_or_else(|| ApiError::forbidden("Unknown notifier type"))?;
    let mut fields = Vec::new();
    for def in known.fields {
        let value = given.iter().find(|field| field["name"] == def.name).and_then(|field| field.get("value"));
        let mut kept = field(def);
        kept["value"] = value.cloned().unwrap_or(Value::Null);
        fields.push(kept);
    }
    notifier.insert("name".to_owned(), name.into());
    notifier.insert("fields".to_owned(), fields.into());
    let checked = notify::check(&kind, &notices::settings(&json!(notifier)));
    checked.map_err(|error| ApiError::forbidden(error.to_string()))?;
    Ok(notifier)
}

#[utoipa::path(get, path = "/api/notifiertypes", tag = "notifiers", responses((status = 200, description = "`{slack:{type,name,fields:[{name,required,description,type?:secret|checkbox}]},…}`"), (status = 403, description = "Only arkimeAdmin")))]
/// What notifiers there can be.
pub(crate) async fn types(caller: Caller) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    let kinds = KINDS.iter().map(|kind| {
        let fields: Vec<Value> = kind.fields.iter().map(field).collect();
        (kind.name.to_owned(), json!({ "type": kind.name, "name": kind.label, "fields": fields }))
    });
    Ok(Json(Value::Object(kinds.collect())))
}

#[utoipa::path(get, path = "/api/notifiers", tag = "notifiers",
    params(("all" = Option<bool>, Query, description = "true: also what is not shared with the user; only administrators")),
    responses((status = 200, description = "A list: `{id,name,type}`, for arkimeAdmin with `fields`, `user`, `users`, `roles`, `created`, `lastUsed`, `lastError`")))]
/// Notifiers that the user may choose; only administrators see how they are set.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    app.blocking(move |app| {
        let mut rows = NOTIFIER.rows(app, &caller, &params)?;
        rows.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
        if may_administer(&caller).is_err() {
            let short = |row: &Value| json!({ "id": row["id"], "name": row["name"], "type": row["type"] });
            rows = rows.iter().map(short).collect();
        }
        Ok(Json(rows.into()))
    })
    .await
}

#[utoipa::path(post, path = "/api/notifier", tag = "notifiers", request_body(content = Value, description = "`{name,type,fields:[{name,value}],users,roles}`"),
    responses((status = 200, description = "`{success,text,notifier,invalidUsers}`"), (status = 403, description = "Missing or wrong property; only arkimeAdmin")))]
/// Makes a notifier.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    app.blocking(move |app| {
        let mut notifier = read(&params)?;
        notifier.insert("created".to_owned(), (now_ms() / 1_000).into());
        NOTIFIER.create(app, &caller, &params, notifier)
    })
    .await
}

#[utoipa::path(put, path = "/api/notifier/{id}", tag = "notifiers", params(("id" = String, Path, description = "Id of the notifier")), request_body(content = Value),
    responses((status = 200, description = "`{success,text,notifier}`"), (status = 404, description = "There is none")))]
/// Replaces a notifier.
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    app.blocking(move |app| {
        let entry = NOTIFIER.editable(app, &caller, &id)?;
        let mut notifier = read(&params)?;
        notifier.insert("created".to_owned(), entry.value["created"].clone());
        notifier.insert("updated".to_owned(), (now_ms() / 1_000).into());
        NOTIFIER.replace(app, &caller, &params, (&id, &entry), notifier)
    })
    .await
}

#[utoipa::path(delete, path = "/api/notifier/{id}", tag = "notifiers", params(("id" = String, Path, description = "Id of the notifier")),
    responses((status = 200, description = "`{success,text}`")))]
/// Removes a notifier.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    app.blocking(move |app| NOTIFIER.remove(app, &caller, &id)).await
}

#[utoipa::path(post, path = "/api/notifier/{id}/test", tag = "notifiers", params(("id" = String, Path, description = "Id of the notifier")),
    responses((status = 200, description = "`{success,text}`, when the other side took the message"), (status = 500, description = "Why it did not")))]
/// Sends a message to try a notifier.
pub(crate) async fn test(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    may_administer(&caller)?;
    app.blocking(move |app| {
        let entry = NOTIFIER.editable(app, &caller, &id)?;
        let message = Message {
            title: "Test alert from Hindsight".to_owned(),
            text: format!("{} tries this notifier.", caller.user.user_id),
            ..Message::default()
        };
        let name = entry.value["name"].as_str().unwrap_or_default();
        notices::deliver(&entry.value, &message).map_err(|error| ApiError::internal(error.to_string()))?;
        let text = format!("Successfully issued alert using the {name} notifier.");
        Ok(Json(json!({ "success": true, "text": text })))
    })
    .await
}
