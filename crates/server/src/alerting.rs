//! Tells of alerts: rules that choose alerts by category, type, level, name and expression, and the notifiers that are told. Run with the periodic
//! queries, by the one process that runs those; looks at what was written to the index since the last time, so that every hit is told of once.

use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::entries::{self, names_of};
use crate::error::ApiError;
use crate::evidence::alerts::{Alert, Groups, Said};
use crate::evidence::hits::{self, Hit};
use crate::periodic::{BEHIND, PATIENCE, maker};
use crate::scope::{compile_for, forced};
use index::Control;
use notify::Message;
use query::{Bounding, Plan, time_range};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// Collection of the rules.
pub(crate) const COLLECTION: &str = "alertnotices";
/// Categories that are alerts where none is named.
pub(crate) const CATEGORIES: [&str; 2] = ["threat", "rule"];
/// Alerts that one message tells of; of the others it says how many.
const TOLD: usize = 20;
/// Seconds between two messages of one rule, where it says nothing, and at least.
pub(crate) const QUIET: i64 = 600;
pub(crate) const QUIET_LEAST: i64 = 60;

/// A rule of the configuration: users see it, and cannot change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertNotice {
    /// Its name; unique among those of the configuration.
    pub name: String,
    /// Categories; none: threats and rules in the search language.
    pub categories: Vec<String>,
    /// Types of hits; none: all.
    pub types: Vec<String>,
    /// Names of hits; none: all.
    pub names: Vec<String>,
    /// Levels; none: all.
    pub levels: Vec<String>,
    /// Search expression of the sessions; empty: all.
    pub expression: String,
    /// Ids or names of the notifiers.
    pub notifiers: Vec<String>,
    /// Seconds between two messages.
    pub quiet: i64,
}

impl AlertNotice {
    fn key(&self) -> String {
        format!("config:{}", self.name)
    }

    fn value(&self) -> Map<String, Value> {
        let value = json!({
            "name": self.name, "enabled": true, "description": "", "categories": self.categories, "types": self.types,
            "names": self.names, "levels": self.levels, "expression": self.expression, "notifier": self.notifiers,
            "quiet": self.quiet.max(QUIET_LEAST), "fromConfig": true, "roles": ["arkimeUser"],
        });
        value.as_object().cloned().unwrap_or_default()
    }
}

/// Brings the rules of the configuration into the catalogue, and those out of it that are in the configuration no more. What they counted stays.
///
/// # Errors
/// The catalogue cannot be read or written.
pub(crate) fn take_config(app: &App, notices: &[AlertNotice]) -> Result<(), ApiError> {
    let catalog = &*app.state.catalog;
    for entry in catalog.list(COLLECTION)?.iter().filter(|entry| entry.key.starts_with("config:")) {
        if !notices.iter().any(|notice| notice.key() == entry.key) {
            catalog.remove(COLLECTION, &entry.key)?;
        }
    }
    for notice in notices {
        let known = entries::update(catalog, COLLECTION, &notice.key(), |entry| {
            if let Some(entry) = entry.as_object_mut() {
                entry.extend(notice.value());
            }
        })?;
        if known.is_none() {
            let mut value = notice.value();
            let now = now_ms() / 1_000;
            value.extend(
                [("created", now), ("lpValue", now)].map(|(name, time)| (name.to_owned(), time.into())),
            );
            catalog.put(COLLECTION, &notice.key(), &Value::Object(value), Some(0))?;
        }
    }
    Ok(())
}

/// Runs every rule that is enabled, once.
pub(crate) fn process(app: &App) {
    let entries = match app.state.catalog.list(COLLECTION) {
        Ok(entries) => entries,
        Err(error) => return tracing::warn!(%error, "nobody is told of alerts for now"),
    };
    for entry in entries.into_iter().filter(|entry| entry.value["enabled"] != false) {
        if let Err(error) = run(app, &entry.key, &entry.value) {
            tracing::warn!(rule = entry.key, %error, "nobody is told of alerts");
            let _ = entries::update(&*app.state.catalog, COLLECTION, &entry.key, |notice| {
                notice["error"] = error.text.as_str().into();
                notice["lastRun"] = (now_ms() / 1_000).into();
            });
        }
    }
}

/// Whether a rule is about a hit.
fn wants(notice: &Value, hit: &Hit) -> bool {
    let one_of = |list: &str, value: &str| {
        let list = names_of(notice, list);
        list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(value))
    };
    one_of("types", &hit.kind) && one_of("names", &hit.name) && one_of("levels", &hit.level)
}

