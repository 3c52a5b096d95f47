//! Which sessions a request is about: time range, expression, view and the user's own limits, as one plan.

use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::entries::names_of;
use crate::error::ApiError;
use crate::history::Note;
use crate::params::Params;
use axum::http::StatusCode;
use index::Catalog;
use query::{
    Bounding, Env, Plan, Shortcut, ShortcutKind, SyntaxError, TimeZone, compile, parse_time, time_range,
};
use serde_json::Value as Json;
use session::SessionId;
use std::cell::RefCell;
use utoipa::IntoParams;

/// Ids named in one request.
const MAX_IDS: usize = 100_000;

/// The parameters that every query shares; Arkime's names and meanings.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ScopeQuery {
    /// The last so many hours; -1 means all time. 1 when no time is given at all.
    #[param(example = "-1")]
    pub date: Option<f64>,
    /// Start of the time range: seconds since 1970, `-1h`, `-2d@d`, `2026/11/22 21:00:00`, RFC 3339. Needs `stopTime`.
    #[param(rename = "startTime")]
    pub start_time: Option<String>,
    /// End of the time range.
    #[param(rename = "stopTime")]
    pub stop_time: Option<String>,
    /// Which time of a session must lie in the range: `last` (packet, the default), `first`, `both`, `either`, `database`.
    pub bounding: Option<String>,
    /// Search expression; empty for every session.
    #[param(example = "protocols == http && bytes > 10MB")]
    pub expression: Option<String>,
    /// Name or id of a view; its expression narrows the search.
    pub view: Option<String>,
    /// Instead of an expression and a time: ids of sessions, separated by commas.
    pub ids: Option<String>,
    /// Name of this query for `POST /api/cancel`.
    #[param(rename = "cancelId")]
    pub cancel_id: Option<String>,
}

impl ScopeQuery {
    pub fn read(params: &Params) -> Result<Self, ApiError> {
        let text = |name: &str| params.get(name).map(str::to_owned);
        let bounding = match params.get("strictly") {
            Some("true") => Some("both".to_owned()),
            _ => text("bounding"),
        };
        Ok(Self {
            date: params.parse("date", "a number of hours")?,
            start_time: text("startTime"),
            stop_time: text("stopTime"),
            bounding,
            expression: text("expression"),
            view: text("view"),
            ids: text("ids").or_else(|| text("id")),
            cancel_id: text("cancelId"),
        })
    }

    /// The key by which this query can be cancelled.
    pub fn cancel_key(&self, caller: &Caller) -> Option<(String, String)> {
        self.cancel_id.clone().map(|id| (caller.user.user_id.clone(), id))
    }
}

/// Which sessions, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub plan: Plan,
    /// The time range, milliseconds, both ends included; `None` for all time.
    pub range: Option<(i64, i64)>,
    pub bounding: Bounding,
    pub note: Note,
}

/// What the names of an expression stand for, looked up when they are met.
pub(crate) struct Names<'a> {
    catalog: &'a dyn Catalog,
    caller: &'a Caller,
    /// The first error of the catalogue: without it a file that cannot be looked up would just be "not found".
    failed: RefCell<Option<index::Error>>,
}

impl<'a> Names<'a> {
    pub fn new(app: &'a App, caller: &'a Caller) -> Self {
        Self { catalog: &*app.state.catalog, caller, failed: RefCell::default() }
    }

    fn list(&self, collection: &str) -> Vec<index::Entry> {
        self.catalog.list(collection).unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            Vec::new()
        })
    }

    /// Entries that the user made or that were shared with the user or one of the user's roles.
    pub fn visible(&self, collection: &str) -> Vec<index::Entry> {
        let mut entries = self.list(collection);
        entries.retain(|entry| may_see(&entry.value, self.caller));
        entries
    }

    pub fn checked<T>(self, result: T) -> Result<T, ApiError> {
        match self.failed.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(result),
        }
    }
}

/// Whether the user may see a shared object: shared with the user, or an administrator.
pub(crate) fn may_see(value: &Json, caller: &Caller) -> bool {
    caller.user.is_admin() || shared_with(value, caller)
}

/// Whether a shared object is the user's own or shared with the user.
pub(crate) fn shared_with(value: &Json, caller: &Caller) -> bool {
    let user = &caller.user;
    let names = |property: &&str| names_of(value, property);
    value.get("user").and_then(Json::as_str) == Some(&user.user_id)
        || ["users", "viewUsers", "editUsers"].iter().flat_map(names).any(|name| name == user.user_id)
        || ["roles", "viewRoles", "editRoles"].iter().flat_map(names).any(|role| user.roles.contains(&role))
}

