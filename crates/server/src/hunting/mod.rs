//! Hunts: a search in the payload of the sessions of a query, as a job that survives a restart.
//!
//! One hunt runs at a time, the oldest first; its sessions are searched by all cores, in order of first packet, many at once, so that
//! each stretch of a file is read once or few times, with large reads. Every few seconds the place it has come to is written to the catalogue, and from
//! there it goes on after a pause or a restart. Sessions that match carry its id and name (`huntId`, `huntName`); where the match lies is kept in the collection `huntresults`.

mod claim;
mod estimate;
mod measure;
mod needle;
mod raw;
mod search;
mod sieve;
#[cfg(test)]
mod tests;

pub(crate) use claim::Claims;
pub(crate) use estimate::estimate;
pub use measure::{HuntSpeed, hunt_speed};
pub(crate) use needle::Needle;

use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::scope::{Scope, ScopeQuery};
use crate::stored::lease;
use ::fields::Target;
use index::{Control, Show, TermChange};
use notify::Message;
use query::{Bounding, Plan, Test, TextTest, time_range};
use serde_json::{Value, json};
use session::{SessionDoc, SessionId, core};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Collection of the hunts.
pub(crate) const HUNTS: &str = "hunts";
/// Collection of what they found: the key is the hunt's id, a dot, the session's id.
pub(crate) const RESULTS: &str = "huntresults";
/// Between two writes of the progress.
const SAVE: Duration = Duration::from_secs(2);
/// Sessions handed to the cores at once, unless they are long. A session reaches into what those that begin later lie in, which is
/// read again for them if they come in another batch: few batches read little twice.
const BATCH: usize = 65_536;
/// Packets of one batch: 16 bytes of memory each.
const BATCH_PACKETS: usize = 2_000_000;
/// Bytes of the packets of one batch.
const BATCH_BYTES: u64 = 512 << 20;
/// The same where packets are put together, which are in memory meanwhile.
const BATCH_TOGETHER: u64 = 256 << 20;
/// Failed sessions that are listed.
const FAILED: usize = 1_000;