/// What is to be told: pending alerts of a rule, by their ids, with how many hits each got.
fn pending(notice: &Value) -> Map<String, Value> {
    notice.get("pending").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn run(app: &App, id: &str, notice: &Value) -> Result<(), ApiError> {
    let now = now_ms() / 1_000;
    let from = notice["lpValue"].as_i64().unwrap_or(now);
    let until = now - BEHIND;
    let caller = if notice["fromConfig"] == true { None } else { Some(maker(app, notice)?) };
    let mut groups = Groups::default();
    let mut found = 0u64;
    let mut partial = false;
    if until > from {
        let plan = plan(app, caller.as_ref(), notice, (from, until))?;
        let mut categories = names_of(notice, "categories");
        if categories.is_empty() {
            categories = CATEGORIES.map(str::to_owned).to_vec();
        }
        let control = Control::until(Instant::now() + PATIENCE);
        partial = hits::each(app, &plan, &categories, &control, &mut |hit| {
            if wants(notice, &hit) {
                found += 1;
                groups.add(&hit);
            }
        })?;
    }
    let alerts = groups.alerts();
    let said = Said::default();
    let rows: Vec<(String, Value)> =
        alerts.iter().map(|alert: &Alert| (alert.id.clone(), alert.json(&said, now_ms()))).collect();
    let mut due = None;
    entries::update(&*app.state.catalog, COLLECTION, id, |notice| {
        due = None;
        let mut waiting = pending(notice);
        let mut left_out = notice["pendingMore"].as_u64().unwrap_or(0);
        for (id, row) in &rows {
            let room = waiting.len() < TOLD;
            match waiting.get_mut(id) {
                Some(known) => {
                    let count = |row: &Value| row["count"].as_u64().unwrap_or(0);
                    let sum = count(known).saturating_add(count(row));
                    *known = row.clone();
                    known["count"] = sum.into();
                }
                None if room => drop(waiting.insert(id.clone(), row.clone())),
                None => left_out += 1,
            }
        }
        notice["lpValue"] = until.max(from).into();
        notice["lastRun"] = now.into();
        notice["count"] = notice["count"].as_u64().unwrap_or(0).saturating_add(found).into();
        if let Some(notice) = notice.as_object_mut() {
            notice.remove("error");
        }
        if partial {
            notice["error"] = "there were more hits than are looked at; some were not told of".into();
        }
        let quiet = notice["quiet"].as_i64().unwrap_or(QUIET).max(QUIET_LEAST);
        let last = notice["lastNotified"].as_i64().unwrap_or(0);
        if waiting.is_empty() || now.saturating_sub(last) < quiet {
            notice["pending"] = Value::Object(waiting);
            notice["pendingMore"] = left_out.into();
        } else {
            notice["pending"] = json!({});
            notice["pendingMore"] = 0.into();
            notice["lastNotified"] = now.into();
            due = Some((waiting, left_out));
        }
    })?;
    if let Some((waiting, left_out)) = due {
        let mut target = notice.clone();
        target["notifier"] = ids(app, notice)?.into();
        app.notices.send_of(&target, message(notice, &waiting, left_out), Some((COLLECTION, id.to_owned())));
    }
    Ok(())
}

/// The sessions that a rule looks at.
fn plan(
    app: &App,
    caller: Option<&Caller>,
    notice: &Value,
    (from, until): (i64, i64),
) -> Result<Plan, ApiError> {
    let mut parts =
        vec![time_range(from.saturating_mul(1_000), until.saturating_mul(1_000) - 1, Bounding::Database)];
    let expression = notice["expression"].as_str().unwrap_or_default();
    match caller {
        Some(caller) => {
            if !expression.is_empty() {
                parts.push(compile_for(app, caller, expression)?);
            }
            parts.extend(forced(app, caller)?);
        }
        None if expression.is_empty() => {}
        None => {
            let env = query::Env::new(&app.state.schema, now_ms(), &app.config.zone);
            parts.push(query::compile(expression, &env).map_err(|error| ApiError::bad(error.to_string()))?);
        }
    }
    Ok(Plan::And(parts).simplify())
}

/// Ids of the notifiers of a rule; the configuration may name them instead.
fn ids(app: &App, notice: &Value) -> Result<Vec<String>, ApiError> {
    let wanted = names_of(notice, "notifier");
    let known = app.state.catalog.list(crate::notices::NOTIFIERS)?;
    let id = |wanted: String| {
        let named = known.iter().find(|entry| entry.key == wanted || entry.value["name"] == wanted.as_str());
        named.map_or(wanted, |entry| entry.key.clone())
    };
    Ok(wanted.into_iter().map(id).collect())
}

fn message(notice: &Value, alerts: &Map<String, Value>, more: u64) -> Message {
    let name = notice["name"].as_str().unwrap_or_default();
    let all = alerts.len() as u64 + more;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = alerts
        .values()
        .map(|row| {
            let count = row["count"].as_u64().unwrap_or(0);
            let hits = if count == 1 { String::new() } else { format!(", {count} hits") };
            format!("{}: {} ({}){hits}", text(row, "level"), text(row, "obj"), time(row["last"].as_i64()))
        })
        .collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let data = json!({
        "kind": "alerts", "name": name, "count": all, "alerts": alerts.values().collect::<Vec<_>>(),
    });
    Message {
        title: format!("{name}: {all} alert{}", if all == 1 { "" } else { "s" }),
        text: lines.join("\n"),
        data: data.as_object().cloned().unwrap_or_default(),
    }
}

/// A time in microseconds since 1970, for people.
fn time(micros: Option<i64>) -> String {
    let time = micros.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    time.map_or_else(String::new, |time| time.to_string())
}