fn named<'v>(entries: &'v [index::Entry], name: &str) -> Option<&'v Json> {
    let by_name = entries.iter().find(|e| e.value.get("name").and_then(Json::as_str) == Some(name));
    by_name.or_else(|| entries.iter().find(|e| e.key == name)).map(|entry| &entry.value)
}

fn names(entries: &[index::Entry]) -> Vec<String> {
    entries.iter().filter_map(|e| e.value.get("name")?.as_str().map(str::to_owned)).collect()
}

impl query::Views for Names<'_> {
    fn names(&self) -> Vec<String> {
        names(&self.visible("views"))
    }
    fn get(&self, name: &str) -> Option<String> {
        Some(named(&self.visible("views"), name)?.get("expression")?.as_str()?.to_owned())
    }
}

impl query::Shortcuts for Names<'_> {
    fn names(&self) -> Vec<String> {
        names(&self.visible("shortcuts"))
    }
    fn get(&self, name: &str) -> Option<Shortcut> {
        let entries = self.visible("shortcuts");
        let shortcut = named(&entries, name)?;
        let kind = match shortcut.get("type")?.as_str()? {
            "ip" => ShortcutKind::Ip,
            "number" => ShortcutKind::Number,
            _ => ShortcutKind::Text,
        };
        let values = shortcut.get("value")?.as_str()?.split(['\n', ',']).map(str::trim);
        Some(Shortcut { kind, values: values.filter(|v| !v.is_empty()).map(str::to_owned).collect() })
    }
}

impl query::Files for Names<'_> {
    fn find(&self, path: &dyn Fn(&str) -> bool) -> Vec<(String, u32)> {
        let files = self.catalog.files().unwrap_or_else(|error| {
            self.failed.borrow_mut().get_or_insert(error);
            Vec::new()
        });
        files.into_iter().filter(|file| path(&file.name)).map(|file| (file.node, file.num)).collect()
    }
}

/// The zone of the request, of the user's settings, or of the server.
pub(crate) fn zone(app: &App, caller: &Caller) -> TimeZone {
    let name = caller.user.settings.get("timezone").and_then(Json::as_str);
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| app.config.zone.clone())
}

/// Compiles an expression with the user's rights, views and shortcuts.
pub(crate) fn compile_for(app: &App, caller: &Caller, text: &str) -> Result<Plan, ApiError> {
    let names = Names::new(app, caller);
    let zone = zone(app, caller);
    let env = Env {
        schema: &app.state.schema,
        now_ms: now_ms(),
        zone: &zone,
        shortcuts: &names,
        views: &names,
        files: &names,
        rights: caller.user.rights(),
    };
    let plan = compile(text, &env);
    names.checked(plan)?.map_err(ApiError::from)
}

impl From<SyntaxError> for ApiError {
    fn from(error: SyntaxError) -> Self {
        Self { span: Some(error.span.clone()), ..ApiError::forbidden(error.to_string()) }
    }
}

impl Scope {
    /// Resolves the parameters for a user. Blocks: it may look into the catalogue.
    pub fn resolve(app: &App, caller: &Caller, query: &ScopeQuery) -> Result<Self, ApiError> {
        let bounding = match &query.bounding {
            None => Bounding::default(),
            Some(text) => text.parse::<Bounding>().map_err(|e| ApiError::bad(e.to_string()))?,
        };
        let mut note = Note {
            expression: query.expression.clone().unwrap_or_default(),
            view: query.view.clone().unwrap_or_default(),
            ..Note::default()
        };
        let (mut parts, range) = match &query.ids {
            Some(ids) => (vec![Plan::Ids(read_ids(ids)?)], None),
            None => {
                let range = read_range(app, caller, query)?;
                check_limit(caller, range)?;
                let expression = query.expression.as_deref().unwrap_or_default();
                (vec![compile_for(app, caller, expression)?], range)
            }
        };
        if let Some((from, to)) = range {
            parts.push(time_range(from, to, bounding));
            (note.start_ms, note.stop_ms) = (Some(from), Some(to));
        }
        if let Some(view) = &query.view {
            parts.push(compile_view(app, caller, view)?);
        }
        parts.extend(forced(app, caller)?);
        Ok(Self { plan: Plan::And(parts).simplify(), range, bounding, note })
    }
}

