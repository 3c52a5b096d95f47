//! Objects that users make and share: views, shortcuts, periodic queries, notifiers, shareables. Each is an entry of a
//! collection; its property `user` says who made it, `users` and `roles` who may see it, `editRoles` who may change it.

use crate::api::table;
use crate::app::{App, random_text};
use crate::auth::{Caller, USERS};
use crate::entries::{names, names_of, text, with_id};
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::{may_see, shared_with};
use axum::Json;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Entries of one collection.
const MAX_ENTRIES: usize = 10_000;
/// Properties that say who is meant.
const SHARING: &[&str] = &["users", "viewUsers", "editUsers", "roles", "viewRoles", "editRoles"];

/// What tells collections apart.
pub(crate) struct Kind {
    /// Collection of the catalogue.
    pub collection: &'static str,
    /// Property of an answer that holds one.
    pub name: &'static str,
    /// What people call one.
    pub label: &'static str,
    /// A further name of the property `user`.
    pub maker: &'static str,
    /// Whether names are unique.
    pub unique: bool,
    /// Properties that `searchTerm` looks at.
    pub searched: &'static [&'static str],
}

/// What a request says about a new or changed object.
pub(crate) fn body(params: &Params, kept: &[&str]) -> Map<String, Value> {
    let mut object = Map::new();
    for name in kept {
        let of_body = params.body.as_ref().and_then(|body| body.get(*name)).cloned();
        let value = of_body.or_else(|| params.get(name).map(Value::from));
        object.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    object
}

/// A property that must be there and not empty.
pub(crate) fn need<'o>(object: &'o Map<String, Value>, name: &str, what: &str) -> Result<&'o str, ApiError> {
    text(object, name).ok_or_else(|| ApiError::forbidden(format!("Missing {what}")))
}

/// Whether the user may change an object: its maker, an administrator, or one of those named.
pub(crate) fn may_edit(value: &Value, caller: &Caller) -> bool {
    let user = &caller.user;
    user.is_admin()
        || value.get("user").and_then(Value::as_str) == Some(&user.user_id)
        || names_of(value, "editUsers").contains(&user.user_id)
        || names_of(value, "editRoles").iter().any(|role| user.roles.contains(role))
}

/// Takes who an object is shared with into it; returns the users that there are not.
pub(crate) fn share(
    app: &App,
    params: &Params,
    object: &mut Map<String, Value>,
) -> Result<Vec<String>, ApiError> {
    let wrong =
        |name: &str| ApiError::forbidden(format!("{name} must be a list, or a text separated by commas"));
    let mut known: Option<HashSet<String>> = None;
    let mut invalid = Vec::new();
    for (name, value) in body(params, SHARING) {
        let mut list = names(&value).ok_or_else(|| wrong(&name))?;
        if name.to_lowercase().ends_with("users") && !list.is_empty() {
            if known.is_none() {
                known = Some(app.state.catalog.list(USERS)?.into_iter().map(|entry| entry.key).collect());
            }
            let (valid, unknown): (Vec<_>, Vec<_>) =
                list.into_iter().partition(|user| known.as_ref().is_some_and(|known| known.contains(user)));
            list = valid;
            invalid.extend(unknown);
        }
        list.dedup();
        object.insert(name, list.into());
    }
    Ok(invalid)
}

impl Kind {
    /// As it is shown: with its id, and users as one text.
    pub fn shown(&self, value: Value, id: &str, caller: &Caller) -> Value {
        let editable = may_edit(&value, caller);
        let mut shown = with_id(value, id);
        if let Some(object) = shown.as_object_mut() {
            if let Some(users) = object.get("users").and_then(names) {
                object.insert("users".to_owned(), users.join(",").into());
            }
            let maker = object.get("user").cloned().unwrap_or_default();
            object.insert(self.maker.to_owned(), maker);
            object.insert("canEdit".to_owned(), editable.into());
        }
        shown
    }

    /// The objects that the user made or that are shared with the user; an administrator who asks for `all` gets all.
    pub fn rows(&self, app: &App, caller: &Caller, params: &Params) -> Result<Vec<Value>, ApiError> {
        let all = params.is_set("all") && caller.user.is_admin();
        let entries = app.state.catalog.list(self.collection)?.into_iter();
        let seen = entries.filter(|entry| all || shared_with(&entry.value, caller));
        Ok(seen.map(|entry| self.shown(entry.value, &entry.key, caller)).collect())
    }

