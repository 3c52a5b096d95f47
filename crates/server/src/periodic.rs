//! Runs periodic queries: of the processes that serve one catalogue one does it, and another takes over when that is gone.
//!
//! A query that tags looks again at what was written to the index a while before it ran last: a session that waited longer in a
//! queue is tagged then, and one that has the tags already is not counted again. A query that only tells has no such
//! mark, so that it waits until sessions have surely arrived.

use crate::app::{App, now_ms, random_text};
use crate::auth::Caller;
use crate::entries::{self, names_of};
use crate::error::ApiError;
use crate::roles;
use crate::scope::{compile_for, forced};
use ::fields::Target;
use index::{Control, TermChange};
use notify::Message;
use query::{Bounding, Plan, Test, TextTest, time_range};
use serde_json::{Value, json};
use session::core;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Collection of the periodic queries.
pub(crate) const CRONS: &str = "crons";
/// Collection and key of the claim of the process that runs them.
const CLAIM: (&str, &str) = ("tasks", "crons");
/// A claim that is not renewed for so long (milliseconds) is nobody's.
const CLAIM_MS: i64 = 120_000;
/// A query that tags looks at so much (seconds) once more.
const AGAIN: i64 = 600;
/// A query that only tells stays so far (seconds) behind.
pub(crate) const BEHIND: i64 = 30;
/// Notifications of one query are so far apart (seconds) at least.
const QUIET: i64 = 600;
/// How long one run of one query may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Ends the thread when it is dropped.
pub(crate) struct Runner(Arc<AtomicBool>);