fn compile_view(app: &App, caller: &Caller, view: &str) -> Result<Plan, ApiError> {
    let names = Names::new(app, caller);
    let expression = query::Views::get(&names, view);
    match names.checked(expression)? {
        Some(expression) => compile_for(app, caller, &expression)
            .map_err(|e| ApiError { span: None, ..ApiError::forbidden(format!("view {view}: {}", e.text)) }),
        None => Err(ApiError::forbidden("Can't find view")),
    }
}

/// The plan that every search of the user is narrowed by. A forced expression that cannot be read refuses the search:
/// leaving it out would show what must stay hidden.
pub(crate) fn forced(app: &App, caller: &Caller) -> Result<Option<Plan>, ApiError> {
    let text = caller.user.expression.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let mut trusted = (*caller.user).clone();
    trusted.email_search = true;
    let trusted = Caller { user: trusted.into(), login: None };
    compile_for(app, &trusted, text).map(Some).map_err(|e| {
        ApiError::internal(format!(
            "the expression forced on this user cannot be read; tell an administrator: {}",
            e.text
        ))
    })
}

fn read_ids(text: &str) -> Result<Vec<SessionId>, ApiError> {
    let mut ids = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        ids.push(id.parse::<SessionId>().map_err(|e| ApiError::bad(e.to_string()))?);
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad(format!("at most {MAX_IDS} ids in one request; use an expression")));
        }
    }
    Ok(ids)
}

fn read_range(app: &App, caller: &Caller, query: &ScopeQuery) -> Result<Option<(i64, i64)>, ApiError> {
    let now = now_ms();
    let both = query.start_time.as_deref().zip(query.stop_time.as_deref());
    if let Some((start, stop)) = both {
        let zone = zone(app, caller);
        let read = |name: &str, text: &str| {
            parse_time(text, now, &zone).map_err(|e| ApiError::bad(format!("{name}: {e}")))
        };
        let (start, stop) = (read("startTime", start)?, read("stopTime", stop)?);
        if start > stop {
            return Err(ApiError::bad("startTime is after stopTime"));
        }
        return Ok(Some((start, stop)));
    }
    if query.date.is_none() && (query.start_time.is_some() || query.stop_time.is_some()) {
        return Err(ApiError::bad("startTime and stopTime go together"));
    }
    let hours = query.date.unwrap_or(1.0);
    if hours == -1.0 {
        return Ok(None);
    }
    if !(0.0..=24.0 * 366.0 * 1_000.0).contains(&hours) {
        return Err(ApiError::bad("date is a number of hours, or -1 for all time"));
    }
    Ok(Some((now - (hours * 3_600_000.0) as i64, now)))
}

fn check_limit(caller: &Caller, range: Option<(i64, i64)>) -> Result<(), ApiError> {
    let hours = caller.user.time_limit;
    let over = match range {
        None => true,
        Some((from, to)) => to.saturating_sub(from) > hours.saturating_mul(3_600_000),
    };
    if hours > 0 && over {
        let text = format!("User time limit ({hours} hours) exceeded");
        return Err(ApiError::new(StatusCode::FORBIDDEN, text));
    }
    Ok(())
}

/// A byte offset of a text as UTF-16 code units, which browsers count in.
pub(crate) fn utf16(text: &str, byte: usize) -> usize {
    let end = text.floor_char_boundary(byte.min(text.len()));
    text.get(..end).unwrap_or_default().encode_utf16().count()
}

/// The opposite of [`utf16`].
pub(crate) fn byte_of(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += c.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_as_browsers_do() {
        let text = "a你😀b";
        assert_eq!(utf16(text, text.len()), 5);
        assert_eq!(utf16(text, 4), 2);
        assert_eq!(byte_of(text, 4), 8);
        assert_eq!(byte_of(text, 99), text.len());
        for (at, _) in text.char_indices() {
            assert_eq!(byte_of(text, utf16(text, at)), at);
        }
    }

    #[test]
    fn ids_come_with_and_without_arkimes_prefix() {
        let id = SessionId::new(1_700_000_000_000, [7; 16]);
        assert_eq!(read_ids(&format!("3@{id}, {id}")).unwrap(), [id, id]);
        assert_eq!(read_ids("x").unwrap_err().status, StatusCode::BAD_REQUEST);
    }
}