    /// A page of rows, searched as `searchTerm` says.
    pub fn page(&self, mut rows: Vec<Value>, params: &Params, length: usize) -> Result<Value, ApiError> {
        let total = rows.len();
        table::filter(&mut rows, params.get("searchTerm").unwrap_or_default(), self.searched);
        table::page(rows, total, params, "name", length)
    }

    fn check_name(&self, app: &App, object: &Map<String, Value>, own: Option<&str>) -> Result<(), ApiError> {
        let name = text(object, "name").unwrap_or_default();
        if name.len() > 200 || name.chars().any(char::is_control) {
            return Err(ApiError::forbidden("a name has at most 200 bytes and no control characters"));
        }
        let entries = app.state.catalog.list(self.collection)?;
        let same = |value: &Value| value.get("name").and_then(Value::as_str) == Some(name);
        if self.unique && entries.iter().any(|e| same(&e.value) && own != Some(e.key.as_str())) {
            let text = format!("A {} with the name, {name}, already exists.", self.label);
            return Err(ApiError::forbidden(text));
        }
        if own.is_none() && entries.len() >= MAX_ENTRIES {
            return Err(ApiError::forbidden(format!("there are {MAX_ENTRIES} of them already")));
        }
        Ok(())
    }

    fn answer(&self, done: &str, shown: Value, invalid: Vec<String>) -> Json<Value> {
        let mut answer = json!({ "success": true, "text": format!("{done} {} successfully", self.label) });
        answer[self.name] = shown;
        if !invalid.is_empty() {
            answer["invalidUsers"] = invalid.into();
        }
        Json(answer)
    }

    /// Keeps a new object.
    pub fn create(
        &self,
        app: &App,
        caller: &Caller,
        params: &Params,
        mut object: Map<String, Value>,
    ) -> Result<Json<Value>, ApiError> {
        self.check_name(app, &object, None)?;
        let invalid = share(app, params, &mut object)?;
        object.insert("user".to_owned(), caller.user.user_id.as_str().into());
        let (id, object) = (random_text::<12>()?, Value::Object(object));
        app.state.catalog.put(self.collection, &id, &object, Some(0))?;
        Ok(self.answer("Created", self.shown(object, &id, caller), invalid))
    }

    /// The entry, when the user may change it.
    pub fn editable(&self, app: &App, caller: &Caller, id: &str) -> Result<index::Entry, ApiError> {
        let shown: String = id.chars().take(80).collect();
        let unknown = || ApiError::not_found(format!("there is no {} {shown}", self.label));
        let entry = app.state.catalog.get(self.collection, id)?.ok_or_else(unknown)?;
        if may_edit(&entry.value, caller) {
            Ok(entry)
        } else if may_see(&entry.value, caller) {
            Err(ApiError::forbidden("Permission denied"))
        } else {
            Err(unknown())
        }
    }

    /// Replaces an object by what a request says; who made it stays, unless the maker or an administrator gives it away.
    pub fn replace(
        &self,
        app: &App,
        caller: &Caller,
        params: &Params,
        (id, entry): (&str, &index::Entry),
        mut object: Map<String, Value>,
    ) -> Result<Json<Value>, ApiError> {
        self.check_name(app, &object, Some(id))?;
        let maker = entry.value.get("user").and_then(Value::as_str).unwrap_or_default();
        let given = body(params, &["user", self.maker]);
        let next = text(&given, "user").or_else(|| text(&given, self.maker)).unwrap_or(maker);
        if next != maker {
            if maker != caller.user.user_id && !caller.user.is_admin() {
                return Err(ApiError::forbidden("Permission denied"));
            }
            if app.state.catalog.get(USERS, next)?.is_none() {
                return Err(ApiError::not_found("User not found"));
            }
        }
        // what the request does not speak of stays as it is
        for name in SHARING {
            object.extend(entry.value.get(*name).map(|value| ((*name).to_owned(), value.clone())));
        }
        let invalid = share(app, params, &mut object)?;
        object.insert("user".to_owned(), next.into());
        let object = Value::Object(object);
        if !app.state.catalog.put(self.collection, id, &object, Some(entry.version))? {
            return Err(ApiError::busy("somebody else changed it at the same time; load it again"));
        }
        Ok(self.answer("Updated", self.shown(object, id, caller), invalid))
    }

    /// Removes an object.
    pub fn remove(&self, app: &App, caller: &Caller, id: &str) -> Result<Json<Value>, ApiError> {
        self.editable(app, caller, id)?;
        app.state.catalog.remove(self.collection, id)?;
        Ok(Json(json!({ "success": true, "text": format!("Deleted {} successfully", self.label) })))
    }
}