/// Begins to work off what is queued, unless that goes on already.
pub(crate) fn wake(app: &App) {
    if app.hunting.swap(true, Ordering::AcqRel) {
        return;
    }
    let app = app.clone();
    let work = move || {
        loop {
            process(&app);
            app.hunting.store(false, Ordering::Release);
            // one that was queued in between found this thread still at work
            if next(&app).is_none() || app.hunting.swap(true, Ordering::AcqRel) {
                break;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("hunts".into()).spawn(work) {
        tracing::error!(%error, "hunts cannot run");
    }
}

/// Runs every hunt that is queued or was running; returns when none is left.
pub(crate) fn process(app: &App) {
    while let Some((id, hunt)) = next(app) {
        let result = run(app, &id, &hunt);
        if let Err(error) = result {
            tracing::warn!(hunt = id, %error, "a hunt ended with an error");
            let failed = update(app, &id, |hunt| {
                hunt["status"] = "paused".into();
                hunt["error"] = error.text.as_str().into();
            });
            if failed.is_err() {
                std::thread::sleep(SAVE);
                return; // the catalogue is away: the hunt goes on when somebody wakes it
            }
        }
    }
}

fn next(app: &App) -> Option<(String, Value)> {
    let entries = app.state.catalog.list(HUNTS).ok()?;
    let mut due: Vec<_> = entries
        .into_iter()
        .filter(|e| matches!(e.value["status"].as_str(), Some("running" | "queued")))
        .collect();
    claim::forget_others(app, |id| due.iter().any(|entry| entry.key == id));
    due.retain(|entry| claim::is_free(app, &entry.key, &entry.value));
    // one that was running before a restart goes first
    due.sort_by_key(|e| (e.value["status"] != "running", e.value["created"].as_i64(), e.key.clone()));
    due.into_iter().next().map(|entry| (entry.key, entry.value))
}

/// Changes a hunt, whoever else changes it at the same time; `None` when it is gone.
pub(crate) fn update(app: &App, id: &str, change: impl FnMut(&mut Value)) -> Result<Option<Value>, ApiError> {
    crate::entries::update(&*app.state.catalog, HUNTS, id, change)
}

/// The sessions of a hunt: its query with the rights of who made it.
pub(crate) fn plan_of(app: &App, hunt: &Value) -> Result<Plan, ApiError> {
    let user = hunt["userId"].as_str().unwrap_or_default();
    let user = match crate::roles::effective(&*app.state.catalog, user)? {
        Some(user) if user.enabled && user.packet_search => user,
        Some(_) => return Err(ApiError::forbidden(format!("{user} may not search packets any more"))),
        None if app.config.regression_tests => crate::auth::regression::everything(user),
        None => return Err(ApiError::forbidden(format!("there is no user {user} any more"))),
    };
    let caller = Caller { user: user.into(), login: None };
    let query = &hunt["query"];
    let text = |name: &str| match &query[name] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let scope = ScopeQuery {
        date: query["date"].as_f64(),
        start_time: text("startTime"),
        stop_time: text("stopTime"),
        bounding: text("bounding"),
        expression: text("expression"),
        view: text("view"),
        ..ScopeQuery::default()
    };
    Ok(Scope::resolve(app, &caller, &scope)?.plan)
}

#[derive(Default)]
struct Batch {
    docs: Vec<SessionDoc>,
    /// Packets and bytes of `docs`, as far as they are searched.
    packets: usize,
    bytes: u64,
    matched: u64,
    searched: u64,
    done: search::Done,
    /// Time spent searching.
    took: Duration,
    failed: Vec<String>,
    last: Option<(i64, SessionId)>,
}

impl Batch {
    /// Takes a session; true when the batch is full.
    fn add(&mut self, doc: SessionDoc, quest: &search::Quest) -> bool {
        let packets = doc.positions.packets().min(quest.packets);
        self.packets += packets;
        self.bytes += share_of(&doc, packets);
        self.docs.push(doc);
        let most = if quest.reassembled { BATCH_TOGETHER } else { BATCH_BYTES };
        self.docs.len() >= BATCH || self.packets >= BATCH_PACKETS || self.bytes >= most
    }

    /// The sessions that it holds; it is empty then.
    fn take(&mut self) -> Vec<SessionDoc> {
        (self.packets, self.bytes) = (0, 0);
        std::mem::take(&mut self.docs)
    }
}

fn run(app: &App, id: &str, hunt: &Value) -> Result<(), ApiError> {
    let quest = search::Quest::of(hunt)?;
    let mut plan = plan_of(app, hunt)?;
    let after = hunt["lastPacketTime"]
        .as_i64()
        .zip(hunt["lastSessionId"].as_str().and_then(|id| id.parse::<SessionId>().ok()));
    if let Some((time, _)) = after {
        plan = Plan::And(vec![plan, time_range(time, i64::MAX, Bounding::First)]).simplify();
    }
    let mut taken = false;
    let started = update(app, id, |hunt| {
        taken = !claim::is_free(app, id, hunt);
        if taken {
            return;
        }
        claim::claim(app, hunt);
        hunt["status"] = "running".into();
        hunt["error"] = Value::Null;
        if hunt["started"].is_null() {
            hunt["started"] = (now_ms() / 1_000).into();
        }
    })?;
    if taken || started.is_none() {
        return Ok(());
    }
    let _pulse = claim::Pulse::start(app, id);
    let control = Control::new();
    // what is to be searched stays until it is; a hunt that is paused lets go
    let _lease = lease(app, &plan, u64::MAX, "a hunt", &control)?;
    let show = needed();
    let (mut batch, mut saved, mut outcome) = (Batch::default(), Instant::now(), Ok(true));
    app.state.index.scan(&plan, &show, &control, &mut |doc| {
        let place = (doc.int(&core::START_TIME).unwrap_or(0), doc.id);
        if after.is_some_and(|after| place <= after) {
            return true;
        }
        batch.last = Some(place);
        if !batch.add(doc, &quest) {
            return true;
        }
        outcome = work_off(app, id, hunt, &quest, &mut batch, &control).and_then(|()| {
            if saved.elapsed() < SAVE {
                return Ok(true);
            }
            saved = Instant::now();
            save(app, id, &mut batch)
        });
        matches!(outcome, Ok(true))
    })?;
    if !outcome? {
        return Ok(()); // paused, cancelled or removed
    }
    work_off(app, id, hunt, &quest, &mut batch, &control)?;
    if save(app, id, &mut batch)?
        && let Some(hunt) = update(app, id, |hunt| {
            if claim::is_ours(app, hunt) {
                hunt["status"] = "finished".into();
            }
        })?
        && hunt["status"] == "finished"
    {
        app.notices.send(&hunt, message(&hunt));
    }
    Ok(())
}

/// Writes how far it is; false when it is to end.
fn save(app: &App, id: &str, batch: &mut Batch) -> Result<bool, ApiError> {
    let Batch { matched, searched, failed, last, done, took, .. } = std::mem::take(batch);
    let hunt = update(app, id, |hunt| {
        // another node that heard nothing for long has gone on with it, from the place that was saved last
        if hunt["runner"] != app.config.node.as_str() {
            return;
        }
        hunt["matchedSessions"] = (hunt["matchedSessions"].as_u64().unwrap_or(0) + matched).into();
        hunt["searchedSessions"] = (hunt["searchedSessions"].as_u64().unwrap_or(0) + searched).into();
        hunt["lastUpdated"] = (now_ms() / 1_000).into();
        hunt["runnerSeen"] = now_ms().into();
        let mut add = |name: &str, more: u64| {
            hunt[name] = hunt[name].as_u64().unwrap_or(0).saturating_add(more).into();
        };
        add("searchedPackets", done.packets);
        add("searchedBytes", done.bytes);
        add("missingPackets", done.missing);
        add("searchMs", u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        if !took.is_zero() {
            hunt["bytesPerSecond"] = ((done.bytes as f64 / took.as_secs_f64()) as u64).into();
        }
        if let Some((time, session)) = last {
            hunt["lastPacketTime"] = time.into();
            hunt["lastSessionId"] = session.to_string().into();
        }
        if !failed.is_empty() {
            let mut all = hunt["failedSessionIds"].as_array().cloned().unwrap_or_default();
            all.extend(failed.iter().map(|id| Value::from(id.as_str())));
            all.truncate(FAILED);
            hunt["failedSessionIds"] = all.into();
        }
    })?;
    Ok(hunt.is_some_and(|hunt| claim::is_ours(app, &hunt)))
}

/// What has to be known of a session to search it.
fn needed() -> Show {
    let defs = [
        &core::NODE.def,
        &core::START_TIME.def,
        &core::BYTES.def,
        &core::SRC_IP.def,
        &core::SRC_PORT.def,
        &core::SRC_MAC.def,
        &core::NOT_KEPT_PACKETS.def,
    ];
    Show::WithPositions(defs.map(Target::of).to_vec())
}

/// Bytes of the first packets of a session, in proportion: how long each is stands in its file only.
fn share_of(doc: &SessionDoc, packets: usize) -> u64 {
    let all = doc.positions.packets().max(1) as u64;
    let bytes = doc.int(&core::BYTES).and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
    u64::try_from(u128::from(bytes) * packets as u128 / u128::from(all)).unwrap_or(bytes)
}

/// Searches the sessions of a batch by all cores and marks those that match.
fn work_off(
    app: &App,
    id: &str,
    hunt: &Value,
    quest: &search::Quest,
    batch: &mut Batch,
    control: &Control,
) -> Result<(), ApiError> {
    let docs = batch.take();
    if docs.is_empty() {
        return Ok(());
    }
    let started = Instant::now();
    let (found, done) = search::search(app, &docs, quest, control)?;
    batch.took += started.elapsed();
    batch.done.add(&done);
    let mut marked = Vec::new();
    for (session, matches) in found {
        batch.searched += 1;
        match matches {
            Some(matches) if matches.is_empty() => {}
            Some(matches) => {
                app.state.catalog.put(RESULTS, &format!("{id}.{session}"), &json!(matches), None)?;
                marked.push(session);
            }
            None => batch.failed.push(session.to_string()),
        }
    }
    if !marked.is_empty() {
        batch.matched += marked.len() as u64;
        let plan = Plan::Ids(marked);
        for change in marks(id, hunt, true) {
            app.state.index.change_terms(&plan, &change, control)?;
        }
    }
    Ok(())
}

/// How sessions are marked that a hunt found: its id and its name are added or removed.
pub(crate) fn marks(id: &str, hunt: &Value, add: bool) -> [TermChange; 2] {
    let name = hunt["name"].as_str().unwrap_or_default();
    [(&core::HUNT_ID.def, id), (&core::HUNT_NAME.def, name)].map(|(def, value)| {
        let (values, none) = (vec![value.to_owned()], Vec::new());
        let (add, remove) = if add { (values, none) } else { (none, values) };
        TermChange { target: Target::of(def), add, remove }
    })
}

/// The sessions that carry the mark of a hunt.
pub(crate) fn found(id: &str) -> Plan {
    Plan::leaf(Target::of(&core::HUNT_ID.def), Test::Texts(vec![TextTest::Is(id.to_owned())]))
}

fn message(hunt: &Value) -> Message {
    let text = |name: &str| hunt[name].as_str().unwrap_or_default();
    let [matched, searched] =
        ["matchedSessions", "searchedSessions"].map(|name| hunt[name].as_u64().unwrap_or(0));
    let expression = hunt["query"]["expression"].as_str().unwrap_or_default();
    let data = json!({
        "kind": "hunt", "name": text("name"), "search": text("search"), "searchType": text("searchType"),
        "expression": expression, "count": matched, "total": searched, "creator": text("userId"),
    });
    Message {
        title: format!("hunt {}: {matched} of {searched} sessions match", text("name")),
        text: format!("{}: {}\nexpression: {expression}", text("searchType"), text("search")),
        data: data.as_object().cloned().unwrap_or_default(),
    }
}