impl Drop for Runner {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs what is due every now and then, until the runner is dropped.
pub(crate) fn start(app: &App) -> Runner {
    let (app, stop) = (app.clone(), Arc::new(AtomicBool::new(false)));
    let runner = Runner(stop.clone());
    let every = app.config.cron_interval;
    if every.is_zero() {
        return runner;
    }
    let work = move || {
        let Ok(own) = random_text::<12>() else { return };
        if let Err(error) = crate::alerting::take_config(&app, &app.config.alert_notices) {
            tracing::warn!(%error, "the alert notices of the configuration are not in force");
        }
        let mut last: Option<Instant> = None;
        while !stop.load(Ordering::Relaxed) {
            if last.is_none_or(|last| last.elapsed() >= every) {
                last = Some(Instant::now());
                match claim(&app, &own) {
                    Ok(true) => {
                        process(&app);
                        crate::alerting::process(&app);
                    }
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "periodic queries wait"),
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        // another process need not wait until the claim is over
        if claim(&app, &own).unwrap_or(false) {
            let _ = app.state.catalog.remove(CLAIM.0, CLAIM.1);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("crons".into()).spawn(work) {
        tracing::error!(%error, "periodic queries cannot run");
    }
    runner
}

/// Whether this process is the one that runs them.
fn claim(app: &App, own: &str) -> Result<bool, ApiError> {
    let (collection, key) = CLAIM;
    let now = now_ms();
    let entry = app.state.catalog.get(collection, key)?;
    let version = entry.as_ref().map_or(0, |entry| entry.version);
    if let Some(entry) = entry {
        let time = entry.value["time"].as_i64().unwrap_or(0);
        if entry.value["owner"] != own && now.saturating_sub(time).saturating_abs() < CLAIM_MS {
            return Ok(false);
        }
    }
    let value = json!({ "owner": own, "time": now, "node": app.config.node });
    Ok(app.state.catalog.put(collection, key, &value, Some(version))?)
}

/// Runs every query that is enabled, once.
pub(crate) fn process(app: &App) {
    let entries = match app.state.catalog.list(CRONS) {
        Ok(entries) => entries,
        Err(error) => return tracing::warn!(%error, "periodic queries wait"),
    };
    for entry in entries.into_iter().filter(|entry| entry.value["enabled"] != false) {
        let result = run(app, &entry.key, &entry.value);
        if let Err(error) = result {
            tracing::warn!(query = entry.key, %error, "a periodic query failed");
            let _ = entries::update(&*app.state.catalog, CRONS, &entry.key, |cron| {
                cron["error"] = error.text.as_str().into();
                cron["lastRun"] = (now_ms() / 1_000).into();
            });
        }
    }
}

/// Who a query is asked for: its maker, with the rights of now.
pub(crate) fn maker(app: &App, cron: &Value) -> Result<Caller, ApiError> {
    let name = cron["user"].as_str().unwrap_or_default();
    let user = match roles::effective(&*app.state.catalog, name)? {
        Some(user) if user.enabled => user,
        None if app.config.regression_tests => crate::auth::regression::everything(name),
        _ => return Err(ApiError::forbidden(format!("its maker, {name}, is no user any more"))),
    };
    Ok(Caller { user: user.into(), login: None })
}

fn run(app: &App, id: &str, cron: &Value) -> Result<(), ApiError> {
    let caller = maker(app, cron)?;
    let now = now_ms() / 1_000;
    let from = cron["lpValue"].as_i64().unwrap_or(now);
    let tags = names_of(cron, "tags");
    let until = if tags.is_empty() { now - BEHIND } else { now };
    if until <= from {
        return Ok(());
    }
    let since = if tags.is_empty() { from } else { (from - AGAIN).max(0) };
    let expression = cron["query"].as_str().unwrap_or_default();
    let mut parts = vec![
        compile_for(app, &caller, expression)?,
        time_range(since.saturating_mul(1_000), until.saturating_mul(1_000) - 1, Bounding::Database),
    ];
    parts.extend(forced(app, &caller)?);
    let control = Control::until(Instant::now() + PATIENCE);
    let found = if tags.is_empty() {
        app.state.index.count(&Plan::And(parts).simplify(), &control)?
    } else {
        // those that have all the tags already are not touched
        let has = |tag: &String| {
            Plan::leaf(Target::of(&core::TAGS.def), Test::Texts(vec![TextTest::Is(tag.clone())]))
        };
        parts.push(Plan::And(tags.iter().map(has).collect()).negated());
        let change = TermChange::tags(tags.clone(), Vec::new());
        app.state.index.change_terms(&Plan::And(parts).simplify(), &change, &control)?
    };
    let mut due = None;
    entries::update(&*app.state.catalog, CRONS, id, |cron| {
        let total = cron["count"].as_u64().unwrap_or(0).saturating_add(found);
        let told = cron["lastNotifiedCount"].as_u64().unwrap_or(0);
        let last = cron["lastNotified"].as_i64().unwrap_or(0);
        cron["lpValue"] = until.into();
        cron["lastRun"] = now.into();
        cron["lastCount"] = found.into();
        cron["count"] = total.into();
        if let Some(cron) = cron.as_object_mut() {
            cron.remove("error");
        }
        due = None;
        if total > told && now.saturating_sub(last) >= QUIET && !names_of(cron, "notifier").is_empty() {
            cron["lastNotified"] = now.into();
            cron["lastNotifiedCount"] = total.into();
            due = Some((total - told, total));
        }
    })?;
    if let Some((new, total)) = due {
        app.notices.send(cron, message(cron, (new, total)));
    }
    Ok(())
}

fn message(cron: &Value, (new, total): (u64, u64)) -> Message {
    let text = |name: &str| cron[name].as_str().unwrap_or_default();
    let mut lines = vec![format!("expression: {}", text("query"))];
    if !text("tags").is_empty() {
        lines.push(format!("tags: {}", text("tags")));
    }
    lines.push(format!("{new} new, {total} since it was made"));
    if !text("description").is_empty() {
        lines.push(text("description").to_owned());
    }
    let data = json!({
        "kind": "periodicQuery", "name": text("name"), "expression": text("query"), "tags": text("tags"),
        "count": new, "total": total, "creator": text("user"),
    });
    Message {
        title: format!("{}: {new} new matching session{}", text("name"), if new == 1 { "" } else { "s" }),
        text: lines.join("\n"),
        data: data.as_object().cloned().unwrap_or_default(),
    }
}
